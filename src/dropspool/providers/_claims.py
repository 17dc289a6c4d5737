"""Claims: the files in `Running_Jobs` that say which worker has a job, and for how long.

A moved file does not show who moved it, so a worker writes its name first: the claim is
created before the job is moved, and deleted when all steps that end the job are done. A
claim is valid for ``lease_seconds`` after it was written, by the clock of the storage. It
is renewed by writing it again with a changed counter. Every change of a claim checks the
revision, so that only one of several simultaneous writers succeeds.

When a job is queued again, its claim stays, with an empty worker name, and counts how often
the job was taken, so that a job that crashes each of its workers ends in an error at last.
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
"""The worker name in a claim that belongs to no worker; a real name is not empty."""

_SEIZURES = 5
"""The number of attempts to take a claim from a worker that renews it at the same time."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Claim:
    """The content of a claim file; the nonce distinguishes the claims of one worker."""

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
        # Rounded up: a storage may keep whole seconds only, and a lease must not end early.
        self._lease = timedelta(seconds=math.ceil(lease_seconds))
        # The claims that this object holds now, and the revision of each.
        self._held: dict[str, tuple[_Claim, str]] = {}

    def take(self, job: layout.Job) -> bool:
        """Claim a job that no worker has; return False if a worker has it."""
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
        """Claim a job whose claim belongs to nobody; return False if it belongs to a worker."""
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
            return False  # the owner of the claim or another worker was faster
        self._held[job.job_id] = (claim, stored.revision)
        return True

    def renew(self, job: layout.Job) -> bool:
        """Start the lease again; return False if this worker does not have the job (any more)."""
        for _ in range(2):
            held = self._held.get(job.job_id)
            if held is None:
                return False
            # The counter changes: an unchanged file would keep its modification time.
            claim = replace(held[0], counter=held[0].counter + 1)
            try:
                stored = self._files.update(job.claim, claim.data(), held[1])
            except FileExistsError:
                self._look_again(job)
            else:
                self._held[job.job_id] = (claim, stored.revision)
                return True
        return False

    def take_over(self, job: layout.Job, now: datetime, is_waiting: Callable[[], bool]) -> bool:
        """Claim a job for `recover`; return False if a worker has it or it is simply waiting.

        A claim can be taken over if its lease has ended, if it is unreadable, if an earlier
        attempt of this worker left it, or if it belongs to nobody but the job does not wait.

        Args:
            job: the job.
            now: the current time by the clock of the storage.
            is_waiting: returns whether the job waits for a worker, as a job whose claim
                belongs to nobody should.
        """
        try:
            stored = self._files.read(job.claim)
        except FileNotFoundError:
            return self.take(job)
        try:
            found = decode(job.claim, stored.data)
        except BrokenFile as error:
            logger.warning("%s: treated as missing, and a copy is kept aside", error)
            self._files.create(layout.set_aside(job.claim), stored.data)
            found = {}
        else:
            if found.get("worker") == _NOBODY:
                if is_waiting():
                    return False
            elif self._is_live(job, found, now - stored.modified):
                return False
        return self._replace(job, stored, _Claim(self._worker, attempt=_attempt(found)))

    def _is_live(self, job: layout.Job, claim: dict[str, Any], age: timedelta) -> bool:
        if claim.get("worker") == self._worker:
            held = self._held.get(job.job_id)
            if held is None or held[0].nonce != claim.get("nonce"):
                return False  # left over from an earlier attempt of this worker that failed
        return age <= self._lease

    def attempt(self, job: layout.Job) -> int:
        """Return the number of times that the job has been taken, this worker's claim included."""
        held = self._held.get(job.job_id)
        return 1 if held is None else held[0].attempt

    def abandon(self, job: layout.Job) -> None:
        """Write `_NOBODY` into the claim, if it is still this worker's: the job waits again."""
        held = self._held.pop(job.job_id, None)
        if held is not None:
            claim = _Claim(_NOBODY, attempt=held[0].attempt)
            with contextlib.suppress(FileExistsError):
                self._files.update(job.claim, claim.data(), held[1])

    def forget(self, job: layout.Job) -> None:
        """Stop holding the claim without changing its file: `recover` may take it over."""
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
        """Check whether an earlier renewal of ours, whose answer was lost, changed the claim."""
        claim, _ = self._held[job.job_id]
        with contextlib.suppress(FileNotFoundError, BrokenFile):
            stored = self._files.read(job.claim)
            found = decode(job.claim, stored.data)
            if found.get("nonce") == claim.nonce:
                self._held[job.job_id] = (replace(claim, counter=found["counter"]), stored.revision)
                return
        logger.warning("%s: the lease had run out, and others took over", job.claim)
        self.forget(job)

    def seize(self, job: layout.Job) -> bool:
        """Claim a job, whoever has it; return False if others were faster in every attempt."""
        for _ in range(_SEIZURES):
            try:
                stored = self._files.read(job.claim)
            except FileNotFoundError:
                if self.take(job):
                    return True
            else:
                if self._replace(job, stored, _Claim(self._worker)):
                    return True
        return False


def checked_worker_id(worker_id: str | None) -> str:
    """Check the name of a worker and return it; None makes a unique name."""
    if worker_id is None:
        return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    if not isinstance(worker_id, str):
        raise TypeError(f"worker_id: expected a str, got {worker_id!r}")
    if not worker_id:
        raise ValueError(f"worker_id: expected at least one character, got {worker_id!r}")
    return worker_id


def checked_lease(lease_seconds: float) -> float:
    """Check the duration of a lease in seconds and return it."""
    if not isinstance(lease_seconds, (int, float)):
        raise TypeError(f"lease_seconds: expected a number, got {lease_seconds!r}")
    if not 0 < lease_seconds < math.inf:
        raise ValueError(f"lease_seconds: expected a number above 0, got {lease_seconds!r}")
    return lease_seconds


def checked_attempts(max_attempts: int) -> int:
    """Check the largest number of times that a job is taken and return it."""
    if not isinstance(max_attempts, int):
        raise TypeError(f"max_attempts: expected a whole number, got {max_attempts!r}")
    if max_attempts < 1:
        raise ValueError(f"max_attempts: expected at least 1, got {max_attempts!r}")
    return max_attempts


def _attempt(claim: dict[str, Any]) -> int:
    """Return the number of attempts in a claim; 1 if it is missing, as in older versions."""
    found = claim.get("attempt")
    return found if isinstance(found, int) and found > 0 else 1
