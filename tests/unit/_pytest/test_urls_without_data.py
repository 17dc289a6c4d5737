"""Tests of the report on a failing test in which `save_url` found no data for a URL."""

from tests.support.pytest_runs import PLAIN

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401

SUITE = """
def saved(dbx, service):
    service.web["https://example.com/known"] = b"1"
    dbx.files_save_url("/a", "https://example.com/known")

def test_known(fake_dropbox, dropbox_service):
    saved(fake_dropbox, dropbox_service)
    assert False

def test_unknown(fake_dropbox, dropbox_service):
    saved(fake_dropbox, dropbox_service)
    for _ in range(2):
        fake_dropbox.files_save_url("/a", "https://example.com/my-secret")
    assert False
"""


def test_the_report_says_how_to_supply_the_data_of_a_url(pytester):
    pytester.makepyfile(test_suite=SUITE)
    result = pytester.runpytest_inprocess(*PLAIN, "-rN")
    lines = [line for line in result.outlines if line.startswith("files/save_url found")]
    assert len(lines) == 1  # in the report of `test_unknown` only
    assert "no data for a URL" in lines[0]
    assert "service.web" in lines[0]
    assert "my-secret" not in lines[0]
