"""Tests of blocking the real Dropbox: in tests that use a fake one, and in whole runs.

The suites call the real Dropbox with a client of their own. Nothing is looked up: either the call
is refused, or it ends at a function `no_names`.
"""

import _socket
import socket

import pytest
from requests.adapters import HTTPAdapter
from tests.support.pytest_runs import PLAIN

import fakedropbox.client  # noqa: F401 -- an in-process run of pytest discards its own imports

REFUSED, PERMITTED = "NotThroughFake", "no names here"

OFFLINE = """
import _socket, socket

def no_names(host, *_, **__):
    raise socket.gaierror("no names here")

_socket.getaddrinfo = no_names  # `socket.getaddrinfo` calls it
"""
CALLS = """
import dropbox

def delete_everything(token="sl.REAL"):
    dropbox.Dropbox(token).files_delete_v2("/everything")
"""


@pytest.fixture(autouse=True)
def names_asked_for(monkeypatch):
    """The names that the process would have looked up."""
    monkeypatch.setenv("COLUMNS", "400")  # for whole lines in the summary
    names = []

    def no_names(host, *_, **__):
        names.append(host)
        raise socket.gaierror(PERMITTED)

    monkeypatch.setattr(_socket, "getaddrinfo", no_names)
    return names


def run(pytester, suite, *arguments, where="inprocess", conftest=""):
    pytester.makepyfile(test_suite=suite, calls=CALLS, conftest=conftest, offline=OFFLINE)
    return getattr(pytester, f"runpytest_{where}")(*PLAIN, "-rA", "--tb=line", *arguments)


def check(result, *, refused=(), permitted=(), errors=0, passed=0):
    """Check which tests of a run were refused, and which would have looked up a name."""
    lines = [line for line in result.outlines if line.startswith(("FAILED", "ERROR"))]
    for names, text in ((refused, REFUSED), (permitted, PERMITTED)):
        for name in names:
            assert any(f"::{name} " in f"{line} " and text in line for line in lines), (name, lines)
    failed = len(refused) + len(permitted) - errors
    result.assert_outcomes(failed=failed, errors=errors, passed=passed)


# In a test that uses a fake Dropbox

FIXTURES = [
    "fake_dropbox",
    "dropbox_service",
    "dropbox_calls",
    "dropbox_faults",
    "dropbox_clock",
    "dropbox_server",
]


def test_the_marker_and_fixtures_block_dropbox_but_the_factory_and_live_tests_do_not(
    pytester, names_asked_for
):
    suite = f"""
    import pytest, unittest
    from calls import delete_everything

    @pytest.mark.parametrize("fixture", {FIXTURES})
    def test_dynamic(request, fixture):
        request.getfixturevalue(fixture)
        delete_everything()

    def test_fixture(fake_dropbox):
        delete_everything()

    @pytest.mark.usefixtures("fake_dropbox")
    class TestCase(unittest.TestCase):
        def test_of_unittest(self):
            delete_everything()

    @pytest.mark.dropbox(seed=1)
    def test_marker():
        delete_everything()

    def test_active(dropbox_active):
        with pytest.raises(Exception, match="invalid_access_token"):
            delete_everything()

    def test_factory(dropbox_services):
        dropbox_services()
        delete_everything()

    def test_none():
        delete_everything()

    @pytest.mark.dropbox_live
    def test_live(fake_dropbox):
        delete_everything()
    """
    result = run(pytester, suite)
    check(
        result,
        refused=[
            *(f"test_dynamic[{fixture}]" for fixture in FIXTURES),
            "test_fixture",
            "test_of_unittest",
            "test_marker",
        ],
        permitted=["test_factory", "test_none", "test_live"],
        passed=1,
    )
    assert names_asked_for == ["api.dropboxapi.com"] * 3


def test_the_error_for_a_refused_call_names_the_host_the_reason_and_what_to_do(pytester):
    suite = """
    import pytest
    from calls import delete_everything

    def test_message(fake_dropbox):
        with pytest.raises(RuntimeError) as caught:
            delete_everything()
        for words in ("api.dropboxapi.com: this test uses a fake Dropbox", "`fake_dropbox`",
                      "`dropbox_active`", "`@pytest.mark.dropbox_live`", "Nothing was sent."):
            assert words in str(caught.value)
        assert "REAL" not in str(caught.value)
    """
    run(pytester, suite).assert_outcomes(passed=1)


def test_calls_in_the_set_up_or_teardown_of_other_fixtures_are_refused(pytester, names_asked_for):
    suite = """
    import pytest
    from calls import delete_everything

    @pytest.fixture
    def before():
        delete_everything()

    @pytest.fixture
    def after():
        yield
        delete_everything()

    def test_set_up(before, fake_dropbox):
        pass

    def test_teardown(after, fake_dropbox):
        pass
    """
    result = run(pytester, suite)
    check(result, refused=["test_set_up", "test_teardown"], errors=2, passed=1)
    assert names_asked_for == []


def test_teardown_of_a_wider_fixture_may_reach_dropbox_only_if_its_set_up_could(pytester):
    """Check the teardown of fixtures of the session and the module, during another test."""
    suite = """
    import pytest
    from calls import delete_everything

    @pytest.fixture(scope="session")
    def live_account():
        yield
        delete_everything()

    @pytest.fixture(scope="module")
    def begun_in_a_test_with_a_fake():
        yield
        delete_everything()

    @pytest.mark.dropbox_live
    def test_live(live_account):
        pass

    def test_fake(fake_dropbox, begun_in_a_test_with_a_fake):
        pass

    def test_last(fake_dropbox):
        pass
    """
    result = run(pytester, suite, "--fake-dropbox-block")
    result.assert_outcomes(passed=3, errors=1)  # pytest reports both teardowns as one error
    text = result.stdout.str()
    assert text.count(PERMITTED) >= 1
    assert text.count("this test uses a fake Dropbox") >= 1


def test_calls_in_a_thread_and_in_a_coroutine_of_the_test_are_refused(pytester):
    suite = """
    import asyncio, threading
    import pytest
    from calls import delete_everything

    def caught():
        with pytest.raises(RuntimeError, match="uses a fake Dropbox"):
            delete_everything()
        return True

    def test_thread(fake_dropbox):
        found = []
        thread = threading.Thread(target=lambda: found.append(caught()))
        thread.start()
        thread.join()
        assert found == [True]

    def test_coroutine(fake_dropbox):
        assert asyncio.run(asyncio.to_thread(caught))

    def test_after_an_activation(fake_dropbox, dropbox_service):
        with dropbox_service.activate():
            pass
        assert caught()
    """
    run(pytester, suite).assert_outcomes(passed=3)


def test_the_sdk_does_not_retry_a_refused_call(pytester):
    """Check the number of attempts, and that the SDK makes no pause."""
    suite = """
    import dropbox, pytest, requests

    def test_once(fake_dropbox, monkeypatch):
        monkeypatch.setattr("time.sleep", None)
        attempts = []
        send = requests.Session.send
        monkeypatch.setattr(
            requests.Session, "send", lambda *a, **k: attempts.append(1) or send(*a, **k)
        )
        client = dropbox.Dropbox(app_key="k", app_secret="s", oauth2_refresh_token="r")
        with pytest.raises(RuntimeError, match="Nothing was sent"):
            client.users_get_current_account()
        assert attempts == [1]
    """
    run(pytester, suite).assert_outcomes(passed=1)


def test_tools_that_mock_dropbox_still_work(pytester):
    suite = """
    import io
    import requests, requests_mock, responses, urllib3.connection

    URL = "https://api.dropboxapi.com/2/users/get_current_account"

    @responses.activate
    def test_responses(fake_dropbox):
        responses.post(URL, json={"a": 1})
        assert requests.post(URL).json() == {"a": 1}

    def test_requests_mock(fake_dropbox):
        with requests_mock.Mocker() as mocker:
            mocker.post(URL, json={"a": 1})
            assert requests.post(URL).json() == {"a": 1}

    class Recorded(urllib3.connection.HTTPSConnection):  # as VCR.py plays a recording
        is_verified = True
        def connect(self): pass
        def request(self, *_, **__): pass
        def getresponse(self):
            return urllib3.HTTPResponse(
                io.BytesIO(b'{"a": 1}'), status=200, preload_content=False
            )

    def test_a_recording(fake_dropbox, monkeypatch):
        pool = urllib3.connectionpool.HTTPSConnectionPool
        monkeypatch.setattr(pool, "ConnectionCls", Recorded)
        assert requests.post(URL).json() == {"a": 1}
    """
    run(pytester, suite).assert_outcomes(passed=3)


def test_a_suite_that_blocks_the_network_itself_still_blocks_it(pytester):
    conftest = """
    import socket
    import pytest

    def blocked(*_):
        raise RuntimeError("the suite's own block")

    @pytest.fixture(scope="session", autouse=True)
    def no_network():
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(socket.socket, "connect", blocked)
            yield
    """
    suite = """
    import socket
    import pytest

    def check():
        with socket.socket() as plain, pytest.raises(RuntimeError, match="the suite's own block"):
            plain.connect(("127.0.0.1", 9))

    def test_the_first_one_begins_the_block(fake_dropbox): check()
    def test_without_a_fake(): check()
    def test_active(dropbox_active): check()
    def test_last(): check()
    """
    run(pytester, suite, where="subprocess", conftest=conftest).assert_outcomes(passed=4)


def test_a_suite_may_replace_the_class_of_sockets(pytester):
    conftest = """
    import calls, socket

    def no_sockets(*_, **__):
        raise RuntimeError("no sockets")

    socket.socket = no_sockets
    """
    suite = """
    from calls import delete_everything

    def test_fake(fake_dropbox):
        fake_dropbox.files_upload(b"", "/x")

    def test_refused(fake_dropbox):
        delete_everything()
    """
    check(
        run(pytester, suite, where="subprocess", conftest=conftest),
        refused=["test_refused"],
        passed=1,
    )


# In a whole run

MIXED = """
import pytest
from calls import delete_everything

def test_plain():
    delete_everything()

@pytest.mark.dropbox_live
def test_live():
    delete_everything()

def test_fake(fake_dropbox):
    fake_dropbox.files_upload(b"", "/x")

def test_active(dropbox_active):
    with pytest.raises(Exception, match="invalid_access_token"):
        delete_everything()
"""


@pytest.mark.parametrize("way", ["option", "setting"])
def test_a_run_is_blocked_by_the_option_or_the_setting(pytester, way):
    before = socket.socket.connect, HTTPAdapter.send
    if way == "setting":
        pytester.makeini("[pytest]\ndropbox_block_hosts = true")
    result = run(pytester, MIXED, *(["--fake-dropbox-block"] if way == "option" else []))
    check(result, refused=["test_plain"], permitted=["test_live"], passed=2)
    result.stdout.fnmatch_lines(["*`dropbox_block_hosts` or `--fake-dropbox-block` refuses*"])
    assert (socket.socket.connect, HTTPAdapter.send) == before


def test_dropbox_block_hosts_can_be_false(pytester):
    pytester.makeini("[pytest]\ndropbox_block_hosts = false")
    result = run(pytester, MIXED)
    check(result, permitted=["test_plain", "test_live"], passed=2)


def test_a_conftest_cannot_reach_the_real_dropbox_either(pytester):
    conftest = "import calls; calls.delete_everything()"
    result = run(pytester, MIXED, "--fake-dropbox-block", conftest=conftest)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "refuses the real Dropbox in this run" in result.stderr.str()


def test_with_fake_dropbox_the_service_answers_live_tests(pytester):
    """Check that a run with both options never reaches the real account."""
    suite = """
    import pytest
    from calls import delete_everything

    @pytest.mark.dropbox_live
    def test_live():
        with pytest.raises(Exception, match="invalid_access_token"):
            delete_everything()
    """
    result = run(pytester, suite, "--fake-dropbox", "--fake-dropbox-block")
    result.assert_outcomes(passed=1)


def test_workers_of_xdist_are_blocked(pytester):
    pytest.importorskip("xdist")
    result = run(
        pytester, MIXED, "-n1", "-p", "offline", "--fake-dropbox-block", where="subprocess"
    )
    check(result, refused=["test_plain"], permitted=["test_live"], passed=2)


def test_a_plugin_that_a_conftest_loads_blocks_the_tests(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini("[pytest]\ndropbox_block_hosts = true")
    conftest = 'import offline\npytest_plugins = ["fakedropbox.pytest_plugin"]'
    result = run(pytester, MIXED, where="subprocess", conftest=conftest)
    check(result, refused=["test_plain"], permitted=["test_live"], passed=2)


# What is loaded


def test_a_run_that_does_not_use_the_plugin_loads_nothing_for_it(pytester):
    suite = """
    import sys

    def test_modules():
        loaded = {"dropbox", "requests", "fakedropbox._doors", "fakedropbox._pytest.blocking"}
        assert loaded & set(sys.modules) == set()
    """
    result = run(pytester, suite, where="subprocess")
    result.assert_outcomes(passed=1)


def test_blocking_the_real_dropbox_in_a_run_does_not_load_the_sdk(pytester):
    suite = """
    import sys

    def test_modules():
        assert {"dropbox", "requests"} & set(sys.modules) == set()
    """
    result = run(pytester, suite, "--fake-dropbox-block", where="subprocess")
    result.assert_outcomes(passed=1)
