"""Tests of the kit: its strategies, its bench with faults, `ProviderQueue` and `Trial`."""

import os
import sys
import threading
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.folder_changes import CHANGES_OF_A_FOLDER, look_at, tried_elsewhere

from dropspool import layout
from dropspool.providers._json import decode, encode
from dropspool.providers.dropbox import DropboxProviderExtended
from dropspool.schemas import NextJobSchema
from dropspool.testing import (
    Bench,
    Capabilities,
    DropboxSubject,
    FolderSubject,
    JobQueueContract,
    JobState,
    ProviderQueue,
    QueueSubject,
    StorageProviderContract,
    Subject,
    Taken,
    _faults,
    kills,
)
from dropspool.testing import strategies as kit
from dropspool.testing._faults import Died
from dropspool.testing._trial import Trial, attempt
from dropspool.testing.kit import BACKEND, config, end, jobs_in, submit, take
from fakedropbox import Personality, faults

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
            # A job in the folder `Running_Jobs` has the status RUNNING until its status is final.
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
        provider.upload({}, "a", "last")  # as if by another process
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

    def test_a_process_dies_between_opening_a_file_and_writing_it(self, bench):
        path = bench.folder / "a"
        for change, left in enumerate([None, b""]):
            with bench.dying(change):
                path.write_bytes(b"whole")
            assert (path.read_bytes() if path.exists() else None) == left
        with bench.dying(1):
            os.close(os.open(bench.folder / "b", os.O_CREAT | os.O_WRONLY))
            pytest.fail("the process lives")
        with bench.dying(2):
            path.write_bytes(b"whole")
        assert path.read_bytes() == b"whole"

    @pytest.mark.parametrize("change", CHANGES_OF_A_FOLDER)
    def test_a_process_dies_at_each_kind_of_change_of_a_folder(self, bench, change):
        (bench.folder / "a").write_bytes(b"12")
        (bench.folder / "d").mkdir()
        before = look_at(bench.folder)
        with bench.dying(0):
            CHANGES_OF_A_FOLDER[change](f"{bench.folder}/")
            pytest.fail("the process lives")
        assert look_at(bench.folder) == before
        with bench.dying(9):
            CHANGES_OF_A_FOLDER[change](f"{bench.folder}/")
        assert look_at(bench.folder) != before

    def test_changes_elsewhere_and_reads_are_not_changes_of_the_folder(self, bench, tmp_path):
        (bench.folder / "a").write_bytes(b"12")
        has_lived = []
        with bench.dying(0):
            tried_elsewhere(tmp_path, f"{bench.folder}-beside", bench.folder / "a")
            has_lived.append(True)
        assert has_lived

    def test_bench_itself_makes_no_steps_of_a_process(self, bench):
        (bench.folder / "a").write_bytes(b"12")
        with bench.interrupted(0, lambda: pytest.fail("there was a step")) as steps:
            bench.wait(5)
            assert bench.files == {"/a": b"12"}
        assert not steps

    def test_waiting_makes_folders_and_symbolic_links_older(self, bench):
        """Programs use both as locks: a link may lead nowhere."""
        lock, link = bench.folder / "locks/one", bench.folder / "link"
        lock.mkdir(parents=True)
        link.symlink_to("nowhere")
        before = [path.lstat().st_mtime for path in (lock, link)]
        bench.wait(100)
        assert bench.files == {}
        after = [path.lstat().st_mtime for path in (lock, link)]
        assert after == pytest.approx([moment - 100 for moment in before], abs=0.01)

    def test_a_process_dies_at_a_change_of_the_given_path(self, bench, subject):
        provider = subject.make_provider(bench, bench.clock)
        provider.upload({}, "a", "one")
        with bench.dying(0, path="*/b/*"):
            provider.upload({}, "a", "two")
            provider.move_file("a", "b", "one")
        assert subject.files(bench).keys() == {"/a/one.json", "/a/two.json"}

    def test_another_process_acts_at_the_given_step_of_a_call(self, bench, subject):
        provider, other = (subject.make_provider(bench, bench.clock) for _ in range(2))
        with bench.interrupted(0, lambda: other.upload({"n": 2}, "a", "one")) as steps:
            assert not steps
            provider.upload({"n": 1}, "a", "one")
            assert len(steps) == 1
        assert provider.get_file_content("a", "one") == {"n": 1}
        with bench.interrupted(100, lambda: pytest.fail("it was reached")) as steps:
            provider.get_file_content("a", "one")
            assert steps
            assert not any(steps)
            provider.upload({"n": 1}, "a", "two")
        assert any(steps)
        assert len(steps) < 100

    def test_an_error_of_an_interrupting_process_is_raised_after_the_interrupted_call(
        self, bench, subject
    ):
        provider, other = (subject.make_provider(bench, bench.clock) for _ in range(2))

        def upload():
            with bench.interrupted(0, lambda: other.get_file_content("a", "missing")):
                provider.upload({}, "a", "one")

        with pytest.raises(FileNotFoundError, match="missing"):
            upload()
        assert provider.get_file_queue("a") == ["one.json"]

    def test_another_process_that_waits_for_a_lock_ends(self, bench):
        provider, other = (FolderSubject().make_provider(bench, bench.clock) for _ in range(2))
        provider.upload({}, "a", "first")
        ended = []

        def act():
            try:
                other.upload({}, "a", "other")
            finally:
                ended.append(other.get_file_queue("a"))

        for step in range(20):
            with bench.interrupted(step, act):
                provider.upload({}, "a", f"{step}")
        # No lock is held at step 0, so the other process has written its file there.
        assert {"other.json" in names for names in ended[:1]} == {True}
        bench.folder.joinpath("a/other.json").unlink()
        ended.clear()
        with bench.interrupted(8, act):
            provider.upload({}, "a", "last")
        assert ended == [[name for name in provider.get_file_queue("a") if name != "last.json"]]
        assert "other.json" not in ended[0]

    def test_a_wait_for_a_lock_between_threads_is_reported(self, bench, monkeypatch):
        monkeypatch.setattr(_faults, "MOST_SECONDS", 0.05)
        lock, path = threading.Lock(), bench.folder / "a"

        def write():
            with lock:
                path.write_text("")

        with (
            pytest.raises(AssertionError, match="as they would for a lock of threads"),
            bench.interrupted(0, write),
        ):
            write()

    @pytest.mark.parametrize(("before", "times", "written"), [(0, 1, "b"), (1, 1, "a"), (0, 2, "")])
    def test_a_fault_can_happen_to_a_later_request(self, bench, before, times, written):
        client = bench.service.client()
        fault = faults.connection_refused("files/upload", times=times)
        with bench.failing(before, fault) as was_reached:
            for name in "ab":
                with suppress(OSError):
                    client.files_upload(b"", f"/{name}")
            assert was_reached()
        assert "".join(path[1:] for path in bench.files) == written
        with bench.failing(1, fault) as was_reached:
            client.files_upload(b"", "/c")
            assert not was_reached()

    def test_processes_can_interrupt_without_file_locks_of_the_system(self, bench, monkeypatch):
        monkeypatch.setitem(sys.modules, "fcntl", None)
        provider, other = (DropboxSubject().make_provider(bench, bench.clock) for _ in range(2))
        with bench.interrupted(0, lambda: other.upload({}, "a", "two")):
            provider.upload({}, "a", "one")
        assert provider.get_file_queue("a") == ["one.json", "two.json"]

    def test_a_later_call_of_a_dead_process_fails(self, bench):
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


def test_a_contract_without_make_queue_reports_the_missing_method():
    class Empty(JobQueueContract):
        pass

    (kill,) = kills(Empty, only=["test_queue_order"])
    assert kill.example == "NotImplementedError: Empty: define make_queue(bench, clock)"


class TestProviderQueue:
    def test_a_job_that_was_lost_before_it_was_read_is_passed_over(self):
        with Bench() as bench:
            subject = DropboxSubject()
            subject.prepare(bench)
            user = subject.make_queue(bench, bench.clock)
            lost, kept = (user.submit({}, "ada") for _ in "ab")
            gone = {"times": 1}

            class Loses(DropboxProviderExtended):
                def get_job_content(self, storage_path, job_id):
                    if gone["times"]:
                        gone["times"] -= 1
                        raise FileNotFoundError(job_id)
                    return super().get_job_content(storage_path, job_id)

            provider = Loses(bench.login, "mine", client=bench.service.client())
            assert ProviderQueue(provider).take() == Taken(kept, {})
            assert lost != kept

    def test_take_raises_if_a_job_without_content_is_returned_twice(self):
        class Same:
            def get_next_job_in_queue(self, _):
                return NextJobSchema(job_id="a", job_json_path="b")

            def get_job_content(self, _, job_id):
                raise FileNotFoundError(job_id)

        with pytest.raises(FileNotFoundError, match="a"):
            ProviderQueue(Same()).take()


class TestTrial:
    """A `Trial` reports a wrong answer of a queue."""

    class Queue:
        lease_seconds = 10

        def __init__(self, **answers):
            self.answers = answers

        def __getattr__(self, verb):
            def answer(*_):
                found = self.answers[verb].pop(0)
                if isinstance(found, Exception):
                    raise found
                return found

            return answer

    def trial(self, bench, **answers):
        queue = self.Queue(**answers)

        class One(QueueSubject):
            capabilities = Capabilities(recovery=False, leases=False)

            def make_queue(self, bench, clock):  # noqa: ARG002 -- it is the same for all
                return queue

        return Trial(One(), bench)

    @pytest.fixture
    def bench(self):
        with Bench() as bench:
            yield bench

    def test_content_that_was_not_submitted_is_reported(self, bench):
        process = self.trial(bench, submit=["a"], take=[Taken("a", {"n": 7})]).process("one")
        process.submit()
        with pytest.raises(AssertionError, match=r"a has another content: {'n': 7}"):
            process.take()

    def test_a_job_that_another_user_sees_is_reported(self, bench):
        process = self.trial(bench, submit=["a"], state=[JobState("waiting")]).process("one")
        process.submit()
        with pytest.raises(AssertionError, match="'eve' sees a"):
            process.look("a", "eve")

    def test_a_result_that_is_missing_or_changes_is_reported(self, bench):
        states = [JobState("done"), JobState("done", {"n": 1}), JobState("done", {"n": 2})]
        process = self.trial(bench, submit=["a"], state=states).process("one")
        process.submit()
        with pytest.raises(AssertionError, match="a is done without a result"):
            process.look("a")
        assert process.look("a") == ("done", {"n": 1})
        with pytest.raises(AssertionError, match=r"a had the result {'n': 1}, and now {'n': 2}"):
            process.look("a")

    def test_an_error_without_a_fault_is_reported(self, bench):
        process = self.trial(bench, take=[OSError("down"), OSError("down")]).process("one")
        with pytest.raises(AssertionError, match=r"no fault was active, but claim raised OSError"):
            process.take()
        process.trial.may_fail = lambda: True
        assert not attempt(process.take)

    def test_more_jobs_than_were_submitted_are_reported(self, bench):
        taken = [Taken(name, {"n": 0, "for": "ada"}) for name in "abc"]
        trial = self.trial(bench, submit=["a"], take=taken, finish=[True, True, True])
        trial.process("one").submit()
        with pytest.raises(AssertionError, match="more jobs are taken than the 1 submitted"):
            trial.settle()

    @pytest.mark.parametrize(
        ("state", "message"),
        [
            (JobState("running"), "a never ends: it is running"),
            (JobState("done", {"n": 1}), "a has a result of nobody: {'n': 1}"),
            (JobState("failed"), "a ended in an error that no worker reported"),
        ],
    )
    def test_a_job_that_does_not_end_as_it_should_is_reported(self, bench, state, message):
        trial = self.trial(bench, submit=["a"], state=[state], take=[None, None], recover=[0, 0])
        trial.capabilities = Capabilities(leases=False, gives_up=False)
        trial.process("one").submit()
        with pytest.raises(AssertionError, match=message):
            trial.settle()

    def test_a_job_that_a_second_recovery_finds_is_reported(self, bench):
        taken = [None, Taken("a", {"n": 0, "for": "ada"})]
        trial = self.trial(bench, submit=["a"], take=taken, recover=[0, 0])
        trial.capabilities = Capabilities()
        trial.process("one").submit()
        with pytest.raises(AssertionError, match="a second recovery still finds a job"):
            trial.settle()


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
