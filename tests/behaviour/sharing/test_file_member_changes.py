"""Tests of changing and removing those who have access to files, and of ending the sharing."""

from types import SimpleNamespace

import pytest
from dropbox import sharing
from dropbox.exceptions import ApiError
from tests.support.doors import refusal
from tests.support.shared_folders import LEVEL, account, by_id, email, levels, share

from fakedropbox._api.registry import SDK_ROUTES
from fakedropbox._api.sharing.file_member_changes import relinquish_access


@pytest.fixture(autouse=True)
def _files(service):
    service.seed_files({"/a": b"one", "/Docs/c": b"two"})


@pytest.fixture
def docs(dbx, friend):
    """The id of the folder `/Docs`, of which ``friend`` is an editor."""
    folder = share(dbx).shared_folder_id
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id, LEVEL.editor)])
    return folder


def add(client, path, *selectors, level=None):
    return client.sharing_add_file_member(path, list(selectors), access_level=level)


def listed(client, path="/a"):
    return levels(client.sharing_list_file_members(path))


def older_remove(client, path, member):
    """Call `remove_file_member`, which the SDK no longer has."""
    route = SDK_ROUTES["sharing/remove_file_member"]
    return client.request(route, "sharing", sharing.RemoveFileMemberArg(path, member), None)


def access_left(error):
    """Return the remaining access, which the error `no_explicit_access` describes."""
    return error.value.error.get_no_explicit_access()


# update_file_member


@pytest.mark.every_door
@pytest.mark.evidence("S14-15")
def test_the_level_of_a_member_is_changed(dbx, friend):
    add(dbx, "/a", account(friend.account_id), email("new@example.com"))
    for selector in (account(friend.account_id), email(friend.email.upper())):
        for level in (LEVEL.editor, LEVEL.viewer_no_comment):
            left = dbx.sharing_update_file_member("/a", selector, level)
            assert (left.access_level, left.access_details) == (None, None)
            assert listed(dbx)[friend.email] == level._tag
    dbx.sharing_update_file_member("/a", email("NEW@example.com"), LEVEL.editor)
    assert listed(dbx)["new@example.com"] == "editor"


@pytest.mark.evidence("S14-15", "S14-41")
def test_a_change_of_level_without_permission_or_of_an_unknown_member_is_refused(
    dbx, friend, friends
):
    add(dbx, "/a", account(friend.account_id), level=LEVEL.editor)
    file = dbx.files_get_metadata("/a").id
    for client, selector, level, error in (
        (dbx, email("none@example.com"), LEVEL.viewer, "invalid_member"),
        (dbx, email("none@example.com"), LEVEL.owner, "invalid_member"),
        (dbx, account("dbid:none"), LEVEL.viewer, "invalid_member"),
        (dbx, email("owner@example.com"), LEVEL.viewer, "no_permission"),
        (dbx, email(friend.email), LEVEL.owner, "no_permission"),
        (dbx, email(friend.email), LEVEL.traverse, "no_permission"),
        (friends, email(friend.email), LEVEL.viewer, "no_permission"),
    ):
        assert refusal(client.sharing_update_file_member, file, selector, level) == error
    assert listed(dbx)[friend.email] == "editor"


@pytest.mark.evidence("S14-13", "S14-15", "S14-42")
def test_inherited_access_is_reported_and_not_changed(dbx, docs, friend, friends):
    member = account(friend.account_id)
    file = dbx.files_get_metadata("/Docs/c").id
    for call in (
        lambda: dbx.sharing_update_file_member("/Docs/c", member, LEVEL.viewer),
        lambda: dbx.sharing_remove_file_member_2("/Docs/c", member),
        lambda: older_remove(dbx, "/Docs/c", member),
    ):
        with pytest.raises(ApiError) as caught:
            call()
        left = access_left(caught)
        assert left.access_level.is_editor()
        (details,) = left.access_details
        assert (details.folder_name, details.path) == ("Docs", "/Docs")
        assert (details.shared_folder_id, details.permissions) == (docs, [])
    with pytest.raises(ApiError) as caught:  # the caller has not mounted the folder
        friends.sharing_remove_file_member_2(file, email("owner@example.com"))
    left = access_left(caught)
    assert (left.access_level._tag, left.access_details) == ("owner", None)
    assert listed(dbx, "/Docs/c") == {"owner@example.com": "owner", friend.email: "editor"}


@pytest.mark.evidence("S14-13", "S14-14", "S14-15")
def test_the_remaining_access_through_the_folder_is_returned(dbx, docs, friend):
    member = account(friend.account_id)
    for remove in ("new", "old"):
        add(dbx, "/Docs/c", member)
        left = dbx.sharing_update_file_member("/Docs/c", member, LEVEL.viewer)
        assert left.access_level.is_editor()
        if remove == "old":
            assert older_remove(dbx, "/Docs/c", member).get_success().is_editor()
        else:
            left = dbx.sharing_remove_file_member_2("/Docs/c", member).get_success()
            assert (left.access_level._tag, left.access_details[0].path) == ("editor", "/Docs")
        own = dbx.sharing_list_file_members("/Docs/c", include_inherited=False)
        assert levels(own) == {}


# remove_file_member


@pytest.mark.every_door
@pytest.mark.evidence("S14-13", "S14-14")
@pytest.mark.parametrize("is_old", [False, True])
def test_a_removed_member_loses_the_file(dbx, friend, friends, is_old):
    add(dbx, "/a", email(friend.email), email("new@example.com"))
    (received,) = friends.sharing_list_received_files().entries
    for selector in (account(friend.account_id), email("New@example.com")):
        if is_old:
            assert older_remove(dbx, "/a", selector).get_success() is None
        else:
            left = dbx.sharing_remove_file_member_2("/a", selector).get_success()
            assert (left.access_level, left.warning, left.access_details) == (None, None, None)
    assert list(listed(dbx)) == ["owner@example.com"]
    assert friends.sharing_list_received_files().entries == []
    denied = refusal(friends.sharing_get_shared_link_file, received.preview_url)
    assert denied == "shared_link_access_denied"


@pytest.mark.evidence("S14-13", "S14-14", "S14-41")
def test_a_removal_without_permission_or_of_an_unknown_member_has_an_error_in_its_result(
    dbx, friend, friends
):
    add(dbx, "/a", account(friend.account_id), level=LEVEL.editor)
    file = dbx.files_get_metadata("/a").id
    for client, selector, error in (
        (dbx, email("none@example.com"), "invalid_member"),
        (dbx, account("dbid:none"), "invalid_member"),
        (dbx, email("owner@example.com"), "no_permission"),
        (friends, email("owner@example.com"), "no_permission"),
        (friends, account(friend.account_id), "no_permission"),
    ):
        for remove in (client.sharing_remove_file_member_2, older_remove):
            if remove is older_remove:
                found = older_remove(client, file, selector)
            else:
                found = remove(file, selector)
            assert found.get_member_error()._tag == error
    assert len(listed(dbx)) == 2


# unshare_file, relinquish_file_membership


@pytest.mark.every_door
@pytest.mark.evidence("S14-16")
def test_all_but_members_of_the_folder_lose_an_unshared_file(dbx, docs, friend, friends):
    assert dbx.sharing_unshare_file("/a") is None
    add(dbx, "/a", email(friend.email), email("new@example.com"))
    add(dbx, "/Docs/c", email(friend.email), email("new@example.com"))
    for path in ("/a", "/Docs/c", "/a"):
        assert dbx.sharing_unshare_file(path) is None
    assert listed(dbx) == {"owner@example.com": "owner"}
    assert listed(dbx, "/Docs/c") == {"owner@example.com": "owner", friend.email: "editor"}
    assert friends.sharing_list_received_files().entries == []
    add(dbx, "/a", email(friend.email))
    assert len(friends.sharing_list_received_files().entries) == 1


@pytest.mark.evidence("S14-26")
def test_a_member_gives_up_a_file(dbx, docs, friend, friends, other):
    add(dbx, "/a", email(friend.email))
    add(dbx, "/Docs/c", email(friend.email))
    private, shared = (dbx.files_get_metadata(path).id for path in ("/a", "/Docs/c"))
    leave = friends.sharing_relinquish_file_membership
    assert leave(private) is None
    assert leave(shared) is None
    assert refusal(leave, private) == "access_error/invalid_file"
    # The remaining access is that of a member of /Docs.
    assert refusal(leave, shared) == "no_permission"
    assert refusal(dbx.sharing_relinquish_file_membership, "/a") == "no_permission"
    assert refusal(other.sharing_relinquish_file_membership, shared) == "access_error/invalid_file"
    assert list(listed(dbx)) == ["owner@example.com"]


@pytest.mark.evidence("S14-26")
def test_the_owner_of_a_file_cannot_give_up_an_earlier_membership(dbx, docs, friend, friends):
    friends.sharing_mount_folder(docs)
    friends.files_upload(b"", "/theirs")
    add(friends, "/theirs", email("owner@example.com"))
    friends.files_move_v2("/theirs", "/Docs/theirs")
    refused = refusal(dbx.sharing_relinquish_file_membership, "/Docs/theirs")
    assert refused == "no_permission"


@pytest.mark.dropbox(files={"/b": b"two"})
def test_calls_and_faults_are_found_by_the_path_of_the_file(dbx, service):
    service.faults.route_error("sharing/add_file_member", "rate_limit", path="/a")
    add(dbx, "/b", email("new@example.com"))
    assert refusal(add, dbx, "/A", email("new@example.com")) == "rate_limit"
    dbx.sharing_get_file_metadata_batch(["/b", "/a"])
    found = [call.route for call in service.calls.where(path="/a")]
    assert found == ["sharing/add_file_member", "sharing/get_file_metadata/batch"]
    assert list(listed(dbx)) == ["owner@example.com"]


def test_relinquish_access_raises_if_the_gate_admits_a_call():
    with pytest.raises(AssertionError, match="expected no call, as its scope is not public"):
        relinquish_access(SimpleNamespace(name="sharing/relinquish_access"), None)
