"""Tests of queues in processes of their own, which the kit tells what to do."""

import io
import json

import pytest

from dropspool.testing import FolderSubject, JobQueueContract, JobState, Taken, kills
from dropspool.testing._faults import Died
from dropspool.testing._processes import ProcessQueue, made_by, serve


@pytest.fixture
def folder(tmp_path):
    FolderSubject().prepare(Folder(tmp_path))
    return str(tmp_path)


class Folder:
    """The part of a bench that a provider in a folder needs."""

    clock = None

    def __init__(self, folder):
        self.folder = folder


def served(queue, *verbs):
    """Return the answers of `serve`, the loop of a process, to these verbs."""
    output = io.StringIO()
    serve(queue, [json.dumps(verb) for verb in verbs], output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_process_writes_one_answer_per_verb(folder):
    queue = made_by(FolderSubject.factory, folder)
    answers = served(queue, ["submit", {"n": 1}, "ada"], ["take"], ["recover"], ["take"])
    (_, lease), (_, job), *others = answers
    assert lease == queue.lease_seconds
    assert others == [["ok", [job, {"n": 1}]], ["ok", None], ["ok", None]]


def test_a_process_distinguishes_errors_of_the_storage_from_others():
    class Broken:
        lease_seconds = 1

        def take(self):
            raise PermissionError("locked")

        def recover(self):
            raise KeyError("a")

    assert served(Broken(), ["take"], ["recover"])[1:] == [
        ["storage", "PermissionError('locked')"],
        ["error", "recover raised KeyError('a')"],
    ]


@pytest.mark.untraced
def test_the_verbs_of_a_process_are_those_of_its_queue(folder):
    with ProcessQueue(FolderSubject.factory, folder) as queue:
        first, second = (queue.submit({"n": n}, "ada") for n in range(2))
        assert queue.take() == Taken(first, {"n": 0})
        assert queue.renew(first)
        assert queue.finish(first, {"n": 7})
        assert queue.take() == Taken(second, {"n": 1})
        queue.recover()
        assert queue.fail(second, "no atoms")
        assert queue.take() is None
        assert queue.state(first, "ada") == JobState("done", {"n": 7})
        assert queue.state(second, "ada") == JobState("failed")
        with pytest.raises(AssertionError, match="renew raised ValueError"):
            queue.renew("x")
        queue.kill()
        for _ in range(3):
            with pytest.raises(Died):
                queue.take()


@pytest.mark.untraced
def test_a_queue_in_a_process_raises_the_error_of_its_storage(tmp_path):
    with (
        ProcessQueue(FolderSubject.factory, str(tmp_path)) as queue,
        pytest.raises(OSError, match="expected a backend with a configuration"),
    ):
        queue.take()


def test_a_queue_without_a_factory_is_not_tested_with_real_processes():
    class Local(FolderSubject, JobQueueContract):
        factory = ""

    assert [*kills(Local, ["test_queue_real_processes"])] == []
