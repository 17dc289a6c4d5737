"""Tests of the routes of files on what is in a mounted folder."""

import io
import zipfile

import pytest
from dropbox import files, sharing
from dropbox.common import PathRoot
from dropbox.exceptions import PathRootError
from tests.support.doors import refusal

from fakedropbox import NotImplementedInFake, Personality

FILES = {"/Docs/deep/a.txt": b"a", "/Docs/b.txt": b"bb", "/c.txt": b"c"}
pytestmark = pytest.mark.dropbox(files=FILES)
LEVEL = sharing.AccessLevel
OVERWRITE = files.WriteMode.overwrite


class Shared:
    """A shared folder of the default account; after `mounted()`, a friend has mounted it, too."""

    def __init__(self, dbx, friend, email):
        self.dbx, self.friend, self._email = dbx, friend, email
        self.id = dbx.sharing_share_folder("/Docs").get_complete().shared_folder_id

    def mounted(self, level=LEVEL.editor, path=None):
        member = sharing.AddMember(sharing.MemberSelector.email(self._email), level)
        self.dbx.sharing_add_folder_member(self.id, [member])
        self.friend.sharing_mount_folder(self.id)
        if path is not None:
            self.friend.files_move_v2("/Docs", path)


@pytest.fixture
def friend(service, connect):
    """A client of an account other than the default one."""
    account = service.accounts.create("friend@example.com", "Good Friend")
    return connect(service.logins.create(account))


@pytest.fixture
def shared(dbx, friend):
    """The folder /Docs of the default account, shared."""
    return Shared(dbx, friend, "friend@example.com")


def news(dbx, cursor):
    """Return the entries since a cursor, in order: the type and the path."""
    entries = dbx.files_list_folder_continue(cursor).entries
    return [(type(entry).__name__[:4], entry.path_display) for entry in entries]


def latest(dbx, path="", **given):
    given = {"recursive": True, **given}
    return dbx.files_list_folder_get_latest_cursor(path, **given).cursor


def paths(entries):
    return [entry.path_display for entry in entries]


@pytest.mark.every_door
@pytest.mark.evidence("S13-03", "F2.2-02")
def test_a_new_folder_has_the_metadata_of_a_shared_folder(dbx, shared):
    made = dbx.files_create_folder_v2("/Docs/new").metadata
    assert made.parent_shared_folder_id == shared.id
    assert made.sharing_info.parent_shared_folder_id == shared.id
    assert made == dbx.files_get_metadata("/Docs/new")
    moved = dbx.files_move_v2("/Docs/new", "/Docs/more").metadata
    assert moved.parent_shared_folder_id == shared.id
    assert dbx.files_delete_v2("/Docs/more").metadata.id == made.id


# Sharing


@pytest.mark.evidence("S13-05", "S13-06")
def test_sharing_is_reported_as_deletion_and_creation(dbx):
    cursor = latest(dbx)
    dbx.sharing_share_folder("/Docs")
    assert news(dbx, cursor) == [
        ("Dele", "/Docs"),
        ("Dele", "/Docs/deep"),
        ("Dele", "/Docs/deep/a.txt"),
        ("Dele", "/Docs/b.txt"),
        ("Fold", "/Docs"),
        ("Fold", "/Docs/deep"),
        ("File", "/Docs/deep/a.txt"),
        ("File", "/Docs/b.txt"),
    ]


@pytest.mark.evidence("S13-06", "S13-07", "S13-08")
def test_sharing_gives_files_new_revisions_and_the_old_ones_stay(dbx):
    before = dbx.files_get_metadata("/Docs/b.txt")
    folder = dbx.sharing_share_folder("/Docs").get_complete().shared_folder_id
    after = dbx.files_get_metadata("/Docs/b.txt")
    assert (after.id, after.server_modified) == (before.id, before.server_modified)
    assert after.rev.endswith(f"{int(folder):x}")
    assert after.rev != before.rev
    assert dbx.files_download(f"rev:{before.rev}")[0].path_lower == "/docs/b.txt"
    dbx.files_upload(b"new", "/Docs/b.txt", OVERWRITE)
    dbx.sharing_unshare_folder(folder)
    now = dbx.files_get_metadata("/Docs/b.txt").rev
    assert now[-8:] == before.rev[-8:]
    for mode in (files.ListRevisionsMode.path, files.ListRevisionsMode.id):
        found = [each.rev for each in dbx.files_list_revisions("/Docs/b.txt", mode).entries]
        assert (found[0], found[2], found[3]) == (now, after.rev, before.rev)
        assert len(found) == 4
    assert dbx.files_download(f"rev:{after.rev}")[1].content == b"bb"
    assert dbx.files_restore("/Docs/b.txt", before.rev).size == 2


@pytest.mark.evidence("S13-08")
def test_a_member_does_not_see_the_revisions_from_before_sharing(dbx, friend, shared):
    old = dbx.files_list_revisions("/Docs/b.txt").entries[-1].rev
    shared.mounted()
    assert refusal(friend.files_download, f"rev:{old}") == "path/not_found"
    mode = files.ListRevisionsMode.id
    assert len(friend.files_list_revisions("/Docs/b.txt", mode).entries) == 1
    assert len(dbx.files_list_revisions("/Docs/b.txt", mode).entries) == 2


# Members


@pytest.mark.every_door
@pytest.mark.evidence("S13-19", "S13-04", "S13-03")
def test_a_change_is_in_the_cursors_of_all_members(dbx, friend, shared):
    shared.mounted(path="/ours")
    mine, theirs = latest(dbx), latest(friend)
    other = latest(dbx, "/Docs", recursive=False)
    made = friend.files_upload(b"new", "/ours/new.txt")
    assert news(dbx, mine) == [("File", "/Docs/new.txt")]
    assert news(dbx, other) == [("File", "/Docs/new.txt")]
    assert news(friend, theirs) == [("File", "/ours/new.txt")]
    seen = dbx.files_get_metadata("/Docs/new.txt")
    assert (seen.id, seen.rev) == (made.id, made.rev)
    account = friend.users_get_current_account().account_id
    assert seen.sharing_info.modified_by == account
    assert seen.sharing_info.parent_shared_folder_id == shared.id
    owner = dbx.users_get_current_account().account_id
    assert friend.files_get_metadata("/ours/b.txt").sharing_info.modified_by == owner


@pytest.mark.evidence("S13-14")
def test_a_viewer_may_not_write(dbx, friend, shared):
    shared.mounted(LEVEL.viewer)
    friend.files_upload(b"", "/mine.txt")
    for path in ("/Docs", "/Docs/deep", "/Docs/b.txt"):
        assert friend.files_get_metadata(path).sharing_info.read_only
        assert not dbx.files_get_metadata(path).sharing_info.read_only
    may_not = "no_write_permission"
    assert refusal(friend.files_upload, b"", "/Docs/b.txt", OVERWRITE) == f"path/{may_not}"
    assert refusal(friend.files_create_folder_v2, "/Docs/new/new") == f"path/{may_not}"
    assert refusal(friend.files_delete_v2, "/Docs/b.txt") == f"path_write/{may_not}"
    assert refusal(friend.files_move_v2, "/Docs/b.txt", "/b.txt") == f"from_write/{may_not}"
    assert refusal(friend.files_move_v2, "/mine.txt", "/Docs/x") == f"to/{may_not}"
    assert refusal(friend.files_copy_v2, "/mine.txt", "/Docs/x") == f"to/{may_not}"
    rev = friend.files_get_metadata("/Docs/b.txt").rev
    assert refusal(friend.files_restore, "/Docs/new", rev) == f"path_write/{may_not}"
    reference = friend.files_copy_reference_get("/mine.txt").copy_reference
    refused = refusal(friend.files_copy_reference_save, reference, "/Docs/x")
    assert refused == f"path/{may_not}"
    assert friend.files_copy_v2("/Docs/b.txt", "/b.txt").metadata.sharing_info is None
    assert friend.files_move_v2("/Docs", "/moved").metadata.shared_folder_id == shared.id


# Moves


@pytest.mark.evidence("S13-17")
def test_moving_a_mount_is_seen_by_nobody_else(dbx, friend, shared):
    shared.mounted()
    mine, theirs = latest(dbx), latest(friend)
    moved = friend.files_move_v2("/Docs", "/a/ours").metadata
    assert (moved.path_display, moved.shared_folder_id) == ("/a/ours", shared.id)
    assert news(dbx, mine) == []
    assert news(friend, theirs)[-3:] == [
        ("Fold", "/a/ours/deep"),
        ("File", "/a/ours/deep/a.txt"),
        ("File", "/a/ours/b.txt"),
    ]
    assert friend.files_get_metadata(f"ns:{shared.id}/b.txt").path_lower == "/a/ours/b.txt"


@pytest.mark.evidence("S13-29", "F7-01")
def test_moves_into_and_out_of_a_shared_folder_keep_ids(dbx, friend, shared):
    shared.mounted()
    mine = friend.files_upload(b"mine", "/in/mine.txt")
    b = dbx.files_get_metadata("/Docs/b.txt")
    moved = friend.files_move_v2("/in", "/Docs/in").metadata
    assert moved.parent_shared_folder_id == shared.id
    assert dbx.files_get_metadata(mine.id).path_display == "/Docs/in/mine.txt"
    assert friend.files_move_v2("/Docs/b.txt", "/b.txt").metadata.id == b.id
    assert friend.files_get_metadata(b.id).path_display == "/b.txt"
    assert refusal(dbx.files_get_metadata, b.id) == "path/not_found"
    assert refusal(dbx.files_get_metadata, "/Docs/b.txt") == "path/not_found"
    assert friend.users_get_space_usage().used == 4 + 2 + 1


@pytest.mark.evidence("S13-18", "F7-07", "F7-09")
def test_a_shared_folder_cannot_be_moved_into_another_one(dbx, friend, shared):
    shared.mounted()
    friend.sharing_share_folder("/mine/too")
    nested = "cant_nest_shared_folder"
    assert refusal(friend.files_move_v2, "/mine/too", "/Docs/too") == nested
    assert refusal(friend.files_move_v2, "/mine", "/Docs/mine") == nested
    into_itself = refusal(friend.files_move_v2, "/Docs", "/Docs/deep/Docs")
    friend.files_create_folder_v2("/x")
    assert into_itself == refusal(friend.files_move_v2, "/x", "/x/x")
    assert refusal(dbx.files_get_metadata, "/Docs/too") == "path/not_found"


# Namespaces and listings


@pytest.mark.evidence("S13-09", "S13-11", "S15-07", "O8-02")
def test_a_shared_folder_can_be_the_path_root(friend, shared):
    rooted = friend.with_path_root(PathRoot.namespace_id(shared.id))
    with pytest.raises(PathRootError, match="no_permission"):
        rooted.files_get_metadata("/b.txt")
    shared.mounted(path="/ours")
    assert rooted.files_get_metadata("/b.txt").path_display == "/b.txt"
    assert paths(rooted.files_list_folder("").entries) == ["/deep", "/b.txt"]
    rooted.files_upload(b"", "/new/x.txt")
    assert friend.files_get_metadata("/ours/new/x.txt").path_lower == "/ours/new/x.txt"
    assert rooted.files_get_metadata(f"ns:{shared.id}/new").path_lower == "/new"


@pytest.mark.evidence("S13-12", "S13-13", "S13-28")
def test_a_listing_may_leave_out_what_is_in_mounted_folders(dbx, shared):
    found = dbx.files_list_folder("", recursive=True)
    assert paths(found.entries) == ["/Docs", "/c.txt", "/Docs/deep", *paths(found.entries)[3:]]
    short = dbx.files_list_folder("", recursive=True, include_mounted_folders=False)
    assert paths(short.entries) == ["/Docs", "/c.txt"]
    dbx.files_upload(b"", "/Docs/new")
    assert news(dbx, found.cursor) == [("File", "/Docs/new")]
    assert news(dbx, short.cursor) == []


@pytest.mark.evidence("S13-26")
def test_a_cursor_whose_path_now_leads_into_another_namespace_is_reset(dbx, friend, shared):
    shared.mounted()
    friend.files_create_folder_v2("/own/deep")
    cursors = [latest(friend, path) for path in ("/own", "/own/deep", "/Docs", "/Docs/deep")]
    friend.sharing_share_folder("/own")
    friend.sharing_unmount_folder(shared.id)
    friend.sharing_mount_folder(shared.id)
    for cursor in cursors:
        assert refusal(friend.files_list_folder_continue, cursor) == "reset"


@pytest.mark.evidence("S13-19", "F6.3-01")
def test_a_change_by_another_member_ends_a_longpoll(dbx, friend, shared):
    shared.mounted(path="/ours")
    for path in ("", "/Docs", "/Docs/deep"):
        cursor = latest(dbx, path)
        assert not dbx.files_list_folder_longpoll(cursor, 30).changes
        friend.files_upload(path.encode(), "/ours/deep/a.txt", OVERWRITE)
        assert dbx.files_list_folder_longpoll(cursor, 30).changes


# Other routes


@pytest.mark.evidence("F8-11", "S13-19")
def test_a_search_finds_what_is_in_mounted_folders(friend, shared):
    shared.mounted(path="/ours")
    for name in ("note one", "note two"):
        friend.files_upload(b"", f"/ours/{name}")
        friend.files_upload(b"", f"/{name}")
    every = ["/note one", "/note two", "/ours/note one", "/ours/note two"]
    options = files.SearchOptions(max_results=1)
    page = friend.files_search_v2("note", options)
    found = list(page.matches)
    while page.has_more:
        page = friend.files_search_continue_v2(page.cursor)
        found += page.matches
    assert sorted(each.metadata.get_metadata().path_display for each in found) == every
    for path in ("/ours", f"ns:{shared.id}"):
        matches = friend.files_search_v2("note", files.SearchOptions(path)).matches
        assert len(matches) == 2
    friend.files_delete_v2("/ours/note one")
    gone = files.SearchOptions(file_status=files.FileStatus.deleted)
    (match,) = friend.files_search_v2("note", gone).matches
    assert match.metadata.get_metadata().path_display == "/ours/note one"
    (match,) = friend.files_search_v2("ours").matches
    assert match.metadata.get_metadata().shared_folder_id == shared.id


@pytest.mark.evidence("S13-25", "F8-12")
def test_a_lock_is_seen_by_all_members(dbx, friend, shared):
    shared.mounted(path="/ours")
    args = [files.LockFileArg("/ours/b.txt")]
    (locked,) = friend.files_lock_file_batch(args).entries
    assert locked.is_success()
    mine = dbx.files_get_metadata("/Docs/b.txt").file_lock_info
    assert (mine.is_lockholder, mine.lockholder_name) == (False, "Good Friend")
    assert friend.files_get_metadata("/ours/b.txt").file_lock_info.is_lockholder


@pytest.mark.evidence("S13-25", "F8-12")
def test_only_its_holder_may_renew_or_remove_a_lock(dbx, friend, shared):
    shared.mounted(path="/ours")
    friend.files_lock_file_batch([files.LockFileArg("/ours/b.txt")])
    mine, theirs = [files.LockFileArg("/Docs/b.txt")], [files.LockFileArg("/ours/b.txt")]
    for entries in (
        dbx.files_lock_file_batch(mine).entries,
        dbx.files_unlock_file_batch([files.UnlockFileArg("/Docs/b.txt")]).entries,
    ):
        (refused,) = entries
        conflict = refused.get_failure().get_lock_conflict()
        holder = conflict.lock.content.get_single_user().lock_holder_account_id
        assert holder == friend.users_get_current_account().account_id
    (kept,) = friend.files_lock_file_batch(theirs).entries
    assert kept.is_success()
    assert friend.files_upload(b"x", "/ours/b.txt", files.WriteMode.overwrite)
    (freed,) = friend.files_unlock_file_batch([files.UnlockFileArg("/ours/b.txt")]).entries
    assert freed.get_success().lock.content.is_unlocked()
    (taken,) = dbx.files_lock_file_batch(mine).entries
    assert taken.is_success()


@pytest.mark.dropbox(allow_not_implemented=True)
def test_a_change_of_a_file_that_another_member_has_locked_is_not_implemented(dbx, friend, shared):
    shared.mounted(path="/ours")
    friend.files_lock_file_batch([files.LockFileArg("/ours/b.txt")])
    for change in (
        lambda: dbx.files_upload(b"x", "/Docs/b.txt", files.WriteMode.overwrite),
        lambda: dbx.files_delete_v2("/Docs/b.txt"),
        lambda: dbx.files_move_v2("/Docs/b.txt", "/Docs/c.txt"),
    ):
        with pytest.raises(NotImplementedInFake, match="another member has locked"):
            change()
    assert dbx.files_upload(b"x", "/Docs/new.txt").path_display == "/Docs/new.txt"


@pytest.mark.evidence("F5-04", "F4.1-01", "F7-12")
def test_zips_sessions_references_copies_and_links_work_in_a_mounted_folder(dbx, friend, shared):
    shared.mounted(path="/ours")
    archive = zipfile.ZipFile(io.BytesIO(friend.files_download_zip("/ours")[1].content))
    assert sorted(archive.namelist()) == ["ours/", "ours/b.txt", "ours/deep/", "ours/deep/a.txt"]
    friend.files_create_folder_v2("/up")
    friend.files_move_v2("/ours", "/up/ours")
    archive = zipfile.ZipFile(io.BytesIO(friend.files_download_zip("/up")[1].content))
    assert "up/ours/deep/a.txt" in archive.namelist()
    session = friend.files_upload_session_start(b"1", close=True).session_id
    cursor = files.UploadSessionCursor(session, 1)
    commit = files.CommitInfo("/up/ours/session")
    friend.files_upload_session_finish(b"", cursor, commit)
    assert dbx.files_download("/Docs/session")[1].content == b"1"
    reference = dbx.files_copy_reference_get("/Docs/deep").copy_reference
    saved = dbx.files_copy_reference_save(reference, "/saved").metadata
    assert saved.get_folder() if hasattr(saved, "get_folder") else saved.sharing_info is None
    assert dbx.files_download("/saved/a.txt")[1].content == b"a"
    copied = friend.files_copy_v2("/up", "/copy").metadata
    assert copied.path_lower == "/copy"
    assert friend.files_get_metadata("/copy/ours").sharing_info is None
    assert friend.files_download("/copy/ours/deep/a.txt")[1].content == b"a"
    link = friend.files_get_temporary_link("/up/ours/b.txt")
    assert link.metadata.path_display == "/up/ours/b.txt"


@pytest.mark.evidence("F6.2-09", "S13-19")
@pytest.mark.dropbox(files=FILES, personality=Personality(lag_entries=5, lag_seconds=60))
def test_listings_of_a_mounted_folder_lag(dbx, friend, shared):
    shared.mounted()
    for number in range(20):
        friend.files_upload(b"", f"/Docs/{number}")
    cursor = dbx.files_list_folder("", recursive=True)
    seen = {entry.path_display for entry in cursor.entries}
    assert len(seen) < len(FILES) + 20 + 2
    while len(seen) < len(FILES) + 20 + 2:
        cursor = dbx.files_list_folder_continue(cursor.cursor)
        seen |= {entry.path_display for entry in cursor.entries}
