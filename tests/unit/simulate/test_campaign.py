"""Tests of campaigns: the same outcomes in one process, in several, and on a cluster."""

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest
from tests.support.campaign_tasks import (
    seeds_and_process,
    two_who_add,
    two_who_must_not_lose,
)

from fakedropbox.simulate import InterleavingFailed, campaign


@pytest.fixture(scope="module")
def one_thread():
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        yield executor


def test_reports_are_added_in_the_order_of_the_seeds(one_thread):
    parts = []

    def task(seeds):
        parts.append(seeds)
        return [*seeds]

    assert campaign(task, range(5, 18, 2), executor=one_thread, chunk=3) == [*range(5, 18, 2)]
    assert parts == [range(5, 11, 2), range(11, 17, 2), range(17, 18, 2)]


def test_other_processes_find_the_same_outcomes(one_thread, processes):
    here = campaign(two_who_add, range(40), executor=one_thread, chunk=40)
    there = campaign(two_who_add, range(40), executor=processes, chunk=10)
    assert (here.complete, here.schedules) == (there.complete, there.schedules) == (40, 40)
    assert here.outcomes == there.outcomes
    assert len(here.outcomes) == 2


def test_a_campaign_uses_other_processes_by_default():
    assert os.getpid() not in {process for _, process in campaign(seeds_and_process, range(2))}


def test_the_failure_of_the_lowest_seed_is_raised(one_thread, processes):
    with pytest.raises(InterleavingFailed) as here:
        campaign(two_who_must_not_lose, range(40), executor=one_thread, chunk=5)
    with pytest.raises(InterleavingFailed) as there:
        campaign(two_who_must_not_lose, range(40), executor=processes, chunk=5)
    assert there.value.schedule == here.value.schedule
    assert str(there.value) == str(here.value)


def test_a_campaign_on_a_dask_cluster_finds_the_same_outcomes(one_thread, tmp_path):
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")
    here = campaign(two_who_add, range(40), executor=one_thread)
    with (
        dask.config.set(temporary_directory=str(tmp_path)),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        there = campaign(two_who_add, range(40), executor=client.get_executor(), chunk=5)
        found = campaign(seeds_and_process, range(12), executor=client.get_executor(), chunk=1)
    assert there == here
    assert [seed for seed, _ in found] == [*range(12)]
    assert os.getpid() not in {process for _, process in found}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": range(0)}, r"seeds: expected at least one, got range\(0, 0\)"),
        ({"seeds": [1, 2]}, "seeds: expected range"),
        ({"chunk": 0}, "chunk: expected at least 1, got 0"),
        ({"executor": "dask"}, "executor: expected Executor or None"),
    ],
)
def test_invalid_arguments_are_refused(options, message):
    given = {"seeds": range(3), **options}
    with pytest.raises((TypeError, ValueError), match=message):
        campaign(two_who_add, given.pop("seeds"), **given)
