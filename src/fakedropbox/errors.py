"""What may come back instead of a reply, and what the double itself refuses.

A `Refusal` is raised inside the double and translated once by each door: to the
SDK's exceptions by the direct client, to a status and a body on the wire. It
knows nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Refusal(Exception):
    """The service's answer to a call that did not succeed.

    ``outcome`` are the words for it that the call record keeps. ``fact`` is the id of the
    fact that says why (`fakedropbox fact` explains it), None where none is named. Callers
    of the service never see it.
    """

    outcome: str

    def __init__(self, *args: object, fact: str | None = None) -> None:
        super().__init__(*args)
        self.fact = fact


class RouteError(Refusal):
    """The route's own error: the chain of tags below its error union (HTTP 409).

    ``tags`` is the chain as `error_summary` shows it, such as ``path/conflict/file``.
    ``fields`` are the plain fields that some structs on the way carry, such as
    ``upload_session_id``.
    """

    def __init__(
        self, tags: str, fields: Mapping[str, Any] = _NOTHING, *, fact: str | None = None
    ) -> None:
        super().__init__(tags, fact=fact)
        self.tags = self.outcome = tags
        self.fields = fields

    def under(self, tag: str) -> RouteError:
        """The same error one union further out: `not_found` under `path` is `path/not_found`."""
        return RouteError(f"{tag}/{self.tags}", self.fields, fact=self.fact)


class BadInput(Refusal):
    """The request makes no sense to the service (HTTP 400); ``message`` is its text."""

    outcome = "400"

    def __init__(self, message: str, *, fact: str | None = None) -> None:
        super().__init__(message, fact=fact)
        self.message = message


class AuthRefused(Refusal):
    """The token is not accepted (HTTP 401); ``tag`` is one of `AuthError`'s."""

    def __init__(
        self, tag: str, required_scope: str | None = None, *, fact: str | None = None
    ) -> None:
        super().__init__(tag, fact=fact)
        self.tag = self.outcome = tag
        self.required_scope = required_scope


class AccessDenied(Refusal):
    """The account may not do this (HTTP 403); ``tags`` is a chain below `AccessError` (F1.5-04)."""

    def __init__(self, tags: str) -> None:
        super().__init__(tags)
        self.tags = self.outcome = tags


class PathRootRefused(Refusal):
    """The `Dropbox-API-Path-Root` does not hold (HTTP 422).

    ``tag`` is ``invalid_root`` or ``no_permission``; the former carries the
    account's root and home namespace ids.
    """

    def __init__(
        self, tag: str, root: tuple[str, str] | None = None, *, fact: str | None = None
    ) -> None:
        super().__init__(tag, fact=fact)
        self.tag = self.outcome = tag
        self.root = root


class Throttled(Refusal):
    """Too much at once (HTTP 429). ``retry_after`` is in seconds.

    ``reason`` is ``too_many_requests`` or ``too_many_write_operations``.
    """

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.reason = self.outcome = reason
        self.retry_after = retry_after


class NotModified(Refusal):
    """The caller has this revision already (HTTP 304)."""

    outcome = "304"

    def __init__(self, rev: str) -> None:
        super().__init__(rev)
        self.rev = rev


class RangeRefused(Refusal):
    """A content of ``size`` bytes has none in the range that was asked for (HTTP 416)."""

    outcome = "416"

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class ServerFault(Refusal):
    """The service failed (HTTP 5xx); whether it did its work before is the fault's choice."""

    def __init__(self, status: int, body: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.outcome = str(status)
        self.body = body


class ConnectionBroken(Refusal):
    """There is no reply: what a caller gets in place of one is its library's word for that."""

    message: str


class ReplyLost(ConnectionBroken):
    """The connection broke before the reply arrived: the caller learns nothing."""

    outcome = "reply lost"
    message = "Connection aborted: the reply was lost (a planned fault)"


class ReplyTruncated(ConnectionBroken):
    """The connection broke in the middle of the reply's body."""

    outcome = "reply truncated"
    message = "Connection broken: the reply broke off (a planned fault)"


class ConnectionRefused(ConnectionBroken):
    """Nobody answered, and nothing was done."""

    outcome = "connection refused"
    message = "Connection refused (a planned fault)"


class ReplyCorrupt(Refusal):
    """The reply arrived and is no JSON: the caller learns only that there was one."""

    outcome = "reply corrupt"


class TokenRefused(Refusal):
    """The token endpoint says no (HTTP 400): OAuth's ``error`` and its description."""

    def __init__(
        self, error: str, description: str | None = None, *, fact: str | None = None
    ) -> None:
        super().__init__(error, fact=fact)
        self.error = error
        self.outcome = error.partition(":")[0]
        self.description = description


class LinkRefused(Refusal):
    """A temporary link does not do what was asked of it.

    ``reason`` is ``unknown``, ``expired``, ``consumed``, ``content_type`` or ``upload_failed``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = self.outcome = reason
        self.message = message


class PageRefused(Refusal):
    """A page for browsers makes no sense of a request (HTTP 400); ``message`` is its text."""

    outcome = "400"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class AuthorizeRefused(Refusal):
    """An app was not let in: OAuth's ``error`` and its description.

    ``location`` is where the app is told (HTTP 302); None if only the user is (HTTP 400).
    """

    def __init__(
        self,
        error: str,
        description: str,
        location: str | None = None,
        *,
        fact: str | None = None,
    ) -> None:
        super().__init__(error, fact=fact)
        self.error = self.outcome = error
        self.description = description
        self.location = location


class NotImplementedInFake(NotImplementedError):
    """A part of Dropbox that the double does not have (yet). It never pretends."""


class NotThroughFake(OSError):
    """A library that the double cannot answer tried to reach the real Dropbox; nothing was sent."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.strerror = message  # all that aiohttp shows of an `OSError`


class UnfiredFault(AssertionError):
    """A fault was planned and never happened, so the test did not test what it says."""


class SnapshotInvalid(ValueError):
    """A snapshot of another service, or one taken after the state that was restored since."""
