"""Claims: the files in `Running_Jobs` that say which worker has a job, and for how long.

A moved file does not show who moved it, so a worker writes its name first: the claim is
created before the job is moved, and deleted when all steps that end the job are done. A
claim is valid for the ``lease_seconds`` in it after it was written, by the clock of the
storage. It is renewed by writing it again with a changed counter. Every change of a claim
checks the revision, so that only one of several simultaneous writers succeeds.

When a job is queued again, its claim stays, with an empty worker name, and counts how often
the job was taken, so that a job that crashes each of its workers ends in an error eventually. It
also counts how often a worker was stopped and gave the job back, which is not a failed attempt. A
job that was taken by a program without claims gets one from `recover`, whose worker is null, so
that its lease can end.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dropspool import layout
from dropspool._locks import ForkSafeLock
from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.errors import BrokenFile
from dropspool.providers._files import Files, StoredFile
from dropspool.providers._json import decode, encode

_NOBODY = ""
"""The worker name in a claim that belongs to no worker; a real name is not empty."""

_UNKNOWN = None
"""The worker name in a claim for a program that writes no claims."""

_ATTEMPTS = 5
"""The number of attempts to take a claim away from others that write it at the same time."""

_FRESH = timedelta(seconds=5)
"""The age up to which a worker assumes without a request that it still has its claim."""

_WRONG_CLOCK = timedelta(days=-1)
"""A claim of this (negative) age or less was written while the clock of the machine was ahead."""

_LOST = "%s: the lease had run out and others took over, or the job was cancelled"
"""The warning of a worker that no longer has a claim, whose file is named."""

_LONGEST_LEASE = 10**8
"""The longest lease in seconds, about three years; `timedelta` cannot hold every number."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Claim:
    """The content of a claim file; the nonce distinguishes the claims of one worker."""

    worker: str | None
    lease_seconds: float
    nonce: str = field(default_factory=lambda: secrets.token_hex(16))
    counter: int = 0
    attempt: int = 1
    given_back: int = 0

    def data(self) -> bytes:
        return encode("claim", {**self.__dict__})


@dataclass(eq=False)
class _Held:
    """A claim that this worker has, its revision, and when this worker last wrote it.

    One thread may end a job while another one renews its claim, so both take the lock.
    """

    claim: _Claim
    revision: str
    since: datetime
    lock: ForkSafeLock = field(default_factory=ForkSafeLock)


class Claims:
    """The claims of one worker, which several threads may take and renew."""

    def __init__(
        self, files: Files, worker: str, lease_seconds: float, clock: Clock = SYSTEM_CLOCK
    ) -> None:
        self._files = files
        self._worker = worker
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._held: dict[str, _Held] = {}
        # The nonces of claims that are being written and are not in `_held` yet: a thread that
        # recovers jobs may read the claim's file before the writing thread gets the answer.
        self._being_written: set[str] = set()

    def take(self, job: layout.Job) -> bool:
        """Claim a job that no worker has; return False if a worker has it."""
        return self.create(job) or self._take_again(job)

    def create(self, job: layout.Job) -> bool:
        """Claim a job that has no claim; return False if it has one."""
        claim = self._claim()
        with self._writing(claim):
            try:
                stored = self._files.create(job.claim, claim.data())
            except (FileExistsError, FileNotFoundError):
                return False
            self._note(job, claim, stored)
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
        return self._replace(job, stored, self._claim_after(found, attempts=1))

    def _replace(self, job: layout.Job, stored: StoredFile, claim: _Claim) -> bool:
        with self._writing(claim):
            try:
                stored = self._files.update(job.claim, claim.data(), stored.revision)
            except FileExistsError:
                return False  # the owner of the claim or another worker was faster
            self._note(job, claim, stored)
        return True

    def seize(self, job: layout.Job) -> bool:
        """Claim a job even if a worker has it; return False if another worker won each attempt."""
        for _ in range(_ATTEMPTS):
            try:
                stored = self._files.read(job.claim)
            except FileNotFoundError:
                if self.take(job):
                    return True
            else:
                if self._replace(job, stored, self._claim()):
                    return True
        return False

    def _note_unclaimed(self, job: layout.Job) -> None:
        """Write a claim for the unknown worker of a job that has no claim."""
        logger.info("%s: it has no claim, so its worker, if any, gets a lease", job.running)
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            self._files.create(job.claim, _Claim(_UNKNOWN, self._lease_seconds).data())

    def renew(self, job: layout.Job) -> bool:
        """Start the lease again; return False if this worker does not have the job (any more)."""
        with self._own(job) as held:
            for _ in range(2):
                if held is None:
                    return False
                # The counter changes: an unchanged file would keep its modification time.
                claim = replace(held.claim, counter=held.claim.counter + 1)
                try:
                    stored = self._files.update(job.claim, claim.data(), held.revision)
                except FileExistsError:
                    if not self._is_mine(job, held):
                        return False
                else:
                    held.claim, held.revision = claim, stored.revision
                    held.since = self._clock.now()
                    return True
        return False

    def keeps(self, job: layout.Job, *, certainly: bool) -> bool:
        """Return whether this worker still has the job.

        A claim that was written a moment ago is not read again, unless ``certainly`` is True; an
        older one is renewed.
        """
        with self._own(job) as held:
            if held is not None and timedelta() <= self._clock.now() - held.since < _FRESH:
                return not certainly or self._is_mine(job, held)
        return self.renew(job)

    def is_free(self, job: layout.Job) -> bool:
        """Return whether the job has no claim, not even one that belongs to no worker."""
        return not self._files.exists(job.claim)

    def take_over(
        self,
        job: layout.Job,
        now: datetime,
        is_running: bool,
        is_waiting: Callable[[], bool],
        has_ended: Callable[[], bool],
    ) -> bool:
        """Claim a job for `recover`; return False if a worker has it or it is simply waiting.

        A claim can be taken over if its lease has ended, if it is unreadable, if an earlier
        attempt of this worker left it, or if it belongs to nobody but the job does not wait.
        A job without a claim belongs to a program that writes none, and gets a claim for it.

        Args:
            job: the job.
            now: the current time by the clock of the storage.
            is_running: True if the job is among the running ones.
            is_waiting: returns whether the job waits for a worker, as a job whose claim
                belongs to nobody should.
            has_ended: returns whether only the last steps of the end of a job are missing.
        """
        try:
            stored = self._files.read(job.claim)
        except FileNotFoundError:
            if not is_running:
                return False  # just released
            if has_ended():
                return self.take(job)
            self._note_unclaimed(job)
            return False
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
        return self._replace(job, stored, self._claim_after(found))

    def _is_live(self, job: layout.Job, claim: dict[str, Any], age: timedelta) -> bool:
        if claim.get("worker") == self._worker:
            # In this order, because a claim is added to `_held` before it leaves `_being_written`.
            is_own = claim.get("nonce") in self._being_written
            held = self._held.get(job.job_id)
            if not is_own and (held is None or held.claim.nonce != claim.get("nonce")):
                # It is left over from a failed attempt, or from before a restart of this worker.
                return False
        return _WRONG_CLOCK < age <= self._lease_of(claim)

    def _lease_of(self, claim: dict[str, Any]) -> timedelta:
        """Return the lease in a claim; claims of older versions have the lease of this worker."""
        seconds = claim.get("lease_seconds")
        if not (isinstance(seconds, (int, float)) and 0 < seconds <= _LONGEST_LEASE):
            seconds = self._lease_seconds
        # Rounded up: a storage may keep whole seconds only, and a lease must not end early.
        return timedelta(seconds=math.ceil(seconds))

    def attempt(self, job: layout.Job) -> int:
        """Return the number of attempts in the claim; a takeover by `recover` does not count."""
        held = self._held.get(job.job_id)
        return 1 if held is None else held.claim.attempt

    def abandon(self, job: layout.Job, *, counts: bool = True) -> None:
        """Write `_NOBODY` into the claim, if it is still this worker's: the job waits again.

        If the attempt does not count, the next one has its number.
        """
        with self._own(job) as held:
            if held is not None:
                claim = _Claim(
                    _NOBODY,
                    self._lease_seconds,
                    attempt=held.claim.attempt - (not counts),
                    given_back=held.claim.given_back + (not counts),
                )
                self.forget(job)
                with contextlib.suppress(FileExistsError):
                    self._files.update(job.claim, claim.data(), held.revision)

    def forget(self, job: layout.Job) -> None:
        """Stop holding the claim without changing its file: `recover` may take it over."""
        self._held.pop(job.job_id, None)

    def release(self, job: layout.Job) -> None:
        """Delete the claim, if it is still this worker's."""
        with self._own(job) as held:
            for _ in range(2):
                if held is None:
                    return
                try:
                    self._files.delete(job.claim, held.revision)
                except FileExistsError:
                    if self._is_mine(job, held):
                        continue
                except FileNotFoundError:
                    logger.warning(_LOST, job.claim)
                self.forget(job)
                return

    @contextlib.contextmanager
    def _own(self, job: layout.Job) -> Iterator[_Held | None]:
        """Keep other threads from the claim of a job, and yield it; None if there is none."""
        held = self._held.get(job.job_id)
        if held is None:
            yield None
            return
        with held.lock:
            # Another thread may have ended the job while this one waited.
            yield held if self._held.get(job.job_id) is held else None

    def _is_mine(self, job: layout.Job, held: _Held) -> bool:
        """Read a job's claim; return whether it is still the one that this worker has written.

        It has another revision if it was renewed before, and the answer was lost.
        """
        with contextlib.suppress(FileNotFoundError, BrokenFile):
            stored = self._files.read(job.claim)
            found = decode(job.claim, stored.data)
            if found.get("nonce") == held.claim.nonce:
                held.claim = replace(held.claim, counter=found["counter"])
                held.revision = stored.revision
                return True
        logger.warning(_LOST, job.claim)
        self.forget(job)
        return False

    def _claim(self) -> _Claim:
        return _Claim(self._worker, self._lease_seconds)

    def _claim_after(self, found: dict[str, Any], *, attempts: int = 0) -> _Claim:
        """Return a claim with the counts of an earlier one, after ``attempts`` more attempts."""
        return replace(
            self._claim(),
            attempt=_count(found, "attempt", 1) + attempts,
            given_back=_count(found, "given_back", 0),
        )

    @contextlib.contextmanager
    def _writing(self, claim: _Claim) -> Iterator[None]:
        """Let other threads know that a claim with this nonce, if they find one, is live."""
        self._being_written.add(claim.nonce)
        try:
            yield
        finally:
            self._being_written.discard(claim.nonce)

    def _note(self, job: layout.Job, claim: _Claim, stored: StoredFile) -> None:
        self._held[job.job_id] = _Held(claim, stored.revision, self._clock.now())


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
    if not 0 < lease_seconds <= _LONGEST_LEASE:
        raise ValueError(
            f"lease_seconds: expected a number above 0, at most {_LONGEST_LEASE},"
            f" got {lease_seconds!r}"
        )
    return lease_seconds


def checked_attempts(max_attempts: int) -> int:
    """Check the largest number of times that a job is taken and return it."""
    if not isinstance(max_attempts, int):
        raise TypeError(f"max_attempts: expected a whole number, got {max_attempts!r}")
    if max_attempts < 1:
        raise ValueError(f"max_attempts: expected at least 1, got {max_attempts!r}")
    return max_attempts


def _count(claim: dict[str, Any], name: str, first: int) -> int:
    """Return a count in a claim, or ``first`` if it is missing, as in claims of older versions."""
    found = claim.get(name)
    return found if isinstance(found, int) and found >= 0 else first
