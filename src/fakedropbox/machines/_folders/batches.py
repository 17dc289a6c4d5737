"""Hypothesis rules for batches over the borders of shared folders (F7-10, F8-05, S13)."""

from __future__ import annotations

from functools import partial
from typing import Any

from dropbox.files import DeleteArg, RelocationPath
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines._batch_calls import compare_batch
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.people import Person
from fakedropbox.machines._names import fold


def _paths(machine: FolderKernel, person: Person, *targets: Any) -> list[str] | None:
    """Return the paths of drawn targets; None if one is an id.

    An id may lead to different folders before and after another entry of the batch.
    """
    paths = [drawn.path_of(machine, person, target) for target in targets]
    return paths if all(path.startswith("/") for path in paths) else None


@rule(
    who=v.WHO, ends=st.lists(st.tuples(v.SOURCES, v.TARGETS_OF_MOVES), min_size=1, max_size=3),
    is_copy=st.booleans(), autorename=st.booleans(),
)  # fmt: skip
def relocate_batch(
    machine: FolderKernel, who: int, ends: list[tuple[Any, Any]], is_copy: bool, autorename: bool
) -> None:
    """Call `files_move_batch_v2` or `files_copy_batch_v2`."""
    person = machine.person(who)
    kind, relocate = "move", machine.files.move
    if is_copy:
        kind, relocate = "copy", machine.files.copy
        most = max(len(machine.files.seen(each)) for each in machine.people.all)
        if most * 2 ** len(ends) > machine.most_entries:
            return
    wanted = []
    for each in ends:
        paths = _paths(machine, person, *each)
        is_open = not is_copy and not machine.strict  # see F7-08
        if paths is not None and not (is_open and fold(paths[0]) == fold(paths[1])):
            predict = partial(relocate, person, *paths, autorename=autorename)
            wanted.append((RelocationPath(*paths), predict))
    methods = f"files_{kind}_batch_v2", f"files_{kind}_batch_check_v2"
    with machine.rule("relocate_batch"):
        compare = partial(machine.compare, person)
        compare_batch(machine.example(person), compare, *methods, wanted, autorename=autorename)


@rule(who=v.WHO, places=st.lists(v.PLACES, min_size=1, max_size=3))
def delete_batch(machine: FolderKernel, who: int, places: list[Any]) -> None:
    """Call `files_delete_batch`."""
    person = machine.person(who)
    found = [_paths(machine, person, place) for place in places]
    wanted = [
        (DeleteArg(path), partial(machine.files.delete, person, path))
        for paths in found
        for path in paths or ()
    ]
    methods = "files_delete_batch", "files_delete_batch_check"
    with machine.rule("delete_batch"):
        compare_batch(machine.example(person), partial(machine.compare, person), *methods, wanted)
