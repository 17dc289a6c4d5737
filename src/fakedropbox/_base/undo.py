"""The undo log: each mutation's inverse, kept while somebody holds a snapshot."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

from fakedropbox.errors import SnapshotInvalid

_serials = count()  # of all logs, so that no log takes another's mark for its own


class Mark:
    """A point to go back to. It costs nothing; the log begins with the first one."""

    __slots__ = ("__weakref__", "position", "serial")

    def __init__(self, position: int, serial: int) -> None:
        self.position = position
        self.serial = serial


class UndoLog:
    """Inverses of all mutations since the oldest living mark.

    A mark older than the restored one stays valid, a younger one does not: what it
    points at is gone.
    """

    def __init__(self) -> None:
        self._inverses: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self._living: set[int] = set()
        self.recording = False

    def note(self, inverse: Callable[..., object], *arguments: Any) -> None:
        """Keep how to take back the mutation that was just made."""
        if self.recording:
            self._inverses.append((inverse, arguments))

    def mark(self) -> Mark:
        """The present, to come back to."""
        serial = next(_serials)
        # Before the object is made: that may set off a collection, and with it `_forget`.
        self._living.add(serial)
        self.recording = True
        mark = Mark(len(self._inverses), serial)
        weakref.finalize(mark, self._forget, mark.serial).atexit = False
        return mark

    def _forget(self, serial: int) -> None:
        self._living.discard(serial)
        if not self._living:
            self.recording = False
            self._inverses.clear()

    @property
    def position(self) -> int:
        """How many inverses the log holds; each mutation adds one while somebody has a mark."""
        return len(self._inverses)

    def changed_since(self, mark: Mark) -> bool:
        """Whether anything happened since a mark that is valid."""
        return len(self._inverses) > mark.position

    def back_to(self, mark: Mark) -> None:
        """Take back all that happened since `mark`.

        Raises:
            SnapshotInvalid: `mark` is younger than a state that was restored since.
        """
        if mark.serial not in self._living:
            raise SnapshotInvalid("snapshot: taken after the state that has been restored since")
        self.recording = False
        while len(self._inverses) > mark.position:
            inverse, arguments = self._inverses.pop()
            inverse(*arguments)
        self.recording = True
        # Of a copy, because a mark may be forgotten meanwhile.
        self._living = {serial for serial in self._living.copy() if serial <= mark.serial}
