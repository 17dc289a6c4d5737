"""Uploading: `upload`, and `upload_session` with its three steps (F4-01 to -09, F4.1-01 to -07)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files import commits
from fakedropbox._api.files.places import place_at, view_of
from fakedropbox._api.registry import route
from fakedropbox._api.structs import reader
from fakedropbox._files.blobs import Content
from fakedropbox._files.places import Place
from fakedropbox._files.store import Commit
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_read_upload = reader(files.UploadArg, "path", "content_hash")
_read_start = reader(files.UploadSessionStartArg, "close", "session_type", "content_hash")
_read_append = reader(files.UploadSessionAppendArg, "cursor", "close", "content_hash")
_read_finish = reader(files.UploadSessionFinishArg, "cursor", "commit", "content_hash")


@route(files.upload)
@route(files.alpha_upload)
def upload(call: Call, arg: Any) -> Any:
    """Write a file of at most 150 MiB (F4-01); the alpha route is an alias (F8-13)."""
    path, given_hash = _read_upload(arg)
    try:
        place = place_at(call, path, field="path", tag="path")
        how = commits.wanted(call, arg)
        return commits.commit(call, place, commits.sent(call, given_hash), how)
    except RouteError as error:
        if not error.tags.startswith("path/"):
            raise
        error = commits.as_write(error)
        raise failed_upload(call, error.tags, fact=error.fact) from None


def failed_upload(call: Call, tags: str, *, fact: str | None = None) -> RouteError:
    """The error of an upload, which tells under which session its bytes are kept (F4-09)."""
    session = start_session(call, call.content or b"")
    return RouteError(tags, {"upload_session_id": session}, fact=fact)


def start_session(
    call: Call, content: Content, *, closed: bool = False, concurrent: bool = False
) -> str:
    """Begin an upload session; gives back its id."""
    name = f"pid_upload_session:{call.world.chance.token('session', 38)}"
    call.world.files.sessions.start(
        name, _namespace(call), content, closed=closed, concurrent=concurrent
    )
    return name


def _namespace(call: Call) -> int:
    return view_of(call).tree.namespace_id


@route(files.upload_session_start)
def start(call: Call, arg: Any) -> Any:
    """Begin an upload in pieces, with the first one or none (F4.1-01)."""
    closed, kind, given_hash = _read_start(arg)
    content = commits.sent(call, given_hash)
    concurrent = kind is not None and kind.is_concurrent()
    if concurrent and content:
        raise RouteError("concurrent_session_data_not_allowed")
    if concurrent and closed:
        raise RouteError("concurrent_session_close_not_allowed")
    return files.UploadSessionStartResult(
        start_session(call, content, closed=closed, concurrent=concurrent)
    )


@route(files.upload_session_append_v2)
def append(call: Call, arg: Any) -> None:
    """Send a further piece."""
    cursor, close, given_hash = _read_append(arg)
    append_piece(call, cursor, commits.sent(call, given_hash), close=close)


@route(files.upload_session_append)
def append_v1(call: Call, arg: Any) -> None:
    """Send a further piece; the older form cannot close the session."""
    append_piece(call, arg, commits.sent(call, None), close=False)


def append_piece(call: Call, cursor: Any, content: Content, *, close: bool) -> None:
    """Take a piece for a session.

    Raises:
        RouteError: below `UploadSessionAppendError`.
    """
    call.world.files.sessions.append(
        cursor.session_id, _namespace(call), cursor.offset, content, close=close
    )


@route(files.upload_session_finish)
def finish(call: Call, arg: Any) -> Any:
    """Send the last piece and make a file of all; where that fails, the piece stays (F4.1-05)."""
    return finish_session(call, arg, commits.wanted(call, arg.commit, "commit."))


def finish_session(call: Call, arg: Any, how: Commit, *, only_closed: bool = False) -> Any:
    """Make a file of a session; gives back its metadata.

    Raises:
        BadInput: the root.
        RouteError: below `UploadSessionFinishError`.
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
        cursor.session_id, _namespace(call), cursor.offset, last, only_closed=only_closed
    )
    if isinstance(target, RouteError):
        raise target
    meta = commits.commit(call, target, content, how)
    sessions.end(cursor.session_id)
    return meta
