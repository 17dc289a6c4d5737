"""The undo log: the inverse of each mutation, kept as long as a snapshot exists.

It also says which records have changed, for a state file that stores them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from fakedropbox._base.kept import Key
from fakedropbox.errors import SnapshotInvalid

_serials = count()  # shared by all logs, so that no log accepts a mark of another log


class Mark:
    """A point in the log to go back to. It costs nothing; the log begins with the first mark.

    ``forget`` is called with its ``serial`` when nothing refers to the mark any more.
    """

    __slots__ = ("forget", "position", "serial")

    def __init__(self, position: int, serial: int, forget: Callable[[int], None]) -> None:
        self.position = position
        self.serial = serial
        self.forget = forget

    def __del__(self) -> None:
        self.forget(self.serial)


class UndoLog:
    """The inverses of all mutations since the oldest mark that is still referenced.

    After going back to a mark, older marks stay valid and younger ones do not: the states
    that they point at no longer exist.

    ``recording`` is False as long as nobody can go back and no state file is written. A mutation
    that happens in most calls asks for it before it makes the inverse.

    ``changed`` are the keys of the records (see `Kept`) that have changed since they were last
    stored, in the order of their first changes; it is None unless a state file stores them.
    """

    def __init__(self) -> None:
        self.changed: dict[Key, None] | None = None
        self._inverses: list[tuple[Callable[..., object], tuple[Any, ...], Key | None]] = []
        self._living: set[int] = set()
        self.recording = False
        self._began = next(_serials)

    def note(self, inverse: Callable[..., object], *arguments: Any) -> None:
        """Log the inverse of a mutation that was just made and that changes no record."""
        self.change(None, inverse, *arguments)

    def change(self, key: Key | None, inverse: Callable[..., object], *arguments: Any) -> None:
        """Log the inverse of a mutation that was just made, and the key of the changed record."""
        if self.recording:
            self._inverses.append((inverse, arguments, key))
            if self.changed is not None:  # `touch` asks, too; a call of it would take longer
                self.touch(key)

    def touch(self, key: Key | None) -> None:
        """Report that a record has changed, without logging an inverse of the change."""
        if self.changed is not None and key is not None:
            self.changed[key] = None

    def mark(self) -> Mark:
        """Return a mark of the present state."""
        serial = next(_serials)
        # Before the mark is created, because that may start a garbage collection, and with it the
        # `_forget` of another mark, which stops the recording if no mark is living.
        self._living.add(serial)
        self.recording = True
        return Mark(len(self._inverses), serial, self._forget)

    def _forget(self, serial: int) -> None:
        self._living.discard(serial)
        if not self._living:
            # A state file needs the changed keys even if its own mark has ended, as it does when an
            # earlier snapshot is restored.
            self.recording = self.changed is not None
            self._inverses.clear()

    @property
    def position(self) -> int:
        """The number of inverses in the log, to which each recorded mutation adds."""
        return len(self._inverses)

    def changed_since(self, mark: Mark) -> bool:
        """Return whether anything has changed since a valid mark."""
        return len(self._inverses) > mark.position

    def is_valid(self, mark: Mark) -> bool:
        """Return whether `back_to` accepts a mark."""
        return mark.serial >= self._began and mark.serial in self._living

    def back_to(self, mark: Mark) -> None:
        """Undo all mutations since `mark`.

        Raises:
            SnapshotInvalid: `mark` is younger than a state that has been restored since, or of
                an earlier log.
        """
        if mark.serial < self._began:
            raise SnapshotInvalid(
                "snapshot: taken before the reset() of the service, and no longer valid; "
                "take a new one"
            )
        if mark.serial not in self._living:
            raise SnapshotInvalid(
                "snapshot: taken after the state that has been restored since, "
                "and no longer valid; take a new one"
            )
        self.recording = False
        inverses, position = self._inverses, mark.position
        while len(inverses) > position:
            inverse, arguments, key = inverses.pop()
            inverse(*arguments)
            if self.changed is not None:
                self.touch(key)
        self.recording = True
        # Iterate over a copy, because a mark may be garbage-collected meanwhile.
        self._living = {serial for serial in self._living.copy() if serial <= mark.serial}
