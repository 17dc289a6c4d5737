"""HAR files, which browsers and proxies such as mitmproxy write: HTTP Archive, version 1.2."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import unquote, urlencode, urljoin, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from fakedropbox._base.validation import reasons
from fakedropbox._facts.hosts import is_dropbox, name_of
from fakedropbox.recording._dates import in_utc
from fakedropbox.recording._rows import Seen, date_of

_PREFLIGHT = "OPTIONS"


class Skipped(NamedTuple):
    """The reason why an entry cannot be replayed, in words that can follow a number of entries."""

    reason: str


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("expected a time with a time zone")
    return in_utc(moment)


class _Part(BaseModel):
    # Other keys are ignored: browsers write many of their own, such as `_initiator`.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Pair(_Part):
    name: str
    value: str = ""


class _Body(_Part):
    """A body: text, or base64 if ``encoding`` says so; None if the writer left it out."""

    text: str | None = None
    encoding: str | None = None
    params: list[_Pair] = []
    size: int = 0

    def data(self) -> bytes | None:
        """Return the bytes of the body, None if they are not in the file.

        Raises:
            ValueError: it is not valid base64.
        """
        if self.text is None or (not self.text and self.params):
            form = urlencode([(each.name, unquote(each.value)) for each in self.params])
            return form.encode() if self.params else None
        if self.encoding == "base64":
            try:
                return base64.b64decode(self.text, validate=True)
            except ValueError:  # also of text that is not ASCII
                raise ValueError("expected base64, as `encoding` says") from None
        return self.text.encode("utf-8", "surrogatepass")


class _Request(_Part):
    method: str
    url: str
    headers: list[_Pair] = []
    postData: _Body | None = None  # noqa: N815 -- the name in the format
    bodySize: int = -1  # noqa: N815 -- the name in the format


class _Response(_Part):
    status: int
    statusText: str = ""  # noqa: N815 -- the name in the format
    headers: list[_Pair] = []
    content: _Body


class _Entry(_Part):
    startedDateTime: Annotated[datetime, AfterValidator(_in_utc)]  # noqa: N815 -- the name in the format
    request: _Request
    response: _Response


class _Log(_Part):
    entries: list[_Entry]


class _Archive(_Part):
    log: _Log


def seen_in(archive: Any) -> list[Seen | Skipped]:
    """Return the exchanges of a HAR file, whose JSON is ``archive``.

    Raises:
        ValueError: it is not such a file; the message names the place and what was expected.
    """
    try:
        entries = _Archive.model_validate(archive).log.entries
    except ValidationError as error:
        raise ValueError(next(iter(reasons(error)))) from None
    return [_seen(number, entry) for number, entry in enumerate(entries)]


def _seen(number: int, entry: _Entry) -> Seen | Skipped:
    request, response = entry.request, entry.response
    try:
        url = urlsplit(request.url)
        host = name_of(url.hostname or "")
    except ValueError:
        return Skipped("without a valid URL")
    if is_dropbox(host):
        if request.method == _PREFLIGHT:
            return Skipped("preflight requests of a browser")
        if not response.status:
            return Skipped("without a response")
    bodies: list[bytes | None] = []
    for place, body in (
        ("request.postData", request.postData),
        ("response.content", response.content),
    ):
        try:
            bodies.append(None if body is None else body.data())
        except ValueError as error:
            raise ValueError(f"log.entries[{number}].{place}.text: {error}") from None
    if bodies[1] is None and response.content.size > 0:
        return Skipped("without the content of the response")
    answered = _headers(response.headers)
    if "location" in answered:
        with suppress(ValueError):  # it is not a URL then
            answered["location"] = urljoin(request.url, answered["location"])
    return Seen(
        method=request.method,
        host=host,
        path=url.path or "/",
        query=url.query,
        headers=_headers(request.headers),
        sent=max(request.bodySize, 0) if bodies[0] is None else bodies[0],
        status=response.status,
        reason=response.statusText,
        answered=answered,
        got=bodies[1] or b"",
        date=date_of(answered.get("date", ""), entry.startedDateTime),
    )


def _headers(pairs: Iterable[_Pair]) -> dict[str, str]:
    """Return headers by name in lower case; different values of a repeated one are joined.

    A proxy may repeat a header with the same value. The pseudo-headers of HTTP/2, such as
    ``:authority``, do no harm: nothing reads them.
    """
    found: dict[str, dict[str, None]] = {}
    for each in pairs:
        found.setdefault(each.name.lower(), {})[each.value] = None
    return {name: ", ".join(values) for name, values in found.items()}
