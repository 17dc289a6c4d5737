"""Tests of `SkewedClock`: its skew and drift, and workers with different clocks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakedropbox import FakeDropboxService, ManualClock
from fakedropbox.simulate import SkewedClock, interleavings

SKEWS = st.floats(-1e6, 1e6)
DRIFTS = st.floats(-0.5, 2)


@given(SKEWS, DRIFTS, st.lists(st.floats(0, 1e4), max_size=5))
def test_a_skewed_clock_is_off_by_its_skew_plus_its_drift_over_time(skew, drift, steps):
    true = ManualClock()
    skewed = SkewedClock(true, skew=skew, drift=drift)
    start = true.micros
    for step in steps:
        true.advance(step)
    elapsed = true.micros - start
    assert skewed.micros - true.micros == pytest.approx(skew * 1e6 + elapsed * drift, abs=2)


@given(SKEWS, DRIFTS, st.floats(0, 1e4))
def test_sleep_lasts_the_given_seconds_by_the_skewed_clock(skew, drift, seconds):
    skewed = SkewedClock(ManualClock(), skew=skew, drift=drift)
    before = skewed.micros
    skewed.sleep(seconds)
    assert skewed.micros - before == pytest.approx(seconds * 1e6, abs=4)


def test_each_worker_can_have_its_own_clock():
    service = FakeDropboxService()

    def sleeper(**options):
        clock = SkewedClock(service.clock, **options)

        def sleep():
            begun = clock.time()
            clock.sleep(60)
            service.client().files_upload(b"", f"/{len(options)}")
            return begun, clock.time(), service.clock.time()

        return sleep

    now = service.clock.time()
    seen = []
    workers = [sleeper(), sleeper(skew=-10), sleeper(skew=5, drift=0.5)]
    interleavings(workers, check=lambda run: seen.append(run.results), service=service)
    assert seen[0] == (
        (now, now + 60, now + 60),
        (now - 10, now + 50, now + 60),
        (now + 5, now + 65, now + 40),
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"skew": float("inf")}, "skew: expected a finite number of seconds, got inf"),
        ({"skew": "1"}, "skew: expected int or float, got '1'"),
        ({"drift": -1}, "drift: expected a finite number above -1, got -1"),
        ({"drift": float("nan")}, "drift: expected a finite number above -1, got nan"),
        ({"clock": 3}, "clock: expected Clock, got 3"),
    ],
)
def test_invalid_arguments_are_refused(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        SkewedClock(**{"clock": ManualClock(), **options})
