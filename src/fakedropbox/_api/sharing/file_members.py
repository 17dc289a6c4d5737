"""The lists of those who have access to files (S14-09 to S14-12, S14-38)."""

from __future__ import annotations

from itertools import islice
from typing import Any, NamedTuple

from dropbox import sharing

from fakedropbox._api.caller import account_of
from fakedropbox._api.registry import route
from fakedropbox._api.sharing.file_access import (
    UNVERIFIED,
    FileAccess,
    access_to,
    accessed_file,
    refuse_unverified,
)
from fakedropbox._api.sharing.file_metadata import access_error
from fakedropbox._api.sharing.file_people import People
from fakedropbox._api.sharing.file_rights import file_member_refusal
from fakedropbox._api.sharing.folder_members import (
    group_member,
    member_permission,
    user_info,
)
from fakedropbox._api.sharing.preview_urls import file_numbered
from fakedropbox._api.structs import maker, tag_of
from fakedropbox._files.cursors import open_cursor, seal_cursor
from fakedropbox._files.memberships import SharedItem, higher
from fakedropbox.calls import Call, World
from fakedropbox.errors import RouteError

_new_member = maker(sharing.UserFileMembershipInfo, "access_type", "is_inherited", "user")
_new_invitee = maker(sharing.InviteeMembershipInfo, "access_type", "is_inherited", "invitee")

_KIND = "file members"
_USUAL_LIMIT = 100

Position = tuple[int, int]
"""The position of a person in a list: 0, 1 or 2 for the owner, for those who were added, and for
members of the folder, and the number of the membership (S14-38)."""
_START = (-1, -1)


class Listed(NamedTuple):
    """A person in a list: the id of a member or of a group, or the address of an invitation.

    ``is_added`` is True if the person was added to the file itself, ``is_inherited`` if the person
    is a member of the folder that the file is in.
    """

    position: Position
    person: str
    level: str
    is_inherited: bool
    is_added: bool


class Wanted(NamedTuple):
    """The part of a list that a caller asks for: at most ``limit`` items after a position.

    ``actions`` are the tags of the actions whose permissions are requested, or None.
    """

    limit: int
    actions: list[str] | None
    include_inherited: bool
    after: Position = _START


@route(sharing.list_file_members)
def list_file_members(call: Call, arg: Any) -> Any:
    """Return the owner and the members of a file, and those who are invited (S14-09, S14-10)."""
    refuse_unverified(call)
    access = accessed_file(call, arg.file)
    actions = None if not arg.actions else [tag_of(action) for action in arg.actions]
    return _page(call, access, Wanted(arg.limit, actions, arg.include_inherited))


@route(sharing.list_file_members_continue)
def list_file_members_continue(call: Call, arg: Any) -> Any:
    """Return the next page of the members (S14-11)."""
    refuse_unverified(call)
    fields = open_cursor(call.world.chance, arg.cursor)
    if fields is None or fields[:2] != [_KIND, account_of(call).account_id]:
        raise RouteError("invalid_cursor", fact="S14-11")
    _, _, number, limit, actions, include_inherited, after = fields
    file = file_numbered(call.world, number)
    if file is None:
        raise RouteError("access_error/invalid_file", fact="S14-11")
    wanted = Wanted(limit, actions, include_inherited, tuple(after))
    return _page(call, access_to(call, file), wanted)


@route(sharing.list_file_members_batch, entries="files")
def list_file_members_batch(call: Call, arg: Any) -> Any:
    """Return the members of several files, without those of their folders (S14-12)."""
    refuse_unverified(call, UNVERIFIED)
    wanted, found = Wanted(arg.limit, None, include_inherited=False), []
    for path in arg.files:
        try:
            access = accessed_file(call, path)
        except RouteError as error:
            result = sharing.ListFileMembersIndividualResult.access_error(access_error(error))
        else:
            count = len(_listed(call.world, access.people, include_inherited=False))
            members = sharing.ListFileMembersCountResult(_page(call, access, wanted), count)
            result = sharing.ListFileMembersIndividualResult.result(members)
        found.append(sharing.ListFileMembersBatchResult(path, result))
    return found


def _page(call: Call, access: FileAccess, wanted: Wanted) -> Any:
    """Return some members and invitations, with a cursor if there are more (S14-38)."""
    everybody = _listed(call.world, access.people, include_inherited=wanted.include_inherited)
    left = (each for each in everybody if each.position > wanted.after)
    page = list(islice(left, wanted.limit + 1))
    users: list[Any] = []
    groups: list[Any] = []
    invitees: list[Any] = []
    for each in page[: wanted.limit]:
        info = _info(call, each)
        {
            sharing.UserFileMembershipInfo: users,
            sharing.GroupMembershipInfo: groups,
            sharing.InviteeMembershipInfo: invitees,
        }[type(info)].append(info)
        if wanted.actions is not None:
            info.permissions = [
                member_permission(
                    action, file_member_refusal(access, each.person, action, is_added=each.is_added)
                )
                for action in wanted.actions
            ]
    result = sharing.SharedFileMembers(users, groups, invitees)
    if len(page) > wanted.limit:
        after = page[wanted.limit - 1].position if wanted.limit else wanted.after
        limit = wanted.limit or _USUAL_LIMIT
        rest = [limit, wanted.actions, wanted.include_inherited, after]
        fields = [_KIND, access.account.account_id, access.people.file.number, *rest]
        result.cursor = seal_cursor(call.world.chance, fields)
    return result


def _listed(world: World, people: People, *, include_inherited: bool) -> list[Listed]:
    """Return the owner, then those who were added, then those of the folder, oldest first."""
    owner, in_folder = people.owner, people.folder is not None
    added, inherited = _members(world, people.shared), _inherited(world, people)
    found = []
    is_listed = world.accounts.by_id(owner) is not None  # no list shows a team
    if (include_inherited or not in_folder) and is_listed:
        found.append(Listed((0, 0), owner, "owner", in_folder, is_added=False))
    for person, each in added.items():
        by_folder = inherited.get(person) or people.inherited(person, "")
        level = higher(each, by_folder)
        if person != owner and level is not None:
            is_inherited = by_folder is not None
            found.append(Listed((1, each.number), person, level, is_inherited, is_added=True))
    if include_inherited:
        found += [
            Listed((2, each.number), person, each.level, True, is_added=False)
            for person, each in inherited.items()
            if person != owner and person not in added
        ]
    return found


def _members(world: World, item: SharedItem | None) -> dict[str, Any]:
    """Return the memberships and invitations of a file or folder, by person."""
    return {} if item is None else {_claimed(world, who): each for who, each in item.people()}


def _inherited(world: World, people: People) -> dict[str, Any]:
    """Return the memberships and invitations of the folder of a file, by person."""
    if people.folder is None:
        return {}
    everybody = people.folders.everybody(people.folder)
    return {_claimed(world, who): each for who, each, _ in everybody}


def _claimed(world: World, person: str) -> str:
    """Return a person; the account id if it is an address that is confirmed by now (S14-39)."""
    account = world.accounts.by_email(person)
    return person if account is None or not account.email_verified else account.account_id


def _info(call: Call, each: Listed) -> Any:
    """Return the membership of a user or group, or the invitation of an address (S14-39)."""
    level, accounts = sharing.AccessLevel(each.level), call.world.accounts
    account = accounts.by_id(each.person)
    if account is not None:
        return _new_member(level, each.is_inherited, user_info(call, account))
    if call.world.groups.by_id(each.person) is not None:
        return group_member(call, each.person, each.level, is_inherited=each.is_inherited)
    info = _new_invitee(level, each.is_inherited, sharing.InviteeInfo.email(each.person))
    unconfirmed = accounts.by_email(each.person)
    if unconfirmed is not None:
        info.user = user_info(call, unconfirmed)
    return info
