"""Tests of links in shared folders whose policy restricts who may use them."""

import pytest
from dropbox.sharing import AccessLevel, AddMember, MemberSelector, SharedLinkPolicy
from tests.support.doors import refusal
from tests.support.links import DENIED, PASSWORD, SECRET, modified, seen, shared

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
