"""Fixtures of the behaviour tests, which run through doors, each test on a service of its own.

There are four doors: the direct client, the unmodified SDK in this process with JSON in the
classic and in the compact style, and the unmodified SDK over HTTPS. A test runs through the
direct client and one more door, chosen by the test's name. A test or module marked
`every_door` runs through all four, because there the door can matter; with
`TEST_PROFILE=thorough` every test does. TEST_DOORS limits them, for example to `direct,sdk`.

`pytest.mark.dropbox(…)` configures the service. An `evidence` mark that names an unknown
fact ends the run before the first test.
"""

from collections import ChainMap
from contextlib import closing
from dataclasses import replace
from functools import partial
from zlib import crc32

import dropbox
import pytest
from tests.support.doors import (
    Wire,
    https_client,
    proxied,
    sdk_client,
    through_https,
    unknown_evidence,
)
from tests.support.profile import ALL_DOORS, DOORS, THOROUGH

from fakedropbox.personality import preset


def pytest_generate_tests(metafunc):
    if "connect" in metafunc.fixturenames:
        test = metafunc.definition
        direct, *others = ALL_DOORS
        if not THOROUGH and test.get_closest_marker("every_door") is None:
            others = [others[crc32(test.nodeid.encode()) % len(others)]]
        doors = [door for door in (direct, *others) if door in DOORS]
        metafunc.parametrize("connect", doors, indirect=True)


def pytest_collection_modifyitems(items):
    unknown = unknown_evidence(items)
    if unknown:
        raise pytest.UsageError("no such facts: " + "; ".join(unknown))
    for item in items:
        # Coverage does not trace these tests: other tests run the same lines of the doors.
        every_door = item.get_closest_marker("every_door") is not None
        if _door(item) == "compact" or (_door(item) == "sdk" and not every_door):
            item.add_marker(pytest.mark.untraced)


def _door(item):
    call = getattr(item, "callspec", None)
    return None if call is None else call.params.get("connect")


@pytest.fixture
def service(request):
    if _door(request.node) == "compact":
        marked = [mark.kwargs for mark in request.node.iter_markers("dropbox")]
        known = ChainMap(*marked).get("personality", "recorded")
        known = preset(known) if isinstance(known, str) else known
        compact = replace(known, wire="compact")
        request.node.add_marker(pytest.mark.dropbox(personality=compact), append=False)
    return request.getfixturevalue("dropbox_service")


@pytest.fixture
def connect(request, service):
    """A function that returns a client for the door of the test.

    Its arguments are a login and options of `dropbox.Dropbox`.
    """
    if request.param == "direct":
        yield service.client
        return
    with service.activate():
        if request.param != "https":
            yield partial(sdk_client, service)
            return
        request.getfixturevalue("redirected")
        yield partial(https_client, service, adapter=request.getfixturevalue("https_adapter"))


@pytest.fixture(scope="session")
def https_adapter():
    """The SDK's own adapter, shared by all clients over HTTPS: a new TLS connection costs 8 ms."""
    with closing(dropbox.create_session().get_adapter("https://")) as adapter:
        yield adapter


@pytest.fixture
def redirected(monkeypatch, dropbox_server):
    """Send the SDK's requests to the server; its pauses between retries take no real time."""
    through_https(monkeypatch, dropbox_server)


@pytest.fixture
def dbx(connect):
    """A client of the default account."""
    return connect()


@pytest.fixture(params=["session", "https"] if "https" in DOORS else ["session"])
def wire(request, service):
    """A plain HTTP client, in this process or through the server's proxy."""
    if request.param == "session":
        return Wire(service, service.session())
    return Wire(service, proxied(request.getfixturevalue("dropbox_server")))
