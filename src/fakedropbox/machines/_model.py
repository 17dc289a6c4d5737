"""The model of Dropbox that the machine compares with, put together from its parts."""

from __future__ import annotations

from fakedropbox.machines._belongings import Locks, Properties, Tags
from fakedropbox.machines._docs import Docs
from fakedropbox.machines._entries import Entry
from fakedropbox.machines._sessions import Sessions
from fakedropbox.machines._tree import Tree


class Model:
    """A tree, and all that stands beside it."""

    def __init__(self) -> None:
        self.tree = Tree()
        self.docs = Docs(self.tree)
        self.sessions = Sessions(self.tree)
        self.tags = Tags(self.tree)
        self.properties = Properties(self.tree)
        self.locks = Locks(self.tree)

    def owners(self, kind: str) -> list[str]:
        """The keys of what lives and is ``tagged``, or ``valued``, or is an ``owner``: either."""
        tagged = self.tags.owners() if kind in ("tagged", "owner") else []
        return tagged + (self.properties.owners() if kind in ("valued", "owner") else [])

    def restore(self, path: str, rev: int) -> Entry:
        """Put an old content to a path; of a file that comes back no lock is known."""
        living = {entry.id for entry in self.tree.live.values()}
        restored = self.tree.restore(path, rev)
        if restored.id not in living:
            self.locks.known.pop(restored.id, None)
        return restored
