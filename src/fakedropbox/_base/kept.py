"""The interface by which each store reports its state as data, for a file that keeps it.

The state of a store is a set of *records*. Each has a key, whose first element is the name of its
part of the state, and values. With each mutation a store reports the key of the record that changes
(`UndoLog.change`); what the record contains then is read later, once for all changes of a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

Key = tuple[Any, ...]
"""The key of a record: the name of a part of the state, and what identifies the record in it."""

Values = tuple[Any, ...]
"""The values of a record: plain ones, and such objects of the service as `Records` can write."""


class Kept(Protocol):
    """A store whose state is kept in records.

    ``parts`` are the parts of the state that are its own, in the order in which they are loaded.
    """

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts."""

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records, in the order in which `load` is to get them."""

    def record(self, key: Key) -> Values | None:
        """Return the values of a record; None if there is none any more."""

    def load(self, part: str, rows: Iterable[tuple[Key, Values]], /) -> None:
        """Add the records of one part to the store, in which nothing of that part is yet.

        What has expired, so that nobody can ask for it any more, may be left out: it is then
        removed from the file.
        """
