"""The root and the home of an account: the namespaces that its paths can be relative to (O8-02)."""

from __future__ import annotations

from typing import NamedTuple

from fakedropbox._identity.accounts import Account
from fakedropbox.calls import World


class Roots(NamedTuple):
    """The ids of an account's root and home namespaces, and the path of the home in the root.

    The path is None if both namespaces are the same, as they are outside a team space.
    """

    root: str
    home: str
    home_path: str | None


def roots_of(world: World, account: Account) -> Roots:
    """Return the root and the home of an account."""
    tree = world.files.trees[account.namespace_id]
    home = str(account.namespace_id)
    if tree.space is None:
        return Roots(home, home, None)
    return Roots(str(tree.space.namespace_id), home, tree.paths(tree.home)[1])
