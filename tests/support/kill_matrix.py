"""A table of the tests of the contract that find each known mistake of a provider.

With each test it shows the smallest example that fails.

Run `python -m tests.support.kill_matrix` in a checkout to print it.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Collection, Iterator, Sequence

import click
from hypothesis import Phase, settings
from tests.support.known_bad import KNOWN_BAD

from dropspool.clock import Clock
from dropspool.providers.base import StorageProvider
from dropspool.testing import Bench, Kill, StorageProviderContract, kills


@click.command()
@click.argument("mistakes", nargs=-1, metavar="[MISTAKE]...")
@click.option(
    "--full", is_flag=True, help="Try every test on every mistake, which takes half an hour."
)
def main(mistakes: tuple[str, ...], full: bool) -> None:
    """Show the tests of the contract that find each known mistake, with their failing examples.

    Without a MISTAKE, named by its words in tests/support/known_bad.py, all are tried.
    """
    for words in mistakes:
        if words not in KNOWN_BAD:
            raise click.BadParameter(
                f"expected one of {', '.join(map(repr, KNOWN_BAD))}; got {words!r}",
                param_hint="MISTAKE",
            )
    for words, found in matrix(mistakes or KNOWN_BAD, full=full):
        click.echo(render(words, found))


def matrix(
    mistakes: Collection[str] = KNOWN_BAD, *, full: bool = False
) -> Iterator[tuple[str, list[Kill]]]:
    """Yield the description of each mistake, and the tests that fail on a provider with it.

    By default only the tests that must find the mistake are run; with ``full``, all tests.
    """
    for words in mistakes:
        # The replaced system prints its errors, which do not belong in the table.
        with contextlib.redirect_stdout(io.StringIO()):
            found = [*kills(suite_of(words), None if full else KNOWN_BAD[words].found_by)]
        yield words, found


def suite_of(
    words: str, *, shrink: bool = True, derandomize: bool = True
) -> type[StorageProviderContract]:
    """Return the contract for the provider with this mistake.

    Without ``shrink`` Hypothesis does not simplify failing examples, which takes less time. With
    ``derandomize`` every run searches the same examples.
    """
    bad = KNOWN_BAD[words]
    phases = [Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])]

    class Bad(StorageProviderContract):
        capabilities = bad.capabilities
        factory = bad.factory

        def _settings(self) -> settings:
            return settings(super()._settings(), derandomize=derandomize, phases=phases)

        def make_provider(self, bench: Bench, clock: Clock) -> StorageProvider:
            return bad.make(bench, clock)

    return Bad


def first_kill(words: str) -> Kill | None:
    """Run the contract, without simplifying examples, up to the first failure, and return it.

    It begins with the tests that must find the mistake.
    """
    suite = suite_of(words, shrink=False, derandomize=False)
    first = KNOWN_BAD[words].found_by
    return next(kills(suite, [*first, *sorted({*dir(suite)} - {*first})]), None)


def render(words: str, found: Sequence[Kill]) -> str:
    """Return the lines for a mistake and the tests that find it, as the command prints them."""
    lines = [f"{words}: {len(found) or 'NOT'} found"]
    for kill in found:
        lines += [f"    {kill.test}", f"        {kill.example}"]
    return "\n".join(lines)


if __name__ == "__main__":
    main(prog_name="python -m tests.support.kill_matrix")
