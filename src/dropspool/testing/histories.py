"""Histories of a queue, of simulated workers or of a real run, and what must hold in them.

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
"""Errors after which it is known that nothing was done: they come before all requests."""

Result = TypeVar("Result")


class QueueViolation(AssertionError):
    """A history that no queue can have; the message says which rules are broken."""


class RecordedProvider:
    """A storage provider that notes what its user does with jobs, in a history.

    It can be used in place of the provider, on the real Dropbox, too. The events are
    ``submit``, ``claim``, ``renew``, ``end`` and ``status``. Every process is to have a name
    of its own, and ``clock`` is to be the same for all, as nearly as may be.
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
        """Queue a job: ``submit``."""
        return self._noted(
            "submit",
            {"queue": display_name},
            lambda: self._provider.upload_job(job_dict, display_name, username),
            lambda job_id: {"job": job_id},
        )

    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        """Take a job: ``claim``."""
        return self._noted(
            "claim",
            {"queue": display_name},
            lambda: self._provider.get_next_job_in_queue(display_name),
            lambda job: {"job": None if job.job_id == "None" else job.job_id},
        )

    def renew(self, job_id: str, display_name: str) -> bool:
        """Keep a job: ``renew``."""
        return self._noted(
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
        """Store how a job has come on: ``end``, if it does."""
        self._noted(
            "end" if status_msg_dict.status in _ENDS else "note",
            {"job": job_id, "status": status_msg_dict.status},
            lambda: self._provider.update_in_database(
                result_dict, status_msg_dict, job_id, display_name
            ),
            lambda _: None,
        )

    def get_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """The status of a job: ``status``."""
        return self._noted(
            "status",
            {"job": job_id},
            lambda: self._provider.get_status(display_name, username, job_id),
            lambda status: {"status": status.status},
        )

    def _noted(
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
    """One call from its beginning to its end, or to nowhere. ``end`` is a position."""

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
        """Whether it is known to have succeeded."""
        return self.kind == "ok"

    @property
    def job(self) -> str | None:
        """The job that it is about."""
        job: str | None = self.answer.get("job") or self.asked.get("job")
        return job

    def is_before(self, other: _Call) -> bool:
        """Whether it was over when the other began."""
        return self.end is not None and self.end < other.start


def violations(
    history: Iterable[Event], *, lease_seconds: float, tolerance: float = 0.0
) -> list[str]:
    """What no queue can have done; nothing for a history that one can have.

    - A job that was taken is not taken by another before its lease can have run out, unless
      it may have ended.
    - After a job is known to have ended it is not taken again, and once a status ``DONE`` has
      been seen no other is.
    - Of two jobs that one process submitted one after the other, the second is not taken for
      the first time by a call that was over when the first's began.

    Calls that overlap have no order, and one whose end is unknown may have done its work.

    Args:
        history: events in the order in which they happened.
        lease_seconds: for how long a job is left to who took it.
        tolerance: by how many seconds the clocks of the processes may differ.
    """
    calls = _calls_of(history)
    found: list[str] = []
    for own in _by_job(calls).values():
        found += _claimed_twice(own, lease_seconds, tolerance)
        found += _claimed_after_its_end(own)
        found += _undone(own)
    found += _overtaken(calls)
    return list(dict.fromkeys(found))


def check_queue(history: Iterable[Event], *, lease_seconds: float, tolerance: float = 0.0) -> None:
    """Check a history by the rules of `violations`.

    Raises:
        QueueViolation: it breaks one.
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
        # Begun anew, a worker has at once what it left.
        if one.process != other.process and not _may_have_given_up(one, other, own):
            assert other.ended is not None
            if other.ended < _kept_from(one, other, own) + lease_seconds - tolerance:
                yield (
                    f"{one.job}: claimed by {other.process} at {other.ended:g} s, "
                    f"while {one.process} had it since {one.ended:g} s"
                )


def _may_have_given_up(one: _Call, other: _Call, own: list[_Call]) -> bool:
    """Whether who took a job first may have ended it before another took it."""
    return any(
        call.call == "end"
        and call.process == one.process
        and call.kind != "fail"
        and not other.is_before(call)
        for call in own
    )


def _kept_from(one: _Call, other: _Call, own: list[_Call]) -> float:
    """When the lease of who took a job first began the last time before another took it."""
    renewed = [
        call.begun
        for call in own
        if (call.call, call.process) == ("renew", one.process)
        and call.answer.get("held")
        and call.is_before(other)
    ]
    return max([one.begun, *renewed])


def _claimed_after_its_end(own: list[_Call]) -> Iterator[str]:
    ends = [call for call in own if call.call == "end" and call.ok]
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
    """What was taken for the first time before what its submitter had submitted earlier."""
    first: dict[str | None, _Call] = {}
    for claim in _claims(calls):
        first.setdefault(claim.job, claim)
    submitted = defaultdict(list)
    for call in calls:
        if call.call == "submit" and call.ok:
            submitted[call.process, call.asked.get("queue")].append(call)
    for (_, queue), submits in submitted.items():
        # One of which nobody knows whose it was may have been the first of any job.
        unknown = [
            call.start
            for call in calls
            if call.call == "claim" and call.kind == "unknown" and call.asked.get("queue") == queue
        ]
        begins = {call.job: first[call.job].start for call in submits if call.job in first}
        latest = -math.inf  # when the first claim of one that was submitted so far has begun
        for number, later in enumerate(submits):
            taken = first.get(later.job)
            if taken is not None and taken.end is not None and taken.end < latest:
                for earlier in submits[:number]:
                    begun = min([begins.get(earlier.job, math.inf), *unknown])
                    if earlier.is_before(later) and taken.end < begun:
                        yield f"{later.job}: claimed by {taken.process} before {earlier.job} was"
            latest = max(latest, begins.get(later.job, math.inf))
