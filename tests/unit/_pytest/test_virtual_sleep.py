"""Tests of `sleep="virtual"` in the marker and in `mock_dropbox`, as a suite uses it."""

import asyncio
import time

import dropbox
import pytest
from dropbox.exceptions import RateLimitError
from tests.support.plain_http import Http
from tests.support.pytest_runs import PLAIN

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401
from fakedropbox import ManualClock, mock_dropbox

REAL = asyncio.sleep


def uploaded(dbx, path):
    """Upload as a user's program does, which waits as long as Dropbox asks for."""
    while True:
        try:
            return dbx.files_upload(b"x", path)
        except RateLimitError as error:
            time.sleep(error.backoff)


def client_of(service):
    return dropbox.Dropbox(service.login.access_token, max_retries_on_rate_limit=0)


@pytest.mark.dropbox(sleep="virtual")
def test_sleeps_of_the_code_under_test_take_virtual_time(
    dropbox_active, dropbox_faults, dropbox_clock
):
    dropbox_faults.rate_limit("files/upload", times=3, retry_after=60)
    before, began = dropbox_clock.time(), time.monotonic()
    uploaded(client_of(dropbox_active), "/a")
    assert dropbox_clock.time() - before == 180
    assert time.time() == dropbox_clock.time()
    assert time.monotonic() - began == pytest.approx(180)


def test_a_test_after_one_with_virtual_sleep_has_the_real_functions(dropbox_active):
    assert asyncio.sleep is REAL
    assert time.time() != dropbox_active.clock.time()


@pytest.mark.dropbox(sleep="real")
def test_sleep_real_keeps_the_real_functions(dropbox_service):
    assert asyncio.sleep is REAL


@pytest.mark.dropbox(sleep="virtual")
def test_requests_to_the_server_do_not_advance_the_virtual_clock(dropbox_server, dropbox_clock):
    before = dropbox_clock.time()
    for _ in range(3):
        assert Http(dropbox_server).rpc("files/list_folder", {"path": ""}).status_code == 200
    assert dropbox_clock.time() == before


@mock_dropbox(sleep="virtual")
def test_mock_dropbox_can_make_sleeps_virtual(dropbox_service):
    dropbox_service.faults.rate_limit("files/upload", retry_after=60)
    before = time.time()
    uploaded(client_of(dropbox_service), "/a")
    assert time.time() - before == 60


@mock_dropbox(sleep="virtual")
async def wait_in_a_task():
    before = time.time()
    await asyncio.gather(asyncio.sleep(60), asyncio.sleep(30))
    return time.time() - before


def test_mock_dropbox_can_make_sleeps_of_an_async_function_virtual():
    assert asyncio.run(wait_in_a_task()) == 60
    assert asyncio.sleep is REAL


def test_a_patch_in_mock_dropbox_ends_with_it():
    with mock_dropbox() as service:
        service.clock.patch()
        assert asyncio.sleep is not REAL
    assert asyncio.sleep is REAL


@pytest.mark.parametrize("inner", ["real", "virtual"])
def test_a_mock_dropbox_within_another_one_ends_only_its_own_patches(inner):
    clock = ManualClock()
    with mock_dropbox(clock=clock, sleep="virtual"):
        before = clock.time()
        with mock_dropbox(clock=clock, sleep=inner):
            clock.patch()
            time.sleep(60)
        assert asyncio.sleep is not REAL
        time.sleep(60)
        assert clock.time() == before + 120
    assert asyncio.sleep is REAL


def test_a_value_of_sleep_other_than_virtual_and_real_is_refused():
    with pytest.raises(ValueError, match="sleep: expected 'virtual' or 'real', got 'virtul'"):
        mock_dropbox(sleep="virtul")


SUITE = """
import asyncio, time
import unittest
import pytest
from hypothesis import given, settings, strategies as st
from fakedropbox import FakeDropboxService, ManualClock, SystemClock, mock_dropbox

REAL = time.sleep, asyncio.sleep

def restored():
    return (time.sleep, asyncio.sleep) == REAL

@pytest.mark.dropbox(sleep="virtual")
class TestOfAClass:
    def test_inherited(self, dropbox_clock):
        before = dropbox_clock.time()
        time.sleep(3600)
        assert dropbox_clock.time() - before == 3600

    @pytest.mark.dropbox(sleep="real")
    def test_overridden(self, dropbox_service):
        assert restored()

@pytest.mark.dropbox(sleep="virtual")
def test_that_fails(dropbox_service):
    time.sleep(3600)
    assert False, "as it should"

def test_after_a_failure():
    assert restored()

def test_patch_lasts_until_the_end(dropbox_clock):
    dropbox_clock.patch(__name__)
    time.sleep(3600)

def test_after_patch():
    assert restored()

SHARED = ManualClock()

@pytest.fixture
def patched():
    with SHARED.patch():
        yield
        assert not restored()

@pytest.mark.dropbox(clock=SHARED)
def test_an_earlier_patch_does_not_end_with_the_service(patched, dropbox_service):
    SHARED.patch("json")

@pytest.mark.dropbox(sleep="virtul")
def test_misspelt(dropbox_service):
    pass

@pytest.mark.dropbox(sleep="virtual", clock=SystemClock())
def test_real_clock(dropbox_service):
    pass

@settings(max_examples=5)
@given(st.integers(1, 1000))
def test_given(dropbox_services, seconds):
    service = dropbox_services()
    with service.clock.patch():
        before = service.clock.time()
        time.sleep(seconds)
        assert service.clock.time() - before == seconds

@mock_dropbox(sleep="virtual")
class TestCase(unittest.TestCase):
    def test_case(self):
        before = self.dropbox_service.clock.time()
        time.sleep(3600)
        assert self.dropbox_service.clock.time() - before == 3600

def test_after_a_case():
    assert restored()

def test_of_the_factory(dropbox_services):
    dropbox_services().clock.patch()
    time.sleep(0.01)

def test_after_the_factory():
    assert restored()

def test_of_the_run(session_dropbox_service):
    session_dropbox_service.clock.patch()
    time.sleep(0.01)

def test_after_that_of_the_run(session_dropbox_service):
    assert restored()

def test_of_its_own():
    FakeDropboxService().clock.patch()
    time.sleep(0.01)
    assert False, "as it should"

def test_after_its_own():
    assert restored()
"""

OF_A_FIXTURE = """
import time
import pytest

REAL = [time.sleep]

@pytest.fixture(scope="class")
def virtual(dropbox_services):
    dropbox_services().clock.patch()

@pytest.mark.usefixtures("virtual")
class TestSeveral:
    def test_one(self, session_dropbox_service):
        session_dropbox_service.clock.patch()
        time.sleep(0.01)

    def test_two(self):
        time.sleep(0.01)
        assert [time.sleep] != REAL

def test_after_the_class():
    assert [time.sleep] == REAL
"""


def test_a_whole_suite_can_use_virtual_sleeps(pytester):
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_inprocess(*PLAIN)
    result.assert_outcomes(passed=14, failed=2, errors=2)
    text = result.stdout.str()
    assert "ValueError: sleep: expected 'virtual' or 'real', got 'virtul'" in text
    assert "ValueError: patch: a sleep on a SystemClock takes real time" in text


def test_a_patch_in_a_fixture_for_several_tests_ends_with_the_fixture(pytester):
    pytester.makepyfile(OF_A_FIXTURE)
    pytester.runpytest_inprocess(*PLAIN).assert_outcomes(passed=3)
