"""The pages of shared links, for browsers and for programs that download (S1-08 to S1-36)."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import NamedTuple, NoReturn

from fakedropbox._api.sharing.link_access import is_for
from fakedropbox._facts import hosts, messages
from fakedropbox._files.nodes import File, Folder
from fakedropbox._files.shared_links import SharedLink
from fakedropbox._web.html import Html, rendered
from fakedropbox._web.link_content import content, to_content, way_of
from fakedropbox._web.link_password import is_open, to_password
from fakedropbox._web.linked import Linked, found
from fakedropbox._web.registry import Asked, Redirect, page
from fakedropbox._web.sign_in import signed_in, to_sign_in
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import PageRefused

_PATHS = ("/scl/", "/s/", "/sh/")
_MOVED = {hosts.BARE: hosts.WWW, hosts.OLD_DOWNLOAD: hosts.DOWNLOAD}
_HOSTS = (hosts.WWW, hosts.DOWNLOAD, *_MOVED)
_SHOWS = ("dl", "raw")
_COMMAND_LINE = re.compile(r"(?:curl|wget)/", re.IGNORECASE)  # S1-29


class Entry(NamedTuple):
    """An entry of a folder on the page of a link."""

    name: str
    url: str
    is_folder: bool


@page("GET", *_PATHS, hosts=_HOSTS, shows=_SHOWS)
def show(call: Call, asked: Asked) -> Html | Redirect | Reply:
    """Show the item of a link, or lead to its content, if the reader may have it."""
    if asked.host in _MOVED:
        return Redirect(f"https://{_MOVED[asked.host]}{asked.target}")
    linked = found(call, asked.path, asked.query)
    if asked.host == hosts.DOWNLOAD:
        return _directly(call, asked, linked)
    return _admission(call, asked, linked.link) or _answer(call, asked, linked)


page("HEAD", *_PATHS, hosts=_HOSTS, shows=_SHOWS)(show.handle)


def _refuse_form(_call: Call, _asked: Asked) -> NoReturn:
    """Refuse a form: this page has none."""
    raise PageRefused(messages.UNVERIFIED, "forbidden", fact="S1-38")


def _refuse_method(_call: Call, _asked: Asked) -> NoReturn:
    raise PageRefused("This page can only be read.", "method_not_allowed", fact="S1-38")


page("POST", *_PATHS, hosts=_HOSTS, shows=_SHOWS)(_refuse_form)
for _method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
    page(_method, *_PATHS, hosts=_HOSTS, shows=_SHOWS)(_refuse_method)


def _admission(call: Call, asked: Asked, link: SharedLink) -> Redirect | None:
    """Return the redirect to the sign-in or password page that a browser needs first, or None.

    Raises:
        PageRefused: the link is not for the account that has signed in.
    """
    account = signed_in(call, asked)
    if not is_for(call, link, account):
        if account is None:
            return to_sign_in(asked.target)
        raise PageRefused("You don't have access to this link.", "forbidden", fact="S1-34")
    return None if is_open(call, asked, link) else to_password(call, asked, link)


def _answer(call: Call, asked: Asked, linked: Linked) -> Html | Redirect:
    if asked.fields.get("dl") == "1":
        return to_content(call, asked, linked, way_of(linked, keep=True))
    if isinstance(linked.node, File) and _wants_bytes(asked):
        return to_content(call, asked, linked, way_of(linked, keep=False))
    return _page(linked)


def _directly(call: Call, asked: Asked, linked: Linked) -> Redirect | Reply:
    """Return the content, or if a password or sign-in is needed, the redirect to the link page."""
    link = linked.link
    if link.settings.password is not None or not is_for(call, link, None):
        return Redirect(f"{hosts.SITE}{asked.target}")
    return content(call, asked, linked, way_of(linked, keep=asked.fields.get("dl") == "1"))


def _wants_bytes(asked: Asked) -> bool:
    """Return whether a file is to be sent as it is, in place of its page (S1-15, S1-29)."""
    program = asked.headers.get("User-Agent") or ""
    return asked.fields.get("raw") == "1" or _COMMAND_LINE.match(program) is not None


def _page(linked: Linked) -> Html:
    node = linked.node
    common = {
        "title": f"Dropbox - {node.name}",
        "name": node.name,
        "above": linked.target(linked.folder) if linked.folder else None,
        "download": linked.target(node, dl=1) if linked.may_be_downloaded else None,
    }
    if isinstance(node, File):
        return Html(rendered("link_to_file.html", size=node.blob.size, **common))
    nodes = sorted(node.live.by_key.values(), key=attrgetter("key"))
    nodes.sort(key=lambda each: not isinstance(each, Folder))
    entries = [Entry(each.name, linked.target(each), isinstance(each, Folder)) for each in nodes]
    return Html(rendered("link_to_folder.html", entries=entries, **common))
