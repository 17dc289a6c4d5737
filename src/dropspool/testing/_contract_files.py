"""The part of the contract about files and configurations."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest

from dropspool.errors import BrokenFile
from dropspool.testing._contract_base import ContractPart, on, requires
from dropspool.testing.bench import Bench
from dropspool.testing.kit import BACKEND, config, submit, take

FOLDER = "Backend_files/Elsewhere"


class FilesContract(ContractPart):
    """Files contain what was written, and no write is lost."""

    def test_what_is_written_is_read_back(self, bench: Bench) -> None:
        """A file has its last content, also after it is written as text, updated or moved."""
        provider = self.worker(bench)
        provider.upload({"n": [1, {"\u00e9": None}]}, FOLDER, "one")
        assert provider.get_file_content(FOLDER, "one") == {"n": [1, {"\u00e9": None}]}
        provider.upload_string('{"n": 2}', FOLDER, "one")
        assert provider.get_file_content(FOLDER, "one") == {"n": 2}
        provider.update_file({"n": 3}, FOLDER, "one")
        provider.move_file(FOLDER, f"{FOLDER}/deeper", "one")
        assert provider.get_file_queue(FOLDER) == []
        other = self.worker(bench)
        assert other.get_file_content(f"{FOLDER}/deeper", "one") == {"n": 3}
        other.delete_file(f"{FOLDER}/deeper", "one")
        assert provider.get_file_queue(f"{FOLDER}/deeper") == []

    def test_a_missing_file_raises_file_not_found(self, bench: Bench) -> None:
        """A call about a missing file raises and does not create anything."""
        provider = self.worker(bench)
        for ask in (
            lambda: provider.get_file_content(FOLDER, "one"),
            lambda: provider.get_job_content(FOLDER, "one"),
            lambda: provider.update_file({}, FOLDER, "one"),
            lambda: provider.move_file(FOLDER, "Backend_files", "one"),
            lambda: provider.delete_file(FOLDER, "one"),
            lambda: provider.get_config(BACKEND),
            lambda: provider.timestamp_queue(BACKEND),
            lambda: provider.get_backend_dict(BACKEND),
            lambda: provider.get_backend_status(BACKEND),
            lambda: provider.upload_job({}, BACKEND, "ada"),
        ):
            with pytest.raises(FileNotFoundError):
                ask()
        assert provider.get_file_queue(FOLDER) == []
        assert provider.get_backends() == []
        assert provider.waiting_jobs(BACKEND) == []

    @pytest.mark.parametrize("value", [math.nan, math.inf, {1: 2}, {"a"}, b"a"])
    def test_a_mapping_that_json_cannot_express_is_refused(
        self, bench: Bench, value: object
    ) -> None:
        """A value that would not be equal when read back raises, and nothing is written."""
        provider = self.backend(bench)
        provider.upload({"n": 1}, FOLDER, "one")
        before = dict(self.files(bench))
        for content in ({"n": value}, {"n": [{"m": value}]}):
            for write in (
                lambda content=content: provider.upload(content, FOLDER, "one"),
                lambda content=content: provider.update_file(content, FOLDER, "one"),
                lambda content=content: provider.upload_job(content, BACKEND, "ada"),
            ):
                with pytest.raises(ValueError):  # noqa: PT011 -- the text is free
                    write()
        assert self.files(bench) == before
        assert provider.get_file_content(FOLDER, "one") == {"n": 1}
        assert take(provider) == "None"

    def test_a_move_replaces_nothing(self, bench: Bench) -> None:
        """A file that is already in the other folder keeps its content."""
        provider = self.worker(bench)
        provider.upload({"n": 1}, FOLDER, "one")
        provider.upload({"n": 2}, f"{FOLDER}/deeper", "one")
        with pytest.raises(FileExistsError):
            provider.move_file(FOLDER, f"{FOLDER}/deeper", "one")
        assert provider.get_file_content(f"{FOLDER}/deeper", "one") == {"n": 2}

    def test_a_listing_is_complete(self, bench: Bench) -> None:
        """A listing contains the files of all pages, and is sorted."""
        provider = self.worker(bench)
        for n in (3, 1, 9, 0, 7, 2, 8, 6, 5, 4):
            provider.upload({}, FOLDER, f"job-{n}")
        found = provider.get_file_queue(FOLDER)
        assert found == [f"job-{n}.json" for n in range(10)], f"of 10 files it lists {found}"

    def test_slashes_at_the_ends_change_nothing(self, bench: Bench) -> None:
        """A folder may be given with slashes at its ends or without."""
        provider = self.worker(bench)
        for n, folder in enumerate((FOLDER, f"/{FOLDER}", f"{FOLDER}/", f"//{FOLDER}//")):
            provider.upload({"n": n}, folder, "one")
            assert provider.get_file_content(FOLDER, "one") == {"n": n}
            assert provider.get_file_queue(folder) == ["one.json"]

    @on("dropbox", "folder")
    @requires("layout")
    def test_a_failed_listing_raises_an_error(self, bench: Bench) -> None:
        """A file in the place of the folder is an error, not an empty queue."""
        provider = self.backend(bench)
        self.seed(bench, {f"/Backend_files/Queued_Jobs/{BACKEND}": b""})
        with pytest.raises(OSError, match=BACKEND):
            provider.get_file_queue(f"Backend_files/Queued_Jobs/{BACKEND}")
        with pytest.raises(OSError, match=BACKEND):
            provider.get_next_job_in_queue(BACKEND)

    @on("dropbox", "folder")
    @requires("layout")
    def test_reading_a_folder_does_not_raise_file_not_found(self, bench: Bench) -> None:
        """A folder in the place of the file raises a different error from a missing file."""
        provider = self.worker(bench)
        self.seed(bench, {f"/{FOLDER}/one.json/two": b""})
        with pytest.raises(OSError, match=r"one\.json") as raised:
            provider.get_file_content(FOLDER, "one")
        assert not isinstance(raised.value, FileNotFoundError), "it exists, but is not a file"

    # Configurations

    def test_a_configuration_is_read_back(self, bench: Bench) -> None:
        """Every process reads the stored configuration, and it can be replaced."""
        provider = self.backend(bench)
        assert provider.get_config(BACKEND) == config()
        changed = config().model_copy(update={"num_wires": 9, "operational": False})
        provider.upload_config(changed, BACKEND)
        other = self.worker(bench)
        assert other.get_config(BACKEND) == changed
        assert other.get_backends() == [BACKEND]
        assert other.get_backend_dict(BACKEND).n_qubits == 9
        assert not other.get_backend_status(BACKEND).operational

    def test_no_job_is_taken_without_a_configuration(self, bench: Bench) -> None:
        """A job of a backend whose configuration was deleted stays in the queue."""
        provider = self.backend(bench)
        job_id = submit(provider)
        provider.delete_file(f"Backend_files/Config/{BACKEND}", "config")
        with pytest.raises(FileNotFoundError):
            provider.get_next_job_in_queue(BACKEND)
        provider.upload_config(config(), BACKEND)
        assert take(provider) == job_id

    @pytest.mark.parametrize("text", ["{", "[]", "{}"])
    def test_a_broken_configuration_raises_an_error(self, bench: Bench, text: str) -> None:
        """Calls that need the configuration raise `BrokenFile`, and the job keeps its place."""
        provider = self.backend(bench)
        job_id = submit(provider)
        provider.upload_string(text, f"Backend_files/Config/{BACKEND}", "config")
        before = dict(self.files(bench))
        for method in (
            "get_config",
            "get_backend_dict",
            "get_backend_status",
            "timestamp_queue",
            "get_next_job_in_queue",
            "recover",
        ):
            if method != "recover" or self.capabilities.recovery:
                with pytest.raises(BrokenFile):
                    getattr(self.worker(bench), method)(BACKEND)
        assert self.files(bench) == before
        provider.upload_config(config(), BACKEND)
        assert take(provider) == job_id

    def test_a_check_of_the_queue_sets_last_queue_check(self, bench: Bench) -> None:
        """`get_next_job_in_queue` and `timestamp_queue` store the current time in UTC."""
        provider = self.backend(bench)
        for look in (take, lambda provider: provider.timestamp_queue(BACKEND)):
            bench.wait(60)
            look(provider)
            assert _stamp_of(provider.get_config(BACKEND).last_queue_check) == bench.clock.now()

    def test_a_check_of_a_queue_with_jobs_sets_last_queue_check(self, bench: Bench) -> None:
        """The time is also stored if a job waits, which is then taken."""
        provider = self.backend(bench)
        submit(provider)
        bench.wait(60)
        assert take(provider) != "None"
        assert _stamp_of(provider.get_config(BACKEND).last_queue_check) == bench.clock.now()

    def test_last_queue_check_never_goes_back(self, bench: Bench) -> None:
        """Neither a worker with a slow clock nor an operator with an older value sets it back."""
        provider = self.backend(bench)
        ahead, behind = self.worker(bench, 50), self.worker(bench, -50)
        take(ahead)
        before = _stamp_of(provider.get_config(BACKEND).last_queue_check)
        older = provider.get_config(BACKEND).model_copy(
            update={"last_queue_check": before - timedelta(hours=1), "num_wires": 7}
        )
        for act in (
            lambda: take(behind),
            lambda: behind.timestamp_queue(BACKEND),
            lambda: provider.upload_config(older, BACKEND),
            lambda: provider.upload_config(config(), BACKEND),
        ):
            act()
            after = _stamp_of(provider.get_config(BACKEND).last_queue_check)
            assert after >= before, f"the stamp went from {before} back to {after}"
            before = after

    @on("dropbox")
    def test_an_update_of_the_configuration_is_not_undone(self, bench: Bench) -> None:
        """An operator changes the configuration while a worker stores `last_queue_check` in it."""
        provider, operator = self.backend(bench), self.worker(bench)
        changed = config().model_copy(update={"num_wires": 99})
        path = f"*/config/{BACKEND}/config.json"
        for look in (take, lambda provider: provider.timestamp_queue(BACKEND)):
            operator.upload_config(config(), BACKEND)
            bench.meanwhile(
                "files/upload", lambda: operator.upload_config(changed, BACKEND), path=path
            )
            look(provider)
            assert provider.get_config(BACKEND).num_wires == 99, "the operator's update is lost"
            assert provider.get_config(BACKEND).last_queue_check is not None


def _stamp_of(found: datetime | None) -> datetime:
    assert found is not None, "there is no stamp"
    assert found.utcoffset() == timedelta(0), f"{found} is not in UTC"
    return found
