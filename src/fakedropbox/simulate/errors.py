"""Errors of a simulation, except those that report a failed check."""

from __future__ import annotations


class SimulatedCrash(BaseException):
    """The simulated death of the process that made a call; ``except Exception`` does not catch it.

    `finally` blocks still run, which they would not in a real crash. Therefore every further
    call of the dead process raises this error again and has no effect.
    """


class SimulationError(Exception):
    """A scenario cannot be simulated as it is; the message says why."""


class NothingToSimulate(SimulationError):
    """A scenario made no call of the service, or none that changes something."""


class NotDeterministic(SimulationError):
    """A scenario made different calls in two runs, although it had the same replies up to there."""


class WorkerBlocked(SimulationError):
    """A worker waits for something other than a call of the service, or never stops computing."""


class ScheduleMismatch(SimulationError):
    """A schedule does not fit the workers, such as one made for another version of them."""
