"""Copies of files and folders, within one tree or into another (F7-01 to -09)."""

from __future__ import annotations

from fakedropbox._facts.limits import MOVE_ITEMS
from fakedropbox._files.nodes import File, Folder, Node, size_of
from fakedropbox._files.paths import Name
from fakedropbox._files.places import Place
from fakedropbox._files.references import Source
from fakedropbox._files.store import FileStore, conflict
from fakedropbox._files.tree import Reach, everything_below
from fakedropbox.errors import RouteError


def copy(store: FileStore, node: Node, place: Place, *, autorename: bool) -> Node:
    """Copy a node; the copies get new ids and revisions (F7-01).

    The copy of a shared folder is a private one (S13-16).

    Raises:
        RouteError: with the tags of a `RelocationError`.
    """
    reach = store.checked_target(node, place, "duplicated_or_nested_paths")
    if reach.found is node and not reach.missing:
        # The same path, also if it differs in letter case
        raise RouteError("duplicated_or_nested_paths", fact="F7-06")
    name = place.parts[-1]
    if not reach.missing:
        if not autorename:
            raise RouteError(f"to/{conflict(reach.found)}", fact="F7-04")
        is_folder = isinstance(node, Folder)
        name = store.free_name(name, reach, is_folder=is_folder, is_copy=False)
    nodes = _few_enough(node)
    if not store.has_room(place.home, size_of(nodes)):
        raise RouteError("insufficient_quota", fact="F7-09")
    return _copied(store, nodes, place, reach, name)


def replace_mount(store: FileStore, folder: Folder, place: Place) -> Node:
    """Copy a shared folder to the place at which it was mounted, and return the copy.

    It has counted for the account already, so no free space is needed (S11-34).

    Raises:
        RouteError: ``too_many_files``.
    """
    return _copied(store, _few_enough(folder), place, place.reach(), place.parts[-1])


def save(store: FileStore, source: Source, place: Place) -> Node:
    """Copy the target of a copy reference to a path where nothing exists (F7-12).

    Raises:
        RouteError: with the tags of a `SaveCopyReferenceError`.
    """
    try:
        reach = store.free_spot(place, for_file=isinstance(source.node, File))
    except RouteError as error:
        raise error.under("path") from None
    past, name = source.past, place.parts[-1]
    nodes = _few_enough(source.node)
    if not store.has_room(place.home, size_of(nodes) if past is None else past.blob.size):
        raise RouteError("path/insufficient_space", fact="F4-12")
    if past is None:
        return _copied(store, nodes, place, reach, name)
    folder, shown = store.make_parents(place, reach)
    return store.add_file(place, folder, name, shown, past.blob, past.client_modified)


def _few_enough(node: Node) -> list[Node]:
    nodes = list(everything_below(node)) if isinstance(node, Folder) else [node]
    if len(nodes) - isinstance(node, Folder) > MOVE_ITEMS:
        raise RouteError("too_many_files", fact="F7-09")
    return nodes


def _copied(store: FileStore, nodes: list[Node], place: Place, reach: Reach, name: Name) -> Node:
    """Copy a node and everything below it, parents first; return the topmost copy."""
    tree = place.tree
    top, shown = store.make_parents(place, reach)
    copies: dict[int, Folder] = {}
    first: Node | None = None
    for node in nodes:
        if first is None:
            folder, its_name, its_parent = top, name, shown
        else:
            assert node.parent is not None
            folder = copies[node.parent.number]
            its_name, its_parent = Name(node.name, node.key), folder.shown(tree.epoch)
        if isinstance(node, File):
            made: Node = store.add_file(
                place, folder, its_name, its_parent, node.blob, node.client_modified
            )
        else:
            made = copies[node.number] = store.add_folder(tree, folder, its_name, its_parent)
        first = first or made
    assert first is not None
    return first
