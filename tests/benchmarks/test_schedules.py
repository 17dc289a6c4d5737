"""Tests of the benchmark's scenario: its outcomes, and its speed on this machine."""

import time

import pytest
from tests.benchmarks.schedules import GOAL_A_SECOND, GOAL_PART, each_has_its_own, scenario

from fakedropbox.simulate import interleavings


def run(**options):
    service, workers = scenario()
    return interleavings(workers, check=each_has_its_own, service=service, **options)


def test_each_worker_makes_at_least_eight_calls():
    service, workers = scenario()
    calls = []
    interleavings(
        workers,
        check=lambda run: calls.append([step.worker for step in run.schedule]),
        service=service,
        seeds=range(20),
    )
    assert min(made.count(worker) for made in calls for worker in (0, 1)) == 8


@pytest.mark.untraced
def test_reduction_runs_few_schedules_and_finds_the_same_outcomes():
    every, fewer = run(reduce="states"), run()
    assert every.schedules > 10_000
    assert fewer.complete + fewer.given_up <= GOAL_PART * every.schedules
    assert set(fewer.outcomes) == set(every.outcomes)


@pytest.mark.campaign
def test_the_goal_of_schedules_per_second_is_reached():
    best = 0.0
    for _ in range(5):
        start = time.process_time()
        report = run(seeds=range(500))
        best = max(best, report.complete / (time.process_time() - start))
    print(f"{best:.0f} schedules per second and core")
    assert best >= GOAL_A_SECOND
