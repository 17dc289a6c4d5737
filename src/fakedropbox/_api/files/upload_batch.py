"""Many uploads in pieces at once: the batches of `upload_session` (F4.1-08, F4.1-10, F4.1-11)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files import commits
from fakedropbox._api.files.jobs import each, launch
from fakedropbox._api.files.places import refuse_roots
from fakedropbox._api.files.upload import append_piece, finish_session, start_session
from fakedropbox._api.registry import route
from fakedropbox._files.blobs import piece_of
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


@route(files.upload_session_start_batch)
def start_batch(call: Call, arg: Any) -> Any:
    """Begin up to 1000 uploads in pieces, without a first one."""
    concurrent = arg.session_type is not None and arg.session_type.is_concurrent()
    names = [start_session(call, b"", concurrent=concurrent) for _ in range(arg.num_sessions)]
    return files.UploadSessionStartBatchResult(names)


def append_batch(call: Call, arg: Any) -> Any:
    """Send a piece to each of up to 500 sessions, all in one body (F4.1-11)."""
    content = commits.sent(call, arg.content_hash)
    if sum(entry.length for entry in arg.entries) != len(content):
        raise RouteError("length_mismatch")
    pieces, start = [], 0
    for entry in arg.entries:
        pieces.append((entry, piece_of(content, start, start + entry.length)))
        start += entry.length

    def do(piece: tuple[Any, bytes]) -> None:
        entry, data = piece
        append_piece(call, entry.cursor, data, close=entry.close)

    return files.UploadSessionAppendBatchResult(
        each(call, files.UploadSessionAppendBatchResultEntry, pieces, do)
    )


if hasattr(files, "upload_session_append_batch"):  # the SDK's floor does not know it
    route(files.upload_session_append_batch)(append_batch)


@route(files.upload_session_finish_batch_v2)
def finish_batch(call: Call, arg: Any) -> Any:
    """Make files of up to 1000 closed sessions (F4.1-10)."""
    return files.UploadSessionFinishBatchResult(_finish_each(call, arg))


@route(files.upload_session_finish_batch)
def finish_batch_v1(call: Call, arg: Any) -> Any:
    """The older form, which leaves a job."""
    return launch(call, "complete", files.UploadSessionFinishBatchResult(_finish_each(call, arg)))


def _finish_each(call: Call, arg: Any) -> list[Any]:
    refuse_roots(call, [entry.commit.path for entry in arg.entries], "entries.commit.path")
    for entry in arg.entries:  # what makes no sense is refused before anything is done
        commits.wanted(call, entry.commit, "entries.commit.")

    def do(entry: Any) -> Any:
        how = commits.wanted(call, entry.commit, "entries.commit.")
        return finish_session(call, entry, how, only_closed=True)

    return each(call, files.UploadSessionFinishBatchResultEntry, arg.entries, do)
