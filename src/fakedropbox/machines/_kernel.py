"""The machine without its rules: what a user sets, and the course of one example."""

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
    """A machine that makes a client, some files, and looks at the whole tree after each step."""

    strict: ClassVar[bool] = False
    """Expect what was recorded also where Dropbox promises less: which of several
    errors comes, the order of listings, no page longer than its limit, one entry a path, none
    where nothing changed, no cursor that is `reset`."""

    folder: str = ""
    """The folder in which all happens, such as ``/test``; it is made, and deleted in the end."""

    tries: ClassVar[int] = 8
    """The number of attempts at a call that 429, 5xx or `too_many_write_operations` answers."""

    most_entries: ClassVar[int] = 100
    """The number of files and folders that a copy may leave; one that would leave more is not made.
    A folder that is copied into another doubles what is copied next: without a limit a few calls
    come to thousands of entries."""

    urls: ClassVar[Mapping[str, bytes]] = {}
    """The data that the client's Dropbox finds at some URLs; without any, only failures."""

    papers: ClassVar[bool] = True
    """Make Paper docs, too. No recording tells what their revisions and exports are."""

    pictures: ClassVar[bool] = find_spec("PIL") is not None
    """Try real pictures, for which the double needs Pillow."""

    _at_the_start: ClassVar[tuple[Callable[[Kernel], None], ...]] = ()
    """Steps that modules of rules take before there is any file."""

    _after_each_step: ClassVar[tuple[Callable[[Kernel], None], ...]] = ()
    """Comparisons that modules of rules make once the tree is as expected."""

    def __init__(self) -> None:
        super().__init__()
        self._example: Example | None = None

    def make_client(self) -> Any:
        """A client for one example: a `dropbox.Dropbox`, or what behaves like one."""
        raise NotImplementedError(f"{type(self).__name__}: expected a method make_client")

    def pause(self, seconds: float) -> None:
        """Wait before a call is made again: by the clock of the client's service, or the machine's.

        For a client that has no `service` but does not live in real time, say here how it waits.
        """
        clock_of(self.dbx).sleep(seconds)

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
        """The number of calls that this example has made and compared."""
        return 0 if self._example is None else self._example.calls.steps

    @property
    def example(self) -> Example:
        """The example under way, on which the rules work."""
        assert self._example is not None, "begin() comes first"
        return self._example

    @initialize(files=v.TREES)
    def begin(self, files: tuple[str, ...]) -> None:
        """Make the client, the folder if there is to be one, and some files."""
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
                raise ValueError(f"folder: expected one that can be made, got {made.chain}")
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
        """After each step: everything that is there, and nothing else."""
        self.settle()
        with self.example.rule("the_tree"):
            self.example.check_tree()
            for check in self._after_each_step:
                check(self)

    def teardown(self) -> None:
        """Clean up.

        Raises:
            Interrupted: a time limit broke the example off, such as while Hypothesis drew values.
        """
        broken = sys.exc_info()[1]  # Hypothesis calls this while an exception is on its way
        script, steps = "", self.steps
        if self._example is not None:
            script = self._example.calls.script
            with self._example.rule("teardown"), self._example.until_the_end:
                pass
        if broken is not None and is_time_limit(broken):
            raise Interrupted(f"{broken} Outside of any rule", script, steps, "") from broken


def clock_of(client: Any) -> Clock:
    """The clock of a client's service, or the system's."""
    service = getattr(client, "service", None)
    return SystemClock() if service is None else service.clock


def has_sessions(machine: Kernel) -> bool:
    """Say whether an upload session was ever begun: what has ended is answered as what is not."""
    return bool(machine.example.pairs.numbers("session"))
