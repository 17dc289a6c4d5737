"""The service: one Dropbox, with its accounts, apps and files, and all doors to it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fakedropbox._base.checks import expect
from fakedropbox._core.service import Service, Snapshot
from fakedropbox._doors.activation import activated
from fakedropbox._doors.adapter import ServiceSession
from fakedropbox.client import FakeDropbox
from fakedropbox.login import Login

if TYPE_CHECKING:
    from fakedropbox.server.running import Server

__all__ = ["FakeDropboxService", "Snapshot"]


class FakeDropboxService(Service):
    """One Dropbox in memory.

    Args:
        seed: all that is made up (ids, tokens, cursors, jitter) follows from it.
        personality: what the real service leaves open.
        clock: a `ManualClock` that stands at 2026-01-01 unless given.
        scopes: what the default login's token may do; everything unless given.
        app_folder: makes the default app an app-folder app, with its folder of this name.
        redirect_uris: where the authorize page may send the default app's codes; this
            machine's own addresses need not be named.
        auto_approve: lets the default app in without asking on the authorize page.
        login: credentials of the default login that are to be accepted; what it leaves
            empty is made up.
        files: contents by path, to begin with.

    >>> from fakedropbox import FakeDropboxService
    >>> service = FakeDropboxService(files={"/a.txt": b"hello"})
    >>> service.client().files_get_metadata("/a.txt").size
    5
    """

    @cached_property
    def shared_session(self) -> ServiceSession:
        """The one session that all direct clients carry and do not use."""
        return ServiceSession(self)

    def client(self, login: Login | None = None, **options: Any) -> FakeDropbox:
        """A new client: a `dropbox.Dropbox` without a network.

        Args:
            login: the default login unless given.
            **options: arguments of `dropbox.Dropbox`.
        """
        expect("login", login, Login, type(None))
        login = login or self.login
        credentials = {
            "oauth2_access_token": login.access_token,
            "oauth2_access_token_expiration": self.expiry_of(login.access_token),
            "oauth2_refresh_token": login.refresh_token,
            "app_key": login.app_key,
            "app_secret": login.app_secret,
        }
        return FakeDropbox(service=self, **{**credentials, **options})

    def session(self) -> ServiceSession:
        """A `requests.Session` for ``dropbox.Dropbox(…, session=…)`` that leads here.

        It touches nothing else in the process, so the SDK's own pauses take real time;
        under `activate` they do not.
        """
        return ServiceSession(self)

    def activate(self) -> AbstractContextManager[FakeDropboxService]:
        """Make every SDK client in the process talk to this service, while in the context.

        Clients built before do too. Activations nest; the innermost one counts.
        """
        return activated(self)

    def serve(self, **options: Any) -> Server[FakeDropboxService]:
        """Serve it over HTTPS on this machine while in the context; see `Server`.

        It needs the extra ``server``.

        Args:
            **options: ``host``, ``port`` and ``allow_remote`` of `Server`.
        """
        from fakedropbox.server.running import Server

        return Server(self, **options)
