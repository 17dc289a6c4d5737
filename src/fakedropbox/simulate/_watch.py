"""A wrapper around every call of a service, outside the service's lock and planned faults."""

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

from fakedropbox._identity.tokens import AppLink
from fakedropbox.calls import Call
from fakedropbox.errors import ConnectionRefused as NobodyAnswered
from fakedropbox.errors import Refusal, ReplyCorrupt, ReplyLost, ServerFault
from fakedropbox.faults import Next
from fakedropbox.service import FakeDropboxService
from fakedropbox.simulate._entropy import Entropy
from fakedropbox.simulate.call_faults import CALL_FAULTS, FaultName
from fakedropbox.simulate.errors import SimulatedCrash, SimulationError
from fakedropbox.simulate.histories import History, Kind

_UNKNOWN = (ReplyLost, ReplyCorrupt, ServerFault, NobodyAnswered)
"""Errors after which the caller cannot know whether the call took effect."""


_one_at_a_time = threading.Lock()
_inside: ContextVar[bool] = ContextVar("_inside", default=False)
_replaced: list[ExitStack] = []
"""The global objects that each running simulation has replaced."""

MOST_CALLS_AFTER_DEATH = 1000


@contextmanager
def _alone() -> Iterator[ExitStack]:
    """Make simulations of other threads wait, because each one replaces global objects.

    A simulation that begins inside another one, in its worker or its check, does not wait.
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
        _replaced.append(shared)
        try:
            yield shared
        finally:
            _replaced.remove(shared)


def _begin_forked() -> None:
    """End, in a forked process, a simulation whose thread does not exist there.

    If the simulation's own thread has forked, the simulation goes on in both processes.
    """
    global _one_at_a_time  # noqa: PLW0603 -- the thread that would release it does not exist
    if _inside.get() or not _one_at_a_time.locked():
        return
    _one_at_a_time = threading.Lock()
    while _replaced:
        with suppress(RuntimeError):  # a service that was activated later stays active
            _replaced.pop().close()
    # Python seeds `random` again after each fork, but restoring the replaced objects has just
    # set it to the parent's state.
    random.seed()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_forked)


class Made:
    """The outcome of a call: its result or error, and ``mutated``, if it changed anything."""

    __slots__ = ("error", "mutated", "result")

    def __init__(self) -> None:
        self.result: Any = None
        self.error: Refusal | None = None
        self.mutated = False


class Process:
    """A simulated process that makes calls until it crashes.

    ``link`` is the `AppLink` of its login, None if it has no login of its own. ``death`` is the
    `SimulatedCrash` that ended it, None until then. ``made`` is the outcome of its last call.
    """

    def __init__(self, name: str, link: AppLink | None = None) -> None:
        self.name = name
        self.link = link
        self.crashed = False
        self.death: SimulatedCrash | None = None
        self.calls = 0
        self.calls_after_death = 0
        self.made = Made()


class Watch:
    """The wrapper around every call of a service while a simulation runs.

    ``process`` is the simulated process that is making calls now, or None for calls from
    outside the simulation.
    """

    def __init__(self, service: FakeDropboxService) -> None:
        self.service = service
        self.process: Process | None = None
        self.entropy = Entropy()
        self.history = History()
        self._dead: list[AppLink] = []
        self._failure: SimulationError | None = None
        self.call_next: Next
        """The rest of the chain that every call passes, below this wrapper."""

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Reserve the service for this simulation, and restore its state at the end.

        Raises:
            SimulationError: the service is in another simulation.
        """
        service, gate = self.service, self.service.gate
        with _alone() as shared:
            shared.enter_context(service.activate())
            shared.enter_context(self.entropy.installed())
            if gate.is_watched:
                raise SimulationError(
                    "service: expected one that is not in another simulation, got one that is"
                )
            self.begin = service.snapshot()
            try:
                with gate.watched(self._wrap):
                    yield
            finally:
                service.restore(self.begin)

    def _wrap(self, call_next: Next) -> Next:
        self.call_next = call_next
        return partial(self.around, call_next=call_next)

    @contextmanager
    def on_behalf_of(self, process: Process) -> Iterator[None]:
        """Treat all calls as those of one process."""
        self.process = process
        try:
            yield
        finally:
            self.process = None

    def fail(self, failure: SimulationError) -> NoReturn:
        """Make the simulation fail, even if the scenario catches the error.

        Raises:
            SimulationError: ``failure``.
        """
        self._failure = failure
        raise failure

    def note_failure(self, failure: SimulationError) -> None:
        """Let the simulation end with an error once the running process has come to its end."""
        self._failure = failure

    def check_failure(self) -> None:
        """Raise the error with which the simulation has failed, if there is one.

        Raises:
            SimulationError: the one that was given to `fail` or `note_failure`.
        """
        if self._failure is not None:
            raise self._failure

    def around(self, call: Call, call_next: Next) -> Any:
        """Pass a call on to the service; raise `SimulatedCrash` if its process has crashed."""
        process = self.process
        if call.grant is not None and call.grant.link in self._dead:
            self._refuse(process or Process("nobody"), call)
        if process is None:
            return call_next(call)
        if process.crashed:
            self._refuse(process, call)
        return self.make(process, call, call_next)

    def make(self, process: Process, call: Call, call_next: Next) -> Any:
        """Make a call of a process that has not crashed."""
        number = self.invoked(process, call.name, paths_by_field(call.arg))
        return self.perform(number, process, call, call_next, None)

    def _refuse(self, process: Process, call: Call) -> NoReturn:
        process.calls_after_death += 1
        raise SimulatedCrash(f"{call.name}: called by a process that has died")

    def invoked(self, process: Process, name: str, paths: dict[str, str]) -> int:
        """Record that a call begins, and return its number in the history.

        ``paths`` are those in its argument, which the history keeps.
        """
        process.calls += 1
        return self.history.invoke(self.time(), process.name, name, paths)

    def time(self) -> float:
        """Return the time in seconds since 1970, by the service's clock."""
        return self.service.clock.time()

    def perform(
        self, number: int, process: Process, call: Call, call_next: Next, fault: FaultName | None
    ) -> Any:
        """Make a call, with a fault if one is given, and keep its outcome in ``process.made``."""
        # Not in a local variable: an error would refer to itself, by its traceback and this frame,
        # so that each refused call left objects that only the garbage collector can remove.
        process.made = Made()
        store = call.world.files
        last_rev, noted = store.last_rev, store.undo.position

        def carry_out(call: Call) -> Any:
            reply = call_next(call)
            process.made.result = getattr(reply, "result", reply)
            process.made.mutated = store.undo.position != noted
            return reply

        end: Kind = "ok"
        try:
            if fault is None:
                return carry_out(call)
            return CALL_FAULTS[fault](call.name).apply(call, carry_out)
        except Refusal as refused:
            process.made.error = refused
            end = "unknown" if isinstance(refused, _UNKNOWN) else "fail"
            raise
        except BaseException as error:
            end = "unknown"
            if isinstance(error, SimulatedCrash):
                self.mark_dead(process, error)
            raise
        finally:
            # A call that the service refused counts as a change only if it made a revision. The
            # undo log would not tell: a refused upload adds to it, because its data stays in an
            # upload session, but changes no file.
            process.made.mutated = process.made.mutated or store.last_rev != last_rev
            self.history.end(number, self.time(), end)

    def mark_dead(self, process: Process, death: SimulatedCrash) -> None:
        """Refuse all further calls of a process, and of any other code that has its login."""
        process.crashed = True
        process.death = death
        if process.link is not None:
            self._dead.append(process.link)


def keeps_calling(process: Process) -> SimulationError:
    """Return the error for a process that makes call after call although it has crashed."""
    return SimulationError(
        f"{process.name}: it keeps making calls after its simulated crash; does it catch "
        "BaseException?"
    )


def expect_functions(**given: object) -> None:
    """Check that arguments are callable.

    Raises:
        TypeError: an argument is not callable.
    """
    for argument, value in given.items():
        if not callable(value):
            raise TypeError(f"{argument}: expected a function, got {value!r}")


def hold(check: Callable[[Any], object], run: Any) -> None:
    """Run the user's check of a run, and raise an error if it fails.

    Raises:
        AssertionError: the check returned False. Any other return value, such as None, passes.
        Exception: what the check raised.
    """
    if check(run) is False:
        raise AssertionError("the check returned False")


_EXPECTED = (DropboxException, OSError, SimulatedCrash)


def refuse_unexpected(*errors: BaseException | None) -> None:
    """Raise the first error that did not come from Dropbox, the network or a fault."""
    for error in errors:
        if error is not None and not isinstance(error, _EXPECTED):
            raise error


_PATHS = ("path", "from_path", "to_path")


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """Return the fields of an argument's type that hold a path or a value with such fields."""
    return tuple([field for field in (*_PATHS, "commit") if hasattr(kind, field)])


def paths_in(arg: Any) -> list[tuple[str, str]]:
    """Return each field and path of an argument, including those of its ``commit``."""
    found: list[tuple[str, str]] = []
    for field in _fields(arg.__class__):
        value = getattr(arg, field, None)
        if isinstance(value, str):
            found.append((field, value))
        elif field == "commit":
            found += paths_in(value)
    return found


def paths_by_field(arg: Any) -> dict[str, str]:
    """Return the paths of an argument, by field; a history keeps no other part of it."""
    return dict(paths_in(arg))


def label_of(call: Call) -> str:
    """Return a call as one line, with its route and its paths."""
    return " ".join([call.name, *[path for _, path in paths_in(call.arg)]])


Client = Callable[[FakeDropboxService], Any]
"""A function that makes a client from a service: `FakeDropboxService.client`, or your own."""
