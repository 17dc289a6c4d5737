"""Uploading a file in one request: `upload` (F4-01)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files import commits
from fakedropbox._api.files.places import place_at
from fakedropbox._api.files.upload_session import start_session
from fakedropbox._api.registry import route
from fakedropbox._api.structs import reader
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_read_upload = reader(files.UploadArg, "path", "content_hash")


def failed_upload(call: Call, tags: str, *, fact: str | None = None) -> RouteError:
    """Return an upload's error; that of a path names a session that keeps the data (F4-09)."""
    if not tags.startswith("path/"):
        return RouteError(tags, fact=fact)
    session = start_session(call, call.content or b"")
    return RouteError(tags, {"upload_session_id": session}, fact=fact)


@route(
    files.upload,
    contention="path/too_many_write_operations",
    no_space="path/insufficient_space",
    refusal=failed_upload,
    touches="paths",
)
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
