"""The headers of a download: `Range` (RFC 7233) for a part, and `If-None-Match` (RFC 7232).

About the real service it is only known that it accepts both, also with POST (F5-02).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fakedropbox._api.registry import missing
from fakedropbox._files.blobs import Part
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import NotModified, RangeRefused

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_RANGE = re.compile(r"([0-9]*)-([0-9]*)")


def wanted_part(call: Call, whole: Reply) -> Reply:
    """Return the reply, or the part of it that the headers ask for.

    Raises:
        NotModified: the caller already has the revision.
        RangeRefused: the range begins at or after the end.
        NotImplementedInFake: the headers ask for several ranges, or have `If-Range`.
    """
    headers: Mapping[str, str] = call.headers
    if "If-None-Match" in headers:
        known = headers["If-None-Match"]
        if known.strip() == "*" or whole.result.rev in _TAG.findall(known):
            raise NotModified(whole.result.rev)
    return wanted_range(call, whole)


def wanted_range(call: Call, whole: Reply) -> Reply:
    """Return the reply, or the range of it that the headers ask for.

    Raises:
        RangeRefused: the range begins at or after the end.
        NotImplementedInFake: the headers ask for several ranges, or have `If-Range`.
    """
    headers = call.headers
    if "Range" not in headers:
        return whole
    if "If-Range" in headers:
        raise missing(call.name, "If-Range")
    assert whole.content is not None
    size = whole.content.size
    limits = [_limits(each, size) for each in _listed(headers["Range"])]
    if None in limits or not limits:
        return whole
    (start, stop), *others = filter(None, limits)
    if others:
        raise missing(call.name, "more than one range")
    if start >= stop:
        raise RangeRefused(size)
    return whole._replace(content=Part(whole.content, start, stop), part=(start, size))


def _listed(asked: str) -> list[str]:
    """Return the ranges that a header lists, as text; none if their unit is not `bytes`."""
    unit, _, ranges = asked.partition("=")
    stripped = (each.strip(" \t") for each in ranges.split(","))
    return [each for each in stripped if each] if unit == "bytes" else []


def _limits(asked: str, size: int) -> tuple[int, int] | None:
    """Return the start and end of a range; None if it is invalid and must be ignored."""
    match = _RANGE.fullmatch(asked)
    if match is None or not any(match.groups()):
        return None
    first, last = (digits.lstrip("0") or digits[:1] for digits in match.groups())
    if not first:
        return size - _at_most(last, size), size
    if last and _order(last) < _order(first):
        return None
    return _at_most(first, size), min(_at_most(last, size) + 1, size) if last else size


def _order(digits: str) -> tuple[int, str]:
    """Return a key that sorts numbers of any length; `int` refuses more than 4,300 digits."""
    return len(digits), digits


def _at_most(digits: str, size: int) -> int:
    """Return the smaller one of a number and ``size``."""
    return int(digits) if _order(digits) < _order(str(size)) else size
