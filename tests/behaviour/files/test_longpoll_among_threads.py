"""Tests of a longpoll in virtual time while other threads may make a change."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.longpolls import Polling, real_waits, until_polls

from fakedropbox._core import callers


@pytest.fixture
def patience(monkeypatch):
    """A limit of 60 seconds for the real waits of a longpoll, which no test reaches."""
    monkeypatch.setattr(callers, "PATIENCE_SECONDS", 60)


class Ticking:
    """A replacement of `monotonic`, which advances by ``step`` seconds at each wait of a longpoll.

    A longpoll waits for other callers; here, it goes on at once.
    """

    def __init__(self, service, monkeypatch):
        self.now, self.step = 1000.0, 1.0
        monkeypatch.setattr(callers, "monotonic", lambda: self.now)
        self.waits = real_waits(service, monkeypatch, instead=self._tick)

    def _tick(self):
        self.now += self.step
        return False


@pytest.fixture
def ticking(service, monkeypatch):
    return Ticking(service, monkeypatch)


@pytest.mark.every_door
@pytest.mark.usefixtures("patience")
@pytest.mark.evidence("F6.3-01")
def test_a_change_by_another_thread_ends_a_poll_at_its_virtual_time(dbx, service):
    writer = service.client()
    cursor = writer.files_list_folder("").cursor
    before = service.clock.micros
    poll = Polling(dbx, cursor)
    until_polls(service)
    writer.files_create_folder_v2("/elsewhere")
    writer.files_upload(b"x", "/new")
    assert poll.result() is True
    assert service.clock.micros == before


@pytest.mark.usefixtures("patience")
def test_a_change_outside_of_the_folder_does_not_end_a_poll(dbx, service):
    writer = service.client()
    writer.files_create_folder_v2("/f")
    poll = Polling(dbx, writer.files_list_folder("/f").cursor)
    until_polls(service)
    for number in range(5):
        writer.files_upload(b"x", f"/{number}")
    assert poll.is_alive()
    writer.files_upload(b"x", "/f/new")
    assert poll.result() is True


@pytest.mark.every_door
@pytest.mark.usefixtures("patience")
def test_a_change_by_another_task_ends_a_poll(dbx, service):
    """The writing thread has made no call before; the thread that made the service is alive."""

    async def watch_and_write():
        cursor = (await asyncio.to_thread(dbx.files_list_folder, "")).cursor
        poll = asyncio.create_task(asyncio.to_thread(dbx.files_list_folder_longpoll, cursor))
        await asyncio.to_thread(service.client().files_upload, b"x", "/new")
        return (await poll).changes

    # For a poll over HTTPS, a thread that has made the service but no call does not count.
    service.client().files_list_folder("")
    before = service.clock.micros
    assert asyncio.run(watch_and_write()) is True
    assert service.clock.micros == before


def test_a_poll_waits_for_the_thread_that_has_made_the_service(service, ticking):
    poll = Polling(service.client())
    assert poll.result() is False
    assert ticking.waits == [0.2]


@pytest.mark.every_door
def test_a_lone_caller_does_not_wait_in_real_time(dbx, service, monkeypatch):
    dbx.files_create_folder_v2("/f")
    cursor = dbx.files_list_folder("/f").cursor
    waits = real_waits(service, monkeypatch)
    for _ in range(3):
        assert not dbx.files_list_folder_longpoll(cursor, timeout=30).changes
    assert waits == []


def test_a_poll_waits_for_others_for_a_fifth_of_a_second_in_all(service, ticking):
    ticking.step = 0.07
    with ThreadPoolExecutor(1) as pool:  # its thread lives until the end
        cursor = pool.submit(service.client().files_list_folder, "").result().cursor
        assert not service.client().files_list_folder_longpoll(cursor).changes
    assert ticking.waits == pytest.approx([0.2, 0.13, 0.06])


@pytest.mark.parametrize(("seconds", "waits"), [(0.9, [0.2]), (1.1, [])])
def test_a_poll_waits_only_for_threads_that_called_within_the_last_second(
    service, ticking, seconds, waits
):
    with ThreadPoolExecutor(1) as pool:
        cursor = pool.submit(service.client().files_list_folder, "").result().cursor
        ticking.now += seconds
        assert not service.client().files_list_folder_longpoll(cursor).changes
    assert ticking.waits == waits


def test_a_poll_does_not_wait_for_a_thread_that_has_ended(service, monkeypatch):
    waits = real_waits(service, monkeypatch)
    dbx = service.client()
    thread = threading.Thread(target=dbx.files_upload, args=(b"x", "/a"))
    thread.start()
    thread.join()
    assert not dbx.files_list_folder_longpoll(dbx.files_list_folder("").cursor).changes
    assert waits == []
    known = service.gate._callers._calls
    assert list(known) == [threading.get_ident()]
