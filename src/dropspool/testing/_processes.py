"""Queues in processes of their own, which do what a test tells them.

`python -m dropspool.testing._processes FACTORY FOLDER` is such a process: it reads the verbs with
their arguments from its standard input, one in each line, and writes the answers.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from dropspool.testing._faults import Died
from dropspool.testing.verbs import JobQueue, JobState, Taken

if TYPE_CHECKING:
    from typing_extensions import Self

_SECONDS_TO_END = 30
"""The time that a process has to end when its input ends."""


class ProcessQueue:
    """The verbs of a queue in a process of its own, which ends with the block.

    A verb raises `Died` if the process was killed before it answered.
    """

    def __init__(self, factory: str, folder: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 -- this very interpreter
            [sys.executable, "-m", __name__, factory, folder],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self.lease_seconds: float = 0

    def __enter__(self) -> Self:
        self.lease_seconds = self._answer()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate(timeout=_SECONDS_TO_END)

    def kill(self) -> None:
        """Kill the process, whatever it is doing."""
        self._process.kill()

    def submit(self, content: Mapping[str, Any], user: str) -> str:
        """Queue a job and return its id."""
        return str(self._ask("submit", dict(content), user))

    def take(self) -> Taken | None:
        """Take the next job."""
        taken = self._ask("take")
        return None if taken is None else Taken(*taken)

    def renew(self, job: str) -> bool:
        """Keep a job for another lease."""
        return bool(self._ask("renew", job))

    def finish(self, job: str, result: Mapping[str, Any]) -> bool:
        """End a job with its result."""
        return bool(self._ask("finish", job, dict(result)))

    def fail(self, job: str, message: str) -> bool:
        """End a job in an error."""
        return bool(self._ask("fail", job, message))

    def state(self, job: str, user: str) -> JobState:
        """Return the state of a job."""
        return JobState(*self._ask("state", job, user))

    def recover(self) -> None:
        """Return the jobs of dead workers to the queue, or end them."""
        self._ask("recover")

    def _ask(self, *verb: object) -> Any:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{json.dumps(verb)}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Died from None
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Died
        kind, value = json.loads(line)
        if kind == "ok":
            return value
        raise OSError(value) if kind == "storage" else AssertionError(value)


def made_by(factory: str, folder: str) -> JobQueue:
    """Import a factory by its name, ``module:function``, and return the queue that it makes."""
    module, _, name = factory.partition(":")
    queue: JobQueue = getattr(importlib.import_module(module), name)(folder)
    return queue


def serve(queue: JobQueue, lines: Iterable[str], output: TextIO) -> None:
    """Answer verbs in lines of JSON: ``ok`` and the value, or the kind of error and its text."""
    _answer("ok", queue.lease_seconds, output)
    for line in lines:
        verb, *arguments = json.loads(line)
        try:
            value = getattr(queue, verb)(*arguments)
        except OSError as error:
            _answer("storage", repr(error), output)
        except Exception as error:  # noqa: BLE001 -- the test that asked raises it
            _answer("error", f"{verb} raised {error!r}", output)
        else:
            _answer("ok", None if verb == "recover" else value, output)


def _answer(kind: str, value: object, output: TextIO) -> None:
    output.write(f"{json.dumps([kind, value])}\n")
    output.flush()


if __name__ == "__main__":
    serve(made_by(*sys.argv[1:]), sys.stdin, sys.stdout)
