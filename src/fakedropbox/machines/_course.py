"""The settings that all machines have, and the end of an example."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from fakedropbox.clock import Clock, SystemClock
from fakedropbox.machines._comparison import Interrupted, is_time_limit
from fakedropbox.machines._example import Example


class Course(RuleBasedStateMachine):
    """The base of machines that compare calls with a model; subclasses add rules and accounts."""

    strict: ClassVar[bool] = False
    """True to expect the recorded behaviour even where Dropbox promises less: which of several
    errors is raised, the order of listings, no page longer than its limit, one entry for each
    path, no entries if nothing changed, no `reset` of a cursor."""

    tries: ClassVar[int] = 8
    """The number of attempts at a call that fails with 429, 5xx or `too_many_write_operations`."""

    most_entries: ClassVar[int] = 100
    """The greatest number of files and folders after a copy; a copy that would exceed it is not
    made. Each copy of a folder into another one doubles the size of the next copy: without a
    limit, a few calls would create thousands of entries."""

    dbx: Any

    @property
    def clock(self) -> Clock:
        """The clock of the client's service, or the system's clock if the client has no `service`.

        Override it for a client that has no `service` and does not use real time.
        """
        service = getattr(self.dbx, "service", None)
        return SystemClock() if service is None else service.clock

    def now(self) -> int:
        """Return the current time in seconds since 1970."""
        return self.clock.seconds

    def pause(self, seconds: float) -> None:
        """Wait before a retry, or until links expire, on `clock`; a subclass may override it."""
        self.clock.sleep(seconds)

    def settle(self) -> None:
        """Wait until reads see all earlier writes; called before most reads and after each step.

        It does nothing unless a subclass overrides it.
        """

    @property
    def _current(self) -> Example | None:
        """The example of an account, or None before the first call."""
        raise NotImplementedError

    @property
    def steps(self) -> int:
        """The number of calls that this example has made and compared."""
        return 0 if self._current is None else self._current.calls.steps

    def _clean_up(self) -> None:
        """Make the calls that were kept for the end of the example, such as deletions."""

    def teardown(self) -> None:
        """Clean up at the end of an example.

        Raises:
            Interrupted: a time limit ended the example outside any rule, for example while
                Hypothesis drew values.
        """
        broken = sys.exc_info()[1]  # Hypothesis calls this in a `finally`, also after an error
        script, steps = "", self.steps
        if self._current is not None:
            script = self._current.calls.script
            with self._current.rule("teardown"):
                self._clean_up()
        if broken is not None and is_time_limit(broken):
            raise Interrupted(f"{broken} Outside of any rule", script, steps, "") from broken
