"""The coverage of calls as the page shows it: the routes that were called, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fakedropbox._api.registry import IMPLEMENTED, SDK_ROUTES
from fakedropbox._facts import ROUTES
from fakedropbox._page.outcomes import is_error
from fakedropbox.calls import CallRecord
from fakedropbox.errors import NotImplementedInFake


class Called(NamedTuple):
    """A route that was called, and how often."""

    route: str
    calls: int
    failed: int
    stubbed: int


class CoverageShown(NamedTuple):
    """The routes that were called, and the requests for what is not faked, with their numbers.

    ``unfaked`` are the routes among the latter for which a stub can answer.
    """

    called: list[Called]
    missing: list[tuple[str, int]]
    unfaked: list[str]

    @property
    def faked(self) -> int:
        """The number of routes that fakedropbox has."""
        return len(IMPLEMENTED)

    @property
    def all_routes(self) -> int:
        """The number of routes of the API."""
        return len(ROUTES)


def coverage_of(calls: Iterable[CallRecord], missing: Mapping[str, int]) -> CoverageShown:
    """Return the coverage of calls; ``missing`` are the requests for what is not faked."""
    made = list(calls)
    failed = Counter(call.route for call in made if is_error(call))
    stubbed = Counter(call.route for call in made if call.stub)
    refused = {call.route for call in made if call.outcome == NotImplementedInFake.__name__}
    return CoverageShown(
        [
            Called(name, number, failed[name], stubbed[name])
            for name, number in sorted(Counter(call.route for call in made).items())
        ],
        sorted(missing.items()),
        sorted(refused & can_be_stubbed()),
    )


def can_be_stubbed() -> set[str]:
    """Return the routes for which a stub can answer: those of the SDK that are not faked."""
    return (SDK_ROUTES.keys() & ROUTES.keys()) - IMPLEMENTED.keys()
