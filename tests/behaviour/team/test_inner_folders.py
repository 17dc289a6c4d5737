"""Tests of folders that are shared in team folders, also with people outside the team."""

import pytest
from dropbox.common import PathRoot
from dropbox.exceptions import PathRootError
from dropbox.files import WriteMode
from dropbox.sharing import (
    AccessLevel,
    AclUpdatePolicy,
    AddMember,
    MemberPolicy,
    MemberSelector,
)
from dropbox.team import UserSelectorArg
from tests.support.doors import listed, paths, refusal
from tests.support.fingerprint import fingerprint
from tests.support.teams import new_group, root_of

from fakedropbox import NotImplementedInFake, Personality


def added(account, level=AccessLevel.editor):
    return [AddMember(MemberSelector.dropbox_id(account.account_id), level)]


@pytest.fixture
def plans(team, admin, bob, eve):
    """The id of a team folder that Bob edits and Eve reads."""
    folder = team.team_team_folder_create("Plans").team_folder_id
    members = [*added(bob.account), *added(eve.account, AccessLevel.viewer)]
    admin.sharing_add_folder_member(folder, members)
    return folder


@pytest.fixture
def as_bob(team, bob, plans):
    """A client of Bob in the root of the team space."""
    assert plans
    return team.as_user(bob.team_member_id).with_path_root(root_of(bob))


@pytest.fixture
def as_eve(team, eve, plans):
    assert plans
    return team.as_user(eve.team_member_id).with_path_root(root_of(eve))


@pytest.fixture
def zoe(service):
    """An account outside the team."""
    return service.accounts.create("zoe@example.com")


@pytest.fixture
def as_zoe(connect, service, zoe):
    return connect(service.logins.create(zoe))


@pytest.fixture
def inner(as_bob, plans):
    """The id of a folder with a file that Bob shares in the team folder."""
    assert plans
    as_bob.files_upload(b"1", "/Plans/Sub/In/a.txt")
    return as_bob.sharing_share_folder("/Plans/Sub/In").get_complete().shared_folder_id


@pytest.mark.every_door
@pytest.mark.evidence("P8-20", "S9-03")
def test_a_folder_in_a_team_folder_is_shared_with_somebody_outside_the_team(
    as_bob, as_zoe, acme, plans, zoe
):
    made = as_bob.files_upload(b"1", "/Plans/Sub/In/a.txt")
    meta = as_bob.sharing_share_folder("/Plans/Sub/In").get_complete()
    assert (meta.is_inside_team_folder, meta.is_team_folder) == (True, False)
    assert (meta.parent_shared_folder_id, meta.parent_folder_name) == (plans, "Plans")
    assert (meta.access_type._tag, meta.path_display) == ("editor", "/Plans/Sub/In")
    assert meta.owner_team.id == acme.team_id
    inner = meta.shared_folder_id
    as_bob.sharing_add_folder_member(inner, added(zoe))
    theirs = as_zoe.sharing_mount_folder(inner)
    assert (theirs.path_display, theirs.is_inside_team_folder) == ("/In", True)
    assert as_zoe.files_download("/In/a.txt")[1].content == b"1"
    as_zoe.files_upload(b"2", "/In/b.txt")
    found = sorted(paths(listed(as_bob, "/Plans/Sub/In")))
    assert found == ["/Plans/Sub/In/a.txt", "/Plans/Sub/In/b.txt"]
    seen = as_bob.files_get_metadata(made.id)
    assert (seen.path_display, seen.parent_shared_folder_id) == ("/Plans/Sub/In/a.txt", inner)
    assert refusal(as_zoe.files_list_folder, f"ns:{plans}") == "path/not_found"
    assert refusal(as_zoe.sharing_get_folder_metadata, plans) == "not_a_member"
    assert as_zoe.files_get_metadata(f"ns:{inner}/b.txt").path_display == "/In/b.txt"


@pytest.mark.every_door
@pytest.mark.evidence("P8-20", "S13-01", "S13-03")
def test_the_members_of_the_team_folder_see_the_inner_folder_in_it(as_bob, as_eve, inner, plans):
    (folder,) = listed(as_eve, "/Plans/Sub")
    assert (folder.path_display, folder.shared_folder_id) == ("/Plans/Sub/In", inner)
    assert folder.parent_shared_folder_id == plans
    assert folder.sharing_info.parent_shared_folder_id == plans
    assert folder.sharing_info.read_only
    every = as_eve.files_list_folder("", recursive=True)
    assert paths(every.entries) == [
        *("/Eve", "/Plans", "/Plans/Sub", "/Plans/Sub/In", "/Plans/Sub/In/a.txt"),
    ]
    assert paths(as_bob.files_list_folder("/Plans", recursive=True).entries) == [
        *("/Plans", "/Plans/Sub", "/Plans/Sub/In", "/Plans/Sub/In/a.txt"),
    ]
    own = as_bob.files_list_folder("/Plans/Sub/In", recursive=True)
    assert paths(own.entries) == ["/Plans/Sub/In", "/Plans/Sub/In/a.txt"]
    as_bob.files_upload(b"2", f"ns:{inner}/b.txt")
    as_bob.files_upload(b"2", f"{folder.id}/c.txt")
    for client, cursor in ((as_eve, every.cursor), (as_bob, own.cursor)):
        changes = client.files_list_folder_continue(cursor)
        found = paths(changes.entries)
        assert found == ["/Plans/Sub/In/b.txt", "/Plans/Sub/In/c.txt"]
    assert refusal(as_eve.files_upload, b"1", "/Plans/Sub/In/d") == "path/no_write_permission"
    matches = as_eve.files_search_v2("b").matches
    assert [each.metadata.get_metadata().path_display for each in matches] == [
        "/Plans/Sub/In/b.txt"
    ]


@pytest.mark.evidence("P8-20", "S13-09", "F3.1-07")
def test_paths_from_the_team_folder_itself_lead_into_the_inner_folder(team, bob, plans, inner):
    rooted = team.as_user(bob.team_member_id).with_path_root(PathRoot.namespace_id(plans))
    root = listed(team.as_user(bob.team_member_id).with_path_root(root_of(bob)))
    (plans_id,) = [each.id for each in root if each.name == "Plans"]
    for start in ("", f"ns:{plans}", plans_id):
        path = f"{start}/Sub/In/a.txt"
        found = rooted.files_get_metadata(path)
        assert (found.path_display, found.parent_shared_folder_id) == ("/Sub/In/a.txt", inner)
        again = rooted.files_upload(b"2", path, mode=WriteMode.overwrite)
        assert (again.id, again.parent_shared_folder_id) == (found.id, inner)
        assert [each.name for each in listed(rooted, f"{start}/Sub/In")] == ["a.txt"]


@pytest.mark.every_door
@pytest.mark.evidence("P8-20", "S13-05")
def test_sharing_is_reported_in_cursors_of_the_team_folder(as_bob, as_eve):
    as_bob.files_upload(b"1", "/Plans/In/a.txt")
    cursor = as_eve.files_list_folder("/Plans", recursive=True).cursor
    as_bob.sharing_share_folder("/Plans/In")
    changes = as_eve.files_list_folder_continue(cursor).entries
    assert paths(changes)[-2:] == ["/Plans/In", "/Plans/In/a.txt"]


@pytest.mark.evidence("P8-20", "P8-21", "S11-05")
def test_the_members_of_the_inner_folder_are_its_own_and_those_of_the_team_folder(
    as_bob, as_eve, bob, eve, inner, zoe
):
    as_bob.sharing_add_folder_member(inner, [*added(zoe, AccessLevel.viewer), *added(eve.account)])

    def members(client):
        found = []
        page = client.sharing_list_folder_members(inner, limit=1)
        while True:
            found += [
                (each.user.email, each.access_type._tag, each.is_inherited) for each in page.users
            ]
            if page.cursor is None:
                return sorted(found)
            page = client.sharing_list_folder_members_continue(page.cursor)

    assert members(as_bob) == [
        (bob.email, "editor", True),
        (eve.email, "editor", True),
        (zoe.email, "viewer", False),
    ]
    assert as_eve.sharing_get_folder_metadata(inner).access_type.is_editor()
    as_eve.files_upload(b"1", "/Plans/Sub/In/e.txt")
    person = MemberSelector.dropbox_id(eve.account.account_id)
    as_bob.sharing_remove_folder_member(inner, person, leave_a_copy=False)
    assert as_eve.sharing_get_folder_metadata(inner).access_type.is_viewer()
    refused = "member_error/no_explicit_access/viewer"
    assert refusal(as_bob.sharing_remove_folder_member, inner, person, False) == refused
    change = (inner, person, AccessLevel.editor)
    assert refusal(as_bob.sharing_update_folder_member, *change) == refused
    file = as_bob.sharing_list_file_members("/Plans/Sub/In/a.txt")
    assert sorted((each.user.email, each.is_inherited) for each in file.users) == [
        (bob.email, True),
        (eve.email, True),
        (zoe.email, True),
    ]


@pytest.mark.evidence("P8-21", "S10-18")
def test_members_of_the_team_folder_cannot_mount_the_inner_folder(service, as_bob, inner, plans):
    before = fingerprint(service)
    assert refusal(as_bob.sharing_mount_folder, inner) == "inside_shared_folder"
    assert refusal(as_bob.sharing_unmount_folder, inner) == "not_unmountable"
    refused = refusal(as_bob.sharing_relinquish_folder_membership, inner)
    assert refused == "no_explicit_access"
    assert refusal(as_bob.sharing_unshare_folder, inner) == "no_permission"
    assert fingerprint(service) == before
    assert {each.shared_folder_id for each in as_bob.sharing_list_folders().entries} == {
        inner,
        plans,
    }
    assert as_bob.sharing_list_mountable_folders().entries == []


@pytest.mark.evidence("P8-20", "S8-11", "S8-09")
def test_refused_sharing_in_a_team_folder_has_the_error_for_its_cause(
    service, as_bob, as_eve, inner
):
    as_bob.files_upload(b"1", "/Plans/Sub/In/Deep/a.txt")
    before = fingerprint(service)
    share = as_bob.sharing_share_folder
    assert refusal(share, "/Plans/Sub/In/Deep") == "bad_path/inside_shared_folder"
    assert refusal(share, "/Plans/Sub") == "bad_path/contains_shared_folder"
    assert refusal(share, "/Plans/Sub/In").startswith("bad_path/already_shared")
    assert refusal(share, "/Plans").startswith("bad_path/already_shared")
    assert refusal(as_eve.sharing_share_folder, "/Plans/Sub/In2") == "no_permission"
    assert fingerprint(service) == before


@pytest.mark.evidence("P8-20")
def test_an_editor_who_may_not_change_members_may_not_share_in_the_team_folder(
    service, admin, as_bob, plans
):
    as_bob.files_upload(b"1", "/Plans/In/a.txt")
    admin.sharing_update_folder_policy(plans, acl_update_policy=AclUpdatePolicy.owner)
    before = fingerprint(service)
    assert refusal(as_bob.sharing_share_folder, "/Plans/In") == "no_permission"
    assert fingerprint(service) == before


@pytest.mark.evidence("P8-20")
def test_a_lower_level_in_the_inner_folder_does_not_take_rights_away(admin, as_bob, bob, inner):
    admin.sharing_add_folder_member(inner, added(bob.account, AccessLevel.viewer))
    assert as_bob.sharing_get_folder_metadata(inner).access_type.is_editor()
    as_bob.files_upload(b"2", "/Plans/Sub/In/b.txt")
    users = as_bob.sharing_list_folder_members(inner).users
    found = [
        (each.access_type._tag, each.is_inherited) for each in users if each.user.email == bob.email
    ]
    assert found == [("editor", True)]


@pytest.mark.evidence("P8-20", "S10-07")
def test_a_member_of_both_folders_has_each_once_in_the_list(as_bob, as_eve, eve, inner, plans):
    as_bob.sharing_add_folder_member(inner, added(eve.account))
    found = as_eve.sharing_list_folders().entries
    assert [each.shared_folder_id for each in found] == [inner, plans]


@pytest.mark.evidence("P8-20", "P8-21", "S11-08", "S11-32")
def test_a_group_of_the_team_folder_is_an_inherited_member_of_the_inner_folder(
    team, admin, as_bob, eve, inner, plans
):
    selector = MemberSelector.dropbox_id(new_group(team, "Sales", eve))

    def groups():
        found = as_bob.sharing_list_folder_members(inner).groups
        return [(each.group.group_name, each.access_type._tag, each.is_inherited) for each in found]

    admin.sharing_add_folder_member(plans, [AddMember(selector, AccessLevel.editor)])
    assert groups() == [("Sales", "editor", True)]
    as_bob.sharing_add_folder_member(inner, [AddMember(selector, AccessLevel.viewer)])
    assert groups() == [("Sales", "editor", True)]
    person = MemberSelector.dropbox_id(eve.account.account_id)
    refused = refusal(as_bob.sharing_remove_folder_member, inner, person, False)
    assert refused == "group_access"


@pytest.mark.evidence("P8-20", "P8-21")
def test_an_invitation_to_the_inner_folder_is_accepted_by_mounting_it(
    service, team, connect, as_bob, inner, plans
):
    invited = AddMember(MemberSelector.email("new@example.com"), AccessLevel.viewer)
    as_bob.sharing_add_folder_member(inner, [invited])
    account = service.accounts.create("new@example.com")
    client = connect(service.logins.create(account))
    team.team_team_folder_archive(plans)
    assert client.sharing_list_folders().entries == []
    assert refusal(client.sharing_mount_folder, inner) == "access_error/invalid_id"
    team.team_team_folder_activate(plans)
    assert client.sharing_list_mountable_folders().entries[0].shared_folder_id == inner
    client.sharing_mount_folder(inner)
    assert paths(listed(client, "/In")) == ["/In/a.txt"]
    assert refusal(client.files_upload, b"1", "/In/b.txt") == "path/no_write_permission"


@pytest.mark.every_door
@pytest.mark.evidence("S10-07", "S11-35", "P8-21")
def test_an_unverified_member_who_is_invited_to_the_team_folder_lists_no_folder(
    service, connect, connect_team
):
    chief = service.accounts.create("chief@example.com", plan="business")
    late = service.accounts.create("late@example.com", plan="business", email_verified=False)
    team = connect_team(service.logins.create(team=chief.team))
    plans = team.team_team_folder_create("Plans").team_folder_id
    invited = AddMember(MemberSelector.email(late.email), AccessLevel.editor)
    admin = team.as_admin(chief.team_member_id)
    admin.sharing_add_folder_member(plans, [*added(chief), invited])
    as_chief = team.as_user(chief.team_member_id)
    inner = as_chief.sharing_share_folder("/Plans/In").get_complete().shared_folder_id
    client = connect(service.logins.create(late))
    routes = client.sharing_list_folders, client.sharing_list_mountable_folders
    assert [route().entries for route in routes] == [[], []]
    assert refusal(client.sharing_get_folder_metadata, plans) == "not_a_member"
    assert "In/" not in service.tree(account=late)
    as_chief.sharing_add_folder_member(inner, [invited])
    for route in routes:
        assert [each.shared_folder_id for each in route().entries] == [inner]
    assert "not mounted: In/" in service.tree(account=late)


@pytest.mark.evidence("P8-07", "P8-20")
def test_renaming_the_team_folder_changes_parent_folder_name_of_the_inner_folder(
    team, as_bob, inner, plans
):
    team.team_team_folder_rename(plans, "Goals")
    meta = as_bob.sharing_get_folder_metadata(inner)
    assert (meta.parent_folder_name, meta.path_display) == ("Goals", "/Goals/Sub/In")


@pytest.mark.every_door
@pytest.mark.evidence("P8-19", "P8-20", "F1.5-05")
def test_an_administrator_of_another_team_does_not_reach_the_inner_folder(
    service, connect_team, inner
):
    other = service.teams.create("Other", ["zed@other.example.com"])
    (zed,) = service.teams.members(other)
    client = connect_team(service.logins.create(team=other)).as_admin(zed.team_member_id)
    before = fingerprint(service)
    assert refusal(client.files_list_folder, f"ns:{inner}") == "path/not_found"
    rooted = client.with_path_root(PathRoot.namespace_id(inner))
    for call, *arguments in ((rooted.files_list_folder, ""), (rooted.files_upload, b"1", "/b")):
        with pytest.raises(PathRootError) as caught:
            call(*arguments)
        assert caught.value.error.is_no_permission()
    assert refusal(client.sharing_get_folder_metadata, inner) == "not_a_member"
    assert fingerprint(service) == before


@pytest.mark.evidence("P8-01", "P8-02", "P8-04")
def test_the_team_folder_and_the_inner_folder_are_each_once_among_the_namespaces(
    team, as_bob, inner, plans, zoe
):
    as_bob.sharing_add_folder_member(inner, added(zoe))
    found = team.team_namespaces_list().namespaces
    assert [(each.namespace_id, each.name, each.namespace_type._tag) for each in found[3:]] == [
        (plans, "Plans", "team_folder"),
        (inner, "In", "shared_folder"),
    ]


@pytest.mark.evidence("P8-21", "P8-13")
def test_an_archived_team_folder_closes_the_inner_folder_for_everybody(
    service, team, as_bob, as_zoe, inner, plans, zoe
):
    as_bob.sharing_add_folder_member(inner, added(zoe))
    as_zoe.sharing_mount_folder(inner)
    cursor = as_zoe.files_list_folder("").cursor
    team.team_team_folder_archive(plans)
    assert paths(as_zoe.files_list_folder_continue(cursor).entries) == ["/In"]
    assert service.files_of(zoe) == {}
    for client in (as_zoe, as_bob):
        with pytest.raises(PathRootError):
            client.with_path_root(PathRoot.namespace_id(inner)).files_list_folder("")
        assert refusal(client.sharing_get_folder_metadata, inner) == "invalid_id"
    assert as_zoe.sharing_list_folders().entries == []
    team.team_team_folder_activate(plans)
    as_zoe.sharing_mount_folder(inner)
    assert service.files_of(zoe) == {"/In/a.txt": b"1"}
    assert as_bob.files_get_metadata("/Plans/Sub/In/a.txt").size == 1


@pytest.mark.evidence("P8-21", "P8-08")
def test_a_team_folder_is_permanently_deleted_with_the_inner_folder(
    team, admin, as_bob, as_zoe, inner, plans, zoe
):
    as_bob.sharing_add_folder_member(inner, added(zoe))
    team.team_team_folder_archive(plans)
    team.team_team_folder_permanently_delete(plans)
    assert inner not in {each.namespace_id for each in team.team_namespaces_list().namespaces}
    assert as_zoe.sharing_list_folders().entries == []
    for client in (as_zoe, admin):
        assert refusal(client.sharing_get_folder_metadata, inner) == "invalid_id"


@pytest.mark.evidence("P8-21")
def test_a_member_who_gets_access_to_the_team_folder_has_the_inner_folder_there_only(
    service, team, admin, as_bob, ada, inner, plans
):
    as_bob.sharing_add_folder_member(inner, added(ada.account))
    as_ada = team.as_user(ada.team_member_id)
    as_ada.sharing_mount_folder(inner)
    assert service.files_of(ada.account) == {"/In/a.txt": b"1"}
    admin.sharing_add_folder_member(plans, added(ada.account, AccessLevel.viewer))
    assert service.files_of(ada.account) == {}
    at_top = as_ada.with_path_root(root_of(ada))
    at_top.files_upload(b"2", "/Plans/Sub/In/a.txt", mode=WriteMode.overwrite)
    assert refusal(at_top.files_upload, b"1", "/Plans/Sub/b.txt") == "path/no_write_permission"
    selector = MemberSelector.dropbox_id(ada.account.account_id)
    admin.sharing_remove_folder_member(plans, selector, leave_a_copy=False)
    assert as_ada.sharing_mount_folder(inner).path_display == "/In"


@pytest.mark.every_door
@pytest.mark.evidence("P8-19", "P8-20", "P8-02")
def test_an_administrator_works_in_the_inner_folder(
    team, admin, as_bob, as_zoe, ada, inner, plans, zoe
):
    types = {each.namespace_id: each for each in team.team_namespaces_list().namespaces}
    assert types[inner].namespace_type.is_shared_folder()
    assert [each.name for each in admin.files_list_folder(f"ns:{inner}").entries] == ["a.txt"]
    admin.files_upload(b"2", f"ns:{inner}/b.txt")
    rooted = admin.with_path_root(PathRoot.namespace_id(inner))
    rooted.files_upload(b"3", "/c.txt")
    in_plans = admin.with_path_root(PathRoot.namespace_id(plans))
    in_plans.files_upload(b"4", "/Sub/In/d.txt")
    assert in_plans.files_get_metadata(f"ns:{inner}/d.txt").path_display == "/Sub/In/d.txt"
    admin.with_path_root(root_of(ada)).files_upload(b"5", "/Plans/Sub/In/e.txt")
    found = [each.name for each in listed(as_bob, "/Plans/Sub/In")]
    assert sorted(found) == ["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"]
    meta = admin.sharing_get_folder_metadata(inner)
    assert (meta.access_type._tag, meta.parent_shared_folder_id) == ("owner", plans)
    admin.sharing_add_folder_member(inner, added(zoe))
    policy = MemberPolicy.team
    assert admin.sharing_update_folder_policy(inner, policy).policy.member_policy.is_team()
    assert [each.shared_folder_id for each in as_zoe.sharing_list_folders().entries] == [inner]
    team.team_team_folder_archive(plans)
    assert refusal(admin.files_list_folder, f"ns:{inner}") == "path/not_found"


@pytest.mark.evidence("S13-20", "S13-30", "P8-20")
def test_the_inner_folder_uses_the_space_of_the_team_and_of_those_who_mount_it(
    team, as_bob, as_zoe, bob, inner, zoe
):
    as_bob.sharing_add_folder_member(inner, added(zoe))
    as_zoe.sharing_mount_folder(inner)
    usage = team.as_user(bob.team_member_id).users_get_space_usage()
    assert (usage.used, usage.allocation.get_team().used) == (0, 1)
    assert as_zoe.users_get_space_usage().used == 1


@pytest.mark.evidence("P8-20", "S13-16", "S13-18")
def test_files_can_be_moved_and_copied_between_the_two_folders(as_bob, inner, plans):
    assert as_bob.files_move_v2("/Plans/Sub/In/a.txt", "/Plans/a.txt").metadata.name == "a.txt"
    back = as_bob.files_move_v2("/Plans/a.txt", "/Plans/Sub/In/b.txt").metadata
    assert back.parent_shared_folder_id == inner
    copied = as_bob.files_copy_v2("/Plans/Sub", "/Plans/Copy").metadata
    assert copied.parent_shared_folder_id == plans
    assert as_bob.files_get_metadata("/Plans/Copy/In").shared_folder_id is None
    assert as_bob.files_download("/Plans/Copy/In/b.txt")[1].content == b"1"
    revs = as_bob.files_list_revisions("/Plans/Sub/In/b.txt").entries
    assert as_bob.files_restore("/Plans/Sub/In/b.txt", revs[-1].rev).size == 1


def test_service_tree_shows_the_inner_folder(service, as_bob, as_zoe, bob, inner, zoe):
    as_bob.sharing_add_folder_member(inner, added(zoe))
    text = service.tree(account=bob.account)
    line = f"In/  shared in a team folder, with {zoe.email} (editor, not mounted)"
    assert line in text
    assert "a.txt  1 bytes" in text
    assert f"not mounted: {line}" in service.tree(account=zoe)
    as_zoe.sharing_mount_folder(inner)
    assert "In/  shared in a team folder" in service.tree(account=zoe)
    file = as_bob.files_get_metadata("/Plans/Sub/In/a.txt").id
    other = service.accounts.create("other@example.com")
    as_bob.sharing_add_file_member(file, [MemberSelector.dropbox_id(other.account_id)])
    received = "received: a.txt  1 bytes, in a team folder (viewer)"
    assert received in service.tree(account=other)


def test_a_restore_undoes_the_sharing_of_a_folder(service, as_bob, bob, plans):
    as_bob.files_upload(b"1", "/Plans/In/a.txt")
    before, tree = service.snapshot(), service.tree(account=bob.account)
    inner = as_bob.sharing_share_folder("/Plans/In").get_complete().shared_folder_id
    service.restore(before)
    assert service.tree(account=bob.account) == tree
    assert refusal(as_bob.sharing_get_folder_metadata, inner) == "invalid_id"
    assert as_bob.sharing_share_folder("/Plans/In").get_complete().is_inside_team_folder


@pytest.mark.dropbox(personality=Personality(lag_entries=3, lag_seconds=5))
def test_a_listing_has_the_whole_inner_folder_after_the_lag(service, as_bob, as_eve, inner):
    as_bob.files_upload(b"2", "/Plans/Sub/In/b.txt")
    service.clock.advance(6)
    found = as_eve.files_list_folder("/Plans", recursive=True).entries
    assert sorted(paths(found)) == [
        "/Plans",
        "/Plans/Sub",
        "/Plans/Sub/In",
        "/Plans/Sub/In/a.txt",
        "/Plans/Sub/In/b.txt",
    ]
    (folder,) = (each for each in found if each.name == "In")
    assert folder.shared_folder_id == inner


@pytest.mark.evidence("P8-20", "P4-20")
def test_a_removed_member_loses_the_inner_folder(team, admin, as_bob, bob, inner):
    team.team_members_remove(UserSelectorArg.team_member_id(bob.team_member_id))
    members = admin.sharing_list_folder_members(inner).users
    assert bob.email not in [each.user.email for each in members]


@pytest.mark.evidence("P8-20", "P4-20")
@pytest.mark.parametrize("is_mounted", [False, True])
def test_a_removed_member_loses_the_membership_of_the_inner_folder_itself(
    service, team, admin, as_bob, eve, inner, plans, is_mounted
):
    as_bob.sharing_add_folder_member(inner, added(eve.account))
    if is_mounted:
        person = MemberSelector.dropbox_id(eve.account.account_id)
        admin.sharing_remove_folder_member(plans, person, leave_a_copy=False)
        team.as_user(eve.team_member_id).sharing_mount_folder(inner)
        assert service.files_of(eve.account) == {"/In/a.txt": b"1"}
    team.team_members_remove(UserSelectorArg.team_member_id(eve.team_member_id))
    members = as_bob.sharing_list_folder_members(inner).users
    assert eve.email not in [each.user.email for each in members]
    assert service.files_of(eve.account) == {}


@pytest.mark.dropbox(allow_not_implemented=True)
def test_changes_of_the_inner_folder_as_a_whole_are_not_implemented(
    service, admin, as_bob, bob, inner
):
    before = fingerprint(service)
    for call in (
        lambda: as_bob.files_delete_v2("/Plans/Sub/In"),
        lambda: as_bob.files_delete_v2("/Plans/Sub"),
        lambda: as_bob.files_permanently_delete("/Plans/Sub"),
        lambda: as_bob.files_move_v2("/Plans/Sub/In", "/Plans/New"),
        lambda: as_bob.files_move_v2("/Plans/Sub", "/Bob/New"),
        lambda: admin.sharing_unshare_folder(inner),
        lambda: admin.sharing_transfer_folder(inner, bob.account.account_id),
    ):
        with pytest.raises(NotImplementedInFake, match="team folder"):
            call()
    assert fingerprint(service) == before
