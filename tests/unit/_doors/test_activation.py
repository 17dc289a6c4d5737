"""Tests of `service.activate()`: the unmodified SDK, anywhere in the process, uses the service."""

import ctypes
import os
import random
import socket
import ssl
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import count, takewhile

import dropbox
import pytest
import requests
from dropbox import dropbox_client
from dropbox.common import PathRoot
from dropbox.exceptions import ApiError, AuthError, PathRootError
from requests.adapters import HTTPAdapter
from tests.support.both_doors import refreshing_client, token_of

from fakedropbox import FakeDropboxService
from fakedropbox._doors import active

LOGIN = FakeDropboxService().login
BUILT_AT_IMPORT = dropbox.Dropbox(
    app_key=LOGIN.app_key,
    app_secret=LOGIN.app_secret,
    oauth2_refresh_token=LOGIN.refresh_token,
)
"""A client built before any service is active; the default seed makes its credentials valid."""


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"hello", "/c/d.bin": bytes(range(256)) * 300})


@pytest.fixture
def originals():
    """Functions, modules and variables that an activation can replace, taken before it."""
    return replaced_objects()


def replaced_objects():
    return {
        "send": HTTPAdapter.send,
        "sockets": [
            getattr(socket.socket, name)
            for name in ("connect", "connect_ex", "send", "sendall", "sendmsg", "sendto")
        ],
        "tls": [
            ssl.SSLContext.wrap_bio,
            ssl.SSLSocket.do_handshake,
            ssl.SSLSocket.send,
            ssl.SSLObject.write,
        ],
        "environ": {key: os.environ[key] for key in os.environ if key != "PYTEST_CURRENT_TEST"},
        "modules": [
            getattr(getattr(dropbox, module), name, None)
            for module in ("dropbox_client", "oauth", "file_transfer")
            if hasattr(dropbox, module)
            for name in ("time", "random", "datetime", "timedelta")
        ],
        "sleep": time.sleep,
        "os": urllib.request.os,
    }


# Clients that use the service


def test_a_client_built_during_the_activation_uses_the_service(service):
    with service.activate() as active, refreshing_client(service) as dbx:
        assert active is service
        assert dbx.files_download("/a.txt")[1].content == b"hello"
        dbx.files_upload(b"new", "/b.txt")
    assert service.read("/b.txt") == b"new"
    assert [call.route for call in service.calls] == [
        "oauth2/token",
        "files/download",
        "files/upload",
    ]


def test_a_client_built_before_the_activation_uses_the_service(service):
    dbx = refreshing_client(service)
    with service.activate():
        assert dbx.users_get_current_account().email == service.login.account_email


def test_a_client_built_at_import_uses_the_service():
    with FakeDropboxService(files={"/a.txt": b"1"}).activate() as service:
        # Its access token may be of another service, from an earlier test.
        dbx = BUILT_AT_IMPORT.clone()
        dbx.refresh_access_token()
        assert dbx.files_get_metadata("/a.txt").size == 1
        assert len(service.calls) == 2


def test_a_client_with_its_own_session_uses_the_service(service):
    session = dropbox.create_session(max_connections=2, proxies={"https": "http://proxy.invalid"})
    dbx = dropbox.Dropbox(**token_of(service), session=session)
    with service.activate():
        assert dbx.files_get_metadata("/a.txt").size == 5


def test_clients_in_threads_use_the_service(service):
    with service.activate(), refreshing_client(service) as dbx, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: dbx.files_upload(b"%d" % n, f"/t/{n}"), range(40)))
        sizes = list(
            pool.map(lambda n: refreshing_client(service).files_get_metadata(f"/t/{n}"), range(8))
        )
    assert len(sizes) == 8
    assert {path: service.files[path] for path in service.files if path.startswith("/t/")} == {
        f"/t/{n}": b"%d" % n for n in range(40)
    }


def test_new_clients_in_threads_each_fetch_a_token(service):
    barrier = threading.Barrier(6)

    def use(number):
        dbx = refreshing_client(service)
        barrier.wait(10)
        return dbx.files_upload(b"%d" % number, "/same.txt", autorename=True).name

    with service.activate(), ThreadPoolExecutor(6) as pool:
        names = set(pool.map(use, range(6)))
    assert len(names) == 6
    assert len(service.calls.of("oauth2/token")) == 6


def test_plain_requests_use_the_service(service):
    with service.activate():
        response = requests.post(
            "https://api.dropboxapi.com/2/files/get_metadata",
            headers={"Authorization": f"Bearer {service.login.access_token}"},
            json={"path": "/a.txt"},
            timeout=5,
        )
    assert response.json()["size"] == 5
    assert response.headers["Content-Type"] == "application/json"


def test_plain_requests_can_have_headers_as_bytes(service):
    with service.activate():
        response = requests.post(
            "https://content.dropboxapi.com/2/files/download",
            headers={
                "Authorization": f"Bearer {service.login.access_token}".encode(),
                "Dropbox-API-Arg": b'{"path": "/a.txt"}',
            },
            timeout=5,
        )
    assert response.content == b"hello"


@pytest.mark.evidence("O0-03")
@pytest.mark.parametrize("host", ["api.dropboxapi.com", "api.dropbox.com", "www.dropbox.com"])
def test_plain_requests_can_fetch_a_token(service, host):
    form = {
        "grant_type": "refresh_token",
        "refresh_token": service.login.refresh_token,
        "client_id": service.login.app_key,
        "client_secret": service.login.app_secret,
    }
    with service.activate():
        response = requests.post(f"https://{host}/oauth2/token", data=form, timeout=5)
        token = response.json()["access_token"]
        assert dropbox.Dropbox(token).files_get_metadata("/a.txt").size == 5
    assert response.json()["expires_in"] == 14400
    assert response.headers["Content-Type"] == "text/javascript"


@pytest.mark.parametrize("body", [b"raw", bytearray(b"raw"), "raw", "file", "pieces"])
def test_plain_requests_can_have_bodies_of_several_kinds(service, body, tmp_path):
    content = body
    if body == "file":
        (tmp_path / "raw").write_bytes(b"raw")
        content = (tmp_path / "raw").open("rb")
    elif body == "pieces":
        content = iter([b"r", b"aw"])
    with service.activate():
        response = requests.post(
            "https://content.dropboxapi.com/2/files/upload",
            headers={
                "Authorization": f"Bearer {service.login.access_token}",
                "Dropbox-API-Arg": '{"path": "/raw"}',
                "Content-Type": "application/octet-stream",
            },
            data=content,
            timeout=5,
        )
    if body == "file":
        content.close()
    assert response.status_code == 200
    assert service.read("/raw") == b"raw"


# The SDK during an activation


@pytest.mark.evidence("O5-16")
def test_the_services_clock_decides_when_a_token_is_renewed(service):
    with service.activate(), refreshing_client(service) as dbx:
        dbx.files_get_metadata("/a.txt")
        service.clock.advance(14_400 - 301)
        dbx.files_get_metadata("/a.txt")
        assert len(service.calls.of("oauth2/token")) == 1
        service.clock.advance(1)
        dbx.files_get_metadata("/a.txt")
        assert len(service.calls.of("oauth2/token")) == 2
        assert dbx._oauth2_access_token_expiration == service.clock.now().replace(
            tzinfo=None
        ) + timedelta(seconds=14_400)
        assert type(dbx._oauth2_access_token_expiration) is datetime


def test_a_clone_uses_the_service(service):
    with service.activate(), refreshing_client(service) as dbx:
        copy = dbx.clone(max_retries_on_error=0)
        assert copy.files_get_metadata("/a.txt") == dbx.files_get_metadata("/a.txt")


@pytest.mark.evidence("O8-02")
def test_path_roots_are_checked_by_the_service(service):
    with service.activate(), refreshing_client(service) as dbx:
        own = dbx.users_get_current_account().root_info.root_namespace_id
        for root in (PathRoot.home, PathRoot.root(own), PathRoot.namespace_id(own)):
            assert dbx.with_path_root(root).files_get_metadata("/a.txt").size == 5
        with pytest.raises(PathRootError) as caught:
            dbx.with_path_root(PathRoot.root("7")).files_get_metadata("/a.txt")
        assert caught.value.error.get_invalid_root().root_namespace_id == own
        with pytest.raises(PathRootError) as caught:
            dbx.with_path_root(PathRoot.namespace_id("7")).files_get_metadata("/a.txt")
        assert caught.value.error.is_no_permission()


def test_download_to_file_writes_the_content(service, tmp_path):
    target = tmp_path / "copy.bin"
    with service.activate(), refreshing_client(service) as dbx:
        meta = dbx.files_download_to_file(str(target), "/c/d.bin")
    assert target.read_bytes() == bytes(range(256)) * 300
    assert meta.size == 256 * 300


def test_retries_sleep_on_the_services_clock(service):
    service.faults.server_error("files/get_metadata", times=4)
    service.faults.rate_limit("files/get_metadata", retry_after=300)
    before = service.clock.now()
    with service.activate(), refreshing_client(service) as dbx:
        assert dbx.files_get_metadata("/a.txt").size == 5
    assert service.clock.now() - before > timedelta(seconds=300)


def test_other_functions_that_the_sdk_uses_are_not_replaced(service):
    with service.activate():
        assert dropbox_client.time.gmtime is time.gmtime
        assert dropbox_client.random.choice is random.choice
        assert dropbox_client.datetime(2026, 1, 2) == datetime(2026, 1, 2)  # noqa: DTZ001
        assert isinstance(datetime(2026, 1, 2), dropbox_client.datetime)  # noqa: DTZ001
        assert dropbox_client.time.time() == service.clock.time()


# The end of an activation, the environment, and nested activations


def test_the_end_of_an_activation_restores_everything(service, originals):
    with service.activate():
        inside = replaced_objects()
        assert inside["send"] is not originals["send"]
        for name in ("sockets", "tls"):
            assert not set(inside[name]) & set(originals[name])
        refreshing_client(service).files_get_metadata("/a.txt")
    assert replaced_objects() == originals


def test_an_exception_in_an_activation_restores_everything(service, originals):
    with pytest.raises(ApiError), service.activate():
        refreshing_client(service).files_get_metadata("/nothing")
    assert replaced_objects() == originals


@pytest.mark.parametrize("before", [None, "example.org"])
def test_activation_does_not_change_os_environ(service, monkeypatch, before):
    """Check `os.environ`, which a test may copy, patch or pass to a process meanwhile."""
    for name in ("NO_PROXY", "no_proxy"):
        if before is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, before)
    originals = dict(os.environ)
    with service.activate():
        assert dict(os.environ) == originals
        monkeypatch.setenv("NO_PROXY", "example.com")
    assert os.environ["NO_PROXY"] == "example.com"


@pytest.mark.skipif(
    sys.platform != "linux", reason="reads the environment of glibc, which is on Linux only"
)
def test_activation_does_not_change_the_process_environment(service):
    environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")

    def entries():
        return list(takewhile(bool, (environ[index] for index in count())))

    originals = entries()
    with service.activate():
        assert entries() == originals
    assert entries() == originals


def test_children_are_blocked_by_the_environment_on_request(service, originals):
    names = ("DROPBOX_API_HOST", "DROPBOX_API_CONTENT_HOST", "DROPBOX_API_NOTIFY_HOST")
    with service.activate(block_children=True):
        for name in (*names, "DROPBOX_WEB_HOST"):
            with pytest.raises(UnicodeError):  # it cannot even be looked up
                os.environ[name].encode("idna")
        with FakeDropboxService().activate(block_children=True):
            pass
        assert "dropbox-is-blocked-by-fakedropbox" in os.environ["DROPBOX_API_HOST"]
    assert replaced_objects() == originals


def test_the_innermost_activation_is_used(service, originals):
    inner = FakeDropboxService(seed=1, files={"/a.txt": b"other one"})
    dbx = dropbox.Dropbox(**token_of(service))
    with service.activate():
        assert dbx.files_get_metadata("/a.txt").size == 5
        with inner.activate():
            with pytest.raises(AuthError):
                dbx.files_get_metadata("/a.txt")
            assert refreshing_client(inner).files_get_metadata("/a.txt").size == 9
            with service.activate():
                assert dbx.files_get_metadata("/a.txt").size == 5
            with pytest.raises(AuthError):
                dbx.files_get_metadata("/a.txt")
        assert dbx.files_get_metadata("/a.txt").size == 5
    assert replaced_objects() == originals


def test_the_innermost_activation_provides_the_time_and_random_values(service):
    inner = FakeDropboxService(seed=1)
    alone = FakeDropboxService(seed=1)
    begin = service.clock.micros
    for each in (inner, alone):
        each.faults.server_error("files/list_folder", times=2)
        each.faults.rate_limit("files/list_folder", retry_after=9)
    inner.clock.advance(1000)
    alone.clock.advance(1000)
    with service.activate(), inner.activate(), refreshing_client(inner) as dbx:
        dbx.refresh_access_token()
        ends = inner.clock.now().replace(tzinfo=None) + timedelta(seconds=14_400)
        assert dbx._oauth2_access_token_expiration == ends
        dbx.files_list_folder("")
    with alone.activate():
        refreshing_client(alone).files_list_folder("")
    assert service.clock.micros == begin
    assert inner.clock.micros == alone.clock.micros > begin


@pytest.mark.parametrize("error", [None, KeyError("in the body")])
def test_ending_activations_out_of_order_raises_and_restores_everything(service, originals, error):
    other = FakeDropboxService(seed=1)
    first, second = service.activate(), other.activate()
    first.__enter__()
    second.__enter__()
    kind = None if error is None else type(error)
    with pytest.raises(RuntimeError, match="activate"):
        first.__exit__(kind, error, None)
    refreshing_client(other).files_list_folder("")  # the other activation is still in effect
    second.__exit__(None, None, None)
    assert replaced_objects() == originals
    with service.activate():
        refreshing_client(service).files_list_folder("")
    assert replaced_objects() == originals


def test_activations_can_be_repeated_and_nested(service, originals):
    for _ in range(3):
        with service.activate(), service.activate():
            refreshing_client(service).files_list_folder("")
    assert len(service.calls.of("files/list_folder")) == 3
    assert replaced_objects() == originals


def test_objects_kept_from_an_activation_work_after_it(service):
    with service.activate():
        connect, send = socket.socket.connect, HTTPAdapter.send
        shims = dropbox_client.time, dropbox_client.random, dropbox_client.datetime
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as plain:
        connect(plain, server.getsockname())
    request = requests.Request("GET", "http://127.0.0.1:1/").prepare()
    with pytest.raises(requests.exceptions.ConnectionError):
        send(HTTPAdapter(), request, timeout=5)
    assert shims[0].time() > 0
    assert 0 <= shims[1].random() < 1
    assert isinstance(shims[2].utcnow(), datetime)


def test_patches_undone_after_the_activation_do_not_accumulate(service):
    def patched(monkeypatch):
        with service.activate():
            monkeypatch.setattr(socket.socket, "connect", len)
            monkeypatch.setattr(HTTPAdapter, "send", len)

    before = replaced_objects()
    for _ in range(2):
        with pytest.MonkeyPatch.context() as monkeypatch:
            patched(monkeypatch)
        with service.activate():
            refreshing_client(service).files_list_folder("")
        assert replaced_objects() == before


def test_a_request_sent_after_the_activation_goes_to_the_network(service, monkeypatch):
    """Check a call that a thread began before the activation ended."""
    with service.activate():
        send = HTTPAdapter.send

    def refuse(*args, **kwargs):
        raise socket.gaierror("no names here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    request = requests.Request("POST", "https://api.dropboxapi.com/2/check/user").prepare()
    with pytest.raises(requests.exceptions.ConnectionError, match="no names here"):
        send(HTTPAdapter(), request, timeout=5)
    assert len(service.calls) == 0


def test_replacements_work_while_another_thread_ends_the_activation(service, monkeypatch):
    class Ending(list):
        """A list that is empty after its first read, as if another thread ended the activation."""

        def __bool__(self):
            found = len(self) > 0
            self.clear()
            return found

        def __getitem__(self, index):
            found = super().__getitem__(index)
            self.clear()
            return found

    with service.activate():
        send = HTTPAdapter.send
        clock, chance, when = dropbox_client.time, dropbox_client.random, dropbox_client.datetime
    request = requests.Request("POST", "https://api.dropboxapi.com/2/check/user").prepare()
    for use in (
        clock.time,
        lambda: clock.sleep(0),
        chance.random,
        when.utcnow,
        lambda: send(HTTPAdapter(), request),
    ):
        monkeypatch.setattr(active, "active", Ending([service]))
        use()
    assert len(service.calls) == 1


# `service.session()`, which needs no activation


def test_a_session_of_the_service_needs_no_activation(service, originals):
    with dropbox.Dropbox(**token_of(service), session=service.session()) as dbx:
        assert dbx.files_download("/a.txt")[1].content == b"hello"
        assert replaced_objects() == originals


def test_a_session_uses_its_service_while_another_is_active(service):
    dbx = dropbox.Dropbox(**token_of(service), session=service.session())
    with FakeDropboxService(seed=1).activate():
        assert dbx.files_get_metadata("/a.txt").size == 5
