"""Hypothesis rules for writes that the account has just enough room for, or not (F4-12, F7-09).

Only the quota of an account of a fake service can be set.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from operator import methodcaller
from typing import Any

from dropbox.files import WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Entry, Refused, Write
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import is_doc
from fakedropbox.machines._tree import Tree

_CONTENT = b"longer"
_REFUSALS = {
    "upload": "path/insufficient_space",
    "copy": "insufficient_quota",
    "restore": "path_write/insufficient_space",
}
_NEW = st.sampled_from(["/new", "/newer", "/newest"])
_KINDS = st.sampled_from(["copy", "restore", "upload"])


def _can_set_quota(machine: Kernel) -> bool:
    """Return whether all sizes are known, and the quota of the first account can be set."""
    example = machine.example
    is_whole = not example.folder and example.name == "dbx"
    has_docs = any(map(is_doc, example.model.tree.live))
    return is_whole and not has_docs and getattr(machine.dbx, "service", None) is not None


@precondition(_can_set_quota)
@rule(
    kind=_KINDS, source=v.KNOWN, to=v.KNOWN, rev=v.NTH, missing=st.sampled_from([0, 1]),
)  # fmt: skip
def fill_up(machine: Kernel, kind: str, source: Any, to: Any, rev: int, missing: int) -> None:
    """Set the quota to what a write needs, or to one byte less, for that write only."""
    with machine.example.rule("fill_up") as calls:
        _write_when_full(machine, calls, kind, source, to, rev, missing)


@precondition(_can_set_quota)
@rule(source=v.FOLDER, to=_NEW, missing=st.sampled_from([1, 0]))
def copy_folder_when_full(machine: Kernel, source: Any, to: str, missing: int) -> None:
    """Copy a folder, which needs room for all that it contains, as `fill_up` does."""
    with machine.example.rule("copy_folder_when_full") as calls:
        _write_when_full(machine, calls, "copy", source, to, 0, missing)


def _write_when_full(
    machine: Kernel, calls: Calls, kind: str, source: Any, to: Any, rev: int, missing: int
) -> None:
    example = machine.example
    source, to = example.path(source), example.path(to)
    known, real = example.revision(rev)
    predict: Callable[[Any], Entry] = {
        "upload": methodcaller("upload", to, _CONTENT, Write("overwrite")),
        "copy": methodcaller("copy", source, to),
        "restore": methodcaller("restore", to, known),
    }[kind]
    if not example.has_room(predict):
        return
    fork = example.model.tree.fork()
    with suppress(Refused):
        predict(fork)
    used, needed = _used(example.model.tree), _used(fork)
    model = example.model if kind == "restore" else example.model.tree
    about = calls.peek("users_get_current_account").success
    if about.account_id != machine.dbx.service.accounts.default.account_id:
        return
    usage = calls.make("users_get_space_usage").success
    if not usage.allocation.is_individual():
        return
    expect(used, usage.used)
    with calls.quota(max(needed - missing, 0), usage.allocation.get_individual().allocated):
        if kind == "upload":
            mode = WriteMode("overwrite")
            outcome = calls.make("files_upload", _CONTENT, example.real(to), mode=mode)
        elif kind == "copy":
            outcome = calls.make("files_copy_v2", example.real(source), example.real(to))
        else:
            outcome = calls.make("files_restore", example.real(to), real)
    if missing and needed > used:
        expect(_REFUSALS[kind], outcome.chain)
    else:
        example.compare(lambda: predict(model), outcome)
    if kind == "upload":
        example.keep_refused(_CONTENT, outcome)


def _used(tree: Tree) -> int:
    return sum(len(entry.content or b"") for entry in tree.live.values())
