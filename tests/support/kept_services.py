"""A service with a state file but without a server, and the comparison of its state."""

import sqlite3
from contextlib import suppress
from dataclasses import asdict
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from fakedropbox import FakeDropboxService
from fakedropbox._core.records import Records, stores_of
from fakedropbox._files.nodes import File
from fakedropbox._wire import HttpRequest, answer
from fakedropbox.calls import Wire
from fakedropbox.clock import SECOND, SkippingClock
from fakedropbox.errors import ConnectionBroken, NotImplementedInFake
from fakedropbox.server.keeping import Keeper
from fakedropbox.server.state import StateFile

SORTED = {"mount"}
"""The parts of the state whose order nobody sees, because they are sorted in every list."""

START = 1_800_000_000 * SECOND


class StillClock(SkippingClock):
    """A clock that advances only when it is moved ahead, or somebody sleeps on it."""

    @property
    def micros(self):
        return START + self.skipped


class ReadableFile(StateFile):
    """A state file whose contents can still be read after it was closed."""

    def __init__(self, path):
        self.read_before = {}
        super().__init__(path, {})

    def read_content(self, digest, start, stop):
        known = self.read_before.get(digest)
        return super().read_content(digest, start, stop) if known is None else known[start:stop]

    def close(self):
        read = super().read_content
        with suppress(sqlite3.Error, OSError):  # it may be damaged
            known = self.contents()
            self.read_before = {each: read(each, 0, size) for each, size in known.items()}
        super().close()


class KeptService:
    """A service and its state file, until `close`.

    ``beginning`` are arguments of the service: they have to be the same for each start.
    """

    def __init__(self, path, **beginning):
        self.service = FakeDropboxService(clock=StillClock(), **beginning)
        self.file = ReadableFile(path)
        try:
            self.keeper = Keeper(self.file, self.service)
        except ValueError:
            self.file.close()
            raise

    def close(self):
        """Close the file, and return the state; the service goes on without the file."""
        state = state_of(self.service)
        with self.service.gate.lock:
            self.keeper.save(at_the_end=True)
        self.service.gate.keep(lambda: None)
        self.file.close()
        return state

    def send(self, prepared):
        """Return the status and the body of the response to a request; None if there is none."""
        return sent(self.service, prepared)


def sent(service, prepared):
    """Return the status and the body of a service's response; None if the connection breaks."""
    url = urlsplit(prepared.url)
    body = prepared.body or b""
    request = HttpRequest(
        method=prepared.method,
        host=url.netloc,
        path=url.path,
        query=url.query,
        headers=Headers(dict(prepared.headers)),
        body=body.encode() if isinstance(body, str) else body,
        wire=Wire(),
    )
    try:
        reply = answer(service.gate, request)
    except ConnectionBroken:
        return None
    except NotImplementedInFake as missing:
        return 501, str(missing).encode()
    return reply.status, reply.body if isinstance(reply.body, bytes) else reply.body.read()


def state_of(service):
    """Return all that a state file is to keep of a service; what has expired is left out."""
    world = service.gate.world
    files = world.files
    for node in files.nodes:
        if isinstance(node, File):
            files.views[world.accounts.default.namespace_id].tree.past_of(node)
    records = Records(world)
    found = {"order": {}}
    for store in stores_of(world):
        for key in list(store.keys()):
            values = store.record(key)
            if values is not None and not has_expired(key, values, files, service.clock):
                found[key] = records.written(values)
                if key[0] not in SORTED:
                    found["order"].setdefault(key[0], []).append(key)
    found["contents"] = {blob.digest: blob.read() for blob in _referred_to(files)}
    found["used"] = {tree.namespace_id: tree.used for tree in files.trees.values()}
    found |= {
        ("path", tree.namespace_id, node.number): tree.paths(node)
        for tree in files.trees.values()
        for node in tree.subtree(tree.root)
    }
    found["chance"] = world.chance.life, world.chance.state()
    found["clock"] = service.clock.micros
    found["faults"] = [repr(each) for each in service.faults.state()]
    found["login"] = asdict(service.login)
    return found


def has_expired(key, values, files, clock):
    """Return whether a record is of a session or a job that nobody can ask for any more."""
    if key[0] == "piece":
        values = files.sessions.record(("session", key[1]))
    ends = {"session": 1, "piece": 1, "job": 4}.get(key[0])
    return ends is not None and values[ends] <= clock.micros


def _referred_to(files):
    for node in files.nodes:
        if isinstance(node, File):
            yield node.blob
            yield from (past.blob for past in node.past or ())


def differences(before, after):
    """Return the keys whose values differ, with both values."""
    keys = [*before, *(key for key in after if key not in before)]
    return {
        key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)
    }
