"""A server on this machine, and plain HTTP to it."""

import gc

import pytest
from tests.support.plain_http import Http


@pytest.fixture(autouse=True, scope="module")
def _what_is_left_open_is_found_here():
    """Blame this module: the collector would come while some other test runs."""
    yield
    gc.collect()


@pytest.fixture
def http(dropbox_server):
    """Requests to the server's own address."""
    return Http(dropbox_server)
