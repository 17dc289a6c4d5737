"""Tests of the members of shared folders."""

import pytest
from dropbox import sharing
from tests.support.doors import refusal

from fakedropbox import NotImplementedInFake

LEVEL = sharing.AccessLevel


@pytest.fixture
def folder(dbx):
    """The id of a folder that the default account has shared with nobody yet."""
    return dbx.sharing_share_folder("/Docs").get_complete().shared_folder_id


@pytest.fixture
def friend(service):
    """Another account."""
    return service.accounts.create("Friend@example.com", "Good Friend")


def by_email(email, level=None):
    return sharing.AddMember(sharing.MemberSelector.email(email), level)


def by_id(account_id, level=None):
    return sharing.AddMember(sharing.MemberSelector.dropbox_id(account_id), level)


def levels(result):
    found = {user.user.email: user.access_type._tag for user in result.users}
    invited = {each.invitee.get_email(): each.access_type._tag for each in result.invitees}
    return {**found, **invited}


@pytest.mark.evidence("S11-01", "S11-02", "S11-03", "S11-06")
def test_the_owner_is_the_first_member(wire, service):
    number = wire.rpc("sharing/share_folder", {"path": "/Docs"}).json()["shared_folder_id"]
    found = wire.rpc("sharing/list_folder_members", {"shared_folder_id": number}).json()
    owner = service.accounts.default
    assert list(found) == ["users", "groups", "invitees"]
    assert found["groups"] == found["invitees"] == []
    assert found["users"] == [
        {
            "access_type": {".tag": "owner"},
            "is_inherited": False,
            "user": {
                "account_id": owner.account_id,
                "email": owner.email,
                "display_name": owner.display_name,
                "same_team": False,
            },
        }
    ]
    assert list(found["users"][0]) == ["access_type", "is_inherited", "user"]


@pytest.mark.evidence("S10-15", "S11-07", "S11-12", "S11-13", "S11-16", "S16-06", "S9-05")
def test_an_account_becomes_a_member_and_another_address_an_invitee(
    connect, dbx, folder, friend, service
):
    service.clock.advance(60)
    added = [by_email("friend@EXAMPLE.com", LEVEL.editor), by_email("New@example.com")]
    assert dbx.sharing_add_folder_member(folder, added) is None
    theirs = connect(service.logins.create(friend))
    for client in (dbx, theirs):
        result = client.sharing_list_folder_members(folder)
        assert levels(result) == {
            service.accounts.default.email: "owner",
            "Friend@example.com": "editor",
            "new@example.com": "viewer",
        }
        assert result.invitees[0].user is None
    for found in (
        theirs.sharing_list_mountable_folders().entries[0],
        theirs.sharing_get_folder_metadata(folder),
    ):
        assert found.access_type.is_editor()
        assert (found.path_lower, found.path_display) == (None, None)
        assert found.time_invited == service.clock.utcnow().replace(microsecond=0)
    late = service.accounts.create("new@example.com")
    assert connect(service.logins.create(late)).sharing_list_folders().entries
    assert dbx.sharing_list_folder_members(folder).invitees[0].user.account_id == late.account_id


@pytest.mark.evidence("S11-17")
def test_adding_a_member_again_only_gives_more_access(dbx, folder, friend, service):
    for level, after in (
        (LEVEL.viewer, "viewer"),
        (LEVEL.editor, "editor"),
        (LEVEL.viewer_no_comment, "editor"),
    ):
        added = [by_id(friend.account_id, level), by_email("new@example.com", level)]
        dbx.sharing_add_folder_member(folder, added)
        found = levels(dbx.sharing_list_folder_members(folder))
        assert found == {
            service.accounts.default.email: "owner",
            friend.email: after,
            "new@example.com": after,
        }


@pytest.mark.evidence("S11-14", "S11-19", "S11-24")
def test_one_bad_member_refuses_all(dbx, folder, friend, service):
    good = by_id(friend.account_id)
    for bad, error in (
        (by_id("dbid:none"), "bad_member/invalid_dropbox_id"),
        (by_email("new@example.com", LEVEL.owner), "no_permission"),
        (by_email("new@example.com", LEVEL.traverse), "no_permission"),
    ):
        assert refusal(dbx.sharing_add_folder_member, folder, [good, bad]) == error
    assert list(levels(dbx.sharing_list_folder_members(folder))) == [service.accounts.default.email]
    assert service.client(account=friend).sharing_list_folders().entries == []


@pytest.mark.evidence("S11-15", "S11-18", "S11-21", "S11-23")
def test_who_may_not_add_members_is_refused(dbx, folder, friend, service):
    theirs = service.client(account=friend)
    third = [by_email("third@example.com")]
    add = theirs.sharing_add_folder_member
    assert refusal(dbx.sharing_add_folder_member, "xxx", third) == "access_error/invalid_id"
    assert refusal(add, folder, third) == "access_error/not_a_member"
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id)])
    assert refusal(add, folder, third) == "no_permission"
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id, LEVEL.editor)])
    add(folder, third)
    closed = dbx.sharing_share_folder("/own", acl_update_policy=sharing.AclUpdatePolicy.owner)
    closed = closed.get_complete().shared_folder_id
    dbx.sharing_add_folder_member(closed, [by_id(friend.account_id, LEVEL.editor)])
    assert refusal(add, closed, third) == "no_permission"
    late = service.accounts.create("late@example.com", email_verified=False)
    dbx.sharing_add_folder_member(folder, [by_id(late.account_id, LEVEL.editor)])
    add = service.client(account=late).sharing_add_folder_member
    assert refusal(add, folder, third) == "email_unverified"


@pytest.mark.evidence("S11-18")
def test_a_malformed_address_is_bad_input(wire, folder):
    member = {"member": {".tag": "email", "email": "no address"}}
    given = {"shared_folder_id": folder, "members": [member]}
    assert wire.rpc("sharing/add_folder_member", given).status_code == 400


@pytest.mark.evidence("S11-01", "S11-11")
def test_members_and_invitees_come_in_pages_together(dbx, folder, friend, service):
    added = [by_email("b@example.com"), by_id(friend.account_id), by_email("a@example.com")]
    dbx.sharing_add_folder_member(folder, added)
    page = dbx.sharing_list_folder_members(folder, limit=3)
    assert list(levels(page)) == [
        service.accounts.default.email,
        friend.email,
        "b@example.com",
    ]
    last = dbx.sharing_list_folder_members_continue(page.cursor)
    assert (list(levels(last)), last.cursor) == (["a@example.com"], None)


@pytest.mark.evidence("S11-09")
def test_refusals_of_the_list_and_of_its_next_page(dbx, folder, friend, service):
    theirs = service.client(account=friend)
    dbx.sharing_add_folder_member(folder, [by_email("b@example.com")])
    snapshot = service.snapshot()
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id)])
    cursor = theirs.sharing_list_folder_members(folder, limit=1).cursor
    more = theirs.sharing_list_folder_members_continue
    assert levels(more(cursor)) == {"b@example.com": "viewer"}
    assert refusal(dbx.sharing_list_folder_members_continue, cursor) == "invalid_cursor"
    service.restore(snapshot)
    assert refusal(more, cursor) == "access_error/not_a_member"
    assert refusal(more, "x") == "invalid_cursor"
    assert refusal(theirs.sharing_list_folder_members, folder) == "not_a_member"
    assert refusal(theirs.sharing_list_folder_members, "-1") == "invalid_id"


@pytest.mark.evidence("S11-04", "S11-05")
def test_permissions_on_oneself(dbx, folder):
    actions = [sharing.MemberAction.remove, sharing.MemberAction.make_owner]
    (owner,) = dbx.sharing_list_folder_members(folder, actions=actions).users
    assert [each.action for each in owner.permissions] == actions
    assert [each.allow for each in owner.permissions] == [False, False]
    assert all(each.reason.is_target_is_self() for each in owner.permissions)
    (owner,) = dbx.sharing_list_folder_members(folder, actions=[]).users
    assert owner.permissions is None


@pytest.mark.evidence("S9-12", "S9-14")
def test_a_viewer_may_do_little(dbx, folder, friend, service):
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id)])
    actions = [sharing.FolderAction.edit_contents, sharing.FolderAction.unmount]
    theirs = service.client(account=friend)
    found = theirs.sharing_get_folder_metadata(folder, actions=actions)
    edit, unmount = found.permissions
    assert found.access_type.is_viewer()
    assert (edit.allow, unmount.allow) == (False, True)
    assert edit.reason.is_user_not_allowed_by_owner()


def test_what_is_not_built_raises(service):
    dbx = service.client()
    friend = service.accounts.create("friend@example.com")
    folder = dbx.sharing_share_folder("/Docs").get_complete().shared_folder_id
    theirs = service.client(account=friend)
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id, LEVEL.editor)])
    remove = [sharing.MemberAction.remove]
    for call in (
        lambda: dbx.sharing_list_folder_members(folder, path="/Docs"),
        lambda: dbx.sharing_list_folder_members(folder, actions=remove),
        lambda: theirs.sharing_get_folder_metadata(folder, actions=[sharing.FolderAction.unmount]),
        lambda: theirs.files_list_folder(f"ns:{folder}"),
        lambda: theirs.sharing_mount_folder(folder),
    ):
        with pytest.raises(NotImplementedInFake, match="not implemented"):
            call()
    alone = dbx.sharing_share_folder("/alone").get_complete().shared_folder_id
    dbx.sharing_add_folder_member(alone, [by_email("new@example.com")])
    with pytest.raises(NotImplementedInFake, match="invitation"):
        dbx.sharing_list_folder_members(alone, actions=remove)
