"""A watchdog that runs a simulation in its own thread, so that a hang becomes an error."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from fakedropbox.simulate._engine import Engine
from fakedropbox.simulate.errors import SimulatedCrash, WorkerBlocked

Result = TypeVar("Result")

_LOOK_SECONDS = 0.05


def guarded(engine: Engine, body: Callable[[], Result], timeout: float) -> Result:
    """Run ``body``, which runs the engine; return its result or raise its error.

    Raises:
        WorkerBlocked: a worker has run for ``timeout`` real seconds without a call.
    """
    outcome: list[Any] = []
    failure: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            with engine.greenlets():
                outcome.append(body())
        except BaseException as error:  # noqa: BLE001 -- it is raised in the caller's thread
            failure.append(error)
        finally:
            done.set()

    thread = threading.Thread(
        target=engine.context.run, args=(run,), name="fakedropbox.simulate", daemon=True
    )
    thread.start()
    try:
        seen = -1
        while not done.wait(timeout):
            worker = engine.process
            if worker is not None and engine.steps == seen:
                raise WorkerBlocked(
                    f"worker {worker.name}: no call of the service in {timeout:g} s of real time, "
                    "after " + _calls(worker.calls) + "; workers may wait only by the service's "
                    "clock and for the service's responses. It is at\n" + _stack(thread)
                )
            seen = engine.steps
    finally:
        if not done.is_set():
            _abandon(engine, thread)
    if failure:
        raise failure[0]
    result: Result = outcome[0]
    return result


def _calls(number: int) -> str:
    return f"{number} call{'s' * (number != 1)}"


def _stack(thread: threading.Thread) -> str:
    """Return the stack of a thread, from the worker's function on."""
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 -- a documented name
    if frame is None:
        return "its end"
    stack = traceback.extract_stack(frame)
    own = next((n for n, entry in enumerate(stack) if entry.name == "_live"), -1)
    return "".join(traceback.format_list(stack[own + 1 :])).rstrip()


def _abandon(engine: Engine, thread: threading.Thread) -> None:
    """Stop waiting for a thread that may never end, and raise `SimulatedCrash` in it.

    Nothing is raised in a thread that waits while a trace function is set, as coverage does:
    CPython 3.11 would block until that thread received the exception.
    """
    engine.abandoned = True
    if sys.gettrace() is None or _computes(thread):
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SimulatedCrash)
        )


def _computes(thread: threading.Thread) -> bool:
    """Return whether a thread uses the processor now; False on systems that cannot tell."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return False
    clock = time.pthread_getcpuclockid(thread.ident or 0)
    before = time.clock_gettime_ns(clock)
    threading.Event().wait(_LOOK_SECONDS)
    return time.clock_gettime_ns(clock) > before
