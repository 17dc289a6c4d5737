"""Tests of `list_revisions` and `restore`."""

import pytest
from dropbox.files import ListRevisionsMode, ListRevisionsResult, WriteMode
from tests.support.doors import bad_input, changes, content, refusal

BY_ID = ListRevisionsMode.id
PAGED = pytest.mark.skipif(
    not hasattr(ListRevisionsResult, "has_more"),
    reason="this SDK's ListRevisionsResult has no has_more: no pages",
)


def write(dbx, data, path="/a"):
    return dbx.files_upload(data, path, mode=WriteMode.overwrite)


def revs(dbx, path="/a", **options):
    return [entry.rev for entry in dbx.files_list_revisions(path, **options).entries]


@pytest.fixture
def three_revisions(dbx, service):
    """Three revisions of one file, one second apart."""
    found = []
    for data in (b"1", b"22", b"333"):
        found.append(write(dbx, data))
        service.clock.advance(1)
    return found


@pytest.mark.evidence("F8-08", "F8-09")
@pytest.mark.parametrize("mode", [ListRevisionsMode.path, BY_ID])
def test_revisions_are_listed_newest_first(dbx, three_revisions, mode):
    found = dbx.files_list_revisions("/A", mode=mode)
    assert found.entries == three_revisions[::-1]
    assert (found.is_deleted, found.server_deleted) == (False, None)
    assert (
        dbx.files_list_revisions(three_revisions[0].id, mode=mode).entries == three_revisions[::-1]
    )
    assert revs(dbx, limit=2, mode=mode) == [three_revisions[2].rev, three_revisions[1].rev]


@pytest.mark.evidence("F8-08")
def test_a_deleted_file_keeps_its_revisions(dbx, service, three_revisions):
    gone = service.clock.utcnow()
    dbx.files_delete_v2("/a")
    service.clock.advance(9)
    for mode in (ListRevisionsMode.path, BY_ID):
        found = dbx.files_list_revisions("/a", mode=mode)
        assert (found.is_deleted, found.server_deleted) == (True, gone)
        assert found.entries == three_revisions[::-1]


@pytest.mark.evidence("F8-08", "F8-09")
def test_old_revisions_of_a_moved_file_are_listed_by_its_old_path_or_id(dbx, three_revisions):
    moved = dbx.files_move_v2("/a", "/f/b").metadata
    old = [meta.rev for meta in three_revisions[::-1]]
    assert dbx.files_list_revisions("/a").is_deleted
    assert revs(dbx) == old
    assert revs(dbx, "/f/b") == [moved.rev]
    assert revs(dbx, "/f/b", mode=BY_ID) == [moved.rev, *old]
    by_id = dbx.files_list_revisions("/a", mode=BY_ID)
    assert (by_id.is_deleted, by_id.entries[0].path_display) == (False, "/f/b")
    dbx.files_move_v2("/f", "/g")
    assert len(revs(dbx, "/g/b", mode=BY_ID)) == 5


@pytest.mark.evidence("F8-09")
def test_revisions_by_path_include_those_of_an_earlier_file(dbx, three_revisions):
    dbx.files_delete_v2("/a")
    new = write(dbx, b"new")
    assert revs(dbx) == [new.rev, *[meta.rev for meta in three_revisions[::-1]]]
    assert revs(dbx, mode=BY_ID) == [new.rev]
    assert new.id != three_revisions[0].id


@pytest.mark.evidence("F8-08")
def test_revisions_of_folders_and_missing_paths_are_refused(dbx):
    dbx.files_upload(b"x", "/f/a")
    assert refusal(dbx.files_list_revisions, "/f") == "path/not_file"
    dbx.files_delete_v2("/f")
    assert refusal(dbx.files_list_revisions, "/f") == "path/not_file"
    assert dbx.files_list_revisions("/f/a").is_deleted
    for path in ("/x", "/f/a/b", "id:" + "A" * 22):
        assert refusal(dbx.files_list_revisions, path) == "path/not_found"
    assert refusal(dbx.files_list_revisions, "/a//b") == "path/malformed_path"
    assert bad_input(dbx.files_list_revisions, "/").endswith("The root folder is unsupported.")


@pytest.mark.evidence("F8-08", "F1.4-07")
@pytest.mark.parametrize("limit", [0, 101])
def test_a_limit_out_of_range_is_refused(dbx, three_revisions, wire, limit):
    text = wire.rpc("files/list_revisions", {"path": "/a", "limit": limit}).text
    assert text.endswith(f"request body: limit: {limit} is not within range [1, 100]")
    assert len(revs(dbx, limit=100)) == 3


@pytest.mark.evidence("F8-08")
def test_the_default_limit_is_ten(dbx):
    for number in range(12):
        write(dbx, b"%d" % number)
    assert len(revs(dbx)) == 10


@PAGED
@pytest.mark.evidence("F8-08")
def test_before_rev_continues_with_older_revisions(dbx, three_revisions):
    first = dbx.files_list_revisions("/a", limit=2)
    assert first.has_more
    second = dbx.files_list_revisions("/a", limit=2, before_rev=first.entries[-1].rev)
    assert (second.entries, second.has_more) == (three_revisions[:1], False)
    assert revs(dbx, before_rev=three_revisions[0].rev) == []
    assert refusal(dbx.files_list_revisions, "/a", before_rev="123456789") == "invalid_before_rev"
    by_id = {"mode": BY_ID, "before_rev": three_revisions[0].rev}
    assert refusal(dbx.files_list_revisions, "/a", **by_id) == "before_rev_not_supported"
    assert not dbx.files_list_revisions("/a", limit=1, mode=BY_ID).has_more
    shown = dbx.files_list_revisions("/a", include_restorable_info=True).entries
    assert all(entry.is_restorable for entry in shown)


@pytest.mark.dropbox(app_folder="Small")
def test_an_app_folder_app_sees_only_revisions_in_its_folder(dbx, service, three_revisions):
    outside = service.client(service.logins.create(app=service.apps.create("whole")))
    assert revs(outside, "/Apps/Small/a") == revs(dbx)
    outside.files_move_v2("/Apps/Small/a", "/a")
    assert len(revs(dbx)) == 3
    assert revs(dbx, mode=BY_ID) == revs(dbx)  # without the revision outside the app folder
    assert len(revs(outside, "/a", mode=BY_ID)) == 4
    assert refusal(dbx.files_restore, "/a", revs(outside, "/a")[0]) == "invalid_revision"
    write(outside, b"seen by nobody inside")
    outside.files_move_v2("/a", "/Apps/Small/a")
    assert len(revs(dbx, mode=BY_ID)) == 4
    assert len(revs(outside, "/Apps/Small/a", mode=BY_ID)) == 6


@pytest.mark.evidence("F8-10")
def test_restore_brings_a_deleted_file_back(dbx, service, three_revisions):
    dbx.files_delete_v2("/a")
    cursor = dbx.files_list_folder("").cursor
    now = service.clock.utcnow()
    restored = dbx.files_restore("/a", three_revisions[1].rev)
    assert restored == dbx.files_get_metadata("/a")
    assert restored.id == three_revisions[1].id
    assert restored.rev > three_revisions[2].rev
    assert restored.client_modified == three_revisions[1].client_modified
    assert restored.server_modified == now
    assert content(dbx, "/a") == b"22"
    assert changes(dbx, cursor)[0] == [restored]
    assert revs(dbx) == [restored.rev, *[meta.rev for meta in three_revisions[::-1]]]
    assert revs(dbx, mode=BY_ID) == revs(dbx)
    assert content(dbx, f"rev:{three_revisions[2].rev}") == b"333"


@pytest.mark.evidence("F8-10")
def test_restore_of_an_existing_file_brings_earlier_data_back(dbx, three_revisions):
    restored = dbx.files_restore("/a", three_revisions[0].rev)
    assert (restored.id, content(dbx, "/a")) == (three_revisions[0].id, b"1")
    assert len(revs(dbx)) == 4
    assert dbx.files_restore("/a", restored.rev) == restored  # the file has this revision already


def test_restore_to_another_path_creates_overwrites_or_brings_back_a_file(dbx, three_revisions):
    copied = dbx.files_restore("/new/b", three_revisions[0].rev)
    assert (copied.id == three_revisions[0].id, content(dbx, "/new/b")) == (False, b"1")
    other = dbx.files_upload(b"other", "/c")
    assert dbx.files_restore("/c", three_revisions[1].rev).id == other.id
    dbx.files_delete_v2("/a")
    assert dbx.files_restore("/d", three_revisions[2].rev).id == three_revisions[2].id


@pytest.mark.evidence("F8-10")
def test_restore_refuses_unknown_revisions_and_conflicts(dbx, three_revisions):
    rev = three_revisions[0].rev
    dbx.files_create_folder_v2("/f")
    assert refusal(dbx.files_restore, "/a", "123456789") == "invalid_revision"
    assert refusal(dbx.files_restore, "/f", rev) == "path_write/conflict/folder"
    assert refusal(dbx.files_restore, "/a/b", rev) == "path_write/conflict/file_ancestor"
    assert refusal(dbx.files_restore, "/a//b", rev) == "path_lookup/malformed_path"
    dbx.files_delete_v2("/a")
    assert refusal(dbx.files_restore, "/f", rev) == "path_write/conflict/folder"
    assert refusal(dbx.files_restore, "/.dropbox", rev) == "path_write/disallowed_name"


def test_restore_is_refused_without_enough_quota(dbx, service, three_revisions):
    service.set_quota(service.accounts.default, 2)
    dbx.files_delete_v2("/a")
    assert (
        refusal(dbx.files_restore, "/a", three_revisions[2].rev) == "path_write/insufficient_space"
    )
    dbx.files_restore("/a", three_revisions[1].rev)
    assert dbx.users_get_space_usage().used == 2


def test_a_restore_in_scratch_is_undone(dbx, service, three_revisions):
    dbx.files_delete_v2("/a")
    with service.scratch():
        dbx.files_restore("/a", three_revisions[0].rev)
        write(dbx, b"4444")
    assert dbx.files_list_revisions("/a").entries == three_revisions[::-1]
    assert dbx.users_get_space_usage().used == 0
    assert service.files == {}
    assert dbx.files_restore("/a", three_revisions[2].rev).size == 3
