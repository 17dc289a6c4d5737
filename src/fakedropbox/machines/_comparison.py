"""Comparisons of a response with the prediction of the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import repeat
from typing import Any, NamedTuple

from fakedropbox._facts.hosts import SITE
from fakedropbox.machines._calls import Mismatch, kind_of
from fakedropbox.machines._entries import Entry
from fakedropbox.machines._names import fold, is_doc, is_in

_BLOCK = 4 * 1024 * 1024
_MOST_PAGES = 1000
NOBODY = -1
"""A number that no entry, revision or session of the model has."""

NO_ID = "id:" + "A" * 22
_NOBODYS = {
    "id": NO_ID,
    "rev": "123456789",
    "session": "pid_upload_session:none",
    "shared folder": "1",
    "link": f"{SITE}/scl/fi/{'a' * 21}/a.txt?rlkey={'b' * 25}&dl=0",
}


class _AtStep(BaseException):
    """The end of an example at some step, with the calls that led to it.

    Attributes:
        what: the expected and the actual result, or the reason for the interruption.
        script: the calls up to here, as a program.
        steps: the number of these calls.
        rule: the rule of the machine that was running.
    """

    def __init__(self, what: str, script: str, steps: int, rule: str) -> None:
        super().__init__(f"{what}\n\nafter:\n\n{script}\n")
        self.what = what
        self.script = script
        self.steps = steps
        self.rule = rule


class Difference(_AtStep, AssertionError):
    """The service did not behave as the model predicts."""


class Interrupted(_AtStep):
    """A time limit ended the run. ``rule`` is empty if no rule was running.

    It is not an `Exception`: Hypothesis would regard that as a failure of this example, run
    the example again, and report it as flaky if it passes.
    """


class Pairs:
    """A one-to-one mapping of the model's numbers to values that the service generated.

    These are ids, revisions, sessions, links and shared folders.

    `pair` finds an id that changed, or a revision that was used twice.
    """

    def __init__(self) -> None:
        self._real: dict[tuple[str, int], str] = {}
        self._own: dict[tuple[str, str], int] = {}
        self._times: dict[int, datetime] = {}
        self._fixed: dict[str, tuple[datetime, datetime]] = {}

    def pair(self, kind: str, number: int, real: str) -> None:
        """Pair a number of the model with an id, revision or session of the service.

        Raises:
            Mismatch: one of the two is already paired with another.
        """
        known = self._real.setdefault((kind, number), real)
        if known != real:
            raise Mismatch(f"expected the {kind} {known}, got {real}")
        if self._own.setdefault((kind, real), number) != number:
            raise Mismatch(f"expected another {kind} than before, got {real} again")

    def is_known(self, kind: str, number: int) -> bool:
        """Return whether any response has contained the value that is paired with a number.

        Values that existed only between two entries of a batch are in no response.
        """
        return (kind, number) in self._real

    def real(self, kind: str, number: int) -> str:
        """Return the id, revision or session of the service that a number of the model stands for.

        `NOBODY` stands for one that does not exist.

        Raises:
            LookupError: no response has contained it yet. The service would refuse an invented
                value.
        """
        if number == NOBODY:
            return _NOBODYS[kind]
        if not self.is_known(kind, number):
            raise LookupError(
                f"{kind} {number}: no response contained it; call the_tree() after each step"
            )
        return self._real[kind, number]

    def number(self, kind: str, real: str) -> int:
        """Return the model's number for an id, revision or session of the service."""
        return self._own[kind, real]

    def numbers(self, kind: str) -> list[int]:
        """Return all numbers of a kind, in the order in which they were first seen."""
        return [number for known, number in self._real if known == kind]

    def server_modified(self, rev: int) -> datetime | None:
        """Return the `server_modified` of a revision, or None if no response has contained it."""
        real = self._real.get(("rev", rev))
        return None if real is None else self._fixed[real][0]

    def check(self, entry: Entry, meta: Any, folder: str) -> None:
        """Compare the metadata of a file or folder with the model's entry.

        Of `path_display` only the last name is compared in its case, because Dropbox promises
        the right case for that part only (F3.3-02).

        Raises:
            Mismatch: they differ.
        """
        is_folder = entry.content is None
        expect("a folder" if is_folder else "a file", f"a {kind_of(meta)}")
        expect(entry.name, meta.name)
        expect(fold(folder) + entry.key, meta.path_lower)
        expect(f"…/{entry.name}", f"…/{meta.path_display.rpartition('/')[2]}")
        expect(meta.path_lower, fold(meta.path_display))
        self.pair("id", entry.id, meta.id)
        if entry.content is None:
            return
        expect(not is_doc(entry.name), meta.is_downloadable)
        if meta.is_downloadable:
            expect(content_hash(entry.content), meta.content_hash)
        self.check_revision(entry, entry.content, meta)

    def check_revision(self, entry: Entry, content: bytes, meta: Any) -> None:
        """Compare the revision, size and times of a file's metadata, or of its link's.

        Raises:
            Mismatch: they differ.
        """
        self.pair("rev", entry.rev, meta.rev)
        if not is_doc(entry.name):
            expect(len(content), meta.size)
        modified = entry.modified
        if isinstance(modified, int):
            modified = self._times.setdefault(modified, meta.client_modified)
        expect(modified, meta.client_modified)
        fixed = (meta.server_modified, meta.client_modified)
        expect(self._fixed.setdefault(meta.rev, fixed), fixed)


def is_time_limit(error: BaseException) -> bool:
    """Return whether an exception is from pytest-timeout, which has no type of its own."""
    return not isinstance(error, (Exception, Interrupted)) and "pytest-timeout" in str(error)


def expect(expected: Any, got: Any) -> None:
    """Compare two values.

    Raises:
        Mismatch: they differ.
    """
    if expected != got:
        raise Mismatch(f"expected {expected!r}, got {got!r}")


def page_after_page() -> Iterator[None]:
    """Yield once for each page of a result, so that a loop over pages cannot run for ever.

    Raises:
        Mismatch: there are more than 1000 pages.
    """
    yield from repeat(None, _MOST_PAGES)
    raise Mismatch(f"expected an end, got more than {_MOST_PAGES} pages")


def content_hash(content: bytes) -> str:
    """Return Dropbox's content hash of some data (F2.1-04)."""
    blocks = range(0, len(content), _BLOCK)
    return sha256(b"".join(sha256(content[at : at + _BLOCK]).digest() for at in blocks)).hexdigest()


class Row(NamedTuple):
    """The part of an entry that a client keeps to detect changes."""

    kind: str
    id: str
    rev: str


class Mirror:
    """A client's copy of a folder, made by applying the listed entries in order (F6.2-09)."""

    def __init__(self, path: str, *, recursive: bool, limit: int | None) -> None:
        self.path = path
        self.recursive = recursive
        self.limit = limit
        self.rows: dict[str, Row] = {}

    def copy(self) -> Mirror:
        """Return an independent copy, to keep with a cursor."""
        other = Mirror(self.path, recursive=self.recursive, limit=self.limit)
        other.rows = dict(self.rows)
        return other

    def apply(self, entries: Iterable[Any]) -> None:
        """Apply the entries of a page."""
        for meta in entries:
            key, kind = meta.path_lower, kind_of(meta)
            if kind != "folder":  # nothing can be below a file or a deleted entry
                for path in [path for path in self.rows if is_in(path, key)]:
                    del self.rows[path]
            if kind != "deleted":
                self.rows[key] = Row(kind, meta.id, getattr(meta, "rev", ""))

    def below(self, top: str) -> dict[str, Row]:
        """Return the rows of a folder, including the folder itself unless it is the root.

        If a folder is moved, a listing that was begun by its id goes on under the new path
        (F3.1-10); the rows under the old path no longer belong to it.
        """
        return {key: row for key, row in self.rows.items() if is_in(key, top)}
