"""Tests of locks that several threads use all the time."""

import threading
from contextlib import contextmanager

import pytest

from fakedropbox._base import locks, real_time


@pytest.fixture
def pauses(monkeypatch):
    """Let each pause of a lock wait for the test; return semaphores of begun and ended pauses."""
    begun, ended = threading.Semaphore(0), threading.Semaphore(0)

    def sleep(_seconds):
        begun.release()
        assert ended.acquire(timeout=10)

    monkeypatch.setattr(real_time, "sleep", sleep)
    return begun, ended


@contextmanager
def asking(lock):
    """Ask for a lock in a thread; yield an event that is set when the thread gets it."""
    has = threading.Event()

    def use():
        with lock:
            has.set()

    thread = threading.Thread(target=use)
    thread.start()
    yield has
    thread.join(10)
    assert not thread.is_alive()


def test_a_holder_can_take_the_lock_again_while_another_thread_asks_for_it(pauses):
    begun, ended = pauses
    lock = locks.SharedLock()
    lock.acquire()
    with asking(lock) as has:
        for _ in range(3):
            assert begun.acquire(timeout=10)
            lock.release()
            assert lock.acquire(False)
            assert not has.is_set()
            ended.release()
        assert begun.acquire(timeout=10)
        lock.release()
        ended.release()
        assert has.wait(10)


def test_a_thread_that_asked_often_for_the_lock_waits_until_it_is_released(monkeypatch):
    asked = threading.Event()

    class Watched(locks.SharedLock):
        def acquire(self, blocking=True, timeout=-1):
            if blocking:
                asked.set()
            return super().acquire(blocking, timeout)

    monkeypatch.setattr(real_time, "sleep", lambda _seconds: None)
    lock = Watched()
    lock.acquire(False)
    with asking(lock) as has:
        assert asked.wait(10)
        assert not has.is_set()
        lock.release()
        assert has.wait(10)


def test_the_lock_is_re_entrant_and_keeps_other_threads_out(pauses):
    begun, ended = pauses
    lock = locks.SharedLock()
    with lock, lock, asking(lock) as has:
        assert begun.acquire(timeout=10)
        assert not has.is_set()
        lock.release()
        lock.release()
        ended.release()
        assert has.wait(10)
        lock.acquire()
        lock.acquire()


def test_a_condition_of_the_lock_wakes_a_thread_that_waits():
    condition = threading.Condition(locks.SharedLock())
    told = []

    def wait():
        with condition:
            condition.wait_for(lambda: told, 10)
            told.append("seen")

    thread = threading.Thread(target=wait)
    thread.start()
    with condition:
        told.append("told")
        condition.notify_all()
    thread.join(10)
    assert told == ["told", "seen"]
