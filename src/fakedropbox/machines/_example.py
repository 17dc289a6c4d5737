"""One example: a client, a model, and the comparison of responses with predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar

from dropbox.files import UploadSessionCursor

from fakedropbox.machines._calls import BUSY, Calls, Mismatch, Outcome
from fakedropbox.machines._comparison import (
    NOBODY,
    Difference,
    Interrupted,
    Pairs,
    expect,
    is_time_limit,
)
from fakedropbox.machines._entries import Entry, Refused
from fakedropbox.machines._model import Model
from fakedropbox.machines._names import fold, is_doc
from fakedropbox.machines._tree import Numbers, Tree

UNKNOWN = 8
_CHECKS = 100
_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
_CONFLICT, _TOO_MANY, _BROKEN = 409, 429, 500

Notes = TypeVar("Notes")


class Example:
    """The calls of one account's client, its model, and the pairs of their ids and revisions.

    All accounts of one run share the pairs, because no two may have the same id.

    Attributes:
        name: the name of the client in the program: ``dbx`` or ``other``.
        look: options of the listing that is made after each step.
        checks: further comparisons of each existing entry, made after each step.
        until_the_end: the calls that clean up at the end.
    """

    def __init__(
        self,
        calls: Calls,
        *,
        name: str,
        strict: bool,
        folder: str,
        tries: int,
        most_entries: int,
        pause: Callable[[float], None],
        pairs: Pairs,
        numbers: Numbers,
    ) -> None:
        self.name = name
        self.strict = strict
        self.folder = folder
        self.tries = tries
        self.most_entries = most_entries
        self.pause = pause
        self.calls = calls
        self.model = Model(numbers)
        self.pairs = pairs
        self.look: dict[str, Any] = {}
        self.checks: list[Callable[[Entry, Any], None]] = []
        self.until_the_end = ExitStack()
        self._notes: dict[type, Any] = {}

    def notes(self, kind: type[Notes]) -> Notes:
        """Return the object of class ``kind`` in which a module with rules keeps its own data."""
        notes: Notes = self._notes.setdefault(kind, kind())
        return notes

    @contextmanager
    def rule(self, name: str) -> Iterator[Calls]:
        """Yield the calls; report a mismatch or a time limit with the program so far.

        Raises:
            Difference: a result is not as expected.
            Interrupted: a time limit has expired.
        """
        try:
            yield self.calls
        except Mismatch as wrong:
            script, steps = self.calls.script, self.calls.steps
            raise Difference(str(wrong), script, steps, name) from None
        except BaseException as broken:
            if not is_time_limit(broken):
                raise
            script, steps = self.calls.script, self.calls.steps
            raise Interrupted(f"{broken} In the rule {name}", script, steps, name) from broken

    def has_room(self, *copies: Callable[[Tree], Entry]) -> bool:
        """Return whether the tree would have at most `most_entries` entries after these copies.

        The copies are made in a fork of the tree. A copy that is refused adds nothing.
        """
        tree = self.model.tree.fork()
        for make in copies:
            with suppress(Refused):
                make(tree)
        return len(tree.live) <= self.most_entries

    # Comparing

    def expected(self, predict: Callable[[], Any], outcome: Outcome) -> Any:
        """Return the prediction of the model, or None if the call was refused as predicted.

        Raises:
            Mismatch: the outcome is not the predicted one.
        """
        try:
            expected = predict()
        except Refused as refused:
            chains = refused.args[:1] if self.strict else refused.args
            got = outcome.chain or f"success: {outcome.result!r}"
            if got not in chains:
                raise Mismatch(f"expected {' or '.join(chains)}, got {got}") from None
            return None
        if outcome.chain:
            raise Mismatch(f"expected success, got {outcome.chain}")
        return expected

    def compare(self, predict: Callable[[], Entry], outcome: Outcome) -> Entry | None:
        """Compare the metadata of one file or folder, and return the expected entry.

        Raises:
            Mismatch: they differ.
        """
        entry: Entry | None = self.expected(predict, outcome)
        if entry is not None:
            self.check(entry, getattr(outcome.result, "metadata", outcome.result))
        return entry

    def keep_refused(self, content: bytes, outcome: Outcome) -> None:
        """Keep the session in which the data of an upload stays if its path is refused (F4-09)."""
        if outcome.chain.startswith("path/"):
            session = outcome.result.get_path().upload_session_id
            self.pairs.pair("session", self.model.sessions.start(content), session)

    def check(self, entry: Entry, meta: Any) -> None:
        """Compare the metadata of a file or folder with the model's entry.

        Raises:
            Mismatch: they differ.
        """
        self.pairs.check(entry, meta, self.folder)

    def check_tree(self) -> None:
        """Compare all existing entries with the model.

        Raises:
            Mismatch: an entry is not as expected, is missing, or is not expected at all.
        """
        live = self.model.tree.live
        entries = self.calls.look(self.folder, **self.look)
        keys = [self.key(meta) for meta in entries]
        with self.shown_by("files_list_folder", self.folder, recursive=True):
            expect(sorted(live), sorted(filter(None, keys)))
        for key, meta in zip(keys, entries, strict=True):
            if key:
                with self.shown_by("files_get_metadata", meta.path_lower, **self.look):
                    self.check(live[key], meta)
                    for check in self.checks:
                        check(live[key], meta)

    @contextmanager
    def shown_by(self, method: str, *args: Any, **options: Any) -> Iterator[None]:
        """If the context ends with a mismatch, add a call that shows it to the script."""
        with shown_by(self.calls, method, *args, **options):
            yield

    # Waiting

    def finished(self, check: str, launched: Any) -> Any:
        """Wait for the end of a job, given the result of its launch, and return its status.

        The wait may be longer than the 15 minutes that a `save_url` may take (F5-09).

        Raises:
            Mismatch: the job does not end.
        """
        job = launched.get_async_job_id()
        for number in range(1, _CHECKS + 1):
            answer = self.calls.make(check, job)
            expect("", answer.chain)
            if not answer.result.is_in_progress():
                return answer.result
            self.pause(min(number * _PAUSE, _LONGEST_PAUSE))
        raise Mismatch(f"expected an end, got in_progress {_CHECKS} times")

    def reply(self, ask: Callable[[], Any]) -> Any:
        """Return the reply to a request to a link; retry while Dropbox is busy or has an error.

        Raises:
            Mismatch: the last attempt fails, too.
        """
        for _ in range(self.tries):
            reply = ask()
            status = reply.status_code
            is_busy = status == _CONFLICT and BUSY in reply.text
            if not is_busy and status != _TOO_MANY and status < _BROKEN:
                return reply
            self.pause(_PAUSE)
        raise Mismatch(f"expected a result, got {reply.status_code} {self.tries} times")

    # The meaning of drawn values

    def path(self, target: Any) -> str:
        """Return the model's path of a drawn target; only the kind ``doc`` selects Paper docs.

        No fact says what happens if a Paper doc is written or moved like a plain file.
        """
        if isinstance(target, str):
            return target
        kind, number, below = target
        tree = self.model.tree
        if kind == "rev":
            return f"rev:{self.revision(number)[0]}"
        if kind == "id":
            docs = {entry.id for entry in tree.history if is_doc(entry.key)}
            ids = [known for known in self.pairs.numbers("id") if known not in docs]
            return f"id:{nth(ids, number, NOBODY)}{below}"
        if kind == "doc":
            return str(nth(self.model.docs.keys(), number, "/p.paper"))
        if kind == "folder":
            folders = [key for key, entry in tree.live.items() if entry.content is None]
            return str(nth(folders, number, "/a"))
        known = _plain(tree.gone if kind == "gone" else tree.live)
        owners = _plain(self.model.owners(kind))
        return f"{nth(owners or known, number, '/a')}{below}"

    def real(self, path: str) -> str:
        """Return the service's path for a path of the model."""
        if path.startswith("rev:"):
            return "rev:" + self.pairs.real("rev", int(path[4:]))
        if not path.startswith("id:"):
            return self.folder + path
        number, slash, below = path[3:].partition("/")
        return self.pairs.real("id", int(number)) + slash + below

    def key(self, meta: Any) -> str:
        """Return the model's key for an entry of the service."""
        key: str = meta.path_lower.removeprefix(fold(self.folder))
        return key

    def revision(self, number: int) -> tuple[int, str]:
        """Return a revision for the model and for the service; for `UNKNOWN`, one that no file has.

        Revisions that no response has contained are left out: those that a file had only between
        two entries of a batch.
        """
        past = [] if number == UNKNOWN else self.model.tree.history
        revs = [entry.rev for entry in past if not is_doc(entry.key)]
        rev = nth([rev for rev in revs if self.pairs.is_known("rev", rev)], number, NOBODY)
        return rev, self.pairs.real("rev", rev)

    def revision_at(self, path: str, number: int) -> tuple[int, str]:
        """Return the revision of the file at a path for an even ``number``, or `revision(number)`.

        It is also `revision(number)` if the path has no file, or if no response has contained the
        file's revision.
        """
        entry = self.model.tree.live.get(fold(path))
        is_file = entry is not None and entry.content is not None
        if entry is None or not is_file or number % 2 or not self.pairs.is_known("rev", entry.rev):
            return self.revision(number)
        return entry.rev, self.pairs.real("rev", entry.rev)

    def session_at(self, session: int, offset: int | None) -> tuple[int, UploadSessionCursor]:
        """Return a session for the model, and its cursor for the service.

        If ``offset`` is None, the cursor has the correct offset.
        """
        number = nth(self.pairs.numbers("session"), session, NOBODY)
        if offset is None:
            offset = self.model.sessions.size(number)
        return number, UploadSessionCursor(self.pairs.real("session", number), offset)


@contextmanager
def shown_by(calls: Calls, method: str, *args: Any, **options: Any) -> Iterator[None]:
    """If the context ends with a mismatch, add a call that shows it to the script."""
    try:
        yield
    except Mismatch:
        calls.make(method, *args, **options)
        raise


def _plain(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if not is_doc(key)]


def nth(known: Sequence[Any], number: int, none: Any) -> Any:
    """Return the item ``number`` places before the last, cyclically, or ``none`` without items."""
    return known[-1 - number % len(known)] if known else none
