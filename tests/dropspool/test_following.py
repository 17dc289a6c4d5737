"""Tests of queues on Dropbox: the listing that a cursor keeps up to date, and waiting for jobs."""

import random
import threading
from dataclasses import replace

import dropbox
import pytest
from tests.support.storages import DOORS, DropboxStorage, make_storage

from dropspool import ConnectionLost, MissingScope
from dropspool.testing.kit import drain, end, submit, take
from fakedropbox import Personality
from fakedropbox.personality import preset

QUEUE = "/Backend_files/Queued_Jobs/fermions"
PERSONALITIES = {
    "recorded": Personality(),
    "pages of one": Personality(page_size=1),
    "documented": preset("documented"),
    "hostile, but without failures": replace(preset("hostile"), fail_one_in=0),
    "resets": Personality(reset_one_in=3, page_size=2, empty_first_page=True),
    "tombstones of folders only": Personality(deleted_children=False),
}


@pytest.fixture(params=DOORS)
def storage(request):
    return make_storage(request.param, request)


def routes_of(storage, act):
    """Return the routes of the requests that an action makes."""
    before = storage.requests
    act()
    return [call.route for call in storage.service.calls[before:]]


def job_name(number, user="ada"):
    return f"job-20250101_000000_{number:06}-fermions-{user}-00000.json"


def fill(storage, count):
    storage.seed_files({f"{QUEUE}/{job_name(number)}": b"{}" for number in range(count)})


@pytest.mark.parametrize("count", [3, 1200])
def test_a_take_after_the_first_one_costs_four_requests_for_any_number_of_jobs(
    storage, backend, count
):
    fill(storage, count)
    take(backend)
    expected = ["files/list_folder/continue", "files/upload", "files/upload", "files/move_v2"]
    for _ in range(2):
        assert routes_of(storage, lambda: take(backend)) == expected


@pytest.mark.parametrize("name", PERSONALITIES)
@pytest.mark.parametrize("seed", range(3))
def test_the_followed_queue_has_the_names_of_a_new_listing(dropbox_services, name, seed):
    """Check after random changes of jobs and of the folder, which is deleted and created again."""
    service = dropbox_services(seed, PERSONALITIES[name])
    storage = DropboxStorage(service, direct=True)
    chance = random.Random(seed)  # noqa: S311 -- a test
    followed = storage.provider().files.following(QUEUE)
    client = service.client()
    assert followed() == []
    for step in range(60):
        present = sorted(path for path in service.files if path.startswith(QUEUE))
        deed = chance.choice(["add", "add", "add", "move", "delete", "replace", "folder", "clear"])
        if deed == "add" or not present:
            name = job_name(chance.randrange(1000))
            storage.seed_files({f"{QUEUE}/{name}": b"%d" % step})
        elif deed == "move":
            client.files_move_v2(chance.choice(present), f"/elsewhere/{step}")
        elif deed == "delete":
            client.files_delete_v2(chance.choice(present))
        elif deed == "replace":
            storage.seed_files({chance.choice(present): b"%d" % step})
        elif deed == "folder":
            client.files_create_folder_v2(f"{QUEUE}/{step}")
        elif chance.random() < 0.3:
            client.files_delete_v2(QUEUE)
            if chance.random() < 0.5:
                client.files_create_folder_v2(QUEUE)
        if chance.random() < 0.6:
            storage.wait(3600)  # longer than any listing lags
            expected = sorted(
                path.removeprefix(f"{QUEUE}/")
                for path in service.files
                if path.startswith(f"{QUEUE}/")
            )
            assert followed() == expected


def test_a_listing_that_fails_between_two_pages_is_continued(dropbox_services):
    service = dropbox_services(0, Personality(page_size=2))
    storage = DropboxStorage(service, direct=True)
    fill(storage, 7)
    followed = storage.provider().files.following(QUEUE)
    service.faults.connection_refused("files/list_folder/continue", times=5)
    with pytest.raises(ConnectionLost):
        followed()
    assert followed() == [job_name(number) for number in range(7)]
    assert [call.route for call in service.calls].count("files/list_folder") == 1


def test_a_listing_that_dropbox_refuses_to_continue_is_started_again_by_the_next_call(
    storage, backend
):
    fill(storage, 2)
    followed = backend.files.following(QUEUE)
    followed()
    storage.service.faults.missing_scope("files/list_folder/continue")
    with pytest.raises(MissingScope):
        followed()
    assert routes_of(storage, followed) == ["files/list_folder"]


def test_a_file_whose_case_changes_is_listed_once_by_its_new_name(storage, backend):
    fill(storage, 1)
    followed = backend.files.following(QUEUE)
    assert followed() == [job_name(0)]
    client = storage.service.client()
    client.files_delete_v2(f"{QUEUE}/{job_name(0)}")
    storage.seed_files({f"{QUEUE}/{job_name(0, 'ADA')}": b"{}"})
    assert followed() == [job_name(0, "ADA")]


def test_a_folder_in_place_of_a_file_is_not_listed(storage, backend):
    fill(storage, 1)
    followed = backend.files.following(QUEUE)
    followed()
    client = storage.service.client()
    client.files_delete_v2(f"{QUEUE}/{job_name(0)}")
    client.files_create_folder_v2(f"{QUEUE}/{job_name(0)}")
    assert followed() == []
    client.files_delete_v2(f"{QUEUE}/{job_name(0)}")
    fill(storage, 1)
    assert followed() == [job_name(0)]


def test_threads_share_a_followed_queue(storage, backend):
    fill(storage, 40)
    taken = []

    def work():
        while (job_id := take(backend)) != "None":
            taken.append(job_id)
            end(backend, job_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 40


def test_the_ids_of_waiting_jobs_are_sorted_and_nothing_is_changed(storage, backend):
    fill(storage, 3)
    before = storage.files
    expected = [job_name(number).removeprefix("job-")[:-5] for number in range(3)]
    assert backend.waiting_jobs("fermions") == expected
    assert storage.files == before
    assert routes_of(storage, lambda: backend.waiting_jobs("fermions")) == [
        "files/list_folder/continue"
    ]


class TestWaiting:
    def test_the_first_wait_for_jobs_returns_all_backends_without_waiting(self, storage, backend):
        found = routes_of(storage, lambda: backend.wait_for_jobs(["fermions", "bosons"], 30))
        assert found == [
            "files/list_folder/get_latest_cursor",
            "files/create_folder_v2",
            "files/list_folder/get_latest_cursor",
        ]
        assert storage.provider().wait_for_jobs(["fermions", "bosons"], 30) == {
            "fermions",
            "bosons",
        }

    def test_a_wait_returns_the_backends_that_got_jobs(self, storage, backend, backend_config):
        for name in ("bosons", "anyons"):
            backend.upload_config(backend_config, name)
        names = ["fermions", "bosons", "anyons"]
        backend.wait_for_jobs(names, 30)
        for name in ("fermions", "bosons"):
            storage.provider().upload_job({}, name, "ada")
        assert backend.wait_for_jobs(names, 30) == {"fermions", "bosons"}
        assert backend.wait_for_jobs(names, 30) == set()

    def test_a_wait_without_changes_is_one_request_and_takes_the_given_time(self, storage, backend):
        backend.wait_for_jobs(["fermions"], 30)
        start = storage.clock.now()
        found = []
        routes = routes_of(storage, lambda: found.append(backend.wait_for_jobs(["fermions"], 480)))
        assert found == [set()]
        assert routes == ["files/list_folder/longpoll"]
        assert (storage.clock.now() - start).total_seconds() == 480

    @pytest.mark.parametrize(("given", "used"), [(0, 30), (45.4, 45), (1e9, 480)])
    def test_the_timeout_of_a_wait_is_within_the_limits_of_dropbox(
        self, storage, backend, given, used
    ):
        backend.wait_for_jobs(["fermions"], 30)
        start = storage.clock.now()
        backend.wait_for_jobs(["fermions"], given)
        assert (storage.clock.now() - start).total_seconds() == used

    def test_jobs_that_others_have_already_taken_are_not_reported(self, storage, backend):
        backend.wait_for_jobs(["fermions"], 30)
        other = storage.provider()
        submit(other)
        drain(other)
        assert backend.wait_for_jobs(["fermions"], 30) == set()

    def test_a_job_of_another_backend_ends_the_wait_without_a_result(
        self, storage, backend, backend_config
    ):
        backend.upload_config(backend_config, "bosons")
        backend.wait_for_jobs(["fermions"], 30)
        storage.provider().upload_job({}, "bosons", "ada")
        start = storage.clock.now()
        assert backend.wait_for_jobs(["fermions"], 30) == set()
        assert (storage.clock.now() - start).total_seconds() < 1

    def test_a_wait_returns_all_backends_if_its_cursor_was_reset(self, storage, backend):
        backend.wait_for_jobs(["fermions"], 30)
        storage.service.faults.reset_cursor("files/list_folder/longpoll")
        assert backend.wait_for_jobs(["fermions"], 30) == {"fermions"}

    def test_a_wait_returns_all_backends_if_the_queues_were_deleted(self, backend):
        submit(backend)
        backend.wait_for_jobs(["fermions"], 30)
        backend.delete_folder("Backend_files/Queued_Jobs")
        assert backend.wait_for_jobs(["fermions"], 30) == {"fermions"}
        assert backend.wait_for_jobs(["fermions"], 30) == set()

    def test_a_failure_of_a_wait_is_raised_after_one_attempt(self, storage, backend):
        backend.wait_for_jobs(["fermions"], 30)
        storage.service.faults.connection_refused("files/list_folder/longpoll")
        with pytest.raises(ConnectionLost):
            backend.wait_for_jobs(["fermions"], 30)

    # By the direct client, because coverage measures no tests with the SDK, and no other test
    # asks for a pause.
    @pytest.mark.parametrize("storage", ["direct"], indirect=True)
    def test_the_pause_that_dropbox_asks_for_is_made(self, storage, backend, monkeypatch):
        backend.wait_for_jobs(["fermions"], 30)
        longpoll = dropbox.Dropbox.files_list_folder_longpoll

        def asking(client, *args, **options):
            found = longpoll(client, *args, **options)
            found.backoff = 7
            return found

        monkeypatch.setattr(dropbox.Dropbox, "files_list_folder_longpoll", asking)
        start = storage.clock.now()
        backend.wait_for_jobs(["fermions"], 30)
        assert (storage.clock.now() - start).total_seconds() == 37

    def test_an_invalid_display_name_is_refused_without_a_request(self, storage, backend):
        before = storage.requests
        with pytest.raises(ValueError, match="display_name: expected"):
            backend.wait_for_jobs(["a b"], 30)
        assert storage.requests == before


def test_workers_that_are_woken_together_do_not_all_run_for_the_same_job(
    dropbox_service, backend_config
):
    """Each waits for a different time; all but the first find the job gone, and claim nothing."""
    storage = DropboxStorage(dropbox_service, direct=True)
    workers = [storage.provider(worker_id=f"worker {number}") for number in range(4)]
    workers[0].upload_config(backend_config, "fermions")
    for worker in workers:
        worker.wait_for_jobs(["fermions"], 30)
    job_id = submit(workers[0])
    taken = [take(worker) for worker in workers if worker.wait_for_jobs(["fermions"], 30)]
    assert taken == [job_id]


def test_a_worker_that_lost_a_race_tries_the_next_job_after_a_pause(
    dropbox_service, backend_config
):
    storage = DropboxStorage(dropbox_service, direct=True)
    pauses = []

    class Clock:
        now = dropbox_service.clock.now

        def sleep(self, seconds):
            pauses.append(seconds)

    worker = storage.provider(clock=Clock())
    worker.upload_config(backend_config, "fermions")
    first, second = submit(worker), submit(worker)
    create = worker.files.create

    def create_too_late(path, data):
        worker.files.create = create
        storage.seed_files({path: b'{"worker": "another"}'})
        queued = f"{QUEUE}/job-{first}.json"
        storage.service.client().files_move_v2(queued, path.replace("claim-", "job-"))
        return create(path, data)

    worker.files.create = create_too_late
    assert take(worker) == second
    assert len(pauses) == 1
    assert 0 < pauses[0] < 0.5
