"""The machine without its rules: its settings, and the course of one example."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from typing import Any, ClassVar

import requests
from dropbox.files import WriteMode
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from fakedropbox.clock import Clock, SystemClock
from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import BYTES
from fakedropbox.machines._comparison import Interrupted, is_time_limit
from fakedropbox.machines._entries import Write
from fakedropbox.machines._example import Example

_LONGEST_FETCH = 60.0


class Kernel(RuleBasedStateMachine):
    """A machine that makes a client and some files, and compares the tree after each step."""

    strict: ClassVar[bool] = False
    """True to expect the recorded behaviour even where Dropbox promises less: which of several
    errors is raised, the order of listings, no page longer than its limit, one entry for each
    path, no entries if nothing changed, no `reset` of a cursor."""

    folder: str = ""
    """The folder for the example, such as ``/test``; it is created, and deleted at the end."""

    tries: ClassVar[int] = 8
    """The number of attempts at a call that fails with 429, 5xx or `too_many_write_operations`."""

    most_entries: ClassVar[int] = 100
    """The greatest number of files and folders after a copy; a copy that would exceed it is not
    made. Each copy of a folder into another one doubles the size of the next copy: without a
    limit, a few calls would create thousands of entries."""

    urls: ClassVar[Mapping[str, bytes]] = {}
    """The data that `files_save_url` downloads, by URL; if empty, all these downloads fail."""

    papers: ClassVar[bool] = True
    """True to make Paper docs, too. Their revisions and exports are not in any recording."""

    pictures: ClassVar[bool] = find_spec("PIL") is not None
    """True to upload real pictures, for which the fake Dropbox needs Pillow."""

    _at_the_start: ClassVar[tuple[Callable[[Kernel], None], ...]] = ()
    """Functions of the modules with rules, which are called before the first file exists."""

    _after_each_step: ClassVar[tuple[Callable[[Kernel], None], ...]] = ()
    """Functions of the modules with rules, which are called after the comparison of the tree."""

    def __init__(self) -> None:
        super().__init__()
        self._example: Example | None = None

    def make_client(self) -> Any:
        """Return a client for one example: a `dropbox.Dropbox`, or an object that behaves alike."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method make_client() that returns a client"
        )

    def pause(self, seconds: float) -> None:
        """Wait before a retry, on the clock of the client's service, or on the system's clock.

        Override it for a client that has no `service` and does not use real time.
        """
        clock_of(self.dbx).sleep(seconds)

    def fetch(self, link: str, content: bytes | None = None) -> Any:
        """Return the reply to a GET of a temporary link, or to a POST of data to it.

        The request is made with the client's own session, or with a new one if it has none.
        Override it for a client that has no `_session` and does not use the real Dropbox.
        """
        with ExitStack() as until_the_end:
            session = getattr(self.dbx, "_session", None)
            if session is None:
                session = until_the_end.enter_context(requests.Session())
            if content is None:
                return session.get(link, timeout=_LONGEST_FETCH)
            return session.post(link, content, headers=BYTES, timeout=_LONGEST_FETCH)

    def settle(self) -> None:
        """Wait until reads see all earlier writes; called before each read and after each step.

        It does nothing unless a subclass overrides it.
        """

    @property
    def steps(self) -> int:
        """The number of calls that this example has made and compared."""
        return 0 if self._example is None else self._example.calls.steps

    @property
    def example(self) -> Example:
        """The current example, on which the rules work."""
        assert self._example is not None, "begin() comes first"
        return self._example

    @initialize(files=v.TREES)
    def begin(self, files: tuple[str, ...]) -> None:
        """Make the client, the folder if one is set, and some files."""
        self.dbx = self.make_client()
        self._example = example = Example(
            self.dbx,
            strict=self.strict,
            folder=self.folder,
            tries=self.tries,
            most_entries=self.most_entries,
            pause=self.pause,
        )
        if self.folder:
            made = example.calls.make("files_create_folder_v2", self.folder)
            if made.chain:
                raise ValueError(
                    f"folder: expected a path at which a folder can be created, got "
                    f"{self.folder!r}: {made.chain}"
                )
            example.until_the_end.callback(example.calls.make, "files_delete_v2", self.folder)
        for start in self._at_the_start:
            start(self)
        with example.rule("begin") as calls:
            for number, path in enumerate(files):
                content, mode = b"y" if path in files[:number] else b"x", "overwrite"
                outcome = calls.make(
                    "files_upload", content, self.folder + path, mode=WriteMode(mode)
                )
                upload = partial(example.model.tree.upload, path, content, Write(mode))
                example.compare(upload, outcome)

    @invariant()
    def the_tree(self) -> None:
        """Check after each step that exactly the expected entries exist."""
        self.settle()
        with self.example.rule("the_tree"):
            self.example.check_tree()
            for check in self._after_each_step:
                check(self)

    def teardown(self) -> None:
        """Clean up.

        Raises:
            Interrupted: a time limit ended the example outside any rule, for example while
                Hypothesis drew values.
        """
        broken = sys.exc_info()[1]  # Hypothesis calls this while an exception is being raised
        script, steps = "", self.steps
        if self._example is not None:
            script = self._example.calls.script
            with self._example.rule("teardown"), self._example.until_the_end:
                pass
        if broken is not None and is_time_limit(broken):
            raise Interrupted(f"{broken} Outside of any rule", script, steps, "") from broken


def clock_of(client: Any) -> Clock:
    """Return the clock of a client's service, or the system's clock if it has no service."""
    service = getattr(client, "service", None)
    return SystemClock() if service is None else service.clock


def has_sessions(machine: Kernel) -> bool:
    """Return whether any upload session has been started.

    It may have ended: the response for an ended session is that for an unknown one.
    """
    return bool(machine.example.pairs.numbers("session"))
