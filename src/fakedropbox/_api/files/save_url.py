"""Saving a URL to a file: `save_url` and the check of its job (F5-09)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dropbox import files

from fakedropbox._api.files import commits
from fakedropbox._api.files.jobs import check_job, launch
from fakedropbox._api.files.metadata import file_metadata
from fakedropbox._api.files.places import place_at, view_of
from fakedropbox._api.refusals import failure_object
from fakedropbox._api.registry import route
from fakedropbox._facts.limits import SAVE_URL_SECONDS
from fakedropbox._files.blobs import content_hash
from fakedropbox._files.places import Place
from fakedropbox._files.store import Commit
from fakedropbox.calls import Call
from fakedropbox.clock import SECOND
from fakedropbox.errors import RouteError

_BESIDE = Commit(autorename=True)


@route(files.save_url)
def save_url(call: Call, arg: Any) -> Any:
    """Save the data at a URL as a file, and return a job's id.

    If the path is taken, the new file gets another name (a guess).
    """
    try:
        place = place_at(call, arg.path, field="path", tag="path")
    except RouteError as error:
        raise commits.as_write(error) from None
    if not _is_url(arg.url):
        raise RouteError("invalid_url")
    tag = "complete"
    try:
        result = _saved(call, place, arg.url)
    except RouteError as error:
        tag, result = "failed", failure_object(files.SaveUrlError_validator, error)
    name = call.world.chance.token("job", 16)  # F2.1-01
    return launch(call, tag, result, forced=True, name=name)


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False


def _saved(call: Call, place: Place, url: str) -> Any:
    clock = call.world.clock
    end = clock.micros + SAVE_URL_SECONDS * SECOND
    content = call.world.web.fetch(url)
    if content is None or clock.micros > end:
        raise RouteError("download_failed")
    try:
        file = call.world.files.write(place, content_hash(content), content, _BESIDE)
    except RouteError as error:
        raise error.under("path") from None
    return file_metadata(view_of(call), file)


@route(files.save_url_check_job_status)
def save_url_check_job_status(call: Call, arg: Any) -> Any:
    """Return the status of a job of `save_url`."""
    return check_job(call, arg.async_job_id, "files/save_url")
