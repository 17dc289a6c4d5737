"""The tree and the tombstones of one namespace, and the few mutations of both.

Every mutation adds its inverse to the undo log, except when a state file is loaded.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from binascii import b2a_base64
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple, Protocol

from fakedropbox._base.kept import Key
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.blobs import Blob
from fakedropbox._files.nodes import (
    UNREAD,
    File,
    Folder,
    Groups,
    Lock,
    Node,
    OrderKey,
    PathKey,
    Revision,
    Shelf,
    ShownPath,
    Tombstone,
    by_rev,
    paths_of,
)
from fakedropbox._files.numbering import Numbering
from fakedropbox._files.paths import Name, Parts
from fakedropbox._files.side_table import SideTable
from fakedropbox.errors import RouteError

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_WIDE_NAMESPACE = 1 << 32  # from here on a revision has a longer form (F2.1-02)


@dataclass(slots=True, eq=False)
class Reach:
    """The existing part of a path: the last folder on it, and the node that comes next.

    ``found`` is the node at the path, or a file that blocks it, or None; ``missing`` are the
    components that do not exist, or are below that file.
    """

    folder: Folder
    found: Node | None
    missing: Parts


_by_age = attrgetter("number")


class RootPath(PathKey):
    """The path of the root of a tree, with the tree: the highest parent of every path in it."""

    __slots__ = ("tree",)

    def __init__(self, tree: Tree) -> None:
        super().__init__(None, "")
        self.tree = tree


class Mount(Folder):
    """A shared folder among the files of one of its members.

    Its content is in a tree of its own, ``target``, and not in the mount. It has the number of that
    tree's root, so that the folder has the same id for all members.
    """

    __slots__ = ("target",)

    def __init__(self, target: Tree, order_key: OrderKey) -> None:
        super().__init__(target.root.number, order_key)
        self.target = target


class TeamSpace(NamedTuple):
    """The place of an account's own files in the team space: the namespace of the whole team.

    ``home`` is the folder that has the account's own files, ``namespace_id`` the id of the team
    space, which is the root of the tree.
    """

    home: Folder
    namespace_id: int


class Archive(Protocol):
    """The past revisions that a state file keeps."""

    def read(self, file: File) -> None:
        """Add the past revisions of a file to it and to the trees that they were in."""

    def read_at(self, namespace_id: int, path_lower: str) -> None:
        """Add the past revisions of all files that were at a path, as `read` does for one file."""

    def file_of(self, namespace_id: int, rev: int) -> File | None:
        """Return the file whose past revision was in the journal of a namespace, or None."""


class SideTables:
    """Attributes that few nodes have, for all trees: a node keeps them when it changes its tree.

    ``writers`` are the accounts that wrote files of shared folders last. ``archive`` has those past
    revisions that a state file keeps and that nobody has asked for yet.
    """

    def __init__(self, undo: UndoLog) -> None:
        self.tags: SideTable[tuple[str, ...]] = SideTable(undo, "tags")
        self.locks: SideTable[Lock] = SideTable(undo, "lock")
        self.paper_revisions: SideTable[int] = SideTable(undo, "paper revision")
        self.properties: SideTable[Groups] = SideTable(undo, "properties")
        self.writers: SideTable[str] = SideTable(undo, "writer")
        self.archive: Archive | None = None


class Tree:
    """All folders, files and tombstones of one namespace, and the journal of their changes.

    The journal only grows, unless a change is undone. An entry is a node (created, rewritten or
    moved at this point) or a tombstone. A node is reported only at its latest entry, so that
    changes are coalesced (F6.2-05) without a search in earlier entries. ``tombstones`` are grouped
    by the path of the folder that they are in: a path that was used has either a node or a
    tombstone, unless it was erased or belonged to a mount. With ``tombstones_cover_descendants``
    the tombstone of a folder also reports the deletion of its descendants. ``past`` are the files
    that have past revisions, by each `path_lower` of those: one file, as at most paths, or a dict
    of several. ``lists_across_folders`` means that a recursive listing is not in order folder by
    folder, but as a whole; ``derived`` is for the module that computes that order, and is emptied
    when an entry of the journal is undone. ``owner`` is the id of the account whose files these
    are; in a shared folder, of the account that shared it; in a team folder, of the team.
    ``mounts`` are the shared folders among the files, by the path of the root of their own trees.
    ``tables`` are those of all trees. ``space`` is set for a member of a team that has a team
    space: the root is then the team space as the member sees it, and the member's own files are in
    a folder of it. ``is_of_team`` is True for the content of a team folder; for that of a folder
    that is shared in one, ``around`` is the tree of the team folder (P8-20).
    """

    def __init__(
        self,
        namespace_id: int,
        id_prefix: bytes,
        order_key: OrderKey,
        undo: UndoLog,
        numbering: Numbering,
        tables: SideTables,
        owner: str,
    ) -> None:
        self.namespace_id = namespace_id
        self.id_prefix = id_prefix
        self.owner = owner
        wide = namespace_id >= _WIDE_NAMESPACE
        self._rev_format = f"01%x{namespace_id:016x}" if wide else f"%x{namespace_id:08x}"
        self._rev_ends = (2, -16) if wide else (0, -8)
        self.capacity = 0
        self.tombstones_cover_descendants = False
        self.used = 0
        self.root = Folder(0, order_key)
        self.root_path = self.root.path = RootPath(self)
        self.root.written = ShownPath(None, "", self.root.path)
        self.epoch = next(numbering.epochs)
        self.journal: list[Node | Tombstone] = []
        self.revs: list[int] = []
        self.tombstones: dict[PathKey, Shelf] = {}
        self.past: dict[str, File | dict[File, None]] = {}
        self.app_folders: dict[str, Folder | None] = {}
        self.lists_across_folders = order_key is by_rev
        self.derived: dict[tuple[int, bool], Any] = {}
        self.tables = tables
        self.tags, self.locks = tables.tags, tables.locks
        self.paper_revisions, self.properties = tables.paper_revisions, tables.properties
        self.mounts: dict[PathKey, Mount] = {}
        self.space: TeamSpace | None = None
        self.is_of_team = False
        self.around: Tree | None = None
        self._order_key = order_key
        self._undo = undo
        self._numbering = numbering

    def id_text(self, node: Node | Tombstone) -> str:
        """Return a node's id (F2.1-01)."""
        mapping, number = self._numbering.ids, node.number
        shown = number if mapping is None else mapping.shown(number)
        prefix = self.id_prefix
        if self._numbering.prefixes:
            prefix = self._numbering.prefixes.get(number, prefix)
        raw = prefix + shown.to_bytes(8, "big")
        return f"id:{b2a_base64(raw)[:22].translate(_URL_SAFE).decode()}"

    def id_number(self, text: str) -> int | None:
        """Return the number that the id made of ``id:`` and `text` stands for, or None.

        The node with this number may have another id, which the caller has to compare.
        """
        raw = urlsafe_b64decode(text + "==")
        mapping, shown = self._numbering.ids, int.from_bytes(raw[8:], "big")
        return shown if mapping is None else mapping.meant(shown)

    def rev_text(self, rev: int) -> str:
        """Return a revision in the form that is shown (F2.1-02)."""
        mapping = self._numbering.revs
        return self._rev_format % (rev if mapping is None else mapping.shown(rev))

    def rev_number(self, text: str) -> int | None:
        """Return the revision that is shown as `text`, if it is one of this namespace."""
        start, end = self._rev_ends
        mapping, number = self._numbering.revs, int(text[start:end] or "0", 16)
        number = number if mapping is None else mapping.meant(number)
        return number if self.rev_text(number) == text else None

    @property
    def total_used(self) -> int:
        """The bytes that count for the owner: also those in mounted folders (S13-20, S13-21).

        Those in team folders count for the team (S13-30).
        """
        if not self.mounts:
            return self.used
        mounted = (mount.target for mount in self.mounts.values())
        return self.used + sum(tree.used for tree in mounted if self.counts(tree))

    def counts(self, tree: Tree) -> bool:
        """Return whether what is in a tree counts for the owner of this one, as in `total_used`."""
        return tree is self or (tree.root_path in self.mounts and not tree.is_of_team)

    @property
    def home(self) -> Folder:
        """The folder that the owner sees as the root of all paths."""
        return self.root if self.space is None else self.space.home

    def check_top(self, node: Node) -> None:
        """Check that a node in the root may be changed by a member of a team.

        Raises:
            RouteError: ``team_folder`` for a team folder (P8-14), ``no_write_permission`` for the
                folder of a member in a team space (P4-11).
        """
        if type(node) is Mount and node.target.is_of_team:
            raise RouteError("team_folder", fact="P8-14")
        if self.space is not None:
            raise RouteError("no_write_permission", fact="P4-11")

    def paths(self, node: Node) -> tuple[str, str]:
        """Return `path_lower` and `path_display` of an existing node."""
        return paths_of(node, self.epoch)

    def reach(self, base: Folder, parts: Parts) -> Reach:
        """Follow `parts` from `base` as far as they lead."""
        folder = base
        for index, (_, key) in enumerate(parts):
            node = folder.live.by_key.get(key)
            if node is None:
                return Reach(folder, None, parts[index:])
            if type(node) is File:
                return Reach(folder, node, parts[index + 1 :])
            folder = node
        return Reach(folder, folder, ())

    def mount_at(self, path: PathKey) -> Mount | None:
        """Return the mount here of the tree whose own root has this path, or None.

        It may also be in a team folder that is mounted here (P8-20).
        """
        found = self.mounts.get(path)
        if found is None and type(path) is RootPath:
            around = path.tree.around
            if around is not None and around.root_path in self.mounts:
                return around.mounts.get(path)
        return found

    def found(self, base: Folder, parts: Parts) -> Node | None:
        """Return the existing node at the end of `parts`, from `base` on, or None."""
        node: Node | None = base
        for _, key in parts:
            if not isinstance(node, Folder):
                return None
            node = node.live.by_key.get(key)
        return node

    def folder_of(self, node: Node) -> Folder | None:
        """Return the folder that a node is in; for the root of a mounted tree, the mount of it."""
        if node.parent is None and isinstance(node, Folder):
            return self.mount_at(node.path)
        return node.parent

    def shown_parents(self, nodes: Iterable[Node]) -> Iterator[ShownPath]:
        """Yield the shown path of each node's parent; the nodes are in `subtree`'s order."""
        known: dict[Node, ShownPath] = {}
        for node in nodes:
            above, parent = node.shown_parent, node.parent
            assert parent is not None
            if above.key is not parent.path:
                above = known.get(parent) or parent.shown(self.epoch)
            if isinstance(node, Folder):
                known[node] = node.spelled(above, node.name)
            yield above

    def tombstone(self, parent: PathKey, key: str) -> Tombstone | None:
        """Return the tombstone at a path, or None."""
        shelf = self.tombstones.get(parent)
        return None if shelf is None else shelf.by_key.get(key)

    def shelves(self, place: Node | Tombstone, *, deleted: bool) -> list[Shelf]:
        """Return the shelf of a folder, if it exists; with ``deleted``, that of deleted entries."""
        shelves = [place.live] if isinstance(place, Folder) else []
        if deleted:
            path = self.path_below(place)
            if path in self.tombstones:
                shelves.append(self.tombstones[path])
        return shelves

    def path_below(self, place: Node | Tombstone) -> PathKey | None:
        """Return the path that the entries of a folder have, or have had; None if it had none."""
        if isinstance(place, Folder):
            return place.path
        if isinstance(place, Tombstone):
            return place.parent_path.known(place.key)
        return None if place.parent is None else place.parent.path.known(place.key)

    def is_alive(self, node: Node) -> bool:
        """Return whether a node is below the root or is the root itself, that is, not deleted."""
        above: Node | None = node
        while above is not None and above is not self.root:
            above = above.parent
        return above is not None

    def subtree(self, node: Node) -> Iterator[Node]:
        """Yield a node and everything below it, parents first."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            yield node
            if isinstance(node, Folder):
                waiting.extend(sorted(node.live.by_key.values(), key=_by_age, reverse=True))

    # Mutations

    def put(self, node: Node, parent: Folder, name: Name, shown_parent: ShownPath) -> None:
        """Put a node that is in no folder into a folder.

        A folder's content comes with it; call `follow` for each folder in it.
        """
        before = node.name, node.key, node.shown_parent
        node.parent = parent
        node.name, node.key = name
        node.shown_parent = shown_parent
        parent.live.add(node)
        self._count(node)
        if self._undo.recording:
            self._undo.change(self._key(node), self._unput, node, before)
        self.follow(node)

    def _count(self, node: Node) -> None:
        """Add a node to the space that is used, or to the mounts."""
        if isinstance(node, File):
            self.used += node.blob.size
        elif type(node) is Mount:
            self.add_mount(node)

    def add_mount(self, mount: Mount) -> None:
        """Add a node in this tree to its mounts."""
        self.mounts[mount.target.root_path] = mount
        if self.is_of_team:
            mount.target.around = self

    def _discount(self, node: Node) -> None:
        if isinstance(node, File):
            self.used -= node.blob.size
        elif type(node) is Mount:
            del self.mounts[node.target.root_path]
            if self.is_of_team:
                node.target.around = None

    def follow(self, node: Node) -> None:
        """Update a folder's path after the folder, or one above it, was put into another folder."""
        if isinstance(node, Folder):
            assert node.parent is not None
            self._undo.change(self._key(node), setattr, node, "path", node.path)
            node.path = node.parent.path.at(node.key)

    def _unput(self, node: Node, before: tuple[str, str, ShownPath]) -> None:
        parent = node.parent
        assert parent is not None
        parent.live.remove(node)
        parent.taken.clear()
        node.parent = None
        node.name, node.key, node.shown_parent = before
        self._forget_paths(node)
        self._discount(node)

    def take(self, node: Node) -> None:
        """Take a node out of its folder; a folder keeps its contents."""
        parent = node.parent
        assert parent is not None
        parent.live.remove(node)
        parent.taken.clear()
        node.parent = None
        self._forget_paths(node)
        self._discount(node)
        if self._undo.recording:
            self._undo.change(self._key(node), self._untake, node, parent)

    def _untake(self, node: Node, parent: Folder) -> None:
        node.parent = parent
        parent.live.add(node)
        self._forget_paths(node)
        self._count(node)

    def _forget_paths(self, node: Node) -> None:
        if isinstance(node, Folder):
            self.epoch = next(self._numbering.epochs)

    def plant(self, folder: Folder) -> None:
        """Make a folder that was taken out of another tree the root of this one, which is new."""
        for name in ("path", "written", "sequence"):
            self._undo.change(self._key(folder), setattr, folder, name, getattr(folder, name))
        folder.path, folder.written, folder.sequence = self.root_path, self.root.written, -1
        self.root = folder

    def uproot(self) -> None:
        """Give the tree an empty root, because the present one is to be put into another tree.

        The past revisions that files had in this tree stay in it.
        """
        self._undo.change(self._own_key, setattr, self, "root", self.root)
        self.root = Folder(self.root.number, self._order_key)
        self.root.path, self.root.written = self.root_path, ShownPath(None, "", self.root_path)

    def receive(self, top: Node, nodes: Iterable[Node], source: Tree) -> None:
        """Prepare to put nodes of another tree into this one; they keep their ids.

        ``top`` has been taken out of ``source``, or is its root; it is one of ``nodes`` if it is to
        be put into this tree.
        """
        size = 0
        for node in nodes:
            if isinstance(node, File) and node is not top:
                size += node.blob.size
            self._keep_id(node, source)
        for tree, change in ((source, -size), (self, size)):
            self._undo.note(setattr, tree, "used", tree.used)  # the bytes of its files
            tree.used += change

    def _keep_id(self, node: Node, source: Tree) -> None:
        prefixes = self._numbering.prefixes
        prefix = prefixes.get(node.number)
        if prefix is None and source.id_prefix != self.id_prefix:
            prefixes[node.number] = source.id_prefix
            self._undo.change(("id", node.number), prefixes.pop, node.number)

    def add_tombstone(self, tomb: Tombstone) -> None:
        """Add the tombstone of a node at its former path."""
        self._insert_tombstone(tomb)
        if self._undo.recording:
            # The record of a tombstone is its entry in the journal: `log` reports its change.
            self._undo.note(self._drop_tombstone, tomb)

    def remove_tombstone(self, parent: PathKey, key: str) -> None:
        """Remove the tombstone of a path that is used again, if there is one (F6.1-08)."""
        tomb = self.tombstone(parent, key)
        if tomb is not None:
            self._drop_tombstone(tomb)
            position = bisect_left(self.revs, tomb.number)
            self._undo.change(self._log_key(position), self._insert_tombstone, tomb)

    def let_pass(self, tomb: Tombstone) -> None:
        """Take a tombstone out of the deleted entries, and go on reporting it as a change."""
        self._drop_tombstone(tomb)
        tomb.passing = True
        position = bisect_left(self.revs, tomb.number)
        self._undo.change(self._log_key(position), self._let_stay, tomb)

    def _let_stay(self, tomb: Tombstone) -> None:
        tomb.passing = False
        self._insert_tombstone(tomb)

    def _insert_tombstone(self, tomb: Tombstone) -> None:
        shelf = self.tombstones.get(tomb.parent_path)
        if shelf is None:
            shelf = self.tombstones[tomb.parent_path] = Shelf(self._order_key)
        shelf.add(tomb)

    def _drop_tombstone(self, tomb: Tombstone) -> None:
        shelf = self.tombstones[tomb.parent_path]
        shelf.remove(tomb)
        if not shelf.by_key:
            del self.tombstones[tomb.parent_path]

    def respell(self, node: Node, shown: str) -> None:
        """Change the letter case of a node's name; the case of its parents stays (F4-13)."""
        self._undo.change(self._key(node), setattr, node, "name", node.name)
        node.name = shown

    def change_case(self, node: Node, name: Name, shown_parent: ShownPath) -> None:
        """Change the letter case of a node's path, without an entry in the journal (F6.2-10)."""
        parent = node.parent
        assert parent is not None
        self.take(node)
        self.put(node, parent, name, shown_parent)

    def rename_root(self, name: Name) -> None:
        """Change the name of the root, which new mounts of the tree get."""
        root = self.root
        self._undo.change(self._key(root), setattr, root, "name", root.name)
        self._undo.change(self._key(root), setattr, root, "key", root.key)
        root.name, root.key = name

    def rewrite(
        self,
        file: File,
        paths: tuple[str, str],
        rev: int,
        client_modified: int,
        server_modified: int,
        blob: Blob,
    ) -> None:
        """Give an existing file a new revision; the old one, at ``paths``, becomes a past one."""
        self.retire(file, paths)
        self.revise(file, rev, client_modified, server_modified, blob)

    def revise(
        self, file: File, rev: int, client_modified: int, server_modified: int, blob: Blob
    ) -> None:
        """Give an existing file a new revision, after its old one was made a past one."""
        current = (file.rev, file.client_modified, file.server_modified, file.blob)
        self._revise(file, rev, client_modified, server_modified, blob)
        if self._undo.recording:
            self._undo.change(self._key(file), self._revise, file, *current)

    def _revise(
        self, file: File, rev: int, client_modified: int, server_modified: int, blob: Blob
    ) -> None:
        self.used += blob.size - file.blob.size
        assert file.parent is not None
        shelf = file.parent.live
        shelf.lift(file)
        self._set(file, rev, client_modified, server_modified, blob)
        shelf.put_back(file)

    def _set(
        self, file: File, rev: int, client_modified: int, server_modified: int, blob: Blob
    ) -> None:
        file.rev, file.client_modified = rev, client_modified
        file.server_modified, file.blob = server_modified, blob

    def retire(self, file: File, paths: tuple[str, str]) -> None:
        """Store a file's current revision, which was at ``paths``, as a past one."""
        if file.past is None:
            file.past = []
        elif file.past is UNREAD:
            self.past_of(file)
        elif file.past and file.past[-1][1:3] == paths:
            paths = file.past[-1][1:3]  # so that all revisions at a path share its text
        lower, display = paths
        modified = file.client_modified, file.server_modified
        revision = Revision(self.namespace_id, lower, display, file.rev, *modified, file.blob)
        file.past.append(revision)
        self.find_past(file, revision)
        if self._undo.recording:
            key = ("past", file.number, revision.rev)
            self._undo.change(key, self._unretire, file)

    def find_past(self, file: File, revision: Revision) -> None:
        """Let `past_at` find a past revision of a file by the path that it had in this tree."""
        found = self.past.setdefault(revision.path_lower, file)
        if found is file:
            return
        if isinstance(found, File):
            found = self.past[revision.path_lower] = {found: None}
        found[file] = None

    def lose_past(self, file: File, revision: Revision) -> None:
        """Do the reverse of `find_past`, after the revision was removed from the file."""
        path = revision.path_lower
        if not any(self._was_at(path, past) for past in reversed(file.past or ())):
            found = self.past[path]
            if isinstance(found, dict):
                del found[file]
            if found is file or not found:
                del self.past[path]

    def _was_at(self, path_lower: str, past: Revision) -> bool:
        return past.path_lower == path_lower and past.namespace_id == self.namespace_id

    def forget(self, file: File, revision: Revision) -> None:
        """Remove a past revision of a file, which was in this tree."""
        assert file.past is not None
        file.past.remove(revision)
        self.lose_past(file, revision)
        self._undo.change(("past", file.number, revision.rev), self._remember, file, revision)

    def _remember(self, file: File, revision: Revision) -> None:
        assert file.past is not None
        file.past.append(revision)
        file.past.sort(key=attrgetter("rev"))
        self.find_past(file, revision)

    def _unretire(self, file: File) -> None:
        assert file.past is not None
        if file.past:  # a state file, which keeps only the latest revisions, may have removed it
            self.lose_past(file, file.past.pop())

    def revive(
        self, file: File, rev: int, client_modified: int, server_modified: int, blob: Blob
    ) -> None:
        """Give a deleted file a new revision, before it is put into a folder again."""
        current = (file.rev, file.client_modified, file.server_modified, file.blob)
        self._set(file, rev, client_modified, server_modified, blob)
        self._undo.change(self._key(file), self._set, file, *current)

    def claim_app_folder(self, app_key: str, folder: Folder) -> None:
        """Record the folder of an app; it stays the app's folder when it is renamed."""
        before = self.app_folders.get(app_key)
        self._undo.change(self._own_key, self.app_folders.__setitem__, app_key, before)
        self.app_folders[app_key] = folder

    def log(self, entry: Node | Tombstone, rev: int) -> None:
        """Append to the journal; ``rev`` is greater than all earlier ones."""
        before = 0
        if isinstance(entry, Node):
            before, entry.sequence = entry.sequence, len(self.journal)
        self.journal.append(entry)
        self.revs.append(rev)
        if self._undo.recording:
            self._undo.change(self._log_key(len(self.revs) - 1), self._unlog, entry, before)
            self._touch_logged(entry, before)

    def _unlog(self, entry: Node | Tombstone, before: int) -> None:
        if isinstance(entry, Node):
            entry.sequence = before
        self._touch_logged(entry, before)
        self.journal.pop()
        self.revs.pop()
        self.derived.clear()

    def _touch_logged(self, entry: Node | Tombstone, before: int) -> None:
        """Report that a node has another position in the journal than ``before``."""
        if self._undo.changed is not None and isinstance(entry, Node):
            self._undo.touch(self._key(entry))
            self._undo.touch(self._log_key(before))

    # The keys of records

    @property
    def _own_key(self) -> Key | None:
        return "tree", self.namespace_id

    def _key(self, node: Node) -> Key | None:
        if type(node) is Mount:
            return "mount", self.namespace_id, node.target.namespace_id
        return "node", node.number

    def _log_key(self, position: int) -> Key | None:
        """Return the key of the journal's entry at a position; None for a negative position."""
        return None if position < 0 else ("log", self.namespace_id, position)

    # Looking back

    def past_of(self, file: File) -> Sequence[Revision]:
        """Return all past revisions of a file, the oldest first."""
        if file.past is UNREAD:
            assert self.tables.archive is not None
            self.tables.archive.read(file)
        return file.past or ()

    def past_at(self, path_lower: str) -> Sequence[tuple[File, Revision]]:
        """Return all past revisions that were at a path."""
        if self.tables.archive is not None:
            self.tables.archive.read_at(self.namespace_id, path_lower)
        found = self.past.get(path_lower, {})
        files = tuple(found) if isinstance(found, dict) else (found,)  # `past_of` may read others
        return [
            (file, past)
            for file in files
            for past in self.past_of(file)
            if self._was_at(path_lower, past)
        ]

    def deleted_at(self, path_lower: str) -> list[File]:
        """Return the deleted files whose last path was this one, in this tree."""
        found = dict.fromkeys(file for file, _ in self.past_at(path_lower) if file.parent is None)
        return [file for file in found if self._was_at(path_lower, self.past_of(file)[-1])]

    def at_rev(self, rev: int) -> tuple[File, Revision | None] | None:
        """Return the file of revision `rev`, with that revision if it is not the current one."""
        file = self._logged_at(rev)
        if file is None and self.tables.archive is not None:
            file = self.tables.archive.file_of(self.namespace_id, rev)
        if not isinstance(file, File):
            return None
        if file.rev == rev and file.parent is not None:
            return file, None
        past = next((past for past in self.past_of(file) if past.rev == rev), None)
        return None if past is None else (file, past)

    def has_logged(self, file: File, rev: int) -> bool:
        """Return whether the journal has a revision of a file."""
        return self._logged_at(rev) is file

    def _logged_at(self, rev: int) -> Node | Tombstone | None:
        position = bisect_left(self.revs, rev)
        is_there = position < len(self.revs) and self.revs[position] == rev
        return self.journal[position] if is_there else None


def with_inner(mounts: Iterable[Mount]) -> list[Mount]:
    """Return the given mounts, and those in the team folders that they mount (P8-20)."""
    found = list(mounts)
    return [*found, *(each for mount in found for each in mount.target.mounts.values())]


def tree_of(entry: Node | Tombstone) -> Tree:
    """Return the tree that an existing node or a tombstone is in."""
    path = root_path(entry)
    assert isinstance(path, RootPath)
    return path.tree


def root_path(entry: Node | Tombstone) -> PathKey:
    """Return the path of the root of the tree that an existing node or a tombstone is in."""
    path: PathKey
    if isinstance(entry, Tombstone):
        path = entry.parent_path
    elif isinstance(entry, Folder):
        path = entry.path
    else:
        assert entry.parent is not None
        path = entry.parent.path
    above = path.above
    while above is not None:
        path, above = above, above.above
    return path


def exists(node: Node) -> bool:
    """Return whether a node is in a folder or is the root of a tree, that is, not deleted."""
    return node.parent is not None or (isinstance(node, Folder) and node.path.above is None)


def found_below(folder: Folder, parts: Parts) -> Node | None:
    """Return the node at a path below a folder, also in what is mounted there; or None.

    For a mount it is the root of the tree that is mounted.
    """
    node: Node | None = folder
    for _, key in parts:
        node = node.live.by_key.get(key) if isinstance(node, Folder) else None
        if isinstance(node, Mount):
            node = node.target.root
    return node


def everything_below(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, also what is in mounted folders, parents first.

    What is in a mounted folder has the root of its own tree as its parent, which has the number of
    the mount.
    """
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, Folder):
            folder = node.target.root if isinstance(node, Mount) else node
            waiting.extend(sorted(folder.live.by_key.values(), key=_by_age, reverse=True))
