"""Tests of the methods that a provider inherits from `StorageProvider` if it has no own ones."""

import pytest
from tests.support.replaced_system import ReplacedProvider

from dropspool.testing.kit import submit

pytestmark = pytest.mark.usefixtures("dropbox_active")


@pytest.fixture
def foreign(dropbox_login, dropbox_service, backend_config):
    provider = ReplacedProvider(dropbox_login, "foreign", clock=dropbox_service.clock)
    provider.upload_config(backend_config, "fermions")
    return provider


def test_waiting_jobs_returns_the_ids_of_the_jobs_in_the_queue(foreign, dropbox_service):
    assert foreign.waiting_jobs("fermions") == []
    ids = [submit(foreign) for _ in range(2)]
    folder = "/Backend_files/Queued_Jobs/fermions"
    dropbox_service.seed_files(
        {
            f"{folder}/notes.txt": b"",
            f"{folder}/job-20260101_000000-bosons-ada-00000.json": b"{}",
        }
    )
    assert foreign.waiting_jobs("fermions") == sorted(ids)
    assert foreign.get_backend_status("fermions").pending_jobs == 2
    with pytest.raises(ValueError, match="display_name: expected"):
        foreign.waiting_jobs("a b")


def test_waiting_for_jobs_and_giving_one_back_have_no_effect(foreign):
    assert foreign.wait_for_jobs(["fermions"], 30) is None
    job_id = submit(foreign)
    foreign.give_back(job_id, "fermions")
    assert foreign.waiting_jobs("fermions") == [job_id]


def test_a_provider_in_a_folder_cannot_wait_for_jobs(local_provider):
    assert local_provider.wait_for_jobs(["fermions"], 30) is None
