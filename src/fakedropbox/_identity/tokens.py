"""Tokens: what a link between an app and an account is good for, and until when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from fakedropbox._facts import messages
from fakedropbox._facts.limits import ACCESS_TOKEN_SECONDS
from fakedropbox._identity.people import FORCED_SCOPE, Account, App, Apps
from fakedropbox._undo import UndoLog
from fakedropbox.chance import Chance
from fakedropbox.clock import Clock
from fakedropbox.errors import TokenRefused

_REFRESH_TOKEN = re.compile(r"[A-Za-z0-9_-]{64}")


class Link(NamedTuple):
    """An app that an account has let in: what a refresh token stands for."""

    account: Account
    app: App
    scopes: frozenset[str]
    refresh_token: str
    pkce: bool

    def __repr__(self) -> str:
        return f"<Link of {self.app.key} to {self.account.email}>"


class Grant(NamedTuple):
    """What an access token stands for. ``expires`` is in microseconds, None for never."""

    account: Account
    app: App
    scopes: frozenset[str]
    expires: int | None
    link: Link


class Tokens:
    """All links and all access tokens. Times are the service's."""

    def __init__(self, clock: Clock, chance: Chance, undo: UndoLog) -> None:
        self._clock = clock
        self._chance = chance
        self._undo = undo
        self._links: dict[str, Link] = {}
        self._grants: dict[str, Grant] = {}

    def link(
        self,
        account: Account,
        app: App,
        scopes: frozenset[str],
        refresh_token: str | None = None,
        *,
        pkce: bool = False,
    ) -> Link:
        """Let an app into an account; the refresh token is made up unless given.

        A link made with PKCE is refreshed without the app's secret (§2.2).
        """
        token = refresh_token or self._chance.token("refresh", 48)
        if token in self._links:
            raise ValueError("refresh_token: expected one that no link has yet")
        link = Link(account, app, (scopes & app.scopes) | {FORCED_SCOPE}, token, pkce)
        self._links[token] = link
        self._undo.note(self._links.pop, token)
        return link

    def issue(
        self,
        link: Link,
        scopes: frozenset[str] | None = None,
        *,
        token: str | None = None,
        expires: bool = True,
    ) -> str:
        """A new access token for a link, with all its scopes or fewer."""
        text = token or f"sl.u.{self._chance.token('access', 480)}"
        end = self._clock.micros + ACCESS_TOKEN_SECONDS * 1_000_000 if expires else None
        granted = link.scopes if scopes is None else scopes & link.scopes
        # It stays when a snapshot is restored, and dies with its link: a client that has
        # fetched it meanwhile holds it still.
        self._grants[text] = Grant(link.account, link.app, granted, end, link)
        return text

    def adopt(self, earlier: Tokens) -> None:
        """Take over the access tokens of an earlier life's links that exist again."""
        for text, grant in earlier._grants.items():
            link = self._links.get(grant.link.refresh_token)
            if link is not None:
                self._grants.setdefault(text, grant._replace(link=link, account=link.account))

    def grant(self, token: str) -> Grant | None:
        """What an access token stands for, expired or not; None once its link has ended."""
        grant = self._grants.get(token)
        if grant is None or self._links.get(grant.link.refresh_token) is not grant.link:
            return None
        return grant

    def is_expired(self, grant: Grant) -> bool:
        """Whether the token's time is over."""
        return grant.expires is not None and self._clock.micros >= grant.expires

    def revoke(self, link: Link) -> None:
        """End a link: its refresh token and all its access tokens (O2.3-01)."""
        self._undo.note(self._links.__setitem__, link.refresh_token, link)
        del self._links[link.refresh_token]

    def refresh(self, apps: Apps, form: Mapping[str, str]) -> str:
        """A new access token for a refresh token (§2.2 of the OAuth facts).

        ``form`` holds ``client_id``, ``client_secret`` unless the link was made with PKCE,
        ``refresh_token``, and ``scope`` to ask for less than was granted.

        Raises:
            TokenRefused: as the token endpoint does.
        """
        if "client_id" not in form:
            raise TokenRefused("invalid_request", messages.NO_CLIENT)
        app = apps.by_key(form["client_id"])
        refresh_token = form.get("refresh_token", "")
        link = self._links.get(refresh_token)
        by_pkce = link is not None and link.pkce and "client_secret" not in form
        if app is None or not (by_pkce or form.get("client_secret") == app.secret):
            raise TokenRefused(messages.BAD_CLIENT)
        if not _REFRESH_TOKEN.fullmatch(refresh_token) and refresh_token not in self._links:
            raise TokenRefused("invalid_grant", messages.REFRESH_MALFORMED)
        if link is None or link.app is not app:
            raise TokenRefused("invalid_grant", messages.REFRESH_REVOKED)
        scope = form.get("scope")
        if scope is None:
            return self.issue(link)
        wanted = frozenset(scope.split())
        if not wanted <= link.scopes:
            raise TokenRefused("invalid_scope", f"scope {scope!r} is more than was granted")
        return self.issue(link, wanted)
