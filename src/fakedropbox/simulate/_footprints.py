"""Footprints of calls: the keys that a call reads and writes.

The order of two calls does not matter if their footprints do not conflict. All state of the
service is shared, and everything that is not known to be harmless counts as a conflict. Ids,
revisions and random draws are separate for each worker (`_lanes`), and the clock stands still
while any worker can make a call. What remains is the state at each path, the order of creations
and changes that a listing may show, and the journal that cursors read.

A key is a path after the id of its namespace, or the name of some other shared state, such as
a link (`_link_footprints`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import product
from typing import Any, NamedTuple

from fakedropbox._api.registry import IMPLEMENTED, Touches
from fakedropbox._files.nodes import File, Folder, Tombstone
from fakedropbox._files.places import Place, TeamSpaceView, View
from fakedropbox._files.tree import Tree, everything_below, tree_of
from fakedropbox._web import PAGES, token
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError
from fakedropbox.faults import Fault
from fakedropbox.personality import Personality
from fakedropbox.service import FakeDropboxService
from fakedropbox.simulate._lanes import Lanes, lane_of
from fakedropbox.simulate._link_footprints import link_at, link_keys, linked_url
from fakedropbox.simulate._watch import Made, paths_in

_ALL = "*"
"""The key that conflicts with every other key."""


def touches(name: str) -> Touches:
    """Return the kind of state that a route or page reads and writes; see `Route`."""
    if name in IMPLEMENTED:
        return IMPLEMENTED[name].touches
    return next((page.touches for page in PAGES.values() if page.name == name), "everything")


class Footprint(NamedTuple):
    """The keys that a call read and wrote; the shown numbers of its new nodes and revisions."""

    reads: frozenset[str]
    writes: frozenset[str]
    creates: tuple[int, ...] = ()


PlannedFault = tuple[Fault, int, int]
"""A planned fault, how often it is still to happen, and how many calls it skips."""

NOTHING = Footprint(frozenset(), frozenset())


def tells_apart_by_paths(personality: Personality) -> bool:
    """Return whether the state that a service shows at a path depends on this path alone.

    It does not if listings lag or are shuffled: they then depend on what happens at other paths.
    """
    return not personality.lag_entries and personality.list_order != "shuffled"


class Relation:
    """The known dependencies between calls.

    They grow while schedules are tried. ``grown`` means that they have grown, so schedules that
    were skipped may have to be tried after all. The order of two creations, or of the latest
    changes of two files, does not matter until a listing shows both, or one call copies or moves
    both. The order of all changes does not matter until a worker uses a cursor, or makes a call
    with unknown effects.
    """

    def __init__(self) -> None:
        self.grown = False
        self._every_change = False
        self._seen_together: set[tuple[int, int]] = set()

    def all_changes_depend(self) -> None:
        """Make each change depend on all other calls from now on."""
        self.grown |= not self._every_change
        self._every_change = True

    def shown_together(self, numbers: Iterable[int]) -> None:
        """Record that the order of nodes or revisions is visible, in a listing or in new ids."""
        laned = [(number, lane_of(number)) for number in numbers if lane_of(number) is not None]
        for (one, lane), (other, other_lane) in product(laned, laned):
            if lane != other_lane and (one, other) not in self._seen_together:
                self.grown = True
                self._seen_together.add((one, other))

    def depend(self, one: Footprint, other: Footprint) -> bool:
        """Return whether the order of two calls of different workers can matter."""
        if self._every_change and (one.writes or other.writes):
            return True
        if self._seen_together and not self._seen_together.isdisjoint(
            product(one.creates, other.creates)
        ):
            return True
        return (
            _conflict(one.writes, other.writes)
            or _conflict(one.writes, other.reads)
            or _conflict(one.reads, other.writes)
        )


def _conflict(some: Iterable[str], others: Iterable[str]) -> bool:
    return any(
        one == other
        or _ALL in (one, other)
        or one.startswith(f"{other}/")
        or other.startswith(f"{one}/")
        for one in some
        for other in others
    )


class Tracker:
    """A recorder of footprints: call `begin` before a call and `end` after it."""

    def __init__(self, service: FakeDropboxService, lanes: Lanes, relation: Relation) -> None:
        self._service = service
        self._lanes = lanes
        self._relation = relation
        self._order = service.gate.world.personality.list_order

    @property
    def _trees(self) -> list[Tree]:
        """The trees of all accounts and of all shared folders."""
        return list(self._service.gate.world.files.trees.values())

    def begin(self, call: Call) -> None:
        """Record the state before a call."""
        self._call = call
        self._link_keys = link_keys(call) if _touched(call) == "links" else None
        self._reads = {"tokens", *self._paths_read(call)}
        self._nodes = len(self._service.gate.world.files.nodes)
        self._lengths = {tree: len(tree.journal) for tree in self._trees}
        self._turns = self._service.faults.state()
        self._numbered = [*self._in_order(call)] if _renumbers(call) else []

    def end(self, made: Made) -> Footprint:
        """Return the footprint of the call that was made since `begin`."""
        call, relation = self._call, self._relation
        writes = self._turns_taken()
        if made.mutated:
            writes.update(self._changed(call))
            relation.shown_together(self._numbered)
        if _touched(call) == "everything":
            relation.all_changes_depend()
        elif call.name == "files/list_folder":
            self._look_at_listing(call, made.result)
        if made.error is not None and "insufficient" in str(made.error):
            relation.all_changes_depend()  # earlier writes to any path have used the space
        new = self._service.gate.world.files.nodes[self._nodes :]
        creates = [self._lanes.ids.shown(node.number) for node in new]
        for tree in self._trees:
            creates += map(self._lanes.revs.shown, tree.revs[self._lengths.get(tree, 0) :])
        return Footprint(frozenset(self._reads), frozenset(writes), tuple(creates))

    def _turns_taken(self) -> set[str]:
        """Return the keys of the planned faults that have happened, or have skipped a call.

        If the worker has changed the plan itself, any call may depend on that.
        """
        before, now = self._turns, self._service.faults.state()
        pairs = list(zip(before, now, strict=False))
        if len(before) != len(now) or any(_is_replaced(*pair) for pair in pairs):
            return {_ALL}
        return {f"fault {index}" for index, (one, other) in enumerate(pairs) if one != other}

    def _in_order(self, call: Call) -> Iterator[int]:
        """Yield the shown numbers (`_lanes`) of all nodes that a call copies or moves."""
        view = call.view
        assert view is not None, "these routes are for accounts"
        with suppress(RouteError):  # the path is malformed, or nothing is there
            for node in everything_below(view.node(call.arg.from_path)):
                yield self._lanes.ids.shown(node.number)

    def _paths_read(self, call: Call) -> Iterator[str]:
        if call.name == token.name:
            return
        if _touched(call) == "session":
            cursor = getattr(call.arg, "cursor", None)
            session = getattr(call.arg, "session_id", None) or getattr(cursor, "session_id", None)
            if session is not None:
                yield f"session {session}"
        elif _touched(call) == "everything":
            yield _ALL
            return
        elif self._link_keys is not None:
            reads = self._link_keys.reads
            yield from {_ALL} if reads is None else reads
        if linked_url(call.arg) is None:  # otherwise its path is relative to the linked folder
            yield from self._own_paths_read(call)

    def _own_paths_read(self, call: Call) -> Iterator[str]:
        """Yield the keys of the paths in an argument, which lead to files that the caller sees."""
        view = call.view
        assert view is not None, "these routes are for accounts"
        for _, path in paths_in(call.arg):
            try:
                place = view.place(path)
            except RouteError as error:
                if error.tags != "malformed_path":
                    yield _ALL  # nothing with this id is seen now; it may have been at any path
                continue
            above = place.parts
            if _renames(call.arg):
                above = above[:-1]
            yield "/".join([_key(place.tree, place.base), *[name.key for name in above]])
            yield from self._mounted(view, place)

    def _mounted(self, view: View, place: Place) -> Iterator[str]:
        """Yield the keys of the mount that a place is in, and of what is mounted at or below it."""
        mount = view.tree.mount_at(place.tree.root_path)
        while mount is not None:
            around = tree_of(mount)
            yield _key(around, mount)
            mount = None if around is view.tree else view.tree.mount_at(around.root_path)
        there = place.there
        if place.access is None and isinstance(there, Folder):
            for each in view.mounts_below(there):
                yield _key(each.target, each.target.root)

    def _changed(self, call: Call) -> Iterator[str]:
        if self._link_keys is not None:
            yield from self._link_keys.writes or {_ALL}
            return
        if call.view is None or _touched(call) == "everything":
            yield _ALL
            return
        entries = [
            (tree, entry)
            for tree in self._trees
            for entry in tree.journal[self._lengths.get(tree, 0) :]
        ]
        for tree, entry in entries:
            lower = entry.path_lower if isinstance(entry, Tombstone) else tree.paths(entry)[0]
            yield f"{tree.namespace_id}{lower}"
        if not entries or _touched(call) == "session":
            # A change that is not in the journal: of an upload session, or of a name's case.
            yield from self._reads - {"tokens"}

    def _look_at_listing(self, call: Call, result: Any) -> None:
        if call.arg.include_deleted or getattr(result, "has_more", False):
            self._relation.all_changes_depend()
        elif self._order != "name" and result is not None:
            view = call.view
            if linked_url(call.arg) is not None:
                link = link_at(call)
                assert link is not None, "it has just been listed"
                view = call.world.files.views[link.tree.namespace_id]
            assert view is not None
            numbers = []
            for entry in result.entries:
                node = view.by_id(entry.id[3:])
                assert node is not None, "it has just been listed"
                if self._order == "rev" and isinstance(node, File):
                    numbers.append(self._lanes.revs.shown(node.rev))
                else:
                    numbers.append(self._lanes.ids.shown(node.number))
            self._relation.shown_together(numbers)


def _is_replaced(before: PlannedFault, now: PlannedFault) -> bool:
    """Return whether a place in the plan has another fault, or the same one planned again."""
    return before[0] is not now[0] or now[1] > before[1] or now[2] > before[2]


def _touched(call: Call) -> Touches:
    """Return the kind of state that a call reads and writes.

    A listing through a shared link reads files at paths other than the one in its argument, and
    one of the whole team space the names of the folders of all members.
    """
    if isinstance(call.view, TeamSpaceView):
        return "everything"
    if getattr(call.arg, "shared_link", None) is not None:
        return "links"
    return touches(call.name)


def _renumbers(call: Call) -> bool:
    """Return whether a call gives new ids or revisions to a whole folder, in creation order."""
    return call.name in IMPLEMENTED and IMPLEMENTED[call.name].renumbers


def _renames(arg: Any) -> bool:
    """Return whether Dropbox may choose another name (``autorename``)."""
    return bool(getattr(getattr(arg, "commit", arg), "autorename", False))


def _key(tree: Tree, folder: Folder) -> str:
    return f"{tree.namespace_id}{tree.paths(folder)[0]}"
