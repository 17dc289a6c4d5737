"""A namespace whose listings and ids lag behind, within `lag_entries` and `lag_seconds` (F9-08).

A copy of the tree receives the journal's entries late and in order. Listings read the copy, so
they always show a past state of the tree. Like any tree, the copy logs the inverse of each
mutation, so that a restored snapshot lags as before.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._base.kept import Key
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.blobs import Blob
from fakedropbox._files.nodes import File, Folder, Node, OrderKey, ShownPath, Tombstone
from fakedropbox._files.numbering import Numbering
from fakedropbox._files.paths import Name
from fakedropbox._files.places import View
from fakedropbox._files.tree import Mount, SideTables, Tree, tree_of, with_inner
from fakedropbox.clock import SECOND, Clock
from fakedropbox.personality import Personality


class Lag(NamedTuple):
    """The limits of the lag of listings: journal entries (``entries``), and time (``micros``).

    ``clock`` measures the time; ``chance`` draws the lag within the limits.
    """

    entries: int
    micros: int
    clock: Clock
    chance: Chance

    @property
    def tree(self) -> Callable[..., LaggingTree]:
        """The constructor of trees whose listings lag within these limits."""
        return partial(LaggingTree, self)


def lag_of(personality: Personality, clock: Clock, chance: Chance) -> Lag | None:
    """Return the limits that a personality sets; None if its listings do not lag."""
    if not personality.lag_entries:
        return None
    return Lag(personality.lag_entries, personality.lag_seconds * SECOND, clock, chance)


class _Change(NamedTuple):
    """The data of a journal entry when it was written: a node's place and content."""

    at: int
    number: int
    tomb: Tombstone | None = None
    parent: int = 0
    name: Name = Name("", "")
    shown_parent: ShownPath | None = None
    content: tuple[int, int, int, Blob] | None = None
    mounts: Tree | None = None


class _Respelling(NamedTuple):
    """A change of letter case, which has no journal entry: it follows the first ``after`` ones."""

    after: int
    number: int
    name: Name
    shown_parent: ShownPath


class _Copy(Tree):
    """The copy of a tree; no record contains it, as a service that is loaded does not lag."""

    @property
    def _own_key(self) -> Key | None:
        return None

    def _key(self, _node: Node) -> Key | None:
        return None

    def _log_key(self, _position: int) -> Key | None:
        return None


class LaggingTree(Tree):
    """A tree, together with the copy of it that listings see."""

    def __init__(
        self,
        lag: Lag,
        namespace_id: int,
        id_prefix: bytes,
        order_key: OrderKey,
        undo: UndoLog,
        numbering: Numbering,
        tables: SideTables,
        owner: str,
    ) -> None:
        common = namespace_id, id_prefix, order_key, undo, numbering, tables, owner
        super().__init__(*common)
        self.copy = _Copy(*common)
        # The tree and its copy share the objects of their paths, as there is one for each path.
        self.copy.root.path, self.copy.root.written = self.root_path, self.root.written
        self.copy.root_path = self.root_path
        self.copies: list[Node] = []  # by number, like `FileStore.nodes`
        self._lag = lag
        self._changes: list[_Change] = []  # one for each journal entry
        self._respellings: list[_Respelling] = []
        self._respelled = 0  # the number of those that have reached the copy
        self._stood_still = False  # True if the last `catch_up` applied none of those waiting

    def log(self, entry: Node | Tombstone, rev: int) -> None:
        """Append to the journal, and record the change for the copy."""
        super().log(entry, rev)
        now = self._lag.clock.micros
        if isinstance(entry, Tombstone):
            self._changes.append(_Change(now, entry.node.number, entry))
            return
        assert entry.parent is not None
        content = None
        if isinstance(entry, File):
            content = entry.rev, entry.client_modified, entry.server_modified, entry.blob
        where = entry.parent.number, Name(entry.name, entry.key), entry.shown_parent
        mounts = entry.target if isinstance(entry, Mount) else None
        self._changes.append(_Change(now, entry.number, None, *where, content, mounts))

    def let_pass(self, tomb: Tombstone) -> None:
        """Take a tombstone out of the deleted entries of the tree and, once there, of the copy."""
        self.catch_up(bisect_left(self.revs, tomb.number) + 1)
        own = self.copy.tombstone(tomb.parent_path, tomb.key)
        super().let_pass(tomb)
        if own is not None:
            self.copy.let_pass(own)

    def change_case(self, node: Node, name: Name, shown_parent: ShownPath) -> None:
        """Change the letter case of a node's path, and record the change for the copy."""
        super().change_case(node, name, shown_parent)
        self._respellings.append(_Respelling(len(self._changes), node.number, name, shown_parent))
        self._undo.note(self._respellings.pop)

    def _unlog(self, entry: Node | Tombstone, before: int) -> None:
        super()._unlog(entry, before)
        self._changes.pop()

    def settle_loaded(self) -> None:
        """Make the copy the same as the tree, which was loaded: nothing lags any more."""
        copies = self.copies
        for node in list(self.subtree(self.root))[1:]:
            copies.extend([_UNKNOWN] * (node.number + 1 - len(copies)))
            made: Node
            if isinstance(node, Mount):
                made = Mount(node.target, self._order_key)
            elif isinstance(node, File):
                content = node.rev, node.client_modified, node.server_modified, node.blob
                made = File(node.number, *content)
            else:
                made = Folder(node.number, self._order_key)
            copies[node.number] = made
            assert node.parent is not None
            is_at_the_top = node.parent is self.root
            parent = self.copy.root if is_at_the_top else copies[node.parent.number]
            assert isinstance(parent, Folder)
            self.copy.put(made, parent, Name(node.name, node.key), node.shown_parent)
            made.sequence = node.sequence
        for entry, rev in zip(self.journal, self.revs, strict=True):
            if isinstance(entry, Tombstone):
                node = self.copy_of(entry.node) or entry.node
                own = Tombstone(node, entry.shown_parent, entry.number)
                own.name, own.key, own.passing = entry.name, entry.key, entry.passing
                if self.tombstone(entry.parent_path, entry.key) is entry:
                    self.copy.add_tombstone(own)
                self.copy.journal.append(own)
            else:
                self.copy.journal.append(self.copy_of(entry) or entry)
            self.copy.revs.append(rev)
            self._changes.append(_SETTLED)

    def copy_of(self, node: Node) -> Node | None:
        """Return the copy of a node; None as long as its creation has not reached the copy."""
        if node is self.root:
            return self.copy.root
        number = node.number  # negative for the past entries of a journal that was loaded
        known = 0 <= number < len(self.copies) and self.copies[number] is not _UNKNOWN
        return self.copies[node.number] if known else None

    def catch_up(self, at_least: int = 0) -> None:
        """Apply to the copy all changes that exceed the limits, and some later ones at random.

        Of two successive calls, at least one applies a change. Afterwards the copy's journal has
        at least ``at_least`` entries, if there are that many.
        """
        seen, end = len(self.copy.journal), len(self._changes)
        self._respell()
        if seen == end:
            return
        least = max(seen + self._stood_still, end - self._lag.entries, min(at_least, end))
        old = self._lag.clock.micros - self._lag.micros
        while least < end and self._changes[least].at <= old:
            least += 1
        until = self._whole(seen, least + self._lag.chance.below("lag", end - least + 1))
        self._undo.note(setattr, self, "_stood_still", self._stood_still)
        self._stood_still = until == seen
        self.copy.tombstones_cover_descendants = self.tombstones_cover_descendants
        for change in self._changes[seen:until]:
            self._apply(change)
            self._respell()

    def _respell(self) -> None:
        """Apply to the copy the changes of letter case that follow its latest entry."""
        position = len(self.copy.journal)
        for each in self._respellings[self._respelled :]:
            if each.after > position:
                break
            self.copy.change_case(self.copies[each.number], each.name, each.shown_parent)
            self._undo.note(setattr, self, "_respelled", self._respelled)
            self._respelled += 1

    def _whole(self, seen: int, until: int) -> int:
        """Return ``until``, or the end of a move that would be split there (F9-06)."""
        while True:
            gone = {
                change.number for change in self._changes[seen:until] if change.tomb is not None
            }
            rest = enumerate(self._changes[until:], until + 1)
            back = [end for end, change in rest if change.tomb is None and change.number in gone]
            if not back:
                return until
            until = back[-1]

    def _apply(self, change: _Change) -> None:
        copy, node = self.copy, self._node_for(change)
        if change.tomb is not None:
            self._delete_copy(node, change.tomb)
            return
        if node.parent is not None:
            copy.take(node)
        if isinstance(node, File) and change.content is not None:
            copy.revive(node, *change.content)
        parent = copy.root if change.parent == self.root.number else self.copies[change.parent]
        assert isinstance(parent, Folder)
        assert change.shown_parent is not None
        copy.put(node, parent, change.name, change.shown_parent)
        copy.remove_tombstone(parent.path, node.key)
        copy.log(node, change.number)

    def _node_for(self, change: _Change) -> Node:
        """Return the copy's node that a change concerns; it is created at its first change."""
        number, nodes = change.number, self.copies
        if number >= len(nodes):
            nodes.extend([_UNKNOWN] * (number + 1 - len(nodes)))
        known = nodes[number]
        if known is _UNKNOWN or (change.tomb is None and _mounted(known) is not change.mounts):
            made: Node
            if change.mounts is not None:
                made = Mount(change.mounts, self._order_key)
            elif change.content is None:
                made = Folder(number, self._order_key)
            else:
                made = File(number, *change.content)
            nodes[number] = made
            self._undo.note(nodes.__setitem__, number, known)
        return nodes[number]

    def _delete_copy(self, node: Node, tomb: Tombstone) -> None:
        copy = self.copy
        # With `tombstones_cover_descendants` a folder's tombstone deletes its descendants as well:
        # their own entries follow in the journal, and may reach the copy later.
        alone = not copy.tombstones_cover_descendants or node.parent is None
        below = [] if alone else list(copy.subtree(node))[1:]
        own = Tombstone(node, tomb.shown_parent, tomb.number)
        own.passing = tomb.passing
        numbers = count(tomb.number + 1)
        children = map(Tombstone, below, copy.shown_parents(below), numbers)
        for new in (own, *children) if not tomb.passing else ():
            copy.remove_tombstone(new.parent_path, new.key)
            copy.add_tombstone(new)
        for each in reversed([node, *below]):
            if each.parent is not None:
                copy.take(each)
        copy.log(own, tomb.number)


def _mounted(node: Node) -> Tree | None:
    return node.target if isinstance(node, Mount) else None


_SETTLED = _Change(0, -1)
"""The placeholder for a change that has reached the copy before the tree was loaded."""

_UNKNOWN: Node = Folder(-1, lambda entry: entry.number)
"""The placeholder for a node that the copy does not have yet: it is in no folder."""


class LaggingView(View):
    """A caller's view of a tree whose listings and ids lag."""

    __slots__ = ()
    tree: LaggingTree

    def settled(self, at_least: int = 0) -> View:
        """Return a view of the copy, for a listing, after a call of `catch_up`.

        The copy always contains the folder that the caller sees as its root.
        """
        self.tree.catch_up(max(at_least, self.base.sequence + 1, self.tree.home.sequence + 1))
        for mount in with_inner(self.tree.copy.mounts.values()):
            _lagging(mount).catch_up()
        base = self.tree.copy_of(self.base)
        assert isinstance(base, Folder)
        base.number = self.base.number  # cursors contain it, and a root's copy has no number yet
        if self.tree.space is not None:
            home = self.tree.copy_of(self.tree.space.home)
            assert isinstance(home, Folder)
            self.tree.copy.space = self.tree.space._replace(home=home)
        seen = self.folders, self.access, self.shows_paths
        return SettledView(self.tree.copy, base, self.tree.copies, *seen)

    def settle(self) -> None:
        """Make all changes so far visible, also those in mounted folders."""
        self.tree.catch_up(len(self.tree.journal))
        for mount in with_inner(self.tree.mounts.values()):
            _lagging(mount).catch_up(len(mount.target.journal))

    def knows(self, node: Node) -> bool:
        """Return whether the copy has a node; if not, call `catch_up` once and look again."""
        tree = tree_of(node)
        assert isinstance(tree, LaggingTree)
        if tree.copy_of(node) is not None:
            return True
        tree.catch_up()
        return tree.copy_of(node) is not None

    def by_id(self, text: str) -> Node | None:
        """Return the node with this id if it exists and the copy has it."""
        node = super().by_id(text)
        return node if node is None or self.knows(node) else None


class SettledView(View):
    """A view of the copy of a lagging tree, and of the copies of the trees mounted in it."""

    __slots__ = ()

    def inside(self, mount: Mount) -> View:
        """Return a view of the copy of a mounted folder, which may lag behind it."""
        tree, seen = _lagging(mount), super().inside(mount)
        tree.copy.root.number = tree.root.number
        return seen._replace(tree=tree.copy, base=tree.copy.root, nodes=tree.copies)

    def numbered(self, number: int) -> Node | None:
        """Return the copy of the existing node with a number, or None if it is not in the view."""
        for view in (self, *map(self.inside, self.mounts_below(self.base))):
            is_known = number < len(view.nodes) and view.nodes[number] is not _UNKNOWN
            node = view.nodes[number] if is_known else None
            if node is not None and node.parent is not None:
                return node if self.sees(node) else None
        return self.base if number == self.base.number else None


def _lagging(mount: Mount) -> LaggingTree:
    assert isinstance(mount.target, LaggingTree), "all trees of a store lag, or none"
    return mount.target
