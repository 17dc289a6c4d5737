"""What the SDK's transport does around a request, for the client that has no transport.

Token refresh, retries and back-off, and the SDK's exceptions for refusals. Tests hold
this to the SDK's own code, call for call and log line for log line.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

import dropbox
from dropbox import exceptions
from dropbox.dropbox_client import TOKEN_EXPIRATION_BUFFER, BadInputException
from stone.backends.python_rsrc import stone_validators as bv
from stone.backends.python_rsrc.stone_base import NO_DEFAULT, NOT_SET
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_decode

from fakedropbox import errors
from fakedropbox._api import IMPLEMENTED
from fakedropbox._api.refusals import error_object
from fakedropbox._api.structs import copier
from fakedropbox._files.blobs import content_hash
from fakedropbox._responses import FakeResponse, broken
from fakedropbox._web import Asked, token
from fakedropbox._wire import encode
from fakedropbox.clock import NAIVE_EPOCH, Clock
from fakedropbox.gate import Credentials

if TYPE_CHECKING:
    from fakedropbox.calls import Reply
    from fakedropbox.client import _Direct

_MICROSECOND = timedelta(microseconds=1)
_BUFFER = timedelta(seconds=TOKEN_EXPIRATION_BUFFER)
_NO_HEADERS: Mapping[str, str] = {}
_Inner = tuple[tuple[str, Any], ...]

# Two habits that the SDK took up after its floor.
_REPEATS_A_REFRESH = (
    "_max_retries_on_error" in dropbox.Dropbox.refresh_access_token.__code__.co_names
)
_REFRESHES_IN_SCOPE = "_scope" in dropbox.Dropbox.request_json_string_with_retry.__code__.co_names


def perform(
    client: _Direct,
    name: str,
    route: Any,
    arg: Any,
    content: bytes | None,
    headers: Mapping[str, str] | None,
) -> Reply:
    """Make one call as the SDK would: refresh, check, send, retry.

    Raises:
        DropboxException: as the SDK does.
        requests.RequestException: the reply was lost.
    """
    client.check_and_refresh_access_token()
    kind, required, inner = _shape(route.arg_type)
    if type(arg) is not kind:
        route.arg_type.validate(arg)  # it says what the SDK's serializer would
    for slot in required:
        if getattr(arg, slot) is NOT_SET:
            route.arg_type.validate(arg)
    if inner:
        arg = _with_own(arg, inner)
    arg = _with_content_hash(client, arg, content)
    retries = None
    while True:
        client._logger.info("Request to %s", name)
        if content is not None and not isinstance(content, bytes):
            raise TypeError(f"expected request_binary as binary type, got {type(content)}")
        try:
            return client._gate.call(
                name, _credentials(client, route), lambda: arg, content, headers or _NO_HEADERS
            )
        except errors.Refusal as refused:
            retries = retries or _Retries(client, name, route)
            retries.after(refused)


def _with_content_hash(client: _Direct, arg: Any, content: Any) -> Any:
    """The argument as the SDK sends it: a copy with the hash of what is uploaded (F4-11)."""
    if not isinstance(content, bytes) or not getattr(client, "_auto_content_hash", False):
        return arg  # the SDK's floor adds none
    fields = getattr(arg, "_all_field_names_", ())
    if "content_hash" not in fields or arg.content_hash is not None:
        return arg
    sent = copier(arg.__class__)(arg)
    sent._content_hash_value = content_hash(content).hex()
    return sent


@cache
def _shape(validator: Any) -> tuple[type, tuple[str, ...], _Inner]:
    """The type of a struct, the slots that must be filled, and the fields of structs.

    Such a field holds one, or a list of them. What stands in a slot has been checked by the
    setter that put it there.
    """
    if not isinstance(validator, bv.Struct):
        return type(None), (), ()
    made = validator.definition
    fields = [getattr(made, name) for name, _ in made._all_fields_]
    required = [f.name for f in fields if f.default is NO_DEFAULT and not f.nullable]
    inner = [field for field in made._all_fields_ if _holds_structs(field[1])]
    return made, tuple(required), tuple(inner)


def _holds_structs(member: Any) -> bool:
    return type(getattr(member, "item_validator", member)) is bv.Struct


def _with_own(value: Any, inner: _Inner) -> Any:
    """The struct with copies of the structs in it.

    The SDK sends it as it is now; who gave it may go on with it, as with a cursor's offset.
    """
    own = copier(value.__class__)(value)
    for name, member in inner:
        setattr(own, f"_{name}_value", _own(member, getattr(value, name)))
    return own


def _own(validator: Any, value: Any) -> Any:
    if isinstance(validator, bv.List):
        return [_own(validator.item_validator, each) for each in value]
    validator.validate(value)
    return _with_own(value, _shape(validator)[2])


def _credentials(client: _Direct, route: Any) -> Credentials | None:
    kinds = route.attrs["auth"]
    if client._oauth2_access_token and ("user" in kinds or "team" in kinds):
        return Credentials("Bearer", client._oauth2_access_token)
    if "app" in kinds:
        if client._app_key is None or client._app_secret is None:
            raise BadInputException(
                "Client id and client secret are required for routes with app auth"
            )
        both = f"{client._app_key}:{client._app_secret}"
        return Credentials("Basic", base64.b64encode(both.encode()).decode())
    if kinds == "noauth":
        return None
    raise BadInputException(f"Unhandled auth type: {kinds}")


class _Retries:
    """How often one call has been tried again, and why."""

    def __init__(self, client: _Direct, name: str, route: Any) -> None:
        self._client = client
        self._name = name
        self._route = route
        self._server_errors = 0
        self._rate_limits = 0
        self._has_refreshed = False

    def after(self, refused: errors.Refusal) -> None:
        """Do what the SDK does before it tries once more.

        Raises:
            DropboxException: the SDK does not try once more.
        """
        client = self._client
        if isinstance(refused, errors.AuthRefused) and refused.tag == "expired_access_token":
            if not self._has_refreshed:
                self._has_refreshed = True
                client._logger.info(
                    "ExpiredCredentials status_code=%s: Refreshing and Retrying", 401
                )
                client.refresh_access_token(scope=client._scope if _REFRESHES_IN_SCOPE else None)
                return
        elif isinstance(refused, errors.ServerFault):
            if self.back_off(refused, "HttpError status_code=%s: Retrying in %.1f seconds"):
                return
        elif isinstance(refused, errors.Throttled):
            self._rate_limits += 1
            limit = client._max_retries_on_rate_limit
            if limit is None or limit >= self._rate_limits:
                pause = refused.retry_after
                client._logger.info("Ratelimit: Retrying in %.1f seconds.", pause)
                client._gate.world.clock.sleep(pause)
                return
        raise_as_sdk(client, self._name, self._route, refused)

    def back_off(self, refused: errors.ServerFault, line: str) -> bool:
        """Wait after a server error, longer each time; False once it was one too many."""
        client, world = self._client, self._client._gate.world
        self._server_errors += 1
        if self._server_errors > client._max_retries_on_error:
            return False
        pause = 2**self._server_errors * world.chance.random("sdk")
        client._logger.info(line, refused.status, pause)
        world.clock.sleep(pause)
        return True


def needs_token(client: _Direct) -> bool:
    """Whether the SDK would fetch an access token before it sends anything."""
    if not (client._oauth2_refresh_token and client._app_key):
        return False
    if not client._oauth2_access_token:
        return True
    if client._fresh_until is None:
        client._fresh_until = _fresh_until(client._expires, client._gate.world.clock)
    return bool(client._gate.world.clock.micros >= client._fresh_until)


def _fresh_until(expires: datetime | None, clock: Clock) -> int:
    """Until when the SDK uses an access token that ends at `expires`, in microseconds."""
    if not expires:
        return 0
    clock.utcnow() + _BUFFER >= expires  # noqa: B015 -- an aware one is the SDK's TypeError
    return (expires - _BUFFER - NAIVE_EPOCH) // _MICROSECOND


def refresh(client: _Direct, scope: list[str] | None) -> None:
    """Fetch an access token for the client's refresh token.

    Raises:
        DropboxException: as the SDK does.
    """
    form = {
        "grant_type": "refresh_token",
        "refresh_token": client._oauth2_refresh_token,
        "client_id": client._app_key,
    }
    if client._app_secret:
        form["client_secret"] = client._app_secret
    if scope:
        form["scope"] = " ".join(scope)
    line = "HttpError status_code=%s while refreshing access token: Retrying in %.1f seconds"
    asked = Asked(form, _NO_HEADERS)
    retries = _Retries(client, token.name, None)
    while True:
        try:
            found = token.ask(client._gate, asked)
            break
        except errors.ServerFault as refused:
            if not (_REPEATS_A_REFRESH and retries.back_off(refused, line)):
                raise_as_sdk(client, token.name, None, refused)
        except errors.Refusal as refused:
            raise_as_sdk(client, token.name, None, refused)
    now = client._gate.world.clock.utcnow()
    client._oauth2_access_token = found.access_token
    assert found.expires_in is not None
    client._oauth2_access_token_expiration = now + timedelta(seconds=found.expires_in)


def raise_as_sdk(client: _Direct, name: str, route: Any, refused: errors.Refusal) -> NoReturn:
    """Raise what the SDK raises for a refusal.

    A route's own errors, which tests meet all the time, are built at once. The rare rest
    is put into the words of the wire and read by the SDK's own code.

    Raises:
        DropboxException: the SDK's.
        requests.RequestException: the reply was lost.
    """
    world = client._gate.world
    if isinstance(refused, errors.RouteError):
        error = error_object(IMPLEMENTED[name].sdk.error_type, refused)
        raise exceptions.ApiError(world.chance.request_id(), error, None, None) from None
    if isinstance(refused, errors.ConnectionBroken):
        raise broken(refused) from None
    status, headers, body = encode.refusal(name, refused, world)
    response = FakeResponse(status, "", lambda: headers, body, f"fake://dropbox/{name}")
    try:
        client.raise_dropbox_error_for_resp(response)
    except exceptions.DropboxException as error:
        raise error from None
    if route is None:
        response.json()  # a page's reply: this says what is wrong with it
    # It leaves a 403 to its caller, who reads it as if it were the route's own error.
    given = json.loads(headers.get("Dropbox-API-Result") or response.text)["error"]
    read = json_compat_obj_decode(route.error_type, given, strict=False)
    raise exceptions.ApiError(headers["X-Dropbox-Request-Id"], read, None, None) from None
