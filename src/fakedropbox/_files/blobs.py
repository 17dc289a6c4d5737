"""File contents: each kept once, large ones on disk."""

from __future__ import annotations

import io
import tempfile
import threading
import weakref
from functools import lru_cache
from hashlib import sha256
from typing import BinaryIO

from fakedropbox._facts.limits import HASH_BLOCK_BYTES
from fakedropbox._undo import UndoLog

SPILL_BYTES = 8 * 1024 * 1024
"""Contents above this size live in a temporary file."""

_FILES = threading.Lock()  # a position in a file belongs to all who read it


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
    """One content: its hash, its size, and its bytes in memory or in a file."""

    __slots__ = ("__weakref__", "_data", "_file", "digest", "size")

    def __init__(self, digest: bytes, data: bytes) -> None:
        self.digest = digest
        self.size = len(data)
        self._data: bytes | None = data
        self._file: BinaryIO | None = None
        if self.size > SPILL_BYTES:
            self._data = None
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the blob
            weakref.finalize(self, self._file.close)
            self._file.write(data)

    def read(self, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes from `start` to `stop`."""
        if self._data is not None:
            return self._data if start == 0 and stop is None else self._data[start:stop]
        assert self._file is not None
        end = self.size if stop is None else min(stop, self.size)
        with _FILES:
            self._file.seek(start)
            return self._file.read(max(end - start, 0))

    def open(self) -> io.BufferedIOBase | io.RawIOBase:
        """The content as a readable stream of its own."""
        return io.BytesIO(self._data) if self._data is not None else _SpilledReader(self)


class _SpilledReader(io.RawIOBase):
    """A reader with its own position over a spilled blob, which it keeps alive."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
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
