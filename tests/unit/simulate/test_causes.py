"""Tests of the likely causes that a simulation names when a scenario differs between runs."""

import itertools
import os
import random
import re
import secrets
import tempfile
import time
import uuid
from datetime import datetime, timezone

import pytest

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import NotDeterministic, crash_points, interleavings
from fakedropbox.simulate._causes import likely_causes

COUNTER = itertools.count()
OWN = random.Random(5)  # noqa: S311 -- a source that outlives the runs


def passes(_):
    """Check nothing, so that any run passes."""


def time_at(hour):
    return f"{datetime.now(timezone.utc):%Y-%m-%d}T{hour:02}:00:00"


@pytest.mark.parametrize(
    ("name", "cause", "way_out"),
    [
        (time.time, r"the real time, such as from `time.time\(\)`", "service.clock"),
        (time.time_ns, r"the real time, such as from `time.time\(\)`", "service.clock"),
        (time.monotonic_ns, r"the real time, such as from `time.time\(\)`", "service.clock"),
        (lambda: f"{datetime.now()}", r"`datetime.now\(\)`", "service.clock"),  # noqa: DTZ005 -- as programs do
        (lambda: f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S.%f}", "`datetime.now", "service.cl"),
        (uuid.uuid1, r"the real time, such as from `uuid.uuid1\(\)`", "service.clock"),
        (lambda: uuid.UUID(int=OWN.getrandbits(128), version=4), "such as a UUID", "fixed seed"),
        (OWN.random, "a random value", "fixed seed"),
        (lambda: f"{OWN.getrandbits(64):016x}", "a random value", "fixed seed"),
        (lambda: tempfile.mktemp(dir="/"), "such as from `tempfile`", "fixed seed"),  # noqa: S306 -- only a name
        (lambda: f"job {next(COUNTER)}", "a counter, or a collection that grows", "within the sc"),
    ],
)  # fmt: skip
def test_the_error_for_a_name_that_differs_says_its_cause_and_the_remedy(name, cause, way_out):
    def scenario(dbx):
        dbx.files_upload(b"job", f"/jobs/{str(name()).strip('/')}.json")

    with pytest.raises(NotDeterministic, match=cause) as refused:
        crash_points(scenario, check=passes)
    assert re.search(way_out, str(refused.value))


def test_the_cause_of_a_difference_is_named_for_workers_too():
    service = FakeDropboxService()

    def worker():
        dbx = service.client()
        dbx.files_upload(b"", "/a")
        dbx.files_upload(b"", f"/{time.time()}")

    with pytest.raises(NotDeterministic, match=r"from `time.time\(\)`. In a scenario, take"):
        interleavings([worker, worker], check=passes, service=service)


def test_another_order_of_the_same_calls_is_recognized():
    names = ["/a", "/b"]

    def scenario(dbx):
        names.reverse()
        for name in names:
            dbx.files_upload(b"", name)

    with pytest.raises(NotDeterministic, match=r"at another place in the first run.*sorted"):
        crash_points(scenario, check=passes)


@pytest.mark.parametrize(
    "draw", [random.random, uuid.uuid4, secrets.token_hex, lambda: os.urandom(4).hex()]
)
def test_functions_that_simulations_seed_return_the_same_in_each_run(draw):
    crash_points(lambda dbx: dbx.files_upload(b"", f"/{draw()}"), check=passes)


@pytest.mark.parametrize(
    ("first", "later", "cause"),
    [
        ("files/upload /0x7f1234567890", "files/upload /0x7f1234567abc", "an address in memory"),
        (f"files/upload /{time_at(1)}", f"files/upload /{time_at(2)}", "datetime.now"),
        ("files/upload /1.2", "files/upload /1.3", "a counter"),
        ("files/upload /2001-01-01", "files/upload /2001-01-02", "a counter"),
        ("files/upload /0.75", "files/upload /0.25", "Likely causes are an object"),
        ("files/upload /a", "files/delete_v2 /a", "Likely causes are an object"),
        ("files/upload /a /1", "files/upload /b /2", "Likely causes are an object"),
        ("files/upload /9999999", "files/upload /99999999", "a random value"),
        ("", "", "Likely causes are an object"),
    ],
)
def test_a_cause_is_named_only_if_all_differing_words_fit_it(first, later, cause):
    assert cause in likely_causes(first, later)
