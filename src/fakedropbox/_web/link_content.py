"""The content behind shared links, on the hosts that their pages redirect to (S1-28 to S1-32)."""

from __future__ import annotations

from hashlib import blake2b
from typing import Literal, NamedTuple

from fakedropbox._api.files.ranges import wanted_part
from fakedropbox._api.files.zips import zipped
from fakedropbox._api.sharing.preview_urls import preview_of
from fakedropbox._facts import hosts
from fakedropbox._facts.limits import LINK_CONTENT_SECONDS
from fakedropbox._files.nodes import File
from fakedropbox._files.tree import tree_of
from fakedropbox._web import tickets
from fakedropbox._web.linked import Linked, inside, not_found
from fakedropbox._web.registry import Asked, Redirect, page
from fakedropbox.calls import Call, Reply
from fakedropbox.clock import SECOND
from fakedropbox.errors import PageRefused, RouteError

Way = Literal["attachment", "inline", "zip"]
_PATHS: dict[Way, str] = {
    "attachment": "/cd/0/get/",
    "inline": "/cd/0/inline/",
    "zip": "/zip_download_get/",
}
_TAILS: dict[Way, str] = {"attachment": "/file?dl=1#", "inline": "/file#", "zip": "?dl=1"}
_REFUSED = {
    "too_large": "The folder is too large to be downloaded as a ZIP file.",
    "too_many_files": "The folder has too many files to be downloaded as a ZIP file.",
}


class LinkContent(NamedTuple):
    """The content of a link as a browser gets it: a file to save or show, or a ZIP to save.

    ``rev`` is the revision of a file; None for an archive, or for the photo of an account.
    """

    way: Way
    name: str
    rev: str | None


def way_of(linked: Linked, *, keep: bool) -> Way:
    """Return the way to send an item to a browser: a ZIP of a folder, a file to save or to show."""
    if not isinstance(linked.node, File):
        return "zip"
    return "attachment" if keep else "inline"


def to_content(call: Call, asked: Asked, linked: Linked, way: Way) -> Redirect:
    """Return the redirect to the content of an item, which works for some hours (S1-28, S1-32).

    If the page was requested from a server's own address, the redirect keeps that address.

    Raises:
        PageRefused: the link does not permit it.
    """
    _refuse_if_not_permitted(linked)
    ends = call.world.clock.micros + LINK_CONTENT_SECONDS * SECOND
    text = tickets.ticket(call, way, linked.link.number, linked.path, ends)
    number = blake2b(text.encode(), digest_size=13).hexdigest()
    host = "" if asked.host is None else f"https://{hosts.content_of_links(number)}"
    return Redirect(f"{host}{_PATHS[way]}{text}{_TAILS[way]}")


@page("GET", *_PATHS.values(), hosts=(hosts.DOWNLOAD,), shows=())
def fetch(call: Call, asked: Asked) -> Reply:
    """Return the content that a link's page has redirected to, while the link works."""
    way = next(way for way, path in _PATHS.items() if asked.path.startswith(path))
    known = tickets.fields_of(call, way, asked.link.partition("/")[0])
    if known is None:
        raise not_found()
    number, path, ends = known
    is_preview = number < 0
    links = call.world.files.shared_links
    link = preview_of(call.world, -1 - number) if is_preview else links.numbered(number)
    if link is None or ends <= call.world.clock.micros:
        raise PageRefused("This download has expired.", "gone", fact="S1-32")
    return content(call, asked, inside(link, path), way)


page("HEAD", *_PATHS.values(), hosts=(hosts.DOWNLOAD,), shows=())(fetch.handle)


def content(call: Call, asked: Asked, linked: Linked, way: Way) -> Reply:
    """Return the content of an item, or the part of a file that the headers ask for.

    Raises:
        PageRefused: the link does not permit it, or the folder is too large.
    """
    _refuse_if_not_permitted(linked)
    link, node = linked
    if isinstance(node, File):
        about = LinkContent(way, node.name, tree_of(node).rev_text(node.rev))
        return wanted_part(call._replace(headers=asked.headers), Reply(about, node.blob))
    try:
        view = call.world.files.views[link.tree.namespace_id]
        archive = zipped(view, node, view.paths(node)[1])  # S1-30
    except RouteError as error:
        raise PageRefused(_REFUSED[error.tags], fact="S1-30") from None
    return Reply(LinkContent("zip", f"{node.name}.zip", None), archive)


def _refuse_if_not_permitted(linked: Linked) -> None:
    if not linked.may_be_downloaded:
        raise PageRefused("This item cannot be downloaded.", "forbidden", fact="S1-35")
