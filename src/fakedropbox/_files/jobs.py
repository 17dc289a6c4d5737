"""Asynchronous jobs: results that callers ask for later, until they expire (F7-10, F8-05)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._facts.limits import JOB_SECONDS
from fakedropbox.clock import SECOND, Clock
from fakedropbox.errors import RouteError

Owner = tuple[int | str, str]
"""The namespace, or the id of the team, and the key of the app that may check a job."""


class AsyncJob:
    """A job whose work is done; its ``outcome`` is returned after a number of checks.

    ``kind`` is the route that launched it. ``waits`` is the number of further checks that
    report it as in progress. ``ends`` is the time when it expires, in microseconds.
    """

    __slots__ = ("ends", "kind", "outcome", "owner", "waits")

    def __init__(self, kind: str, owner: Owner, outcome: Any, waits: int, ends: int) -> None:
        self.kind = kind
        self.owner = owner
        self.outcome = outcome
        self.waits = waits
        self.ends = ends


class Jobs:
    """All jobs of the service, by id."""

    parts = ("job",)

    def __init__(self, clock: Clock, undo: UndoLog) -> None:
        self._clock = clock
        self._undo = undo
        self._by_id: dict[str, AsyncJob] = {}

    def add(self, name: str, kind: str, owner: Owner, outcome: Any, *, waits: int) -> None:
        """Store the outcome of the job `name`.

        The first ``waits`` checks will report the job as in progress.
        """
        ends = self._clock.micros + JOB_SECONDS * SECOND
        self._by_id[name] = AsyncJob(kind, owner, outcome, waits, ends)
        self._undo.change(("job", name), self._by_id.pop, name)

    def check(self, name: str, kinds: Collection[str], owner: Owner) -> Any | None:
        """Return the outcome of a job; None as long as it is in progress.

        Raises:
            RouteError: ``invalid_async_job_id``: there is no such job of these kinds, it has
                another owner, or it is too old.
        """
        job = self._by_id.get(name)
        if job is None or job.kind not in kinds or job.owner != owner:
            raise RouteError("invalid_async_job_id")
        if job.ends <= self._clock.micros:
            raise RouteError("invalid_async_job_id")
        if not job.waits:
            return job.outcome
        self._undo.change(("job", name), setattr, job, "waits", job.waits)
        job.waits -= 1
        return None

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        return (("job", name) for name in self._by_id)

    def record(self, key: Key) -> Values | None:
        """Return a job."""
        job = self._by_id.get(key[1])
        return None if job is None else (job.kind, job.owner, job.outcome, job.waits, job.ends)

    def load(self, _part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add jobs that have not expired."""
        for (_, name), values in rows:
            job = AsyncJob(*values)
            if job.ends > self._clock.micros:
                self._by_id[name] = job
