"""Accounts: the people who have a Dropbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fakedropbox._base.chance import Chance
from fakedropbox._base.checks import expect
from fakedropbox._base.forks import Guard
from fakedropbox._base.undo import UndoLog


@dataclass(frozen=True, slots=True)
class Account:
    """A person's Dropbox account, which `Accounts.create` makes.

    ``account_id`` begins with ``dbid:``. The account's files are in the namespace
    ``namespace_id``. ``country`` is a code such as ``US``, ``locale`` a language tag,
    ``account_type`` is ``basic``, ``pro`` or ``business``, as in the SDK's `AccountType`.
    """

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
    """All accounts: an iterable of `Account`. The first one is the default one.

    ``create_files`` is called with each new account, to give it an empty Dropbox; the lock of
    ``guard`` is held meanwhile.
    """

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

    def __iter__(self) -> Iterator[Account]:
        return iter(list(self._by_email.values()))

    def __len__(self) -> int:
        return len(self._by_email)

    @property
    def default(self) -> Account:
        """The first account, which `service.login` uses by default."""
        return next(iter(self))

    def by_id(self, account_id: str) -> Account | None:
        """Return the account with this id, or None."""
        return next((each for each in self if each.account_id == account_id), None)

    def create(self, email: str, given_name: str = "Other", surname: str = "User") -> Account:
        """Create an account, with an empty Dropbox of its own.

        `Logins.create` returns a login for it.

        Args:
            email: the e-mail address, which no other account may have; case makes no difference.
            given_name: the given name.
            surname: the surname.

        Raises:
            TypeError: an argument is not a string.
            ValueError: `email` belongs to another account or is not an e-mail address.
        """
        names = {"email": email, "given_name": given_name, "surname": surname}
        for name, value in names.items():
            expect(name, value, str)
        with self._guard.lock:
            account = self._add(email, given_name, surname)
            self._create_files(account)
        return account

    def _add(self, email: str, given_name: str, surname: str) -> Account:
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
