"""The events of a worker, and their counts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from dropspool._locks import ForkSafeLock
from dropspool.clock import Clock

Kind = Literal[
    "started",
    "taken",
    "progress",
    "retry",
    "done",
    "failed",
    "cancelled",
    "given back",
    "lost",
    "gone",
    "recovered",
    "unavailable",
    "available",
    "stopped",
]
_LEFT = ("retry", "done", "failed", "cancelled", "given back", "lost", "gone")
"""The events with which a run of a job ends."""

_LEVELS = {
    "started": logging.DEBUG,
    "stopped": logging.DEBUG,
    "taken": logging.DEBUG,
    "progress": logging.DEBUG,
    "lost": logging.WARNING,
    "gone": logging.WARNING,
    "unavailable": logging.WARNING,
}
_LABELS = {"done": "DONE", "failed": "ERROR"}

logger = logging.getLogger("dropspool.worker")


@dataclass(frozen=True)
class Event:
    """An event in the life of a worker; its `str` is one line for the log or a terminal.

    - ``kind``: "taken", "done", "failed", …; "started", "stopped" and "recovered" are not events
      of one job, and "unavailable" and "available" are about a backend
    - ``at``: its time; ``backend``: the name of the backend, all names for "started" and "stopped"
    - ``job_id``: the id of the job, or empty; ``seconds``: the duration of the run that ended
    - ``detail``: a text: the progress, the error, the reason
    """

    kind: Kind
    at: datetime
    backend: str
    job_id: str = ""
    seconds: float | None = None
    detail: str = ""

    def __str__(self) -> str:
        took = "" if self.seconds is None else f" in {self.seconds:.1f} s"
        about = f": {self.detail}" if self.detail else ""
        return f"{self.job_id or self.backend}: {_LABELS.get(self.kind, self.kind)}{took}{about}"


class Metrics:
    """Counts of a worker's events, to be given to `run` and read by any thread."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._started_at: str | None = None
        self._running: dict[str, str] = {}
        self._backends: dict[str, dict[str, Any]] = {}

    def snapshot(self) -> dict[str, Any]:
        """Return the counts so far, as a dict that JSON can represent.

        - ``started_at``: the time of the worker's start; None if it has not started
        - ``running``: the id of the job that is being run, by its backend
        - ``backends``: for each backend the number of events of each kind, such as ``done`` and
          ``failed``, the seconds during which jobs were run (``busy_seconds``), and the job that
          was run last (``last_job_id``, ``last_end``)
        """
        with self._lock:
            return {
                "started_at": self._started_at,
                "running": dict(self._running),
                "backends": {name: dict(counts) for name, counts in self._backends.items()},
            }

    def count(self, event: Event) -> None:
        """Count an event."""
        with self._lock:
            if event.kind == "started":
                self._started_at = event.at.isoformat()
            elif event.kind != "stopped":
                self._count(event)

    def _count(self, event: Event) -> None:
        counts = self._backends.setdefault(event.backend, {"busy_seconds": 0.0})
        key = event.kind.replace(" ", "_")
        counts[key] = counts.get(key, 0) + 1
        if event.kind == "taken":
            self._running[event.backend] = event.job_id
        elif event.kind in _LEFT:
            self._running.pop(event.backend, None)
            counts["busy_seconds"] += event.seconds or 0.0
            counts["last_job_id"] = event.job_id
            counts["last_end"] = event.at.isoformat()


class Teller:
    """The reporter of a worker's events: each goes to the log, the counts and a callback."""

    def __init__(
        self, clock: Clock, metrics: Metrics | None, on_event: Callable[[Event], object] | None
    ) -> None:
        self._clock = clock
        self._metrics = metrics
        self._on_event = on_event

    def tell(
        self,
        kind: Kind,
        backend: str,
        job_id: str = "",
        *,
        seconds: float | None = None,
        detail: str = "",
    ) -> None:
        """Report an event. An error of the callback is logged and does not stop the worker."""
        event = Event(kind, self._clock.now(), backend, job_id, seconds, detail)
        logger.log(_LEVELS.get(kind, logging.INFO), "%s", event)
        if self._metrics is not None:
            self._metrics.count(event)
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:
                logger.exception("on_event: the callback failed for %r", str(event))
