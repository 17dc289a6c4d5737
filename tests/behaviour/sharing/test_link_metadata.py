"""Tests of the metadata of links: as the owner and others see it, and after changes."""

import json

import pytest
from dropbox.files import WriteMode
from dropbox.sharing import FileLinkMetadata, FolderLinkMetadata
from tests.support.doors import newer_sdk, refusal
from tests.support.links import LATER, seen, settings, shared, tag, visibility, with_files

from fakedropbox import Login

pytestmark = with_files
ROUTE = "sharing/get_shared_link_metadata"
HAS_PREVIEW_TYPE = hasattr(FileLinkMetadata, "preview_type")
REQUIRED = (
    "can_revoke",
    "visibility_policies",
    "can_set_expiry",
    "can_remove_expiry",
    "allow_download",
    "can_allow_download",
    "can_disallow_download",
    "allow_comments",
    "team_restricts_comments",
)


def refusals(options, field):
    """Return the tag of each policy or audience option, and the reason why it is refused."""
    found = [(tag(getattr(option, field)), tag(option.disallowed_reason)) for option in options]
    assert [option.allowed for option in options] == [reason is None for _, reason in found]
    return found


@pytest.mark.evidence("S3-05", "S3-06", "S3-09", "S2-05")
def test_a_link_describes_its_file(dbx):
    dbx.files_upload(b"1", "/Größe 大.TXT")
    link, meta = shared(dbx, "/größe 大.txt"), dbx.files_get_metadata("/Größe 大.TXT")
    assert isinstance(link, FileLinkMetadata)
    for field in ("id", "name", "path_lower", "rev", "size", "client_modified", "server_modified"):
        assert getattr(link, field) == getattr(meta, field)


@pytest.mark.evidence("S3-02", "S3-25", "O4.1-05")
def test_a_link_to_a_folder_describes_the_folder(dbx):
    link, meta = shared(dbx, "/Docs/Deep"), dbx.files_get_metadata("/Docs/Deep")
    assert type(link) is FolderLinkMetadata
    assert (link.id, link.name, link.path_lower) == (meta.id, "deep", "/docs/deep")
    assert getattr(link, "preview_type", None) is link.expires is link.team_member_info is None
    assert getattr(link, "created_timestamp", None) is None


@pytest.mark.evidence("S3-01", "S3-10", "S3-15", "S3-23", "S4-17", "F0-53")
def test_the_keys_come_in_the_recorded_order(service, wire):
    account = service.accounts.create("pro@example.com", plan="pro")
    service.seed_files({"/a.txt": b""}, account=account)
    link = shared(service.client(account=account), "/a.txt", expires=LATER, audience="public")
    token = service.logins.create(account).access_token
    text = wire.rpc(ROUTE, {"url": link.url}, headers={"Authorization": f"Bearer {token}"}).text
    common = [".tag", "url", "id", "name", "expires", "path_lower", "link_permissions"]
    of_file = ["client_modified", "server_modified", "rev", "size"]
    if HAS_PREVIEW_TYPE:
        of_file.insert(0, "preview_type")
    assert list(json.loads(text)) == [*common, *of_file]
    assert list(json.loads(text)["link_permissions"]) == [
        "resolved_visibility",
        "requested_visibility",
        "can_revoke",
        "effective_audience",
        "link_access_level",
        *REQUIRED[1:],
        "audience_options",
        "can_set_password",
        "can_remove_password",
    ]
    other = wire.rpc(ROUTE, {"url": link.url}).text
    assert '"can_revoke": false, "revoke_failure_reason": {".tag": "owner_only"}, ' in other
    assert list(json.loads(other)) == [*common[:5], *common[6:], *of_file]


@newer_sdk(HAS_PREVIEW_TYPE, "`preview_type` of links")
@pytest.mark.evidence("S3-03", "S3-04")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("/a.TXT", "text"),
        ("/a.docx", "doc"),
        ("/a.zip", "archive"),
        ("/a.csv", "excel"),
        ("/a.png", None),
        ("/txt", None),
    ],
)
def test_the_preview_type_follows_the_extension(dbx, name, expected):
    dbx.files_upload(b"", name)
    assert shared(dbx, name).preview_type == expected


@pytest.mark.evidence("S3-12", "S3-13", "S3-14", "S3-15", "S3-24", "S3-26", "O4.1-06")
def test_the_owner_on_the_basic_plan_sees_the_reasons_for_missing_permissions(dbx):
    found = shared(dbx, "/d.zip").link_permissions
    no_team, plan = "user_not_on_team", "user_account_type"
    assert refusals(found.visibility_policies, "policy") == [
        ("public", None),
        ("team_only", no_team),
        ("password", plan),
    ]
    for policy in found.visibility_policies:
        assert tag(policy.resolved_policy) == tag(policy.policy)
    assert refusals(found.audience_options, "audience") == [
        ("public", None),
        ("team", no_team),
        ("password", plan),
        ("no_one", None),
    ]
    flags = {name: getattr(found, name) for name in REQUIRED if name != "visibility_policies"}
    assert flags == {
        "can_revoke": True,
        "can_set_expiry": False,
        "can_remove_expiry": True,
        "allow_download": True,
        "can_allow_download": True,
        "can_disallow_download": False,
        "allow_comments": True,
        "team_restricts_comments": False,
    }
    assert (found.can_set_password, found.can_remove_password) == (False, False)
    for name in ("effective_audience", "link_access_level", "require_password", "can_sync"):
        assert getattr(found, name, None) is None


@pytest.mark.evidence("S3-16", "S3-18", "O4.1-05", "O0-11")
def test_a_team_member_has_all_rights_and_is_named(client_of, dbx):
    business, mate = client_of("business"), client_of("business")
    link = shared(business, "/Docs")
    found = link.link_permissions
    assert [reason for _, reason in refusals(found.visibility_policies, "policy")] == [None] * 3
    assert [reason for _, reason in refusals(found.audience_options, "audience")] == [None] * 4
    rights = [name for name in REQUIRED if name.startswith("can_")]
    for name in (*rights, "can_set_password", "can_remove_password"):
        assert getattr(found, name)
    member = link.team_member_info
    assert (member.display_name, len(member.team_info.id)) == ("Other User", 41)
    assert member.member_id.startswith("dbmid:")
    assert seen(mate, link).team_member_info == member
    assert seen(dbx, link).team_member_info.member_id is None


@pytest.mark.evidence("S3-27")
def test_the_owner_on_the_professional_plan_lacks_only_the_rights_of_a_team(pro):
    found = shared(pro, "/d.zip").link_permissions
    reasons = [reason for _, reason in refusals(found.visibility_policies, "policy")]
    assert reasons == [None, "user_not_on_team", None]
    assert found.can_set_expiry
    assert found.can_set_password
    assert found.can_disallow_download


@pytest.mark.evidence("S3-07", "S3-22", "S3-23", "S3-28")
def test_readers_other_than_the_owner_have_no_rights_and_see_no_path(dbx, other):
    link = shared(dbx, "/d.zip")
    theirs = seen(other, link)
    assert (theirs.url, theirs.id, theirs.rev) == (link.url, link.id, link.rev)
    assert theirs.path_lower is None
    assert visibility(theirs) == ("public", None)
    found = theirs.link_permissions
    assert tag(found.revoke_failure_reason) == "owner_only"
    assert (found.visibility_policies, found.audience_options) == ([], None)
    can = [name for name in REQUIRED if name.startswith("can_")]
    assert [getattr(found, name) for name in can] == [False] * len(can)
    assert link.link_permissions.revoke_failure_reason is None


@pytest.mark.evidence("S16-01", "S4-20", "S5-01")
def test_creating_listing_and_reading_a_link_return_the_same_metadata(dbx):
    for path in ("/d.zip", "/Docs"):
        link = shared(dbx, path)
        assert dbx.sharing_list_shared_links(path, direct_only=True).links == [link]
        assert seen(dbx, link) == link
        assert dbx.sharing_list_shared_links().links[-1] == link


def test_changing_returned_metadata_does_not_change_the_link(dbx):
    link = shared(dbx, "/d.zip")
    link.link_permissions.visibility_policies.clear()
    again = seen(dbx, link)
    again.link_permissions.audience_options[0].allowed = False
    again.name = "changed"
    assert len(seen(dbx, link).link_permissions.visibility_policies) == 3
    assert seen(dbx, link).link_permissions.audience_options[0].allowed
    assert seen(dbx, link).name == "d.zip"


@pytest.mark.evidence("S1-17", "S1-18", "S1-19")
def test_a_link_follows_its_item(dbx):
    link, folder = shared(dbx, "/Docs/a b.txt"), shared(dbx, "/Docs")
    moved = dbx.files_move_v2("/Docs", "/Other").metadata
    assert seen(dbx, folder).path_lower == moved.path_lower
    renamed = dbx.files_move_v2("/Other/a b.txt", "/new.csv").metadata
    new = dbx.files_upload(b"more", "/new.csv", mode=WriteMode.overwrite)
    found = seen(dbx, link)
    assert (found.url, found.id) == (link.url, renamed.id)
    assert (found.name, found.path_lower) == ("new.csv", "/new.csv")
    assert (found.rev, found.size) == (new.rev, 4)
    copied = dbx.files_copy_v2("/new.csv", "/copy.csv").metadata
    assert dbx.sharing_list_shared_links(copied.id).links == []


@pytest.mark.evidence("S1-20", "S1-21")
def test_a_link_ends_with_the_deletion_of_its_item_and_works_again_after_a_restore(dbx):
    link, folder = shared(dbx, "/Docs/a b.txt"), shared(dbx, "/Docs")
    rev = link.rev
    dbx.files_delete_v2("/Docs")
    for each in (link, folder):
        assert refusal(seen, dbx, each) == "shared_link_not_found"
    assert dbx.sharing_list_shared_links().links == []
    dbx.files_restore("/Docs/a b.txt", rev)
    assert seen(dbx, link).url == link.url
    assert dbx.sharing_list_shared_links("/Docs/a b.txt").links == [seen(dbx, link)]
    dbx.files_delete_v2("/Docs/a b.txt")
    dbx.files_upload(b"another", "/Docs/a b.txt")
    assert refusal(seen, dbx, link) == "shared_link_not_found"
    assert shared(dbx, "/Docs/a b.txt").url != link.url


@pytest.mark.evidence("S1-22", "S1-23", "S5-24")
def test_an_expired_link_is_gone(pro, service):
    link = shared(pro, "/d.zip", expires=LATER)
    service.clock.advance(31 * 86400 - 1)
    assert seen(pro, link).expires == LATER
    service.clock.advance(1)
    assert refusal(seen, pro, link) == "shared_link_not_found"
    assert pro.sharing_list_shared_links().links == []
    assert pro.sharing_list_shared_links("/d.zip").links == []
    new = shared(pro, "/d.zip")
    assert new.url != link.url
    assert pro.sharing_list_shared_links().links == [new]
    assert refusal(seen, pro, link) == "shared_link_not_found"


def test_a_restored_snapshot_has_its_links_again(pro, service):
    link = shared(pro, "/d.zip", expires=LATER, link_password="x")
    before, all_links = service.snapshot(), pro.sharing_list_shared_links().links
    pro.sharing_modify_shared_link_settings(link.url, settings(require_password=False), True)
    pro.sharing_revoke_shared_link(link.url)
    new = shared(pro, "/d.zip")
    folder = shared(pro, "/Docs")
    service.restore(before)
    assert pro.sharing_list_shared_links().links == all_links == [link]
    for each in (new, folder):
        assert refusal(seen, pro, each) == "shared_link_not_found"
    assert refusal(seen, pro, link) == "shared_link_access_denied"
    assert seen(pro, link, link_password="x") == link


def test_reset_removes_all_links(dbx, service, connect):
    link = shared(dbx, "/d.zip")
    service.reset()
    again = connect(Login(access_token=service.login.access_token))
    assert refusal(seen, again, link) == "shared_link_not_found"
    assert again.sharing_list_shared_links().links == []
