"""Tests of adding, changing and removing the members of shared folders."""

import pytest
from dropbox import sharing
from tests.support.doors import newer_sdk, refusal
from tests.support.shared_folders import LEVEL, account, by_email, by_id, email, levels, share

from fakedropbox import Personality


def invited(result):
    return {each.invitee.get_email(): each.user and each.user.email for each in result.invitees}


# add_folder_member


@pytest.mark.evidence("S11-17")
def test_adding_a_member_again_never_lowers_the_access_level(dbx, folder, friend, service):
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
def test_one_bad_member_makes_the_whole_call_fail(dbx, folder, friend, service):
    good = by_id(friend.account_id)
    for bad, error in (
        (by_id("dbid:none", LEVEL.owner), "bad_member/invalid_dropbox_id"),
        (by_email("new@example.com", LEVEL.owner), "no_permission"),
        (by_email("new@example.com", LEVEL.traverse), "no_permission"),
    ):
        assert refusal(dbx.sharing_add_folder_member, folder, [good, bad]) == error
    assert list(levels(dbx.sharing_list_folder_members(folder))) == [service.accounts.default.email]
    assert service.client(account=friend).sharing_list_folders().entries == []


@pytest.mark.evidence("S11-15", "S11-18", "S11-21", "S11-23")
def test_callers_who_may_not_add_members_are_refused(dbx, folder, friend, service):
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
    dbx.sharing_add_folder_member(folder, [by_email(late.email, LEVEL.editor)])
    add = service.client(account=late).sharing_add_folder_member
    assert refusal(add, folder, third) == "email_unverified"


@pytest.mark.evidence("S11-18")
def test_a_malformed_address_is_bad_input(wire, folder):
    member = {"member": {".tag": "email", "email": "no address"}}
    given = {"shared_folder_id": folder, "members": [member]}
    assert wire.rpc("sharing/add_folder_member", given).status_code == 400


@pytest.mark.evidence("S11-12", "S11-18", "S11-41")
def test_options_for_the_message_to_new_members_do_not_change_the_answer(dbx, wire):
    folder = wire.rpc("sharing/share_folder", {"path": "/Docs"}).json()["shared_folder_id"]
    added = {"shared_folder_id": folder, "members": []}
    for given in ({"quiet": True}, {"custom_message": "Come in"}, {"custom_message": None}):
        reply = wire.rpc("sharing/add_folder_member", {**added, **given})
        assert (reply.status_code, reply.text) == (200, "null")
    assert wire.rpc("sharing/add_folder_member", {**added, "custom_message": ""}).status_code == 400


@newer_sdk(hasattr(sharing.AddMemberSelectorError, "invalid_group"), "tag invalid_group")
@pytest.mark.evidence("S11-20")
def test_an_unknown_group_is_refused(dbx, folder):
    call = dbx.sharing_add_folder_member
    assert refusal(call, folder, [by_id("g:0123")]) == "bad_member/invalid_group"


@pytest.mark.evidence("S11-22")
@pytest.mark.parametrize("plan", ["basic", "pro", "business"])
def test_viewers_can_be_added_on_every_plan(client_of, plan):
    owner = client_of(plan)
    folder = share(owner).shared_folder_id
    owner.sharing_add_folder_member(folder, [by_email("v@example.com", LEVEL.viewer)])
    assert levels(owner.sharing_list_folder_members(folder))["v@example.com"] == "viewer"


@pytest.mark.evidence("S11-35", "S10-15", "S11-07")
def test_an_account_that_is_not_verified_is_invited_by_address_only(dbx, folder, service):
    late = service.accounts.create("late@example.com", email_verified=False)
    with pytest.raises(Exception, match="unverified_dropbox_id") as caught:
        dbx.sharing_add_folder_member(folder, [by_id(late.account_id)])
    assert caught.value.error.get_bad_member().get_unverified_dropbox_id() == late.account_id
    dbx.sharing_add_folder_member(folder, [by_email("Late@example.com")])
    found = dbx.sharing_list_folder_members(folder)
    assert invited(found) == {"late@example.com": "late@example.com"}
    (entry,) = service.client(account=late).sharing_list_folders().entries
    assert entry.shared_folder_id == folder


@pytest.mark.evidence("S11-17", "S11-35")
def test_a_member_who_is_not_verified_is_not_invited_again(dbx, service):
    late = service.accounts.create("late@example.com", email_verified=False)
    folder = service.share_folder("/Docs", members=[(late, "viewer")])
    dbx.sharing_add_folder_member(folder, [by_email(late.email, LEVEL.editor)])
    found = dbx.sharing_list_folder_members(folder)
    assert found.invitees == []
    assert levels(found)[late.email] == "editor"


@pytest.mark.evidence("S11-40")
@pytest.mark.parametrize(
    ("first", "second", "after"),
    [
        (LEVEL.viewer, LEVEL.editor, "editor"),
        (LEVEL.editor, LEVEL.viewer, "editor"),
    ],
)
def test_an_invited_address_becomes_a_member_when_its_account_is_added(
    dbx, folder, service, first, second, after
):
    dbx.sharing_add_folder_member(folder, [by_email("New@example.com", first)])
    since = service.clock.utcnow().replace(microsecond=0)
    service.clock.advance(60)
    new = service.accounts.create("new@example.com")
    dbx.sharing_add_folder_member(folder, [by_id(new.account_id, second)])
    found = dbx.sharing_list_folder_members(folder)
    assert invited(found) == {}
    assert levels(found) == {service.accounts.default.email: "owner", "new@example.com": after}
    (entry,) = service.client(account=new).sharing_list_folders().entries
    assert entry.time_invited == since


@pytest.mark.evidence("S11-39")
def test_the_id_of_a_member_of_a_team_stands_for_the_account(dbx, folder, service):
    colleague = service.accounts.create("c@example.com", plan="business")
    dbx.sharing_add_folder_member(folder, [by_id(colleague.team_member_id, LEVEL.editor)])
    assert levels(dbx.sharing_list_folder_members(folder))["c@example.com"] == "editor"
    unknown = [by_id("dbmid:none")]
    error = "bad_member/invalid_dropbox_id"
    assert refusal(dbx.sharing_add_folder_member, folder, unknown) == error


# update_folder_member


@pytest.fixture
def viewer(dbx, folder, friend):
    """The account ``friend``, as a viewer of the folder."""
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id)])
    return friend


@pytest.mark.evidence("S11-25")
def test_a_level_can_be_raised_and_lowered(dbx, folder, viewer, wire):
    selector = {".tag": "dropbox_id", "dropbox_id": viewer.account_id}
    for level in ("editor", "viewer_no_comment", "viewer", "viewer"):
        given = {"shared_folder_id": folder, "member": selector, "access_level": level}
        reply = wire.rpc("sharing/update_folder_member", given)
        assert (reply.status_code, reply.text) == (200, "{}")
        assert levels(dbx.sharing_list_folder_members(folder))[viewer.email] == level


@pytest.mark.evidence("S11-26", "S11-27", "S11-37", "S11-38", "S11-40")
def test_a_refused_change_of_level_has_the_error_for_its_cause(
    dbx, folder, viewer, friends, service
):
    stranger = service.accounts.create("stranger@example.com")
    owner = service.accounts.default
    for client, id_, member, level, error in (
        (dbx, "xxx", account("none"), LEVEL.owner, "access_error/invalid_id"),
        (friends, folder, account("none"), LEVEL.owner, "no_permission"),
        (dbx, folder, email(viewer.email), LEVEL.editor, "member_error/invalid_dropbox_id"),
        (dbx, folder, account("dbid:none"), LEVEL.owner, "member_error/invalid_dropbox_id"),
        (dbx, folder, account(stranger.account_id), LEVEL.owner, "member_error/not_a_member"),
        (dbx, folder, account(viewer.account_id), LEVEL.owner, "no_permission"),
        (dbx, folder, account(viewer.account_id), LEVEL.traverse, "no_permission"),
        (dbx, folder, account(owner.account_id), LEVEL.editor, "no_permission"),
    ):
        assert refusal(client.sharing_update_folder_member, id_, member, level) == error
    found = levels(dbx.sharing_list_folder_members(folder))
    assert found == {owner.email: "owner", viewer.email: "viewer"}


@pytest.mark.evidence("S11-23", "S11-36", "S11-37")
def test_an_editor_changes_others_but_neither_the_owner_nor_himself(
    dbx, folder, viewer, friends, service
):
    dbx.sharing_update_folder_member(folder, account(viewer.account_id), LEVEL.editor)
    third = service.accounts.create("third@example.com")
    friends.sharing_add_folder_member(folder, [by_id(third.account_id, LEVEL.editor)])
    update = friends.sharing_update_folder_member
    update(folder, account(third.account_id), LEVEL.viewer)
    for each in (viewer, service.accounts.default):
        assert refusal(update, folder, account(each.account_id), LEVEL.viewer) == "no_permission"
    dbx.sharing_update_folder_policy(folder, acl_update_policy=sharing.AclUpdatePolicy.owner)
    assert refusal(update, folder, account(third.account_id), LEVEL.editor) == "no_permission"
    assert levels(dbx.sharing_list_folder_members(folder))[third.email] == "viewer"


@pytest.mark.evidence("S11-40")
def test_the_level_of_an_invitation_can_be_changed_by_the_id_of_its_account(dbx, folder, service):
    dbx.sharing_add_folder_member(folder, [by_email("new@example.com")])
    new = service.accounts.create("New@example.com")
    dbx.sharing_update_folder_member(folder, account(new.account_id), LEVEL.editor)
    found = dbx.sharing_list_folder_members(folder)
    assert invited(found) == {"new@example.com": "New@example.com"}
    assert levels(found)["new@example.com"] == "editor"


# remove_folder_member


@pytest.mark.dropbox(personality=Personality(async_checks=1))
@pytest.mark.evidence("S11-28", "S11-29", "S11-30", "S12-16", "S8-07", "O4.2-05")
def test_a_member_is_removed_by_a_job(dbx, folder, viewer, friends, wire):
    removed = dbx.sharing_remove_folder_member(folder, account(viewer.account_id), False)
    job = removed.get_async_job_id()
    assert len(job) == 94
    assert dbx.sharing_check_remove_member_job_status(job).is_in_progress()
    for route in ("check_remove_member_job_status", "check_job_status"):
        for _ in range(2):
            reply = wire.rpc(f"sharing/{route}", {"async_job_id": job})
            assert reply.json() == {".tag": "complete"}
    assert refusal(dbx.sharing_check_share_job_status, job) == "invalid_async_job_id"
    assert refusal(friends.sharing_check_job_status, job) == "invalid_async_job_id"
    assert refusal(friends.sharing_get_folder_metadata, folder) == "not_a_member"
    assert friends.sharing_list_folders().entries == []
    assert friends.sharing_list_mountable_folders().entries == []
    assert len(dbx.sharing_list_folder_members(folder).users) == 1
    assert refusal(friends.files_get_metadata, f"ns:{folder}") == "path/not_found"


@pytest.mark.dropbox(personality=Personality(async_batches="never", async_checks=0))
@pytest.mark.evidence("S11-28", "S12-16")
def test_a_removal_is_a_job_whatever_the_personality(dbx, folder, viewer):
    removed = dbx.sharing_remove_folder_member(folder, email(viewer.email), False)
    job = removed.get_async_job_id()
    assert dbx.sharing_check_job_status(job).is_complete()
    share_job = dbx.sharing_share_folder("/x", force_async=True).get_async_job_id()
    for check in (dbx.sharing_check_job_status, dbx.sharing_check_remove_member_job_status):
        assert refusal(check, share_job) == "invalid_async_job_id"


@pytest.mark.evidence("S11-28")
def test_removing_a_member_requires_leave_a_copy(folder, viewer, wire):
    selector = {".tag": "dropbox_id", "dropbox_id": viewer.account_id}
    given = {"shared_folder_id": folder, "member": selector}
    reply = wire.rpc("sharing/remove_folder_member", given)
    assert reply.status_code == 400
    assert "leave_a_copy" in reply.text


@pytest.mark.evidence("S11-31", "S11-32", "S11-37", "S11-38")
def test_a_refused_removal_has_the_error_for_its_cause(dbx, folder, viewer, friends, service):
    stranger = service.accounts.create("stranger@example.com")
    owner = service.accounts.default
    for client, id_, member, error in (
        (dbx, "xxx", account("none"), "access_error/invalid_id"),
        (friends, folder, account("none"), "no_permission"),
        (friends, folder, account(viewer.account_id), "no_permission"),
        (dbx, folder, account("none"), "member_error/invalid_dropbox_id"),
        (dbx, folder, account(stranger.account_id), "member_error/not_a_member"),
        (dbx, folder, email(stranger.email), "member_error/not_a_member"),
        (dbx, folder, email("nobody@example.com"), "member_error/not_a_member"),
        (dbx, folder, account(owner.account_id), "folder_owner"),
        (dbx, folder, email(owner.email), "folder_owner"),
    ):
        assert refusal(client.sharing_remove_folder_member, id_, member, False) == error
    dbx.sharing_update_folder_member(folder, account(viewer.account_id), LEVEL.editor)
    remove = friends.sharing_remove_folder_member
    assert refusal(remove, folder, account(viewer.account_id), False) == "no_permission"
    assert refusal(remove, folder, email(owner.email), False) == "folder_owner"
    assert len(dbx.sharing_list_folder_members(folder).users) == 2


@pytest.mark.evidence("S11-33")
def test_removing_an_invited_address_cancels_the_invitation(dbx, folder, service):
    dbx.sharing_add_folder_member(folder, [by_email("New@example.com"), by_email("b@example.com")])
    dbx.sharing_remove_folder_member(folder, email("new@EXAMPLE.com"), False)
    assert list(invited(dbx.sharing_list_folder_members(folder))) == ["b@example.com"]
    new = service.client(account=service.accounts.create("new@example.com"))
    assert new.sharing_list_folders().entries == []
    late = service.accounts.create("B@example.com")
    dbx.sharing_remove_folder_member(folder, account(late.account_id), False)
    assert dbx.sharing_list_folder_members(folder).invitees == []
    assert service.client(account=late).sharing_list_folders().entries == []


@pytest.fixture
def shared(service, friend):
    """The id of a folder with a file, which ``friend`` has mounted as an editor."""
    service.seed_files({"/Docs/deep/a.txt": b"a"})
    return service.share_folder("/Docs", members=[friend])


@pytest.mark.dropbox(personality=Personality(deleted_children=False))
@pytest.mark.evidence("S11-34")
def test_a_removed_member_no_longer_has_the_folder(dbx, shared, friend, friends, service):
    cursor = friends.files_list_folder("", recursive=True).cursor
    dbx.sharing_remove_folder_member(shared, account(friend.account_id), False)
    changes = friends.files_list_folder_continue(cursor).entries
    assert [(type(each).__name__, each.path_lower) for each in changes] == [
        ("DeletedMetadata", "/docs")
    ]
    assert service.files_of(friend) == {}
    assert service.files == {"/Docs/deep/a.txt": b"a"}
    assert refusal(friends.files_get_metadata, f"ns:{shared}") == "path/not_found"


@pytest.mark.evidence("S11-34")
def test_a_private_copy_stays_if_the_folder_was_mounted(dbx, shared, friend, friends, service):
    before = friends.files_get_metadata("/Docs/deep/a.txt")
    late = service.accounts.create("late@example.com")
    dbx.sharing_add_folder_member(shared, [by_id(late.account_id)])
    service.set_quota(friend, 1)
    dbx.files_upload(b"more than fits", "/Docs/b.txt")
    for each in (friend, late):
        dbx.sharing_remove_folder_member(shared, account(each.account_id), True)
    assert service.files_of(late) == {}
    assert service.files_of(friend) == {
        "/Docs/deep/a.txt": b"a",
        "/Docs/b.txt": b"more than fits",
    }
    after = friends.files_get_metadata("/Docs/deep/a.txt")
    assert after.sharing_info is None
    assert after.id != before.id
    friends.files_delete_v2("/Docs/b.txt")
    assert b"more" in service.files["/Docs/b.txt"]


@pytest.mark.evidence("S11-32")
def test_a_copy_of_too_many_files_is_refused(dbx, shared, friend, service, monkeypatch):
    monkeypatch.setattr("fakedropbox._files.copying.MOVE_ITEMS", 1)
    remove = dbx.sharing_remove_folder_member
    assert refusal(remove, shared, account(friend.account_id), True) == "too_many_files"
    assert service.files_of(friend) == {"/Docs/deep/a.txt": b"a"}
    assert len(dbx.sharing_list_folder_members(shared).users) == 2
    remove(shared, account(friend.account_id), False)
    assert service.files_of(friend) == {}


def test_a_member_who_is_made_a_viewer_cannot_write_any_more(dbx, shared, friend, friends):
    friends.files_upload(b"1", "/Docs/b.txt")
    dbx.sharing_update_folder_member(shared, account(friend.account_id), LEVEL.viewer)
    error = "path/no_write_permission"
    assert refusal(friends.files_upload, b"2", "/Docs/c.txt") == error
    assert friends.files_get_metadata("/Docs").sharing_info.read_only
    dbx.sharing_update_folder_member(shared, account(friend.account_id), LEVEL.editor)
    friends.files_upload(b"2", "/Docs/c.txt")


def test_a_member_who_is_removed_and_added_again_comes_last(dbx, folder, viewer, service):
    dbx.sharing_add_folder_member(folder, [by_email("b@example.com")])
    dbx.sharing_remove_folder_member(folder, account(viewer.account_id), False)
    cursor = dbx.sharing_list_folder_members(folder, limit=1).cursor
    dbx.sharing_add_folder_member(folder, [by_id(viewer.account_id)])
    first = dbx.sharing_list_folder_members(folder, limit=2)
    assert list(levels(first)) == [service.accounts.default.email, "b@example.com"]
    assert list(levels(dbx.sharing_list_folder_members_continue(first.cursor))) == [viewer.email]
    assert list(levels(dbx.sharing_list_folder_members_continue(cursor))) == ["b@example.com"]


def test_a_snapshot_undoes_changes_of_members(dbx, folder, viewer, service):
    dbx.sharing_add_folder_member(folder, [by_email("new@example.com"), by_email("b@example.com")])
    before = dbx.sharing_list_folder_members(folder)
    new = service.accounts.create("new@example.com")
    snapshot = service.snapshot()
    dbx.sharing_update_folder_member(folder, account(viewer.account_id), LEVEL.editor)
    dbx.sharing_add_folder_member(folder, [by_id(new.account_id)])
    dbx.sharing_remove_folder_member(folder, account(viewer.account_id), False)
    dbx.sharing_remove_folder_member(folder, email("b@example.com"), False)
    changed = levels(dbx.sharing_list_folder_members(folder))
    assert list(changed) == [service.accounts.default.email, "new@example.com"]
    service.restore(snapshot)
    found = dbx.sharing_list_folder_members(folder)
    assert levels(found) == levels(before)
    assert list(levels(found)) == list(levels(before))
    (entry,) = service.client(account=viewer).sharing_list_folders().entries
    assert entry.shared_folder_id == folder


# The permissions of members


@pytest.mark.evidence("S9-16", "S9-14", "S11-23")
@pytest.mark.parametrize("policy", ["editors", "owner"])
def test_the_permissions_of_an_editor_depend_on_the_policy(dbx, folder, viewer, friends, policy):
    dbx.sharing_update_folder_member(folder, account(viewer.account_id), LEVEL.editor)
    dbx.sharing_update_folder_policy(folder, acl_update_policy=sharing.AclUpdatePolicy(policy))
    tags = sharing.FolderAction._tagmap.keys() - {"other"}
    actions = [sharing.FolderAction(tag) for tag in sorted(tags)]
    found = friends.sharing_get_folder_metadata(folder, actions=actions).permissions
    assert [each.action for each in found] == actions
    reasons = {each.action._tag: each.reason and each.reason._tag for each in found}
    assert [each.allow for each in found] == [reason is None for reason in reasons.values()]
    invites = {tag for tag in reasons if tag.startswith("invite_")}
    refused = {
        "set_access_inheritance",
        "change_options",
        "disable_viewer_info",
        "enable_viewer_info",
        "unshare",
    }
    refused |= set() if policy == "editors" else invites
    expected = dict.fromkeys(refused, "user_not_allowed_by_owner")
    assert {tag: reason for tag, reason in reasons.items() if reason} == expected


@pytest.mark.evidence("S11-05", "S11-36")
def test_the_permissions_on_members_depend_on_the_caller(dbx, folder, viewer, friends, service):
    dbx.sharing_add_folder_member(folder, [by_email("new@example.com")])
    tags = sorted(sharing.MemberAction._tagmap.keys() - {"other"})
    actions = [sharing.MemberAction(tag) for tag in tags]

    def reasons(client):
        found = client.sharing_list_folder_members(folder, actions=actions)
        shown = []
        for each in (*found.users, *found.invitees):
            assert [given.action for given in each.permissions] == actions
            assert all(given.allow == (given.reason is None) for given in each.permissions)
            refused = [given.reason and given.reason._tag for given in each.permissions]
            shown.append(refused if len(set(refused)) > 1 else refused[0])
        return shown

    pending = [None] * len(actions)
    make_owner = tags.index("make_owner")
    pending[make_owner] = "target_not_active"
    assert reasons(dbx) == ["target_is_self", None, pending]
    by_owner = "user_not_allowed_by_owner"
    assert reasons(friends) == ["target_is_owner", "target_is_self", by_owner]
    dbx.sharing_update_folder_member(folder, account(viewer.account_id), LEVEL.editor)
    pending[make_owner] = by_owner
    assert reasons(friends) == ["target_is_owner", "target_is_self", pending]
    new = service.client(account=service.accounts.create("New@example.com"))
    assert reasons(new) == ["target_is_owner", by_owner, "target_is_self"]
