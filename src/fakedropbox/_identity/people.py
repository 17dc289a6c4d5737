"""Accounts and apps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fakedropbox._checks import expect
from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox._undo import UndoLog
from fakedropbox.chance import Chance

_FOLDER_NAME = re.compile(r"(?!\.{1,2}\Z)[^/\\\x00-\x1f\x7f]{0,254}[^/\\\x00-\x1f\x7f ]")
FORCED_SCOPE = "account_info.read"  # every app has it (O8-04)


@dataclass(frozen=True, slots=True)
class Account:
    """A person's Dropbox account. Its files are in the namespace ``namespace_id``."""

    account_id: str
    email: str
    given_name: str
    surname: str
    namespace_id: int
    country: str = "US"
    locale: str = "en"
    account_type: str = "basic"

    @property
    def display_name(self) -> str:
        """Given name and surname."""
        return f"{self.given_name} {self.surname}"

    @property
    def uid(self) -> str:
        """The account's older number, which the token endpoint still tells (§2.2)."""
        return str(self.namespace_id - 1_400_000_000)


@dataclass(frozen=True, slots=True)
class App:
    """An app of the App Console.

    ``folder`` is the name of its app folder, None for an app with full access; ``scopes``
    are those that its owner enabled.
    """

    app_id: int
    key: str
    secret: str = field(repr=False)
    name: str
    scopes: frozenset[str]
    folder: str | None = None


class Accounts:
    """All accounts. The first is the default one."""

    def __init__(self, chance: Chance, undo: UndoLog) -> None:
        self._chance = chance
        self._undo = undo
        self._by_email: dict[str, Account] = {}

    def __iter__(self) -> Iterator[Account]:
        return iter(list(self._by_email.values()))

    def __len__(self) -> int:
        return len(self._by_email)

    @property
    def default(self) -> Account:
        """The account of `service.login`."""
        return next(iter(self))

    def by_id(self, account_id: str) -> Account | None:
        """The account with this id."""
        return next((each for each in self if each.account_id == account_id), None)

    def add(self, email: str, given_name: str, surname: str) -> Account:
        """A new account, without a namespace of files behind it yet.

        Raises:
            ValueError: `email` is taken or is no address.
        """
        if "@" not in email:
            raise ValueError(f"email: expected an e-mail address, got {email!r}")
        if email.lower() in self._by_email:
            raise ValueError(f"email: expected one that no account has yet, got {email!r}")
        account = Account(
            account_id=f"dbid:{self._chance.token('account', 26)}",  # 35 characters (O0-11)
            email=email,
            given_name=given_name,
            surname=surname,
            namespace_id=1_466_722_518 + len(self._by_email),
        )
        self._by_email[email.lower()] = account
        self._undo.note(self._by_email.pop, email.lower())
        return account


class Apps:
    """All apps. The first is the default one."""

    def __init__(self, chance: Chance, undo: UndoLog) -> None:
        self._chance = chance
        self._undo = undo
        self._by_key: dict[str, App] = {}

    def __iter__(self) -> Iterator[App]:
        return iter(list(self._by_key.values()))

    def __len__(self) -> int:
        return len(self._by_key)

    @property
    def default(self) -> App:
        """The app of `service.login`."""
        return next(iter(self))

    def by_key(self, key: str) -> App | None:
        """The app with this key."""
        return self._by_key.get(key)

    def create(
        self,
        name: str = "app",
        *,
        key: str | None = None,
        secret: str | None = None,
        scopes: Iterable[str] = PUBLIC_SCOPES,
        folder: str | None = None,
    ) -> App:
        """A new app; key and secret are made up unless given.

        Raises:
            ValueError: an unknown scope, or a key that is taken.
        """
        if folder is not None and not is_folder_name(folder):
            raise ValueError(f"folder: expected the name of a folder, got {folder!r}")
        app = App(
            app_id=1_000_001 + len(self._by_key),
            key=key or self._chance.bytes("app", 8).hex()[:15],
            secret=secret or self._chance.bytes("app", 8).hex()[:15],
            name=name,
            scopes=checked_scopes(scopes) | {FORCED_SCOPE},
            folder=folder,
        )
        if app.key in self._by_key:
            raise ValueError(f"key: expected one that no app has yet, got {app.key!r}")
        self._by_key[app.key] = app
        self._undo.note(self._by_key.pop, app.key)
        return app


def is_folder_name(name: str) -> bool:
    """Whether an app folder may be called so: one component of a path (F3.2)."""
    return _FOLDER_NAME.fullmatch(name) is not None


def checked_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes, all of which exist.

    Raises:
        TypeError: one string in place of several.
        ValueError: a scope that Dropbox does not have.
    """
    expect("scopes", scopes, Iterable)
    if isinstance(scopes, (str, bytes)):
        raise TypeError(f"scopes: expected a collection of strings, got {scopes!r}")
    wanted = frozenset(scopes)
    unknown = sorted(wanted.difference(PUBLIC_SCOPES))
    if unknown:
        raise ValueError(f"scopes: expected some of {', '.join(PUBLIC_SCOPES)}, got {unknown}")
    return wanted
