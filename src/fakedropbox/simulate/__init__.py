"""Simulations of code that uses Dropbox: crashes, lost replies and races, in every order.

>>> from fakedropbox.simulate import crash_points
>>> def submit(dbx):
...     dbx.files_upload(b"job", "/job.part")
...     dbx.files_move_v2("/job.part", "/queue")
>>> def recover(dbx):
...     if "job.part" in [entry.name for entry in dbx.files_list_folder("").entries]:
...         dbx.files_move_v2("/job.part", "/queue")
>>> def check(run):
...     assert "/job.part" not in run.service.files
>>> print(crash_points(submit, recover=recover, check=check))
change                            crash_before  crash_after  server_error     lost_reply
0 undisturbed                     held          held         held             held
1 files/upload /job.part          held          held         held             held (ConnectionError)
2 files/move_v2 /job.part /queue  held          held         held (ApiError)  held (ConnectionError)
9 points, 0 violations

Crashes and lost replies, at each change that a scenario makes:

- `crash_points`: the function that runs a scenario with each fault at each change
- `CrashRun`: one run, which is given to the check
- `CrashReport`: the outcome at all points; `str()` returns a table
- `CrashPoint`: the outcome at one point
- `CrashPointsFailed`: the error that reports the points with a violation

Races between functions that run as if each were a process:

- `interleavings`: the function that runs them in every order of their calls
- `Run`: one complete run, which is given to the check
- `InterleavingReport`: the number of schedules, and each outcome once
- `InterleavingFailed`: the error that reports the schedule that led to a violation
- `Schedule`: the order of the calls in one run
- `Picks`: a schedule as Hypothesis draws it
- `schedules`: a Hypothesis strategy for schedules
- `campaign`: a function that splits a long search over many processes

Parts of both:

- `History`: the calls of a run, in order, for a checker
- `Event`: the beginning or the end of one call in a history
- `SkewedClock`: a clock that is wrong, as on one machine among several
- `crash`: a fault that can be planned: the death of the process that makes a call
- `SimulatedCrash`: the exception that this death raises
- `SimulationError`: the base class of the errors below
- `NothingToSimulate`: the error for a scenario that makes no call, or changes nothing
- `NotDeterministic`: the error for a scenario that makes other calls in each run
- `WorkerBlocked`: the error for a worker that waits for something other than the service
- `ScheduleMismatch`: the error for a schedule of another version of the workers

Each name is loaded when it is first used. `interleavings`, `Run`, `InterleavingReport` and
`InterleavingFailed` need greenlet, of the extra ``simulate``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from fakedropbox._base.deprecation import renamed_value

if TYPE_CHECKING:
    from fakedropbox.simulate._campaign import campaign as campaign
    from fakedropbox.simulate._crash_points import CrashPoint as CrashPoint
    from fakedropbox.simulate._crash_points import CrashPointsFailed as CrashPointsFailed
    from fakedropbox.simulate._crash_points import CrashReport as CrashReport
    from fakedropbox.simulate._crash_points import CrashRun as CrashRun
    from fakedropbox.simulate._crash_points import crash_points as crash_points
    from fakedropbox.simulate._engine import Run as Run
    from fakedropbox.simulate._interleavings import InterleavingFailed as InterleavingFailed
    from fakedropbox.simulate._interleavings import InterleavingReport as InterleavingReport
    from fakedropbox.simulate._interleavings import interleavings as interleavings
    from fakedropbox.simulate._schedules import Picks as Picks
    from fakedropbox.simulate._schedules import Schedule as Schedule
    from fakedropbox.simulate._schedules import schedules as schedules
    from fakedropbox.simulate.call_faults import crash as crash
    from fakedropbox.simulate.clocks import SkewedClock as SkewedClock
    from fakedropbox.simulate.errors import NotDeterministic as NotDeterministic
    from fakedropbox.simulate.errors import NothingToSimulate as NothingToSimulate
    from fakedropbox.simulate.errors import ScheduleMismatch as ScheduleMismatch
    from fakedropbox.simulate.errors import SimulatedCrash as SimulatedCrash
    from fakedropbox.simulate.errors import SimulationError as SimulationError
    from fakedropbox.simulate.errors import WorkerBlocked as WorkerBlocked
    from fakedropbox.simulate.histories import Event as Event
    from fakedropbox.simulate.histories import History as History

_HOMES = {
    "CrashPoint": "_crash_points",
    "CrashPointsFailed": "_crash_points",
    "CrashReport": "_crash_points",
    "CrashRun": "_crash_points",
    "Event": "histories",
    "History": "histories",
    "InterleavingFailed": "_interleavings",
    "InterleavingReport": "_interleavings",
    "NotDeterministic": "errors",
    "NothingToSimulate": "errors",
    "Picks": "_schedules",
    "Run": "_engine",
    "Schedule": "_schedules",
    "ScheduleMismatch": "errors",
    "SimulatedCrash": "errors",
    "SimulationError": "errors",
    "SkewedClock": "clocks",
    "WorkerBlocked": "errors",
    "campaign": "_campaign",
    "crash": "call_faults",
    "crash_points": "_crash_points",
    "interleavings": "_interleavings",
    "schedules": "_schedules",
}

_RENAMED = {"Interleavings": "fakedropbox.simulate.InterleavingReport"}

__all__ = [
    "CrashPoint",
    "CrashPointsFailed",
    "CrashReport",
    "CrashRun",
    "Event",
    "History",
    "InterleavingFailed",
    "InterleavingReport",
    "NotDeterministic",
    "NothingToSimulate",
    "Picks",
    "Run",
    "Schedule",
    "ScheduleMismatch",
    "SimulatedCrash",
    "SimulationError",
    "SkewedClock",
    "WorkerBlocked",
    "campaign",
    "crash",
    "crash_points",
    "interleavings",
    "schedules",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        return renamed_value(__name__, name, _RENAMED)
    value = getattr(importlib.import_module(f"fakedropbox.simulate.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
