"""A team of an administrator and two members, and clients for it through the test's door."""

import dropbox
import pytest

from fakedropbox import FakeDropbox
from fakedropbox.client import credentials_of

PEOPLE = ["ada@acme.example.com", "bob@acme.example.com", "eve@acme.example.com"]


@pytest.fixture
def acme(service):
    """A team with the administrator Ada and the members Bob and Eve."""
    return service.teams.create("Acme", PEOPLE)


@pytest.fixture
def ada(service, acme):
    return service.teams.members(acme)[0]


@pytest.fixture
def bob(service, acme):
    return service.teams.members(acme)[1]


@pytest.fixture
def eve(service, acme):
    return service.teams.members(acme)[2]


@pytest.fixture
def connect_team(connect, service):
    """A function that returns a `DropboxTeam` for the door of the test."""

    def made(login, **options):
        dbx = connect(login)
        if isinstance(dbx, FakeDropbox):
            return service.team_client(login=login, **options)
        given = {**credentials_of(service, login), **options}
        return dropbox.DropboxTeam(session=dbx._session, **given)

    return made


@pytest.fixture
def team(connect_team, service, acme):
    """A client of the team."""
    return connect_team(service.logins.create(team=acme))


@pytest.fixture
def admin(team, ada):
    """A client of Ada with the rights of an administrator, with her home as the root."""
    return team.as_admin(ada.team_member_id)


@pytest.fixture
def as_ada(team, ada):
    """A client of Ada with the rights of a member, with her home as the root."""
    return team.as_user(ada.team_member_id)


@pytest.fixture
def as_bob(team, bob):
    """A client of Bob, with his home as the root."""
    return team.as_user(bob.team_member_id)
