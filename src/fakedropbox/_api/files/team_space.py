"""The top of a team space as an administrator sees it: all members' and team folders (P8-18).

A cursor has the entries that were returned so far, so that the next page has all others, and
whatever is gone since.
"""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files.metadata import metadata_of
from fakedropbox._api.files.sharing_info import show_in_team_space
from fakedropbox._api.structs import maker
from fakedropbox._files.cursors import TOP, open_cursor, seal_cursor
from fakedropbox._files.paths import fold
from fakedropbox.calls import Call, World
from fakedropbox.errors import RouteError

_new_folder = maker(files.FolderMetadata, "name", "path_lower", "path_display", "id")
_new_deleted = maker(files.DeletedMetadata, "name", "path_lower", "path_display")
_listed = maker(files.ListFolderResult, "entries", "cursor", "has_more")

Seen = dict[str, str]
"""The names of the folders that were returned so far, by their ids."""


def first_page(call: Call, limit: int | None) -> Any:
    """Return the first page of the folders at the top."""
    return _page(call, {}, limit or call.world.personality.page_size)


def next_page(call: Call, cursor: str) -> Any:
    """Return further folders, or what has changed since the last page; None for another team's."""
    fields = open_cursor(call.world.chance, cursor)
    assert fields is not None, "the gate has read it already"
    _, team_id, limit, seen = fields
    if team_id != _team_id(call):
        return None
    return _page(call, seen, limit)


def latest_cursor(call: Call, limit: int | None) -> str:
    """Return the cursor for all changes from now on."""
    seen = {id_: meta.name for id_, meta in _entries(call.world, _team_id(call)).items()}
    return _cursor(call, seen, limit or call.world.personality.page_size)


def has_changed(world: World, cursor: str) -> bool | None:
    """Return whether `next_page` has anything to report; None for a cursor of another kind.

    Raises:
        RouteError: ``reset``: a restored snapshot has removed the team.
    """
    fields = open_cursor(world.chance, cursor)
    if fields is None or fields[0] != TOP:
        return None
    _, team_id, _, seen = fields
    if all(team.team_id != team_id for team in world.teams):
        raise RouteError("reset", fact="F6.2-02")
    return bool({id_: meta.name for id_, meta in _entries(world, team_id).items()} != seen)


def folder_named(call: Call, path: str) -> Any:
    """Return the metadata of the folder at a path, which the call has been admitted for."""
    key = fold(path.strip("/"))
    entries = _entries(call.world, _team_id(call)).values()
    return next(meta for meta in entries if meta.path_lower == f"/{key}")


def _team_id(call: Call) -> str:
    assert call.grant is not None
    assert call.grant.team is not None, "only a team's token acts as an administrator"
    return call.grant.team.team_id


def _page(call: Call, seen: Seen, limit: int) -> Any:
    now = _entries(call.world, _team_id(call))
    gone = [id_ for id_, name in seen.items() if id_ not in now or now[id_].name != name]
    new = [id_ for id_, meta in now.items() if seen.get(id_) != meta.name]
    changes = [*((id_, True) for id_ in gone), *((id_, False) for id_ in new)]
    known, entries = dict(seen), []
    for id_, is_gone in changes[:limit]:
        if is_gone:
            name = known.pop(id_)
            entries.append(_new_deleted(name, f"/{fold(name)}", f"/{name}"))
        else:
            known[id_] = now[id_].name
            entries.append(now[id_])
    return _listed(entries, _cursor(call, known, limit), len(changes) > limit)


def _cursor(call: Call, seen: Seen, limit: int) -> str:
    return seal_cursor(call.world.chance, [TOP, _team_id(call), limit, seen])


def _entries(world: World, team_id: str) -> dict[str, Any]:
    """Return the metadata of all folders at the top of a team space by id, in order of the names.

    A removed member, and an archived team folder, has none.
    """
    found = []
    team = next(team for team in world.teams if team.team_id == team_id)
    for member in world.teams.members(team):
        if member.account is not None and member.state != "removed":
            top = world.files.views[member.namespace_id].at_top()
            found.append(metadata_of(top, top.tree.home))
    for folder in world.files.team_folders.of(team_id):
        if folder.status == "active":
            shared, name = folder.shared, folder.name
            id_ = shared.tree.id_text(shared.folder)
            meta = _new_folder(name, f"/{fold(name)}", f"/{name}", id_)
            show_in_team_space(shared, meta)
            found.append(meta)
    found.sort(key=lambda meta: meta.path_lower)
    return {meta.id: meta for meta in found}
