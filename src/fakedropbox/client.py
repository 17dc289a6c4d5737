"""The direct clients: SDK clients that call the service in memory, without HTTP or JSON."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

import dropbox
import requests
from dropbox.dropbox_client import BadInputException

from fakedropbox._base import factory
from fakedropbox._core.service import Service
from fakedropbox._doors.adapter import ServiceSession
from fakedropbox._doors.sdk_policy import DirectTransport
from fakedropbox.login import Login

if TYPE_CHECKING:  # `fakedropbox.service` imports this module, because a service makes clients
    from fakedropbox.service import FakeDropboxService

_CREDENTIALS = {
    "oauth2_access_token": "access_token",
    "oauth2_refresh_token": "refresh_token",
    "app_key": "app_key",
    "app_secret": "app_secret",
}


class _Direct(DirectTransport):
    """The base of both direct clients, which replaces the SDK's transport.

    It takes every argument of the SDK's clients, and ``service``. Without ``service``, the
    client uses that of a ``session`` of a service, or gets a new one of its own, which accepts the
    credentials that were given.
    """

    def __init__(
        self, *args: Any, service: FakeDropboxService | None = None, **kwargs: Any
    ) -> None:
        bound = _SIGNATURE.bind(self, *args, **kwargs).arguments
        del bound["self"]
        session = bound.get("session")
        if session and not isinstance(session, requests.Session):
            raise BadInputException(f"Expected requests.sessions.Session, got {session}")
        if not isinstance(service, (Service, type(None))):
            raise TypeError(f"service: expected FakeDropboxService or None, got {service!r}")
        if service is None:
            if isinstance(session, ServiceSession):
                service = cast("FakeDropboxService", session.service)
            else:
                service = self._own_service(_given(bound))
        if not any(bound.get(name) for name in _CREDENTIALS):
            bound.update(self._default_credentials(service))
        bound["session"] = service.shared_session
        self._service = service
        super().__init__(service.gate, **bound)

    @property
    def service(self) -> FakeDropboxService:
        """The service that this client talks to."""
        return self._service

    def clone(self, *args: Any, **kwargs: Any) -> Any:
        """Return a copy with other settings that talks to the same service."""
        bound = _CLONE_SIGNATURE.bind(self, *args, **kwargs).arguments
        del bound["self"]
        bound.pop("session", None)  # the copy must not leave the service for another session
        return super().clone(**bound)

    def request_json_string_with_retry(self, *args: Any, **kwargs: Any) -> Any:
        """Run the SDK's own retry loop, for the rare caller of `request_json_object`.

        Its pauses take no real time.
        """
        with self._service.activate():
            return super().request_json_string_with_retry(*args, **kwargs)

    @staticmethod
    def _own_service(given: Login) -> FakeDropboxService:
        """Return a new service that accepts the credentials given to the client."""
        own: FakeDropboxService = factory.new_service(login=given)
        return own

    @staticmethod
    def _default_credentials(service: FakeDropboxService) -> dict[str, Any]:
        """Return the credentials of a client that is given none."""
        return credentials_of(service, service.login)


def credentials_of(service: FakeDropboxService, login: Login) -> dict[str, Any]:
    """Return the arguments of the SDK's clients for a login."""
    credentials: dict[str, Any] = {
        name: getattr(login, field) for name, field in _CREDENTIALS.items()
    }
    return {**credentials, "oauth2_access_token_expiration": service.expiry_of(login.access_token)}


def _given(bound: dict[str, Any]) -> Login:
    """Return the credentials given to a client."""
    return Login(**{field: bound.get(name) or "" for name, field in _CREDENTIALS.items()})


class FakeDropbox(_Direct, dropbox.Dropbox):
    """A `dropbox.Dropbox` in memory: the same methods, results and errors, no network.

    It takes every argument of `dropbox.Dropbox`, and ``service`` to share an account with
    other clients. Without ``service``, it gets a new service of its own. Without credentials,
    it uses the service's default login. The attribute ``service`` is the service.

    >>> from fakedropbox import FakeDropbox
    >>> dbx = FakeDropbox()
    >>> dbx.files_upload(b"hello", "/greeting.txt").size
    5
    >>> meta, response = dbx.files_download("/greeting.txt")
    >>> response.content
    b'hello'
    """


class FakeDropboxTeam(_Direct, dropbox.DropboxTeam):
    """A `dropbox.DropboxTeam` in memory: it acts for a team, and by `as_user` for a member.

    It takes every argument of `dropbox.DropboxTeam`, and ``service``. Without ``service``, it gets
    a new service of its own, with a team whose only member is ``admin@example.com``. Without
    credentials, it uses a new login of the service's first team. The attribute ``service`` is the
    service.

    >>> from fakedropbox import FakeDropboxTeam
    >>> team = FakeDropboxTeam()
    >>> admin = team.team_members_list_v2().members[0].profile
    >>> team.as_user(admin.team_member_id).files_upload(b"hello", "/greeting.txt").size
    5
    """

    @staticmethod
    def _own_service(given: Login) -> FakeDropboxService:
        # The given tokens become those of the team, so the service's own login has different ones.
        app = Login(app_key=given.app_key, app_secret=given.app_secret)
        own: FakeDropboxService = factory.new_service(login=app)
        team = own.teams.create(members=["admin@example.com"])
        if given.access_token or given.refresh_token:
            own.logins.create(team=team, login=given)
        return own

    @staticmethod
    def _default_credentials(service: FakeDropboxService) -> dict[str, Any]:
        login = service.logins.create(team=service.teams.default, scopes=service.scopes)
        return credentials_of(service, login)

    def _get_dropbox_client_with_select_header(self, name: str, member_id: str) -> FakeDropbox:
        plain = super()._get_dropbox_client_with_select_header(name, member_id)
        kept = set(_SIGNATURE.parameters) - {"self", "session", "user_agent", "ca_certs"}
        options = {option: getattr(plain, f"_{option}") for option in kept}
        options["user_agent"] = plain._raw_user_agent  # noqa: SLF001 -- the SDK's
        return FakeDropbox(service=self._service, **options)


_SIGNATURE = inspect.signature(dropbox.Dropbox.__init__)
_CLONE_SIGNATURE = inspect.signature(dropbox.Dropbox.clone)


def _shown(signature: inspect.Signature) -> inspect.Signature:
    """Return the SDK's signature with the argument ``service``, for `help`."""
    service = inspect.Parameter(
        "service",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation="FakeDropboxService | None",
    )
    return signature.replace(parameters=[*signature.parameters.values(), service])


_Direct.__init__.__signature__ = _shown(_SIGNATURE)  # type: ignore[attr-defined]
