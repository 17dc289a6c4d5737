"""Tests of the clocks: `ManualClock`, `SystemClock` and `SkippingClock`."""

import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakedropbox import FakeDropboxService, ManualClock, SystemClock
from fakedropbox.clock import SkippingClock

UTC = timezone.utc


def test_a_manual_clock_moves_by_sleep_and_advance_and_not_by_itself():
    clock = ManualClock()
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC) == clock.now()
    clock.sleep(1.5)
    clock.advance(0.25)
    assert clock.now() == datetime(2026, 1, 1, 0, 0, 1, 750_000, tzinfo=UTC)
    assert clock.time() == clock.now().timestamp()
    assert clock.micros == 1_767_225_601_750_000


def test_a_manual_clock_can_be_set_to_the_past_and_from_any_time_zone():
    clock = ManualClock(datetime(2030, 1, 1, tzinfo=UTC))
    clock.set(datetime(1999, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == datetime(1998, 12, 31, 23, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    "late", [datetime.max.replace(tzinfo=UTC), datetime(9900, 1, 2, tzinfo=UTC)]
)
def test_a_manual_clock_cannot_be_set_beyond_its_last_date(late):
    clock = ManualClock()
    before = clock.now()
    for place in (clock.set, ManualClock):
        with pytest.raises(ValueError, match="moment: expected a time up to the year 9900, got"):
            place(late)
    assert clock.now() == before
    clock.set(datetime(9900, 1, 1, tzinfo=UTC))
    assert clock.now().year == 9900


@given(st.floats(min_value=0, max_value=1e9))
def test_advancing_is_exact_to_the_microsecond(seconds):
    clock = ManualClock()
    before = clock.micros
    clock.advance(seconds)
    assert abs(clock.micros - before - seconds * 1e6) <= 0.5 + seconds * 1e-9


def test_sleeps_in_threads_add_up():
    clock = ManualClock()
    barrier = threading.Barrier(8)

    def sleep(_):
        barrier.wait(10)
        for _ in range(500):
            clock.sleep(0.001)

    before = clock.micros
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sleep, range(8)))
    assert clock.micros - before == 8 * 500 * 1000


@pytest.mark.parametrize("seconds", [-1, -1e-6, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("method", ["sleep", "advance"])
def test_invalid_seconds_are_refused(method, seconds):
    clock = ManualClock()
    before = clock.micros
    with pytest.raises(ValueError, match=r"seconds: expected .*got"):
        getattr(clock, method)(seconds)
    assert clock.micros == before


@pytest.mark.parametrize("seconds", ["1", None, [1], timedelta(seconds=1), b"1"])
@pytest.mark.parametrize("method", ["sleep", "advance"])
def test_seconds_of_a_wrong_type_are_refused(method, seconds):
    with pytest.raises(TypeError, match=r"seconds: expected .*got"):
        getattr(ManualClock(), method)(seconds)


def test_a_datetime_without_a_time_zone_is_refused():
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 -- the mistake under test
    with pytest.raises(ValueError, match="expected an aware datetime"):
        ManualClock(naive)
    with pytest.raises(ValueError, match="expected an aware datetime"):
        ManualClock().set(naive)


@pytest.mark.parametrize("moment", ["2026-01-01", 5, None, 1.5])
def test_a_datetime_of_a_wrong_type_is_refused(moment):
    with pytest.raises(TypeError, match=r"expected .*datetime, got"):
        ManualClock(moment)
    with pytest.raises(TypeError, match=r"expected .*datetime, got"):
        ManualClock().set(moment)


def test_the_system_clock_is_that_of_the_machine(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_767_225_600_123_456_789)
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    clock = SystemClock()
    assert clock.micros == 1_767_225_600_123_456
    assert clock.now() == datetime(2026, 1, 1, 0, 0, 0, 123_456, tzinfo=UTC)
    clock.sleep(2.5)
    assert slept == [2.5]
    with pytest.raises(ValueError, match="seconds"):
        clock.sleep(-1)


def test_a_service_with_the_system_clock_sleeps_in_real_time(monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    service = FakeDropboxService(clock=SystemClock())
    service.faults.rate_limit("files/list_folder", retry_after=3)
    service.client().files_list_folder("")
    assert slept == [3.0]
    service.restore(service.snapshot())
    service.reset()
    service.client().files_list_folder("")


def test_file_dates_follow_the_clock_of_the_service():
    clock = ManualClock(datetime(2031, 5, 6, 7, 8, 9, 999_999, tzinfo=UTC))
    service = FakeDropboxService(clock=clock)
    dbx = service.client()
    meta = dbx.files_upload(b"x", "/x")
    assert meta.server_modified == meta.client_modified == datetime(2031, 5, 6, 7, 8, 9)  # noqa: DTZ001
    clock.advance(60)
    assert dbx.files_upload(b"y", "/y").server_modified == datetime(2031, 5, 6, 7, 9, 9)  # noqa: DTZ001


def test_the_skipping_clock_adds_its_sleeps_to_the_time_of_the_machine(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_767_225_600_123_456_789)
    monkeypatch.setattr(time, "sleep", pytest.fail)
    clock = SkippingClock()
    clock.sleep(2.5)
    clock.sleep(1)
    assert clock.micros == 1_767_225_603_623_456
    monkeypatch.setattr(time, "time_ns", lambda: 1_767_225_601_123_456_789)
    assert clock.micros == 1_767_225_604_623_456
    with pytest.raises(ValueError, match="seconds"):
        clock.sleep(-1)
