"""Histories of a queue, from simulated workers or a real run, and the rules for them.

>>> from fakedropbox.simulate import History
>>> history = History.from_jsonl('''
... {"number":0,"time":0,"process":"user","kind":"invoke","call":"submit","value":{"queue":"q"}}
... {"number":0,"time":1,"process":"user","kind":"ok","call":"submit","value":{"job":"j"}}
... {"number":0,"time":2,"process":"one","kind":"invoke","call":"claim","value":{"queue":"q"}}
... {"number":0,"time":3,"process":"one","kind":"ok","call":"claim","value":{"job":"j"}}
... {"number":0,"time":4,"process":"two","kind":"invoke","call":"claim","value":{"queue":"q"}}
... {"number":0,"time":5,"process":"two","kind":"ok","call":"claim","value":{"job":"j"}}
... ''')
>>> violations(history, lease_seconds=300)
['j: claimed by two at 5 s, while one had it since 3 s']
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Any, TypeVar

from dropspool.clock import Clock
from dropspool.providers.base import StorageProvider
from dropspool.schemas import NextJobSchema, ResultDict, StatusMsgDict
from fakedropbox.simulate import Event, History
from fakedropbox.simulate.histories import Kind

_ENDS = ("DONE", "ERROR")
_REFUSED = (TypeError, ValueError)
"""The errors after which it is certain that nothing was done, as they precede all requests."""

Result = TypeVar("Result")


class QueueViolation(AssertionError):
    """A history that a correct queue cannot have; the message names the broken rules."""


class RecordedProvider:
    """A storage provider that records the calls about jobs in a history.

    It can be used in place of the provider, also on the real Dropbox. The calls are recorded
    as ``submit``, ``claim``, ``renew``, ``end``, ``note`` and ``status``. Every process needs
    a name of its own, and the clocks of all processes should agree as closely as possible.
    """

    def __init__(
        self, provider: StorageProvider, history: History, process: str, clock: Clock
    ) -> None:
        self._provider = provider
        self._history = history
        self._process = process
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def upload_job(self, job_dict: Mapping[str, Any], display_name: str, username: str) -> str:
        """Queue a job, recorded as ``submit``."""
        return self._recorded(
            "submit",
            {"queue": display_name},
            lambda: self._provider.upload_job(job_dict, display_name, username),
            lambda job_id: {"job": job_id},
        )

    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        """Take a job, recorded as ``claim``."""
        return self._recorded(
            "claim",
            {"queue": display_name},
            lambda: self._provider.get_next_job_in_queue(display_name),
            lambda job: {"job": None if job.job_id == "None" else job.job_id},
        )

    def renew(self, job_id: str, display_name: str) -> bool:
        """Renew the lease of a job, recorded as ``renew``."""
        return self._recorded(
            "renew",
            {"job": job_id},
            lambda: self._provider.renew(job_id, display_name),
            lambda held: {"held": held},
        )

    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> None:
        """Store the status of a job, recorded as ``end`` if it ends the job, else as ``note``."""
        self._recorded(
            "end" if status_msg_dict.status in _ENDS else "note",
            {"job": job_id, "status": status_msg_dict.status},
            lambda: self._provider.update_in_database(
                result_dict, status_msg_dict, job_id, display_name
            ),
            lambda _: None,
        )

    def get_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """Return the status of a job, recorded as ``status``."""
        return self._recorded(
            "status",
            {"job": job_id},
            lambda: self._provider.get_status(display_name, username, job_id),
            lambda status: {"status": status.status},
        )

    def _recorded(
        self, call: str, value: Any, do: Callable[[], Result], answer: Callable[[Result], Any]
    ) -> Result:
        number = self._history.invoke(self._now(), self._process, call, value)
        try:
            result = do()
        except BaseException as error:
            kind: Kind = "fail" if isinstance(error, _REFUSED) else "unknown"
            self._history.end(number, self._now(), kind)
            raise
        self._history.end(number, self._now(), "ok", answer(result))
        return result

    def _now(self) -> float:
        return self._clock.now().timestamp()


@dataclass
class _Call:
    """One call from its beginning to its end, which may be missing.

    ``start`` and ``end`` are positions in the history, ``begun`` and ``ended`` are times.
    """

    process: str
    call: str
    asked: Mapping[str, Any]
    begun: float
    start: int
    ended: float | None = None
    end: int | None = None
    kind: str = "unknown"
    answer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True if it is known to have succeeded."""
        return self.kind == "ok"

    @property
    def job(self) -> str | None:
        """The job that it is about."""
        job: str | None = self.answer.get("job") or self.asked.get("job")
        return job

    def is_before(self, other: _Call) -> bool:
        """Return whether this call had ended when the other one began."""
        return self.end is not None and self.end < other.start


def violations(
    history: Iterable[Event], *, lease_seconds: float, tolerance: float = 0.0
) -> list[str]:
    """Return the violations of a queue's rules in a history; an empty list if there are none.

    - A job that was taken is not taken by another process while its lease is certain to hold,
      unless the first one may have ended it.
    - A job that is known to have ended is not taken again, and after a status ``DONE`` was
      seen, no other status is seen. An error that a worker reports after its lease does not
      count: the job is no longer this worker's.
    - If one process submitted two jobs one after the other, the second is not taken for the
      first time by a call that ended before the call that took the first one began.

    Calls that overlap have no order, and a call whose end is unknown may have been carried out.

    Args:
        history: the events in the order in which they happened.
        lease_seconds: the duration of a lease in seconds.
        tolerance: the largest difference between the clocks of the processes in seconds.
    """
    calls = _calls_of(history)
    found: list[str] = []
    for own in _by_job(calls).values():
        found += _claimed_twice(own, lease_seconds, tolerance)
        found += _claimed_after_its_end(own, lease_seconds, tolerance)
        found += _undone(own)
    found += _overtaken(calls)
    return list(dict.fromkeys(found))


def check_queue(history: Iterable[Event], *, lease_seconds: float, tolerance: float = 0.0) -> None:
    """Check a history by the rules of `violations`.

    Raises:
        QueueViolation: the history breaks one of the rules.
    """
    found = violations(history, lease_seconds=lease_seconds, tolerance=tolerance)
    if found:
        raise QueueViolation("\n".join(found))


def _calls_of(history: Iterable[Event]) -> list[_Call]:
    calls: list[_Call] = []
    under_way: dict[tuple[str, int], _Call] = {}
    for position, event in enumerate(history):
        key = (event.process, event.number)
        if event.kind == "invoke":
            call = _Call(event.process, event.call, event.value or {}, event.time, position)
            calls.append(call)
            under_way[key] = call
            continue
        if key not in under_way:
            raise ValueError(f"event {position}: the end of a call that has not begun: {event}")
        call = under_way.pop(key)
        call.kind, call.ended, call.end = event.kind, event.time, position
        call.answer = event.value or {}
    return calls


def _by_job(calls: Iterable[_Call]) -> dict[str, list[_Call]]:
    jobs = defaultdict(list)
    for call in calls:
        if call.job is not None:
            jobs[call.job].append(call)
    return jobs


def _claims(calls: Iterable[_Call]) -> Iterator[_Call]:
    return (call for call in calls if call.call == "claim" and call.ok)


def _claimed_twice(own: list[_Call], lease_seconds: float, tolerance: float) -> Iterator[str]:
    for one, other in combinations(_claims(own), 2):
        # After a restart, a worker may take its own job again at once.
        if one.process != other.process and not _may_have_given_up(one, other, own):
            assert other.ended is not None
            if other.ended < _kept_from(one, other, own) + lease_seconds - tolerance:
                yield (
                    f"{one.job}: claimed by {other.process} at {other.ended:g} s, "
                    f"while {one.process} had it since {one.ended:g} s"
                )


def _may_have_given_up(one: _Call, other: _Call, own: list[_Call]) -> bool:
    """Return whether the first worker may have ended a job before the other took it."""
    return any(
        call.call == "end"
        and call.process == one.process
        and call.kind != "fail"
        and not other.is_before(call)
        for call in own
    )


def _had_it(end: _Call, own: list[_Call], lease_seconds: float) -> bool:
    """Return whether the worker that ended a job certainly still had it."""
    taken = [
        claim for claim in _claims(own) if claim.process == end.process and claim.is_before(end)
    ]
    since = max((_kept_from(claim, end, own) for claim in taken), default=-math.inf)
    return end.ended is not None and end.ended < since + lease_seconds


def _kept_from(one: _Call, other: _Call, own: list[_Call]) -> float:
    """Return the start of the first worker's latest lease before the other call."""
    renewed = [
        call.begun
        for call in own
        if (call.call, call.process) == ("renew", one.process)
        and call.answer.get("held")
        and call.is_before(other)
    ]
    return max([one.begun, *renewed])


def _claimed_after_its_end(
    own: list[_Call], lease_seconds: float, tolerance: float
) -> Iterator[str]:
    ends = [
        call
        for call in own
        if call.call == "end"
        and call.ok
        and (call.asked.get("status") != "ERROR" or _had_it(call, own, lease_seconds - tolerance))
    ]
    for end, claim in product(ends, _claims(own)):
        if end.is_before(claim):
            yield (
                f"{end.job}: claimed by {claim.process} at {claim.ended:g} s, "
                f"though {end.process} had ended it at {end.ended:g} s"
            )


def _undone(own: list[_Call]) -> Iterator[str]:
    seen = [call for call in own if call.call == "status" and call.ok]
    done = [call for call in seen if call.answer.get("status") == "DONE"]
    first = min(done, key=lambda call: (call.end is None, call.end), default=None)
    for later in seen:
        status = later.answer.get("status")
        if first is not None and first.is_before(later) and status != "DONE":
            yield f"{first.job}: DONE at {first.ended:g} s, and {status} at {later.ended:g} s"


def _overtaken(calls: list[_Call]) -> Iterator[str]:
    """Yield the jobs first taken before an earlier job of the same submitter."""
    first: dict[str | None, _Call] = {}
    for claim in _claims(calls):
        first.setdefault(claim.job, claim)
    submitted = defaultdict(list)
    for call in calls:
        if call.call == "submit" and call.ok:
            submitted[call.process, call.asked.get("queue")].append(call)
    for (_, queue), submits in submitted.items():
        # A claim that ended as ``unknown`` may have been the first claim of any job.
        unknown = [
            call.start
            for call in calls
            if call.call == "claim" and call.kind == "unknown" and call.asked.get("queue") == queue
        ]
        begins = {call.job: first[call.job].start for call in submits if call.job in first}
        latest = -math.inf  # the latest start of a first claim among the jobs so far
        for number, later in enumerate(submits):
            taken = first.get(later.job)
            if taken is not None and taken.end is not None and taken.end < latest:
                for earlier in submits[:number]:
                    begun = min([begins.get(earlier.job, math.inf), *unknown])
                    if earlier.is_before(later) and taken.end < begun:
                        yield f"{later.job}: claimed by {taken.process} before {earlier.job} was"
            latest = max(latest, begins.get(later.job, math.inf))
