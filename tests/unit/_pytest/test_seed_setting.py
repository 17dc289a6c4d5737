"""Tests of the setting `fakedropbox_seed` and of the marker's `seed`."""

import pytest
from tests.support.pytest_runs import PLAIN

INI = """
[pytest]
fakedropbox_seed = seeds/team.toml
"""
TEAM = """
chance = 3
[files]
"/team.txt" = "hello"
"""
SUITE = """
import pytest
from fakedropbox import FakeDropboxService, mock_dropbox

TEAM = {"/team.txt": b"hello"}


def test_the_seed_is_that_of_the_setting(dropbox_service, fake_dropbox):
    assert dropbox_service.files == TEAM
    assert dropbox_service.login == FakeDropboxService(3).login
    fake_dropbox.files_delete_v2("/team.txt")
    dropbox_service.reset(to="seed")
    assert dropbox_service.files == TEAM


@pytest.mark.dropbox(seed="seeds/own.json")
def test_a_marker_names_another_seed(dropbox_service):
    assert dropbox_service.files == {"/own.txt": b"1"}


@pytest.mark.dropbox(seed=8)
def test_a_number_in_a_marker_keeps_the_seed_of_the_setting(dropbox_service):
    assert dropbox_service.files == TEAM
    assert dropbox_service.login == FakeDropboxService(8).login


def fill(service):
    service.seed_files({"/function": b""})


@pytest.mark.dropbox(seed=fill)
def test_a_marker_names_a_function(dropbox_service):
    assert dropbox_service.files == {"/function": b""}


def test_all_fixtures_have_it(module_dropbox_service, session_dropbox_service, dropbox_services):
    assert module_dropbox_service.files == session_dropbox_service.files == TEAM
    assert dropbox_services().files == dropbox_services(4).files == TEAM
    assert dropbox_services(4).login == FakeDropboxService(4).login


@mock_dropbox
def test_it_leaves_mock_dropbox_alone(dropbox_service):
    assert dropbox_service.files == {}
    assert dropbox_service.login == FakeDropboxService().login
"""


@pytest.fixture
def seeds(pytester):
    folder = pytester.mkdir("seeds")
    (folder / "team.toml").write_text(TEAM, "utf-8")
    (folder / "own.json").write_text('{"files": {"/own.txt": "1"}}', "utf-8")
    pytester.makefile(".ini", pytest=INI)
    return folder


def test_the_setting_seeds_the_services_of_fixtures_but_not_of_mock_dropbox(pytester, seeds):
    below = pytester.mkpydir("below")
    (below / "test_suite.py").write_text(SUITE, "utf-8")
    # The path in the setting is relative to the root directory, not to the test file's folder.
    result = pytester.runpytest(*PLAIN, "--rootdir=.", "below")
    result.assert_outcomes(passed=6)


def test_the_service_of_a_whole_run_begins_with_the_seed(pytester, seeds):
    pytester.makepyfile(
        """
        import os
        import dropbox

        def test_unmodified():
            dbx = dropbox.Dropbox(os.environ["TOKEN"])
            assert dbx.files_get_metadata("/team.txt").size == 5
        """
    )
    options = ("--fake-dropbox", "--fake-dropbox-env", "TOKEN=access_token")
    pytester.runpytest(*PLAIN, *options).assert_outcomes(passed=1)
    (seeds / "team.toml").write_text("[file]\n", "utf-8")
    result = pytester.runpytest(*PLAIN, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*fakedropbox_seed: seed: *team.toml: file: expected no such key*"]
    )


def test_a_wrong_seed_is_an_error_of_the_fixture(pytester, seeds):
    (seeds / "team.toml").write_text('[files]\n"a" = ""\n', "utf-8")
    pytester.makepyfile("def test_it(dropbox_service):\n    pass\n")
    result = pytester.runpytest(*PLAIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*seed: *team.toml: files.a*: expected a path that begins with*"])


def test_a_seed_file_is_read_from_the_real_file_system(pytester, seeds):
    """Check seeds beside `fs` of pyfakefs, in which their files do not exist."""
    pytester.makepyfile(
        """
        import sys
        import pytest
        from fakedropbox import FakeDropboxService, mock_dropbox

        TEAM = {"/team.txt": b"hello"}

        def test_with_fs_first(fs, dropbox_service):
            assert dropbox_service.files == TEAM
            dropbox_service.reset(to="seed")
            assert dropbox_service.files == TEAM

        @pytest.mark.dropbox(seed="seeds/own.json")
        def test_a_marker(fs, dropbox_service):
            assert dropbox_service.files == {"/own.txt": b"1"}

        def test_others(fs):
            with mock_dropbox(seed="seeds/own.json") as service:
                assert service.files == {"/own.txt": b"1"}

        def test_without_fs(dropbox_service):
            assert dropbox_service.files == TEAM
        """
    )
    pytester.runpytest_subprocess(*PLAIN, "-p", "pyfakefs.pytest_plugin").assert_outcomes(passed=4)


def test_the_seed_of_the_setting_is_read_once_in_a_run(pytester, seeds):
    pytester.makepyfile(
        """
        from pathlib import Path

        def test_it_is_read(dropbox_service):
            Path("seeds/team.toml").unlink()

        def test_it_is_kept(dropbox_service):
            assert dropbox_service.files == {"/team.txt": b"hello"}
        """
    )
    pytester.runpytest(*PLAIN).assert_outcomes(passed=2)
