"""Faults in the middle of a call: another process acts, or this process dies."""

from __future__ import annotations

import builtins
import io
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import KW_ONLY, dataclass, field
from fnmatch import fnmatchcase
from typing import Any
from unittest import mock

from fakedropbox.calls import Call
from fakedropbox.faults import Fault, Next, When

CHANGES = (
    "files/upload",
    "files/move_v2",
    "files/delete_v2",
    "files/copy_v2",
    "files/create_folder_v2",
)
"""The routes by which a provider changes files."""

FILE_CHANGES = ("create", "replace", "update", "move", "delete")
"""The methods by which a provider of dropspool changes its files."""

_SYSTEM_CALLS = (
    (os, "rename", ("src", "dst")),
    (os, "replace", ("src", "dst")),
    (os, "link", ("src", "dst")),
    (os, "symlink", ("", "dst")),  # the first argument is the text of the link
    (os, "remove", ("path",)),
    (os, "unlink", ("path",)),
    (os, "mkdir", ("path",)),
    (os, "rmdir", ("path",)),
    (os, "utime", ("path",)),
    (os, "truncate", ("path",)),
    (shutil, "rmtree", ("path",)),
)
"""The functions that change a folder, apart from `open`: module, name, and names of their paths.

They are replaced in their modules, so a function that was imported by name before is not seen. An
audit hook would see it, but it cannot be removed, and on Python 3.11 it makes threads fail that
start at the same time under coverage (`sys.settrace` calls the hook, which lets others run).
"""

_READS = ((os, "scandir", ("path",)), (os, "listdir", ("path",)), (os, "stat", ("path",)))
"""The functions that only read a folder, apart from `open`."""


MOST_SECONDS = 30
"""The longest time that others may take to act while a process is interrupted."""


class Died(BaseException):
    """The simulated death of a process; `except Exception` does not catch it."""


@dataclass(frozen=True, repr=False)
class meanwhile(Fault):  # noqa: N801 -- spelled like the other faults
    """A fault in which another process acts just before a call, which is then made."""

    route: str
    act: Callable[[], Any]
    times: int = 1
    passes_on = True

    def apply(self, call: Call, call_next: Next) -> Any:
        """Let the other process act, then make the call."""
        self.act()
        return call_next(call)


@dataclass(frozen=True, repr=False, eq=False)
class death(Fault):  # noqa: N801 -- spelled like the other faults
    """A fault in which the process dies at one of its changes; all later calls fail, too."""

    route: str = "*"
    times: int = 10**9
    _: KW_ONLY
    changes: int
    when: When = "before"
    optional: bool = True
    made: list[str] = field(default_factory=list)

    def matches(self, call: Call) -> bool:
        """Return whether the fault applies to a call."""
        return self.is_dead or (call.name in CHANGES and super().matches(call))

    @property
    def is_dead(self) -> bool:
        """True if the process has died."""
        return len(self.made) > self.changes

    def step(self, name: str, *paths: str) -> None:
        """Count a change that concerns the fault; raise `Died` if the process dies at it."""
        pattern = self.path
        if self.is_dead or pattern is None or any(fnmatchcase(path, pattern) for path in paths):
            self._make(name)

    def _make(self, name: str) -> None:
        self.made.append(name)
        if self.is_dead:
            raise Died

    def look(self, name: str, *paths: str) -> None:
        """Do nothing: a process does not die at a read in the folder."""

    def apply(self, call: Call, call_next: Next) -> Any:
        """Make the change, unless the process is dead or dies before it."""
        if self.is_dead or self.when == "before":
            self._make(call.name)
            return call_next(call)
        answer = call_next(call)
        self._make(call.name)
        return answer


@dataclass(frozen=True, repr=False, eq=False)
class delayed(Fault):  # noqa: N801 -- spelled like the other faults
    """A fault that happens to matching requests, but not to the first ``before`` of them."""

    route: str = "*"
    times: int = 10**9
    _: KW_ONLY
    before: int
    fault: Fault
    optional: bool = True
    seen: list[str] = field(default_factory=list)

    @property
    def has_happened(self) -> bool:
        """True if the fault has happened to a request."""
        return len(self.seen) > self.before

    def matches(self, call: Call) -> bool:
        """Return whether the request is one of those that are counted."""
        return self.fault.matches(call)

    def apply(self, call: Call, call_next: Next) -> Any:
        """Let the fault happen after ``before`` requests, as often as is planned."""
        self.seen.append(call.name)
        number = len(self.seen) - 1
        if self.before <= number < self.before + self.fault.spot[1]:
            return self.fault.apply(call, call_next)
        return call_next(call)


class Blocked(BaseException):
    """The end of a process that would wait for a lock of the process that it interrupts."""


@dataclass(frozen=True, repr=False, eq=False)
class interruption(Fault):  # noqa: N801 -- spelled like the other faults
    """A fault in which other processes act just before one step of this process, read or change.

    ``seen`` has an item for each of its steps so far: whether it is a change. ``errors`` are those
    that the others raised.
    """

    route: str = "*"
    times: int = 10**9
    _: KW_ONLY
    at: int
    act: Callable[[], Any]
    optional: bool = True
    seen: list[bool] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    @property
    def has_happened(self) -> bool:
        """True if the other processes have acted, or are just acting."""
        return len(self.seen) > self.at

    def matches(self, call: Call) -> bool:
        """Return whether the call is one of the steps that are counted."""
        return not self.has_happened and super().matches(call)

    def apply(self, call: Call, call_next: Next) -> Any:
        """Let the other processes act if this is step number ``at``, then make the call."""
        if self._is_reached(is_change=call.name in CHANGES):
            self._let_act()
        return call_next(call)

    def step(self, *_: str) -> None:
        """Count a change in the folder; let the other processes act if it is step number ``at``."""
        self._count(is_change=True)

    def look(self, *_: str) -> None:
        """Count a read in the folder; let the other processes act if it is step number ``at``."""
        self._count(is_change=False)

    def _count(self, *, is_change: bool) -> None:
        if not self.has_happened and self._is_reached(is_change=is_change):
            # In another thread: in the same one, libraries refuse a lock that is already held.
            others = threading.Thread(target=self._let_act, daemon=True)
            others.start()
            others.join(MOST_SECONDS)
            if others.is_alive():
                raise AssertionError(
                    f"others wait for this process since {MOST_SECONDS} s, as they would for a lock"
                    " of threads; only locks of the system (flock) keep processes apart"
                )

    def _is_reached(self, *, is_change: bool) -> bool:
        self.seen.append(is_change)
        return self.has_happened

    def _let_act(self) -> None:
        try:
            with _no_waiting_for_locks(), suppress(Blocked):
                self.act()
        except BaseException as error:  # noqa: BLE001 -- raised when this process has ended
            self.errors.append(error)


@contextmanager
def _no_waiting_for_locks() -> Iterator[None]:
    """Raise `Blocked` within the block in place of a wait for a lock, which would never end."""
    locks = sys.modules.get("fcntl")
    if locks is None:  # not loaded, or on Windows: no code waits for such locks
        yield
        return
    flock = locks.flock

    def tried(file: Any, operation: int) -> None:
        try:
            flock(file, operation | locks.LOCK_NB)
        except BlockingIOError:
            raise Blocked from None

    with mock.patch.object(locks, "flock", tried):
        yield


_is_unseen: ContextVar[bool] = ContextVar("_is_unseen", default=False)


@contextmanager
def unseen() -> Iterator[None]:
    """Let no fault count the system calls within the block: they are not those of a process."""
    token = _is_unseen.set(True)
    try:
        yield
    finally:
        _is_unseen.reset(token)


def _counted(function: Callable[..., Any], names: Sequence[str], folder: str, step: Any) -> Any:
    """Return a function that counts a step in the folder before it makes the system call."""

    def counted(*args: Any, **options: Any) -> Any:
        given = {**dict(zip(names, args, strict=False)), **options}
        paths = [_path_in(folder, given.get(name)) for name in names if name]
        if any(paths):
            step(function.__name__, *filter(None, paths))
        return function(*args, **options)

    return counted


def _counted_open(function: Callable[..., Any], folder: str, fault: death | interruption) -> Any:
    """Return an `open` that counts a step before a file is opened, and before it is written."""

    def counted(*args: Any, **options: Any) -> Any:
        # The first arguments of `open` are `file` and `mode`, those of `os.open` are `path` and
        # `flags`; its `mode` are the permissions of a new file.
        file = args[0] if args else options.get("file", options.get("path"))
        mode = args[1] if len(args) > 1 else options.get("flags", options.get("mode"))
        path = _path_in(folder, file)
        if path is None:
            return function(*args, **options)
        if not _changes(mode):
            fault.look("open", path)
            return function(*args, **options)
        fault.step("open", path)
        opened = function(*args, **options)
        try:
            fault.step("write", path)
        except BaseException:
            os.close(opened) if isinstance(opened, int) else opened.close()
            raise
        return opened

    return counted


def _changes(mode: Any) -> bool:
    """Return whether a file is changed that is opened in this mode, or with these flags."""
    if isinstance(mode, int):
        return bool(mode & (os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_RDWR))
    return bool({*"wxa+"} & {*(mode or "r")})


def _path_in(folder: str, path: Any) -> str | None:
    """Return the path as a string if it is in the folder, or the folder; otherwise None."""
    if not isinstance(path, (str, bytes, os.PathLike)) or _is_unseen.get():
        return None
    name = os.fsdecode(path)
    return name if name == folder or name.startswith((f"{folder}/", f"{folder}{os.sep}")) else None


@contextmanager
def watched_folder(folder: str, fault: death | interruption) -> Iterator[None]:
    """Let a fault count, within the block, the system calls that read or change a folder."""
    with ExitStack() as stack:
        for calls, step in ((_SYSTEM_CALLS, fault.step), (_READS, fault.look)):
            for module, name, names in calls:
                counted = _counted(getattr(module, name), names, folder, step)
                stack.enter_context(mock.patch.object(module, name, counted))
        for module in (builtins, io, os):
            opening = _counted_open(module.open, folder, fault)
            stack.enter_context(mock.patch.object(module, "open", opening))
        yield
