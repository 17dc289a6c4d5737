"""The data of the recorded exchanges: scenarios, initial states, exceptions and tolerances."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

from tests.support.project import ROOT

from fakedropbox.recording._comparison import Tolerances
from fakedropbox.recording._exchanges import Exchange, exchange_of

_DATA = ROOT / "tests/conformance/data"


class Excepted(NamedTuple):
    """The reason why an exchange is not reproduced, and how it fails at present.

    Either the double reports that ``unbuilt`` is not implemented, or its response differs in
    exactly the places ``differs_in``.
    """

    reason: str
    unbuilt: str | None
    differs_in: list[str]


def moment(text: str) -> datetime:
    """Parse a timestamp of Dropbox."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _load(name: str) -> Any:
    return json.loads((_DATA / name).read_text("utf-8"))


def _rows(name: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, (_DATA / name).read_text("utf-8").splitlines())


FILES: tuple[str, ...] = ("exchanges.jsonl", "exchanges_2.jsonl", "pasted.jsonl")

EXCHANGES: dict[str, Exchange] = {
    exchange.name: exchange for name in FILES for exchange in map(exchange_of, _rows(name))
}

_SCENES = _load("scenarios.json")
SCENARIOS: dict[str, dict[str, Any]] = _SCENES["scenarios"]
STATES: dict[str, list[dict[str, Any]]] = _SCENES["states"]

REPRODUCED: dict[str, list[str]] = {
    f"{cassette}#{step}": facts
    for cassette, scenario in SCENARIOS.items()
    for step, facts in scenario["reproduces"].items()
}
"""The exchanges that the double reproduces, each with the facts that it pins."""

_EXCEPTIONS = _load("exceptions.json")
EXCEPTED: dict[str, Excepted] = {
    name: Excepted(
        entry["reason"],
        entry.get("unbuilt"),
        entry.get("differs_in", []),
    )
    for entry in _EXCEPTIONS["excepted"]
    for name in entry["exchanges"]
}
STEPS_OF_UNBUILT_ROUTES: dict[str, str] = {
    entry["exchange"]: entry["reason"] for entry in _EXCEPTIONS["steps_of_unbuilt_routes"]
}


def _places(kind: str) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for entry in _load("tolerances.json")[kind]:
        found[entry["exchange"]] = found.get(entry["exchange"], frozenset()) | {*entry["places"]}
    return found


TOLERANCES = Tolerances(edited=_places("edited"), only_alike=_places("only_alike"))
"""The places of single exchanges at which differences are allowed."""
