"""JSON as people may see it: without secrets, and with long lists and texts shortened."""

from __future__ import annotations

import json
import re
from typing import Any

_SECRET = re.compile(r"(.*_)?(url|link|token|password|secret|code|verifier|copy_reference)")
"""The names of fields whose text lets anybody who has it read or change something."""

_HIDDEN = "…"
_ITEMS = 20
_TEXT = 2000
_ALL = 16_000


def without_secrets(value: Any) -> Any:
    """Return values of JSON in which the text of each field with a secret is replaced."""
    if isinstance(value, dict):
        return {
            name: _HIDDEN
            if isinstance(each, str) and each and _SECRET.fullmatch(name)
            else without_secrets(each)
            for name, each in value.items()
        }
    return [without_secrets(each) for each in value] if isinstance(value, list) else value


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


def shown(value: Any) -> str:
    """Return values of JSON as a text for people, without secrets, and shortened."""
    # Shortened first: a listing can have thousands of entries.
    return short_text(json.dumps(without_secrets(shortened(value)), indent=2, ensure_ascii=False))
