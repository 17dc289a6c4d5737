"""The bench on which providers are tested: a Dropbox in memory, a folder, and their clock."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dropspool.clock import Clock
from dropspool.providers.base import StorageProvider
from dropspool.schemas import DropboxLoginInformation
from dropspool.testing import _faults
from dropspool.testing.kit import BACKEND, config
from dropspool.testing.verbs import JobQueue, ProviderQueue
from fakedropbox import FakeDropboxService, Personality
from fakedropbox.clock import ManualClock
from fakedropbox.faults import Fault

if TYPE_CHECKING:
    from typing_extensions import Self

_MEMORY = "/dev/shm"  # noqa: S108 -- a folder below it has a name that nobody can guess

_OF_LINKS: dict[str, Any] = (
    {"follow_symlinks": False} if os.utime in os.supports_follow_symlinks else {}
)
"""The option by which the time of a symbolic link itself is set, if the system can do that."""

PAGES_OF_THREE = replace(Personality.recorded, page_size=3)
"""The recorded behaviour, but with pages so small that even a short queue has several."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """The capabilities of a provider; the tests of missing ones are skipped.

    - ``storage``: the place of its files: "dropbox" (`Bench.service`), "folder" (`Bench.folder`) or
      "other".
    - ``layout``: True if it keeps its files in the layout of `dropspool`.
    - ``leases``: True if a claim ends some time after the last sign of life of its worker.
    - ``recovery``: True if `recover` repairs the jobs of a worker that died.
    - ``gives_up``: True if a job ends in an error after it has killed some number of workers.
    """

    storage: Literal["dropbox", "folder", "other"] = "dropbox"
    """The place of its files: in `Bench.service`, in `Bench.folder`, or elsewhere.

    Tests of requests, with lost replies or with another process that acts just before one, run on
    Dropbox only; tests with a process that dies, or with others that act, at any step of a call run
    on Dropbox and in a folder.
    """

    layout: bool = True
    """True if it keeps its files in the layout of `dropspool`, visible in `Subject.files`."""

    leases: bool = True
    """True if a claim ends some time after the last sign of life of its worker."""

    recovery: bool = True
    """True if `recover` repairs the jobs of a worker that died."""

    gives_up: bool = True
    """True if a job ends in an error after it has killed some number of workers."""


class Bench:
    """A storage, empty at first, and a clock. A context manager.

    While the bench is open, every SDK client in the process talks to `service`.

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
        """The clock of the fake Dropbox; `wait` also advances the time of the folder."""
        clock = self.service.clock
        assert isinstance(clock, ManualClock)
        return clock

    @property
    def login(self) -> DropboxLoginInformation:
        """The login of the fake Dropbox."""
        return DropboxLoginInformation.model_validate(self.service.login, from_attributes=True)

    @cached_property
    def folder(self) -> Path:
        """A folder that is deleted when the bench is closed."""
        # In memory if possible: providers sync each change to the disk, which takes time.
        place = _MEMORY if Path(_MEMORY).is_dir() else None
        return Path(self._open.enter_context(tempfile.TemporaryDirectory(dir=place)))

    @property
    def files(self) -> dict[str, bytes]:
        """The contents of all files in the Dropbox and in the folder, by path."""
        in_folder = files_in(self.folder) if self._has_folder else {}
        return {**self.service.files, **in_folder}

    @property
    def _has_folder(self) -> bool:
        return "folder" in self.__dict__

    def wait(self, seconds: float) -> None:
        """Let time pass; files in the folder get older, as the system's clock cannot be set."""
        self.clock.advance(seconds)
        if self._has_folder:
            make_older(self.folder, seconds)

    def meanwhile(self, route: str, act: Callable[[], Any], *, path: str | None = None) -> None:
        """Call ``act`` just before the next call of a route of the fake Dropbox."""
        self.service.faults.add(_faults.meanwhile(route, act, path=path))

    def switch(self, personality: Personality) -> None:
        """Change the personality of the fake Dropbox from now on.

        Its files, the lag of its listings and its random failures stay as they are.
        """
        gate = self.service.gate
        gate.world = gate.world._replace(personality=personality)

    def dying(
        self,
        changes: int,
        when: Literal["before", "after"] = "before",
        *,
        route: str = "*",
        path: str | None = None,
    ) -> AbstractContextManager[None]:
        """Let the process die at one of its changes within the block; then leave the block.

        Args:
            changes: the number of changes that are made before it.
            when: "before" if that change is not made, "after" if it is. In a folder, "after"
                means before the next change.
            route: the route of the changes that count, or a pattern of routes. By default all
                changes count, those in the folder, too.
            path: a pattern of the paths whose changes count; all by default.
        """
        return _dying(self, _faults.death(route, changes=changes, when=when, path=path))

    @contextmanager
    def failing(self, request: int, fault: Fault) -> Iterator[Callable[[], bool]]:
        """Let a fault happen to a later request to the fake Dropbox within the block.

        Args:
            request: the number of requests that match the fault and are answered before.
            fault: the fault, which happens to the next requests, as often as it says.

        Yields:
            A function that returns whether it has happened.
        """
        delayed = _faults.delayed(before=request, fault=fault)
        with _happening(self, delayed):
            yield lambda: delayed.has_happened

    @contextmanager
    def interrupted(self, step: int, act: Callable[[], Any]) -> Iterator[Sequence[bool]]:
        """Let other processes act just before one step of this process within the block.

        A step is a call to the fake Dropbox, or a system call that reads or changes the folder. If
        one of the others would wait for a lock that this process has, it ends there, as if it died.

        Args:
            step: the number of the step, counted from 0.
            act: a function that lets the other processes act.

        Yields:
            The steps so far, up to this one: True for each change, False for each read.
        """
        fault = _faults.interruption(at=step, act=act)
        with _happening(self, fault):
            yield fault.seen
        if fault.errors:
            raise fault.errors[0]


@contextmanager
def _dying(bench: Bench, death: _faults.death) -> Iterator[None]:
    try:
        with _happening(bench, death, in_folder=death.route == "*"):
            yield
    except _faults.Died:
        pass


@contextmanager
def _happening(
    bench: Bench,
    fault: _faults.death | _faults.interruption | _faults.delayed,
    *,
    in_folder: bool = True,
) -> Iterator[None]:
    """Let a fault happen to calls, and to system calls in the folder, within the block."""
    bench.service.faults.add(fault)
    watched: AbstractContextManager[None] = nullcontext()
    if in_folder and "folder" in vars(bench) and not isinstance(fault, _faults.delayed):
        watched = _faults.watched_folder(str(bench.folder), fault)
    try:
        with watched:
            yield
    finally:
        plan = bench.service.faults
        plan.resume([each for each in plan.state() if each[0] is not fault])


class QueueSubject:
    """The kind of queue under test: it makes the queue as each process sees it.

    ``factory`` is the name of a function that real processes import, ``module:function``. It takes
    the path of the bench's folder and returns the verbs of the queue there. Without a name the
    tests with real processes are skipped.
    """

    capabilities: ClassVar[Capabilities] = Capabilities()
    factory: ClassVar[str] = ""

    def make_queue(self, bench: Bench, clock: Clock) -> JobQueue:
        """Return the verbs of the queue on ``bench``; called for each simulated process.

        Args:
            bench: the storage: a Dropbox (`service` and `login`) and a `folder`.
            clock: the clock of that process, which may be wrong.
        """
        raise NotImplementedError(f"{type(self).__name__}: define make_queue(bench, clock)")

    def prepare(self, bench: Bench) -> None:
        """Prepare an empty storage for the queue, before the first process begins."""


class Subject(QueueSubject):
    """The kind of provider under test: it makes the providers and shows their files."""

    def make_queue(self, bench: Bench, clock: Clock) -> JobQueue:
        """Return the verbs of a new provider."""
        return ProviderQueue(self.make_provider(bench, clock))

    def prepare(self, bench: Bench) -> None:
        """Store the configuration of a backend."""
        self.make_provider(bench, bench.clock).upload_config(config(), BACKEND)

    def make_provider(self, bench: Bench, clock: Clock) -> StorageProvider:
        """Return a new provider on the storage of ``bench``; called for each simulated process.

        Args:
            bench: the storage: a Dropbox (`service` and `login`) and a `folder`.
            clock: the clock of that process, which may be wrong.
        """
        raise NotImplementedError(f"{type(self).__name__}: define make_provider(bench, clock)")

    def files(self, bench: Bench) -> Mapping[str, bytes]:
        """Return the contents of all stored files by path; override it for another storage."""
        return bench.files

    def seed(self, bench: Bench, files: Mapping[str, bytes]) -> None:
        """Write files by their paths without the provider, as another program would."""
        if self.capabilities.storage == "dropbox":
            bench.service.seed_files(files)
            return
        write_files(bench.folder, files)


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the contents of all files of a provider's folder, by path with a leading slash.

    A symbolic link that leads nowhere, such as a lock, is not among them.
    """
    with _faults.unseen():
        return {
            f"/{path.relative_to(folder).as_posix()}": path.read_bytes()
            for path in _paths(folder)
            if path.is_file()
        }


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a provider's folder, by paths with a leading slash."""
    for path, data in files.items():
        place = folder / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)


def make_older(folder: Path, seconds: float) -> None:
    """Make everything in a provider's folder older, because the system's clock cannot be set."""
    with _faults.unseen():
        for path in _paths(folder):
            modified = path.lstat().st_mtime - seconds
            os.utime(path, (modified, modified), **_OF_LINKS)


def _paths(folder: Path) -> Iterator[Path]:
    """Return the paths of everything in a provider's folder, folders and links, too."""
    for place, folders, names in os.walk(folder):
        if place == str(folder):  # a provider may keep files of its own in hidden folders
            folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(place, name) for name in [*folders, *names])
