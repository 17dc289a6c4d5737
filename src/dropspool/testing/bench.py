"""A place to try a provider in: a Dropbox in memory, a folder, and the time of both."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dropspool.clock import Clock
from dropspool.providers.base import StorageProvider
from dropspool.schemas import DropboxLoginInformation
from dropspool.testing import _mishaps
from fakedropbox import FakeDropboxService, Personality
from fakedropbox.clock import ManualClock

if TYPE_CHECKING:
    from typing_extensions import Self

_MEMORY = "/dev/shm"  # noqa: S108 -- a folder below it has a name that nobody can guess

PAGES_OF_THREE = replace(Personality.recorded, page_size=3)
"""As the recordings show, but so that a short queue has several pages, too."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a provider can do; the tests of what it cannot are skipped."""

    storage: Literal["dropbox", "folder", "other"] = "dropbox"
    """Where it keeps its files: in `Bench.service`, in `Bench.folder`, or elsewhere.

    Lost replies, and what others do in the midst of a call, there are only on Dropbox;
    processes that die in the midst of one, there and in a folder.
    """

    layout: bool = True
    """Whether it keeps them by the layout of `dropspool`, to be seen in `Subject.files`."""

    leases: bool = True
    """Whether a claim ends, some time after its worker was heard of for the last time."""

    recovery: bool = True
    """Whether `recover` puts right what a worker left that died."""

    gives_up: bool = True
    """Whether a job that kills its workers ends in an error, after some of them."""


class Bench:
    """One storage, empty at first, and one clock. A context manager.

    While it is open, every client of the SDK in the process talks to `service`.

    >>> with Bench() as bench:
    ...     bench.service.seed_files({"/a": b"1"})
    ...     bench.files
    {'/a': b'1'}
    """

    def __init__(self, personality: Personality = PAGES_OF_THREE) -> None:
        self.service = FakeDropboxService(personality=personality)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self.service.activate())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    @property
    def clock(self) -> ManualClock:
        """The time of the Dropbox and, by `wait`, of the folder."""
        clock = self.service.clock
        assert isinstance(clock, ManualClock)
        return clock

    @property
    def login(self) -> DropboxLoginInformation:
        """The login of the Dropbox."""
        return DropboxLoginInformation.model_validate(self.service.login, from_attributes=True)

    @cached_property
    def folder(self) -> Path:
        """A folder that goes when the bench does."""
        # Providers wait for the disk after each change, where it is one.
        place = _MEMORY if Path(_MEMORY).is_dir() else None
        return Path(self._open.enter_context(tempfile.TemporaryDirectory(dir=place)))

    @property
    def files(self) -> dict[str, bytes]:
        """The contents by path of all that is in the Dropbox or in the folder."""
        return {**self.service.files, **{f"/{path}": data for path, data in self._in_folder()}}

    def _in_folder(self) -> Iterator[tuple[str, bytes]]:
        if "folder" in self.__dict__:
            for folder, folders, names in os.walk(self.folder):
                if folder == str(self.folder):  # where a provider may keep what is its own
                    folders[:] = [name for name in folders if not name.startswith(".")]
                for name in names:
                    path = Path(folder, name)
                    yield path.relative_to(self.folder).as_posix(), path.read_bytes()

    def wait(self, seconds: float) -> None:
        """Let time go by; files get older by it, as their own clock cannot be put forward."""
        self.clock.advance(seconds)
        for name, _ in self._in_folder():
            path = self.folder / name
            modified = path.stat().st_mtime - seconds
            os.utime(path, (modified, modified))

    def meanwhile(self, route: str, act: Callable[[], Any], *, path: str | None = None) -> None:
        """Let others do something just before the next call of a route of the Dropbox."""
        self.service.faults.add(_mishaps.meanwhile(route, act, path=path))

    def switch(self, personality: Personality) -> None:
        """Let the Dropbox answer as another one would.

        What it keeps, how it lags, and whether calls fail by chance stay as they are.
        """
        gate = self.service.gate
        gate.world = gate.world._replace(personality=personality)

    def dying(
        self, changes: int, when: Literal["before", "after"] = "before", *, route: str = "*"
    ) -> AbstractContextManager[None]:
        """Let the process die at a change that it makes within the block; then leave the block.

        Args:
            changes: how many are made before that one.
            when: whether it is made. In a folder there is no "after" but before the next.
            route: the only changes that count, by their route of the Dropbox, or a pattern
                of routes; those in a folder count if it is left out.
        """
        return _dying(self, changes, when, route)


@contextmanager
def _dying(
    bench: Bench, changes: int, when: Literal["before", "after"], route: str
) -> Iterator[None]:
    death = _mishaps.death(route, changes=changes, when=when)
    bench.service.faults.add(death)
    folder = str(bench.folder) if route == "*" and "folder" in bench.__dict__ else None
    try:
        with _mishaps.watched_folder(folder, death):
            yield
    except _mishaps.Died:
        pass
    finally:
        plan = bench.service.faults
        kept = [each for each in zip(*plan.state(), strict=True) if each[0] is not death]
        plan.resume(([fault for fault, _ in kept], [left for _, left in kept]))


class Subject:
    """What is tried: how its providers are made, and what can be seen of their files."""

    capabilities: ClassVar[Capabilities] = Capabilities()

    def make_provider(self, bench: Bench, clock: Clock) -> StorageProvider:
        """A provider on the storage of ``bench``, for a process of its own.

        Args:
            bench: gives a Dropbox (`service`, `login`) and a `folder`.
            clock: the process's own clock, which may go wrong.
        """
        raise NotImplementedError(f"{type(self).__name__}: define make_provider(bench, clock)")

    def files(self, bench: Bench) -> Mapping[str, bytes]:
        """The contents by path of all that is stored, if that is not what the bench sees."""
        return bench.files

    def seed(self, bench: Bench, files: Mapping[str, bytes]) -> None:
        """Put files by their paths where others would, past the provider."""
        if self.capabilities.storage == "dropbox":
            bench.service.seed_files(files)
            return
        for path, data in files.items():
            place = bench.folder / path[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
