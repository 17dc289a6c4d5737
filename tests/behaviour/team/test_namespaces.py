"""Tests of the namespaces of a team, and of path roots by which an administrator reads them."""

import pytest
from dropbox.common import PathRoot
from dropbox.exceptions import PathRootError
from dropbox.team import MemberAddArg, UserSelectorArg
from tests.support.doors import listed, paths, refusal

from fakedropbox import NotImplementedInFake

pytestmark = pytest.mark.every_door


def names(page):
    return [each.name for each in page.namespaces]


@pytest.mark.evidence("P8-01", "P8-02", "P8-03", "O4.7-04")
def test_the_folder_of_each_member_is_a_namespace(team, bob, eve):
    team.team_members_add([MemberAddArg("new@acme.example.com")])
    team.team_members_remove(UserSelectorArg.email(eve.email))
    found = team.team_namespaces_list()
    assert (names(found), found.has_more) == (["Ada", "Bob", "New"], False)
    folder = found.namespaces[1]
    assert folder.namespace_type.is_team_member_folder()
    assert (folder.namespace_id, folder.team_member_id) == (
        str(bob.namespace_id),
        bob.team_member_id,
    )


@pytest.mark.evidence("P8-05", "O4.7-04")
def test_the_list_of_namespaces_is_whole_and_can_be_continued(team):
    first = team.team_namespaces_list(limit=2)
    assert (names(first), first.has_more) == (["Ada", "Bob", "Eve"], False)
    team.team_members_add([MemberAddArg("new@acme.example.com")])
    assert names(team.team_namespaces_list_continue(first.cursor)) == ["New"]
    assert refusal(team.team_namespaces_list_continue, "x") == "invalid_cursor"


@pytest.mark.dropbox(allow_not_implemented=True)
def test_listing_the_app_folder_of_a_member_is_not_implemented(team, service, bob):
    service.logins.create(bob.account, service.apps.create(folder="Small"))
    with pytest.raises(NotImplementedInFake, match="the app folder of a member"):
        team.team_namespaces_list()


@pytest.mark.evidence("P8-12", "S15-06")
def test_an_administrator_may_read_but_not_write_the_folder_of_a_member(team, service, ada, bob):
    service.seed_files({"/a.txt": b"1"}, account=bob.account)
    root = PathRoot.namespace_id(str(bob.namespace_id))
    admin = team.as_admin(ada.team_member_id).with_path_root(root)
    assert paths(listed(admin)) == ["/a.txt"]
    assert admin.files_download("/a.txt")[1].content == b"1"
    with pytest.raises(PathRootError) as caught:
        admin.files_upload(b"2", "/a.txt")
    assert caught.value.error.is_no_permission()
    assert service.files_of(bob.account) == {"/a.txt": b"1"}


@pytest.mark.dropbox(allow_not_implemented=True)
def test_listing_links_of_members_by_an_administrator_is_not_implemented(team, service, ada, bob):
    root = PathRoot.namespace_id(str(bob.namespace_id))
    admin = team.as_admin(ada.team_member_id).with_path_root(root)
    with pytest.raises(NotImplementedInFake, match="a folder of the team as path root"):
        admin.sharing_list_shared_links()


@pytest.mark.evidence("P8-12", "F1.5-05")
def test_the_folder_of_a_member_is_closed_to_all_but_administrators_of_the_team(
    team, connect_team, service, ada, bob, eve
):
    service.seed_files({"/a.txt": b"1"}, account=bob.account)
    zoes = service.teams.create("Other", ["zoe@other.example.com"])
    (zoe,) = service.teams.members(zoes)
    other = connect_team(service.logins.create(team=zoes))
    root = PathRoot.namespace_id(str(bob.namespace_id))
    for client in (
        team.as_user(ada.team_member_id),
        team.as_user(eve.team_member_id),
        other.as_admin(zoe.team_member_id),
    ):
        with pytest.raises(PathRootError) as caught:
            client.with_path_root(root).files_list_folder("")
        assert caught.value.error.is_no_permission()
    team.team_members_remove(UserSelectorArg.email(bob.email))
    admin = team.as_admin(ada.team_member_id).with_path_root(root)
    with pytest.raises(PathRootError):
        admin.files_list_folder("")
