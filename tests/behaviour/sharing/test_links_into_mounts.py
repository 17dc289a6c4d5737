"""Tests of links to what is in a shared folder, made by its owner or by a member."""

import pytest
from dropbox import files
from tests.support.browser import Browser
from tests.support.doors import refusal
from tests.support.links import DENIED, NOT_FOUND, data, dl, modified, seen, shared
from tests.support.shared_folders import account, by_id

pytestmark = pytest.mark.dropbox(
    files={"/Docs/deep/a.txt": b"a", "/Docs/b.txt": b"bb", "/c.txt": b"c"}
)


@pytest.fixture
def mounted(service, friend):
    """The id of the folder /Docs, which the friend has mounted as an editor."""
    return service.share_folder("/Docs", members=[friend])


@pytest.fixture
def both(dbx, friends, mounted):
    """The clients of the owner and of the member, and the links that each made to /Docs/b.txt."""
    friends.files_move_v2("/Docs", "/ours")
    return dbx, friends, shared(dbx, "/Docs/b.txt"), shared(friends, "/ours/b.txt")


@pytest.fixture
def stranger(service, connect):
    return connect(service.logins.create(service.accounts.create("stranger@example.com")))


@pytest.mark.evidence("S3-07", "S4-18", "S5-01")
def test_each_member_has_a_link_with_his_own_path(both, stranger):
    dbx, friends, mine, theirs = both
    assert mine.url != theirs.url
    assert (mine.path_lower, theirs.path_lower) == ("/docs/b.txt", "/ours/b.txt")
    assert seen(dbx, theirs).path_lower is None
    assert seen(friends, mine).path_lower is None
    assert (mine.id, mine.rev) == (theirs.id, theirs.rev)
    for client, own in ((dbx, mine), (friends, theirs)):
        assert [each.url for each in client.sharing_list_shared_links().links] == [own.url]
    for link in (mine, theirs):
        assert data(stranger, link) == b"bb"
        assert seen(stranger, link).path_lower is None


@pytest.mark.evidence("S1-19", "S1-17")
def test_a_change_by_another_member_is_read_through_a_link(both, stranger):
    dbx, friends, mine, theirs = both
    friends.files_upload(b"new", "/ours/b.txt", mode=files.WriteMode.overwrite)
    friends.files_move_v2("/ours/b.txt", "/ours/deep/renamed.txt")
    assert [data(stranger, link) for link in (mine, theirs)] == [b"new", b"new"]
    assert seen(dbx, mine).path_lower == "/docs/deep/renamed.txt"
    assert seen(friends, theirs).path_lower == "/ours/deep/renamed.txt"


@pytest.mark.evidence("S6-16", "S6-19")
def test_only_the_maker_of_a_link_changes_it(both):
    dbx, friends, mine, theirs = both
    for client, link in ((dbx, theirs), (friends, mine)):
        assert refusal(client.sharing_revoke_shared_link, link.url) == DENIED
        assert refusal(modified, client, link, audience="no_one") == DENIED
    friends.sharing_revoke_shared_link(theirs.url)
    assert refusal(seen, dbx, theirs) == NOT_FOUND
    assert seen(friends, mine).url == mine.url


@pytest.mark.evidence("S1-20", "S16-12")
def test_a_deletion_by_another_member_ends_a_link(both, stranger):
    dbx, friends, mine, theirs = both
    friends.files_delete_v2("/ours/b.txt")
    for link in (mine, theirs):
        assert refusal(seen, stranger, link) == NOT_FOUND
    assert dbx.sharing_list_shared_links().links == []


@pytest.mark.evidence("S1-01", "S12-10")
@pytest.mark.parametrize("end", ["delete", "unmount"])
def test_a_link_survives_the_end_of_a_mount(both, stranger, mounted, end):
    _, friends, mine, theirs = both
    if end == "delete":
        friends.files_delete_v2("/ours")
    else:
        friends.sharing_unmount_folder(mounted)
    assert [data(stranger, link) for link in (mine, theirs)] == [b"bb", b"bb"]
    assert friends.sharing_list_shared_links().links == []
    friends.sharing_mount_folder(mounted)
    (listed,) = friends.sharing_list_shared_links().links
    assert (listed.url, listed.path_lower) == (theirs.url, "/docs/b.txt")


@pytest.mark.evidence("S1-01", "S3-07", "S11-34")
@pytest.mark.parametrize("end", ["leave", "remove"])
def test_a_link_works_after_the_membership_of_its_maker_has_ended(
    both, stranger, mounted, friend, end
):
    dbx, friends, _, theirs = both
    if end == "leave":
        friends.sharing_relinquish_folder_membership(mounted)
    else:
        dbx.sharing_remove_folder_member(mounted, account(friend.account_id), False)
    assert data(stranger, theirs) == b"bb"
    assert data(friends, theirs) == b"bb"
    found = seen(friends, theirs)
    assert found.path_lower is None
    assert not found.link_permissions.can_revoke
    assert friends.sharing_list_shared_links().links == []
    assert refusal(friends.sharing_create_shared_link_with_settings, "/ours/b.txt") == (
        "path/not_found"
    )


@pytest.mark.every_door
@pytest.mark.evidence("S2-08", "S13-11")
def test_a_revision_makes_no_link_to_a_file_that_was_moved_out_of_reach(dbx, friends, mounted):
    assert mounted
    old = friends.files_upload(b"1", "/Docs/x.txt")
    dbx.files_move_v2("/Docs/x.txt", "/private.txt")
    dbx.files_upload(b"secret", "/private.txt", mode=files.WriteMode.overwrite)
    rev = f"rev:{old.rev}"
    assert friends.files_download(rev)[1].content == b"1"
    assert refusal(shared, friends, rev) == "path/not_found"
    assert refusal(friends.sharing_list_shared_links, rev) == "path/not_found"
    assert shared(dbx, rev).path_lower == "/private.txt"


@pytest.mark.evidence("S5-17", "S5-31")
@pytest.mark.parametrize("end", ["leave", "remove"])
def test_the_maker_of_a_link_for_no_one_needs_access_to_the_item(both, wire, mounted, friend, end):
    dbx, friends, _, theirs = both
    modified(friends, theirs, audience="no_one")
    browser = Browser(wire.session)
    page = browser.session.get(theirs.url)
    assert data(friends, theirs) == b"bb"
    if end == "leave":
        friends.sharing_relinquish_folder_membership(mounted)
    else:
        dbx.sharing_remove_folder_member(mounted, account(friend.account_id), False)
    dbx.files_upload(b"later", "/Docs/b.txt", mode=files.WriteMode.overwrite)
    assert refusal(seen, friends, theirs) == DENIED
    assert refusal(data, friends, theirs) == DENIED
    assert data(dbx, theirs) == b"later"
    assert browser.fill(page, account=friend.account_id).status_code == 403
    dbx.sharing_add_folder_member(mounted, [by_id(friend.account_id)])
    assert data(friends, theirs) == b"later"


@pytest.mark.evidence("S1-25", "S5-07", "S5-22")
def test_a_link_to_the_folder_gives_access_to_what_others_put_into_it(
    dbx, friends, mounted, stranger
):
    friends.files_move_v2("/Docs", "/ours")
    for client, path in ((dbx, "/Docs"), (friends, "/ours")):
        link = shared(client, path)
        assert link.path_lower == path.lower()
        friends.files_upload(path.encode(), "/ours/deep/new.txt", files.WriteMode.overwrite)
        assert data(stranger, link, path="/deep/new.txt") == path.encode()
        through = files.SharedLink(link.url)
        found = stranger.files_list_folder("/deep", shared_link=through).entries
        assert [entry.name for entry in found] == ["a.txt", "new.txt"]
        assert {entry.path_lower for entry in found} == {None}
        (entry, _) = client.files_list_folder("/deep", shared_link=through).entries
        assert entry.path_lower == f"{path.lower()}/deep/a.txt"


@pytest.mark.evidence("S1-01")
def test_a_viewer_can_make_a_link_that_others_read(service, dbx, friend, friends, stranger):
    service.share_folder("/Docs", members=[(friend, "viewer")])
    link = shared(friends, "/Docs/b.txt")
    assert data(stranger, link) == b"bb"
    assert link.id == dbx.files_get_metadata("/Docs/b.txt").id


@pytest.mark.evidence("S1-14", "S1-15")
def test_the_page_of_a_link_into_a_mount_gives_the_file(both, service, mounted):
    dbx, friends, mine, theirs = both
    browser = Browser(service.session())
    for link in (mine, theirs):
        assert browser.session.get(dl(link, "1")).content == b"bb"
    top = shared(friends, "/ours")
    page = browser.session.get(top.url)
    assert "deep" in page.text
    assert "b.txt" in page.text
    friends.sharing_relinquish_folder_membership(mounted)
    assert browser.session.get(dl(theirs, "1")).content == b"bb"
    dbx.sharing_unshare_folder(mounted)
    assert browser.session.get(dl(mine, "1")).content == b"bb"
    dbx.files_delete_v2("/Docs")
    assert browser.session.get(dl(mine, "1")).status_code == 404
