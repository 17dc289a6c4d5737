"""The part of a service that a test used: its calls, its accounts, and their links.

Loading this module is cheap: the SDK is imported when a test has failed.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from fakedropbox._core.service import Service
    from fakedropbox._identity.accounts import Account
    from fakedropbox._page.inventory import Difference, Inventory
    from fakedropbox.calls import CallRecord

_NAME_CHARACTERS = 80


class Used(NamedTuple):
    """A service, and the index of the first of its calls that belongs to the test.

    ``whole_run`` is True if it is the service of `--fake-dropbox`, ``is_shared`` if earlier tests
    may have used it.
    """

    service: Service
    first: int
    whole_run: bool = False
    is_shared: bool = False

    @property
    def records(self) -> Sequence[CallRecord]:
        """The calls that belong to the test and are still kept."""
        calls = self.service.calls
        return calls[max(self.first, calls.dropped) :]


class _Beginning(NamedTuple):
    """The content of a service when a test began, and the requests for what is not faked."""

    inventory: Inventory
    missing: Counter[str]


_beginnings: WeakKeyDictionary[Service, _Beginning] = WeakKeyDictionary()


def watch(service: Service) -> None:
    """Let a service keep from now on what the page of a failed test shows."""
    from fakedropbox._page.inventory import inventory_of

    service.gate.keep_exchanges()
    with service.gate.lock:
        missing = Counter(service.calls.missing)
        _beginnings[service] = _Beginning(inventory_of(service), missing)


def changes_in(used: Used) -> list[Difference] | None:
    """Return what a test has changed in a service, whose lock the caller holds.

    None if the service was not watched.
    """
    from fakedropbox._page.inventory import differences, inventory_of

    beginning = _beginnings.get(used.service)
    if beginning is None:
        return None
    return differences(beginning.inventory, inventory_of(used.service))


def missing_in(used: Used) -> Mapping[str, int]:
    """Return the requests of a test for what is not faked, and how often each was made."""
    beginning = _beginnings.get(used.service)
    missing = Counter(used.service.calls.missing)
    return missing if beginning is None else missing - beginning.missing


def printable(line: str) -> str:
    """Return a line of text in which unprintable characters are written as escapes.

    Some terminals, and the connection to a worker of pytest-xdist, reject unprintable ones.
    """
    if line.isprintable():
        return line
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in line
    )


def file_name(nodeid: str) -> str:
    """Return a unique name for a test that is valid on every file system."""
    digest = hashlib.sha256(nodeid.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    words = re.sub(r"[^A-Za-z0-9]+", "-", nodeid).strip("-") or "test"
    return f"{words[-_NAME_CHARACTERS:].lstrip('-')}-{digest}"


def accounts_of(used: Used) -> list[Account]:
    """Return the default account and the others that the test used: with files, or with calls."""
    service = used.service
    default = service.accounts.default
    callers = {record.account for record in used.records}
    return [
        account
        for account in service.accounts
        if account == default or account in callers or service.files_of(account)
    ]


def links_of(used: Used) -> list[str]:
    """Return the working links of each account without their URLs, which let anybody use them."""
    from fakedropbox._page.links import link_in_words

    service, accounts = used.service, accounts_of(used)
    lines = []
    with service.gate.lock:
        world = service.gate.world
        files = world.files
        for account in accounts:
            view = files.views[account.namespace_id]
            for link in files.shared_links.owned_by(account.account_id):
                words = [f"{view.paths(link.node)[1]}: {link_in_words(world, link)}"]
                if len(accounts) > 1:
                    words.append(f"by {account.email}")
                lines.append(printable(f"  {', '.join(words)}"))
    return lines


def file_requests_of(used: Used) -> list[str]:
    """Return the file requests of each account without their URLs, which let anybody upload."""
    from fakedropbox._api.file_requests.metadata import has_destination, is_open

    service, accounts = used.service, accounts_of(used)
    lines = []
    with service.gate.lock:
        world = service.gate.world
        for account in accounts:
            view = world.files.views[account.namespace_id]
            for request in world.files.file_requests.of(account.account_id):
                folder = request.terms.folder
                where = view.paths(folder)[1] if has_destination(view, request) else "no folder"
                words = [
                    f"{where}: {request.terms.title!r}",
                    "open" if is_open(world, request) else "closed",
                    f"{request.received} received",
                ]
                if len(accounts) > 1:
                    words.append(f"by {account.email}")
                lines.append(printable(f"  {', '.join(words)}"))
    return lines
