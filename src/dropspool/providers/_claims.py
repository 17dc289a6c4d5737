"""Who has a job: a claim file beside it, in `Running_Jobs`, and its lease.

A move leaves no trace of who made it, so a worker writes its name first: the claim
is created before the job is moved and deleted when all that ends the job is done. A
claim holds for ``lease_seconds`` from when the storage wrote it, by the clock of the
storage, and is renewed by writing it again, changed. Every change of a claim checks
the revision, so that of all who try at the same time one succeeds.

The claim of a job that is queued again stays beside it, as nobody's, and counts how often
the job was taken: what has brought down several workers would bring down all of them.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dropspool import layout
from dropspool.errors import BrokenFile
from dropspool.providers._files import Files, StoredFile
from dropspool.providers._json import decode, encode

_NOBODY = ""
"""In place of a worker's name, which has at least one character."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Claim:
    """The content of a claim file: the nonce tells a worker's claims apart."""

    worker: str
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    counter: int = 0
    attempt: int = 1

    def data(self) -> bytes:
        return encode("claim", {**self.__dict__})


class Claims:
    """The claims of one worker."""

    def __init__(self, files: Files, worker: str, lease_seconds: float) -> None:
        self._files = files
        self._worker = worker
        # A storage may know whole seconds only, and no lease is to end before its time.
        self._lease = timedelta(seconds=math.ceil(lease_seconds))
        # What this object has, and the revision of each; nothing that it once had and lost.
        self._held: dict[str, tuple[_Claim, str]] = {}

    def take(self, job: layout.Job) -> bool:
        """Claim a job that nobody has; False if somebody has it."""
        claim = _Claim(self._worker)
        try:
            stored = self._files.create(job.claim, claim.data())
        except FileNotFoundError:
            return False
        except FileExistsError:
            return self._take_again(job)
        self._held[job.job_id] = (claim, stored.revision)
        return True

    def _take_again(self, job: layout.Job) -> bool:
        """Claim a job whose claim is nobody's."""
        try:
            stored = self._files.read(job.claim)
            found = decode(job.claim, stored.data)
        except (FileNotFoundError, BrokenFile):
            return False
        if found.get("worker") != _NOBODY:
            return False
        return self._replace(job, stored, _Claim(self._worker, attempt=_attempt(found) + 1))

    def _replace(self, job: layout.Job, stored: StoredFile, claim: _Claim) -> bool:
        try:
            stored = self._files.update(job.claim, claim.data(), stored.revision)
        except FileExistsError:
            return False  # its owner or another worker was faster
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

    def take_over(self, job: layout.Job, now: datetime, waits: Callable[[], bool]) -> bool:
        """Claim a job for `recover`: one that nobody has, or no longer, or that is left over.

        ``waits`` tells whether the job waits for a worker, as one with nobody's claim should.
        """
        try:
            stored = self._files.read(job.claim)
        except FileNotFoundError:
            return self.take(job)
        try:
            found = decode(job.claim, stored.data)
        except BrokenFile as error:
            logger.warning("%s: counts as no claim and is kept aside", error)
            self._files.create(layout.set_aside(job.claim), stored.data)
            found = {}
        else:
            if found.get("worker") == _NOBODY:
                if waits():
                    return False
            elif self._is_live(job, found, now - stored.modified):
                return False
        return self._replace(job, stored, _Claim(self._worker, attempt=_attempt(found)))

    def _is_live(self, job: layout.Job, claim: dict[str, Any], age: timedelta) -> bool:
        if claim.get("worker") == self._worker:
            held = self._held.get(job.job_id)
            if held is None or held[0].nonce != claim.get("nonce"):
                return False  # left over from an attempt that came to nothing
        return age <= self._lease

    def attempt(self, job: layout.Job) -> int:
        """The how manieth attempt at a job this worker's claim is."""
        held = self._held.get(job.job_id)
        return 1 if held is None else held[0].attempt

    def abandon(self, job: layout.Job) -> None:
        """Make the claim nobody's, if it is still this worker's: the job waits again."""
        held = self._held.pop(job.job_id, None)
        if held is not None:
            claim = _Claim(_NOBODY, attempt=held[0].attempt)
            with contextlib.suppress(FileExistsError):
                self._files.update(job.claim, claim.data(), held[1])

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


def checked_worker_id(worker_id: str | None) -> str:
    """The name that a worker's claims bear; one that no other has, unless it is given."""
    if worker_id is None:
        return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    if not isinstance(worker_id, str):
        raise TypeError(f"worker_id: expected a str, got {worker_id!r}")
    if not worker_id:
        raise ValueError(f"worker_id: expected at least one character, got {worker_id!r}")
    return worker_id


def checked_lease(lease_seconds: float) -> float:
    """The seconds of a lease."""
    if not isinstance(lease_seconds, (int, float)):
        raise TypeError(f"lease_seconds: expected a number, got {lease_seconds!r}")
    if not 0 < lease_seconds < math.inf:
        raise ValueError(f"lease_seconds: expected a number above 0, got {lease_seconds!r}")
    return lease_seconds


def checked_attempts(max_attempts: int) -> int:
    """How often a job is taken at most."""
    if not isinstance(max_attempts, int):
        raise TypeError(f"max_attempts: expected a whole number, got {max_attempts!r}")
    if max_attempts < 1:
        raise ValueError(f"max_attempts: expected at least 1, got {max_attempts!r}")
    return max_attempts


def _attempt(claim: dict[str, Any]) -> int:
    """The number in a claim that others wrote, or older ones of us."""
    found = claim.get("attempt")
    return found if isinstance(found, int) and found > 0 else 1
