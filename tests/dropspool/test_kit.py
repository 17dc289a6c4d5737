"""Tests of the kit: its strategies, its bench, and the faults and clocks of the bench."""

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropspool import layout
from dropspool.providers._json import decode, encode
from dropspool.testing import (
    Bench,
    Capabilities,
    DropboxSubject,
    FolderSubject,
    StorageProviderContract,
    Subject,
    kills,
)
from dropspool.testing import strategies as kit
from dropspool.testing._faults import Died
from dropspool.testing.kit import BACKEND, config, end, jobs_in, submit, take
from fakedropbox import Personality

JOB = f"20260101_000000-{BACKEND}-ada-00000"


class TestStrategies:
    @given(kit.display_names(), kit.usernames())
    def test_valid_names_are_accepted(self, backend, user):
        assert layout.checked_display_name(backend) == backend
        assert layout.checked_username(user, backend) == kit.composed(user)

    @given(kit.hostile_display_names())
    def test_invalid_names_of_backends_are_refused(self, name):
        with pytest.raises(ValueError, match="display_name: expected"):
            layout.checked_display_name(name)

    @given(kit.hostile_usernames())
    def test_invalid_names_of_users_are_refused(self, name):
        with pytest.raises(ValueError, match="username: expected"):
            layout.checked_username(name, BACKEND)

    @given(kit.job_dicts())
    def test_jobs_are_read_back_unchanged(self, job):
        assert decode("", encode("job", job)) == job

    @given(kit.configs())
    def test_configurations_are_read_back_unchanged(self, given_config):
        with Bench() as bench:
            provider = DropboxSubject().make_provider(bench, bench.clock)
            provider.upload_config(given_config, BACKEND)
            assert provider.get_config(BACKEND) == given_config

    @given(kit.results(st.just(JOB), st.just(BACKEND)), kit.statuses(st.just(JOB)))
    def test_results_and_final_statuses_are_read_back_unchanged(self, result, status):
        with Bench() as bench:
            provider = DropboxSubject().make_provider(bench, bench.clock)
            provider.upload({}, "Backend_files/Running_Jobs", f"job-{JOB}")
            provider.update_in_database(result, status, JOB, BACKEND)
            # Any other status is read back as RUNNING, since the job is in that folder.
            place = {} if status.status in ("DONE", "ERROR") else {"status": "RUNNING"}
            seen = provider.get_status(BACKEND, "ada", JOB)
            assert seen == status.model_copy(update=place)
            if status.status == "DONE":
                found = provider.get_result(BACKEND, "ada", JOB)
                assert found == result.model_copy(update={"backend_name": None})

    @given(kit.foreign_files(BACKEND))
    def test_foreign_files_are_not_jobs_of_the_backend(self, files):
        for path in files:
            folder, _, name = path.rpartition("/")
            job = layout.parse_job_file(name)
            assert (
                job is None
                or job.display_name != BACKEND
                or folder != f"/{layout.queue_folder(BACKEND)}"
            )


class TestBench:
    @pytest.fixture(params=[DropboxSubject(), FolderSubject()], ids=["dropbox", "folder"])
    def subject(self, request):
        return request.param

    @pytest.fixture
    def bench(self):
        with Bench() as bench:
            yield bench

    def test_a_provider_reads_the_seeded_files(self, bench, subject):
        subject.seed(bench, {"/a/b.json": b"{}"})
        assert subject.files(bench) == {"/a/b.json": b"{}"}
        assert subject.make_provider(bench, bench.clock).get_file_content("a", "b") == {}

    def test_the_folder_of_a_bench_is_deleted_at_the_end(self):
        with Bench() as bench:
            folder = bench.folder
            (folder / "file").write_bytes(b"")
        assert not folder.exists()

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_process_dies_at_the_given_change(self, bench, subject, when):
        provider = subject.make_provider(bench, bench.clock)
        provider.upload({}, "a", "first")
        written = len(subject.files(bench))
        for changes in range(6):
            survived = []
            with bench.dying(changes, when):
                for n in range(20):
                    provider.upload({}, "a", f"{changes}-{n}")
                survived.append(provider)
            assert not survived
            assert written <= len(subject.files(bench)) < written + 20
            written = len(subject.files(bench))
        provider.upload({}, "a", "last")  # by another process
        assert provider.get_file_queue("a")[-1] == "last.json"

    def test_a_process_that_dies_in_a_folder_leaves_no_audit_hook(self, bench, monkeypatch):
        # An audit hook cannot be removed; on Python 3.11 with coverage, starting threads then fail.
        monkeypatch.setattr(sys, "addaudithook", lambda _: pytest.fail("a hook was added"))
        provider = FolderSubject().make_provider(bench, bench.clock)
        rename = os.rename
        with bench.dying(0):
            provider.upload({}, "a", "one")
        assert os.rename is rename

    def test_a_process_dies_at_a_call_of_the_given_route(self, bench):
        provider = DropboxSubject().make_provider(bench, bench.clock)
        with bench.dying(0, route="files/move_v2"):
            provider.upload({}, "a", "one")
            provider.move_file("a", "b", "one")
        assert bench.files == {"/a/one.json": b"{}"}

    def test_every_call_of_a_dead_process_fails(self, bench):
        provider = DropboxSubject().make_provider(bench, bench.clock)
        with bench.dying(0):
            try:
                provider.upload({}, "a", "one")
            finally:
                with pytest.raises(Died):
                    provider.get_file_queue("a")
        assert bench.files == {}

    def test_another_process_acts_just_before_a_call(self, bench):
        provider, other = (DropboxSubject().make_provider(bench, bench.clock) for _ in range(2))
        bench.meanwhile("files/move_v2", lambda: other.upload({"n": 2}, "a", "two"))
        provider.upload({"n": 1}, "a", "one")
        provider.move_file("a", "b", "one")
        assert bench.files.keys() == {"/b/one.json", "/a/two.json"}

    def test_waiting_makes_the_files_older(self, bench, subject):
        provider, other = (subject.make_provider(bench, bench.clock) for _ in range(2))
        provider.upload_config(config(), BACKEND)
        job_id = submit(provider)
        assert take(provider) == job_id
        assert other.recover(BACKEND) == []
        bench.wait(provider.lease_seconds + 2)
        assert other.recover(BACKEND) == [f"requeued {job_id}"]
        end(other, job_id)
        assert jobs_in(subject.files(bench))[job_id].places == ["Finished_Jobs"]

    def test_the_personality_of_the_service_can_be_switched(self, bench):
        provider = DropboxSubject().make_provider(bench, bench.clock)
        bench.service.seed_files({f"/a/{n}": b"" for n in range(4)})
        for page_size, requests in ((3, 2), (1, 4)):
            bench.switch(Personality(page_size=page_size))
            before = len(bench.service.calls)
            provider.get_file_queue("a")
            assert len(bench.service.calls) - before == requests


def test_a_contract_without_make_provider_reports_the_missing_method():
    class Unfinished(StorageProviderContract):
        capabilities = Capabilities(storage="folder")

    found = [*kills(Unfinished, ["test_an_empty_queue_returns_no_job"])]
    assert "Unfinished: define make_provider(bench, clock)" in found[0].example
    with (
        Bench() as bench,
        pytest.raises(NotImplementedError, match="Subject: define make_provider"),
    ):
        Subject().make_provider(bench, bench.clock)
