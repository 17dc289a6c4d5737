"""The tests of the contract that a provider fails, found without pytest.

Run `kills` on a provider with a known mistake, to check that the contract finds it.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from dropspool.testing._trial import EXAMPLE
from dropspool.testing.bench import Bench, QueueSubject

_FAILURES = (Exception, SystemExit, pytest.fail.Exception)
"""The exceptions that a test may raise; the last two are not subclasses of `Exception`."""


@dataclass(frozen=True)
class Kill:
    """A test of the contract that failed, and so found a mistake of the provider.

    ``test`` is its name, and ``example`` the smallest failing example, as text.
    """

    test: str
    example: str


def kills(suite: type[QueueSubject], only: Collection[str] | None = None) -> Iterator[Kill]:
    """Run the contract without pytest, and yield the tests that fail.

    Args:
        suite: the contract class with a provider, as pytest would collect it.
        only: the names of the tests to run, in place of all.
    """
    for name in sorted(dir(suite)) if only is None else only:
        if not name.startswith("test_"):
            continue
        subject = suite()
        test = getattr(subject, name)
        takes_bench = "bench" in inspect.signature(test).parameters
        for words, arguments in _parameters(test):
            try:
                if takes_bench:
                    with Bench() as bench:
                        test(bench, **arguments)
                else:
                    test(**arguments)
            except pytest.skip.Exception:
                continue
            except _FAILURES as error:
                yield Kill(f"{name}{words}", _example(error))


def _parameters(test: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the label and the arguments of each parametrized run that pytest would make."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    for values in product(*(mark.args[1] for mark in marks)):
        arguments: dict[str, Any] = {}
        for mark, value in zip(marks, values, strict=True):
            names = (
                [name.strip() for name in mark.args[0].split(",")]
                if isinstance(mark.args[0], str)
                else [*mark.args[0]]
            )
            arguments.update(zip(names, value if len(names) > 1 else [value], strict=True))
        words = ", ".join(map(repr, arguments.values()))
        yield (f"[{words}]" if words else ""), arguments


def _example(error: BaseException) -> str:
    """Return the failing example, or the first line of the failure's message, or both."""
    notes = "\n".join(getattr(error, "__notes__", []))
    _, is_noted, noted = notes.partition(EXAMPLE)
    _, found, case = notes.partition("Failing test case: ")
    if found and not is_noted:
        return _without_noise(case)
    text = str(error).partition("\n")[0]
    if not text:
        # A plain assertion has no message if pytest has not rewritten it.
        (*_, frame) = traceback.extract_tb(error.__traceback__)
        text = frame.line or ""
    failure = f"{type(error).__name__}: {text}"
    return f"{noted.splitlines()[0]}: {failure}" if is_noted else failure


def _without_noise(case: str) -> str:
    """Return a failing case in one line, without the checks after each step of a state machine."""
    lines = [line.strip() for line in case.splitlines()]
    kept = [line for line in lines if "all_is_well" not in line and "state machine" not in line]
    return " ".join(kept).replace("state = ", "").replace("state.", "")
