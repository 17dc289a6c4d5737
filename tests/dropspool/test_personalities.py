"""Tests of the queue with the personalities `documented` and `hostile`.

A listing that lags hides a job for a while: the job is taken later, and only once.
"""

import json

import pytest
from tests.support.storages import DOORS, DropboxStorage

from dropspool.layout import RUNNING_JOBS
from dropspool.testing.kit import check_always, check_at_rest, end, jobs_in, submit
from fakedropbox import Personality
from fakedropbox.personality import preset

pytestmark = pytest.mark.untraced

PRESETS = ("documented", "hostile")
USERS = ("ada", "grace", "hedy")


def take_and_end_one(storage, worker):
    """Take a job and end it, or wait if there is none; return the ids of the ended jobs."""
    job_id = worker.get_next_job_in_queue("fermions").job_id
    if job_id == "None":
        storage.wait(5)
        return []
    n = worker.get_job_content(f"/{RUNNING_JOBS}", job_id)["n"]
    end(worker, job_id, n=n)
    return [job_id]


def submit_and_end(storage, backend_config, jobs):
    """Submit jobs and let two workers end them; return the submitted and the ended ids."""
    users, *workers = [storage.provider() for _ in range(3)]
    users.upload_config(backend_config, "fermions")
    submitted, ended = [], []
    for n in range(jobs):
        submitted.append(submit(users, USERS[n % 3], n=n))
        ended += take_and_end_one(storage, workers[n % 2])
        check_always(storage.files)
    for _ in range(3):
        for worker in workers:
            while found := take_and_end_one(storage, worker):
                ended += found
                check_always(storage.files)
    return submitted, ended


def check_each_job_ends_once(service, backend_config, *, direct, jobs):
    """Submit and end jobs on a service; check that each is done once, with its own result."""
    storage = DropboxStorage(service, direct=direct)
    with service.activate():
        submitted, ended = submit_and_end(storage, backend_config, jobs)
        storage.wait(3600)
        storage.provider().recover("fermions")
    assert sorted(ended) == sorted(submitted)
    check_at_rest(storage.files)
    found = jobs_in(storage.files)
    assert {job.status for job in found.values()} == {"DONE"}
    for n, job_id in enumerate(submitted):
        assert json.loads(found[job_id].result)["header"] == {"n": n}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("door", DOORS)
def test_every_job_ends_once(dropbox_services, backend_config, door, name, seed):
    service = dropbox_services(seed, preset(name))
    check_each_job_ends_once(service, backend_config, direct=door == "direct", jobs=9)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 300))
@pytest.mark.parametrize("name", PRESETS)
def test_every_job_ends_once_with_many_seeds(dropbox_services, backend_config, name, seed):
    check_each_job_ends_once(
        dropbox_services(seed, preset(name)), backend_config, direct=True, jobs=40
    )


@pytest.mark.dropbox(personality=Personality(empty_first_page=True, reset_one_in=3))
def test_a_listing_whose_cursor_is_reset_is_started_again(dropbox_service):
    provider = DropboxStorage(dropbox_service, direct=True).provider()
    dropbox_service.client().files_create_folder_v2("/empty")
    assert [provider.get_file_queue("empty") for _ in range(9)] == [[]] * 9
    resets = [call for call in dropbox_service.calls if call.outcome == "reset"]
    assert len(resets) == 4
