"""Tests of a service in a test that freezes the time by freezegun or time-machine.

The suite runs in a pytest process of its own, as the server of this one needs the real time.
"""

import sys
from types import ModuleType

import pytest
from tests.support.pytest_runs import PLAIN

from fakedropbox._base.time_travel import travelled

HEAD = """
from datetime import datetime, timedelta, timezone

import dropbox
import pytest
from freezegun import freeze_time
from time_machine import travel

from fakedropbox import FakeDropboxService, ManualClock

T = datetime(2030, 5, 5, 12)
MODIFIED = "server_modified"

def upload(dbx, path):
    return dbx.files_upload(path.encode(), path).server_modified

def seconds(number):
    return timedelta(seconds=number)

def frozen(moment):
    return travel(moment.replace(tzinfo=timezone.utc), tick=False)

both = pytest.mark.parametrize("freeze", [freeze_time, frozen])
"""

SERVICE = """
@freeze_time(T)
def test_a_decorator_begins_after_the_fixtures(fake_dropbox, dropbox_calls):
    assert upload(fake_dropbox, "/a") == T
    assert len(dropbox_calls) == 1  # its token has not aged, so it is not refreshed

@frozen(T)
def test_a_decorator_of_time_machine_begins_after_the_fixtures(fake_dropbox, dropbox_calls):
    assert upload(fake_dropbox, "/a") == T
    assert len(dropbox_calls) == 1

@both
def test_an_access_token_from_before_is_valid_and_ages(freeze, dropbox_active, dropbox_clock):
    dbx = dropbox.Dropbox(dropbox_active.login.access_token)
    with freeze(T):
        assert upload(dbx, "/a") == T
        assert dropbox_active.expiry_of(dropbox_active.login.access_token) == T + seconds(4 * 3600)
        dropbox_clock.advance(4 * 3600)
        with pytest.raises(dropbox.exceptions.AuthError):
            upload(dbx, "/b")

@both
@pytest.mark.parametrize("moment", [T, datetime(1990, 1, 1)])
def test_a_service_that_is_made_in_it_starts_from_its_time(freeze, moment):
    with freeze(moment):
        service = FakeDropboxService(files={"/seed": b""})
        assert upload(service.client(), "/a") == moment
        assert service.client().files_get_metadata("/seed").server_modified == moment
        service.clock.advance(1)
        service.reset()
        assert upload(service.client(), "/a") == moment

@both
def test_pauses_are_added_to_a_time_that_moves(freeze, dropbox_active, dropbox_faults):
    login = dropbox_active.login
    dbx = dropbox.Dropbox(
        oauth2_refresh_token=login.refresh_token, app_key=login.app_key, app_secret=login.app_secret
    )
    with freeze(T) as time:
        assert upload(dbx, "/a") == T
        dropbox_faults.rate_limit("files/upload", retry_after=300)
        assert upload(dbx, "/b") == T + seconds(300)
        assert datetime.now(timezone.utc).replace(tzinfo=None) == T
        (getattr(time, "tick", None) or time.shift)(60)
        assert upload(dbx, "/c") == T + seconds(360)
        time.move_to(T.replace(tzinfo=timezone.utc, year=2031))
        assert upload(dbx, "/d") == T.replace(year=2031) + seconds(300)

@both
def test_the_clock_stands_still_from_the_end_and_starts_again_with_the_next(freeze, dropbox_clock):
    dropbox_clock.advance(10)
    with freeze(T):
        assert dropbox_clock.utcnow() == T
        dropbox_clock.advance(10)
    assert dropbox_clock.utcnow() == T + seconds(10)
    dropbox_clock.advance(10)
    assert dropbox_clock.utcnow() == T + seconds(20)
    with freeze(T):
        assert dropbox_clock.utcnow() == T

@both
def test_snapshots_go_back_to_the_same_pauses(freeze, dropbox_service, dropbox_clock):
    outside = dropbox_service.snapshot()
    with freeze(T):
        with dropbox_service.scratch():
            dropbox_clock.advance(10)
        assert dropbox_clock.utcnow() == T
        dropbox_clock.advance(5)
        inside = dropbox_service.snapshot()
        dropbox_clock.advance(10)
        dropbox_service.restore(inside)
        assert dropbox_clock.utcnow() == T + seconds(5)
        dropbox_service.restore(outside)
        assert dropbox_clock.utcnow() == T
    dropbox_service.restore(outside)
    assert dropbox_clock.utcnow() == datetime(2026, 1, 1)

@both
def test_a_clock_that_was_given_a_time_does_not_follow(freeze):
    given, set_later = ManualClock(datetime(2027, 1, 1, tzinfo=timezone.utc)), ManualClock()
    with freeze(T) as time:
        assert given.utcnow() == datetime(2027, 1, 1)
        assert set_later.utcnow() == T
        set_later.set(set_later.now() + seconds(1))
        (getattr(time, "tick", None) or time.shift)(60)
        assert set_later.utcnow() == T + seconds(1)

def test_a_time_that_ticks_is_followed():
    for ticking in (freeze_time(T, tick=True), travel(T.replace(tzinfo=timezone.utc))):
        with ticking:
            clock = ManualClock()
            first, later = clock.micros, clock.micros
            while later == first:
                later = clock.micros
            assert T <= clock.utcnow() < T + seconds(60)

def test_reading_the_clock_does_not_move_a_time_that_moves_with_each_reading(dropbox_clock):
    with freeze_time(T, auto_tick_seconds=15):
        assert dropbox_clock.utcnow() == dropbox_clock.utcnow() == T
        datetime.now()
        assert dropbox_clock.utcnow() == T + seconds(15)

def test_the_clock_follows_the_innermost_library():
    clock = ManualClock()
    with frozen(T), freeze_time("2040-01-01"):
        assert clock.utcnow() == datetime(2040, 1, 1)

def test_another_thread_sees_the_same_time(dropbox_service):
    import threading
    with freeze_time(T):
        seen = []
        thread = threading.Thread(
            target=lambda: seen.append(upload(dropbox_service.client(), "/a"))
        )
        thread.start()
        thread.join()
    assert seen == [T]

@both
def test_the_sdk_has_the_service_time_in_and_after_a_freeze(freeze, dropbox_active, dropbox_clock):
    with freeze(T):
        dropbox_clock.advance(10)
        assert dropbox.dropbox_client.time.time() == dropbox_clock.time()
    assert dropbox.dropbox_client.time.time() == dropbox_clock.time()
"""

PATCHED = """
import asyncio
import time
from time import sleep, time as now

shift = lambda frozen, seconds: (getattr(frozen, "tick", None) or frozen.shift)(seconds)
timestamp = T.replace(tzinfo=timezone.utc).timestamp()

@pytest.mark.dropbox(sleep="virtual")
@both
def test_frozen_in_a_patch(freeze, dropbox_service, dropbox_clock):
    time.sleep(5)
    with freeze(T) as frozen:
        assert upload(dropbox_service.client(), "/a") == T
        assert time.time() == timestamp
        monotonic = time.monotonic()
        time.sleep(60)
        sleep(60)
        asyncio.run(asyncio.sleep(60))
        assert time.time() == now() == timestamp + 180
        assert time.time_ns() == timestamp * 10**9 + 180 * 10**9
        assert time.gmtime()[:6] == (2030, 5, 5, 12, 3, 0)
        assert time.strftime("%M", time.gmtime()) == "03"
        assert time.monotonic() - monotonic == pytest.approx(180)
        assert datetime.now(timezone.utc).replace(tzinfo=None) == T
        shift(frozen, 60)
        assert time.time() == now() == timestamp + 240
        assert upload(dropbox_service.client(), "/b") == T + seconds(240)
    assert dropbox_clock.time() == timestamp + 240
    time.sleep(60)
    assert time.time() == now() == timestamp + 300

@both
def test_a_patch_in_frozen_time(freeze, dropbox_service, dropbox_clock):
    with freeze(T) as frozen:
        before = time.time
        with dropbox_clock.patch():
            time.sleep(60)
            sleep(60)
            assert time.time() == now() == timestamp + 120
            shift(frozen, 60)
            assert time.time() == now() == timestamp + 180
            assert upload(dropbox_service.client(), "/a") == T + seconds(180)
        assert time.time() == timestamp + 60
        assert time.time is before

@both
def test_the_pauses_of_the_sdk_count(freeze, dropbox_active, dropbox_faults, dropbox_clock):
    dbx = dropbox.Dropbox(dropbox_active.login.access_token)
    with dropbox_clock.patch(), freeze(T):
        dropbox_faults.rate_limit("files/upload", retry_after=300)
        upload(dbx, "/a")
        assert time.time() == timestamp + 300

REAL = time.time, time.sleep, time.monotonic, asyncio.sleep, datetime
ALL = {name: getattr(time, name) for name in dir(time)}

def test_time_functions_are_restored_after_the_tests():
    assert (time.time, time.sleep, time.monotonic, asyncio.sleep, datetime) == REAL
    assert (now, sleep) == REAL[:2]
    assert {name: getattr(time, name) for name in ALL} == ALL
"""


def test_a_whole_suite_can_use_frozen_time(pytester):
    pytester.makepyfile(test_service=HEAD + SERVICE, test_patched=HEAD + PATCHED)
    result = pytester.runpytest_subprocess(*PLAIN, "-q", "-W", "error::pytest.PytestWarning")
    assert result.ret == 0


LIBRARIES = ("freezegun.api", "time_machine")


def test_reading_the_frozen_time_does_not_import_the_libraries(monkeypatch):
    for name in LIBRARIES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert travelled() is None
    assert sys.modules.keys().isdisjoint(LIBRARIES)


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_time_of_a_library_that_is_being_imported_is_not_read(monkeypatch, name):
    for each in LIBRARIES:
        monkeypatch.delitem(sys.modules, each, raising=False)
    monkeypatch.setitem(sys.modules, name, ModuleType(name))
    assert travelled() is None
