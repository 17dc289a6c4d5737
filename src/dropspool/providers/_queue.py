"""The queue of one backend: the jobs that wait, oldest first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from dropspool import layout

logger = logging.getLogger(__name__)


class Queue:
    """The jobs in the queue of a backend; ``files`` returns the sorted names of its files."""

    def __init__(self, display_name: str, files: Callable[[], list[str]]) -> None:
        self._display_name = display_name
        self._files = files
        self._reported: set[str] = set()

    def jobs(self) -> Iterator[layout.Job]:
        """Read the queue, and return an iterator over its jobs in the order of their ids.

        A file that is not a job of this backend is never taken, so it is reported, once.
        """
        return filter(None, map(self._job, self._files()))

    def _job(self, name: str) -> layout.Job | None:
        job = layout.parse_job_file(name)
        if job is not None and job.display_name == self._display_name:
            return job
        if name not in self._reported:
            self._reported.add(name)
            logger.warning(
                "/%s/%s: never taken, because its name is not that of a job for %r",
                layout.queue_folder(self._display_name),
                name,
                self._display_name,
            )
        return None
