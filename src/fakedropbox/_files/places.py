"""Resolution of a path, as a caller writes it, to a place in a tree (F3.1-01 to -09)."""

from __future__ import annotations

import re
from typing import NamedTuple

from fakedropbox._files.nodes import (
    File,
    Folder,
    Node,
    PathKey,
    Revision,
    ShownPath,
    Tombstone,
)
from fakedropbox._files.paths import Name, Parts, parts_of
from fakedropbox._files.tree import Reach, Tree
from fakedropbox.errors import NotImplementedInFake, RouteError

_ID = re.compile(r"id:([A-Za-z0-9_-]{22})((?:/.*)?)", re.DOTALL)
_NAMESPACE = re.compile(r"ns:([0-9]+)((?:/.*)?)", re.DOTALL)


class Place(NamedTuple):
    """The target of a path: components below a folder of one tree."""

    tree: Tree
    base: Folder
    parts: Parts

    def reach(self) -> Reach:
        """Follow the path as far as it leads."""
        return self.tree.reach(self.base, self.parts)

    @property
    def there(self) -> Node | None:
        """The existing node at this place, or None."""
        reach = self.reach()
        return None if reach.missing else reach.found

    @property
    def shown(self) -> str:
        """The path as it was written."""
        return f"{self.shown_parent.text()}/{self.parts[-1].shown}" if self.parts else "/"

    @property
    def shown_parent(self) -> ShownPath:
        """The parent's path as it was written (F3.3-03)."""
        return self.shown_parents()[-1]

    def shown_parents(self) -> list[ShownPath]:
        """Return, as it was written, the path of the folder that contains each component."""
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


class View(NamedTuple):
    """A caller's view of a tree: the whole tree, or an app folder as its root."""

    tree: Tree
    base: Folder
    nodes: list[Node]

    def paths(self, node: Node) -> tuple[str, str]:
        """Return `path_lower` and `path_display` as the caller sees them."""
        paths = self.tree.paths(node)
        return paths if self.base is self.tree.root else self.shown(*paths)

    def shown(self, lower: str, display: str) -> tuple[str, str]:
        """Return two paths of the tree as the caller sees them."""
        base_lower, base_display = self.tree.paths(self.base)
        return lower[len(base_lower) :], display[len(base_display) :]

    def sees(self, node: Node) -> bool:
        """Return whether a node exists below the root of this view."""
        above: Node | None = node
        while above is not None and above is not self.base:
            above = above.parent
        return above is not None

    def settled(self, at_least: int = 0) -> View:  # noqa: ARG002 -- used by `LaggingView`
        """Return the view that a listing shows, with at least the first ``at_least`` changes."""
        return self

    def knows(self, node: Node) -> bool:  # noqa: ARG002 -- used by `LaggingView`
        """Return whether an existing node can be found by id, and be moved or copied (F9-08)."""
        return True

    def place(self, path: str) -> Place:
        """Return the place of a path: ``""``, ``/…``, ``id:…``, ``id:…/…`` or ``ns:N/…``.

        Raises:
            RouteError: ``malformed_path``, or ``not_found`` for an id or namespace that
                the caller cannot see.
            NotImplementedInFake: the namespace is a folder that another account has shared.
        """
        if path.startswith("id:"):
            return self._by_id(path)
        if path.startswith("ns:"):
            match = _NAMESPACE.fullmatch(path)
            own = self.base is self.tree.root
            if match is not None and own and match[1] in self.tree.namespaces:
                return self._shared(match[1], match[2])
            if match is None or not own or match[1] != str(self.tree.namespace_id):
                raise RouteError("not_found")
            path = match[2]
        return Place(self.tree, self.base, parts_of(path))

    def _shared(self, namespace: str, path: str) -> Place:
        """Return the place of a path below a shared folder, which the caller is a member of."""
        folder = self.tree.namespaces[namespace]
        if folder is None:
            raise NotImplementedInFake(
                f"ns:{namespace}: the files of a folder that another account has shared are not "
                f"implemented in fakedropbox"
            )
        assert folder.parent is not None
        return Place(self.tree, folder.parent, (Name(folder.name, folder.key), *parts_of(path)))

    def _by_id(self, path: str) -> Place:
        match = _ID.fullmatch(path)
        if match is None:
            raise RouteError("malformed_path", fact="F3.1-08")
        node = self.by_id(match[1])
        if node is None:
            raise RouteError("not_found")
        if node is self.base or node.parent is None:
            return Place(self.tree, self.base, parts_of(match[2]))
        below = parts_of(match[2])
        return Place(self.tree, node.parent, (Name(node.name, node.key), *below))  # F3.1-07

    def by_id(self, text: str) -> Node | None:
        """Return the existing node of an id (without ``id:``) if the caller sees it (F3.1-09)."""
        number = self.tree.id_number(text)
        if number is None or number >= len(self.nodes):
            return None
        node = self.nodes[number]
        return node if self.sees(node) else None

    def node(self, path: str) -> Node:
        """Return the existing node at a path.

        Raises:
            RouteError: with the tags of a `LookupError`.
        """
        place = self.place(path)
        _, found, missing = self.tree.reach(place.base, place.parts)
        if found is None or missing:
            raise RouteError("not_found")
        return found

    def tombstone(self, path: str) -> Tombstone | None:
        """Return the tombstone at a path, or None."""
        return self.tombstone_at(self.place(path))

    def tombstone_at(self, place: Place) -> Tombstone | None:
        """Return the tombstone at a place, or None."""
        if not place.parts:
            return None
        path: PathKey | None = place.base.path
        for _, key in place.parts[:-1]:
            if path is not None:
                path = path.known(key)
        return None if path is None else self.tree.tombstone(path, place.parts[-1].key)

    def at_rev(self, rev: str) -> tuple[File, Revision | None]:
        """Return the file of a revision, and that revision if it is not the current one.

        Raises:
            RouteError: ``not_found``.
        """
        number = self.tree.rev_number(rev)
        found = None if number is None else self.tree.at_rev(number)
        if found is None or not self.saw(*found):
            raise RouteError("not_found")
        return found

    def saw(self, file: File, past: Revision | None) -> bool:
        """Return whether the caller may see a revision.

        It may see the current revision if it sees the file, a past one if it sees the path that the
        file had then.
        """
        if past is None:
            return self.base is self.tree.root or self.sees(file)
        return past.path_lower.startswith(f"{self.base.path.text()}/")
