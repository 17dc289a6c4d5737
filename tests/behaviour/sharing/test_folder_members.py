"""Tests of the members of shared folders."""

import pytest
from dropbox import sharing
from tests.support.doors import newer_sdk, refusal
from tests.support.shared_folders import LEVEL, by_email, by_id, levels, share

from fakedropbox import NotImplementedInFake


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


@pytest.mark.evidence(
    "S10-15", "S11-07", "S11-12", "S11-13", "S11-16", "S16-06", "S9-05", "O4.2-03"
)
def test_an_address_with_an_account_becomes_a_member_and_one_without_an_invitee(
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
def test_list_and_continue_refuse_non_members_and_invalid_ids_or_cursors(
    dbx, folder, friend, service
):
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
def test_the_owner_may_not_remove_or_promote_himself(dbx, folder):
    actions = [sharing.MemberAction.remove, sharing.MemberAction.make_owner]
    (owner,) = dbx.sharing_list_folder_members(folder, actions=actions).users
    assert [each.action for each in owner.permissions] == actions
    assert [each.allow for each in owner.permissions] == [False, False]
    assert all(each.reason.is_target_is_self() for each in owner.permissions)
    (owner,) = dbx.sharing_list_folder_members(folder, actions=[]).users
    assert owner.permissions is None


@pytest.mark.evidence("S9-12", "S9-14")
def test_a_viewer_may_unmount_but_not_edit(dbx, folder, friend, service):
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id)])
    actions = [sharing.FolderAction.edit_contents, sharing.FolderAction.unmount]
    theirs = service.client(account=friend)
    found = theirs.sharing_get_folder_metadata(folder, actions=actions)
    edit, unmount = found.permissions
    assert found.access_type.is_viewer()
    assert (edit.allow, unmount.allow) == (False, True)
    assert edit.reason.is_user_not_allowed_by_owner()


@newer_sdk(hasattr(sharing.ListFolderMembersArgs, "path"), "argument path")
@pytest.mark.dropbox(allow_not_implemented=True)
def test_a_list_of_members_by_path_is_not_implemented(service):
    dbx = service.client()
    folder = share(dbx).shared_folder_id
    with pytest.raises(NotImplementedInFake, match="path is not implemented"):
        dbx.sharing_list_folder_members(folder, path="/Docs")
