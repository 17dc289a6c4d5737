"""Hypothesis rules for batches: several changes in one call, which may start a job (F7-10)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from operator import methodcaller
from typing import Any

from dropbox import files
from dropbox.files import (
    CommitInfo,
    DeleteArg,
    RelocationPath,
    UploadSessionFinishArg,
    WriteMode,
)
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._batch_calls import compare_batch
from fakedropbox.machines._calls import Calls, outcome_of
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Entry, Write
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel, has_sessions
from fakedropbox.machines._names import fold

_APPEND_BATCH = "files_upload_session_append_batch"  # the oldest supported SDK lacks it

_Wanted = tuple[Any, Callable[[], Entry]]
"""An entry of a batch, and the prediction of the model for it."""


@rule(entries=st.lists(st.tuples(v.PLACES, v.GUARDS), min_size=1, max_size=3))
def delete_batch(machine: Kernel, entries: list[tuple[Any, int | None]]) -> None:
    """Call `files_delete_batch`."""
    example = machine.example
    wanted: list[_Wanted] = []
    for place, number in entries:
        path = example.path(place)
        known, real = (None, None) if number is None else example.revision_at(path, number)
        arg = DeleteArg(example.real(path), parent_rev=real)
        wanted.append((arg, partial(example.model.tree.delete, path, known)))
    with example.rule("delete_batch"):
        compare_batch(
            example, example.compare, "files_delete_batch", "files_delete_batch_check", wanted
        )


@rule(
    ends=st.lists(st.tuples(v.KNOWN, v.KNOWN), min_size=1, max_size=3),
    is_copy=st.booleans(),
    autorename=st.booleans(),
)
def relocate_batch(
    machine: Kernel, ends: list[tuple[Any, Any]], is_copy: bool, autorename: bool
) -> None:
    """Call `files_move_batch_v2` or `files_copy_batch_v2`."""
    example = machine.example
    kind = "copy" if is_copy else "move"
    args, relocations = [], []
    for source, to in [(example.path(source), example.path(to)) for source, to in ends]:
        if is_copy or example.strict or fold(source) != fold(to):  # F7-08
            args.append(RelocationPath(example.real(source), example.real(to)))
            relocations.append(methodcaller(kind, source, to, autorename=autorename))
    if is_copy and not example.has_room(*relocations):
        return
    predictions = [partial(relocate, example.model.tree) for relocate in relocations]
    wanted: list[_Wanted] = list(zip(args, predictions, strict=True))
    with example.rule("relocate_batch"):
        methods = f"files_{kind}_batch_v2", f"files_{kind}_batch_check_v2"
        compare_batch(example, example.compare, *methods, wanted, autorename=autorename)


@rule(paths=st.lists(v.PATHS, min_size=1, max_size=3, unique_by=fold), autorename=st.booleans())
def create_folder_batch(machine: Kernel, paths: list[str], autorename: bool) -> None:
    """Call `files_create_folder_batch`."""
    example = machine.example
    wanted: list[_Wanted] = [
        (example.real(path), partial(example.model.tree.create, path, autorename=autorename))
        for path in paths
    ]
    methods = "files_create_folder_batch", "files_create_folder_batch_check"
    with example.rule("create_folder_batch"):
        compare_batch(example, example.compare, *methods, wanted, autorename=autorename)


@rule(count=st.integers(1, 3))
def start_batch(machine: Kernel, count: int) -> None:
    """Call `files_upload_session_start_batch`."""
    example = machine.example
    with example.rule("start_batch") as calls:
        _started(example, calls, count)


@precondition(lambda machine: hasattr(machine.dbx, _APPEND_BATCH))
@rule(uploads=st.lists(st.tuples(v.TARGETS, v.CONTENTS), min_size=1, max_size=3))
def upload_batch(machine: Kernel, uploads: list[tuple[Any, bytes]]) -> None:
    """Upload files in three calls: `…_start_batch`, `…_append_batch`, `…_finish_batch_v2`.

    The data that a session has received can be compared only after its file is written.
    """
    example = machine.example
    plan = [(example.path(target), content) for target, content in uploads]
    model, pieces, wanted = example.model, [], list[_Wanted]()
    with example.rule("upload_batch") as calls:
        sessions = _started(example, calls, len(plan))
        for (path, content), (number, session) in zip(plan, sessions, strict=True):
            cursor = files.UploadSessionCursor(session, 0)
            pieces.append(files.UploadSessionAppendBatchArgEntry(cursor, len(content), True))
            model.sessions.append(number, 0, content, close=True)
            end = files.UploadSessionCursor(session, len(content))
            finish = partial(model.sessions.finish_closed, number, len(content), path, Write())
            wanted.append((UploadSessionFinishArg(end, CommitInfo(example.real(path))), finish))
        whole = b"".join(content for _, content in plan)
        outcome = calls.make(_APPEND_BATCH, whole, pieces)
        expect("", outcome.chain)
        expect([True] * len(pieces), [each.is_success() for each in outcome.result.entries])
        compare_batch(example, example.compare, "files_upload_session_finish_batch_v2", "", wanted)


@precondition(lambda machine: has_sessions(machine) and hasattr(machine.dbx, _APPEND_BATCH))
@rule(
    entries=st.lists(
        st.tuples(v.SESSIONS, v.OFFSETS, v.CONTENTS, st.booleans()), min_size=1, max_size=3
    ),
)
def append_batch(machine: Kernel, entries: list[tuple[int, int | None, bytes, bool]]) -> None:
    """Call `files_upload_session_append_batch`, with the data of all entries in one body."""
    example = machine.example
    args, predictions, seen, whole = [], [], set[int](), b""
    for session, offset, content, close in entries:
        number, cursor = example.session_at(session, offset)
        if number in seen:
            continue  # no fact says what two entries for one session do
        seen.add(number)
        whole += content
        args.append(files.UploadSessionAppendBatchArgEntry(cursor, len(content), close))
        append = partial(example.model.sessions.append, number, cursor.offset, content, close=close)
        predictions.append(append)
    with example.rule("append_batch") as calls:
        answer = calls.make(_APPEND_BATCH, whole, args)
        expect("", answer.chain)
        expect(len(args), len(answer.result.entries))
        for predict, result in zip(predictions, answer.result.entries, strict=True):
            example.expected(predict, outcome_of(result))


@precondition(has_sessions)
@rule(
    entries=st.lists(
        st.tuples(v.SESSIONS, v.OFFSETS, v.TARGETS, st.sampled_from(["add", "overwrite"])),
        min_size=1,
        max_size=3,
    ),
)
def finish_batch(machine: Kernel, entries: list[tuple[int, int | None, Any, str]]) -> None:
    """Call `files_upload_session_finish_batch_v2`."""
    example = machine.example
    wanted: list[_Wanted] = []
    seen: set[int] = set()
    for session, offset, target, mode in entries:
        path, (number, cursor) = example.path(target), example.session_at(session, offset)
        if number in seen:
            continue  # no fact says what two entries for one session do
        seen.add(number)
        arg = UploadSessionFinishArg(cursor, CommitInfo(example.real(path), WriteMode(mode)))
        predict = partial(
            example.model.sessions.finish_closed, number, cursor.offset, path, Write(mode)
        )
        wanted.append((arg, predict))
    with example.rule("finish_batch"):
        compare_batch(example, example.compare, "files_upload_session_finish_batch_v2", "", wanted)


def _started(example: Example, calls: Calls, count: int) -> list[tuple[int, str]]:
    """Start ``count`` sessions, and return each one's number in the model and its id."""
    outcome = calls.make("files_upload_session_start_batch", count)
    expect("", outcome.chain)
    expect(count, len(outcome.result.session_ids))
    sessions = [
        (example.model.sessions.start(b""), session) for session in outcome.result.session_ids
    ]
    for number, session in sessions:
        example.pairs.pair("session", number, session)
    return sessions
