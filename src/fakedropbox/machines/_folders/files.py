"""Hypothesis rules for the routes of `files`, called by accounts with mounted folders (S13)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from dropbox.files import ListRevisionsMode, SearchOptions, WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values
from fakedropbox.machines._calls import Outcome, kind_of
from fakedropbox.machines._comparison import expect, page_after_page
from fakedropbox.machines._entries import Refused, Write
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.folders import is_known
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.people import Person


def _paths(machine: FolderKernel, person: Person, *targets: Any) -> list[str] | None:
    """Return the model's paths of drawn targets; None if no fact says where one leads."""
    paths = [drawn.path_of(machine, person, target) for target in targets]
    return paths if is_known(machine, person, *paths) else None


# Writing


@rule(
    who=v.WHO, path=v.TARGETS, content=_values.CONTENTS, mode=_values.MODES, rev=v.NTH,
    modified=_values.TIMES, autorename=st.booleans(), strict=st.sampled_from([False, False, True]),
)  # fmt: skip
def upload(
    machine: FolderKernel,
    who: int,
    path: Any,
    content: bytes,
    mode: str,
    rev: int,
    modified: datetime | None,
    autorename: bool,
    strict: bool,
) -> None:
    """Call `files_upload`, in all modes."""
    person = machine.person(who)
    paths = _paths(machine, person, path)
    if paths is None:
        return
    known = drawn.revision_at(machine, person, paths[0], rev) if mode == "update" else 0
    # No fact says what autorename does if the file to be updated has been deleted.
    autorename = autorename and not (mode == "update" and strict)
    with machine.rule("upload"):
        pairs = machine.comparison.pairs
        update = mode == "update"
        outcome = machine.calls(person).make(
            "files_upload",
            content,
            drawn.real_path(machine, paths[0]),
            mode=WriteMode.update(pairs.real("rev", known)) if update else WriteMode(mode),
            autorename=autorename,
            client_modified=modified,
            strict_conflict=strict,
        )
        how = Write(mode, known, autorename, strict, modified)
        upload = partial(machine.files.upload, person, paths[0], content, how)
        machine.compare(person, upload, outcome)


@rule(who=v.WHO, path=v.TARGETS, autorename=st.booleans())
def create_folder(machine: FolderKernel, who: int, path: Any, autorename: bool) -> None:
    """Call `files_create_folder_v2`."""
    person = machine.person(who)
    paths = _paths(machine, person, path)
    if paths is None or paths[0].startswith("id:"):
        return  # the route takes no ids
    with machine.rule("create_folder"):
        real = drawn.real_path(machine, paths[0])
        outcome = machine.calls(person).make("files_create_folder_v2", real, autorename=autorename)
        create = partial(machine.files.create, person, paths[0], autorename=autorename)
        machine.compare(person, create, outcome)


@rule(who=v.WHO, path=v.PLACES, rev=_values.GUARDS)
def delete(machine: FolderKernel, who: int, path: Any, rev: int | None) -> None:
    """Call `files_delete_v2`, in some calls with the revision that the file must have."""
    person = machine.person(who)
    paths = _paths(machine, person, path)
    if paths is None:
        return
    known = drawn.guard_of(machine, person, paths[0], rev)
    with machine.rule("delete"):
        outcome = machine.calls(person).make(
            "files_delete_v2",
            drawn.real_path(machine, paths[0]),
            parent_rev=drawn.real_revision(machine, known),
        )
        machine.compare(person, partial(machine.files.delete, person, paths[0], known), outcome)


@rule(who=v.WHO, source=v.SOURCES, to=v.TARGETS_OF_MOVES, autorename=st.booleans())
def move(machine: FolderKernel, who: int, source: Any, to: Any, autorename: bool) -> None:
    """Call `files_move_v2`, also over the border of a shared folder."""
    person = machine.person(who)
    paths = _paths(machine, person, source, to)
    if paths is None or (not machine.strict and _changes_case_only(machine, person, *paths)):
        return
    with machine.rule("move"):
        ends = [drawn.real_path(machine, path) for path in paths]
        outcome = machine.calls(person).make("files_move_v2", *ends, autorename=autorename)
        move = partial(machine.files.move, person, *paths, autorename=autorename)
        machine.compare(person, move, outcome)


def _changes_case_only(machine: FolderKernel, person: Person, source: str, to: str) -> bool:
    """Return whether a move may change only the case: three responses have been seen (F7-08)."""
    try:
        ends = [machine.files.place(person, path, "path") for path in (source, to)]
    except Refused:
        return False
    return ends[0].key == ends[1].key


@rule(who=v.WHO, source=v.SOURCES, to=v.TARGETS_OF_MOVES, autorename=st.booleans())
def copy(machine: FolderKernel, who: int, source: Any, to: Any, autorename: bool) -> None:
    """Call `files_copy_v2`, also over the border of a shared folder."""
    person = machine.person(who)
    paths = _paths(machine, person, source, to)
    most = max(len(machine.files.seen(each)) for each in machine.people.all)
    if paths is None or 2 * most > machine.most_entries:
        return
    with machine.rule("copy"):
        ends = [drawn.real_path(machine, path) for path in paths]
        outcome = machine.calls(person).make("files_copy_v2", *ends, autorename=autorename)
        copy = partial(machine.files.copy, person, *paths, autorename=autorename)
        machine.compare(person, copy, outcome)


@precondition(lambda machine: machine.comparison.pairs.numbers("rev"))
@rule(who=v.WHO, path=v.TARGETS, rev=v.NTH)
def restore(machine: FolderKernel, who: int, path: Any, rev: int) -> None:
    """Call `files_restore` with a revision that the account sees, or one that only others see."""
    person = machine.person(who)
    paths = _paths(machine, person, path)
    if paths is None or paths[0].startswith("id:"):
        return  # the route takes no ids
    known = drawn.revision_of(machine, person, rev)
    with machine.rule("restore"):
        real = drawn.real_path(machine, paths[0]), machine.comparison.pairs.real("rev", known)
        outcome = machine.calls(person).make("files_restore", *real)
        machine.compare(person, partial(machine.files.restore, person, paths[0], known), outcome)


# Reading


@rule(who=v.WHO, path=v.READ, include_deleted=st.booleans())
def get_metadata(machine: FolderKernel, who: int, path: Any, include_deleted: bool) -> None:
    """Call `files_get_metadata`, by path, id, namespace and revision."""
    person = machine.person(who)
    paths = _paths(machine, person, path)
    if paths is None:
        return
    machine.settle()
    with machine.rule("get_metadata"):
        outcome = machine.calls(person).make(
            "files_get_metadata",
            drawn.real_path(machine, paths[0]),
            include_deleted=include_deleted,
        )
        at = partial(machine.files.at, person, paths[0], include_deleted=include_deleted)
        seen = machine.example(person).expected(at, outcome)
        if seen is None:
            return
        if paths[0].startswith("rev:"):
            machine.comparison.check(seen, outcome.result, is_past=True)
        elif seen.key in machine.files.seen(person):
            machine.comparison.check(seen, outcome.result)
        else:
            expect(("deleted", seen.key), (kind_of(outcome.result), outcome.result.path_lower))


@rule(who=v.WHO, path=v.READ)
def download(machine: FolderKernel, who: int, path: Any) -> None:
    """Call `files_download`, by path, id, namespace and revision."""
    person = machine.person(who)
    paths = _paths(machine, person, path)
    if paths is None:
        return
    machine.settle()
    with machine.rule("download"):
        outcome = machine.calls(person).make("files_download", drawn.real_path(machine, paths[0]))
        file = partial(machine.files.file, person, paths[0])
        if outcome.chain:
            machine.example(person).expected(file, outcome)
            return
        meta, response = outcome.result
        seen = machine.example(person).expected(file, Outcome(meta))
        machine.comparison.check(seen, meta, is_past=paths[0].startswith("rev:"))
        expect(seen.entry.content, response.content)


@rule(who=v.WHO, path=v.WITH_PAST, by_id=st.booleans(), limit=st.sampled_from([1, 2, 100]))
def list_revisions(machine: FolderKernel, who: int, path: Any, by_id: bool, limit: int) -> None:
    """Call `files_list_revisions`, in both modes."""
    person = machine.person(who)
    paths = _paths(machine, person, path)
    if paths is None:
        return
    machine.settle()
    with machine.rule("list_revisions"):
        mode = ListRevisionsMode("id" if by_id else "path")
        real = drawn.real_path(machine, paths[0])
        outcome = machine.calls(person).make("files_list_revisions", real, mode=mode, limit=limit)
        compare_revisions(machine, person, paths[0], outcome, by_id=by_id, limit=limit)


def compare_revisions(
    machine: FolderKernel, person: Person, path: str, outcome: Outcome, *, by_id: bool, limit: int
) -> None:
    """Compare the result of `files_list_revisions` with the model.

    Raises:
        Mismatch: they differ.
    """
    revisions = partial(machine.files.revisions, person, path, by_id=by_id)
    found = machine.example(person).expected(revisions, outcome)
    if found is None:
        return
    entries, is_deleted = found
    expect(is_deleted, outcome.result.is_deleted)
    expect(len(entries[:limit]), len(outcome.result.entries))
    for old, meta in zip(entries, outcome.result.entries, strict=False):
        machine.comparison.check(old, meta, is_past=True)


@rule(who=v.WHO, path=v.FOLDERS, query=st.sampled_from(["a", "b", "txt"]))
def search(machine: FolderKernel, who: int, path: Any, query: str) -> None:
    """Call `files_search_v2` for names, below a folder that may be mounted; not below a file."""
    person = machine.person(who)
    paths = _paths(machine, person, path)
    if paths is None or _is_file(machine, person, paths[0]):
        return
    machine.settle()
    with machine.rule("search"):
        calls = machine.calls(person)
        options = SearchOptions(drawn.real_path(machine, paths[0]), filename_only=True)
        outcome = calls.make("files_search_v2", query, options)
        find = partial(_searched, machine, person, paths[0], query)
        expected = machine.example(person).expected(find, outcome)
        if expected is None:
            return
        page, matches = outcome.result, list(outcome.result.matches)
        for _ in page_after_page():
            if not page.has_more:
                break
            page = calls.make("files_search_continue_v2", page.cursor).success
            matches += page.matches
        entries = [match.metadata.get_metadata() for match in matches]
        seen = machine.files.seen(person)
        found = {meta.path_lower for meta in entries}
        if not machine.strict:  # the index lags, and pages may repeat a match (F8-11)
            expect(set(), found - seen.keys() - _gone(machine, person))
            return
        expect(sorted(expected), sorted(meta.path_lower for meta in entries))
        for meta in entries:
            machine.comparison.check(seen[meta.path_lower], meta)


def _is_file(machine: FolderKernel, person: Person, path: str) -> bool:
    try:
        return machine.files.at(person, path).entry.content is not None
    except Refused:
        return False


def _gone(machine: FolderKernel, person: Person) -> set[str]:
    return {prefix + key for prefix, tree, _ in machine.files.past(person) for key in tree.gone}


def _searched(machine: FolderKernel, person: Person, path: str, query: str) -> set[str]:
    """Return the keys that a search finds; an unknown folder has no results (F8-11)."""
    try:
        top = machine.files.top(person, path)
    except Refused as refused:
        if refused.args[0] == "path/not_found":
            return set()
        raise
    return machine.files.found(person, query, top)
