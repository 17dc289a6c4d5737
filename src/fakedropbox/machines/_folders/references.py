"""Hypothesis rules for copy references that accounts give to each other (F7-12)."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines._entries import Refused
from fakedropbox.machines._example import UNKNOWN, nth
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.folders import is_known
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.namespaces import Seen
from fakedropbox.machines._folders.people import Person, SharedFolder


class Reference(NamedTuple):
    """A copy reference: its text, who received it, and the id of the entry.

    Attributes:
        mounted: if the entry was a mount: the shared folder, and the number of times that the
            account had mounted it or moved its mount.
    """

    text: str
    giver: Person
    number: int
    mounted: tuple[SharedFolder, int] | None


class References:
    """The references that all accounts have received, oldest first."""

    def __init__(self) -> None:
        self.known: list[Reference] = []


def _known(machine: FolderKernel) -> list[Reference]:
    return machine.example(machine.person(0)).notes(References).known


def _mounted(person: Person, seen: Seen) -> tuple[SharedFolder, int] | None:
    folder = seen.mounted
    return None if folder is None else (folder, folder.turns[person])


@rule(who=v.WHO, path=v.SOURCES)
def get_reference(machine: FolderKernel, who: int, path: Any) -> None:
    """Call `files_copy_reference_get`."""
    person = machine.person(who)
    path = drawn.path_of(machine, person, path)
    if not is_known(machine, person, path):
        return
    machine.settle()
    with machine.rule("get_reference"):
        real = drawn.real_path(machine, path)
        outcome = machine.calls(person).make("files_copy_reference_get", real)
        seen = machine.compare(person, partial(machine.files.at, person, path), outcome)
        if seen is not None:
            text, mounted = outcome.result.copy_reference, _mounted(person, seen)
            _known(machine).append(Reference(text, person, seen.entry.id, mounted))


@rule(
    who=v.WHO, reference=v.NTH, to=v.TARGETS_OF_MOVES, giver=v.WHO, source=st.none() | v.SOURCES
)  # fmt: skip
def save_reference(
    machine: FolderKernel, who: int, reference: int, to: Any, giver: int, source: Any
) -> None:
    """Call `files_copy_reference_save`, mostly with a reference of another account.

    With a ``source``, the ``giver`` first gets a reference to it.

    No fact says what becomes of a reference if its account no longer sees an entry that still
    exists, or if a folder is shared or mounted again after it.
    """
    if source is not None:
        get_reference(machine, giver, source)
    person = machine.person(who)
    path = drawn.path_of(machine, person, to)
    most = max(len(machine.files.seen(each)) for each in machine.people.all)
    if not path.startswith("/") or 2 * most > machine.most_entries:
        return  # the route takes plain paths only, and there could be too many copies
    invalid = Reference("A" * 22, person, 0, None)
    known = invalid if reference == UNKNOWN else nth(_known(machine), reference, invalid)
    if not _is_settled(machine, known) or _is_inside(machine, person, path, known):
        return
    with machine.rule("save_reference"):
        real = drawn.real_path(machine, path)
        outcome = machine.calls(person).make("files_copy_reference_save", known.text, real)
        save = partial(machine.files.save, person, path, known.giver, known.number)
        machine.compare(person, save, outcome)


def _is_settled(machine: FolderKernel, known: Reference) -> bool:
    """Return whether the facts say what becomes of a reference; see `save_reference`."""
    seen = machine.files.with_id(known.giver, known.number)
    if seen is None:
        folders = machine.people.folders
        is_root = any(each.root.id == known.number for each in folders)
        return not is_root and not machine.people.is_alive(known.number)
    return _mounted(known.giver, seen) == known.mounted


def _is_inside(machine: FolderKernel, person: Person, path: str, known: Reference) -> bool:
    """Return whether a path is in the folder of a reference: no fact says what happens then."""
    source = machine.files.with_id(known.giver, known.number)
    if source is None or source.entry.content is not None:
        return False
    try:
        place = machine.files.place(person, path, "path")
    except Refused:
        return False
    return machine.files.is_inside(place, known.giver, source)
