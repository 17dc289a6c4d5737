"""Benchmark of a queue: requests to Dropbox, and times in a folder, by the number of jobs.

    python -m tests.benchmarks.queue_costs

Times depend on the machine, so only the numbers of requests are tested.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.storages import DropboxStorage, FolderStorage

from dropspool.demo import CONFIG
from dropspool.providers.base import StorageProvider
from dropspool.testing.kit import end, take
from fakedropbox import FakeDropboxService

SIZES = (100, 1_000, 10_000, 100_000)
TAKES = 5
MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder below it has a name that nobody can guess


@dataclass(frozen=True)
class Costs:
    """The costs of takes while ``jobs`` jobs wait, and of a recovery when as many have ended.

    The first take lists the queue. ``milliseconds`` is the time of a take in a folder; the other
    costs are numbers of requests to Dropbox.
    """

    jobs: int
    first_take: int
    take: int
    recovery: int
    milliseconds: float


def waiting(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield the files of waiting jobs by their paths."""
    for number in range(count):
        name = f"job-20250101_{number // 10**6:06}_{number % 10**6:06}-fermions-ada-00000.json"
        yield f"/Backend_files/Queued_Jobs/fermions/{name}", b"{}"


def ended(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield the files of ended jobs by their paths, ten jobs per user."""
    for number in range(count):
        user = f"user{number // 10}"
        name = f"20240101_{number // 10**6:06}_{number % 10**6:06}-fermions-{user}-00000.json"
        for folder, kind in (("Result", "result"), ("Status", "status"), ("Finished_Jobs", "job")):
            yield f"/Backend_files/{folder}/fermions/{user}/{kind}-{name}", b"{}"


def on_dropbox(jobs: int, finished: int = 0) -> tuple[FakeDropboxService, StorageProvider]:
    """Return a Dropbox with waiting and ended jobs, and a provider on it."""
    service = FakeDropboxService(files=dict([*waiting(jobs), *ended(finished)]))
    provider = DropboxStorage(service, direct=True).provider()
    provider.upload_config(CONFIG, "fermions")
    return service, provider


def requests_of(service: FakeDropboxService, act: Callable[[], object]) -> int:
    """Return the number of requests that an action makes."""
    before = len(service.calls)
    act()
    return len(service.calls) - before


def drained(count: int) -> float:
    """Take and end all jobs of a queue; return the requests per job after the first listing."""
    service, provider = on_dropbox(count)
    provider.waiting_jobs("fermions")

    def drain() -> None:
        for _ in range(count):
            end(provider, take(provider))

    found = requests_of(service, drain) / count
    assert take(provider) == "None"
    return found


def milliseconds_per_take(count: int) -> float:
    """Return the shortest processor time of a take in a folder of this many waiting jobs."""
    place = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        storage = FolderStorage(folder)
        storage.seed_files(dict(waiting(count)))
        provider = storage.provider()
        provider.upload_config(CONFIG, "fermions")
        times = []
        for _ in range(TAKES):
            start = time.process_time()
            take(provider)
            times.append(time.process_time() - start)
        return min(times) * 1000


def costs(jobs: int) -> Costs:
    """Measure the costs for one number of jobs."""
    service, provider = on_dropbox(jobs)
    first = requests_of(service, lambda: take(provider))
    later = {requests_of(service, lambda: take(provider)) for _ in range(TAKES)}
    service, provider = on_dropbox(0, finished=jobs)
    recovery = requests_of(service, lambda: provider.recover("fermions"))
    return Costs(jobs, first, max(later), recovery, milliseconds_per_take(jobs))


def table(rows: list[Costs]) -> str:
    """Return the costs as a table in Markdown."""
    lines = [
        "| jobs | first take | later takes | recovery | take in a folder |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row.jobs:,} | {row.first_take} | {row.take} | {row.recovery}"
            f" | {row.milliseconds:.1f} ms |"
            for row in rows
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the table, and the requests per job when a queue of 4,000 jobs is emptied."""
    print(table([costs(size) for size in SIZES]))
    print(f"take and end, 4,000 jobs: {drained(4_000):.2f} requests a job")


if __name__ == "__main__":
    main()
