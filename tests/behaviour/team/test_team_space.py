"""Tests of the team space: the namespace with the members' homes and the team folders."""

import pytest
from dropbox.common import PathRoot, UserRootInfo
from dropbox.exceptions import PathRootError
from dropbox.files import CommitInfo
from dropbox.sharing import AccessLevel, AddMember, MemberSelector
from dropbox.team import Feature, UserSelectorArg
from dropbox.users import UserFeature
from tests.support.doors import listed, newer_sdk, paths, refusal
from tests.support.fingerprint import fingerprint
from tests.support.teams import root_of

from fakedropbox import NotImplementedInFake, Personality


@pytest.fixture
def plans(team):
    """The id of an active team folder, of which nobody is a member."""
    return team.team_team_folder_create("Plans").team_folder_id


@pytest.fixture
def admit(team, ada):
    """A function that makes someone a member of a team folder, as an administrator does."""

    def made(folder, person, level=AccessLevel.editor):
        selector = MemberSelector.dropbox_id(person.account.account_id)
        admin = team.as_admin(ada.team_member_id)
        admin.sharing_add_folder_member(folder, [AddMember(selector, level)], quiet=True)

    return made


@pytest.fixture
def at_root(team):
    """A function that returns a client of a member in the root of the team space."""
    return lambda member: team.as_user(member.team_member_id).with_path_root(root_of(member))


@pytest.fixture
def old_form(service, connect_team):
    """A client of a team without a team space, and the only member of the team."""
    made = service.teams.create("Old", ["zoe@example.com"], team_space=False)
    (zoe,) = service.teams.members(made)
    return connect_team(service.logins.create(team=made)), zoe


@pytest.mark.every_door
@pytest.mark.evidence("P4-21", "P4-07", "P4-12")
def test_a_member_of_a_team_space_has_a_home_below_the_root(team, ada, bob):
    account = team.as_user(bob.team_member_id).users_get_current_account()
    root = account.root_info
    assert root.root_namespace_id == str(bob.team.root_namespace_id)
    assert root.home_namespace_id == str(bob.namespace_id)
    assert root.home_path == "/Bob"
    other = team.as_user(ada.team_member_id).users_get_current_account().root_info
    assert other.root_namespace_id == root.root_namespace_id
    assert other.home_namespace_id != root.home_namespace_id


@pytest.mark.evidence("F4.1-12", "O8-02", "P4-11")
def test_a_temporary_upload_link_keeps_the_root_of_the_team_space(service, at_root, ada):
    top, web = at_root(ada), service.session()

    def uploaded(path):
        link = top.files_get_temporary_upload_link(CommitInfo(path)).link
        headers = {"Content-Type": "application/octet-stream"}
        return web.post(link, data=b"1", headers=headers).status_code

    assert uploaded("/Ada/x.txt") == 200
    assert paths(listed(top, "/Ada")) == ["/Ada/x.txt"]
    assert uploaded("/x.txt") == 409


@pytest.mark.evidence("P4-21")
def test_a_member_of_a_team_of_the_older_form_has_one_namespace(old_form):
    team, zoe = old_form
    root = team.as_user(zoe.team_member_id).users_get_current_account().root_info
    assert root.root_namespace_id == root.home_namespace_id == str(zoe.namespace_id)
    assert isinstance(root, UserRootInfo)


@pytest.mark.every_door
@pytest.mark.evidence("O8-02", "P4-12", "P4-22")
def test_paths_are_relative_to_the_home_unless_the_root_is_named(team, at_root, ada, bob):
    client = team.as_user(bob.team_member_id)
    made = client.files_upload(b"1", "/Sub/a.txt")
    assert made.path_display == "/Sub/a.txt"
    team.as_user(ada.team_member_id).files_upload(b"2", "/of ada.txt")
    top = at_root(bob)
    assert paths(listed(top)) == ["/Bob"]
    found = top.files_list_folder("", recursive=True).entries
    assert paths(found) == ["/Bob", "/Bob/Sub", "/Bob/Sub/a.txt"]
    meta = top.files_get_metadata(made.id)
    assert (meta.path_display, meta.rev) == ("/Bob/Sub/a.txt", made.rev)
    assert top.files_download("/bob/sub/A.TXT")[1].content == b"1"
    moved = top.files_move_v2("/Bob/Sub/a.txt", "/Bob/b.txt").metadata
    assert moved.path_display == "/Bob/b.txt"
    assert paths(client.files_list_folder("", recursive=True).entries) == ["/Sub", "/b.txt"]
    for root in (
        PathRoot.home,
        PathRoot.namespace_id(str(bob.namespace_id)),
    ):
        assert paths(listed(client.with_path_root(root))) == ["/Sub", "/b.txt"]
    same = client.with_path_root(PathRoot.namespace_id(str(bob.team.root_namespace_id)))
    assert paths(listed(same)) == ["/Bob"]


@pytest.mark.evidence("O8-02", "F1.5-05")
def test_the_refusal_of_another_root_names_the_root_of_the_team(team, old_form, bob):
    client = team.as_user(bob.team_member_id)
    for wrong in (str(bob.namespace_id), "7"):
        with pytest.raises(PathRootError) as caught:
            client.with_path_root(PathRoot.root(wrong)).files_list_folder("")
        info = caught.value.error.get_invalid_root()
        assert info.root_namespace_id == str(bob.team.root_namespace_id)
        assert (info.home_namespace_id, info.home_path) == (str(bob.namespace_id), "/Bob")
    other, zoe = old_form
    root = root_of(bob)
    with pytest.raises(PathRootError):
        other.as_user(zoe.team_member_id).with_path_root(root).files_list_folder("")


@pytest.mark.every_door
@pytest.mark.evidence("P4-11", "P8-14")
def test_a_member_cannot_write_at_the_top_of_the_team_space(service, at_root, admit, plans, bob):
    admit(plans, bob)
    top = at_root(bob)
    top.files_upload(b"1", "/Bob/a.txt")
    before = fingerprint(service, without=["sessions"])
    denied = "no_write_permission"
    assert refusal(top.files_upload, b"1", "/a.txt") == f"path/{denied}"
    assert refusal(top.files_upload, b"1", "/New/a.txt") == f"path/{denied}"
    assert refusal(top.files_create_folder_v2, "/New") == f"path/{denied}"
    assert refusal(top.files_move_v2, "/Bob/a.txt", "/a.txt") == f"to/{denied}"
    assert refusal(top.files_copy_v2, "/Bob/a.txt", "/a.txt") == f"to/{denied}"
    assert refusal(top.files_delete_v2, "/Bob") == f"path_write/{denied}"
    assert refusal(top.files_move_v2, "/Bob", "/Plans/Bob") == f"from_write/{denied}"
    assert refusal(top.files_delete_v2, "/Plans") == "path_write/team_folder"
    assert refusal(top.files_move_v2, "/Plans", "/Bob/Plans") == "from_write/team_folder"
    assert fingerprint(service, without=["sessions"]) == before


@pytest.mark.every_door
@pytest.mark.evidence("P8-15", "P8-09", "P4-22")
def test_a_team_folder_is_in_the_root_of_its_members_only(
    team, at_root, admit, plans, ada, bob, eve
):
    begun = at_root(bob).files_list_folder("", recursive=True)
    admit(plans, bob)
    assert paths(at_root(bob).files_list_folder_continue(begun.cursor).entries) == ["/Plans"]
    assert paths(listed(at_root(bob))) == ["/Bob", "/Plans"]
    assert paths(listed(team.as_user(bob.team_member_id))) == []
    assert paths(listed(at_root(eve))) == ["/Eve"]
    made = at_root(bob).files_upload(b"1", "/Plans/a.txt")
    assert made.path_display == "/Plans/a.txt"
    assert made.sharing_info.parent_shared_folder_id == plans
    assert made.sharing_info.modified_by == bob.account.account_id
    (folder,) = [each for each in listed(at_root(bob)) if each.name == "Plans"]
    assert (folder.shared_folder_id, folder.sharing_info.read_only) == (plans, False)
    admit(plans, eve, AccessLevel.viewer)
    assert at_root(eve).files_download("/plans/a.txt")[1].content == b"1"
    assert refusal(at_root(eve).files_upload, b"2", "/Plans/b.txt") == "path/no_write_permission"
    inside = team.as_user(bob.team_member_id).with_path_root(PathRoot.namespace_id(plans))
    assert paths(listed(inside)) == ["/a.txt"]
    assert at_root(bob).files_get_metadata(f"ns:{plans}/a.txt").path_display == "/Plans/a.txt"
    moved = at_root(bob).files_move_v2("/Plans/a.txt", "/Bob/a.txt").metadata
    assert moved.path_display == "/Bob/a.txt"
    assert listed(inside) == []


@pytest.mark.evidence("P8-15", "P8-13")
def test_members_see_changes_of_a_team_folder_and_of_their_access(
    team, at_root, admit, plans, ada, bob
):
    admit(plans, bob)
    at_root(bob).files_upload(b"1", "/Plans/a.txt")
    begun = at_root(bob).files_list_folder("")
    team.team_team_folder_rename(plans, "Goals")
    changes = at_root(bob).files_list_folder_continue(begun.cursor)
    assert paths(changes.entries) == ["/Plans", "/Goals"]
    assert at_root(bob).files_get_metadata("/Goals/a.txt").path_display == "/Goals/a.txt"
    team.team_team_folder_archive(plans)
    assert paths(listed(at_root(bob))) == ["/Bob"]
    assert refusal(at_root(bob).files_list_folder, f"ns:{plans}") == "path/not_found"
    with pytest.raises(PathRootError):
        at_root(bob).with_path_root(PathRoot.namespace_id(plans)).files_list_folder("")
    team.team_team_folder_activate(plans)
    assert paths(listed(at_root(bob))) == ["/Bob", "/Goals"]
    selector = MemberSelector.dropbox_id(bob.account.account_id)
    admin = team.as_admin(ada.team_member_id)
    admin.sharing_remove_folder_member(plans, selector, leave_a_copy=False)
    assert paths(listed(at_root(bob))) == ["/Bob"]


@pytest.mark.evidence("P8-15", "P8-14")
def test_a_team_of_the_older_form_has_team_folders_among_the_files_of_members(old_form, service):
    team, zoe = old_form
    folder = team.team_team_folder_create("Plans").team_folder_id
    admin, client = team.as_admin(zoe.team_member_id), team.as_user(zoe.team_member_id)
    selector = MemberSelector.dropbox_id(zoe.account.account_id)
    admin.sharing_add_folder_member(folder, [AddMember(selector, AccessLevel.editor)])
    assert client.files_upload(b"1", "/Plans/a.txt").path_display == "/Plans/a.txt"
    assert service.files_of(zoe.account) == {"/Plans/a.txt": b"1"}
    before = fingerprint(service)
    assert refusal(client.files_delete_v2, "/Plans") == "path_write/team_folder"
    assert refusal(client.files_move_v2, "/Plans", "/New") == "from_write/team_folder"
    assert refusal(client.sharing_unmount_folder, folder) == "not_unmountable"
    assert fingerprint(service) == before
    assert client.files_upload(b"2", "/top.txt").path_display == "/top.txt"


@pytest.mark.every_door
@pytest.mark.evidence("P4-10")
def test_an_administrator_lists_the_folder_of_a_member_in_the_team_space(team, ada, bob):
    owner = team.as_user(bob.team_member_id)
    for name in ("a", "b", "c"):
        owner.files_upload(b"1", f"/{name}.txt")
    admin = team.as_admin(ada.team_member_id).with_path_root(root_of(ada))
    page = admin.files_list_folder("/Bob", limit=1)
    found = [*page.entries]
    while page.has_more:
        page = admin.files_list_folder_continue(page.cursor)
        found += page.entries
    assert paths(found) == ["/Bob/a.txt", "/Bob/b.txt", "/Bob/c.txt"]
    assert admin.files_download("/bob/a.txt")[1].content == b"1"


@pytest.mark.every_door
@pytest.mark.evidence("O8-03")
def test_the_listed_links_of_a_member_are_those_to_items_below_the_path_root(
    team, at_root, admit, plans, bob
):
    admit(plans, bob)
    top, client = at_root(bob), team.as_user(bob.team_member_id)
    top.files_upload(b"1", "/Plans/a.txt")
    client.files_upload(b"1", "/b.txt")
    top.sharing_create_shared_link_with_settings("/Plans/a.txt")
    client.sharing_create_shared_link_with_settings("/b.txt")
    assert [each.path_lower for each in client.sharing_list_shared_links().links] == ["/b.txt"]
    found = [each.path_lower for each in top.sharing_list_shared_links().links]
    assert found == ["/plans/a.txt", "/bob/b.txt"]


@pytest.mark.evidence("P4-21")
def test_two_members_with_one_name_have_folders_of_different_names(service):
    team = service.teams.create("B", ["ada@b.example.com", "ada@c.example.com", "..@d.example.com"])
    clients = [service.client(account=each.account) for each in service.teams.members(team)]
    homes = [each.users_get_current_account().root_info.home_path for each in clients]
    assert homes == ["/Ada", "/Ada (1)", "/Member"]


@newer_sdk(hasattr(Feature, "has_distinct_member_homes"), "has_distinct_member_homes")
@pytest.mark.evidence("P4-21", "P5-06")
def test_features_and_profiles_show_the_team_space(team, old_form, bob):
    old, zoe = old_form
    for client, member, expected in ((team, bob, True), (old, zoe, False)):
        feature = client.team_features_get_values([Feature.has_distinct_member_homes]).values[0]
        value = feature.get_has_distinct_member_homes().get_has_distinct_member_homes()
        user = client.as_user(member.team_member_id)
        found = user.users_features_get_values([UserFeature.distinct_member_home]).values[0]
        assert (value, found.get_distinct_member_home().get_enabled()) == (expected, expected)
        (info,) = client.team_members_get_info([UserSelectorArg.email(member.email)])
        profile = info.get_member_info().profile
        assert profile.member_folder_id == str(member.namespace_id)
        root = str(member.team.root_namespace_id or member.namespace_id)
        assert getattr(profile, "root_folder_id", root) == root


def test_an_app_folder_is_in_the_home_and_a_restore_undoes_its_changes(service, bob):
    app = service.apps.create("Notes", folder="Notes")
    client = service.client(service.logins.create(bob.account, app))
    before = service.snapshot()
    client.files_upload(b"1", "/a.txt")
    assert service.files_of(bob.account) == {"/Apps/Notes/a.txt": b"1"}
    service.restore(before)
    assert service.files_of(bob.account) == {}
    assert "Apps" in service.tree(account=bob.account)


@pytest.mark.evidence("S13-30")
def test_the_content_of_a_team_folder_uses_the_space_of_the_team(team, at_root, admit, plans, bob):
    admit(plans, bob)
    at_root(bob).files_upload(b"12345", "/Plans/a.txt")
    team.as_user(bob.team_member_id).files_upload(b"1", "/a.txt")
    usage = team.as_user(bob.team_member_id).users_get_space_usage()
    assert (usage.used, usage.allocation.get_team().used) == (1, 6)


@pytest.mark.evidence("S13-30", "S13-20")
def test_the_content_of_a_team_folder_takes_no_room_from_a_member(
    service, at_root, admit, plans, bob
):
    admit(plans, bob)
    service.set_quota(bob.account, 6)
    at_root(bob).files_upload(b"12345", "/Plans/a.txt")
    at_root(bob).files_upload(b"123456", "/Bob/b.txt")
    refused = refusal(at_root(bob).files_upload, b"7", "/Plans/c.txt")
    assert refused == "path/insufficient_space"


@pytest.mark.every_door
@pytest.mark.evidence("S13-30", "S13-20", "F7-09")
@pytest.mark.parametrize("name", ["a.txt", "Sub", "In/a.txt"])
def test_what_is_moved_out_of_a_team_folder_needs_room(
    service, at_root, admit, plans, ada, bob, name
):
    admit(plans, bob)
    service.share_folder("/Docs", account=ada.account, members=[bob.account])
    top = at_root(bob)
    for path in ("/Plans/a.txt", "/Plans/Sub/a.txt", "/Plans/In/a.txt"):
        top.files_upload(b"123", path)
    top.sharing_share_folder("/Plans/In")
    service.set_quota(bob.account, 2)
    before = fingerprint(service)
    for target in ("/Bob/new", "/Bob/Docs/new"):
        for call in (top.files_move_v2, top.files_copy_v2):
            assert refusal(call, f"/Plans/{name}", target) == "insufficient_quota"
    assert fingerprint(service) == before
    service.set_quota(bob.account, 3)
    top.files_move_v2(f"/Plans/{name}", "/Bob/Docs/new")
    top.files_move_v2("/Bob/Docs/new", "/Bob/new")  # this has counted before, too
    service.set_quota(bob.account, 0)
    top.files_move_v2("/Bob/new", "/Bob/Docs/new")
    top.files_move_v2("/Bob/Docs/new", "/Plans/Other")
    top.files_move_v2("/Plans/Other", "/Plans/In/Other")


@pytest.mark.evidence("O8-02")
def test_the_search_sees_what_the_path_root_shows(team, at_root, admit, plans, bob):
    admit(plans, bob)
    at_root(bob).files_upload(b"1", "/Plans/note.txt")
    team.as_user(bob.team_member_id).files_upload(b"1", "/note.txt")

    def found(client):
        matches = client.files_search_v2("note").matches
        return sorted(each.metadata.get_metadata().path_display for each in matches)

    assert found(at_root(bob)) == ["/Bob/note.txt", "/Plans/note.txt"]
    assert found(team.as_user(bob.team_member_id)) == ["/note.txt"]


@pytest.mark.dropbox(personality=Personality(lag_entries=3, lag_seconds=5))
def test_listings_of_the_team_space_lag_as_other_listings_do(
    service, team, at_root, admit, plans, bob
):
    begun = at_root(bob).files_list_folder("", recursive=True)
    admit(plans, bob)
    at_root(bob).files_upload(b"1", "/Plans/a.txt")
    made = at_root(bob).files_upload(b"1", "/Bob/b.txt")
    service.clock.advance(6)
    changes = at_root(bob).files_list_folder_continue(begun.cursor).entries
    assert {*paths([*begun.entries, *changes])} == {"/Bob", "/Bob/b.txt", "/Plans", "/Plans/a.txt"}
    found = at_root(bob).files_list_folder("", recursive=True).entries
    assert sorted(paths(found)) == ["/Bob", "/Bob/b.txt", "/Plans", "/Plans/a.txt"]
    assert paths(listed(team.as_user(bob.team_member_id))) == ["/b.txt"]
    assert at_root(bob).files_get_metadata(made.id).path_display == "/Bob/b.txt"
    team.team_team_folder_archive(plans)
    service.clock.advance(6)
    assert paths(listed(at_root(bob))) == ["/Bob"]


@pytest.mark.every_door
@pytest.mark.evidence("P1-14", "P1-62")
def test_a_shared_folder_below_the_home_is_the_destination_of_a_file_request(
    service, at_root, ada, bob
):
    top = at_root(bob)
    service.share_folder("/Docs", account=ada.account, members=[bob.account])
    for path in ("/Bob/Docs/In", "/Bob/Docs", "/Bob/Docs/Sub/In"):
        assert top.file_requests_create("T", path).destination == path


@pytest.mark.evidence("P1-14")
@pytest.mark.dropbox(allow_not_implemented=True)
def test_file_requests_are_for_the_home_only(service, team, at_root, admit, plans, bob):
    admit(plans, bob)
    top, before = at_root(bob), fingerprint(service)
    for path in ("/New", "/New/Sub", "/Bob"):
        assert refusal(top.file_requests_create, "T", path) == "invalid_location"
    with pytest.raises(NotImplementedInFake, match="a team folder"):
        top.file_requests_create("T", "/Plans/In")
    assert fingerprint(service) == before
    top.files_create_folder_v2("/Plans/Shared")
    top.sharing_share_folder("/Plans/Shared")
    with pytest.raises(NotImplementedInFake, match="a team folder"):
        top.file_requests_create("T", "/Plans/Shared/In")
    made = top.file_requests_create("T", "/Bob/In")
    assert made.destination == "/Bob/In"
    (own,) = team.as_user(bob.team_member_id).file_requests_list().file_requests
    assert own.destination == "/In"
    assert service.upload_to_request(made.id, {"a.txt": b"1"}, sender="Eve") == ["/In/a - Eve.txt"]


def test_service_tree_shows_the_team_folders_of_a_member(
    service, team, at_root, admit, plans, bob, eve
):
    admit(plans, bob)
    at_root(bob).files_upload(b"1", "/Plans/Sub/a.txt")
    team.as_user(bob.team_member_id).files_upload(b"1", "/own.txt")
    assert service.tree(account=bob.account).splitlines() == [
        "/",
        "  own.txt  1 bytes",
        "in the team space:",
        f"  Plans/  team folder, with {bob.email} (editor)",
        "    Sub/",
        "      a.txt  1 bytes",
    ]
    assert service.tree(account=eve.account) == "/"
    team.team_team_folder_archive(plans)
    assert service.tree(account=bob.account).splitlines() == ["/", "  own.txt  1 bytes"]


@pytest.mark.every_door
@pytest.mark.evidence("S13-10", "O8-02")
def test_a_namespace_path_does_not_reach_the_team_space_from_the_home(
    service, team, at_root, admit, plans, bob
):
    admit(plans, bob)
    at_root(bob).files_upload(b"1", "/Plans/a.txt")
    client, root = team.as_user(bob.team_member_id), bob.team.root_namespace_id
    before = fingerprint(service, without=["sessions"])
    for path in (f"ns:{plans}/a.txt", f"ns:{root}/Plans/a.txt", f"ns:{root}/Bob"):
        assert refusal(client.files_get_metadata, path) == "path/not_found"
    assert refusal(client.files_list_folder, f"ns:{root}") == "path/not_found"
    assert refusal(client.files_upload, b"1", f"ns:{plans}/b.txt") == "path/malformed_path"
    assert fingerprint(service, without=["sessions"]) == before
    for path in (f"ns:{plans}/a.txt", f"ns:{root}/Plans/a.txt"):
        assert at_root(bob).files_get_metadata(path).path_display == "/Plans/a.txt"
    inside = client.with_path_root(PathRoot.namespace_id(plans))
    for namespace in (root, bob.namespace_id):
        assert refusal(inside.files_list_folder, f"ns:{namespace}") == "path/not_found"


@pytest.mark.evidence("P8-15", "P4-20")
def test_a_removed_member_leaves_the_team_folders(service, team, admit, plans, ada, bob):
    folder = service.share_folder("/Own", account=bob.account)
    admit(plans, bob)
    team.team_members_remove(UserSelectorArg.team_member_id(bob.team_member_id))
    assert team.as_admin(ada.team_member_id).sharing_list_folder_members(plans).users == []
    assert service.tree(account=bob.account).splitlines() == ["/", f"  Own/  shared by {bob.email}"]
    assert folder
