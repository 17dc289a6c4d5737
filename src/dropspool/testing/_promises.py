"""The promises of a queue, checked in a history of calls.

Each promise is a function of a `Run` that yields a message for each violation. It never reports a
history that a correct queue can have: a call takes effect at one unknown moment between its
beginning and its end, or, if its outcome is unknown, at a later moment or never.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, takewhile
from typing import Literal

from fakedropbox.simulate import Event

ENDS = ("DONE", "ERROR")
"""The statuses that end a job."""

_INTERVENTIONS = ("cancel", "delete", "requeue")
"""The calls by which an operator changes a job; nothing is promised about it afterwards."""


@dataclass
class Call:
    """One call from its beginning to its end, which may be missing.

    ``start`` and ``end`` are positions in the history, ``begun`` and ``ended`` are times.
    """

    process: str
    call: str
    asked: Mapping[str, object]
    begun: float
    start: int
    ended: float = math.inf
    end: float = math.inf
    kind: str = "unknown"
    answer: Mapping[str, object] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True if the call is known to have succeeded."""
        return self.kind == "ok"

    @property
    def queue(self) -> object:
        """The queue that the call is about, if it names one."""
        return self.asked.get("queue")

    @property
    def job(self) -> str | None:
        """The job that the call is about."""
        job = self.answer.get("job") or self.asked.get("job")
        return None if job is None else str(job)

    def is_before(self, other: Call) -> bool:
        """Return whether this call had ended when the other one began."""
        return self.end < other.start

    def began_before_the_end_of(self, other: Call) -> bool:
        """Return whether this call may have taken effect before the other one did."""
        return self.start < other.end and self.kind != "fail"


@dataclass(frozen=True)
class Run:
    """A history as calls, and what is known about the queue.

    ``queued_before`` are the jobs that waited when the history began.
    """

    calls: list[Call]
    lease_seconds: float
    tolerance: float
    lag_seconds: float
    queued_before: Collection[str]

    @cached_property
    def jobs(self) -> dict[str, JobCalls]:
        """The calls about each job, up to the first intervention of an operator."""
        found: dict[str, list[Call]] = defaultdict(list)
        for call in self.calls:
            if call.job is not None:
                found[call.job].append(call)
        return {job: JobCalls(job, _without_interventions(calls)) for job, calls in found.items()}

    @cached_property
    def lost_claims(self) -> list[Call]:
        """The claims with an unknown outcome, each of which may have taken any job."""
        return [call for call in self.calls if call.call == "claim" and call.kind == "unknown"]

    @cached_property
    def lost_submissions(self) -> list[Call]:
        """The submissions with an unknown outcome, each of which may have made one job."""
        return [call for call in self.calls if call.call == "submit" and call.kind == "unknown"]

    def may_have_claimed(self, process: str | None, moment: float) -> Iterator[Call]:
        """Yield the lost claims, of one process or all, that began before a position in history."""
        for call in self.lost_claims:
            if call.start < moment and process in (None, call.process):
                yield call

    @cached_property
    def slow_claims(self) -> list[Call]:
        """The claims so slow that they may have taken a job, and lost it before they returned."""
        lease = self.lease_seconds - self.tolerance
        claims = [call for call in self.calls if call.call == "claim" and call.ok]
        return [call for call in claims if call.ended - call.begun >= lease]

    def may_have_had(self, queue: object, during: Call) -> list[Call]:
        """Return the claims that may have had a job of a queue at some time during a call."""
        slow = [each for each in self.slow_claims if during.start < each.end]
        lost = self.may_have_claimed(None, during.end)
        return [each for each in (*lost, *slow) if each.queue == queue and each.start < during.end]

    def has_restarted(self, process: str, since: float, until: float) -> bool:
        """Return whether a process was restarted, and may have forgotten the jobs that it had."""
        return any(since < start.start < until for start in self._starts[process])

    @cached_property
    def _starts(self) -> dict[str, list[Call]]:
        found: dict[str, list[Call]] = defaultdict(list)
        for call in self.calls:
            if call.call == "start":
                found[call.process].append(call)
        return found


@dataclass(frozen=True)
class JobCalls:
    """The calls about one job, in the order in which they began."""

    job: str
    calls: list[Call]

    def of(self, *names: str) -> Iterator[Call]:
        """Yield the calls with these names, except those that certainly did nothing."""
        return (call for call in self.calls if call.call in names and call.kind != "fail")

    def known(self, name: str) -> list[Call]:
        """Return the calls with this name that are known to have succeeded."""
        return [call for call in self.calls if call.call == name and call.ok]

    def ends(self, status: str, before: Call) -> list[Call]:
        """Return the calls that may have ended the job with a status before another call ended."""
        return [
            call
            for call in self.of("end")
            if call.asked.get("status") == status and call.began_before_the_end_of(before)
        ]

    def leased_from(self, claim: Call, until: Call) -> float:
        """Return the time at which a claim, or its last known renewal before a call, began."""
        renewed = [
            call.begun
            for call in self.known("renew")
            if call.process == claim.process
            and call.answer.get("held")
            and claim.is_before(call)
            and call.is_before(until)
        ]
        return max([claim.begun, *renewed])

    def may_have_let_go(self, claim: Call, until: Call) -> bool:
        """Return whether the worker may have ended the job, or given it back, before a call."""
        return any(
            call.process == claim.process
            and claim.start < call.start
            and call.began_before_the_end_of(until)
            for call in self.of("end", "give_back")
        )

    def certain_ends(self, run: Run) -> Iterator[Call]:
        """Yield the calls that certainly ended the job, or found it ended.

        An error of a worker that may have lost the job before, and an end that the queue refused,
        do not count.
        """
        for call in self.known("end"):
            if call.answer.get("stored") is False:
                continue
            if call.asked.get("status") == "DONE" or self._had_it(call, run):
                yield call

    def _had_it(self, end: Call, run: Run) -> bool:
        """Return whether the worker that ended a job certainly still had it."""
        taken = [
            claim
            for claim in self.known("claim")
            if claim.process == end.process
            and claim.is_before(end)
            and not run.has_restarted(end.process, claim.start, end.end)
        ]
        since = max((self.leased_from(claim, end) for claim in taken), default=-math.inf)
        return end.ended < since + run.lease_seconds - run.tolerance


def _without_interventions(calls: list[Call]) -> list[Call]:
    cut = min((call.start for call in calls if call.call in _INTERVENTIONS), default=math.inf)
    # The outcome of a call that overlaps with the intervention proves nothing.
    return [
        call if call.end < cut else replace(call, kind="unknown", ended=math.inf, end=math.inf)
        for call in calls
        if call.start < cut
    ]


def ids_are_unique(run: Run) -> Iterator[str]:
    """No two submissions get the same id."""
    for job, own in run.jobs.items():
        submitters = [call.process for call in own.known("submit")]
        if len(submitters) > 1:
            yield f"{job}: one id for {len(submitters)} jobs, of {' and '.join(submitters)}"
        elif submitters and job in run.queued_before:
            yield f"{job}: the id of a job of {submitters[0]} is that of an earlier job"


def claims_have_a_submission(run: Run) -> Iterator[str]:
    """A claim returns a job only after somebody has submitted it to this queue."""
    unexplained: set[str] = set()
    claims = [(claim, own.job, own) for own in run.jobs.values() for claim in own.known("claim")]
    for claim, job, own in sorted(claims, key=lambda each: each[0].end):
        submissions = own.known("submit")
        if submissions:
            first = min(submissions, key=lambda call: call.start)
            if claim.end < first.start:
                yield (
                    f"{job}: claimed by {claim.process} at {claim.ended:g} s, "
                    f"before it was submitted at {first.begun:g} s"
                )
            elif claim.queue != first.queue:
                yield f"{job}: queued in {first.queue}, but claimed from {claim.queue}"
        elif job not in run.queued_before and job not in unexplained:
            unexplained.add(job)
            able = [call for call in run.lost_submissions if call.start < claim.end]
            if len(unexplained) > len(able):
                yield (
                    f"{job}: claimed by {claim.process} at {claim.ended:g} s, "
                    f"but nobody submitted it"
                )


def waiting_jobs_are_found(run: Run) -> Iterator[str]:
    """No claim passes over a job that waits.

    No claim says that the queue is empty while a job that nobody has taken yet waits in it. If one
    process submitted two jobs one after the other, the second is not taken while the first one
    still waits for its first worker.
    """
    waiting = _Waiting(run)
    for event in sorted(waiting.events, key=lambda event: event.moment):
        if event.kind == "submitted":
            waiting.add(event.call)
        elif event.kind == "touched":
            waiting.remove(event.call)
        else:
            yield from waiting.passed_over_by(event.call)


@dataclass(frozen=True)
class _Event:
    moment: float
    kind: Literal["submitted", "touched", "claimed"]
    call: Call


class _Waiting:
    """The jobs that certainly wait at one moment of a run, because nobody has taken them yet.

    Those of one queue, and those of one queue and submitter, are in the order of their submission.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._of_queue: dict[object, dict[str | None, Call]] = defaultdict(dict)
        self._of_submitter: dict[object, dict[str | None, Call]] = defaultdict(dict)
        self._submissions = {
            call.job: call
            for call in [*_earlier_submissions(run), *run.calls]
            if call.call == "submit" and call.ok
        }
        self._touched: dict[str | None, float] = {}
        for call in run.calls:
            if call.call not in ("submit", "status") and call.kind != "fail":
                self._touched.setdefault(call.job, call.start)

    @property
    def events(self) -> Iterator[_Event]:
        """The moments at which a job begins to wait, may be taken, or is passed over."""
        for job, call in self._submissions.items():
            yield _Event(call.end, "submitted", call)
            if job in self._touched:
                yield _Event(self._touched[job], "touched", call)
        for call in self._run.calls:
            if call.call == "claim" and call.ok:
                yield _Event(call.end, "claimed", call)

    def add(self, submission: Call) -> None:
        """Note that a job begins to wait, unless a call may have taken it already."""
        if self._touched.get(submission.job, math.inf) > submission.end:
            self._of_queue[submission.queue][submission.job] = submission
            key = submission.process, submission.queue
            self._of_submitter[key][submission.job] = submission

    def remove(self, submission: Call) -> None:
        """Note that a job may have been taken."""
        self._of_queue[submission.queue].pop(submission.job, None)
        self._of_submitter[submission.process, submission.queue].pop(submission.job, None)

    def passed_over_by(self, claim: Call) -> Iterator[str]:
        """Yield a violation if a claim passed over more waiting jobs than others may have taken."""
        own = self._submissions.get(claim.job) if claim.job else claim
        if own is None or own.end < 0:
            return  # it is not known when the job was submitted
        if claim.job:
            passed = self._waiting(self._of_submitter[own.process, own.queue], claim, own)
        else:
            passed = self._waiting(self._of_queue[claim.queue], claim, claim)
        if len(passed) <= len(self._run.may_have_had(claim.queue, claim)):
            return
        first = passed[0]
        since = f"{first.ended:g} s" if first.end >= 0 else "the beginning"
        if claim.job:
            yield f"{claim.job}: claimed by {claim.process} before {first.job} was"
        else:
            yield (
                f"{first.job}: waits since {since}, but {claim.process} was told "
                f"at {claim.ended:g} s that the queue is empty"
            )

    def _waiting(
        self, submissions: Mapping[str | None, Call], claim: Call, later: Call
    ) -> list[Call]:
        lag = self._run.lag_seconds and self._run.lag_seconds + self._run.tolerance
        # The submissions are in the order of their ends.
        earlier = takewhile(lambda each: each.is_before(later), submissions.values())
        return [each for each in earlier if not lag or each.ended + lag <= claim.begun]


def _earlier_submissions(run: Run) -> Iterator[Call]:
    """Yield a submission for each job queued before the history, if there is only one queue."""
    queues = {call.queue for call in run.calls if call.call == "claim"}
    for queue in queues if len(queues) == 1 else ():
        for job in run.queued_before:
            asked = {"queue": queue, "job": job}
            yield Call("", "submit", asked, -math.inf, -1, -math.inf, -1, "ok")


def leases_are_exclusive(run: Run) -> Iterator[str]:
    """A job that was taken is not taken again while its lease is certain to hold.

    The worker may have ended the job before, or given it back, or have been restarted.
    """
    for job, own in run.jobs.items():
        for one, other in combinations(sorted(own.known("claim"), key=lambda call: call.end), 2):
            if own.may_have_let_go(one, other):
                continue
            if run.has_restarted(one.process, one.start, other.end):
                continue
            lease = own.leased_from(one, other) + run.lease_seconds
            if other.ended < lease - run.tolerance:
                yield (
                    f"{job}: claimed by {other.process} at {other.ended:g} s, "
                    f"while {one.process} had it since {one.ended:g} s"
                )


def renewals_need_a_lease(run: Run) -> Iterator[str]:
    """A lease is only renewed for the worker that was the last to take the job."""
    for job, own in run.jobs.items():
        claims = own.known("claim")
        final = list(own.certain_ends(run))
        for call in own.known("renew"):
            if not call.answer.get("held"):
                continue
            at = f"{job}: renewed by {call.process} at {call.ended:g} s"
            mine = [each for each in claims if each.process == call.process]
            mine += run.may_have_claimed(call.process, call.end)
            mine = [each for each in mine if each.start < call.end]
            if not mine:
                yield f"{at}, which had not taken it"
            for ended in final:
                if ended.is_before(call):
                    yield f"{at}, though {ended.process} had ended it at {ended.ended:g} s"
            for other in claims:
                is_later = other.is_before(call) and all(each.is_before(other) for each in mine)
                if mine and is_later and other.process != call.process:
                    yield f"{at}, though {other.process} had it since {other.ended:g} s"


def leases_are_kept(run: Run) -> Iterator[str]:
    """The renewal of a lease that is certain to hold is not refused.

    Another worker that had the job before may have ended it meanwhile.
    """
    for job, own in run.jobs.items():
        for call in own.known("renew"):
            if call.answer.get("held") is not False:
                continue
            if any(end.began_before_the_end_of(call) for end in own.of("end", "give_back")):
                continue
            for claim in own.known("claim"):
                if claim.process != call.process or not claim.is_before(call):
                    continue
                lease = own.leased_from(claim, call) + run.lease_seconds
                is_certain = call.ended < lease - run.tolerance
                if is_certain and not run.has_restarted(call.process, claim.start, call.end):
                    yield (
                        f"{job}: refused to {call.process} at {call.ended:g} s, "
                        f"which had it since {claim.ended:g} s"
                    )


def ends_are_final(run: Run) -> Iterator[str]:
    """A job that has ended is not taken again, and its final status does not change.

    An error may become ``DONE`` if another worker's call with ``DONE`` began before the call with
    the error ended.
    """
    for job, own in run.jobs.items():
        final = list(own.certain_ends(run))
        for end in final:
            for claim in own.known("claim"):
                if end.is_before(claim):
                    yield (
                        f"{job}: claimed by {claim.process} at {claim.ended:g} s, "
                        f"though {end.process} had ended it at {end.ended:g} s"
                    )
        seen = [call for call in own.known("status") if call.answer.get("status")]
        facts = [(call, call.answer.get("status")) for call in seen]
        facts += [(call, call.asked.get("status")) for call in final]
        for later in seen:
            before = [(call, told) for call, told in facts if call.is_before(later)]
            yield from _taken_back(own, before, later)


def _taken_back(own: JobCalls, before: list[tuple[Call, object]], later: Call) -> Iterator[str]:
    status = later.answer.get("status")
    for call, told in before:
        is_told = call.call == "status" or "stored" in call.answer
        if told == "DONE" and not is_told and own.ends("ERROR", call):
            continue  # an error may have been first, and the result came too late
        may_be_done = call.call == "status" or any(
            end.began_before_the_end_of(call) for end in own.ends("DONE", later)
        )
        possible = {"DONE": ["DONE"], "ERROR": ["ERROR", "DONE"] if may_be_done else ["ERROR"]}
        if status not in possible.get(str(told), [status]):
            yield f"{own.job}: {told} at {call.ended:g} s, and {status} at {later.ended:g} s"
            return


def statuses_have_a_cause(run: Run) -> Iterator[str]:
    """A job is not seen running or ended before a worker has begun to take it or to end it.

    A job that no worker has ended may end in an error, but only after a claim.
    """
    for job, own in run.jobs.items():
        for call in own.known("status"):
            status = call.answer.get("status")
            at = f"{job}: {status} at {call.ended:g} s"
            claims = [each for each in own.of("claim") if each.start < call.end]
            if status not in (*ENDS, "RUNNING"):
                continue
            if not claims and not any(run.may_have_claimed(None, call.end)):
                yield f"{at}, before any claim"
            elif status == "DONE" and not own.ends("DONE", call):
                yield f"{at}, but no worker had ended it so"


def jobs_are_not_lost(run: Run) -> Iterator[str]:
    """The user of a job is not told that it is missing."""
    for job, own in run.jobs.items():
        submissions = own.known("submit")
        for call in own.known("status"):
            if call.answer.get("status", "") is not None:
                continue
            for submission in submissions:
                is_own = submission.asked.get("user") == call.asked.get("user")
                if is_own and submission.is_before(call):
                    yield (
                        f"{job}: missing at {call.ended:g} s, "
                        f"though it was submitted at {submission.ended:g} s"
                    )


PROMISES: tuple[Callable[[Run], Iterator[str]], ...] = (
    ids_are_unique,
    claims_have_a_submission,
    waiting_jobs_are_found,
    leases_are_exclusive,
    renewals_need_a_lease,
    leases_are_kept,
    ends_are_final,
    statuses_have_a_cause,
    jobs_are_not_lost,
)


def calls_of(history: Iterable[Event]) -> list[Call]:
    """Return the calls of a history, in the order in which they began.

    Their times are those since its first event.

    Raises:
        ValueError: an event is the end of a call that has not begun.
    """
    calls: list[Call] = []
    under_way: dict[tuple[str, int], Call] = {}
    origin = None
    for position, event in enumerate(history):
        key = (event.process, event.number)
        origin = event.time if origin is None else origin
        time = event.time - origin
        if event.kind == "invoke":
            call = Call(event.process, event.call, event.value or {}, time, position)
            calls.append(call)
            under_way[key] = call
            continue
        if key not in under_way:
            raise ValueError(f"event {position}: the end of a call that has not begun: {event}")
        call = under_way.pop(key)
        call.kind, call.answer = event.kind, event.value or {}
        if event.kind != "unknown":  # such a call may still take effect
            call.ended, call.end = time, position
    return calls
