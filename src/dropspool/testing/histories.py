"""Histories of a queue, from simulated workers or a real run, and the promises that they must keep.

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

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from dropspool.clock import Clock
from dropspool.providers.base import StorageProvider
from dropspool.schemas import NextJobSchema, ResultDict, StatusMsgDict
from dropspool.testing._promises import ENDS, PROMISES, Run, calls_of
from fakedropbox.simulate import Event, History
from fakedropbox.simulate.histories import Kind

_REFUSED = (TypeError, ValueError)
"""The errors after which it is certain that nothing was done, as they precede all requests."""

ResultT = TypeVar("ResultT")


class QueueViolation(AssertionError):
    """A history that a correct queue cannot have; the message names the violations."""


class RecordedProvider:
    """A storage provider that records the calls about jobs in a history.

    It can be used in place of the provider, also on the real Dropbox. The calls are recorded
    as ``submit``, ``claim``, ``renew``, ``end``, ``note``, ``give_back`` and ``status``, and the
    beginning of the process as ``start``. Every process needs a name of its own, and the clocks of
    all processes should agree as closely as possible. A worker that is restarted with the same
    `worker_id` keeps its name.
    """

    def __init__(
        self, provider: StorageProvider, history: History, process: str, clock: Clock
    ) -> None:
        self._provider = provider
        self._history = history
        self._process = process
        self._clock = clock
        self._recorded("start", None, lambda: None, lambda _: None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def upload_job(self, job_dict: Mapping[str, Any], display_name: str, username: str) -> str:
        """Queue a job, recorded as ``submit``."""
        return self._recorded(
            "submit",
            {"queue": display_name, "user": username},
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

    def give_back(self, job_id: str, display_name: str) -> None:
        """Queue a job again, recorded as ``give_back``."""
        self._recorded(
            "give_back",
            {"job": job_id},
            lambda: self._provider.give_back(job_id, display_name),
            lambda _: None,
        )

    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> bool | None:
        """Store the status of a job, recorded as ``end`` if it ends the job, else as ``note``."""
        return self._recorded(
            "end" if status_msg_dict.status in ENDS else "note",
            {"job": job_id, "status": status_msg_dict.status},
            lambda: self._provider.update_in_database(
                result_dict, status_msg_dict, job_id, display_name
            ),
            lambda stored: {"stored": stored is not False},
        )

    def get_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        """Return the status of a job, recorded as ``status``: None if the job is missing."""
        missing = f"Missing status file for {job_id}."
        return self._recorded(
            "status",
            {"job": job_id, "user": username},
            lambda: self._provider.get_status(display_name, username, job_id),
            lambda told: {"status": None if told.error_message == missing else told.status},
        )

    def _recorded(
        self, call: str, value: Any, do: Callable[[], ResultT], answer: Callable[[ResultT], Any]
    ) -> ResultT:
        return recorded(self._history, self._clock, self._process, call, value, do, answer)


def recorded(
    history: History,
    clock: Clock,
    process: str,
    call: str,
    value: Any,
    do: Callable[[], ResultT],
    answer: Callable[[ResultT], Any],
) -> ResultT:
    """Make a call, and record its beginning, its end and what ``answer`` makes of its result."""
    number = history.invoke(clock.now().timestamp(), process, call, value)
    try:
        result = do()
    except BaseException as error:
        kind: Kind = "fail" if isinstance(error, _REFUSED) else "unknown"
        history.end(number, clock.now().timestamp(), kind)
        raise
    history.end(number, clock.now().timestamp(), "ok", answer(result))
    return result


def violations(
    history: Iterable[Event],
    *,
    lease_seconds: float,
    tolerance: float = 0.0,
    lag_seconds: float = 0.0,
    queued_before: Collection[str] = (),
) -> list[str]:
    """Return the violations of a queue's promises in a history; an empty list if there are none.

    The model: every call takes effect at one moment between its beginning and its end. The order
    of calls that overlap is not known. A call with an unknown outcome takes effect later, or never.
    A correct queue promises that

    - no two jobs have the same id;
    - a claim returns a job that was submitted to this queue, and not before it was submitted;
    - no claim says that the queue is empty while a job that nobody has taken yet waits; if one
      process submitted two jobs one after the other, the second is not taken while the
      first still waits for its first worker. Another claim that lasts longer than a lease may have
      had one job, and lost it again;
    - a job that was taken is not taken again while its lease is certain to hold, unless its
      worker may have ended it or given it back, or has been restarted;
    - a lease is only renewed for the worker that was the last to take the job;
    - the renewal of a lease that is certain to hold is not refused;
    - a job that has ended is not taken again, and its final status does not change. An error that a
      worker reports after its lease does not count: the job is no longer this worker's;
    - a job is not seen running or ended before any claim, or ``DONE`` before a worker did it;
    - the user of a job is not told that it is missing.

    No promise is checked about the order of jobs of different submitters; about a job that waits
    again, because its worker gave it up; about the content of jobs and results; about the number
    of requests; or about a job that an operator has changed. A call ``cancel``, ``delete`` or
    ``requeue`` with the id of a job records such a change.

    Args:
        history: the events in the order in which they happened, with all calls that change jobs.
        lease_seconds: the duration of a lease in seconds.
        tolerance: the largest difference between the clocks of the processes in seconds.
        lag_seconds: the time after which a listing of the storage has a new file, at the latest.
        queued_before: the ids of the jobs that waited when the history began.
    """
    run = Run(calls_of(history), lease_seconds, tolerance, lag_seconds, queued_before)
    return list(dict.fromkeys(found for promise in PROMISES for found in promise(run)))


def check_queue(
    history: Iterable[Event],
    *,
    lease_seconds: float,
    tolerance: float = 0.0,
    lag_seconds: float = 0.0,
    queued_before: Collection[str] = (),
) -> None:
    """Raise `QueueViolation` if a history has violations; `violations` explains the arguments.

    Raises:
        QueueViolation: the history violates one of the promises.
    """
    found = violations(
        history,
        lease_seconds=lease_seconds,
        tolerance=tolerance,
        lag_seconds=lag_seconds,
        queued_before=queued_before,
    )
    if found:
        raise QueueViolation("\n".join(found))
