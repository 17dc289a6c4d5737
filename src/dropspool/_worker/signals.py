"""The signals that stop a worker: after its current job, or immediately."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from dropspool.clock import SystemClock

if TYPE_CHECKING:
    from typing_extensions import Self

STOPPING = (int(signal.SIGINT), int(signal.SIGTERM))
_SLICE = 0.2
"""The longest time in seconds that passes before a pause notices a request."""

Handler = Callable[[int, FrameType | None], Any]


class Stop(SystemClock):
    """The requests of a user, by SIGINT (Ctrl-C) or SIGTERM, to stop a worker.

    As a context manager it handles the two signals. After the first one, the worker ends
    after its current job. Each further one raises `KeyboardInterrupt`, so that the worker
    gives its job back at once. Give the object to `run` twice, as ``stop`` and as ``clock``:

        with Stop() as stop:
            run(provider, executors, clock=stop, stop=stop)

    A request ends one pause of the worker, the one during which it comes. Later pauses have
    their full length, so that requests to the storage are still repeated at normal intervals. The
    provider needs a clock of its own.

    Args:
        on_request: called for each signal with the number of requests so far, in the handler.
    """

    def __init__(self, on_request: Callable[[int], object] = lambda _: None) -> None:
        self._on_request = on_request
        self._requests = 0
        self._noticed = 0
        self._previous: dict[int, Any] = {}

    def __call__(self) -> bool:
        """Return whether the worker has been asked to stop."""
        return self._requests > 0

    def request(self) -> None:
        """Ask the worker to stop; raise `KeyboardInterrupt` if it has been asked before."""
        self._requests += 1
        self._on_request(self._requests)
        if self._requests > 1:
            raise KeyboardInterrupt

    def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of real time, or until the next request."""
        end = time.monotonic() + seconds
        while self._noticed == self._requests and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE))
        self._noticed = self._requests

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("Stop: expected the main thread, which alone handles signals")
        for number in STOPPING:
            self._previous[number] = signal.signal(number, lambda *_: self.request())
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            # The handler is None if it was not installed from Python.
            signal.signal(number, handler or signal.SIG_DFL)


@contextlib.contextmanager
def signals_raise() -> Iterator[None]:
    """Raise at the end of the block what a signal handler raised in it, even if it was caught.

    So the exception that stops the program can be distinguished from an equal one of the code in
    the block. Outside of the main thread, where no handler runs, this does nothing.
    """
    raised: list[BaseException] = []
    replaced: dict[int, tuple[Handler, Handler]] = {}

    def noting(handler: Handler) -> Handler:
        def note(number: int, frame: FrameType | None) -> None:
            try:
                handler(number, frame)
            except BaseException as error:
                raised.append(error)
                raise

        return note

    if threading.current_thread() is threading.main_thread():
        for number in STOPPING:
            handler = signal.getsignal(number)
            if callable(handler):
                replaced[number] = handler, noting(handler)
                signal.signal(number, replaced[number][1])
    try:
        yield
    finally:
        for number, (handler, replacement) in replaced.items():
            if signal.getsignal(number) is replacement:  # not one that the block has set
                signal.signal(number, handler)
    if raised:
        raise raised[0]
