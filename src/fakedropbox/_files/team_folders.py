"""Team folders: namespaces that belong to a team and not to an account (P8-06)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.shared_folders import SharedFolder


class TeamFolder(NamedTuple):
    """A team folder: it belongs to a team.

    While it is active, it is open to its members and to the team's administrators. ``shared`` has
    the content, ``team_id`` is the team. ``status`` is ``active`` or ``archived``, ``sync`` the
    tag of the SDK's `SyncSetting`.
    """

    shared: SharedFolder
    team_id: str
    name: str
    status: str = "active"
    sync: str = "default"


class TeamFolders:
    """The team folders of all teams, in the order of their creation."""

    parts = ("team folder",)

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._by_id: dict[str, TeamFolder] = {}

    def get(self, id_: str) -> TeamFolder | None:
        """Return the team folder of any team with an id, or None."""
        return self._by_id.get(id_)

    def is_closed(self, id_: str) -> bool:
        """Return whether a folder is archived, or deleted for ever, so that nobody reaches it."""
        folder = self._by_id.get(id_)
        return folder is None or folder.status != "active"

    def of(self, team_id: str) -> list[TeamFolder]:
        """Return the folders of a team."""
        return [folder for folder in self._by_id.values() if folder.team_id == team_id]

    def add(self, folder: TeamFolder) -> None:
        """Add a folder that was just made."""
        self._by_id[folder.shared.id] = folder
        self._undo.change(_key(folder), self._by_id.pop, folder.shared.id)

    def change(self, folder: TeamFolder, **fields: Any) -> TeamFolder:
        """Replace fields of a folder."""
        changed = folder._replace(**fields)
        self._undo.change(_key(folder), self._by_id.__setitem__, folder.shared.id, folder)
        self._by_id[folder.shared.id] = changed
        return changed

    def remove(self, folder: TeamFolder) -> None:
        """Remove a folder, whose content nobody can reach any more."""
        self._undo.change(_key(folder), setattr, self, "_by_id", self._by_id)
        others = self._by_id.items()
        self._by_id = {id_: each for id_, each in others if each is not folder}

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        return map(_key, self._by_id.values())

    def record(self, key: Key) -> Values | None:
        """Return a folder."""
        return self._by_id.get(key[1])

    def load(self, _part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add folders, whose content is loaded already."""
        # Sorted, as a folder that a restored snapshot brought back is the last one in the file.
        found = sorted((TeamFolder(*values) for _, values in rows), key=_namespace)
        self._by_id |= {folder.shared.id: folder for folder in found}


def _key(folder: TeamFolder) -> Key:
    return "team folder", folder.shared.id


def _namespace(folder: TeamFolder) -> int:
    return folder.shared.tree.namespace_id
