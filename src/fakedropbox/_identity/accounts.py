"""Accounts: the people who have a Dropbox."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from fakedropbox._base.chance import Chance
from fakedropbox._base.checks import expect
from fakedropbox._base.deprecation import warn_renamed
from fakedropbox._base.forks import Guard
from fakedropbox._base.kept import Key, Values
from fakedropbox._base.public import names_arguments
from fakedropbox._base.undo import UndoLog

_FIRST_NAMESPACE = 1_466_722_518

PLANS = ("basic", "pro", "business")
"""The plans of accounts, by the names of the SDK's `AccountType` (O3-02)."""


class Team(NamedTuple):
    """A team of accounts on the plan ``business``, made by `Teams.create` or `Accounts.create`.

    ``team_id`` begins with ``dbtid:``, ``name`` is the name. ``root_namespace_id`` is the namespace
    of the team space, which has the folders of all members and the team folders; it is None for a
    team of the older form, in which each member's own files are the root. ``file_requests`` is
    False if its members cannot make file requests.
    """

    team_id: str
    name: str
    root_namespace_id: int | None = None
    file_requests: bool = True


@dataclass(frozen=True, slots=True)
class Account:
    """A person's Dropbox account, made by `Accounts.create`, `Teams.create` or `Teams.accept`.

    ``account_id`` begins with ``dbid:``. The account's files are in the namespace
    ``namespace_id``. ``country`` is a code such as ``US``, ``locale`` a language tag, ``plan``
    is ``basic``, ``pro`` or ``business``. On the plan ``business``, ``team`` is the team and
    ``team_member_id``, which begins with ``dbmid:``, is the member's id in it.
    """

    account_id: str
    email: str
    given_name: str
    surname: str
    namespace_id: int
    country: str = "US"
    locale: str = "en"
    plan: str = "basic"
    email_verified: bool = True
    team: Team | None = None
    team_member_id: str = ""

    @property
    def display_name(self) -> str:
        """Given name and surname."""
        return f"{self.given_name} {self.surname}".strip()

    @property
    def account_type(self) -> str:
        """The plan: the old name of ``plan``."""
        warn_renamed("Account.account_type", "Account.plan")
        return self.plan

    @property
    def uid(self) -> str:
        """The account's older numeric id, which the token endpoint still returns (O2.2-53)."""
        return str(self.namespace_id - 1_400_000_000)


class Accounts:
    """All accounts: an iterable of `Account`. The first one is the default one.

    ``create_files`` is called with each new account, to give it an empty Dropbox; the lock of
    ``guard`` is held meanwhile.
    """

    parts = ("account", "last namespace", "team of accounts")

    def __init__(
        self,
        chance: Chance,
        undo: UndoLog,
        create_files: Callable[[Account], object],
        guard: Guard,
    ) -> None:
        self._chance = chance
        self._undo = undo
        self._create_files = create_files
        self._guard = guard
        self._by_email: dict[str, Account] = {}
        self._by_id: dict[str, Account] = {}
        self._team: Team | None = None
        self._last_namespace = _FIRST_NAMESPACE - 1

    def __iter__(self) -> Iterator[Account]:
        return iter(list(self._by_email.values()))

    def __len__(self) -> int:
        return len(self._by_email)

    @property
    def default(self) -> Account:
        """The first account, which `service.login` uses by default."""
        return next(iter(self._by_email.values()))

    def by_id(self, account_id: str) -> Account | None:
        """Return the account with this id, or None."""
        return self._by_id.get(account_id)

    def by_email(self, email: str) -> Account | None:
        """Return the account with this e-mail address, in upper or lower case, or None."""
        return self._by_email.get(email.lower())

    @names_arguments("accounts.create")
    def create(
        self,
        email: str,
        name: str = "Other User",
        plan: str = "basic",
        *,
        email_verified: bool = True,
    ) -> Account:
        """Create an account, with an empty Dropbox of its own.

        `Logins.create` returns a login for it.

        Args:
            email: the e-mail address, which no other account may have; case makes no difference.
            name: given name and surname; the surname is the last word. One word is a given name.
            plan: ``basic``, ``pro`` (Dropbox Professional) or ``business``. All accounts on the
                plan ``business``, apart from those of `Teams.create`, are members of one team.
            email_verified: False if the owner has not confirmed the e-mail address; such an
                account cannot share.

        Raises:
            TypeError: an argument has the wrong type.
            ValueError: `email` belongs to another account or is not an e-mail address, `name` is
                empty, or there is no such plan.
        """
        for argument, value in {"email": email, "name": name, "plan": plan}.items():
            expect(argument, value, str)
        expect("email_verified", email_verified, bool)
        checked_email("email", email)
        if not name.strip():
            raise ValueError(f"name: expected at least one word, got {name!r}")
        if plan not in PLANS:
            raise ValueError(f"plan: expected one of {', '.join(PLANS)}, got {plan!r}")
        with self._guard.lock:
            account = self._add(email, name, plan, email_verified=email_verified)
            self._create_files(account)
        return account

    def _add(self, email: str, name: str, plan: str, *, email_verified: bool) -> Account:
        if email.lower() in self._by_email:
            raise ValueError(f"email: expected one that no account has yet, got {email!r}")
        given_name, _, surname = name.strip().rpartition(" ")
        on_team = plan == "business"
        return self._enter(
            namespace_id=self.next_namespace(),
            email=email,
            given_name=given_name or surname,
            surname=surname if given_name else "",
            plan=plan,
            email_verified=email_verified,
            team=self._the_team() if on_team else None,
            team_member_id=f"dbmid:{self._chance.token('member', 26)}" if on_team else "",
        )

    def next_namespace(self) -> int:
        """Return the id of a new namespace: for the files of a new account, or for a team space."""
        self._undo.change(
            ("last namespace",), setattr, self, "_last_namespace", self._last_namespace
        )
        self._last_namespace += 1
        return self._last_namespace

    def create_member(self, **fields: Any) -> Account:
        """Create the account of a member of a team; no account may have the address yet.

        The caller holds the lock.
        """
        account = self._enter(plan="business", **fields)
        self._create_files(account)
        return account

    def _enter(self, **fields: Any) -> Account:
        account = Account(
            account_id=f"dbid:{self._chance.token('account', 26)}",  # 35 characters (O0-11)
            **fields,
        )
        self._put(account)
        self._undo.change(("account", account.account_id), self._remove, account)
        return account

    def replace(self, account: Account, **fields: Any) -> Account:
        """Replace fields of an account, and return it with their new values.

        The id and the namespace stay; the caller has checked a new address.
        """
        new = dataclasses.replace(account, **fields)
        self._swap(account, new)
        self._undo.change(("account", account.account_id), self._swap, new, account)
        return new

    def _put(self, account: Account) -> None:
        self._by_email[account.email.lower()] = self._by_id[account.account_id] = account

    def _the_team(self) -> Team:
        if self._team is None:
            self._team = Team(f"dbtid:{self._chance.token('team', 26)}", "Team")
            self._undo.change(("team of accounts",), setattr, self, "_team", None)
        return self._team

    def _remove(self, account: Account) -> None:
        del self._by_email[account.email.lower()], self._by_id[account.account_id]

    def _swap(self, old: Account, new: Account) -> None:
        """Put an account in the place of another one; the order of accounts stays."""
        self._by_id[old.account_id] = new
        self._by_email = {each.email.lower(): each for each in self._by_id.values()}

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for account_id in self._by_id:
            yield "account", account_id
        yield ("last namespace",)
        yield ("team of accounts",)

    def record(self, key: Key) -> Values | None:
        """Return an account, the latest namespace, or the team of ``business`` accounts."""
        if key == ("last namespace",):
            return (self._last_namespace,)
        if key == ("team of accounts",):
            return (self._team,)
        account = self._by_id.get(key[1])
        if account is None:
            return None
        return tuple(getattr(account, field.name) for field in dataclasses.fields(account))[1:]

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add accounts, whose files are loaded separately, or set the other recorded values."""
        for (_, *rest), values in rows:
            if part == "last namespace":
                (self._last_namespace,) = values
            elif part == "team of accounts":
                (self._team,) = values
            else:
                self._put(Account(rest[0], *values))


def checked_email(argument: str, email: str) -> str:
    """Return an e-mail address, after checking that it may be one.

    Raises:
        ValueError: it has no ``@``.
    """
    if "@" not in email:
        raise ValueError(f"{argument}: expected an e-mail address, got {email!r}")
    return email
