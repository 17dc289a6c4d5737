"""The file store: all trees, and the operations that change them.

Each operation checks everything before it changes anything, so that a refused operation
changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Literal, NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._base.undo import Mark, UndoLog
from fakedropbox._facts.limits import ACCOUNT_BYTES, MOVE_ITEMS
from fakedropbox._files.blobs import Blob, Blobs, Content
from fakedropbox._files.file_requests import FileRequests
from fakedropbox._files.jobs import Jobs
from fakedropbox._files.lag import LaggingView, lag_of
from fakedropbox._files.links import TemporaryLinks
from fakedropbox._files.nodes import (
    Fields,
    File,
    Folder,
    Node,
    Revision,
    ShownPath,
    Tombstone,
    listing_order,
    size_of,
)
from fakedropbox._files.numbering import Numbering
from fakedropbox._files.paths import (
    Name,
    Parts,
    fold,
    has_astral,
    is_disallowed,
    is_temporary,
    renamed,
)
from fakedropbox._files.places import Place, View
from fakedropbox._files.properties import Templates
from fakedropbox._files.references import CopyReferences
from fakedropbox._files.search import Search
from fakedropbox._files.sessions import UploadSessions
from fakedropbox._files.shared_files import SharedFiles
from fakedropbox._files.shared_folders import Policy, SharedFolders
from fakedropbox._files.shared_links import SharedLinks
from fakedropbox._files.team_folders import TeamFolder, TeamFolders
from fakedropbox._files.tree import Mount, Reach, SideTables, TeamSpace, Tree, exists, tree_of
from fakedropbox.clock import SECOND, Clock
from fakedropbox.errors import NotImplementedInFake, RouteError
from fakedropbox.personality import Personality

# Of 42 recorded files, 9 had a `client_modified` one second before `server_modified` (F4-10).
_EARLY, _RECORDED = 9, 42


class Commit(NamedTuple):
    """The options for writing a file (F4-02 to -06), from Dropbox's `CommitInfo`."""

    mode: Literal["add", "overwrite", "update"] = "add"
    rev: int | None = None
    autorename: bool = False
    strict_conflict: bool = False
    client_modified: int | None = None
    property_groups: Sequence[tuple[str, Fields]] = ()


class FileStore:
    """All namespaces of the service, with their nodes, contents, upload sessions and the like."""

    def __init__(self, clock: Clock, personality: Personality, chance: Chance) -> None:
        self.undo = UndoLog()
        self.numbering = Numbering()
        self.tables = SideTables(self.undo)
        self.blobs = Blobs(self.undo)
        self.trees: dict[int, Tree] = {}
        self.homes: dict[str, Tree] = {}  # each account's own files, by account id
        self.views: dict[int, View] = {}  # the view of each whole tree, by namespace id
        self.nodes: list[Node] = []
        self.sessions = UploadSessions(clock, self.undo)
        self.references = CopyReferences(clock, self.undo, self.has)
        self.links = TemporaryLinks(clock, self.undo)
        self.shared_links = SharedLinks(clock, self.undo, self.has)
        self.file_requests = FileRequests(self.undo)
        self.shared_folders = SharedFolders(self.undo)
        self.shared_files = SharedFiles(self.undo)
        self.team_folders = TeamFolders(self.undo)
        self.shared_folders.is_closed = self.team_folders.is_closed
        self.search = Search()
        self.templates = Templates(self.undo)
        self.jobs = Jobs(clock, self.undo)
        self.forks: list[dict[int, int]] = []
        """The lengths of all journals at the beginning of each branch of history but the first."""
        self._personality = personality
        self._chance = chance
        self._order = listing_order(personality.list_order, chance.seed)
        self._lag = lag_of(personality, clock, chance)
        self._clock = clock
        self._last_rev = 0
        self._last_second = 0

    def create_tree(
        self,
        namespace_id: int,
        id_prefix: bytes,
        owner: str,
        capacity: int = ACCOUNT_BYTES,
        *,
        space: tuple[int, str] | None = None,
    ) -> Tree:
        """Create the empty namespace of an account, with a capacity of `capacity` bytes.

        In a team space, ``space`` is the namespace of that and the name of the account's folder.
        """
        tree = self.new_tree(namespace_id, id_prefix, owner)
        tree.capacity = capacity
        self._number(tree.root)
        if space is not None:
            team_space, name = space
            top = tree.root.shown(tree.epoch)
            home = self.add_folder(tree, tree.root, Name(name, fold(name)), top)
            tree.space = TeamSpace(home, team_space)
        self.register(tree)
        self.homes[owner] = tree
        self.undo.change(("tree", namespace_id), self.homes.pop, owner)
        return tree

    def has(self, node: Node, past: Revision | None = None) -> bool:
        """Return whether an item, or a past revision of a file, exists where it can be reached.

        Nobody reaches what is in an archived team folder, or in one that was deleted (P8-13).
        """
        if past is None:
            return exists(node) and not self.shared_folders.is_tree_shut(tree_of(node))
        tree = self.trees[past.namespace_id]
        return tree.at_rev(past.rev) is not None and not self.shared_folders.is_tree_shut(tree)

    def create_team_folder(
        self, team_id: str, name: str, sync: str, id_prefix: bytes, url: str
    ) -> TeamFolder:
        """Create an empty team folder; the caller has checked the name."""
        tree = self.new_tree(self.shared_folders.next_id(), id_prefix, team_id)
        tree.is_of_team = True
        tree.root.name, tree.root.key = name, fold(name)
        self._number(tree.root)
        self.register(tree)
        now = self._clock.seconds
        shared = self.shared_folders.add(tree, Policy(), url, now, is_team_folder=True)
        folder = TeamFolder(shared, team_id, name, sync=sync)
        self.team_folders.add(folder)
        return folder

    def separate(self, folder: Folder, source: Tree, namespace_id: int) -> Tree:
        """Make a folder that was taken out of a tree the root of a new tree, and return that."""
        tree = self.new_tree(namespace_id, source.id_prefix, source.owner)
        tree.plant(folder)
        self.register(tree)
        return tree

    def new_mount(self, tree: Tree) -> Mount:
        """Return a mount of a namespace, which is in no folder yet."""
        return Mount(tree, self._order)

    def new_folder(self, number: int) -> Folder:
        """Return a folder with a number, which is in no folder yet."""
        return Folder(number, self._order)

    def new_tree(self, namespace_id: int, id_prefix: bytes, owner: str) -> Tree:
        """Return the tree of a namespace, which is not registered yet."""
        made = Tree if self._lag is None else self._lag.tree
        common = self._order, self.undo, self.numbering, self.tables
        tree = made(namespace_id, id_prefix, *common, owner)
        tree.tombstones_cover_descendants = not self._personality.deleted_children
        return tree

    def register(self, tree: Tree) -> None:
        """Add a new tree to the namespaces of the service."""
        seen = View if self._lag is None else LaggingView
        self.trees[tree.namespace_id] = tree
        self.views[tree.namespace_id] = seen(tree, tree.home, self.nodes, self.shared_folders)
        self.undo.note(self.views.pop, tree.namespace_id)
        self.undo.change(("tree", tree.namespace_id), self.trees.pop, tree.namespace_id)

    def settle(self) -> None:
        """Make all changes so far visible, whatever the lag."""
        for view in self.views.values():
            view.settle()

    @property
    def branch(self) -> int:
        """The number of restored snapshots: it identifies the current branch of history."""
        return len(self.forks)

    def restore(self, mark: Mark) -> None:
        """Go back to `mark` and begin a new branch of history.

        Raises:
            SnapshotInvalid: `mark` is younger than a state that has been restored since.
        """
        self.undo.back_to(mark)
        self.undo.touch(("branch", len(self.forks)))
        self.forks.append({number: len(tree.journal) for number, tree in self.trees.items()})

    @contextmanager
    def undone_if_refused(self) -> Iterator[None]:
        """Undo all changes made in the context if it ends with an error."""
        mark = self.undo.mark()
        try:
            yield
        except BaseException:
            self.undo.back_to(mark)
            raise

    def remembers(self, tree: Tree, branch: int, position: int) -> bool:
        """Return whether the journal up to `position` is the same now as it was in `branch`."""
        return position <= len(tree.journal) and all(
            # A restore may have removed the namespace, and another one got its id.
            position <= fork.get(tree.namespace_id, -1)
            for fork in self.forks[branch:]
        )

    def remembers_all(self, branch: int, journals: Iterable[tuple[int, int]]) -> bool:
        """Return whether journals are still as they were, given as pairs of namespace and length.

        It is False if a restored snapshot has undone a change in one of them.
        """
        return all(
            namespace in self.trees and self.remembers(self.trees[namespace], branch, length)
            for namespace, length in journals
        )

    def _number(self, node: Node) -> None:
        node.number = len(self.nodes)
        self.nodes.append(node)
        if self.undo.recording:
            self.undo.change(("node", node.number), self.nodes.pop)
        if self.numbering.ids is not None:
            self.numbering.ids.given(node.number)

    def _next_rev(self, now: int) -> int:
        """Return a new revision number: the time in microseconds, but increasing (F2.1-02)."""
        last = self._last_rev
        if self.undo.recording:
            self.undo.change(("last rev",), setattr, self, "_last_rev", last)
        self._last_rev = rev = now if now > last else last + 1
        if self.numbering.revs is not None:
            self.numbering.revs.given(rev)
        return rev

    def _next_revs(self, number: int) -> range:
        """Return new revision numbers: each one but the first follows the one before."""
        first = self._next_rev(self._clock.micros) if number else 0
        revs = range(first, first + number)
        for rev in revs[1:]:
            if self.numbering.revs is not None:
                self.numbering.revs.given(rev)
            self._last_rev = rev
        return revs

    @property
    def last_rev(self) -> int:
        """The number of the latest revision; 0 if there is none."""
        return self._last_rev

    @last_rev.setter
    def last_rev(self, rev: int) -> None:
        self._last_rev = rev

    def _times(self, micros: int, client_modified: int | None) -> tuple[int, int]:
        """Return `server_modified` and `client_modified` of a file that is written now (F4-10)."""
        now = micros // SECOND
        if now == self._last_second:
            now = self._last_second  # one `int` object for all files of a second saves memory
        self._last_second = now
        if client_modified is not None:
            return now, client_modified
        if self._personality.early_client_modified:
            return now, now - (self._chance.below("client_modified", _RECORDED) < _EARLY)
        return now, now

    # Writing

    def write(self, place: Place, digest: bytes, data: Content, commit: Commit) -> File:
        """Commit data, whose content hash is ``digest``, at a path (F4-01 to -07).

        Raises:
            RouteError: with the tags of a `WriteError`.
        """
        reach = place.reach_to_write()
        self.check_names(reach.missing, of_file=True)
        target = reach.found
        if isinstance(target, Folder):
            raise RouteError("conflict/folder", fact="F4-02")
        if reach.missing and target is not None:
            raise RouteError("conflict/file_ancestor", fact="F4-07")
        name = place.parts[-1]
        if isinstance(target, File):
            if target.blob.digest == digest and not commit.strict_conflict:
                return target  # F4-02: identical content writes nothing
            if commit.mode == "overwrite" or commit.rev == target.rev:
                return self._overwrite(place, target, digest, data, commit)
        elif commit.mode != "update" or not commit.strict_conflict:
            return self._create(place, reach, name, digest, data, commit)
        if not commit.autorename:
            raise RouteError("conflict/file", fact="F4-05" if commit.mode == "update" else "F4-03")
        name = self.free_name(name, reach, is_folder=False, is_copy=commit.mode == "update")
        return self._create(place, reach, name, digest, data, commit)

    def _overwrite(
        self, place: Place, file: File, digest: bytes, data: Content, commit: Commit
    ) -> File:
        if file.blob.digest == digest:
            return file  # `strict_conflict` matters only if there is a conflict; here is none
        tree, name = place.tree, place.parts[-1]
        self._check_room(place, len(data) - file.blob.size)
        blob = self.blobs.keep(digest, data)
        micros = self._clock.micros
        now, modified = self._times(micros, commit.client_modified)
        tree.rewrite(file, tree.paths(file), self._next_rev(micros), modified, now, blob)
        if name.shown != file.name:
            tree.respell(file, name.shown)
        tree.log(file, file.rev)
        self._sign(place, file)
        return file

    def _create(
        self, place: Place, reach: Reach, name: Name, digest: bytes, data: Content, commit: Commit
    ) -> File:
        self._check_room(place, len(data))
        blob = self.blobs.keep(digest, data)
        folder, shown = self.make_parents(place, reach)
        return self.add_file(place, folder, name, shown, blob, commit.client_modified)

    def add_file(
        self,
        place: Place,
        folder: Folder,
        name: Name,
        shown_parent: ShownPath,
        blob: Blob,
        client_modified: int | None,
    ) -> File:
        """Create a file where nothing exists: at a place, or below it, in a given folder.

        The caller has checked everything.
        """
        micros = self._clock.micros
        now, modified = self._times(micros, client_modified)
        file = File(0, self._next_rev(micros), modified, now, blob)
        self._number(file)
        self._place(place.tree, file, folder, name, shown_parent)
        place.tree.log(file, file.rev)
        self._sign(place, file)
        return file

    def _sign(self, place: Place, file: File) -> None:
        """Record who wrote a file of a shared folder (S13-04); of any other file, forget that."""
        if place.access is not None:
            self.tables.writers.set(file, place.home.owner)
        elif self.tables.writers.get(file) is not None:
            self.tables.writers.set(file, None)

    def revive(self, place: Place, file: File, blob: Blob, client_modified: int) -> File:
        """Restore a deleted file at a path where nothing exists (F8-10).

        Raises:
            RouteError: with the tags of a `WriteError`.
        """
        reach = self.free_spot(place, for_file=True)
        self._check_room(place, blob.size)
        folder, shown = self.make_parents(place, reach)
        now = self._clock.micros
        rev = self._next_rev(now)
        place.tree.revive(file, rev, client_modified, now // SECOND, blob)
        self._place(place.tree, file, folder, place.parts[-1], shown)
        place.tree.log(file, rev)
        self._sign(place, file)
        return file

    def free_spot(self, place: Place, *, for_file: bool) -> Reach:
        """Return the reach of a path, after checking that nothing exists at it.

        Raises:
            RouteError: with the tags of a `WriteError`.
        """
        reach = place.reach_to_write()
        self.check_names(reach.missing, of_file=for_file)
        if reach.missing and reach.found is not None:
            raise RouteError("conflict/file_ancestor")
        if not reach.missing:
            raise RouteError(conflict(reach.found))
        return reach

    def _place(
        self, tree: Tree, node: Node, folder: Folder, name: Name, shown_parent: ShownPath
    ) -> None:
        tree.put(node, folder, name, shown_parent)
        tree.remove_tombstone(folder.path, name.key)

    def set_capacity(self, tree: Tree, capacity: int) -> None:
        """Set the capacity of a namespace, in bytes; content beyond the capacity is kept."""
        key = ("tree", tree.namespace_id)
        self.undo.change(key, setattr, tree, "capacity", tree.capacity)
        tree.capacity = capacity

    def has_room(self, home: Tree, more: int) -> bool:
        """Return whether an account has room for ``more`` bytes."""
        return more <= 0 or home.total_used + more <= home.capacity

    def _check_room(self, place: Place, more: int) -> None:
        if not self.has_room(place.home, more):
            raise RouteError("insufficient_space", fact="F4-12")

    def check_names(self, names: Parts, *, of_file: bool) -> None:
        """Check that names may be created for folders; with ``of_file``, the last is for a file.

        Raises:
            RouteError: ``disallowed_name`` or ``malformed_path``.
        """
        if is_disallowed(names):
            raise RouteError("disallowed_name", fact="F3.2-14")
        if of_file and names and is_temporary(names[-1]):
            raise RouteError("disallowed_name", fact="F3.2-15")
        if not self._personality.astral_names and has_astral(names):
            raise RouteError("malformed_path", fact="F3.2-13")

    def make_parents(self, place: Place, reach: Reach) -> tuple[Folder, ShownPath]:
        """Return the folder that contains `place`, and its path as it was written.

        Missing folders down to it are created (F4-01).
        """
        paths = place.shown_parents()
        if not reach.missing:
            return _parent(reach.found), paths[-1]
        folder, first = reach.folder, len(place.parts) - len(reach.missing)
        for index in range(first, len(paths) - 1):
            folder = self.add_folder(place.tree, folder, place.parts[index], paths[index])
            folder.written = paths[index + 1]
        return folder, paths[-1]

    def add_folder(self, tree: Tree, parent: Folder, name: Name, shown_parent: ShownPath) -> Folder:
        """Create a folder where nothing exists; the caller has checked everything."""
        folder = Folder(0, self._order)
        self._number(folder)
        self._place(tree, folder, parent, name, shown_parent)
        tree.log(folder, self._next_rev(self._clock.micros))
        return folder

    def free_name(self, name: Name, reach: Reach, *, is_folder: bool, is_copy: bool) -> Name:
        """Return the first name that autorename finds free in the folder of a path."""
        folder = reach.folder if reach.found is None else _parent(reach.found)
        spot = (name.key, is_folder, is_copy)
        for number in count(folder.taken.get(spot, 0 if is_copy else 1)):
            free = renamed(name.shown, number, is_folder=is_folder, is_copy=is_copy)
            if free.key not in folder.live.by_key:
                folder.taken[spot] = number
                break
        return free

    def make_folder(self, place: Place, *, autorename: bool) -> Folder:
        """Create a folder (F8-01).

        Raises:
            RouteError: with the tags of a `WriteError`.
        """
        reach, name = place.reach_to_write(), place.parts[-1]
        self.check_names(reach.missing, of_file=False)
        if reach.missing and reach.found is not None:
            raise RouteError("conflict/file_ancestor", fact="F4-07")
        if not reach.missing:
            if not autorename:
                raise RouteError(conflict(reach.found), fact="F8-01")
            name = self.free_name(name, reach, is_folder=True, is_copy=False)
        folder, shown = self.make_parents(place, reach)
        return self.add_folder(place.tree, folder, name, shown)

    # Deleting and moving

    def delete(self, node: Node) -> None:
        """Delete a node with everything in it, and add tombstones (F8-03, F6.2-08).

        Folders that are mounted in it are only unmounted (S12-10).
        """
        tree = tree_of(node)
        top, *_ = tombs = self._add_tombstones(tree, list(tree.subtree(node)))
        for tomb in tombs:
            if tomb is not top and not self._personality.deleted_children:
                tomb.under = top
            tree.log(tomb, tomb.number)
            if isinstance(tomb.node, File):
                tree.retire(tomb.node, tree.paths(tomb.node))
        for each in reversed(list(tree.subtree(node))):
            tree.take(each)

    def _add_tombstones(
        self, tree: Tree, nodes: list[Node], *, passing: bool = False
    ) -> list[Tombstone]:
        """Make tombstones at the present paths of nodes; add those that are not passing."""
        revs = self._next_revs(len(nodes))
        tombs = list(map(Tombstone, nodes, tree.shown_parents(nodes), revs))
        for tomb in tombs:
            tomb.passing = passing or isinstance(tomb.node, Mount)
            if not tomb.passing:
                tree.add_tombstone(tomb)
        return tombs

    def move(self, node: Node, place: Place, *, autorename: bool) -> Node:
        """Move a node to a path (F7-01 to -08); nodes keep their ids, files get new revisions.

        Raises:
            RouteError: with the tags of a `RelocationError`.
        """
        source, tree, name = tree_of(node), place.tree, place.parts[-1]
        reach = self.checked_target(node, place, self._personality.into_itself)
        is_folder = isinstance(node, Folder)
        if reach.found is node:
            return self._change_case(tree, node, place, autorename=autorename)
        if not reach.missing:
            if not autorename:
                raise RouteError(f"to/{conflict(reach.found)}", fact="F7-04")
            name = self.free_name(name, reach, is_folder=is_folder, is_copy=False)
        moved = list(source.subtree(node)) if is_folder else [node]
        if source is not tree:
            _check_border(source, moved)
            self._check_room_to_move(source, place, moved)
        if len(moved) - is_folder > MOVE_ITEMS:
            raise RouteError("too_many_files", fact="F7-09")
        now = self._clock.seconds
        former = self.leave_tombstones(source, moved)
        folder, shown = self.make_parents(place, reach)
        source.take(node)
        if source is not tree:
            tree.receive(node, moved, source)
        tree.put(node, folder, name, shown)
        self.settle_in(tree, moved, source, former, now)
        if source is not tree:
            for each in moved:
                if isinstance(each, File):
                    self._sign(place, each)
        return node

    def _check_room_to_move(self, source: Tree, place: Place, nodes: list[Node]) -> None:
        """Check that there is room for a subtree that did not count before (S13-30).

        Raises:
            RouteError: ``insufficient_quota``.
        """
        home = place.home
        is_new = home.counts(place.tree) and not home.counts(source)
        if is_new and not self.has_room(home, size_of(nodes)):
            raise RouteError("insufficient_quota", fact="F7-09")

    def leave_tombstones(
        self, tree: Tree, nodes: list[Node], *, passing: bool = False
    ) -> list[tuple[str, str] | None]:
        """Report everything in a subtree as deleted, and return the paths of the files in it."""
        tombs = self._add_tombstones(tree, nodes, passing=passing)
        for tomb in tombs:
            tree.log(tomb, tomb.number)
        return [
            (tomb.path_lower, tomb.path_display) if isinstance(tomb.node, File) else None
            for tomb in tombs
        ]

    def settle_in(
        self,
        tree: Tree,
        nodes: list[Node],
        source: Tree,
        former: list[tuple[str, str] | None],
        now: int | None,
    ) -> None:
        """Report a subtree, whose top was put into a tree, as added; files get new revisions.

        Their old revisions become past ones of ``source``, at their ``former`` paths. ``now`` is
        the new `server_modified` of files; None to keep it.
        """
        for each, paths, rev in zip(nodes, former, self._next_revs(len(nodes)), strict=True):
            # `follow` and `remove_tombstone` ask this, too, but most of thousands of nodes are
            # files in a folder without tombstones, for which they would be called in vain.
            if isinstance(each, Folder):
                tree.follow(each)
            folder = _parent(each).path
            if folder in tree.tombstones:
                tree.remove_tombstone(folder, each.key)
            if isinstance(each, File) and paths is not None:  # F7-01, F7-02
                modified = each.server_modified if now is None else now
                source.retire(each, paths)
                tree.revise(each, rev, each.client_modified, modified, each.blob)
            tree.log(each, rev)

    def checked_target(self, node: Node, place: Place, into_itself: str) -> Reach:
        """Check the target of a move or copy, and return which part of its path exists.

        Raises:
            RouteError: with the tags of a `RelocationError`; ``into_itself`` if the target is below
                `node`.
        """
        try:
            reach = place.reach_to_write()
            self.check_names(reach.missing, of_file=isinstance(node, File))
        except RouteError as error:
            raise error.under("to") from None
        if reach.found is node and not reach.missing and node.name == place.parts[-1].shown:
            raise RouteError("duplicated_or_nested_paths", fact="F7-06")
        above = reach.folder if reach.missing else _parent(reach.found)
        mount = place.home.mounts.get(place.tree.root_path)
        if _is_below(above, node) or (mount is not None and _is_below(mount, node)):
            raise RouteError(into_itself, fact="F7-07")
        if reach.missing and reach.found is not None:
            raise RouteError("to/conflict/file_ancestor", fact="F7-05")
        return reach

    def _change_case(self, tree: Tree, node: Node, place: Place, *, autorename: bool) -> Node:
        """Carry out a move that only changes the case (F7-08), without a log entry (F6.2-10)."""
        if self._personality.case_only_move == "conflict" and not autorename:
            raise RouteError(f"to/{conflict(node)}", fact="F7-08")
        if self._personality.case_only_move == "renamed" or autorename:
            tree.change_case(node, place.parts[-1], place.shown_parent)
        return node


def _check_border(source: Tree, nodes: list[Node]) -> None:
    """Check that a subtree may be moved into another namespace.

    Raises:
        RouteError: ``cant_nest_shared_folder``: a shared folder is in it (S13-18).
        NotImplementedInFake: an app folder is in it.
    """
    if any(isinstance(node, Mount) for node in nodes):
        raise RouteError("cant_nest_shared_folder", fact="S13-18")
    if any(folder in nodes for folder in source.app_folders.values()):
        raise NotImplementedInFake(
            "the move of an app folder into a shared folder is not implemented in fakedropbox"
        )


def _parent(node: Node | None) -> Folder:
    assert node is not None
    assert node.parent is not None, "a root has no parent and is never written to"
    return node.parent


def _is_below(node: Node | None, top: Node) -> bool:
    while node is not None and node is not top:
        node = node.parent
    return node is not None


def conflict(node: Node | None) -> str:
    """Return the tags of the conflict with an existing node."""
    return "conflict/folder" if isinstance(node, Folder) else "conflict/file"
