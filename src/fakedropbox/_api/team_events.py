"""Recording of events in the log of a team: what members, their apps and administrators do (P9-10).

A call by an account outside a team, or without an access token, records nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dropbox import team_log
from stone.backends.python_rsrc.stone_serializers import json_compat_obj_encode

from fakedropbox._api.files.metadata import moment
from fakedropbox._api.structs import tags_of
from fakedropbox._files.nodes import File, Node, Tombstone
from fakedropbox._files.places import Place
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._files.tree import Tree, tree_of
from fakedropbox._identity.accounts import Account, Team
from fakedropbox._identity.groups import Group
from fakedropbox._identity.team_log import Event
from fakedropbox._identity.teams import Member
from fakedropbox.calls import Call

_FILES, _SHARING, _GROUPS = "file_operations", "sharing", "groups"
_KINDS = {
    "file_add": (_FILES, "Added files and/or folders"),
    "file_copy": (_FILES, "Copied files and/or folders"),
    "file_delete": (_FILES, "Deleted files and/or folders"),
    "file_download": (_FILES, "Downloaded files and/or folders"),
    "file_edit": (_FILES, "Edited files"),
    "file_move": (_FILES, "Moved files and/or folders"),
    "file_permanently_delete": (_FILES, "Permanently deleted files and/or folders"),
    "file_restore": (_FILES, "Restored deleted files and/or folders"),
    "group_add_member": (_GROUPS, "Added team members to group"),
    "group_create": (_GROUPS, "Created group"),
    "group_delete": (_GROUPS, "Deleted group"),
    "group_remove_member": (_GROUPS, "Removed team members from group"),
    "group_rename": (_GROUPS, "Renamed group"),
    "member_change_admin_role": ("members", "Changed team member admin role"),
    "member_change_status": (
        "members",
        "Changed member status (invited, joined, suspended, etc.)",
    ),
    "shared_content_add_member": (_SHARING, "Added users and/or groups to shared file/folder"),
    "shared_content_remove_member": (_SHARING, "Removed user/group from shared file/folder"),
    "shared_content_unshare": (_SHARING, "Unshared file/folder by clearing membership"),
    "shared_folder_create": (_SHARING, "Created shared folder"),
    "shared_folder_mount": (_SHARING, "Added shared folder to own Dropbox"),
    "shared_folder_unmount": (_SHARING, "Deleted shared folder from Dropbox"),
    "shared_link_create": (_SHARING, "Created shared link"),
    "shared_link_disable": (_SHARING, "Removed shared link"),
    "team_folder_change_status": ("team_folders", "Changed archival status of team folder"),
    "team_folder_create": ("team_folders", "Created team folder in active status"),
    "team_folder_permanently_delete": (
        "team_folders",
        "Permanently deleted archived team folder",
    ),
    "team_folder_rename": ("team_folders", "Renamed active/archived team folder"),
}
"""The category and description of each recorded kind of event, as in the API specification."""

Person = Account | Member | Group | str
"""Someone who takes part in an event; a text is the address of somebody without an account."""


def logging_team(call: Call) -> Team | None:
    """Return the team in whose log a call is recorded, or None."""
    grant = call.grant
    return None if grant is None else grant.team or grant.account.team


def record_event(
    call: Call,
    kind: str,
    assets: Iterable[Any] = (),
    people: Iterable[Person] = (),
    **details: Any,
) -> None:
    """Record an event of a call; ``assets`` are SDK objects, ``details`` fields of the details."""
    team = logging_team(call)
    assert team is not None, "only calls with a log are recorded"
    assert call.grant is not None
    actor, people = call.grant.account, list(people)
    category, description = _KINDS[kind]
    is_admin = call.grant.as_admin or call.view is None
    user = _member_info(actor)
    event = team_log.TeamEvent(
        timestamp=moment(call.world.clock.seconds),
        event_category=team_log.EventCategory(category),
        actor=team_log.ActorLogInfo("admin" if is_admin else "user", user),
        involve_non_team_member=any(_is_outside(call, team, each) for each in people),
        context=team_log.ContextLogInfo.team_member(user),
        participants=[_participant(each) for each in people],
        assets=list(assets),
        event_type=_tagged(team_log.EventType, kind, description),
        details=_details(kind, details),
    )
    text = json.dumps(json_compat_obj_encode(team_log.TeamEvent_validator, event))
    accounts = [actor, *map(_account_of, people)]
    ids = tuple(each.account_id for each in accounts if each is not None)
    micros = call.world.clock.micros
    call.world.team_log.add(Event(team.team_id, micros, category, kind, ids, text))


def asset_of(call: Call, node: Node) -> Any:
    """Return a file or folder as an event names it (P9-05)."""
    tree = tree_of(node)
    assert call.view is not None, "only calls with a view have files"
    relative = call.world.files.views[tree.namespace_id].own_paths(node)[1]
    return _asset(call, tree, node, node.name, call.view.paths(node)[1], relative)


def asset_of_deleted(call: Call, place: Place, deleted: Tombstone) -> Any:
    """Return a deleted file or folder as an event names it."""
    whole = call.world.files.views[place.tree.namespace_id]
    relative = whole.shown(deleted.path_lower, deleted.path_display)[1]
    return _asset(call, place.tree, deleted.node, deleted.name, place.shown, relative)


def _asset(call: Call, tree: Tree, node: Node, name: str, shown: str, relative: str) -> Any:
    id_ = str(tree.namespace_id)
    path = team_log.PathLogInfo(
        contextual=shown,
        namespace_relative=team_log.NamespaceRelativePathLogInfo(
            ns_id=id_,
            relative_path=relative or "/",
            is_shared_namespace=call.world.files.shared_folders.get(id_) is not None,
        ),
    )
    if isinstance(node, File):
        return team_log.AssetLogInfo.file(team_log.FileLogInfo(path, name, tree.id_text(node)))
    return team_log.AssetLogInfo.folder(team_log.FolderLogInfo(path, name, tree.id_text(node)))


def asset_of_shared(shared: SharedFolder, name: str | None = None) -> Any:
    """Return a shared folder or a team folder as an event names it."""
    path = team_log.PathLogInfo(
        contextual=f"/{name or shared.folder.name}",
        namespace_relative=team_log.NamespaceRelativePathLogInfo(
            ns_id=shared.id, relative_path="/", is_shared_namespace=True
        ),
    )
    info = team_log.FolderLogInfo(
        path, name or shared.folder.name, shared.tree.id_text(shared.folder)
    )
    return team_log.AssetLogInfo.folder(info)


def relocation() -> list[Any]:
    """Return the details of a move or a copy: the first asset became the second one."""
    return [team_log.RelocateAssetReferencesLogInfo(src_asset_index=0, dest_asset_index=1)]


def _details(kind: str, fields: dict[str, Any]) -> Any:
    tag = f"{kind}_details"
    struct = tags_of(team_log.EventDetails)[tag].definition
    return team_log.EventDetails(tag, struct(**fields))


def _tagged(union: Any, tag: str, description: str) -> Any:
    return union(tag, tags_of(union)[tag].definition(description))


def _member_info(account: Account) -> Any:
    """Return an account as an event names it (P9-04)."""
    fields = {
        "account_id": account.account_id,
        "display_name": account.display_name,
        "email": account.email,
    }
    if account.team is None:
        return team_log.NonTeamMemberLogInfo(**fields)
    return team_log.TeamMemberLogInfo(**fields, team_member_id=account.team_member_id)


def _participant(person: Person) -> Any:
    if isinstance(person, Group):
        group = team_log.GroupLogInfo(person.name, person.group_id, person.external_id)
        return team_log.ParticipantLogInfo.group(group)
    account = _account_of(person)
    if account is not None:
        return team_log.ParticipantLogInfo.user(_member_info(account))
    if isinstance(person, Member):
        member = team_log.TeamMemberLogInfo(
            display_name=person.display_name,
            email=person.email,
            team_member_id=person.team_member_id,
        )
        return team_log.ParticipantLogInfo.user(member)
    return team_log.ParticipantLogInfo.user(team_log.NonTeamMemberLogInfo(email=str(person)))


def _account_of(person: Person) -> Account | None:
    if isinstance(person, Member):
        return person.account
    return person if isinstance(person, Account) else None


def _is_outside(call: Call, team: Team, person: Person) -> bool:
    if isinstance(person, str):
        known = call.world.teams.with_email(person)
        return known is None or known.team != team
    return person.team != team
