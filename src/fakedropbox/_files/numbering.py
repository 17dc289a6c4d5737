"""The numbers of nodes and of revisions, and what they are shown as.

A service counts both through. A simulation may inject other names, so that who came first
cannot be read from an id or a revision.
"""

from __future__ import annotations

from typing import Protocol


class Names(Protocol):
    """What numbers are shown as, where that is not themselves."""

    def given(self, number: int) -> None:
        """Note that a number has been given to something new."""

    def shown(self, number: int) -> int:
        """Return what a number is shown as."""

    def meant(self, shown: int) -> int:
        """Return the number that is shown as that."""


class Numbering:
    """The names of all nodes (``ids``) and of all revisions (``revs``) of a store.

    None where numbers are shown as themselves.
    """

    __slots__ = ("ids", "revs")

    def __init__(self) -> None:
        self.ids: Names | None = None
        self.revs: Names | None = None
