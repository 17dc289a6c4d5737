"""A server with a state file."""

from contextlib import contextmanager

from tests.support.plain_http import Http

from fakedropbox import FakeDropboxService
from fakedropbox.control import Control
from fakedropbox.server.launch import Options, launched


@contextmanager
def running(path, **options):
    """Run a server with a state file; yield it, a plain HTTP client, and its control."""
    with launched(Options(state=path, **options), FakeDropboxService) as server:
        http = Http(server)
        control = Control(server.url, server.control_token, server.ca_file)
        with http.session, control as ctl:
            yield server, http, ctl
