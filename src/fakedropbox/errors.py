"""The errors that the service returns in place of a response, and those of the fake itself.

A `Refusal` is raised inside the fake and does not depend on HTTP. The direct client translates
it to an exception of the SDK; over HTTP it becomes a status and a body.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Refusal(Exception):
    """The service's answer to a call that did not succeed.

    ``outcome`` is the short text for it in the call record. ``fact`` is the id of the fact that
    explains it (`fakedropbox fact` prints the fact), or None. Callers of the service never see
    this class.
    """

    outcome: str

    def __init__(self, *args: object, fact: str | None = None) -> None:
        super().__init__(*args)
        self.fact = fact


class RouteError(Refusal):
    """A route's own error (HTTP 409): a chain of tags that begins in the route's error union.

    ``tags`` is the chain as `error_summary` shows it, such as ``path/conflict/file``.
    ``fields`` are the plain fields of the structs along the chain, such as
    ``upload_session_id``. ``user_message`` is a text for people that comes with some errors
    (S8-19), after its locale, such as ``("en", "This folder is already shared.")``; or None.
    """

    def __init__(
        self,
        tags: str,
        fields: Mapping[str, Any] = _NOTHING,
        *,
        user_message: tuple[str, str] | None = None,
        fact: str | None = None,
    ) -> None:
        super().__init__(tags, fact=fact)
        self.tags = self.outcome = tags
        self.fields = fields
        self.user_message = user_message

    def under(self, tag: str) -> RouteError:
        """Return this error with ``tag`` before its tags: `not_found` becomes `path/not_found`."""
        tags, message = f"{tag}/{self.tags}", self.user_message
        return RouteError(tags, self.fields, user_message=message, fact=self.fact)


class BadInput(Refusal):
    """A request that the service cannot interpret (HTTP 400); ``message`` is the error text."""

    outcome = "400"

    def __init__(self, message: str, *, fact: str | None = None) -> None:
        super().__init__(message, fact=fact)
        self.message = message


class VersionRetired(Refusal):
    """A call of version 1 of the API, which no longer exists (HTTP 400)."""

    outcome = "v1_retired"


class AuthRefused(Refusal):
    """Credentials that are not accepted (HTTP 401); ``tag`` is a tag of `AuthError`."""

    def __init__(
        self, tag: str, required_scope: str | None = None, *, fact: str | None = None
    ) -> None:
        super().__init__(tag, fact=fact)
        self.tag = self.outcome = tag
        self.required_scope = required_scope


class AccessDenied(Refusal):
    """An action that the account is not permitted (HTTP 403).

    ``tags`` is a chain of tags that begins in `AccessError` (F1.5-04).
    """

    def __init__(self, tags: str, *, fact: str | None = None) -> None:
        super().__init__(tags, fact=fact)
        self.tags = self.outcome = tags


class PathRootRefused(Refusal):
    """A `Dropbox-API-Path-Root` that is not valid (HTTP 422).

    ``tag`` is ``invalid_root`` or ``no_permission``. With the former, ``root`` has the account's
    root and home namespace ids and, in a team space, the path of the home in it, otherwise None.
    """

    def __init__(
        self, tag: str, root: tuple[str, str, str | None] | None = None, *, fact: str | None = None
    ) -> None:
        super().__init__(tag, fact=fact)
        self.tag = self.outcome = tag
        self.root = root


class Throttled(Refusal):
    """A request beyond the rate limit (HTTP 429). ``retry_after`` is in seconds.

    ``reason`` is ``too_many_requests`` or ``too_many_write_operations``.
    """

    def __init__(self, reason: str, retry_after: int, *, fact: str | None = None) -> None:
        super().__init__(reason, fact=fact)
        self.reason = self.outcome = reason
        self.retry_after = retry_after


class NotModified(Refusal):
    """A revision that the caller already has (HTTP 304)."""

    outcome = "304"

    def __init__(self, rev: str, *, fact: str | None = None) -> None:
        super().__init__(rev, fact=fact)
        self.rev = rev


class RangeRefused(Refusal):
    """A requested range that contains no byte of a file of ``size`` bytes (HTTP 416)."""

    outcome = "416"

    def __init__(self, size: int, *, fact: str | None = None) -> None:
        super().__init__(size, fact=fact)
        self.size = size


class ServerFault(Refusal):
    """A failure of the service (HTTP 5xx), before or after the call took effect."""

    def __init__(self, status: int, body: str = "", *, fact: str | None = None) -> None:
        super().__init__(status, fact=fact)
        self.status = status
        self.outcome = str(status)
        self.body = body


class ConnectionBroken(Refusal):
    """A call without a whole response; the caller gets the error of its HTTP library."""

    message: str


class ReplyLost(ConnectionBroken):
    """A connection that broke before the response arrived; the call may have taken effect."""

    outcome = "reply lost"
    message = "Connection aborted: the reply was lost (a planned fault)"


class ReplyTruncated(ConnectionBroken):
    """A connection that broke in the middle of the response body."""

    outcome = "reply truncated"
    message = "Connection broken: the reply broke off (a planned fault)"


class ConnectionRefused(ConnectionBroken):
    """A connection that was never established; nothing was done."""

    outcome = "connection refused"
    message = "Connection refused (a planned fault)"


class ReplyCorrupt(Refusal):
    """A response that is not valid JSON; the call took effect."""

    outcome = "reply corrupt"


class TokenRefused(Refusal):
    """A refusal by the token endpoint (HTTP 400): OAuth's ``error`` and its description."""

    def __init__(
        self, error: str, description: str | None = None, *, fact: str | None = None
    ) -> None:
        super().__init__(error, fact=fact)
        self.error = error
        self.outcome = error.partition(":")[0]
        self.description = description


class LinkRefused(Refusal):
    """A temporary link that cannot be used as requested.

    ``reason`` is ``unknown``, ``expired``, ``consumed``, ``content_type`` or ``upload_failed``.
    """

    def __init__(self, reason: str, message: str, *, fact: str | None = None) -> None:
        super().__init__(reason, message, fact=fact)
        self.reason = self.outcome = reason
        self.message = message


class PageRefused(Refusal):
    """A request that a page for browsers does not answer; ``message`` is the text for the user.

    ``reason`` is ``invalid`` (a request that the page cannot interpret), ``forbidden``,
    ``not_found``, ``method_not_allowed`` or ``gone``.
    """

    def __init__(self, message: str, reason: str = "invalid", *, fact: str | None = None) -> None:
        super().__init__(message, fact=fact)
        self.message = message
        self.reason = reason
        self.outcome = "400" if reason == "invalid" else reason


class AuthorizeRefused(Refusal):
    """A refusal to give an app access: OAuth's ``error`` and its description.

    ``location`` is the redirect that informs the app (HTTP 302); None if only the user is
    informed (HTTP 400).
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
    """A request for a part of Dropbox that is not faked."""


class NotThroughFake(RuntimeError):
    """An attempt to reach the real Dropbox where it is refused, as in a test with a fake one.

    The message says which host, why it is refused, and how to proceed; nothing was sent. It is
    not an `OSError`, because programs take those for failures of the network: they try again
    later, or go on without an answer.
    """


class UnfiredFault(AssertionError):
    """A planned fault that did not happen, or too rarely: the test did not test what it claims."""


class UnusableAfterFork(RuntimeError):
    """State of a service that a forked process cannot use, since its copy may be incomplete."""


class SnapshotInvalid(ValueError):
    """A snapshot that cannot be restored, or a `reset` while one is still needed."""
