"""The part of the contract about the end of jobs, leases and the recovery after crashes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dropspool.providers.base import StorageProvider
from dropspool.testing._contract_base import MOST_STEPS, ContractPart, inherits, on, requires
from dropspool.testing._faults import CHANGES
from dropspool.testing.bench import Bench
from dropspool.testing.kit import (
    BACKEND,
    check_always,
    check_at_rest,
    drain,
    end,
    jobs_in,
    result_of,
    status_of,
    submit,
    take,
)
from fakedropbox import faults

FAULTS: dict[str, Callable[[str], faults.Fault]] = {
    "its reply is lost": faults.lost_reply,
    "its reply is not JSON": faults.corrupt_reply,
    "it is carried out and answered by a 503": lambda route: faults.server_error(
        route, status=503, when="after"
    ),
    "it is not carried out and answered by a 500": faults.server_error,
    "the connection is refused": faults.connection_refused,
    "the rate limit is reached": faults.rate_limit,
    "others write": lambda route: faults.too_many_write_operations(route, answer="write_error"),
}
"""The temporary faults that must not change the outcome, by their descriptions."""

MOST_REQUESTS = 50
"""More requests than a recovery of one job should need."""

KILLS = 20
"""The number of killed workers after which a job must have ended in an error."""


class EndsContract(ContractPart):
    """A job ends once, whatever happens to its workers and to their requests."""

    def test_the_first_result_is_kept(self, bench: Bench) -> None:
        """An end by another worker, with a result or an error, changes nothing after the first."""
        provider = self.backend(bench)
        job_id = submit(provider)
        assert take(provider) == job_id
        end(provider, job_id, n=1)
        end(self.worker(bench), job_id, n=2)
        end(self.worker(bench), job_id, "ERROR")
        assert provider.get_result(BACKEND, "ada", job_id).header == {"n": 1}
        assert provider.get_status(BACKEND, "ada", job_id).status == "DONE"

    def test_an_error_has_no_result(self, bench: Bench) -> None:
        """The status `ERROR` ends the job without a result."""
        provider = self.backend(bench)
        job_id = submit(provider)
        assert take(provider) == job_id
        end(provider, job_id, "ERROR")
        assert provider.get_status(BACKEND, "ada", job_id).status == "ERROR"
        assert not provider.get_result(BACKEND, "ada", job_id).success
        assert take(provider) == "None"

    def test_an_error_is_final(self, bench: Bench) -> None:
        """A result after an error that a worker has reported changes nothing."""
        provider = self.backend(bench)
        job_id = submit(provider)
        assert take(provider) == job_id
        end(provider, job_id, "ERROR")
        done = result_of(job_id), status_of(job_id), job_id, BACKEND
        for late in (provider, self.worker(bench)):
            assert late.update_in_database(*done) is False, "the result counts as stored"
            assert provider.get_status(BACKEND, "ada", job_id).status == "ERROR"
            assert not provider.get_result(BACKEND, "ada", job_id).success

    @pytest.mark.parametrize("status", ["DONE", "ERROR"])
    def test_a_late_report_changes_no_end(self, bench: Bench, status: str) -> None:
        """A report of progress that comes after the end of the job does not undo it."""
        provider = self.backend(bench)
        job_id = submit(provider)
        assert take(provider) == job_id
        end(provider, job_id, status, n=1)
        before = provider.get_status(BACKEND, "ada", job_id)
        assert before.status == status
        for late in (provider, self.worker(bench)):
            report = status_of(job_id, "QUEUED", "half done")
            late.update_in_database(result_of(job_id), report, job_id, BACKEND)
            assert provider.get_status(BACKEND, "ada", job_id) == before
        assert provider.get_result(BACKEND, "ada", job_id).success == (status == "DONE")

    @pytest.mark.parametrize("status", ["DONE", "ERROR"])
    def test_the_end_of_a_job_without_a_file_is_refused(self, bench: Bench, status: str) -> None:
        """A job that was never queued cannot be ended, though its id is well formed."""
        provider = self.backend(bench)
        job_id = f"20260101_000000_000000-{BACKEND}-ada-00000"
        with pytest.raises(FileNotFoundError):
            end(provider, job_id, status)
        assert not provider.get_result(BACKEND, "ada", job_id).success

    @pytest.mark.parametrize("status", ["DONE", "ERROR"])
    def test_an_end_may_be_repeated(self, bench: Bench, status: str) -> None:
        """A worker that received no answer ends the job again."""
        provider = self.backend(bench)
        job_id = submit(provider)
        assert take(provider) == job_id
        for _ in range(3):
            end(provider, job_id, status)
        assert provider.get_status(BACKEND, "ada", job_id).status == status

    @on("dropbox", "folder")
    @requires("layout", "recovery")
    @pytest.mark.parametrize("status", ["DONE", "ERROR"])
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_worker_may_die_at_any_change(self, bench: Bench, status: str, when: str) -> None:
        """No job is lost, DONE implies a result, and after a recovery the job ends."""
        if when == "after" and self.capabilities.storage == "folder":
            pytest.skip("in a folder, the moment after a change is the one before the next")
        provider = self.backend(bench)
        for changes in range(MOST_STEPS):
            job_id = submit(provider)
            worker = self.worker(bench)
            lived = []
            with bench.dying(changes, "after" if when == "after" else "before"):
                assert take(worker) == job_id
                worker.renew(job_id, BACKEND)
                end(worker, job_id, status)
                lived.append(worker)
            check_always(self.files(bench), [job_id])
            bench.wait(provider.lease_seconds + 2)
            healer = self.worker(bench)
            healer.recover(BACKEND)
            check_at_rest(self.files(bench), [job_id])
            drain(healer)
            assert jobs_in(self.files(bench))[job_id].places != ["Queued_Jobs"], "it never ends"
            if lived:
                return
        raise AssertionError(f"more than {MOST_STEPS} changes")

    @on("dropbox")
    @pytest.mark.parametrize("route", CHANGES[:3])
    @pytest.mark.parametrize("fault", sorted(FAULTS))
    def test_a_job_ends_despite_a_faulty_request(
        self, bench: Bench, fault: str, route: str
    ) -> None:
        """The first request of a route fails in each step, and the job still ends correctly."""
        provider, worker = self.backend(bench), self.worker(bench)
        for each in ("submission", "claim", "end"):
            job_id = ""
            for step in ("submission", "claim", "end"):
                if step == each:
                    bench.service.faults.add(FAULTS[fault](route))
                if step == "submission":
                    job_id = submit(provider)
                elif step == "claim":
                    found = take(worker)
                    assert found == job_id, f"{route} of a claim: {fault}; it takes {found}"
                else:
                    end(worker, job_id)
                bench.service.faults.clear()
            assert provider.get_status(BACKEND, "ada", job_id).status == "DONE"
            assert provider.get_result(BACKEND, "ada", job_id).success
        assert take(worker) == "None"

    # Leases

    @requires("leases", "recovery")
    def test_a_job_stays_with_its_worker_during_its_lease(self, bench: Bench) -> None:
        """Nobody else gets the job until its lease ends; then it is queued again."""
        provider, other = self.backend(bench), self.worker(bench)
        job_id = submit(provider)
        assert take(provider) == job_id
        bench.wait(provider.lease_seconds - 2)
        other.recover(BACKEND)
        assert take(other) == "None", "it was taken while its lease held"
        bench.wait(4)
        other.recover(BACKEND)
        assert take(other) == job_id, "it was not queued again when its lease had ended"

    @requires("leases", "recovery")
    def test_a_renewal_extends_the_lease(self, bench: Bench) -> None:
        """Each renewal extends the lease."""
        provider, other = self.backend(bench), self.worker(bench)
        job_id = submit(provider)
        assert take(provider) == job_id
        for _ in range(3):
            bench.wait(provider.lease_seconds - 2)
            assert provider.renew(job_id, BACKEND)
            other.recover(BACKEND)
            assert take(other) == "None", "it was taken though its lease had been renewed"
        bench.wait(provider.lease_seconds + 2)
        other.recover(BACKEND)
        assert take(other) == job_id
        assert not provider.renew(job_id, BACKEND)

    @requires("leases", "recovery")
    @pytest.mark.parametrize("skew", [-10_000, 10_000])
    def test_leases_do_not_depend_on_the_clocks_of_workers(self, bench: Bench, skew: int) -> None:
        """Only the clock of the storage decides when a lease ends."""
        provider, wrong = self.backend(bench), self.worker(bench, skew)
        job_id = submit(provider)
        assert take(provider) == job_id
        wrong.recover(BACKEND)
        assert take(wrong) == "None", "it was taken while its lease held"
        bench.wait(provider.lease_seconds + 2)
        wrong.recover(BACKEND)
        assert take(wrong) == job_id, "it was not queued again when its lease had ended"

    # Recovery

    @requires("recovery")
    def test_a_recovery_of_an_intact_queue_changes_nothing(self, bench: Bench) -> None:
        """A repeated recovery of an intact queue changes nothing."""
        provider = self.backend(bench)
        for status in ("DONE", "ERROR"):
            submit(provider)
            end(provider, take(provider), status)
        waiting = submit(provider)
        assert [provider.recover(BACKEND) for _ in range(2)] == [[], []]
        assert take(provider) == waiting

    @on("dropbox", "folder")
    @requires("layout", "leases", "recovery")
    def test_a_running_job_without_a_claim_waits_again_after_a_lease(self, bench: Bench) -> None:
        """A program that writes no claims may have the job, and may end it within a lease."""
        provider = self.backend(bench)
        job_id = f"20260101_000000_000000-{BACKEND}-ada-00000"
        self.seed(bench, {f"/Backend_files/Running_Jobs/job-{job_id}.json": b"{}"})
        for seconds in (0, provider.lease_seconds - 2):
            bench.wait(seconds)
            self.worker(bench).recover(BACKEND)
            assert take(provider) == "None", "it was taken while its program may run it"
        bench.wait(4)
        self.worker(bench).recover(BACKEND)
        assert take(provider) == job_id, "it is running without a worker"

    @on("dropbox")
    @requires("layout", "leases", "recovery")
    @pytest.mark.parametrize("times", [2, 5, 10])
    def test_a_recovery_despite_failing_requests(self, times: int) -> None:
        """Requests of a recovery fail: it raises, or nothing is left to repair.

        The worker of the job has died after it had stored the result.
        """
        for number in range(MOST_REQUESTS):
            with Bench() as bench:
                provider, worker = self.backend(bench), self.worker(bench)
                job_id = submit(provider)
                assert take(worker) == job_id
                with bench.dying(0, path="*/status-*"):
                    end(worker, job_id)
                bench.wait(provider.lease_seconds + 2)
                healer = self.worker(bench)
                fault = faults.server_error("files/*", times=times)
                with bench.failing(number, fault) as was_reached:
                    try:
                        healer.recover(BACKEND)
                    except OSError:
                        assert was_reached(), "there was no fault"
                    else:
                        check_at_rest(self.files(bench), [job_id])
                if not was_reached():
                    return

    @requires("leases", "recovery", "gives_up")
    def test_a_job_that_kills_its_workers_is_given_up(self, bench: Bench) -> None:
        """The job ends in an error, and until then other jobs are run, too."""
        provider = self.backend(bench)
        deadly = submit(provider)
        killed = 0
        for _ in range(KILLS):
            other = submit(provider)
            worker = self.worker(bench)
            worker.recover(BACKEND)
            if take(worker) == deadly:
                killed += 1
                worker = self.worker(bench)
                assert take(worker) == other
            end(worker, other)
            bench.wait(worker.lease_seconds + 2)
        assert provider.get_status(BACKEND, "ada", deadly).status == "ERROR", (
            f"the job has killed {killed} workers and was not given up"
        )

    @requires("leases", "recovery", "gives_up")
    def test_a_job_that_was_given_up_is_done_when_its_result_comes(self, bench: Bench) -> None:
        """The result of a late worker replaces the error of a job that was given up."""
        provider, late = self.backend(bench), self.worker(bench)
        job_id = submit(provider)
        assert take(late) == job_id
        for _ in range(KILLS):
            bench.wait(provider.lease_seconds + 2)
            provider.recover(BACKEND)
            if provider.get_status(BACKEND, "ada", job_id).status == "ERROR":
                break
            assert take(self.worker(bench)) == job_id
        else:
            raise AssertionError(f"{KILLS} workers have died, and the job was not given up")
        end(late, job_id, n=1)
        assert provider.get_status(BACKEND, "ada", job_id).status == "DONE", "its result is lost"
        assert provider.get_result(BACKEND, "ada", job_id).header == {"n": 1}
        assert take(provider) == "None"

    # Jobs that are given back

    def test_a_job_that_is_given_back_waits_again(self, bench: Bench) -> None:
        """The next worker takes it at once, without a recovery, and ends it."""
        provider, worker = self.backend(bench), self.worker(bench)
        _needs_own_give_back(worker)
        job_id = submit(provider, n=1)
        for taker in (worker, self.worker(bench), worker):
            job = taker.get_next_job_in_queue(BACKEND)
            assert job.job_id == job_id, "it does not wait"
            assert taker.get_job_content(job.job_json_path, job_id) == {"n": 1}
            taker.give_back(job_id, BACKEND)
            assert provider.get_status(BACKEND, "ada", job_id).status == "QUEUED"
        assert take(provider) == job_id
        end(provider, job_id)
        assert provider.get_status(BACKEND, "ada", job_id).status == "DONE"

    @requires("leases", "recovery", "gives_up")
    def test_an_attempt_that_is_given_back_does_not_count(self, bench: Bench) -> None:
        """A job is not given up because workers were stopped and gave it back."""
        provider, worker = self.backend(bench), self.worker(bench)
        _needs_own_give_back(worker)
        job_id = submit(provider)
        for _ in range(KILLS):
            assert take(worker) == job_id
            worker.give_back(job_id, BACKEND)
        dead = self.worker(bench)
        assert take(dead) == job_id
        bench.wait(provider.lease_seconds + 2)
        provider.recover(BACKEND)
        is_queued = take(provider) == job_id or provider.max_attempts == 1
        assert is_queued, "it was given up after one worker had died"

    @requires("leases", "recovery")
    def test_only_the_worker_of_a_job_gives_it_back(self, bench: Bench) -> None:
        """The call of a worker that never had the job, or has lost it, changes nothing."""
        provider, late, third = self.backend(bench), self.worker(bench), self.worker(bench)
        _needs_own_give_back(late)
        job_id = submit(provider)
        assert take(late) == job_id
        third.give_back(job_id, BACKEND)
        assert take(third) == "None", "a worker gives back the job of another one"
        bench.wait(provider.lease_seconds + 2)
        provider.recover(BACKEND)
        assert take(provider) == job_id
        late.give_back(job_id, BACKEND)
        assert take(third) == "None", "a worker gives back the job that it has lost"
        end(provider, job_id, n=1)
        for each in (late, provider):
            each.give_back(job_id, BACKEND)
            assert take(third) == "None", "a job that has ended waits again"
        assert provider.get_result(BACKEND, "ada", job_id).header == {"n": 1}


def _needs_own_give_back(provider: StorageProvider) -> None:
    if inherits(provider, "give_back"):
        pytest.skip("it has no give_back of its own, and leaves that to its recovery")
