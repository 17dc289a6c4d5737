"""Tests of the fixtures `dropbox_queue` and `local_queue`: the life of a job, step by step."""

import pytest

from dropspool import LocalProvider
from dropspool.schemas import BackendConfigSchemaIn
from dropspool.testing import SimulatedQueue
from fakedropbox.clock import SystemClock


@pytest.fixture(params=["dropbox_queue", "local_queue"])
def queue(request):
    return request.getfixturevalue(request.param)


def test_a_job_is_run_by_the_next_step(queue):
    job_id = queue.submit({"one": {"shots": 2}, "two": {"shots": 1}}, user="Bob-Smith")
    assert queue.details(job_id).job.state == "queued"
    assert queue.step() == job_id
    assert queue.status(job_id).status == "DONE"
    result = queue.result(job_id)
    assert [each.header["name"] for each in result.results] == ["one", "two"]
    assert result.results[0].data.memory == ["0", "0"]
    assert queue.step() is None


def test_a_step_runs_one_job_and_drain_the_others(queue):
    ids = [queue.submit() for _ in range(3)]
    assert queue.step() == ids[0]
    assert [queue.details(job_id).job.state for job_id in ids] == ["done", "queued", "queued"]
    assert queue.drain() == ids[1:]
    assert queue.drain() == []


def test_the_executor_of_the_test_is_used(queue):
    def broken(_):
        raise ValueError("no atoms")

    job_id = queue.submit()
    queue.executor = broken
    queue.step()
    assert queue.status(job_id).error_message == "ValueError: no atoms"


def test_a_job_can_be_looked_at_while_it_runs(queue):
    job_id = queue.submit()
    seen = []
    queue.executor = lambda _: seen.append(queue.details(job_id).job.state) or []
    queue.step()
    assert seen == ["running"]


def test_jobs_can_be_taken_finished_and_failed_without_an_executor(queue):
    first, second, third = (queue.submit() for _ in range(3))
    assert queue.take() == first
    assert queue.details(first).job.state == "running"
    queue.finish(first)
    assert queue.take() == second
    queue.fail(second, "no atoms")
    assert queue.take() == third
    queue.finish(third, [])
    assert queue.take() is None
    assert [len(queue.result(job_id).results) for job_id in (first, third)] == [1, 0]
    status = queue.status(second)
    assert (status.status, status.error_message) == ("ERROR", "no atoms")


def test_the_job_of_a_worker_that_crashed_is_run_when_its_lease_has_ended(queue):
    job_id = queue.submit()
    queue.take()
    queue.crash()
    assert queue.step() is None
    queue.wait(queue.provider.lease_seconds + 1)
    assert queue.step() == job_id
    assert queue.status(job_id).status == "DONE"


def test_submit_and_drain_let_no_time_pass(queue):
    before = queue.clock.now()
    queue.submit()
    queue.drain()
    assert (queue.clock.now() - before).total_seconds() == 0


def test_the_queue_has_the_backend_of_the_fixture_backend_config(queue, backend_config):
    assert queue.backend == "fermions"
    assert queue.provider.get_config("fermions").version == backend_config.version


def test_local_queue_uses_the_folder_of_local_provider(local_queue, local_provider):
    local_queue.submit()
    assert local_provider.get_next_job_in_queue("fermions").job_id != "None"
    assert isinstance(local_queue.provider, LocalProvider)


def test_a_configuration_without_a_name_and_the_system_clock_are_refused(
    local_provider, backend_config, dropbox_clock
):
    nameless = BackendConfigSchemaIn.model_validate(
        {**backend_config.model_dump(), "display_name": None}
    )
    with pytest.raises(ValueError, match=r"config.display_name: expected"):
        SimulatedQueue(lambda: local_provider, nameless, dropbox_clock)
    with pytest.raises(TypeError, match="clock: expected a ManualClock"):
        SimulatedQueue(lambda: local_provider, backend_config, SystemClock())
