"""Batches of copies, moves, new folders and deletions (F7-10, F7-11, F8-02, F8-05)."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from dropbox import files

from fakedropbox._api.files.create_delete import created, delete_v1
from fakedropbox._api.files.jobs import each, in_turn, launch, one
from fakedropbox._api.files.places import refuse_roots
from fakedropbox._api.files.relocate import copied, moved
from fakedropbox._api.refusals import failure_object
from fakedropbox._api.registry import route
from fakedropbox._facts.limits import FOLDERS_AT_ONCE
from fakedropbox._files.paths import fold
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_Relocate = Callable[..., Any]
_BATCH: dict[str, Any] = {"contention": "too_many_write_operations", "entries": "entries"}


@route(files.copy_batch_v2, no_space="relocation_error/insufficient_quota", **_BATCH)
def copy_batch(call: Call, arg: Any) -> Any:
    """Copy up to 1000 files or folders (F7-10)."""
    return _relocate_each(call, arg, copied)


@route(files.move_batch_v2, no_space="relocation_error/insufficient_quota", **_BATCH)
def move_batch(call: Call, arg: Any) -> Any:
    """Move up to 1000 files or folders (F7-10)."""
    return _relocate_each(call, arg, moved)


@route(files.copy_batch, no_space="insufficient_quota", **_BATCH)
def copy_batch_v1(call: Call, arg: Any) -> Any:
    """Copy all entries or none; this is the older form."""
    return _relocate_all(call, arg, copied)


@route(files.move_batch, no_space="insufficient_quota", **_BATCH)
def move_batch_v1(call: Call, arg: Any) -> Any:
    """Move all entries or none; this is the older form."""
    return _relocate_all(call, arg, moved)


def _relocate_each(call: Call, arg: Any, relocate: _Relocate) -> Any:
    def do(ends: Any) -> Any:
        try:
            return relocate(call, ends, autorename=arg.autorename)
        except RouteError as error:
            raise error.under("relocation_error") from None

    _refuse_root_ends(call, arg)
    entries = each(call, files.RelocationBatchResultEntry, arg.entries, do)
    return launch(call, "complete", files.RelocationBatchV2Result(entries))


def _relocate_all(call: Call, arg: Any, relocate: _Relocate) -> Any:
    _refuse_root_ends(call, arg)
    undo = call.world.files.undo
    before = undo.mark()

    def do(ends: Any) -> Any:
        return relocate(call, ends, autorename=arg.autorename)

    try:
        metas = [one(call, ends, do) for ends in in_turn(call, arg.entries)]
    except RouteError as error:
        undo.back_to(before)
        return launch(call, "failed", failure_object(files.RelocationBatchError_validator, error))
    entries = [files.RelocationBatchResultData(meta) for meta in metas]
    return launch(call, "complete", files.RelocationBatchResult(entries))


def _refuse_root_ends(call: Call, arg: Any) -> None:
    for ends in arg.entries:
        refuse_roots(call, [ends.from_path], "entries.from_path")
        refuse_roots(call, [ends.to_path], "entries.to_path")


@route(
    files.create_folder_batch,
    contention="path/too_many_write_operations",
    no_space="path/insufficient_space",
    entries="paths",
)
def create_folder_batch(call: Call, arg: Any) -> Any:
    """Create up to 10,000 folders; a repeated path counts once (F8-02)."""

    def do(path: str) -> Any:
        return files.CreateFolderEntryResult(created(call, path, autorename=arg.autorename))

    refuse_roots(call, arg.paths, "paths")
    first: dict[str, str] = {}
    for path in arg.paths:
        first.setdefault(fold(path), path)
    results = each(call, files.CreateFolderBatchResultEntry, first.values(), do)
    if len(first) < len(arg.paths):
        known = dict(zip(first, results, strict=True))
        results = [deepcopy(known[fold(path)]) for path in arg.paths]
    return launch(
        call,
        "complete",
        files.CreateFolderBatchResult(results),
        as_job=len(arg.paths) > FOLDERS_AT_ONCE,
        forced=arg.force_async,
    )


@route(files.delete_batch, **_BATCH)
def delete_batch(call: Call, arg: Any) -> Any:
    """Delete up to 1000 files or folders (F8-05)."""

    def do(entry: Any) -> Any:
        return files.DeleteBatchResultData(delete_v1(call, entry))

    refuse_roots(call, [entry.path for entry in arg.entries], "entries.path")
    entries = each(call, files.DeleteBatchResultEntry, arg.entries, do)
    return launch(call, "complete", files.DeleteBatchResult(entries))
