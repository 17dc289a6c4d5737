"""Tests of tags and locks of files (F8-12)."""

import pytest
from dropbox.files import LockFileArg, UnlockFileArg
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import chain, listed, refusal

from fakedropbox import Personality

FILES = {"/a.txt": b"a", "/folder/b.txt": b"b"}
seeded = pytest.mark.dropbox(files=FILES)


def tags(dbx, *paths):
    found = dbx.files_tags_get(list(paths)).paths_to_tags
    assert [each.path for each in found] == list(paths)
    return [[tag.get_user_generated_tag().tag_text for tag in each.tags] for each in found]


@seeded
@pytest.mark.evidence("F8-12")
def test_tags_are_added_and_removed_ignoring_case(dbx):
    dbx.files_tags_add("/a.txt", "Urgent")
    dbx.files_tags_add("/A.TXT", "second")
    dbx.files_tags_add("/a.txt", "URGENT")
    dbx.files_tags_add("/folder", "été")
    assert tags(dbx, "/a.txt", "/folder", "/folder/b.txt") == [["urgent", "second"], ["été"], []]
    dbx.files_tags_remove("/a.txt", "urgenT")
    assert tags(dbx, "/a.txt") == [["second"]]
    assert refusal(dbx.files_tags_remove, "/a.txt", "urgent") == "tag_not_present"
    dbx.files_tags_remove("/a.txt", "second")
    assert tags(dbx, "/a.txt") == [[]]


@seeded
@pytest.mark.evidence("F8-12")
def test_a_file_has_at_most_twenty_tags(dbx):
    for number in range(20):
        dbx.files_tags_add("/a.txt", f"t{number}")
    assert refusal(dbx.files_tags_add, "/a.txt", "t20") == "too_many_tags"
    dbx.files_tags_add("/a.txt", "t3")
    assert len(tags(dbx, "/a.txt")[0]) == 20


@seeded
def test_tags_of_missing_files_and_invalid_tags_are_refused(dbx):
    for call, args in [
        (dbx.files_tags_add, ("/none", "x")),
        (dbx.files_tags_remove, ("/none", "x")),
        (dbx.files_tags_get, (["/a.txt", "/none"],)),
    ]:
        assert refusal(call, *args) == "path/not_found"
    for text in ("", "two words", "x" * 33):
        with pytest.raises(ValidationError):
            dbx.files_tags_add("/a.txt", text)
    assert tags(dbx, "/a.txt") == [[]]


@seeded
def test_tags_follow_a_move_but_not_a_copy(dbx, service):
    dbx.files_tags_add("/a.txt", "x")
    before = service.snapshot()
    dbx.files_move_v2("/a.txt", "/folder/c.txt")
    dbx.files_copy_v2("/folder/c.txt", "/copy.txt")
    assert tags(dbx, "/folder/c.txt", "/copy.txt") == [["x"], []]
    dbx.files_tags_remove("/folder/c.txt", "x")
    service.restore(before)
    assert tags(dbx, "/a.txt") == [["x"]]


def lock_holders(call, *paths, arg=LockFileArg):
    """Return for each path the id of the lock holder, None without a lock, or the error tags."""
    found = []
    for entry in call([arg(path) for path in paths]).entries:
        if entry.is_failure():
            found.append(chain(entry.get_failure()))
            continue
        content = entry.get_success().lock.content
        single = content.is_single_user()
        found.append(content.get_single_user().lock_holder_account_id if single else None)
    return found


@seeded
@pytest.mark.evidence("F8-12")
def test_a_file_that_is_not_shared_cannot_be_locked(dbx):
    paths = ["/a.txt", "/none", "/folder", "/A.txt", "/a.txt"]
    nothing = ["path_lookup/not_found", "cannot_be_locked"]
    assert lock_holders(dbx.files_lock_file_batch, *paths) == [
        "file_not_shared",
        *nothing,
        "file_not_shared",
    ]
    assert lock_holders(dbx.files_get_file_lock_batch, *paths) == [None, *nothing, None]
    assert lock_holders(dbx.files_unlock_file_batch, *paths, arg=UnlockFileArg) == [
        None,
        *nothing,
        None,
    ]
    assert dbx.files_get_metadata("/a.txt").file_lock_info is None


@pytest.mark.evidence("F8-12")
@pytest.mark.dropbox(files=FILES, personality=Personality(lock_of_unshared_file="granted"))
def test_a_lock_is_shown_in_metadata_until_it_is_released(dbx, service):
    me = service.accounts.default
    assert lock_holders(dbx.files_lock_file_batch, "/a.txt") == [me.account_id]
    since = service.clock.utcnow()
    service.clock.advance(60)
    assert lock_holders(dbx.files_lock_file_batch, "/a.txt") == [me.account_id]
    info = dbx.files_get_metadata("/a.txt").file_lock_info
    assert (info.is_lockholder, info.lockholder_account_id) == (True, me.account_id)
    assert (info.lockholder_name, info.created) == (me.display_name, since)
    with_lock = {meta.name for meta in listed(dbx, recursive=True) if meta_lock(meta)}
    assert with_lock == {"a.txt"}
    before = service.snapshot()
    assert lock_holders(dbx.files_unlock_file_batch, "/a.txt", arg=UnlockFileArg) == [None]
    assert dbx.files_get_metadata("/a.txt").file_lock_info is None
    service.restore(before)
    assert lock_holders(dbx.files_get_file_lock_batch, "/a.txt") == [me.account_id]


LAGGING_LISTINGS = Personality(lag_entries=8, lag_seconds=60, lock_of_unshared_file="granted")


@pytest.mark.dropbox(personality=LAGGING_LISTINGS)
def test_a_lagging_listing_shows_locks_without_lag(dbx, service):
    dbx.files_upload(b"a", "/a.txt")
    service.clock.advance(100)
    lock_holders(dbx.files_lock_file_batch, "/a.txt")
    assert meta_lock(listed(dbx)[0]).is_lockholder


def meta_lock(meta):
    return getattr(meta, "file_lock_info", None)


@pytest.mark.dropbox(files=FILES, personality=Personality(lock_of_unshared_file="granted"))
def test_locks_and_tags_have_the_json_of_dropbox(wire, service):
    def entry(route, path):
        return wire.rpc(f"files/{route}", {"entries": [{"path": path}]}).json()["entries"][0]

    held = entry("lock_file_batch", "/a.txt")
    assert list(held) == [".tag", "metadata", "lock"]
    assert (held[".tag"], held["metadata"][".tag"]) == ("success", "file")
    assert held["lock"]["content"] == {
        ".tag": "single_user",
        "created": "2026-01-01T00:00:00Z",
        "lock_holder_account_id": service.accounts.default.account_id,
    }
    free = entry("unlock_file_batch", "/a.txt")
    assert free["lock"] == {"content": {".tag": "unlocked"}}
    assert entry("get_file_lock_batch", "/folder") == {
        ".tag": "failure",
        "failure": {".tag": "cannot_be_locked"},
    }
    assert wire.rpc("files/tags/add", {"path": "/a.txt", "tag_text": "x"}).text == "null"
    assert wire.rpc("files/tags/get", {"paths": ["/a.txt"]}).json() == {
        "paths_to_tags": [
            {"path": "/a.txt", "tags": [{".tag": "user_generated_tag", "tag_text": "x"}]}
        ]
    }
    bad = wire.rpc("files/tags/add", {"path": "a", "tag_text": "x"})
    assert (bad.status_code, "path: 'a' did not match pattern" in bad.text) == (400, True)
