"""Tests of `ns:` paths and path roots of shared folders: what is outside the root is not found."""

import pytest
from dropbox.common import PathRoot
from tests.support.doors import refusal
from tests.support.fingerprint import fingerprint
from tests.support.shared_folders import LEVEL, by_id, share

pytestmark = pytest.mark.dropbox(files={"/Docs/a.txt": b"a", "/c.txt": b"c"})


@pytest.fixture
def friend(connect, service):
    return connect(service.logins.create(service.accounts.create("friend@example.com")))


@pytest.fixture
def shared(dbx, service, friend):
    """The id of a folder that the default account shares with a friend, who has not mounted it."""
    folder = share(dbx).shared_folder_id
    me = service.accounts.by_email("friend@example.com")
    dbx.sharing_add_folder_member(folder, [by_id(me.account_id, LEVEL.editor)])
    return folder


@pytest.mark.every_door
@pytest.mark.evidence("S13-09", "S13-10")
def test_a_folder_that_is_not_mounted_is_reached_by_path_root_only(service, friend, shared):
    before = fingerprint(service, without=["sessions"])
    assert refusal(friend.files_get_metadata, f"ns:{shared}/a.txt") == "path/not_found"
    assert refusal(friend.files_list_folder, f"ns:{shared}") == "path/not_found"
    assert refusal(friend.files_upload, b"new", f"ns:{shared}/new.txt") == "path/malformed_path"
    assert fingerprint(service, without=["sessions"]) == before
    rooted = friend.with_path_root(PathRoot.namespace_id(shared))
    assert rooted.files_get_metadata("/a.txt").path_lower == "/a.txt"
    assert rooted.files_get_metadata(f"ns:{shared}/a.txt").path_lower == "/a.txt"
    rooted.files_upload(b"new", "/new.txt")
    assert service.files["/Docs/new.txt"] == b"new"
    assert friend.files_list_folder("").entries == []


@pytest.mark.evidence("S13-10", "S13-11")
def test_a_path_root_hides_all_other_namespaces(dbx, friend, shared):
    """The caller's own files are not found, and other shared folders are not, either."""
    home = dbx.users_get_current_account().root_info.home_namespace_id
    other, foreign = (share(each, "/other").shared_folder_id for each in (dbx, friend))
    rooted = dbx.with_path_root(PathRoot.namespace_id(shared))
    for path in (f"{home}/c.txt", other, foreign):
        assert refusal(rooted.files_get_metadata, f"ns:{path}") == "path/not_found"
    assert dbx.files_get_metadata(f"ns:{home}/c.txt").path_lower == "/c.txt"
    assert dbx.files_get_metadata(f"ns:{other}").path_lower == "/other"
