"""Tests of `pytest --fake-dropbox`, which runs a suite that was written for the real Dropbox."""

import os
import re
import socket

import pytest
from requests.adapters import HTTPAdapter
from tests.support.project import ROOT
from tests.support.pytest_runs import PLAIN

import fakedropbox.client  # an in-process run of pytest discards its own imports
from fakedropbox._pytest.run import variables

LIVE_SUITE = ROOT / "examples" / "live_suite"
ENVIRONMENT = {
    "DROPBOX_LIVE_APP_KEY": "app_key",
    "DROPBOX_LIVE_APP_SECRET": "app_secret",
    "DROPBOX_LIVE_REFRESH_TOKEN": "refresh_token",
    "DROPBOX_LIVE_EMAIL": "account_email",
}

TOKEN = ("--fake-dropbox", "--fake-dropbox-env", "T_TOKEN=access_token")

CONFTEST = """
import os, dropbox, pytest

TOKEN = os.environ["T_TOKEN"]
CLIENT = dropbox.Dropbox(TOKEN)

@pytest.fixture(scope="session")
def dbx():
    return CLIENT
"""
SUITE = """
import dropbox, pytest

@pytest.mark.parametrize("number", range(4))
def test_upload(dbx, number):
    dbx.files_upload(b"x", f"/{number}")

def test_refused(dbx):
    with pytest.raises(dropbox.exceptions.ApiError):
        dbx.files_get_metadata("/nothing")

def test_missing(dbx):
    for _ in range(2):
        with pytest.raises(NotImplementedError):
            dbx.paper_docs_get_metadata("1")
    with pytest.raises(NotImplementedError):
        dbx._session.get("https://www.dropbox.com/elsewhere?secret=1")
"""
REPORT = [
    "= fake Dropbox =",
    "7 calls",
    "4 files/upload",
    "2 paper/docs/get_metadata",
    "1 files/get_metadata",
    "3 of them without success",
    "2 paper/docs/get_metadata: NotImplementedInFake",
    "1 files/get_metadata: path/not_found",
    "3 times something that is not faked",
]


def run(pytester, *arguments, where="inprocess", conftest=CONFTEST, **files):
    pytester.makepyfile(conftest=conftest, **files)
    return getattr(pytester, f"runpytest_{where}")(*PLAIN, *arguments)


def reported(lines):
    """Return lines of a run with single spaces, and a single ``=`` for several in a row."""
    return [re.sub(r"=+", "=", " ".join(line.split())) for line in lines]


def environment():
    """Return all environment variables except those of pytest."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def env_options():
    return [f"--fake-dropbox-env={name}={value}" for name, value in ENVIRONMENT.items()]


# The environment and the options


def test_the_environment_is_set_before_any_conftest_and_restored_at_the_end(pytester, monkeypatch):
    monkeypatch.setenv("T_SECRET", "the live one")
    monkeypatch.delenv("T_TOKEN", raising=False)
    before, send, look_up = environment(), HTTPAdapter.send, socket.getaddrinfo
    suite = """
    import os, conftest

    def test_values(dbx):
        assert conftest.SECRET == os.environ["T_SECRET"] != "the live one"
        assert conftest.TOKEN == os.environ["T_TOKEN"]
        assert dbx.users_get_current_account().email == os.environ["T_EMAIL"]
    """
    result = run(
        pytester,
        *TOKEN,
        "--fake-dropbox-env=T_SECRET=app_secret",
        "--fake-dropbox-env=T_EMAIL=account_email",
        conftest=CONFTEST + 'SECRET = os.environ["T_SECRET"]\n',
        test_suite=suite,
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["fake Dropbox: *files: 0, environment: T_EMAIL, T_SECRET, T_TOKEN"]
    )
    assert environment() == before
    assert HTTPAdapter.send is send
    assert socket.getaddrinfo is look_up


def test_the_environment_is_restored_when_a_conftest_fails(pytester):
    send = HTTPAdapter.send
    result = run(pytester, *TOKEN, conftest="raise RuntimeError('broken')")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "T_TOKEN" not in os.environ
    assert HTTPAdapter.send is send


def test_variables_maps_names_to_fields_of_the_login():
    assert variables(["A=app_key", "B=access_token", "A=app_key"]) == {
        "A": "app_key",
        "B": "access_token",
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fake-dropbox-env=A"], ["--fake-dropbox-env", "'A'", "NAME=app_key|", "account_email"]),
        (["--fake-dropbox-env=A=token"], ["--fake-dropbox-env", "'A=token'", "access_token"]),
        (["--fake-dropbox-env==app_key"], ["--fake-dropbox-env", "'=app_key'"]),
        (["--fake-dropbox-env=A B=app_key"], ["--fake-dropbox-env", "'A B=app_key'"]),
        (
            ["--fake-dropbox-env=A=app_key", "--fake-dropbox-env=A=app_secret"],
            ["--fake-dropbox-env", "'A=app_secret'", "each name only once", "app_key already"],
        ),
        (["--fake-dropbox-files=nowhere"], ["--fake-dropbox-files", "a directory", "'nowhere'"]),
        (["--fake-dropbox-files="], ["--fake-dropbox-files", "a directory", "''"]),
        (["--fake-dropbox-files=conftest.py"], ["--fake-dropbox-files", "'conftest.py'"]),
        (["--fake-dropbox-files=loop"], ["--fake-dropbox-files", "'loop'", "'/a/up'", "loop"]),
        (["--fake-dropbox-files=itself"], ["--fake-dropbox-files", "'itself'", "a"]),
        (["--fake-dropbox-files=dangling"], ["--fake-dropbox-files", "'dangling'", "no-such"]),
        (
            ["--fake-dropbox-files=pipe"],
            ["--fake-dropbox-files", "'/a' is neither"],
        ),
        (["--fake-dropbox-files=twins"], ["--fake-dropbox-files", "'/A' and '/a' would be one"]),
        (["--fake-dropbox-files=refused"], ["--fake-dropbox-files", "'/a '", "malformed_path"]),
        (["--fake-dropbox-files=refused/a "], ["--fake-dropbox-files", "a directory"]),
        (["--fake-dropbox-dump=conftest.py"], ["--fake-dropbox-dump", "'conftest.py'"]),
        (["--fake-dropbox-dump="], ["--fake-dropbox-dump", "''"]),
    ],
    ids=lambda value: (
        value[-1] if value[0].startswith("--fake-dropbox-") and "=" in value[0] else ""
    ),
)
def test_invalid_values_of_options_are_usage_errors(pytester, arguments, words):
    for name in ("loop/a", "itself", "dangling", "pipe", "twins", "refused"):
        pytester.path.joinpath(name).mkdir(parents=True)
    pytester.path.joinpath("loop/a/up").symlink_to("..")
    pytester.path.joinpath("itself/a").symlink_to("a")
    pytester.path.joinpath("dangling/no-such").symlink_to("nothing")
    os.mkfifo(pytester.path / "pipe" / "a")
    for name in ("twins/A", "twins/a", "refused/a "):
        pytester.path.joinpath(name).write_bytes(b"")
    result = run(pytester, "--fake-dropbox", *arguments, conftest="")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (error,) = [line for line in result.errlines if line.startswith("ERROR: --fake")]
    for word in words:
        assert word in error


@pytest.mark.parametrize("option", ["env=A=app_key", "files=.", "report"])
def test_the_options_env_files_and_report_require_fake_dropbox(pytester, option):
    result = run(pytester, f"--fake-dropbox-{option}", conftest="")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    name = option.partition("=")[0]
    assert f"ERROR: --fake-dropbox-{name}: expected --fake-dropbox as well" in result.errlines


# Loading the plugin


def test_the_plugin_can_be_loaded_by_name_without_entry_points(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    suite = f"""
    import fakedropbox

    def test_upload(dbx):
        dbx.files_upload(b"x", "/x")
        assert fakedropbox.__file__ == {fakedropbox.__file__!r}
    """
    result = run(
        pytester, "-p", "fakedropbox.pytest_plugin", *TOKEN, where="subprocess", test_suite=suite
    )
    result.assert_outcomes(passed=1)


def test_loading_the_plugin_from_a_conftest_is_a_usage_error(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    conftest = 'pytest_plugins = ["fakedropbox.pytest_plugin"]'
    result = run(pytester, "--fake-dropbox", where="subprocess", conftest=conftest)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --fake-dropbox: *`-p fakedropbox.pytest_plugin`"])


def test_options_can_come_from_a_configuration_file(pytester):
    pytester.makeini(f"[pytest]\naddopts = {' '.join(TOKEN)}")
    result = run(pytester, test_suite='def test(dbx): dbx.files_upload(b"x", "/x")')
    result.assert_outcomes(passed=1)


# Files


def test_files_are_seeded_from_a_directory(pytester):
    data = pytester.path / "data"
    for folder in ("Ünterordner/tief", "empty/er"):
        data.joinpath(folder).mkdir(parents=True)
    data.joinpath("Ünterordner/tief/日本語.bin").write_bytes(bytes(range(256)))
    data.joinpath("e\u0301.txt").write_bytes(b"decomposed")
    data.joinpath("🎉").write_bytes(b"")
    data.joinpath(".DS_Store").write_bytes(b"not Dropbox's")
    data.joinpath("link").symlink_to("Ünterordner")
    suite = """
    def test_all_of_them(dbx):
        listed = dbx.files_list_folder("", recursive=True).entries
        assert {entry.path_display for entry in listed} == {
            "/Ünterordner", "/Ünterordner/tief", "/Ünterordner/tief/日本語.bin",
            "/link", "/link/tief", "/link/tief/日本語.bin",
            "/\u00e9.txt", "/🎉", "/empty", "/empty/er",
        }
        for folder in ("/Ünterordner", "/link"):
            content = dbx.files_download(f"{folder}/tief/日本語.bin")[1].content
            assert content == bytes(range(256))
        assert dbx.files_download("/\u00e9.txt")[1].content == b"decomposed"
    """
    result = run(
        pytester,
        *TOKEN,
        "--fake-dropbox-files=data",
        "--fake-dropbox-report",
        test_suite=suite,
    )
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["fake Dropbox: *files: 4, *", "4 calls"])


SEED = """
def fill(service):
    fill.service = service
    assert service.read("/a.txt") == b"of the directory"
    service.seed_files({"/A.TXT": b"of the seed", "/more": b""})
"""


def test_a_reset_keeps_the_files_of_the_directory(pytester, monkeypatch):
    (pytester.path / "data" / "empty").mkdir(parents=True)
    (pytester.path / "data" / "a.txt").write_bytes(b"of the directory")
    pytester.makeini("[pytest]\nfakedropbox_seed = seed_of_the_run.fill\n")
    monkeypatch.syspath_prepend(pytester.path)
    suite = """
    from seed_of_the_run import fill

    def test_reset(dbx):
        beginning = fill.service.tree()
        assert fill.service.read("/a.txt") == b"of the seed"
        dbx.files_delete_v2("/a.txt")
        dbx.files_delete_v2("/empty")
        fill.service.reset(to="seed")
        assert fill.service.tree() == beginning
        fill.service.reset()
        assert fill.service.files == {"/a.txt": b"of the directory"}
        assert "empty/" in fill.service.tree()
        dbx.files_get_metadata("/a.txt")
    """
    options = (*TOKEN, "--fake-dropbox-files=data")
    run(pytester, *options, test_suite=suite, seed_of_the_run=SEED).assert_outcomes(passed=1)


def test_an_error_of_the_seed_is_not_reported_as_one_of_the_directory(pytester, monkeypatch):
    pytester.mkdir("data")
    pytester.makeini("[pytest]\nfakedropbox_seed = wrong_seed.fill\n")
    monkeypatch.syspath_prepend(pytester.path)
    seed = "def fill(service):\n    service.seed_files({'a': b''})\n"
    result = run(pytester, *TOKEN, "--fake-dropbox-files=data", wrong_seed=seed)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: fakedropbox_seed: files: expected paths that begin" in result.stderr.str()


# Together with the fixtures


def test_a_test_with_its_own_service_uses_that_service(pytester):
    suite = """
    import dropbox
    from fakedropbox import mock_dropbox

    def names(dbx):
        return [entry.name for entry in dbx.files_list_folder("").entries]

    def test_first(dbx):
        dbx.files_upload(b"", "/of-the-run")

    def test_active(dropbox_active):
        dbx = dropbox.Dropbox(dropbox_active.login.access_token)
        assert names(dbx) == []
        dbx.files_upload(b"", "/of-the-test")

    def test_direct(fake_dropbox, dbx):
        assert names(fake_dropbox) == []
        assert names(dbx) == ["of-the-run"]

    @mock_dropbox
    def test_mocked(dropbox_service):
        assert names(dropbox.Dropbox(dropbox_service.login.access_token)) == []

    def test_last(dbx):
        assert names(dbx) == ["of-the-run"]
    """
    result = run(pytester, *TOKEN, "--fake-dropbox-report", test_suite=suite)
    result.assert_outcomes(passed=5)
    assert "3 calls" in result.outlines  # calls to the service of the whole run


def test_pauses_of_the_sdk_are_skipped_and_those_of_tests_are_real(pytester):
    suite = """
    import time
    from datetime import datetime, timedelta, timezone
    from fakedropbox._doors.active import active

    def test_pauses(dbx):
        active[-1].faults.rate_limit("files/upload", retry_after=3600)
        began = time.perf_counter()
        late = dbx.files_upload(b"", "/x").server_modified
        assert time.perf_counter() - began < 60
        now = datetime.now(timezone.utc).replace(tzinfo=None)
        assert timedelta(minutes=59) < late - now < timedelta(minutes=61)

        began = time.perf_counter()
        time.sleep(0.25)
        assert time.perf_counter() - began >= 0.24
    """
    run(pytester, *TOKEN, test_suite=suite).assert_outcomes(passed=1)


# The report


def test_the_report_counts_calls_and_failures(pytester):
    result = run(pytester, *TOKEN, "--fake-dropbox-report", test_suite=SUITE)
    result.assert_outcomes(passed=6)
    lines = reported(result.outlines)
    begin = lines.index(REPORT[0])
    assert lines[begin : begin + len(REPORT)] == REPORT
    missing = lines[begin + len(REPORT) :][:2]
    assert missing[0].startswith("2 paper/docs/get_metadata is not implemented")
    assert missing[1].startswith("1 GET https://www.dropbox.com/elsewhere is not implemented")
    assert "secret" not in "".join(lines)


def test_the_report_is_printed_only_with_its_option(pytester):
    result = run(pytester, *TOKEN, test_suite=SUITE)
    result.assert_outcomes(passed=6)
    result.stdout.no_fnmatch_line("*= fake Dropbox =*")


def test_the_report_adds_up_the_calls_of_xdist_workers(pytester):
    pytest.importorskip("xdist")
    result = run(
        pytester, "-n2", *TOKEN, "--fake-dropbox-report", where="subprocess", test_suite=SUITE
    )
    result.assert_outcomes(passed=6)
    lines = reported(result.outlines)
    assert lines.count(REPORT[0]) == 1
    begin = lines.index(REPORT[0])
    assert lines[begin : begin + len(REPORT)] == REPORT


def test_the_children_of_an_xdist_worker_are_blocked_and_the_worker_is_not(pytester):
    pytest.importorskip("xdist")
    suite = """
    import os

    def test_both(dbx):
        dbx.files_upload(b"", "/x")
        assert "blocked" in os.environ["DROPBOX_API_HOST"]
    """
    run(pytester, "-n1", *TOKEN, where="subprocess", test_suite=suite).assert_outcomes(passed=1)


def test_the_report_mentions_crashed_workers_that_are_not_counted(pytester):
    pytest.importorskip("xdist")
    suite = "import os\ndef test_crash(dbx): dbx.files_upload(b'', '/x'); os._exit(1)"
    result = run(
        pytester,
        *("-n1", "--max-worker-restart=0"),
        *TOKEN,
        "--fake-dropbox-report",
        where="subprocess",
        test_suite=suite,
    )
    result.stdout.fnmatch_lines(["0 calls", "not counted: 1 workers that crashed"])


def test_the_report_is_printed_without_the_terminal_plugin(pytester):
    result = run(pytester, "-p", "no:terminal", *TOKEN, "--fake-dropbox-report", test_suite=SUITE)
    assert result.ret == pytest.ExitCode.OK
    assert reported(result.outlines)[: len(REPORT) + 1] == [
        "",
        "fake Dropbox",
        *REPORT[1:],
    ]


# The example suite for a live account


OFFLINE = """
import socket

def _refused(host, *_, **__):
    if host not in ("localhost", "127.0.0.1", "::1"):
        raise OSError(f"no name resolution: {host}")
    return []

for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, name, _refused)
"""


def run_live_suite(pytester, monkeypatch, *arguments):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    for path in LIVE_SUITE.glob("*.py"):
        pytester.path.joinpath(path.name).write_bytes(path.read_bytes())
    pytester.path.joinpath("offline.py").write_text(OFFLINE, "utf-8")
    return pytester.runpytest_subprocess(*PLAIN, "-p", "offline", "-rs", *arguments)


def test_the_live_suite_passes_offline(pytester, monkeypatch):
    result = run_live_suite(
        pytester, monkeypatch, "--fake-dropbox", *env_options(), "--fake-dropbox-report"
    )
    result.assert_outcomes(passed=9)
    assert "44 calls" in result.outlines


def test_the_live_suite_is_skipped_without_credentials(pytester, monkeypatch):
    result = run_live_suite(pytester, monkeypatch)
    result.assert_outcomes(skipped=9)
    result.stdout.fnmatch_lines(["SKIPPED * no credentials: set DROPBOX_LIVE_APP_KEY*"])


def test_the_live_suite_fails_offline_without_the_option(pytester, monkeypatch):
    """Check that `run_live_suite` blocks the network: with credentials alone the suite fails."""
    one_test = ("-k", "expected_email", "-x")
    pytester.makepyfile(
        credentials="import os\n" + "".join(f"os.environ[{name!r}] = 'x'\n" for name in ENVIRONMENT)
    )
    result = run_live_suite(pytester, monkeypatch, "-p", "credentials", *one_test)
    result.assert_outcomes(errors=0, failed=1)
