"""The check of a WAL file: the latest changes of a state file, which are not in its main file yet.

SQLite ignores everything in a WAL file after the first wrong checksum, as if it had never been
written: after damage, changes would be lost silently. A state file never overwrites its WAL file,
so that each complete frame in it must be right; the last one may be incomplete, after a kill.

https://www.sqlite.org/fileformat.html#the_write_ahead_log
"""

from __future__ import annotations

import fcntl
import sys
from array import array
from pathlib import Path

_HEAD, _FRAME_HEAD = 32, 24
_SUMMED = 8  # the first bytes of a frame's header, which its checksum covers
_MAGIC = 0x377F0682
_BIG_ENDIAN = 1
_ALL = 0xFFFFFFFF
_SHARED_LOCK = 510, 0x40000002  # the bytes that a reader of an SQLite file locks

_Sums = tuple[int, int]


def has_damage(path: Path) -> bool:
    """Return whether the header or a complete frame of a WAL file is not as it was written."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    if len(data) < _HEAD:
        return False
    magic, page = _numbers(data[:4])[0], _numbers(data[8:12])[0]
    if magic & ~_BIG_ENDIAN != _MAGIC:
        return True
    order = "big" if magic & _BIG_ENDIAN else "little"
    sums = _sums((0, 0), data[: _HEAD - 8], order)
    if sums != _numbers(data[_HEAD - 8 : _HEAD]) or not page:
        return True
    salts, size = data[16:24], _FRAME_HEAD + page
    for start in range(_HEAD, len(data) - size + 1, size):
        frame = data[start : start + size]
        sums = _sums(sums, frame[:_SUMMED] + frame[_FRAME_HEAD:], order)
        if frame[_SUMMED:16] != salts or sums != _numbers(frame[16:_FRAME_HEAD]):
            return True
    return False


def is_locked(path: Path) -> bool:
    """Return whether another process has locked an SQLite file so that it cannot be read."""
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB, *_SHARED_LOCK)
        except BlockingIOError:
            return True
    return False


def _numbers(data: bytes) -> tuple[int, ...]:
    """Return the numbers of 32 bits in data, which are big-endian."""
    return tuple(int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4))


def _sums(sums: _Sums, data: bytes, order: str) -> _Sums:
    """Return the checksums of SQLite after more data; the words have the given byte order."""
    one, other = sums
    words = array("I", data)
    if order != sys.byteorder:
        words.byteswap()
    pairs = iter(words)
    for first, second in zip(pairs, pairs, strict=True):
        one = (one + first + other) & _ALL
        other = (other + second + one) & _ALL
    return one, other
