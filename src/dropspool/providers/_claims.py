"""Who has a job: a claim file beside it, in `Running_Jobs`, and its lease.

A move leaves no trace of who made it, so a worker writes its name first: the claim
is created before the job is moved and deleted when all that ends the job is done. A
claim holds for ``lease_seconds`` from when the storage wrote it, by the clock of the
storage, and is renewed by writing it again, changed. Every change of a claim checks
the revision, so that of all who try at the same time one succeeds.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from dropspool import layout
from dropspool.errors import BrokenFile
from dropspool.providers._files import Files, StoredFile
from dropspool.providers._json import decode, encode

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Claim:
    """The content of a claim file: the nonce tells a worker's claims apart."""

    worker: str
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    counter: int = 0

    def data(self) -> bytes:
        return encode("claim", {**self.__dict__})


class Claims:
    """The claims of one worker."""

    def __init__(self, files: Files, worker: str, lease_seconds: float) -> None:
        self._files = files
        self._worker = worker
        self._lease = timedelta(seconds=lease_seconds)
        # What this object has, and the revision of each; nothing that it once had and lost.
        self._held: dict[str, tuple[_Claim, str]] = {}

    def take(self, job: layout.Job) -> bool:
        """Claim a job that nobody has; False if somebody has it."""
        claim = _Claim(self._worker)
        try:
            stored = self._files.create(job.claim, claim.data())
        except (FileExistsError, FileNotFoundError):
            return False
        self._held[job.job_id] = (claim, stored.revision)
        return True

    def renew(self, job: layout.Job) -> bool:
        """Let the lease begin anew; False if the job is not this worker's, or no longer."""
        for _ in range(2):
            held = self._held.get(job.job_id)
            if held is None:
                return False
            # A claim that is written unchanged would keep its time.
            claim = replace(held[0], counter=held[0].counter + 1)
            try:
                stored = self._files.update(job.claim, claim.data(), held[1])
            except FileExistsError:
                self._look_again(job)
            else:
                self._held[job.job_id] = (claim, stored.revision)
                return True
        return False

    def take_over(self, job: layout.Job, now: datetime) -> bool:
        """Claim a job for `recover`: one that nobody has, or no longer, or that is left over."""
        try:
            stored = self._files.read(job.claim)
        except FileNotFoundError:
            return self.take(job)
        if self._is_live(job, stored, now):
            return False
        claim = _Claim(self._worker)
        try:
            stored = self._files.update(job.claim, claim.data(), stored.revision)
        except FileExistsError:
            return False  # its owner or another recovery was faster
        self._held[job.job_id] = (claim, stored.revision)
        return True

    def _is_live(self, job: layout.Job, stored: StoredFile, now: datetime) -> bool:
        try:
            claim = decode(job.claim, stored.data)
        except BrokenFile as error:
            logger.warning("%s: counts as no claim and is kept aside", error)
            self._files.create(layout.set_aside(job.claim), stored.data)
            return False
        if claim.get("worker") == self._worker:
            held = self._held.get(job.job_id)
            if held is None or held[0].nonce != claim.get("nonce"):
                return False  # left over from an attempt that came to nothing
        return now - stored.modified <= self._lease

    def forget(self, job: layout.Job) -> None:
        """Hold the claim no longer, whatever there is of it: `recover` may have it."""
        self._held.pop(job.job_id, None)

    def release(self, job: layout.Job) -> None:
        """Delete the claim, if it is still this worker's."""
        for _ in range(2):
            held = self._held.get(job.job_id)
            if held is None:
                return
            try:
                self._files.delete(job.claim, held[1])
            except FileExistsError:
                self._look_again(job)
            except FileNotFoundError:
                logger.warning("%s: the lease had run out, and others took over", job.claim)
                self.forget(job)
            else:
                self.forget(job)

    def _look_again(self, job: layout.Job) -> None:
        """Find out whether an earlier renewal whose answer was lost has changed the claim."""
        claim, _ = self._held[job.job_id]
        with contextlib.suppress(FileNotFoundError, BrokenFile):
            stored = self._files.read(job.claim)
            found = decode(job.claim, stored.data)
            if found.get("nonce") == claim.nonce:
                self._held[job.job_id] = (replace(claim, counter=found["counter"]), stored.revision)
                return
        logger.warning("%s: the lease had run out, and others took over", job.claim)
        self.forget(job)
