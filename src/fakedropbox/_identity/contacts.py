"""Manual contacts: the addresses to which an account has sent invitations (P3-05, P3-06)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog


class Contacts:
    """The manual contacts of each account; case makes no difference in an address.

    Each contact is a record of its own, so that adding one costs the same, however many there are.
    """

    parts = ("contacts",)

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._of: dict[str, dict[str, None]] = {}

    def of(self, account_id: str) -> Collection[str]:
        """Return the addresses of an account's contacts, in lower case."""
        return self._of.get(account_id, {}).keys()

    def add(self, account_id: str, email: str) -> None:
        """Add a contact of an account, if it is new."""
        known, address = self._of.setdefault(account_id, {}), email.lower()
        if address not in known:
            known[address] = None
            self._undo.change(("contacts", account_id, address), known.pop, address)

    def remove(self, account_id: str, emails: Collection[str]) -> None:
        """Remove the contacts of an account that have these addresses, given in lower case."""
        known = self._of.get(account_id, {})
        for address in [each for each in emails if each in known]:
            del known[address]
            self._undo.change(("contacts", account_id, address), known.setdefault, address)

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for account_id, known in self._of.items():
            for address in known:
                yield "contacts", account_id, address

    def record(self, key: Key) -> Values | None:
        """Return an empty tuple if the contact exists, otherwise None.

        There are no values, because the key says everything about a contact.
        """
        _, account_id, address = key
        return () if address in self._of.get(account_id, {}) else None

    def load(self, _part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add the contacts of accounts."""
        for (_, account_id, address), _ in rows:
            self._of.setdefault(account_id, {})[address] = None
