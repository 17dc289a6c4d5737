"""Likely causes of a difference between two runs of a scenario, found by the words that differ."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from typing import NamedTuple
from uuid import UUID

_DAY = 86_400
_WORD = re.compile(r"[^\s/]+")
_NUMBER = re.compile(r"\d+")
_MOST_THINGS = 100_000
_PRECISE = re.compile(r"[1-9]\d*\.\d{3,}|[1-9]\d{9,}")
_UNITS = (1, 1e3, 1e6, 1e9)
_DATE = re.compile(r"(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)")
_TIME_OF_DAY = re.compile(r"\b(\d\d)[:._-]\d\d[:._-]\d\d\b")
_MINUTE = timedelta(minutes=1)
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_TEMPORARY = re.compile(r"tmp[a-z0-9_]{8}")
_ADDRESS = re.compile(r"0x[0-9a-f]{5,}")
_RANDOM = re.compile(r"(?=.*\d)[\w-]{6,}|0\.\d{6,}")
_OF_TIME = (1, 6, 7)
"""The versions of a UUID that contain the time."""

_CLOCK = (
    "In a scenario, take the time from the service's clock, such as `service.clock.now()` or "
    "`.time()`, or replace `time.time` by `service.clock.time` during the scenario"
)
_SEEDED = (
    "The functions of `random`, `secrets` and `os.urandom`, and `uuid.uuid4`, return the same "
    "values in each run; others, such as those of a `random.Random`, NumPy or `tempfile`, need an "
    "object that the scenario makes by itself with a fixed seed, or a fixed value"
)
_WITHIN = "Make it within the scenario, so that each run begins in the same state"


class _Cause(NamedTuple):
    """A possible cause: a test of whether two differing words fit it, its name, and the remedy."""

    fits: Callable[[str, str], bool]
    name: str
    way_out: str


def _are_times(*words: str) -> bool:
    """Return whether all words contain a time within a day from now, in one of the usual units."""
    clocks = (time.time(), time.monotonic())

    def is_time(text: str) -> bool:
        value = float(text)
        return any(abs(value / unit - now) < _DAY for now in clocks for unit in _UNITS)

    return all(any(map(is_time, _PRECISE.findall(word))) for word in words)


def _are_dates(*words: str) -> bool:
    """Return whether all words contain today's date or the present hour, here or in UTC."""
    zones = (None, timezone.utc)
    moments = [datetime.now(zone) - ago for zone in zones for ago in (timedelta(), _MINUTE)]
    days, hours = ({f"{moment:{form}}" for moment in moments} for form in ("%Y%m%d", "%H"))
    return all(
        any("".join(date) in days for date in _DATE.findall(word))
        or any(hour in hours for hour in _TIME_OF_DAY.findall(word))
        for word in words
    )


def _are_uuids_of_time(*words: str) -> bool:
    found = [_UUID.search(word) for word in words]
    return all(each is not None and UUID(each[0]).version in _OF_TIME for each in found)


def _are(pattern: re.Pattern[str]) -> Callable[..., bool]:
    return lambda *words: all(pattern.search(word) for word in words)


def _grows(first: str, later: str) -> bool:
    """Return whether the words differ in small numbers only, which are greater in the later run."""
    old, new = (list(map(int, _NUMBER.findall(word))) for word in (first, later))
    return (
        _NUMBER.sub("", first) == _NUMBER.sub("", later) and old < new and max(new) < _MOST_THINGS
    )


_CAUSES = (
    _Cause(_are_dates, "the real time, such as from `datetime.now()`", _CLOCK),
    _Cause(_are_uuids_of_time, "the real time, such as from `uuid.uuid1()`", _CLOCK),
    _Cause(_are(_UUID), "a random value, such as a UUID", _SEEDED),
    _Cause(_are_times, "the real time, such as from `time.time()`", _CLOCK),
    _Cause(_are(_TEMPORARY), "a random name, such as from `tempfile`", _SEEDED),
    _Cause(_are(_ADDRESS), "an address in memory, such as from `id()` or a default `repr`",
           "Use a name that is the same in each run"),
    _Cause(_grows, "a counter, or a collection that grows, which outlives the run", _WITHIN),
    _Cause(_are(_RANDOM), "a random value", _SEEDED),
)  # fmt: skip
_UNKNOWN = (
    "an object, a file or a cache that outlives the run, the order of a set or of `os.listdir`, a "
    f"thread, the real time, or a random value. {_WITHIN}; use `sorted`. {_CLOCK}. {_SEEDED}"
)


ANOTHER_ORDER = (
    "The same call came at another place in the first run. The likely cause is the order of a set, "
    "of `os.listdir` or of `glob`, or a thread. Use `sorted`, and one thread"
)
"""A sentence about a call that both runs make, but at different places."""


def likely_causes(first: str, later: str) -> str:
    """Return a sentence about what probably made a call differ, and what to do.

    Args:
        first: the call in the first run: its route and its paths.
        later: the call in a later run.
    """
    pairs = zip_longest(_WORD.findall(first), _WORD.findall(later), fillvalue="")
    differing = [pair for pair in pairs if pair[0] != pair[1]]
    for cause in _CAUSES:
        if differing and all(cause.fits(*pair) for pair in differing):
            return f"The likely cause is {cause.name}. {cause.way_out}"
    return f"Likely causes are {_UNKNOWN}"
