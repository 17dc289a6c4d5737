"""The files as records: namespaces, nodes, their journals and past revisions.

A record contains no caches, and no path or size that can be computed from the place of its node.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from fakedropbox._base.kept import Key, Values
from fakedropbox._files.lag import LaggingTree
from fakedropbox._files.nodes import (
    UNREAD,
    File,
    Folder,
    Node,
    PathKey,
    Revision,
    ShownPath,
    Tombstone,
)
from fakedropbox._files.paths import Name, fold
from fakedropbox._files.store import FileStore
from fakedropbox._files.tree import Mount, RootPath, TeamSpace, Tree, root_path

FOLDER, FILE = "folder", "file"

Spelled = tuple[int, str, str]
"""A shown path: its namespace, its text, and the text of the path itself."""


class Past(Protocol):
    """The records of past revisions, which are loaded only when somebody asks for them."""

    def has(self, number: int) -> bool:
        """Return whether there are past revisions of a file, by its number."""

    def of(self, number: int) -> Iterable[Values]:
        """Yield the past revisions of a file, the oldest first."""

    def at(self, namespace_id: int, path_lower: str) -> Iterable[int]:
        """Yield the numbers of the files that were at a path."""

    def file_of(self, namespace_id: int, rev: int) -> int | None:
        """Return the number of the file whose past revision was in a journal, or None."""


class KeptFiles:
    """All files of a service as records.

    They do not contain a lag: in a service that is loaded, nothing lags. A journal entry for a past
    revision has no record of its own, because the record of the revision has all its values.
    """

    parts = ("last rev", "branch", "tree", "node", "mount", "id", "log", "past")

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self._spelled: dict[Spelled, ShownPath] = {}
        self._find: dict[str, Callable[..., Values | None]] = {
            "last rev": self._last_rev,
            "branch": self._branch,
            "tree": self._tree,
            "node": self._node,
            "mount": self._mount,
            "id": self._id,
            "log": self._entry,
            "past": self._past,
        }

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        store = self._store
        yield ("last rev",)
        yield from (("branch", index) for index in range(len(store.forks)))
        yield from (("tree", number) for number in store.trees)
        yield from (("node", number) for number in range(len(store.nodes)))
        for tree in store.trees.values():
            for mount in tree.mounts.values():
                yield "mount", tree.namespace_id, mount.target.namespace_id
        yield from (("id", number) for number in store.numbering.prefixes)
        for tree in store.trees.values():
            yield from (("log", tree.namespace_id, at) for at in range(len(tree.journal)))
        for node in store.nodes:
            for past in getattr(node, "past", None) or ():
                yield "past", node.number, past.rev

    def record(self, key: Key) -> Values | None:
        """Return the values of a record."""
        part, *rest = key
        found: Values | None = self._find[part](*rest)
        return found

    def _last_rev(self) -> Values:
        return (self._store.last_rev,)

    def _id(self, number: int) -> Values | None:
        prefix = self._store.numbering.prefixes.get(number)
        return None if prefix is None else (prefix,)

    def _branch(self, index: int) -> Values:
        return tuple(self._store.forks[index].items())

    def _tree(self, namespace_id: int) -> Values | None:
        tree = self._store.trees.get(namespace_id)
        if tree is None:
            return None
        is_home = self._store.homes.get(tree.owner) is tree
        is_planted = self._store.nodes[tree.root.number] is tree.root
        folders = tuple((key, _number(node)) for key, node in tree.app_folders.items())
        root = tree.root.number
        space = None if tree.space is None else (tree.space.home.number, tree.space.namespace_id)
        own = tree.id_prefix, tree.owner, tree.capacity, is_home, root, is_planted, folders
        return (*own, space, tree.is_of_team)

    def _node(self, number: int) -> Values | None:
        nodes = self._store.nodes
        if number >= len(nodes):
            return None
        node = nodes[number]
        if isinstance(node, Folder):
            is_deleted = node.parent is None and node.path.above is not None
            path = _spelling_of(node.path) if is_deleted else None
            return (FOLDER, *_place_of(node), path)
        assert isinstance(node, File)
        content = node.rev, node.client_modified, node.server_modified, node.blob
        return (FILE, *_place_of(node), *content)

    def _mount(self, home: int, target: int) -> Values | None:
        trees = self._store.trees
        if home not in trees or target not in trees:
            return None
        mount = trees[home].mounts.get(trees[target].root_path)
        return None if mount is None else _place_of(mount)

    def _entry(self, namespace_id: int, position: int) -> Values | None:
        tree = self._store.trees.get(namespace_id)
        if tree is None or position >= len(tree.journal):
            return None
        entry, rev = tree.journal[position], tree.revs[position]
        if isinstance(entry, Tombstone):
            under = None if entry.under is None else entry.under.number
            is_here = tree.tombstone(entry.parent_path, entry.key) is entry
            place = entry.name, _spelling(entry.shown_parent)
            return rev, _number(entry.node), *place, under, entry.passing, is_here
        is_last = position == len(tree.journal) - 1  # its record gives the length of the journal
        if isinstance(entry, File) and not is_last and entry.sequence != position:
            return None if entry.rev != rev else (rev, entry.number)
        return rev, _number(entry)

    def _past(self, number: int, rev: int) -> Values | None:
        node = self._store.nodes[number] if number < len(self._store.nodes) else None
        if not isinstance(node, File) or node.past is UNREAD:
            return None
        found = next((past for past in reversed(node.past or []) if past.rev == rev), None)
        return None if found is None else tuple(found)

    # Loading

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add the records of one part."""
        load: Any = {
            "last rev": self._load_last_rev,
            "branch": self._load_branches,
            "tree": self._load_trees,
            "node": self._load_nodes,
            "mount": self._load_mounts,
            "id": self._load_ids,
            "log": self._load_journals,
            "past": list,  # `KeptPast` reads them when they are asked for
        }
        load[part](rows)

    def _load_last_rev(self, rows: Iterable[tuple[Key, Values]]) -> None:
        for _, (rev,) in rows:
            self._store.last_rev = rev

    def _load_branches(self, rows: Iterable[tuple[Key, Values]]) -> None:
        for _, lengths in rows:
            self._store.forks.append(dict(lengths))

    def _load_trees(self, rows: Iterable[tuple[Key, Values]]) -> None:
        self._roots: dict[int, Tree] = {}
        self._app_folders: list[tuple[Tree, tuple[tuple[str, int | None], ...]]] = []
        self._spaces: list[tuple[Tree, tuple[int, int]]] = []
        store = self._store
        for (_, namespace_id), values in rows:
            prefix, owner, capacity, is_home, root, is_planted, folders, space, is_of_team = values
            tree = store.new_tree(namespace_id, prefix, owner)
            tree.capacity, tree.root.number, tree.is_of_team = capacity, root, is_of_team
            if space is not None:
                self._spaces.append((tree, space))
            store.register(tree)
            if is_home:
                store.homes[owner] = tree
            if is_planted:
                self._roots[root] = tree
            self._app_folders.append((tree, folders))

    def _load_nodes(self, rows: Iterable[tuple[Key, Values]]) -> None:
        nodes, known = self._store.nodes, list(rows)
        for (_, number), (kind, *values) in sorted(known):
            assert number == len(nodes), "nodes are numbered without gaps"
            if number in self._roots:
                nodes.append(self._roots[number].root)
            elif kind == FOLDER:
                nodes.append(self._store.new_folder(number))
            else:
                nodes.append(File(number, *values[4:]))
        for (_, number), (_, *values) in known:
            self._put(nodes[number], *values[:4])
        for (_, number), (_, *values) in known:
            node = nodes[number]
            if isinstance(node, Folder) and number not in self._roots and values[4] is not None:
                namespace_id, path = values[4]
                node.path = self._key_at(namespace_id, path)
        for tree in self._roots.values():
            self._place(tree)
        for tree, folders in self._app_folders:
            for key, folder in folders:
                found = None if folder is None else nodes[folder]
                assert found is None or isinstance(found, Folder)
                tree.app_folders[key] = found
        self._load_spaces()

    def _load_spaces(self) -> None:
        """Set the folder of each member in the space of the team as the member's home."""
        for tree, (number, namespace_id) in self._spaces:
            home = self._store.nodes[number]
            assert isinstance(home, Folder)
            tree.space = TeamSpace(home, namespace_id)
            view = self._store.views[tree.namespace_id]
            self._store.views[tree.namespace_id] = view._replace(base=home)

    def _put(self, node: Node, parent: int | None, name: str, spelled: Any, sequence: int) -> None:
        """Put a node into its folder, whose path is not known yet."""
        node.name, node.key, node.sequence = name, fold(name), sequence
        if spelled is not None:
            node.shown_parent = self._shown(*spelled)
        if parent is not None:
            folder = self._store.nodes[parent]
            assert isinstance(folder, Folder)
            node.parent = folder
            folder.live.add(node)

    def _place(self, tree: Tree) -> None:
        """Set the paths of all folders of a tree, and the space that it uses."""
        for node in tree.subtree(tree.root):
            if isinstance(node, File):
                tree.used += node.blob.size
            elif isinstance(node, Folder) and node.parent is not None:
                node.path = node.parent.path.at(node.key)

    def _load_mounts(self, rows: Iterable[tuple[Key, Values]]) -> None:
        trees = self._store.trees
        for (_, home, target), values in rows:
            mount = self._store.new_mount(trees[target])
            self._put(mount, *values)
            assert mount.parent is not None
            mount.path = mount.parent.path.at(mount.key)
            trees[home].add_mount(mount)

    def _load_ids(self, rows: Iterable[tuple[Key, Values]]) -> None:
        self._store.numbering.prefixes |= {number: prefix for (_, number), (prefix,) in rows}

    def _load_journals(self, rows: Iterable[tuple[Key, Values]]) -> None:
        unders: list[tuple[Tree, Tombstone, int]] = []
        for (_, namespace_id, position), (rev, number, *tomb) in sorted(rows):
            tree = self._store.trees[namespace_id]
            gap = position - len(tree.journal)
            tree.journal.extend([_PAST] * gap)
            tree.revs.extend([tree.revs[-1] if tree.revs else 0] * gap)
            node = self._node_of(number)
            entry: Node | Tombstone = node
            if tomb:
                name, spelled, under, passing, is_here = tomb
                entry = Tombstone(node, self._shown(*spelled), rev)
                entry.name, entry.key, entry.passing = name, fold(name), passing
                if is_here:
                    tree.add_tombstone(entry)
                if under is not None:
                    unders.append((tree, entry, under))
            tree.journal.append(entry)
            tree.revs.append(rev)
        for tree, tomb_below, under in unders:
            top = tree.journal[bisect_left(tree.revs, under)]
            assert isinstance(top, Tombstone)
            tomb_below.under = top
        for tree in self._store.trees.values():
            if isinstance(tree, LaggingTree):
                tree.settle_loaded()
        self._spelled.clear()

    def _node_of(self, number: Any) -> Node:
        if not isinstance(number, tuple):
            node: Node = self._store.nodes[number]
            return node
        home, target = (self._store.trees[namespace_id] for namespace_id in number)
        mount = home.mounts.get(target.root_path)
        if mount is None:  # it was unmounted: make a mount that only tells which tree it was in
            mount = self._store.new_mount(target)
            mount.path = home.root_path
        return mount

    def _key_at(self, namespace_id: int, path: str) -> PathKey:
        found: PathKey = self._store.trees[namespace_id].root_path
        for key in path.split("/")[1:]:
            found = found.at(key)
        return found

    def _shown(self, namespace_id: int, text: str, path: str) -> ShownPath:
        known = self._spelled.get((namespace_id, text, path))
        if known is None:
            above, _, name = text.rpartition("/")
            above_path, _, key = path.rpartition("/")
            if not path:
                known = ShownPath(None, "", self._key_at(namespace_id, ""))
            else:
                known = self._shown(namespace_id, above, above_path).below(Name(name, key))
            self._spelled[namespace_id, text, path] = known
        return known


class KeptPast:
    """The past revisions in a state file, as an `Archive` of a store."""

    def __init__(self, store: FileStore, past: Past) -> None:
        self._store = store
        self._past = past
        for node in store.nodes:
            if isinstance(node, File) and past.has(node.number):
                node.past = UNREAD

    def read(self, file: File) -> None:
        """Add the past revisions of a file to it and to the trees that they were in."""
        file.past = []
        for values in self._past.of(file.number):
            revision = Revision(*values)
            file.past.append(revision)
            self._store.trees[revision.namespace_id].find_past(file, revision)

    def read_at(self, namespace_id: int, path_lower: str) -> None:
        """Add the past revisions of all files that were at a path, as `read` does for one file."""
        for number in self._past.at(namespace_id, path_lower):
            file = self._store.nodes[number]
            if isinstance(file, File) and file.past is UNREAD:
                self.read(file)

    def file_of(self, namespace_id: int, rev: int) -> File | None:
        """Return the file whose past revision was in the journal of a namespace, or None."""
        number = self._past.file_of(namespace_id, rev)
        if number is None:
            return None
        file = self._store.nodes[number]
        assert isinstance(file, File)
        return file


def forget_past(store: FileStore, file: File, most: int) -> list[Revision]:
    """Remove all past revisions of a file but the last ``most``, for good.

    Return those that are removed, the oldest first.
    """
    assert file.past is not None
    gone, file.past = file.past[:-most], file.past[-most:]
    for revision in gone:
        store.trees[revision.namespace_id].lose_past(file, revision)
    return gone


def _number(node: Node | None) -> int | tuple[int, int] | None:
    """Return the number of a node; for a mount, which has none of its own, its two namespaces."""
    if isinstance(node, Mount):
        root = root_path(node)
        assert isinstance(root, RootPath)
        return root.tree.namespace_id, node.target.namespace_id
    return None if node is None else node.number


def _place_of(node: Node) -> tuple[int | None, str, Spelled | None, int]:
    parent = None if node.parent is None else node.parent.number
    return parent, node.name, _spelling(node.shown_parent), node.sequence


def _spelling(path: ShownPath) -> Spelled | None:
    spelled = _spelling_of(path.key)
    return None if spelled is None else (spelled[0], path.text(), spelled[1])


def _spelling_of(key: PathKey) -> tuple[int, str] | None:
    """Return the namespace and the text of a path; None if it is not below a root yet."""
    root = key
    while root.above is not None:
        root = root.above
    return (root.tree.namespace_id, key.text()) if isinstance(root, RootPath) else None


_PAST = File(-1, -1, 0, 0, None)  # type: ignore[arg-type]  # its content is never read
"""The placeholder in a journal for a file whose revision there is a past one."""
