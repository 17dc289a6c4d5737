"""Tests of mounting, unmounting, leaving and unsharing folders."""

import pytest
from dropbox import files, sharing
from tests.support.doors import refusal

FILES = {"/Docs/deep/a.txt": b"a", "/Docs/b.txt": b"bb", "/c.txt": b"c"}
pytestmark = pytest.mark.dropbox(files=FILES)
LEVEL = sharing.AccessLevel


@pytest.fixture
def folder(dbx, add):
    """The id of a folder that the default account shares with a friend, who is an editor."""
    shared = dbx.sharing_share_folder("/Docs").get_complete().shared_folder_id
    add(shared, "friend@example.com", LEVEL.editor)
    return shared


@pytest.fixture
def friend(service, connect):
    """A client of an account other than the default one."""
    account = service.accounts.create("friend@example.com", "Good Friend")
    return connect(service.logins.create(account))


@pytest.fixture
def add(dbx, friend):
    """A function that adds a member by e-mail address, after the account of the friend is made."""

    def add(folder, email, level):
        member = sharing.AddMember(sharing.MemberSelector.email(email), level)
        dbx.sharing_add_folder_member(folder, [member])

    return add


def listed(dbx, path="", **given):
    return {entry.path_display for entry in dbx.files_list_folder(path, **given).entries}


def identities(dbx, path="", **given):
    entries = dbx.files_list_folder(path, recursive=True, **given).entries
    return {entry.path_lower: entry.id for entry in entries}


def news(dbx, cursor):
    """Return the entries since a cursor, in order: the type and the path."""
    entries = dbx.files_list_folder_continue(cursor).entries
    return [(type(entry).__name__[:4], entry.path_display) for entry in entries]


def latest(dbx, path=""):
    return dbx.files_list_folder_get_latest_cursor(path, recursive=True).cursor


@pytest.mark.every_door
@pytest.mark.evidence("S12-01", "S16-07", "S13-06", "S9-05")
def test_a_member_who_mounts_a_folder_has_its_files(dbx, friend, folder):
    before = friend.sharing_get_folder_metadata(folder)
    assert (before.path_lower, before.path_display) == (None, None)
    meta = friend.sharing_mount_folder(folder)
    assert meta.access_type.is_editor()
    assert (meta.path_lower, meta.path_display) == ("/docs", "/Docs")
    assert meta == friend.sharing_get_folder_metadata(folder)
    assert identities(friend, "/Docs") == identities(dbx, "/Docs")
    assert friend.files_download("/docs/B.TXT")[1].content == b"bb"
    friend.files_upload(b"new", "/Docs/deep/new.txt")
    assert dbx.files_download("/Docs/deep/new.txt")[1].content == b"new"
    assert refusal(friend.files_get_metadata, "/c.txt") == "path/not_found"


@pytest.mark.evidence("S12-02", "S12-11")
def test_a_folder_is_mounted_at_a_free_name(friend, folder):
    friend.files_upload(b"", "/docs")
    assert friend.sharing_mount_folder(folder).path_display == "/Docs (1)"
    friend.files_move_v2("/Docs (1)", "/mine")
    assert friend.sharing_get_folder_metadata(folder).path_display == "/mine"
    friend.sharing_unmount_folder(folder)
    friend.files_delete_v2("/docs")
    assert friend.sharing_mount_folder(folder).path_display == "/Docs"


@pytest.mark.evidence("S12-03", "S12-07", "S10-03", "S10-05")
def test_refused_mounting_or_unmounting_has_the_error_for_its_cause(dbx, friend, folder):
    alone = dbx.sharing_share_folder("/alone").get_complete().shared_folder_id
    assert refusal(friend.sharing_unmount_folder, folder) == "access_error/unmounted"
    friend.sharing_mount_folder(folder)
    assert refusal(friend.sharing_mount_folder, folder) == "already_mounted"
    assert refusal(dbx.sharing_mount_folder, folder) == "already_mounted"
    for call in (
        friend.sharing_mount_folder,
        friend.sharing_unmount_folder,
        friend.sharing_unshare_folder,
        friend.sharing_relinquish_folder_membership,
    ):
        assert refusal(call, "1") == "access_error/invalid_id"
        assert refusal(call, alone) == "access_error/not_a_member"


@pytest.mark.evidence("S12-04", "S13-20", "S13-21")
def test_a_mounted_folder_uses_the_space_of_its_members(dbx, friend, folder, service):
    account = service.accounts.by_email("friend@example.com")
    service.set_quota(account, 2)
    with pytest.raises(Exception, match="insufficient_quota") as refused:
        friend.sharing_mount_folder(folder)
    amounts = refused.value.error.get_insufficient_quota()
    assert (amounts.space_needed, amounts.space_shortage, amounts.space_left) == (3, 1, 2)
    assert friend.users_get_space_usage().used == 0
    service.set_quota(account, 4)
    friend.sharing_mount_folder(folder)
    assert friend.users_get_space_usage().used == 3
    error = "path/insufficient_space"
    assert refusal(friend.files_upload, b"12", "/Docs/new") == error
    dbx.files_upload(b"12", "/Docs/new")
    assert friend.users_get_space_usage().used == 5
    assert refusal(friend.files_upload, b"1", "/mine") == error
    friend.sharing_unmount_folder(folder)
    friend.files_upload(b"1", "/mine")
    assert (friend.users_get_space_usage().used, dbx.users_get_space_usage().used) == (1, 6)


@pytest.mark.evidence("S10-15", "S11-16")
def test_an_invitee_becomes_a_member_by_mounting(dbx, folder, add, connect, service):
    add(folder, "Late@example.com", LEVEL.viewer)
    late = connect(service.logins.create(service.accounts.create("late@example.com")))
    assert [each.name for each in late.sharing_list_mountable_folders().entries] == ["Docs"]
    late.sharing_mount_folder(folder)
    members = dbx.sharing_list_folder_members(folder)
    assert [each.user.email for each in members.users][-1] == "late@example.com"
    assert members.invitees == []


@pytest.mark.evidence("S12-06", "S12-09", "S16-08", "S13-27")
def test_unmounting_keeps_the_membership(dbx, friend, folder):
    friend.sharing_mount_folder(folder)
    for client in (dbx, friend):
        cursor = latest(client)
        client.sharing_unmount_folder(folder)
        assert "/Docs" not in listed(client, include_deleted=True)
        assert news(client, cursor) == [("Dele", "/Docs")]
        for found in (client.sharing_list_folders(), client.sharing_list_mountable_folders()):
            assert [(each.name, each.path_lower) for each in found.entries] == [("Docs", None)]
    assert dbx.sharing_mount_folder(folder).access_type.is_owner()
    assert dbx.files_download("/Docs/b.txt")[1].content == b"bb"


@pytest.mark.evidence("S12-10", "S16-12")
def test_others_see_the_deletion_of_content_but_not_of_a_mount(dbx, friend, folder):
    friend.sharing_mount_folder(folder)
    friend.files_delete_v2("/Docs/deep")
    assert listed(dbx, "/Docs") == {"/Docs/b.txt"}
    cursor = latest(dbx)
    assert friend.files_delete_v2("/Docs").metadata.shared_folder_id == folder
    assert news(dbx, cursor) == []
    assert friend.sharing_get_folder_metadata(folder).path_lower is None
    friend.sharing_mount_folder(folder)
    friend.files_create_folder_v2("/above")
    friend.files_move_v2("/Docs", "/above/Docs")
    friend.files_delete_v2("/above")
    assert listed(dbx, "/Docs") == {"/Docs/b.txt"}


@pytest.mark.evidence("S12-12", "S12-13", "S12-14", "S11-34")
@pytest.mark.parametrize("leave_a_copy", [False, True])
def test_a_member_can_leave(dbx, friend, folder, leave_a_copy):
    friend.sharing_mount_folder(folder)
    cursor = latest(friend)
    error = refusal(dbx.sharing_relinquish_folder_membership, folder)
    assert error == "folder_owner"
    launched = friend.sharing_relinquish_folder_membership(folder, leave_a_copy)
    assert launched.is_async_job_id() == leave_a_copy
    assert refusal(friend.sharing_get_folder_metadata, folder) == "not_a_member"
    assert len(dbx.sharing_list_folder_members(folder).users) == 1
    assert news(friend, cursor)[0] == ("Dele", "/Docs")
    if not leave_a_copy:
        assert listed(friend) == set()
        return
    copy = friend.files_get_metadata("/Docs")
    assert copy.sharing_info is None
    assert copy.id != dbx.files_get_metadata("/Docs").id
    friend.files_upload(b"only mine", "/Docs/b.txt", files.WriteMode.overwrite)
    assert dbx.files_download("/Docs/b.txt")[1].content == b"bb"


@pytest.mark.evidence("S11-34")
def test_a_copy_that_is_left_needs_no_free_space(dbx, friend, folder, service):
    friend.sharing_mount_folder(folder)
    service.set_quota(service.accounts.by_email("friend@example.com"), 0)
    friend.sharing_relinquish_folder_membership(folder, leave_a_copy=True)
    assert friend.users_get_space_usage().used == 3


@pytest.mark.every_door
@pytest.mark.evidence("S12-12")
def test_a_folder_that_is_too_large_to_be_copied_is_not_left(dbx, friend, folder, monkeypatch):
    monkeypatch.setattr("fakedropbox._files.copying.MOVE_ITEMS", 1)
    friend.sharing_mount_folder(folder)
    leave = friend.sharing_relinquish_folder_membership
    assert refusal(leave, folder, leave_a_copy=True) == "other"  # the SDK knows no tag for it
    assert len(dbx.sharing_list_folder_members(folder).users) == 2
    assert listed(friend, "/Docs")
    leave(folder)


@pytest.mark.evidence("S12-12")
def test_an_invitation_can_be_refused(dbx, folder, add, connect, service):
    add(folder, "late@example.com", LEVEL.viewer)
    late = connect(service.logins.create(service.accounts.create("late@example.com")))
    assert late.sharing_relinquish_folder_membership(folder).is_complete()
    assert late.sharing_list_folders().entries == []
    assert dbx.sharing_list_folder_members(folder).invitees == []


@pytest.mark.evidence("S12-15", "S12-18", "S12-19", "S12-20", "S16-09", "S8-25", "S13-06")
@pytest.mark.parametrize("leave_a_copy", [False, True])
def test_unsharing_leaves_the_folder_to_its_owner(dbx, friend, folder, leave_a_copy):
    friend.sharing_mount_folder(folder)
    before = identities(dbx)
    friend.files_upload(b"f", "/Docs/friend.txt")
    assert refusal(friend.sharing_unshare_folder, folder) == "no_permission"
    assert dbx.sharing_unshare_folder(folder, leave_a_copy).is_async_job_id()
    assert refusal(dbx.sharing_unshare_folder, folder) == "access_error/invalid_id"
    assert refusal(friend.sharing_get_folder_metadata, folder) == "invalid_id"
    assert identities(dbx).items() > before.items()
    assert dbx.files_download("/Docs/friend.txt")[1].content == b"f"
    assert dbx.files_get_metadata("/Docs").sharing_info is None
    assert dbx.files_get_metadata("/Docs/b.txt").parent_shared_folder_id is None
    assert listed(friend) == ({"/Docs"} if leave_a_copy else set())
    assert dbx.sharing_share_folder("/Docs").get_complete().shared_folder_id != folder


@pytest.mark.evidence("S12-18")
def test_unsharing_a_folder_that_its_owner_has_not_mounted_returns_it_to_the_owner(dbx, folder):
    dbx.sharing_unmount_folder(folder)
    dbx.files_upload(b"", "/docs")
    dbx.sharing_unshare_folder(folder)
    assert listed(dbx, "/Docs (1)") == {"/Docs (1)/deep", "/Docs (1)/b.txt"}


@pytest.mark.evidence("S1-25")
def test_a_link_gives_access_to_what_is_mounted_in_its_folder(dbx, friend, folder):
    friend.sharing_mount_folder(folder)
    friend.files_move_v2("/Docs", "/above/ours")
    url = friend.sharing_create_shared_link_with_settings("/above").url
    meta, content = dbx.sharing_get_shared_link_file(url, "/ours/deep/a.txt")
    assert content.content == b"a"
    inside = dbx.files_get_metadata("/Docs/deep/a.txt")
    assert (meta.id, meta.rev) == (inside.id, inside.rev)
    through = files.SharedLink(url)
    found = dbx.files_list_folder("/ours", shared_link=through).entries
    assert sorted(entry.name for entry in found) == ["b.txt", "deep"]
    seen = friend.sharing_get_shared_link_metadata(url, "/ours/deep/a.txt")
    assert seen.path_lower == "/above/ours/deep/a.txt"


@pytest.mark.evidence("S12-21")
def test_links_work_after_sharing_and_unsharing(dbx):
    links = [
        dbx.sharing_create_shared_link_with_settings(path) for path in ("/Docs", "/Docs/b.txt")
    ]
    folder = dbx.sharing_share_folder("/Docs").get_complete().shared_folder_id
    shared = dbx.sharing_list_shared_links().links
    assert [link.url for link in shared] == [link.url for link in links]
    assert [link.path_lower for link in shared] == ["/docs", "/docs/b.txt"]
    assert dbx.sharing_get_shared_link_file(links[0].url, "/deep/a.txt")[1].content == b"a"
    dbx.sharing_unshare_folder(folder)
    after = dbx.sharing_list_shared_links().links
    assert [link.url for link in after] == [link.url for link in links]
    assert dbx.sharing_get_shared_link_file(links[0].url, "/b.txt")[1].content == b"bb"
