"""Hypothesis rules for old revisions: downloads, references, lists, and restoration."""

from __future__ import annotations

from typing import Any

from dropbox.files import ListRevisionsMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox._base.sdk_parts import sdk_has
from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Outcome
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Entry, refuse
from fakedropbox.machines._example import Example, nth
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import is_doc
from fakedropbox.machines._references import Reference, References

_HAS_PAGES = sdk_has("files.ListRevisionsArg.before_rev")


def _has_history(machine: Kernel) -> bool:
    return bool(machine.example.model.tree.history)


@precondition(_has_history)
@rule(path=v.PLACES, rev=v.NTH)
def download_by_rev(machine: Kernel, path: Any, rev: int) -> None:
    """Call `files_download` with ``rev``, for which the path need not lead to that file."""
    example = machine.example
    path, (known, real) = example.path(path), example.revision(rev)
    machine.settle()
    with example.rule("download_by_rev") as calls:
        outcome = calls.make("files_download", example.real(path), rev=real)
        meta, content = (None, b"") if outcome.chain else _opened(outcome)
        entry = example.compare(
            lambda: example.model.tree.at_rev(path, known), Outcome(meta, outcome.chain)
        )
        if entry is not None:
            expect(entry.content, content)


def _opened(outcome: Outcome) -> tuple[Any, bytes]:
    meta, response = outcome.result
    return meta, response.content


@precondition(lambda machine: _HAS_PAGES and _has_history(machine))
@rule(path=v.PLACES, rev=v.NTH, limit=st.sampled_from([1, 2, 100]))
def revisions_before(machine: Kernel, path: Any, rev: int, limit: int) -> None:
    """Call `files_list_revisions` with ``before_rev``, which is often a revision at the path."""
    example = machine.example
    path = example.path(path)
    known, real = example.revision_at(path, rev)
    machine.settle()
    with example.rule("revisions_before") as calls:
        outcome = calls.make(
            "files_list_revisions",
            example.real(path),
            mode=ListRevisionsMode.path,
            limit=limit,
            before_rev=real,
        )
        entries = example.expected(lambda: _before(example, path, known), outcome)
        if entries is not None:
            expect(len(entries) > limit, outcome.result.has_more)
            expect(len(entries[:limit]), len(outcome.result.entries))
            for entry, meta in zip(entries, outcome.result.entries, strict=False):
                example.check(entry, meta)


def _before(example: Example, path: str, rev: int) -> list[Entry]:
    """Return the revisions at a path that are older than ``rev``, newest first."""
    entries, _ = example.model.tree.revisions(path, by_id=False)
    revs = [entry.rev for entry in entries]
    refuse([] if rev in revs else ["invalid_before_rev"])
    return entries[revs.index(rev) + 1 :]


@precondition(_has_history)
@rule(rev=v.NTH)
def get_old_reference(machine: Kernel, rev: int) -> None:
    """Call `files_copy_reference_get` with a revision.

    No fact says if a reference to the present revision follows the file, so it is not kept.
    """
    example = machine.example
    path = f"rev:{example.revision(rev)[0]}"
    machine.settle()
    with example.rule("get_old_reference") as calls:
        outcome = calls.make("files_copy_reference_get", example.real(path))
        tree = example.model.tree
        entry = example.compare(lambda: tree.at(path), outcome)
        if entry is not None and all(old.rev != entry.rev for old in tree.live.values()):
            text = outcome.result.copy_reference
            example.notes(References).known.append(Reference(text, entry.id, entry.rev))


@rule(deleted=v.NTH, is_upper=st.booleans())
def restore_deleted(machine: Kernel, deleted: int, is_upper: bool) -> None:
    """Call `files_restore` with a deleted file's last revision; its path may be in upper case."""
    example = machine.example
    known = [
        entry
        for entry in example.model.tree.gone.values()
        if entry.content is not None and not is_doc(entry.key)
        if example.pairs.is_known("rev", entry.rev)
    ]
    if not known:
        return
    file = nth(known, deleted, None)
    path = file.key.upper() if is_upper else file.key
    with example.rule("restore_deleted") as calls:
        real = example.pairs.real("rev", file.rev)
        outcome = calls.make("files_restore", example.real(path), real)
        example.compare(lambda: example.model.restore(path, file.rev), outcome)
