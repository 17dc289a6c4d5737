"""A Hypothesis rule for listings that go on after their folder was moved (F3.1-10)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls
from fakedropbox.machines._comparison import Mirror, expect, page_after_page
from fakedropbox.machines._example import nth
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._listing import rows_of
from fakedropbox.machines._names import is_in


@precondition(lambda machine: machine.example.strict)
@rule(folder=v.NTH, to=v.PATHS, recursive=st.booleans())
def move_listed(machine: Kernel, folder: int, to: str, recursive: bool) -> None:
    """List a folder by its id, move it, and compare what a client has after all changes.

    The entries at the former path must be gone.
    """
    example = machine.example
    tree = example.model.tree
    folders = [entry for entry in tree.live.values() if entry.content is None]
    if not folders:
        return
    path = f"id:{nth(folders, folder, None).id}"
    if is_in(to, tree.folder(path)):
        return
    with example.rule("move_listed") as calls:
        mirror = Mirror(path, recursive=recursive, limit=None)
        listed = calls.make("files_list_folder", example.real(path), recursive=recursive)
        expect("", listed.chain)
        cursor = _apply(calls, mirror, listed.result)
        outcome = calls.make("files_move_v2", example.real(path), example.real(to))
        example.compare(lambda: tree.move(path, to), outcome)
        machine.settle()
        example.check_tree()  # so that the new revisions are known
        listed = calls.make("files_list_folder_continue", cursor)
        expect("", listed.chain)
        _apply(calls, mirror, listed.result)
        expect(rows_of(example, tree.folder(path), recursive=recursive), mirror.rows)


def _apply(calls: Calls, mirror: Mirror, page: Any) -> str:
    """Apply a page and all later ones, and return the last cursor."""
    for _ in page_after_page():
        mirror.apply(page.entries)
        if not page.has_more:
            break
        page = calls.make("files_list_folder_continue", page.cursor).success
    cursor: str = page.cursor
    return cursor
