"""App folders: the part of an account's files that an app-folder app sees as its root (O8-01)."""

from __future__ import annotations

from fakedropbox._files.nodes import Folder
from fakedropbox._files.paths import split
from fakedropbox._files.places import Place, View
from fakedropbox._files.tree import Mount
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.apps import App
from fakedropbox._identity.tokens import Grant
from fakedropbox.calls import World


def seen_by(world: World, grant: Grant) -> View:
    """Return the view of the files that a grant gives; a missing app folder is created."""
    whole = world.files.views[grant.account.namespace_id]
    if grant.app.folder is None:
        return whole
    return whole._replace(base=app_folder(world, grant.account, grant.app))


def app_folder(world: World, account: Account, app: App) -> Folder:
    """Return the folder that an app-folder app sees as its root; create a missing one (O8-01).

    It remains the app's folder after it is renamed. If a file or a mount already has its name, the
    new folder gets another name: in a shared folder, it would not be the account's own.
    """
    tree = world.files.trees[account.namespace_id]
    known = tree.app_folders.get(app.key)
    if known is not None and known.parent is not None:
        return known
    folder = tree.home
    for name in ("Apps", str(app.folder)):
        place = Place(tree, folder, split(f"/{name}"))
        found = place.reach().found
        if isinstance(found, Folder) and type(found) is not Mount and found is not folder:
            folder = found
        else:
            folder = world.files.make_folder(place, autorename=True)
    tree.claim_app_folder(app.key, folder)
    return folder


def make_ready(world: World, account: Account, app: App) -> int:
    """Create the folder of an app-folder app in an account that is about to be linked to it.

    Return the number of the latest change so far, for `AppLink.since`.
    """
    if app.folder is not None:
        app_folder(world, account, app)
    return world.files.last_rev
