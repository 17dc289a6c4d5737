"""Tests of a state file that cannot be written, as on a full disk: what was asked for is undone."""

import logging
import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest
import requests
from tests.support.kept_services import KeptService, differences
from tests.support.kept_services import state_of as kept_state_of
from tests.support.receiver import Receiver
from tests.support.state_servers import running

from fakedropbox import faults


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state"


@contextmanager
def unwritable(server):
    """Let SQLite refuse each write to the state file of a server while in the context."""
    with unwritable_file(server._keeper._file):
        yield


@contextmanager
def unwritable_file(file):
    """Let SQLite refuse each write to a state file while in the context."""
    database = file._database
    database.execute("PRAGMA query_only = 1")
    try:
        yield
    finally:
        database.execute("PRAGMA query_only = 0")


@contextmanager
def refused():
    with pytest.raises(requests.HTTPError, match="500"):
        yield


def state_of(server):
    """Return what the operations change: in the service, and in the record of its calls."""
    service = server.service
    return {
        "files": dict(service.files),
        "accounts": [account.email for account in service.accounts],
        "apps": [app.key for app in service.apps],
        "login": {name: getattr(service.login, name) for name in type(service.login).__slots__},
        "faults": [repr(each) for each in service.faults.state()],
        "skipped": service.clock.skipped,
        "calls": [(call.number, call.route) for call in service.calls],
        "snapshots": server.snapshots.of(service),
        "webhooks": [hook.url for hook in service.webhooks],
        "stubs": service.gate.stubs.state(),
    }


FILES = {"/new": b"x" * 10_000}
CHANGES = {
    "faults/add": lambda ctl: ctl.faults.server_error("files/upload", times=3),
    "faults/script": lambda ctl: ctl.faults.script([faults.slow("*", 1), faults.lost_reply("*")]),
    "faults/remove": lambda ctl: ctl.faults.remove(faults.server_error("files/delete_v2", times=2)),
    "faults/clear": lambda ctl: ctl.faults.clear(),
    "clock/advance": lambda ctl: ctl.clock.advance(100),
    "reset": lambda ctl: ctl.reset(),
    "snapshot": lambda ctl: ctl.snapshot(),
    "seed_files": lambda ctl: ctl.seed_files(FILES),
    "accounts/create": lambda ctl: ctl.accounts.create("new@example.com"),
    "teams/create": lambda ctl: ctl.teams.create("New", ["boss@example.com"]),
    "apps/create": lambda ctl: ctl.apps.create("new"),
    "logins/create": lambda ctl: ctl.logins.create(),
    "share_folder": lambda ctl: ctl.share_folder("/folder"),
    "webhooks/remove": lambda ctl: ctl.webhooks.remove(next(iter(ctl.webhooks))["url"]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_an_operation_that_cannot_be_stored_changes_nothing(path, name):
    with Receiver() as receiver, running(path, keep_calls=9) as (server, http, ctl):
        http.upload({"path": "/a"}, b"x")
        http.rpc("files/create_folder_v2", {"path": "/folder"})
        server.service.stub("riviera/get_text_async", lambda _: None)
        ctl.faults.server_error("files/delete_v2", times=2)
        server.service.faults.when(lambda _: False, faults.server_error("*"))
        ctl.clock.advance(7)
        ctl.webhooks.add(receiver.url)
        before = state_of(server)
        for _ in range(2):
            with unwritable(server), refused():
                CHANGES[name](ctl)
            assert state_of(server) == before
        CHANGES[name](ctl)
        after = state_of(server)
        assert after != before or name in ("teams/create", "logins/create", "share_folder")
        for what in ("calls", "stubs", "snapshots"):
            del after[what]
        after["faults"] = [text for text in after["faults"] if "when(" not in text]
    with running(path, keep_calls=9) as (server, _, _ctl):
        again = state_of(server)
        assert {what: again[what] for what in after} == after


CANNOT = r"state: .* cannot be written: attempt to write a readonly database"


def test_a_change_of_the_login_that_cannot_be_stored_is_undone(path):
    with running(path) as (server, _, _ctl):
        before = server.service.login
        with unwritable(server), pytest.raises(OSError, match=CANNOT), server.changing():
            server.service.login = server.service.logins.create()
        assert server.service.login == before


def test_a_fault_that_ends_a_call_happens_again_if_its_use_cannot_be_stored(path):
    with running(path) as (server, http, ctl):
        ctl.faults.rate_limit("files/upload")
        with unwritable(server):
            for _ in range(2):
                assert http.upload({"path": "/a"}, b"x").status_code == 500
        assert [left for _, left in ctl.faults.planned()] == [1]
        assert http.upload({"path": "/a"}, b"x").status_code == 429
        assert http.upload({"path": "/a"}, b"x").status_code == 200


def test_a_restored_snapshot_that_cannot_be_stored_is_stored_with_the_next_change(path):
    with running(path) as (server, http, ctl):
        number = ctl.snapshot()
        http.upload({"path": "/a"}, b"x")
        with unwritable(server):
            with refused():
                ctl.restore(number)
            assert server.service.files == {}
        ctl.clock.advance(1)
    with running(path) as (_, _, ctl):
        assert ctl.files() == {}


class TestReset:
    def test_a_reset_in_the_process_that_cannot_be_stored_changes_nothing(self, tmp_path):
        kept = KeptService(tmp_path / "state", seed=4)
        service = kept.service
        service.client().files_upload(b"x", "/a")
        service.seed_files({"/not stored yet": b"y"})
        service.faults.server_error("files/delete_v2")
        before, calls = kept_state_of(service), list(service.calls)
        with unwritable_file(kept.file), pytest.raises(OSError, match=CANNOT):
            service.reset()
        assert differences(before, kept_state_of(service)) == {}
        assert list(service.calls) == calls
        kept.close()
        kept = KeptService(tmp_path / "state", seed=4)
        assert kept.service.files == {"/a": b"x", "/not stored yet": b"y"}
        kept.service.reset()
        kept.close()
        assert KeptService(tmp_path / "state", seed=4).service.files == {}

    def test_contents_that_cannot_be_removed_after_a_reset_are_removed_at_the_next_start(
        self, tmp_path, monkeypatch
    ):
        kept = KeptService(tmp_path / "state", seed=4)
        kept.service.client().files_upload(b"x", "/a")

        def full(_):
            raise OSError("disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(kept.file, "drop_content", full)
            kept.service.reset()
        assert kept.service.files == {}
        assert len(kept.file.contents()) == 1
        kept.close()
        again = KeptService(tmp_path / "state", seed=4)
        assert (again.service.files, again.file.contents()) == ({}, {})

    def test_what_can_wait_is_not_stored_during_a_reset(self, tmp_path):
        runs = []

        def fill(service):
            service.seed_files({"/seeded": b"x"})
            runs.append(None)
            if len(runs) > 1:
                with unwritable_file(kept.file), service.gate.lock:
                    kept.keeper.save(can_wait=True)

        kept = KeptService(tmp_path / "state", seed=fill)
        kept.service.client().files_upload(b"y", "/later")
        kept.service.reset("seed")
        assert kept.service.files == {"/seeded": b"x"}
        assert len(runs) == 2
        before = kept.close()
        assert differences(before, KeptService(tmp_path / "state", seed=4).close()) == {}


class TestCalls:
    def test_no_call_is_lost_after_a_write_that_failed(self, path):
        with running(path, keep_calls=9) as (server, http, ctl):
            http.upload({"path": "/1"}, b"x")
            with unwritable(server):
                assert http.upload({"path": "/2"}, b"x").status_code == 500
            http.upload({"path": "/3"}, b"x")
            before = ctl.calls()
        with running(path, keep_calls=9) as (_, _, ctl):
            assert ctl.calls() == before
        assert [call["arg"]["path"] for call in before] == ["/1", "/2", "/3"]

    def test_a_call_succeeds_though_its_record_cannot_be_stored(self, path, caplog):
        with running(path, keep_calls=9) as (server, http, ctl):
            http.upload({"path": "/1"}, b"x")
            with unwritable(server):
                for _ in range(3):
                    assert http.rpc("files/get_metadata", {"path": "/1"}).status_code == 200
                    assert ctl.files() == {"/1": b"x"}
            assert [record.getMessage() for record in caplog.records] == [
                f"state: {path} cannot be written: attempt to write a readonly database"
            ]
            before = ctl.calls()
        assert len(before) == 4
        with running(path, keep_calls=9) as (_, _, ctl):
            assert ctl.calls() == before

    def test_a_reset_that_cannot_be_stored_keeps_the_stored_calls(self, path):
        with running(path, keep_calls=9) as (server, http, ctl):
            http.upload({"path": "/1"}, b"x")
            with unwritable(server), refused():
                ctl.reset()
            ctl.clock.advance(1)
            before = ctl.calls()
        with closing(sqlite3.connect(path)) as database:
            sql = "SELECT count(*) FROM record WHERE key LIKE '[\"call\"%'"
            assert database.execute(sql).fetchone() == (1,)
        with running(path, keep_calls=9) as (_, _, ctl):
            assert ctl.calls() == before


def test_notices_are_sent_once_though_their_delivery_cannot_be_stored(path):
    arrived, warned = threading.Semaphore(0), threading.Event()
    handler = logging.Handler()
    handler.emit = lambda _: warned.set()
    log = logging.getLogger("fakedropbox.server")
    log.addHandler(handler)
    with Receiver() as receiver:
        with running(path) as (server, http, ctl):
            ctl.webhooks.add(receiver.url)
            database = server._keeper._file._database

            def fill_the_disk():
                database.execute("PRAGMA query_only = 1")
                arrived.release()

            receiver.before_answer = fill_the_disk
            http.upload({"path": "/a"}, b"x")
            assert arrived.acquire(timeout=30)
            assert warned.wait(timeout=30)
            receiver.before_answer = arrived.release
            database.execute("PRAGMA query_only = 0")
            http.upload({"path": "/b"}, b"x")
            assert arrived.acquire(timeout=30)
            ctl.webhooks.deliver()  # this waits until the notice has been answered
        with running(path) as (_, _, ctl):
            assert ctl.webhooks.deliver() == 0
        assert [request.method for request in receiver.requests] == ["GET", "POST", "POST"]
    log.removeHandler(handler)
