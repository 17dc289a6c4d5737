"""Tests of seed files with teams."""

import json

import pytest
from dropbox.common import PathRoot

from fakedropbox import FakeDropboxService

ADA = {"email": "ada@acme.example", "files": {"/own.txt": "of Ada"}}
BOB = {"email": "bob@acme.example", "role": "support_admin"}
PLANS = {
    "name": "Plans",
    "editors": [ADA["email"]],
    "viewers": [BOB["email"]],
    "files": {
        "/goals.txt": {"text": "1", "client_modified": "2020-05-17T12:00:00Z"},
        "/Empty/": "",
    },
}


@pytest.fixture
def write(tmp_path):
    """A function that writes a seed file with one team, and returns its path."""

    def written(**team):
        path = tmp_path / "seed.json"
        path.write_text(json.dumps({"teams": [{"name": "Acme", "members": [ADA, BOB], **team}]}))
        return path

    return written


def test_a_seed_file_makes_a_team_with_files_and_team_folders(write):
    service = FakeDropboxService(seed=write(folders=[PLANS]))
    team = service.teams.default
    ada, bob = service.teams.members(team)
    assert (team.name, ada.role, bob.role) == ("Acme", "team_admin", "support_admin")
    assert service.files_of(ada.account) == {"/own.txt": b"of Ada"}
    root = PathRoot.root(str(team.root_namespace_id))
    client = service.team_client(team).as_user(bob.team_member_id).with_path_root(root)
    entries = client.files_list_folder("", recursive=True).entries
    assert {each.path_display for each in entries} == {
        *("/Bob", "/Plans", "/Plans/Empty", "/Plans/goals.txt"),
    }
    goals = client.files_get_metadata("/Plans/goals.txt")
    assert (goals.sharing_info.read_only, goals.client_modified.year) == (True, 2020)
    before = client.files_get_metadata("/Plans/goals.txt").rev
    service.reset(to="seed")
    again = service.team_client().as_user(bob.team_member_id).with_path_root(root)
    assert again.files_get_metadata("/Plans/goals.txt").rev == before


def test_a_team_of_the_older_form_may_be_in_a_seed_file(write):
    service = FakeDropboxService(seed=write(team_space=False, licenses=2, folders=[PLANS]))
    assert service.teams.default.root_namespace_id is None
    assert service.teams.default.file_requests
    (ada, _) = service.teams.members(service.teams.default)
    assert service.files_of(ada.account) == {"/own.txt": b"of Ada", "/Plans/goals.txt": b"1"}


def test_a_team_in_a_seed_file_may_have_switched_off_file_requests(write):
    service = FakeDropboxService(seed=write(file_requests=False))
    assert not service.teams.default.file_requests


@pytest.mark.parametrize(
    ("team", "message"),
    [
        ({"licenses": 1}, r"teams\[0\]: licenses: expected one for each member, got 1"),
        ({"members": [{"email": "x"}]}, r"teams\[0\]: members: expected an e-mail address"),
        (
            {"folders": [{"name": "A", "editors": ["out@example.com"]}]},
            r"teams\[0\].folders\[0\]: editors: expected addresses of members",
        ),
        ({"folders": [{"name": "a/b"}]}, r"teams\[0\].folders\[0\]: invalid_folder_name"),
        ({"members": [{"email": "a@b", "rol": "x"}]}, r"did you mean 'role'"),
        ({"folders": [{"name": "A", "files": {"a": ""}}]}, r"begins with a slash"),
    ],
)
def test_an_error_names_the_part_of_the_team(write, team, message):
    with pytest.raises(ValueError, match=message):
        FakeDropboxService(seed=write(**team))
