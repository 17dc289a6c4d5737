"""The part of the contract about six general properties, most tested with random examples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test
from hypothesis.strategies import SearchStrategy

from dropspool.testing import crashes, sequences, strategies
from dropspool.testing._contract_base import ContractPart, inherits, on, requires
from dropspool.testing._model import ORDERLY
from dropspool.testing._wrong_calls import CHECKED, WrongCall, wrong_calls
from dropspool.testing.bench import Bench
from dropspool.testing.histories import RecordedProvider, check_queue
from dropspool.testing.kit import (
    BACKEND,
    check_always,
    check_at_rest,
    config,
    drain,
    jobs_in,
    result_of,
    status_of,
    submit,
    take,
)
from dropspool.testing.machine import lifecycle_machine
from dropspool.testing.strategies import composed, folded
from fakedropbox.simulate import History, Run, interleavings


@dataclass(frozen=True)
class Submission:
    """One submission: its submitter, the seconds since the one before, and its user."""

    who: int
    later: float
    user: str


@dataclass(frozen=True)
class Users:
    """The jobs of some users, each with the status to store for it, and their backend."""

    backend: str
    jobs: tuple[tuple[str, str], ...]


def submissions() -> SearchStrategy[list[Submission]]:
    """Return a strategy for submissions by up to three submitters."""
    later = st.sampled_from([0, 1e-6, 0.25, 1, 3, 60])
    each = st.builds(Submission, st.integers(0, 2), later, st.sampled_from(["b", "a", "c-a"]))
    return st.lists(each, min_size=1, max_size=7)


@st.composite
def users(draw: st.DrawFn) -> Users:
    """Draw different users with one or two jobs each."""
    names = draw(st.lists(strategies.usernames(), min_size=1, max_size=3, unique_by=composed))
    ends = st.lists(st.sampled_from(["DONE", "ERROR", "QUEUED"]), min_size=1, max_size=2)
    jobs = tuple((name, status) for name in names for status in draw(ends))
    return Users(draw(strategies.display_names()), jobs)


class PropertiesContract(ContractPart):
    """Six properties that always hold; ``examples`` is the number of examples of most of them.

    1. Jobs are taken in the order of their ids.
    2. Each file is in the folder of its backend and user, and invalid arguments are refused.
    3. No job is lost or run twice.
    4. No job is lost by a crash, and after the recovery all jobs end.
    5. No update of a configuration is lost.
    6. The answers are those of dropspool's provider on Dropbox.
    """

    def test_property_1_queue_ordering(self) -> None:
        """Jobs are taken by id, and ids follow the submissions as far as the clocks agree."""
        skews = st.lists(st.sampled_from([0, 0.5, -2, 30]), min_size=3, max_size=3)
        personality = st.integers(0, len(ORDERLY) - 1)
        foreign = strategies.foreign_files(BACKEND)
        if self.capabilities.storage == "other":
            foreign = st.just({})
        self._for_all(self._ordering, submissions(), skews, personality, foreign)

    def _ordering(
        self,
        jobs: list[Submission],
        skews: list[float],
        personality: int,
        foreign: dict[str, bytes],
    ) -> None:
        with Bench(ORDERLY[personality]) as bench:
            self.backend(bench)
            self.seed(bench, foreign)
            submitters = [self.worker(bench, skew) for skew in skews]
            workers = [self.worker(bench), self.worker(bench)]
            by_id: dict[str, tuple[int, float]] = {}
            last: dict[int, str] = {}
            for job in jobs:
                bench.clock.advance(job.later)
                job_id = submitters[job.who].upload_job({}, BACKEND, job.user)
                assert last.get(job.who, "") < job_id, "a submitter's later job has a lesser id"
                last[job.who] = job_id
                by_id[job_id] = job.who, bench.clock.time()
            found = [take(workers[n % 2]) for n in range(len(jobs) + 1)]
            assert found == [*sorted(by_id), "None"], f"taken in the order {found}"
            for n, first in enumerate(found[:-1]):
                for second in found[n + 1 : -1]:
                    (one, at), (other, earlier) = by_id[first], by_id[second]
                    # The ids of jobs of one instant are a microsecond apart.
                    bound = abs(skews[one] - skews[other]) + len(jobs) * 1e-6
                    assert at - earlier <= bound, (
                        f"{first} overtakes {second}, which was queued {at - earlier} s before"
                    )

    @requires("layout")
    def test_property_2_path_invariants(self) -> None:
        """Each job is in one folder, where the layout says, and only its user can see it."""
        self._for_all(self._paths, users())

    def _paths(self, case: Users) -> None:
        with Bench() as bench:
            provider, backend = self.worker(bench), case.backend
            provider.upload_config(config(backend), backend)
            expected = {f"/Backend_files/Config/{backend}/config.json"}
            ids: list[str] = []
            for number, (user, _) in enumerate(case.jobs):
                bench.clock.advance(2)
                job_id = provider.upload_job({"number": number}, backend, user)
                provider.upload_status(backend, user, job_id)
                ids.append(job_id)
                expected |= {
                    f"/Backend_files/Queued_Jobs/{backend}/job-{job_id}.json",
                    f"/Backend_files/Status/{backend}/{composed(user)}/status-{job_id}.json",
                }
                self._check_paths(bench, expected)
            for job_id, (user, status) in zip(ids, case.jobs, strict=True):
                assert provider.get_next_job_in_queue(backend).job_id == job_id
                expected.remove(f"/Backend_files/Queued_Jobs/{backend}/job-{job_id}.json")
                expected.add(f"/Backend_files/Running_Jobs/job-{job_id}.json")
                self._check_paths(bench, expected)
                result = result_of(job_id, backend, job=job_id)
                provider.update_in_database(result, status_of(job_id, status), job_id, backend)
                own = f"{backend}/{composed(user)}"
                if status != "QUEUED":
                    expected.remove(f"/Backend_files/Running_Jobs/job-{job_id}.json")
                if status == "ERROR":
                    expected.add(f"/Backend_files/Deleted_Jobs/job-{job_id}.json")
                if status == "DONE":
                    expected.add(f"/Backend_files/Finished_Jobs/{own}/job-{job_id}.json")
                    expected.add(f"/Backend_files/Result/{own}/result-{job_id}.json")
                self._check_paths(bench, expected)
            for job_id, (user, status) in zip(ids, case.jobs, strict=True):
                # A provider may report RUNNING for a job in the folder of running jobs.
                possible = [status, "RUNNING"] if status == "QUEUED" else [status]
                assert provider.get_status(backend, user, job_id).status in possible
                header = {"job": job_id} if status == "DONE" else {}
                assert provider.get_result(backend, user, job_id).header == header
                for other in {name for name, _ in case.jobs} - {user}:
                    forged = job_id.replace(f"-{composed(user)}-", f"-{composed(other)}-")
                    for asked in (job_id, forged):
                        seen = provider.get_status(backend, other, asked)
                        assert "Missing" in seen.error_message, f"{other!r} sees {job_id}"
                        assert not provider.get_result(backend, other, asked).success

    def _check_paths(self, bench: Bench, expected: set[str]) -> None:
        # Claims are not part of the layout that other programs know.
        found = {folded(path) for path in self.files(bench) if "/claim-" not in path}
        assert found == {folded(path) for path in expected}

    def test_property_2_invalid_arguments_are_refused(self) -> None:
        """An invalid argument raises before any request, and so before anything is written."""
        for method, place in CHECKED:
            if method != "recover" or self.capabilities.recovery:
                self._for_all(self._refusal, wrong_calls(method, place), share=0.1)

    def _refusal(self, call: WrongCall) -> None:
        with Bench() as bench:
            provider = self.worker(bench)
            if call.method in ("renew", "give_back") and inherits(provider, call.method):
                return  # these two use no argument
            before = len(bench.service.calls)
            with pytest.raises(ValueError, match="expected"):
                getattr(provider, call.method)(*call.arguments)
            assert len(bench.service.calls) == before, (
                "the provider sent a request before it refused"
            )
            assert not self.files(bench)

    @requires("layout", "leases", "recovery")
    def test_property_3_no_loss_no_duplicate(self) -> None:
        """No job is lost or doubled in the whole life cycle, run as a state machine."""
        run_state_machine_as_test(lifecycle_machine(self), settings=self._settings())

    @on("dropbox")
    @requires("layout", "leases", "recovery")
    def test_property_3_in_any_order_of_calls(self) -> None:
        """Concurrent workers run each job once, even if one dies or loses a reply at any change."""
        with Bench() as bench:
            user = self.backend(bench)
            ids = [submit(user, n=n) for n in range(2)]

            history = History()

            def work(name: str) -> list[str]:
                worker: Any = RecordedProvider(self.worker(bench), history, name, bench.clock)
                return drain(worker, at_most=2)

            def check(run: Run) -> None:
                check_queue(history, lease_seconds=user.lease_seconds, queued_before=ids)
                history.clear()
                check_always(self.files(bench), ids)
                alive = [result for result in run.results if result is not None]
                ran = [job_id for result in alive for job_id in result]
                assert len(ran) == len({*ran}), f"two workers have run the same: {ran}"
                bench.wait(user.lease_seconds + 2)
                healer = self.worker(bench)
                healer.recover(BACKEND)
                check_at_rest(self.files(bench), ids)
                drain(healer)
                for job_id, job in jobs_in(self.files(bench)).items():
                    assert job.places == ["Finished_Jobs"], f"{job_id} never ends"

            for max_faults in (0, 1):
                interleavings(
                    [partial(work, "one"), partial(work, "two")],
                    check=check,
                    service=bench.service,
                    seeds=range(self._examples),
                    max_faults=max_faults,
                )

    @on("dropbox")
    @requires("layout", "leases", "recovery")
    def test_property_4_crash_safety(self) -> None:
        """A process may die or lose the reply at each change of the operations that are tried."""
        operations = crashes.OPERATIONS if self.thorough else crashes.SOME_OPERATIONS
        for table in crashes.on_dropbox(self, operations):
            for point, violation in table.violations.items():
                raise AssertionError(f"{table.operation}, {point}: {violation}")

    def test_property_5_config(self) -> None:
        """No update is lost, and `last_queue_check` never goes back."""
        acts = st.lists(
            st.one_of(
                st.tuples(st.just("stamp"), st.sampled_from([0, 50, -50])),
                st.tuples(st.just("upload"), strategies.configs()),
                st.tuples(st.just("wait"), st.sampled_from([0.5, 60])),
            ),
            max_size=6,
        )
        self._for_all(self._config, acts)

    def _config(self, acts: list[tuple[str, Any]]) -> None:
        with Bench() as bench:
            provider, last = self.backend(bench), config()
            workers = {skew: self.worker(bench, skew) for skew in (0, 50, -50)}
            stamp = None
            for act, value in acts:
                if act == "wait":
                    bench.clock.advance(value)
                elif act == "upload":
                    last = value
                    self.worker(bench).upload_config(value, BACKEND)
                else:
                    if self.capabilities.storage == "dropbox":
                        # An operator changes the configuration during the call.
                        last = last.model_copy(update={"num_wires": last.num_wires + 1})
                        update = partial(provider.upload_config, last, BACKEND)
                        bench.meanwhile("files/upload", update)
                    take(workers[value])
                found = provider.get_config(BACKEND)
                kept = last.model_copy(update={"last_queue_check": found.last_queue_check})
                assert found == kept, "an update is lost"
                if stamp is not None:
                    assert found.last_queue_check, "the stamp is gone"
                    assert found.last_queue_check >= stamp, "the stamp went back"
                stamp = found.last_queue_check

    def test_property_6_equivalence(self) -> None:
        """The provider answers a sequence of calls as dropspool's provider on Dropbox does."""
        self._for_all(self._equivalence, sequences.sequences())

    def _equivalence(self, calls: list[sequences.Step]) -> None:
        calls = [step for step in calls if step.is_for(self.capabilities)]
        ours, theirs = sequences.reference(calls), sequences.answers(self, calls)
        for step, one, other in zip(calls, ours, theirs, strict=True):
            assert one == other, f"{step}: the answer is {other}, expected {one}"
