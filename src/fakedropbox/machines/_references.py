"""The rules about copy references (F7-12)."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._kernel import UNKNOWN, Kernel, nth
from fakedropbox.machines._names import fold, is_in


class Reference(NamedTuple):
    """A copy reference, and the number of what it stands for."""

    text: str
    number: int


_NO_REFERENCE = Reference("A" * 22, 0)
_TO = v.one_of(v.PATHS, v.PATHS, v.KNOWN)


class ReferenceRules(Kernel):
    """References are made, and used at any time later."""

    def __init__(self) -> None:
        super().__init__()
        self._references: list[Reference] = []

    @rule(place=v.PLACES)
    def get_reference(self, place: Any) -> None:
        """`files_copy_reference_get`."""
        path = self._path(place)
        self.settle()
        with self._rule("get_reference") as calls:
            outcome = calls.make("files_copy_reference_get", self._real(path))
            entry = self._compare(lambda: self._model.find(path), outcome)
            if entry is not None:
                self._references.append(Reference(outcome.result.copy_reference, entry.id))

    @precondition(lambda self: self._references)
    @rule(reference=v.NTH, to=_TO)
    def save_reference(self, reference: int, to: Any) -> None:
        """`files_copy_reference_save`."""
        known = [] if reference == UNKNOWN else self._references
        text, number = nth(known, reference, _NO_REFERENCE)
        path = self._path(to)
        if any(
            old.id == number and is_in(fold(path), key) for key, old in self._model.live.items()
        ):
            return  # no fact tells what comes of a folder that is saved into itself
        with self._rule("save_reference") as calls:
            outcome = calls.make("files_copy_reference_save", text, self._real(path))
            self._compare(lambda: self._model.save(number, path), outcome)
