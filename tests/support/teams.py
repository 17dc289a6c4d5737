"""Groups and path roots of teams."""

from dropbox.common import PathRoot
from dropbox.team import GroupAccessType, GroupSelector, MemberAccess, UserSelectorArg


def root_of(member):
    """Return the path root that is the team space of a member."""
    return PathRoot.root(str(member.team.root_namespace_id))


def people(*members):
    """Return the arguments that add members to a group."""
    return [
        MemberAccess(UserSelectorArg.team_member_id(each.team_member_id), GroupAccessType.member)
        for each in members
    ]


def new_group(team, name, *members):
    """Create a group with members, and return its id."""
    group = team.team_groups_create(name).group_id
    team.team_groups_members_add(GroupSelector.group_id(group), people(*members))
    return group
