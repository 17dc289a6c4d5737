"""Hypothesis rules for listings of accounts with mounted folders, and for their old cursors."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.clock import SystemClock
from fakedropbox.machines import _values
from fakedropbox.machines._calls import Mismatch, kind_of
from fakedropbox.machines._comparison import Mirror, Row, expect, page_after_page
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._example import nth
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.folders import is_known
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.people import Person, SharedFolder

Entrance = tuple[SharedFolder | None, int]
"""A shared folder, and the number of times that its mount has been made or moved."""

State = tuple[int, ...]
"""The numbers of changes in all namespaces that an account sees."""


class Known(NamedTuple):
    """A cursor, and a client's copy of the folder after it applied all entries up to the cursor.

    Attributes:
        place: the shared folder that the listed folder is in, if any.
        state: the state at that time, or None if the first listing was not complete.
    """

    cursor: str
    mirror: Mirror
    crosses: bool
    place: Entrance
    state: State | None


class Cursors:
    """The cursors that an account has received, oldest first."""

    def __init__(self) -> None:
        self.known: list[Known] = []


def _known(machine: FolderKernel, person: Person) -> list[Known]:
    return machine.example(person).notes(Cursors).known


def _has_cursors(machine: FolderKernel) -> bool:
    return any(_known(machine, person) for person in machine.people.all)


def _state(machine: FolderKernel, person: Person) -> State:
    return tuple(tree.changes for _, tree, _ in machine.files.past(person))


def _place(machine: FolderKernel, person: Person, path: str) -> Entrance:
    """Return the shared folder at or above a path, if any, and the number of its `Entrance`."""
    key = machine.files.top(person, path)
    for prefix, folder in machine.people.mounts(person).items():
        if f"{key}/".startswith(f"{prefix}/"):
            return folder, folder.turns[person]
    return None, 0


class Begun(NamedTuple):
    """The result of a call that begins a listing, the folder's key, and an empty copy of it."""

    result: Any
    top: str
    mirror: Mirror


_MOSTLY = st.sampled_from([True, True, False])


def _begun(
    machine: FolderKernel,
    person: Person,
    method: str,
    path: str,
    *,
    recursive: bool,
    include_deleted: bool,
    crosses: bool,
    limit: int | None,
) -> Begun | None:
    """Begin a listing; return None if the call was refused as expected."""
    outcome = machine.calls(person).make(
        method,
        drawn.real_path(machine, path),
        recursive=recursive,
        include_deleted=include_deleted,
        include_mounted_folders=crosses,
        limit=limit,
    )
    top = machine.example(person).expected(partial(machine.files.top, person, path), outcome)
    if top is None:
        return None
    return Begun(outcome.result, top, Mirror(path, recursive=recursive, limit=limit))


@rule(
    who=v.WHO, path=v.FOLDERS, recursive=_MOSTLY, include_deleted=st.booleans(), crosses=_MOSTLY,
    limit=_values.LIMITS, to_end=_values.TO_END,
)  # fmt: skip
def list_folder(
    machine: FolderKernel, who: int, path: Any, crosses: bool, to_end: bool, **options: Any
) -> None:
    """Call `files_list_folder`, with or without what is in mounted folders (S13-12)."""
    person = machine.person(who)
    path = drawn.path_of(machine, person, path)
    if not is_known(machine, person, path):
        return
    machine.settle()
    with machine.rule("list_folder"):
        method = "files_list_folder"
        begun = _begun(machine, person, method, path, crosses=crosses, **options)
        if begun is None:
            return
        result, top, mirror = begun
        pages = _pages(machine, person, mirror, crosses, result, to_end=to_end)
        if pages[-1].has_more:
            return
        entries = [meta for page in pages for meta in page.entries]
        _check_current(machine, person, entries)
        if options["include_deleted"]:
            # Of an entry that is repeated, the last one counts.
            last = {meta.path_lower: kind_of(meta) for meta in entries}
            shown = {key for key, kind in last.items() if kind == "deleted"}
            _check_deleted(machine, person, (top, mirror.recursive, crosses), shown)
        if machine.strict:
            _check_mounts_last(machine, person, top, entries)


def _check_deleted(
    machine: FolderKernel, person: Person, listed: tuple[str, bool, bool], shown: set[str]
) -> None:
    """Compare the deleted entries that a listing has ``shown`` with those of the model.

    No fact says what becomes of entries that were deleted where a folder is or was shared later.

    Raises:
        Mismatch: they differ.
    """
    expected, open_ = machine.files.deleted(person, *listed)
    expect((set(), set()), (expected - shown, shown - expected - open_))


def _check_mounts_last(machine: FolderKernel, person: Person, top: str, entries: list[Any]) -> None:
    """Check that what is in mounted folders comes after everything else (S13-28)."""
    mounts = [key for key in machine.people.mounts(person, top) if key != top]
    below = [
        any(meta.path_lower.startswith(f"{key}/") for key in mounts)
        for meta in entries
        if kind_of(meta) != "deleted"
    ]
    expect(sorted(below), below)


@precondition(_has_cursors)
@rule(who=v.WHO, cursor=v.NTH, to_end=_values.TO_END)
def list_folder_continue(machine: FolderKernel, who: int, cursor: int, to_end: bool) -> None:
    """Call `files_list_folder_continue` from any cursor, for the next page or for all pages."""
    person = machine.person(who)
    known = nth(_known(machine, person), cursor, None)
    if known is None:
        return
    path = known.mirror.path
    if not is_known(machine, person, path):
        return
    machine.settle()
    with machine.rule("list_folder_continue"):
        outcome = machine.calls(person).make("files_list_folder_continue", known.cursor)
        if outcome.chain == "reset":
            if machine.strict:
                _check_reset(machine, person, known)
            return  # the listing has to be started again
        top = machine.example(person).expected(partial(machine.files.top, person, path), outcome)
        if top is None:
            return
        mirror = known.mirror.copy()
        pages = _pages(machine, person, mirror, known.crosses, outcome.result, to_end=to_end)
        if machine.strict and known.state == _state(machine, person):
            expect([], [meta.path_lower for page in pages for meta in page.entries])
        if machine.strict:
            _check_current(machine, person, [meta for page in pages for meta in page.entries])


def _check_reset(machine: FolderKernel, person: Person, known: Known) -> None:
    """Check that a cursor that is reset leads into another namespace or mount than before (S13-26).

    Raises:
        Mismatch: it does not, so it has no reason to be reset.
    """
    try:
        place = _place(machine, person, known.mirror.path)
    except Refused:
        raise Mismatch("expected that the folder is not found, got reset") from None
    if place == known.place:
        raise Mismatch("expected the changes, got reset")


@precondition(_has_cursors)
@rule(who=v.WHO, cursor=v.NTH)
def longpoll(machine: FolderKernel, who: int, cursor: int) -> None:
    """Call `files_list_folder_longpoll`, unless its answer is not known or takes real time."""
    person = machine.person(who)
    known = nth(_known(machine, person), cursor, None)
    if known is None or not is_known(machine, person, known.mirror.path):
        return
    try:
        top = machine.files.top(person, known.mirror.path)
    except Refused:
        return
    if known.state is None and not machine.strict:
        return  # no fact says if the rest of a first listing counts as changes
    rows = _rows(machine, person, top, known.mirror, crosses=known.crosses)
    is_news = rows != known.mirror.below(top)
    is_same = known.state == _state(machine, person)
    if not is_news and (not machine.strict or not is_same):
        return  # a change and its reversal may count as changes, or not
    if not is_news and isinstance(machine.clock, SystemClock):
        return
    machine.settle()
    with machine.rule("longpoll"):
        outcome = machine.calls(person).make("files_list_folder_longpoll", known.cursor)
        if outcome.chain == "reset":
            if machine.strict:
                _check_reset(machine, person, known)
            return
        expect("", outcome.chain)
        expect(is_news, outcome.result.changes)


@rule(
    who=v.WHO, path=v.FOLDERS, recursive=_MOSTLY, include_deleted=st.booleans(), crosses=_MOSTLY,
    limit=_values.LIMITS,
)  # fmt: skip
def get_latest_cursor(
    machine: FolderKernel, who: int, path: Any, crosses: bool, **options: Any
) -> None:
    """Call `files_list_folder_get_latest_cursor`."""
    person = machine.person(who)
    path = drawn.path_of(machine, person, path)
    if not is_known(machine, person, path):
        return
    machine.settle()
    with machine.rule("get_latest_cursor"):
        method = "files_list_folder_get_latest_cursor"
        begun = _begun(machine, person, method, path, crosses=crosses, **options)
        if begun is None:
            return
        result, top, mirror = begun
        mirror.rows = _rows(machine, person, top, mirror, crosses=crosses)
        place, state = _place(machine, person, path), _state(machine, person)
        known = Known(result.cursor, mirror, crosses, place, state)
        _known(machine, person).append(known)


def _pages(
    machine: FolderKernel, person: Person, mirror: Mirror, crosses: bool, page: Any, *, to_end: bool
) -> list[Any]:
    """Return a page and, if ``to_end``, all pages after it; keep the cursor of each page."""
    pages = [page]
    place = _place(machine, person, mirror.path)
    for _ in page_after_page():
        mirror.apply(page.entries)
        if machine.strict and mirror.limit is not None and len(page.entries) > mirror.limit:
            raise Mismatch(f"expected at most {mirror.limit} entries, got {len(page.entries)}")
        state = None if page.has_more else _state(machine, person)
        known = Known(page.cursor, mirror.copy(), crosses, place, state)
        _known(machine, person).append(known)
        if not page.has_more:
            top = machine.files.top(person, mirror.path)
            rows = _rows(machine, person, top, mirror, crosses=crosses)
            expect(rows, mirror.below(top))
        if not page.has_more or not to_end:
            break
        outcome = machine.calls(person).make("files_list_folder_continue", page.cursor)
        if outcome.chain == "reset" and not machine.strict:
            break  # keep the pages up to here
        expect("", outcome.chain)
        page = outcome.result
        pages.append(page)
    return pages


class Followed:
    """The newest cursor of the whole Dropbox of an account, with and without its mounts."""

    def __init__(self) -> None:
        self.known: dict[bool, tuple[str, Mirror]] = {}


def follow_all(machine: FolderKernel) -> None:
    """Let each account apply all changes, in turn with and without those in its mounts.

    Raises:
        Mismatch: its copy is not what a new listing would give.
    """
    crosses = machine.turn % 3 != 0
    for person in machine.people.all:
        known = machine.example(person).notes(Followed).known
        cursor, mirror = known.get(crosses, ("", Mirror("", recursive=True, limit=None)))
        known[crosses] = _followed(machine, person, cursor, mirror, crosses=crosses), mirror
        rows = _rows(machine, person, "", mirror, crosses=crosses)
        if rows != mirror.rows:
            raise Mismatch(
                f"{person.name}, after all changes in order (include_mounted_folders={crosses}): "
                f"expected {rows!r}, got {mirror.rows!r}"
            )


def _followed(
    machine: FolderKernel, person: Person, cursor: str, mirror: Mirror, *, crosses: bool
) -> str:
    """Apply all changes since a cursor, or a first listing, and return the last cursor."""
    calls = machine.calls(person)
    for _ in page_after_page():
        if cursor:
            outcome = calls.peek("files_list_folder_continue", cursor)
        else:
            mirror.rows.clear()
            given = {"recursive": True, "include_mounted_folders": crosses}
            outcome = calls.peek("files_list_folder", "", **given)
        if outcome.chain == "reset" and not machine.strict:
            cursor = ""
            continue
        expect("", outcome.chain)
        mirror.apply(outcome.result.entries)
        cursor = outcome.result.cursor
        if not outcome.result.has_more:
            break
    return cursor


def _rows(
    machine: FolderKernel, person: Person, top: str, mirror: Mirror, *, crosses: bool
) -> dict[str, Row]:
    """Return the rows that a client's mirror of a folder has once it has applied all changes."""
    real = machine.comparison.pairs.real
    listed = machine.files.listed(person, top, recursive=mirror.recursive, crosses=crosses)
    return {
        key: Row(
            "folder" if seen.entry.content is None else "file",
            real("id", seen.entry.id),
            "" if seen.entry.content is None else real("rev", seen.entry.rev),
        )
        for key, seen in listed.items()
    }


def _check_current(machine: FolderKernel, person: Person, entries: list[Any]) -> None:
    """Check that the entries of a listing show the current state."""
    seen = machine.files.seen(person)
    for meta in entries:
        if meta.path_lower not in seen:
            expect("deleted", kind_of(meta))
        elif kind_of(meta) != "deleted":
            machine.comparison.check(seen[meta.path_lower], meta)
