"""A new world: the stores of a service, with a default account and a default app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fakedropbox._base.chance import Chance
from fakedropbox._files.store import FileStore
from fakedropbox._files.web import Web
from fakedropbox._identity.accounts import Account, Accounts
from fakedropbox._identity.apps import Apps
from fakedropbox._identity.tokens import Tokens
from fakedropbox.calls import World
from fakedropbox.clock import Clock
from fakedropbox.login import Login
from fakedropbox.personality import Personality


def build_world(
    clock: Clock,
    chance: Chance,
    personality: Personality,
    login: Login | None,
    app: Mapping[str, Any],
) -> World:
    """Return a new world with the default account and the default app.

    ``app`` holds further arguments of `Apps.create` for the default app.
    """
    files = FileStore(clock, personality, chance)
    world = World(
        files=files,
        accounts=Accounts(chance, files.undo),
        apps=Apps(chance, files.undo),
        tokens=Tokens(clock, chance, files.undo),
        clock=clock,
        chance=chance,
        personality=personality,
        web=Web(),
    )
    login = login or Login()
    create_account(world, login.account_email or "owner@example.com", "Given", "Surname")
    world.apps.create(
        "fakedropbox", key=login.app_key or None, secret=login.app_secret or None, **app
    )
    return world


def create_account(world: World, email: str, given_name: str, surname: str) -> Account:
    """Create an account with an empty namespace of its own.

    Raises:
        ValueError: ``email`` is already taken or is not an e-mail address.
    """
    account = world.accounts.add(email, given_name, surname)
    world.files.create_tree(account.namespace_id, world.chance.bytes("id", 8))
    return account
