"""The files and folders of an account as text, with those who share them."""

from __future__ import annotations

from collections.abc import Iterator

from fakedropbox._api.sharing.file_people import received
from fakedropbox._api.sharing.folder_metadata import is_of_team
from fakedropbox._files.memberships import SharedItem
from fakedropbox._files.nodes import File, Node
from fakedropbox._files.places import View
from fakedropbox._files.shared_files import SharedFile
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._files.tree import Mount, everything_below
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import World

_SHOWN_PEOPLE = 10
"""The number of members and invitations of an item that are shown; others are counted."""


def tree_text(world: World, account: Account) -> str:
    """Return the files and folders of an account as text, then what others share with it.

    These are the team folders beside its home, the folders to be mounted, and the files that it
    received.
    """
    view, lines = world.files.views[account.namespace_id], ["/"]
    below = (node for node in everything_below(view.base) if node is not view.base)
    lines += [_line(world, view, node) for node in below]
    lines += _team_folders(world, view)
    return "\n".join([*lines, *shared_elsewhere(world, account)])


def shared_elsewhere(world: World, account: Account) -> list[str]:
    """Return a line about each item that is shared with an account but is not among its files."""
    home = world.files.views[account.namespace_id].tree
    mine = world.files.shared_folders.of(account.account_id, account.email)
    others = (shared for shared in mine if not shared.is_team_folder)
    unmounted = [each for each in others if home.mount_at(each.tree.root_path) is None]
    unmounted.sort(key=lambda each: (each.folder.key, each.id))
    more = (
        f"not mounted: {each.folder.name}/  {people_of_folder(world, each)}" for each in unmounted
    )
    return [*more, *_received(world, account)]


def _line(world: World, view: View, node: Node) -> str:
    depth = view.paths(node)[0].count("/")
    return f"{'  ' * depth}{node.name}{_details(world, node)}"


def _team_folders(world: World, home: View) -> Iterator[str]:
    """Yield lines about the team folders in a member's team space, and about what is in them."""
    if home.tree.space is None:
        return
    top = home.at_top()
    mounts = [mount for mount in top.mounts_below(top.base) if mount.parent is top.base]
    if mounts:
        yield "in the team space:"
    for mount in mounts:
        for node in everything_below(mount):
            yield _line(world, top, node)


def _received(world: World, account: Account) -> Iterator[str]:
    """Yield a line about each file that an account was added to, the earliest first."""
    for each in received(world, account):
        owner, file = world.accounts.by_id(each.people.owner), each.people.file
        shown = f"received: {file.name}  {file.blob.size} bytes"
        by = "in a team folder" if owner is None else f"shared by {owner.email}"
        yield f"{shown}, {by} ({each.level})"


def _details(world: World, node: Node) -> str:
    if isinstance(node, File):
        added = people_of_file(world, world.files.shared_files.get(node))
        return f"  {node.blob.size} bytes{', ' if added else ''}{added}"
    if isinstance(node, Mount):
        shared = world.files.shared_folders.with_tree(node.target)
        return f"/  {people_of_folder(world, shared)}"
    return "/"


def people_of_file(world: World, shared: SharedFile | None) -> str:
    """Return a text about the people a file itself is shared with; empty if there are none."""
    if shared is None:
        return ""
    people = [person for person, _ in shared.people()]
    shown = [_person(world, shared, person) for person in people[:_SHOWN_PEOPLE]]
    return f"shared with {', '.join(_with_count(shown, len(people)))}" if shown else ""


def people_of_folder(world: World, shared: SharedFolder) -> str:
    """Return a text about the owner and the other people of a shared folder."""
    people = [person for person, _ in shared.people() if person != shared.owner]
    shown = [_in_folder(world, shared, person) for person in people[:_SHOWN_PEOPLE]]
    by = "team folder" if shared.is_team_folder else "shared in a team folder"
    if not is_of_team(world, shared):
        by = f"shared by {_in_folder(world, shared, shared.owner)}"
    return f"{by}, with {', '.join(_with_count(shown, len(people)))}" if shown else by


def _with_count(shown: list[str], number: int) -> list[str]:
    """Return the people who are shown, and the number of others, if there are any."""
    return [*shown, f"and {number - len(shown)} more"] if number > len(shown) else shown


def _in_folder(world: World, shared: SharedFolder, person: str) -> str:
    """Return a member, group or invitation, with its role and state in parentheses."""
    account = world.accounts.by_id(person)
    if account is None:
        return _person(world, shared, person)
    notes = [] if person == shared.owner else [shared.members[person].level]
    if shared.mounted_in(world.files.homes[person]) is None:
        notes.append("not mounted")
    return f"{account.email} ({', '.join(notes)})" if notes else account.email


def _person(world: World, shared: SharedItem, person: str) -> str:
    """Return the address of a member or an invitation, or the name of a group, with the level."""
    account = world.accounts.by_id(person)
    group = world.groups.by_id(person)
    if group is not None:
        return f"group {group.name} ({shared.groups[person].level})"
    if account is None:
        return f"{person} ({shared.invitees[person].level}, invited)"
    return f"{account.email} ({shared.members[person].level})"
