"""Tests of profile photos: setting, reading and deleting them, and their addresses."""

import base64
import io
import re

import pytest
from dropbox import account
from dropbox.account import PhotoSourceArg
from tests.support.doors import auth_refusal, bad_input, newer_sdk, refusal

from fakedropbox._facts import limits

Image = pytest.importorskip("PIL.Image")
reads = newer_sdk(hasattr(account, "get_photo"), "`get_photo`")
NOBODY = f"dbid:{'x' * 35}"
URL = re.compile(
    r"https://dl-web\.dropbox\.com/account_photo/get/(dbaphid%3A[\w-]{35})\?vers=(\d+)"
    r"&size=128x128"
)


def picture(width=200, height=300, form="PNG", colour=(255, 0, 0)):
    """Return an image of one colour."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, form)
    return made.getvalue()


def source(data):
    return PhotoSourceArg.base64_data(base64.b64encode(data).decode())


def set_photo(client, data=None):
    """Set the photo of the client's account, and return its address."""
    data = picture() if data is None else data
    return client.account_set_profile_photo(source(data)).profile_photo_url


def own_url(client):
    return client.users_get_current_account().profile_photo_url


def image_of(reply):
    assert reply.status_code == 200
    return Image.open(io.BytesIO(reply.content))


@pytest.mark.evidence("P2-01", "P2-02", "P2-07", "P2-08", "O4.6-02")
def test_a_photo_has_an_address_that_everybody_sees(dbx, connect, service):
    assert own_url(dbx) is None
    url = set_photo(dbx)
    photo, version = URL.fullmatch(url).groups()
    assert version == "1767225600000"  # the beginning of the service's clock
    own_id = dbx.users_get_current_account().account_id
    other = connect(service.logins.create(service.accounts.create("b@example.com")))
    assert own_url(dbx) == other.users_get_account(own_id).profile_photo_url == url
    assert [each.profile_photo_url for each in other.users_get_account_batch([own_id])] == [url]
    assert own_url(other) is None
    second = set_photo(dbx)
    assert URL.fullmatch(second).groups() == (photo, "1767225600001")
    service.clock.advance(60)
    assert URL.fullmatch(set_photo(dbx)).groups() == (photo, "1767225660000")


@pytest.mark.evidence("P2-07", "P2-01")
def test_profile_photo_url_comes_just_before_disabled_in_the_account_json(wire):
    photo = {".tag": "base64_data", "base64_data": base64.b64encode(picture()).decode()}
    made = wire.rpc("account/set_profile_photo", {"photo": photo}).json()
    assert list(made) == ["profile_photo_url"]
    keys = list(wire.rpc("users/get_current_account").json())
    assert keys.index("profile_photo_url") + 1 == keys.index("disabled")


@pytest.mark.evidence("P2-03", "P2-04", "P2-05", "P2-06", "O4.6-02")
def test_an_image_that_cannot_be_a_photo_is_refused(dbx, service, monkeypatch):
    whole, small, short = picture(), picture(127, 300), picture(form="BMP")
    first = set_photo(dbx, picture(128, 128, "JPEG"))

    def refused(data):
        return refusal(dbx.account_set_profile_photo, source(data))

    assert refused(b"text") == "file_type_error"
    assert refused(b"") == "file_type_error"
    assert refused(small) == refused(picture(300, 127)) == "dimension_error"
    assert refused(whole[: len(whole) // 2]) == "thumbnail_error"
    assert refused(small[: len(small) // 2]) == "dimension_error"
    for photo in (PhotoSourceArg.base64_data("*"), PhotoSourceArg.base64_data("é")):
        assert refusal(dbx.account_set_profile_photo, photo) == "file_type_error"
    monkeypatch.setattr("fakedropbox._api.account.PHOTO_BYTES", len(small) - 1)
    assert refused(small) == "file_size_error"
    assert refused(bytes(len(whole))) == "file_type_error"
    assert refused(short) == "file_size_error"
    assert own_url(dbx) == first
    assert limits.PHOTO_BYTES == 10 * 1024 * 1024


def test_an_unknown_kind_of_photo_source_is_refused(service):
    found = refusal(service.client().account_set_profile_photo, PhotoSourceArg.other)
    assert found == "file_type_error"


@pytest.mark.evidence("P2-03")
def test_a_photo_of_almost_10_megabytes_is_accepted(wire):
    data = picture(1800, 1800, "BMP")
    assert 9_000_000 < len(data) < limits.PHOTO_BYTES
    photo = {".tag": "base64_data", "base64_data": base64.b64encode(data).decode()}
    reply = wire.rpc("account/set_profile_photo", {"photo": photo})
    assert reply.status_code == 200, reply.text


@pytest.mark.evidence("P2-16", "P2-02")
def test_the_address_of_a_photo_is_valid_until_the_photo_is_replaced(dbx, wire):
    get = wire.session.get
    first = set_photo(dbx)
    shown = get(first)
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert image_of(shown).size == (128, 128)
    assert wire.session.head(first).status_code == 200
    second = set_photo(dbx, picture(colour=(0, 0, 255)))
    assert get(first).status_code == 404
    assert image_of(get(second)).getpixel((64, 64))[2] > 250
    assert get(second.split("?")[0]).status_code == 404
    assert get(second.replace("dbaphid%3A", "dbaphid%3Ax")).status_code == 404


@reads
class TestReading:
    @pytest.mark.evidence("P2-10", "P2-13")
    @pytest.mark.parametrize(
        ("size", "side"),
        [
            ("16x16", 16),
            ("1x1", 16),
            ("30x30", 32),
            ("64x64", 64),
            ("128x128", 128),
            ("999x9", 128),
        ],
    )
    def test_the_photo_is_a_square_jpeg(self, dbx, size, side):
        set_photo(dbx)
        own_id = dbx.users_get_current_account().account_id
        about, reply = dbx.account_get_photo(own_id, size, False, True)
        image = image_of(reply)
        assert (about.content_type, image.format) == ("image/jpeg", "JPEG")
        assert image.size == (side, side)

    @pytest.mark.evidence("P2-10", "P2-11")
    def test_every_account_finds_a_photo_by_its_id_or_the_id_of_its_account(
        self, dbx, connect, service
    ):
        photo = URL.fullmatch(set_photo(dbx))[1].replace("%3A", ":")
        own_id = dbx.users_get_current_account().account_id
        other = connect(service.logins.create(service.accounts.create("b@example.com")))
        data = {
            client.account_get_photo(id_, "64x64", False, True)[1].content
            for client in (dbx, other)
            for id_ in (own_id, photo)
        }
        assert len(data) == 1

    @pytest.mark.evidence("P2-10")
    def test_a_photo_with_circle_crop_has_white_corners(self, dbx):
        set_photo(dbx)
        own_id = dbx.users_get_current_account().account_id
        for circle, corner in ((True, 255), (False, 0)):
            image = image_of(dbx.account_get_photo(own_id, "128x128", circle, True)[1])
            assert abs(image.getpixel((0, 0))[1] - corner) < 10
            assert image.getpixel((64, 64))[1] < 10

    @pytest.mark.evidence("P2-12", "P2-09")
    def test_expect_account_photo_selects_the_error_for_a_missing_photo(self, dbx):
        own_id = dbx.users_get_current_account().account_id
        set_photo(dbx)
        for _ in range(2):
            assert type(dbx.account_delete_profile_photo()).__name__ == "DeleteProfilePhotoResult"
        assert own_url(dbx) is None
        for id_ in (own_id, NOBODY, "dbaphid:x"):
            for expected, tag in ((True, "expected_"), (False, "")):
                found = refusal(dbx.account_get_photo, id_, "16x16", False, expected)
                assert found == f"{tag}account_photo_missing"

    @pytest.mark.evidence("P2-11", "P2-15")
    def test_a_malformed_argument_returns_400(self, dbx):
        text = bad_input(dbx.account_get_photo, "x", "16x16", False, False)
        assert "dbx_account_id: 'x' did not match pattern" in text
        for size in ("", "big", "16", "16x16x"):
            text = bad_input(dbx.account_get_photo, NOBODY, size, False, False)
            assert f"size: '{size}' did not match pattern" in text

    @pytest.mark.evidence("P2-14")
    def test_changing_a_photo_needs_another_scope_than_reading_it(self, connect, service):
        reader = connect(service.logins.create(scopes=["account_info.read"]))
        writer = connect(service.logins.create(scopes=["account_info.write"]))
        set_photo(writer)
        own_id = reader.users_get_current_account().account_id
        reader.account_get_photo(own_id, "16x16", False, True)
        for call, *given in (
            (reader.account_set_profile_photo, source(picture())),
            (reader.account_delete_profile_photo,),
        ):
            required = auth_refusal(call, *given).get_missing_scope().required_scope
            assert required == "account_info.write"

    @pytest.mark.evidence("P2-14")
    @pytest.mark.dropbox(app_folder="app")
    def test_an_app_folder_app_may_only_read_a_photo(self, dbx, service):
        assert "not allowed" in bad_input(dbx.account_set_profile_photo, source(picture()))
        assert "not allowed" in bad_input(dbx.account_delete_profile_photo)
        own_id = service.accounts.default.account_id
        found = refusal(dbx.account_get_photo, own_id, "16x16", False, False)
        assert found == "account_photo_missing"


@reads
def test_restoring_a_snapshot_restores_the_photo(dbx, service):
    empty = service.snapshot()
    first = set_photo(dbx)
    full = service.snapshot()
    set_photo(dbx, picture(colour=(0, 0, 0)))
    dbx.account_delete_profile_photo()
    service.restore(full)
    assert own_url(dbx) == first
    service.restore(empty)
    assert own_url(dbx) is None
    assert set_photo(dbx) == first
