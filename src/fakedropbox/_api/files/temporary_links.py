"""Temporary links: `get_temporary_link` and `get_temporary_upload_link` (F5-08, F4.1-12)."""

from __future__ import annotations

from typing import Any, NamedTuple

from dropbox import files

from fakedropbox._api.files.metadata import file_metadata
from fakedropbox._api.files.places import file_at, view_of
from fakedropbox._api.refusals import bad_argument
from fakedropbox._api.registry import route
from fakedropbox._api.roots import root_of
from fakedropbox._facts import hosts, messages
from fakedropbox._facts.limits import TEMPORARY_LINK_SECONDS
from fakedropbox._files.blobs import Blob
from fakedropbox._identity.tokens import Grant
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

DOWNLOAD_LINK = f"https://{hosts.DOWNLOAD}/apitl/1/"
UPLOAD_LINK = f"https://{hosts.CONTENT}/apitul/1/"


class Fetch(NamedTuple):
    """The target of a temporary link: one revision of a file."""

    metadata: Any
    blob: Blob


class Bring(NamedTuple):
    """The target of a temporary upload link: a commit on behalf of the caller who requested it.

    ``root`` is the id of the namespace that its path is relative to.
    """

    grant: Grant
    info: Any
    root: str


@route(files.get_temporary_link)
def get_temporary_link(call: Call, arg: Any) -> Any:
    """Return a link from which anybody can download a file for four hours.

    The link keeps the file's present revision, even if the file changes (a guess).
    """
    file, past = file_at(call, arg.path)
    meta = file_metadata(view_of(call), file, past)
    if not meta.is_downloadable:
        raise RouteError("unsupported_file")
    # The link needs its own metadata, as the caller may change the object that it receives.
    fetch = Fetch(file_metadata(view_of(call), file, past), (past or file).blob)
    link = _add(call, DOWNLOAD_LINK, fetch, TEMPORARY_LINK_SECONDS)
    return files.GetTemporaryLinkResult(meta, link)


@route(files.get_temporary_upload_link)
def get_temporary_upload_link(call: Call, arg: Any) -> Any:
    """Return a link to which anybody can upload data once; the commit is checked at the upload."""
    if arg.commit_info.path == "/":
        text = f"commit_info.path: {messages.ROOT_UNSUPPORTED}"
        raise bad_argument(call, text, fact="F1.4-09")
    assert call.grant is not None
    bring = Bring(call.grant, arg.commit_info, root_of(view_of(call)))
    return files.GetTemporaryUploadLinkResult(_add(call, UPLOAD_LINK, bring, arg.duration))


def _add(call: Call, page: str, stands_for: Any, seconds: float) -> str:
    name = f"AA{call.world.chance.token('link', 177)}"
    call.world.files.links.add(name, page, stands_for, seconds)
    return page + name
