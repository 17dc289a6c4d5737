"""The part of the contract about the queue, its order, and the users of jobs."""

from __future__ import annotations

import secrets
from unittest import mock

import pytest

from dropspool.testing._contract_base import ContractPart, on, requires
from dropspool.testing.bench import Bench
from dropspool.testing.kit import (
    BACKEND,
    config,
    drain,
    end,
    jobs_in,
    result_of,
    status_of,
    submit,
    take,
)
from fakedropbox import faults

QUEUE = f"Backend_files/Queued_Jobs/{BACKEND}"

MOST_REQUESTS = 18
"""The largest number of requests for a whole job, including two for the tokens."""


class QueueContract(ContractPart):
    """Jobs are taken in order, each by one worker, and only their users can see them."""

    def test_an_empty_queue_returns_no_job(self, bench: Bench) -> None:
        """For an empty queue the answer is the string `None`."""
        job = self.backend(bench).get_next_job_in_queue(BACKEND)
        assert (job.job_id, job.job_json_path) == ("None", "None")

    @pytest.mark.parametrize("user", ["ada", "Bob-Smith", "chlo\u00e9.d", "a b", "job-x.json"])
    def test_the_life_of_a_job(self, bench: Bench, user: str) -> None:
        """A job is queued, taken, read and run, and its user reads the status and the result."""
        provider, worker = self.backend(bench), self.worker(bench)
        job_id = provider.upload_job({"n": 1}, BACKEND, user)
        assert provider.upload_status(BACKEND, user, job_id).status == "INITIALIZING"
        job = worker.get_next_job_in_queue(BACKEND)
        assert (job.job_id, job.job_json_path) == (job_id, "Backend_files/Running_Jobs")
        assert worker.get_job_content(job.job_json_path, job_id) == {"n": 1}
        worker.update_in_database(
            result_of(job_id), status_of(job_id, "QUEUED", "half done"), job_id, BACKEND
        )
        assert provider.get_status(BACKEND, user, job_id).detail == "half done"
        end(worker, job_id, n=1)
        assert provider.get_status(BACKEND, user, job_id) == status_of(job_id)
        result = provider.get_result(BACKEND, user, job_id)
        assert (result.success, result.header) == (True, {"n": 1})
        assert result.backend_name == provider.long_backend_name(BACKEND, simulator=True)
        assert take(worker) == "None"

    @pytest.mark.parametrize("status", ["QUEUED", "DONE", "ERROR"])
    def test_the_first_status_replaces_no_other(self, bench: Bench, status: str) -> None:
        """A first status that comes late, or again, returns the stored one and changes nothing."""
        provider, worker = self.backend(bench), self.worker(bench)
        job_id = submit(provider)
        assert take(worker) == job_id
        end(worker, job_id, status)
        before = provider.get_status(BACKEND, "ada", job_id)
        assert provider.upload_status(BACKEND, "ada", job_id).status == status
        assert provider.get_status(BACKEND, "ada", job_id) == before

    @on("dropbox")
    def test_a_whole_job_needs_few_requests(self, bench: Bench) -> None:
        """Each request takes a fraction of a second, and Dropbox limits their rate."""
        provider, worker = self.backend(bench), self.worker(bench)
        before = len(bench.service.calls)
        job_id = submit(provider)
        job = worker.get_next_job_in_queue(BACKEND)
        worker.get_job_content(job.job_json_path, job_id)
        end(worker, job_id)
        provider.get_status(BACKEND, "ada", job_id)
        provider.get_result(BACKEND, "ada", job_id)
        made = len(bench.service.calls) - before
        assert made <= MOST_REQUESTS, f"{made} requests, expected at most {MOST_REQUESTS}"

    def test_a_missing_job_has_the_status_error(self, bench: Bench) -> None:
        """A user may ask for any job id, and the answer says that the job is missing."""
        provider = self.backend(bench)
        for job_id in (f"20260101_000000-{BACKEND}-ada-00000", "x", ""):
            status = provider.get_status(BACKEND, "ada", job_id)
            assert (status.status, status.error_message) == (
                "ERROR",
                f"Missing status file for {job_id}.",
            )
            result = provider.get_result(BACKEND, "ada", job_id)
            assert (result.status, result.success, result.results) == ("ERROR", False, [])

    # Order

    def test_jobs_submitted_at_the_same_time_keep_their_order(self, bench: Bench) -> None:
        """A clock may stand still or be set back between two submissions."""
        provider = self.backend(bench)
        ids = [submit(provider, user) for user in ("b", "a", "c", "a")]
        bench.clock.set(bench.clock.now().replace(year=2025))
        ids.append(submit(provider, "a"))
        _check_order(drain(provider), ids)

    def test_jobs_are_taken_in_the_order_of_their_ids(self, bench: Bench) -> None:
        """The first job is submitted with a fast clock, so its id is the greatest."""
        provider = self.backend(bench)
        ids = [submit(self.worker(bench, skew), n=skew) for skew in (5, -5, 0)]
        _check_order(drain(provider), sorted(ids))

    def test_the_end_of_a_long_queue_is_reached(self, bench: Bench) -> None:
        """All pages of a listing are read, even if the oldest job was submitted last."""
        provider = self.backend(bench)
        ids = [submit(provider) for _ in range(8)]
        ids.insert(0, submit(self.worker(bench, -5)))
        _check_order(drain(provider), ids)

    @on("dropbox")
    def test_a_fault_while_the_queue_is_read_changes_no_order(self) -> None:
        """One request of a claim keeps failing: the claim raises, or the oldest job is taken."""
        for number in range(MOST_REQUESTS):
            with Bench() as bench:
                provider, worker = self.backend(bench), self.worker(bench)
                for _ in range(5):
                    submit(provider)
                oldest = submit(self.worker(bench, -5))
                lasting = faults.server_error("files/list_folder*", times=30)
                with bench.failing(number, lasting) as was_reached:
                    try:
                        assert take(worker) == oldest, "a part of the queue was not read"
                    except OSError:
                        assert was_reached(), "there was no fault"
                if not was_reached():
                    return

    def test_two_jobs_never_have_the_same_id(self, bench: Bench) -> None:
        """Two processes submit in the same instant and draw the same random digits."""
        submitters = [self.backend(bench), self.worker(bench)]
        with mock.patch.multiple(
            secrets,
            randbelow=lambda _: 10,
            randbits=lambda _: 10,
            token_hex=lambda n=16: "0a" * (n or 16),
        ):
            ids = [submit(each, n=n) for n, each in enumerate(submitters)]
        found = [take(submitters[0]) for _ in ids]
        contents = [
            submitters[0].get_job_content("Backend_files/Running_Jobs", job_id)
            for job_id in found
            if job_id != "None"
        ]
        assert contents == [{"n": 0}, {"n": 1}], f"of two jobs, only these exist: {contents}"

    # Workers

    def test_the_first_wait_for_jobs_does_not_wait(self, bench: Bench) -> None:
        """It returns all backends, as their jobs may have come before it; or it cannot wait."""
        provider, worker = self.backend(bench), self.worker(bench)
        other = "bosons"
        provider.upload_config(config(other), other)
        submit(provider)
        asked, before = [BACKEND, other], bench.clock.time()
        found = worker.wait_for_jobs(asked, 30)
        assert bench.clock.time() - before < 1, "it waits"
        if found is not None:
            assert found == {*asked}, f"it does not say that these may have jobs: {asked}"
        job_id = submit(provider)
        found = worker.wait_for_jobs(asked, 30)
        assert found is None or BACKEND in found, f"it has missed {job_id}"

    def test_a_job_is_taken_once(self, bench: Bench) -> None:
        """Several workers take different jobs."""
        provider = self.backend(bench)
        ids = [submit(provider) for _ in range(3)]
        found = [take(self.worker(bench)) for _ in range(4)]
        assert found == [*ids, "None"]

    @on("dropbox")
    @pytest.mark.parametrize("route", ["files/upload", "files/move_v2"])
    def test_the_loser_of_a_race_takes_the_next_job(self, bench: Bench, route: str) -> None:
        """Another worker takes a job just before this one does."""
        provider, other = self.backend(bench), self.worker(bench)
        ids = [submit(provider) for _ in range(2)]
        found: list[str] = []
        path = None if route == "files/move_v2" else f"*{ids[0]}*"
        bench.meanwhile(route, lambda: found.append(take(other)), path=path)
        found.append(take(provider))
        if len(found) == 1:
            pytest.skip(f"the provider takes a job without {route}")
        assert sorted(found) == ids, f"of {ids}, two workers took {found}"

    def test_a_broken_job_does_not_block_the_queue(self, bench: Bench) -> None:
        """The job ends in an error, even if every worker that reads it crashes."""
        provider = self.backend(bench)
        broken = f"20250101_000000_000000-{BACKEND}-ada-00000"
        provider.upload_string("{", QUEUE, f"job-{broken}")
        whole = submit(provider)
        for _ in range(2):
            worker = self.worker(bench)
            job = worker.get_next_job_in_queue(BACKEND)
            try:
                worker.get_job_content(job.job_json_path, job.job_id)
            except ValueError:
                bench.wait(worker.lease_seconds + 2)
                continue
            end(worker, job.job_id)
        if self.capabilities.recovery:
            provider.recover(BACKEND)
        assert take(provider) == "None", "the broken job is in the queue again"
        assert provider.get_status(BACKEND, "ada", whole).status == "DONE"
        status = provider.get_status(BACKEND, "ada", broken)
        assert status.status == "ERROR", "its user does not see the error"
        assert "Missing" not in status.error_message, "its user sees it as missing"

    @on("dropbox", "folder")
    @requires("layout")
    def test_foreign_files_in_the_queue_are_left_alone(self, bench: Bench) -> None:
        """Files that are not jobs stay in the folder and do not block any job."""
        provider = self.backend(bench)
        foreign = {
            f"/{QUEUE}/{name}": b"x"
            for name in ("notes.txt", "job-.json", "job-1.json", "job-x.json/y", ".a")
        }
        self.seed(bench, foreign)
        job_id = submit(provider)
        assert drain(provider) == [job_id]
        left = self.files(bench)
        assert {path for path in foreign if "/.a" not in path} <= left.keys()

    # Users

    @pytest.mark.parametrize("name", ["", ".", "..", "../bob", "a/b", "/a", "a/", "a\\b", "a\n"])
    def test_an_invalid_username_is_refused(self, bench: Bench, name: str) -> None:
        """Each method that takes a user name refuses it before anything is written."""
        provider = self.backend(bench)
        before = dict(self.files(bench))
        job_id = f"20260101_000000-{BACKEND}-ada-00000"
        for ask in (
            lambda: provider.upload_job({}, BACKEND, name),
            lambda: provider.upload_status(BACKEND, name, job_id),
            lambda: provider.get_status(BACKEND, name, job_id),
            lambda: provider.get_result(BACKEND, name, job_id),
        ):
            with pytest.raises(ValueError, match="username"):
                ask()
        assert self.files(bench) == before

    @pytest.mark.parametrize("name", ["", "A", "a_b", "a-b", "a/b", "..", "a\n"])
    def test_an_invalid_backend_name_is_refused(self, bench: Bench, name: str) -> None:
        """Methods that take the name of a backend refuse it before anything is written."""
        provider = self.backend(bench)
        before = dict(self.files(bench))
        job_id = f"20260101_000000-{BACKEND}-ada-00000"
        for ask in (
            lambda: provider.upload_config(config(), name),
            lambda: provider.get_config(name),
            lambda: provider.get_backend_dict(name),
            lambda: provider.timestamp_queue(name),
            lambda: provider.upload_job({}, name, "ada"),
            lambda: provider.get_status(name, "ada", job_id),
            lambda: provider.get_next_job_in_queue(name),
        ):
            with pytest.raises(ValueError, match="display_name"):
                ask()
        assert self.files(bench) == before

    @pytest.mark.parametrize(("user", "twin"), [("Bob", "bob"), ("\u00c9", "\u00e9")])
    def test_usernames_are_case_sensitive(self, bench: Bench, user: str, twin: str) -> None:
        """A user whose name differs only in case cannot see the job."""
        provider = self.backend(bench)
        job_id = submit(provider, user)
        end(provider, take(provider), n=1)
        for asked in (job_id, job_id.replace(f"-{user}-", f"-{twin}-")):
            assert provider.get_status(BACKEND, twin, asked).status == "ERROR"
            assert not provider.get_result(BACKEND, twin, asked).success, f"{twin} reads {user}'s"
        assert provider.get_result(BACKEND, user, job_id).header == {"n": 1}

    @requires("layout")
    def test_each_file_is_where_the_layout_says(self, bench: Bench) -> None:
        """Other programs that know the layout find the files."""
        provider = self.backend(bench)
        ids = {status: submit(provider, "ada-b") for status in ("DONE", "ERROR", "QUEUED")}
        for status, job_id in ids.items():
            assert take(provider) == job_id
            if status != "QUEUED":
                end(provider, job_id, status)
        own = f"{BACKEND}/ada-b"
        expected = {f"/Backend_files/Status/{own}/status-{job_id}.json" for job_id in ids.values()}
        expected |= {
            f"/Backend_files/Config/{BACKEND}/config.json",
            f"/Backend_files/Finished_Jobs/{own}/job-{ids['DONE']}.json",
            f"/Backend_files/Result/{own}/result-{ids['DONE']}.json",
            f"/Backend_files/Deleted_Jobs/job-{ids['ERROR']}.json",
            f"/Backend_files/Running_Jobs/job-{ids['QUEUED']}.json",
        }
        # Claims are not part of the layout that other programs know.
        found = {path for path in self.files(bench) if "/claim-" not in path}
        assert found == expected
        assert jobs_in(self.files(bench))[ids["ERROR"]].result is None


def _check_order(found: list[str], ids: list[str]) -> None:
    numbers = [ids.index(job_id) for job_id in found]
    assert numbers == [*range(len(ids))], f"of {len(ids)} jobs, these are taken: {numbers}"
