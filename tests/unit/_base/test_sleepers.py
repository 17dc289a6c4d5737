"""Tests of tasks that sleep in virtual time while a thread is at work."""

import asyncio
import pickle
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from operator import attrgetter

import dropbox
import pytest
from dropbox.async_ import LaunchResultBase
from dropbox.exceptions import RateLimitError

from fakedropbox import FakeDropboxService, mock_dropbox
from fakedropbox._base import at_work

RUNS = 8
LONG = 60
"""Real seconds that no test takes, unless it fails."""

turn = asyncio.sleep


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Set `PATIENCE_SECONDS` to a time that is enough on the slowest machine."""
    monkeypatch.setattr(at_work, "PATIENCE_SECONDS", LONG)


def client_of(service):
    return dropbox.Dropbox(service.login.access_token, max_retries_on_rate_limit=0)


async def many_turns():
    for _ in range(500):
        await turn(0)


@pytest.mark.parametrize("kind", ["client", "sdk"])
def test_a_task_that_polls_sees_each_upload_in_time(kind):
    async def poll(dbx, seen):
        while True:
            page = await asyncio.to_thread(dbx.files_list_folder, "")
            seen.update(map(attrgetter("name"), page.entries))
            await asyncio.sleep(60)

    async def main(service):
        seen = set()
        dbx = client_of(service) if kind == "sdk" else service.client()
        before = time.time()
        task = asyncio.create_task(poll(dbx, seen))
        await asyncio.sleep(150)
        await asyncio.to_thread(dbx.files_upload, b"", "/x")
        await asyncio.sleep(90)
        task.cancel()
        assert seen == {"x"}
        assert time.time() - before == 240

    for _ in range(RUNS):
        with mock_dropbox(sleep="virtual") as service:
            asyncio.run(main(service))


def test_a_task_that_sleeps_in_a_loop_does_not_move_the_time_of_an_upload():
    async def tick():
        while True:  # noqa: ASYNC110 -- what a user writes
            await asyncio.sleep(1)

    async def main(service):
        service.faults.rate_limit("files/upload", retry_after=5)
        task = asyncio.create_task(tick())
        dbx, before = client_of(service), time.time()
        try:
            await asyncio.to_thread(dbx.files_upload, b"", "/x")
        except RateLimitError as error:
            await asyncio.sleep(error.backoff)
            await asyncio.to_thread(dbx.files_upload, b"", "/x")
        assert time.time() - before == 5
        task.cancel()

    for _ in range(RUNS):
        with mock_dropbox(sleep="virtual") as service:
            asyncio.run(main(service))


@pytest.fixture
def clock():
    clock = FakeDropboxService().clock
    with clock.patch():
        yield clock


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("first", ["work", "sleep"])
def test_no_time_passes_while_a_thread_of_an_executor_is_at_work(clock, own, first):
    release, before = threading.Event(), clock.time()

    async def main():
        with ThreadPoolExecutor(1) as pool:
            loop = asyncio.get_running_loop()
            sleep = None if first == "work" else asyncio.create_task(asyncio.sleep(60))
            await turn(0)
            work = loop.run_in_executor(pool if own else None, release.wait, LONG)
            sleep = sleep or asyncio.create_task(asyncio.sleep(60))
            await many_turns()
            assert clock.time() == before
            release.set()
            assert await work
            assert clock.time() == before
            await sleep
            assert clock.time() == before + 60

    asyncio.run(main())


def test_no_time_passes_while_any_thread_is_in_a_call(clock):
    service = FakeDropboxService()
    entered, release, before = threading.Event(), threading.Event(), clock.time()

    def answer(_call):
        service.client().files_list_folder("")  # a call within a call
        entered.set()
        release.wait(LONG)
        return LaunchResultBase.async_job_id("0")

    service.stub("riviera/get_text_async", answer)
    dbx = service.client()
    thread = threading.Thread(target=dbx.riviera_get_text_async)

    async def main():
        thread.start()
        assert entered.wait(LONG)
        sleep = asyncio.create_task(asyncio.sleep(60))
        await many_turns()
        assert clock.time() == before
        release.set()
        await sleep
        assert clock.time() == before + 60

    asyncio.run(main())
    thread.join()


def test_virtual_sleeps_of_a_thread_wake_the_tasks(clock):
    stop, before = threading.Event(), clock.time()

    def work():
        while not stop.wait(0.001):
            time.sleep(1)

    async def main():
        task = asyncio.create_task(asyncio.to_thread(work))
        await asyncio.sleep(60)
        stop.set()
        await task
        assert clock.time() >= before + 60

    asyncio.run(main())


def test_time_does_not_wait_for_a_thread_in_a_longpoll():
    service = FakeDropboxService()
    cursor = service.client().files_list_folder("").cursor
    with service.clock.patch():
        before = service.clock.time()

        async def main():
            poll = asyncio.create_task(
                asyncio.to_thread(service.client().files_list_folder_longpoll, cursor, 480)
            )
            await asyncio.sleep(10)
            await asyncio.to_thread(service.client().files_upload, b"", "/x")
            return (await poll).changes

        assert asyncio.run(main())
        assert service.clock.time() - before < 480


def test_a_change_wakes_the_longpolls_of_its_own_service_only():
    ours, others = threading.Condition(), threading.Condition()
    work = at_work.Work(threading.current_thread())
    with at_work.polling(ours):
        at_work.wake_polls(others)
        assert not work.may_end()
        at_work.wake_polls(ours)
        assert work.may_end()


def test_time_waits_for_a_blocked_thread_half_as_long_each_time_down_to_10_ms(clock, monkeypatch):
    monkeypatch.setattr(at_work, "PATIENCE_SECONDS", 0.02)
    waits, timer = [], threading.Timer

    def noted(seconds, *args):
        waits.append(seconds)
        return timer(seconds, *args)

    monkeypatch.setattr(threading, "Timer", noted)
    release, before = threading.Event(), clock.time()

    async def main():
        work = asyncio.create_task(asyncio.to_thread(release.wait, LONG))
        for _ in range(3):
            await asyncio.sleep(60)
        release.set()
        await work
        await asyncio.sleep(60)
        work = asyncio.create_task(asyncio.to_thread(release.clear))
        await asyncio.gather(work, asyncio.sleep(60))

    asyncio.run(main())
    assert clock.time() == before + 300
    assert waits[:3] == [0.02, 0.01, 0.01]
    assert set(waits[3:]) <= {0.02}


def test_time_does_not_wait_for_a_call_whose_thread_has_ended(clock):
    left = []  # a call that its thread does not end, as a stopped simulated worker does not

    def begin_a_call():
        left.append(at_work.calling())
        left[0].__enter__()

    thread = threading.Thread(target=begin_a_call)
    thread.start()
    thread.join()
    before = clock.time()
    asyncio.run(asyncio.wait_for(asyncio.sleep(60), LONG / 2))
    assert clock.time() == before + 60
    left[0].__exit__(None, None, None)


def test_time_passes_after_the_close_of_a_loop_whose_waiting_task_was_cancelled(clock):
    release = threading.Event()
    before = clock.time()

    async def main():
        asyncio.get_running_loop().run_in_executor(None, release.wait, LONG)
        sleep = asyncio.create_task(asyncio.sleep(60))
        await many_turns()
        sleep.cancel()
        release.set()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    time.sleep(1)  # the end of this sleep would be reported to the closed loop
    assert clock.time() == before + 1


@pytest.mark.usefixtures("clock")
def test_the_end_of_a_call_is_reported_only_once_to_a_closed_loop(monkeypatch):
    """Regression: all later calls were reported to a loop that was closed during a wait."""
    release = threading.Event()

    async def main():
        asyncio.get_running_loop().run_in_executor(None, release.wait, LONG)
        tasks.append(asyncio.create_task(asyncio.sleep(60)))
        await many_turns()

    def report(*_):
        reports.append(1)
        raise RuntimeError("Event loop is closed")

    tasks, reports, loop = [], [], asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
    monkeypatch.setattr(loop, "call_soon_threadsafe", report)
    for _ in range(3):
        at_work.tell()
    assert reports == [1]
    release.set()


def test_the_end_of_a_patch_restores_run_in_executor(clock):
    patched = asyncio.BaseEventLoop.run_in_executor
    clock.unpatch()
    assert asyncio.BaseEventLoop.run_in_executor is not patched


class Immediate(ProcessPoolExecutor):
    """A process executor that pickles each function, and runs it immediately in this process."""

    def submit(self, function, *args):
        done = Future()
        done.set_result(pickle.loads(pickle.dumps(function))(*args))  # noqa: S301 -- our own
        return done


def test_the_functions_for_other_processes_can_be_pickled(clock):
    async def main():
        work = asyncio.get_running_loop().run_in_executor(Immediate(1), abs, -5)
        return await asyncio.gather(work, asyncio.sleep(1))

    assert asyncio.run(main())[0] == 5
