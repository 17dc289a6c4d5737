"""What happens to a process in the midst of a call: others act, or it dies."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from fakedropbox.calls import Call
from fakedropbox.faults import Fault, Next, When

CHANGES = (
    "files/upload",
    "files/move_v2",
    "files/delete_v2",
    "files/copy_v2",
    "files/create_folder_v2",
)
"""The routes by which a provider changes anything."""

_FILE_EVENTS = {"os.rename": 2, "os.link": 2, "os.remove": 1, "os.mkdir": 1, "shutil.rmtree": 1}
"""The system calls that change a folder, as Python's audit events; how many paths each has."""


class Died(BaseException):
    """The process came to its end."""


@dataclass(frozen=True, repr=False)
class meanwhile(Fault):  # noqa: N801 -- written as the others that are planned
    """Others do something just before a call, which is then made."""

    route: str
    act: Callable[[], Any]
    times: int = 1
    passes_on = True

    def apply(self, call: Call, call_next: Next) -> Any:
        """Let them, and go on."""
        self.act()
        return call_next(call)


@dataclass(frozen=True, repr=False, eq=False)
class death(Fault):  # noqa: N801 -- the same
    """The process dies at one of its changes; from then on, each of its calls ends so."""

    route: str = "*"
    times: int = 10**9
    _: KW_ONLY
    changes: int
    when: When = "before"
    optional: bool = True
    made: list[str] = field(default_factory=list)

    def matches(self, call: Call) -> bool:
        """Whether it concerns a call."""
        return self.is_dead or (call.name in CHANGES and super().matches(call))

    @property
    def is_dead(self) -> bool:
        """Whether it has happened."""
        return len(self.made) > self.changes

    def step(self, name: str) -> None:
        """Count a change that is to be made, unless it is not to be."""
        self.made.append(name)
        if self.is_dead:
            raise Died

    def apply(self, call: Call, call_next: Next) -> Any:
        """Make the change, if the process lives, or dies after it."""
        if self.is_dead or self.when == "before":
            self.step(call.name)
            return call_next(call)
        answer = call_next(call)
        self.step(call.name)
        return answer


_watching: list[tuple[str, death]] = []
_hooked: list[bool] = []


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if _watching and event in _FILE_EVENTS:
        folder, death = _watching[-1]
        paths = [os.fspath(path) for path in args[: _FILE_EVENTS[event]]]
        if any(str(path).startswith(folder) for path in paths):
            death.step(event)


@contextmanager
def watched_folder(folder: str | None, death: death) -> Iterator[None]:
    """Let the changes in a folder count, too."""
    if folder is None:
        yield
        return
    if not _hooked:
        # It cannot be taken away again; so it is set when it is first needed.
        sys.addaudithook(_watch)
        _hooked.append(True)
    _watching.append((folder, death))
    try:
        yield
    finally:
        _watching.pop()
