"""File requests: folders into which strangers may upload (P1-01 to P1-54).

A request belongs to a folder itself, not to its path: it follows the folder when that is moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sortedcontainers import SortedDict

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.nodes import Folder

_DAY = 24 * 3600
GRACE_SECONDS = {
    "one_day": _DAY,
    "two_days": 2 * _DAY,
    "seven_days": 7 * _DAY,
    "thirty_days": 30 * _DAY,
    "always": None,
}
"""The time after a deadline in which uploads are still allowed, by the tags of `GracePeriod`."""


class Deadline(NamedTuple):
    """The deadline of a request in seconds, and the tag of the `GracePeriod` after it, or None."""

    at: int
    grace: str | None = None

    def is_over(self, now: int) -> bool:
        """Return whether no upload is allowed any more, not even a late one (P1-55)."""
        more = 0 if self.grace is None else GRACE_SECONDS[self.grace]
        return more is not None and now >= self.at + more


class Terms(NamedTuple):
    """The terms of a request, which its owner may change.

    ``folder`` is the destination, for a shared folder the root of its own tree; it stays the same
    when the folder is deleted.
    """

    title: str
    folder: Folder
    deadline: Deadline | None = None
    is_open: bool = True
    description: str = ""

    def accept_at(self, now: int) -> bool:
        """Return whether the request accepts uploads at a time, also late ones."""
        return self.is_open and (self.deadline is None or not self.deadline.is_over(now))


class FileRequest:
    """A file request of an account.

    ``owner`` is the id of the account, ``app`` the key of the app that made the request.
    ``created`` is in seconds. ``number`` orders requests by creation. ``received`` is the number
    of files that were uploaded (P1-47). ``video_project`` is an id of the owner's, or None.
    """

    __slots__ = ("app", "created", "id", "number", "owner", "received", "terms", "video_project")

    def __init__(
        self,
        id_: str,
        owner: str,
        app: str,
        created: int,
        terms: Terms,
        video_project: str | None,
        number: int,
    ) -> None:
        self.id = id_
        self.owner = owner
        self.app = app
        self.created = created
        self.terms = terms
        self.video_project = video_project
        self.number = number
        self.received = 0

    @property
    def record_key(self) -> Key:
        """The key of the request's record."""
        return "file request", self.id


class FileRequests:
    """All file requests of the service, by id and by owner."""

    parts = ("file request", "last file request")

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._by_id: dict[str, FileRequest] = {}
        self._by_owner: dict[str, SortedDict[int, FileRequest]] = {}
        self._last = 0

    def add(
        self,
        id_: str,
        owner: str,
        app: str,
        created: int,
        terms: Terms,
        video_project: str | None = None,
    ) -> FileRequest:
        """Add a request."""
        self._undo.change(("last file request",), setattr, self, "_last", self._last)
        self._last += 1
        request = FileRequest(id_, owner, app, created, terms, video_project, self._last)
        self._put(request)
        self._undo.change(request.record_key, self._drop, request)
        return request

    def get(self, id_: str) -> FileRequest | None:
        """Return the request with an id, or None."""
        return self._by_id.get(id_)

    def of(self, owner: str, before: int | None = None) -> Iterator[FileRequest]:
        """Yield the requests of an owner with numbers below ``before``, the newest first."""
        known = self._by_owner.get(owner)
        if known is not None:
            for number in known.irange(None, before, inclusive=(True, False), reverse=True):
                yield known[number]

    def count(self, owner: str) -> int:
        """Return the number of requests of an owner."""
        return len(self._by_owner.get(owner, ()))

    def change(self, request: FileRequest, terms: Terms) -> None:
        """Replace the terms of a request."""
        self._undo.change(request.record_key, setattr, request, "terms", request.terms)
        request.terms = terms

    def receive(self, request: FileRequest, files: int) -> None:
        """Count files that were uploaded."""
        self._undo.change(request.record_key, setattr, request, "received", request.received)
        request.received += files

    def delete(self, request: FileRequest) -> None:
        """Delete a request; its folder and the files in it stay (P1-42)."""
        self._drop(request)
        self._undo.change(request.record_key, self._put, request)

    def _put(self, request: FileRequest) -> None:
        self._by_id[request.id] = request
        if request.owner not in self._by_owner:
            self._by_owner[request.owner] = SortedDict()
        self._by_owner[request.owner][request.number] = request

    def _drop(self, request: FileRequest) -> None:
        del self._by_id[request.id], self._by_owner[request.owner][request.number]

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for request in self._by_id.values():
            yield request.record_key
        yield ("last file request",)

    def record(self, key: Key) -> Values | None:
        """Return a request, or the number of the latest one."""
        if key == ("last file request",):
            return (self._last,)
        found = self._by_id.get(key[1])
        if found is None:
            return None
        made = found.owner, found.app, found.created, found.terms, found.video_project, found.number
        return (*made, found.received)

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add requests, or set the number of the latest one."""
        for (_, *rest), values in rows:
            if part == "file request":
                *made, received = values
                request = FileRequest(rest[0], *made)
                request.received = received
                self._put(request)
            else:
                (self._last,) = values
