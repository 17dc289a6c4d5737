"""The headers by which the app of a team acts as one of its members or administrators (O4.7-03)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakedropbox._api.refusals import bad_input
from fakedropbox._api.registry import missing
from fakedropbox._facts import RouteFact, messages
from fakedropbox._files.cursors import read_cursor
from fakedropbox._files.paths import fold
from fakedropbox._files.team_folders import TeamFolder
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.tokens import Grant
from fakedropbox.calls import World, all_paths
from fakedropbox.errors import AuthRefused

USER = "Dropbox-API-Select-User"
ADMIN = "Dropbox-API-Select-Admin"
MEMBER_SCOPE = "team_data.member"

WHOLE_TEAM = "whole_team"
"""The mode of routes by which an administrator reads everything of a team (S15-06)."""

_MEMBER_ID = "dbmid:"


def acting(world: World, fact: RouteFact, grant: Grant, headers: Mapping[str, str]) -> Grant:
    """Return the grant with the account that a call is for.

    It is that of the member whom a team's token selects, and for the token of an account the
    account itself. The form of a header is checked first, then the kind of the token.

    Raises:
        BadInput: the token, the route and the headers do not go together.
        AuthRefused: the member cannot be selected, or is suspended or removed.
    """
    is_for_account = grant.team is None and grant.account.team is None
    if is_for_account and not headers and "team" not in fact.auth:
        return grant
    user, admin = headers.get(USER), headers.get(ADMIN)
    is_selecting = user is not None or admin is not None
    if is_selecting:
        for selected in (user, admin):
            if selected is not None and not selected.startswith(_MEMBER_ID):
                raise bad_input(fact.wire_name, messages.BAD_SELECTED_ID, fact="P4-02")
    if grant.team is None:
        return _of_account(world, fact, grant, is_selecting=is_selecting)
    if "team" not in fact.auth:
        return _as_member(world, fact, grant, user, admin)
    if is_selecting:
        raise bad_input(fact.wire_name, messages.SELECTED_FOR_TEAM, fact="P4-18")
    return grant


def _of_account(world: World, fact: RouteFact, grant: Grant, *, is_selecting: bool) -> Grant:
    """Return the grant of an account, which is refused to a suspended or removed member."""
    if "team" in fact.auth:
        raise bad_input(fact.wire_name, messages.NOT_FOR_ACCOUNTS, fact="O4.7-02")
    if is_selecting:
        raise bad_input(fact.wire_name, messages.SELECTED_FOR_ACCOUNT, fact="P4-05")
    if grant.account.team is None:
        return grant
    member = world.teams.of(grant.account)
    assert member is not None, "each account with a team is a member"
    assert member.account is not None, "a member with an account keeps it"
    if member.state == "suspended":
        raise AuthRefused("user_suspended", fact="P4-04")
    if member.state == "removed":
        raise AuthRefused("invalid_access_token", fact="P4-20")
    return grant._replace(account=member.account)


def _as_member(
    world: World, fact: RouteFact, grant: Grant, user: str | None, admin: str | None
) -> Grant:
    """Return the grant of a team's token for a route of accounts."""
    if user is not None and admin is not None:
        raise bad_input(fact.wire_name, messages.TWO_SELECTED, fact="P4-19")
    if admin is not None:
        if not fact.select_admin_mode:
            raise bad_input(fact.wire_name, messages.NO_ADMIN_MODE, fact="P4-09")
        return _selected(world, grant, admin, as_admin=True)
    if user is not None:
        return _selected(world, grant, user, as_admin=False)
    may_select = MEMBER_SCOPE in grant.scopes
    text = messages.NOT_FOR_TEAMS + (messages.MAY_SELECT if may_select else "")
    raise bad_input(fact.wire_name, text, fact="O4.7-01")


def root_of_admin(
    world: World, fact: RouteFact, grant: Grant, namespace_id: str
) -> Account | TeamFolder | None:
    """Return what an administrator reaches in a namespace that is a path root, or None.

    It is an active team folder (P8-13), and on some routes the account of a member (P8-12).
    """
    assert grant.team is not None, "only a team's token acts as an administrator"
    folder = world.files.team_folders.get(namespace_id)
    if folder is not None:
        is_open = folder.team_id == grant.team.team_id and folder.status == "active"
        return folder if is_open else None
    if fact.select_admin_mode == WHOLE_TEAM:
        for member in world.teams.members(grant.team):
            if str(member.namespace_id) == namespace_id and member.state != "removed":
                return member.account
    return None


def refuse_team_folders(world: World, fact: RouteFact, grant: Grant, arg: Any) -> None:
    """Refuse paths by which an administrator names a team folder whose member he is not.

    Raises:
        NotImplementedInFake: nobody knows what the route does.
    """
    for path in all_paths(arg):
        id_ = path.removeprefix("ns:").partition("/")[0]
        folder = world.files.team_folders.get(id_) if path.startswith("ns:") else None
        if folder is None or grant.team is None or folder.team_id != grant.team.team_id:
            continue
        folders, account_id = world.files.shared_folders, grant.account.account_id
        if folders.level(folder.shared, account_id) is None:
            what = f"{path!r}: a team folder in a path, for an administrator"
            raise missing(fact.wire_name, f"{what}; send its id as the path root")


def in_team_space(world: World, fact: RouteFact, grant: Grant, arg: Any) -> Grant:
    """Return the grant with the member whose part of the team space an administrator asks for.

    It is the member in whose folder all paths of the call are (P4-10). Paths in other folders, such
    as team folders, are those that the administrator sees as a member.

    Raises:
        NotImplementedInFake: the paths are not in one folder: nobody knows what the route does.
    """
    assert grant.team is not None, "only a team's token acts as an administrator"
    names = {_first_name(path) for path in all_paths(arg)}
    members = {
        world.files.trees[member.namespace_id].home.key: member
        for member in world.teams.members(grant.team)
        if member.account is not None and member.state != "removed"
    }
    by_namespace = {each.namespace_id: each for each in members.values()}
    known = read_cursor(world.chance, str(getattr(arg, "cursor", "")))
    if known is not None and known[0] in by_namespace:
        names = {world.files.trees[known[0]].home.key}
    if len(names) != 1 or "" in names:
        raise missing(fact.wire_name, "the whole team space as an administrator sees it")
    (name,) = names
    member = members.get(name)
    if member is None or member.account is None:
        return grant
    if fact.select_admin_mode != WHOLE_TEAM and member.account != grant.account:
        raise missing(fact.wire_name, "the folder of another member for an administrator")
    return grant._replace(account=member.account)


def _first_name(path: str) -> str:
    """Return the key of the first name of a path; empty for the root, an id and a namespace."""
    return fold(path.split("/")[1]) if path.startswith("/") else ""


def _selected(world: World, grant: Grant, member_id: str, *, as_admin: bool) -> Grant:
    """Return the grant of a team's token with the account of a member.

    Raises:
        AuthRefused: the member cannot be selected, or the token may not select members.
    """
    refusal = AuthRefused(
        "invalid_select_admin" if as_admin else "invalid_select_user", fact="P4-03"
    )
    member = world.teams.by_id(member_id)
    if member is None or member.team != grant.team or member.account is None:
        raise refusal
    if member.state == "removed":
        raise refusal
    if member.state == "suspended":
        raise AuthRefused("user_suspended", fact="P4-04")
    if as_admin and not member.is_admin:
        raise refusal
    return grant._replace(account=member.account, as_admin=as_admin)
