"""The files of an account as the page shows them: the entries of one folder, and one entry.

A folder is read as it is shown, some entries at a time, so that large accounts stay quick. All
functions are called under the lock of the service.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fakedropbox._api.files.metadata import moment
from fakedropbox._core.tree_text import people_of_file, people_of_folder, shared_elsewhere
from fakedropbox._files import revisions
from fakedropbox._files.blobs import Blob
from fakedropbox._files.nodes import File, Folder, Node, Tombstone
from fakedropbox._files.places import Entry, View, tombstone_at
from fakedropbox._files.revisions import Version
from fakedropbox._files.tree import Mount, everything_below
from fakedropbox._identity.accounts import Account
from fakedropbox._page.links import link_in_words
from fakedropbox._page.previews import Line, Preview, difference, preview_of
from fakedropbox.calls import World
from fakedropbox.errors import RouteError

ROWS = 200
"""The number of entries that are shown at once."""

_FOUND = 500
"""The greatest number of entries that a search shows."""


class Row(NamedTuple):
    """An entry of a folder, or one that was found: deleted ones have no size and no time."""

    name: str
    path: str
    kind: str
    size: int | None = None
    modified: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_folder(self) -> bool:
        """True for a folder, also a deleted one, which may have deleted entries."""
        return self.kind.endswith("folder")

    @property
    def is_deleted(self) -> bool:
        """True for a deleted entry."""
        return self.kind.startswith("deleted")


class Listed(NamedTuple):
    """Some entries of one folder, beginning with number ``start`` of ``total``.

    ``trail`` has the name and path of each folder down to this one, which are empty for the root.
    ``people`` and ``links`` are those of the folder; ``elsewhere`` are lines about items that
    others share with the account and that are in none of its folders.
    """

    path: str
    trail: list[tuple[str, str]]
    rows: list[Row]
    start: int
    total: int
    is_deleted: bool
    people: str
    links: list[str]
    elsewhere: list[str]


class Found(NamedTuple):
    """The first entries whose paths have a text in them, and the number of all of them."""

    rows: list[Row]
    total: int


class ShownRevision(NamedTuple):
    """One revision of a file; ``rev`` names it, ``before`` the one before it, empty if none."""

    rev: str
    before: str
    path: str
    size: int
    modified: str
    is_current: bool


class Opened(NamedTuple):
    """A file with all that is known about it, at one of its revisions."""

    path: str
    facts: list[tuple[str, str]]
    rev: str
    is_current: bool
    is_deleted: bool
    preview: Preview
    versions: list[ShownRevision]
    people: str
    links: list[str]


def listed(world: World, account: Account, path: str, start: int) -> Listed | None:
    """Return some entries of a folder, also of a deleted one; None if there is no such folder."""
    view = world.files.views[account.namespace_id]
    found = _at(view, path)
    if found is None or isinstance(found.node, File):
        return None
    entries = sorted(found.entries, key=_in_order)
    node, people = found.node, ""
    if isinstance(node, Mount):
        people = people_of_folder(world, world.files.shared_folders.with_tree(node.target))
    return Listed(
        path=found.path,
        trail=_trail(found.path),
        rows=[_row(world, account, found.view, each) for each in entries[start : start + ROWS]],
        start=start,
        total=len(entries),
        is_deleted=node is None,
        people=people,
        links=[] if node is None else _links(world, node),
        elsewhere=[] if path else shared_elsewhere(world, account),
    )


def found(world: World, account: Account, text: str) -> Found:
    """Return the existing entries whose paths have a text in them, in upper or lower case."""
    view, wanted = world.files.views[account.namespace_id], text.casefold()
    nodes = (node for node in everything_below(view.base) if node is not view.base)
    paths = [
        (path, seen, node)
        for seen, node in view.each(nodes)
        if wanted in (path := seen.own_paths(node)[1]).casefold()
    ]
    paths.sort(key=lambda each: each[0].casefold())
    rows = [
        _row(world, account, seen, node)._replace(name=path) for path, seen, node in paths[:_FOUND]
    ]
    return Found(rows, len(paths))


def all_rows(world: World, account: Account) -> list[Row]:
    """Return all entries of an account by their paths, also the deleted ones."""
    view = world.files.views[account.namespace_id]
    nodes = (node for node in everything_below(view.base) if node is not view.base)
    rows = [_row(world, account, seen, node) for seen, node in view.each(nodes)]
    for seen in (view, *map(view.inside, view.mounts_below(view.base))):
        for shelf in seen.tree.tombstones.values():
            rows += [_row(world, account, seen, tomb) for tomb in shelf.by_key.values()]
    return sorted(rows, key=lambda row: row.path.casefold())


def opened(world: World, account: Account, path: str, rev: str) -> Opened | None:
    """Return a file at a revision, the latest one if ``rev`` is empty; None if it is not there."""
    view = world.files.views[account.namespace_id]
    versions = _versions(view, path)
    version = _version(versions, rev)
    if version is None:
        return None
    file = version.file
    shown = version.past or file
    is_deleted = file.parent is None
    facts = [
        ("Size", f"{shown.blob.size:,} bytes"),
        ("Modified", str(moment(shown.server_modified))),
        ("At the client", str(moment(shown.client_modified))),
        ("Id", version.view.tree.id_text(file)),
        ("Revision", _rev_of(version)),
        ("Content hash", shown.blob.digest.hex()),
    ]
    return Opened(
        path=_path_of(version),
        facts=facts,
        rev=_rev_of(version),
        is_current=version.past is None,
        is_deleted=is_deleted,
        preview=preview_of(shown.blob),
        versions=_shown(versions),
        people=people_of_file(world, world.files.shared_files.get(file)),
        links=[] if is_deleted else _links(world, file),
    )


def blob_of(world: World, account: Account, path: str, rev: str) -> Blob | None:
    """Return the content of a file at a revision; None if there is no such file or revision."""
    version = _version(_versions(world.files.views[account.namespace_id], path), rev)
    return None if version is None else (version.past or version.file).blob


def changed(world: World, account: Account, path: str, rev: str) -> list[Line] | str:
    """Return the difference of a revision of a file to the one before it."""
    versions = _versions(world.files.views[account.namespace_id], path)
    version = _version(versions, rev)
    at = versions.index(version) if version is not None else len(versions)
    if at + 1 >= len(versions):
        return "There is no earlier revision."
    new, old = ((each.past or each.file).blob for each in versions[at : at + 2])
    return difference(old, new)


class _Found(NamedTuple):
    """A file, or a folder with its entries: its view, and its path as it is shown.

    ``node`` is None if it is deleted.
    """

    view: View
    path: str
    node: Node | None
    entries: list[Entry]


def _at(view: View, path: str) -> _Found | None:
    try:
        place = view.place(path)
    except RouteError:
        return None
    node = place.there
    if isinstance(node, Folder):
        shown = view.paths(node)[1]
        inner, folder = view.entered(node)
        return _Found(inner, shown, node, _entries(inner, folder))
    if node is not None:
        return _Found(view, path, node, [])
    tomb = tombstone_at(place)
    if tomb is None or not isinstance(tomb.node, Folder):
        return None
    inner = view.of_place(place)
    shown = inner.shown(tomb.path_lower, tomb.path_display)[1]
    return _Found(inner, shown, None, _entries(inner, tomb))


def _entries(view: View, folder: Folder | Tombstone) -> list[Entry]:
    """Return the entries of a folder, and the deleted ones."""
    shelves = view.tree.shelves(folder, deleted=True)
    return [entry for shelf in shelves for entry in shelf.by_key.values()]


def _in_order(entry: Entry) -> tuple[bool, str, bool]:
    is_deleted = isinstance(entry, Tombstone)
    node = entry.node if isinstance(entry, Tombstone) else entry
    return isinstance(node, File), entry.key, is_deleted


def _row(world: World, account: Account, view: View, entry: Entry) -> Row:
    if isinstance(entry, Tombstone):
        path = view.shown(entry.path_lower, entry.path_display)[1]
        kind = "file" if isinstance(entry.node, File) else "folder"
        return Row(entry.name, path, f"deleted {kind}")
    path, notes = view.own_paths(entry)[1], _notes(world, account, entry)
    if not isinstance(entry, File):
        kind = "shared folder" if isinstance(entry, Mount) else "folder"
        return Row(entry.name, path, kind, notes=notes)
    modified = str(moment(entry.server_modified))
    return Row(entry.name, path, "file", entry.blob.size, modified, notes)


def _notes(world: World, account: Account, node: Node) -> tuple[str, ...]:
    files = world.files
    notes = []
    if isinstance(node, File) and files.shared_files.has_members(node):
        notes.append("shared")
    if isinstance(node, File) and node.past:
        notes.append(f"{len(node.past) + 1} revisions")
    if files.shared_links.of(_linked(node), account.account_id) is not None:
        notes.append("link")
    return tuple(notes)


def _linked(node: Node) -> Node:
    """Return the node to which the links of a node lead: for a mount, the folder itself."""
    return node.target.root if isinstance(node, Mount) else node


def _links(world: World, node: Node) -> list[str]:
    """Return each working link to a node, with its owner."""
    known, target = world.files.shared_links, _linked(node)
    links = ((each, known.of(target, each.account_id)) for each in world.accounts)
    return [
        f"{link_in_words(world, link)}, by {owner.email}"
        for owner, link in links
        if link is not None
    ]


def _trail(path: str) -> list[tuple[str, str]]:
    names = path.split("/")[1:] if path else []
    return [(name, "/" + "/".join(names[: at + 1])) for at, name in enumerate(names)]


def _versions(view: View, path: str) -> list[Version]:
    """Return all revisions of the file that is or was at a path, newest first."""
    try:
        return revisions.of_file(view, view.place(path)).versions
    except RouteError:
        return []


def _version(versions: Iterable[Version], rev: str) -> Version | None:
    return next((each for each in versions if not rev or _rev_of(each) == rev), None)


def _rev_of(version: Version) -> str:
    return version.view.tree.rev_text(version.rev)


def _path_of(version: Version) -> str:
    view, file, past = version.view, version.file, version.past
    if past is None:
        return view.own_paths(file)[1]
    return view.shown(past.path_lower, past.path_display)[1]


def _shown(versions: list[Version]) -> list[ShownRevision]:
    revs = [*map(_rev_of, versions), ""]
    return [
        ShownRevision(
            rev=revs[at],
            before=revs[at + 1],
            path=_path_of(each),
            size=(each.past or each.file).blob.size,
            modified=str(moment((each.past or each.file).server_modified)),
            is_current=each.past is None,
        )
        for at, each in enumerate(versions)
    ]
