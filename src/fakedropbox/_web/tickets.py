"""Tickets: texts in addresses and cookies that only this service can have made.

The service keeps no list of them, so that showing a page changes nothing.
"""

from __future__ import annotations

from typing import Any

from fakedropbox._files.cursors import open_cursor, seal_cursor
from fakedropbox.calls import Call

_TO_URL, _FROM_URL = str.maketrans("+/", "-_"), str.maketrans("-_", "+/")


def ticket(call: Call, kind: str, *fields: Any) -> str:
    """Return a ticket of a kind that contains these JSON values, as text for a URL."""
    return seal_cursor(call.world.chance, [kind, *fields]).translate(_TO_URL).rstrip("=")


def fields_of(call: Call, kind: str, text: str) -> list[Any] | None:
    """Return the values in a ticket of a kind; None for any other text."""
    padded = text.translate(_FROM_URL) + "=" * (-len(text) % 4)
    found = open_cursor(call.world.chance, padded)
    return None if found is None or found[0] != kind else found[1:]
