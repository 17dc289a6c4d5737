"""Tests of `Callers`: the waits of a longpoll for calls of threads and of clients of the server."""

import threading

import pytest

from fakedropbox._core import callers
from fakedropbox._core.callers import Callers


@pytest.fixture(autouse=True)
def now(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(callers, "monotonic", lambda: now[0])
    return now


class Waits(list):
    """A condition that records its waits, and takes no time for them."""

    is_notified = False

    def wait(self, seconds):
        self.append(seconds)
        return self.is_notified


def test_a_server_poll_does_not_wait_because_of_earlier_server_calls():
    known, waits = Callers(), Waits()
    known.note("https")
    with known.polled("https") as poll:
        assert not poll.let_others_run(waits)
    assert waits == []


def test_a_server_call_during_a_server_poll_counts_as_another_client(now):
    known, waits = Callers(), Waits()
    known.note("https")
    with known.polled("https") as poll:
        known.note("https")
        assert poll.let_others_run(waits)
    now[0] += 0.9
    with known.polled("https") as poll:  # the other client may call again
        assert poll.let_others_run(waits)
    now[0] += 0.2
    known.note("https")
    with known.polled("https") as poll:
        assert not poll.let_others_run(waits)
    assert len(waits) == 2


def test_polls_of_the_server_wait_for_threads_and_polls_of_threads_for_the_server():
    known, waits = Callers(), Waits()
    known.note("direct")
    with known.polled("https") as poll:
        assert poll.let_others_run(waits)
    known = Callers()
    with known.polled("sdk") as poll:
        assert not poll.let_others_run(waits)
        known.note("https")
        assert poll.let_others_run(waits)


def test_the_thread_that_made_the_service_counts_as_a_caller_for_a_second(now):
    known, waits, seen = Callers(), Waits(), []

    def poll():
        known.note("direct")
        with known.polled("direct") as poll:
            seen.append(poll.let_others_run(waits))

    for _ in range(2):
        thread = threading.Thread(target=poll)
        thread.start()
        thread.join()
        now[0] += 1.1
    assert seen == [True, False]


def test_each_poll_during_which_nobody_calls_halves_the_longest_wait_down_to_10_ms():
    known, waits = Callers(), Waits()
    known.note("direct")
    for is_notified in [False] * 6 + [True, False]:
        waits.is_notified = is_notified
        with known.polled("https") as poll:
            assert poll.let_others_run(waits)
    assert waits == [0.2, 0.1, 0.05, 0.025, 0.0125, 0.01, 0.01, 0.2]


def test_polls_that_do_not_wait_leave_the_whole_wait_to_a_later_poll():
    known, waits = Callers(), Waits()
    for _ in range(3):
        with known.polled("direct") as poll:
            assert not poll.let_others_run(waits)
    known.note("https")
    with known.polled("direct") as poll:
        assert poll.let_others_run(waits)
    assert waits == [0.2]
