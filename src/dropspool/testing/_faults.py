"""Faults in the middle of a call: another process acts, or this process dies."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import KW_ONLY, dataclass, field
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
    (os, "rename", 2),
    (os, "replace", 2),
    (os, "link", 2),
    (os, "remove", 1),
    (os, "unlink", 1),
    (os, "mkdir", 1),
    (shutil, "rmtree", 1),
)
"""The functions that change a folder: module, name, and number of their paths.

They are replaced in their modules, so a function that was imported by name before is not seen. An
audit hook would see it, but it cannot be removed, and on Python 3.11 it makes threads fail that
start at the same time under coverage (`sys.settrace` calls the hook, which lets others run).
"""


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

    def step(self, name: str) -> None:
        """Count a change; raise `Died` if the process dies at it."""
        self.made.append(name)
        if self.is_dead:
            raise Died

    def apply(self, call: Call, call_next: Next) -> Any:
        """Make the change, unless the process is dead or dies before it."""
        if self.is_dead or self.when == "before":
            self.step(call.name)
            return call_next(call)
        answer = call_next(call)
        self.step(call.name)
        return answer


def _counted(function: Callable[..., Any], paths: int, folder: str, death: death) -> Any:
    """Return a function that counts a change in the folder before it makes the system call."""

    def counted(*args: Any, **options: Any) -> Any:
        if any(str(os.fspath(path)).startswith(folder) for path in args[:paths]):
            death.step(function.__name__)
        return function(*args, **options)

    return counted


@contextmanager
def watched_folder(folder: str | None, death: death) -> Iterator[None]:
    """Count the changes in a folder, too, within the block."""
    with ExitStack() as stack:
        if folder is not None:
            for module, name, paths in _SYSTEM_CALLS:
                counted = _counted(getattr(module, name), paths, folder, death)
                stack.enter_context(mock.patch.object(module, name, counted))
        yield
