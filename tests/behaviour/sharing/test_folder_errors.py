"""Tests of all errors of the routes of shared folders: what causes each, or why it never occurs.

The table `CAUSES` has a call for each error that can happen, by route and tags; `NEVER` has the
reason why another one cannot. Together they are all errors that the SDK's types know. Nobody here
is in a team: `behaviour/team` tests errors that only teams have.
"""

from typing import Any, NamedTuple

import pytest
from dropbox import sharing
from tests.support.doors import newer_sdk, refusal
from tests.support.shared_folders import LEVEL, account, by_email, by_id, email, share

from fakedropbox._api.error_tags import chains_of
from fakedropbox._api.registry import SDK_ROUTES

FILES = {"/Docs/deep/a.txt": b"a", "/file": b"", "/around/inner/a.txt": b"a"}
pytestmark = [
    pytest.mark.dropbox(files=FILES),
    newer_sdk(hasattr(sharing.AddMemberSelectorError, "invalid_group"), "tag invalid_group"),
]


class People(NamedTuple):
    """Clients of people with different access to a shared folder, their account ids, and its id.

    ``owner`` owns the folder with the id ``folder``. Its members are ``viewer``, ``editor`` and
    ``late``, whose address is not verified, and ``full``, who has no free space; only ``late`` has
    mounted it. ``pending`` is invited as an editor and has an address that is not verified.
    ``stranger`` is not a member.
    """

    owner: Any
    viewer: Any
    editor: Any
    late: Any
    full: Any
    pending: Any
    stranger: Any
    folder: str
    ids: dict[str, str]


@pytest.fixture
def people(dbx, connect, service):
    names = ("viewer", "editor", "late", "full", "pending", "stranger")
    accounts = {
        name: service.accounts.create(
            f"{name}@example.com", email_verified=name not in ("late", "pending")
        )
        for name in names
    }
    ids = {name: each.account_id for name, each in accounts.items()}
    ids["owner"] = service.accounts.default.account_id
    folder = service.share_folder("/Docs", members=[accounts["late"]])
    share(dbx, "/around/inner")
    added = [
        by_id(ids["viewer"]),
        by_id(ids["editor"], LEVEL.editor),
        by_id(ids["full"]),
        by_email("pending@example.com", LEVEL.editor),
    ]
    dbx.sharing_add_folder_member(folder, added)
    service.set_quota(accounts["full"], 0)
    clients = [connect(service.logins.create(accounts[name])) for name in names]
    app = service.apps.create("small", folder="Small")
    service.client(service.logins.create(app=app)).files_upload(b"", "/in/a.txt")
    return People(dbx, *clients, folder, ids)


def access(method, *arguments, **given):
    """Return the calls of a route that cause its errors ``access_error/…``."""

    def call(client, folder):
        return refusal(getattr(client, f"sharing_{method}"), folder, *arguments, **given)

    return {
        "access_error/invalid_id": lambda people: call(people.owner, "xxx"),
        "access_error/not_a_member": lambda people: call(people.stranger, people.folder),
    }


def add(who, *members):
    return lambda people: refusal(
        getattr(people, who).sharing_add_folder_member,
        people.folder,
        [member(people) if callable(member) else member for member in members],
    )


def update(who, member, level=LEVEL.viewer):
    return lambda people: refusal(
        getattr(people, who).sharing_update_folder_member,
        people.folder,
        account(people.ids.get(member, member)),
        level,
    )


def remove(who, member, *, leave_a_copy=False):
    return lambda people: refusal(
        getattr(people, who).sharing_remove_folder_member,
        people.folder,
        account(people.ids.get(member, member)),
        leave_a_copy,
    )


def transfer(who, member):
    return lambda people: refusal(
        getattr(people, who).sharing_transfer_folder,
        people.folder,
        people.ids.get(member, member),
    )


def on_folder(who, method, **given):
    return lambda people: refusal(
        getattr(getattr(people, who), f"sharing_{method}"), people.folder, **given
    )


def with_few_copies(call):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fakedropbox._files.copying.MOVE_ITEMS", 1)
        return call()


def without_space(people):
    return refusal(people.full.sharing_mount_folder, people.folder)


def policy(who, **given):
    return lambda people: refusal(
        getattr(people, who).sharing_update_folder_policy, people.folder, **given
    )


def shared(path, **given):
    return lambda people: refusal(people.owner.sharing_share_folder, path, **given)


def unknown_job(route):
    return {
        "invalid_async_job_id": lambda people: refusal(
            getattr(people.owner, f"sharing_{route}"), "dbjid:none"
        )
    }


def removed_between_pages(people):
    cursor = people.viewer.sharing_list_folder_members(people.folder, limit=1).cursor
    people.owner.sharing_remove_folder_member(people.folder, account(people.ids["viewer"]), False)
    return refusal(people.viewer.sharing_list_folder_members_continue, cursor)


def unshared_between_pages(people):
    cursor = people.owner.sharing_list_folder_members(people.folder, limit=1).cursor
    people.owner.sharing_unshare_folder(people.folder)
    return refusal(people.owner.sharing_list_folder_members_continue, cursor)


MEMBERS_ONLY = {"shared_link_policy": sharing.SharedLinkPolicy.members}
TEAM_ONLY = {"member_policy": sharing.MemberPolicy.team}
SOMEBODY = by_email("new@example.com")

CAUSES = {
    "add_folder_member": {
        **access("add_folder_member", [SOMEBODY]),
        "email_unverified": add("pending", SOMEBODY),
        "bad_member/invalid_dropbox_id": add("owner", by_id("dbid:none")),
        "bad_member/invalid_group": add("owner", by_id("g:none")),
        "bad_member/unverified_dropbox_id": add(
            "owner", lambda people: by_id(people.ids["pending"])
        ),
        "no_permission": add("viewer", SOMEBODY),
    },
    "update_folder_member": {
        **access("update_folder_member", email("new@example.com"), LEVEL.viewer),
        "member_error/invalid_dropbox_id": update("owner", "dbid:none"),
        "member_error/not_a_member": update("owner", "stranger"),
        "no_permission": update("viewer", "editor"),
    },
    "remove_folder_member": {
        **access("remove_folder_member", email("new@example.com"), leave_a_copy=False),
        "member_error/invalid_dropbox_id": remove("owner", "dbid:none"),
        "member_error/not_a_member": remove("owner", "stranger"),
        "folder_owner": remove("editor", "owner"),
        "too_many_files": lambda people: with_few_copies(
            lambda: remove("owner", "late", leave_a_copy=True)(people)
        ),
        "no_permission": remove("viewer", "editor"),
    },
    "update_folder_policy": {
        **access("update_folder_policy"),
        "not_on_team": policy("owner", **TEAM_ONLY),
        "disallowed_shared_link_policy": policy("owner", **MEMBERS_ONLY),
        "no_permission": policy("editor"),
    },
    "set_access_inheritance": {
        **access("set_access_inheritance"),
        "no_permission": lambda people: refusal(
            people.owner.sharing_set_access_inheritance, people.folder
        ),
    },
    "transfer_folder": {
        **access("transfer_folder", "dbid:none"),
        "invalid_dropbox_id": transfer("owner", "dbid:none"),
        "new_owner_not_a_member": transfer("owner", "stranger"),
        "new_owner_unmounted": transfer("owner", "editor"),
        "new_owner_email_unverified": transfer("owner", "late"),
        "no_permission": transfer("editor", "viewer"),
    },
    "mount_folder": {
        **access("mount_folder"),
        "already_mounted": on_folder("late", "mount_folder"),
        "insufficient_quota": without_space,
    },
    "unmount_folder": {
        **access("unmount_folder"),
        "access_error/unmounted": on_folder("viewer", "unmount_folder"),
    },
    "relinquish_folder_membership": {
        **access("relinquish_folder_membership"),
        "folder_owner": on_folder("owner", "relinquish_folder_membership"),
    },
    "unshare_folder": {
        **access("unshare_folder"),
        "no_permission": on_folder("editor", "unshare_folder"),
        "too_many_files": lambda people: with_few_copies(
            lambda: on_folder("owner", "unshare_folder", leave_a_copy=True)(people)
        ),
    },
    "share_folder": {
        "email_unverified": lambda people: refusal(people.pending.sharing_share_folder, "/x"),
        "bad_path/is_file": shared("/file"),
        "bad_path/inside_shared_folder": shared("/Docs/deep"),
        "bad_path/contains_shared_folder": shared("/around"),
        "bad_path/contains_app_folder": shared("/Apps"),
        "bad_path/is_app_folder": shared("/Apps/Small"),
        "bad_path/inside_app_folder": shared("/Apps/Small/in"),
        "bad_path/already_shared": shared("/Docs"),
        "bad_path/invalid_path": shared("/file/below"),
        "team_policy_disallows_member_policy": shared("/x", **TEAM_ONLY),
        "disallowed_shared_link_policy": shared("/x", **MEMBERS_ONLY),
    },
    "get_folder_metadata": {
        "invalid_id": lambda people: refusal(people.owner.sharing_get_folder_metadata, "-1"),
        "not_a_member": lambda people: refusal(
            people.stranger.sharing_get_folder_metadata, people.folder
        ),
    },
    "list_folder_members": {
        "invalid_id": lambda people: refusal(people.owner.sharing_list_folder_members, "-1"),
        "not_a_member": lambda people: refusal(
            people.stranger.sharing_list_folder_members, people.folder
        ),
    },
    "list_folder_members/continue": {
        "access_error/not_a_member": removed_between_pages,
        "access_error/invalid_id": unshared_between_pages,
        "invalid_cursor": lambda people: refusal(
            people.owner.sharing_list_folder_members_continue, "none"
        ),
    },
    **{
        f"{route}/continue": {
            "invalid_cursor": lambda people, route=route: refusal(
                getattr(people.owner, f"sharing_{route}_continue"), "none"
            )
        }
        for route in ("list_folders", "list_mountable_folders")
    },
    **{
        route: unknown_job(route)
        for route in (
            "check_share_job_status",
            "check_remove_member_job_status",
            "check_job_status",
        )
    },
}


NO_ACCESS_ERROR = {
    "invalid_member": "no account is disabled",
    "email_unverified": "the specification says that it is never set",
    "unmounted": "who has not mounted a folder can read and change it (S10-05)",
}
NO_LIMIT = "no limit is known"
NO_TEAM = "nobody here is in a team"
NO_NESTING = "without a team, no shared folder is in another"
NEVER = {
    "add_folder_member": {
        "banned_member": "nobody is banned",
        "bad_member/automatic_group": NO_TEAM,
        "bad_member/invalid_email": "addresses that are malformed are HTTP 400 (S11-18)",
        "bad_member/group_deleted": NO_TEAM,
        "bad_member/group_not_on_team": NO_TEAM,
        "cant_share_outside_team": NO_TEAM,
        "too_many_members": NO_LIMIT,
        "too_many_pending_invites": NO_LIMIT,
        "rate_limit": NO_LIMIT,
        "too_many_invitees": NO_LIMIT,
        "insufficient_plan": "viewers can be added on every plan (S11-22)",
        "team_folder": NO_TEAM,
        "invalid_shared_folder": "the specification says that it is deprecated",
    },
    "update_folder_member": {
        "member_error/no_explicit_access": NO_NESTING,
        "no_explicit_access": NO_NESTING,
        "insufficient_plan": "members can be viewers on every plan (S11-22)",
    },
    "remove_folder_member": {
        "member_error/no_explicit_access": NO_NESTING,
        "group_access": NO_TEAM,
        "team_folder": NO_TEAM,
    },
    "update_folder_policy": {
        "team_policy_disallows_member_policy": "without a team it is `not_on_team`",
        "team_folder": NO_TEAM,
    },
    "transfer_folder": {
        "team_folder": NO_TEAM,
    },
    "mount_folder": {
        "inside_shared_folder": NO_NESTING,
        "no_permission": "who is a member may mount the folder",
        "not_mountable": NO_TEAM,
        "must_automount": NO_TEAM,
        "too_many_mounts": NO_LIMIT,
    },
    "unmount_folder": {
        "no_permission": "who has mounted a folder may unmount it",
        "not_unmountable": NO_NESTING,
    },
    "relinquish_folder_membership": {
        "mounted": "leaving unmounts a folder (S12-14)",
        "group_access": NO_TEAM,
        "team_folder": NO_TEAM,
        "no_permission": "who is a member may leave",
        "no_explicit_access": NO_NESTING,
    },
    "unshare_folder": {"team_folder": NO_TEAM},
    "share_folder": {
        "no_permission": "an account may share each of its own folders",
        "bad_path/contains_team_folder": NO_TEAM,
        "bad_path/is_public_folder": "the double has no public folder",
        "bad_path/inside_public_folder": "the double has no public folder",
        "bad_path/is_osx_package": "which names are packages is not known",
        "bad_path/inside_osx_package": "which names are packages is not known",
        "bad_path/is_vault": "the double has no vault",
        "bad_path/is_vault_locked": "the double has no vault",
        "bad_path/is_family": "the double has no families",
        "too_many_mounts": NO_LIMIT,
    },
    **{
        route: {"internal_error": "jobs do not fail"}
        for route in (
            "check_share_job_status",
            "check_remove_member_job_status",
            "check_job_status",
        )
    },
}


def is_never(route, tags):
    """Return whether a table has a reason why an error never occurs, by (the start of) its tags."""
    reasons = NEVER.get(route, {})
    parts = tags.split("/")
    beginnings = {"/".join(parts[:count]) for count in range(1, len(parts) + 1)}
    access = tags.removeprefix("access_error/")
    return bool(beginnings & reasons.keys()) or access in NO_ACCESS_ERROR


@pytest.mark.parametrize(
    ("route", "tags"), [(route, tags) for route, causes in CAUSES.items() for tags in causes]
)
@pytest.mark.evidence("S8-11", "S8-13", "S11-32", "S12-23", "S12-25", "S12-26", "O4.2-05")
def test_each_cause_leads_to_its_error(people, service, route, tags):
    before = service.gate.world.files.undo.mark()
    found = CAUSES[route][tags](people)
    assert found.removesuffix("/inherit") == tags  # `already_shared` has metadata with a tag
    if route != "list_folder_members/continue":  # the causes of its errors change something
        assert not service.gate.world.files.undo.changed_since(before)


@pytest.mark.parametrize("route", CAUSES)
def test_every_error_without_a_cause_has_a_reason_why_it_never_occurs(route):
    known = set(chains_of(SDK_ROUTES[f"sharing/{route}"].error_type))
    without = {tags for tags in known - CAUSES[route].keys() if not is_never(route, tags)}
    assert not without
    both = {tags for tags in CAUSES[route] if tags in NEVER.get(route, {})}
    assert not both
    assert not {tags for tags in NEVER.get(route, {}) if not any(e.startswith(tags) for e in known)}
