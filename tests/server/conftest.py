"""A server on this machine, and plain HTTP to it."""

import pytest
from tests.server.server_kit import Http


@pytest.fixture
def http(dropbox_server):
    """Requests to the server's own address."""
    return Http(dropbox_server)
