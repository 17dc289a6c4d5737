"""Hypothesis rules for batches over the borders of shared folders (F7-10, F8-05, S13)."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any

from dropbox.files import DeleteArg, RelocationPath
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values
from fakedropbox.machines._batch_calls import all_or_none, compare_batch
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.namespaces import Seen
from fakedropbox.machines._folders.people import Person
from fakedropbox.machines._names import fold


def _paths(machine: FolderKernel, person: Person, *targets: Any) -> list[str] | None:
    """Return the paths of drawn targets; None if one begins with an id or a namespace.

    That may lead to different folders before and after another entry of the batch.
    """
    paths = [drawn.path_of(machine, person, target) for target in targets]
    return paths if all(path.startswith("/") for path in paths) else None


_ENDS = st.lists(st.tuples(v.SOURCES, v.TARGETS_OF_MOVES), min_size=1, max_size=2)


def _relocations(
    machine: FolderKernel, person: Person, ends: list[tuple[Any, Any]], *, is_copy: bool
) -> list[list[str]]:
    """Return the paths for entries of a batch; none if copies might make too many files."""
    most = max(len(machine.files.seen(each)) for each in machine.people.all)
    if is_copy and most * 2 ** len(ends) > machine.most_entries:
        return []
    found = [_paths(machine, person, *each) for each in ends]
    is_any_case = is_copy or machine.strict  # see F7-08
    return [paths for paths in found if paths and (is_any_case or fold(paths[0]) != fold(paths[1]))]


@rule(who=v.WHO, ends=_ENDS, is_copy=st.booleans(), autorename=st.booleans())
def relocate_batch(
    machine: FolderKernel, who: int, ends: list[tuple[Any, Any]], is_copy: bool, autorename: bool
) -> None:
    """Call `files_move_batch_v2` or `files_copy_batch_v2`."""
    person = machine.person(who)
    kind = "copy" if is_copy else "move"
    relocate = getattr(machine.files, kind)
    wanted = [
        (RelocationPath(*paths), partial(relocate, person, *paths, autorename=autorename))
        for paths in _relocations(machine, person, ends, is_copy=is_copy)
    ]
    methods = f"files_{kind}_batch_v2", f"files_{kind}_batch_check_v2"
    with machine.rule("relocate_batch"):
        compare = partial(machine.compare, person)
        compare_batch(machine.example(person), compare, *methods, wanted, autorename=autorename)


@rule(who=v.WHO, ends=_ENDS, is_copy=st.booleans())
def relocate_all(
    machine: FolderKernel, who: int, ends: list[tuple[Any, Any]], is_copy: bool
) -> None:
    """Call `files_move_batch` or `files_copy_batch`, which undo all if one entry is refused."""
    person = machine.person(who)
    relocations = _relocations(machine, person, ends, is_copy=is_copy)
    if not relocations:
        return
    kind = "copy" if is_copy else "move"
    args = [RelocationPath(*paths) for paths in relocations]
    with machine.rule("relocate_all"):
        outcome = all_or_none(machine.example(person), f"files_{kind}_batch", args)
        predict = partial(_all, machine, person, kind, relocations)
        found = machine.example(person).expected(predict, outcome)
        if found is not None:
            expect(len(found), len(outcome.result))
            for seen, data in zip(found, outcome.result, strict=True):
                machine.comparison.check(seen, data.metadata)


def _all(
    machine: FolderKernel, person: Person, kind: str, relocations: list[list[str]]
) -> list[Seen]:
    """Make all moves or copies in the model; if it refuses one, make none."""
    trial = deepcopy(machine.files)
    other = trial.people.all[machine.people.all.index(person)]
    for paths in relocations:
        getattr(trial, kind)(other, *paths, autorename=False)
    relocate = getattr(machine.files, kind)
    return [relocate(person, *paths, autorename=False) for paths in relocations]


@rule(who=v.WHO, places=st.lists(st.tuples(v.PLACES, _values.GUARDS), min_size=1, max_size=3))
def delete_batch(machine: FolderKernel, who: int, places: list[tuple[Any, int | None]]) -> None:
    """Call `files_delete_batch`, in some entries with the revision that the file must have."""
    person = machine.person(who)
    wanted = []
    for place, number in places:
        for path in _paths(machine, person, place) or ():
            known = drawn.guard_of(machine, person, path, number)
            entry = DeleteArg(path, parent_rev=drawn.real_revision(machine, known))
            wanted.append((entry, partial(machine.files.delete, person, path, known)))
    methods = "files_delete_batch", "files_delete_batch_check"
    with machine.rule("delete_batch"):
        compare = partial(machine.compare, person)
        compare_batch(machine.example(person), compare, *methods, wanted)
