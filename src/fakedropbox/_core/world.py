"""A new world: the stores of a service, with a default account and a default app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._api.team_mounts import update_mounts
from fakedropbox._base.chance import Chance
from fakedropbox._base.checks import expect
from fakedropbox._base.forks import Guard
from fakedropbox._files.paths import parts_of, renamed
from fakedropbox._files.store import FileStore
from fakedropbox._files.web import Web
from fakedropbox._identity.accounts import Account, Accounts
from fakedropbox._identity.apps import App, Apps
from fakedropbox._identity.contacts import Contacts
from fakedropbox._identity.groups import Groups
from fakedropbox._identity.photos import Photos
from fakedropbox._identity.team_log import TeamLog
from fakedropbox._identity.teams import Member, Teams
from fakedropbox._identity.tokens import Tokens
from fakedropbox.calls import Call, World
from fakedropbox.clock import Clock
from fakedropbox.errors import RouteError
from fakedropbox.login import Login
from fakedropbox.personality import Personality


def build_world(
    clock: Clock,
    chance: Chance,
    personality: Personality,
    login: Login | None,
    app: Mapping[str, Any],
    plan: str,
    guard: Guard,
) -> World:
    """Return a new world with the default account and the default app.

    ``app`` holds further arguments of `Apps.create` for the default app, ``plan`` is the plan of
    the default account, ``guard`` has the lock of the service.
    """
    world = empty_world(clock, chance, personality, guard)
    login = login or Login()
    world.accounts.create(login.account_email or "owner@example.com", "Given Surname", plan)
    world.apps.create(
        "fakedropbox", key=login.app_key or None, secret=login.app_secret or None, **app
    )
    return world


def empty_world(clock: Clock, chance: Chance, personality: Personality, guard: Guard) -> World:
    """Return a new world without accounts and apps; ``guard`` has the lock of the service."""
    files = FileStore(clock, personality, chance)

    def prepare(account: Account) -> None:
        space, team = None, account.team
        if team is not None and team.root_namespace_id is not None:
            space = team.root_namespace_id, free_home_name(files, teams.members(team), account)
        id_prefix = chance.bytes("id", 8)
        files.create_tree(account.namespace_id, id_prefix, account.account_id, space=space)
        teams.enlist(account)

    def groups_of(account_id: str) -> list[str]:
        account = accounts.by_id(account_id)
        member_id = "" if account is None else account.team_member_id
        return [group.group_id for group in groups.with_member(member_id)] if member_id else []

    accounts = Accounts(chance, files.undo, prepare, guard)
    teams = Teams(accounts, clock, chance, files.undo, guard)
    groups = Groups(clock, chance, files.undo)
    files.shared_folders.groups_of = groups_of
    world = World(
        files=files,
        accounts=accounts,
        teams=teams,
        groups=groups,
        apps=Apps(chance, files.undo, guard),
        tokens=Tokens(clock, chance, files.undo),
        contacts=Contacts(files.undo),
        photos=Photos(clock, chance, files.undo),
        team_log=TeamLog(files.undo),
        clock=clock,
        chance=chance,
        personality=personality,
        web=Web(),
    )
    teams.joined = lambda member: update_mounts(world, member.team)
    return world


def free_home_name(files: FileStore, members: Iterable[Member], account: Account) -> str:
    """Return the name of a new member's folder in the team space: the member's name, or numbered.

    The names of all members' folders are different, as they are in one namespace.
    """
    homes = (files.trees.get(member.namespace_id) for member in members)
    taken = {tree.home.key for tree in homes if tree is not None}
    try:
        (name,) = parts_of(f"/{account.display_name}")
    except (RouteError, ValueError):  # the name is not valid for a folder, or contains a slash
        (name,) = parts_of("/Member")
    free, number = name, 0
    while free.key in taken:
        number += 1
        free = renamed(name.shown, number, is_folder=True, is_copy=False)
    return free.shown


def call_of(world: World, account: Account, name: str) -> Call:
    """Return the call of a route that an account would make without an app, on Dropbox's site."""
    view = world.files.views[account.namespace_id]
    return Call(name, None, None, None, view, world, {}, IMPLEMENTED[name].run)


def known(world: World, account: Account | None, app: App | None) -> tuple[Account, App]:
    """Return the account and the app, or the default ones for None.

    Raises:
        TypeError, ValueError: they are not an account and an app of this service.
    """
    expect("account", account, Account, type(None))
    expect("app", app, App, type(None))
    account, app = account or world.accounts.default, app or world.apps.default
    for name, given, known_here in (
        ("account", account, world.accounts),
        ("app", app, world.apps),
    ):
        if given not in known_here:
            raise ValueError(f"{name}: expected one of this service, got {given!r}")
    return account, app
