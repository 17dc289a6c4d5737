"""Copy references: names with which another account can copy a file or folder (F7-12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._facts.limits import COPY_REFERENCE_SECONDS
from fakedropbox._files.nodes import Node, Revision
from fakedropbox.clock import Clock
from fakedropbox.errors import RouteError


class Source(NamedTuple):
    """The target of a copy reference: a node, or one past revision of a file.

    ``owner`` is the key of the only app that may use it; ``expires`` is in seconds.
    """

    node: Node
    past: Revision | None
    owner: str
    expires: int


class CopyReferences:
    """All copy references of the service.

    ``has`` tells whether an item, or a past revision of a file, exists where it can be reached.
    """

    parts = ("copy reference",)

    def __init__(
        self, clock: Clock, undo: UndoLog, has: Callable[[Node, Revision | None], bool]
    ) -> None:
        self._clock = clock
        self._undo = undo
        self._has = has
        self._by_name: dict[str, Source] = {}

    def add(self, name: str, node: Node, past: Revision | None, owner: str) -> Source:
        """Make `name` a reference to a node."""
        expires = self._clock.seconds + COPY_REFERENCE_SECONDS
        source = self._by_name[name] = Source(node, past, owner, expires)
        self._undo.change(("copy reference", name), self._by_name.pop, name)
        return source

    def source(self, name: str, owner: str) -> Source:
        """Return the target of a reference, if `owner` may use it.

        Raises:
            RouteError: with the tags of a `SaveCopyReferenceError`.
        """
        source = self._by_name.get(name)
        if source is None or source.expires <= self._clock.seconds:
            raise RouteError("invalid_copy_reference")
        if source.owner != owner:
            raise RouteError("no_permission")
        if not self._has(source.node, source.past):
            raise RouteError("not_found")
        return source

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        return (("copy reference", name) for name in self._by_name)

    def record(self, key: Key) -> Values | None:
        """Return the target of a reference."""
        source = self._by_name.get(key[1])
        return None if source is None else tuple(source)

    def load(self, _part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add references."""
        self._by_name |= {name: Source(*values) for (_, name), values in rows}
