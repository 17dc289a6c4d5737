"""Ids, revisions and chance by worker, so that who comes first cannot be read from them.

A service counts its ids and revisions through. Two uploads at different paths would then
give different answers in either order, and no order could be left out. Here each worker's
are shown as if it had counted alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from fakedropbox._files.lag import LaggingTree
from fakedropbox._files.nodes import Node, Tombstone
from fakedropbox._files.store import FileStore
from fakedropbox._files.tree import Tree
from fakedropbox.calls import World
from fakedropbox.simulate._entropy import Entropy

_EACH = 1 << 40  # so many ids or revisions has a lane
_FIRST = 1 << 60  # above all that are counted through


class Names:
    """Numbers that are counted through, and what they are shown as."""

    def __init__(self) -> None:
        self._shown: dict[int, int] = {}
        self._meant: dict[int, int] = {}
        self._given: dict[int, int] = {}

    def clear(self) -> None:
        """Forget all numbers."""
        self._shown.clear()
        self._meant.clear()
        self._given.clear()

    def give(self, number: int, lane: int) -> None:
        """Let a new number be one of a lane's."""
        turn = self._given.get(lane, 0)
        self._given[lane] = turn + 1
        name = _FIRST + lane * _EACH + turn
        self._shown[number] = name
        self._meant[name] = number

    def shown(self, number: int) -> int:
        """What a number is shown as; itself if it belongs to no lane."""
        return self._shown.get(number, number)

    def meant(self, name: int) -> int:
        """The number that is shown as that."""
        return self._meant.get(name, name)


def lane_of(name: int) -> int | None:
    """The lane of a number as it is shown."""
    return None if name < _FIRST else (name - _FIRST) // _EACH


class _LanedStore(FileStore):
    lanes: Lanes

    def _number(self, node: Node) -> None:
        super()._number(node)
        if self.lanes.lane is not None:
            self.lanes.ids.give(node.number, self.lanes.lane)

    def _next_rev(self) -> int:
        rev = super()._next_rev()
        if self.lanes.lane is not None:
            self.lanes.revs.give(rev, self.lanes.lane)
        return rev


class _LanedTree(Tree):
    lanes: Lanes

    def id_text(self, node: Node | Tombstone) -> str:
        return self.numbered(self.lanes.ids.shown(node.number))

    def id_number(self, text: str) -> int | None:
        number = super().id_number(text)
        return None if number is None else self.lanes.ids.meant(number)

    def rev_text(self, rev: int) -> str:
        return super().rev_text(self.lanes.revs.shown(rev))

    def rev_number(self, text: str) -> int | None:
        start, end = self._rev_ends
        number = self.lanes.revs.meant(int(text[start:end] or "0", 16))
        return number if self.rev_text(number) == text else None


class Lanes:
    """What each worker of a world draws and counts by itself."""

    def __init__(self, world: World, entropy: Entropy) -> None:
        self.ids = Names()
        self.revs = Names()
        self.lane: int | None = None
        self._world = world
        self._chance = world.chance
        self._entropy = entropy

    def begin(self) -> None:
        """Begin a run: everything is counted and drawn as in the one before."""
        self.ids.clear()
        self.revs.clear()
        self._entropy.begin()
        self.enter(None)

    def enter(self, lane: int | None) -> None:
        """Count and draw for one worker from here on, or for nobody."""
        self.lane = lane
        self._chance.lane = self._entropy.lane = "" if lane is None else f"{lane}/"

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Stand between the stores and what is shown of them."""
        store = self._world.files
        trees = list(store.trees.values())
        trees.extend(tree.copy for tree in trees if isinstance(tree, LaggingTree))
        # Their state stays where it is: only what they show and count by is another.
        with ExitStack() as stack:
            stack.enter_context(self._as(store, _LanedStore))
            for tree in trees:
                stack.enter_context(self._as(tree, _LanedTree))
            stack.callback(self.enter, None)
            yield

    @contextmanager
    def _as(self, owner: Any, laned: type) -> Iterator[None]:
        """Let an object be of a class that counts by lanes, besides its own."""
        plain = type(owner)
        owner.__class__ = type(f"{laned.__name__}{plain.__name__}", (laned, plain), {})
        owner.lanes = self
        try:
            yield
        finally:
            owner.__class__ = plain
            del owner.lanes
