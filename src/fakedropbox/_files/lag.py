"""A namespace whose listings and ids lag behind, by a stated bound (F9-08).

Beside the tree stands a copy of it, which is told of the journal's entries late and in
their order. Listings read the copy: what they show is a state that there was. Like any
tree it notes the inverse of what it does, so that a restored snapshot lags as it did.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.blobs import Blob
from fakedropbox._files.nodes import File, Folder, Node, OrderKey, Tombstone
from fakedropbox._files.numbering import Numbering
from fakedropbox._files.paths import Name
from fakedropbox._files.places import View
from fakedropbox._files.tree import Tree
from fakedropbox.clock import SECOND, Clock
from fakedropbox.personality import Personality


class Lag(NamedTuple):
    """How far behind a copy may be, and where the rest comes from."""

    entries: int
    micros: int
    clock: Clock
    chance: Chance

    @property
    def tree(self) -> Callable[..., LaggingTree]:
        """What makes a tree that lags so."""
        return partial(LaggingTree, self)


def lag_of(personality: Personality, clock: Clock, chance: Chance) -> Lag | None:
    """How the listings of a personality lag, if they do."""
    if not personality.lag_entries:
        return None
    return Lag(personality.lag_entries, personality.lag_seconds * SECOND, clock, chance)


class _Told(NamedTuple):
    """A journal entry as it was when it was written: where a node was, and what it held."""

    at: int
    number: int
    tomb: Tombstone | None = None
    parent: int = 0
    name: Name = Name("", "")
    shown_parent: str = ""
    content: tuple[int, int, int, Blob] | None = None


class LaggingTree(Tree):
    """A tree, with the copy of it that listings see."""

    def __init__(
        self,
        lag: Lag,
        namespace_id: int,
        id_prefix: bytes,
        order_key: OrderKey,
        undo: UndoLog,
        numbering: Numbering,
    ) -> None:
        super().__init__(namespace_id, id_prefix, order_key, undo, numbering)
        self.copy = Tree(namespace_id, id_prefix, order_key, undo, numbering)
        self.copies: list[Node] = []  # by number, as the store's own list
        # What stands beside the nodes does not lag.
        self.copy.tags, self.copy.locks = self.tags, self.locks
        self.copy.properties = self.properties
        self.copy.paper_revisions = self.paper_revisions
        self._lag = lag
        self._told: list[_Told] = []  # one for each journal entry
        self._stood = False  # whether the copy stood still the last time

    def log(self, entry: Node | Tombstone, rev: int) -> None:
        """Append to the journal, and keep what the copy is to be told."""
        super().log(entry, rev)
        now = self._lag.clock.micros
        if isinstance(entry, Tombstone):
            self._told.append(_Told(now, entry.node.number, entry))
            return
        assert entry.parent is not None
        content = None
        if isinstance(entry, File):
            content = entry.rev, entry.client_modified, entry.server_modified, entry.blob
        where = entry.parent.number, Name(entry.name, entry.key), entry.shown_parent
        self._told.append(_Told(now, entry.number, None, *where, content))

    def _unlog(self, entry: Node | Tombstone, before: int) -> None:
        super()._unlog(entry, before)
        self._told.pop()

    def copy_of(self, node: Node) -> Node | None:
        """The copy of a node; None as long as the copy has not heard of it."""
        if node is self.root:
            return self.copy.root
        known = node.number < len(self.copies) and self.copies[node.number] is not _UNKNOWN
        return self.copies[node.number] if known else None

    def catch_up(self, at_least: int = 0) -> None:
        """Tell the copy of all beyond the bounds, and of one entry at least every other time."""
        seen, end = len(self.copy.journal), len(self._told)
        if seen == end:
            return
        least = max(seen + self._stood, end - self._lag.entries, min(at_least, end))
        old = self._lag.clock.micros - self._lag.micros
        while least < end and self._told[least].at <= old:
            least += 1
        until = self._whole(seen, least + self._lag.chance.below("lag", end - least + 1))
        self._undo.note(setattr, self, "_stood", self._stood)
        self._stood = until == seen
        self.copy.speaks_for_children = self.speaks_for_children
        for told in self._told[seen:until]:
            self._tell(told)

    def _whole(self, seen: int, until: int) -> int:
        """The end of the move that ``until`` is in the middle of, if it is (F9-06)."""
        while True:
            gone = {told.number for told in self._told[seen:until] if told.tomb is not None}
            rest = enumerate(self._told[until:], until + 1)
            back = [end for end, told in rest if told.tomb is None and told.number in gone]
            if not back:
                return until
            until = back[-1]

    def _tell(self, told: _Told) -> None:
        copy, node = self.copy, self._own(told)
        if told.tomb is not None:
            self._bury_copy(node, told.tomb)
            return
        if node.parent is not None:
            copy.take(node)
        if isinstance(node, File) and told.content is not None:
            copy.revive(node, *told.content)
        parent = copy.root if told.parent == self.root.number else self.copies[told.parent]
        assert isinstance(parent, Folder)
        copy.put(node, parent, told.name, told.shown_parent)
        copy.unbury(copy.paths(parent)[0], node.key)
        copy.log(node, told.number)

    def _own(self, told: _Told) -> Node:
        """The copy's node, made when it is first heard of."""
        number, nodes = told.number, self.copies
        if number >= len(nodes):
            nodes.extend([_UNKNOWN] * (number + 1 - len(nodes)))
        if nodes[number] is _UNKNOWN:
            made: Node = (
                Folder(number, self._order_key)
                if told.content is None
                else File(number, *told.content)
            )
            nodes[number] = made
            self._undo.note(nodes.__setitem__, number, _UNKNOWN)
        return nodes[number]

    def _bury_copy(self, node: Node, tomb: Tombstone) -> None:
        copy = self.copy
        # Where a folder's entry speaks for its children, they have none of their own.
        alone = not copy.speaks_for_children or node.parent is None
        dead = [] if alone else list(copy.subtree(node))[1:]
        below = [
            Tombstone(each, *copy.paths(each), tomb.number + index)
            for index, each in enumerate(dead, 1)
        ]
        own = Tombstone(node, tomb.path_lower, tomb.path_display, tomb.number)
        for buried in (own, *below):
            copy.unbury(buried.parent_lower, buried.key)
            copy.bury(buried)
        for each in reversed([node, *dead]):
            if each.parent is not None:
                copy.take(each)
        copy.log(own, tomb.number)


_UNKNOWN: Node = Folder(-1, lambda entry: entry.number)
"""Stands for a node that a copy has not heard of: it hangs nowhere."""


class LaggingView(View):
    """What a caller sees of a tree whose listings and ids lag."""

    __slots__ = ()
    tree: LaggingTree

    def settled(self, at_least: int = 0) -> View:
        """A listing sees the copy, caught up a little; the folder it sees as its root always."""
        self.tree.catch_up(max(at_least, self.base.sequence + 1))
        base = self.tree.copy_of(self.base)
        assert isinstance(base, Folder)
        return View(self.tree.copy, base, self.tree.copies)

    def knows(self, node: Node) -> bool:
        """Whether the copy has heard of a node, once it has caught up a little."""
        if self.tree.copy_of(node) is not None:
            return True
        self.tree.catch_up()
        return self.tree.copy_of(node) is not None

    def by_id(self, text: str) -> Node | None:
        """The living node of an id, if the copy has heard of it."""
        node = super().by_id(text)
        return node if node is None or self.knows(node) else None
