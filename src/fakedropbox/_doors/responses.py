"""`requests.Response` objects that no network made. Both doors in this process give them out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import requests
from requests.cookies import cookiejar_from_dict
from requests.structures import CaseInsensitiveDict
from urllib3.response import HTTPResponse

from fakedropbox._files.blobs import Blob, MemoryStream
from fakedropbox.errors import ConnectionBroken, ReplyTruncated


def broken(refused: ConnectionBroken, request: Any = None) -> requests.RequestException:
    """What `requests` raises for a connection that broke."""
    truncated = isinstance(refused, ReplyTruncated)
    kind = requests.exceptions.ChunkedEncodingError if truncated else requests.ConnectionError
    return kind(refused.message, request=request)


class FakeResponse(requests.Response):
    """A response whose rarely used parts are made when somebody asks for them.

    Without `__init__` and with a body that is opened late, one costs a tenth of what it
    costs otherwise; to the caller it is a streamed `requests.Response` like any other.
    """

    def __init__(
        self,
        status_code: int,
        reason: str,
        headers: Callable[[], dict[str, str]],
        body: bytes | Blob,
        url: str,
        request: requests.PreparedRequest | None = None,
    ) -> None:
        self._content: Any = False  # requests' own word for "not read yet"
        self._content_consumed = False
        self._next = None
        self._body = body
        self._headers = headers
        self.status_code = status_code
        self.reason = reason
        self.url = url
        self.encoding = None
        self.request = cast("requests.PreparedRequest", request)

    @property
    def content(self) -> bytes | None:
        """The whole body; read straight from the store while nobody has begun to stream it."""
        if self._content is False and "raw" not in self.__dict__:
            body = self._body
            self._content = body.read() if isinstance(body, Blob) else body
        content: bytes | None = super().content
        return content

    def __getattr__(self, name: str) -> Any:
        value: Any
        match name:
            case "raw":
                value = self._open()
            case "headers":
                value = CaseInsensitiveDict(self._headers())
            case "cookies":
                value = cookiejar_from_dict({})
            case "history":
                value = []
            case "elapsed":
                value = timedelta(0)
            case _:
                raise AttributeError(name)
        self.__dict__[name] = value
        return value

    def _open(self) -> HTTPResponse:
        """The body as a stream that nobody has read from."""
        body = self._body
        return HTTPResponse(
            body=body.open() if isinstance(body, Blob) else MemoryStream(body),
            headers=self.headers,
            status=self.status_code,
            reason=self.reason,
            version=11,
            preload_content=False,
            decode_content=False,
            request_method="POST",
        )
