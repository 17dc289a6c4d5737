"""The pages behind temporary links: repeated downloads of a file, and one upload per link."""

from __future__ import annotations

from urllib.parse import urlsplit

from fakedropbox._api.app_folders import seen_by
from fakedropbox._api.files import commits
from fakedropbox._api.files.places import place_at
from fakedropbox._api.files.ranges import wanted_part
from fakedropbox._api.files.temporary_links import DOWNLOAD_LINK, UPLOAD_LINK
from fakedropbox._api.roots import at_root
from fakedropbox._web.registry import Asked, page
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import BadInput, LinkRefused, PathRootRefused, RouteError

_UPLOAD_ROUTE = "files/get_temporary_upload_link"
_UPLOAD_TYPES = ("application/octet-stream", "text/plain")
_DOWNLOAD, _UPLOAD = urlsplit(DOWNLOAD_LINK), urlsplit(UPLOAD_LINK)


@page("GET", _DOWNLOAD.path, hosts=(_DOWNLOAD.netloc,), shows=())
def fetch(call: Call, asked: Asked) -> Reply:
    """Return the file revision of a temporary link, or a part of it."""
    link = call.world.files.links.at(asked.link, DOWNLOAD_LINK)
    whole = Reply(link.stands_for.metadata, link.stands_for.blob)
    return wanted_part(call._replace(headers=asked.headers), whole)


page("HEAD", _DOWNLOAD.path, hosts=(_DOWNLOAD.netloc,), shows=())(fetch.handle)


@page("POST", _UPLOAD.path, hosts=(_UPLOAD.netloc,), shows=())
def bring(call: Call, asked: Asked) -> Reply:
    """Commit the data sent to a temporary upload link, and reply with its content hash."""
    links = call.world.files.links
    link = links.at(asked.link, UPLOAD_LINK)
    if asked.headers.get("Content-Type", "").partition(";")[0] not in _UPLOAD_TYPES:
        raise LinkRefused("content_type", "Content-Type: expected application/octet-stream.")
    grant, info, root = link.stands_for
    try:
        view = at_root(call.world, seen_by(call.world, grant), grant.account, root)
        as_owner = call._replace(name=_UPLOAD_ROUTE, content=asked.body, grant=grant, view=view)
        place = place_at(as_owner, info.path, field="commit_info.path", tag="path")
        how = commits.wanted(as_owner, info, "commit_info.")
        meta = commits.commit(as_owner, place, commits.sent(as_owner, None), how)
    except (RouteError, BadInput, PathRootRefused) as error:
        raise LinkRefused(
            "upload_failed", f"The upload failed: {error.outcome}.", fact=error.fact
        ) from error
    links.use_up(link)
    return Reply({"content-hash": meta.content_hash})
