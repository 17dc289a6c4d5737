"""A test of the system clock."""

from datetime import datetime, timedelta, timezone

from dropspool import SystemClock


def test_the_system_clock_returns_utc_and_sleeps(monkeypatch):
    slept = []
    monkeypatch.setattr("dropspool.clock.time.sleep", slept.append)
    SystemClock().sleep(2.5)
    assert slept == [2.5]
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(timezone.utc)) < timedelta(minutes=1)
