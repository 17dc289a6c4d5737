"""The root and the home of an account: the namespaces that its paths can be relative to (O8-02)."""

from __future__ import annotations

from typing import NamedTuple

from fakedropbox._files.places import View
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import World
from fakedropbox.errors import PathRootRefused


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


def root_of(view: View) -> str:
    """Return the id of the namespace that the paths of a caller's view are relative to."""
    if view.access is not None:
        return view.access.shared.id
    space = view.home.space
    if space is not None and view.base is view.home.root:
        return str(space.namespace_id)
    return str(view.home.namespace_id)


def at_root(world: World, view: View, account: Account, namespace_id: str) -> View:
    """Return the view of an account's files with a namespace as the root of all paths.

    ``view`` is the view of the account's home.

    Raises:
        PathRootRefused: the account has no access to the namespace.
    """
    own, folders = roots_of(world, account), world.files.shared_folders
    if namespace_id == own.home:
        return view
    if namespace_id == own.root:
        return view.at_top()
    shared = folders.get(namespace_id)
    if shared is None or folders.level(shared, account.account_id) is None:
        raise PathRootRefused("no_permission", fact="F1.5-05")
    return view.at_root(shared)
