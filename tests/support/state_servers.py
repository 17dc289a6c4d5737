"""A server with a state file."""

from contextlib import contextmanager

from tests.support.plain_http import Http

from fakedropbox import FakeDropboxService
from fakedropbox.control import Control
from fakedropbox.server.launch import Options, launched


@contextmanager
def controlling(url, token, ca_file):
    """Yield a control whose connections are closed at the end, before the server stops."""
    ctl = Control(url, token, ca_file)
    with ctl._session._session:
        yield ctl


@contextmanager
def running(path, **options):
    """Run a server with a state file; yield it, a plain HTTP client, and its control."""
    with launched(Options(state=path, **options), FakeDropboxService) as server:
        http = Http(server)
        control = controlling(server.url, server.control_token, server.ca_file)
        with http.session, control as ctl:
            yield server, http, ctl
