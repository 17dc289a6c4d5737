"""Tags, properties and locks of the model's entries, stored by the number of the entry."""

from __future__ import annotations

from datetime import datetime

from fakedropbox.machines._entries import Entry, refuse
from fakedropbox.machines._tree import Tree

_MOST_TAGS = 20


class Tags:
    """The tags of the model's entries, in lower case (F8-12)."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._by_id: dict[int, set[str]] = {}

    def at(self, path: str) -> set[str]:
        """Return the tags of the entry at a path."""
        return self._by_id.setdefault(self._tree.find(path).id, set())

    def owners(self) -> list[str]:
        """Return the keys of the entries that have tags."""
        return [key for key, old in self._tree.live.items() if self._by_id.get(old.id)]

    def add(self, path: str, text: str) -> None:
        """Add a tag; an existing one changes nothing."""
        tags, tag = self.at(path), text.lower()
        refuse(["too_many_tags"] if tag not in tags and len(tags) == _MOST_TAGS else [])
        tags.add(tag)

    def remove(self, path: str, text: str) -> None:
        """Remove a tag."""
        tags = self.at(path)
        refuse([] if text.lower() in tags else ["tag_not_present"])
        tags.remove(text.lower())


class Properties:
    """The property values of the model's entries, all of one template."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._by_id: dict[int, dict[str, str]] = {}

    def at(self, path: str) -> dict[str, str]:
        """Return the values of the entry at a path."""
        return self._by_id.get(self._tree.find(path).id, {})

    def owners(self) -> list[str]:
        """Return the keys of the entries that have values."""
        return [key for key, old in self._tree.live.items() if self._by_id.get(old.id)]

    def having(self, name: str, value: str) -> set[int]:
        """Return the numbers of the entries that have this value."""
        living = {old.id for old in self._tree.live.values()}
        return {number for number in living if self._by_id.get(number, {}).get(name) == value}

    def add(self, path: str, values: dict[str, str]) -> None:
        """Add values to an entry that has none."""
        refuse(["property_group_already_exists"] if self.at(path) else [])
        self.overwrite(path, values)

    def overwrite(self, path: str, values: dict[str, str]) -> None:
        """Set the values of an entry, in place of any earlier ones."""
        self._by_id[self._tree.find(path).id] = values

    def update(self, path: str, values: dict[str, str], removed: str) -> None:
        """Change some values, and remove one."""
        kept = {**self._given(path), **values}
        kept.pop(removed, None)
        self.overwrite(path, kept)

    def remove(self, path: str) -> None:
        """Remove all values."""
        self._given(path)
        del self._by_id[self._tree.find(path).id]

    def _given(self, path: str) -> dict[str, str]:
        values = self.at(path)
        refuse([] if values else ["property_group_lookup/property_group_not_found"])
        return values


class Locks:
    """The locks of the model's files (F8-12).

    ``known`` has True for the number of a locked file and False for that of an unlocked one. It
    lacks a file if no fact says if it is locked, such as a copy or a restored file. ``since`` has
    the time at which each lock that is or was there was created.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.known: dict[int, bool] = {}
        self.since: dict[int, datetime] = {}

    def lockable(self, path: str, *, shared: bool) -> Entry:
        """Return the file at a path; refuse a folder, and any file unless ``shared`` is True."""
        file = self._tree.find(path, "path_lookup")
        refuse(["cannot_be_locked"] if file.content is None else [])
        refuse([] if shared else ["file_not_shared"])
        return file
