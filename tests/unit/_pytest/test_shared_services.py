"""Tests of the services for a module or a run, and of the reports on these and on mocks."""

import re

from tests.support.pytest_runs import PLAIN

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401

MODULE = """
import dropbox, pytest

pytestmark = pytest.mark.dropbox(files={"/seeded": b"1"})

@pytest.fixture(scope="module", autouse=True)
def uploaded(module_dropbox_service, session_dropbox_service):
    assert session_dropbox_service is not module_dropbox_service
    assert session_dropbox_service.files.keys() <= {"/of-the-run"}
    session_dropbox_service.seed_files({"/of-the-run": b""})
    module_dropbox_service.client().files_upload(b"", "/once")
    with module_dropbox_service.activate():
        yield

@pytest.fixture
def service(module_dropbox_service):
    with module_dropbox_service.scratch():
        yield module_dropbox_service

def test_one(service, dropbox_service):
    assert dropbox_service is not service
    assert set(service.files) == {"/seeded", "/once"}
    dropbox.Dropbox(service.login.access_token).files_delete_v2("/once")

def test_two(service):
    assert set(service.files) == {"/seeded", "/once"}

def test_failing(module_dropbox_service):
    module_dropbox_service.client().files_get_metadata("/gone")

def test_real(module_dropbox_service):
    with pytest.raises(Exception, match="invalid_access_token"):
        dropbox.Dropbox("x").files_list_folder("")
"""
VERIFIED = """
def test_verified(module_dropbox_service):
    module_dropbox_service.faults.lost_reply("files/upload")
"""
REFUSED = """
import dropbox, pytest

def test_refused(module_dropbox_service):
    with pytest.raises(RuntimeError, match="uses a fake Dropbox"):
        dropbox.Dropbox("x").files_list_folder("")
"""
MOCKS = """
import unittest
from fakedropbox import mock_dropbox

@mock_dropbox(files={"/of-a-function": b""})
def test_function(dropbox_service):
    dropbox_service.client().files_get_metadata("/gone")

@mock_dropbox(files={"/of-a-case": b""})
class TestCase(unittest.TestCase):
    def test_case(self):
        self.dropbox_service.client().files_get_metadata("/gone")

def test_context():
    with mock_dropbox(files={"/of-a-context": b""}) as service:
        service.client().files_get_metadata("/gone")

def test_without():
    raise AssertionError
"""


def sections(result):
    """Return the section on the fake Dropbox in the report of each failing test."""
    found, name = {}, ""
    for line in result.outlines:
        if line.startswith("_____"):
            name = line.strip("_ ")
            lines = None
        elif re.fullmatch("-+ fake Dropbox -+", line):
            lines = found[name] = []
        elif name and lines is not None:
            lines.append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def test_a_service_is_shared_by_a_module_and_by_a_run(pytester):
    pytester.makepyfile(test_module=MODULE, test_another=MODULE, test_verified=VERIFIED)
    pytester.makepyfile(test_refused=REFUSED)
    result = pytester.runpytest_inprocess(*PLAIN, "test_module.py", "test_another.py")
    result.assert_outcomes(passed=6, failed=2)
    [section] = sections(result).values()
    assert "  once  0 bytes" in section
    assert "calls: 1" in section
    assert "1  files/get_metadata /gone: path/not_found" in section
    result = pytester.runpytest_inprocess(*PLAIN, "test_verified.py", "test_refused.py")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines("E *UnfiredFault: *lost_reply*")


def test_the_report_shows_the_service_of_mock_dropbox(pytester):
    pytester.makepyfile(test_mocks=MOCKS)
    result = pytester.runpytest_inprocess(*PLAIN)
    result.assert_outcomes(failed=4)
    found = sections(result)
    assert list(found) == ["test_function", "TestCase.test_case", "test_context"]
    for name, path in zip(found, ("of-a-function", "of-a-case", "of-a-context"), strict=True):
        assert f"  {path}  0 bytes" in found[name]
        assert "files/get_metadata /gone: path/not_found" in found[name]
