"""The reason for the outcome of a call, in words."""

from __future__ import annotations

from typing import NamedTuple

from fakedropbox._facts.evidence import evidence
from fakedropbox._page.faults import purpose_of
from fakedropbox._page.outcomes import is_error
from fakedropbox.calls import CallRecord
from fakedropbox.errors import NotImplementedInFake


class Reason(NamedTuple):
    """A sentence about a call, and the details that it introduces; code is between backticks."""

    text: str
    detail: str = ""


def reasons_of(call: CallRecord) -> list[Reason]:
    """Return the reasons for the outcome of a call, the most specific first."""
    found = []
    if call.fault is not None:
        found.append(Reason("A fault happened to this call.", repr(call.fault)))
        purpose = purpose_of(type(call.fault))
        if purpose:
            found.append(Reason(purpose))
    if call.outcome == NotImplementedInFake.__name__:
        text = "fakedropbox does not have this route, or this part of it. Answer it yourself:"
        found.append(Reason(text, f"service.stub({call.route!r}, …)"))
    if call.stub:
        found.append(Reason("The route is not faked; the answer is that of a stub."))
    if call.fact is not None:
        known = evidence().get(call.fact)
        text = f"Dropbox does so, by the fact {call.fact}."
        found.append(Reason(text, "" if known is None else known.statement))
    if not found and is_error(call):
        found.append(Reason("No fact is recorded for this refusal; the outcome names its reason."))
    return found
