"""Recorded exchanges, as they are read from the lines of a recording."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from fakedropbox._base.validation import reasons
from fakedropbox.recording._dates import date_in

_MOST_BYTES = 400 * 2**20
"""The greatest size of content that a stand-in may describe, above any upload in one call."""

_BODIES = ("str", "ContentStandIn")
"""The names of the forms of a body in pydantic's errors: text, or a stand-in."""

_UPLOAD = "application/octet-stream"
_HEADER = re.compile(r"(?![ \t])[^\x00-\x08\x0a-\x1f]*")


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", hide_input_in_errors=True)


class ContentStandIn(_Part):
    """A stand-in for the content of a file: its size, and the number with which it begins.

    ``bytes()`` of it returns the content, which may be large.
    """

    size: int = Field(alias="bytes", ge=0, le=_MOST_BYTES)
    number: int = Field(default=0, ge=0)

    def __bytes__(self) -> bytes:
        width = max(self.size, (self.number.bit_length() + 7) // 8)
        return self.number.to_bytes(width, "little")[: self.size]


Body: TypeAlias = bytes | ContentStandIn
"""The body of a request or response: bytes, or a stand-in for the content of a file."""


class Reply(NamedTuple):
    """A response, recorded or from a service, with the names of its headers in lower case.

    ``url`` is the URL of the request that a service answered.
    """

    status: int
    headers: Mapping[str, str]
    body: Body
    url: str = ""


class Exchange(NamedTuple):
    """A recorded request and the response of Dropbox.

    ``login`` is the stand-in of its access token; empty if it has none or the recording is old.
    ``authorization`` is ``Basic`` if it has the key and the secret of an app instead.
    """

    cassette: str
    step: int
    method: str
    host: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: Body
    reply: Reply
    date: datetime
    login: str = ""
    authorization: str = ""

    @property
    def name(self) -> str:
        """The name of the exchange, such as ``cassette#3``."""
        return f"{self.cassette}#{self.step}"

    @property
    def route(self) -> str:
        """The name of the route or page, such as ``files/move`` or ``oauth2/token``."""
        return self.path.removeprefix("/2/").removeprefix("/")

    @property
    def is_upload(self) -> bool:
        """True if the body of the request is the content of a file."""
        return self.headers.get("Content-Type") == _UPLOAD


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("expected text without a lone surrogate") from None
    return text


def _path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("expected a path that begins with /")
    return text


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("expected text without control characters and leading blanks")
    return text


_Text = Annotated[str, AfterValidator(_text)]
_Header = Annotated[str, AfterValidator(_header)]


class _Response(_Part):
    status: int
    headers: dict[str, str]
    body: str | ContentStandIn


class _Row(_Part):
    """A line of a recording; the docstring of `fakedropbox.recording` explains the keys."""

    cassette: _Text
    step: int
    method: str
    host: str
    path: Annotated[_Text, AfterValidator(_path)]
    query: str = ""
    api_arg: _Header = ""
    dropbox_api_path_root: _Header = ""
    dropbox_api_select_user: _Header = ""
    login: str = ""
    authorization: str = ""
    content_type: _Header | None
    body: str | ContentStandIn = ""
    response: _Response
    date: Annotated[datetime, BeforeValidator(date_in)]


def _body(recorded: str | ContentStandIn) -> Body:
    return recorded.encode("utf-8", "surrogatepass") if isinstance(recorded, str) else recorded


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
        body=_body(found.body),
        reply=Reply(answer.status, answer.headers, _body(answer.body)),
        date=found.date,
        login=found.login,
        authorization=found.authorization,
    )
