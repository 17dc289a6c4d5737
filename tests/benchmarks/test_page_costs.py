"""Test that a page of results takes about the same time in small and in large accounts.

pytest -m campaign -s tests/benchmarks/test_page_costs.py
"""

import time

import pytest
from dropbox.files import SearchOptions

from fakedropbox import FakeDropboxService

SIZES = (1_000, 10_000, 100_000)
PAGE = 100
ROUNDS = 30


def account(size):
    """Return a service with ``size`` files, a thousand per folder.

    Half of the files have "even" in their name or in their data.
    """
    kinds = [("even report", b"odd"), ("letter", b"even more"), ("odd report", b""), ("x", b"")]
    files = {}
    for number in range(size):
        name, content = kinds[number % 4]
        files[f"/{number // 1000}/{name} {number}.txt"] = content
    return FakeDropboxService(files=files)


def minimum_time(call):
    call()  # not measured, because it may build an order or an index that later calls use
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best * 1e6


def pages(service, size):
    dbx = service.client()
    options = SearchOptions(max_results=PAGE)
    last = SearchOptions(path=f"/{size // 1000 - 1}", max_results=PAGE)
    second = dbx.files_search_v2("even", options).cursor
    listed = dbx.files_list_folder("", recursive=True, limit=PAGE).cursor
    return {
        "search, one word": lambda: dbx.files_search_v2("even", options),
        "search, two words": lambda: dbx.files_search_v2("report ev", options),
        "search, a prefix": lambda: dbx.files_search_v2("le", options),
        "search, one file": lambda: dbx.files_search_v2("500 txt", options),
        "search, in a folder": lambda: dbx.files_search_v2("even", last),
        "search, next page": lambda: dbx.files_search_continue_v2(second),
        "list, first page": lambda: dbx.files_list_folder("/0", limit=PAGE),
        "list, next page": lambda: dbx.files_list_folder_continue(listed),
    }


@pytest.mark.campaign
def test_a_page_takes_at_most_twice_as_long_in_a_large_account():
    costs = {
        size: {name: minimum_time(call) for name, call in pages(account(size), size).items()}
        for size in SIZES
    }
    print()
    for name in costs[SIZES[0]]:
        figures = [costs[size][name] for size in SIZES]
        print(f"{name:22}" + "".join(f"{figure:10.0f} µs" for figure in figures))
    for name, smallest in costs[SIZES[0]].items():
        assert costs[SIZES[-1]][name] <= 2 * smallest, name
