"""Profile photos of accounts (P2-01, P2-02, P2-08)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox.clock import Clock

_MILLISECOND = 1000


class Photo(NamedTuple):
    """A photo: its id, which begins with ``dbaphid:``, its version, and the image as it was sent.

    The version is a time in milliseconds.
    """

    photo_id: str
    version: int
    content: bytes


class Photos:
    """The photos of accounts, by the ids of the accounts."""

    parts = ("photo", "last photo")

    def __init__(self, clock: Clock, chance: Chance, undo: UndoLog) -> None:
        self._clock = clock
        self._chance = chance
        self._undo = undo
        self._of: dict[str, Photo] = {}
        self._last = 0

    def of(self, account_id: str) -> Photo | None:
        """Return the photo of an account, or None."""
        return self._of.get(account_id)

    def with_id(self, photo_id: str) -> Photo | None:
        """Return the photo with an id, or None."""
        return next((each for each in self._of.values() if each.photo_id == photo_id), None)

    def set(self, account_id: str, content: bytes) -> Photo:
        """Set the photo of an account, and return it; it keeps the id of the former photo."""
        known = self.of(account_id)
        photo_id = known.photo_id if known else f"dbaphid:{self._chance.token('photo', 26)}"
        self._undo.change(("last photo",), setattr, self, "_last", self._last)
        self._last = max(self._clock.micros // _MILLISECOND, self._last + 1)
        photo = Photo(photo_id, self._last, content)
        self._put(account_id, photo)
        self._undo.change(("photo", account_id), self._put, account_id, known)
        return photo

    def delete(self, account_id: str) -> None:
        """Delete the photo of an account, if there is one."""
        known = self.of(account_id)
        if known is not None:
            self._put(account_id, None)
            self._undo.change(("photo", account_id), self._put, account_id, known)

    def _put(self, account_id: str, photo: Photo | None) -> None:
        if photo is None:
            del self._of[account_id]
        else:
            self._of[account_id] = photo

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for account_id in self._of:
            yield "photo", account_id
        yield ("last photo",)

    def record(self, key: Key) -> Values | None:
        """Return the photo of an account, or the latest version."""
        if key == ("last photo",):
            return (self._last,)
        return self._of.get(key[1])

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add photos, or set the latest version."""
        for (_, *rest), values in rows:
            if part == "photo":
                self._of[rest[0]] = Photo(*values)
            else:
                (self._last,) = values
