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
_MODE_AT, _WAL_MODE = 18, b"\2\2"  # in the header of SQLite, too
_BESIDE = ("-journal", "-wal", "-shm")
"""The ends of the names of the files that SQLite has beside one that is in use."""

_FOR_OWNER = 0o600
_LOCK_SECONDS = 0.1
_FEWEST_EMPTY_PAGES = 256
_MOST_WAL_BYTES = 4 * 1024 * 1024
_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE record (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, text TEXT NOT NULL, data BLOB NOT NULL,
    sum INTEGER NOT NULL
);
CREATE TABLE past (
    file INTEGER NOT NULL, rev INTEGER NOT NULL, namespace INTEGER NOT NULL, place INTEGER NOT NULL,
    mark INTEGER NOT NULL, logged INTEGER NOT NULL, text BLOB NOT NULL, digest BLOB NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (file, rev)
) WITHOUT ROWID;
CREATE INDEX past_at ON past (namespace, place);
CREATE INDEX past_rev ON past (rev);
CREATE INDEX past_content ON past (mark);
CREATE TABLE content (
    number INTEGER PRIMARY KEY, mark INTEGER NOT NULL, digest BLOB NOT NULL, start INTEGER NOT NULL,
    bytes BLOB NOT NULL, sum INTEGER NOT NULL
);
CREATE INDEX content_at ON content (mark);
"""
_INDEXES = {
    "content": {"content_at": ["mark", "number"]},
    "past": {
        "past_at": ["namespace", "place", "file", "rev"],
        "past_rev": ["rev", "file"],
        "past_content": ["mark", "file", "rev"],
    },
}
"""The numbers that each index has of the rows of a table.

Paths and hashes are found by a number of 32 bits, their mark, so that an index is small, and is
compared with its table by sums alone, which is several times faster than `integrity_check`.
"""

_LOW = 0xFFFFFFFF  # SQLite's sums have 64 bits, so the two halves of numbers are summed separately
_LOT = 64
"""The number of rows that are checked together; each may have a piece of content."""

_PUT = """
INSERT INTO record (key, text, data, sum) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET text = excluded.text, data = excluded.data, sum = excluded.sum
"""
_PUT_PIECE = """
INSERT INTO content (mark, digest, start, bytes, sum)
SELECT :mark, :digest, :start, :bytes, :sum
WHERE NOT EXISTS (SELECT 1 FROM content WHERE mark = :mark AND digest = :digest AND start = :start)
"""
_OLD = (
    "it is of fakedropbox 0.1, which kept requests; serve it with that version, save its files "
    "with Control.files(), and begin a new state file with --files"
)
_NEW = (
    "it is of fakedropbox {version}, which is newer than this one; run `fakedropbox state export` "
    "of that version, and `fakedropbox state import` of this one"
)
_LOCKED = "database is locked"


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
    digest: bytes
    text: str


class Inventory(NamedTuple):
    """The contents and the past revisions in a state file, which are not among its records.

    ``sizes`` are those of the contents by their hashes, ``past_contents`` the hashes of the
    contents of past revisions, and ``past_files`` the numbers of the files that have some.
    """

    sizes: dict[bytes, int]
    past_contents: set[bytes]
    past_files: set[int]


class StateFile:
    """The SQLite file of one service, for one process at a time.

    It is only read until `begin_to_write`, so that a file that is refused stays as it was, with
    its WAL file: SQLite would merge the two when it closes them.

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
        self._check_unused()
        try:
            self.is_new = self._is_new()
        except ValueError as error:
            raise StateRefused(str(error)) from None
        if self.is_new:
            self._create(beginning)
        self._guard = Guard("state file")
        self._owner = os.getpid()
        self._safe_from_power_cuts = safe_from_power_cuts
        self._wal, self._shm = (path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))
        self._has_leftovers = True
        """True if the WAL file may have a part of a transaction that was not completed."""

        self._check_wal()
        self._found = self._signs()
        self._open_to_read()
        _in_use[_number_of(path)] = self
        try:
            with self._damage_refused():
                self._check()
                self.beginning: dict[str, Any] = json.loads(self.meta("beginning") or "")
        except BaseException:
            self._close()
            raise

    @property
    def is_of_this_process(self) -> bool:
        """True in the process that opened the file; False in one that was forked from it later."""
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
                "PRAGMA auto_vacuum = INCREMENTAL;"  # no effect once there are tables
                f"PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {FORMAT};"
                f"{_TABLES}"
            )
            for name, value in (("version", __version__), ("beginning", json.dumps(beginning))):
                row = name, value, _sum(name, value)
                database.execute("INSERT INTO meta VALUES (?, ?, ?)", row)
            database.commit()
            data = bytearray(database.serialize())
        finally:
            database.close()
        with own_file("state", self.path, _is_a_state_file) as file:
            self.path.chmod(_FOR_OWNER)
            data[_MODE_AT : _MODE_AT + len(_WAL_MODE)] = _WAL_MODE
            try:
                while data:
                    del data[: os.write(file.fileno(), data)]
            except OSError:
                os.ftruncate(file.fileno(), 0)  # so that the next start fills it again
                raise

    def _check_unused(self) -> None:
        """Check that this process does not use the file already.

        It is not even opened to look at it: POSIX would end the lock when it is closed.

        Raises:
            StateRefused: it does.
        """
        if self.path.exists():
            other = _in_use.get(_number_of(self.path))
            if other is not None and other.is_open:
                raise self.refusal(_LOCKED)

    def _check_wal(self) -> None:
        """Check the changes that are not in the main file yet, before SQLite opens the files.

        Raises:
            StateRefused: they are damaged, or another process uses the file.
        """
        is_damaged = has_damage(self._wal)
        if is_locked(self.path):  # by another process, which may have been writing meanwhile
            raise self.refusal(_LOCKED)
        if is_damaged:
            raise self.refusal(
                f"its latest changes, in {self._wal.name}, are damaged; restore a copy of both "
                f"files, or remove {self._wal.name} to go on without these changes"
            )

    def _signs(self) -> list[tuple[int, int]]:
        """Return the times and sizes of the main file and the WAL file; any change alters some."""
        found = [each.stat() for each in (self.path, self._wal) if each.exists()]
        return [(each.st_mtime_ns, each.st_size) for each in found if each.st_size]

    def _open_to_read(self) -> None:
        """Open the file without changing anything.

        Without a WAL file, SQLite is told that nobody changes the file: otherwise it would create
        a WAL file.
        """
        if len(self._found) == 1:
            self._open("mode=ro&immutable=1")
        else:
            self._open("mode=ro", leaves=None if self._shm.exists() else self._shm)

    def _open(self, options: str, *, leaves: Path | None = None) -> None:
        """Open the file with options of SQLite; ``leaves`` is removed when the file is closed."""
        self._database = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{options}",
            timeout=_LOCK_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
        )
        self._close = weakref.finalize(self, _close, self._database, self._owner, leaves)

    def _check(self) -> None:
        """Check the version of the file, its structure, and the values of the file itself.

        Raises:
            StateRefused: it cannot be used.
        """
        ask = self._database.execute
        (found,) = ask("PRAGMA user_version").fetchone()
        if found != FORMAT:
            version = "" if found < FORMAT else self.meta("version")
            raise self.refusal(_OLD if found < FORMAT else _NEW.format(version=version))
        (state,) = ask("PRAGMA quick_check").fetchone()
        if state == "ok":  # `inventory` checks the indexes of `past` and `content`
            (state,) = ask("PRAGMA integrity_check(record)").fetchone()
        if state != "ok":
            raise self.refusal(f"it is damaged ({state})")
        for name, value, known in ask("SELECT name, value, sum FROM meta"):
            self._check_sum("value", known, name, value)
        self.is_empty = ask("SELECT 1 FROM record").fetchone() is None

    def begin_to_write(self) -> None:
        """Lock the file for this process until `close`, for changes.

        Raises:
            StateRefused: another process uses it, or has changed it since it was read.
        """
        self._close()
        self._open("mode=rw")
        ask = self._database.execute
        with self._damage_refused():
            ask("PRAGMA locking_mode = EXCLUSIVE")
            ask("PRAGMA journal_mode = WAL")
            # After an automatic checkpoint, the next transaction would overwrite the WAL file from
            # its beginning; `merge` empties the file instead.
            ask("PRAGMA wal_autocheckpoint = 0")
            # So that a transaction is written only when it is complete.
            ask("PRAGMA cache_spill = OFF")
            ask(f"PRAGMA synchronous = {'FULL' if self._safe_from_power_cuts else 'NORMAL'}")
            ask("BEGIN IMMEDIATE")
            ask("COMMIT")
        if self._signs() != self._found:
            raise self.refusal("another process has changed it meanwhile; start again")

    def _check_sum(self, kind: str, known: int, *values: str | int, data: bytes = b"") -> None:
        """Check that values and data of some kind have the checksum that the file has for them.

        Raises:
            StateRefused: they have another one.
        """
        if _sum(*values, data=data) != known:
            raise self.refusal(f"it is damaged ({kind} {values[0]})")

    @contextmanager
    def _damage_refused(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise self.refusal(error) from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write either all changes that are made in the context, or none of them.

        Raises:
            OSError: the file cannot be written.
        """
        with self._guard.lock:
            try:
                if self._has_leftovers or self._wal_bytes() > _MOST_WAL_BYTES:
                    self.merge()
                self._has_leftovers = True
                self._database.execute("BEGIN IMMEDIATE")
                yield
                self._database.execute("COMMIT")
                self._has_leftovers = False
            except sqlite3.Error as error:
                raise self._error_of_writing(error) from error
            finally:
                if self._database.in_transaction:
                    with suppress(sqlite3.Error):
                        self._database.execute("ROLLBACK")

    def _wal_bytes(self) -> int:
        try:
            return self._wal.stat().st_size
        except FileNotFoundError:
            return 0

    def _error_of_writing(self, error: sqlite3.Error) -> OSError:
        return OSError(f"state: {self.path} cannot be written: {error}")

    def merge(self) -> None:
        """Bring all changes to the main file, and empty the WAL file.

        So nothing in the WAL file is ever overwritten, on which `has_damage` relies.
        """
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def shrink(self) -> None:
        """Make the file smaller if more than a third of it is empty.

        Raises:
            OSError: the file cannot be written.
        """
        ((empty,),), ((pages,),) = (
            self._ask("PRAGMA freelist_count"),
            self._ask("PRAGMA page_count"),
        )
        if empty > _FEWEST_EMPTY_PAGES and empty * 3 > pages:
            with self._guard.lock:
                try:
                    self.merge()
                    self._has_leftovers = True
                    # As a script, because `execute` would take only its first step.
                    self._database.executescript("PRAGMA incremental_vacuum")
                    self.merge()
                except sqlite3.Error as error:
                    raise self._error_of_writing(error) from error

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
                self._check_sum("record", known, name, text, data=data)
                key = tuple(json.loads(name))
                found.setdefault(key[0], []).append((key, text, data))
        return found

    def inventory(self) -> Inventory:
        """Return what the file has beside records.

        Raises:
            StateRefused: something of it is damaged.
        """
        found = Inventory({}, set(), set())
        with self._damage_refused(), self._guard.lock:
            for known, digests, starts, pieces in self._lots("content", "digest", "start", "bytes"):
                sums = map(crc32, pieces, map(crc32, digests, starts))
                self._check_sums("content", known, sums, digests)
                for digest, piece in zip(digests, pieces, strict=True):
                    found.sizes[digest] = found.sizes.get(digest, 0) + len(piece)
            columns = "file", "logged", "text", "digest"
            for known, files, logged, texts, digests in self._lots("past", *columns):
                sums = map(crc32, digests, map(crc32, texts, map(_past_start, files, logged)))
                self._check_sums("past revision of the content", known, sums, digests)
                found.past_files.update(files)
                found.past_contents.update(digests)
        return found

    def _lots(self, table: str, *columns: str) -> Iterator[tuple[tuple[Any, ...], ...]]:
        """Yield the rows of a table in groups, column by column, because there may be very many.

        The first column is ``sum``.

        Raises:
            StateRefused: the numbers in an index of the table differ from those in the table.
        """
        ask, indexes = self._database.execute, _INDEXES[table]
        numbers = sorted({name for names in indexes.values() for name in names})
        totals, count = dict.fromkeys(numbers, 0), 0
        rows = ask(f"SELECT {', '.join(['sum', *columns, *numbers])} FROM {table} NOT INDEXED")  # noqa: S608 -- names of ours
        while lot := rows.fetchmany(_LOT):
            found = tuple(zip(*lot, strict=True))
            count += len(lot)
            for name, values in zip(numbers, found[-len(numbers) :], strict=True):
                totals[name] += sum(values)
            yield found[: -len(numbers)]
        for index, names in indexes.items():
            both = ", ".join(f"sum({name} >> 32), sum({name} & {_LOW})" for name in names)
            counted, *summed = ask(
                f"SELECT count(*), {both} FROM {table} INDEXED BY {index}"  # noqa: S608 -- as above
            ).fetchone()
            halves = zip(summed[::2], summed[1::2], strict=True)
            sums = [((high or 0) << 32) + (low or 0) for high, low in halves]
            if [counted, *sums] != [count, *(totals[name] for name in names)]:
                raise self.refusal(f"it is damaged (index {index})")

    def _check_sums(
        self, kind: str, known: tuple[int, ...], sums: Iterable[int], digests: Iterable[bytes]
    ) -> None:
        found = tuple(sums)
        if found != known:
            trios = zip(digests, known, found, strict=True)
            wrong = next(digest for digest, one, other in trios if one != other)
            raise self.refusal(f"it is damaged ({kind} {wrong.hex()})")

    # Past revisions

    def put_past(self, row: PastRow) -> None:
        """Write a past revision."""
        text, digest, logged = row.text.encode(), row.digest, int(row.is_logged)
        marks = crc32(row.path_lower.encode("utf-8", "surrogatepass")), crc32(digest)
        known = crc32(digest, crc32(text, _past_start(row.number, logged)))
        sql = "INSERT OR REPLACE INTO past VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._database.execute(sql, (*row[:3], *marks, logged, text, digest, known))

    def drop_past(self, number: int, rev: int, *, older_too: bool = False) -> None:
        """Remove a past revision of a file, if there is one; with ``older_too``, older ones too."""
        comparison = "<=" if older_too else "="
        sql = f"DELETE FROM past WHERE file = ? AND rev {comparison} ?"  # noqa: S608 -- "=" or "<="
        self._database.execute(sql, (number, rev))

    def drop_replaced_past(self, namespace_id: int, before: int) -> int:
        """Remove past revisions older than ``before``, but not the last such revision of each file.

        Return their number.
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
        return [text.decode() for (text,) in self._ask(sql, number)]

    def files_at(self, namespace_id: int, path_lower: str) -> list[int]:
        """Return the numbers of the files that were at a path, and perhaps a few others."""
        sql = "SELECT DISTINCT file FROM past WHERE namespace = ? AND place = ?"
        place = crc32(path_lower.encode("utf-8", "surrogatepass"))
        return [number for (number,) in self._ask(sql, namespace_id, place)]

    def file_of(self, namespace_id: int, rev: int) -> int | None:
        """Return the number of the file with a past revision; None if no journal had it."""
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
        sql = "SELECT 1 FROM content WHERE mark = ? AND digest = ? AND start = 0"
        if self._database.execute(sql, (crc32(blob.digest), blob.digest)).fetchone() is None:
            for start in reversed(range(0, blob.size or 1, _PIECE_BYTES)):
                yield blob, start

    def _put_piece(self, blob: Blob, start: int) -> int:
        """Write a piece of content, and return its size."""
        digest, piece = blob.digest, blob.read(start, start + _PIECE_BYTES)
        row = {
            "mark": crc32(digest),
            "digest": digest,
            "start": start,
            "bytes": piece,
            "sum": _content_sum(digest, start, piece),
        }
        self._database.execute(_PUT_PIECE, row)
        return len(piece)

    def drop_content(self, digest: bytes) -> None:
        """Remove content, unless a past revision has it."""
        self._database.execute(
            "DELETE FROM content WHERE mark = ? AND digest = ? AND NOT EXISTS "
            "(SELECT 1 FROM past WHERE past.mark = content.mark AND past.digest = content.digest)",
            (crc32(digest), digest),
        )

    def contents(self) -> dict[bytes, int]:
        """Return the size of each content, by its hash."""
        return dict(self._ask("SELECT digest, sum(length(bytes)) FROM content GROUP BY digest"))

    def past_contents(self) -> set[bytes]:
        """Return the hashes of the contents of all past revisions."""
        return {digest for (digest,) in self._ask("SELECT DISTINCT digest FROM past")}

    def read_content(self, digest: bytes, start: int, stop: int) -> bytes:
        """Return a part of the content with a hash.

        Raises:
            OSError: the file cannot be read.
        """
        first, found = start - start % _PIECE_BYTES, b""
        # Damage can change the type of a piece to text; the cast makes it bytes again.
        sql = "SELECT sum, start, CAST(bytes AS BLOB) FROM content WHERE mark = ? AND digest = ?"
        place = crc32(digest), digest, first, max(stop, first + 1)
        try:
            rows = self._ask(f"{sql} AND start >= ? AND start < ? ORDER BY start", *place)
        except sqlite3.Error as error:
            raise OSError(f"state: {self.path} cannot be read: {error}") from error
        if all(_content_sum(digest, at, piece) == known for known, at, piece in rows):
            found = b"".join(piece for *_, piece in rows)[start - first : stop - first]
        if len(found) < stop - start:
            raise OSError(f"state: {self.path} is damaged (content {digest.hex()})")
        return found

    @property
    def is_open(self) -> bool:
        """False after `close`."""
        return self._close.alive

    def close(self) -> None:
        """Close the file; a forked process leaves it to its parent."""
        self._close()


def _close(database: sqlite3.Connection, owner: int, leaves: Path | None) -> None:
    close_here(database, owner)
    if leaves is not None and os.getpid() == owner:
        leaves.unlink(missing_ok=True)


def _number_of(path: Path) -> tuple[int, int]:
    """Return the device and the number of a file, which are the same for all its names."""
    found = path.stat()
    return found.st_dev, found.st_ino


_in_use: weakref.WeakValueDictionary[tuple[int, int], StateFile] = weakref.WeakValueDictionary()
"""The state files of this process, by `_number_of`."""


def _is_a_state_file(file: BinaryIO) -> bool:
    head = file.read(_APPLICATION_AT + 4)
    return head.startswith(_SQLITE) and head.endswith(_APPLICATION_ID.to_bytes(4, "big"))


def _name(key: Key) -> str:
    """Return a key, which has texts and whole numbers, as JSON.

    Equal keys have equal names: a request may say `false` for an offset of 0, as the SDK does.
    """
    parts = [_ascii(each) if isinstance(each, str) else str(int(each)) for each in key]
    return f"[{','.join(parts)}]"


def _past_start(number: int, logged: int) -> int:
    """Return the start value for the checksum of a past revision of a file."""
    return number * 2 + logged


def _content_sum(digest: bytes, start: int, piece: bytes) -> int:
    return crc32(piece, crc32(digest, start))


def _sum(*values: str | int, data: bytes = b"") -> int:
    return crc32(data, crc32("\n".join(map(str, values)).encode()))
