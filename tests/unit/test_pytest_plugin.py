"""Tests of the fixtures of the pytest plugin, in this run of pytest and in separate ones."""

import inspect
import re
import subprocess
import sys

import dropbox
import pytest
from dropbox.exceptions import AuthError
from hypothesis import given
from hypothesis import strategies as st
from tests.support.both_doors import login_of

from fakedropbox import FakeDropbox, FakeDropboxService, Login, ManualClock, Personality
from fakedropbox.calls import Calls
from fakedropbox.faults import FaultPlan
from fakedropbox.pytest_plugin import MARKER_ONLY

CONFTEST = 'pytest_plugins = ["fakedropbox.pytest_plugin", "dropspool.pytest_plugin"]\n'
HEAVY = ("dropbox", "hypothesis", "pydantic", "requests", "stone", "urllib3")


# Fixtures in this run of pytest


def test_the_fixtures_of_a_test_belong_to_one_service(
    fake_dropbox, dropbox_service, dropbox_active, dropbox_calls, dropbox_faults, dropbox_clock
):
    assert isinstance(fake_dropbox, FakeDropbox)
    assert fake_dropbox.service is dropbox_service is dropbox_active
    assert dropbox_calls is dropbox_service.calls
    assert isinstance(dropbox_calls, Calls)
    assert dropbox_faults is dropbox_service.faults
    assert isinstance(dropbox_faults, FaultPlan)
    assert dropbox_clock is dropbox_service.clock
    assert isinstance(dropbox_clock, ManualClock)


def test_calls_of_the_client_are_recorded(fake_dropbox, dropbox_calls):
    fake_dropbox.files_upload(b"x", "/x")
    assert [call.route for call in dropbox_calls] == ["files/upload"]


def test_the_sdk_uses_the_active_service(dropbox_active):
    with dropbox.Dropbox(**login_of(dropbox_active)) as dbx:
        dbx.files_upload(b"x", "/x")
    assert dropbox_active.files == {"/x": b"x"}


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_begins_with_an_empty_service(fake_dropbox, turn):
    assert fake_dropbox.files_list_folder("").entries == []
    fake_dropbox.files_upload(b"x", "/x")


@pytest.mark.dropbox(
    seed=7,
    files={"/a.txt": b"a"},
    scopes=["files.metadata.read"],
    personality=Personality(page_size=1),
    clock=ManualClock(),
    login=Login(app_key="my-key"),
)
def test_the_marker_sets_the_options_of_the_service(fake_dropbox, dropbox_service):
    assert dropbox_service.login.app_key == "my-key"
    assert dropbox_service.login.refresh_token == FakeDropboxService(seed=7).login.refresh_token
    assert fake_dropbox.files_list_folder("").entries[0].name == "a.txt"
    with pytest.raises(AuthError):
        fake_dropbox.files_download("/a.txt")


@pytest.mark.dropbox(app_folder="My App", files={"/outside": b""})
def test_the_marker_can_set_an_app_folder(fake_dropbox, dropbox_service):
    fake_dropbox.files_upload(b"x", "/x")
    assert dropbox_service.files == {"/outside": b"", "/Apps/My App/x": b"x"}


@pytest.mark.dropbox(seed=1, files={"/of-the-class": b""})
class TestMarkersOfAClass:
    def test_a_test_inherits_the_options_of_its_class(self, dropbox_service):
        assert list(dropbox_service.files) == ["/of-the-class"]
        assert dropbox_service.login == FakeDropboxService(seed=1).login

    @pytest.mark.dropbox(files={"/of-the-test": b""})
    def test_the_marker_of_a_test_overrides_that_of_its_class(self, dropbox_service):
        assert list(dropbox_service.files) == ["/of-the-test"]
        assert dropbox_service.login == FakeDropboxService(seed=1).login


SERVICE = FakeDropboxService(files={"/kept": b""})


@given(content=st.binary(max_size=20))
def test_given_can_be_used_with_a_scratch(content):
    with SERVICE.scratch():
        SERVICE.client().files_upload(content, "/x")
        assert SERVICE.files == {"/kept": b"", "/x": content}
    assert SERVICE.files == {"/kept": b""}


@given(content=st.binary(max_size=20))
def test_given_can_be_used_with_the_factory(dropbox_services, content):
    service = dropbox_services(files={"/x": content})
    with service.activate(), dropbox.Dropbox(**login_of(service)) as dbx:
        assert dbx.files_download("/x")[1].content == content


def test_the_marker_is_documented(pytestconfig):
    marks = [line for line in pytestconfig.getini("markers") if line.startswith("dropbox(")]
    assert len(marks) == 1
    options = {*inspect.signature(FakeDropboxService).parameters, *MARKER_ONLY}
    assert set(re.findall(r"(\w+)=", marks[0])) == options


# Separate runs of pytest

SUITE = """
import dropbox, pytest
from hypothesis import given, strategies as st

def login_of(service):
    login = service.login
    return dict(app_key=login.app_key, app_secret=login.app_secret,
                oauth2_refresh_token=login.refresh_token)

@pytest.mark.dropbox(files={"/a": b"1"}, seed=3)
def test_sdk(dropbox_active):
    with dropbox.Dropbox(**login_of(dropbox_active)) as dbx:
        assert dbx.files_get_metadata("/a").size == 1

def test_client(fake_dropbox, dropbox_calls, dropbox_faults, dropbox_clock):
    dropbox_faults.rate_limit("files/upload", retry_after=5)
    before = dropbox_clock.time()
    fake_dropbox.files_upload(b"x", "/x")
    assert dropbox_clock.time() - before == 5
    assert len(dropbox_calls) == 2

@given(st.binary(max_size=9))
def test_given(dropbox_services, content):
    assert dropbox_services(files={"/x": content}).read("/x") == content

def test_provider(dropbox_provider, dropbox_login, backend_config):
    assert dropbox_provider.name == "fake"

def test_unfired(dropbox_faults):
    dropbox_faults.lost_reply("files/delete_v2")

@pytest.mark.dropbox(sed=1)
def test_misspelt(dropbox_service):
    raise AssertionError

@pytest.mark.dropbox("seed")
def test_positional(dropbox_service):
    raise AssertionError

@pytest.mark.dropbox(seed=1.5)
def test_wrong_type(dropbox_service):
    raise AssertionError
"""


def check_suite(result):
    # The test with the unfired fault passes, and its teardown fails.
    result.assert_outcomes(passed=5, errors=4)
    result.stdout.fnmatch_lines_random(
        [
            "*ERROR*test_unfired*UnfiredFault*",
            "*ERROR*test_misspelt*TypeError*",
            "*ERROR*test_positional*TypeError*",
            "*ERROR*test_wrong_type*TypeError*",
            "E *TypeError: *'sed'*",
            "E *TypeError: *'seed'*",
            "E *TypeError: seed: *1.5*",
            "E *UnfiredFault: *lost*reply*files/delete_v2*",
        ]
    )


def run(pytester, *arguments, **files):
    pytester.makepyfile(**files)
    return pytester.runpytest_subprocess(
        "-p",
        "no:cacheprovider",
        "--strict-markers",
        "-W",
        "error::pytest.PytestWarning",
        *arguments,
    )


def test_the_plugins_can_be_loaded_by_name(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    check_suite(run(pytester, conftest=CONFTEST, test_suite=SUITE))


def test_the_plugins_are_loaded_by_their_entry_points(pytester):
    check_suite(run(pytester, test_suite=SUITE))


def test_the_plugins_can_be_loaded_by_name_and_by_entry_point(pytester):
    """Check a conftest that names the plugins although they have entry points."""
    result = run(
        pytester,
        conftest=CONFTEST,
        test_one="def test_one(fake_dropbox, backend_config): fake_dropbox.files_list_folder('')",
    )
    result.assert_outcomes(passed=1)


ANY_ORDER = """
import dropbox, pytest
from requests.adapters import HTTPAdapter
from fakedropbox import mock_dropbox

SEND = HTTPAdapter.send

def use(service):
    login = service.login
    with dropbox.Dropbox(login.access_token) as dbx:
        dbx.files_upload(b"x", "/x")
        assert len(dbx.files_list_folder("").entries) == 1

@pytest.mark.parametrize("turn", range(6))
def test_active(dropbox_active, turn):
    use(dropbox_active)

@pytest.mark.parametrize("turn", range(6))
@mock_dropbox
def test_mocked(turn, dropbox_service):
    use(dropbox_service)

@pytest.mark.parametrize("turn", range(6))
def test_nothing_is_left(turn):
    assert HTTPAdapter.send is SEND
"""


def test_the_fixtures_work_in_any_order_and_in_two_processes(pytester):
    pytest.importorskip("xdist")
    pytest.importorskip("pytest_randomly")
    result = run(pytester, "-n2", "-p", "randomly", test_disorder=ANY_ORDER)
    result.assert_outcomes(passed=18)


FIRST_USE = """
import pytest

def test_first_use(fs, dropbox_active):
    import dropbox
    dropbox_active.seed_files({"/a": b"content"})
    with dropbox.Dropbox(dropbox_active.login.access_token) as dbx:
        dbx.files_download_to_file("/out", "/a")
    with open("/out", "rb") as out:
        assert out.read() == b"content"

def test_another_part(fs, fake_dropbox):
    import dropbox, fakedropbox
    assert isinstance(fake_dropbox, fakedropbox.FakeDropbox)
    assert isinstance(fake_dropbox, dropbox.Dropbox)

def test_later_use(dropbox_active):
    import dropbox
    with dropbox.Dropbox(dropbox_active.login.access_token) as dbx:
        dbx.files_upload(b"x", "/x")
"""


def test_the_first_use_can_be_with_pyfakefs(pytester):
    """Check a fixture that imports the package while pyfakefs is active."""
    result = run(pytester, "-p", "no:randomly", test_first=FIRST_USE)
    result.assert_outcomes(passed=3)


PRINT_MODULES = """
import sys

def pytest_unconfigure():
    print("loaded:", *sys.modules)
"""


def test_a_run_without_the_fixtures_loads_no_dependency(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    nothing = "def test_nothing(): pass"
    result = run(pytester, "-s", conftest=CONFTEST + PRINT_MODULES, test_nothing=nothing)
    result.assert_outcomes(passed=1)
    (line,) = [line for line in result.outlines if line.startswith("loaded:")]
    loaded = line.split()[1:]
    assert "fakedropbox.pytest_plugin" in loaded
    assert "dropspool.pytest_plugin" in loaded
    assert [name for name in loaded if name.partition(".")[0] in HEAVY] == []
    ours = {name for name in loaded if name.startswith(("fakedropbox", "dropspool"))}
    assert ours == {
        "fakedropbox",
        "fakedropbox._base",
        "fakedropbox._base.factory",
        "fakedropbox._base.public",
        "fakedropbox.pytest_plugin",
        "dropspool",
        "dropspool._names",
        "dropspool.pytest_plugin",
    }


def test_the_time_to_load_the_plugins_is_printed():
    """Print the time; nothing is asserted, because a busy machine is not a failure."""
    code = (
        "import time, pytest; begin = time.perf_counter(); "
        "import fakedropbox.pytest_plugin, dropspool.pytest_plugin; "
        "print((time.perf_counter() - begin) * 1000)"
    )
    best = min(
        float(
            subprocess.run(  # noqa: S603 -- our own interpreter
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(3)
    )
    print(f"loading both plugins: {best:.1f} ms (goal: below 15)")
