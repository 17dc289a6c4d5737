"""Standing around every call of a service, outside its lock and its planned faults."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from functools import cache, partial
from typing import Any, NoReturn

from dropbox.exceptions import DropboxException

from fakedropbox._identity.tokens import Link
from fakedropbox.calls import Call
from fakedropbox.errors import ConnectionRefused as NobodyAnswered
from fakedropbox.errors import Refusal, ReplyCorrupt, ReplyLost, ServerFault
from fakedropbox.faults import Next
from fakedropbox.service import FakeDropboxService
from fakedropbox.simulate._entropy import Entropy
from fakedropbox.simulate.errors import SimulatedCrash, SimulationError
from fakedropbox.simulate.histories import History, Kind
from fakedropbox.simulate.mishaps import MISHAPS, Mishap

_UNKNOWN = (ReplyLost, ReplyCorrupt, ServerFault, NobodyAnswered)
"""After these the caller cannot know whether the call took effect."""


_one_at_a_time = threading.Lock()
_inside: ContextVar[bool] = ContextVar("_inside", default=False)
_in_place: list[ExitStack] = []
"""What each simulation that is on has put in the place of what all share."""

MOST_CALLS_AFTER_DEATH = 1000


@contextmanager
def _alone() -> Iterator[ExitStack]:
    """Let simulations of other threads wait: each stands in the place of what all share.

    One that begins within another, in its worker or its check, goes ahead.
    """
    if _inside.get():
        with _noted() as shared:
            yield shared
        return
    with _one_at_a_time:
        token = _inside.set(True)
        try:
            with _noted() as shared:
                yield shared
        finally:
            _inside.reset(token)


@contextmanager
def _noted() -> Iterator[ExitStack]:
    with ExitStack() as shared:
        _in_place.append(shared)
        try:
            yield shared
        finally:
            _in_place.remove(shared)


def _begin_forked() -> None:
    """Be rid, in a process that was forked, of a simulation whose thread is not in it.

    One that forked itself goes on in both.
    """
    global _one_at_a_time  # noqa: PLW0603 -- nobody is left to release it
    if _inside.get() or not _one_at_a_time.locked():
        return
    _one_at_a_time = threading.Lock()
    while _in_place:
        with suppress(RuntimeError):  # a service that was activated later stays active
            _in_place.pop().close()
    random.seed()  # as after any fork; the simulation has put back the parent's state


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_forked)


class Made:
    """What became of a call: its result or its refusal, and whether it changed anything."""

    __slots__ = ("error", "mutated", "result")

    def __init__(self) -> None:
        self.result: Any = None
        self.error: Refusal | None = None
        self.mutated = False


class Process:
    """Who makes calls: alive, or dead for good. ``link`` is the login that it was given.

    ``death`` is the crash of which it died.
    """

    def __init__(self, name: str, link: Link | None = None) -> None:
        self.name = name
        self.link = link
        self.crashed = False
        self.death: SimulatedCrash | None = None
        self.calls = 0
        self.calls_after_death = 0
        self.made = Made()


class Watch:
    """What stands around every call of a service while a simulation is on.

    ``process`` is who makes calls at the moment, None
    for nobody of the simulation.
    """

    def __init__(self, service: FakeDropboxService) -> None:
        self.service = service
        self.process: Process | None = None
        self.entropy = Entropy()
        self.history = History()
        self._dead: list[Link] = []
        self._failure: SimulationError | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Have the service to itself, and give it back as it was.

        Raises:
            SimulationError: another simulation has it.
        """
        service, gate = self.service, self.service.gate
        with _alone() as shared:
            shared.enter_context(service.activate())
            shared.enter_context(self.entropy.installed())
            if gate.is_watched:
                raise SimulationError(
                    "service: expected one that is in no simulation, got one that is"
                )
            self.begin = service.snapshot()
            try:
                with gate.watched(lambda call_next: partial(self.around, call_next=call_next)):
                    yield
            finally:
                service.restore(self.begin)

    @contextmanager
    def on_behalf_of(self, process: Process) -> Iterator[None]:
        """Take all calls for those of one process."""
        self.process = process
        try:
            yield
        finally:
            self.process = None

    def fail(self, failure: SimulationError) -> NoReturn:
        """End the simulation, even if the one who calls catches this.

        Raises:
            SimulationError: ``failure``.
        """
        self._failure = failure
        raise failure

    def check_failure(self) -> None:
        """Raise what has ended the simulation, if anything has.

        Raises:
            SimulationError: as `fail` did.
        """
        if self._failure is not None:
            raise self._failure

    def around(self, call: Call, call_next: Next) -> Any:
        """Let pass a call, as far as it comes."""
        process = self.process
        if call.grant is not None and call.grant.link in self._dead:
            self._refuse(process or Process("nobody"), call)
        if process is None:
            return call_next(call)
        if process.crashed:
            self._refuse(process, call)
        return self.make(process, call, call_next)

    def make(self, process: Process, call: Call, call_next: Next) -> Any:
        """Make a call of a living process."""
        return self.perform(self.invoked(process, call), process, call, call_next, None)

    def _refuse(self, process: Process, call: Call) -> NoReturn:
        process.calls_after_death += 1
        raise SimulatedCrash(f"{call.name}: called by a process that has died")

    def invoked(self, process: Process, call: Call) -> int:
        """Note that a call begins; its number in the history."""
        process.calls += 1
        clock = self.service.clock
        return self.history.invoke(clock.time(), process.name, call.name, arguments_of(call))

    def perform(
        self, number: int, process: Process, call: Call, call_next: Next, mishap: Mishap | None
    ) -> Any:
        """Make a call, whatever befalls it; ``process.made`` tells what became of it."""
        made = process.made = Made()
        store = self.service.gate.world.files
        last_rev, noted = store.last_rev, store.undo.position

        def carry_out(call: Call) -> Any:
            reply = call_next(call)
            made.result = getattr(reply, "result", reply)
            made.mutated = store.undo.position != noted
            return reply

        end: Kind = "ok"
        try:
            if mishap is None:
                return carry_out(call)
            return MISHAPS[mishap](call.name).apply(call, carry_out)
        except Refusal as refused:
            made.error = refused
            end = "unknown" if isinstance(refused, _UNKNOWN) else "fail"
            raise
        except BaseException as error:
            end = "unknown"
            if isinstance(error, SimulatedCrash):
                self.bury(process, error)
            raise
        finally:
            # A refused upload keeps its bytes in an upload session: no change to speak of.
            made.mutated = made.mutated or store.last_rev != last_rev
            self.history.end(number, self.service.clock.time(), end)

    def bury(self, process: Process, death: SimulatedCrash) -> None:
        """Let a process be dead, and whatever holds the login that it was given."""
        process.crashed = True
        process.death = death
        if process.link is not None:
            self._dead.append(process.link)


def undying(process: Process) -> SimulationError:
    """What to say of one that makes call after call when it is dead."""
    return SimulationError(
        f"{process.name}: it goes on calling after its death; does it catch BaseException?"
    )


def expect_functions(**given: object) -> None:
    """Check that arguments can be called.

    Raises:
        TypeError: one cannot.
    """
    for argument, value in given.items():
        if not callable(value):
            raise TypeError(f"{argument}: expected a function, got {value!r}")


def hold(check: Callable[[Any], object], run: Any) -> None:
    """Check a run.

    Raises:
        AssertionError: the check returned False; for one that meant to raise, that is nothing.
        Exception: what it raised.
    """
    if check(run) is False:
        raise AssertionError("the check returned False")


_EXPECTED = (DropboxException, OSError, SimulatedCrash)


def refuse_unexpected(*errors: BaseException | None) -> None:
    """Raise the first error that neither Dropbox, the network nor a mishap explains."""
    for error in errors:
        if error is not None and not isinstance(error, _EXPECTED):
            raise error


_PATHS = ("path", "from_path", "to_path")


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """The fields of an argument's type that may hold a path, or more such fields."""
    return tuple([field for field in (*_PATHS, "commit") if hasattr(kind, field)])


def paths_in(arg: Any) -> Iterator[tuple[str, str]]:
    """The paths that an argument names, by field, those of what it will commit too."""
    for field in _fields(arg.__class__):
        value = getattr(arg, field, None)
        if isinstance(value, str):
            yield field, value
        elif field == "commit":
            yield from paths_in(value)


def arguments_of(call: Call) -> dict[str, str]:
    """What a history tells of a call's arguments: its paths."""
    return dict(paths_in(call.arg))


def label_of(call: Call) -> str:
    """A call as one line: its route and its paths."""
    return " ".join([call.name, *[path for _, path in paths_in(call.arg)]])


Client = Callable[[FakeDropboxService], Any]
"""What makes a client from a service: `FakeDropboxService.client`, or a user's own."""
