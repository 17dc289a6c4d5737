"""A Hypothesis rule for the older batches of moves and copies: all entries or none (F7-10)."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller
from typing import Any

from dropbox.files import RelocationPath
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._batch_calls import all_or_none
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Entry
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold
from fakedropbox.machines._tree import Tree

_Relocate = Callable[[Tree], Entry]


@rule(
    ends=st.lists(st.tuples(v.KNOWN, v.one_of(v.KNOWN, v.PATHS)), min_size=1, max_size=3),
    is_repeated=st.booleans(),
    is_copy=st.booleans(),
)
def relocate_all(
    machine: Kernel, ends: list[tuple[Any, Any]], is_repeated: bool, is_copy: bool
) -> None:
    """Call `files_move_batch` or `files_copy_batch`, which undo all if one entry is refused.

    If the first entry is repeated at the end, it is refused there in most cases.
    """
    example = machine.example
    kind = "copy" if is_copy else "move"
    paths = [(example.path(source), example.path(to)) for source, to in ends]
    if is_repeated:
        paths.append(paths[0])
    if not is_copy and not example.strict:  # F7-08
        paths = [(source, to) for source, to in paths if fold(source) != fold(to)]
    relocations: list[_Relocate] = [methodcaller(kind, source, to) for source, to in paths]
    if not paths or not example.has_room(*relocations):
        return
    args = [RelocationPath(example.real(source), example.real(to)) for source, to in paths]
    with example.rule("relocate_all"):
        outcome = all_or_none(example, f"files_{kind}_batch", args)
        entries = example.expected(lambda: _all(example.model.tree, relocations), outcome)
        if entries is not None:
            expect(len(entries), len(outcome.result))
            for entry, data in zip(entries, outcome.result, strict=True):
                example.check(entry, data.metadata)


def _all(tree: Tree, relocations: list[_Relocate]) -> list[Entry]:
    """Make all moves or copies in the model; if it refuses one, make none."""
    fork = tree.fork()
    for relocate in relocations:
        relocate(fork)
    return [relocate(tree) for relocate in relocations]
