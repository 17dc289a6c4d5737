"""Hypothesis rules for copy references, which may be used at any later time (F7-12)."""

from __future__ import annotations

from operator import methodcaller
from typing import Any, NamedTuple

from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._example import UNKNOWN, nth
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold, is_in


class Reference(NamedTuple):
    """A copy reference, and the number of the file or folder that it refers to.

    ``rev`` is the revision that it refers to; 0 means the current state.
    """

    text: str
    number: int
    rev: int = 0


_NO_REFERENCE = Reference("A" * 22, 0)
_TO = v.one_of(v.PATHS, v.PATHS, v.KNOWN)


class References:
    """The references that the example has received, oldest first."""

    def __init__(self) -> None:
        self.known: list[Reference] = []


@rule(place=v.PLACES)
def get_reference(machine: Kernel, place: Any) -> None:
    """Call `files_copy_reference_get`."""
    example = machine.example
    path = example.path(place)
    machine.settle()
    with example.rule("get_reference") as calls:
        outcome = calls.make("files_copy_reference_get", example.real(path))
        entry = example.compare(lambda: example.model.tree.find(path), outcome)
        if entry is not None:
            example.notes(References).known.append(
                Reference(outcome.result.copy_reference, entry.id)
            )


@precondition(lambda machine: machine.example.notes(References).known)
@rule(reference=v.NTH, to=_TO)
def save_reference(machine: Kernel, reference: int, to: Any) -> None:
    """Call `files_copy_reference_save`."""
    example = machine.example
    known = [] if reference == UNKNOWN else example.notes(References).known
    text, number, rev = nth(known, reference, _NO_REFERENCE)
    path = example.path(to)
    if any(
        old.id == number and is_in(fold(path), key) for key, old in example.model.tree.live.items()
    ):
        return  # no fact says what happens if a folder is saved into itself
    save = methodcaller("save", number, path, rev)
    if not example.has_room(save):
        return
    with example.rule("save_reference") as calls:
        outcome = calls.make("files_copy_reference_save", text, example.real(path))
        example.compare(lambda: save(example.model.tree), outcome)
