"""The logins of a recording, which differ in the stand-ins of their tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import parse_qsl

from fakedropbox.recording._exchanges import Exchange

_TOKENS = ("access_token", "refresh_token")
_GRANTS = ("refresh_token", "code")


def logins_in(exchanges: Sequence[Exchange]) -> set[str]:
    """Return the stand-ins of the tokens and codes that were used, but are in no response."""
    used: set[str] = {each.login for each in exchanges if each.login}
    given: set[str] = set()
    for each in exchanges:
        if each.route == "oauth2/token":
            form = dict(parse_qsl(bytes(each.body).decode("utf-8", "replace")))
            used |= {form[name] for name in _GRANTS if name in form}
            given |= _given(bytes(each.reply.body))
    return used - given


def _given(body: bytes) -> set[str]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return set()
    found = answer if isinstance(answer, dict) else {}
    return {value for name in _TOKENS if isinstance(value := found.get(name), str)}
