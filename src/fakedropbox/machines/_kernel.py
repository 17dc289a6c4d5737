"""What all rules stand on: one client, one model, and how an answer is compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, ClassVar

import requests
from dropbox.files import UploadSessionCursor, WriteMode
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from fakedropbox.clock import Clock, SystemClock
from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import BUSY, BYTES, Calls, Outcome
from fakedropbox.machines._comparison import (
    NOBODY,
    Difference,
    Interrupted,
    Mismatch,
    Pairs,
    expect,
    is_time_limit,
)
from fakedropbox.machines._entries import Entry, Refused, Write
from fakedropbox.machines._model import Model
from fakedropbox.machines._names import fold, is_doc

UNKNOWN = 8
_LONGEST_FETCH = 60.0
_CHECKS = 100
_PAUSE, _LONGEST_PAUSE = 1.0, 10.0
_CONFLICT, _TOO_MANY, _BROKEN = 409, 429, 500


class Kernel(RuleBasedStateMachine):
    """A client, a model, and which of their ids and revisions belong together."""

    strict: ClassVar[bool] = False
    """Whether to expect what was recorded also where Dropbox promises less: which of several
    errors comes, the order of listings, no page longer than its limit, one entry a path, none
    where nothing changed, no cursor that is `reset`."""

    folder: str = ""
    """The folder in which all happens, such as ``/test``; it is made, and deleted in the end."""

    tries: ClassVar[int] = 8
    """How often a call is made that is answered with 429, 5xx or `too_many_write_operations`."""

    def __init__(self) -> None:
        super().__init__()
        self._model = Model()
        self._pairs = Pairs()
        self._calls: Calls | None = None
        self._has_folder = False
        self._look: dict[str, Any] = {}  # what else to ask for after each step

    def make_client(self) -> Any:
        """A client for one example: a `dropbox.Dropbox`, or what behaves like one."""
        raise NotImplementedError(f"{type(self).__name__}: expected a method make_client")

    def pause(self, seconds: float) -> None:
        """Wait before a call is made again: by the clock of the client's service, or the machine's.

        For a client that has no `service` but does not live in real time, say here how it waits.
        """
        self._clock.sleep(seconds)

    @property
    def _clock(self) -> Clock:
        service = getattr(self.dbx, "service", None)
        return SystemClock() if service is None else service.clock

    def fetch(self, link: str, content: bytes | None = None) -> Any:
        """The reply to a GET of a temporary link, or to a POST of a content to it.

        It is asked for through the client's own session, or else through the net. For a client
        that has no `_session` but is not the real one, say here where it comes from.
        """
        with ExitStack() as until_the_end:
            session = getattr(self.dbx, "_session", None)
            if session is None:
                session = until_the_end.enter_context(requests.Session())
            if content is None:
                return session.get(link, timeout=_LONGEST_FETCH)
            return session.post(link, content, headers=BYTES, timeout=_LONGEST_FETCH)

    def settle(self) -> None:
        """Wait until reads see all writes: before each of them, and after each step.

        Nothing is waited for unless a subclass says how.
        """

    @property
    def steps(self) -> int:
        """How many calls this example has made and compared."""
        return 0 if self._calls is None else self._calls.steps

    # The run of one example

    @initialize(files=v.TREES)
    def begin(self, files: tuple[str, ...]) -> None:
        """Make the client, the folder if there is to be one, and some files."""
        self.dbx = self.make_client()
        self._calls = Calls(self.dbx, self.tries, self.pause)
        if self.folder:
            made = self._calls.make("files_create_folder_v2", self.folder)
            if made.chain:
                raise ValueError(f"folder: expected one that can be made, got {made.chain}")
            self._has_folder = True
        self._begun()
        with self._rule("begin") as calls:
            for number, path in enumerate(files):
                content, mode = b"y" if path in files[:number] else b"x", "overwrite"
                outcome = calls.make(
                    "files_upload", content, self.folder + path, mode=WriteMode(mode)
                )
                self._compare(partial(self._model.upload, path, content, Write(mode)), outcome)

    def _begun(self) -> None:
        """What else to do before there is anything."""

    def teardown(self) -> None:
        """Clean up."""
        if self._has_folder:
            with self._rule("teardown") as calls:
                calls.make("files_delete_v2", self.folder)

    @contextmanager
    def _rule(self, name: str) -> Iterator[Calls]:
        assert self._calls is not None, "begin() comes first"
        try:
            yield self._calls
        except Mismatch as wrong:
            script, steps = self._calls.script, self._calls.steps
            raise Difference(str(wrong), script, steps, name) from None
        except BaseException as broken:
            if not is_time_limit(broken):
                raise
            script, steps = self._calls.script, self._calls.steps
            raise Interrupted(f"{broken} In the rule {name}", script, steps, name) from broken

    def _expected(self, predict: Callable[[], Any], outcome: Outcome) -> Any:
        """What the model predicts, or None where it predicts the refusal that came."""
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

    def _compare(self, predict: Callable[[], Entry], outcome: Outcome) -> Entry | None:
        """Compare the metadata of one file or folder, and give back what it should be."""
        entry: Entry | None = self._expected(predict, outcome)
        if entry is not None:
            meta = getattr(outcome.result, "metadata", outcome.result)
            self._pairs.check(entry, meta, self.folder)
        return entry

    def _finished(self, calls: Calls, check: str, launched: Any) -> Any:
        """The status of a job that has come to its end, from what its launch answered.

        That may take longer than the quarter of an hour that is given to `save_url` (F5-09).
        """
        job = launched.get_async_job_id()
        for number in range(1, _CHECKS + 1):
            answer = calls.make(check, job)
            expect("", answer.chain)
            if not answer.result.is_in_progress():
                return answer.result
            self.pause(min(number * _PAUSE, _LONGEST_PAUSE))
        raise Mismatch(f"expected an end, got in_progress {_CHECKS} times")

    def _reply(self, ask: Callable[[], Any]) -> Any:
        """What a link answers, asked again and again while Dropbox says "later"."""
        for _ in range(self.tries):
            reply = ask()
            status = reply.status_code
            is_busy = status == _CONFLICT and BUSY in reply.text
            if not is_busy and status != _TOO_MANY and status < _BROKEN:
                return reply
            self.pause(_PAUSE)
        raise Mismatch(f"expected an answer, got {reply.status_code} {self.tries} times")

    # What the drawn values stand for

    def _path(self, target: Any) -> str:
        """The model's path of a target, which is no Paper doc unless that is asked for.

        Nobody knows what becomes of one that is written or moved as if it were a plain file.
        """
        if isinstance(target, str):
            return target
        kind, number, below = target
        if kind == "rev":
            return f"rev:{self._revision(number)[0]}"
        if kind == "id":
            docs = {entry.id for entry in self._model.history if is_doc(entry.key)}
            ids = [known for known in self._pairs.numbers("id") if known not in docs]
            return f"id:{nth(ids, number, NOBODY)}{below}"
        if kind == "doc":
            return str(nth(self._model.docs(), number, "/p.paper"))
        known = _plain(self._model.gone if kind == "gone" else self._model.live)
        owners = _plain(self._model.owners(kind))
        return f"{nth(owners or known, number, '/a')}{below}"

    def _real(self, path: str) -> str:
        """The service's path of a model's path."""
        if path.startswith("rev:"):
            return "rev:" + self._pairs.real("rev", int(path[4:]))
        if not path.startswith("id:"):
            return self.folder + path
        number, slash, below = path[3:].partition("/")
        return self._pairs.real("id", int(number)) + slash + below

    def _revision(self, number: int) -> tuple[int, str]:
        """A revision for the model and for the service; 8 is one that no file has.

        Any other is one that an answer has told, which leaves out those that a file had only
        between two entries of a batch.
        """
        past = [] if number == UNKNOWN else self._model.history
        revs = [entry.rev for entry in past if not is_doc(entry.key)]
        rev = nth([rev for rev in revs if self._pairs.is_told("rev", rev)], number, NOBODY)
        return rev, self._pairs.real("rev", rev)

    def _revision_at(self, path: str, number: int) -> tuple[int, str]:
        """Mostly the revision of the file at a path."""
        entry = self._model.live.get(fold(path))
        is_file = entry is not None and entry.content is not None
        if entry is None or not is_file or number % 2 or not self._pairs.is_told("rev", entry.rev):
            return self._revision(number)
        return entry.rev, self._pairs.real("rev", entry.rev)

    def _keep_session(self, number: int, real: str) -> None:
        self._pairs.pair("session", number, real)

    def _session_at(self, session: int, offset: int | None) -> tuple[int, UploadSessionCursor]:
        """A session for the model, and for the service with an offset; None is the right one."""
        number = nth(self._pairs.numbers("session"), session, NOBODY)
        if offset is None:
            offset = len(self._model.sessions.get(number, (b"", False))[0])
        real = self._pairs.real("session", number)
        return number, UploadSessionCursor(real, offset)

    @invariant()
    def the_tree(self) -> None:
        """After each step: everything that is there, and nothing else."""
        self.settle()
        with self._rule("the_tree") as calls:
            entries = calls.look(self.folder, **self._look)
            keys = [meta.path_lower.removeprefix(fold(self.folder)) for meta in entries]
            with shown_by(calls, "files_list_folder", self.folder, recursive=True):
                expect(sorted(self._model.live), sorted(filter(None, keys)))
            for key, meta in zip(keys, entries, strict=True):
                if key:
                    with shown_by(calls, "files_get_metadata", meta.path_lower, **self._look):
                        self._check_there(self._model.live[key], meta)

    def _check_there(self, entry: Entry, meta: Any) -> None:
        """Compare what is there with what should be."""
        self._pairs.check(entry, meta, self.folder)


@contextmanager
def shown_by(calls: Calls, method: str, *args: Any, **options: Any) -> Iterator[None]:
    """Let the program end with a call that shows what differs here."""
    try:
        yield
    except Mismatch:
        calls.make(method, *args, **options)
        raise


def _plain(keys: Iterable[str]) -> list[str]:
    return [key for key in keys if not is_doc(key)]


def nth(known: Sequence[Any], number: int, none: Any) -> Any:
    """The one so many before the last, or ``none`` where there are none."""
    return known[-1 - number % len(known)] if known else none


def has_sessions(machine: Kernel) -> bool:
    """Whether an upload session was ever begun; what there is not is answered as what has ended."""
    return bool(machine._pairs.numbers("session"))
