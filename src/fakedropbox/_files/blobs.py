"""File contents: each kept once, large ones on disk."""

from __future__ import annotations

import io
import sqlite3
import threading
import weakref
from functools import lru_cache
from hashlib import sha256
from typing import TypeAlias

from fakedropbox._base.undo import UndoLog
from fakedropbox._facts.limits import HASH_BLOCK_BYTES

SPILL_BYTES = 8 * 1024 * 1024
"""Contents above this size live in a temporary file."""

_PIECE_BYTES = 1024 * 1024


def content_hash(content: Content) -> bytes:
    """The 32 bytes of Dropbox's content hash (F2.1-04)."""
    return content.digest() if isinstance(content, Spool) else _hash_of(content)


@lru_cache(maxsize=1)  # a client hashes what it sends, and the service hashes it once more
def _hash_of(data: bytes) -> bytes:
    if len(data) <= HASH_BLOCK_BYTES:
        return sha256(sha256(data).digest() if data else b"").digest()
    view = memoryview(data)
    blocks = range(0, len(data), HASH_BLOCK_BYTES)
    return sha256(
        b"".join(sha256(view[start : start + HASH_BLOCK_BYTES]).digest() for start in blocks)
    ).digest()


class Spool:
    """A content that arrives in pieces: hashed on the way, and on ``disk`` once it is large."""

    def __init__(self) -> None:
        self._size = 0
        self._memory = bytearray()
        self.disk: _Spilled | None = None
        self._hashed = b""  # the digests of all whole blocks
        self._block = sha256()

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        """Take the next piece."""
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
        """The content hash of all that has arrived."""
        started = self._size % HASH_BLOCK_BYTES
        return sha256(self._hashed + (self._block.digest() if started else b"")).digest()

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from `start` to `stop`."""
        if self.disk is None:
            return bytes(self._memory[start:stop])
        return self.disk.read(start, min(stop, self._size))

    def content(self) -> Content:
        """All of it; as bytes while it is small."""
        return bytes(self._memory) if self.disk is None else self


Content: TypeAlias = bytes | Spool
"""The bytes of a file on their way in."""


def piece_of(content: Content, start: int, stop: int) -> bytes:
    """The bytes of a content from `start` to `stop`."""
    return content.read(start, stop) if isinstance(content, Spool) else content[start:stop]


class Blob:
    """One content: its hash, its size, and its bytes in memory or on disk."""

    __slots__ = ("__weakref__", "_data", "_spilled", "digest", "size")

    def __init__(self, digest: bytes, content: Content) -> None:
        self.digest = digest
        self.size = len(content)
        self._data: bytes | None = None
        self._spilled: _Spilled | None = None
        if isinstance(content, Spool):
            self._spilled = content.disk
        elif self.size > SPILL_BYTES:
            self._spilled = _Spilled(content)
        else:
            self._data = content

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
        self._size = 0
        self._file = sqlite3.connect("", check_same_thread=False)
        weakref.finalize(self, self._file.close)
        self._file.execute("CREATE TABLE piece (start INTEGER PRIMARY KEY, bytes BLOB)")
        self.append(data)

    def append(self, data: bytes) -> None:
        starts = range(0, len(data), _PIECE_BYTES)
        pieces = ((self._size + start, data[start : start + _PIECE_BYTES]) for start in starts)
        with self._lock:
            self._file.executemany("INSERT INTO piece VALUES (?, ?)", pieces)
            self._size += len(data)

    def read(self, start: int, stop: int) -> bytes:
        with self._lock:
            rows = self._file.execute(
                "SELECT start, bytes FROM piece WHERE start < ?2 AND start >= "
                "(SELECT max(start) FROM piece WHERE start <= ?1) ORDER BY start",
                (start, stop),
            ).fetchall()
        if not rows:
            return b""
        skipped = rows[0][0]
        return b"".join([piece for _, piece in rows])[start - skipped : max(stop, start) - skipped]


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

    def keep(self, digest: bytes, content: Content) -> Blob:
        """The blob of a content, whose content hash is `digest`."""
        found = self._by_digest.get(digest)
        if found is None:
            found = self._by_digest[digest] = Blob(digest, content)
            self._undo.note(self._by_digest.pop, digest)
        return found
