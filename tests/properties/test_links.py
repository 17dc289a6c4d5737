"""Properties of shared links across routes, for any settings that a plan allows."""

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import SharedLink
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.links import DENIED, LATER, NOT_FOUND, data, seen, shared
from tests.support.links import settings as settings_of

from fakedropbox import FakeDropboxService, Login, strategies

FILES = {"/a/b.txt": b"0123", "/c.zip": b"zip"}
SERVICES = {
    plan: FakeDropboxService(plan=plan, files=FILES) for plan in ("basic", "pro", "business")
}
EVERY_SETTING = st.sampled_from([*SERVICES]).flatmap(
    lambda plan: st.tuples(st.just(plan), st.none() | strategies.link_settings(plan))
)
PATHS = st.sampled_from(["/a", "/a/b.txt", "/c.zip"])


def readers(service):
    """Return clients of another account and of an app without a user."""
    account = service.accounts.create("ada@example.com")
    service.seed_files({"/a/b.txt": b"theirs"}, account=account)
    login = service.login
    app = service.client(Login(app_key=login.app_key, app_secret=login.app_secret))
    return service.client(account=account), app


def tags(call):
    """Return the tag with which a call is refused."""
    with pytest.raises(ApiError) as refused:
        call()
    return refused.value.error._tag


def password(given_):
    return None if given_ is None else given_.link_password


@pytest.mark.evidence("S16-01", "S4-20", "S5-01", "S2-10", "S6-02")
@given(EVERY_SETTING, PATHS)
@settings(max_examples=40)
def test_metadata_is_the_same_wherever_it_is_told(plan_and_settings, path):
    plan, given_ = plan_and_settings
    service = SERVICES[plan]
    with service.scratch():
        dbx = service.client()
        made = dbx.sharing_create_shared_link_with_settings(path, given_)
        told = seen(dbx, made, link_password=password(given_))
        assert made == told
        assert dbx.sharing_list_shared_links(path, direct_only=True).links == [made]
        assert dbx.sharing_list_shared_links().links == [made]
        with pytest.raises(ApiError) as refused:
            dbx.sharing_create_shared_link_with_settings(path)
        exists = refused.value.error.get_shared_link_already_exists()
        assert exists.get_metadata() == made
        allowed = settings_of(allow_download=made.link_permissions.allow_download)
        assert dbx.sharing_modify_shared_link_settings(made.url, allowed) == made
        if hasattr(told, "rev") and told.link_permissions.allow_download:
            through = dbx.sharing_get_shared_link_file(made.url, link_password=password(given_))
            assert through[0] == made


@pytest.mark.evidence("S5-17", "S5-18", "S3-07", "S4-18", "S5-04")
@given(EVERY_SETTING, PATHS)
@settings(max_examples=40)
def test_no_account_sees_what_no_link_gives_it(plan_and_settings, path):
    plan, given_ = plan_and_settings
    service = SERVICES[plan]
    with service.scratch():
        other, app = readers(service)
        made = service.client().sharing_create_shared_link_with_settings(path, given_)
        audience = getattr(given_, "audience", None)
        is_open = audience is None or audience.is_public()
        for reader in (other, app):
            if not is_open:
                assert tags(lambda reader=reader: seen(reader, made)) == DENIED
                continue
            found = seen(reader, made, link_password=password(given_))
            assert found.path_lower is None
            assert not found.link_permissions.can_revoke
            if password(given_) is not None:
                assert tags(lambda reader=reader: seen(reader, made)) == DENIED
        assert other.sharing_list_shared_links().links == []
        assert tags(lambda: other.sharing_revoke_shared_link(made.url)) == DENIED
        assert service.client().sharing_list_shared_links().links == [made]


ENDS = {
    "revoked": lambda service, link: service.client().sharing_revoke_shared_link(link.url),
    "deleted": lambda service, _: service.client().files_delete_v2("/a"),
    "expired": lambda service, _: service.clock.advance(366 * 24 * 60 * 60),
}


@pytest.mark.evidence("S16-02", "S1-20", "S1-22", "S1-23", "S5-24")
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("path", ["/a", "/a/b.txt"])
def test_an_ended_link_gives_nothing(end, path):
    service = FakeDropboxService(plan="pro", files=FILES)
    dbx, (other, app) = service.client(), readers(service)
    made = shared(dbx, path, expires=LATER)
    cursor = None
    if path == "/a":
        cursor = other.files_list_folder("", shared_link=SharedLink(made.url)).cursor
    ENDS[end](service, made)
    for reader in (dbx, other, app):
        assert tags(lambda reader=reader: seen(reader, made)) == NOT_FOUND
        assert tags(lambda reader=reader: data(reader, made)) == NOT_FOUND
        through = SharedLink(made.url)
        for path_ in ("", "/b.txt"):
            with pytest.raises(ApiError, match="not_found"):
                reader.files_list_folder(path_, shared_link=through)
    if cursor is not None:
        with pytest.raises(ApiError, match="not_found"):
            other.files_list_folder_continue(cursor)
    assert dbx.sharing_list_shared_links().links == []
    if end != "deleted":
        assert shared(dbx, path).url != made.url
