"""The lease of a job while a worker has it: renewed by a thread, which stores progress, too."""

from __future__ import annotations

import logging
import threading
import time

from dropspool._worker.events import Teller
from dropspool.providers.base import StorageProvider
from dropspool.schemas import ResultDict, StatusMsgDict

_RENEWALS = 3
"""The number of renewals within the duration of a lease, so that two of them may fail."""

_SPACING = 2.0
"""The least time in seconds between two reports of progress that are stored."""

logger = logging.getLogger("dropspool.worker")


class Lease:
    """The lease of one job, renewed from the start of this object until `end`."""

    def __init__(
        self, provider: StorageProvider, teller: Teller, backend: str, job_id: str
    ) -> None:
        self._provider = provider
        self._teller = teller
        self._backend = backend
        self._job_id = job_id
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._news = threading.Event()
        self._progress = ""
        # The storage measures the lease in real time, so the pauses are in real time, too.
        self._period = provider.lease_seconds / _RENEWALS
        self._thread = threading.Thread(target=self._keep, name=f"lease of {job_id}", daemon=True)
        self._thread.start()

    def report(self, progress: str) -> None:
        """Store the progress of the job soon; until then, a later report replaces this one."""
        self._progress = progress
        self._news.set()

    @property
    def is_lost(self) -> bool:
        """True when another worker may have the job, or the job was cancelled."""
        return self._lost.is_set()

    def end(self) -> None:
        """Stop the renewals."""
        self._ended.set()
        self._news.set()
        self._thread.join()

    def _keep(self) -> None:
        renewed = time.monotonic()
        while not (self._ended.wait(min(_SPACING, self._period / 4)) or self.is_lost):
            left = renewed + self._period - time.monotonic()
            # A renewal that is due comes first, even if there is always something to report.
            if left > 0 and self._news.wait(left):
                self._news.clear()
                if not self._ended.is_set():
                    self._store_progress(self._progress)
            else:
                renewed = time.monotonic()
                self._renew()

    def _renew(self) -> None:
        try:
            if not self._provider.renew(self._job_id, self._backend):
                self._lost.set()
        except OSError as error:
            logger.warning("%s: the lease was not renewed: %s", self._job_id, error)

    def _store_progress(self, progress: str) -> None:
        status = StatusMsgDict(
            job_id=self._job_id, status="QUEUED", detail=progress, error_message="None"
        )
        result = ResultDict(
            display_name=self._backend, backend_version="", job_id=self._job_id, status="QUEUED"
        )
        self._teller.tell("progress", self._backend, self._job_id, detail=progress)
        try:
            self._provider.update_in_database(result, status, self._job_id, self._backend)
        except OSError as error:
            logger.warning("%s: the progress was not stored: %s", self._job_id, error)
