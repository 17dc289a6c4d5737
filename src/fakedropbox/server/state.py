"""A state file: an SQLite file with the state of a service, as records and contents.

The file has the current state, not the requests that led to it. All records that a request
changes are written in one transaction, before its response is sent. The meaning of the records is a
matter of the stores (`fakedropbox._base.kept`); each has a checksum, so that damage is noticed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from json.encoder import encode_basestring_ascii as _ascii
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from zlib import crc32

from fakedropbox import __version__
from fakedropbox._base.forks import Guard, close_here
from fakedropbox._base.kept import Key
from fakedropbox._base.own_files import expect_own_file, own_file
from fakedropbox._files.blobs import Blob
from fakedropbox.errors import UnusableAfterFork
from fakedropbox.server.wal import has_damage, is_locked

FORMAT = 2
_APPLICATION_ID = 0x46616B65  # "Fake", in the file's header
_PIECE_BYTES = 1024 * 1024
_TRANSACTION_BYTES = 8 * 1024 * 1024
_SQLITE = b"SQLite format 3\0"
_APPLICATION_AT = 68  # in the header of SQLite
_BESIDE = ("-journal", "-wal", "-shm")
"""The ends of the names of the files that SQLite has beside one that is in use."""

_FOR_OWNER = 0o600
_LOCK_SECONDS = 0.1
_MOST_WAL_BYTES = 4 * 1024 * 1024
_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE record (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, text TEXT NOT NULL, data BLOB NOT NULL,
    sum INTEGER NOT NULL
);
CREATE TABLE past (
    file INTEGER NOT NULL, rev INTEGER NOT NULL, namespace INTEGER NOT NULL, path TEXT NOT NULL,
    logged INTEGER NOT NULL, digest TEXT NOT NULL, text TEXT NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY (file, rev)
) WITHOUT ROWID;
CREATE INDEX past_at ON past (namespace, path);
CREATE INDEX past_rev ON past (rev);
CREATE TABLE content (
    digest TEXT NOT NULL, start INTEGER NOT NULL, bytes BLOB NOT NULL, sum INTEGER NOT NULL,
    PRIMARY KEY (digest, start)
);
"""
_PUT = """
INSERT INTO record (key, text, data, sum) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET text = excluded.text, data = excluded.data, sum = excluded.sum
"""
_OLD = (
    "it is of fakedropbox 0.1, which kept requests; serve it with that version, save its files "
    "with Control.files(), and begin a new state file with --files"
)
_NEW = (
    "it is of fakedropbox {version}, which is newer than this one; run `fakedropbox state export` "
    "of that version, and `fakedropbox state import` of this one"
)


class StateRefused(ValueError):
    """A state file cannot be used; it has not been changed."""


class PastRow(NamedTuple):
    """The record of a past revision, with the values by which it can be found.

    ``is_logged`` is True if the revision was in the journal of its namespace.
    """

    number: int
    rev: int
    namespace_id: int
    path_lower: str
    is_logged: bool
    digest: str
    text: str


class Inventory(NamedTuple):
    """The contents and the past revisions in a state file, which are not among its records.

    ``sizes`` are those of the contents by their hashes, ``past_contents`` the hashes of the
    contents of past revisions, and ``past_files`` the numbers of the files that have some.
    """

    sizes: dict[str, int]
    past_contents: set[str]
    past_files: set[int]


class StateFile:
    """The SQLite file of one service, for one process at a time.

    Args:
        path: the file, which is new, empty or a state file.
        beginning: the arguments of the service, for a new file.
        safe_from_power_cuts: True to wait after each change until the disk has it.

    ``is_new`` is True if it was new or empty. ``is_empty`` is True if it has no service yet,
    because it is new, or its first process was killed at once. Checksums are checked when `rows`
    and `inventory` read everything.

    Raises:
        StateRefused: the file is not a state file, is of another version, is damaged, or is
            used by another process.
        OSError: the file cannot be read or written.
    """

    def __init__(
        self, path: Path, beginning: Mapping[str, Any], *, safe_from_power_cuts: bool = False
    ) -> None:
        self.path = path
        try:
            self.is_new = self._is_new()
        except ValueError as error:
            raise StateRefused(str(error)) from None
        if self.is_new:
            self._create(beginning)
        self._guard = Guard("state file")
        self._database = sqlite3.connect(
            path, timeout=_LOCK_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._owner = os.getpid()
        self._wal = path.with_name(f"{path.name}-wal")
        self._has_leftovers = True
        """True if the WAL file may have a part of a transaction that was not completed."""

        self._close = weakref.finalize(self, close_here, self._database, self._owner)
        try:
            with self._damage_refused():
                self._check_wal()
                self._begin(safe_from_power_cuts=safe_from_power_cuts)
                self.beginning: dict[str, Any] = json.loads(self.meta("beginning") or "")
        except BaseException:
            self._close()
            raise

    @property
    def is_of_this_process(self) -> bool:
        """False in a process that was forked meanwhile."""
        return os.getpid() == self._owner

    def refusal(self, reason: object) -> StateRefused:
        """Return the error that refuses the file for a reason."""
        return StateRefused(f"state: {self.path} cannot be used: {reason}")

    def _is_new(self) -> bool:
        """Return whether the file is empty or missing, after checking that it may be written.

        If the file is new, SQLite would delete existing files with the names of its WAL files.

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
        """Fill the file in one write: the database is made in memory first."""
        database = sqlite3.connect(":memory:")
        try:
            database.executescript(
                f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {FORMAT};"
                f"{_TABLES}"
            )
            for name, value in (("version", __version__), ("beginning", json.dumps(beginning))):
                row = name, value, _sum(name, value)
                database.execute("INSERT INTO meta VALUES (?, ?, ?)", row)
            database.commit()
            data = database.serialize()
        finally:
            database.close()
        with own_file("state", self.path, _is_a_state_file) as file:
            self.path.chmod(_FOR_OWNER)
            file.write(data)

    def _check_wal(self) -> None:
        """Check the changes that are not in the main file yet, before SQLite opens the files.

        Raises:
            StateRefused: they are damaged.
        """
        if has_damage(self._wal):
            if is_locked(self.path):  # in use, and perhaps changed during the check
                raise self.refusal("database is locked")
            raise self.refusal(
                f"its latest changes, in {self._wal.name}, are damaged; restore a copy of both "
                f"files, or remove {self._wal.name} to go on without these changes"
            )

    def _begin(self, *, safe_from_power_cuts: bool) -> None:
        ask = self._database.execute
        ask("PRAGMA locking_mode = EXCLUSIVE")
        (found,) = ask("PRAGMA user_version").fetchone()
        if found != FORMAT:
            version = "" if found < FORMAT else self.meta("version")
            raise self.refusal(_OLD if found < FORMAT else _NEW.format(version=version))
        (state,) = ask("PRAGMA quick_check").fetchone()
        if state != "ok":
            raise self.refusal(f"it is damaged ({state})")
        ask("PRAGMA journal_mode = WAL")
        ask("PRAGMA wal_autocheckpoint = 0")  # it would overwrite the WAL file from its beginning
        ask("PRAGMA cache_spill = OFF")  # so that a transaction is written only when it is complete
        ask(f"PRAGMA synchronous = {'FULL' if safe_from_power_cuts else 'NORMAL'}")
        ask("BEGIN IMMEDIATE")
        ask("COMMIT")
        for name, value, known in ask("SELECT name, value, sum FROM meta"):
            self._check("value", known, name, value)
        self.is_empty = ask("SELECT 1 FROM record").fetchone() is None

    def _check(self, kind: str, known: int, *values: str | int, data: bytes = b"") -> None:
        """Check that the checksum of values and data is ``known``, the one in the file.

        Raises:
            StateRefused: they have another one.
        """
        if _sum(*values, data=data) != known:
            raise self.refusal(f"it is damaged ({kind} {values[0]})")

    @contextmanager
    def _damage_refused(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, json.JSONDecodeError) as error:
            raise self.refusal(error) from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write all that is put in the context, or nothing.

        Raises:
            OSError: the file cannot be written.
        """
        with self._guard.lock:
            try:
                is_long = self._wal.exists() and self._wal.stat().st_size > _MOST_WAL_BYTES
                if is_long or self._has_leftovers:
                    self.merge()
                self._has_leftovers = True
                self._database.execute("BEGIN IMMEDIATE")
                yield
                self._database.execute("COMMIT")
                self._has_leftovers = False
            except sqlite3.Error as error:
                raise OSError(f"state: {self.path} cannot be written: {error}") from error
            finally:
                if self._database.in_transaction:
                    with suppress(sqlite3.Error):
                        self._database.execute("ROLLBACK")

    def merge(self) -> None:
        """Bring all changes to the main file, and empty the WAL file.

        `has_damage` relies on it that nothing in the WAL file is ever overwritten.
        """
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # Values of the file

    def meta(self, name: str) -> str | None:
        """Return a value of the file itself, or None."""
        sql = "SELECT value FROM meta WHERE name = ?"
        row = self._database.execute(sql, (name,)).fetchone()
        return None if row is None else row[0]

    def set_meta(self, name: str, value: str) -> None:
        """Set a value of the file itself, in a transaction of its own."""
        with self.transaction():
            row = name, value, _sum(name, value)
            self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?, ?)", row)

    # Records

    def clear(self) -> None:
        """Remove all records and past revisions; contents stay."""
        self._database.execute("DELETE FROM record")
        self._database.execute("DELETE FROM past")

    def put(self, key: Key, text: str, data: bytes) -> None:
        """Write a record."""
        name = _name(key)
        self._database.execute(_PUT, (name, text, data, _sum(name, text, data=data)))

    def drop(self, key: Key) -> None:
        """Remove a record, if there is one."""
        self._database.execute("DELETE FROM record WHERE key = ?", (_name(key),))

    def rows(self) -> dict[str, list[tuple[Key, str, bytes]]]:
        """Return the records of each part, the oldest first.

        Raises:
            StateRefused: they are damaged.
        """
        found: dict[str, list[tuple[Key, str, bytes]]] = {}
        sql = "SELECT sum, key, text, data FROM record ORDER BY number"
        with self._damage_refused():
            for known, name, text, data in self._ask(sql):
                self._check("record", known, name, text, data=data)
                key = tuple(json.loads(name))
                found.setdefault(key[0], []).append((key, text, data))
        return found

    def inventory(self) -> Inventory:
        """Return what the file has beside records.

        Raises:
            StateRefused: something of it is damaged.
        """
        found = Inventory({}, set(), set())
        sizes = found.sizes
        with self._damage_refused(), self._guard.lock:
            ask = self._database.execute
            # For speed, as there may be very many rows, `_sum` and `_check` are written out here.
            for known, digest, start, data in ask("SELECT sum, digest, start, bytes FROM content"):
                if crc32(data, crc32(f"{digest}\n{start}".encode())) != known:
                    raise self.refusal(f"it is damaged (content {digest})")
                sizes[digest] = sizes.get(digest, 0) + len(data)
            past = "SELECT sum, file, rev, namespace, path, logged, digest, text FROM past"
            for known, file, *others, digest, text in ask(past):
                rev, namespace_id, path, logged = others
                place = f"{rev}\n{namespace_id}\n{path}\n{logged}"
                if crc32(f"{file}\n{place}\n{digest}\n{text}".encode()) != known:
                    raise self.refusal(f"it is damaged (past revision of file {file})")
                found.past_files.add(file)
                found.past_contents.add(digest)
        return found

    # Past revisions

    def put_past(self, row: PastRow) -> None:
        """Write a past revision."""
        values = *row[:4], int(row.is_logged), row.digest, row.text
        sql = "INSERT OR REPLACE INTO past VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        self._database.execute(sql, (*values, _sum(*values)))

    def drop_past(self, number: int, rev: int, *, older_too: bool = False) -> None:
        """Remove a past revision of a file, if there is one; also those before it if asked."""
        comparison = "<=" if older_too else "="
        sql = f"DELETE FROM past WHERE file = ? AND rev {comparison} ?"  # noqa: S608 -- one of two
        self._database.execute(sql, (number, rev))

    def drop_replaced_past(self, namespace_id: int, before: int) -> int:
        """Remove the past revisions that were replaced by another past one before a revision.

        Return their number; the latest past revision of a file stays.
        """
        return self._database.execute(
            # The plus keeps SQLite from reading all rows of the namespace for the few old ones.
            "DELETE FROM past WHERE rev < ? AND +namespace = ? AND EXISTS (SELECT 1 FROM past AS "
            "later WHERE later.file = past.file AND later.rev > past.rev AND later.rev < ?)",
            (before, namespace_id, before),
        ).rowcount

    def past_count(self) -> int:
        """Return the number of past revisions."""
        ((count,),) = self._ask("SELECT count(*) FROM past")
        found: int = count
        return found

    def past_of(self, number: int) -> list[str]:
        """Return the past revisions of a file, the oldest first."""
        sql = "SELECT text FROM past WHERE file = ? ORDER BY rev"
        return [text for (text,) in self._ask(sql, number)]

    def files_at(self, namespace_id: int, path_lower: str) -> list[int]:
        """Return the numbers of the files that were at a path."""
        sql = "SELECT DISTINCT file FROM past WHERE namespace = ? AND path = ?"
        return [number for (number,) in self._ask(sql, namespace_id, path_lower)]

    def file_of(self, namespace_id: int, rev: int) -> int | None:
        """Return the number of the file of a past revision that was in a journal, or None."""
        sql = "SELECT file FROM past WHERE rev = ? AND namespace = ? AND logged"
        found = self._ask(sql, rev, namespace_id)
        return found[0][0] if found else None

    def _ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        if not self.is_of_this_process:
            raise UnusableAfterFork(
                f"state file: {self.path} is used by the process from which this one was forked, "
                "and cannot be read here. Read what is needed before the fork."
            )
        with self._guard.lock:
            return self._database.execute(sql, values).fetchall()

    # Contents

    def put_content(self, blob: Blob) -> None:
        """Write the content of a file, unless it is there."""
        for piece in self._missing_pieces(blob):
            self._put_piece(*piece)

    def put_contents(self, blobs: Iterable[Blob]) -> None:
        """Write contents, unless they are there, in transactions of limited size.

        SQLite keeps each whole transaction in memory.

        Raises:
            OSError: the file cannot be written.
        """
        pieces = (piece for blob in blobs for piece in self._missing_pieces(blob))
        has_more = True
        while has_more:
            with self.transaction():
                has_more = self._put_some(pieces)

    def _put_some(self, pieces: Iterator[tuple[Blob, int]]) -> bool:
        """Write pieces up to a limit, and return whether it was reached."""
        left = _TRANSACTION_BYTES
        for piece in pieces:
            left -= self._put_piece(*piece)
            if left <= 0:
                return True
        return False

    def _missing_pieces(self, blob: Blob) -> Iterator[tuple[Blob, int]]:
        """Yield the pieces of content that is not there; the first piece comes last.

        So content is complete if its first piece is there.
        """
        sql = "SELECT 1 FROM content WHERE digest = ? AND start = 0"
        if self._database.execute(sql, (blob.digest.hex(),)).fetchone() is None:
            for start in reversed(range(0, blob.size or 1, _PIECE_BYTES)):
                yield blob, start

    def _put_piece(self, blob: Blob, start: int) -> int:
        """Write a piece of content, and return the size of the piece."""
        digest, piece = blob.digest.hex(), blob.read(start, start + _PIECE_BYTES)
        row = digest, start, piece, _sum(digest, start, data=piece)
        self._database.execute("INSERT OR IGNORE INTO content VALUES (?, ?, ?, ?)", row)
        return len(piece)

    def drop_content(self, digest: str) -> None:
        """Remove the content with a hash, if it is there."""
        self._database.execute("DELETE FROM content WHERE digest = ?", (digest,))

    def contents(self) -> dict[str, int]:
        """Return the sizes of all contents, by their hashes."""
        return dict(self._ask("SELECT digest, sum(length(bytes)) FROM content GROUP BY digest"))

    def past_contents(self) -> set[str]:
        """Return the hashes of the contents of all past revisions."""
        return {digest for (digest,) in self._ask("SELECT DISTINCT digest FROM past")}

    def read_content(self, digest: bytes, start: int, stop: int) -> bytes:
        """Return a part of the content with a hash.

        Raises:
            OSError: the file cannot be read.
        """
        first = start - start % _PIECE_BYTES
        sql = "SELECT bytes FROM content WHERE digest = ? AND start >= ? AND start < ?"
        try:
            rows = self._ask(f"{sql} ORDER BY start", digest.hex(), first, max(stop, first + 1))
        except sqlite3.Error as error:
            raise OSError(f"state: {self.path} cannot be read: {error}") from error
        return b"".join(piece for (piece,) in rows)[start - first : stop - first]

    def close(self) -> None:
        """Close the file; a forked process leaves it to its parent."""
        self._close()


def _is_a_state_file(file: BinaryIO) -> bool:
    head = file.read(_APPLICATION_AT + 4)
    return head.startswith(_SQLITE) and head.endswith(_APPLICATION_ID.to_bytes(4, "big"))


def _name(key: Key) -> str:
    """Return a key as JSON."""
    return f"[{','.join([_ascii(each) if type(each) is str else str(each) for each in key])}]"


def _sum(*values: str | int, data: bytes = b"") -> int:
    return crc32(data, crc32("\n".join(map(str, values)).encode()))
