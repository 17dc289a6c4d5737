"""A Hypothesis rule for paths that begin with the id of a namespace (F3.1-02 to -06)."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import BAD_INPUT
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import is_malformed

_METHODS = st.sampled_from(
    ["files_list_folder", "files_list_folder", "files_get_metadata", "files_create_folder_v2"]
)


@rule(path=v.one_of(st.just(""), st.just(""), v.KNOWN), method=_METHODS)
def by_namespace(machine: Kernel, path: Any, method: str) -> None:
    """Call a route with a path that begins with the id of the account's own namespace."""
    example = machine.example
    path = example.path(path)
    if is_malformed(path):
        return  # no fact says which error comes first
    machine.settle()
    with example.rule("by_namespace") as calls:
        about = calls.peek("users_get_current_account").success
        real = f"ns:{about.root_info.root_namespace_id}{example.folder}{path}"
        outcome = calls.make(method, real)
        tree = example.model.tree
        if method == "files_list_folder":
            top = example.expected(lambda: tree.folder(path), outcome)
            if top is not None and not outcome.result.has_more:
                found = sorted(map(example.key, outcome.result.entries))
                expect(sorted(tree.listed(top, recursive=False)), found)
        elif path or example.folder:
            create = method == "files_create_folder_v2"
            predict = tree.create if create else tree.at
            if path:
                example.compare(lambda: predict(path), outcome)
        else:
            expect(BAD_INPUT, outcome.chain)
