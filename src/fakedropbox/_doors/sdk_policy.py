"""The SDK transport's behaviour around a request, for clients without HTTP.

This covers token refresh, retries and back-off, and the SDK's exceptions for refusals. Tests
compare it with the SDK's own code, call by call and log line by log line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, NoReturn

import dropbox
from dropbox import exceptions
from dropbox.dropbox_client import (
    TOKEN_EXPIRATION_BUFFER,
    BadInputException,
    _DropboxTransport,
)
from requests.structures import CaseInsensitiveDict
from stone.backends.python_rsrc import stone_validators as bv
from stone.backends.python_rsrc.stone_base import NO_DEFAULT, NOT_SET
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_decode, json_encode

from fakedropbox import errors
from fakedropbox._api.refusals import error_object
from fakedropbox._api.registry import SDK_NAMES, SDK_ROUTES, wire_name
from fakedropbox._api.structs import copier, reader
from fakedropbox._core.gate import Gate
from fakedropbox._doors.responses import FakeResponse, broken
from fakedropbox._facts import ROUTES
from fakedropbox._files.blobs import content_hash_text
from fakedropbox._identity.credentials import Credentials, basic
from fakedropbox._web import Asked, token
from fakedropbox._wire import decode, encode
from fakedropbox.calls import Reply
from fakedropbox.clock import NAIVE_EPOCH, Clock

_MICROSECOND = timedelta(microseconds=1)
_BUFFER = timedelta(seconds=TOKEN_EXPIRATION_BUFFER)
_NO_HEADERS: Mapping[str, str] = {}
_NO_AUTH = "noauth"
_HASH = "content_hash"
_Inner = tuple[tuple[str, Any], ...]
_FOUR_DIGITS = 1000  # the first year of four digits

# True if the SDK retries a token refresh after a 5xx error, and if it refreshes with its own
# scope; the oldest supported SDK does neither.
_REPEATS_A_REFRESH = (
    "_max_retries_on_error" in dropbox.Dropbox.refresh_access_token.__code__.co_names
)
_REFRESHES_IN_SCOPE = "_scope" in dropbox.Dropbox.request_json_string_with_retry.__code__.co_names


class _Tries:
    """The number of retries of one call, by reason."""

    __slots__ = ("has_refreshed", "rate_limits", "server_errors")

    def __init__(self) -> None:
        self.server_errors = 0
        self.rate_limits = 0
        self.has_refreshed = False


class _Habits(NamedTuple):
    """The properties that all calls of one route of the SDK share; they are looked up only once.

    ``kinds`` are the kinds of authentication. An argument has the type ``made``, and must have
    values in the slots ``required``. Its fields ``inner`` hold structs, and ``read_times`` reads
    those that hold times. ``read_hash`` reads its field for the hash of the content; None without.
    """

    name: str
    kinds: str
    is_for_accounts: bool
    made: type
    required: tuple[str, ...]
    inner: _Inner
    read_times: Callable[[Any], tuple[Any, ...]] | None
    read_hash: Callable[[Any], tuple[Any, ...]] | None


@cache
def _habits_of(namespace: str, route: Any) -> _Habits:
    kinds = route.attrs["auth"]
    made, required, inner, times = _shape(route.arg_type)
    return _Habits(
        SDK_NAMES.get(id(route)) or wire_name(namespace, route),
        kinds,
        "user" in kinds or "team" in kinds,
        made,
        required,
        inner,
        reader(made, *times) if times else None,
        reader(made, _HASH) if _HASH in getattr(made, "_all_field_names_", ()) else None,
    )


class DirectTransport(_DropboxTransport):
    """The SDK's transport with requests that go directly to a gate."""

    def __init__(self, gate: Gate, **options: Any) -> None:
        self._gate = gate
        super().__init__(**options)

    @property
    def _oauth2_access_token(self) -> str | None:
        return None if self._bearer is None else self._bearer.value

    @_oauth2_access_token.setter
    def _oauth2_access_token(self, token: str | None) -> None:
        self._bearer = Credentials("Bearer", token) if token else None

    @property
    def _oauth2_access_token_expiration(self) -> datetime | None:
        return self._expires

    @_oauth2_access_token_expiration.setter
    def _oauth2_access_token_expiration(self, expires: datetime | None) -> None:
        clock = self._gate.clock
        self._expires = expires
        self._jumped = clock.micros - clock.age
        self._fresh_until: int | None = None  # computed at the next call

    def request(
        self,
        route: Any,
        namespace: str,
        request_arg: Any,
        request_binary: bytes | None,
        timeout: float | None = None,  # noqa: ARG002 -- nothing takes real time here
        extra_headers: dict[str, str] | None = None,
    ) -> Any:
        """Call a route of the service, as the SDK's `request` does over the network."""
        habits = _habits_of(namespace, route)
        # The SDK sends the client's own headers only with credentials.
        headers = None if habits.kinds == _NO_AUTH else self._headers
        if extra_headers or headers:
            headers = CaseInsensitiveDict({**(headers or {}), **(extra_headers or {})})
        reply = self._perform(habits, route, request_arg, request_binary, headers or _NO_HEADERS)
        result, content, part = reply
        if content is None:
            return result

        name = habits.name

        def response_headers() -> dict[str, str]:
            return encode.reply(ROUTES[name], reply, self._gate.world)[1]

        status, reason = (200, "OK") if part is None else (206, "Partial Content")
        url = f"fake://dropbox/{name}"
        response = FakeResponse(status, reason, response_headers, content, url)
        return result, response

    def _perform(
        self,
        habits: _Habits,
        route: Any,
        arg: Any,
        content: bytes | None,
        headers: Mapping[str, str],
    ) -> Reply:
        """Make one call as the SDK would: refresh, check, send, retry.

        Raises:
            DropboxException: the SDK would raise it, too.
            requests.RequestException: a planned fault broke the connection.
        """
        self.check_and_refresh_access_token()
        name, inner = habits.name, habits.inner
        if type(arg) is not habits.made:
            route.arg_type.validate(arg)  # it raises the same error as the SDK's serializer
        for slot in habits.required:
            if getattr(arg, slot) is NOT_SET:
                route.arg_type.validate(arg)
        if inner:
            arg = _with_copies(arg, inner)
        arg = self._with_content_hash(habits, arg, content)
        is_short = _is_sent_with_a_short_year(habits, route, arg)
        tries = None
        while True:
            self._logger.info("Request to %s", name)
            if content is not None and not isinstance(content, bytes):
                raise TypeError(f"expected request_binary as binary type, got {type(content)}")
            try:
                return self._gate.call(
                    name,
                    self._credentials(habits, headers),
                    (lambda: self._through_json(name, route, arg)) if is_short else (lambda: arg),
                    content,
                    headers,
                )
            except errors.NotImplementedInFake as missing:
                self._gate.calls.missing[str(missing)] += 1
                raise
            except errors.Refusal as refused:
                tries = tries or _Tries()
                if not self._tries_again(tries, refused):
                    self._raise_as_sdk(name, route, refused)

    def _through_json(self, name: str, route: Any, arg: Any) -> Any:
        """Return an argument as the service receives it from the SDK, through JSON.

        Raises:
            BadInput: the service does not understand the SDK's JSON.
        """
        fact, text = ROUTES[name], json_encode(route.arg_type, arg)
        headers = {"Content-Type": decode.CORS_TYPE, "Dropbox-API-Arg": text}
        body = text.encode() if fact.style == "rpc" else b""
        return decode.argument(fact, headers, _NO_HEADERS, body, self._gate.world.personality)

    def _with_content_hash(self, habits: _Habits, arg: Any, content: Any) -> Any:
        """Return the argument as the SDK sends it: a copy with the upload's hash (F4-11)."""
        if habits.read_hash is None or not isinstance(content, bytes):
            return arg
        if not getattr(self, "_auto_content_hash", False):
            return arg  # it was turned off, or the SDK is one of the oldest, which add no hash
        if habits.read_hash(arg) != (None,):
            return arg
        sent = copier(arg.__class__)(arg)
        sent._content_hash_value = content_hash_text(content)  # noqa: SLF001 -- Stone's slot
        return sent

    def _credentials(self, habits: _Habits, headers: Mapping[str, str]) -> Credentials | None:
        if habits.is_for_accounts and self._bearer is not None:
            return self._bearer
        kinds = habits.kinds
        if "app" in kinds:
            if self._app_key is None or self._app_secret is None:
                raise BadInputException(
                    "Client id and client secret are required for routes with app auth"
                )
            return basic(self._app_key, self._app_secret)
        if kinds == _NO_AUTH:
            return Credentials.parse(given) if (given := headers.get("Authorization")) else None
        raise BadInputException(f"Unhandled auth type: {kinds}")

    def _tries_again(self, tries: _Tries, refused: errors.Refusal) -> bool:
        """Do what the SDK does before a retry; return False if it does not retry."""
        if isinstance(refused, errors.AuthRefused) and refused.tag == "expired_access_token":
            if tries.has_refreshed:
                return False
            tries.has_refreshed = True
            self._logger.info("ExpiredCredentials status_code=%s: Refreshing and Retrying", 401)
            self.refresh_access_token(scope=self._scope if _REFRESHES_IN_SCOPE else None)
            return True
        if isinstance(refused, errors.ServerFault):
            line = "HttpError status_code=%s: Retrying in %.1f seconds"
            return self._back_off(tries, refused, line)
        if isinstance(refused, errors.Throttled):
            tries.rate_limits += 1
            limit = self._max_retries_on_rate_limit
            if limit is None or limit >= tries.rate_limits:
                pause = refused.retry_after
                self._logger.info("Ratelimit: Retrying in %.1f seconds.", pause)
                self._gate.world.clock.sleep(pause)
                return True
        return False

    def _back_off(self, tries: _Tries, refused: errors.ServerFault, line: str) -> bool:
        """Wait after a server error, up to twice as long each time; return False after too many."""
        world = self._gate.world
        tries.server_errors += 1
        if tries.server_errors > self._max_retries_on_error:
            return False
        pause = 2**tries.server_errors * world.chance.random("sdk")
        self._logger.info(line, refused.status, pause)
        world.clock.sleep(pause)
        return True

    def check_and_refresh_access_token(self) -> None:
        """Fetch an access token if there is none, or if it expires within five minutes."""
        if self._needs_token():
            self.refresh_access_token(scope=self._scope)

    def _needs_token(self) -> bool:
        """Return whether the SDK would fetch an access token before it sends anything."""
        if not (self._oauth2_refresh_token and self._app_key):
            return False
        if self._bearer is None:
            return True
        clock = self._gate.clock
        if self._fresh_until is None:
            self._fresh_until = _fresh_until(self._expires, clock, self._jumped)
        return clock.age >= self._fresh_until

    def refresh_access_token(self, host: str = "", scope: list[str] | None = None) -> None:  # noqa: ARG002 -- the SDK's signature
        """Fetch an access token for the refresh token.

        Raises:
            DropboxException: the SDK would raise it, too.
        """
        if scope is not None and (not isinstance(scope, list) or not scope):
            raise BadInputException("Scope list must be of type list")
        if not (self._oauth2_refresh_token and self._app_key):
            # The extra spaces are in the SDK's own text.
            self._logger.warning(
                "Unable to refresh access token without                 refresh token and app key"
            )
            return
        self._logger.info("Refreshing access token.")
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._oauth2_refresh_token,
            "client_id": self._app_key,
        }
        if self._app_secret:
            form["client_secret"] = self._app_secret
        if scope:
            form["scope"] = " ".join(scope)
        asked = Asked(form, _NO_HEADERS)
        line = "HttpError status_code=%s while refreshing access token: Retrying in %.1f seconds"
        tries = _Tries()
        while True:
            try:
                found = self._gate.page(token, asked)
                break
            except errors.ServerFault as refused:
                if not (_REPEATS_A_REFRESH and self._back_off(tries, refused, line)):
                    self._raise_as_sdk(token.name, None, refused)
            except errors.Refusal as refused:
                self._raise_as_sdk(token.name, None, refused)
        now = self._gate.world.clock.utcnow()
        self._oauth2_access_token = found.access_token
        self._oauth2_access_token_expiration = now + timedelta(seconds=found.expires_in)

    def _raise_as_sdk(self, name: str, route: Any, refused: errors.Refusal) -> NoReturn:
        """Raise the exception that the SDK raises for a refusal.

        A route's own errors, which are frequent in tests, are built directly. The rare others
        are encoded as an HTTP response, which the SDK's own code decodes.

        Raises:
            DropboxException: the SDK's exception for the refusal.
            requests.RequestException: a planned fault broke the connection.
        """
        world = self._gate.world
        if isinstance(refused, errors.RouteError):
            error = error_object(SDK_ROUTES[name].error_type, refused)
            locale, text = refused.user_message or (None, None)
            raise exceptions.ApiError(world.chance.request_id(), error, text, locale) from None
        if isinstance(refused, errors.ConnectionBroken):
            raise broken(refused) from None
        status, headers, body = encode.refusal(name, refused, world)
        response = FakeResponse(status, "", lambda: headers, body, f"fake://dropbox/{name}")
        try:
            self.raise_dropbox_error_for_resp(response)
        except exceptions.DropboxException as error:
            raise error from None
        if route is None:
            response.json()  # a page's reply that is not JSON: this raises `JSONDecodeError`
        # `raise_dropbox_error_for_resp` does not raise for a 403; the SDK later decodes it as the
        # route's error.
        given = json.loads(headers.get("Dropbox-API-Result") or response.text)["error"]
        read = json_compat_obj_decode(route.error_type, given, strict=False)
        raise exceptions.ApiError(headers["X-Dropbox-Request-Id"], read, None, None) from None


def _fresh_until(expires: datetime | None, clock: Clock, jumped: int) -> int:
    """Return the `Clock.age` until which the SDK uses a token, given its expiry.

    ``jumped`` is the time of the clock minus its age, in microseconds, when the expiry was set.
    """
    if not expires:
        return 0
    clock.utcnow() + _BUFFER >= expires  # noqa: B015 -- a TypeError if aware, as in the SDK
    return (expires - _BUFFER - NAIVE_EPOCH) // _MICROSECOND - jumped


def _is_sent_with_a_short_year(habits: _Habits, route: Any, arg: Any) -> bool:
    """Return the same as `_has_short_year` for the argument of a route, but faster."""
    if habits.inner:
        return _has_short_year(route.arg_type, arg)
    return habits.read_times is not None and _is_short(habits.read_times(arg))


def _has_short_year(validator: Any, value: Any) -> bool:
    """Return whether an argument contains a time before the year 1000.

    The SDK writes such a year with four digits only in some versions of Python.
    """
    if isinstance(validator, bv.List):
        return any(_has_short_year(validator.item_validator, each) for each in value)
    _, _, inner, times = _shape(validator)
    return _is_short([getattr(value, name) for name in times]) or any(
        _has_short_year(member, getattr(value, name)) for name, member in inner
    )


def _is_short(moments: Iterable[datetime | None]) -> bool:
    for moment in moments:  # noqa: SIM110 -- without a generator, as each upload asks
        if moment is not None and moment.year < _FOUR_DIGITS:
            return True
    return False


@cache
def _shape(validator: Any) -> tuple[type, tuple[str, ...], _Inner, tuple[str, ...]]:
    """Return a struct's type, its required slots, and its fields that hold structs or times.

    A field that holds structs holds one or a list of them. The value in a slot needs no check, as
    the setter that stored it has checked it.
    """
    if not isinstance(validator, bv.Struct):
        return type(None), (), (), ()
    made = validator.definition
    fields = [getattr(made, name) for name, _ in made._all_fields_]
    required = [f.name for f in fields if f.default is NO_DEFAULT and not f.nullable]
    inner = [field for field in made._all_fields_ if _holds_structs(field[1])]
    times = [name for name, member in made._all_fields_ if _holds_a_time(member)]
    return made, tuple(required), tuple(inner), tuple(times)


def _holds_structs(member: Any) -> bool:
    return type(getattr(member, "item_validator", member)) is bv.Struct


def _holds_a_time(member: Any) -> bool:
    return type(getattr(member, "validator", member)) is bv.Timestamp


def _with_copies(value: Any, inner: _Inner) -> Any:
    """Return a copy of a struct and of the structs in it.

    The SDK sends the struct's present values; the caller may change it afterwards, such as the
    offset of a cursor.
    """
    copy = copier(value.__class__)(value)
    for name, member in inner:
        setattr(copy, f"_{name}_value", _copied(member, getattr(value, name)))
    return copy


def _copied(validator: Any, value: Any) -> Any:
    if isinstance(validator, bv.List):
        return [_copied(validator.item_validator, each) for each in value]
    validator.validate(value)
    return _with_copies(value, _shape(validator)[2])
