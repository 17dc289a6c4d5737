"""Tests of `create_shared_link_with_settings`, and of the URLs of links."""

import re
from datetime import datetime

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import WriteMode
from dropbox.sharing import LinkAudience
from tests.support.doors import changes, listed, refusal
from tests.support.links import (
    INVALID,
    LATER,
    NOT_AUTHORIZED,
    PASSWORD,
    SECRET,
    modified,
    seen,
    settings,
    shared,
    tag,
    visibility,
    with_files,
)

EXISTS = "shared_link_already_exists"
PAST = datetime(2025, 12, 31)  # noqa: DTZ001 -- the SDK's times are naive
pytestmark = with_files


@pytest.mark.evidence("O4.1-01", "S1-01", "S1-03", "S1-10", "S2-05", "S2-06")
def test_a_new_link_to_a_file_is_public(dbx):
    link = shared(dbx, "/docs/A B.txt")
    form = r"https://www\.dropbox\.com/scl/fi/[a-z0-9]{21}/a-b\.txt\?rlkey=[a-z0-9]{25}&dl=0"
    assert re.fullmatch(form, link.url)
    assert visibility(link) == ("public", "public")
    assert link.name == "a b.txt"


@pytest.mark.evidence("S1-06")
def test_the_url_of_a_new_link_to_a_folder_has_the_form_for_folders(dbx):
    link = shared(dbx, "/Docs")
    form = r"https://www\.dropbox\.com/scl/fo/[a-z0-9]{21}/A[\w-]{22}\?rlkey=[a-z0-9]{25}&dl=0"
    assert re.fullmatch(form, link.url)


@pytest.mark.evidence("S1-04")
@pytest.mark.parametrize(
    ("name", "shortened"),
    [
        ("Grundwasservorkommen_(OGD).gpkg", "Grundwasservorkommen_-OGD.gpkg"),
        ("報告.pdf", ".pdf"),
        ("a  b & c.tar.gz", "a-b-c.tar.gz"),
        ("no extension", "no-extension"),
        (".hidden", ".hidden"),
        ("100%.txt", "100.txt"),
    ],
)
def test_the_name_in_the_url_is_shortened(dbx, name, shortened):
    dbx.files_upload(b"", f"/{name}")
    assert shared(dbx, f"/{name}").url.split("?")[0].rpartition("/")[2] == shortened


def test_the_same_seed_gives_the_same_urls(service, dbx):
    again = type(service)(files=service.files, personality=service.personality)
    assert shared(again.client(), "/d.zip").url == shared(dbx, "/d.zip").url


@pytest.mark.evidence("S2-08", "S2-09", "S4-10", "O4.1-09")
def test_a_path_without_an_item_is_refused(dbx):
    deleted = dbx.files_upload(b"", "/gone")
    dbx.files_delete_v2("/gone")
    for path in ("/none", "/Docs/none", "/d.zip/x", f"rev:{deleted.rev}", deleted.id, "ns:1/x"):
        assert refusal(shared, dbx, path) == "path/not_found"
    for path in ("/", "/..", "/a//b", "/Docs/"):
        assert refusal(shared, dbx, path) == "path/malformed_path"


@pytest.mark.evidence("S2-01", "S2-03", "S2-04")
def test_an_argument_of_a_wrong_form_is_refused(wire):
    route = "sharing/create_shared_link_with_settings"
    for arg in (
        {"path": ""},
        {"path": "d.zip"},
        {"path": "/d.zip", "settings": {"expires": "2027-01-01"}},
        {"path": "/d.zip", "settings": {"requested_visibility": "everyone"}},
        {"path": "/d.zip", "settings": {"require_password": "yes"}},
    ):
        assert wire.rpc(route, arg).status_code == 400


@pytest.mark.evidence("S2-07", "S2-10", "S2-12", "O4.1-07")
def test_a_second_link_without_settings_is_refused_with_the_metadata_of_the_first(dbx):
    link = shared(dbx, "/d.zip")
    for given in (None, settings()):
        with pytest.raises(ApiError) as caught:
            dbx.sharing_create_shared_link_with_settings("/d.zip", given)
        error = caught.value.error
        assert error.get_shared_link_already_exists().get_metadata() == link


@pytest.mark.evidence("S2-02", "S2-11", "S2-12", "S2-13", "S2-32", "S2-33")
def test_a_second_link_with_settings_is_refused_without_metadata(service, wire):
    for given in ({}, {"requested_visibility": "public", "expires": None, "link_password": None}):
        reply = wire.rpc(
            "sharing/create_shared_link_with_settings", {"path": "/Docs", "settings": given}
        )
    assert reply.status_code == 409
    assert reply.json()["error"] == {".tag": EXISTS}
    assert re.fullmatch(rf"{EXISTS}/\.*", reply.json()["error_summary"])
    assert set(reply.json()) == {"error", "error_summary"}
    with pytest.raises(ApiError) as caught:
        shared(service.client(), "/Docs", audience="public")
    assert caught.value.error.get_shared_link_already_exists() is None


@pytest.mark.evidence("S2-14", "S2-15", "S2-16", "S2-17", "S2-19", "O4.1-08", "S15-08")
@pytest.mark.parametrize(
    ("given", "fact"),
    [
        ({"expires": LATER}, "S2-14"),
        ({"expires": PAST}, "S2-14"),
        ({"link_password": SECRET}, "S2-15"),
        (PASSWORD, "S2-15"),
        ({"require_password": True}, "S2-15"),
        ({"requested_visibility": "password", "link_password": SECRET}, "S2-15"),
        ({"audience": "password", "link_password": SECRET}, "S2-15"),
        ({"requested_visibility": "team_only"}, "S2-16"),
        ({"audience": "team"}, "S2-19"),
        ({"allow_download": False}, "S2-17"),
    ],
)
def test_the_basic_plan_refuses_settings_of_other_plans(dbx, service, given, fact):
    assert refusal(shared, dbx, "/d.zip", **given) == NOT_AUTHORIZED
    assert service.calls[-1].fact == fact
    assert dbx.sharing_list_shared_links().links == []
    shared(dbx, "/d.zip")  # the refused calls have created none


@pytest.mark.evidence("S2-18", "S3-20", "S3-21", "S3-29")
def test_the_basic_plan_allows_the_audience_no_one(dbx):
    link = shared(dbx, "/d.zip", audience="no_one", allow_download=True)
    assert visibility(link) == ("no_one", None)
    assert tag(link.link_permissions.effective_audience) == "no_one"
    assert tag(link.link_permissions.link_access_level) == "viewer"


@pytest.mark.evidence("S3-27", "S3-21", "S3-17", "S3-08")
def test_the_professional_plan_allows_expiry_and_password_but_no_settings_for_teams(pro):
    link = shared(pro, "/d.zip", expires=LATER, allow_download=False, **PASSWORD)
    assert visibility(link) == ("password", "password")
    assert link.expires == LATER
    assert not link.link_permissions.allow_download
    assert link.link_permissions.can_allow_download
    for given in ({"audience": "team"}, {"requested_visibility": "team_only"}):
        assert refusal(shared, pro, "/Docs", **given) == NOT_AUTHORIZED


@pytest.mark.evidence("S3-21", "S3-29")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"audience": "team"}, ("team_only", "team_only")),
        ({"requested_visibility": "team_only"}, ("team_only", "team_only")),
        ({"audience": "team", **PASSWORD}, ("team_and_password", "team_only")),
        ({"requested_visibility": "password", "link_password": "x"}, ("password", "password")),
        ({"audience": "password", "link_password": "x"}, ("password", "password")),
        ({"audience": "public", "requested_visibility": "password", **PASSWORD}, ("password",) * 2),
        ({"link_password": ""}, ("public", "public")),
    ],
)
def test_a_business_account_gets_the_visibility_that_it_asks_for(client_of, given, expected):
    assert visibility(shared(client_of("business"), "/d.zip", **given)) == expected


@pytest.mark.evidence("S2-20", "S2-21", "S2-22", "S2-24", "S2-37")
@pytest.mark.parametrize(
    ("given", "fact"),
    [
        ({"expires": PAST}, "S2-20"),
        ({"expires": datetime(2026, 1, 1)}, "S2-20"),  # noqa: DTZ001 -- the present time
        ({"require_password": True}, "S2-21"),
        ({"require_password": True, "link_password": ""}, "S2-21"),
        ({"requested_visibility": "password"}, "S2-21"),
        ({"audience": "password"}, "S2-21"),
        ({"require_password": False, "link_password": SECRET}, "S2-22"),
        ({"requested_visibility": "public", "link_password": SECRET}, "S2-22"),
        ({"requested_visibility": "public", "audience": "team"}, "S2-22"),
        ({"requested_visibility": "team_only", "audience": "public"}, "S2-22"),
        ({"requested_visibility": "public", "audience": "no_one"}, "S2-22"),
        ({"access": "editor"}, "S2-24"),
        ({"link_password": "x" * 1001}, "S2-37"),
        ({"link_password": "x" * 1024 * 1024}, "S2-37"),
    ],
)
def test_settings_that_are_not_valid_are_refused(client_of, service, given, fact):
    business = client_of("business")
    before = service.snapshot()
    assert refusal(shared, business, "/d.zip", **given) == INVALID
    assert service.calls[-1].fact == fact
    assert not service.gate.world.files.undo.changed_since(before.mark)


@pytest.mark.evidence("S2-25", "S3-20")
@pytest.mark.parametrize("access", ["viewer", "max", "default"])
def test_the_access_levels_viewer_max_and_default_all_give_viewer(dbx, access):
    link = shared(dbx, "/d.zip", access=access)
    assert tag(link.link_permissions.link_access_level) == "viewer"
    assert tag(link.link_permissions.effective_audience) == "public"


@pytest.mark.evidence("S2-38", "S2-39")
@pytest.mark.parametrize("plan", ["basic", "business"])
@pytest.mark.parametrize(
    ("audience", "fact"), [("members", "S2-38"), ("public_logged_in_only", "S2-39")]
)
def test_the_audiences_members_and_public_logged_in_only_are_refused(
    client_of, service, plan, audience, fact
):
    if not hasattr(LinkAudience, audience):
        pytest.skip("the installed SDK does not have this audience")
    owner = client_of(plan)
    assert refusal(shared, owner, "/d.zip", audience=audience) == INVALID
    assert service.calls[-1].fact == fact
    link = shared(owner, "/d.zip")
    assert refusal(modified, owner, link, audience=audience) == INVALID
    assert seen(owner, link) == link


@pytest.mark.evidence("S2-26", "S2-31", "S6-11")
def test_an_account_without_a_verified_address_cannot_share(dbx, client_of):
    theirs, link = client_of(email_verified=False), shared(dbx, "/d.zip")
    assert refusal(shared, theirs, "/none") == "email_not_verified"
    modify = theirs.sharing_modify_shared_link_settings
    assert refusal(modify, link.url, settings(access="viewer")) == "email_not_verified"
    assert seen(theirs, link).url == link.url
    assert not theirs.users_get_current_account().email_verified


@pytest.mark.evidence("S2-30", "S2-31")
def test_the_path_is_checked_first_then_the_settings_and_then_the_existing_link(dbx):
    assert refusal(shared, dbx, "/none", expires=LATER) == "path/not_found"
    shared(dbx, "/d.zip")
    assert refusal(shared, dbx, "/d.zip", expires=LATER) == NOT_AUTHORIZED
    assert refusal(shared, dbx, "/d.zip", access="editor") == INVALID
    assert refusal(shared, dbx, "/d.zip", access="viewer") == EXISTS


@pytest.mark.evidence("S2-35", "S4-21")
def test_ids_revisions_and_namespaces_name_the_item(dbx, service):
    old = dbx.files_get_metadata("/d.zip")
    new = dbx.files_upload(b"new", "/d.zip", mode=WriteMode.overwrite)
    link = shared(dbx, f"rev:{old.rev}")
    assert (link.id, link.rev) == (new.id, new.rev)
    number = service.accounts.default.namespace_id
    for path in (new.id, f"rev:{new.rev}", f"rev:{old.rev}", f"ns:{number}/d.zip"):
        assert dbx.sharing_list_shared_links(path).links == [link]


@pytest.mark.evidence("S2-36")
def test_links_change_no_metadata_of_files(dbx):
    before = listed(dbx, "", recursive=True)
    cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
    link = shared(dbx, "/d.zip")
    assert changes(dbx, cursor)[0] == []
    dbx.sharing_revoke_shared_link(link.url)
    assert changes(dbx, cursor)[0] == []
    assert listed(dbx, "", recursive=True) == before


def test_a_path_that_cannot_exist_is_malformed(dbx):
    assert refusal(shared, dbx, "/" + "x" * 300) == "path/malformed_path"
    assert refusal(shared, dbx, "/a\0b") == "path/malformed_path"
