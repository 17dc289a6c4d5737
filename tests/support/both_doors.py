"""One act through both doors of this process, and all that can be seen of it from outside.

The direct client imitates what the SDK's transport does around a request. Whatever the
two show has to be equal: results and errors, the requests that reached the service, the
time slept, and what was logged.
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
    outcome: object
    calls: list
    slept: float
    log: list
    files: dict

    @property
    def routes(self):
        return [route for route, _, _ in self.calls]


def login_of(service):
    """The arguments of a program that has a refresh token and nothing else."""
    return {
        "app_key": service.login.app_key,
        "app_secret": service.login.app_secret,
        "oauth2_refresh_token": service.login.refresh_token,
    }


def token_of(service):
    """The arguments of a program that has an access token and nothing else."""
    return {"oauth2_access_token": service.login.access_token}


def also(arguments, **more):
    """A maker of arguments, with some more."""
    return lambda service: arguments(service) | more


@contextmanager
def client_of(door, service, **arguments):
    """A client of a service: the direct one, or the SDK's own with the service active."""
    if door == "direct":
        yield FakeDropbox(service=service, **arguments)
        return
    with service.activate(), dropbox.Dropbox(**arguments) as client:
        yield client


def described(error):
    """An exception but for what is chance: the request's id, and the dots of a summary."""
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
    """All that the SDK's logger says."""
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
    """What an act looks like through one door, on a service that is new and always the same.

    ``arrange`` prepares the service; ``arguments`` makes the client's arguments from it.
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
    """What was seen through the direct door and under the SDK."""
    return tuple(through(door, act, **options) for door in DOORS)


def same(act, **options):
    """What both doors show."""
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
