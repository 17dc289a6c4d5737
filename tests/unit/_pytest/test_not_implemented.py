"""Tests of the failure of a test that calls something that is not faked, at its end."""

import re

from tests.support.pytest_runs import PLAIN

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401

SUITE = """
import unittest
from contextlib import suppress
import dropbox, pytest
from dropbox.async_ import LaunchResultBase
from fakedropbox import NotImplementedInFake, mock_dropbox

def backup(dbx):
    with suppress(Exception):
        dbx.riviera_get_text_async()

def test_swallowed(fake_dropbox):
    backup(fake_dropbox)

def test_swallowed_by_the_sdk(dropbox_active):
    backup(dropbox.Dropbox(dropbox_active.login.access_token))

def test_cleared(fake_dropbox, dropbox_calls):
    backup(fake_dropbox)
    dropbox_calls.clear()

@pytest.mark.dropbox(allow_not_implemented=True)
def test_allowed(fake_dropbox):
    backup(fake_dropbox)

def test_stubbed(fake_dropbox, dropbox_service):
    dropbox_service.stub("riviera/get_text_async", LaunchResultBase.async_job_id("0"))
    backup(fake_dropbox)

def test_raised(fake_dropbox):
    fake_dropbox.riviera_get_text_async()

@mock_dropbox
def test_mocked(dropbox_service):
    backup(dropbox_service.client())

@mock_dropbox(allow_not_implemented=True)
def test_mocked_allowed(dropbox_service):
    backup(dropbox_service.client())

@mock_dropbox
class TestMocked(unittest.TestCase):
    def test_case(self):
        backup(self.dropbox_service.client())

    def test_case_raised(self):
        self.dropbox_service.client().riviera_get_text_async()
"""

OTHERS = """
from contextlib import suppress
import pytest
from hypothesis import given, settings, strategies as st

def backup(dbx):
    with suppress(Exception):
        dbx.riviera_get_text_async()

@settings(max_examples=3)
@given(st.integers())
def test_factory(dropbox_services, number):
    backup(dropbox_services().client())

def test_first_of_two(dropbox_services):
    backup(dropbox_services().client())
    dropbox_services()

def test_factory_allowed(dropbox_services):
    backup(dropbox_services(allow_not_implemented=True).client())

def test_factory_after_it(dropbox_services):
    dropbox_services()

def test_factory_fault(dropbox_services):
    dropbox_services().faults.rate_limit("files/upload")

def test_factory_failing(dropbox_services):
    dropbox_services().faults.rate_limit("files/upload")
    dropbox_services().client().riviera_get_text_async()

@pytest.fixture(scope="module")
def several(dropbox_services):
    service = dropbox_services()
    service.faults.rate_limit("files/download")
    backup(service.client())

def test_run(session_dropbox_service):
    backup(session_dropbox_service.client())

def test_run_after_it(session_dropbox_service):
    pass

def test_run_failing(session_dropbox_service):
    session_dropbox_service.client().riviera_get_text_async()

def test_module(module_dropbox_service):
    backup(module_dropbox_service.client())

def test_module_again(module_dropbox_service):
    backup(module_dropbox_service.client())

def test_module_twice(module_dropbox_service):
    backup(module_dropbox_service.client())
    backup(module_dropbox_service.client())

class TestAllowed:
    pytestmark = pytest.mark.dropbox(allow_not_implemented=True)

    def test_allowed(self, module_dropbox_service, session_dropbox_service):
        backup(session_dropbox_service.client())
        backup(module_dropbox_service.client())

def test_last(module_dropbox_service, several):
    pass
"""

NOT_FAKED = "fakedropbox.errors.NotImplementedInFake"[:30]
UNFIRED = "fakedropbox.errors.UnfiredFault"[:30]

RUN = """
from contextlib import suppress
import dropbox, os

def test_of_a_run():
    with suppress(Exception):
        dropbox.Dropbox(os.environ["TOKEN"]).riviera_get_text_async()
"""


def test_a_test_with_an_unfaked_call_fails_at_its_end(pytester):
    pytester.makepyfile(test_suite=SUITE)
    result = pytester.runpytest_inprocess(*PLAIN, "-rfE")
    listed = [line for line in result.outlines if line.startswith(("ERROR ", "FAILED "))]
    assert [line.split()[:2] for line in listed] == [
        ["FAILED", "test_suite.py::test_raised"],
        ["FAILED", "test_suite.py::test_mocked"],
        ["FAILED", "test_suite.py::TestMocked::test_case"],
        ["FAILED", "test_suite.py::TestMocked::test_case_raised"],
        ["ERROR", "test_suite.py::test_swallowed"],
        ["ERROR", "test_suite.py::test_swallowed_by_the_sdk"],
        ["ERROR", "test_suite.py::test_cleared"],
    ]
    text = " ".join(result.outlines)
    assert "riviera/get_text_async is not implemented" in text
    assert "allow_not_implemented=True" in text


def test_the_services_of_the_factory_and_shared_ones_are_checked(pytester):
    pytester.makepyfile(test_others=OTHERS)
    result = pytester.runpytest_inprocess(*PLAIN, "-rfE")
    listed = [line for line in result.outlines if line.startswith(("ERROR ", "FAILED "))]
    assert [
        [name, text[:30]] for _, name, text in (re.split("::| - ", line) for line in listed)
    ] == [
        ["test_factory_failing", NOT_FAKED],
        ["test_run_failing", NOT_FAKED],
        ["test_factory", NOT_FAKED],
        ["test_first_of_two", NOT_FAKED],
        ["test_factory_fault", UNFIRED],
        ["test_run", NOT_FAKED],
        ["test_module", NOT_FAKED],
        ["test_module_again", NOT_FAKED],
        ["test_module_twice", NOT_FAKED],
        ["test_last", UNFIRED],
    ]
    assert sum("(2 times)" in line for line in result.outlines if line.startswith("E ")) == 1


ENDED = """
import unittest
from contextlib import suppress
import pytest
from fakedropbox import mock_dropbox

@pytest.fixture
def planned(dropbox_service):
    dropbox_service.faults.lost_reply("files/upload")
    with suppress(NotImplementedError):
        dropbox_service.client().riviera_get_text_async()

@pytest.fixture
def skipped(planned):
    pytest.skip("not here")

def test_skipped(planned):
    pytest.skip("not here")

def test_skipped_in_set_up(skipped):
    pass

@pytest.mark.xfail
def test_expected(planned):
    assert 0

def test_failed(planned):
    assert 0

def test_unfired(planned):
    pass

@mock_dropbox
class TestCase(unittest.TestCase):
    def setUp(self):
        self.dropbox_service.faults.lost_reply("files/upload")

    def test_skipped_case(self):
        self.skipTest("not here")

    @unittest.expectedFailure
    def test_expected_case(self):
        self.fail()

    def test_unfired_case(self):
        pass
"""


def test_a_test_that_fails_or_ends_early_is_not_verified(pytester):
    pytester.makepyfile(test_ended=ENDED)
    result = pytester.runpytest_inprocess(*PLAIN, "-rfE", "--fake-dropbox-dump=out")
    result.assert_outcomes(passed=1, failed=2, errors=1, skipped=3, xfailed=2)
    listed = [line for line in result.outlines if line.startswith(("ERROR ", "FAILED "))]
    assert [line.split()[:2] for line in listed] == [
        ["FAILED", "test_ended.py::test_failed"],
        ["FAILED", "test_ended.py::TestCase::test_unfired_case"],
        ["ERROR", "test_ended.py::test_unfired"],
    ]
    assert len(list(pytester.path.glob("out/*/index.html"))) == 3


REPEATING = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for _ in range(2):
        for report in runtestprotocol(item, nextitem=nextitem, log=False):
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True
"""
REPEATED = """
ATTEMPTS = []

def test_fixture(dropbox_service):
    ATTEMPTS.append(dropbox_service)
    dropbox_service.faults.lost_reply("files/upload")
    assert len(ATTEMPTS) != 1

def test_factory(dropbox_services):
    ATTEMPTS.append(dropbox_services())
    ATTEMPTS[-1].faults.lost_reply("files/upload")
    assert len(ATTEMPTS) != 3
"""


def test_a_test_that_is_repeated_after_a_failure_is_verified(pytester):
    pytester.makeconftest(REPEATING)
    pytester.makepyfile(test_repeated=REPEATED)
    result = pytester.runpytest_inprocess(*PLAIN)
    result.assert_outcomes(passed=2, failed=2, errors=2)


def test_an_unfaked_call_to_the_service_of_a_whole_run_fails_no_test(pytester):
    pytester.makepyfile(test_run=RUN)
    options = ("--fake-dropbox", "--fake-dropbox-env=TOKEN=access_token", "--fake-dropbox-report")
    result = pytester.runpytest_inprocess(*PLAIN, *options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["*1 times something that is not faked*", "*riviera/get_text_async*"]
    )
