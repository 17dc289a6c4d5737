"""Tests of snapshots: restored state, valid and invalid snapshots, cursors and clients."""

from datetime import timedelta

import dropbox
import pytest
from dropbox.exceptions import ApiError, AuthError
from hypothesis import given
from hypothesis import strategies as st
from tests.support.both_doors import client_of, login_of

from fakedropbox import FakeDropbox, FakeDropboxService, Login, SnapshotInvalid


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"a", "/dir/b.txt": b"b"})


@pytest.fixture
def dbx(service):
    return service.client()


def visible_state(service):
    """Return the public state of a service, and the state of its random values except tokens.

    A restore does not rewind the random values of tokens, because a client may still hold a token
    that was rolled back.
    """
    chance = service.gate.world.chance.state()
    return {
        "files": service.files,
        "tree": service.tree(),
        "calls": [repr(call) for call in service.calls],
        "faults": repr(service.faults),
        "waiting": service.faults.waiting,
        "now": service.clock.now(),
        "accounts": list(service.accounts),
        "apps": list(service.apps),
        "chance": {key: chance[key] for key in chance if key not in ("access", "refresh")},
    }


def change_everything(service):
    """Change every part of `visible_state`."""
    dbx = service.client()
    dbx.files_upload(b"new", "/new/one.txt")
    dbx.files_upload(b"other", "/a.txt", mode=dropbox.files.WriteMode.overwrite)
    dbx.files_move_v2("/dir", "/moved")
    dbx.files_delete_v2("/moved/b.txt")
    dbx.files_list_folder("", recursive=True)
    with pytest.raises(ApiError):
        dbx.files_get_metadata("/dir")
    service.accounts.create("second@example.com")
    service.apps.create("second")
    service.logins.create()
    service.faults.rate_limit("files/upload", times=2)
    dbx.files_upload(b"late", "/late")
    service.faults.lost_reply("files/delete_v2")
    service.clock.advance(12.5)


def test_restore_brings_back_everything(service, dbx):
    service.faults.server_error("files/move_v2", times=3)
    dbx.files_list_folder("")
    before = visible_state(service)
    snapshot = service.snapshot()
    for _ in range(2):  # a snapshot can be restored more than once
        change_everything(service)
        after = visible_state(service)
        assert all(after[name] != before[name] for name in before if name != "waiting")
        service.restore(snapshot)
        assert visible_state(service) == before


def test_the_same_calls_after_a_restore_have_the_same_results(service):
    def act():
        change_everything(service)
        service.faults.clear()
        dbx = service.client()
        # Cursors are not compared: their text depends on the number of restores so far.
        return [dbx.files_list_folder("", recursive=True).entries, dbx.files_upload(b"x", "/x")]

    with service.scratch():
        first = act()
    with service.scratch():
        assert act() == first


def test_restore_resets_partly_used_faults(service, dbx):
    service.faults.rate_limit("files/list_folder", times=2)
    snapshot = service.snapshot()
    for _ in range(3):
        before = service.clock.now()
        dbx.files_list_folder("")
        assert service.clock.now() - before == timedelta(seconds=2)
        service.restore(snapshot)


def test_restore_brings_back_cleared_calls(service, dbx):
    dbx.files_list_folder("")
    snapshot = service.snapshot()
    service.calls.clear()
    dbx.files_get_metadata("/a.txt")
    dbx.files_get_metadata("/a.txt")
    service.restore(snapshot)
    assert [call.route for call in service.calls] == ["files/list_folder"]


def test_tokens_revoked_in_a_scratch_work_again_after_it(service, dbx):
    tokens = service.gate.world.tokens
    with service.scratch():
        tokens.revoke(tokens.grant(service.login.access_token).link)
        with pytest.raises(AuthError):
            dbx.files_list_folder("")
    dbx.files_list_folder("")


def test_a_login_created_in_a_scratch_is_invalid_after_it(service):
    with service.scratch():
        login = service.logins.create()
        service.client(login).files_list_folder("")
    with pytest.raises(AuthError):
        service.client(login).files_list_folder("")


def test_a_login_refused_in_a_scratch_leaves_that_with_its_refresh_token_valid(service):
    again = Login(refresh_token=service.login.refresh_token)
    with service.scratch(), pytest.raises(ValueError, match="refresh_token"):
        service.logins.create(login=again)
    FakeDropbox(service=service, **login_of(service)).files_list_folder("")
    service.client().files_list_folder("")


# Valid and invalid snapshots


def test_restore_invalidates_younger_snapshots_but_not_older_ones(service, dbx):
    oldest = service.snapshot()
    dbx.files_upload(b"1", "/1")
    older = service.snapshot()
    dbx.files_upload(b"2", "/2")
    younger = service.snapshot()
    service.restore(older)
    with pytest.raises(SnapshotInvalid, match="restored since"):
        service.restore(younger)
    assert set(service.files) == {"/a.txt", "/dir/b.txt", "/1"}
    service.restore(older)
    service.restore(oldest)
    assert set(service.files) == {"/a.txt", "/dir/b.txt"}
    with pytest.raises(SnapshotInvalid):
        service.restore(older)


def test_an_invalid_snapshot_stays_invalid_after_new_changes(service, dbx):
    older = service.snapshot()
    dbx.files_upload(b"1", "/1")
    younger = service.snapshot()
    service.restore(older)
    dbx.files_upload(b"1", "/1")
    again = service.snapshot()
    with pytest.raises(SnapshotInvalid):
        service.restore(younger)
    service.restore(again)


def test_restore_refuses_a_snapshot_of_another_service(service):
    other = FakeDropboxService(files={"/a.txt": b"a", "/dir/b.txt": b"b"})
    with pytest.raises(SnapshotInvalid, match="another service"):
        service.restore(other.snapshot())


@pytest.mark.parametrize("value", [None, "snapshot", 1])
def test_restore_refuses_a_value_that_is_not_a_snapshot(service, value):
    with pytest.raises(TypeError, match=r"snapshot: expected .*got"):
        service.restore(value)


def test_reset_invalidates_earlier_snapshots(service):
    before = service.snapshot()
    service.reset()
    after = service.snapshot()  # its mark may have the position of `before`'s, but never the serial
    with pytest.raises(SnapshotInvalid):
        service.restore(before)
    service.client().files_upload(b"x", "/x")
    with pytest.raises(SnapshotInvalid):
        service.restore(before)
    service.restore(after)


# Cursors


def test_a_cursor_from_before_a_scratch_works_after_it(service, dbx):
    cursor = dbx.files_list_folder("", recursive=True).cursor
    with service.scratch():
        dbx.files_upload(b"1", "/1")
        assert len(dbx.files_list_folder_continue(cursor).entries) == 1
    assert dbx.files_list_folder_continue(cursor).entries == []
    dbx.files_upload(b"2", "/2")
    assert [entry.name for entry in dbx.files_list_folder_continue(cursor).entries] == ["2"]


@pytest.mark.parametrize("source", ["list", "continue", "latest"])
def test_a_cursor_that_saw_rolled_back_changes_is_reset(service, dbx, source):
    begin = dbx.files_list_folder("").cursor
    with service.scratch():
        dbx.files_upload(b"1", "/1")
        cursor = {
            "list": lambda: dbx.files_list_folder(""),
            "continue": lambda: dbx.files_list_folder_continue(begin),
            "latest": lambda: dbx.files_list_folder_get_latest_cursor(""),
        }[source]().cursor
    dbx.files_upload(b"2", "/2")
    dbx.files_upload(b"3", "/3")
    with pytest.raises(ApiError) as caught:
        dbx.files_list_folder_continue(cursor)
    assert caught.value.error.is_reset()


def test_a_cursor_from_before_a_reset_is_refused(service, dbx):
    cursors = [dbx.files_list_folder("").cursor]
    dbx.files_upload(b"1", "/1")
    cursors.append(dbx.files_list_folder("").cursor)
    service.reset()
    for cursor in cursors:
        with pytest.raises(dropbox.exceptions.DropboxException):
            dbx.files_list_folder_continue(cursor)


# Clients that are used after a rollback


@pytest.mark.parametrize("door", ["direct", "sdk"])
def test_a_client_that_fetched_its_token_in_a_scratch_works_after_it(service, door):
    with client_of(door, service, **login_of(service)) as dbx:
        for number in range(3):
            with service.scratch():
                dbx.files_upload(b"%d" % number, "/x")
                service.clock.advance(20_000)
                dbx.files_get_metadata("/x")
            assert "/x" not in service.files
        dbx.files_list_folder("")


def test_a_client_works_after_a_reset(service):
    dbx = FakeDropbox(service=service, **login_of(service))
    for _ in range(3):
        dbx.files_upload(b"x", "/x")
        service.clock.advance(20_000)
        dbx.files_get_metadata("/x")
        service.reset()
        assert "/x" not in service.files


def test_a_client_keeps_its_account_after_a_reset(service):
    dbx = FakeDropbox(service=service, **login_of(service))
    mine = dbx.users_get_current_account().email
    for _ in range(3):
        service.reset()
        # No new login may get a token that `dbx` has, although all come from the same seed.
        for number in range(3):
            service.logins.create(service.accounts.create(f"other{number}@example.com"))
        assert dbx.users_get_current_account().email == mine
        dbx.refresh_access_token()


def test_a_rolled_back_token_gives_no_access_to_another_account(service):
    with service.scratch():
        other = service.accounts.create("second@example.com")
        lost = service.client(service.logins.create(other))
        assert lost.users_get_current_account().email == "second@example.com"
    again = service.accounts.create("third@example.com")
    service.logins.create(again)
    with pytest.raises(AuthError):
        lost.users_get_current_account()


# Random sequences of changes, snapshots and restores

PATHS = st.sampled_from(["/a.txt", "/dir", "/dir/b.txt", "/x", "/x/y"])


def upload(service, path):
    service.client().files_upload(path.encode(), path, mode=dropbox.files.WriteMode.overwrite)


def delete(service, path):
    service.client().files_delete_v2(path)


def move(service, path):
    service.client().files_move_v2(path, "/moved", autorename=True)


@given(st.lists(st.tuples(st.sampled_from([upload, delete, move, "snapshot", "restore"]), PATHS)))
def test_restore_brings_back_the_state_of_any_valid_snapshot(steps):
    service = FakeDropboxService(files={"/a.txt": b"a", "/dir/b.txt": b"b"})
    taken = [(service.snapshot(), visible_state(service))]
    for act, path in steps:
        if act == "snapshot":
            taken.append((service.snapshot(), visible_state(service)))
        elif act == "restore":
            index = len(path) % len(taken)
            del taken[index + 1 :]
            snapshot, seen = taken[index]
            service.restore(snapshot)
            assert visible_state(service) == seen
        else:
            try:
                act(service, path)
            except ApiError:
                continue
    service.restore(taken[0][0])
    assert visible_state(service) == taken[0][1]
