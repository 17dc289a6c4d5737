"""Files that are shared one by one, with the people that were added to each (S14-02, S14-24).

Members belong to a file itself, not to its path: they keep it when it is moved or overwritten, lose
it when it is deleted, and have it again once it is restored (S14-29).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.memberships import Memberships, SharedItem
from fakedropbox._files.nodes import File


class SharedFile(SharedItem):
    """A file that people were added to; the owner is not among them (S14-10).

    ``viewer_info`` is the tag of the policy that says whether its members see who viewed it; None
    until one is set.
    """

    __slots__ = ("file", "viewer_info")

    def __init__(self, file: File) -> None:
        super().__init__()
        self.file = file
        self.viewer_info: str | None = None

    @property
    def record_key(self) -> Key:
        """The key of the shared file's record."""
        return "shared file", self.file.number


class SharedFiles(Memberships[SharedFile]):
    """All files of the service that are or were shared one by one, by file and by person."""

    parts = ("shared file", "last member of a file")
    last_key = ("last member of a file",)

    def __init__(self, undo: UndoLog) -> None:
        super().__init__(undo)
        self._by_number: dict[int, SharedFile] = {}

    def __iter__(self) -> Iterator[SharedFile]:
        """Iterate over the files that have members or invitations."""
        return (shared for shared in self._by_number.values() if shared.order)

    def get(self, file: File) -> SharedFile | None:
        """Return the people of a file and its policy; None if neither was ever set."""
        return self._by_number.get(file.number)

    def obtain(self, file: File) -> SharedFile:
        """Return the same as `get`, with nobody and the usual policy if there is nothing yet."""
        known = self.get(file)
        if known is None:
            known = self._by_number[file.number] = SharedFile(file)
            self._undo.change(known.record_key, self._by_number.pop, file.number)
        return known

    def has_members(self, file: File) -> bool:
        """Return whether anybody was added to a file (S13-23)."""
        known = self.get(file)
        return known is not None and bool(known.order)

    def set_viewer_info(self, shared: SharedFile, policy: str) -> None:
        """Set the policy that says whether the members see who viewed the file."""
        key = shared.record_key
        self._undo.change(key, setattr, shared, "viewer_info", shared.viewer_info)
        shared.viewer_info = policy

    def remove_all(self, shared: SharedFile) -> None:
        """Remove all members and invitations of a file."""
        for person, _ in list(shared.people()):
            self.remove(shared, person)

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for shared in self._by_number.values():
            yield shared.record_key
        yield self.last_key

    def record(self, key: Key) -> Values | None:
        """Return the people of a file and its policy, or the number of the latest membership."""
        if key == self.last_key:
            return (self._last,)
        found = self._by_number.get(key[1])
        if found is None:
            return None
        return (found.file, found.viewer_info, *found.record_of_people())

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add the people and policies of files, or set the number of the latest membership."""
        for (_, *rest), values in rows:
            if part == "shared file":
                file, viewer_info, *people = values
                shared = self._by_number[rest[0]] = SharedFile(file)
                shared.viewer_info = viewer_info
                self._load_people(shared, *people)
            else:
                (self._last,) = values
