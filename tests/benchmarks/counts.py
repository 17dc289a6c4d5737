"""Counts of the work of common calls, which are the same on slow and on fast machines.

    python -m tests.benchmarks.counts [--record]

For each call it prints the functions of fakedropbox that run, the built-in functions that they
call, and the blocks of memory that are still in use afterwards. ``--record`` makes these numbers
the limits of `test_counts`.
"""

from __future__ import annotations

import csv
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

import dropbox
from dropbox.files import WriteMode

import fakedropbox
from fakedropbox import FakeDropboxService

LIMITS = Path(__file__).parent / "data" / "counts.csv"
_PACKAGE = str(Path(fakedropbox.__file__).parent)
_WARM_UP = 50
_TIMES = 100
_KILOBYTE = b"x" * 1024


class Counts(NamedTuple):
    """The mean numbers per call: functions and built-in functions that run, blocks that stay."""

    functions: float
    built_ins: float
    blocks: float


def common_calls(client: dropbox.Dropbox) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield common calls by name; each can be repeated."""
    client.files_upload(_KILOBYTE, "/a.txt")
    client.files_upload(b"", "/moved/0.txt")
    for number in range(100):
        client.files_upload(b"", f"/folder/{number}.txt")
    for number in range(_WARM_UP + _TIMES):
        client.files_upload(b"", f"/deleted/{number}.txt")
    fresh, copies, deleted, places = count(), count(), count(), count()

    def move() -> None:
        place = next(places)
        client.files_move_v2(f"/moved/{place}.txt", f"/moved/{place + 1}.txt")

    def refused() -> None:
        with suppress(dropbox.exceptions.ApiError):
            client.files_get_metadata("/none.txt")

    yield "get_metadata", lambda: client.files_get_metadata("/a.txt")
    yield "get_metadata, not found", refused
    yield "upload of a new file", lambda: client.files_upload(_KILOBYTE, f"/new/{next(fresh)}.txt")
    yield (
        "upload of new content",
        lambda: client.files_upload(b"%d" % next(fresh), "/o.txt", WriteMode.overwrite),
    )
    yield "download", lambda: client.files_download("/a.txt")[1].content
    yield "list_folder of 100 files", lambda: client.files_list_folder("/folder")
    cursor = client.files_list_folder("/folder").cursor
    yield "list_folder/continue, no change", lambda: client.files_list_folder_continue(cursor)
    yield "move", move
    yield "copy", lambda: client.files_copy_v2("/a.txt", f"/copies/{next(copies)}.txt")
    yield "delete", lambda: client.files_delete_v2(f"/deleted/{next(deleted)}.txt")
    yield "get_current_account", client.users_get_current_account


def counts_of(call: Callable[[], object]) -> Counts:
    """Make a call many times, and return its mean counts."""
    functions = built_ins = 0

    def count_one(frame, event, _argument):
        nonlocal functions, built_ins
        if frame.f_code.co_filename.startswith(_PACKAGE):
            functions += event == "call"
            built_ins += event == "c_call"

    for _ in range(_WARM_UP):
        call()
    gc.collect()
    before = sys.getallocatedblocks()
    profiler = sys.getprofile()
    sys.setprofile(count_one)
    try:
        for _ in range(_TIMES):
            call()
    finally:
        sys.setprofile(profiler)
    gc.collect()
    blocks = sys.getallocatedblocks() - before
    return Counts(*(round(total / _TIMES, 1) for total in (functions, built_ins, blocks)))


def measured() -> dict[str, Counts]:
    """Return the counts of all common calls."""
    client = FakeDropboxService().client()
    return {name: counts_of(call) for name, call in common_calls(client)}


def limits() -> dict[str, Counts]:
    """Return the recorded counts of all common calls."""
    with LIMITS.open(newline="") as file:
        return {name: Counts(*map(float, values)) for name, *values in list(csv.reader(file))[1:]}


def main() -> None:
    counts = measured()
    print(f"{'call':32} {'functions':>10} {'built-ins':>10} {'blocks':>10}")
    for name, each in counts.items():
        print(f"{name:32} {each.functions:10} {each.built_ins:10} {each.blocks:10}")
    if "--record" in sys.argv[1:]:
        with LIMITS.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["call", *Counts._fields])
            writer.writerows([name, *each] for name, each in counts.items())


if __name__ == "__main__":
    main()
