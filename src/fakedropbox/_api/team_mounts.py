"""Team folders, and folders shared with groups, among the files of members (P8-15, S11-43).

Every active team folder that a member can access is in the member's root; nobody has to mount it.
Any other shared folder is unmounted when the member can no longer access it in any way.
"""

from __future__ import annotations

from fakedropbox._files import mounting
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._files.tree import Tree
from fakedropbox._identity.accounts import Team
from fakedropbox._identity.teams import Member
from fakedropbox.calls import World


def update_mounts(world: World, team: Team) -> None:
    """Mount and unmount folders for all members of a team, according to their present access."""
    files = world.files
    for member in world.teams.members(team):
        if member.account is None:
            continue
        home = files.trees[member.namespace_id]
        for mount in list(home.mounts.values()):
            shared = files.shared_folders.with_tree(mount.target)
            if not _has_access(world, shared, home):
                files.delete(mount)
        for folder in files.team_folders.of(team.team_id):
            shared = folder.shared
            if shared.mounted_in(home) is None and _has_access(world, shared, home):
                mounting.add_mount(files, shared, home)
    _close_inner_folders(world, team)


def unmount_without_access(world: World, shared: SharedFolder) -> None:
    """Unmount a folder for all accounts of any team or of none that no longer have access to it."""
    for home in list(world.files.homes.values()):
        mount = shared.mounted_in(home)
        if mount is not None and not _has_access(world, shared, home):
            world.files.delete(mount)


def _close_inner_folders(world: World, team: Team) -> None:
    """Unmount the folders in team folders for all who may not have their own mounts (P8-21).

    They are all accounts if the team folder is archived, otherwise those that have access to it,
    and those that no longer have access to the folder in it.
    """
    files = world.files
    for folder in files.team_folders.of(team.team_id):
        for shared in files.shared_folders.inside(folder.shared):
            for home in list(files.homes.values()):
                mount = shared.mounted_in(home)
                inherits = files.shared_folders.inherited(shared, home.owner) is not None
                if mount is not None and (inherits or not _has_access(world, shared, home)):
                    files.delete(mount)


def leave_team_folders(world: World, member: Member) -> None:
    """End a removed member's own memberships in team folders, and update the team's mounts.

    The member has been removed from all groups before. Memberships in the folders that are shared
    in team folders end, too.
    """
    files, account = world.files, member.account
    if account is not None:
        for folder in files.team_folders.of(member.team.team_id):
            for shared in (folder.shared, *files.shared_folders.inside(folder.shared)):
                if account.account_id in shared.members:
                    mounting.leave(files, shared, files.trees[member.namespace_id])
    update_mounts(world, member.team)


def rename_mounts(world: World, shared: SharedFolder) -> None:
    """Give the mounts of a renamed team folder its new name."""
    for home in list(world.files.homes.values()):
        mount = shared.mounted_in(home)
        if mount is not None:
            world.files.delete(mount)
            mounting.add_mount(world.files, shared, home)


def _has_access(world: World, shared: SharedFolder, home: Tree) -> bool:
    return world.files.shared_folders.level(shared, home.owner) is not None
