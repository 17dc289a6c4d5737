"""States of a simulation: two runs that reach the same state have the same continuations.

So only one of the two has to continue. A state consists of all responses that each worker has
received, and of everything that the service can show in later responses, except cursors, links,
old revisions and what only a few routes show. A call that may show one of those sets ``unsure``,
which ends the merging of states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

from fakedropbox._files.nodes import File, Node
from fakedropbox._files.tree import Tree
from fakedropbox.calls import Call
from fakedropbox.simulate._engine import Engine, Worker
from fakedropbox.simulate._footprints import touches
from fakedropbox.simulate._watch import Made, label_of, paths_in


class States:
    """The states of an engine. ``unsure`` means that different states may have the same digest."""

    def __init__(self, engine: Engine) -> None:
        self.unsure = False
        self._engine = engine
        self._received: list[bytes] = []

    def begin(self, received: list[bytes] | None = None) -> None:
        """Begin a run, with the digests of the responses that each worker has received, if any."""
        self._received = [b""] * len(self._engine.workers) if received is None else [*received]

    def received(self) -> list[bytes]:
        """Return, for each worker, a digest of the responses that it has received, for `begin`."""
        return [*self._received]

    def step(self, worker: Worker, call: Call) -> None:
        """Record the response that a worker has received to its call."""
        made = worker.made
        past = any(path.startswith("rev:") for _, path in paths_in(call.arg))
        deleted = getattr(call.arg, "include_deleted", False)
        if (
            touches(call.name) in ("everything", "links")
            or past
            or deleted
            or getattr(made.result, "has_more", False)
        ):
            self.unsure = True  # `now` leaves out some of what such calls use, such as links
        received = (self._received[worker.number], label_of(call), worker.crashed, _answer(made))
        self._received[worker.number] = _digest(received)

    def now(self, faults_left: int) -> bytes:
        """Return a digest of the current state, with ``faults_left`` faults still allowed."""
        service, lanes = self._engine.service, self._engine.lanes
        files = service.gate.world.files
        ids, revs = lanes.ids.shown, lanes.revs.shown
        waiting = [worker.wakes for worker in self._engine.workers]
        trees = []
        for tree in files.trees.values():
            nodes = []
            # Parents first, siblings in the order of their creation
            known: Iterable[Node] = tree.subtree(tree.root)
            if tree.lists_across_folders:
                known = sorted(known, key=tree.root.live.order_key)  # a listing shows this order
            for node in known:
                entry: tuple[Any, ...] = (tree.paths(node)[1], ids(node.number))
                if isinstance(node, File):
                    times = (node.client_modified, node.server_modified)
                    entry = (*entry, revs(node.rev), node.blob.digest, *times)
                nodes.append(entry)
            trees.append((*nodes, *sorted(_tombstones(tree))))
        sessions = sorted((name, each.size, each.closed) for name, each in files.sessions.open())
        faults = service.faults.state()
        moment = (self._received, waiting, faults_left, service.clock.micros)
        return _digest((moment, trees, sessions, faults))


def _digest(value: object) -> bytes:
    return blake2b(repr(value).encode(), digest_size=16).digest()


def _answer(made: Made) -> object:
    """Return what a caller receives, without the text of a cursor."""
    if made.error is not None:
        return made.error
    return getattr(made.result, "entries", made.result)


def _tombstones(tree: Tree) -> Iterator[str]:
    for shelf in tree.tombstones.values():
        for tomb in shelf.by_key.values():
            yield tomb.path_lower
