"""Webhooks, which notify an app's server of the accounts with changed files (O7-01 to -05)."""

from __future__ import annotations

import hmac
import json
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from http.client import OK, HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from fakedropbox._base.checks import expect, is_loopback, split_url
from fakedropbox._base.forks import Guard
from fakedropbox._core.gate import Gate
from fakedropbox._core.selection import MEMBER_SCOPE
from fakedropbox._facts.limits import WEBHOOK_PAUSES, WEBHOOK_SECONDS
from fakedropbox._files.listing import Listing, has_changed, since
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.apps import App, Webhook
from fakedropbox.calls import World
from fakedropbox.clock import SECOND

_HEADERS = {  # O7-02: the names in lower case, as they were captured
    "user-agent": "DropboxWebhooks/1.0",
    "accept": "*/*",
    "accept-encoding": "gzip,deflate",
}
_ANSWER_BYTES = 64 * 1024  # the rest of a webhook's response is not read
_MOST_DELIVERIES = 100


class Delivery(NamedTuple):
    """One attempt to send a notice to a webhook.

    - ``time``: the time by the clock of the service
    - ``app``, ``url``: those of the webhook
    - ``accounts``: the accounts that the notice names
    - ``status``: the status of the response, 0 if there was none; with 200 the notice is accepted
    """

    time: datetime
    app: App
    url: str
    accounts: tuple[Account, ...]
    status: int

    def __repr__(self) -> str:
        return f"<Delivery to {shown_url(self.url)}: {self.status or 'no response'}>"


class _Notice(NamedTuple):
    """A notice to be sent to a webhook, and the state of the service that it describes.

    ``accounts`` are linked to the app, ``members`` are those of teams that are linked to it.
    """

    world: World
    branch: int
    accounts: list[Account]
    members: list[Account]
    seen: Mapping[str, int]

    @property
    def body(self) -> bytes:
        """The request's body: the accounts with changes, but not the changes (O7-02 to O7-06)."""
        found: dict[str, Any] = {}
        if self.accounts:
            found["accounts"] = [account.account_id for account in self.accounts]
        for member in self.members:
            assert member.team is not None, "it is a member of a team"
            teams = found.setdefault("teams", {})
            teams.setdefault(member.team.team_id, []).append(member.team_member_id)
        users = [int(account.uid) for account in self.accounts]
        also = {"delta": {"users": users}} if users else {}
        return json.dumps({"list_folder": found, **also}).encode()


class Webhooks:
    """The webhooks of a service's apps.

    Nothing is sent automatically. `deliver` sends the notices that are due by the service's
    clock, and does not block other calls of the service meanwhile; a server calls it
    repeatedly.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._delivering = Guard()
        self._deliveries: tuple[World | None, deque[Delivery]] = (None, deque())

    def __iter__(self) -> Iterator[Webhook]:
        return iter(self._gate.world.apps.webhooks)

    def __len__(self) -> int:
        return len(self._gate.world.apps.webhooks)

    def add(self, url: str, app: App | None = None, *, allow_remote: bool = False) -> None:
        """Register a webhook after it has answered a challenge (O7-01).

        It is notified of changes from now on in the accounts that are linked to the app.

        Args:
            url: the webhook's URL; it must be on this machine, unless ``allow_remote``.
            app: the default app unless given.
            allow_remote: allow the service to send to other machines.

        Raises:
            ValueError: the URL is not http or https, is remote without ``allow_remote``, is
                registered already, or did not answer the challenge; or the app belongs to
                another service.
        """
        expect("url", url, str)
        expect("app", app, App, type(None))
        expect("allow_remote", allow_remote, bool)
        shown = shown_url(url)
        parts = split_url(url)
        if parts is None:
            raise ValueError(f"url: expected a URL with http or https, got {shown!r}")
        if not (allow_remote or is_loopback(parts.hostname or "")):
            raise ValueError(
                f"url: expected an address on this machine unless allow_remote=True, got {shown!r}"
            )
        world = self._gate.world
        app = app or world.apps.default
        self._check(world, url, app)
        challenge = world.chance.token("challenge", 32)
        mark = "&" if parts.query else "?"
        status, answer = _send("GET", f"{url}{mark}challenge={challenge}", _HEADERS)
        if status != OK or answer.strip() != challenge.encode():
            got = "another text" if status == OK else status or "no response"
            raise ValueError(f"url: expected {shown!r} to answer with the challenge, got {got}")
        with self._gate.lock:
            world = self._gate.world
            self._check(world, url, app)
            seen = {each.account_id: world.files.last_rev for each in world.accounts}
            world.apps.webhooks = (*world.apps.webhooks, Webhook(app, url, seen))

    def _check(self, world: World, url: str, app: App) -> None:
        if app not in world.apps:
            raise ValueError(f"app: expected an app of this service, got {app!r}")
        if any(hook.url == url and hook.app is app for hook in world.apps.webhooks):
            raise ValueError(
                f"url: expected a URL that is not yet a webhook of the app, got {shown_url(url)!r}"
            )

    def remove(self, url: str, app: App | None = None) -> None:
        """Remove a webhook.

        Raises:
            ValueError: the app has no webhook at ``url``.
        """
        with self._gate.lock:
            apps = self._gate.world.apps
            app = app or apps.default
            kept = tuple(h for h in apps.webhooks if not (h.url == url and h.app is app))
            if len(kept) == len(apps.webhooks):
                raise ValueError(f"url: expected one of the app's webhooks, got {shown_url(url)!r}")
            apps.webhooks = kept

    @property
    def deliveries(self) -> list[Delivery]:
        """The last attempts to send a notice since the last reset, at most 100, in order."""
        with self._gate.lock:
            return list(self._since_reset())

    def _since_reset(self) -> deque[Delivery]:
        of, found = self._deliveries
        if of is not self._gate.world:
            found = deque(maxlen=_MOST_DELIVERIES)
            self._deliveries = self._gate.world, found
        return found

    def deliver(self, *, now: bool = False) -> int:
        """Send every notice that is due, and return the number of those that were accepted.

        One notice names all accounts with changes since the last. If the response's status is
        not 200, the notice is sent again after 10, 20, 40, … seconds, with the accounts that
        have changed meanwhile; about ten minutes after the first attempt it is dropped
        (O7-05).

        Args:
            now: True to send failed notices again at once, before their next attempt is due.
        """
        expect("now", now, bool)
        with self._delivering.lock:
            return sum([self._deliver(hook, now) for hook in self])

    def _deliver(self, hook: Webhook, now: bool) -> bool:
        notice = self._notice(hook, now)
        if notice is None:
            return False
        body = notice.body
        signature = hmac.digest(hook.app.secret.encode(), body, "sha256").hex()  # O7-03
        typed = {"content-type": "application/json", "x-dropbox-signature": signature}
        status, _ = _send("POST", hook.url, {**_HEADERS, **typed}, body)
        accepted = status == OK
        with self._gate.lock:
            world = self._gate.world
            if world is not notice.world:
                return accepted
            named = tuple(dict.fromkeys((*notice.accounts, *notice.members)))
            delivery = Delivery(world.clock.now(), hook.app, hook.url, named, status)
            self._since_reset().append(delivery)
            if world.files.branch == notice.branch:
                world.apps.replace_webhook(hook, _after(hook, notice, accepted, world.clock.micros))
        return accepted

    def _notice(self, hook: Webhook, now: bool) -> _Notice | None:
        with self._gate.lock:
            world = self._gate.world
            is_due = now or world.clock.micros >= hook.retry_at
            if hook not in world.apps.webhooks or not is_due:
                return None
            seen = dict(hook.seen)
            named: dict[bool, list[Account]] = {False: [], True: []}
            for (account, of_team), since in _linked(world, hook.app).items():
                position = max(since, hook.seen.get(account.account_id, 0))
                seen[account.account_id] = world.files.last_rev
                if _has_news(world, hook.app, account, position, of_team=of_team):
                    named[of_team].append(account)
            if any(named.values()):
                return _Notice(world, world.files.branch, named[False], named[True], seen)
            if seen != hook.seen:  # the app cannot see these changes: do not check them again
                world.apps.replace_webhook(hook, hook._replace(seen=seen))
            return None


def shown_url(url: str) -> str:
    """Return a URL without its query, which may contain secrets."""
    return url.partition("?")[0]


def _after(hook: Webhook, notice: _Notice, accepted: bool, now: int) -> Webhook:
    """Return the webhook's state after a notice was sent: delivered, to be retried, or lost."""
    failed = hook.failed_attempts
    if not accepted and failed < len(WEBHOOK_PAUSES):
        retry_at = now + WEBHOOK_PAUSES[failed] * SECOND
        return hook._replace(failed_attempts=failed + 1, retry_at=retry_at)
    lost = hook.lost + (not accepted)
    return hook._replace(seen=notice.seen, failed_attempts=0, retry_at=0, lost=lost)


def _linked(world: World, app: App) -> dict[tuple[Account, bool], int]:
    """Return the accounts linked to an app, with the number of the last change before the link.

    True is beside the members of a team that is linked to it, if the app may act as them (O7-06).
    """
    since: dict[tuple[Account, bool], int] = {}
    for link in world.tokens.links(app):
        if link.team is None:
            known = [(link.account, False)]
        elif MEMBER_SCOPE in link.scopes:
            members = world.teams.members(link.team)
            known = [
                (each.account, True) for each in members if each.account and each.state != "removed"
            ]
        else:
            known = []
        for each in known:
            since[each] = min(link.since, since.get(each, link.since))
    return since


def _has_news(world: World, app: App, account: Account, position: int, *, of_team: bool) -> bool:
    """Return whether an app can see a change of an account's files after number ``position``.

    The app of a team also sees the team folders of its members.
    """
    view = world.files.views[account.namespace_id]
    view = view.at_top() if of_team else view
    if position == world.files.last_rev:
        return False
    if app.folder is not None:
        folder = view.tree.app_folders.get(app.key)
        if folder is None or folder.parent is None:
            return False
        view = view._replace(base=folder)
    everything = Listing(
        path="", number=None, recursive=True, include_deleted=False, limit=1, journal=0
    )
    return has_changed(view, since(view, everything, position))


def _send(
    method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
) -> tuple[int, bytes]:
    """Return the status and the body of the response to a request; status 0 if there is none.

    It does not use `requests`, because a service in this process may intercept its requests.
    """
    parts = urlsplit(url)
    kind, port = (HTTPSConnection, 443) if parts.scheme == "https" else (HTTPConnection, 80)
    connection = kind(parts.hostname or "", parts.port or port, timeout=WEBHOOK_SECONDS)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read(_ANSWER_BYTES)
    except (OSError, HTTPException):
        return 0, b""
    finally:
        connection.close()
