"""JSON as the service was recorded to write it in September 2026 (F0-51 to -57).

Without spaces, keys in alphabetical order, and ``null`` for an empty payload that a tag
may have. Non-ASCII text stays escaped: how it is written is not known.
"""

from __future__ import annotations

import json
from typing import Any

# The only tags in these unions of the SDK whose payload may be missing.
_MAY_BE_EMPTY = ("malformed_path", "invalid_argument")


def dumps(value: Any) -> str:
    """The compact text of a JSON value."""
    return json.dumps(_with_nulls(value), separators=(",", ":"), sort_keys=True)


def _with_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_nulls(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {name: _with_nulls(each) for name, each in value.items()}
    if value.get(".tag") in _MAY_BE_EMPTY:
        found.setdefault(value[".tag"], None)
    return found
