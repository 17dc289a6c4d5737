"""Resolution of a path, as a caller writes it, to a place in a tree (F3.1-01 to -09)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple, TypeVar

from fakedropbox._files.nodes import (
    Below,
    File,
    Folder,
    Node,
    PathKey,
    Revision,
    ShownPath,
    Tombstone,
    paths_of,
)
from fakedropbox._files.paths import Name, Parts, fold, parts_of
from fakedropbox._files.shared_folders import Access, SharedFolder, SharedFolders
from fakedropbox._files.tree import Mount, Reach, Tree, root_path, with_inner
from fakedropbox.errors import NotImplementedInFake, RouteError

_ID = re.compile(r"id:([A-Za-z0-9_-]{22})((?:/.*)?)", re.DOTALL)
_NAMESPACE = re.compile(r"ns:([0-9]+)((?:/.*)?)", re.DOTALL)


Entry = Node | Tombstone
SomeEntry = TypeVar("SomeEntry", Node, Tombstone, Node | Tombstone)


@dataclass(slots=True, eq=False)
class Place:
    """The target of a path: components below a folder of one tree.

    ``access`` is the caller's access to the shared folder that has this tree; None in the caller's
    own files.
    """

    tree: Tree
    base: Folder
    parts: Parts
    access: Access | None = None

    @property
    def home(self) -> Tree:
        """The caller's own files, whose quota applies."""
        return self.tree if self.access is None else self.access.home

    def reach(self) -> Reach:
        """Return the existing part of the path."""
        return self.tree.reach(self.base, self.parts)

    def reach_to_write(self) -> Reach:
        """Return the existing part of the path, after checking that the caller may write there.

        Raises:
            RouteError: ``no_write_permission``.
            NotImplementedInFake: another member has locked the file.
        """
        reach = self.reach()
        if self.access is not None:
            self.access.check_write()
            _check_lock(self.tree, self.access, None if reach.missing else reach.found)
        elif self.tree.space is not None:
            above = reach.folder if reach.missing or reach.found is None else reach.found.parent
            if above is self.tree.root:
                raise RouteError("no_write_permission", fact="P4-11")
        return reach

    @property
    def there(self) -> Node | None:
        """The existing node at this place, or None."""
        return self.tree.found(self.base, self.parts)

    @property
    def shown(self) -> str:
        """The path as it was written."""
        return f"{self.shown_parent.text()}/{self.parts[-1].shown}" if self.parts else "/"

    @property
    def shown_parent(self) -> ShownPath:
        """The parent's path as it was written (F3.3-03)."""
        return self.shown_parents()[-1]

    def shown_parents(self) -> list[ShownPath]:
        """Return the path of the folder that contains each component, as it was written."""
        path = self.base.shown(self.tree.epoch)
        folder: Folder | None = self.base
        paths = [path]
        for name in self.parts[:-1]:
            below = folder.live.by_key.get(name.key) if folder is not None else None
            if isinstance(below, Folder):
                path, folder = below.spelled(path, name.shown), below
            else:
                path, folder = path.below(name), None
            paths.append(path)
        return paths


def _check_lock(tree: Tree, access: Access, node: Node | None) -> None:
    """Refuse a change of a file that another member has locked: Dropbox's error is not known."""
    lock = tree.locks.get(node) if isinstance(node, File) else None
    if lock is not None and lock.account_id != access.home.owner:
        raise NotImplementedInFake(
            "a change of a file that another member has locked is not implemented in fakedropbox"
        )


class View(NamedTuple):
    """A caller's view of a namespace: of its own files or of a shared folder, or of a part of them.

    ``base`` is the folder that the caller sees as its root: that of the tree, the caller's own in a
    team space, an app folder, or a folder that a link leads to. ``folders`` are all shared folders.
    ``access`` is the caller's access to the shared folder; None in the caller's own files.
    ``shows_paths`` is False if nothing has a path, as it is not among the files of the caller
    (P8-19).

    A view of the caller's files leads into the folders that are mounted in them: `place` follows
    paths and ids into them, and `of` returns the view of whatever is in one.
    """

    tree: Tree
    base: Folder
    nodes: list[Node]
    folders: SharedFolders
    access: Access | None = None
    shows_paths: bool = True

    @property
    def home(self) -> Tree:
        """The caller's own files."""
        return self.tree if self.access is None else self.access.home

    # Mounts

    def inside(self, mount: Mount) -> View:
        """Return the view of the folder that is mounted at a place of the caller's own files."""
        return self._of_shared(mount.target, self.paths(mount))

    def at_root(self, shared: SharedFolder) -> View:
        """Return the view with a shared folder as the root of all paths (S13-09)."""
        return self._of_shared(shared.tree, ("", ""))

    def at_top(self) -> View:
        """Return the view with the whole team space as the root of all paths (O8-02)."""
        return self._replace(base=self.tree.root)

    def at_team_folder(self, shared: SharedFolder, name: str = "") -> View:
        """Return an administrator's view of a team folder (P8-13, P8-18).

        The folder is the root of all paths, or if it is given, they begin with its ``name``.
        """
        prefix = (f"/{fold(name)}", f"/{name}") if name else ("", "")
        access = Access(shared, self.home, prefix, is_read_only=False)
        return self._replace(tree=shared.tree, base=shared.tree.root, access=access)

    def _of_shared(self, tree: Tree, prefix: tuple[str, str]) -> View:
        access = self.folders.access(self.folders.with_tree(tree), self.home, prefix)
        # Who may write in a folder may also write in the folders that are shared inside it.
        if self.access is not None and not self.access.is_read_only:
            access = access._replace(is_read_only=False)
        return self._replace(tree=tree, base=tree.root, access=access)

    def of(self, entry: Entry) -> View:
        """Return the view of the namespace of an entry, which the caller sees."""
        tree = self.tree
        if not tree.mounts:
            return self
        path = root_path(entry)
        if path is tree.root_path:
            return self
        mount = tree.mount_at(path)
        return self if mount is None else self.inside(mount)

    def each(self, entries: Iterable[SomeEntry]) -> Iterator[tuple[View, SomeEntry]]:
        """Yield each entry, which the caller sees, after the view of its namespace."""
        known: dict[Node | PathKey, View] = {}  # by the folder that an entry is or was in
        for entry in entries:
            above = entry.parent_path if isinstance(entry, Tombstone) else entry.parent or entry
            view = known.get(above)
            if view is None:
                view = known[above] = self.of(entry)
            yield view, entry

    def check_write(self, node: Node) -> None:
        """Check that the caller may change a node.

        Raises:
            RouteError: ``no_write_permission``.
            NotImplementedInFake: another member has locked the file, or the node is or contains a
                folder that is shared in a team folder.
        """
        view = self.of(node)
        access = view.access
        if access is not None:
            access.check_write()
            _check_lock(self.tree, access, node)
            if type(node) is Mount or (isinstance(node, Folder) and view.mounts_below(node)):
                raise NotImplementedInFake(
                    "the deletion or move of a folder that is shared in a team folder, or of one "
                    "around it, is not implemented in fakedropbox"
                )
        elif node.parent is self.tree.root:
            self.tree.check_top(node)

    def mounts_below(self, folder: Folder) -> list[Mount]:
        """Return the mounts below a folder of this namespace, the oldest folder first.

        Those in a team folder that is mounted there are among them.
        """
        if not self.tree.mounts:
            return []
        is_below = Below(folder, attrgetter("parent"))
        found = [mount for mount in self.tree.mounts.values() if is_below(mount)]
        return sorted(with_inner(found), key=attrgetter("number"))

    def with_mounted(self) -> list[View]:
        """Return this view and those of the folders that are mounted below its root."""
        return [self, *map(self.inside, self.mounts_below(self.base))]

    def journals(self) -> list[tuple[int, int]]:
        """Return the namespaces of `with_mounted`, each with the length of its journal."""
        trees = [each.tree for each in self.with_mounted()]
        return [(tree.namespace_id, len(tree.journal)) for tree in trees]

    def deleted_in(self, top: Node | None = None) -> Iterator[Tombstone]:
        """Yield the deleted entries of this namespace below the root, or below a folder there."""
        bases = self.base, self.base if top is None else top
        tests = [Below(self.tree.path_below(each), attrgetter("above")) for each in bases]
        for path, shelf in self.tree.tombstones.items():
            if all(is_below(path) for is_below in tests):
                yield from shelf.by_key.values()

    def entered(self, folder: Folder) -> tuple[View, Folder]:
        """Return a folder with its view; for a mount, the folder that is mounted there."""
        if type(folder) is Mount:
            inside = self.inside(folder)
            return inside, inside.base
        return self.of(folder), folder

    def paths(self, node: Node) -> tuple[str, str]:
        """Return `path_lower` and `path_display` as the caller sees them."""
        if self.tree.mounts:
            return self.of(node).own_paths(node)
        return self.own_paths(node)

    def own_paths(self, node: Node) -> tuple[str, str]:
        """Return the same as `paths` for a node that is in this namespace."""
        lower, display = paths_of(node, self.tree.epoch)
        if self.access is not None:
            prefix, shown_prefix = self.access.prefix
            return prefix + lower, shown_prefix + display
        return (lower, display) if self.base is self.tree.root else self.shown(lower, display)

    def shown(self, lower: str, display: str) -> tuple[str, str]:
        """Return two paths of the tree as the caller sees them."""
        if self.access is not None:
            return self.access.prefix[0] + lower, self.access.prefix[1] + display
        base_lower, base_display = self.tree.paths(self.base)
        return lower[len(base_lower) :], display[len(base_display) :]

    def above(self, node: Node) -> Iterator[Node]:
        """Yield a node and the folders that it is in, up to the root of this view.

        A mount comes after the root of the folder that is mounted there.
        """
        above: Node | None = node
        while above is not None and above is not self.base:
            yield above
            above = self.tree.folder_of(above)

    def sees(self, node: Node) -> bool:
        """Return whether a node exists below the root, or in a folder that is mounted there."""
        above: Node | None = node
        while above is not None and above is not self.base:
            above = self.tree.folder_of(above)
        return above is not None

    def settled(self, at_least: int = 0) -> View:  # noqa: ARG002 -- used by `LaggingView`
        """Return the view that a listing shows, with at least the first ``at_least`` changes.

        Changes in mounted folders do not count.
        """
        return self

    def settle(self) -> None:
        """Make all changes so far visible, whatever the lag; also those in mounted folders."""

    def knows(self, node: Node) -> bool:  # noqa: ARG002 -- used by `LaggingView`
        """Return whether an existing node can be found by id, and be moved or copied (F9-08)."""
        return True

    # Paths

    def place(self, path: str) -> Place:
        """Return the place of a path: ``""``, ``/…``, ``id:…``, ``id:…/…`` or ``ns:N/…``.

        Raises:
            RouteError: ``malformed_path``, or ``not_found`` for an id or namespace that
                the caller cannot see.
        """
        if path.startswith("id:"):
            return self._by_id(path)
        if path.startswith("ns:"):
            return self._in_namespace(path)
        parts = parts_of(path)
        if self.access is not None and self.access.prefix[0]:  # paths begin with the folder's name
            if not parts or f"/{parts[0].key}" != self.access.prefix[0]:
                raise RouteError("not_found")
            parts = parts[1:]
        place = Place(self.tree, self.base, parts, self.access)
        return self._entering(place) if self.tree.mounts else place

    def _entering(self, place: Place) -> Place:
        """Return the same place in the tree of the mounted folder that the path leads into."""
        folder = place.base
        for index, name in enumerate(place.parts[:-1], 1):
            node = folder.live.by_key.get(name.key)
            if type(node) is Mount:
                inside = self.inside(node)
                rest = Place(inside.tree, inside.base, place.parts[index:], inside.access)
                return self._entering(rest) if inside.tree.mounts else rest
            if not isinstance(node, Folder):
                break
            folder = node
        return place

    def _in_namespace(self, path: str) -> Place:
        """Return the place of a path that begins with the id of a namespace (S13-09 to S13-11).

        The namespace has to be below the root of this view, or be the root itself.
        """
        match = _NAMESPACE.fullmatch(path)
        home = self.home
        if match is None or self.base not in (self.tree.root, home.root, home.home):
            raise RouteError("not_found")
        if self.access is not None and match[1] == self.access.shared.id:
            return self._entering(Place(self.tree, self.base, parts_of(match[2]), self.access))
        if match[1] == str(home.namespace_id):
            return self._in_own_namespace(home.home, match[2])
        if home.space is not None and match[1] == str(home.space.namespace_id):
            return self._in_own_namespace(home.root, match[2])
        shared = self.folders.get(match[1])
        if shared is None:
            raise RouteError("not_found", fact="S13-11")
        return self._in_shared_folder(shared, parts_of(match[2]))

    def _in_shared_folder(self, shared: SharedFolder, below: Parts) -> Place:
        """Return the place of the parts of a path below another shared folder."""
        mount = self.tree.mount_at(shared.tree.root_path)
        if mount is None or not self.sees(mount):
            has_access = self.folders.level(shared, self.home.owner) is not None
            raise RouteError("not_found", fact="S13-10" if has_access else "S13-11")
        assert mount.parent is not None
        around, name = self.of(mount), Name(mount.name, mount.key)
        place = Place(around.tree, mount.parent, (name, *below), around.access)
        return self._entering(place)

    def _in_own_namespace(self, folder: Folder, below: str) -> Place:
        """Return the place of a path below the caller's own folder, or below the team space."""
        if self.access is not None or not (folder is self.base or self.sees(folder)):
            raise RouteError("not_found", fact="S13-10")
        return self._entering(Place(self.tree, folder, parts_of(below)))

    def _by_id(self, path: str) -> Place:
        match = _ID.fullmatch(path)
        if match is None:
            raise RouteError("malformed_path", fact="F3.1-08")
        node = self.by_id(match[1])
        if node is None:
            raise RouteError("not_found")
        below, view = parts_of(match[2]), self.of(node)
        if node is view.base or node.parent is None:
            place = Place(view.tree, view.base, below, view.access)
        else:
            named = (Name(node.name, node.key), *below)  # F3.1-07
            place = Place(view.tree, node.parent, named, view.access)
        return self._entering(place) if self.tree.mounts else place

    def by_id(self, text: str) -> Node | None:
        """Return the existing node of an id (without ``id:``) if the caller sees it (F3.1-09).

        For a shared folder it is the mount.
        """
        number = self.tree.id_number(text)
        node = None if number is None else self.numbered(number)
        if node is None or self.of(node).tree.id_text(node) != f"id:{text}":
            return None
        return node

    def numbered(self, number: int) -> Node | None:
        """Return the existing node with a number if the caller sees it.

        For a shared folder it is the mount.
        """
        if number >= len(self.nodes):
            return None
        node = self.mount_or(self.nodes[number])
        return node if self.sees(node) else None

    def mount_or(self, node: Node) -> Node:
        """Return the mount of a shared folder, given its root; any other node as it is."""
        if self.tree.mounts and node.parent is None and isinstance(node, Folder):
            return self.tree.mount_at(node.path) or node
        return node

    def node(self, path: str) -> Node:
        """Return the existing node at a path.

        Raises:
            RouteError: with the tags of a `LookupError`.
        """
        found = self.place(path).there
        if found is None:
            raise RouteError("not_found")
        return found

    # Deleted entries and past revisions

    def tombstone(self, path: str) -> Tombstone | None:
        """Return the tombstone at a path, or None."""
        return tombstone_at(self.place(path))

    def at_rev(self, rev: str) -> tuple[File, Revision | None]:
        """Return the file of a revision, and that revision if it is not the current one.

        Raises:
            RouteError: ``not_found``.
        """
        for view in self.past_views():
            number = view.tree.rev_number(rev)
            found = None if number is None else view.tree.at_rev(number)
            if found is not None and view.saw(*found):
                return found
        raise RouteError("not_found")

    def rev_number(self, rev: str) -> int | None:
        """Return the number of a revision of a namespace that the caller sees, or None.

        The numbers of all namespaces are different.
        """
        views = [self] if not self.tree.mounts else self.past_views()
        numbers = (view.tree.rev_number(rev) for view in views)
        return next((number for number in numbers if number is not None), None)

    def past_views(self) -> list[View]:
        """Return the views of all namespaces whose past revisions the caller may see (S13-08).

        These are this view, those of the folders mounted in it, and those of the folders that the
        caller owned until they were unshared.
        """
        views = self.with_mounted()
        if self.base in (self.home.root, self.home.home):
            for access in self.folders.ended(self.tree.owner):
                tree = access.shared.tree
                views.append(self._replace(tree=tree, base=tree.root, access=access))
        return views

    def of_past(self, past: Revision) -> View:
        """Return the view of the namespace of a past revision that the caller may see."""
        if past.namespace_id == self.tree.namespace_id:
            return self
        number = past.namespace_id
        return next(view for view in self.past_views() if view.tree.namespace_id == number)

    def of_place(self, place: Place) -> View:
        """Return the view of the namespace of a place, which this view has resolved."""
        if place.access is self.access:
            return self
        return self._replace(tree=place.tree, base=place.tree.root, access=place.access)

    def hidden(self, lower: str) -> str:
        """Return, for a `path_lower` that the caller sees, the path of the same entry in the tree.

        If the path is not in this namespace, return a text that is not a path.
        """
        if self.access is None:
            return self.tree.paths(self.base)[0] + lower
        prefix = self.access.prefix[0]
        return lower[len(prefix) :] if lower.startswith(f"{prefix}/") else "elsewhere"

    def saw(self, file: File, past: Revision | None) -> bool:
        """Return whether the caller may see a revision of a file in this namespace.

        It may see the current revision if it sees the file or the whole tree, a past one if it sees
        the path that the file had then.
        """
        if past is None:
            return self.base is self.tree.root or self.sees(file)
        return past.path_lower.startswith(f"{self.base.path.text()}/")


class TeamSpaceView(View):
    """An administrator's view of the whole team space (P8-18).

    It shows the folders of all members and all team folders, and nothing that is in them.
    """

    __slots__ = ()


def tombstone_at(place: Place) -> Tombstone | None:
    """Return the tombstone at a place, or None."""
    if not place.parts:
        return None
    path: PathKey | None = place.base.path
    for _, key in place.parts[:-1]:
        if path is not None:
            path = path.known(key)
    return None if path is None else place.tree.tombstone(path, place.parts[-1].key)
