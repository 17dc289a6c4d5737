"""The mapping from the numbers of nodes and revisions to the numbers in ids and `rev`s.

Nodes and revisions are numbered in the order of their creation. A simulation may show other
numbers, so that this order cannot be read from an id or a `rev`.
"""

from __future__ import annotations

from itertools import count
from typing import Protocol


class ShownNumbers(Protocol):
    """A mapping from internal numbers to the numbers that callers see."""

    def given(self, number: int) -> None:
        """Record the number of a new node or revision."""

    def shown(self, number: int) -> int:
        """Return the number that callers see instead of an internal one."""

    def meant(self, shown: int) -> int:
        """Return the internal number that callers see as `shown`."""


class Numbering:
    """The mappings for the numbers of all nodes (``ids``) and revisions (``revs``) of a store.

    A mapping is None if its numbers are shown unchanged. ``prefixes`` are the beginnings of the
    ids of those nodes that were created in another tree and keep their ids, by number. ``epochs``
    yields a number whenever cached paths of a tree become invalid; no two are equal.
    """

    __slots__ = ("epochs", "ids", "prefixes", "revs")

    def __init__(self) -> None:
        self.ids: ShownNumbers | None = None
        self.revs: ShownNumbers | None = None
        self.prefixes: dict[int, bytes] = {}
        self.epochs = count()

    def shown_id(self, number: int) -> int:
        """Return the number that callers see in place of a node's."""
        return number if self.ids is None else self.ids.shown(number)

    def meant_id(self, shown: int) -> int:
        """Return the number of the node that callers see as `shown`."""
        return shown if self.ids is None else self.ids.meant(shown)
