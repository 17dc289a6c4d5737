"""The meaning of drawn values: paths, revisions, shared folders and persons of an example."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from fakedropbox.machines._comparison import NOBODY
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._example import UNKNOWN, nth
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.people import People, Person, SharedFolder
from fakedropbox.machines._folders.sharing import UNKNOWN_ID
from fakedropbox.machines._names import fold

_OTHERS = 7
"""The number that stands for a revision of somebody else."""

_STRANGERS = ("nobody@example.com", "Someone@Example.com")
"""Addresses that no account has."""


def path_of(machine: FolderKernel, person: Person, target: Any) -> str:
    """Return the model's path of a drawn target, for an account."""
    if isinstance(target, str):
        return target
    kind, number, below = target
    if kind in _NAMED:
        return _NAMED[kind](machine, person, number) + str(below)
    return str(nth(_keys(machine, person, kind), number, "/a")) + str(below)


def _rev(machine: FolderKernel, person: Person, number: int) -> str:
    return f"rev:{revision_of(machine, person, number)}"


def _rev_of_others(machine: FolderKernel, person: Person, number: int) -> str:
    _, others = _revisions(machine, person)
    return f"rev:{nth(others, number + machine.turn, NOBODY)}"


def _id(machine: FolderKernel, person: Person, number: int) -> str:  # noqa: ARG001
    return f"id:{nth(machine.comparison.pairs.numbers('id'), number, NOBODY)}"


def _known_id(machine: FolderKernel, person: Person, number: int) -> str:
    ids = [seen.entry.id for seen in machine.files.seen(person).values()]
    return f"id:{nth(ids, number, NOBODY)}"


def _namespace(machine: FolderKernel, person: Person, number: int) -> str:
    kind = "mine" if number % 3 else "any"
    return f"ns:{shared_of(machine, person, (kind, number))}"


_NAMED = {
    "rev": _rev,
    "rev of others": _rev_of_others,
    "id": _id,
    "known id": _known_id,
    "ns": _namespace,
}
"""The paths that name a revision, an entry or a namespace, by the kinds of drawn targets."""


def _keys(machine: FolderKernel, person: Person, kind: str) -> list[str]:
    """Return the keys of mounts, of deleted entries, or of entries of a kind, such as ``file``."""
    if kind == "mount":
        return [*machine.people.mounts(person)]
    if kind == "gone":
        return [key + each for key, tree, _ in machine.files.past(person) for each in tree.gone]
    seen = machine.files.seen(person)
    if kind == "file":
        return [key for key, each in seen.items() if each.entry.content is not None]
    if kind == "own":
        return [key for key, each in seen.items() if each.folder is each.mounted is None]
    inside = [key for key, each in seen.items() if each.folder is not None or kind == "live"]
    return inside or [*seen]


def real_path(machine: FolderKernel, path: str) -> str:
    """Return the service's path for a path of the model."""
    pairs = machine.comparison.pairs
    kind, colon, rest = path.partition(":")
    number, slash, below = rest.partition("/")
    kinds = {"rev": "rev", "id": "id", "ns": "shared folder"}
    if not colon or kind not in kinds:
        return path
    real = pairs.real(kinds[kind], int(number))
    return (real if kind == "id" else f"{kind}:{real}") + slash + below


def revision_of(machine: FolderKernel, person: Person, number: int) -> int:
    """Return a revision that any account has seen; for `UNKNOWN`, one that no file has."""
    mine, others = _revisions(machine, person)
    if number == UNKNOWN:
        return NOBODY
    if number == _OTHERS or not mine:
        return int(nth(others or mine, machine.turn, NOBODY))
    return int(nth(mine, number, NOBODY))


def _revisions(machine: FolderKernel, person: Person) -> tuple[list[int], list[int]]:
    """Return the revisions that an account sees, and those that only others have seen."""
    revs = machine.comparison.pairs.numbers("rev")
    seen = {old.entry.rev for old in machine.files.history(person)}
    return [rev for rev in revs if rev in seen], [rev for rev in revs if rev not in seen]


def revision_at(machine: FolderKernel, person: Person, path: str, number: int) -> int:
    """Return the revision of the file at a path for an even ``number``, or that of `revision_of`.

    It is also that of `revision_of` if the path has no file.
    """
    seen = machine.files.seen(person).get(fold(path))
    if seen is None or seen.entry.content is None or number % 2:
        return revision_of(machine, person, number)
    return seen.entry.rev


def guard_of(machine: FolderKernel, person: Person, path: str, number: int | None) -> int | None:
    """Return the revision that a deletion requires, or None if it requires none.

    It requires none where the account may only read: no fact says which error comes first there.
    """
    with suppress(Refused):
        if machine.files.at(person, path).is_read_only:
            return None
    return None if number is None else revision_at(machine, person, path, number)


def real_revision(machine: FolderKernel, rev: int | None) -> str | None:
    """Return the service's revision for one of the model, or None."""
    return None if rev is None else machine.comparison.pairs.real("rev", rev)


def call_of(machine: FolderKernel, who: int, shared: tuple[str, int]) -> tuple[Person, int]:
    """Return the account that makes a call, and the number of the shared folder that it names.

    The kinds ``owner``, ``writer``, ``guest`` and ``unmounted`` also choose the account: the owner
    of the folder, one that may write in it, a member other than the owner, or one that has not
    mounted it. Otherwise, or if there is none, it is the account ``who``.
    """
    kind, number = shared
    chosen = nth(_members(machine.people, kind), number, None)
    if chosen is not None:
        person, folder = chosen
        return person, folder.number
    person = machine.person(who)
    return person, shared_of(machine, person, shared)


def _members(people: People, kind: str) -> list[tuple[Person, SharedFolder]]:
    """Return accounts that are members of a kind, as in `call_of`, with their shared folders."""
    shared = [each for each in people.folders if len(each.members) + len(each.invited) > 1]
    if kind == "owner":
        return [(each.owner, each) for each in shared]
    if kind == "writer":
        return [
            (who, each) for each in shared for who in each.members if not each.is_read_only(who)
        ]
    if kind == "guest":
        return [(who, each) for each in shared for who in each.members if who is not each.owner]
    if kind == "unmounted":
        pairs = [(who, each) for each in people.folders for who in people.all]
        return [(who, each) for who, each in pairs if each.membership(who) and not each.mount(who)]
    return []


def shared_of(machine: FolderKernel, person: Person, shared: tuple[str, int]) -> int:
    """Return the number of a shared folder: of one of the account's, or of any ever shared."""
    kind, number = shared
    mine = machine.people.of(person)
    known = machine.comparison.pairs.numbers("shared folder")
    others = [each.number for each in mine if kind == "other" and each.owner is not person]
    chosen = others or [each.number for each in mine]
    if kind != "any" and chosen:
        return int(nth(chosen, number, NOBODY))
    return int(nth([] if number == UNKNOWN else known, number, NOBODY))


def selector_of(machine: FolderKernel, person: Person, folder: int, member: tuple[str, int]) -> str:
    """Return the account id or the address that a drawn member stands for.

    The kind ``member`` is one of the folder, apart from its owner and the account that calls;
    ``heir`` is mostly one that could become the owner.
    """
    kind, number = member
    people = machine.people
    if kind in ("member", "heir"):
        others = [
            (who, each)
            for each in people.of(person)
            for who in people.all
            if each.number == folder and who not in (person, each.owner) and each.membership(who)
        ]
        heirs = [(who, each) for who, each in others if who.is_verified and each.mount(who)]
        chosen = nth(heirs if kind == "heir" and heirs else others, number, (person, None))
        return str(chosen[0].account_id)
    if kind == "id":
        is_known = number != UNKNOWN
        return people.all[number % len(people.all)].account_id if is_known else UNKNOWN_ID
    addresses = [*[each.email for each in people.all], *_STRANGERS]
    return addresses[number % len(addresses)]
