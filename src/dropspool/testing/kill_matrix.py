"""Which test of the contract finds which known mistake, and by which example."""

from __future__ import annotations

import contextlib
import inspect
import io
import traceback
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from hypothesis import settings

from dropspool.clock import Clock
from dropspool.providers.base import StorageProvider
from dropspool.testing.bench import Bench
from dropspool.testing.contract import StorageProviderContract
from dropspool.testing.known_bad import KNOWN_BAD

_FAILURES = (Exception, SystemExit, pytest.fail.Exception)
"""What a test may raise; the last two are no `Exception`."""


@dataclass(frozen=True)
class Kill:
    """A test that found a mistake, and the least example of it that was found."""

    test: str
    example: str


def kills(
    suite: type[StorageProviderContract], only: Collection[str] | None = None
) -> Iterator[Kill]:
    """Run the contract, or some of its tests, without pytest, and give what fails."""
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


def matrix(*, full: bool = False) -> Iterator[tuple[str, list[Kill]]]:
    """What finds each mistake of `KNOWN_BAD`, of the tests that have to, or of all."""
    for words, bad in KNOWN_BAD.items():
        # The replaced system prints its errors.
        with contextlib.redirect_stdout(io.StringIO()):
            found = [*kills(suite_of(words), None if full else bad.found_by)]
        yield words, found


def suite_of(words: str) -> type[StorageProviderContract]:
    """The contract, for a provider with that mistake."""
    bad = KNOWN_BAD[words]

    class Bad(StorageProviderContract):
        capabilities = bad.capabilities

        def _settings(self) -> settings:
            # The same search in each run.
            return settings(super()._settings(), max_examples=200, derandomize=True)

        def make_provider(self, bench: Bench, clock: Clock) -> StorageProvider:
            return bad.make(bench, clock)

    return Bad


def render(words: str, found: Sequence[Kill]) -> str:
    """What finds a mistake, for a reader at a terminal."""
    lines = [f"{words}: {len(found) or 'NOT'} found"]
    for kill in found:
        lines += [f"    {kill.test}", f"        {kill.example}"]
    return "\n".join(lines)


def _parameters(test: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The arguments of each time that pytest would run a test, and how it would say so."""
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
    """What a failure says: what Hypothesis made of the case, or the failure's first line."""
    notes = "\n".join(getattr(error, "__notes__", []))
    _, found, case = notes.partition("Failing test case: ")
    if found:
        return _without_noise(case)
    text = str(error).partition("\n")[0]
    if not text:
        # A plain assertion says nothing where pytest has not rewritten it.
        (*_, frame) = traceback.extract_tb(error.__traceback__)
        text = frame.line or ""
    return f"{type(error).__name__}: {text}"


def _without_noise(case: str) -> str:
    """A failing case in one line, without what a machine does after each step."""
    lines = [line.strip() for line in case.splitlines()]
    told = [line for line in lines if "all_is_well" not in line and "state machine" not in line]
    return " ".join(told).replace("state = ", "").replace("state.", "")
