"""The namespaces of a team: its members' folders, shared folders and team folders (P8-01)."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from dropbox import team

from fakedropbox._api.registry import missing, route
from fakedropbox._api.sharing.folder_metadata import is_team_accessible
from fakedropbox._api.team.lists import page_of, resumed
from fakedropbox._api.team.people import team_of
from fakedropbox.calls import Call


@route(team.namespaces_list)
def list_namespaces(call: Call, _arg: Any) -> Any:
    """Return all namespaces in the order of their ids; the limit has no effect (P8-01, O4.7-04)."""
    return _page(call, 0)


@route(team.namespaces_list_continue)
def list_namespaces_continue(call: Call, arg: Any) -> Any:
    """Return the namespaces that were created after a cursor (P8-05)."""
    after, _ = resumed(call, arg.cursor)
    return _page(call, after)


def _page(call: Call, after: int) -> Any:
    found = sorted(
        ((int(each.namespace_id), each) for each in _namespaces(call)), key=itemgetter(0)
    )
    later = [(number, each) for number, each in found if number > after]
    page, cursor, has_more = page_of(call, later, after, len(later))
    return team.TeamNamespacesListResult(page, cursor, has_more)


def _namespaces(call: Call) -> Iterator[Any]:
    """Yield the folder of each member, the shared folders of members, and the team folders.

    Raises:
        NotImplementedInFake: a member has an app folder, which is a namespace of its own.
    """
    files, own = call.world.files, team_of(call)
    for member in call.world.teams.members(own):
        if member.state == "removed":
            continue
        if member.account is not None and files.trees[member.namespace_id].app_folders:
            raise missing(call.name, "the app folder of a member")
        yield team.NamespaceMetadata(
            name=member.display_name,
            namespace_id=str(member.namespace_id),
            namespace_type=team.NamespaceType.team_member_folder,
            team_member_id=member.team_member_id,
        )
    for shared in files.shared_folders:
        if not shared.is_team_folder and is_team_accessible(call.world, shared, own):
            yield team.NamespaceMetadata(  # P8-04
                name=shared.folder.name,
                namespace_id=shared.id,
                namespace_type=team.NamespaceType.shared_folder,
            )
    for folder in files.team_folders.of(own.team_id):
        yield team.NamespaceMetadata(
            name=folder.name,
            namespace_id=folder.shared.id,
            namespace_type=team.NamespaceType.team_folder,
        )
