"""Tests of `service.teams`, and of clients for teams."""

import pytest

from fakedropbox import FakeDropboxService, FakeDropboxTeam, Login, NotImplementedInFake
from fakedropbox._identity.teams import name_of_address


@pytest.fixture
def service():
    return FakeDropboxService()


def roles(service, team):
    return [(member.email, member.role) for member in service.teams.members(team)]


def test_the_first_member_is_an_administrator_unless_roles_are_given(service):
    team = service.teams.create("A", ["ada@example.com", "bob@example.com"])
    assert roles(service, team) == [
        ("ada@example.com", "team_admin"),
        ("bob@example.com", "member_only"),
    ]
    people = [("cid@example.com", "support_admin"), "dan@example.com"]
    assert [role for _, role in roles(service, service.teams.create("B", people))] == [
        "support_admin",
        "member_only",
    ]
    assert [team.name for team in service.teams] == ["A", "B"]
    assert len(service.teams) == 2


def test_members_have_accounts_on_the_plan_business(service):
    team = service.teams.create(members=["ada.king@example.com"])
    (ada,) = service.teams.members(team)
    assert ada.account is service.accounts.by_email("ADA.king@example.com")
    assert (ada.account.plan, ada.account.team) == ("business", team)
    assert (ada.display_name, ada.account.display_name) == ("Ada King", "Ada King")
    assert ada.team_member_id == ada.account.team_member_id
    assert service.teams.of(ada.account) == ada
    assert service.teams.of(service.accounts.default) is None


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("ada@x", ("Ada", "")),
        ("ada.de.king@x", ("Ada", "De King")),
        ("@x", ("Member", "")),
        ("..@x", ("Member", "")),
    ],
)
def test_the_name_of_a_member_comes_from_the_address(email, name):
    assert name_of_address(email) == name


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": " "}, "name: expected at least one character, got ' '"),
        ({"name": 1}, "name: expected str"),
        ({"members": "ada@example.com"}, "members: expected a collection of addresses"),
        ({"members": [1]}, "members: expected addresses, or pairs"),
        ({"members": ["ada"]}, "members: expected an e-mail address, got 'ada'"),
        ({"members": [("ada@x", "boss")]}, "members: expected a role of team_admin, .*'boss'"),
        ({"members": ["ada@x", "ADA@x"]}, "members: expected each address once, got 'ADA@x'"),
        ({"members": ["new@x", "OWNER@example.com"]}, "members: expected new .*'OWNER@example"),
        ({"members": ["new@x", "mate@x"]}, "members: expected new addresses, got 'mate@x'"),
        ({"members": ["a@x", "b@x"], "licenses": 1}, "licenses: expected one for each member"),
        ({"licenses": 0}, "licenses: expected one for each member, got 0"),
        ({"licenses": "2"}, "licenses: expected int"),
    ],
)
def test_create_refuses_an_invalid_argument_and_makes_nothing(service, given, message):
    service.teams.invite(service.teams.create("Known", ["boss@x"]), "mate@x")
    with pytest.raises((TypeError, ValueError), match=message):
        service.teams.create(**given)
    assert (len(service.teams), len(service.accounts)) == (1, 2)


def test_accounts_on_the_plan_business_are_members_of_a_team():
    service = FakeDropboxService(plan="business")
    bob = service.accounts.create("bob@example.com", plan="business")
    (team,) = service.teams
    assert team == bob.team == service.accounts.default.team == service.teams.default
    assert [role for _, role in roles(service, team)] == ["team_admin", "member_only"]
    assert service.team_client().as_user(bob.team_member_id).files_list_folder("").entries == []


def test_a_restored_snapshot_has_no_later_team_or_member(service):
    kept = service.teams.create("Kept", ["a@example.com"])
    with service.scratch():
        team = service.teams.create("Later", ["b@example.com"])
        invited = service.teams.invite(kept, "c@example.com")
        service.teams.change(service.teams.members(kept)[0], email="new@example.com")
        service.teams.accept("c@example.com")
        group = service.gate.world.groups.create(
            kept, "G", management="user_managed", external_id=None
        )
        service.gate.world.groups.delete(group)
    assert list(service.teams) == [kept]
    assert [member.email for member in service.teams.members(kept)] == ["a@example.com"]
    assert service.accounts.by_email("new@example.com") is None
    assert service.accounts.by_email("a@example.com").team == kept
    assert service.teams.by_id(invited.team_member_id) is None
    assert service.gate.world.groups.of(kept) == []
    assert not service.gate.world.groups.was_deleted(group.group_id)
    with pytest.raises(ValueError, match="team: expected one of this service"):
        service.teams.members(team)
    assert service.teams.create("Later", ["b@example.com"]) == team  # the same seed, the same id


def test_only_an_invitation_can_be_accepted(service):
    team = service.teams.create("A", ["ada@example.com"])
    for email in ("ada@example.com", "nobody@example.com"):
        with pytest.raises(ValueError, match=f"email: expected .* an invitation, got '{email}'"):
            service.teams.accept(email)
    with pytest.raises(TypeError, match="email: expected str"):
        service.teams.accept(1)
    service.teams.invite(team, "owner@example.com")
    with pytest.raises(NotImplementedInFake, match=r"teams\.accept: an account that becomes"):
        service.teams.accept("owner@example.com")
    assert len(service.accounts) == 2


@pytest.mark.evidence("P4-16")
def test_a_login_of_a_team_needs_an_administrator(service):
    team = service.teams.create("A", ["ada@example.com", "bob@example.com"])
    ada, bob = service.teams.members(team)
    assert service.logins.create(team=team).account_email == ada.email
    assert service.logins.create(ada.account, team=team).account_email == ada.email
    with pytest.raises(ValueError, match="account: expected an administrator of the team"):
        service.logins.create(bob.account, team=team)
    with pytest.raises(ValueError, match="app: expected one with full access for a team"):
        service.logins.create(team=team, app=service.apps.create(folder="Small"))
    with pytest.raises(ValueError, match="team: expected one of this service"):
        service.logins.create(team=FakeDropboxService(seed=1).teams.create("A"))
    with pytest.raises(TypeError, match="team: expected Team or None"):
        service.logins.create(team="A")
    with pytest.raises(ValueError, match="team: expected one with an active member"):
        service.logins.create(team=service.teams.create("Empty"))


# Clients


def test_a_team_client_uses_the_first_team(service):
    with pytest.raises(ValueError, match=r"team: expected a service with a team.*teams\.create"):
        service.team_client()
    with pytest.raises(ValueError, match="team: expected a service with a team"):
        FakeDropboxTeam(service=service)
    first = service.teams.create("First", ["a@example.com"])
    second = service.teams.create("Second", ["b@example.com"])
    assert service.team_client().team_get_info().name == "First"
    assert service.team_client(second).team_get_info().name == "Second"
    assert FakeDropboxTeam(service=service).team_get_info().name == "First"
    login = service.logins.create(team=second)
    assert service.team_client(login=login, timeout=3)._timeout == 3
    assert service.team_client(login=login).team_get_info().name == "Second"
    with pytest.raises(ValueError, match="team, login: expected one of them, got both"):
        service.team_client(first, login=login)


def test_a_team_client_without_a_service_has_one_with_a_team():
    client = FakeDropboxTeam()
    assert client.team_get_info().name == "Team"
    assert client.team_token_get_authenticated_admin().admin_profile.email == "admin@example.com"


@pytest.mark.parametrize(
    "given",
    [
        {"oauth2_access_token": "token"},
        {"oauth2_refresh_token": "refresh", "app_key": "key", "app_secret": "secret"},
    ],
)
def test_a_team_client_without_a_service_accepts_its_credentials(given):
    client = FakeDropboxTeam(**given)
    assert client.team_get_info().num_provisioned_users == 1
    assert client.service.login != Login()


def test_a_link_to_a_team_grants_nothing_to_its_administrator(service):
    team = service.teams.create("A", ["ada@example.com"])
    service.logins.create(team=team)
    tokens, app = service.gate.world.tokens, service.apps.default
    (ada,) = service.teams.members(team)
    assert [link.team for link in tokens.links(app)] == [None, team]
    assert tokens.granted(ada.account, app) == frozenset()
    link = tokens.grant(service.logins.create(team=team).access_token).link
    assert repr(link) == f"<AppLink of {app.key} to {team.team_id}>"


def test_a_client_of_a_team_made_by_the_seed_stays_usable_after_a_reset():
    wanted = Login(refresh_token="refresh", app_key="key", app_secret="secret")

    def fill(made):
        made.logins.create(team=made.teams.create("A", ["ada@example.com"]), login=wanted)

    app = Login(app_key="key", app_secret="secret")
    service = FakeDropboxService(fill, login=app)
    client = service.team_client(login=wanted)
    assert client.team_get_info().name == "A"
    service.reset("seed")
    assert client.team_get_info().name == "A"
    assert [call.route for call in service.calls] == ["team/get_info"]
