"""Test that many files which were at a path earlier make calls for it at most twice as slow.

pytest -m campaign -s tests/benchmarks/test_past_costs.py
"""

import time

import pytest

from fakedropbox import FakeDropboxService

FILES = (100, 40_000)
ROUNDS = 200
LIMIT = 2


def used_path(files):
    """Return a client whose file `/lock` was created and deleted ``files`` times."""
    service = FakeDropboxService()
    service.calls.recording = False
    dbx = service.client()
    for number in range(files):
        create_and_delete(dbx, number)
    return dbx


def create_and_delete(dbx, number):
    dbx.files_upload(b"%d" % number, "/lock")
    dbx.files_delete_v2("/lock")


def cost(dbx):
    """Return the lowest CPU time of a creation and a deletion, in microseconds."""
    best = float("inf")
    for number in range(ROUNDS):
        start = time.process_time()
        create_and_delete(dbx, number)
        best = min(best, time.process_time() - start)
    return best * 1e6


@pytest.mark.campaign
def test_a_path_that_many_files_had_earlier_costs_at_most_twice_as_much():
    few, many = (cost(used_path(files)) for files in FILES)
    print(f"{few:.0f} µs, {many:.0f} µs")
    assert many <= LIMIT * few
