"""File contents: each kept once, large ones on disk."""

from __future__ import annotations

import io
import sqlite3
import threading
import weakref
from functools import lru_cache
from hashlib import sha256

from fakedropbox._facts.limits import HASH_BLOCK_BYTES
from fakedropbox._undo import UndoLog

SPILL_BYTES = 8 * 1024 * 1024
"""Contents above this size live in a temporary file."""

_PIECE_BYTES = 1024 * 1024


@lru_cache(maxsize=1)  # a client hashes what it sends, and the service hashes it once more
def content_hash(data: bytes) -> bytes:
    """The 32 bytes of Dropbox's content hash (F2.1-04)."""
    if len(data) <= HASH_BLOCK_BYTES:
        return sha256(sha256(data).digest() if data else b"").digest()
    view = memoryview(data)
    blocks = range(0, len(data), HASH_BLOCK_BYTES)
    return sha256(
        b"".join(sha256(view[start : start + HASH_BLOCK_BYTES]).digest() for start in blocks)
    ).digest()


class Blob:
    """One content: its hash, its size, and its bytes in memory or on disk."""

    __slots__ = ("__weakref__", "_data", "_spilled", "digest", "size")

    def __init__(self, digest: bytes, data: bytes) -> None:
        self.digest = digest
        self.size = len(data)
        spills = self.size > SPILL_BYTES
        self._data = None if spills else data
        self._spilled = _Spilled(data) if spills else None

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes from `start` to `stop`."""
        if self._spilled is not None:
            return self._spilled.read(start, self.size if stop is None else min(stop, self.size))
        assert self._data is not None
        return self._data if start == 0 and stop is None else self._data[start:stop]

    def open(self) -> MemoryStream | DiskStream:
        """The content as a readable stream of its own."""
        if self._data is not None:
            return MemoryStream(self._data)
        return DiskStream(_Reader(self), _PIECE_BYTES)


class Part(Blob):
    """Some of a content's bytes, as if they were one."""

    __slots__ = ("_start", "_whole")

    def __init__(self, whole: Blob, start: int, stop: int) -> None:
        self._whole = whole
        self._start = start
        self.digest = whole.digest
        self.size = stop - start

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes from `start` to `stop`."""
        stop = self.size if stop is None else min(stop, self.size)
        return self._whole.read(self._start + start, self._start + max(start, stop))

    def open(self) -> MemoryStream | DiskStream:
        """The part as a readable stream of its own."""
        if self.size <= SPILL_BYTES:
            return MemoryStream(self.read())
        return DiskStream(_Reader(self), _PIECE_BYTES)


class MemoryStream(io.BytesIO):
    """A body in memory."""

    def isclosed(self) -> bool:
        """Whether all has been read: urllib3 asks a body so, and reads on until it says yes."""
        return self.closed or self.tell() >= len(self.getbuffer())


class DiskStream(io.BufferedReader):
    """A body on disk, of which a piece at a time is in memory."""

    def isclosed(self) -> bool:
        """Whether all has been read."""
        return self.closed or not self.peek(1)


class _Spilled:
    """A large content in a temporary file.

    The file is SQLite's, which makes it below Python: no fake file system that a test has
    put under us gets to hold it, or to run full of it.
    """

    def __init__(self, data: bytes) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect("", check_same_thread=False)
        weakref.finalize(self, self._file.close)
        self._file.execute("CREATE TABLE piece (number INTEGER PRIMARY KEY, bytes BLOB)")
        starts = range(0, len(data), _PIECE_BYTES)
        pieces = ((start // _PIECE_BYTES, data[start : start + _PIECE_BYTES]) for start in starts)
        self._file.executemany("INSERT INTO piece VALUES (?, ?)", pieces)

    def read(self, start: int, stop: int) -> bytes:
        first, last = start // _PIECE_BYTES, max(stop - 1, 0) // _PIECE_BYTES
        with self._lock:
            rows = self._file.execute(
                "SELECT bytes FROM piece WHERE number BETWEEN ? AND ? ORDER BY number",
                (first, last),
            ).fetchall()
        skipped = first * _PIECE_BYTES
        return b"".join([piece for (piece,) in rows])[start - skipped : max(stop, start) - skipped]


class _Reader(io.RawIOBase):
    """A reader with its own position over a spilled blob, which it keeps alive."""

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
    """All contents by hash; equal ones are one object.

    None is ever dropped, because some revision keeps it, unless the write that brought it
    is undone.
    """

    def __init__(self, undo: UndoLog) -> None:
        self._by_digest: dict[bytes, Blob] = {}
        self._undo = undo

    def keep(self, digest: bytes, data: bytes) -> Blob:
        """The blob of `data`, whose content hash is `digest`."""
        found = self._by_digest.get(digest)
        if found is None:
            found = self._by_digest[digest] = Blob(digest, data)
            self._undo.note(self._by_digest.pop, digest)
        return found
