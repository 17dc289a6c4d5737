"""Tests of shared folders: the last writer of a file, folders in folders, and past revisions."""

import pytest
from dropbox import files
from tests.support.doors import refusal
from tests.support.shared_folders import account, share

OVERWRITE = files.WriteMode.overwrite
pytestmark = pytest.mark.dropbox(files={"/Docs/a.txt": b"a", "/Docs/b.txt": b"b"})


@pytest.fixture
def mounted(service, friend):
    """The id of the folder /Docs, which the friend has mounted as an editor."""
    return service.share_folder("/Docs", members=[friend])


def id_of(client):
    return client.users_get_current_account().account_id


def writer(client, path):
    return client.files_get_metadata(path).sharing_info.modified_by


@pytest.mark.evidence("S13-04")
def test_the_writer_of_a_private_file_is_shown_when_it_is_shared_again(dbx, friends, mounted):
    for path in ("/Docs/a.txt", "/Docs/b.txt"):
        friends.files_upload(b"friend", path, OVERWRITE)
    dbx.sharing_unshare_folder(mounted)
    dbx.files_upload(b"owner", "/Docs/a.txt", OVERWRITE)
    share(dbx)
    assert writer(dbx, "/Docs/a.txt") == id_of(dbx)
    assert writer(dbx, "/Docs/b.txt") == id_of(friends)


@pytest.mark.evidence("S13-04", "S13-29")
def test_a_member_who_moves_a_file_out_and_shares_it_is_its_last_writer(dbx, friends, mounted):
    friends.files_upload(b"friend", "/Docs/a.txt", OVERWRITE)
    dbx.files_move_v2("/Docs/a.txt", "/own/a.txt")
    share(dbx, "/own")
    assert writer(dbx, "/own/a.txt") == id_of(dbx)


@pytest.mark.evidence("S13-04", "S12-22")
def test_modified_by_is_kept_when_a_new_owner_ends_sharing_and_shares_again(dbx, friends, mounted):
    dbx.sharing_transfer_folder(mounted, id_of(friends))
    friends.files_upload(b"friend", "/Docs/b.txt", OVERWRITE)
    friends.sharing_unshare_folder(mounted)
    share(friends)
    assert writer(friends, "/Docs/a.txt") == id_of(dbx)
    assert writer(friends, "/Docs/b.txt") == id_of(friends)


@pytest.mark.evidence("F7-07", "S13-18")
def test_a_folder_cannot_be_moved_or_copied_into_a_folder_that_is_mounted_in_it(dbx, mounted):
    dbx.files_move_v2("/Docs", "/above/Docs")
    for call in (dbx.files_move_v2, dbx.files_copy_v2):
        for target in ("/above/Docs/new", "/above/Docs/new/deep", f"ns:{mounted}/new"):
            assert refusal(call, "/above", target) == "duplicated_or_nested_paths"
        assert refusal(call, "/above/Docs", "/above/Docs/new") == "duplicated_or_nested_paths"
    assert dbx.files_copy_v2("/above/Docs/a.txt", "/above/Docs/new").metadata.name == "new"


@pytest.mark.evidence("S8-11", "S13-14")
@pytest.mark.parametrize("level", ["viewer", "editor"])
def test_a_folder_in_a_shared_folder_cannot_be_shared(service, dbx, friend, friends, level):
    dbx.files_create_folder_v2("/Docs/deep")
    service.share_folder("/Docs", members=[(friend, level)])
    for path in ("/Docs/deep", "/Docs/new", "/Docs/new/deep"):
        error = refusal(friends.sharing_share_folder, path)
        assert error == "bad_path/inside_shared_folder"
    assert refusal(dbx.files_get_metadata, "/Docs/new") == "path/not_found"
    assert refusal(friends.sharing_share_folder, "/Docs/a.txt") == "bad_path/is_file"


@pytest.mark.evidence("S13-08", "S16-09")
def test_a_revision_of_a_formerly_shared_file_shows_no_sharing(dbx, mounted):
    rev = dbx.files_get_metadata("/Docs/a.txt").rev
    dbx.files_upload(b"new", "/Docs/a.txt", OVERWRITE)
    dbx.sharing_unshare_folder(mounted)
    (now, new, old, first) = dbx.files_list_revisions("/Docs/a.txt").entries
    assert old.rev == rev
    assert [each.sharing_info for each in (now, new, old, first)] == [None] * 4
    assert dbx.files_get_metadata(f"rev:{rev}").parent_shared_folder_id is None


@pytest.mark.evidence("S13-08", "S13-03")
def test_a_past_revision_in_a_mount_has_the_path_of_the_member(dbx, friends, mounted):
    friends.files_move_v2("/Docs", "/ours")
    rev = friends.files_get_metadata("/ours/a.txt").rev
    dbx.files_delete_v2("/Docs/a.txt")
    for client, path in ((dbx, "/docs/a.txt"), (friends, "/ours/a.txt")):
        for meta in (
            client.files_get_metadata(f"rev:{rev}"),
            client.files_download(f"rev:{rev}")[0],
            client.files_list_revisions(path).entries[0],
        ):
            assert (meta.path_lower, meta.parent_shared_folder_id) == (path, mounted)


@pytest.mark.evidence("S11-34", "S12-02")
def test_a_copy_is_left_where_the_folder_was_mounted(dbx, friends, friend, mounted):
    friends.files_create_folder_v2("/deep")
    friends.files_move_v2("/Docs", "/deep/ours")
    dbx.sharing_remove_folder_member(mounted, account(friend.account_id), True)
    assert friends.files_download("/deep/ours/a.txt")[1].content == b"a"
    assert friends.files_get_metadata("/deep/ours").sharing_info is None
