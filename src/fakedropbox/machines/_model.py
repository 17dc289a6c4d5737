"""The model of Dropbox with which the machine compares, composed of its parts."""

from __future__ import annotations

from fakedropbox.machines._belongings import Locks, Properties, Tags
from fakedropbox.machines._docs import Docs
from fakedropbox.machines._entries import Entry
from fakedropbox.machines._sessions import Sessions
from fakedropbox.machines._tree import Numbers, Tree


class Model:
    """A tree, and all other state of one account; ``numbers`` is as for `Tree`."""

    def __init__(self, numbers: Numbers | None = None) -> None:
        self.tree = Tree(numbers)
        self.docs = Docs(self.tree)
        self.sessions = Sessions(self.tree)
        self.tags = Tags(self.tree)
        self.properties = Properties(self.tree)
        self.locks = Locks(self.tree)

    def owners(self, kind: str) -> list[str]:
        """Return the keys of entries with tags (``tagged``), properties (``valued``) or either.

        For either, ``kind`` is ``owner``.
        """
        tagged = self.tags.owners() if kind in ("tagged", "owner") else []
        return tagged + (self.properties.owners() if kind in ("valued", "owner") else [])

    def restore(self, path: str, rev: int) -> Entry:
        """Restore an old revision at a path; the lock of a file that was deleted is unknown."""
        living = {entry.id for entry in self.tree.live.values()}
        restored = self.tree.restore(path, rev)
        if restored.id not in living:
            self.locks.known.pop(restored.id, None)
        return restored
