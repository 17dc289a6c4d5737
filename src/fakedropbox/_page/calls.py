"""A call as the page and the dump of a failed test show it: in a row, and in detail."""

from __future__ import annotations

import json
from typing import NamedTuple

from fakedropbox._core.exchanges import Exchange
from fakedropbox._core.shown_json import without_secrets
from fakedropbox._page.arguments import argument_of
from fakedropbox._page.copies import Copy, copies_of
from fakedropbox._page.outcomes import is_error
from fakedropbox._page.templates import visible
from fakedropbox._page.why import Reason, reasons_of
from fakedropbox.calls import CallRecord, all_paths


class Row:
    """A call as a list shows it; every text is escaped by the templates."""

    def __init__(self, call: CallRecord) -> None:
        self.number = call.number
        self.time = call.time.strftime("%H:%M:%S")
        self.millis = f".{call.time.microsecond // 1000:03}"
        self.date = call.time.isoformat()
        self.route = call.route
        self.paths = [visible(path) for path in all_paths(call.arg) if path]
        self.outcome = call.outcome
        self.is_error = is_error(call)
        self.account = "" if call.account is None else call.account.email
        self.app = call.app or ""
        self.door = call.door
        self.size = call.size
        self.has_fault = call.fault is not None
        self.is_stub = call.stub


class Answer(NamedTuple):
    """The headers and the answer of a call as texts: one line for each header."""

    status: int | None
    sent: str
    received: str
    text: str


class Opened(NamedTuple):
    """A call with all that is known about it; ``answer`` is None if it was not kept."""

    call: Row
    argument: str
    reasons: list[Reason]
    copies: list[Copy]
    answer: Answer | None


def opened(call: CallRecord, exchange: Exchange | None, *, hides_secrets: bool = False) -> Opened:
    """Return a call with its argument, its answer, the reasons for it, and the texts to copy.

    With ``hides_secrets`` the argument and the texts are for strangers, without the URLs of links.
    """
    argument = argument_of(call)
    if hides_secrets:
        argument = without_secrets(argument, call.route)
    return Opened(
        Row(call),
        visible(json.dumps(argument, indent=2, ensure_ascii=False)),
        reasons_of(call),
        copies_of(call, hides_secrets=hides_secrets),
        None if exchange is None else _answer(exchange),
    )


def _answer(exchange: Exchange) -> Answer:
    sent, received = (
        visible("\n".join(f"{name}: {value}" for name, value in headers))
        for headers in (exchange.sent, exchange.received)
    )
    return Answer(exchange.status, sent, received, visible(exchange.answer))
