from datetime import datetime, timedelta, timezone

from dropspool import SystemClock


def test_the_time_is_utc_and_sleeping_lets_some_go_by(monkeypatch):
    slept = []
    monkeypatch.setattr("dropspool.clock.time.sleep", slept.append)
    SystemClock().sleep(2.5)
    assert slept == [2.5]
    now = SystemClock().now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(timezone.utc)) < timedelta(minutes=1)
