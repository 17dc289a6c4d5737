"""Tests of the numbers of requests for takes, recoveries and whole jobs, by numbers of jobs.

pytest -m campaign -s tests/benchmarks/test_queue_costs.py
"""

import pytest
from tests.benchmarks.queue_costs import SIZES, costs, drained, on_dropbox, requests_of, table

from dropspool.testing.kit import submit, take

PAGE = 500
MOST_PER_JOB = 8


@pytest.mark.parametrize("sizes", [SIZES[:2], pytest.param(SIZES, marks=pytest.mark.campaign)])
def test_a_take_and_a_recovery_cost_the_same_for_any_number_of_jobs(sizes):
    rows = [costs(size) for size in sizes]
    print(f"\n{table(rows)}")
    assert {row.take for row in rows} == {4}
    assert {row.recovery for row in rows} == {3}
    # The first take requests all pages of the queue, not only its changes, and the configuration.
    assert [row.first_take for row in rows] == [3 + 1 + max(1, -(-size // PAGE)) for size in sizes]


@pytest.mark.parametrize("jobs", [100, pytest.param(4_000, marks=pytest.mark.campaign)])
def test_a_drain_costs_at_most_eight_requests_a_job(jobs):
    found = drained(jobs)
    print(f"\ntake and end, {jobs} jobs: {found:.2f} requests a job")
    # The configuration is read once.
    assert found <= MOST_PER_JOB + 1 / jobs


@pytest.mark.parametrize("running", [0, 5])
def test_a_recovery_costs_one_request_for_each_running_job(running):
    service, provider = on_dropbox(0, finished=50)
    for _ in range(running):
        submit(provider)
        take(provider)
    provider.timestamp_queue("fermions")
    assert requests_of(service, lambda: provider.recover("fermions")) == 2 + running
