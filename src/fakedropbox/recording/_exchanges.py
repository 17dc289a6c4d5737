"""Recorded exchanges, as they are read from the lines of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from fakedropbox._base.validation import reasons

_MOST_BYTES = 400 * 2**20
"""The greatest size of a content that a stand-in may describe, above any upload in one call."""


_BODIES = ("str", "_Content")
"""The names of the forms of a body in pydantic's errors: text, or a stand-in."""


class Reply(NamedTuple):
    """A response, recorded or from a service, with its headers in lower case.

    ``url`` is the URL of the request that a service answered.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""


class Exchange(NamedTuple):
    """A recorded request and the response of Dropbox.

    ``login`` is the stand-in of its access token; empty if it has none or the recording is old.
    """

    cassette: str
    step: int
    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    reply: Reply
    date: datetime
    login: str = ""

    @property
    def name(self) -> str:
        """The name of the exchange, such as ``cassette#3``."""
        return f"{self.cassette}#{self.step}"

    @property
    def route(self) -> str:
        """The name of the route or page, such as ``files/move`` or ``oauth2/token``."""
        return self.path.removeprefix("/2/").removeprefix("/")


def _date(text: object) -> datetime:
    """Return the time of the text of a ``Date`` header.

    Raises:
        ValueError: it is not one.
    """
    try:
        found = parsedate_to_datetime(str(text))
    except ValueError:
        raise ValueError("expected a date such as Thu, 01 Jan 2026 00:00:00 GMT") from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class _Content(_Part):
    """The stand-in of a content: its size, and the number with which it begins."""

    bytes: int = Field(ge=0, le=_MOST_BYTES)
    number: int = Field(default=0, ge=0)


class _Response(_Part):
    status: int
    headers: dict[str, str]
    body: str | _Content


class _Row(_Part):
    """A line of a recording; the docstring of `fakedropbox.recording` explains the keys."""

    cassette: str
    step: int
    method: str
    host: str
    path: str
    query: str = ""
    api_arg: str = ""
    dropbox_api_path_root: str = ""
    dropbox_api_select_user: str = ""
    login: str = ""
    content_type: str | None
    body: str | _Content = ""
    response: _Response
    date: Annotated[datetime, BeforeValidator(_date)]


def _content(recorded: str | _Content) -> bytes:
    """Return a recorded body, or the content that its stand-in describes."""
    if isinstance(recorded, str):
        return recorded.encode("utf-8", "surrogatepass")
    width = max(recorded.bytes, (recorded.number.bit_length() + 7) // 8)
    return recorded.number.to_bytes(width, "little")[: recorded.bytes]


def exchange_of(row: object) -> Exchange:
    """Return the exchange that a line of a recording describes; ``row`` is its JSON, decoded.

    Raises:
        ValueError: it is not such a line; the message names each wrong key and what was expected,
            and shows no value.
    """
    try:
        found = _Row.model_validate(row)
    except ValidationError as error:
        wrong = reasons(error, branches=_BODIES)
        raise ValueError("; ".join(wrong)) from None
    headers = {
        "Content-Type": found.content_type,
        "Dropbox-API-Arg": found.api_arg,
        "Dropbox-API-Path-Root": found.dropbox_api_path_root,
        "Dropbox-API-Select-User": found.dropbox_api_select_user,
    }
    answer = found.response
    return Exchange(
        cassette=found.cassette,
        step=found.step,
        method=found.method,
        host=found.host,
        path=found.path,
        query=found.query,
        # An empty value in the recording means that the request had no such header.
        headers={name: value for name, value in headers.items() if value},
        body=_content(found.body),
        reply=Reply(answer.status, answer.headers, _content(answer.body)),
        date=found.date,
        login=found.login,
    )
