"""What the routes do with paths before anything else: root checks, and error prefixes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from fakedropbox._api.refusals import bad_argument
from fakedropbox._facts import messages
from fakedropbox._files.nodes import File, Node, Revision
from fakedropbox._files.places import Place, View
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError


def view_of(call: Call) -> View:
    """What the caller sees; the gate gave every route call one."""
    assert call.view is not None
    return call.view


def place_at(call: Call, path: str, *, field: str, tag: str) -> Place:
    """Where a path argument points, which must not be the root.

    Raises:
        BadInput: the root (F1.4-09).
        RouteError: below ``tag``.
    """
    try:
        place = view_of(call).place(path) if path != "/" else None
    except RouteError as error:
        raise error.under(tag) from None
    if place is None or not place.parts:
        raise bad_argument(call, f"{field}: {messages.ROOT_UNSUPPORTED}", fact="F1.4-09")
    return place


def refuse_roots(call: Call, paths: Iterable[str], field: str) -> None:
    """Refuse a batch, before it has done anything, for an entry that names the root.

    Raises:
        BadInput: the root (F1.4-09).
    """
    for path in paths:
        with suppress(RouteError):  # any other bad path is the failure of its entry alone
            place_at(call, path, field=field, tag="path")


def node_at(call: Call, path: str, *, field: str, tag: str) -> Node:
    """The living node that a path argument points to, which must not be the root.

    Raises:
        BadInput: the root (F1.4-09).
        RouteError: below ``tag``.
    """
    reach = place_at(call, path, field=field, tag=tag).reach()
    if reach.found is None or reach.missing:
        raise RouteError(f"{tag}/not_found")
    return reach.found


def file_at(call: Call, path: str) -> tuple[File, Revision | None]:
    """The file that a path or a ``rev:`` points to, and its revision if that is a past one.

    Raises:
        BadInput: the root (F1.4-09).
        RouteError: below ``path``.
    """
    if path.startswith("rev:"):
        return at_rev(call, path[4:])
    node = node_at(call, path, field="path", tag="path")
    if not isinstance(node, File):
        raise RouteError("path/not_file")
    return node, None


def at_rev(call: Call, rev: str) -> tuple[File, Revision | None]:
    """The file of a revision, and that revision if it is not the current one.

    Raises:
        RouteError: ``path/not_found``.
    """
    try:
        return view_of(call).at_rev(rev)
    except RouteError as error:
        raise error.under("path") from None
