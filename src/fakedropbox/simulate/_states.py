"""States: two runs that have come to the same one go on alike, so one of them is enough.

A state is what each worker has been told so far, and all that a service can still tell.
Nothing is taken for harmless here but what can be seen only by calls that end the merging.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from fakedropbox._files.nodes import File
from fakedropbox._files.tree import Tree
from fakedropbox.calls import Call
from fakedropbox.simulate._engine import Engine, Worker
from fakedropbox.simulate._footprints import touches
from fakedropbox.simulate._watch import Made, label_of, paths_in


class States:
    """Tells the states of an engine apart. ``unsure`` says that it may not be able to."""

    def __init__(self, engine: Engine) -> None:
        self.unsure = False
        self._engine = engine
        self._told: list[bytes] = []

    def begin(self) -> None:
        """Begin a run: nobody has been told anything."""
        self._told = [b""] * len(self._engine.workers)

    def step(self, worker: Worker, call: Call) -> None:
        """Note what a worker has been told by its call."""
        made = worker.made
        past = any(path.startswith("rev:") for _, path in paths_in(call.arg))
        deleted = getattr(call.arg, "include_deleted", False)
        if (
            touches(call.name) == "everything"
            or past
            or deleted
            or getattr(made.result, "has_more", False)
        ):
            self.unsure = True  # a cursor, or the past, which `now` does not tell of
        told = (self._told[worker.number], label_of(call), worker.crashed, _answer(made))
        self._told[worker.number] = _digest(told)

    def now(self, mishaps: int) -> bytes:
        """The present state, with as many mishaps left to come."""
        service, lanes = self._engine.service, self._engine.lanes
        files = service.gate.world.files
        ids, revs = lanes.ids.shown, lanes.revs.shown
        waiting = [worker.wakes for worker in self._engine.workers]
        trees = []
        for tree in files.trees.values():
            nodes = []
            for node in tree.subtree(tree.root):  # each folder in the order of creation
                entry: tuple[Any, ...] = (tree.paths(node)[1], ids(node.number))
                if isinstance(node, File):
                    times = (node.client_modified, node.server_modified)
                    entry = (*entry, revs(node.rev), node.blob.digest, *times)
                nodes.append(entry)
            trees.append((*nodes, *sorted(_tombstones(tree))))
        sessions = sorted((name, each.size, each.closed) for name, each in files.sessions.open())
        faults = service.faults.left()
        moment = (self._told, waiting, mishaps, service.clock.micros)
        return _digest((moment, trees, sessions, faults))


def _digest(value: object) -> bytes:
    return blake2b(repr(value).encode(), digest_size=16).digest()


def _answer(made: Made) -> object:
    """What a caller is told, without the text of a cursor."""
    if made.error is not None:
        return made.error
    return getattr(made.result, "entries", made.result)


def _tombstones(tree: Tree) -> Iterator[str]:
    for shelf in tree.tombstones.values():
        for tomb in shelf.by_key.values():
            yield tomb.path_lower
