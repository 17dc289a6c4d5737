"""Fixtures of the server tests: two clients, and garbage collection per module."""

import gc

import pytest
from tests.support.plain_http import Http

from fakedropbox.control import Control


@pytest.fixture(autouse=True, scope="module")
def _collect_open_resources():
    """Collect garbage after each module, so that a later one gets no resource warnings."""
    yield
    gc.collect()


@pytest.fixture
def http(dropbox_server):
    """Return a client that sends requests to the server's own address."""
    return Http(dropbox_server)


@pytest.fixture
def ctl(dropbox_server):
    """A client of the server's control interface."""
    return Control(dropbox_server.url, dropbox_server.control_token, dropbox_server.ca_file)
