"""Hypothesis rules for single files and folders: uploads, relocations, deletions, and reading."""

from __future__ import annotations

from datetime import datetime, timezone
from operator import methodcaller
from typing import Any

from dropbox.files import CommitInfo, ListRevisionsMode, WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.clock import SystemClock
from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import BAD_INPUT, Mismatch, Outcome, kind_of
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Write
from fakedropbox.machines._kernel import Kernel, has_sessions
from fakedropbox.machines._names import fold

_UPLOADS = st.sampled_from(["files_upload", "files_upload", "files_alpha_upload"])
_CREATIONS = st.sampled_from(["files_create_folder_v2", "files_create_folder"])
_DELETIONS = st.sampled_from(["files_delete_v2", "files_delete"])
_MOVES = st.sampled_from(["files_move_v2", "files_move"])
_COPIES = st.sampled_from(["files_copy_v2", "files_copy"])
_LOOKS = st.sampled_from(["files_get_metadata", "files_get_metadata", "files_alpha_get_metadata"])


# Writing


@rule(
    path=v.TARGETS, content=v.CONTENTS, mode=v.MODES, rev=v.NTH, modified=v.TIMES,
    autorename=st.booleans(), strict=st.booleans(), method=_UPLOADS,
)  # fmt: skip
def upload(
    machine: Kernel,
    path: Any,
    content: bytes,
    mode: str,
    rev: int,
    modified: datetime | None,
    autorename: bool,
    strict: bool,
    method: str = "files_upload",
) -> None:
    """Call `files_upload`, in all modes, also by its old name (F8-13)."""
    example = machine.example
    path = example.path(path)
    known, real = example.revision_at(path, rev) if mode == "update" else (0, "")
    # No fact says what autorename does if the file to be updated has been deleted.
    autorename = autorename and not (mode == "update" and strict)
    with example.rule("upload") as calls:
        outcome = calls.make(
            method,
            content,
            example.real(path),
            mode=WriteMode.update(real) if mode == "update" else WriteMode(mode),
            autorename=autorename,
            client_modified=modified,
            strict_conflict=strict,
        )
        how = Write(mode, known, autorename, strict, modified)
        example.compare(lambda: example.model.tree.upload(path, content, how), outcome)
        example.keep_refused(content, outcome)


@rule(path=v.PATHS, autorename=st.booleans(), method=_CREATIONS)
def create_folder(
    machine: Kernel, path: str, autorename: bool, method: str = "files_create_folder_v2"
) -> None:
    """Call `files_create_folder_v2` or the older `files_create_folder`."""
    example = machine.example
    with example.rule("create_folder") as calls:
        outcome = calls.make(method, example.real(path), autorename=autorename)
        example.compare(lambda: example.model.tree.create(path, autorename=autorename), outcome)


@rule(path=v.one_of(v.PLACES, v.PLACES, v.PLACES, v.DOCS), rev=v.GUARDS, method=_DELETIONS)
def delete(machine: Kernel, path: Any, rev: int | None, method: str = "files_delete_v2") -> None:
    """Call `files_delete_v2` or `files_delete`, in some calls with the revision it must have."""
    example = machine.example
    path = example.path(path)
    known, real = (None, None) if rev is None else example.revision_at(path, rev)
    with example.rule("delete") as calls:
        outcome = calls.make(method, example.real(path), parent_rev=real)
        example.compare(lambda: example.model.tree.delete(path, known), outcome)


@precondition(lambda machine: machine.example.strict)
@rule(path=v.PLACES)
def permanently_delete(machine: Kernel, path: Any) -> None:
    """Call `files_permanently_delete`, which is not for personal accounts (F8-06).

    The account is known to be a personal one only in the strict mode.
    """
    example = machine.example
    path = example.path(path)
    with example.rule("permanently_delete") as calls:
        expect(BAD_INPUT, calls.make("files_permanently_delete", example.real(path)).chain)


@rule(source=v.PLACES, to=v.TARGETS, autorename=st.booleans(), method=_MOVES)
def move(
    machine: Kernel, source: Any, to: Any, autorename: bool, method: str = "files_move_v2"
) -> None:
    """Call `files_move_v2` or the older `files_move`."""
    example = machine.example
    source, to = example.path(source), example.path(to)
    if not example.strict and example.model.tree.changes_case_only(source, to):
        return  # three different responses have been seen (F7-08)
    with example.rule("move") as calls:
        ends = example.real(source), example.real(to)
        outcome = calls.make(method, *ends, autorename=autorename)
        example.compare(lambda: example.model.tree.move(source, to, autorename=autorename), outcome)


@rule(source=v.PLACES, to=v.TARGETS, autorename=st.booleans(), method=_COPIES)
def copy(
    machine: Kernel, source: Any, to: Any, autorename: bool, method: str = "files_copy_v2"
) -> None:
    """Call `files_copy_v2` or the older `files_copy`."""
    example = machine.example
    source, to = example.path(source), example.path(to)
    relocate = methodcaller("copy", source, to, autorename=autorename)
    if not example.has_room(relocate):
        return
    with example.rule("copy") as calls:
        ends = example.real(source), example.real(to)
        outcome = calls.make(method, *ends, autorename=autorename)
        example.compare(lambda: relocate(example.model.tree), outcome)


@precondition(lambda machine: machine.example.model.tree.history)
@rule(path=v.KNOWN, rev=v.NTH)
def restore(machine: Kernel, path: Any, rev: int) -> None:
    """Call `files_restore`."""
    example = machine.example
    path, (known, real) = example.path(path), example.revision(rev)
    with example.rule("restore") as calls:
        outcome = calls.make("files_restore", example.real(path), real)
        example.compare(lambda: example.model.restore(path, known), outcome)


# Upload sessions


@rule(content=v.CONTENTS, close=st.booleans())
def start_session(machine: Kernel, content: bytes, close: bool) -> None:
    """Call `files_upload_session_start`."""
    example = machine.example
    with example.rule("start_session") as calls:
        outcome = calls.make("files_upload_session_start", content, close=close)
        number = example.expected(
            lambda: example.model.sessions.start(content, close=close), outcome
        )
        example.pairs.pair("session", number, outcome.result.session_id)


@precondition(has_sessions)
@rule(session=v.SESSIONS, offset=v.OFFSETS, content=v.CONTENTS, close=st.booleans())
def append(machine: Kernel, session: int, offset: int | None, content: bytes, close: bool) -> None:
    """Call `files_upload_session_append_v2`."""
    example = machine.example
    number, cursor = example.session_at(session, offset)
    with example.rule("append") as calls:
        outcome = calls.make("files_upload_session_append_v2", content, cursor, close=close)
        example.expected(
            lambda: example.model.sessions.append(number, cursor.offset, content, close=close),
            outcome,
        )


@precondition(has_sessions)
@rule(
    session=v.SESSIONS, offset=v.OFFSETS, content=v.CONTENTS, path=v.TARGETS,
    mode=st.sampled_from(["add", "overwrite"]), autorename=st.booleans(),
)  # fmt: skip
def finish(
    machine: Kernel,
    session: int,
    offset: int | None,
    content: bytes,
    path: Any,
    mode: str,
    autorename: bool,
) -> None:
    """Call `files_upload_session_finish`."""
    example = machine.example
    path, (number, cursor) = example.path(path), example.session_at(session, offset)
    commit = CommitInfo(example.real(path), mode=WriteMode(mode), autorename=autorename)
    with example.rule("finish") as calls:
        outcome = calls.make("files_upload_session_finish", content, cursor, commit)
        how = Write(mode, autorename=autorename)
        example.compare(
            lambda: example.model.sessions.finish(number, cursor.offset, content, path, how),
            outcome,
        )


# Reading


@rule(path=v.READ, include_deleted=st.booleans(), method=_LOOKS)
def get_metadata(
    machine: Kernel, path: Any, include_deleted: bool, method: str = "files_get_metadata"
) -> None:
    """Call `files_get_metadata`, by path, by id and by revision, also by its old name (F8-13)."""
    example = machine.example
    path = example.path(path)
    machine.settle()
    with example.rule("get_metadata") as calls:
        outcome = calls.make(method, example.real(path), include_deleted=include_deleted)
        entry = example.expected(
            lambda: example.model.tree.at(path, include_deleted=include_deleted), outcome
        )
        if entry is None:
            return
        if path.startswith("rev:") or entry.key in example.model.tree.live:
            example.check(entry, outcome.result)
        else:
            expect("deleted", kind_of(outcome.result))
            expect(fold(example.folder) + entry.key, outcome.result.path_lower)


@rule(path=v.READ)
def download(machine: Kernel, path: Any) -> None:
    """Call `files_download`, by path, by id and by revision."""
    example = machine.example
    path = example.path(path)
    machine.settle()
    with example.rule("download") as calls:
        outcome = calls.make("files_download", example.real(path))
        if outcome.chain:
            example.expected(lambda: example.model.tree.file(path), outcome)
            return
        meta, response = outcome.result
        entry = example.compare(lambda: example.model.tree.file(path), Outcome(meta))
        expect(None if entry is None else entry.content, response.content)


@rule(path=v.PLACES, by_id=st.booleans(), limit=st.sampled_from([1, 2, 100]))
def list_revisions(machine: Kernel, path: Any, by_id: bool, limit: int) -> None:
    """Call `files_list_revisions`, in both modes."""
    example = machine.example
    path = example.path(path)
    mode = ListRevisionsMode("id" if by_id else "path")
    machine.settle()
    with example.rule("list_revisions") as calls:
        outcome = calls.make("files_list_revisions", example.real(path), mode=mode, limit=limit)
        found = example.expected(lambda: example.model.tree.revisions(path, by_id=by_id), outcome)
        if found is not None:
            entries, is_deleted = found
            expect(is_deleted, outcome.result.is_deleted)
            _check_time_of_deletion(machine, outcome.result)
            expect(len(entries[:limit]), len(outcome.result.entries))
            for entry, meta in zip(entries, outcome.result.entries, strict=False):
                example.check(entry, meta)


def _check_time_of_deletion(machine: Kernel, result: Any) -> None:
    """Check that only a deleted file has a time of deletion, and that it has passed (F8-08)."""
    expect(result.is_deleted, result.server_deleted is not None)
    if not result.is_deleted or isinstance(machine.clock, SystemClock):
        return
    deleted = result.server_deleted.replace(tzinfo=timezone.utc).timestamp()
    if deleted > machine.clock.seconds:
        raise Mismatch(f"expected a deletion in the past, got {result.server_deleted!r}")
