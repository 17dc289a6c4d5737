"""The files and folders of an account as text, with the members of shared folders."""

from __future__ import annotations

from itertools import islice

from fakedropbox._files.nodes import File, Node
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._files.tree import Mount, everything_below
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import World

_SHOWN_PEOPLE = 10
"""The number of members and invitations of a folder that are shown; others are counted."""


def tree_text(world: World, account: Account) -> str:
    """Return the files and folders of an account as text, then its folders that are not mounted."""
    view = world.files.views[account.namespace_id]
    lines = ["/"]
    for node in everything_below(view.base):
        if node is not view.base:
            depth = view.paths(node)[0].count("/")
            lines.append(f"{'  ' * depth}{node.name}{_details(world, node)}")
    mine = world.files.shared_folders.of(account.account_id, account.email)
    unmounted = [shared for shared in mine if shared.mounted_in(view.tree) is None]
    unmounted.sort(key=lambda each: (each.folder.key, each.id))
    more = (f"not mounted: {each.folder.name}/  {_shared(world, each)}" for each in unmounted)
    return "\n".join([*lines, *more])


def _details(world: World, node: Node) -> str:
    if isinstance(node, File):
        return f"  {node.blob.size} bytes"
    if isinstance(node, Mount):
        return f"/  {_shared(world, world.files.shared_folders.with_tree(node.target))}"
    return "/"


def _shared(world: World, shared: SharedFolder) -> str:
    """Return by whom and with whom a folder is shared."""
    others = len(shared.order) - 1
    shown = [f"shared by {_person(world, shared, shared.owner)}"]
    if others:
        people = (person for person, _ in shared.people() if person != shared.owner)
        shown += [_person(world, shared, each) for each in islice(people, _SHOWN_PEOPLE)]
        shown[1] = f"with {shown[1]}"
    if others > _SHOWN_PEOPLE:
        shown.append(f"and {others - _SHOWN_PEOPLE} more")
    return ", ".join(shown)


def _person(world: World, shared: SharedFolder, person: str) -> str:
    """Return the address of a member or an invitation, with its role and state in parentheses."""
    account = world.accounts.by_id(person)
    if account is None:
        return f"{person} ({shared.invitees[person].level}, invited)"
    notes = [] if person == shared.owner else [shared.members[person].level]
    if shared.mounted_in(world.files.homes[person]) is None:
        notes.append("not mounted")
    return f"{account.email} ({', '.join(notes)})" if notes else account.email
