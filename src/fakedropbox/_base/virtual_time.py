"""Stand-ins for the functions of `time` and for `asyncio.sleep`, by which modules see a clock.

While there is a patch, each of these functions is replaced, once for the whole process. The
stand-in looks at the module that calls it: if a patch covers this module, it uses the clock of
the patch, and otherwise the function that it stands for. So a module that still has the stand-in
after the end of the patch, such as one that was imported meanwhile, sees the real time then.
"""

from __future__ import annotations

import math
import operator
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from types import FrameType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, cast

from fakedropbox._base import at_work
from fakedropbox._base.covered import is_covered, named
from fakedropbox._base.forks import Guard
from fakedropbox._base.sleepers import Sleepers, VirtualClock

if TYPE_CHECKING:  # `begin` imports it: most programs that import this module need no event loop
    import asyncio

_SECOND = 1_000_000
_NANOSECONDS = 1_000_000_000
_LONGEST_SLEEP = 2**63 / _NANOSECONDS
"""The number of seconds from which on `time.sleep` raises `OverflowError`."""

_yield_to_threads = time.sleep


class Patch(AbstractContextManager[None]):
    """The time of a clock, as some modules see it until the end of the context."""

    def __init__(self, clock: VirtualClock, modules: Iterable[ModuleType | str]) -> None:
        self.clock = clock
        self._names = named(modules)
        self._loops: dict[asyncio.AbstractEventLoop, Sleepers] = {}
        self._began = [max(0, *(each.ticks(n) for each in _patches), real()) for n, real in _TICKS]
        self._elapsed = 0
        self._seen = clock.micros
        self._guard = Guard()

    def __exit__(self, *_: object) -> None:
        end(self)

    def covers(self, name: object) -> bool:
        """Return whether a module sees the time of the clock, given its name, if it has one."""
        if not isinstance(name, str):
            name = ""
        if not self._names:
            return is_covered(name)
        return any(name == each or name.startswith(f"{each}.") for each in self._names)

    def covers_call(self, caller: FrameType | None, stand_in: StandIn) -> bool:
        """Return whether the module that calls a function sees the time of the clock.

        If that module is not covered and was only given the function, as `threading` is by
        `Thread(target=time.sleep)`, the module that called that one decides, and so on.
        """
        while caller is not None:
            if self.covers(caller.f_globals.get("__name__")):
                return True
            if stand_in.is_named_in(caller):
                return False
            caller = caller.f_back
        return not self._names

    def ticks(self, number: int) -> int:
        """Return the nanoseconds of a clock that never goes back, given its number in `_TICKS`."""
        with self._guard.lock:
            now = self.clock.micros
            self._elapsed += max(0, now - self._seen) * 1_000
            self._seen = now
            return self._began[number] + self._elapsed

    async def sleep(self, seconds: float, result: Any) -> Any:
        """Sleep as `asyncio.sleep` does, and return the result."""
        from asyncio import get_running_loop  # loaded already, as a loop runs

        loop = get_running_loop()
        sleepers = self._loops.get(loop)
        if sleepers is None:
            sleepers = self._loops[loop] = Sleepers(self.clock, loop)
        await sleepers.sleep(seconds)
        return result


class StandIn:
    """A stand-in for one function.

    Like the built-in functions of `time`, it does not become a method as an attribute of a class.

    Args:
        home: the module of the function.
        name: its name.
        virtual: the function that is called in its place if a patch covers the caller, with the
            patch, the real function and the arguments.
        original: the function, unless it is what the module has now.
    """

    def __init__(
        self,
        home: ModuleType,
        name: str,
        virtual: Callable[..., Any],
        original: Callable[..., Any] | None = None,
    ) -> None:
        self.home = vars(home)
        self.original = self.real = self.home[name] if original is None else original
        self._virtual = virtual
        self.__name__ = self.__qualname__ = name
        self.__module__ = home.__name__
        self.__doc__ = self.original.__doc__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            caller = sys._getframe(1)  # noqa: SLF001 -- a public function of CPython
        except ValueError:  # a new thread that begins with this call
            caller = None
        for patch in reversed(_patches):
            if patch.covers_call(caller, self):
                return self._virtual(patch, self.real, *args, **kwargs)
        return self.real(*args, **kwargs)

    def resemble(self, function: FunctionType) -> None:
        """Make `inspect` treat the stand-in like ``function``, such as a coroutine function."""
        self.__code__ = function.__code__
        self.__defaults__ = function.__defaults__
        self.__kwdefaults__ = function.__kwdefaults__
        self.__annotations__: dict[str, Any] = {}

    def __reduce__(self) -> str:
        return self.__name__  # copied and pickled as the function is, by its name

    def is_named_in(self, frame: FrameType) -> bool:
        """Return whether a frame's code has the name of the stand-in, or a global that is it."""
        names = frame.f_code.co_names
        return self.__name__ in names or any(frame.f_globals.get(n) is self for n in names)

    def put_in_place(self) -> None:
        """Put the stand-in in place of the function, or of what a test has put there."""
        present = self.home[self.__name__]
        if present is not self:
            self.real, self.home[self.__name__] = present, self

    def reinstate(self) -> None:
        """Put the stand-in in place again if freezegun has put its own or the original there."""
        present = self.home[self.__name__]
        if present is self.original or getattr(present, "__module__", "") == "freezegun.api":
            self.put_in_place()

    def restore(self) -> None:
        """Restore what was there before, unless a test has replaced the stand-in."""
        if self.home[self.__name__] is self:
            self.home[self.__name__] = self.real
        self.real = self.original


def _sleep(patch: Patch, real: Callable[[Any], None], seconds: Any, /) -> None:
    if not isinstance(seconds, float) and hasattr(seconds, "__index__"):
        seconds = int(operator.index(seconds))
    if not isinstance(seconds, (float, int)) or not 0 <= seconds < _LONGEST_SLEEP:
        real(seconds)  # raises the usual error
        return
    patch.clock.sleep(seconds)
    at_work.tell()
    _yield_to_threads(0)


def _sleep_async(patch: Patch, real: Callable[..., Any], /, delay: Any, result: Any = None) -> Any:
    try:
        seconds = float(0.0 + delay)  # as the event loop does
    except (TypeError, ValueError, ArithmeticError):
        seconds = math.nan
    if 0 < seconds < math.inf:
        return patch.sleep(seconds, result)
    return real(delay, result)  # no sleep, an endless one, or an error


async def _like_sleep_async(delay: Any, result: Any = None) -> Any:
    """The function that the stand-in for `asyncio.sleep` resembles."""


def _time(patch: Patch, _real: object, /) -> float:
    return patch.clock.micros / _SECOND


def _time_ns(patch: Patch, _real: object, /) -> int:
    return patch.clock.micros * 1_000


def _broken_down(patch: Patch, real: Callable[..., Any], seconds: float | None = None, /) -> Any:
    return real(_time(patch, real) if seconds is None else seconds)


def _asctime(patch: Patch, real: Callable[..., str], moment: Any = None, /) -> str:
    return real(_local(patch) if moment is None else moment)


def _strftime(patch: Patch, real: Callable[..., str], text: str, moment: Any = None, /) -> str:
    return real(text, _local(patch) if moment is None else moment)


def _local(patch: Patch) -> time.struct_time:
    return time.localtime(patch.clock.micros / _SECOND)


_TICKS = ((0, time.monotonic_ns), (1, time.perf_counter_ns))

_OF_TIME = (
    StandIn(time, "sleep", _sleep),
    StandIn(time, "time", _time),
    StandIn(time, "time_ns", _time_ns),
    StandIn(time, "monotonic", lambda patch, _, /: patch.ticks(0) / _NANOSECONDS),
    StandIn(time, "monotonic_ns", lambda patch, _, /: patch.ticks(0)),
    StandIn(time, "perf_counter", lambda patch, _, /: patch.ticks(1) / _NANOSECONDS),
    StandIn(time, "perf_counter_ns", lambda patch, _, /: patch.ticks(1)),
    StandIn(time, "gmtime", _broken_down),
    StandIn(time, "localtime", _broken_down),
    StandIn(time, "ctime", _broken_down),
    StandIn(time, "asctime", _asctime),
    StandIn(time, "strftime", _strftime),
)


@cache
def _of_asyncio(package: Any) -> tuple[StandIn, ...]:
    """Return the stand-ins for `asyncio.sleep`."""
    original = package.tasks.sleep  # a test may have put a mock in the package
    made = tuple(
        StandIn(each, "sleep", _sleep_async, original) for each in (package, package.tasks)
    )
    for each in made:
        # So that `unittest.mock` puts an `AsyncMock` in its place.
        each.resemble(cast("FunctionType", _like_sleep_async))
    return made


_guard = Guard()
_patches: list[Patch] = []
_in_place: list[StandIn] = []
_at_end = ExitStack()
_renamed: list[tuple[dict[str, Any], str, Any, StandIn]] = []
"""The stand-ins in modules that have imported a function by name, with what was there before."""


def begin(clock: VirtualClock, modules: Iterable[ModuleType | str]) -> Patch:
    """Begin a patch of the given modules; without any, of all but those of Python and of tools."""
    # Late, as few programs patch; and each time, as pyfakefs removes what is loaded while it is on.
    import asyncio

    from fakedropbox._base.executors import watched

    patch = Patch(clock, modules)
    with _guard.lock:
        if not _patches:
            _in_place[:] = _OF_TIME + _of_asyncio(asyncio)
        by_id = {id(each.original): each for each in _in_place}
        by_id |= {id(each.home[each.__name__]): each for each in _in_place}
        if not _patches:
            for each in _in_place:
                each.put_in_place()
                _at_end.callback(each.restore)
            _at_end.enter_context(watched())
        _patches.append(patch)
        for name, module in list(sys.modules.items()):
            if patch.covers(name) and issubclass(type(module), ModuleType):
                _replace_in(object.__getattribute__(module, "__dict__"), by_id)
    return patch


def _replace_in(namespace: dict[str, Any], by_id: dict[int, StandIn]) -> None:
    """Replace the functions in a module, without loading attributes that it loads lazily."""
    for name, value in list(namespace.items()):
        stand_in = by_id.get(id(value))
        if stand_in is not None and value is not stand_in:
            namespace[name] = stand_in
            _renamed.append((namespace, name, value, stand_in))


def end(patch: Patch) -> None:
    """End a patch, unless it has ended; after the last one, restore all functions."""
    with _guard.lock:
        if patch in _patches:
            _patches.remove(patch)
        if _patches:
            return
        while _renamed:
            namespace, name, before, stand_in = _renamed.pop()
            if namespace.get(name) is stand_in:
                namespace[name] = before
        _at_end.close()


def patches() -> tuple[Patch, ...]:
    """Return the patches that have begun and not ended."""
    return tuple(_patches)


def end_all_of(clock: VirtualClock) -> None:
    """End all patches of a clock."""
    for patch in [each for each in _patches if each.clock is clock]:
        end(patch)


@contextmanager
def ending(clock: VirtualClock) -> Iterator[None]:
    """End the patches of a clock at the end of the context, except those from before it."""
    before = set(_patches)
    try:
        yield
    finally:
        for patch in set(_patches) - before:
            if patch.clock is clock:
                end(patch)


def reinstate() -> None:
    """Replace the functions again where freezegun has replaced or restored them meanwhile."""
    if _patches:
        for each in _in_place:
            each.reinstate()


def is_virtual(sleep: object) -> bool:
    """Return whether ``sleep``, given to `mock_dropbox` or a marker, asks for virtual time.

    Raises:
        ValueError: its value is neither ``"real"`` nor ``"virtual"``.
    """
    if sleep not in ("real", "virtual"):
        raise ValueError(f"sleep: expected 'virtual' or 'real', got {sleep!r}")
    return sleep == "virtual"
