"""Upload sessions: data that is sent in pieces, one by one or in batches (F4.1-01)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files import commits
from fakedropbox._api.files.commits import Sent
from fakedropbox._api.files.jobs import each, launch
from fakedropbox._api.files.places import place_at, refuse_roots, view_of
from fakedropbox._api.registry import AS_429, route
from fakedropbox._api.structs import reader
from fakedropbox._base.sdk_parts import sdk_has
from fakedropbox._files.blobs import Content, piece_of
from fakedropbox._files.places import Place
from fakedropbox._files.store import Commit
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_FINISH: dict[str, Any] = {
    "contention": "too_many_write_operations",
    "no_space": "path/insufficient_space",
}
_read_start = reader(files.UploadSessionStartArg, "close", "session_type", "content_hash")
_read_append = reader(files.UploadSessionAppendArg, "cursor", "close", "content_hash")
_read_finish = reader(files.UploadSessionFinishArg, "cursor", "commit", "content_hash")


def start_session(
    call: Call, content: Content, *, closed: bool = False, concurrent: bool = False
) -> str:
    """Start an upload session and return its id."""
    name = f"pid_upload_session:{call.world.chance.token('session', 38)}"
    call.world.files.sessions.start(
        name, _namespace(call), content, closed=closed, concurrent=concurrent
    )
    return name


def _namespace(call: Call) -> int:
    return view_of(call).home.namespace_id


@route(files.upload_session_start, contention=AS_429, touches="session")
def start(call: Call, arg: Any) -> Any:
    """Start an upload session, with or without its first piece (F4.1-01)."""
    closed, kind, given_hash = _read_start(arg)
    content = commits.sent(call, given_hash).content
    concurrent = kind is not None and kind.is_concurrent()
    if concurrent and content:
        raise RouteError("concurrent_session_data_not_allowed", fact="F4.1-08")
    if concurrent and closed:
        raise RouteError("concurrent_session_close_not_allowed", fact="F4.1-08")
    return files.UploadSessionStartResult(
        start_session(call, content, closed=closed, concurrent=concurrent)
    )


@route(files.upload_session_append_v2, contention=AS_429, touches="session")
def append(call: Call, arg: Any) -> None:
    """Append a piece to an upload session."""
    cursor, close, given_hash = _read_append(arg)
    append_piece(call, cursor, commits.sent(call, given_hash).content, close=close)


@route(files.upload_session_append, contention=AS_429, touches="session")
def append_v1(call: Call, arg: Any) -> None:
    """Append a piece to an upload session; this older form cannot close it."""
    append_piece(call, arg, commits.sent(call, None).content, close=False)


def append_piece(call: Call, cursor: Any, content: Content, *, close: bool) -> None:
    """Append a piece to an upload session.

    Raises:
        RouteError: the piece is refused; an `UploadSessionAppendError`.
    """
    call.world.files.sessions.append(
        cursor.session_id, _namespace(call), cursor.offset, content, close=close
    )


@route(files.upload_session_finish, touches="session", **_FINISH)
def finish(call: Call, arg: Any) -> Any:
    """Append the last piece and commit the file; if that fails, the piece is kept (F4.1-05)."""
    return finish_session(call, arg, commits.wanted(call, arg.commit, "commit."))


def finish_session(call: Call, arg: Any, how: Commit, *, only_closed: bool = False) -> Any:
    """Commit an upload session as a file and return its metadata.

    Raises:
        BadInput: the path is the root.
        RouteError: it cannot be committed; an `UploadSessionFinishError`.
    """
    cursor, info, given_hash = _read_finish(arg)
    target: Place | RouteError
    try:
        target = place_at(call, info.path, field="commit.path", tag="path")
    except RouteError as error:
        target = commits.as_write(error)
    sessions = call.world.files.sessions
    last = commits.sent(call, given_hash)
    content = sessions.complete(
        cursor.session_id, _namespace(call), cursor.offset, last.content, only_closed=only_closed
    )
    came_at_once = len(content) == len(last.content)  # then `last` has the hash of the file
    if isinstance(target, RouteError):
        raise target
    meta = commits.commit(call, target, last if came_at_once else Sent(content), how)
    sessions.end(cursor.session_id)
    return meta


# Batches


@route(files.upload_session_start_batch, contention=AS_429)
def start_batch(call: Call, arg: Any) -> Any:
    """Start up to 1000 upload sessions, without a first piece."""
    concurrent = arg.session_type is not None and arg.session_type.is_concurrent()
    names = [start_session(call, b"", concurrent=concurrent) for _ in range(arg.num_sessions)]
    return files.UploadSessionStartBatchResult(names)


def append_batch(call: Call, arg: Any) -> Any:
    """Append pieces to up to 500 sessions, all in one body (F4.1-11)."""
    content = commits.sent(call, arg.content_hash).content
    if sum(entry.length for entry in arg.entries) != len(content):
        raise RouteError("length_mismatch", fact="F4.1-11")
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


if sdk_has("files.upload_session_append_batch"):
    route(files.upload_session_append_batch, contention=AS_429, entries="entries")(append_batch)


@route(files.upload_session_finish_batch_v2, entries="entries", **_FINISH)
def finish_batch(call: Call, arg: Any) -> Any:
    """Commit up to 1000 closed sessions as files (F4.1-10)."""
    return files.UploadSessionFinishBatchResult(_finish_each(call, arg))


@route(files.upload_session_finish_batch, entries="entries", **_FINISH)
def finish_batch_v1(call: Call, arg: Any) -> Any:
    """Commit up to 1000 closed sessions as files; this older form starts a job."""
    return launch(call, "complete", files.UploadSessionFinishBatchResult(_finish_each(call, arg)))


def _finish_each(call: Call, arg: Any) -> list[Any]:
    refuse_roots(call, [entry.commit.path for entry in arg.entries], "entries.commit.path")
    for entry in arg.entries:  # bad input is refused before anything is done
        commits.wanted(call, entry.commit, "entries.commit.")

    def do(entry: Any) -> Any:
        how = commits.wanted(call, entry.commit, "entries.commit.")
        return finish_session(call, entry, how, only_closed=True)

    return each(call, files.UploadSessionFinishBatchResultEntry, arg.entries, do)
