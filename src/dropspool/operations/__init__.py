"""Operations on the jobs and backends of a queue, for its users and for those who run it.

Each function takes a `DropboxProvider`, `DropboxProviderExtended` or `LocalProvider` as its
first argument:

    for job in list_jobs(provider, state="error"):
        requeue(provider, job.job_id)

Jobs:

- `list_jobs`: a function that lists jobs by backend, user and state
- `job_details`: a function that returns all that is known about one job
- `wait_for_result`: a function that waits for the end of a job
- `cancel`: a function that ends a job that has not ended yet
- `requeue`: a function that queues a failed or cancelled job again
- `prune`: a function that deletes the files of jobs that ended some time ago
- `Job`: a job as `list_jobs` returns it
- `JobDetails`: a job as `job_details` returns it
- `State`: the type of the state of a job
- `CANCELLED`: the detail in the status of a cancelled job
- `WrongState`: the error of an operation that the state of a job does not allow

Backends:

- `snapshot`: a function that returns the numbers of jobs of each backend, as JSON values
- `change_config`: a function that changes fields of the configuration of a backend
- `config_problems`: a function that lists the errors in a configuration
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropspool._names import refusing
from dropspool.operations._changes import cancel, requeue
from dropspool.operations._configs import change_config, config_problems
from dropspool.operations._jobs import Job, JobDetails, State, WrongState, job_details, list_jobs
from dropspool.operations._metrics import snapshot
from dropspool.operations._retention import prune
from dropspool.operations._waiting import wait_for_result
from dropspool.providers._endings import CANCELLED

__all__ = [
    "CANCELLED",
    "Job",
    "JobDetails",
    "State",
    "WrongState",
    "cancel",
    "change_config",
    "config_problems",
    "job_details",
    "list_jobs",
    "prune",
    "requeue",
    "snapshot",
    "wait_for_result",
]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)
