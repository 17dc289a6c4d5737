"""The page of a file request, on which a stranger uploads (P1-48, P1-49, P1-57 to P1-63)."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NoReturn

from fakedropbox._api.file_requests.metadata import PATH, has_destination, is_open
from fakedropbox._api.files.metadata import moment
from fakedropbox._facts import hosts, messages
from fakedropbox._facts.limits import UPLOAD_BYTES
from fakedropbox._files.blobs import content_hash, piece_of
from fakedropbox._files.file_requests import FileRequest
from fakedropbox._files.store import Commit
from fakedropbox._web.forms import form_of
from fakedropbox._web.html import Html, rendered
from fakedropbox._web.registry import Asked, page
from fakedropbox.calls import Call, World
from fakedropbox.errors import PageRefused, RouteError

_HOSTS = (hosts.WWW,)
_HOW = Commit(autorename=True, strict_conflict=True)
_REFUSALS = {
    "no_write_permission": "This file request cannot receive files.",
    "insufficient_space": "The owner of this file request does not have enough space.",
}
_NO_NAME = re.compile(r"[/\\\x00-\x1f\x7f]+")


@page("GET", PATH, hosts=_HOSTS, shows=())
def show(call: Call, asked: Asked) -> Html:
    """Ask for a name and for files, if the request is open (P1-57)."""
    request = open_request(call.world, asked.link)
    owner, terms = call.world.accounts.by_id(request.owner), request.terms
    assert owner is not None
    deadline = None if terms.deadline is None else f"{moment(terms.deadline.at):%Y-%m-%d %H:%M} UTC"
    text = rendered(
        "file_request.html",
        title=terms.title,
        owner=owner.display_name,
        description=terms.description,
        deadline=deadline,
    )
    return Html(text)


page("HEAD", PATH, hosts=_HOSTS, shows=())(show.handle)


@page("POST", PATH, hosts=_HOSTS, shows=())
def upload(call: Call, asked: Asked) -> Html:
    """Put the files of a form into the owner's folder: all of them or none (P1-49)."""
    request = open_request(call.world, asked.link)
    if len(asked.body) > UPLOAD_BYTES:
        raise PageRefused(messages.TOO_LARGE)
    form = form_of(asked, piece_of(asked.body, 0, len(asked.body)))
    if not form.files:
        raise PageRefused("Choose a file.")
    sender = shown_name(form.fields.get("name", ""))
    if not sender:
        raise PageRefused("Enter your name.")
    receive(call.world, request, sender, form.files)
    names = [name for name, _ in form.files]
    return Html(rendered("file_request_done.html", title="Thank you", names=names))


def _refuse_method(_call: Call, _asked: Asked) -> NoReturn:
    raise PageRefused("This page takes no such request.", "method_not_allowed", fact="S1-38")


for _method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
    page(_method, PATH, hosts=_HOSTS, shows=())(_refuse_method)


def open_request(world: World, id_: str) -> FileRequest:
    """Return the request with an id, which accepts uploads now.

    Raises:
        PageRefused: there is none, it is closed, or its destination was removed.
    """
    request = world.files.file_requests.get(id_)
    if request is None:
        raise PageRefused(messages.LINK_PAGE_NOT_FOUND, "not_found", fact="P1-57")
    owner = world.accounts.by_id(request.owner)
    assert owner is not None
    if not is_open(world, request):
        raise PageRefused("This file request is closed.", "gone", fact="P1-57")
    if not has_destination(world.files.views[owner.namespace_id], request):
        raise PageRefused("The folder of this file request was removed.", "gone", fact="P1-60")
    return request


def shown_name(sender: str) -> str:
    """Return a sender's name without what a file's name cannot have; empty if nothing is left."""
    return _NO_NAME.sub(" ", sender).strip()


def receive(
    world: World, request: FileRequest, sender: str, sent: Collection[tuple[str, bytes]]
) -> list[str]:
    """Put files into the destination of a request, and return their paths in the owner's files.

    ``sent`` are the names and the contents. Each becomes a new file, with the name of the sender in
    its own (P1-58, P1-61).

    Raises:
        PageRefused: a file has no usable name, or the owner has no room or may not write there.
    """
    owner = world.accounts.by_id(request.owner)
    assert owner is not None
    view, files = world.files.views[owner.namespace_id], world.files
    folder = view.paths(request.terms.folder)[1]
    paths = []
    with files.undone_if_refused():
        for name, content in sent:
            try:
                place = view.place(f"{folder}/{_signed(name, sender)}")
                file = files.write(place, content_hash(content), content, _HOW)
            except RouteError as error:
                raise _refused(name, error) from None
            paths.append(view.paths(file)[1])
        files.file_requests.receive(request, len(sent))
    return paths


def _signed(name: str, sender: str) -> str:
    """Return the name of a file with the name of its sender before the extension (P1-58)."""
    stem, dot, extension = name.rpartition(".") if "." in name[1:] else (name, "", "")
    return f"{stem} - {sender}{dot}{extension}"


def _refused(name: str, error: RouteError) -> PageRefused:
    if error.tags in _REFUSALS:
        return PageRefused(_REFUSALS[error.tags], "forbidden", fact="P1-62")
    return PageRefused(f"Dropbox cannot store a file with the name {name!r}.", fact="P1-63")
