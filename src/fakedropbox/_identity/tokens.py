"""Tokens: the access of an app to an account or a team, with its scopes and expiry."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._facts import messages
from fakedropbox._facts.limits import (
    ACCESS_TOKEN_SECONDS,
    CODE_REMEMBERED_SECONDS,
    CODE_SECONDS,
)
from fakedropbox._identity.accounts import Account, Team
from fakedropbox._identity.apps import FORCED_SCOPE, App, Apps
from fakedropbox._identity.codes import AccessRequest, Code
from fakedropbox.clock import SECOND, Clock
from fakedropbox.errors import TokenRefused

_REFRESH_TOKEN = re.compile(r"[A-Za-z0-9_-]{64}")
_MARK_BYTES = 24


class AppLink(NamedTuple):
    """An app's access to an account or a team, which a refresh token represents.

    ``since`` is the number of the latest change of files before the link was made. ``email`` is
    the address that the account had then. ``team`` is None for the access to an account; otherwise
    ``account`` is that of the administrator who linked the app.
    """

    account: Account
    app: App
    scopes: frozenset[str]
    refresh_token: str
    pkce: bool
    since: int
    email: str
    team: Team | None = None

    @property
    def mark(self) -> str:
        """The last characters of each access token that is generated for the link and expires.

        They are the same in each service that has the link, and differ for every other link. As a
        hash they reveal no secret.
        """
        login = repr((self.refresh_token, self.app.key, self.email))
        digest = blake2b(login.encode(), digest_size=_MARK_BYTES).digest()
        return base64.urlsafe_b64encode(digest).decode()

    def __repr__(self) -> str:
        target = self.account.email if self.team is None else self.team.team_id
        return f"<AppLink of {self.app.key} to {target}>"


class Grant(NamedTuple):
    """The access of an access token; it ends when `Clock.age` reaches ``expires``, unless None.

    ``team`` is the team of a team's token, otherwise None. A call by which it acts as a member has
    the member's ``account``, and ``as_admin`` is True if it acts as an administrator
    (`Dropbox-API-Select-Admin`); for a route of teams, ``account`` is that of the link.
    """

    account: Account
    app: App
    scopes: frozenset[str]
    expires: int | None
    link: AppLink
    team: Team | None = None
    as_admin: bool = False


class Redeemed(NamedTuple):
    """The result of redeeming a code: an access token and its link.

    ``expires`` is True if the access token expires, ``offline`` if the refresh token is returned
    to the app.
    """

    access_token: str
    link: AppLink
    expires: bool
    offline: bool


class Tokens:
    """All links, access tokens, codes and approvals. Times are on the service's clock."""

    parts = ("app link", "grant", "code", "used code", "approval")

    def __init__(self, clock: Clock, chance: Chance, undo: UndoLog) -> None:
        self._clock = clock
        self._chance = chance
        self._undo = undo
        self._links: dict[str, AppLink] = {}
        self._grants: dict[str, Grant] = {}
        self._codes: dict[str, Code] = {}
        self._used: dict[str, int] = {}
        self._approved: dict[tuple[str, str], frozenset[str]] = {}

    def link(
        self,
        account: Account,
        app: App,
        scopes: frozenset[str],
        refresh_token: str | None = None,
        *,
        pkce: bool = False,
        since: int = 0,
        team: Team | None = None,
    ) -> AppLink:
        """Give an app access to an account, or to the ``team`` that the account administers.

        The refresh token is generated unless given. A link made with PKCE is refreshed without the
        app's secret (O2.2-52).
        """
        token = refresh_token or self._chance.token("refresh", 48)
        granted = (scopes & app.scopes) | {FORCED_SCOPE}
        link = AppLink(account, app, granted, token, pkce, since, account.email, team)
        self._links[token] = link
        self._undo.change(("app link", token), self._links.pop, token)
        return link

    def check_new(self, refresh_token: str) -> None:
        """Check that no link has this refresh token yet.

        Raises:
            ValueError: a link has it.
        """
        if refresh_token in self._links:
            raise ValueError("refresh_token: expected one that no link has yet")

    def issue(
        self,
        link: AppLink,
        scopes: frozenset[str] | None = None,
        *,
        token: str | None = None,
        expires: bool = True,
    ) -> str:
        """Return a new access token for a link, with all its scopes or fewer."""
        if token is None:  # a token that never expires has 64 characters (O2.2-56)
            made = self._chance.token("access", 456 if expires else 48)
            token = f"sl.u.{made}{link.mark}" if expires else made
        end = self._clock.age + ACCESS_TOKEN_SECONDS * SECOND if expires else None
        granted = link.scopes if scopes is None else scopes & link.scopes
        # Not undone when a snapshot is restored, because a client may have fetched the token
        # meanwhile and still use it. It becomes invalid with its link.
        self._grants[token] = Grant(link.account, link.app, granted, end, link, link.team)
        self._undo.touch(("grant", token))
        return token

    def adopt(self, earlier: Tokens) -> None:
        """Take over the access tokens from before a reset whose links exist again."""
        for text, grant in earlier._grants.items():
            link = self._links.get(grant.link.refresh_token)
            if link is not None:
                now = grant._replace(link=link, account=link.account, team=link.team)
                self._grants.setdefault(text, now)

    def grant(self, token: str) -> Grant | None:
        """Return the grant of an access token, even if expired; None if its link was revoked."""
        grant = self._grants.get(token)
        if grant is None or self._links.get(grant.link.refresh_token) is not grant.link:
            return None
        return grant

    def has_issued(self, token: str) -> bool:
        """Return whether an access token is of this service, even if expired or revoked."""
        return token in self._grants

    def is_of_a_link(self, token: str) -> bool:
        """Return whether an access token without a grant was given to a link that exists here.

        Another service gave it, such as that of the test before, with the same login, and its
        client is still in use. As the link has not been revoked, only the age of the token can be
        the reason to refuse it: it expires (O2.2-53), but the refresh token does not (O2.2-55).
        """
        return any(token.endswith(link.mark) for link in self._links.values())

    def valid(self) -> list[tuple[str, Grant]]:
        """Return all access tokens whose links have not been revoked, each with its grant."""
        return [(text, grant) for text in list(self._grants) if (grant := self.grant(text))]

    def is_expired(self, grant: Grant) -> bool:
        """Return whether a token has expired."""
        return grant.expires is not None and self._clock.age >= grant.expires

    def end_of(self, grant: Grant) -> int | None:
        """Return the time in `Clock.micros` at which a token expires; None if it never expires."""
        if grant.expires is None:
            return None
        return grant.expires - self._clock.age + self._clock.micros

    def same(self, link: AppLink) -> AppLink:
        """Return the existing link that is equal to the given one, or the given one if none is."""
        known = self._links.get(link.refresh_token)
        return known if known is not None and known == link else link

    def revoke(self, link: AppLink) -> None:
        """Revoke a link, with its refresh token and all its access tokens (O2.3-01)."""
        key = ("app link", link.refresh_token)
        self._undo.change(key, self._links.__setitem__, link.refresh_token, link)
        del self._links[link.refresh_token]
        if link.team is None:
            self._set_approved(link.account, link.app, frozenset())

    def links(self, app: App) -> list[AppLink]:
        """Return the links of an app to accounts and teams that have not been revoked."""
        return [link for link in self._links.values() if link.app is app]

    def granted(self, account: Account, app: App, team: Team | None = None) -> frozenset[str]:
        """Return all scopes that an account has granted to an app in links that still exist.

        With ``team`` they are those that any administrator has granted for the team.
        """
        found = [each for each in self.links(app) if each.team == team]
        if team is None:
            found = [each for each in found if each.account.account_id == account.account_id]
        return frozenset().union(*(link.scopes for link in found))

    def has_approved(self, account: Account, app: App, scopes: frozenset[str]) -> bool:
        """Return whether the account's owner has already approved all these scopes (O2.1-04)."""
        return scopes <= self._approved_by(account, app)

    def _approved_by(self, account: Account, app: App) -> frozenset[str]:
        return self._approved.get((account.account_id, app.key), frozenset())

    def _set_approved(self, account: Account, app: App, scopes: frozenset[str]) -> None:
        who, before = (account.account_id, app.key), self._approved_by(account, app)
        self._undo.change(("approval", *who), self._approved.__setitem__, who, before)
        self._approved[who] = scopes

    def refresh(self, apps: Apps, form: Mapping[str, str]) -> str:
        """Return a new access token for a refresh token (O2.2-55).

        ``form`` holds ``client_id``, ``client_secret`` unless the link was made with PKCE,
        ``refresh_token``, and optionally ``scope``, to request fewer scopes than were granted.

        Raises:
            TokenRefused: for the same reasons as the token endpoint.
        """
        refresh_token = form.get("refresh_token", "")
        link = self._links.get(refresh_token)
        app = _client(apps, form, pkce=link is not None and link.pkce)
        if not _REFRESH_TOKEN.fullmatch(refresh_token) and refresh_token not in self._links:
            raise TokenRefused("invalid_grant", messages.REFRESH_MALFORMED, fact="O2.2-05")
        if link is None or link.app is not app:
            raise TokenRefused("invalid_grant", messages.REFRESH_REVOKED, fact="O2.2-04")
        scope = form.get("scope")
        if scope is None:
            return self.issue(link)
        wanted = frozenset(scope.split())
        if not wanted <= link.scopes:
            raise TokenRefused("invalid_scope", f"scope {scope!r} is more than was granted")
        return self.issue(link, wanted)

    def approve(
        self, account: Account, request: AccessRequest, since: int, team: Team | None = None
    ) -> str:
        """Return an authorization code for a request that the account's owner has approved.

        With ``team`` he has approved it as an administrator of the team.
        """
        text = self._chance.token("code", 32)  # 43 characters (O2.1-06)
        expires = self._clock.age + CODE_SECONDS * SECOND
        self._codes[text] = Code(request, account, expires, since, team)
        self._undo.change(("code", text), self._codes.pop, text)
        if team is None:
            self._approve(account, request)
        return text

    def _approve(self, account: Account, request: AccessRequest) -> None:
        before = self._approved_by(account, request.app)
        self._set_approved(account, request.app, before | request.scopes)

    def redeem(self, apps: Apps, form: Mapping[str, str]) -> Redeemed:
        """Exchange an authorization code for tokens (O2.2-53, O2.2-54).

        Raises:
            TokenRefused: for the same reasons as the token endpoint.
        """
        text = form.get("code", "")
        code = self._codes.get(text)
        pkce = code is not None and code.request.challenge is not None
        app, now = _client(apps, form, pkce=pkce), self._clock.age
        if code is None or code.request.app is not app:
            raise TokenRefused("invalid_grant", messages.CODE_UNKNOWN, fact="O2.2-01")
        if now < self._used.get(text, now):
            raise TokenRefused("invalid_grant", messages.CODE_USED, fact="O2.2-02")
        if code.expires <= now:
            raise TokenRefused("invalid_grant", messages.CODE_UNKNOWN, fact="O2.2-01")
        if code.request.redirect_uri != form.get("redirect_uri"):
            raise TokenRefused("invalid_grant", messages.REDIRECT_MISMATCH, fact="O2.2-03")
        if not code.answers(form.get("code_verifier")):
            raise TokenRefused("invalid_grant", messages.BAD_VERIFIER, fact="O2.2-09")
        self._used[text] = now + CODE_REMEMBERED_SECONDS * SECOND
        self._undo.change(("used code", text), self._used.pop, text)
        return self.let_in(code.account, code.request, code.since, code.team)

    def let_in(
        self, account: Account, request: AccessRequest, since: int, team: Team | None = None
    ) -> Redeemed:
        """Create a link and an access token for a request that the account's owner has approved."""
        if team is None:
            self._approve(account, request)
        pkce = request.challenge is not None
        link = self.link(account, request.app, request.scopes, pkce=pkce, since=since, team=team)
        expires = request.access_type != "legacy"
        access = self.issue(link, expires=expires)
        return Redeemed(access, link, expires, offline=request.access_type == "offline")

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for part, known in self._known.items():
            for key in known:
                yield (part, *key) if isinstance(key, tuple) else (part, key)

    def record(self, key: Key) -> Values | None:
        """Return a link, a grant, a code, the expiry of a used code, or approved scopes."""
        part, *rest = key
        found = self._known[part].get(tuple(rest) if part == "approval" else rest[0])
        if found is None:
            return None
        return tuple(found) if isinstance(found, tuple) else (found,)

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add links, grants, codes, the expiries of used codes, or approved scopes."""
        for (_, *rest), values in rows:
            if part == "app link":
                self._links[rest[0]] = AppLink(*values)
            elif part == "grant":
                self._grants[rest[0]] = Grant(*values)
            elif part == "code":
                self._codes[rest[0]] = Code(*values)
            elif part == "used code":
                (self._used[rest[0]],) = values
            else:
                (self._approved[rest[0], rest[1]],) = values

    @property
    def _known(self) -> dict[str, Mapping[Any, Any]]:
        found = self._links, self._grants, self._codes, self._used, self._approved
        return dict(zip(self.parts, found, strict=True))


def _client(apps: Apps, form: Mapping[str, str], *, pkce: bool) -> App:
    """Return the app that makes the request; with PKCE it needs no secret.

    Raises:
        TokenRefused: the app cannot be authenticated.
    """
    if "client_id" not in form:
        raise TokenRefused("invalid_request", messages.NO_CLIENT, fact="O2.2-07")
    app = apps.by_key(form["client_id"])
    by_pkce = pkce and "client_secret" not in form
    if app is None or not (by_pkce or form.get("client_secret") == app.secret):
        raise TokenRefused(messages.BAD_CLIENT, fact="O2.2-06")
    return app
