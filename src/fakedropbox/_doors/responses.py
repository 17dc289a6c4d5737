"""`requests.Response` objects without a network, for the adapter and for the direct client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from email.message import Message
from typing import Any, cast

import requests
from requests.cookies import cookiejar_from_dict, extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from urllib3.response import HTTPResponse

from fakedropbox._files.blobs import Blob, MemoryStream
from fakedropbox.errors import ConnectionBroken, ReplyTruncated


def broken(refused: ConnectionBroken, request: Any = None) -> requests.RequestException:
    """Return the exception that `requests` raises for a broken connection."""
    truncated = isinstance(refused, ReplyTruncated)
    kind = requests.exceptions.ChunkedEncodingError if truncated else requests.ConnectionError
    return kind(refused.message, request=request)


class FakeResponse(requests.Response):
    """A response whose rarely used parts are only made on first access.

    It does not call the base class's `__init__` and opens its body late, which makes it ten
    times cheaper; to the caller, it is a streamed `requests.Response` like any other.
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
        self._content: Any = False  # requests' own value for "not read yet"
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
        """The whole body; read directly from the store unless streaming has begun."""
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
                if "Set-Cookie" in self.headers:
                    extract_cookies_to_jar(value, self.request, self.raw)
            case "history":
                value = []
            case "elapsed":
                value = timedelta(0)
            case _:
                raise AttributeError(name)
        self.__dict__[name] = value
        return value

    def _open(self) -> HTTPResponse:
        """Return a new stream over the body."""
        body = self._body
        received: Any = _Received(self.headers) if "Set-Cookie" in self.headers else None
        return HTTPResponse(
            body=body.open() if isinstance(body, Blob) else MemoryStream(body),
            headers=self.headers,
            status=self.status_code,
            reason=self.reason,
            version=11,
            preload_content=False,
            decode_content=False,
            original_response=received,
            request_method="POST",
        )


class _Received:
    """The response of `http.client` that `requests` reads cookies from."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.msg = Message()
        self.msg["Set-Cookie"] = headers["Set-Cookie"]

    def isclosed(self) -> bool:
        """Return True: the response has no connection."""
        return True

    def close(self) -> None:
        """Do nothing, as nothing is open."""
