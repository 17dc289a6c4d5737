"""Tests of links in shared folders whose policy restricts who may use them."""

import pytest
from dropbox.sharing import AccessLevel, AddMember, MemberSelector, SharedLinkPolicy
from tests.support.browser import Browser
from tests.support.doors import refusal
from tests.support.links import DENIED, PASSWORD, SECRET, data, modified, seen, shared
from tests.support.shared_folders import by_email, email

PUBLIC, PEOPLE = ("public", "team_only", "password"), ("public", "team", "password", "no_one")


@pytest.fixture
def outsider(connect, service):
    """A client of an account outside the team; `folder_with` adds the account to the folder."""
    return connect(service.logins.create(service.accounts.create("out@example.com")))


@pytest.fixture
def folder_with(service, as_ada, outsider):
    """A function that shares the folder `/Docs` with a policy for links, and returns its id."""

    def made(policy):
        as_ada.files_upload(b"1", "/Docs/a.txt")
        shared_link_policy = SharedLinkPolicy(policy)
        meta = as_ada.sharing_share_folder("/Docs", shared_link_policy=shared_link_policy)
        member = AddMember(MemberSelector.email("out@example.com"), AccessLevel.editor)
        folder = meta.get_complete().shared_folder_id
        as_ada.sharing_add_folder_member(folder, [member])
        return folder

    return made


def rights(link):
    """Return the resolved and requested visibility of a link, its refused and resolved policies."""
    found = link.link_permissions
    refused = {
        each.policy._tag: each.disallowed_reason._tag
        for each in found.visibility_policies
        if not each.allowed
    }
    return (
        found.resolved_visibility._tag,
        None if found.requested_visibility is None else found.requested_visibility._tag,
        refused,
        [each.resolved_policy._tag for each in found.visibility_policies],
    )


@pytest.mark.every_door
@pytest.mark.evidence("S2-34", "S3-30", "S6-10", "S3-22")
def test_only_members_of_the_folder_can_use_a_link_with_the_policy_members(
    service, team, connect, as_ada, bob, eve, outsider, folder_with
):
    folder = folder_with("members")
    link = shared(as_ada, "/Docs/a.txt")
    refused = dict.fromkeys(PUBLIC, "restricted_by_shared_folder")
    only = "shared_folder_only"
    assert rights(link) == (only, "public", refused, [only] * 3)
    as_bob = team.as_user(bob.team_member_id)
    stranger = connect(service.logins.create(service.accounts.create("stranger@example.com")))
    for reader in (as_bob, stranger):
        assert refusal(seen, reader, link) == DENIED
    assert seen(outsider, link).link_permissions.resolved_visibility.is_shared_folder_only()
    assert seen(as_ada, link) == link
    theirs = modified(as_ada, link, **PASSWORD)
    assert rights(theirs)[:2] == (only, "password")
    assert refusal(seen, outsider, link) == DENIED
    assert seen(outsider, link, link_password=SECRET).name == "a.txt"
    as_ada.sharing_update_folder_policy(folder, shared_link_policy=SharedLinkPolicy.anyone)
    assert seen(stranger, link, link_password=SECRET).name == "a.txt"


@pytest.mark.evidence("S3-30", "S5-31", "S5-17")
def test_only_the_team_can_use_a_link_with_the_policy_team(
    service, team, connect, as_ada, bob, outsider, folder_with
):
    folder_with("team")
    link = shared(as_ada, "/Docs/a.txt", audience="public")
    refused = dict.fromkeys(("public", "password"), "restricted_by_shared_folder")
    resolved = ["team_only", "team_only", "team_and_password"]
    assert rights(link) == ("team_only", "public", refused, resolved)
    options = link.link_permissions.audience_options
    assert [each.audience._tag for each in options if each.allowed] == ["team", "no_one"]
    assert link.link_permissions.effective_audience.is_team()
    as_bob = team.as_user(bob.team_member_id)
    assert seen(as_bob, link).link_permissions.resolved_visibility.is_team_only()
    assert refusal(seen, outsider, link) == DENIED
    none = modified(as_ada, link, audience="no_one")
    assert none.link_permissions.resolved_visibility.is_no_one()
    assert refusal(seen, as_bob, link) == DENIED
    assert seen(outsider, link).name == "a.txt"  # the outsider is a member of the folder


@pytest.fixture
def beta(service):
    """The members Zoe and Yan of another team."""
    return service.teams.members(
        service.teams.create("Beta", ["zoe@beta.example.com", "yan@beta.example.com"])
    )


@pytest.fixture
def as_zoe(service, connect, beta):
    return connect(service.logins.create(beta[0].account))


@pytest.fixture
def as_yan(service, connect, beta):
    return connect(service.logins.create(beta[1].account))


@pytest.fixture
def zoes(as_ada, as_zoe, beta, folder_with):
    """The folder `/Docs` of Ada with the policy `team`, and the link of Zoe, an editor, in it."""
    folder = folder_with("team")
    as_ada.sharing_add_folder_member(folder, [by_email(beta[0].email, AccessLevel.editor)])
    as_zoe.sharing_mount_folder(folder)
    return folder, shared(as_zoe, "/Docs/a.txt")


@pytest.mark.every_door
@pytest.mark.evidence("S3-30", "S5-17")
def test_the_policy_team_is_for_the_team_of_the_owner_of_the_folder(
    team, wire, bob, beta, as_zoe, as_yan, zoes
):
    _, link = zoes
    assert rights(link)[0] == "team_only"
    as_bob = team.as_user(bob.team_member_id)
    assert data(as_bob, link) == b"1"
    assert refusal(seen, as_yan, link) == DENIED
    assert data(as_zoe, link) == b"1"
    browser = Browser(wire.session)
    page = browser.session.get(link.url)
    assert browser.fill(page, account=beta[1].account.account_id).status_code == 403
    assert browser.fill(page, account=bob.account.account_id).status_code == 200


@pytest.mark.evidence("S3-30", "S5-17")
def test_a_link_for_the_team_of_its_maker_under_the_policy_team_is_for_those_in_both_teams(
    team, bob, as_ada, as_zoe, as_yan, zoes
):
    folder, link = zoes
    modified(as_zoe, link, audience="team")
    as_bob = team.as_user(bob.team_member_id)
    for reader in (as_bob, as_yan, as_ada):
        assert refusal(seen, reader, link) == DENIED
    assert seen(as_zoe, link).name == "a.txt"
    as_ada.sharing_update_folder_policy(folder, shared_link_policy=SharedLinkPolicy.anyone)
    assert seen(as_yan, link).name == "a.txt"
    assert refusal(seen, as_bob, link) == DENIED


@pytest.mark.evidence("S3-30", "S5-17")
def test_the_maker_of_a_link_for_a_team_that_is_not_his_needs_access_to_the_item(
    team, bob, beta, as_ada, as_zoe, zoes
):
    folder, link = zoes
    as_ada.sharing_remove_folder_member(folder, email(beta[0].email), leave_a_copy=False)
    assert refusal(data, as_zoe, link) == DENIED
    assert data(team.as_user(bob.team_member_id), link) == b"1"


@pytest.mark.evidence("S3-30", "S2-34")
def test_an_editor_of_the_folder_makes_restricted_links_too(outsider, team, bob, folder_with):
    folder = folder_with("members")
    outsider.sharing_mount_folder(folder)
    link = shared(outsider, "/Docs")
    assert rights(link)[0] == "shared_folder_only"
    assert rights(link)[2] == {
        "public": "restricted_by_shared_folder",
        "team_only": "user_not_on_team",
        "password": "user_account_type",
    }
    assert refusal(seen, team.as_user(bob.team_member_id), link) == DENIED
    outsider.sharing_relinquish_folder_membership(folder)
    assert refusal(seen, outsider, link) == DENIED


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
@pytest.mark.evidence("S7-14", "S3-30")
def test_the_older_routes_show_the_restriction_of_a_link(as_ada, folder_with):
    folder_with("members")
    made = as_ada.sharing_create_shared_link("/Docs/a.txt")
    assert made.visibility.is_shared_folder_only()
    (listed,) = as_ada.sharing_get_shared_links("/Docs/a.txt").links
    assert listed.visibility.is_shared_folder_only()


@pytest.mark.evidence("S3-30", "S1-34")
def test_the_page_of_a_restricted_link_asks_for_an_account(wire, as_ada, folder_with):
    folder_with("members")
    url = shared(as_ada, "/Docs/a.txt").url
    page = wire.session.get(url, allow_redirects=False)
    assert page.status_code == 302
    assert "/login" in page.headers["Location"]
