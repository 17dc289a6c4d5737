"""Tests of the services for a module or a run, and of the reports on these and on mocks."""

import re

import pytest
from tests.support.html_dump import DumpPage
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

RESET = """
import pytest

SNAPSHOTS = []

@pytest.fixture(autouse=True)
def _begin_again(module_dropbox_service, request):
    service = module_dropbox_service
    HOW

def test_three(module_dropbox_service):
    dbx = module_dropbox_service.client()
    for number in range(3):
        dbx.files_upload(b"", f"/three-{number}")

def test_failing(module_dropbox_service):
    dbx = module_dropbox_service.client()
    dbx.files_upload(b"", "/first")
    dbx.files_upload(b"", "/second")
    dbx.files_upload(b"other", "/second")

def test_failing_again(module_dropbox_service):
    module_dropbox_service.client().files_get_metadata("/gone")

def test_without_calls(module_dropbox_service):
    assert not module_dropbox_service
"""
RESETS = {
    "reset": "service.reset()",
    "clear": "service.calls.clear()",
    "restore": "SNAPSHOTS.append(service.snapshot()); service.restore(SNAPSHOTS[0])",
    "restore of cleared calls": (
        "SNAPSHOTS.append(service.snapshot()); "
        "service.calls.clear(); service.restore(SNAPSHOTS[-1])"
    ),
    "scratch": "request.getfixturevalue('scratched')",
}
SCRATCHED = """
import pytest

@pytest.fixture
def scratched(module_dropbox_service):
    with module_dropbox_service.scratch():
        yield
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
        elif line.startswith("====="):
            name = ""
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


@pytest.mark.parametrize("how", RESETS)
def test_the_report_has_exactly_the_calls_of_a_test_whose_fixture_has_reset_the_service(
    pytester, how
):
    pytester.makeconftest(SCRATCHED)
    pytester.makepyfile(test_reset=RESET.replace("HOW", RESETS[how]))
    result = pytester.runpytest_inprocess(*PLAIN, "--fake-dropbox-dump=out")
    result.assert_outcomes(passed=1, failed=3)
    found = {name: text[text.index("calls:") :] for name, text in sections(result).items()}
    uploads = [("/first", "ok"), ("/second", "ok"), ("/second", "path/conflict/file")]
    calls = {
        "test_failing": [f"files/upload {path}: {outcome}" for path, outcome in uploads],
        "test_failing_again": ["files/get_metadata /gone: path/not_found"],
        "test_without_calls": [],
    }
    for name, made in calls.items():
        lines = [f"{number:5}  {call}" for number, call in enumerate(made, 1)]
        assert found[name].splitlines() == [f"calls: {len(made)}", *lines], name
        [folder] = pytester.path.glob(f"out/*{name.replace('_', '-')}-????????")
        assert (folder / "calls.txt").read_text().count("files/") == len(made)
        page = DumpPage((folder / "index.html").read_text("utf-8"))
        assert f"{len(made)} call{'' if len(made) == 1 else 's'}" in page.text
        assert page.html.count("<details class=") == len(made)


def test_a_fault_of_an_earlier_test_is_not_ascribed_to_one_that_has_cleared_the_calls(pytester):
    suite = """
    def test_plans(module_dropbox_service):
        module_dropbox_service.faults.route_error("files/get_metadata", "path/not_found")

    def test_failing(module_dropbox_service):
        module_dropbox_service.calls.clear()
        module_dropbox_service.client().files_get_metadata("/gone")
    """
    pytester.makepyfile(test_fault=suite)
    result = pytester.runpytest_inprocess(*PLAIN, "--fake-dropbox-dump=out")
    result.assert_outcomes(passed=1, failed=1)
    [page] = pytester.path.glob("out/*/index.html")
    text = DumpPage(page.read_text("utf-8")).text
    assert "A test, perhaps an earlier one, planned route_error(" in text
