"""The direct door: SDK clients that call the service in memory, without HTTP or JSON."""

from __future__ import annotations

import inspect
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dropbox
import requests
from dropbox.dropbox_client import BadInputException, _DropboxTransport
from requests.structures import CaseInsensitiveDict

from fakedropbox import _sdk_policy
from fakedropbox._api import SDK_NAMES, wire_name
from fakedropbox._checks import expect
from fakedropbox._facts import ROUTES
from fakedropbox._responses import FakeResponse
from fakedropbox._wire import encode
from fakedropbox.intercept import ServiceSession
from fakedropbox.login import Login

if TYPE_CHECKING:
    from fakedropbox.gate import Gate
    from fakedropbox.service import FakeDropboxService

_CREDENTIALS = {
    "oauth2_access_token": "access_token",
    "oauth2_refresh_token": "refresh_token",
    "app_key": "app_key",
    "app_secret": "app_secret",
}


class _Direct(_DropboxTransport):
    """What both direct clients do in place of the SDK's transport.

    They take every argument of the SDK's clients, and ``service``. Without it they get a
    service of their own, which accepts the credentials that were given.
    """

    def __init__(
        self, *args: Any, service: FakeDropboxService | None = None, **kwargs: Any
    ) -> None:
        bound = _SIGNATURE.bind(self, *args, **kwargs).arguments
        del bound["self"]
        session = bound.get("session")
        if session and not isinstance(session, requests.Session):
            raise BadInputException(f"Expected requests.sessions.Session, got {session}")
        from fakedropbox.service import FakeDropboxService  # it makes clients

        expect("service", service, FakeDropboxService, type(None))
        if service is None:
            service = session.service if isinstance(session, ServiceSession) else _own(bound)
        if not any(bound.get(name) for name in _CREDENTIALS):
            login = service.login
            bound.update({name: getattr(login, field) for name, field in _CREDENTIALS.items()})
            expires = service.expiry_of(login.access_token)
            bound["oauth2_access_token_expiration"] = expires
        bound["session"] = service.shared_session
        self._service = service
        self._gate: Gate = service.gate
        super().__init__(**bound)

    @property
    def service(self) -> FakeDropboxService:
        """The service that this client talks to."""
        return self._service

    @property
    def _oauth2_access_token_expiration(self) -> datetime | None:
        return self._expires

    @_oauth2_access_token_expiration.setter
    def _oauth2_access_token_expiration(self, expires: datetime | None) -> None:
        self._expires = expires
        self._fresh_until: int | None = None  # counted at the next call

    def clone(self, *args: Any, **kwargs: Any) -> Any:
        """A copy with other settings, on the same service."""
        bound = _CLONE_SIGNATURE.bind(self, *args, **kwargs).arguments
        del bound["self"]
        bound.pop("session", None)  # a session would lead elsewhere
        return super().clone(**bound)

    def request(
        self,
        route: Any,
        namespace: str,
        request_arg: Any,
        request_binary: bytes | None,
        timeout: float | None = None,  # noqa: ARG002 -- nothing takes time here
        extra_headers: dict[str, str] | None = None,
    ) -> Any:
        """Call a route of the service, as the SDK's `request` does over the network."""
        name = SDK_NAMES.get(id(route)) or wire_name(namespace, route)
        headers = self._headers
        if extra_headers or headers:
            headers = CaseInsensitiveDict({**(headers or {}), **(extra_headers or {})})
        reply = _sdk_policy.perform(self, name, route, request_arg, request_binary, headers)
        result, content, part = reply
        if content is None:
            return result

        def response_headers() -> dict[str, str]:
            return encode.reply(ROUTES[name], reply, self._gate.world)[1]

        status, reason = (200, "OK") if part is None else (206, "Partial Content")
        url = f"fake://dropbox/{name}"
        response = FakeResponse(status, reason, response_headers, content, url)
        return result, response

    def request_json_string_with_retry(self, *args: Any, **kwargs: Any) -> Any:
        """The SDK's own loop, for the rare caller of `request_json_object`; it waits for nobody."""
        with self._service.activate():
            return super().request_json_string_with_retry(*args, **kwargs)

    def check_and_refresh_access_token(self) -> None:
        """Fetch an access token if there is none, or if it ends within five minutes."""
        if _sdk_policy.needs_token(self):
            self.refresh_access_token(scope=self._scope)

    def refresh_access_token(self, host: str = "", scope: list[str] | None = None) -> None:  # noqa: ARG002 -- the SDK's signature
        """Fetch an access token for the refresh token."""
        if scope is not None and (not isinstance(scope, list) or not scope):
            raise BadInputException("Scope list must be of type list")
        if not (self._oauth2_refresh_token and self._app_key):
            # The blanks are the SDK's.
            self._logger.warning(
                "Unable to refresh access token without                 refresh token and app key"
            )
            return
        self._logger.info("Refreshing access token.")
        _sdk_policy.refresh(self, scope)


def _own(bound: dict[str, Any]) -> FakeDropboxService:
    """A service of the client's own, which knows the credentials that were given."""
    from fakedropbox.service import FakeDropboxService

    given = {field: bound.get(name) or "" for name, field in _CREDENTIALS.items()}
    return FakeDropboxService(login=Login(**given))


class FakeDropbox(_Direct, dropbox.Dropbox):
    """A `dropbox.Dropbox` in memory: the same methods, results and errors, no network.

    It takes every argument of `dropbox.Dropbox`, and ``service`` to share an account with
    other clients. Without ``service`` it has one of its own.

    >>> from fakedropbox import FakeDropbox
    >>> dbx = FakeDropbox()
    >>> dbx.files_upload(b"hello", "/greeting.txt").size
    5
    >>> meta, response = dbx.files_download("/greeting.txt")
    >>> response.content
    b'hello'
    """


class FakeDropboxTeam(_Direct, dropbox.DropboxTeam):
    """A `dropbox.DropboxTeam` in memory. No team route is implemented yet: each says so."""

    def _get_dropbox_client_with_select_header(self, name: str, member_id: str) -> FakeDropbox:
        plain = super()._get_dropbox_client_with_select_header(name, member_id)
        kept = set(_SIGNATURE.parameters) - {"self", "session", "user_agent", "ca_certs"}
        options = {option: getattr(plain, f"_{option}") for option in kept}
        return FakeDropbox(service=self._service, user_agent=plain._raw_user_agent, **options)


_SIGNATURE = inspect.signature(dropbox.Dropbox.__init__)
_CLONE_SIGNATURE = inspect.signature(dropbox.Dropbox.clone)
