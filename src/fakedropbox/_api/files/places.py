"""Resolution of path arguments: checks for the root, and the outer tags of a route's errors."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from fakedropbox._api.refusals import bad_argument, bad_input
from fakedropbox._facts import messages
from fakedropbox._files.nodes import File, Node, Revision
from fakedropbox._files.places import Place, View
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


def view_of(call: Call) -> View:
    """Return the caller's view of the files; the gate has set it for every call with an account."""
    assert call.view is not None
    return call.view


def refuse_app(call: Call) -> None:
    """Refuse an app that calls without a user, as it has no files of its own (S5-18).

    Raises:
        BadInput: the caller is such an app.
    """
    if call.grant is None:
        wrong = messages.BAD_AUTHORIZATION.format(value="Basic …")
        raise bad_input(call.name, wrong, fact="F1.4-11")


def place_at(call: Call, path: str, *, field: str, tag: str) -> Place:
    """Return the place of a path argument, which must not be the root.

    Raises:
        BadInput: it is the root (F1.4-09).
        RouteError: the path is refused; the error's first tag is ``tag``.
    """
    try:
        place = view_of(call).place(path) if path != "/" else None
    except RouteError as error:
        raise error.under(tag) from None
    if place is None or not place.parts:
        raise bad_argument(call, f"{field}: {messages.ROOT_UNSUPPORTED}", fact="F1.4-09")
    return place


def refuse_roots(call: Call, paths: Iterable[str], field: str) -> None:
    """Refuse a batch, before any of it is done, if an entry names the root.

    Raises:
        BadInput: a path is the root (F1.4-09).
    """
    for path in paths:
        with suppress(RouteError):  # any other bad path only makes its own entry fail
            place_at(call, path, field=field, tag="path")


def node_at(call: Call, path: str, *, field: str, tag: str) -> Node:
    """Return the existing node at a path argument, which must not be the root.

    Raises:
        BadInput: it is the root (F1.4-09).
        RouteError: there is none, or the path is refused; the error's first tag is ``tag``.
    """
    found = place_at(call, path, field=field, tag=tag).there
    if found is None:
        raise RouteError(f"{tag}/not_found", fact="F10-01")
    return found


def file_at(call: Call, path: str) -> tuple[File, Revision | None]:
    """Return the file at a path or a ``rev:``, and its revision if that is a past one.

    Raises:
        BadInput: the path is the root (F1.4-09).
        RouteError: there is no such file; the error's first tag is ``path``.
    """
    if path.startswith("rev:"):
        return at_rev(call, path[4:])
    node = node_at(call, path, field="path", tag="path")
    if not isinstance(node, File):
        raise RouteError("path/not_file")
    return node, None


def at_rev(call: Call, rev: str) -> tuple[File, Revision | None]:
    """Return the file of a revision, and that revision if it is not the current one.

    Raises:
        RouteError: the revision is unknown; the error's first tag is ``path``.
    """
    try:
        return view_of(call).at_rev(rev)
    except RouteError as error:
        raise error.under("path") from None
