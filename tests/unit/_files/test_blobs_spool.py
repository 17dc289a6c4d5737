"""Tests of `Spool`: data that arrives in pieces equals the same data in one piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakedropbox._files import blobs
from fakedropbox._files.blobs import Blob, Spool, content_hash, piece_of

BLOCK = 4 * 1024 * 1024
PIECES = st.lists(st.integers(0, 3 * 1024 * 1024), max_size=6)


def spooled(*pieces):
    spool = Spool()
    for piece in pieces:
        spool.append(piece)
    return spool


@given(sizes=PIECES, ends=st.tuples(st.integers(0, 12_000_000), st.integers(0, 12_000_000)))
def test_hash_data_and_slices_equal_those_of_the_joined_pieces(sizes, ends):
    pieces = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    whole, spool = b"".join(pieces), spooled(*pieces)
    start, stop = sorted(ends)
    assert len(spool) == len(whole)
    assert content_hash(spool) == content_hash(whole)
    assert piece_of(spool, start, stop) == whole[start:stop] == piece_of(whole, start, stop)
    blob = Blob(spool.digest(), spool.content())
    assert blob.size == len(whole)
    assert blob.read() == whole
    assert blob.read(start, stop) == whole[start:stop]


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK])
def test_content_hash_is_right_at_the_borders_of_blocks(size):
    assert content_hash(spooled(b"x" * size)) == content_hash(b"x" * size)
    assert content_hash(spooled(*[b"x"] * min(size, 9))) == content_hash(b"x" * min(size, 9))


def test_data_goes_to_disk_once_it_is_large(monkeypatch):
    monkeypatch.setattr(blobs, "SPILL_BYTES", 10)
    spool = spooled(b"0123456789")
    assert spool.content() == b"0123456789"
    spool.append(b"ab")
    assert spool.content() is spool
    blob = Blob(spool.digest(), spool.content())
    spool.append(b"later")  # data appended later is not part of the blob
    assert blob.read() == b"0123456789ab" == blob.open().read()
    assert blob.read(8, 99) == b"89ab"
    assert blob.read(5, 5) == blob.read(7, 3) == b""
