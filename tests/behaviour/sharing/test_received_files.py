"""Tests of the metadata of shared files, of received files, and of their preview URLs."""

import re

import pytest
from dropbox import sharing
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import bad_input, newer_sdk, refusal
from tests.support.shared_folders import LEVEL, by_id, email, share

ACTION = sharing.FileAction
# The oldest supported SDK does not know the tag.
_TAG = "unsupported_parameter_field"
UNSUPPORTED = _TAG if hasattr(sharing.SharedLinkError, _TAG) else "other"
has_policies = newer_sdk(hasattr(sharing, "update_file_policy"), "the policies of files")


@pytest.fixture(autouse=True)
def _files(service):
    service.seed_files({"/Docs/Ä b.txt": b"one", "/Docs/c": b"two"})


def add(client, path, *addresses, level=None):
    selectors = [email(address) for address in addresses]
    return client.sharing_add_file_member(path, selectors, access_level=level)


def received(client, **given):
    return client.sharing_list_received_files(**given).entries


def reasons(meta):
    return {each.action._tag: each.reason and each.reason._tag for each in meta.permissions}


# Metadata


@pytest.mark.every_door
@pytest.mark.evidence("S14-18", "S14-19", "S14-23", "S1-05")
def test_an_own_file_has_metadata_with_paths_and_a_preview_url(dbx):
    meta = dbx.sharing_get_file_metadata("/docs/ä B.txt")
    assert (meta.access_type._tag, meta.name) == ("owner", "Ä b.txt")
    assert (meta.path_lower, meta.path_display) == ("/docs/ä b.txt", "/Docs/Ä b.txt")
    assert meta.id == dbx.files_get_metadata(meta.path_lower).id
    assert (meta.permissions, meta.time_invited, meta.parent_shared_folder_id) == (None,) * 3
    form = r"https://www\.dropbox\.com/scl/fi/[0-9a-z]{21}/%C3%84%20b\.txt\?dl=0"
    assert re.fullmatch(form, meta.preview_url)
    assert dbx.sharing_get_file_metadata(meta.id) == meta


@pytest.mark.evidence("S14-18", "S14-31")
def test_a_file_in_a_shared_folder_shows_the_access_and_the_time_of_the_invitation(
    dbx, friend, friends, service
):
    invited = service.clock.utcnow().replace(microsecond=0)
    shared = share(dbx, acl_update_policy=sharing.AclUpdatePolicy.owner)
    folder = shared.shared_folder_id
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id)])
    file = dbx.files_get_metadata("/Docs/c").id
    meta = friends.sharing_get_file_metadata(file)
    assert (meta.access_type._tag, meta.parent_shared_folder_id) == ("viewer", folder)
    assert (meta.path_lower, meta.time_invited) == (None, invited)
    assert meta.policy.acl_update_policy.is_owner()
    service.clock.advance(60)
    add(dbx, "/Docs/c", friend.email, level=LEVEL.editor)
    meta = friends.sharing_get_file_metadata(file)
    assert meta.access_type.is_editor()
    assert (meta.time_invited - invited).total_seconds() == 60
    friends.sharing_mount_folder(folder)
    friends.files_move_v2("/Docs", "/Mine")
    assert friends.sharing_get_file_metadata(file).path_display == "/Mine/c"
    assert dbx.sharing_get_file_metadata(file).path_display == "/Docs/c"


@pytest.mark.evidence("S14-20")
def test_a_batch_has_a_result_for_each_file(dbx, friends):
    paths = ["/Docs/c", "/none", "/Docs", "/Docs/c"]
    batch = dbx.sharing_get_file_metadata_batch(paths, [ACTION.unshare])
    assert [each.file for each in batch] == paths
    found, missing, folder, again = (each.result for each in batch)
    expected = dbx.sharing_get_file_metadata("/Docs/c", [ACTION.unshare])
    assert found.get_metadata() == again.get_metadata() == expected
    assert missing.get_access_error().is_invalid_file()
    assert folder.get_access_error().is_is_folder()
    (refused,) = friends.sharing_get_file_metadata_batch([expected.id])
    assert refused.result.get_access_error().is_invalid_file()
    with pytest.raises(ValidationError, match="100"):
        dbx.sharing_get_file_metadata_batch(["/Docs/c"] * 101)


@pytest.mark.evidence("S14-36")
def test_refused_actions_on_a_file_have_reasons(dbx, friend, friends, connect, service):
    folder = share(dbx).shared_folder_id
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id, LEVEL.editor)])
    add(dbx, "/Docs/c", "viewer@example.com")
    file = dbx.files_get_metadata("/Docs/c").id
    viewer = connect(service.logins.create(service.accounts.create("viewer@example.com")))
    tags = ["edit_contents", "create_link", "invite_viewer", "unshare", "disable_viewer_info"]
    actions = [*map(ACTION, tags), ACTION.relinquish_membership]
    refused = "user_not_allowed_by_owner"

    def shown(client):
        return [*reasons(client.sharing_get_file_metadata(file, actions)).values()]

    assert shown(dbx) == [None] * 5 + ["target_is_owner"]
    assert shown(friends) == [None] * 4 + [refused, "target_is_indirect_member"]
    assert shown(viewer) == [refused] * 5 + [None]
    dbx.sharing_update_folder_policy(folder, acl_update_policy=sharing.AclUpdatePolicy.owner)
    closed = [None, None, refused, refused, refused, "target_is_indirect_member"]
    assert shown(friends) == closed
    add(dbx, "/Docs/c", friend.email)
    assert shown(friends)[-1] is None
    assert dbx.sharing_get_file_metadata(file, []).permissions == []


@has_policies
@pytest.mark.every_door
@pytest.mark.evidence("S14-28", "S14-35")
def test_the_owner_hides_the_viewers_of_a_file(dbx, friend, friends):
    add(dbx, "/Docs/c", friend.email, level=LEVEL.editor)
    file = dbx.files_get_metadata("/Docs/c").id
    off = sharing.ViewerInfoPolicy.disabled
    meta = dbx.sharing_update_file_policy(file, viewer_info_policy=off, actions=[ACTION.unshare])
    assert meta.policy.viewer_info_policy.is_disabled()
    assert reasons(meta) == {"unshare": None}
    assert friends.sharing_get_file_metadata(file).policy == meta.policy
    assert dbx.sharing_update_file_policy(file).policy == meta.policy
    update = friends.sharing_update_file_policy
    assert refusal(update, file, viewer_info_policy=off) == "no_permission"
    assert refusal(update, "/none", viewer_info_policy=off) == "access_error/invalid_file"


@has_policies
@pytest.mark.evidence("S14-28", "S14-35")
def test_the_policy_of_a_file_has_precedence_over_that_of_its_folder(dbx):
    on, off = sharing.ViewerInfoPolicy.enabled, sharing.ViewerInfoPolicy.disabled
    folder = share(dbx, viewer_info_policy=off).shared_folder_id

    def policy():
        return dbx.sharing_get_file_metadata("/Docs/c").policy.viewer_info_policy._tag

    add(dbx, "/Docs/c", "new@example.com")
    assert policy() == "disabled"
    dbx.sharing_update_file_policy("/Docs/c", viewer_info_policy=on)
    assert policy() == "enabled"
    dbx.sharing_update_file_policy("/Docs/c", viewer_info_policy=off)
    dbx.sharing_update_folder_policy(folder, viewer_info_policy=on)
    assert policy() == "disabled"


@has_policies
@pytest.mark.dropbox(allow_not_implemented=True)
def test_link_settings_in_a_change_of_a_file_s_policy_are_not_implemented(service):
    with pytest.raises(NotImplementedError, match="link_settings"):
        service.client().sharing_update_file_policy("/Docs/c", link_settings=sharing.LinkSettings())


@has_policies
@pytest.mark.evidence("S14-28")
def test_a_policy_that_is_not_known_is_refused(service):
    update, other = service.client().sharing_update_file_policy, sharing.ViewerInfoPolicy.other
    assert refusal(update, "/Docs/c", viewer_info_policy=other) == "invalid_file_settings"


# Received files


@pytest.mark.every_door
@pytest.mark.evidence("S14-18", "S14-21", "S14-22", "S14-24")
def test_received_files_have_no_paths(dbx, friend, friends):
    assert received(friends) == []
    add(dbx, "/Docs/c", friend.email)
    page = friends.sharing_list_received_files(actions=[])
    (entry,) = page.entries
    assert page.cursor is None
    assert (entry.access_type._tag, entry.name, entry.permissions) == ("viewer", "c", [])
    assert (entry.path_lower, entry.path_display) == (None, None)
    assert entry.time_invited is not None
    policy = entry.policy
    tags = [policy.acl_update_policy, policy.shared_link_policy, policy.viewer_info_policy]
    assert [each._tag for each in tags] == ["editors", "anyone", "enabled"]
    assert received(dbx) == []
    assert entry.preview_url == dbx.sharing_get_file_metadata("/Docs/c").preview_url
    (plain,) = received(friends)
    assert plain == friends.sharing_get_file_metadata(entry.id)


@pytest.mark.evidence("S14-24")
def test_files_that_only_their_folder_shares_are_not_received(dbx, friend, friends):
    folder = share(dbx).shared_folder_id
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id)])
    assert received(friends) == []
    add(dbx, "/Docs/c", friend.email)
    assert [entry.name for entry in received(friends)] == ["c"]


@pytest.mark.evidence("S14-21", "S14-24")
@pytest.mark.parametrize("limit", [1, 2, 4, 5])
def test_received_files_come_in_pages_the_oldest_invitation_first(
    dbx, friend, friends, service, limit
):
    service.seed_files({f"/{number}": b"" for number in range(5)})
    order = ["3", "0", "4", "1", "2"]
    for name in order:
        add(dbx, f"/{name}", friend.email)
    actions = [ACTION.relinquish_membership]
    page = friends.sharing_list_received_files(limit=limit, actions=actions)
    names = []
    while True:
        names += [entry.name for entry in page.entries]
        assert all(reasons(entry) == {"relinquish_membership": None} for entry in page.entries)
        if page.cursor is None:
            break
        assert len(page.entries) == limit
        page = friends.sharing_list_received_files_continue(page.cursor)
    assert names == order


@pytest.mark.evidence("S14-21")
def test_a_cursor_of_received_files_is_for_its_account(dbx, friend, friends, other):
    for path in ("/Docs/c", "/Docs/Ä b.txt"):
        add(dbx, path, friend.email)
    cursor = friends.sharing_list_received_files(limit=1).cursor
    members = dbx.sharing_list_file_members("/Docs/c", limit=1).cursor
    for client, bad in ((friends, "none"), (other, cursor), (dbx, members)):
        refused = refusal(client.sharing_list_received_files_continue, bad)
        assert refused == "invalid_cursor"
    assert len(friends.sharing_list_received_files_continue(cursor).entries) == 1
    for limit in (0, 301):
        with pytest.raises(ValidationError, match="not within range"):
            friends.sharing_list_received_files(limit=limit)


# Preview URLs


@pytest.mark.every_door
@pytest.mark.evidence("S5-19", "S5-20", "S14-30", "S16-10")
def test_a_preview_url_is_read_like_a_link(dbx, friend, friends, other):
    add(dbx, "/Docs/Ä b.txt", friend.email)
    (entry,) = received(friends)
    url = entry.preview_url
    for client in (dbx, friends):
        meta, response = client.sharing_get_shared_link_file(url)
        assert response.content == b"one"
        assert client.sharing_get_shared_link_metadata(url) == meta
        assert (meta.url, meta.id, meta.name, meta.path_lower) == (url, entry.id, "Ä b.txt", None)
        allowed = meta.link_permissions
        assert (allowed.resolved_visibility._tag, allowed.can_revoke) == ("no_one", False)
    for form in (url.removesuffix("?dl=0"), url.replace("%C3%84%20b", "x"), url + "&st=a"):
        assert friends.sharing_get_shared_link_metadata(form).url == url
    denied = refusal(other.sharing_get_shared_link_file, url)
    assert denied == "shared_link_access_denied"
    assert refusal(friends.sharing_get_shared_link_file, url, "/x") == UNSUPPORTED


@pytest.mark.evidence("S14-30")
def test_a_preview_url_that_is_not_a_file_s_is_not_found(dbx, service):
    url = dbx.sharing_get_file_metadata("/Docs/c").preview_url
    for bad in (url[:-8] + "0" + url[-7:], url + "&rlkey=a", url.replace("/fi/", "/fo/")):
        assert bad != url
        refused = refusal(dbx.sharing_get_shared_link_metadata, bad)
        assert refused == "shared_link_not_found"
    for change in (dbx.sharing_revoke_shared_link, dbx.sharing_modify_shared_link_settings):
        arguments = [url, sharing.SharedLinkSettings(allow_download=False)]
        given = arguments[: 1 if change == dbx.sharing_revoke_shared_link else 2]
        assert refusal(change, *given) == "shared_link_not_found"
    assert dbx.sharing_list_shared_links().links == []


@pytest.mark.evidence("S14-30")
def test_a_restored_snapshot_ends_the_preview_urls_of_later_files(service):
    dbx, snapshot = service.client(), service.snapshot()
    dbx.files_upload(b"", "/new")
    url = dbx.sharing_get_file_metadata("/new").preview_url
    service.restore(snapshot)
    assert refusal(dbx.sharing_get_shared_link_metadata, url) == "shared_link_not_found"


@pytest.mark.evidence("S14-30")
def test_the_preview_url_of_a_long_name_works(dbx):
    name = "ß" * 250
    dbx.files_upload(b"long", f"/{name}")
    url = dbx.sharing_get_file_metadata(f"/{name}").preview_url
    assert dbx.sharing_get_shared_link_file(url)[1].content == b"long"


@pytest.mark.evidence("S15-02", "S15-13")
def test_an_app_folder_app_reads_previews_of_its_own_files(dbx, connect, service):
    app = connect(service.logins.create(app=service.apps.create("small", folder="Small")))
    refused = bad_input(app.sharing_list_received_files)
    assert "Your API app is not allowed to call this function." in refused
    app.files_upload(b"own", "/own")
    own = dbx.sharing_get_file_metadata("/Apps/Small/own").preview_url
    assert app.sharing_get_shared_link_file(own)[1].content == b"own"
    outside = dbx.sharing_get_file_metadata("/Docs/c").preview_url
    refused = refusal(app.sharing_get_shared_link_file, outside)
    assert refused == "shared_link_access_denied"


@pytest.mark.evidence("S5-18", "S14-30")
def test_an_app_without_a_user_reads_no_preview(dbx, app):
    url = dbx.sharing_get_file_metadata("/Docs/c").preview_url
    refused = refusal(app.sharing_get_shared_link_file, url)
    assert refused == "shared_link_access_denied"


@pytest.mark.evidence("S14-36", "S14-37")
def test_an_action_that_is_not_known_is_not_allowed(service):
    dbx = service.client()
    assert reasons(dbx.sharing_get_file_metadata("/Docs/c", [ACTION.other])) == {"other": "other"}
    add(dbx, "/Docs/c", "new@example.com")
    found = dbx.sharing_list_file_members("/Docs/c", actions=[sharing.MemberAction.other])
    (invitee,) = found.invitees
    assert reasons(invitee) == {"other": "other"}


@pytest.mark.every_door
@pytest.mark.evidence("S5-11")
def test_a_preview_url_with_a_path_or_a_password_is_refused(dbx):
    url = dbx.sharing_get_file_metadata("/Docs/c").preview_url
    for read in (dbx.sharing_get_shared_link_metadata, dbx.sharing_get_shared_link_file):
        for wrong in ({"path": "/x"}, {"link_password": "x"}):
            assert refusal(read, url, **wrong) == UNSUPPORTED
    assert dbx.sharing_get_shared_link_metadata(url).name == "c"
