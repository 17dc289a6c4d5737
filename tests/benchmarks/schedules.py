"""Benchmark of schedules of two workers with eight or nine calls each.

    python -m tests.benchmarks.schedules

It measures the schedules per second, and the share of them that is run with reduction. Run it a few
times and use the best result, because the load of the machine matters.
"""

import time

from dropbox import files
from dropbox.exceptions import ApiError

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import interleavings

SEEDS = 1000
ROUNDS = 5
GOAL_A_SECOND = 1000
GOAL_PART = 0.05


def worker(dbx, name):
    """Return a worker that claims the first free job and completes it, in eight calls or more."""

    def work():
        dbx.files_upload(name.encode(), f"/seen/{name}", mode=files.WriteMode.overwrite)
        taken = []
        for entry in dbx.files_list_folder("/queue").entries:
            try:
                dbx.files_upload(name.encode(), f"/claims/{entry.name}", strict_conflict=True)
            except ApiError:
                continue
            taken.append(entry.name)
            content = dbx.files_download(f"/queue/{entry.name}")[1].content
            dbx.files_move_v2(f"/queue/{entry.name}", f"/running/{entry.name}")
            dbx.files_upload(content, f"/results/{entry.name}")
            dbx.files_move_v2(f"/running/{entry.name}", f"/done/{entry.name}")
            break
        dbx.files_get_metadata(f"/seen/{name}")
        return taken

    return work


def scenario():
    """Return a service with two jobs, and two workers."""
    service = FakeDropboxService(
        files={f"/queue/job-{n}": b"job" for n in range(2)}
        | {f"/{folder}/.keep": b"" for folder in ("claims", "done", "results", "running", "seen")}
    )
    return service, [worker(service.client(), name) for name in "ab"]


def each_has_its_own(run):
    """Check that each worker has claimed one job, and no two the same."""
    taken = [name for names in run.results for name in names]
    assert len(set(taken)) == len(taken) == len(run.results)


def at_random(seeds):
    """Run a random schedule for each seed; campaigns run this function in other processes."""
    service, workers = scenario()
    return interleavings(workers, check=each_has_its_own, service=service, seeds=seeds)


def explored(reduce):
    """Explore all schedules, with or without reduction; return the report and runs per second."""
    service, workers = scenario()
    start = time.process_time()
    report = interleavings(workers, check=each_has_its_own, service=service, reduce=reduce)
    spent = time.process_time() - start
    return report, (report.complete + report.given_up) / spent


def rate(seeds=SEEDS, rounds=ROUNDS):
    """Return the greatest number of random schedules per CPU second in some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        at_random(range(seeds))
        best = min(best, time.process_time() - start)
    return seeds / best


def main() -> None:
    print(f"at random: {rate():.0f} schedules a second and core")
    found = {}
    for reduce in (False, True):
        found[reduce], runs = explored(reduce)
        print(f"{'with' if reduce else 'without'} reduction: {found[reduce]}, {runs:.0f}/s")
    part = (found[True].complete + found[True].given_up) / found[False].complete
    print(f"run with reduction: {part:.2%} (goal {GOAL_PART:.0%})")
    assert set(found[True].outcomes) == set(found[False].outcomes)


if __name__ == "__main__":
    main()
