"""Benchmark of state files: their size, and the time of a start, after many writes.

    python -m tests.benchmarks.state_file [--most 100000] [--files 1000]

It overwrites the same files again and again with contents that differ, and prints after 1,000,
10,000, 100,000 and 1,000,000 writes the size of the state file, its ratio to what it keeps (the
contents of the files and of their kept revisions), the CPU time of a start, and that of a write
with and without the state file.
"""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from dropbox import Dropbox
from dropbox.files import WriteMode

from fakedropbox import FakeDropboxService
from fakedropbox.clock import RunningClock
from fakedropbox.server.keeping import Keeper
from fakedropbox.server.state import StateFile

SIZE = 1000  # bytes of each file


def write(dbx: Dropbox, numbers: Iterator[int] | range, files: int) -> float:
    """Overwrite a file once for each number, and return the CPU seconds."""
    begun = time.process_time()
    for number in numbers:
        content = number.to_bytes(8, "big") * (SIZE // 8)
        dbx.files_upload(content, f"/{number % files}", mode=WriteMode.overwrite)
    return time.process_time() - begun


def kept_bytes(path: Path) -> int:
    """Return the bytes of all contents in a state file."""
    with closing(sqlite3.connect(path)) as database:
        (size,) = database.execute("SELECT sum(length(bytes)) FROM content").fetchone()
    return int(size)


def started(path: Path) -> tuple[StateFile, FakeDropboxService]:
    """Start a service with a state file; return the file and the service."""
    service, file = FakeDropboxService(clock=RunningClock(), max_calls=100), StateFile(path, {})
    Keeper(file, service)
    return file, service


def main() -> None:
    """Print the sizes and times after each of the numbers of writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=1000)
    given = parser.parse_args()
    print(f"{given.files} files of {SIZE} bytes; CPU times")
    print("   writes   file MB  file/kept   start s   us/write   without  ratio")
    done = 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        for total in (1_000, 10_000, 100_000, 1_000_000):
            if total > given.most:
                break
            file, service = started(path)
            numbers = range(done, total)
            seconds = write(service.client(), numbers, given.files)
            service.gate.keep(lambda: None)
            file.close()
            few = numbers[:10_000]
            plain = write(FakeDropboxService(max_calls=100).client(), few, given.files)
            done, size = total, path.stat().st_size
            begun = time.process_time()
            file, _ = started(path)
            start = time.process_time() - begun
            file.close()
            each, without = seconds / len(numbers), plain / len(few)
            print(
                f"{total:9,}  {size / 1e6:8.1f}  {size / kept_bytes(path):9.2f}  {start:8.2f}"
                f"  {each * 1e6:9.0f}  {without * 1e6:8.0f}  {each / without:5.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
