"""What stays with a file or folder of the model: tags, properties, and locks."""

from __future__ import annotations

from fakedropbox.machines._entries import Entry, refuse
from fakedropbox.machines._tree import Tree


class Belongings(Tree):
    """A `Tree` whose entries have something, by their number.

    ``locks`` is whether a file is locked, as far as that is known: no fact tells what becomes
    of the lock of a file that is deleted, or whether a copy has one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.locks: dict[int, bool] = {}
        self._tags: dict[int, set[str]] = {}
        self._properties: dict[int, dict[str, str]] = {}

    def owners(self, kind: str) -> list[str]:
        """The keys of what lives and is ``tagged``, or ``valued``, or is an ``owner``: either."""
        tagged = self.tagged() if kind in ("tagged", "owner") else []
        return tagged + (self.valued() if kind in ("valued", "owner") else [])

    # Tags, which are lower-cased (F8-12)

    def tags_at(self, path: str) -> set[str]:
        """The tags of what lives at a path."""
        return self._tags.setdefault(self.find(path).id, set())

    def tagged(self) -> list[str]:
        """The keys of what lives and has tags."""
        return [key for key, old in self.live.items() if self._tags.get(old.id)]

    def tag(self, path: str, text: str) -> None:
        """Give a tag."""
        self.tags_at(path).add(text.lower())

    def untag(self, path: str, text: str) -> None:
        """Take a tag."""
        tags = self.tags_at(path)
        refuse([] if text.lower() in tags else ["tag_not_present"])
        tags.remove(text.lower())

    # Properties, all of one template (O4.5-51, O4.5-52)

    def valued(self) -> list[str]:
        """The keys of what lives and has values."""
        return [key for key, old in self.live.items() if self._properties.get(old.id)]

    def properties_at(self, path: str) -> dict[str, str]:
        """The values of what lives at a path."""
        return self._properties.get(self.find(path).id, {})

    def with_property(self, name: str, value: str) -> set[int]:
        """The numbers of what lives and has a value."""
        living = {old.id for old in self.live.values()}
        return {key for key in living if self._properties.get(key, {}).get(name) == value}

    def add_properties(self, path: str, values: dict[str, str]) -> None:
        """Give values to what has none."""
        refuse(["property_group_already_exists"] if self.properties_at(path) else [])
        self.overwrite_properties(path, values)

    def overwrite_properties(self, path: str, values: dict[str, str]) -> None:
        """Give values in place of those that are there."""
        self._properties[self.find(path).id] = values

    def update_properties(self, path: str, values: dict[str, str], removed: str) -> None:
        """Change some values, and take one."""
        kept = {**self._given(path), **values}
        kept.pop(removed, None)
        self.overwrite_properties(path, kept)

    def remove_properties(self, path: str) -> None:
        """Take all values."""
        self._given(path)
        del self._properties[self.find(path).id]

    def _given(self, path: str) -> dict[str, str]:
        values = self.properties_at(path)
        refuse([] if values else ["property_group_lookup/property_group_not_found"])
        return values

    # Locks, which only files have (F8-12)

    def lockable(self, path: str, *, shared: bool) -> Entry:
        """What lives at a path, which must be a file; one that is ``shared``, to be locked."""
        file = self.find(path, "path_lookup")
        refuse(["cannot_be_locked"] if file.content is None else [])
        refuse([] if shared else ["file_not_shared"])
        return file
