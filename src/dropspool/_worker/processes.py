"""An executor in a process of its own: a crash or a hang costs a job, not the worker.

The process is started by "spawn", so it inherits neither locks nor threads. It imports the
executor once, then runs one job after the other. It leads a process group of its own, which
is killed as a whole when a job takes too long, when the lease of its job is lost, and when
the worker ends, even if the worker was killed.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from dropspool._worker.lease import Lease
from dropspool._worker.outcomes import Executor, Failed, Outcome, attempt
from dropspool._worker.runners import NotReady, awaited
from dropspool._worker.signals import STOPPING

_READY = "ready"
_GRACE = 5.0
"""Seconds within which a process that has closed its connection has ended."""


class OwnProcess:
    """An executor in a process, which is started again when it has ended."""

    def __init__(self, executor: Executor, timeout: float = math.inf) -> None:
        try:
            pickle.dumps(executor)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise ValueError(
                "executor: expected one that another process can import by its module and name,"
                f" got {executor!r}"
            ) from error
        self._executor = executor
        self._timeout = timeout
        self._child: _Child | None = None

    def prepare(self) -> None:
        """Start the process unless it runs; raise `NotReady` if it cannot be started."""
        if self._child is None or not self._child.is_alive():
            self.close()
            self._child = _Child(self._executor)
            try:
                self._child.receive()
            except EOFError:
                raise NotReady(f"the executor's process {self._ended()}") from None

    def run(self, job: dict[str, Any], lease: Lease) -> Outcome | None:
        """Run a job once and return the outcome; None if the lease was lost meanwhile."""
        child = self._child
        assert child is not None  # `prepare` has been called

        def outcome_within(seconds: float) -> Outcome | None:
            try:
                message = child.receive(seconds)
            except EOFError:
                return Failed(f"the executor's process {self._ended()}")
            if isinstance(message, str):
                lease.report(message)
                return None
            return message

        try:
            child.send(job)
            return awaited(outcome_within, self._timeout, lease)
        finally:
            if child.is_busy:  # it hangs, or its job is no longer wanted
                self.close()

    def close(self) -> None:
        """Kill the process, if there is one, and the other processes of its group."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def _ended(self) -> str:
        """Return how the process has ended, and kill what is left of it."""
        assert self._child is not None  # its process has just ended
        how = self._child.ended()
        self.close()
        return how


class _Child:
    """A process that runs an executor, and the connection to it."""

    def __init__(self, executor: Executor) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, executor))
        self._process.start()
        theirs.close()
        self.is_busy = False

    def send(self, job: dict[str, Any]) -> None:
        """Let the process run a job."""
        self.is_busy = True
        with contextlib.suppress(OSError):  # the process has ended, which `receive` will find
            self._connection.send(job)

    def receive(self, seconds: float | None = None) -> str | Outcome | None:
        """Return the next message, or None if there is none within ``seconds``.

        Raises:
            EOFError: the process has ended.
        """
        try:
            if not self._connection.poll(seconds):
                # What the executor has started may hold the connection open after its end.
                if self.is_alive() or self._connection.poll(0):
                    return None
                raise EOFError
            message: str | Outcome = self._connection.recv()
        except OSError as error:
            raise EOFError from error
        self.is_busy &= isinstance(message, str)
        return message

    def is_alive(self) -> bool:
        """Return whether the process runs."""
        return self._process.is_alive()

    def ended(self) -> str:
        """Return how the process has ended."""
        self._process.join(_GRACE)
        code = self._process.exitcode
        if code is None:
            return "closed its connection"
        if code < 0:
            return f"was killed by {_name_of_signal(-code)}"
        return f"ended with exit code {code}"

    def kill(self) -> None:
        """Kill the process, and the other processes of its group."""
        if sys.platform != "win32":
            assert self._process.pid is not None  # it was started
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()
        self._connection.close()


def _name_of_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # most real-time signals have no name
        return f"signal {number}"


def _serve(connection: Connection, executor: Executor) -> None:
    """Run the jobs that come through the connection, in the new process."""
    if sys.platform != "win32":
        os.setsid()  # a group of its own: Ctrl-C does not reach it, and `kill` ends all of it
    for number in STOPPING:
        # The worker decides when to end. A handler, unlike `SIG_IGN`, is not inherited by the
        # programs that the executor starts.
        signal.signal(number, lambda *_: None)
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    sending = threading.Lock()

    def send(message: str | Outcome) -> None:
        with sending:
            connection.send(message)

    threading.Thread(target=_receive, args=(connection, jobs.put), daemon=True).start()
    send(_READY)
    while True:
        send(attempt(executor, jobs.get(), send))


def _receive(connection: Connection, put: Callable[[dict[str, Any]], None]) -> None:
    """Pass on the jobs. When the worker has ended, kill this process, whatever it is doing."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            put(connection.recv())
    if sys.platform != "win32":
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
