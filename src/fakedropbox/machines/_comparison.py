"""Comparisons of an answer with what the model predicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import repeat
from typing import Any, NamedTuple

from fakedropbox.machines._calls import kind_of
from fakedropbox.machines._entries import Entry
from fakedropbox.machines._names import fold, is_doc, is_in

_BLOCK = 4 * 1024 * 1024
_MOST_PAGES = 1000
NOBODY = -1
"""The number that no entry, revision or session of the model has."""

NO_ID = "id:" + "A" * 22
_NOBODYS = {"id": NO_ID, "rev": "123456789", "session": "pid_upload_session:none"}


class _AtStep(BaseException):
    """A break in an example, and how it came to it.

    Attributes:
        what: what was expected, and what came; or what broke it off.
        script: the calls up to here, as a program.
        steps: how many calls that are.
        rule: the rule of the machine that was at work.
    """

    def __init__(self, what: str, script: str, steps: int, rule: str) -> None:
        super().__init__(f"{what}\n\nafter:\n\n{script}\n")
        self.what = what
        self.script = script
        self.steps = steps
        self.rule = rule


class Difference(_AtStep, AssertionError):
    """The service did not do what the model says."""


class Interrupted(_AtStep):
    """A time limit broke the run off. ``rule`` is empty if that was in none.

    It is not an `Exception`: Hypothesis would take it for a failure of this example, run the
    example again, and call it flaky when it passes.
    """


class Mismatch(Exception):
    """Expected this, got that."""


class Pairs:
    """The ids, revisions and sessions of the service that the model's numbers stand for.

    One to one: an id that changed, a revision that was used twice, show themselves here.
    """

    def __init__(self) -> None:
        self._real: dict[tuple[str, int], str] = {}
        self._own: dict[tuple[str, str], int] = {}
        self._times: dict[int, datetime] = {}
        self._fixed: dict[str, tuple[Any, ...]] = {}

    def pair(self, kind: str, number: int, real: str) -> None:
        """Let a number stand for what the service made up.

        Raises:
            Mismatch: either of them stands for another.
        """
        known = self._real.setdefault((kind, number), real)
        if known != real:
            raise Mismatch(f"expected the {kind} {known}, got {real}")
        if self._own.setdefault((kind, real), number) != number:
            raise Mismatch(f"expected another {kind} than before, got {real} again")

    def is_told(self, kind: str, number: int) -> bool:
        """Say whether any answer had what a number stands for.

        No answer has what came and went within one batch.
        """
        return (kind, number) in self._real

    def real(self, kind: str, number: int) -> str:
        """The service's own id, revision or session; for `NOBODY`, one that nothing has.

        Raises:
            LookupError: no answer has told it, and another one in its place would be refused.
        """
        if number == NOBODY:
            return _NOBODYS[kind]
        if not self.is_told(kind, number):
            raise LookupError(
                f"{kind} {number}: no answer told it; call the_tree() after each step"
            )
        return self._real[kind, number]

    def number(self, kind: str, real: str) -> int:
        """The number that stands for what the service made up."""
        return self._own[kind, real]

    def numbers(self, kind: str) -> list[int]:
        """All of a kind, in the order in which they were seen first."""
        return [number for known, number in self._real if known == kind]

    def check(self, entry: Entry, meta: Any, folder: str) -> None:
        """Compare what came of a file or folder with the model's entry.

        Only the name itself is promised to be in the right case, so of `path_display` nothing
        else is (F3.3-02).

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
        self.pair("rev", entry.rev, meta.rev)
        expect(not is_doc(entry.name), meta.is_downloadable)
        if meta.is_downloadable:
            expect(len(entry.content), meta.size)
            expect(content_hash(entry.content), meta.content_hash)
        modified = entry.modified
        if isinstance(modified, int):
            modified = self._times.setdefault(modified, meta.client_modified)
        expect(modified, meta.client_modified)
        fixed = (meta.server_modified, meta.client_modified)
        expect(self._fixed.setdefault(meta.rev, fixed), fixed)


def is_time_limit(error: BaseException) -> bool:
    """Say whether an exception is pytest-timeout's, which has no type of its own."""
    return not isinstance(error, (Exception, Interrupted)) and "pytest-timeout" in str(error)


def expect(expected: Any, got: Any) -> None:
    """Compare two values.

    Raises:
        Mismatch: they differ.
    """
    if expected != got:
        raise Mismatch(f"expected {expected!r}, got {got!r}")


def page_after_page() -> Iterator[None]:
    """A turn for each page of a result.

    Raises:
        Mismatch: there is no end.
    """
    yield from repeat(None, _MOST_PAGES)
    raise Mismatch(f"expected an end, got more than {_MOST_PAGES} pages")


def content_hash(content: bytes) -> str:
    """Dropbox's hash of a content (F2.1-04)."""
    blocks = range(0, len(content), _BLOCK)
    return sha256(b"".join(sha256(content[at : at + _BLOCK]).digest() for at in blocks)).hexdigest()


class Row(NamedTuple):
    """The part of an entry that a client keeps, to know whether it has changed."""

    kind: str
    id: str
    rev: str


class Mirror:
    """A folder as a client keeps it: what the entries so far say, applied in order (F6.2-09)."""

    def __init__(self, path: str, *, recursive: bool, limit: int | None) -> None:
        self.path = path
        self.recursive = recursive
        self.limit = limit
        self.rows: dict[str, Row] = {}

    def copy(self) -> Mirror:
        """The same, to go on with from an older cursor."""
        other = Mirror(self.path, recursive=self.recursive, limit=self.limit)
        other.rows = dict(self.rows)
        return other

    def apply(self, entries: Iterable[Any]) -> None:
        """Take over what a page says."""
        for meta in entries:
            key, kind = meta.path_lower, kind_of(meta)
            if kind != "folder":  # what is deleted or a file has nothing below it
                for path in [path for path in self.rows if is_in(path, key)]:
                    del self.rows[path]
            if kind != "deleted":
                self.rows[key] = Row(kind, meta.id, getattr(meta, "rev", ""))

    def below(self, top: str) -> dict[str, Row]:
        """The rows of a folder, with itself unless that is the root.

        After its own move, a listing that was begun by id goes on under the new path
        (F3.1-10); what stands under the old one is no part of it any more.
        """
        return {key: row for key, row in self.rows.items() if is_in(key, top)}
