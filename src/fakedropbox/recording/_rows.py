"""The line of a recording for one exchange, without secrets and personal data."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any, NamedTuple

from fakedropbox.recording._dates import date_in
from fakedropbox.recording._scrub import Scrubber, types_at
from fakedropbox.recording._sdk_types import PATH_ROOT

HEADERS = (
    "accept-ranges",
    "cache-control",
    "content-length",
    "content-range",
    "content-type",
    "dropbox-api-result",
    "etag",
    "location",
    "original-content-length",
    "retry-after",
    "www-authenticate",
    "x-content-type-options",
)
"""The headers of responses that are kept."""

_OPTIONAL = ("query", "api_arg", "dropbox_api_path_root", "login", "authorization", "body")


class Seen(NamedTuple):
    """An exchange as it was made, with its secrets; names of headers are in lower case.

    ``sent`` is the body of the request, or its size if the body itself is not known. ``host`` is
    one of Dropbox's.
    """

    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    sent: bytes | int
    status: int
    reason: str
    answered: Mapping[str, str]
    got: bytes
    date: datetime


def date_of(text: str, otherwise: datetime) -> datetime:
    """Return the time of a ``Date`` header in UTC; ``otherwise`` if it is not one."""
    with suppress(ValueError):
        return date_in(text)
    return otherwise.astimezone(timezone.utc)


def row_of(seen: Seen, scrub: Scrubber, cassette: str, step: int) -> dict[str, Any]:
    """Return the line of a recording, as a dict for JSON."""
    types = types_at(seen.path)
    # The bodies first: the stand-in of a file's content determines that of its hash.
    if isinstance(seen.sent, int):
        sent: Any = {"bytes": seen.sent} if seen.sent else ""
    else:
        sent = scrub.sent(types, seen.sent)
    got = scrub.got(types, seen.status, seen.got)
    host, path, query = scrub.place(seen.host, seen.path, seen.query, types)
    row: dict[str, Any] = {
        "cassette": cassette,
        "step": step,
        "method": scrub.method(seen.method),
        "host": host,
        "path": path,
        "query": query,
        "api_arg": scrub.header_json(seen.headers.get("dropbox-api-arg", ""), types.argument),
        "dropbox_api_path_root": scrub.header_json(
            seen.headers.get("dropbox-api-path-root", ""), PATH_ROOT
        ),
        "login": scrub.login(seen.headers.get("authorization", "")),
        "authorization": scrub.authorization(seen.headers.get("authorization", "")),
        "content_type": scrub.content_type(seen.headers.get("content-type", "")),
        "body": sent,
        "response": {
            "status": seen.status,
            "reason": scrub.reason(seen.status, seen.reason),
            "headers": {
                name: scrub.header(name, seen.answered[name], types.result)
                for name in HEADERS
                if name in seen.answered
            },
            "body": got,
        },
        "date": format_datetime(seen.date, usegmt=True),
    }
    return {name: value for name, value in row.items() if value or name not in _OPTIONAL}
