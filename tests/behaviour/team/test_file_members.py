"""Tests of the members of single files in folders shared with groups and in team folders."""

import pytest
from dropbox.sharing import AccessLevel, AddMember, MemberAction, MemberSelector
from tests.support.doors import refusal
from tests.support.fingerprint import fingerprint
from tests.support.teams import new_group, root_of

PATH = "/Docs/a.txt"


@pytest.fixture
def readers(team, bob):
    """The id of a group that Bob is in."""
    return new_group(team, "Readers", bob)


@pytest.fixture
def docs(as_ada, readers):
    """The id of a folder with a file, which Ada shares with the group."""
    as_ada.files_upload(b"1", PATH)
    folder = as_ada.sharing_share_folder("/Docs").get_complete().shared_folder_id
    member = AddMember(MemberSelector.dropbox_id(readers), AccessLevel.viewer)
    as_ada.sharing_add_folder_member(folder, [member])
    return folder


def add(client, person, level, path=PATH):
    selector = MemberSelector.dropbox_id(person.account.account_id)
    (result,) = client.sharing_add_file_member(path, [selector], access_level=level)
    return result.result.get_success()._tag


def listed(client, path=PATH, **options):
    """Return levels and whether they are inherited: of users by address, of groups by name."""
    found = client.sharing_list_file_members(path, **options)
    users = {each.user.email: (each.access_type._tag, each.is_inherited) for each in found.users}
    groups = {
        each.group.group_name: (each.access_type._tag, each.is_inherited) for each in found.groups
    }
    return users, groups


@pytest.mark.every_door
@pytest.mark.evidence("S14-09", "S14-44", "S14-31")
def test_a_group_of_the_folder_is_an_inherited_member_of_its_files(as_ada, as_bob, ada, docs):
    owner = {ada.email: ("owner", True)}
    assert listed(as_ada) == (owner, {"Readers": ("viewer", True)})
    assert listed(as_ada, include_inherited=False) == ({}, {})
    mine = as_ada.files_get_metadata(PATH).id
    assert listed(as_bob, mine) == listed(as_ada)
    assert as_bob.sharing_get_file_metadata(mine).access_type.is_viewer()
    (batch,) = as_ada.sharing_list_file_members_batch([PATH])
    assert batch.result.get_result().member_count == 0
    page = as_ada.sharing_list_file_members(PATH, limit=1)
    (rest,) = as_ada.sharing_list_file_members_continue(page.cursor).groups
    assert rest.group.group_name == "Readers"


@pytest.mark.evidence("S14-31", "S14-44", "S14-13")
def test_a_member_has_the_higher_one_of_the_levels_of_the_file_and_of_the_group(
    as_ada, as_bob, bob, eve, docs
):
    file = as_ada.files_get_metadata(PATH).id
    assert add(as_ada, bob, AccessLevel.editor) == "editor"
    assert add(as_ada, eve, AccessLevel.viewer) == "viewer"
    assert as_bob.sharing_get_file_metadata(file).access_type.is_editor()
    users, _ = listed(as_ada)
    assert (users[bob.email], users[eve.email]) == (("editor", True), ("viewer", False))
    person = MemberSelector.dropbox_id(bob.account.account_id)
    left = as_ada.sharing_remove_file_member_2(PATH, person).get_success()
    assert left.access_level.is_viewer()
    assert as_bob.sharing_get_file_metadata(file).access_type.is_viewer()


@pytest.mark.evidence("S14-44", "S14-37", "S14-13", "S14-40")
def test_a_group_of_the_folder_cannot_be_changed_at_the_file(service, as_ada, readers, docs):
    group = MemberSelector.dropbox_id(readers)
    before = fingerprint(service)
    refused = refusal(as_ada.sharing_update_file_member, PATH, group, AccessLevel.editor)
    assert refused == "no_explicit_access/viewer"
    assert refusal(as_ada.sharing_remove_file_member_2, PATH, group) == refused
    (added,) = as_ada.sharing_add_file_member(PATH, [group])
    assert added.result.get_member_error().is_invalid_member()
    assert fingerprint(service) == before
    (shown,) = as_ada.sharing_list_file_members(PATH, actions=[MemberAction.remove]).groups
    (permission,) = shown.permissions
    assert permission.reason._tag == "target_is_indirect_member"


@pytest.mark.every_door
@pytest.mark.evidence("S14-44", "S14-33", "P8-13")
def test_the_files_of_a_team_folder_have_its_members(service, team, as_bob, ada, bob, eve, readers):
    plans = team.team_team_folder_create("Plans").team_folder_id
    admin = team.as_admin(ada.team_member_id)
    members = [
        AddMember(MemberSelector.dropbox_id(readers), AccessLevel.viewer),
        AddMember(MemberSelector.dropbox_id(bob.account.account_id), AccessLevel.editor),
    ]
    admin.sharing_add_folder_member(plans, members)
    client = as_bob.with_path_root(root_of(bob))
    file = client.files_upload(b"1", "/Plans/a.txt").id
    expected = {bob.email: ("editor", True)}, {"Readers": ("viewer", True)}
    assert listed(client, "/Plans/a.txt") == listed(as_bob, file) == expected
    meta = client.sharing_get_file_metadata("/Plans/a.txt")
    assert (meta.path_display, meta.parent_shared_folder_id) == ("/Plans/a.txt", plans)
    assert as_bob.sharing_get_file_metadata(file).path_display is None
    link = as_bob.sharing_get_shared_link_metadata(meta.preview_url)
    assert (link.name, link.team_member_info) == ("a.txt", None)
    as_eve = team.as_user(eve.team_member_id)
    assert refusal(as_eve.sharing_get_file_metadata, file) == "access_error/invalid_file"
    assert add(client, eve, AccessLevel.viewer, "/Plans/a.txt") == "viewer"
    assert as_eve.sharing_get_file_metadata(file).access_type.is_viewer()
    assert [each.name for each in as_eve.sharing_list_received_files().entries] == ["a.txt"]
    assert listed(admin, file)[0][eve.email] == ("viewer", False)
    person = MemberSelector.dropbox_id(bob.account.account_id)
    refused = refusal(client.sharing_remove_file_member_2, "/Plans/a.txt", person)
    assert refused == "no_explicit_access/editor"
    team.team_team_folder_archive(plans)
    for each in (as_bob, as_eve, admin):
        assert refusal(each.sharing_get_file_metadata, file) == "access_error/invalid_file"
    assert as_eve.sharing_list_received_files().entries == []


@pytest.mark.evidence("S14-42")
def test_the_remaining_access_names_a_team_folder_only_if_the_path_root_contains_it(
    team, ada, bob, eve
):
    plans = team.team_team_folder_create("Plans").team_folder_id
    people = [
        AddMember(MemberSelector.dropbox_id(each.account.account_id), AccessLevel.editor)
        for each in (bob, eve)
    ]
    team.as_admin(ada.team_member_id).sharing_add_folder_member(plans, people)
    at_home = team.as_user(bob.team_member_id)
    at_root = at_home.with_path_root(root_of(bob))
    file = at_root.files_upload(b"1", "/Plans/a.txt").id
    person = MemberSelector.dropbox_id(eve.account.account_id)
    for client, expected in ((at_root, ["/Plans"]), (at_home, [])):
        add(client, eve, AccessLevel.viewer, file)
        left = client.sharing_remove_file_member_2(file, person).get_success()
        assert [each.path for each in left.access_details or []] == expected
