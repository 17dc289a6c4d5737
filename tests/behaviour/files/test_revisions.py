"""What a file was before, and how to get it back."""

import pytest
from dropbox.files import ListRevisionsMode, ListRevisionsResult, WriteMode
from tests.support.doors import bad_input, changes, content, refusal

BY_ID = ListRevisionsMode.id
PAGED = pytest.mark.skipif(
    not hasattr(ListRevisionsResult, "has_more"), reason="the SDK's floor has no pages here"
)


def write(dbx, data, path="/a"):
    return dbx.files_upload(data, path, mode=WriteMode.overwrite)


def revs(dbx, path="/a", **options):
    return [entry.rev for entry in dbx.files_list_revisions(path, **options).entries]


@pytest.fixture
def three(dbx, service):
    """Three contents of one file, a second apart."""
    found = []
    for data in (b"1", b"22", b"333"):
        found.append(write(dbx, data))
        service.clock.advance(1)
    return found


@pytest.mark.evidence("F8-08", "F8-09")
@pytest.mark.parametrize("mode", [ListRevisionsMode.path, BY_ID])
def test_newest_first(dbx, three, mode):
    found = dbx.files_list_revisions("/A", mode=mode)
    assert found.entries == three[::-1]
    assert (found.is_deleted, found.server_deleted) == (False, None)
    assert dbx.files_list_revisions(three[0].id, mode=mode).entries == three[::-1]
    assert revs(dbx, limit=2, mode=mode) == [three[2].rev, three[1].rev]


@pytest.mark.evidence("F8-08")
def test_a_deleted_file(dbx, service, three):
    gone = service.clock.utcnow()
    dbx.files_delete_v2("/a")
    service.clock.advance(9)
    for mode in (ListRevisionsMode.path, BY_ID):
        found = dbx.files_list_revisions("/a", mode=mode)
        assert (found.is_deleted, found.server_deleted) == (True, gone)
        assert found.entries == three[::-1]


@pytest.mark.evidence("F8-08", "F8-09")
def test_a_file_that_was_moved_away(dbx, three):
    moved = dbx.files_move_v2("/a", "/f/b").metadata
    old = [meta.rev for meta in three[::-1]]
    assert dbx.files_list_revisions("/a").is_deleted
    assert revs(dbx) == old
    assert revs(dbx, "/f/b") == [moved.rev]
    assert revs(dbx, "/f/b", mode=BY_ID) == [moved.rev, *old]
    by_id = dbx.files_list_revisions("/a", mode=BY_ID)
    assert (by_id.is_deleted, by_id.entries[0].path_display) == (False, "/f/b")
    dbx.files_move_v2("/f", "/g")
    assert len(revs(dbx, "/g/b", mode=BY_ID)) == 5


@pytest.mark.evidence("F8-09")
def test_another_file_at_the_same_path(dbx, three):
    dbx.files_delete_v2("/a")
    new = write(dbx, b"new")
    assert revs(dbx) == [new.rev, *[meta.rev for meta in three[::-1]]]
    assert revs(dbx, mode=BY_ID) == [new.rev]
    assert new.id != three[0].id


@pytest.mark.evidence("F8-08")
def test_what_is_no_file(dbx):
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
def test_the_limit(dbx, three, wire, limit):
    text = wire.rpc("files/list_revisions", {"path": "/a", "limit": limit}).text
    assert text.endswith(f"request body: limit: {limit} is not within range [1, 100]")
    assert len(revs(dbx, limit=100)) == 3


@pytest.mark.evidence("F8-08")
def test_ten_unless_asked_for(dbx):
    for number in range(12):
        write(dbx, b"%d" % number)
    assert len(revs(dbx)) == 10


@PAGED
@pytest.mark.evidence("F8-08")
def test_page_by_page(dbx, three):
    first = dbx.files_list_revisions("/a", limit=2)
    assert first.has_more
    second = dbx.files_list_revisions("/a", limit=2, before_rev=first.entries[-1].rev)
    assert (second.entries, second.has_more) == (three[:1], False)
    assert revs(dbx, before_rev=three[0].rev) == []
    assert refusal(dbx.files_list_revisions, "/a", before_rev="123456789") == "invalid_before_rev"
    by_id = {"mode": BY_ID, "before_rev": three[0].rev}
    assert refusal(dbx.files_list_revisions, "/a", **by_id) == "before_rev_not_supported"
    assert not dbx.files_list_revisions("/a", limit=1, mode=BY_ID).has_more
    shown = dbx.files_list_revisions("/a", include_restorable_info=True).entries
    assert all(entry.is_restorable for entry in shown)


@pytest.mark.dropbox(app_folder="Small")
def test_an_app_folder_shows_its_own_past(dbx, service, three):
    outside = service.client(service.logins.create(app=service.apps.create("whole")))
    assert revs(outside, "/Apps/Small/a") == revs(dbx)
    outside.files_move_v2("/Apps/Small/a", "/a")
    assert len(revs(dbx)) == 3
    assert revs(dbx, mode=BY_ID) == revs(dbx)  # not where it is now
    assert len(revs(outside, "/a", mode=BY_ID)) == 4
    assert refusal(dbx.files_restore, "/a", revs(outside, "/a")[0]) == "invalid_revision"
    write(outside, b"seen by nobody inside")
    outside.files_move_v2("/a", "/Apps/Small/a")
    assert len(revs(dbx, mode=BY_ID)) == 4
    assert len(revs(outside, "/Apps/Small/a", mode=BY_ID)) == 6


@pytest.mark.evidence("F8-10")
def test_a_deleted_file_comes_back(dbx, service, three):
    dbx.files_delete_v2("/a")
    cursor = dbx.files_list_folder("").cursor
    now = service.clock.utcnow()
    restored = dbx.files_restore("/a", three[1].rev)
    assert restored == dbx.files_get_metadata("/a")
    assert restored.id == three[1].id
    assert restored.rev > three[2].rev
    assert restored.client_modified == three[1].client_modified
    assert restored.server_modified == now
    assert content(dbx, "/a") == b"22"
    assert changes(dbx, cursor)[0] == [restored]
    assert revs(dbx) == [restored.rev, *[meta.rev for meta in three[::-1]]]
    assert revs(dbx, mode=BY_ID) == revs(dbx)
    assert content(dbx, f"rev:{three[2].rev}") == b"333"


@pytest.mark.evidence("F8-10")
def test_an_earlier_content_of_a_living_one(dbx, three):
    restored = dbx.files_restore("/a", three[0].rev)
    assert (restored.id, content(dbx, "/a")) == (three[0].id, b"1")
    assert len(revs(dbx)) == 4
    assert dbx.files_restore("/a", restored.rev) == restored  # it is this already


def test_to_another_path(dbx, three):
    copied = dbx.files_restore("/new/b", three[0].rev)
    assert (copied.id == three[0].id, content(dbx, "/new/b")) == (False, b"1")
    other = dbx.files_upload(b"other", "/c")
    assert dbx.files_restore("/c", three[1].rev).id == other.id
    dbx.files_delete_v2("/a")
    assert dbx.files_restore("/d", three[2].rev).id == three[2].id


@pytest.mark.evidence("F8-10")
def test_what_cannot_be_restored(dbx, three):
    rev = three[0].rev
    dbx.files_create_folder_v2("/f")
    assert refusal(dbx.files_restore, "/a", "123456789") == "invalid_revision"
    assert refusal(dbx.files_restore, "/f", rev) == "path_write/conflict/folder"
    assert refusal(dbx.files_restore, "/a/b", rev) == "path_write/conflict/file_ancestor"
    assert refusal(dbx.files_restore, "/a//b", rev) == "path_lookup/malformed_path"
    dbx.files_delete_v2("/a")
    assert refusal(dbx.files_restore, "/f", rev) == "path_write/conflict/folder"
    assert refusal(dbx.files_restore, "/.dropbox", rev) == "path_write/disallowed_name"


def test_no_room_for_it(dbx, service, three):
    service.set_quota(service.accounts.default, 2)
    dbx.files_delete_v2("/a")
    assert refusal(dbx.files_restore, "/a", three[2].rev) == "path_write/insufficient_space"
    dbx.files_restore("/a", three[1].rev)
    assert dbx.users_get_space_usage().used == 2


def test_a_restored_snapshot_knows_nothing_of_it(dbx, service, three):
    dbx.files_delete_v2("/a")
    with service.scratch():
        dbx.files_restore("/a", three[0].rev)
        write(dbx, b"4444")
    assert dbx.files_list_revisions("/a").entries == three[::-1]
    assert dbx.users_get_space_usage().used == 0
    assert service.files == {}
    assert dbx.files_restore("/a", three[2].rev).size == 3
