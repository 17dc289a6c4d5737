"""The numbers of nodes and of revisions, and the numbers that are shown in their place.

A service numbers both consecutively. A simulation may inject other numbers, so that the
order of creation cannot be read from an id or a revision.
"""

from __future__ import annotations

from typing import Protocol


class Names(Protocol):
    """A mapping from numbers to the numbers that are shown in their place."""

    def given(self, number: int) -> None:
        """Record that a number has been assigned to something new."""

    def shown(self, number: int) -> int:
        """Return the number that is shown in place of a number."""

    def meant(self, shown: int) -> int:
        """Return the number for which another number is shown."""


class Numbering:
    """The mappings for the numbers of all nodes (``ids``) and revisions (``revs``) of a store.

    None if numbers are shown unchanged.
    """

    __slots__ = ("ids", "revs")

    def __init__(self) -> None:
        self.ids: Names | None = None
        self.revs: Names | None = None
