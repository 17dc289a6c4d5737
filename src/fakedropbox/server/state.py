"""A state file, which keeps a service between processes: an SQLite file of all its changes.

The state of a service is determined by its seed, its clock and its requests. So the file holds
the requests themselves, each with the time and the counters of random draws (`Chance`) before it.
At the next start they are executed again, and the service is the same, including its ids,
revisions, cursors and tokens. A request is in the file before its response is sent.

Fault plans, stubs and the record of calls belong to a single run and are not kept.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple
from zlib import crc32

from starlette.datastructures import Headers

from fakedropbox import __version__
from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._base.forks import close_here
from fakedropbox._base.own_files import expect_own_file, own_file
from fakedropbox._core.service import Service
from fakedropbox._files.blobs import Content, Spool
from fakedropbox._wire import HttpReply, HttpRequest, answer
from fakedropbox.calls import Call
from fakedropbox.clock import RunningClock
from fakedropbox.errors import ConnectionBroken
from fakedropbox.faults import FaultPlan, Next
from fakedropbox.server.operations import Operation, Operations, operation_of

if TYPE_CHECKING:
    from fakedropbox._base.undo import Mark

_APPLICATION_ID = 0x46616B65  # "Fake", in the file's header
_FORMAT = 1
_PIECE_BYTES = 1024 * 1024
_SQLITE = b"SQLite format 3\0"
_APPLICATION_AT = 68  # in the header of SQLite
_BESIDE = ("-journal", "-wal", "-shm")
"""The ends of the names of the files that SQLite has beside one that is in use."""

_FOR_OWNER = 0o600
_LOCK_SECONDS = 0.1
_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE entry (
    number INTEGER PRIMARY KEY, head TEXT NOT NULL, body BLOB, sum INTEGER NOT NULL
);
CREATE TABLE piece (number INTEGER PRIMARY KEY, entry INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE INDEX piece_of ON piece (entry, number);
"""


class StateRefused(ValueError):
    """A state file cannot be used; it has not been changed."""


class JournalEntry(NamedTuple):
    """One change of the service, which is a request or an operation of the control interface.

    ``asked`` are its arguments; ``began`` and ``done`` are the times, in microseconds, at which
    it arrived and at which it was executed; ``chance`` is the result of `Chance.state` before it
    was executed.
    """

    kind: str
    asked: dict[str, Any]
    began: int
    done: int
    chance: dict[str, int]
    body: Content = b""


class KeptClock(RunningClock):
    """A running clock that stands still while a change is executed or replayed."""

    def __init__(self) -> None:
        super().__init__()
        self._at: int | None = None

    @property
    def micros(self) -> int:
        """The whole microseconds since 1970-01-01T00:00:00Z."""
        return super().micros if self._at is None else self._at

    def advance(self, seconds: float) -> None:
        """Advance by ``seconds``, even while the clock stands still.

        Raises:
            ValueError: ``seconds`` is negative or not finite.
        """
        before = self.skipped
        super().advance(seconds)
        if self._at is not None:
            self._at += self.skipped - before

    @contextmanager
    def standing(self, at: int | None = None) -> Iterator[int]:
        """Stand still at the time ``at``, by default the current time, and return that time."""
        before, self._at = self._at, self.micros if at is None else at
        try:
            yield self._at
        finally:
            self._at = before


class StateFile:
    """The SQLite file with the arguments of the service and all entries, for one process at a time.

    Raises:
        StateRefused: the file is not a state file, is of another version, is damaged, or is
            used by another process.
    """

    def __init__(self, path: Path, beginning: Mapping[str, Any]) -> None:
        self.path = path
        try:
            self.is_new = self._is_new()
        except ValueError as error:
            raise StateRefused(str(error)) from None
        if self.is_new:
            self._create(beginning)
        self._database = sqlite3.connect(
            path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._close = weakref.finalize(self, close_here, self._database, os.getpid())
        try:
            self.beginning = self._begin()
        except sqlite3.DatabaseError as error:
            self.close()
            raise self._refusal(str(error)) from None
        except StateRefused:
            self.close()
            raise

    def _refusal(self, reason: str) -> StateRefused:
        return StateRefused(f"state: {self.path} cannot be used: {reason}")

    def _is_new(self) -> bool:
        """Return whether the file is empty or missing, after checking that it may be written.

        Beside a new file, SQLite would delete a file that has the name of one of its own.

        Raises:
            ValueError, OSError: it may not; see `expect_own_file`.
        """
        expect_own_file("state", self.path, _is_a_state_file)
        is_new = not self.path.exists() or not self.path.stat().st_size
        for suffix in _BESIDE:
            beside = self.path.with_name(self.path.name + suffix)
            expect_own_file("state", beside, lambda _: not is_new)
        return is_new

    def _create(self, beginning: Mapping[str, Any]) -> None:
        """Fill the file, at once: it is made in memory first."""
        database = sqlite3.connect(":memory:")
        try:
            database.executescript(
                f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {_FORMAT};"
                f"{_TABLES}"
            )
            meta = {"version": __version__, "beginning": json.dumps(beginning)}
            database.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            database.commit()
            data = database.serialize()
        finally:
            database.close()
        with own_file("state", self.path, _is_a_state_file) as file:
            self.path.chmod(_FOR_OWNER)
            file.write(data)

    def _begin(self) -> dict[str, Any]:
        ask = self._database.execute
        found = ask("PRAGMA user_version").fetchone()[0]
        if found != _FORMAT:
            raise self._refusal(f"it has format {found}, expected {_FORMAT}")
        ask("PRAGMA locking_mode = EXCLUSIVE")
        found = ask("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            raise self._refusal(f"it is damaged ({found})")
        meta = dict(ask("SELECT name, value FROM meta").fetchall())
        made, here = meta.get("version"), __version__
        if made != here:
            raise self._refusal(f"it was made by fakedropbox {made}, this is {here}")
        ask("PRAGMA journal_mode = WAL")
        ask("PRAGMA synchronous = NORMAL")
        ask("BEGIN IMMEDIATE")
        ask("COMMIT")
        beginning: dict[str, Any] = json.loads(meta["beginning"])
        return beginning

    def append(self, entry: JournalEntry) -> None:
        """Add an entry; it is completely in the file when this returns.

        Raises:
            OSError: the file cannot be written.
        """
        head = json.dumps(entry[:-1])
        body = entry.body if isinstance(entry.body, bytes) else None
        ask = self._database.execute
        try:
            ask("BEGIN IMMEDIATE")
            row = (head, body, _sum(head, body))
            number = ask("INSERT INTO entry (head, body, sum) VALUES (?, ?, ?)", row).lastrowid
            if isinstance(entry.body, Spool):
                for start in range(0, len(entry.body), _PIECE_BYTES):
                    piece = entry.body.read(start, start + _PIECE_BYTES)
                    ask("INSERT INTO piece (entry, bytes) VALUES (?, ?)", (number, piece))
            ask("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                ask("ROLLBACK")
            raise OSError(f"state: {self.path} cannot be written: {error}") from error

    def entries(self) -> Iterator[JournalEntry]:
        """Yield all entries, in order.

        Raises:
            StateRefused: an entry is damaged.
        """
        rows = self._database.execute("SELECT number, head, body, sum FROM entry ORDER BY number")
        for number, head, body, known in rows:
            if _sum(head, body) != known:
                raise self._refusal(f"its entry {number} is damaged")
            kind, asked, began, done, chance = json.loads(head)
            content = self._pieces(number) if body is None else body
            yield JournalEntry(kind, asked, began, done, chance, content)

    def _pieces(self, number: int) -> Spool:
        spool = Spool()
        rows = self._database.execute(
            "SELECT bytes FROM piece WHERE entry = ? ORDER BY number", (number,)
        )
        for (piece,) in rows:
            spool.append(piece)
        return spool

    def close(self) -> None:
        """Close the file; a forked process leaves it to its parent."""
        self._close()


class Journal:
    """The journal of one service, which writes its changes to a file and replays them."""

    def __init__(self, file: StateFile, service: Service) -> None:
        self._file = file
        self._service = service
        self._clock = service.clock
        self._asking = threading.local()
        self._again: JournalEntry | None = None
        self._operating = False
        self._kept: Mark | None = None
        """The state of the service after all entries of the file; None while an entry is added."""

    def replay(self, operations: Operations) -> None:
        """Execute all entries of the file, and from then on add each change of the service.

        Raises:
            StateRefused: the file is damaged.
        """
        gate = self._service.gate
        gate.keep(lambda call_next: partial(self.carry_out, call_next=call_next))
        # No faults during the replay: the file has only requests that were executed.
        faults, gate.faults = gate.faults, FaultPlan()
        for entry in self._file.entries():
            self._again = entry
            with self._standing(entry.began):
                if entry.kind == "request":
                    self._request_again(entry)
                elif entry.kind == "operation":
                    gate.world.chance.resume(entry.chance)
                    with suppress(TypeError, ValueError):  # failed ones are in the file, too
                        self._operate(operations, operation_of(**entry.asked))
        self._again = None
        gate.faults = faults
        self._service.calls.clear()
        self._all_is_kept()

    def _all_is_kept(self) -> None:
        self._kept = None  # releases the old mark first, so that its steps can be dropped
        self._kept = self._service.gate.world.files.undo.mark()

    def _request_again(self, entry: JournalEntry) -> None:
        headers = Headers(entry.asked["headers"])
        fields = {**entry.asked, "headers": headers, "body": entry.body}
        with suppress(ConnectionBroken):
            answer(self._service.gate, HttpRequest(**fields))

    def answer(self, request: HttpRequest) -> HttpReply:
        """Return the response to a request; a change is in the file when this returns."""
        self._asking.now = request, self._clock.micros
        try:
            return answer(self._service.gate, request)
        finally:
            del self._asking.now

    def operate(self, operations: Operations, name: str, arguments: Mapping[str, Any]) -> Any:
        """Add an operation of the control interface to the file, and carry it out.

        Raises:
            TypeError, ValueError: the arguments are wrong.
            OSError: the file cannot be written; nothing was done.
        """
        operation = operation_of(name, arguments)
        asked = {"name": name, "arguments": dict(arguments)}
        with self._service.gate.lock, self._standing() as now:
            chance = self._service.gate.world.chance.state()
            self._file.append(JournalEntry("operation", asked, now, now, chance))
            try:
                return self._operate(operations, operation)
            finally:
                self._all_is_kept()

    def _operate(self, operations: Operations, operation: Operation) -> Any:
        self._operating = True
        try:
            return operations.run(self._service, operation)
        finally:
            self._operating = False

    def carry_out(self, call: Call, call_next: Next) -> Any:
        """Execute a call under the service's lock, and add it to the file if it changes anything.

        If the file cannot be written, the change is undone and the error raised.
        """
        entry, route = self._again, IMPLEMENTED.get(call.name)
        is_stub = call.record is not None and call.record.stub  # a stub changes nothing
        if self._operating or is_stub or (route is not None and route.waits):
            return call_next(call)
        if entry is not None:
            self._service.gate.world.chance.resume(entry.chance)
            with self._standing(entry.done):
                return call_next(call)
        assert self._kept is not None
        chance, undo = call.world.chance.state(), call.world.files.undo
        with self._standing() as now:
            try:
                return call_next(call)
            finally:  # a call that is refused may have changed something, too
                if route is None or undo.changed_since(self._kept):
                    self._keep(now, chance)

    def _keep(self, now: int, chance: dict[str, int]) -> None:
        try:
            request, began = self._asked()
            asked = request._asdict()
            del asked["body"], asked["wire"]
            asked["headers"] = dict(request.headers)
            self._file.append(JournalEntry("request", asked, began, now, chance, request.body))
        except (OSError, RuntimeError):
            assert self._kept is not None
            self._service.gate.world.files.undo.back_to(self._kept)
            raise
        self._all_is_kept()

    def _asked(self) -> tuple[HttpRequest, int]:
        if not hasattr(self._asking, "now"):
            raise RuntimeError("a service with a state file changes only through its server")
        found: tuple[HttpRequest, int] = self._asking.now
        return found

    def _standing(self, at: int | None = None) -> Any:
        assert isinstance(self._clock, KeptClock)
        return self._clock.standing(at)


def _is_a_state_file(file: BinaryIO) -> bool:
    head = file.read(_APPLICATION_AT + 4)
    return head.startswith(_SQLITE) and head.endswith(_APPLICATION_ID.to_bytes(4, "big"))


def _sum(head: str, body: bytes | None) -> int:
    return crc32(body or b"", crc32(head.encode()))
