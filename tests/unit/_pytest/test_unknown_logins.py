"""Tests of the report on a failing test whose calls had credentials that the service lacks."""

from tests.support.pytest_runs import PLAIN

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401

SUITE = """
import dropbox, pytest
from fakedropbox import Login, Personality

@pytest.mark.dropbox(personality=Personality(malformed_token="bad_request"))
def test_malformed_token_of_a_personality(dropbox_active):
    dropbox.Dropbox("my-secret").files_list_folder("")

def test_access_token(dropbox_active):
    dropbox.Dropbox("my-secret").files_list_folder("")

def test_refresh_token(dropbox_active):
    login = dropbox_active.login
    dropbox.Dropbox(
        oauth2_refresh_token="my-secret", app_key=login.app_key, app_secret=login.app_secret
    ).files_list_folder("")

def test_app(dropbox_active):
    dropbox.Dropbox(
        oauth2_refresh_token="r" * 64, app_key="my-secret", app_secret="my-secret"
    ).files_list_folder("")

def test_app_of_a_route(dropbox_active):
    dropbox.Dropbox(app_key="my-secret", app_secret="my-secret").check_app("")

@pytest.mark.dropbox(login=Login(access_token="my-secret"))
def test_known(dropbox_active, dropbox_faults):
    dropbox_faults.revoked_token("files/upload")
    dbx = dropbox.Dropbox("my-secret")
    dbx.files_list_folder("")
    dbx.files_upload(b"", "/a")
"""


RUN = """
import os, dropbox

def test_of_a_run():
    dropbox.Dropbox(os.environ["NO_SUCH_TOKEN"]).files_list_folder("")
"""
ACCESS_TOKEN = "Login(access_token=…)) or mock_dropbox(login=Login(access_token=…)),"
REFRESH_TOKEN = "Login(refresh_token=…)) or mock_dropbox(login=Login(refresh_token=…)),"
APP = "Login(app_key=…, app_secret=…)) or mock_dropbox(login=Login(app_key=…, app_secret=…)),"


def advised(pytester, *arguments):
    """Return the advice in each report of a run, by test."""
    result = pytester.runpytest_inprocess(*PLAIN, "-rN", *arguments)
    found, name = {}, None
    for line in result.outlines:
        if line.startswith("_____"):
            name = line.strip("_ ")
            found[name] = []
        elif "does not know, or no longer" in line:
            assert "my-secret" not in line
            found[name].append(line)
    return found


def test_the_report_says_how_to_make_the_service_know_a_login(pytester):
    pytester.makepyfile(test_suite=SUITE)
    found = advised(pytester)
    assert {name: len(lines) for name, lines in found.items()} == {
        "test_malformed_token_of_a_personality": 1,
        "test_access_token": 1,
        "test_refresh_token": 1,
        "test_app": 1,
        "test_app_of_a_route": 1,
        "test_known": 0,
    }
    for name, way_out in (
        ("test_malformed_token_of_a_personality", ACCESS_TOKEN),
        ("test_access_token", ACCESS_TOKEN),
        ("test_refresh_token", REFRESH_TOKEN),
        ("test_app", APP),
        ("test_app_of_a_route", APP),
    ):
        assert way_out in found[name][0]


def test_the_report_of_a_whole_run_names_the_option_for_tokens(pytester, monkeypatch):
    monkeypatch.setenv("NO_SUCH_TOKEN", "my-secret")
    pytester.makepyfile(test_run=RUN)
    [line] = advised(pytester, "--fake-dropbox")["test_of_a_run"]
    assert line.endswith("--fake-dropbox-env NAME=access_token")
