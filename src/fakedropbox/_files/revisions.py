"""The revisions of files, and their restoration (F8-08 to -10)."""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

from fakedropbox._files.nodes import File, Revision, Tombstone
from fakedropbox._files.places import Place, View, tombstone_at
from fakedropbox._files.store import Commit, FileStore
from fakedropbox.clock import SECOND
from fakedropbox.errors import RouteError


class Version(NamedTuple):
    """A file at one revision, as ``view`` shows it; ``past`` is None for the current one."""

    view: View
    rev: int
    file: File
    past: Revision | None


class History(NamedTuple):
    """All revisions, newest first; ``deleted`` is the time of the file's deletion, in seconds."""

    versions: list[Version]
    deleted: int | None


def at_path(view: View, place: Place) -> History:
    """Return all revisions that were ever at a path, in any namespace that it has led into.

    Raises:
        RouteError: with the tags of a `LookupError`.
    """
    file, tomb = _at(place)
    own = view.of_place(place)
    keys = [own.tree.paths(place.base)[0], *[key for _, key in place.parts]]
    lower = own.shown("/".join(keys), "")[0]
    versions = [
        Version(each, past.rev, owner, past)
        for each in view.past_views()
        for owner, past in each.tree.past_at(each.hidden(lower))
    ]
    if tomb is None:
        versions.append(Version(own, file.rev, file, None))
    return History(_newest_first(versions), None if tomb is None else _deleted_at(tomb))


def of_file(view: View, place: Place) -> History:
    """Return all revisions of the file that is or was at a path, whatever its path was (F8-09).

    Raises:
        RouteError: with the tags of a `LookupError`.
    """
    file, tomb = _at(place)
    is_deleted = file.parent is None
    versions = [
        Version(each, past.rev, file, past)
        for past in view.tree.past_of(file)
        for each in view.past_views()
        if each.tree.namespace_id == past.namespace_id and each.saw(file, past)
    ]
    if not is_deleted and view.sees(file):
        versions.append(Version(view.of(file), file.rev, file, None))
    deleted = _deleted_at(tomb) if is_deleted and tomb is not None else None
    return History(_newest_first(versions), deleted)


def _at(place: Place) -> tuple[File, Tombstone | None]:
    reach = place.reach()
    tomb = None if not reach.missing else tombstone_at(place)
    found = reach.found if not reach.missing else None if tomb is None else tomb.node
    if found is None:
        raise RouteError("not_found")
    if not isinstance(found, File):
        raise RouteError("not_file", fact="F8-08")  # also a deleted folder
    return found, tomb


def _newest_first(versions: list[Version]) -> list[Version]:
    return sorted(versions, key=attrgetter("rev"), reverse=True)


def _deleted_at(tomb: Tombstone) -> int:
    return tomb.number // SECOND  # the number is like that of a revision: in microseconds


def restore(store: FileStore, view: View, place: Place, rev: str) -> File:
    """Write the content of a revision to a path (F8-10).

    If the file of the revision is deleted and the path is free, the file comes back with its id,
    unless it was in another namespace.
    If there is a file at the path, it is overwritten and keeps its id. Otherwise a new file is
    created.

    Raises:
        RouteError: with the tags of a `RestoreError`.
    """
    try:
        file, past = view.at_rev(rev)
    except RouteError:
        raise RouteError("invalid_revision", fact="F8-10") from None
    shown = file if past is None else past
    commit = Commit(mode="overwrite", client_modified=shown.client_modified)
    try:
        is_here = past is None or past.namespace_id == place.tree.namespace_id
        if is_here and file.parent is None and place.reach().missing:
            return store.revive(place, file, shown.blob, shown.client_modified)
        return store.write(place, shown.blob.digest, shown.blob.read(), commit)
    except RouteError as error:
        raise error.under("path_write") from None
