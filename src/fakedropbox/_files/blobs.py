"""File contents: each is stored once, large ones on disk."""

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from hashlib import sha256
from typing import TypeAlias
from weakref import WeakValueDictionary

from fakedropbox._base.forks import Guard, close_here
from fakedropbox._base.undo import UndoLog
from fakedropbox._facts.limits import HASH_BLOCK_BYTES
from fakedropbox.errors import UnusableAfterFork

SPILL_BYTES = 8 * 1024 * 1024
"""Contents above this size are stored in a temporary file."""

_PIECE_BYTES = 1024 * 1024


def content_hash(content: Content) -> bytes:
    """Return the 32 bytes of Dropbox's content hash (F2.1-04)."""
    return content.digest() if isinstance(content, Spool) else _hash_of(content)[0]


def content_hash_text(data: bytes) -> str:
    """Return the content hash as the SDK sends it.

    The records of calls keep it, so it is the same object for the same content once more.
    """
    return _hash_of(data)[1]


@lru_cache(maxsize=1)  # a client hashes the data it sends, and the service hashes it again
def _hash_of(data: bytes) -> tuple[bytes, str]:
    if len(data) <= HASH_BLOCK_BYTES:
        digest = sha256(sha256(data).digest() if data else b"").digest()
    else:
        view = memoryview(data)
        blocks = range(0, len(data), HASH_BLOCK_BYTES)
        hashed = [sha256(view[start : start + HASH_BLOCK_BYTES]).digest() for start in blocks]
        digest = sha256(b"".join(hashed)).digest()
    return digest, digest.hex()


class Spool:
    """Content that arrives in pieces: hashed as it arrives, and moved to ``disk`` once large."""

    def __init__(self) -> None:
        self._size = 0
        self._memory = bytearray()
        self.disk: _Spilled | None = None
        self._hashed = b""  # the digests of all whole blocks
        self._block = sha256()

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        """Append the next piece."""
        self._hash(data)
        self._size += len(data)
        if self.disk is None and self._size > SPILL_BYTES:
            self.disk = _Spilled(bytes(self._memory))
            self._memory.clear()
        if self.disk is None:
            self._memory += data
        else:
            self.disk.append(data)

    def _hash(self, data: bytes) -> None:
        start, room = 0, HASH_BLOCK_BYTES - self._size % HASH_BLOCK_BYTES
        while len(data) - start >= room:
            self._block.update(data[start : start + room])
            self._hashed += self._block.digest()
            self._block = sha256()
            start, room = start + room, HASH_BLOCK_BYTES
        self._block.update(data[start:])

    def digest(self) -> bytes:
        """Return the content hash of all data that has arrived."""
        started = self._size % HASH_BLOCK_BYTES
        return sha256(self._hashed + (self._block.digest() if started else b"")).digest()

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to `stop`."""
        if self.disk is None:
            return bytes(self._memory[start:stop])
        return self.disk.read(start, min(stop, self._size))

    def content(self) -> Content:
        """Return all data: as bytes while it is in memory, else as this spool."""
        return bytes(self._memory) if self.disk is None else self


Content: TypeAlias = bytes | Spool
"""The data of an upload."""


def piece_of(content: Content, start: int, stop: int) -> bytes:
    """Return the bytes of the content from `start` to `stop`."""
    return content.read(start, stop) if isinstance(content, Spool) else content[start:stop]


class Blob:
    """The content of a file: its hash, its size, and its bytes in memory or on disk."""

    __slots__ = ("__weakref__", "_stored", "digest", "size")

    def __init__(self, digest: bytes, content: Content) -> None:
        self.digest = digest
        self.size = len(content)
        self._stored: bytes | _Spilled
        if isinstance(content, Spool):
            assert content.disk is not None, "a spool in memory gives bytes"
            self._stored = content.disk
        else:
            self._stored = _Spilled(content) if self.size > SPILL_BYTES else content

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes from `start` to `stop`."""
        stored = self._stored
        if isinstance(stored, _Spilled):
            return stored.read(start, self.size if stop is None else min(stop, self.size))
        return stored if start == 0 and stop is None else stored[start:stop]

    def open(self) -> MemoryStream | DiskStream:
        """Return the content as a new readable stream."""
        if isinstance(self._stored, bytes):
            return MemoryStream(self._stored)
        return DiskStream(_Reader(self), _PIECE_BYTES)


class Part(Blob):
    """A range of a blob, usable as a blob."""

    __slots__ = ("_start", "_whole")

    def __init__(self, whole: Blob, start: int, stop: int) -> None:
        self._whole = whole
        self._start = start
        self.digest = whole.digest
        self.size = stop - start

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes from `start` to `stop`."""
        stop = self.size if stop is None else min(stop, self.size)
        return self._whole.read(self._start + start, self._start + max(start, stop))

    def open(self) -> MemoryStream | DiskStream:
        """Return the range as a new readable stream."""
        if self.size <= SPILL_BYTES:
            return MemoryStream(self.read())
        return DiskStream(_Reader(self), _PIECE_BYTES)


ReadContent = Callable[[bytes, int, int], bytes]
"""A function that reads a part of the content with a hash, given by its start and stop."""


class Archived(Blob):
    """Content that is read from a state file each time."""

    __slots__ = ("_read",)

    def __init__(self, digest: bytes, size: int, read: ReadContent) -> None:
        self.digest = digest
        self.size = size
        self._read = read

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """Return the bytes from `start` to `stop`."""
        stop = self.size if stop is None else min(stop, self.size)
        return self._read(self.digest, start, max(start, stop))

    def open(self) -> MemoryStream | DiskStream:
        """Return the content as a new readable stream."""
        if self.size <= SPILL_BYTES:
            return MemoryStream(self.read())
        return DiskStream(_Reader(self), _PIECE_BYTES)


class MemoryStream(io.BytesIO):
    """A response body in memory."""

    def isclosed(self) -> bool:
        """Return whether all data has been read; urllib3 calls this and reads until it is True."""
        return self.closed or self.tell() >= len(self.getbuffer())


class DiskStream(io.BufferedReader):
    """A response body on disk, of which one piece at a time is in memory."""

    def isclosed(self) -> bool:
        """Return whether all data has been read."""
        return self.closed or not self.peek(1)


class _Spilled:
    """Large content in a temporary file.

    SQLite manages the file without Python's file functions, so that pyfakefs, if it is active,
    neither stores it nor runs out of space because of it. Only the process that made the file
    uses it: in a forked one SQLite would read what its parent changes, and undo the parent's
    changes when it closes the file.
    """

    def __init__(self, data: bytes) -> None:
        import sqlite3  # few programs have such content

        self._guard = Guard(f"content of more than {SPILL_BYTES} bytes")
        self._owner = os.getpid()
        self._size = 0
        self._file = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        weakref.finalize(self, close_here, self._file, self._owner)
        self._file.execute("CREATE TABLE piece (start INTEGER PRIMARY KEY, bytes BLOB)")
        self.append(data)

    def append(self, data: bytes) -> None:
        starts = range(0, len(data), _PIECE_BYTES)
        pieces = ((self._size + start, data[start : start + _PIECE_BYTES]) for start in starts)
        with self._own().lock:
            self._file.execute("BEGIN")
            self._file.executemany("INSERT INTO piece VALUES (?, ?)", pieces)
            # A forked process that ends would undo an open transaction in the parent's file.
            self._file.execute("COMMIT")
            self._size += len(data)

    def read(self, start: int, stop: int) -> bytes:
        with self._own().lock:
            rows = self._file.execute(
                "SELECT start, bytes FROM piece WHERE start < :stop AND start >= "
                "(SELECT max(start) FROM piece WHERE start <= :start) ORDER BY start",
                {"start": start, "stop": stop},
            ).fetchall()
        if not rows:
            return b""
        skipped = rows[0][0]
        return b"".join([piece for _, piece in rows])[start - skipped : max(stop, start) - skipped]

    def _own(self) -> Guard:
        if os.getpid() != self._owner:
            raise UnusableAfterFork(
                f"{self._guard.what}: it was stored before this process was forked, on disk, and "
                "cannot be read here. Store it in the new process, or store smaller files."
            )
        return self._guard


class _Reader(io.RawIOBase):
    """A raw stream of a blob on disk, with its own position and a reference to the blob."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # any writable buffer
        piece = self._blob.read(self._position, self._position + len(buffer))
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)


class Blobs:
    """All contents by hash; equal contents share one object.

    Without a state file, a blob is removed only if the write that added it is undone, even if no
    revision refers to it any more; with one, see `join`.
    """

    def __init__(self, undo: UndoLog) -> None:
        self.archive: ReadContent | None = None
        self._by_digest: MutableMapping[bytes, Blob] = {}
        self._undo = undo

    def keep(self, digest: bytes, content: Content) -> Blob:
        """Return the blob of the content with this content hash, storing it if it is new."""
        found = self._by_digest.get(digest)
        if found is None:
            found = self._by_digest[digest] = Blob(digest, content)
            if self._undo.recording:
                self._undo.change(("content", digest.hex()), self._by_digest.pop, digest, None)
        return found

    def get(self, digest: bytes) -> Blob | None:
        """Return the blob with a content hash, or None."""
        return self._by_digest.get(digest)

    def held(self) -> list[Blob]:
        """Return all blobs that something refers to."""
        return list(self._by_digest.values())

    def join(self, archive: ReadContent) -> None:
        """Read contents that are not in memory from a state file.

        From now on a blob is forgotten as soon as nothing refers to it: the file may have more
        revisions than the memory.
        """
        self.archive = archive
        self._by_digest = WeakValueDictionary(self._by_digest)

    def archived(self, digest: bytes, size: int) -> Blob:
        """Return the blob for the content with a hash in a state file."""
        found = self._by_digest.get(digest)
        if found is None:
            assert self.archive is not None
            found = self._by_digest[digest] = Archived(digest, size, self.archive)
        return found
