"""Hypothesis rules for listings, in pages, and from any old cursor."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.clock import SystemClock
from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls, Mismatch, kind_of
from fakedropbox.machines._comparison import Mirror, Row, expect, page_after_page
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._example import Example, nth
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold, is_in


def _has_cursors(machine: Kernel) -> bool:
    return bool(machine.example.notes(Cursors).known)


class Known(NamedTuple):
    """A cursor, and a client's copy of the folder after it applied all entries up to the cursor.

    ``changes`` is the value of `Tree.changes` at that time, or None if more pages were to follow.
    """

    cursor: str
    mirror: Mirror
    changes: int | None


class Cursors:
    """The cursors that the example has received, oldest first."""

    def __init__(self) -> None:
        self.known: list[Known] = []


def keep_first_cursor(machine: Kernel) -> None:
    """Keep a cursor of the empty account."""
    _keep_latest_cursor(machine, "", recursive=True, include_deleted=False, limit=None)


@rule(
    path=v.FOLDERS, recursive=st.booleans(),
    include_deleted=st.booleans(), limit=v.LIMITS, to_end=v.TO_END,
)  # fmt: skip
def list_folder(
    machine: Kernel,
    path: Any,
    recursive: bool,
    include_deleted: bool,
    limit: int | None,
    to_end: bool,
) -> None:
    """Call `files_list_folder`, for the first page or for all pages."""
    example = machine.example
    path = example.path(path)
    machine.settle()
    with example.rule("list_folder") as calls:
        outcome = calls.make(
            "files_list_folder",
            example.real(path),
            recursive=recursive,
            include_deleted=include_deleted,
            limit=limit,
        )
        top = example.expected(lambda: example.model.tree.folder(path.removesuffix("/")), outcome)
        if top is None:
            return
        mirror = Mirror(path.removesuffix("/"), recursive=recursive, limit=limit)
        pages = _pages(example, calls, mirror, outcome.result, to_end=to_end)
        if pages[-1].has_more:
            return
        entries = [meta for page in pages for meta in _inside(example, page.entries)]
        for meta in entries:
            _check_current(example, meta)
        if include_deleted:
            gone = [meta.path_lower for meta in entries if kind_of(meta) == "deleted"]
            deleted = example.model.tree.deleted(top, recursive=recursive)
            known = gone if example.strict else set(gone)
            expect(sorted(fold(example.folder) + key for key in deleted), sorted(known))
        if example.strict:
            _check_order(example, entries)


@precondition(_has_cursors)
@rule(cursor=v.NTH, to_end=v.TO_END)
def list_folder_continue(machine: Kernel, cursor: int, to_end: bool) -> None:
    """Call `files_list_folder_continue` from any cursor, for the next page or for all pages."""
    example = machine.example
    known = nth(machine.example.notes(Cursors).known, cursor, None)
    assert known is not None
    machine.settle()
    with example.rule("list_folder_continue") as calls:
        outcome = calls.make("files_list_folder_continue", known.cursor)
        if outcome.chain == "reset" and not example.strict:
            return  # the listing has to be started again
        top = example.expected(lambda: example.model.tree.folder(known.mirror.path), outcome)
        if top is None:
            return
        pages = _pages(example, calls, known.mirror.copy(), outcome.result, to_end=to_end)
        if example.strict and known.changes is not None:
            paths = [meta.path_lower for page in pages for meta in page.entries]
            expect(sorted(set(paths)), sorted(paths))  # F6.2-05
            if known.changes == example.model.tree.changes:
                expect([], paths)  # F6.2-10, F6.2-11
        if example.strict:
            for page in pages:
                for meta in _inside(example, page.entries):
                    _check_current(example, meta)


@precondition(_has_cursors)
@rule(cursor=v.NTH)
def longpoll(machine: Kernel, cursor: int) -> None:
    """Call `files_list_folder_longpoll`, unless its answer is not known or takes real time."""
    example = machine.example
    known = nth(machine.example.notes(Cursors).known, cursor, None)
    assert known is not None
    machine.settle()
    try:
        top = example.model.tree.folder(known.mirror.path)
    except Refused:
        return
    rows = rows_of(example, top, recursive=known.mirror.recursive)
    is_news = rows != known.mirror.below(fold(example.folder) + top)
    if known.changes is None and not example.strict:
        return  # no fact says if the rest of a first listing counts as changes
    if not is_news and (not example.strict or known.changes != example.model.tree.changes):
        return  # a change and its reversal may count as changes, or not
    if not is_news and isinstance(machine.clock, SystemClock):
        return
    with example.rule("longpoll") as calls:
        outcome = calls.make("files_list_folder_longpoll", known.cursor)
        if outcome.chain != "reset" or example.strict:
            expect("", outcome.chain)
            expect(is_news, outcome.result.changes)


@rule(
    path=v.FOLDERS, recursive=st.booleans(), limit=v.LIMITS,
    include_deleted=st.booleans(),
)  # fmt: skip
def get_latest_cursor(
    machine: Kernel, path: Any, recursive: bool, limit: int | None, include_deleted: bool
) -> None:
    """Call `files_list_folder_get_latest_cursor`."""
    _keep_latest_cursor(
        machine,
        machine.example.path(path),
        recursive=recursive,
        include_deleted=include_deleted,
        limit=limit,
    )


def _keep_latest_cursor(
    machine: Kernel, path: str, *, recursive: bool, include_deleted: bool, limit: int | None
) -> None:
    example = machine.example
    machine.settle()
    with example.rule("get_latest_cursor") as calls:
        outcome = calls.make(
            "files_list_folder_get_latest_cursor",
            example.real(path),
            recursive=recursive,
            include_deleted=include_deleted,
            limit=limit,
        )
        path = path.removesuffix("/")
        top = example.expected(lambda: example.model.tree.folder(path), outcome)
        if top is None:
            return
        mirror = Mirror(path, recursive=recursive, limit=limit)
        mirror.rows = rows_of(example, top, recursive=recursive)
        example.notes(Cursors).known.append(
            Known(outcome.result.cursor, mirror, example.model.tree.changes)
        )


def check_listings(machine: Kernel) -> None:
    """Check the order of two listings with deleted entries, and that they list each entry once."""
    example = machine.example
    if not example.strict:
        return
    for recursive in (False, True):
        options = {"recursive": recursive, "include_deleted": True}
        with example.shown_by("files_list_folder", example.folder, **options):
            page = example.calls.peek("files_list_folder", example.folder, **options).success
            if not page.has_more:
                entries = _inside(example, page.entries)
                tree = example.model.tree
                known = [*tree.listed("", recursive=recursive)]
                known += tree.deleted("", recursive=recursive)
                expect(sorted(known), sorted(map(example.key, entries)))
                _check_order(example, entries)


def _pages(example: Example, calls: Calls, mirror: Mirror, page: Any, *, to_end: bool) -> list[Any]:
    """Return a page and, if ``to_end``, all pages after it; keep the cursor of each page."""
    pages = [page]
    for _ in page_after_page():
        mirror.apply(_inside(example, page.entries))
        if example.strict and mirror.limit is not None and len(page.entries) > mirror.limit:
            raise Mismatch(f"expected at most {mirror.limit} entries, got {len(page.entries)}")
        changes = None if page.has_more else example.model.tree.changes
        example.notes(Cursors).known.append(Known(page.cursor, mirror.copy(), changes))
        if not page.has_more:
            top = example.model.tree.folder(mirror.path)
            below = mirror.below(fold(example.folder) + top)
            # Of a folder that was moved, only the strict mode has to report the deletion of the
            # entries at its earlier path.
            expect(
                rows_of(example, top, recursive=mirror.recursive),
                mirror.rows if example.strict else below,
            )
        if not page.has_more or not to_end:
            break
        outcome = calls.make("files_list_folder_continue", page.cursor)
        if outcome.chain == "reset" and not example.strict:
            break  # keep the pages up to here
        expect("", outcome.chain)
        page = outcome.result
        pages.append(page)
    return pages


def _inside(example: Example, entries: list[Any]) -> list[Any]:
    """Return the entries without the machine's own folder."""
    return [
        meta for meta in entries if not example.folder or meta.path_lower != fold(example.folder)
    ]


def rows_of(example: Example, top: str, *, recursive: bool) -> dict[str, Row]:
    """Return the rows that a client's mirror of a folder has once it has applied all changes."""
    return {
        fold(example.folder) + key: Row(
            "folder" if entry.content is None else "file",
            example.pairs.real("id", entry.id),
            "" if entry.content is None else example.pairs.real("rev", entry.rev),
        )
        for key, entry in example.model.tree.listed(top, recursive=recursive).items()
    }


def _check_current(example: Example, meta: Any) -> None:
    """Check that an entry of a listing shows the current state."""
    entry = example.model.tree.live.get(example.key(meta))
    if entry is None:
        expect("deleted", kind_of(meta))
    else:
        example.check(entry, meta)


def _check_order(example: Example, entries: list[Any]) -> None:
    """Check that folders come first, by creation, and then files, by last change (F6.1-01).

    A folder that was moved into a newer one comes after that.
    """
    kinds = [kind_of(meta) for meta in entries]
    expect(sorted(kinds, key=["folder", "file", "deleted"].index), kinds)
    folders, files = (
        [example.key(meta) for meta in entries if kind_of(meta) == kind]
        for kind in ("folder", "file")
    )
    live = example.model.tree.live
    chains = {key: [above for above in folders if is_in(key, above)] for key in folders}
    newest = {key: max(live[each].made for each in chain) for key, chain in chains.items()}
    early = [key for at, key in enumerate(folders) if not {*chains[key]} <= {*folders[: at + 1]}]
    expect([], early)  # folders that come before a parent
    expect(sorted(folders, key=newest.__getitem__), folders)
    expect(sorted(files, key=lambda key: live[key].changed), files)
