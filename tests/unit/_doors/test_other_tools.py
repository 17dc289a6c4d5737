"""Tests of activation beside other tools, which answer for everything but Dropbox's hosts.

A tool may begin before the activation or after it. Each is a context manager that gives a
function, which returns `ANSWER` as long as the tool does its part.
"""

import contextlib
import functools
import http.client
import tempfile
import urllib.request
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from unittest import mock

import dropbox
import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from tests.support.both_doors import refreshing_client, token_of

from fakedropbox import FakeDropboxService, mock_dropbox

# The tools use deprecated functions of other libraries, mocket does not close its sockets, and
# pytest-socket also warns.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*socket:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:A test tried to use socket"),
]

ANSWER = "an answer of the tool"
URL = "https://example.com/page"

CASSETTE = f"""\
version: 1
interactions:
- request: {{method: GET, uri: "{URL}", body: null, headers: {{}}}}
  response: {{status: {{code: 200, message: OK}}, headers: {{}}, body: {{string: "{ANSWER}"}}}}
"""


def needed(module):
    """Import a tool, or skip the test if it is not installed."""
    return pytest.importorskip(module, reason=f"{module} is not installed: it is in the extra dev")


def page():
    return requests.get(URL, timeout=5).text


@contextlib.contextmanager
def with_responses():
    with needed("responses").RequestsMock() as mocked:
        mocked.get(URL, body=ANSWER)
        yield page


@contextlib.contextmanager
def with_responses_passing_dropbox():
    """Let the library `responses` pass calls of Dropbox to the network, by `add_passthru`."""
    with needed("responses").RequestsMock() as mocked:
        mocked.add_passthru("https://api.dropboxapi.com")
        mocked.add_passthru("https://content.dropboxapi.com")
        mocked.get(URL, body=ANSWER)
        yield page


@contextlib.contextmanager
def with_requests_mock():
    with needed("requests_mock").Mocker() as mocked:
        mocked.get(URL, text=ANSWER)
        yield page
        assert {request.hostname for request in mocked.request_history} == {"example.com"}


@contextlib.contextmanager
def with_httpretty():
    httpretty = needed("httpretty")
    url = URL.replace(
        "https", "http"
    )  # its TLS does not work with the versions of Python since 3.12
    with httpretty.enabled(allow_net_connect=False):
        httpretty.register_uri(httpretty.GET, url, body=ANSWER)
        yield lambda: urllib.request.urlopen(url).read().decode()  # noqa: S310 -- as above


@contextlib.contextmanager
def with_vcr():
    vcr = needed("vcr")
    with tempfile.TemporaryDirectory() as folder:
        cassette = Path(folder, "cassette.yaml")
        cassette.write_text(CASSETTE)
        with vcr.use_cassette(str(cassette), record_mode="none", allow_playback_repeats=True):
            yield page
        assert cassette.read_text() == CASSETTE


@contextlib.contextmanager
def with_pytest_socket():
    pytest_socket = needed("pytest_socket")

    def refused():
        with pytest.raises(pytest_socket.SocketBlockedError):
            http.client.HTTPSConnection("example.com", timeout=5).connect()
        return ANSWER

    with contextlib.ExitStack() as stack:
        stack.callback(pytest_socket.enable_socket)
        pytest_socket.disable_socket()
        yield refused


@contextlib.contextmanager
def with_respx():
    respx, httpx = needed("respx"), needed("httpx")
    with respx.mock() as mocked:
        mocked.get(URL).respond(text=ANSWER)
        yield lambda: httpx.get(URL).text


@contextlib.contextmanager
def with_moto():
    moto, boto3 = needed("moto"), needed("boto3")
    login = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    with moto.mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1", **login)
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="key", Body=ANSWER.encode())
        yield lambda: s3.get_object(Bucket="bucket", Key="key")["Body"].read().decode()


@contextlib.contextmanager
def with_pyfakefs():
    with needed("pyfakefs.fake_filesystem_unittest").Patcher() as patcher:
        patcher.fs.create_file("/data/file", contents=ANSWER)
        yield lambda: open("/data/file").read()  # noqa: PTH123, SIM115 -- as in the code of users


@contextlib.contextmanager
def with_pook():
    pook = needed("pook")
    with pook.use():
        pook.get(URL, persist=True).reply(200).body(ANSWER)
        yield page


@contextlib.contextmanager
def with_mocket():
    needed("mocket")
    entry = import_module("mocket.mocks.mockhttp").Entry
    with import_module("mocket").Mocketizer(strict_mode=True):
        entry.single_register(entry.GET, URL, body=ANSWER)
        yield page


@contextlib.contextmanager
def with_mocked_function():
    """Mock a function of `requests`, as a suite may do without a library."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(HTTPAdapter, "send", _answered)
        yield page


@contextlib.contextmanager
def with_mocked_choice():
    """Mock `get_adapter`, the choice of an adapter, in the class of sessions."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: _Answering())
        yield page


def _answered(adapter, request, **options):
    response = requests.Response()
    response.status_code, response._content, response.request = 200, ANSWER.encode(), request
    return response


class _Answering(BaseAdapter):
    send = _answered

    def close(self):
        pass


TOOLS = [value for name, value in globals().items() if name.startswith("with_")]


@pytest.fixture
def service():
    return FakeDropboxService()


def check(service, ask):
    """Check that the SDK and the direct client use the service, and that the tool still answers."""
    with refreshing_client(service) as dbx:
        dbx.files_upload(b"content", "/a.txt")
        assert dbx.files_download("/a.txt")[1].content == b"content"
    with dropbox.Dropbox(**token_of(service), session=service.session()) as dbx:
        assert dbx.files_get_metadata("/a.txt").size == 7
    assert service.client().files_get_metadata("/a.txt").size == 7
    assert ask() == ANSWER


@pytest.mark.parametrize("tool", [tool for tool in TOOLS if tool is not with_mocked_choice])
def test_a_tool_that_begins_during_the_activation_answers_for_other_hosts(service, tool):
    send = HTTPAdapter.send
    for _ in range(2):
        with service.activate(), tool() as ask:
            check(service, ask)
        service.reset()
    assert HTTPAdapter.send is send


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_that_begins_before_the_activation_answers_for_other_hosts(service, tool):
    send = HTTPAdapter.send
    with tool() as ask:
        with service.activate():
            check(service, ask)
        with mock_dropbox() as other:
            check(other, ask)
    assert HTTPAdapter.send is send


# Calls that another tool answers, or passes on


def test_a_wrapper_whose_wrapped_is_our_function_is_still_called(service):
    calls = []

    @functools.wraps(HTTPAdapter.send)
    def counted(adapter, request, **options):
        calls.append(request.url)
        return counted.__wrapped__(adapter, request, **options)

    with service.activate(), pytest.MonkeyPatch.context() as monkeypatch:
        counted.__wrapped__ = HTTPAdapter.send
        monkeypatch.setattr(HTTPAdapter, "send", counted)
        dropbox.Dropbox(**token_of(service)).files_list_folder("")
    assert calls == ["https://api.dropboxapi.com/2/files/list_folder"]
    assert len(service.calls) == 1


@pytest.mark.parametrize("autospec", [False, True])
def test_a_mock_of_the_function_that_sends_is_called_instead_of_the_service(service, autospec):
    """Check a mock by which a test makes the SDK's calls fail."""
    failing = {"side_effect": requests.ConnectionError("planned"), "autospec": autospec}
    with (
        service.activate(),
        mock.patch.object(HTTPAdapter, "send", **failing) as send,
        dropbox.Dropbox(**token_of(service)) as dbx,
        pytest.raises(requests.ConnectionError, match="planned"),
    ):
        dbx.files_list_folder("")
    send.assert_called_once()


@pytest.mark.parametrize("name", ["send", "get_adapter"])
def test_an_outer_mock_gets_the_arguments_that_it_would_get_without_us(service, name):
    owner = HTTPAdapter if name == "send" else requests.Session
    with mock.patch.object(owner, name, side_effect=KeyError("as planned")) as mocked:
        with service.activate(), pytest.raises(KeyError, match="as planned"):
            page()
        with_us = mocked.call_args
        with pytest.raises(KeyError, match="as planned"):
            page()
    assert [type(each) for each in with_us.args] == [type(each) for each in mocked.call_args.args]
    assert set(with_us.kwargs) == set(mocked.call_args.kwargs)


def test_a_session_may_have_its_own_choice_of_adapters(service):
    answered = mock.Mock(return_value=_Answering())
    with service.activate(), requests.Session() as session:
        session.get_adapter = answered
        assert session.get(URL).text == ANSWER
        answered.assert_called_once_with(url=URL)
        del session.get_adapter
        with pytest.raises(AttributeError, match="get_adapter"):
            del session.get_adapter
        session.mount("https://", _Answering())
        assert session.get("https://api.dropboxapi.com/").text == ANSWER
    assert not hasattr(vars(requests.Session)["get_adapter"], "__set__")


def test_an_activation_may_end_before_a_tool_that_began_later(service):
    responses = needed("responses")
    send, activation = HTTPAdapter.send, service.activate()
    activation.__enter__()
    with responses.RequestsMock() as mocked:
        mocked.get(URL, body=ANSWER)
        dropbox.Dropbox(**token_of(service)).files_list_folder("")
        activation.__exit__(None, None, None)
        assert page() == ANSWER
        with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
            dropbox.Dropbox(**token_of(service)).files_list_folder("")
    with FakeDropboxService().activate() as other:
        dropbox.Dropbox(**token_of(other)).files_list_folder("")
    assert HTTPAdapter.send is send


def test_a_tool_that_begins_again_and_again_leaves_no_wrapper(service):
    responses = needed("responses")
    with service.activate(), dropbox.Dropbox(**token_of(service)) as dbx:
        send = HTTPAdapter.send
        for _ in range(3):
            with responses.RequestsMock() as outer, responses.RequestsMock() as inner:
                outer.get(URL, body="outer")
                inner.get(URL, body=ANSWER)
                dbx.files_list_folder("")
                assert page() == ANSWER
                outer.assert_all_requests_are_fired = False
            assert HTTPAdapter.send is send


# Fixtures and decorators


@pytest.mark.parametrize("ours_first", [True, False])
@pytest.mark.parametrize("fixture", ["requests_mock", "respx_mock", "fs"])
def test_an_active_service_works_beside_the_fixture_of_a_tool(request, fixture, ours_first):
    needed({"requests_mock": "requests_mock", "respx_mock": "respx", "fs": "pyfakefs"}[fixture])
    names = ["dropbox_active", fixture]
    found = {name: request.getfixturevalue(name) for name in sorted(names, reverse=not ours_first)}
    service = found["dropbox_active"]
    dropbox.Dropbox(**token_of(service)).files_upload(b"1", "/a.txt")
    assert service.files == {"/a.txt": b"1"}


def test_the_decorators_of_responses_and_mock_dropbox_work_in_both_orders():
    responses = needed("responses")

    def test(dropbox_service):
        responses.get(URL, body=ANSWER)
        check(dropbox_service, page)

    responses.activate(mock_dropbox(test))()
    mock_dropbox(responses.activate(test))()


def test_pytest_recording_and_pytest_socket_work_beside_an_active_service(pytester):
    for plugin in ("pytest_recording", "pytest_socket"):
        if find_spec(plugin) is None:
            pytest.skip(f"{plugin} is not installed: it is in the extra dev")
    pytester.makepyfile(
        """
        import dropbox
        import pytest

        def upload(service):
            dropbox.Dropbox(service.login.access_token).files_upload(b"1", "/a.txt")
            assert service.files == {"/a.txt": b"1"}

        @pytest.mark.vcr
        @pytest.mark.block_network
        def test_recording(dropbox_active):
            upload(dropbox_active)

        def test_socket(dropbox_active, socket_disabled):
            upload(dropbox_active)
        """
    )
    run = pytester.runpytest_subprocess(
        "-p", "no:randomly", "-p", "no:cacheprovider", "--disable-socket"
    )
    run.assert_outcomes(passed=2)
    assert not (pytester.path / "cassettes").exists()
