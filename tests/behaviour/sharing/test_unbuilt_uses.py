"""Tests of uses of shared folders that raise and change nothing: no source shows the answer."""

import pytest
from dropbox.common import PathRoot
from tests.support.doors import refusal
from tests.support.shared_folders import LEVEL, by_id, share

from fakedropbox import NotImplementedInFake

pytestmark = pytest.mark.dropbox(
    files={"/Docs/a.txt": b"a", "/c.txt": b"c"}, allow_not_implemented=True
)


@pytest.fixture
def shared(service):
    """The id of a folder that the default account shares with a friend, who has not mounted it."""
    dbx, friend = service.client(), service.accounts.create("friend@example.com")
    folder = share(dbx).shared_folder_id
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id, LEVEL.editor)])
    return folder


@pytest.fixture
def friend(service, shared):
    return service.client(account=service.accounts.by_email("friend@example.com"))


@pytest.mark.evidence("S13-09")
def test_a_folder_that_is_not_mounted_is_reached_by_path_root_only(service, friend, shared):
    with pytest.raises(NotImplementedInFake, match="mount it with sharing_mount_folder first"):
        friend.files_get_metadata(f"ns:{shared}/a.txt")
    with pytest.raises(NotImplementedInFake, match="not mounted"):
        friend.files_upload(b"new", f"ns:{shared}/new.txt")
    rooted = friend.with_path_root(PathRoot.namespace_id(shared))
    assert rooted.files_get_metadata("/a.txt").path_lower == "/a.txt"
    rooted.files_upload(b"new", "/new.txt")
    assert service.files["/Docs/new.txt"] == b"new"
    assert friend.files_list_folder("").entries == []


def test_with_a_path_root_other_namespaces_have_no_path(service, friend, shared):
    """Check that the caller's own namespaces are not implemented, and those of others not found."""
    dbx = service.client()
    home = dbx.users_get_current_account().root_info.home_namespace_id
    other, foreign = (share(each, "/other").shared_folder_id for each in (dbx, friend))
    rooted = dbx.with_path_root(PathRoot.namespace_id(shared))
    for namespace in (home, other):
        with pytest.raises(NotImplementedInFake, match="leave out the header Dropbox-API-Path"):
            rooted.files_get_metadata(f"ns:{namespace}/c.txt")
    assert refusal(rooted.files_get_metadata, f"ns:{foreign}") == "path/not_found"


def test_a_move_of_an_app_folder_into_a_shared_folder_is_not_implemented(service, shared):
    dbx = service.client()
    app = service.apps.create("small", folder="Small")
    service.client(service.logins.create(app=app)).files_upload(b"", "/in.txt")
    before = service.tree()
    for source in ("/Apps/Small", "/Apps"):
        with pytest.raises(NotImplementedInFake, match="app folder into a shared folder"):
            dbx.files_move_v2(source, "/Docs/moved")
    assert service.tree() == before
