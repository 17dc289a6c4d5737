"""The compact JSON that the service was recorded to send in September 2026 (F0-51 to -57).

It has no spaces, and its keys are in alphabetical order. A missing payload is ``null`` if the tag
may have one, as far as `files` goes: of other namespaces no such response is known. Non-ASCII text
is escaped; whether the service escapes it is not known.
"""

from __future__ import annotations

import json
from typing import Any

# The tags in the unions of `files` whose payload may be missing; other namespaces have more.
_MAY_BE_EMPTY = ("malformed_path", "invalid_argument")


def dumps(value: Any) -> str:
    """Return the compact text of a JSON value."""
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
