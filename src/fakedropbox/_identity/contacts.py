"""Manual contacts: the addresses to which an account has sent invitations (P3-05, P3-06)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog


class Contacts:
    """The manual contacts of each account; case makes no difference in an address."""

    parts = ("contacts",)

    def __init__(self, undo: UndoLog) -> None:
        self._undo = undo
        self._of: dict[str, frozenset[str]] = {}

    def of(self, account_id: str) -> frozenset[str]:
        """Return the addresses of an account's contacts, in lower case."""
        return self._of.get(account_id, frozenset())

    def add(self, account_id: str, email: str) -> None:
        """Add a contact of an account, if it is new."""
        self._set(account_id, self.of(account_id) | {email.lower()})

    def remove(self, account_id: str, emails: frozenset[str]) -> None:
        """Remove contacts of an account, which are in lower case."""
        self._set(account_id, self.of(account_id) - emails)

    def _set(self, account_id: str, contacts: frozenset[str]) -> None:
        known = self.of(account_id)
        if contacts != known:
            key = "contacts", account_id
            self._undo.change(key, self._of.__setitem__, account_id, known)
            self._of[account_id] = contacts

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        return (("contacts", account_id) for account_id in self._of)

    def record(self, key: Key) -> Values | None:
        """Return the contacts of an account."""
        found = self._of.get(key[1])
        return None if found is None else (found,)

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:  # noqa: ARG002 -- there is one
        """Add the contacts of accounts."""
        for (_, account_id), (contacts,) in rows:
            self._of[account_id] = contacts
