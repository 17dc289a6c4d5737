"""Fixtures of the behaviour tests: each test has its own service, and runs through every door.

The door under the SDK runs three times: with the usual JSON style, with the compact style,
and over HTTPS.

`pytest.mark.dropbox(…)` sets the options of the service. An `evidence` mark with an unknown
fact stops the run before the first test.
"""

from dataclasses import replace
from functools import partial

import pytest
from tests.support.doors import (
    Wire,
    https_client,
    proxied,
    sdk_client,
    through_https,
    unknown_evidence,
)

from fakedropbox.personality import preset


def pytest_collection_modifyitems(items):
    unknown = unknown_evidence(items)
    if unknown:
        raise pytest.UsageError("no such facts: " + "; ".join(unknown))
    for item in items:
        # Coverage need not trace these: `test_compact_json` runs the code that only they use.
        if _door(item) == "compact":
            item.add_marker(pytest.mark.untraced)


def _door(item):
    call = getattr(item, "callspec", None)
    return None if call is None else call.params.get("connect")


@pytest.fixture
def service(request):
    if _door(request.node) == "compact":
        marked = request.node.get_closest_marker("dropbox")
        given = {} if marked is None else marked.kwargs
        known = given.get("personality", "recorded")
        known = preset(known) if isinstance(known, str) else known
        compact = replace(known, wire="compact")
        request.node.add_marker(pytest.mark.dropbox(personality=compact), append=False)
    return request.getfixturevalue("dropbox_service")


@pytest.fixture(params=["direct", "sdk", "compact", "https"])
def connect(request, service):
    """A function that creates clients: of the double itself, or of the unmodified SDK.

    The SDK's requests stay in this process, or go over HTTPS to a server. The arguments are
    a login and options of `dropbox.Dropbox`.
    """
    if request.param == "direct":
        yield service.client
        return
    with service.activate():
        if request.param != "https":
            yield partial(sdk_client, service)
            return
        request.getfixturevalue("redirected")
        yield partial(https_client, service)


@pytest.fixture
def redirected(monkeypatch, dropbox_server):
    """Send the SDK's requests to the server, with pauses on the service's clock."""
    through_https(monkeypatch, dropbox_server)


@pytest.fixture
def dbx(connect):
    """A client of the default account."""
    return connect()


@pytest.fixture(params=["session", "https"])
def wire(request, service):
    """Raw HTTP that no client shows: in this process, or through the server's proxy."""
    if request.param == "session":
        return Wire(service, service.session())
    return Wire(service, proxied(request.getfixturevalue("dropbox_server")))
