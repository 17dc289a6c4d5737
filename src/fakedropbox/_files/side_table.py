"""Rare attributes of nodes, stored apart from them so that nodes stay small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.nodes import Node

Value = TypeVar("Value")


class SideTable(Generic[Value]):
    """One attribute that nodes of any namespace may have; it stays with a node that moves.

    ``part`` is the name of its records.
    """

    def __init__(self, undo: UndoLog, part: str) -> None:
        self.parts = (part,)
        self.by_number: dict[int, Value] = {}
        self._undo = undo

    def get(self, node: Node) -> Value | None:
        """Return a node's value, or None."""
        return self.by_number.get(node.number)

    def set(self, node: Node, value: Value | None) -> None:
        """Set a node's value, replacing the old one; None removes it."""
        self.set_at(node.number, value)

    def set_at(self, number: int, value: Value | None) -> None:
        """Set the value of the node with this number."""
        key = (*self.parts, number)
        self._undo.change(key, self._put, number, self.by_number.get(number))
        self._put(number, value)

    def _put(self, number: int, value: Value | None) -> None:
        if value is None:
            self.by_number.pop(number, None)
        else:
            self.by_number[number] = value

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        return ((*self.parts, number) for number in self.by_number)

    def record(self, key: Key) -> Values | None:
        """Return the value of a node."""
        value = self.by_number.get(key[1])
        return None if value is None else (value,)

    def load(self, _part: str, rows: Iterable[tuple[Key, Any]]) -> None:
        """Set the values of nodes."""
        self.by_number |= {number: value for (_, number), (value,) in rows}
