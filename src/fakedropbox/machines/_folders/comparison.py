"""Comparisons of what the service says about shared folders with the model (S9, S11, S13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from fakedropbox.machines._calls import chain, kind_of
from fakedropbox.machines._comparison import Pairs, expect
from fakedropbox.machines._folders.namespaces import Seen
from fakedropbox.machines._folders.people import Member, Person, SharedFolder
from fakedropbox.machines._folders.sharing import Sharing

_ABSENT = (
    *("owner_display_names", "owner_team", "parent_shared_folder_id"),
    *("parent_folder_name", "link_metadata"),
)
"""The fields that no reply has for a folder outside a team (S9-02)."""

_OWNER_LACKS = {
    "relinquish_membership": "target_is_owner",
    "set_access_inheritance": "user_not_on_team",
}
"""The actions that the owner may not take, with the reasons (S9-13)."""

_EVERYBODY = {"relinquish_membership", "unmount"}
_EDITORS = {
    *_EVERYBODY,
    *("edit_contents", "leave_a_copy"),
    *("share_link", "create_link", "create_view_link", "create_edit_link"),
}
_INVITING = {"invite_editor", "invite_viewer", "invite_viewer_no_comment"}
_BY_OWNER = "user_not_allowed_by_owner"


class Comparison:
    """Comparisons of metadata with the model.

    ``is_timed`` is True if the time of an invitation is known exactly.
    """

    def __init__(self, pairs: Pairs, sharing: Sharing, *, is_timed: bool) -> None:
        self.pairs = pairs
        self._sharing = sharing
        self._is_timed = is_timed
        self._fixed: dict[Any, Any] = {}

    # Files

    def check(self, seen: Seen, meta: Any, *, is_past: bool = False) -> None:
        """Compare the metadata of a file or folder, which may be that of an old revision.

        No fact says who has written an old revision.

        Raises:
            Mismatch: they differ.
        """
        self.pairs.check(seen.entry, meta, seen.prefix)
        before = self._sharing.same_times.get(seen.entry.rev)
        if before is not None and seen.entry.content is not None:
            known = self.pairs.server_modified(before)
            expect(known or meta.server_modified, meta.server_modified)
        self._check_sharing(seen, meta, is_past=is_past)

    def _check_sharing(self, seen: Seen, meta: Any, *, is_past: bool) -> None:
        """Compare the fields about shared folders (S13-01, S13-03, S13-14, S13-15)."""
        parent = seen.folder and self._id(seen.folder)
        expect(parent, meta.parent_shared_folder_id)
        info, shared = meta.sharing_info, seen.folder or seen.mounted
        if kind_of(meta) == "folder":
            expect(seen.mounted and self._id(seen.mounted), meta.shared_folder_id)
        if shared is None:
            expect(None, info)
            return
        expect((seen.is_read_only, parent), (info.read_only, info.parent_shared_folder_id))
        if kind_of(meta) == "folder":
            expect(seen.mounted and self._id(seen.mounted), info.shared_folder_id)
            expect((False, False), (info.traverse_only, info.no_access))
        elif not is_past and seen.writer is not None:
            expect(seen.writer.account_id, info.modified_by)

    def _id(self, folder: SharedFolder) -> str:
        return self.pairs.real("shared folder", folder.number)

    # Shared folders

    def check_folder(
        self,
        person: Person,
        folder: SharedFolder,
        meta: Any,
        actions: Sequence[str] | None = None,
    ) -> None:
        """Compare the metadata of a shared folder (S9-01 to S9-16).

        Raises:
            Mismatch: they differ.
        """
        member, mount = folder.membership(person), folder.mount(person)
        assert member is not None
        self.pairs.pair("shared folder", folder.number, meta.shared_folder_id)
        self.pairs.pair("id", folder.root.id, meta.folder_id)
        self._same(("preview", folder.number), meta.preview_url)
        name = folder.root.name if mount is None else mount.name
        expect((member.level, name), (chain(meta.access_type), meta.name))
        shown = None if mount is None else mount.key
        expect(shown, meta.path_lower)
        display = meta.path_display
        expect(None if mount is None else name, display and display.rpartition("/")[2])
        self._check_time(person.email, folder, member, meta.time_invited)
        policy = meta.policy
        found = policy.acl_update_policy, policy.shared_link_policy, policy.viewer_info_policy
        expect(tuple(folder.policy), tuple(map(chain, found)))
        expect((None, None), (policy.member_policy, policy.resolved_member_policy))
        expect((False, False), (meta.is_inside_team_folder, meta.is_team_folder))
        expect("inherit", chain(meta.access_inheritance))
        expect([None] * len(_ABSENT), [getattr(meta, field) for field in _ABSENT])
        allowed = [self._right(person, folder, action) for action in actions or ()]
        given = [_permission(each) for each in meta.permissions or ()]
        expect((actions is None, allowed), (meta.permissions is None, given))

    def _same(self, of: Any, value: Any) -> None:
        """Check that a value, which never changes, is the same as at its first comparison."""
        expect(self._fixed.setdefault(of, value), value)

    def _check_time(
        self, email: str, folder: SharedFolder, member: Member, found: datetime
    ) -> None:
        """Compare the time of an invitation, which never changes (S8-21, S11-40)."""
        self._same((email, folder.number, member.since), found)
        if self._is_timed:
            expect(member.since, int(found.replace(tzinfo=timezone.utc).timestamp()))

    def _right(
        self, person: Person, folder: SharedFolder, action: str
    ) -> tuple[str, bool, str | None]:
        """Return the permission of a member for an action (S9-13, S9-14, S9-16)."""
        member = folder.membership(person)
        level = "" if member is None else member.level
        if level == "owner":
            reason = _OWNER_LACKS.get(action)
        else:
            allowed = _EDITORS if level == "editor" else _EVERYBODY
            if level == "editor" and folder.manages(person):
                allowed = allowed | _INVITING
            reason = None if action in allowed else _BY_OWNER
        return action, reason is None, reason

    # Members

    def check_members(
        self,
        person: Person,
        folder: SharedFolder,
        users: Sequence[Any],
        invitees: Sequence[Any],
        actions: Sequence[str],
        by_address: dict[str, Person],
    ) -> None:
        """Compare all members and invitations of a folder (S11-01 to S11-07).

        Raises:
            Mismatch: they differ.
        """
        expected = {
            each.account_id: (member.level, each.email, each.display_name)
            for each, member in folder.members.items()
        }
        found = {}
        for info in users:
            user = info.user
            found[user.account_id] = chain(info.access_type), user.email, user.display_name
            expect((False, False, None), (info.is_inherited, user.same_team, user.team_member_id))
        expect((expected, len(expected)), (found, len(users)))
        for info in users:
            target = next(m for m in folder.members if m.account_id == info.user.account_id)
            self._check_rights(person, folder, target, info.permissions, actions)
        invited = {
            address: (member.level, by_address[address].account_id if address in by_address else "")
            for address, member in folder.invited.items()
        }
        shown = {
            each.invitee.get_email(): (
                chain(each.access_type),
                "" if each.user is None else each.user.account_id,
            )
            for each in invitees
        }
        expect((invited, len(invited)), (shown, len(invitees)))
        for each in invitees:
            address = each.invitee.get_email()
            self._check_rights(person, folder, address, each.permissions, actions)

    def _check_rights(
        self,
        person: Person,
        folder: SharedFolder,
        target: Person | str,
        found: Sequence[Any] | None,
        actions: Sequence[str],
    ) -> None:
        """Compare the permissions for actions on a member (S11-04, S11-05, S11-36)."""
        expected = []
        for action in actions:
            reason = _reason(person, folder, target, action)
            expected.append((action, reason is None, reason))
        expect(expected or None, None if found is None else [_permission(each) for each in found])


def _reason(person: Person, folder: SharedFolder, target: Person | str, action: str) -> str | None:
    """Return the reason why an action on a member or an address is refused, or None (S11-36)."""
    if target in (person, person.email):
        return "target_is_self"
    if target is folder.owner:
        return "target_is_owner"
    if not folder.manages(person) or (action == "make_owner" and folder.owner is not person):
        return _BY_OWNER
    return "target_not_active" if action == "make_owner" and isinstance(target, str) else None


def _permission(found: Any) -> tuple[str, bool, str | None]:
    return chain(found.action), found.allow, None if found.reason is None else chain(found.reason)
