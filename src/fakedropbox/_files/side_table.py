"""What a few nodes have and most have not, kept beside them so that the others stay small."""

from __future__ import annotations

from typing import Generic, TypeVar

from fakedropbox._base.undo import UndoLog
from fakedropbox._files.nodes import Node

Value = TypeVar("Value")


class SideTable(Generic[Value]):
    """One kind of thing that nodes of a namespace may have; it stays with a node that moves."""

    def __init__(self, undo: UndoLog) -> None:
        self.by_number: dict[int, Value] = {}
        self._undo = undo

    def get(self, node: Node) -> Value | None:
        """What a node has."""
        return self.by_number.get(node.number)

    def set(self, node: Node, value: Value | None) -> None:
        """Give a node something, in place of what it had; None takes it away."""
        self.set_at(node.number, value)

    def set_at(self, number: int, value: Value | None) -> None:
        """Give something to the node of a number."""
        self._undo.note(self._put, number, self.by_number.get(number))
        self._put(number, value)

    def _put(self, number: int, value: Value | None) -> None:
        if value is None:
            self.by_number.pop(number, None)
        else:
            self.by_number[number] = value
