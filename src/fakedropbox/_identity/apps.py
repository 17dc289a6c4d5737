"""Apps of the App Console, and their webhooks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._base.checks import expect, expect_name, is_loopback, split_url
from fakedropbox._base.forks import Guard
from fakedropbox._base.kept import Key, Values
from fakedropbox._base.public import names_arguments
from fakedropbox._base.undo import UndoLog
from fakedropbox._facts import PUBLIC_SCOPES

_FOLDER_NAME = re.compile(r"(?!\.{1,2}\Z)[^/\\\x00-\x1f\x7f]{0,254}[^/\\\x00-\x1f\x7f ]")
FORCED_SCOPE = "account_info.read"  # every app has it (O8-04)


@dataclass(frozen=True, slots=True)
class App:
    """An app of the App Console, which `Apps.create` makes.

    ``key`` and ``secret`` are those that the SDK takes as ``app_key`` and ``app_secret``.
    ``folder`` is the name of its app folder, None for an app with full access; ``scopes``
    are those that its owner enabled. Authorization codes are sent only to its ``redirect_uris``
    and to addresses on this machine. With ``auto_approve`` the authorize page is skipped, as if
    the user had approved.
    """

    app_id: int
    key: str
    secret: str = field(repr=False)
    name: str
    scopes: frozenset[str]
    folder: str | None = None
    redirect_uris: frozenset[str] = frozenset()
    auto_approve: bool = False


class Webhook(NamedTuple):
    """A URL at which an app is notified of changes to the files of its accounts (O7-01 to -05).

    ``seen`` maps an account id to the number of the last change that the app has been notified of.
    ``failed_attempts`` is the number of failed attempts to send the notification that is due; the
    next attempt is at ``retry_at``, in microseconds. ``lost`` is the number of notifications that
    were given up.
    """

    app: App
    url: str
    seen: Mapping[str, int]
    failed_attempts: int = 0
    retry_at: int = 0
    lost: int = 0

    def __repr__(self) -> str:
        where = self.url.partition("?")[0]
        return f"<Webhook of {self.app.key}: {where}, {self.lost} lost>"


class Apps:
    """All apps: an iterable of `App`. The first one is the default one."""

    parts = ("app", "webhooks")

    def __init__(self, chance: Chance, undo: UndoLog, guard: Guard) -> None:
        self._chance = chance
        self._guard = guard
        self._undo = undo
        self._by_key: dict[str, App] = {}
        self._webhooks: tuple[Webhook, ...] = ()

    def __iter__(self) -> Iterator[App]:
        return iter(list(self._by_key.values()))

    def __len__(self) -> int:
        return len(self._by_key)

    @property
    def default(self) -> App:
        """The first app, which `service.login` uses by default."""
        return next(iter(self))

    @property
    def webhooks(self) -> tuple[Webhook, ...]:
        """The webhooks of all apps, in the order of registration."""
        return self._webhooks

    @webhooks.setter
    def webhooks(self, webhooks: tuple[Webhook, ...]) -> None:
        self._undo.change(("webhooks",), setattr, self, "_webhooks", self._webhooks)
        self._webhooks = webhooks

    def replace_webhook(self, old: Webhook, new: Webhook) -> None:
        """Replace a webhook by its new state, if it is still registered."""
        self.webhooks = tuple(new if hook is old else hook for hook in self._webhooks)

    def by_key(self, key: str) -> App | None:
        """Return the app with this key, or None."""
        return self._by_key.get(key)

    @names_arguments("apps.create")
    def create(
        self,
        name: str = "app",
        *,
        key: str | None = None,
        secret: str | None = None,
        scopes: Iterable[str] | None = None,
        folder: str | None = None,
        redirect_uris: Iterable[str] = (),
        auto_approve: bool = False,
    ) -> App:
        """Create an app.

        Args:
            name: the name, which users see on the authorize page.
            key: the app key; generated unless given.
            secret: the app secret; generated unless given.
            scopes: the scopes that the app can be granted; all scopes unless given.
            folder: the name of the app's folder, which makes it an app-folder app.
            redirect_uris: addresses to which the authorize page may send codes; addresses on
                this machine need not be listed.
            auto_approve: if True, the authorize page grants access without asking.

        Raises:
            TypeError: an argument has the wrong type.
            ValueError: an unknown scope, the key of another app, an invalid name of a folder, or
                a redirect URI that is neither https nor on this machine, or has a fragment.
        """
        expect("auto_approve", auto_approve, bool)
        if folder is not None and not is_folder_name(folder):
            raise ValueError(f"folder: expected the name of a folder, got {folder!r}")
        granted = checked_scopes(scopes) | {FORCED_SCOPE}
        redirects = checked_redirects(redirect_uris)
        with self._guard.lock:
            app = App(
                app_id=1_000_001 + len(self._by_key),
                key=key or self._chance.bytes("app", 8).hex()[:15],
                secret=secret or self._chance.bytes("app", 8).hex()[:15],
                name=name,
                scopes=granted,
                folder=folder,
                redirect_uris=redirects,
                auto_approve=auto_approve,
            )
            if app.key in self._by_key:
                raise ValueError(f"key: expected one that no app has yet, got {app.key!r}")
            self._by_key[app.key] = app
            self._undo.change(("app", app.key), self._by_key.pop, app.key)
        return app

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for key in self._by_key:
            yield "app", key
        yield ("webhooks",)

    def record(self, key: Key) -> Values | None:
        """Return an app, or all webhooks."""
        if key[0] == "webhooks":
            return tuple((hook.app.key, *hook[1:]) for hook in self._webhooks)
        app = self._by_key.get(key[1])
        if app is None:
            return None
        return tuple(getattr(app, each.name) for each in fields(app))

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add apps, or all webhooks."""
        for _, values in rows:
            if part == "app":
                app = App(*values)
                self._by_key[app.key] = app
            else:
                made = (Webhook(self._by_key[key], *rest) for key, *rest in values)
                self._webhooks = tuple(made)


def is_redirect_uri(text: str) -> bool:
    """Return whether a URI may get codes: https, or http on this machine; no fragment (O2.1-51)."""
    url = split_url(text)
    if url is None or "#" in text:
        return False
    return url.scheme == "https" or is_loopback(url.hostname or "")


def checked_redirects(uris: Iterable[str]) -> frozenset[str]:
    """Return the redirect URIs after checking that an app may register each of them.

    Raises:
        TypeError: a single string instead of a collection, or an item that is not a string.
        ValueError: a URI that is neither https nor on this machine, or has a fragment.
    """
    expect("redirect_uris", uris, Iterable)
    if isinstance(uris, (str, bytes)):
        raise TypeError(f"redirect_uris: expected a collection of strings, got {uris!r}")
    wanted = list(uris)
    for uri in wanted:
        expect("redirect_uris", uri, str)
        if not is_redirect_uri(uri):
            expected = "https, or http on localhost, and no fragment"
            raise ValueError(f"redirect_uris: expected {expected}, got {uri!r}")
    return frozenset(wanted)


def is_folder_name(name: str) -> bool:
    """Return whether an app folder may have this name: it is one component of a path (F3.2)."""
    return _FOLDER_NAME.fullmatch(name) is not None


def checked_scopes(scopes: Iterable[str] | None) -> frozenset[str]:
    """Return the scopes after checking that they all exist; all scopes for None.

    Raises:
        TypeError: a single string instead of a collection.
        ValueError: a scope that Dropbox does not have.
    """
    if scopes is None:
        return frozenset(PUBLIC_SCOPES)
    expect("scopes", scopes, Iterable)
    if isinstance(scopes, (str, bytes)):
        raise TypeError(f"scopes: expected a collection of strings, got {scopes!r}")
    wanted = frozenset(scopes)
    for scope in wanted:
        expect_name("scopes", scope, PUBLIC_SCOPES, patterns=False)
    return wanted
