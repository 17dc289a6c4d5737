"""The data of the recorded exchanges: scenarios, initial states, exceptions and tolerances."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from tests.support.project import ROOT

_DATA = ROOT / "tests/conformance/data"


class Reply(NamedTuple):
    """A response, recorded or from the double, with its headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Exchange(NamedTuple):
    """A recorded request and the response of Dropbox."""

    cassette: str
    step: int
    method: str
    host: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    reply: Reply
    date: datetime

    @property
    def name(self) -> str:
        """The name of the exchange in the other data files, such as ``cassette#3``."""
        return f"{self.cassette}#{self.step}"

    @property
    def route(self) -> str:
        """The name of the route or page, such as ``files/move`` or ``oauth2/token``."""
        return self.path.removeprefix("/2/").removeprefix("/")


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


def _body(recorded: str | dict[str, int]) -> bytes:
    """Return a recorded body, or the content that its stand-in describes."""
    if isinstance(recorded, str):
        return recorded.encode()
    number = recorded.get("number", 0)
    return number.to_bytes(recorded["bytes"], "little")


def exchange_of(row: dict[str, Any]) -> Exchange:
    """Return the exchange that a line of a recording describes; ``row`` is its JSON, decoded."""
    # An empty content type in the recording means that the request had no such header.
    headers = {
        "Content-Type": row["content_type"],
        "Dropbox-API-Arg": row.get("api_arg"),
        "Dropbox-API-Path-Root": row.get("dropbox_api_path_root"),
        "Dropbox-API-Select-User": row.get("dropbox_api_select_user"),
    }
    answer = row["response"]
    return Exchange(
        cassette=row["cassette"],
        step=row["step"],
        method=row["method"],
        host=row["host"],
        path=row["path"],
        headers={name: value for name, value in headers.items() if value},
        body=_body(row.get("body", "")),
        reply=Reply(answer["status"], answer["headers"], _body(answer["body"])),
        date=parsedate_to_datetime(row["date"]),
    )


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
TOLERANCES: dict[str, list[dict[str, Any]]] = _load("tolerances.json")
"""The differences from a recording that are allowed."""
