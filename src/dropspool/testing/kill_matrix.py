"""Which test of the contract finds which known mistake, and by which example."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

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


def kills(suite: type[StorageProviderContract]) -> Iterator[Kill]:
    """Run the contract without pytest, and give what fails."""
    for name in sorted(dir(suite)):
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


def matrix() -> dict[str, list[Kill]]:
    """What finds each mistake of `KNOWN_BAD`."""
    return {words: [*kills(suite_of(words))] for words in KNOWN_BAD}


def suite_of(words: str) -> type[StorageProviderContract]:
    """The contract, for a provider with that mistake."""
    bad = KNOWN_BAD[words]

    class Bad(StorageProviderContract):
        capabilities = bad.capabilities

        def make_provider(self, bench: Bench, clock: Clock) -> StorageProvider:
            return bad.make(bench, clock)

    return Bad


def render(found: Mapping[str, list[Kill]]) -> str:
    """The matrix for a reader at a terminal."""
    lines = []
    for words, kills in found.items():
        lines.append(f"{words}: {len(kills) or 'NOT'} found")
        for kill in kills:
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
    notes = [note for note in getattr(error, "__notes__", []) if "xample" in note]
    text = " ".join(notes[0].split()) if notes else str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text}" if not notes else text
