"""Tests of the policies, the access inheritance and the owner of shared folders."""

import pytest
from dropbox import sharing
from tests.support.doors import refusal
from tests.support.shared_folders import LEVEL, by_email, by_id, share

from fakedropbox import NotImplementedInFake


def policies(meta):
    policy = meta.policy
    return tuple(
        each._tag
        for each in (policy.acl_update_policy, policy.shared_link_policy, policy.viewer_info_policy)
    )


@pytest.mark.evidence("S12-24")
def test_policies_that_are_not_given_stay_as_they_are(dbx, folder):
    update = dbx.sharing_update_folder_policy
    assert policies(update(folder)) == ("editors", "anyone", "enabled")
    changed = update(folder, acl_update_policy=sharing.AclUpdatePolicy.owner)
    assert policies(changed) == ("owner", "anyone", "enabled")
    changed = update(
        folder,
        viewer_info_policy=sharing.ViewerInfoPolicy.disabled,
        shared_link_policy=sharing.SharedLinkPolicy.anyone,
        actions=[sharing.FolderAction.unshare],
    )
    assert policies(changed) == ("owner", "anyone", "disabled")
    assert [each.allow for each in changed.permissions] == [True]
    changed.permissions = None
    assert dbx.sharing_get_folder_metadata(folder).policy == changed.policy


@pytest.mark.evidence("S12-24", "S12-25")
def test_a_refused_change_of_policies_has_the_error_for_its_cause(dbx, folder, friend, friends):
    member = sharing.MemberPolicy
    members_only = {"shared_link_policy": sharing.SharedLinkPolicy.members}
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id, LEVEL.editor)])
    for client, id_, given, error in (
        (dbx, "xxx", {"member_policy": member.team}, "access_error/invalid_id"),
        (friends, folder, {"member_policy": member.team}, "no_permission"),
        (dbx, folder, {"member_policy": member.anyone}, "not_on_team"),
        (dbx, folder, {"member_policy": member.team, **members_only}, "not_on_team"),
        (dbx, folder, members_only, "disallowed_shared_link_policy"),
    ):
        assert refusal(client.sharing_update_folder_policy, id_, **given) == error
    assert policies(dbx.sharing_get_folder_metadata(folder)) == ("editors", "anyone", "enabled")


def test_the_direct_client_refuses_unknown_tags_too(service):
    dbx = service.client()
    folder = share(dbx).shared_folder_id
    unknown = {"viewer_info_policy": sharing.ViewerInfoPolicy.other}
    assert refusal(dbx.sharing_update_folder_policy, folder, **unknown) == "other"
    assert refusal(dbx.sharing_share_folder, "/new", **unknown) == "other"
    assert refusal(dbx.files_get_metadata, "/new") == "path/not_found"
    other = [sharing.AddMember(sharing.MemberSelector.other)]
    assert refusal(dbx.sharing_add_folder_member, folder, other) == "bad_member/other"
    remove = dbx.sharing_remove_folder_member
    error = "member_error/invalid_dropbox_id"
    assert refusal(remove, folder, sharing.MemberSelector.other, False) == error
    action = [sharing.FolderAction.other]
    (found,) = dbx.sharing_get_folder_metadata(folder, actions=action).permissions
    assert found.reason.is_other()
    dbx.sharing_add_folder_member(folder, [by_email("new@example.com")])
    found = dbx.sharing_list_folder_members(folder, actions=[sharing.MemberAction.other])
    assert found.invitees[0].permissions[0].reason.is_other()


@pytest.mark.dropbox(allow_not_implemented=True)
def test_link_settings_of_a_folder_are_not_implemented(service):
    dbx = service.client()
    folder = share(dbx).shared_folder_id
    with pytest.raises(NotImplementedInFake, match="link_settings"):
        dbx.sharing_update_folder_policy(folder, link_settings=sharing.LinkSettings())


def test_a_snapshot_undoes_a_change_of_policies(dbx, folder, service):
    snapshot = service.snapshot()
    dbx.sharing_update_folder_policy(folder, acl_update_policy=sharing.AclUpdatePolicy.owner)
    service.restore(snapshot)
    assert policies(dbx.sharing_get_folder_metadata(folder)) == ("editors", "anyone", "enabled")


@pytest.mark.evidence("S12-26")
def test_access_inheritance_is_for_folders_of_teams_only(dbx, folder, other):
    for value in (sharing.AccessInheritance.inherit, sharing.AccessInheritance.no_inherit):
        call = dbx.sharing_set_access_inheritance
        assert refusal(call, folder, access_inheritance=value) == "no_permission"
    theirs = share(other).shared_folder_id
    assert refusal(call, theirs) == "access_error/not_a_member"
    assert refusal(call, "-1") == "access_error/invalid_id"


# transfer_folder


@pytest.mark.evidence("S12-23", "S12-27")
def test_a_refused_transfer_has_the_error_for_its_cause(dbx, folder, friend, friends, service):
    late = service.accounts.create("late@example.com", email_verified=False)
    owner = service.accounts.default.account_id
    invited = service.accounts.create("invited@example.com", email_verified=False)
    added = [by_id(friend.account_id, LEVEL.editor), by_email(invited.email)]
    dbx.sharing_add_folder_member(folder, added)
    for client, id_, to, error in (
        (dbx, "xxx", "dbid:none", "access_error/invalid_id"),
        (friends, folder, "dbid:none", "no_permission"),
        (dbx, folder, "dbid:none", "invalid_dropbox_id"),
        (dbx, folder, owner, "no_permission"),
        (dbx, folder, late.account_id, "new_owner_not_a_member"),
        (dbx, folder, invited.account_id, "new_owner_not_a_member"),
        (dbx, folder, friend.account_id, "new_owner_unmounted"),
    ):
        assert refusal(client.sharing_transfer_folder, id_, to) == error
    assert dbx.sharing_get_folder_metadata(folder).access_type.is_owner()


@pytest.mark.evidence("S12-23")
def test_an_account_that_is_not_verified_cannot_become_the_owner(dbx, service):
    late = service.accounts.create("late@example.com", email_verified=False)
    folder = service.share_folder("/Docs", members=[late])
    transfer = dbx.sharing_transfer_folder
    assert refusal(transfer, folder, late.account_id) == "new_owner_email_unverified"


@pytest.mark.evidence("S12-22", "S12-24")
def test_a_transfer_makes_the_old_owner_an_editor(dbx, friend, friends, service):
    service.seed_files({"/Docs/a.txt": b"a"})
    folder = service.share_folder("/Docs", members=[(friend, "viewer")])
    assert dbx.sharing_transfer_folder(folder, friend.account_id) is None
    assert dbx.sharing_get_folder_metadata(folder).access_type.is_editor()
    assert friends.sharing_get_folder_metadata(folder).access_type.is_owner()
    assert refusal(dbx.sharing_update_folder_policy, folder) == "no_permission"
    assert refusal(dbx.sharing_unshare_folder, folder) == "no_permission"
    friends.files_upload(b"b", "/Docs/b.txt")
    dbx.files_upload(b"c", "/Docs/c.txt")
    dbx.sharing_relinquish_folder_membership(folder)
    assert service.files == {}
    friends.sharing_unshare_folder(folder)
    assert sorted(service.files_of(friend)) == ["/Docs/a.txt", "/Docs/b.txt", "/Docs/c.txt"]
    assert friends.files_get_metadata("/Docs").sharing_info is None


def test_a_snapshot_undoes_a_transfer(dbx, friend, friends, service):
    folder = service.share_folder("/Docs", members=[friend])
    snapshot = service.snapshot()
    dbx.sharing_transfer_folder(folder, friend.account_id)
    service.restore(snapshot)
    assert dbx.sharing_get_folder_metadata(folder).access_type.is_owner()
    assert refusal(friends.sharing_update_folder_policy, folder) == "no_permission"


@pytest.mark.dropbox(allow_not_implemented=True)
def test_a_transfer_into_a_team_is_not_implemented(service):
    boss = service.accounts.create("boss@example.com", plan="business")
    folder = service.share_folder("/Docs", members=[boss])
    with pytest.raises(NotImplementedInFake, match="changes its team"):
        service.client().sharing_transfer_folder(folder, boss.account_id)
