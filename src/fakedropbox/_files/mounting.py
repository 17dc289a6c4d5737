"""Shared folders in trees: sharing and unsharing, mounting, unmounting and leaving (S12, S13)."""

from __future__ import annotations

from dataclasses import replace

from fakedropbox._files import copying
from fakedropbox._files.nodes import File, Folder, Node
from fakedropbox._files.paths import Name
from fakedropbox._files.places import Place
from fakedropbox._files.shared_folders import Policy, SharedFolder
from fakedropbox._files.store import FileStore
from fakedropbox._files.tree import Mount, Tree, tree_of


def share(
    store: FileStore, folder: Folder, policy: Policy, preview_url: str, now: int
) -> SharedFolder:
    """Share a folder of an account; the caller has checked that it can be shared.

    Everything in it moves into a new namespace; paths and ids stay, and files get revisions of
    that namespace (S13-05 to S13-07).
    """
    home, spot = tree_of(folder), _spot(folder)
    top, *below = home.subtree(folder)
    _, *former = store.leave_tombstones(home, [top, *below], passing=True)
    home.take(folder)
    tree = store.separate(folder, home, store.shared_folders.next_id())
    tree.receive(folder, below, home)
    store.settle_in(tree, below, home, former, None)
    _put_mount(store, tree, spot)
    return store.shared_folders.add(tree, policy, preview_url, now)


def unshare(store: FileStore, shared: SharedFolder, *, leave_a_copy: bool = False) -> None:
    """End the sharing of a folder: it becomes an ordinary one of its owner (S12-18).

    An owner who has not mounted it gets it back where it would be mounted.

    Raises:
        RouteError: ``too_many_files``: it is too large to be copied for the members.
    """
    for member in list(shared.members):
        if member != shared.owner:
            leave(store, shared, store.homes[member], leave_a_copy=leave_a_copy)
    for home in list(store.homes.values()) if shared.groups else ():
        by_group = shared.mounted_in(home)
        if by_group is not None and home.owner != shared.owner:
            _take_away(store, shared, by_group, leave_a_copy=leave_a_copy)
    home, tree = store.homes[shared.owner], shared.tree
    mount = shared.mounted_in(home) or add_mount(store, shared, home)
    prefix = store.views[home.namespace_id].paths(mount)
    access, spot = store.shared_folders.access(shared, home, prefix), _spot(mount)
    store.delete(mount)
    nodes: list[Node] = list(tree.subtree(tree.root))
    if shared.owner != tree.owner:
        _record_writers(tree, nodes)
    former = [tree.paths(node) if isinstance(node, File) else None for node in nodes]
    folder = tree.root
    home.receive(folder, nodes, tree)
    tree.uproot()
    _put(home, folder, spot)
    store.settle_in(home, nodes, tree, former, None)
    store.shared_folders.end(shared, access)


def _record_writers(tree: Tree, nodes: list[Node]) -> None:
    """Record who shared the folder as the last writer of files without a recorded one (S13-04)."""
    for node in nodes:
        if isinstance(node, File) and tree.tables.writers.get(node) is None:
            tree.tables.writers.set(node, tree.owner)


def add_mount(store: FileStore, shared: SharedFolder, home: Tree) -> Mount:
    """Mount a folder among the files of a member, at a free name (S12-01, S12-02)."""
    folder = shared.folder
    above = home.root if shared.is_team_folder else home.home
    place = Place(home, above, (Name(folder.name, folder.key),))
    reach, name = place.reach(), place.parts[-1]
    if not reach.missing:
        name = store.free_name(name, reach, is_folder=True, is_copy=False)
    return _put_mount(store, shared.tree, replace(place, parts=(name,)))


def leave(
    store: FileStore, shared: SharedFolder, home: Tree, *, leave_a_copy: bool = False
) -> None:
    """End the membership of an account, which loses the mount (S11-34, S12-14).

    With ``leave_a_copy`` a private copy takes the place of the mount. An account that still has
    access by a group keeps the mount (S11-43).

    Raises:
        RouteError: ``too_many_files``: the folder is too large to be copied.
    """
    mount = shared.mounted_in(home)
    store.shared_folders.remove_member(shared, home.owner)
    if mount is not None and store.shared_folders.level(shared, home.owner) is None:
        _take_away(store, shared, mount, leave_a_copy=leave_a_copy)


def _take_away(store: FileStore, shared: SharedFolder, mount: Mount, *, leave_a_copy: bool) -> None:
    spot = _spot(mount)
    store.delete(mount)
    if leave_a_copy:
        copying.replace_mount(store, shared.folder, spot)


def _spot(folder: Folder) -> Place:
    """Return the place where a folder is."""
    assert folder.parent is not None
    return Place(tree_of(folder), folder.parent, (Name(folder.name, folder.key),))


def _put_mount(store: FileStore, tree: Tree, spot: Place) -> Mount:
    home = spot.tree
    mount = store.new_mount(tree)
    home.receive(mount, [mount], tree)
    _put(home, mount, spot)
    store.settle_in(home, [mount], tree, [None], None)
    return mount


def _put(home: Tree, folder: Folder, spot: Place) -> None:
    home.put(folder, spot.base, spot.parts[-1], spot.shown_parent)
