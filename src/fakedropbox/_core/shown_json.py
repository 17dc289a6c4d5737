"""JSON as people may see it: without secrets, and with long lists and texts shortened."""

from __future__ import annotations

import json
import re
from typing import Any

from fakedropbox._facts import messages

_SECRET = re.compile(
    r"(.*_)?(url|link|token|password|secret|code|verifier|copy_reference|file_request_id|thumbnail)"
)
"""The names of fields whose text is content, or lets anybody who has it read or change some."""

_OF_FILE_REQUESTS = "file_requests/"
_IDS = ("id", "ids")
"""The fields with which anybody can make the URL of a file request (P1-03)."""

_QUOTED = re.compile(r"(?<![\w.])((?:\w+\.)*(\w+): )'.*'", re.DOTALL)  # F1.4-04, Stone's text
_BODY = messages.DOWNLOAD_BODY.partition("{body}")[0]

_HIDDEN = "…"
_ITEMS = 20
_TEXT = 2000
_ALL = 16_000


def without_secrets(value: Any, route: str) -> Any:
    """Return an argument or answer of a route without the texts of the fields that are secret."""
    if isinstance(value, dict):
        return {
            name: _hidden(each, route) if _is_secret(name, route) else without_secrets(each, route)
            for name, each in value.items()
        }
    return [without_secrets(each, route) for each in value] if isinstance(value, list) else value


def _is_secret(name: str, route: str) -> bool:
    return bool(_SECRET.fullmatch(name)) or (route.startswith(_OF_FILE_REQUESTS) and name in _IDS)


def _hidden(value: Any, route: str) -> Any:
    """Return the value of a secret field without texts; it may be a list, or an object."""
    if isinstance(value, list):
        return [_hidden(each, route) for each in value]
    return _HIDDEN if isinstance(value, str) and value else without_secrets(value, route)


def error_without_secrets(text: str, route: str) -> str:
    """Return the text of an error without the secrets of the request that it quotes."""
    begin, found, _ = text.partition(_BODY)  # F1.4-16
    text = f"{begin}{found}{_HIDDEN}" if found else text
    return _QUOTED.sub(
        lambda quoted: f"{quoted[1]}'{_HIDDEN}'" if _is_secret(quoted[2], route) else quoted[0],
        text,
    )


def shortened(value: Any) -> Any:
    """Return values of JSON in which long lists and texts end early, and say so."""
    if isinstance(value, dict):
        return {name: shortened(each) for name, each in value.items()}
    if isinstance(value, list):
        kept = [shortened(each) for each in value[:_ITEMS]]
        more = len(value) - len(kept)
        return [*kept, f"… and {more:,} more"] if more else kept
    return short_text(value, _TEXT) if isinstance(value, str) else value


def short_text(text: str, most: int = _ALL) -> str:
    """Return a text, or its beginning and the number of characters that are left out."""
    more = len(text) - most
    return f"{text[:most]}… and {more:,} more characters" if more > 0 else text


def shown(value: Any, route: str) -> str:
    """Return the answer of a route as a text for people, without secrets, and shortened."""
    # Shortened first: a listing can have thousands of entries.
    found = without_secrets(shortened(value), route)
    return short_text(json.dumps(found, indent=2, ensure_ascii=False))
