"""What a simulation raises, besides what it finds."""

from __future__ import annotations


class SimulatedCrash(BaseException):
    """The process that made this call has died; no ``except Exception`` catches it.

    `finally` blocks still run, as they do not in a real crash. So every further call of the
    dead process raises this again and reaches nothing.
    """


class SimulationError(Exception):
    """A scenario cannot be simulated as it is; the message says what was seen."""


class NothingToSimulate(SimulationError):
    """A scenario made no call of the double that matters here."""


class NotDeterministic(SimulationError):
    """A scenario made other calls than in an earlier run that was the same so far."""


class WorkerBlocked(SimulationError):
    """A worker waits for something that is no call of the double, or computes without end."""


class ScheduleMismatch(SimulationError):
    """A schedule is of another version of the scenario."""
