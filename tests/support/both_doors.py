"""Helpers that make the same calls by the direct client and by the SDK, and compare the effects.

The direct client imitates the transport of the SDK. The effects through both doors must be
equal: results and errors, the requests that the service received, the time slept, the log, and
the files.
"""

import logging
import re
from contextlib import contextmanager
from dataclasses import dataclass

import dropbox

from fakedropbox import FakeDropbox, FakeDropboxService

DOORS = ("direct", "sdk")
META = "files/get_metadata"
TOKEN = "oauth2/token"

_DOTS = re.compile(r"/\.{0,3}(?=\", \"error\")")


@dataclass
class Seen:
    """All effects of some calls: outcome, requests, time slept, log, and files."""

    outcome: object
    calls: list
    slept: float
    log: list
    files: dict

    @property
    def routes(self):
        return [route for route, _, _ in self.calls]


def login_of(service):
    """Return the arguments for a client with a refresh token only."""
    return {
        "app_key": service.login.app_key,
        "app_secret": service.login.app_secret,
        "oauth2_refresh_token": service.login.refresh_token,
    }


def refreshing_client(service):
    """Return a client of the unmodified SDK that has a refresh token, and no access token yet."""
    return dropbox.Dropbox(**login_of(service))


def token_of(service):
    """Return the arguments for a client with an access token only."""
    return {"oauth2_access_token": service.login.access_token}


def also(arguments, **more):
    """Return a function like ``arguments`` that adds some more arguments to its result."""
    return lambda service: arguments(service) | more


@contextmanager
def client_of(door, service, **arguments):
    """Yield a client of a service: the direct one, or the SDK's with the service activated."""
    if door == "direct":
        yield FakeDropbox(service=service, **arguments)
        return
    with service.activate(), dropbox.Dropbox(**arguments) as client:
        yield client


def described(error):
    """Return the type and data of an exception, without request id and random dots in texts."""
    if not isinstance(error, dropbox.exceptions.DropboxException):
        return type(error), str(error)
    assert len(error.request_id) == 32
    assert set(error.request_id) <= set("0123456789abcdef")
    fields = {name: repr(value) for name, value in vars(error).items() if name != "request_id"}
    arguments = [_DOTS.sub("/", repr(argument)) for argument in error.args[1:]]
    return type(error), arguments, {name: _DOTS.sub("/", fields[name]) for name in fields}


class _Collector(logging.Handler):
    def __init__(self):
        super().__init__()
        self.lines = []

    def emit(self, record):
        self.lines.append((record.levelname, record.getMessage()))


@contextmanager
def collected_log():
    """Yield the list of (level, message) that the logger of the SDK logs."""
    collector, logger = _Collector(), logging.getLogger("dropbox")
    level = logger.level
    logger.addHandler(collector)
    logger.setLevel(logging.DEBUG)
    try:
        yield collector.lines
    finally:
        logger.removeHandler(collector)
        logger.setLevel(level)


def through(door, act, *, arrange=None, arguments=login_of, **options):
    """Return the effects of ``act``, called with a client through one door, on a new service.

    ``arrange`` prepares the service; ``arguments`` returns the arguments of the client for it.
    """
    service = FakeDropboxService(**{"files": {"/a.txt": b"hello"}, **options})
    if arrange is not None:
        arrange(service)
    began = service.clock.micros
    with collected_log() as log:
        try:
            with client_of(door, service, **arguments(service)) as client:
                outcome = repr(act(client))
        except Exception as error:  # noqa: BLE001 -- any exception is an outcome
            outcome = described(error)
    return Seen(
        outcome=outcome,
        calls=[(record.route, record.outcome, repr(record.arg)) for record in service.calls],
        slept=(service.clock.micros - began) / 1e6,
        log=log,
        files=service.files,
    )


def both(act, **options):
    """Return the effects through the direct door and through the SDK."""
    return tuple(through(door, act, **options) for door in DOORS)


def same(act, **options):
    """Check that the effects through both doors are equal, and return them."""
    direct, sdk = both(act, **options)
    assert direct.outcome == sdk.outcome
    assert direct.calls == sdk.calls
    assert direct.slept == sdk.slept
    assert direct.log == sdk.log
    assert direct.files == sdk.files
    return sdk


def look(client):
    return client.files_get_metadata("/a.txt")


def write(client):
    return client.files_upload(b"new", "/b.txt")
