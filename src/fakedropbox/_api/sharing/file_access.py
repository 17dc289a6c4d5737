"""The access of a caller to a file: its own, one in a shared folder, or a received one."""

from __future__ import annotations

import re
from typing import NamedTuple

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import missing
from fakedropbox._api.sharing.file_people import People, names_of
from fakedropbox._api.sharing.folder_metadata import is_of_team, is_open, membership_of
from fakedropbox._api.sharing.folder_rights import may_change_members
from fakedropbox._api.sharing.preview_urls import file_numbered
from fakedropbox._files.memberships import higher
from fakedropbox._files.nodes import File, Node
from fakedropbox._files.tree import tree_of
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

UNVERIFIED = "email_unverified"
"""The only error of the batches and of `list_received_files`."""

_ID = re.compile(r"id:([A-Za-z0-9_-]{22})")


class FileAccess(NamedTuple):
    """The access of the caller of a route to a file."""

    people: People
    account: Account
    level: str

    @property
    def manages(self) -> bool:
        """True if the caller may add, change and remove members (S14-32)."""
        return may_change_members(self.level, self.people.policy)


def accessed_file(call: Call, path: str) -> FileAccess:
    """Return the access of the caller to the file at a path, or with an id that it received.

    Raises:
        RouteError: ``access_error`` and the reason (S14-08).
        NotImplementedInFake: the path is one of the old form ``nspath:``.
    """
    if path.startswith("nspath:"):
        raise missing(call.name, "a path that begins with 'nspath:'")
    node = _node(call, path)
    if node is None:
        raise RouteError("access_error/invalid_file", fact="S14-08")
    if not isinstance(node, File):
        raise RouteError("access_error/is_folder", fact="S14-08")
    return access_to(call, node)


def access_to(call: Call, file: File) -> FileAccess:
    """Return the access of the caller to an existing file.

    Raises:
        RouteError: ``access_error/invalid_file``: the caller has no access (S14-33).
    """
    account, people = account_of(call), People.of(call.world, file)
    level, folder = people.level(account), people.folder
    if folder is not None and is_of_team(call.world, folder) and is_open(call, folder):
        level = higher(membership_of(call, account, folder), people.explicit(*names_of(account)))
    if level is None:
        raise RouteError("access_error/invalid_file", fact="S14-33")
    return FileAccess(people, account, level)


def managed_file(call: Call, path: str) -> FileAccess:
    """Return the access of the caller to a file whose members it may change.

    Raises:
        RouteError: ``access_error`` and the reason (S14-08, S14-32).
    """
    access = accessed_file(call, path)
    if not access.manages:
        raise RouteError("access_error/no_permission", fact="S14-32")
    return access


def refuse_unverified(call: Call, tags: str = "user_error/email_unverified") -> None:
    """Refuse a caller whose e-mail address is not verified, before anything else (S14-34).

    Raises:
        RouteError: with the ``tags``, for which some routes have to use `UNVERIFIED`.
    """
    if not account_of(call).email_verified:
        raise RouteError(tags, fact="S14-34")


def _node(call: Call, path: str) -> Node | None:
    """Return the item at a path of the caller, or the file of any account with an id, or None."""
    view = view_of(call)
    try:
        place = view.place("" if path == "/" else path)
    except RouteError:  # it is malformed, or has an id or namespace that the caller cannot see
        return _file_with_id(call, path)
    return place.there if place.parts else place.base


def _file_with_id(call: Call, path: str) -> File | None:
    match, tree = _ID.fullmatch(path), view_of(call).tree
    number = None if match is None else tree.id_number(match[1])
    file = None if number is None else file_numbered(call.world, number)
    return None if file is None or tree_of(file).id_text(file) != path else file
