"""Tokens: what a link between an app and an account is good for, and until when."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
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


class Code(NamedTuple):
    """What an authorization code stands for, and how it has to be redeemed.

    ``expires`` is in microseconds. ``challenge`` is PKCE's, with its method, or None.
    """

    account: Account
    app: App
    scopes: frozenset[str]
    expires: int
    redirect_uri: str | None
    challenge: tuple[str, str] | None
    access_type: str


class Redeemed(NamedTuple):
    """What comes for a code: an access token that may expire, and the link that it is of.

    ``offline`` says whether the refresh token is given out.
    """

    access_token: str
    link: Link
    expires: bool
    offline: bool


class Tokens:
    """All links and all access tokens. Times are the service's."""

    def __init__(self, clock: Clock, chance: Chance, undo: UndoLog) -> None:
        self._clock = clock
        self._chance = chance
        self._undo = undo
        self._links: dict[str, Link] = {}
        self._grants: dict[str, Grant] = {}
        self._codes: dict[str, Code] = {}
        self._used: set[str] = set()

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
        refresh_token = form.get("refresh_token", "")
        link = self._links.get(refresh_token)
        app = _client(apps, form, pkce=link is not None and link.pkce)
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

    def add_code(self, code: Code) -> str:
        """A new authorization code."""
        text = self._chance.token("code", 32)  # 43 characters (O2.1-06)
        self._codes[text] = code
        self._undo.note(self._codes.pop, text)
        return text

    def redeem(self, apps: Apps, form: Mapping[str, str]) -> Redeemed:
        """The tokens for an authorization code (§2.2 of the OAuth facts).

        Raises:
            TokenRefused: as the token endpoint does.
        """
        text = form.get("code", "")
        code = self._codes.get(text)
        app = _client(apps, form, pkce=code is not None and code.challenge is not None)
        if code is None or code.app is not app or code.expires <= self._clock.micros:
            raise TokenRefused("invalid_grant", messages.CODE_UNKNOWN)
        if text in self._used:
            raise TokenRefused("invalid_grant", messages.CODE_USED)
        if code.redirect_uri != form.get("redirect_uri"):
            raise TokenRefused("invalid_grant", messages.REDIRECT_MISMATCH)
        if code.challenge is not None and not _answers(form.get("code_verifier"), *code.challenge):
            raise TokenRefused("invalid_grant", messages.BAD_VERIFIER)
        self._used.add(text)
        self._undo.note(self._used.discard, text)
        pkce = code.challenge is not None
        link = self.link(code.account, code.app, code.scopes, pkce=pkce)
        expires = code.access_type != "legacy"
        access = self.issue(link, expires=expires)
        return Redeemed(access, link, expires, offline=code.access_type == "offline")


def _client(apps: Apps, form: Mapping[str, str], *, pkce: bool) -> App:
    """The app that asks; with PKCE it needs no secret.

    Raises:
        TokenRefused: it is not who it says.
    """
    if "client_id" not in form:
        raise TokenRefused("invalid_request", messages.NO_CLIENT)
    app = apps.by_key(form["client_id"])
    by_pkce = pkce and "client_secret" not in form
    if app is None or not (by_pkce or form.get("client_secret") == app.secret):
        raise TokenRefused(messages.BAD_CLIENT)
    return app


def _answers(verifier: str | None, challenge: str, method: str) -> bool:
    """Whether a code verifier is the one that the challenge was made of (RFC 7636)."""
    if verifier is None:
        return False
    if method == "plain":
        return verifier == challenge
    digest = sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=") == challenge
