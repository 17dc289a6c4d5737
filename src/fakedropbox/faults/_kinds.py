"""The kinds of faults."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from stone.backends.python_rsrc.stone_serializers import json_compat_obj_decode
from stone.backends.python_rsrc.stone_validators import ValidationError

from fakedropbox._api.error_tags import chains_of, fields_of, sample
from fakedropbox._api.registry import AS_429, IMPLEMENTED, SDK_ROUTES
from fakedropbox._base.checks import expect
from fakedropbox._facts import ROUTES
from fakedropbox._files.cursors import read_cursor, read_links_cursor
from fakedropbox.calls import Call
from fakedropbox.errors import (
    AuthRefused,
    ConnectionRefused,
    ReplyCorrupt,
    ReplyLost,
    ReplyTruncated,
    RouteError,
    ServerFault,
    Throttled,
)
from fakedropbox.faults._base import Fault, Next, commit

When = Literal["before", "after"]
_SERVER_ERRORS = range(500, 600)
_LINKS = "sharing/list_shared_links"
_MOST_SECONDS = 10**9
"""The longest delay, about 31 years: longer ones would soon lead out of the calendar."""

_OWN_WORD = {
    name: route.contention
    for name, route in IMPLEMENTED.items()
    if route.contention not in ("", AS_429)
}
"""The error tags for contention, for the routes whose own errors have such tags."""


def _refuse(fault: Fault, call: Call, call_next: Next, tags: str) -> Any:
    """Refuse a call, or those entries of a batch that the fault concerns."""
    route = IMPLEMENTED[call.name]
    if not route.entries:
        raise route.refusal(call, tags)

    def hindered(entry: Any) -> RouteError | None:
        return RouteError(tags) if fault.concerns(entry) else None

    return call_next(call._replace(hindered=hindered))


def _check_when(when: str) -> None:
    if when not in ("before", "after"):
        raise ValueError(f"when: expected 'before' or 'after', got {when!r}")


def _check_seconds(seconds: float) -> None:
    expect("seconds", seconds, int, float)
    if not 0 <= seconds <= _MOST_SECONDS:
        raise ValueError(
            f"seconds: expected a finite number from 0 to {_MOST_SECONDS}, got {seconds!r}"
        )


@dataclass(frozen=True, repr=False)
class rate_limit(Fault):
    """429 `too_many_requests`; the call has no effect.

    The SDK waits and tries again, without end unless ``max_retries_on_rate_limit`` is given;
    then it raises `RateLimitError`.

    Args:
        retry_after: the whole number of seconds that the response asks to wait (F1.5-07).
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1
    retry_after: int = 1

    def check(self) -> None:
        expect("retry_after", self.retry_after, int)
        if not 0 <= self.retry_after <= _MOST_SECONDS:
            raise ValueError(
                f"retry_after: expected a whole number from 0 to {_MOST_SECONDS}, "
                f"got {self.retry_after!r}"
            )

    def apply(self, call: Call, call_next: Next) -> Any:
        raise Throttled("too_many_requests", self.retry_after, fact="F1.5-07")


@dataclass(frozen=True, repr=False)
class too_many_write_operations(Fault):
    """Contention with other writers (F9-02): a 429, or a tag in the route's own error.

    The SDK waits for a second after a 429 and tries again; with ``write_error`` it raises
    `ApiError`. In a batch, with ``write_error``, the entries that have the fault's path fail.

    Args:
        answer: "429", or "write_error" for a tag in the route's own error, if it has one.
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1
    answer: Literal["429", "write_error"] = "429"
    routes = tuple(name for name, route in IMPLEMENTED.items() if route.contention)

    def check(self) -> None:
        if self.answer not in ("429", "write_error"):
            raise ValueError(f"answer: expected '429' or 'write_error', got {self.answer!r}")
        if self.answer != "429" and not any(fnmatchcase(name, self.route) for name in _OWN_WORD):
            raise ValueError(
                f"answer: expected '429', the only one for {self.route!r}, got {self.answer!r}"
            )

    def matches(self, call: Call) -> bool:
        return super().matches(call) and (self.answer == "429" or call.name in _OWN_WORD)

    def apply(self, call: Call, call_next: Next) -> Any:
        if self.answer == "429":
            raise Throttled("too_many_write_operations", 1, fact="F1.5-06")
        return _refuse(self, call, call_next, _OWN_WORD[call.name])


@dataclass(frozen=True, repr=False)
class insufficient_space(Fault):
    """No space is left in the account (F4-12); the call has no effect.

    The SDK raises `ApiError`. In a batch, the entries that have the fault's path fail.

    Args:
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1
    routes = tuple(name for name, route in IMPLEMENTED.items() if route.no_space)

    def apply(self, call: Call, call_next: Next) -> Any:
        return _refuse(self, call, call_next, IMPLEMENTED[call.name].no_space)


@dataclass(frozen=True, repr=False)
class reset_cursor(Fault):
    """409 `reset`: the service no longer accepts a cursor that it returned (F6.2-02, S4-15).

    The SDK raises `ApiError`; the caller has to list again from the beginning.

    Args:
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1
    routes = ("files/list_folder/continue", "files/list_folder/longpoll", _LINKS)

    def matches(self, call: Call) -> bool:
        if not super().matches(call) or call.arg.cursor is None:
            return False
        read = read_links_cursor if call.name == _LINKS else read_cursor
        return read(call.world.chance, call.arg.cursor) is not None

    def apply(self, call: Call, call_next: Next) -> Any:
        raise RouteError("reset", fact="S4-15" if call.name == _LINKS else "F6.2-02")


@dataclass(frozen=True, repr=False)
class server_error(Fault):
    """A 5xx error before the call takes effect, or with ``when="after"`` afterwards (F1.5-08).

    The SDK tries again ``max_retries_on_error`` times, 4 by default, with growing pauses; then
    it raises `InternalServerError`.

    Args:
        status: the HTTP status, 500 to 599.
        when: "before", or "after" if the call takes effect first.
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    status: int = 500
    times: int = 1
    when: When = "before"

    def check(self) -> None:
        expect("status", self.status, int)
        if self.status not in _SERVER_ERRORS:
            raise ValueError(f"status: expected 500 to 599, got {self.status!r}")
        _check_when(self.when)

    def apply(self, call: Call, call_next: Next) -> Any:
        if self.when == "after":
            commit(call, call_next)
        raise ServerFault(self.status, fact="F1.5-08")


@dataclass(frozen=True, repr=False)
class lost_reply(Fault):
    """The call takes effect, but the connection breaks before the reply arrives (F9-07).

    The SDK does not try again; it raises `requests.ConnectionError`.

    Args:
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1

    def apply(self, call: Call, call_next: Next) -> Any:
        commit(call, call_next)
        raise ReplyLost


@dataclass(frozen=True, repr=False)
class corrupt_reply(Fault):
    """The call takes effect, but the reply is not valid JSON.

    The SDK raises `ValueError`.

    Args:
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1

    def apply(self, call: Call, call_next: Next) -> Any:
        commit(call, call_next)
        raise ReplyCorrupt


@dataclass(frozen=True, repr=False)
class connection_refused(Fault):
    """The connection is refused; the call has no effect.

    The SDK does not try again; it raises `requests.ConnectionError`.

    Args:
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1

    def apply(self, call: Call, call_next: Next) -> Any:
        raise ConnectionRefused


@dataclass(frozen=True, repr=False)
class expired_token(Fault):
    """401 `expired_access_token` before the token's expiry (F1.5-01).

    The SDK then fetches a new one, if it has a refresh token, and tries again.

    Args:
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1
    routes = tuple(ROUTES)

    def apply(self, call: Call, call_next: Next) -> Any:
        raise AuthRefused("expired_access_token", fact="F1.5-01")


@dataclass(frozen=True, repr=False)
class revoked_token(Fault):
    """401 `invalid_access_token`, as after the account has unlinked the app (O2.3-01).

    The SDK raises `AuthError`.

    Args:
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1
    routes = tuple(ROUTES)

    def apply(self, call: Call, call_next: Next) -> Any:
        raise AuthRefused("invalid_access_token", fact="O2.3-01")


@dataclass(frozen=True, repr=False)
class missing_scope(Fault):
    """401 `missing_scope`: the token lacks the scope that the route needs (F1.5-02).

    The SDK raises `AuthError`.

    Args:
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1
    routes = tuple(name for name, fact in ROUTES.items() if fact.scope)

    def apply(self, call: Call, call_next: Next) -> Any:
        scope = ROUTES[call.name].scope
        raise AuthRefused("missing_scope", required_scope=scope, fact="F1.5-02")


@dataclass(frozen=True, repr=False)
class slow(Fault):
    """A delay on the service's clock.

    It happens before the call takes effect, or with ``when="after"`` afterwards. Other faults
    may happen to the same call.

    Args:
        seconds: the delay, in seconds.
        when: "before", or "after" if the call takes effect first.
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    seconds: float
    times: int = 1
    when: When = "before"
    passes_on = True

    def check(self) -> None:
        _check_seconds(self.seconds)
        _check_when(self.when)

    def apply(self, call: Call, call_next: Next) -> Any:
        if self.when == "before":
            call.world.clock.sleep(self.seconds)
            return call_next(call)
        try:
            return call_next(call)
        finally:
            call.world.clock.sleep(self.seconds)


@dataclass(frozen=True, repr=False)
class truncated_body(Fault):
    """The call takes effect, but the connection breaks in the middle of the reply's body.

    The SDK raises `requests.exceptions.ChunkedEncodingError`; over HTTP, the caller gets the
    error of its HTTP library.

    Args:
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    times: int = 1
    routes = tuple(ROUTES)

    def apply(self, call: Call, call_next: Next) -> Any:
        if call.wire is None:
            commit(call, call_next)
            raise ReplyTruncated
        call.wire.cut, call.wire.outcome = True, ReplyTruncated.outcome
        return call_next(call)


@dataclass(frozen=True, repr=False)
class slow_body(Fault):
    """A reply whose body takes ``seconds`` on the service's clock.

    Other faults may happen to the same call.

    Args:
        seconds: the time that the body takes, in seconds.
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    seconds: float
    times: int = 1
    routes = tuple(ROUTES)
    passes_on = True

    def check(self) -> None:
        _check_seconds(self.seconds)

    def apply(self, call: Call, call_next: Next) -> Any:
        if call.wire is None:
            return slow(self.route, self.seconds, when="after").apply(call, call_next)
        call.wire.seconds = self.seconds
        return call_next(call)


@dataclass(frozen=True, repr=False)
class stalled_reply(Fault):
    """The call takes effect, but no reply comes; after ``seconds`` the connection breaks.

    The SDK then raises `requests.ConnectionError`.

    Args:
        seconds: the time until the connection breaks, in seconds on the service's clock.
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    seconds: float
    times: int = 1
    routes = tuple(ROUTES)

    def check(self) -> None:
        _check_seconds(self.seconds)

    def apply(self, call: Call, call_next: Next) -> Any:
        if call.wire is None:
            commit(call, call_next)
            call.world.clock.sleep(self.seconds)
            raise ReplyLost
        call.wire.stalled, call.wire.outcome = self.seconds, ReplyLost.outcome
        return call_next(call)


@dataclass(frozen=True, repr=False)
class route_error(Fault):
    """409 with an error of your choice from the route's own; the call has no effect.

    The SDK raises `ApiError`. A batch is refused as a whole.

    Args:
        tags: the tags of the error, as in its `error_summary`, such as ``path/not_found``.
        values: the values that this error carries, as in the JSON of the response, such as
            ``{"correct_offset": 8}``; arbitrary ones unless given.
        route, times, at_most, skip, path, optional: as in `Fault`.
    """

    route: str
    tags: str
    times: int = 1
    _: KW_ONLY
    values: Mapping[str, Any] | None = field(default=None, hash=False)
    routes = tuple(name for name, route in SDK_ROUTES.items() if chains_of(route.error_type))

    def check(self) -> None:
        expect("tags", self.tags, str)
        expect("values", self.values, Mapping, type(None))
        types = [
            SDK_ROUTES[name].error_type for name in self.routes if fnmatchcase(name, self.route)
        ]
        known = dict.fromkeys(tags for each in types for tags in chains_of(each))
        if self.tags not in known:
            near = difflib.get_close_matches(self.tags, known, n=3, cutoff=0)
            raise ValueError(
                f"tags: expected tags of the errors of {self.route}, such as "
                f"{', '.join(map(repr, near))}, got {self.tags!r}"
            )
        for error_type in types:
            if self.tags in chains_of(error_type):
                self._fields(error_type)

    def _fields(self, error_type: Any) -> dict[str, Any]:
        """Return the values that an error of this type carries, as objects of the SDK.

        Raises:
            ValueError: the error has no field for one of the values, or the value is not valid.
        """
        found = fields_of(error_type, self.tags)
        given = {}
        for name, value in (self.values or {}).items():
            if name not in found:
                carried = ", ".join(found) or "none"
                raise ValueError(f"values: expected values of {carried}, got one of {name!r}")
            try:
                given[name] = json_compat_obj_decode(found[name], value)
                found[name].validate(given[name])
            except ValidationError as error:
                raise ValueError(f"values: {name}: {error}, got {value!r}") from None
        return {name: sample(validator) for name, validator in found.items()} | given

    def matches(self, call: Call) -> bool:
        return super().matches(call) and self.tags in chains_of(SDK_ROUTES[call.name].error_type)

    def apply(self, call: Call, call_next: Next) -> Any:
        route = IMPLEMENTED.get(call.name)
        own = {} if route is None else route.refusal(call, self.tags).fields
        fields = self._fields(SDK_ROUTES[call.name].error_type)
        unset = own.keys() - (self.values or {}).keys()
        raise RouteError(self.tags, fields | {name: own[name] for name in unset})


KINDS: dict[str, type[Fault]] = {
    name: kind
    for name, kind in vars().items()
    if isinstance(kind, type) and issubclass(kind, Fault) and kind is not Fault
}
"""All kinds of faults except `when`, by name."""
