"""The part of the contract about data: what is stored is what is read, also for other backends."""

from __future__ import annotations

import json

import pytest
from hypothesis import strategies as st

from dropspool.schemas import DataDict, ExperimentDict, ResultDict, StatusMsgDict
from dropspool.testing import strategies
from dropspool.testing._contract_base import ContractPart, on, requires
from dropspool.testing.bench import Bench
from dropspool.testing.kit import BACKEND, config, end, result_of, status_of, submit, take

OTHER = "bosons"
"""A second backend."""

OLD = f"20250101_000000-{BACKEND}-ada-00000"
"""An id with whole seconds, as older programs made them."""


def _two_experiments(job_id: str) -> ResultDict:
    experiments = [
        ExperimentDict(
            header={"name": f"experiment_{n}"},
            shots=2,
            success=True,
            data=DataDict(memory=[f"{n}", "1"]),
        )
        for n in range(2)
    ]
    return result_of(job_id, n=1).model_copy(update={"results": experiments})


class DataContract(ContractPart):
    """Results, messages and configurations are kept whole, and backends do not mix."""

    def test_a_result_is_kept_whole(self, bench: Bench) -> None:
        """A user reads all experiments of the result that a worker stored."""
        provider, worker = self.backend(bench), self.worker(bench)
        job_id = submit(provider)
        assert take(worker) == job_id
        result = _two_experiments(job_id)
        worker.update_in_database(result, status_of(job_id), job_id, BACKEND)
        found = provider.get_result(BACKEND, "ada", job_id)
        assert found.model_copy(update={"backend_name": None}) == result

    def test_any_result_is_kept_whole(self) -> None:
        """Any result, and any texts of the status `DONE`, are kept whole."""
        self._for_all(
            self._kept, strategies.results(st.just("job"), st.just(BACKEND)), strategies.statuses()
        )

    def _kept(self, result: ResultDict, status: StatusMsgDict) -> None:
        with Bench() as bench:
            provider = self.backend(bench)
            job_id = submit(provider)
            assert take(provider) == job_id
            result = result.model_copy(update={"job_id": job_id})
            told = status.model_copy(update={"job_id": job_id, "status": "DONE"})
            provider.update_in_database(result, told, job_id, BACKEND)
            found = self.worker(bench).get_result(BACKEND, "ada", job_id)
            assert found.model_copy(update={"backend_name": None}) == result
            assert self.worker(bench).get_status(BACKEND, "ada", job_id) == told

    def test_an_error_message_is_kept(self, bench: Bench) -> None:
        """The user of a job reads why it has failed."""
        provider = self.backend(bench)
        job_id = submit(provider)
        assert take(provider) == job_id
        told = status_of(job_id, "ERROR").model_copy(update={"error_message": "no atoms"})
        provider.update_in_database(result_of(job_id), told, job_id, BACKEND)
        assert provider.get_status(BACKEND, "ada", job_id) == told

    def test_the_jobs_of_two_backends_do_not_mix(self, bench: Bench) -> None:
        """A job is taken, shown and ended for its own backend only."""
        provider, worker = self.backend(bench), self.worker(bench)
        provider.upload_config(config(OTHER), OTHER)
        other = provider.upload_job({"n": 2}, OTHER, "ada")
        provider.upload_status(OTHER, "ada", other)
        assert take(worker) == "None", "it takes the job of another backend"
        job_id = submit(provider)
        assert worker.get_next_job_in_queue(OTHER).job_id == other
        assert take(worker) == job_id
        for wrong, backend in ((other, BACKEND), (job_id, OTHER)):
            with pytest.raises(ValueError, match="job_id"):
                worker.update_in_database(
                    result_of(wrong, backend), status_of(wrong), wrong, backend
                )
            assert "Missing" in provider.get_status(backend, "ada", wrong).error_message
            assert not provider.get_result(backend, "ada", wrong).success
        end(worker, job_id)
        assert provider.get_status(OTHER, "ada", other).status != "DONE"

    @requires("leases", "recovery")
    def test_a_recovery_is_about_one_backend(self, bench: Bench) -> None:
        """A recovery of another backend leaves the job alone; one of its own backend queues it."""
        provider, worker = self.backend(bench), self.worker(bench)
        provider.upload_config(config(OTHER), OTHER)
        other = provider.upload_job({}, OTHER, "ada")
        assert worker.get_next_job_in_queue(OTHER).job_id == other
        bench.wait(provider.lease_seconds + 2)
        provider.recover(BACKEND)
        assert take(provider) == "None", "a job waits in the queue of another backend"
        provider.recover(OTHER)
        assert provider.get_next_job_in_queue(OTHER).job_id == other

    @on("dropbox", "folder")
    @requires("layout")
    def test_a_stamp_keeps_unknown_keys(self, bench: Bench) -> None:
        """The configuration may have keys that other programs know, and a stamp keeps them."""
        self.backend(bench)
        path = f"/Backend_files/Config/{BACKEND}/config.json"
        content = {**json.loads(self.files(bench)[path]), "colour": ["blue"]}
        self.seed(bench, {path: json.dumps(content).encode()})
        for look in (take, lambda provider: provider.timestamp_queue(BACKEND)):
            bench.wait(1)
            look(self.worker(bench))
            left = json.loads(self.files(bench)[path])
            assert left.pop("last_queue_check"), "there is no stamp"
            content.pop("last_queue_check", None)
            assert left == content

    @on("dropbox", "folder")
    @requires("layout")
    def test_an_old_id_is_taken_first(self, bench: Bench) -> None:
        """A job that an older program queued has an id with whole seconds."""
        provider = self.backend(bench)
        job_id = submit(provider)
        self.seed(bench, {f"/Backend_files/Queued_Jobs/{BACKEND}/job-{OLD}.json": b'{"n": 1}'})
        assert [take(provider) for _ in range(3)] == [OLD, job_id, "None"]
        end(provider, OLD)
        assert provider.get_status(BACKEND, "ada", OLD).status == "DONE"

    @on("dropbox", "folder")
    def test_a_file_is_never_missing_while_it_is_updated(self, bench: Bench) -> None:
        """A reader sees the old or the new content at every step of an update."""
        writer, reader = self.worker(bench), self.worker(bench)
        writer.upload({"n": 0}, "Backend_files/Elsewhere", "one")
        seen: list[object] = []

        def look() -> None:
            seen.append(reader.get_file_content("Backend_files/Elsewhere", "one")["n"])

        for n in range(1, 100):
            with bench.interrupted(n - 1, look) as steps:
                writer.update_file({"n": n}, "Backend_files/Elsewhere", "one")
            if len(steps) < n:
                break
            assert seen[-1] in (n - 1, n), f"a reader sees {seen[-1]}"

    def test_an_inactive_provider_moves_and_deletes_nothing(self, bench: Bench) -> None:
        """Calls of methods that need an active provider raise, and the file stays."""
        provider = self.backend(bench)
        provider.upload({"n": 1}, "Backend_files/Elsewhere", "one")
        provider.is_active = False
        for ask in (
            lambda: provider.move_file("Backend_files/Elsewhere", "Backend_files", "one"),
            lambda: provider.delete_file("Backend_files/Elsewhere", "one"),
            provider.get_backends,
            lambda: provider.get_backend_dict(BACKEND),
        ):
            with pytest.raises(ValueError, match="not active"):
                ask()
        assert provider.get_file_content("Backend_files/Elsewhere", "one") == {"n": 1}

    def test_the_configuration_for_users(self, bench: Bench) -> None:
        """`get_backend_dict` returns the configuration as users know it."""
        provider = self.backend(bench)
        told, stored = provider.get_backend_dict(BACKEND), config()
        assert told.backend_name == provider.long_backend_name(BACKEND, stored.simulator)
        assert (told.memory, told.conditional, told.coupling_map) == (True, False, "linear")
        assert told.basis_gates == [gate["name"] for gate in stored.gates]
        same = {name: getattr(stored, name) for name in ("max_shots", "gates", "num_species")}
        assert {name: getattr(told, name) for name in same} == same
