"""Changes of those who have access to a file: adding, changing and removing them (S14-02 to -16).

An error about one member is part of the result, where the specification says so; the call succeeds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from dropbox import sharing

from fakedropbox._api.files.places import view_of
from fakedropbox._api.registry import AS_429, SDK_ROUTES, route
from fakedropbox._api.sharing.file_access import (
    FileAccess,
    accessed_file,
    managed_file,
    refuse_unverified,
)
from fakedropbox._api.sharing.file_people import People, names_of
from fakedropbox._api.sharing.file_rights import file_member_refusal
from fakedropbox._api.sharing.folder_metadata import paths_of_mount
from fakedropbox._api.sharing.member_changes import GIVEN, identified
from fakedropbox._api.structs import payload_of, tag_of
from fakedropbox._base.sdk_parts import sdk_has
from fakedropbox._files.memberships import Membership, higher
from fakedropbox._files.shared_files import SharedFile
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_OF_ONE_MEMBER = ("invalid_member", "no_permission")
"""The errors that are results of the removal of a member."""


class Target(NamedTuple):
    """The person that a selector stands for: an account, an address without one, or a group.

    ``address`` is empty if the selector is a group or an unknown id; ``group_id`` is empty unless
    it is a group.
    """

    account: Account | None
    address: str
    group_id: str = ""

    @property
    def who(self) -> tuple[str, str]:
        """The id of the account or the group, which may be empty, and the address."""
        return self.group_id if self.account is None else self.account.account_id, self.address

    @property
    def is_confirmed(self) -> bool:
        """True if there is an account that has confirmed the address."""
        return self.account is not None and self.account.email_verified

    def person_of(self, shared: SharedFile | None) -> str | None:
        """Return the account id or address by which the person was added to a file, or None."""
        if shared is None:
            return None
        account_id, address = self.who
        if account_id in shared.members:
            return account_id
        return address.lower() if address.lower() in shared.invitees else None


@route(sharing.add_file_member, contention=AS_429)
def add_file_member(call: Call, arg: Any) -> Any:
    """Add people to a file; each succeeds or fails on its own (S14-02 to S14-07).

    The order of the results differs from that of the members, as in a recording.
    """
    refuse_unverified(call)
    access = managed_file(call, arg.file)
    level = "viewer" if arg.access_level is None else tag_of(arg.access_level)  # S14-06
    if level not in GIVEN:
        raise RouteError("access_error/no_permission", fact="S14-07")
    results = [_added(call, access, selector, level) for selector in arg.members]
    results.reverse()  # S14-03
    return results


@route(sharing.update_file_member, contention=AS_429)
def update_file_member(call: Call, arg: Any) -> Any:
    """Change the level of somebody who was added to a file (S14-15)."""
    access, level = managed_file(call, arg.file), tag_of(arg.access_level)
    target = _target(call, arg.member)
    shared, person = _changed(call, access, target, f"make_{level}")
    if level not in GIVEN:
        raise RouteError("no_permission", fact="S14-41")
    call.world.files.shared_files.set_level(shared, person, level)
    return _left(call, access.people, target)


@route(sharing.remove_file_member_2, contention=AS_429)
def remove_file_member_2(call: Call, arg: Any) -> Any:
    """Remove somebody who was added to a file (S14-13)."""
    try:
        return sharing.FileMemberRemoveActionResult.success(_remove(call, arg))
    except RouteError as error:
        return sharing.FileMemberRemoveActionResult.member_error(_of_one_member(error))


@route(SDK_ROUTES["sharing/remove_file_member"], contention=AS_429)
def remove_file_member(call: Call, arg: Any) -> Any:
    """Remove somebody as `remove_file_member_2` does, with an older form of result (S14-14)."""
    try:
        left = _remove(call, arg).access_level
    except RouteError as error:
        return sharing.FileMemberActionIndividualResult.member_error(_of_one_member(error))
    return sharing.FileMemberActionIndividualResult.success(left)


@route(sharing.unshare_file, contention=AS_429)
def unshare_file(call: Call, arg: Any) -> None:
    """Remove everybody who was added to a file; those of its folder stay (S14-16)."""
    refuse_unverified(call)
    shared = managed_file(call, arg.file).people.shared
    if shared is not None:
        call.world.files.shared_files.remove_all(shared)


@route(sharing.relinquish_file_membership, contention=AS_429)
def relinquish_file_membership(call: Call, arg: Any) -> None:
    """Give up the caller's own membership of a file, but not that of its folder (S14-26)."""
    access = accessed_file(call, arg.file)
    shared = access.people.shared
    person = Target(access.account, names_of(access.account)[1]).person_of(shared)
    if shared is None or person is None or access.level == "owner":
        raise RouteError("no_permission", fact="S14-26")
    call.world.files.shared_files.remove(shared, person)


def relinquish_access(call: Call, arg: Any) -> None:
    """Fail: no app has the scope of this route, so that the gate refuses all calls (S14-27)."""
    raise AssertionError(f"{call.name}: expected no call, as its scope is not public, got {arg!r}")


if sdk_has("sharing.relinquish_access"):
    route(sharing.relinquish_access, contention=AS_429)(relinquish_access)


def _added(call: Call, access: FileAccess, selector: Any, level: str) -> Any:
    """Add an account, or invite an address that no account has confirmed (S14-40).

    The owner has access anyway; somebody who was added before can only gain access.
    """
    target, files = _target(call, selector), call.world.files.shared_files
    account, now = target.account, call.world.clock.seconds
    if tag_of(selector) != "email" and not target.is_confirmed:
        error = sharing.FileMemberActionError("invalid_member")
        refused = sharing.FileMemberActionIndividualResult.member_error(error)
        return sharing.FileMemberActionResult(selector, refused)
    if tag_of(selector) == "email":
        call.world.contacts.add(access.account.account_id, payload_of(selector))  # P3-06
    file = access.people.file
    if account is None or not target.is_confirmed:
        files.invite(files.obtain(file), target.address, level, now)
    elif account.account_id != access.people.owner:
        files.join(files.obtain(file), account.account_id, account.email, level, now)
    reached = _level(People.of(call.world, file), target)
    success = sharing.FileMemberActionIndividualResult.success(sharing.AccessLevel(reached))
    return sharing.FileMemberActionResult(selector, success)


def _level(people: People, target: Target) -> str | None:
    """Return the level of somebody after being added."""
    if target.who[0] == people.owner:
        return "owner"
    return higher(people.explicit(*target.who), people.inherited(*target.who))


def _remove(call: Call, arg: Any) -> Any:
    """Remove somebody who was added to a file, and return the access that is left.

    Raises:
        RouteError: one of `_OF_ONE_MEMBER`, or an error of the whole call.
    """
    refuse_unverified(call)
    access = managed_file(call, arg.file)
    target = _target(call, arg.member)
    shared, person = _changed(call, access, target, "remove")
    call.world.files.shared_files.remove(shared, person)
    return _left(call, access.people, target)


def _of_one_member(error: RouteError) -> Any:
    """Return the error about one member as a part of the result.

    Raises:
        RouteError: it is an error of the whole call.
    """
    if error.tags not in _OF_ONE_MEMBER:
        raise error
    return sharing.FileMemberActionError(error.tags)


def _target(call: Call, selector: Any) -> Target:
    kind, value = tag_of(selector), payload_of(selector)
    if kind == "email":
        return Target(call.world.accounts.by_email(value), value)
    if call.world.groups.by_id(value) is not None:
        return Target(None, "", value)
    account = identified(call, value)
    return Target(account, "" if account is None else account.email)


def _changed(call: Call, access: FileAccess, target: Target, action: str) -> tuple[SharedFile, str]:
    """Return the people who were added to a file, and the one of them who is to be changed.

    Raises:
        RouteError: ``no_explicit_access``, ``no_permission`` or ``invalid_member`` (S14-41).
    """
    people = access.people
    shared, person = people.shared, target.person_of(people.shared)
    if shared is not None and person is not None:
        if file_member_refusal(access, person, action, is_added=True) is not None:
            raise RouteError("no_permission", fact="S14-41")
        return shared, person
    if people.inherited(*target.who) is not None:
        left = {"no_explicit_access": _left(call, people, target)}
        raise RouteError("no_explicit_access", left, fact="S14-13")
    is_owner = target.account is not None and target.account.account_id == people.owner
    raise RouteError("no_permission" if is_owner else "invalid_member", fact="S14-41")


def _left(call: Call, people: People, target: Target) -> Any:
    """Return the access that somebody has through the folder of a file (S14-13, S14-42)."""
    inherited: Membership | None = people.inherited(*target.who)
    left, folder = sharing.MemberAccessLevelResult(), people.folder
    if folder is None or inherited is None:
        return left
    left.access_level = sharing.AccessLevel(inherited.level)
    mount = folder.mounted_in(view_of(call).home)
    shown = None if mount is None else paths_of_mount(call, mount)
    if mount is not None and shown is not None:
        details = sharing.ParentFolderAccessInfo(mount.name, folder.id, [], shown[1])
        left.access_details = [details]
    return left
