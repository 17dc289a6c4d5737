"""The headers by which the app of a team acts as one of its members or administrators (O4.7-03)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakedropbox._api.refusals import bad_input
from fakedropbox._api.registry import missing
from fakedropbox._api.sharing.folder_metadata import is_of_team, is_team_accessible
from fakedropbox._facts import RouteFact, messages
from fakedropbox._files.cursors import TOP, open_cursor, read_cursor
from fakedropbox._files.paths import fold
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._files.team_folders import TeamFolder
from fakedropbox._files.tree import Tree
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.tokens import Grant
from fakedropbox.calls import World, all_paths
from fakedropbox.errors import AuthRefused

USER = "Dropbox-API-Select-User"
ADMIN = "Dropbox-API-Select-Admin"
MEMBER_SCOPE = "team_data.member"

WHOLE_TEAM = "whole_team"
"""The mode of routes by which an administrator reads everything of a team (S15-06)."""

_LIST, _READ = "files/list_folder", "files/get_metadata"
_OF_TOP = (_LIST, "files/list_folder/get_latest_cursor")

_MEMBER_ID = "dbmid:"


def acting(world: World, fact: RouteFact, grant: Grant, headers: Mapping[str, str]) -> Grant:
    """Return the grant with the account that a call is for.

    For a team's token it is the account of the selected member, for the token of an account that
    account. The form of a header is checked first, then the kind of the token.

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
    """Return the grant of an account; refuse that of a suspended or removed member."""
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
    """Return the grant of a team's token with the selected member's account."""
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
) -> Account | TeamFolder | SharedFolder | None:
    """Return what an administrator reaches in a namespace that is a path root, or None.

    It is an active team folder (P8-13) or a folder that is shared in one (P8-20), and on some
    routes the account of a member (P8-12).
    """
    assert grant.team is not None, "only a team's token acts as an administrator"
    folder = world.files.team_folders.get(namespace_id)
    if folder is not None:
        is_open = folder.team_id == grant.team.team_id and folder.status == "active"
        return folder if is_open else None
    shared = world.files.shared_folders.get(namespace_id)
    if shared is not None and shared.owner == grant.team.team_id:
        return None if world.files.shared_folders.is_shut(shared) else shared
    if fact.select_admin_mode == WHOLE_TEAM:
        for member in world.teams.members(grant.team):
            if str(member.namespace_id) == namespace_id and member.state != "removed":
                return member.account
    return None


def in_namespaces(
    world: World, fact: RouteFact, grant: Grant, arg: Any
) -> Account | TeamFolder | SharedFolder | None:
    """Return what an administrator reaches by `ns:` paths or a namespace's cursor, or None (P8-19).

    It is None for paths among the files of the administrator.

    Raises:
        NotImplementedInFake: the paths are in several namespaces: nobody knows what the route does.
    """
    named = {_namespace(path) for path in all_paths(arg)}
    known = read_cursor(world.chance, str(getattr(arg, "cursor", "")))
    if known is not None:
        named = {str(known[0])}
    home = world.files.trees[grant.account.namespace_id]
    found = {id_: _reached(world, fact, grant, home, id_) for id_ in named}
    if not any(found.values()):
        return None
    if len(found) > 1:
        raise missing(
            fact.wire_name,
            "a call with paths in several namespaces of the team, for an administrator",
        )
    return next(iter(found.values()))


def _namespace(path: str) -> str:
    """Return the id of the namespace that a path begins with; empty if it begins with none."""
    return path[3:].partition("/")[0] if path.startswith("ns:") else ""


def _reached(
    world: World, fact: RouteFact, grant: Grant, home: Tree, id_: str
) -> Account | TeamFolder | SharedFolder | None:
    """Return what an administrator reaches in a namespace that is not among his own files."""
    shared = world.files.shared_folders.get(id_)
    mount = None if shared is None else home.mount_at(shared.tree.root_path)
    if mount is not None and world.files.views[home.namespace_id].sees(mount):
        return None
    found: Account | TeamFolder | SharedFolder | None = root_of_admin(world, fact, grant, id_)
    is_whole_team = fact.select_admin_mode == WHOLE_TEAM
    if shared is not None and is_whole_team and not is_of_team(world, shared):
        assert grant.team is not None, "only a team's token acts as an administrator"
        found = shared if is_team_accessible(world, shared, grant.team) else None
    return None if found == grant.account else found


def in_team_space(
    world: World, fact: RouteFact, grant: Grant, arg: Any
) -> Account | TeamFolder | None:
    """Return the part of the team space that an administrator asks for; None for its top (P8-18).

    It is the member in whose folder all paths of the call are (P4-10), or the team folder. Other
    paths are those that the administrator sees as a member.

    Raises:
        NotImplementedInFake: the paths are not in one folder: nobody knows what the route does.
    """
    assert grant.team is not None, "only a team's token acts as an administrator"
    paths = all_paths(arg)
    names = {_first_name(path) for path in paths}
    members = {
        world.files.trees[member.namespace_id].home.key: member
        for member in world.teams.members(grant.team)
        if member.account is not None and member.state != "removed"
    }
    folders = {
        fold(each.name): each
        for each in world.files.team_folders.of(grant.team.team_id)
        if each.status == "active"
    }
    cursor = str(getattr(arg, "cursor", ""))
    known, top = read_cursor(world.chance, cursor), open_cursor(world.chance, cursor)
    if known is not None:
        if known[0] not in world.files.trees:  # a restored snapshot has removed the namespace
            return grant.account
        names = {_name_of(world, known[0], members, folders)}
    if (top is not None and top[0] == TOP) or _is_top(fact, arg, paths, folders):
        return None
    if not paths and known is None and fact.namespace != "sharing":  # such as the check of a job
        return grant.account
    if len(names) != 1 or "" in names:
        raise missing(fact.wire_name, "the whole team space as an administrator sees it")
    (name,) = names
    member, folder = members.get(name), folders.get(name)
    if member is None or member.account is None:
        if folder is not None and fact.wire_name != _LIST and name in map(_only_name, paths):
            raise missing(fact.wire_name, "a team folder itself, for an administrator")
        return grant.account if folder is None else folder
    if fact.select_admin_mode != WHOLE_TEAM and member.account != grant.account:
        raise missing(fact.wire_name, "the folder of another member for an administrator")
    return member.account


def _is_top(fact: RouteFact, arg: Any, paths: list[str], folders: Mapping[str, TeamFolder]) -> bool:
    """Return whether a call lists the top of the team space, or reads a folder's metadata there."""
    if fact.wire_name in _OF_TOP:
        is_plain = not arg.recursive and arg.shared_link is None
        return paths == [""] and is_plain
    return fact.wire_name == _READ and any(map(folders.__contains__, map(_only_name, paths)))


def _name_of(
    world: World, namespace_id: int, members: Mapping[str, Any], folders: Mapping[str, TeamFolder]
) -> str:
    """Return the key of the folder at the top that shows a namespace; empty if none does."""
    tree = world.files.trees[namespace_id]
    for key, folder in folders.items():
        if folder.shared.tree is tree:
            return key
    return tree.home.key if tree.home.key in members else ""


def _first_name(path: str) -> str:
    """Return the key of the first name of a path; empty for the root, an id and a namespace."""
    return fold(path.split("/")[1]) if path.startswith("/") else ""


def _only_name(path: str) -> str:
    """Return the key of the name in a path of one name; empty for every other path."""
    return _first_name(path) if path.strip("/").count("/") == 0 else ""


def _selected(world: World, grant: Grant, member_id: str, *, as_admin: bool) -> Grant:
    """Return the grant of a team's token with the account of a member.

    Raises:
        AuthRefused: the member cannot be selected, or is suspended.
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
