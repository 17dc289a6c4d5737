"""A time limit ends these tests at once."""

import signal

import pytest


class TimeLimit(BaseException):
    """A test took too long. Hypothesis does not take this one for a failing example."""


@pytest.fixture(autouse=True)
def _time_limit_ends_the_run():
    """Let pytest-timeout raise `TimeLimit`.

    What it raises itself, Hypothesis catches: it goes on to shrink what was no failure, with no
    time limit any more.
    """
    number = getattr(signal, "SIGALRM", None)
    fail = number and signal.getsignal(number)
    if not callable(fail):  # no limit is set, or it is watched by a thread
        yield
        return

    def end(signum, frame):
        try:
            fail(signum, frame)
        except pytest.fail.Exception as failed:
            raise TimeLimit(str(failed)) from None

    signal.signal(number, end)
    yield
    signal.signal(number, fail)
