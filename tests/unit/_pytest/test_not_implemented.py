"""Tests of the failure of a test that calls something that is not faked, at its end."""

from tests.support.pytest_runs import PLAIN

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401

SUITE = """
import unittest
from contextlib import suppress
import dropbox, pytest
from dropbox.file_requests import CountFileRequestsResult
from fakedropbox import NotImplementedInFake, mock_dropbox

def backup(dbx):
    with suppress(Exception):
        dbx.file_requests_count()

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
    dropbox_service.stub("file_requests/count", CountFileRequestsResult(0))
    backup(fake_dropbox)

def test_raised(fake_dropbox):
    fake_dropbox.file_requests_count()

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
"""

RUN = """
from contextlib import suppress
import dropbox, os

def test_of_a_run():
    with suppress(Exception):
        dropbox.Dropbox(os.environ["TOKEN"]).file_requests_count()
"""


def test_a_test_fails_at_its_end(pytester):
    pytester.makepyfile(test_suite=SUITE)
    result = pytester.runpytest_inprocess(*PLAIN, "-rfE")
    listed = [line for line in result.outlines if line.startswith(("ERROR ", "FAILED "))]
    assert [line.split()[:2] for line in listed] == [
        ["FAILED", "test_suite.py::test_raised"],
        ["FAILED", "test_suite.py::test_mocked"],
        ["FAILED", "test_suite.py::TestMocked::test_case"],
        ["ERROR", "test_suite.py::test_swallowed"],
        ["ERROR", "test_suite.py::test_swallowed_by_the_sdk"],
        ["ERROR", "test_suite.py::test_cleared"],
    ]
    text = " ".join(result.outlines)
    assert "file_requests/count is not implemented" in text
    assert "allow_not_implemented=True" in text


def test_a_test_of_a_whole_run_does_not_fail(pytester):
    pytester.makepyfile(test_run=RUN)
    options = ("--fake-dropbox", "--fake-dropbox-env=TOKEN=access_token", "--fake-dropbox-report")
    result = pytester.runpytest_inprocess(*PLAIN, *options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*1 times something that is not faked*", "*file_requests/count*"])
