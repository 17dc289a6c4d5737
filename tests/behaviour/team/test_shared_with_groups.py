"""Tests of folders that members of teams share with people and groups, and of team folders."""

import pytest
from dropbox.common import PathRoot
from dropbox.sharing import (
    AccessLevel,
    AddMember,
    AddMemberSelectorError,
    FolderAction,
    MemberPolicy,
    MemberSelector,
    SharedLinkPolicy,
)
from dropbox.team import (
    GroupSelector,
    UserSelectorArg,
)
from tests.support.doors import listed, paths, refusal
from tests.support.fingerprint import fingerprint
from tests.support.teams import new_group, people, root_of

from fakedropbox import NotImplementedInFake

# The oldest supported SDK does not know the tag.
INVALID = "invalid_group" if hasattr(AddMemberSelectorError, "invalid_group") else "other"


@pytest.fixture
def editors(team, bob):
    """The id of a group that Bob is in."""
    return new_group(team, "Editors", bob)


@pytest.fixture
def docs(as_ada):
    """The id of a folder that Ada shares with nobody yet."""
    as_ada.files_upload(b"1", "/Docs/a.txt")
    return as_ada.sharing_share_folder("/Docs").get_complete().shared_folder_id


def add_group(client, folder, group, level=AccessLevel.editor):
    client.sharing_add_folder_member(folder, [AddMember(MemberSelector.dropbox_id(group), level)])


@pytest.mark.every_door
@pytest.mark.evidence("S9-03", "S9-06", "P8-04")
def test_a_folder_of_a_member_belongs_to_the_team(team, as_ada, acme, docs):
    meta = as_ada.sharing_get_folder_metadata(docs)
    assert (meta.owner_team.id, meta.owner_team.name) == (acme.team_id, "Acme")
    assert meta.policy.member_policy.is_anyone()
    assert meta.policy.resolved_member_policy.is_anyone()
    assert (meta.is_team_folder, meta.is_inside_team_folder) == (False, False)
    assert meta.path_display == "/Docs"
    found = {each.namespace_id: each for each in team.team_namespaces_list().namespaces}
    assert found[docs].name == "Docs"
    assert found[docs].namespace_type.is_shared_folder()


@pytest.mark.evidence("P8-04")
def test_a_group_without_members_makes_no_folder_of_others_a_namespace_of_the_team(
    service, team, as_bob, bob, editors
):
    client = service.client(account=service.accounts.create("out@example.com"))
    docs = client.sharing_share_folder("/Docs").get_complete().shared_folder_id
    member = MemberSelector.dropbox_id(bob.account.account_id)
    client.sharing_add_folder_member(docs, [AddMember(member, AccessLevel.editor)])
    add_group(as_bob, docs, editors)
    client.sharing_remove_folder_member(docs, member, leave_a_copy=False)

    def namespaces():
        return [each.namespace_id for each in team.team_namespaces_list().namespaces]

    assert docs in namespaces()
    user = UserSelectorArg.team_member_id(bob.team_member_id)
    team.team_groups_members_remove(GroupSelector.group_id(editors), [user])
    assert docs not in namespaces()


@pytest.mark.evidence("S11-44", "S9-06")
def test_a_folder_for_the_team_only_refuses_outsiders(service, as_ada, bob):
    service.accounts.create("out@example.com")
    policy = {"member_policy": MemberPolicy.team, "shared_link_policy": SharedLinkPolicy.members}
    meta = as_ada.sharing_share_folder("/Docs", **policy).get_complete()
    assert meta.policy.member_policy.is_team()
    assert meta.policy.shared_link_policy.is_members()
    before = fingerprint(service)
    for address in ("out@example.com", "nobody@example.com"):
        outsider = [AddMember(MemberSelector.email(address))]
        refused = refusal(as_ada.sharing_add_folder_member, meta.shared_folder_id, outsider)
        assert refused == "cant_share_outside_team"
    assert fingerprint(service) == before
    member = AddMember(MemberSelector.email(bob.email))
    as_ada.sharing_add_folder_member(meta.shared_folder_id, [member])
    changed = as_ada.sharing_update_folder_policy(
        meta.shared_folder_id, member_policy=MemberPolicy.anyone
    )
    assert changed.policy.member_policy.is_anyone()
    as_ada.sharing_add_folder_member(meta.shared_folder_id, outsider)


@pytest.mark.evidence("S11-44")
def test_a_group_of_another_team_is_added_only_if_the_policy_permits_it(service, as_ada, docs):
    made = service.teams.create("Other", ["zoe@example.com"])
    (zoe,) = service.teams.members(made)
    other = service.team_client(made)
    group = other.team_groups_create("G").group_id
    member = AddMember(MemberSelector.email(zoe.email), AccessLevel.editor)
    as_ada.sharing_add_folder_member(docs, [member])
    as_zoe = other.as_user(zoe.team_member_id)
    as_ada.sharing_update_folder_policy(docs, member_policy=MemberPolicy.team)
    assert refusal(add_group, as_zoe, docs, group) == "cant_share_outside_team"
    as_ada.sharing_update_folder_policy(docs, member_policy=MemberPolicy.anyone)
    add_group(as_zoe, docs, group)
    (shown,) = as_ada.sharing_list_folder_members(docs).groups
    assert not shown.group.same_team


@pytest.mark.every_door
@pytest.mark.evidence("S11-43", "S11-08")
def test_the_members_of_a_group_have_its_access(team, as_ada, as_bob, editors, docs):
    add_group(as_ada, docs, editors, AccessLevel.viewer)
    (shown,) = as_ada.sharing_list_folder_members(docs).groups
    assert (shown.group.group_id, shown.group.group_name) == (editors, "Editors")
    assert (shown.group.member_count, shown.group.is_member) == (1, False)
    assert shown.group.same_team
    assert shown.access_type.is_viewer()
    (own,) = as_bob.sharing_list_folders().entries
    assert (own.shared_folder_id, own.access_type._tag, own.path_lower) == (docs, "viewer", None)
    as_bob.sharing_mount_folder(docs)
    assert paths(listed(as_bob, "/Docs")) == ["/Docs/a.txt"]
    assert refusal(as_bob.files_upload, b"2", "/Docs/b.txt") == "path/no_write_permission"
    as_ada.sharing_update_folder_member(
        docs, MemberSelector.dropbox_id(editors), AccessLevel.editor
    )
    assert as_bob.files_upload(b"2", "/Docs/b.txt").path_display == "/Docs/b.txt"
    (again,) = as_bob.sharing_list_folder_members(docs).groups
    assert (again.group.is_member, again.access_type._tag) == (True, "editor")


@pytest.mark.evidence("S11-43")
def test_a_member_has_the_higher_one_of_the_own_level_and_the_level_of_the_group(
    as_ada, as_bob, bob, editors, docs
):
    add_group(as_ada, docs, editors, AccessLevel.editor)
    own = MemberSelector.dropbox_id(bob.account.account_id)
    as_ada.sharing_add_folder_member(docs, [AddMember(own, AccessLevel.viewer)])
    assert as_bob.sharing_get_folder_metadata(docs).access_type.is_editor()
    as_ada.sharing_remove_folder_member(docs, MemberSelector.dropbox_id(editors), False)
    assert as_bob.sharing_get_folder_metadata(docs).access_type.is_viewer()


@pytest.mark.evidence("S11-43", "S11-32", "S12-28")
@pytest.mark.parametrize("end", ["leaves", "deleted", "removed", "member removed"])
def test_a_folder_is_unmounted_when_the_access_by_a_group_ends(
    service, team, as_ada, as_bob, bob, editors, docs, end
):
    add_group(as_ada, docs, editors)
    as_bob.sharing_mount_folder(docs)
    begun = as_bob.files_list_folder("")
    person = MemberSelector.dropbox_id(bob.account.account_id)
    assert refusal(as_ada.sharing_remove_folder_member, docs, person, False) == "group_access"
    assert refusal(as_bob.sharing_relinquish_folder_membership, docs) == "group_access"
    selector = GroupSelector.group_id(editors)
    user = UserSelectorArg.team_member_id(bob.team_member_id)
    if end == "leaves":
        team.team_groups_members_remove(selector, [user])
    elif end == "deleted":
        team.team_groups_delete(selector)
    elif end == "removed":
        as_ada.sharing_remove_folder_member(docs, MemberSelector.dropbox_id(editors), False)
    else:
        team.team_members_remove(user)
        assert service.files_of(bob.account) == {}
        return
    assert paths(as_bob.files_list_folder_continue(begun.cursor).entries) == ["/Docs"]
    assert listed(as_bob) == []
    assert refusal(as_bob.sharing_get_folder_metadata, docs) == "not_a_member"
    assert as_bob.sharing_list_folders().entries == []


@pytest.mark.every_door
@pytest.mark.evidence("S11-43")
@pytest.mark.parametrize("is_owner_in_team", [True, False])
def test_a_removed_group_loses_the_folder_of_an_account_in_another_team_or_in_none(
    service, team, as_bob, bob, eve, is_owner_in_team
):
    if is_owner_in_team:
        (owner,) = service.teams.members(service.teams.create("Other", ["out@example.com"]))
        account = owner.account
    else:
        account = service.accounts.create("out@example.com")
    client = service.client(account=account)
    client.files_upload(b"1", "/Docs/a.txt")
    docs = client.sharing_share_folder("/Docs").get_complete().shared_folder_id
    member = MemberSelector.dropbox_id(bob.account.account_id)
    client.sharing_add_folder_member(docs, [AddMember(member, AccessLevel.editor)])
    as_bob.sharing_mount_folder(docs)
    readers = new_group(team, "Readers", eve)
    add_group(as_bob, docs, readers, AccessLevel.viewer)
    as_eve = team.as_user(eve.team_member_id)
    as_eve.sharing_mount_folder(docs)
    cursor = as_eve.files_list_folder("").cursor
    client.sharing_remove_folder_member(docs, MemberSelector.dropbox_id(readers), False)
    assert refusal(as_eve.files_download, "/Docs/a.txt") == "path/not_found"
    assert paths(as_eve.files_list_folder_continue(cursor).entries) == ["/Docs"]
    assert refusal(as_eve.sharing_get_folder_metadata, docs) == "not_a_member"
    assert as_bob.files_get_metadata("/Docs/a.txt").size == 1


@pytest.mark.evidence("S11-43")
@pytest.mark.parametrize("leave_a_copy", [False, True])
def test_a_removed_member_keeps_the_folder_that_a_group_still_reaches(
    as_ada, as_bob, bob, editors, docs, leave_a_copy
):
    own = MemberSelector.dropbox_id(bob.account.account_id)
    as_ada.sharing_add_folder_member(docs, [AddMember(own, AccessLevel.viewer)])
    add_group(as_ada, docs, editors)
    as_bob.sharing_mount_folder(docs)
    cursor = as_bob.files_list_folder("").cursor
    as_ada.sharing_remove_folder_member(docs, own, leave_a_copy)
    assert as_bob.files_list_folder_continue(cursor).entries == []
    assert as_bob.files_upload(b"2", "/Docs/b.txt").parent_shared_folder_id == docs
    assert paths(listed(as_ada, "/Docs")) == ["/Docs/a.txt", "/Docs/b.txt"]
    as_ada.sharing_remove_folder_member(docs, MemberSelector.dropbox_id(editors), False)
    assert paths(as_bob.files_list_folder_continue(cursor).entries) == ["/Docs"]


@pytest.mark.evidence("S11-43", "P8-15")
def test_a_removed_member_keeps_the_team_folder_that_a_group_still_reaches(
    team, as_bob, ada, bob, editors
):
    admin = team.as_admin(ada.team_member_id)
    plans = team.team_team_folder_create("Plans").team_folder_id
    own = MemberSelector.dropbox_id(bob.account.account_id)
    admin.sharing_add_folder_member(plans, [AddMember(own, AccessLevel.viewer)])
    add_group(admin, plans, editors)
    at_root = as_bob.with_path_root(root_of(bob))
    cursor = at_root.files_list_folder("").cursor
    admin.sharing_remove_folder_member(plans, own, leave_a_copy=False)
    assert at_root.files_list_folder_continue(cursor).entries == []
    assert at_root.files_upload(b"1", "/Plans/a.txt").size == 1


@pytest.mark.evidence("S11-43")
def test_unsharing_takes_the_folder_from_a_member_who_is_also_in_a_group(
    as_ada, as_bob, bob, editors, docs
):
    own = MemberSelector.dropbox_id(bob.account.account_id)
    as_ada.sharing_add_folder_member(docs, [AddMember(own, AccessLevel.viewer)])
    add_group(as_ada, docs, editors)
    as_bob.sharing_mount_folder(docs)
    as_ada.sharing_unshare_folder(docs, leave_a_copy=False)
    assert listed(as_bob) == []


@pytest.mark.evidence("S11-20")
def test_groups_that_cannot_be_added_are_refused(service, team, as_ada, editors, docs):
    other = service.teams.create("Other", ["zoe@example.com"])
    foreign = service.team_client(other).team_groups_create("G").group_id
    gone = team.team_groups_create("Gone").group_id
    team.team_groups_delete(GroupSelector.group_id(gone))
    before = fingerprint(service)
    for group, tag in (
        (foreign, "group_not_on_team"),
        (gone, "group_deleted"),
        ("g:" + "0" * 32, INVALID),
    ):
        assert refusal(add_group, as_ada, docs, group) == f"bad_member/{tag}"
    assert refusal(add_group, as_ada, docs, editors, AccessLevel.owner) == "no_permission"
    assert fingerprint(service) == before


@pytest.mark.every_door
@pytest.mark.evidence("P8-09", "P8-10", "P8-15", "S10-18", "S9-03")
def test_a_group_gets_access_to_a_team_folder(team, as_bob, ada, bob, eve, editors):
    admin = team.as_admin(ada.team_member_id)
    plans = team.team_team_folder_create("Plans").team_folder_id
    add_group(admin, plans, editors)
    meta = as_bob.sharing_get_folder_metadata(plans, [FolderAction.edit_contents])
    assert (meta.is_team_folder, meta.access_type._tag) == (True, "editor")
    assert (meta.name, meta.path_display) == ("Plans", None)  # the folder is not below the home
    at_root = as_bob.with_path_root(root_of(bob))
    assert at_root.sharing_get_folder_metadata(plans).path_display == "/Plans"
    assert meta.owner_team.id == bob.team.team_id
    assert admin.sharing_get_folder_metadata(plans).access_type.is_owner()
    members = admin.sharing_list_folder_members(plans)
    assert ([each.group.group_id for each in members.groups], members.users) == ([editors], [])
    assert [each.shared_folder_id for each in as_bob.sharing_list_folders().entries] == [plans]
    assert as_bob.sharing_list_mountable_folders().entries == []
    as_eve = team.as_user(eve.team_member_id)
    assert refusal(as_eve.sharing_get_folder_metadata, plans) == "not_a_member"
    team.team_groups_members_add(GroupSelector.group_id(editors), people(eve))
    assert as_eve.sharing_get_folder_metadata(plans).is_team_folder
    assert refusal(as_bob.sharing_unshare_folder, plans) == "team_folder"
    assert refusal(admin.sharing_unshare_folder, plans) == "team_folder"
    assert refusal(as_bob.sharing_relinquish_folder_membership, plans) == "team_folder"
    heir = bob.account.account_id
    assert refusal(admin.sharing_transfer_folder, plans, heir) == "team_folder"
    team.team_team_folder_archive(plans)
    assert refusal(as_bob.sharing_get_folder_metadata, plans) == "invalid_id"
    assert as_bob.sharing_list_folders().entries == []


@pytest.mark.evidence("P8-09")
def test_an_administrator_may_end_his_own_membership_of_a_team_folder(team, ada):
    admin, plans = team.as_admin(ada.team_member_id), team.team_team_folder_create("Plans")
    me = MemberSelector.dropbox_id(ada.account.account_id)
    admin.sharing_add_folder_member(plans.team_folder_id, [AddMember(me, AccessLevel.editor)])
    assert len(admin.sharing_list_folder_members(plans.team_folder_id).users) == 1
    admin.sharing_remove_folder_member(plans.team_folder_id, me, leave_a_copy=False)
    assert admin.sharing_list_folder_members(plans.team_folder_id).users == []


@pytest.mark.evidence("S11-43")
def test_unsharing_takes_the_folder_from_the_members_of_groups(as_ada, as_bob, editors, docs):
    add_group(as_ada, docs, editors)
    as_bob.sharing_mount_folder(docs)
    as_ada.sharing_unshare_folder(docs, leave_a_copy=True)
    assert paths(as_bob.files_list_folder("", recursive=True).entries) == ["/Docs", "/Docs/a.txt"]
    as_ada.files_upload(b"2", "/Docs/b.txt")
    assert paths(listed(as_bob, "/Docs")) == ["/Docs/a.txt"]


@pytest.mark.evidence("S15-07")
def test_the_path_of_a_shared_folder_is_relative_to_the_root_of_the_caller(as_ada, ada, docs):
    at_root = as_ada.with_path_root(root_of(ada))
    assert as_ada.sharing_get_folder_metadata(docs).path_display == "/Docs"
    assert at_root.sharing_get_folder_metadata(docs).path_display == "/Ada/Docs"
    in_docs = as_ada.with_path_root(PathRoot.namespace_id(docs))
    assert in_docs.sharing_get_folder_metadata(docs).path_display == "/Docs"


@pytest.mark.evidence("S12-22")
def test_a_folder_is_transferred_to_another_member_of_the_team(service, as_ada, as_bob, bob, docs):
    outsider = service.accounts.create("out@example.com")
    for account in (bob.account, outsider):
        member = AddMember(MemberSelector.dropbox_id(account.account_id), AccessLevel.editor)
        as_ada.sharing_add_folder_member(docs, [member])
        service.client(account=account).sharing_mount_folder(docs)
    as_ada.sharing_transfer_folder(docs, bob.account.account_id)
    assert as_bob.sharing_get_folder_metadata(docs).access_type.is_owner()


@pytest.mark.every_door
@pytest.mark.evidence("P8-17", "S11-44")
def test_nobody_outside_the_team_is_added_to_a_team_folder(service, team, ada):
    outsider = service.accounts.create("out@example.com")
    plans = team.team_team_folder_create("Plans").team_folder_id
    admin, before = team.as_admin(ada.team_member_id), fingerprint(service)
    for selector in (
        MemberSelector.email("out@example.com"),
        MemberSelector.email("nobody@example.com"),
        MemberSelector.dropbox_id(outsider.account_id),
    ):
        refused = refusal(admin.sharing_add_folder_member, plans, [AddMember(selector)])
        assert refused == "team_folder"
    assert fingerprint(service) == before
    admin.sharing_update_folder_policy(plans, member_policy=MemberPolicy.team)
    refused = refusal(admin.sharing_add_folder_member, plans, [AddMember(selector)])
    assert refused == "cant_share_outside_team"


@pytest.mark.dropbox(allow_not_implemented=True)
def test_uses_of_groups_without_known_facts_are_not_implemented(
    service, as_ada, bob, editors, docs
):
    add_group(as_ada, docs, editors)
    person = MemberSelector.dropbox_id(bob.account.account_id)
    before = fingerprint(service)
    for call in (
        lambda: as_ada.sharing_update_folder_member(docs, person, AccessLevel.editor),
        lambda: as_ada.sharing_remove_folder_member(
            docs, MemberSelector.dropbox_id(editors), leave_a_copy=True
        ),
    ):
        with pytest.raises(NotImplementedInFake):
            call()
    assert fingerprint(service) == before
