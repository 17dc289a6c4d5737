"""Tests of links and copy references to what is in an archived or deleted team folder."""

import pytest
from dropbox.files import WriteMode
from dropbox.sharing import AccessLevel, AddMember, MemberSelector
from tests.support.doors import refusal
from tests.support.links import DENIED, NOT_FOUND, data, dl, seen, shared
from tests.support.teams import root_of


@pytest.fixture
def plans(team, admin, bob):
    """The id of a team folder that Bob edits."""
    folder = team.team_team_folder_create("Plans").team_folder_id
    member = MemberSelector.dropbox_id(bob.account.account_id)
    admin.sharing_add_folder_member(folder, [AddMember(member, AccessLevel.editor)])
    return folder


@pytest.fixture
def as_bob(team, bob, plans):
    """A client of Bob in the root of the team space, with a file and a shared folder there."""
    assert plans
    client = team.as_user(bob.team_member_id).with_path_root(root_of(bob))
    client.files_upload(b"1", "/Plans/a.txt")
    client.files_upload(b"1", "/Plans/In/a.txt")
    client.sharing_share_folder("/Plans/In")
    return client


@pytest.fixture
def stranger(connect, service):
    """A client of an account outside the team."""
    return connect(service.logins.create(service.accounts.create("out@example.com")))


@pytest.fixture
def close(team, plans):
    """A function that archives the team folder, or deletes it for ever."""

    def closed(*, is_final):
        team.team_team_folder_archive(plans)
        if is_final:
            team.team_team_folder_permanently_delete(plans)

    return closed


both = pytest.mark.parametrize("is_final", [False, True], ids=["archived", "deleted"])


@both
@pytest.mark.every_door
@pytest.mark.evidence("P8-13", "P8-21", "S1-20")
@pytest.mark.parametrize("path", ["/Plans/a.txt", "/Plans/In/a.txt", "/Plans/In", "/Plans"])
def test_a_link_into_a_closed_team_folder_does_not_work(
    team, wire, as_bob, stranger, plans, close, path, is_final
):
    link = shared(as_bob, path)
    assert wire.session.get(dl(link, "1")).status_code == 200
    close(is_final=is_final)
    for client in (stranger, as_bob):
        assert refusal(seen, client, link) == NOT_FOUND
        assert refusal(data, client, link) == NOT_FOUND
    assert as_bob.sharing_list_shared_links().links == []
    assert wire.session.get(dl(link, "1")).status_code == 404
    if not is_final:
        team.team_team_folder_activate(plans)
        assert seen(stranger, link).name == link.name
        assert shared_links(as_bob) == [link.url]


def shared_links(client):
    return [each.url for each in client.sharing_list_shared_links().links]


@both
@pytest.mark.evidence("P8-13", "P8-21", "F7-12")
@pytest.mark.parametrize("path", ["/Plans/a.txt", "/Plans/In/a.txt", "/Plans/In"])
def test_a_copy_reference_to_a_closed_team_folder_does_not_work(
    team, as_bob, as_ada, plans, close, path, is_final
):
    reference = as_bob.files_copy_reference_get(path).copy_reference
    close(is_final=is_final)
    assert refusal(as_ada.files_copy_reference_save, reference, "/b") == "not_found"
    if not is_final:
        team.team_team_folder_activate(plans)
        assert as_ada.files_copy_reference_save(reference, "/b").metadata.name == "b"


@both
@pytest.mark.evidence("P8-13", "F7-12")
def test_a_copy_reference_to_a_revision_in_a_closed_team_folder_does_not_work(
    as_bob, as_ada, close, is_final
):
    rev = as_bob.files_get_metadata("/Plans/a.txt").rev
    as_bob.files_upload(b"22", "/Plans/a.txt", mode=WriteMode.overwrite)
    reference = as_bob.files_copy_reference_get(f"rev:{rev}").copy_reference
    as_bob.files_delete_v2("/Plans/a.txt")
    assert as_ada.files_copy_reference_save(reference, "/b").metadata.size == 1
    close(is_final=is_final)
    assert refusal(as_ada.files_copy_reference_save, reference, "/c") == "not_found"


@both
@pytest.mark.evidence("P8-13", "P8-21", "S14-33")
@pytest.mark.parametrize("path", ["/Plans/a.txt", "/Plans/In/a.txt"])
def test_a_file_in_a_closed_team_folder_has_no_members(as_bob, stranger, close, path, is_final):
    file = as_bob.files_get_metadata(path).id
    preview = as_bob.sharing_get_file_metadata(path).preview_url
    as_bob.sharing_add_file_member(file, [MemberSelector.email("out@example.com")])
    assert stranger.sharing_get_file_metadata(file).name == "a.txt"
    close(is_final=is_final)
    assert refusal(stranger.sharing_get_file_metadata, file) == "access_error/invalid_file"
    assert stranger.sharing_list_received_files().entries == []
    assert refusal(stranger.sharing_get_shared_link_metadata, preview) == DENIED
