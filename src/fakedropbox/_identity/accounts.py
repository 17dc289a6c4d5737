"""Accounts: the people who have a Dropbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fakedropbox._base.chance import Chance
from fakedropbox._base.undo import UndoLog


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
        """The account's older numeric id, which the token endpoint still returns (O2.2-53)."""
        return str(self.namespace_id - 1_400_000_000)


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
        """Return the account with this id, or None."""
        return next((each for each in self if each.account_id == account_id), None)

    def add(self, email: str, given_name: str, surname: str) -> Account:
        """Create an account, which does not have a namespace of files yet.

        Raises:
            ValueError: `email` is taken or is not an address.
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
