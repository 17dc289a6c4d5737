"""Tests of adding people to files, and of the lists of those who have access."""

import pytest
from dropbox import files, sharing
from dropbox.exceptions import ApiError
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import bad_input, newer_sdk, refusal
from tests.support.shared_folders import LEVEL, account, by_id, email, levels, share

ACTION = sharing.MemberAction


@pytest.fixture(autouse=True)
def _files(service):
    service.seed_files({"/a b.txt": b"one", "/Docs/c.txt": b"two"})


def results(found):
    """Return the result for each member: the level, or the tag of the error."""
    return [
        each.result.get_success()._tag
        if each.result.is_success()
        else each.result.get_member_error()._tag
        for each in found
    ]


def listed(client, path="/a b.txt", **given):
    return levels(client.sharing_list_file_members(path, **given))


def add(client, path, *selectors, level=None):
    return client.sharing_add_file_member(path, list(selectors), access_level=level)


@pytest.fixture
def docs(dbx, friend):
    """The id of the folder `/Docs`, of which ``friend`` is an editor."""
    folder = share(dbx).shared_folder_id
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id, LEVEL.editor)])
    return folder


# add_file_member


@pytest.mark.every_door
@pytest.mark.evidence("S14-02", "S14-03", "S14-04", "S14-06", "S14-40", "S16-10")
def test_added_people_get_the_file(dbx, friend, friends):
    selectors = [email("new@example.com"), account(friend.account_id)]
    found = add(dbx, "/a b.txt", *selectors)
    assert [each.member for each in found] == selectors[::-1]
    assert results(found) == ["viewer", "viewer"]
    assert listed(dbx) == {
        "owner@example.com": "owner",
        friend.email: "viewer",
        "new@example.com": "viewer",
    }
    (received,) = friends.sharing_list_received_files().entries
    meta, response = friends.sharing_get_shared_link_file(received.preview_url)
    assert (meta.name, response.content) == ("a b.txt", b"one")


@pytest.mark.evidence("S14-01", "S14-08")
def test_a_file_is_named_by_path_id_or_namespace(dbx, docs, friend):
    meta = dbx.files_get_metadata("/Docs/c.txt")
    for path in ("/docs/C.TXT", meta.id, f"ns:{docs}/c.txt"):
        assert dbx.sharing_get_file_metadata(path).id == meta.id
    for path, error in (
        ("/none.txt", "invalid_file"),
        ("/a b.txt/below", "invalid_file"),
        ("/Docs//c.txt", "invalid_file"),
        ("id:AAAAAAAAAAAAAAAAAAAAAA", "invalid_file"),
        ("id:short", "invalid_file"),
        ("ns:1/c.txt", "invalid_file"),
        ("/", "is_folder"),
        ("/Docs", "is_folder"),
        (dbx.files_get_metadata("/Docs").id, "is_folder"),
    ):
        for call in (
            lambda path=path: add(dbx, path, account(friend.account_id)),
            lambda path=path: dbx.sharing_list_file_members(path),
            lambda path=path: dbx.sharing_get_file_metadata(path),
            lambda path=path: dbx.sharing_unshare_file(path),
            lambda path=path: dbx.sharing_remove_file_member_2(path, email("a@b.cd")),
            lambda path=path: dbx.sharing_update_file_member(path, email("a@b.cd"), LEVEL.viewer),
            lambda path=path: dbx.sharing_relinquish_file_membership(path),
        ):
            assert refusal(call) == f"access_error/{error}", path
    with pytest.raises(ValidationError, match="did not match pattern"):
        dbx.sharing_get_file_metadata("a b.txt")


@pytest.mark.dropbox(allow_not_implemented=True)
@pytest.mark.evidence("S14-01")
def test_a_path_with_the_prefix_nspath_is_not_implemented(service):
    with pytest.raises(NotImplementedError, match="nspath:"):
        service.client().sharing_get_file_metadata("nspath:1:/a b.txt")


@pytest.mark.evidence("S14-07")
@pytest.mark.parametrize("level", [LEVEL.owner, LEVEL.traverse, LEVEL.no_access])
def test_an_access_level_that_members_cannot_have_is_refused(dbx, friend, level):
    new = email("new@example.com")
    assert refusal(add, dbx, "/a b.txt", new, level=level) == "access_error/no_permission"
    assert list(listed(dbx)) == ["owner@example.com"]


@pytest.mark.evidence("S14-04", "S14-40")
def test_a_member_who_cannot_be_added_does_not_keep_others_out(dbx, service):
    unconfirmed = service.accounts.create("unconfirmed@example.com", email_verified=False)
    bad = [account("dbid:none"), account("g:1"), account(unconfirmed.account_id)]
    found = add(dbx, "/a b.txt", *bad, email("UNCONFIRMED@example.com"))
    assert results(found) == ["viewer", "invalid_member", "invalid_member", "invalid_member"]
    (invitee,) = dbx.sharing_list_file_members("/a b.txt").invitees
    assert invitee.user.account_id == unconfirmed.account_id


@pytest.mark.evidence("S14-40")
def test_adding_a_member_again_never_lowers_the_access_level(dbx, friend):
    for level, after in (
        (LEVEL.viewer, "viewer"),
        (LEVEL.editor, "editor"),
        (LEVEL.viewer_no_comment, "editor"),
    ):
        found = add(
            dbx, "/a b.txt", account(friend.account_id), email("new@example.com"), level=level
        )
        assert results(found) == [after, after]
    owner = add(dbx, "/a b.txt", email("owner@example.com"))
    assert results(owner) == ["owner"]
    assert listed(dbx) == {
        "owner@example.com": "owner",
        friend.email: "editor",
        "new@example.com": "editor",
    }


@pytest.mark.evidence("S14-08", "S14-32")
def test_editors_add_members_if_the_policy_lets_them(dbx, connect, service, docs, friends):
    other = service.accounts.create("other@example.com")
    viewer = connect(service.logins.create(other))
    add(dbx, "/Docs/c.txt", email(other.email))
    file = dbx.files_get_metadata("/Docs/c.txt").id
    new = email("new@example.com")
    for call in (
        lambda: add(viewer, file, new),
        lambda: viewer.sharing_remove_file_member_2(file, new),
        lambda: viewer.sharing_update_file_member(file, new, LEVEL.viewer),
        lambda: viewer.sharing_unshare_file(file),
    ):
        assert refusal(call) == "access_error/no_permission"
    assert results(add(friends, file, new)) == ["viewer"]
    owner_only = sharing.AclUpdatePolicy.owner
    dbx.sharing_update_folder_policy(docs, acl_update_policy=owner_only)
    assert refusal(add, friends, file, new) == "access_error/no_permission"
    add(dbx, "/a b.txt", email(other.email), level=LEVEL.editor)
    assert results(add(viewer, dbx.files_get_metadata("/a b.txt").id, new)) == ["viewer"]


@pytest.mark.evidence("S14-33")
def test_the_id_of_a_file_without_access_to_it_is_invalid(dbx, friends):
    file = dbx.files_get_metadata("/a b.txt").id
    assert refusal(friends.sharing_get_file_metadata, file) == "access_error/invalid_file"
    dbx.sharing_add_file_member(file, [email("friend@example.com")])
    assert friends.sharing_get_file_metadata(file).access_type.is_viewer()
    assert refusal(friends.sharing_get_file_metadata, "/a b.txt") == "access_error/invalid_file"


@pytest.mark.evidence("S14-17", "S14-34")
def test_callers_need_a_confirmed_address(connect, service):
    unconfirmed = service.accounts.create("unconfirmed@example.com", email_verified=False)
    service.seed_files({"/a": b"1"}, account=unconfirmed)
    dbx = connect(service.logins.create(unconfirmed))
    new = email("new@example.com")
    for call in (
        lambda path: add(dbx, path, new),
        dbx.sharing_get_file_metadata,
        lambda path: dbx.sharing_get_file_metadata_batch([path]),
        dbx.sharing_list_file_members,
        lambda path: dbx.sharing_list_file_members_batch([path]),
        lambda _: dbx.sharing_list_file_members_continue("none"),
        lambda _: dbx.sharing_list_received_files(),
        lambda _: dbx.sharing_list_received_files_continue("none"),
        lambda path: dbx.sharing_remove_file_member_2(path, new),
        dbx.sharing_unshare_file,
    ):
        for path in ("/a", "/none"):
            with pytest.raises(ApiError) as caught:
                call(path)
            error = caught.value.error
            if not isinstance(error, sharing.SharingUserError):
                error = error.get_user_error()
            assert error.is_email_unverified()
            assert caught.value.user_message_text is None
    assert refusal(dbx.sharing_relinquish_file_membership, "/a") == "no_permission"


@newer_sdk(hasattr(sharing, "relinquish_access"), "`relinquish_access`")
@pytest.mark.evidence("S14-27")
def test_no_app_may_relinquish_access(dbx):
    text = bad_input(dbx.sharing_relinquish_access, "id:1")
    assert "does not have the required scope 'private:sharing.write'" in text


# Lists


@pytest.mark.every_door
@pytest.mark.evidence("S14-09", "S14-10", "S14-38")
def test_the_list_of_a_private_file_has_only_its_owner(dbx):
    for inherited in (True, False):
        found = dbx.sharing_list_file_members("/a b.txt", include_inherited=inherited)
        (owner,) = found.users
        assert (owner.user.email, owner.access_type._tag) == ("owner@example.com", "owner")
        assert (owner.is_inherited, owner.permissions) == (False, None)
        assert (found.groups, found.invitees, found.cursor) == ([], [], None)
    with pytest.raises(ValidationError, match="301"):
        dbx.sharing_list_file_members("/a b.txt", limit=301)


@pytest.mark.evidence("S14-09", "S14-31", "S14-38")
def test_members_of_the_folder_are_inherited(dbx, docs, friend, friends):
    new = email("new@example.com")
    dbx.sharing_add_folder_member(docs, [sharing.AddMember(new, LEVEL.viewer)])
    add(dbx, "/Docs/c.txt", email("third@example.com"), email(friend.email))
    found = dbx.sharing_list_file_members("/Docs/c.txt")
    shown = [*found.users, *found.invitees]
    assert levels(found) == {
        "owner@example.com": "owner",
        friend.email: "editor",  # as a member of the folder
        "third@example.com": "viewer",
        "new@example.com": "viewer",
    }
    assert [each.is_inherited for each in shown] == [True, True, False, True]
    own = dbx.sharing_list_file_members("/Docs/c.txt", include_inherited=False)
    assert levels(own) == {friend.email: "editor", "third@example.com": "viewer"}
    add(dbx, "/Docs/c.txt", new, level=LEVEL.editor)
    assert listed(dbx, "/Docs/c.txt")["new@example.com"] == "editor"
    assert friends.sharing_get_file_metadata(found_id(dbx)).access_type.is_editor()


def found_id(dbx, path="/Docs/c.txt"):
    return dbx.files_get_metadata(path).id


@pytest.mark.evidence("S14-09", "S14-11", "S14-38")
@pytest.mark.parametrize("limit", [1, 2, 3, 300])
def test_members_come_in_pages(dbx, docs, friend, service, limit):
    selectors = [email(f"m{number}@example.com") for number in range(3)]
    service.accounts.create("M1@example.com")
    add(dbx, "/Docs/c.txt", *selectors)
    page = dbx.sharing_list_file_members("/Docs/c.txt", limit=limit, actions=[ACTION.remove])
    found = []
    while True:
        entries = [*page.users, *page.invitees]
        assert all(len(each.permissions) == 1 for each in entries)
        found += levels(page)
        if page.cursor is None:
            break
        assert len(entries) == limit
        page = dbx.sharing_list_file_members_continue(page.cursor)
    added = ["m0@example.com", "M1@example.com", "m2@example.com"]
    expected = ["owner@example.com", *added, friend.email]
    assert sorted(found) == sorted(expected)
    if limit == 1:
        assert found == expected


@pytest.mark.evidence("S14-11")
def test_a_cursor_is_valid_only_for_its_route_and_account_and_during_access(
    dbx, docs, friend, friends
):
    add(dbx, "/a b.txt", email(friend.email))
    folder_cursor = dbx.sharing_list_folder_members(docs, limit=1).cursor
    cursor = dbx.sharing_list_file_members("/a b.txt", limit=1).cursor
    for client, bad in ((dbx, "none"), (dbx, folder_cursor), (friends, cursor)):
        assert refusal(client.sharing_list_file_members_continue, bad) == "invalid_cursor"
    theirs = friends.sharing_list_file_members(found_id(dbx, "/a b.txt"), limit=1).cursor
    dbx.sharing_unshare_file("/a b.txt")
    gone = "access_error/invalid_file"
    assert refusal(friends.sharing_list_file_members_continue, theirs) == gone
    assert levels(dbx.sharing_list_file_members_continue(cursor)) == {}
    dbx.files_delete_v2("/a b.txt")
    assert refusal(dbx.sharing_list_file_members_continue, cursor) == gone


@pytest.mark.evidence("S14-12")
def test_a_batch_has_members_but_no_inherited_ones(dbx, docs, friend):
    add(dbx, "/a b.txt", email(friend.email), email("new@example.com"))
    paths = ["/none", "/a b.txt", "/Docs", "/Docs/c.txt", "/a b.txt"]
    batch = dbx.sharing_list_file_members_batch(paths, limit=2)
    assert [each.file for each in batch] == paths
    none, private, folder, shared, again = (each.result for each in batch)
    assert none.get_access_error().is_invalid_file()
    assert folder.get_access_error().is_is_folder()
    assert levels(private.get_result().members) == {
        "owner@example.com": "owner",
        friend.email: "viewer",
    }
    assert private.get_result().member_count == 3
    rest = dbx.sharing_list_file_members_continue(private.get_result().members.cursor)
    assert levels(rest) == {"new@example.com": "viewer"}
    assert (levels(shared.get_result().members), shared.get_result().member_count) == ({}, 0)
    assert again.get_result().member_count == 3
    (empty,) = dbx.sharing_list_file_members_batch(["/a b.txt"], limit=0)
    empty = empty.result.get_result()
    assert (levels(empty.members), empty.member_count) == ({}, 3)
    assert len(levels(dbx.sharing_list_file_members_continue(empty.members.cursor))) == 3
    with pytest.raises(ValidationError, match="100"):
        dbx.sharing_list_file_members_batch(["/a b.txt"] * 101)


@pytest.mark.evidence("S14-37")
def test_refused_actions_on_members_have_reasons(dbx, docs, friend, friends, connect, service):
    add(dbx, "/Docs/c.txt", email("new@example.com"))
    tags = ["remove", "make_viewer", "make_owner", "leave_a_copy"]
    actions = [ACTION(tag) for tag in tags]

    def reasons(client):
        found = client.sharing_list_file_members(found_id(dbx), actions=actions)
        return {
            address: [each.reason and each.reason._tag for each in info.permissions]
            for address, info in zip(levels(found), [*found.users, *found.invitees], strict=True)
        }

    added = [None, None, "permission_denied", "permission_denied"]
    assert reasons(dbx) == {
        "owner@example.com": ["target_is_self"] * 4,
        friend.email: ["target_is_indirect_member"] * 4,
        "new@example.com": added,
    }
    assert reasons(friends) == {
        "owner@example.com": ["target_is_owner"] * 4,
        friend.email: ["target_is_self"] * 4,
        "new@example.com": added,
    }
    viewer = connect(service.logins.create(service.accounts.create("new@example.com")))
    assert reasons(viewer)[friend.email] == ["user_not_allowed_by_owner"] * 4


# Invitations


@pytest.mark.evidence("S14-39")
@pytest.mark.parametrize("is_confirmed", [True, False])
def test_an_invited_address_becomes_a_member_when_its_account_is_confirmed(
    dbx, connect, service, is_confirmed
):
    add(dbx, "/a b.txt", email("New@example.com"), level=LEVEL.editor)
    file = found_id(dbx, "/a b.txt")
    later = service.accounts.create("nEW@example.com", email_verified=is_confirmed)
    client = connect(service.logins.create(later))
    found = dbx.sharing_list_file_members("/a b.txt")
    if is_confirmed:
        _, user = found.users
        assert (user.user.account_id, user.access_type._tag) == (later.account_id, "editor")
        assert [each.id for each in client.sharing_list_received_files().entries] == [file]
        client.sharing_relinquish_file_membership(file)
        assert list(listed(dbx)) == ["owner@example.com"]
    else:
        (invitee,) = found.invitees
        assert invitee.user.account_id == later.account_id
        assert refusal(client.sharing_relinquish_file_membership, file).endswith("invalid_file")
        preview = dbx.sharing_get_file_metadata(file).preview_url
        refused = refusal(client.sharing_get_shared_link_file, preview)
        assert refused == "shared_link_access_denied"


@pytest.mark.evidence("S14-39", "S14-40")
def test_an_invitation_becomes_a_membership_when_the_account_is_added(dbx, service):
    add(dbx, "/a b.txt", email("new@example.com"), level=LEVEL.editor)
    later = service.accounts.create("new@example.com")
    assert results(add(dbx, "/a b.txt", account(later.account_id))) == ["editor"]
    assert listed(dbx) == {"owner@example.com": "owner", "new@example.com": "editor"}
    dbx.sharing_remove_file_member_2("/a b.txt", email("new@example.com"))
    assert list(listed(dbx)) == ["owner@example.com"]


# What happens to the file


@pytest.mark.evidence("S14-29")
def test_members_keep_a_file_that_is_moved_overwritten_and_restored(dbx, friend, friends):
    add(dbx, "/a b.txt", email(friend.email))
    (before,) = friends.sharing_list_received_files().entries
    dbx.files_move_v2("/a b.txt", "/Docs/new.txt")
    overwritten = files.WriteMode.overwrite
    rev = dbx.files_upload(b"three", "/Docs/new.txt", mode=overwritten).rev
    (after,) = friends.sharing_list_received_files().entries
    assert (after.name, after.id, after.time_invited) == (
        "new.txt",
        before.id,
        before.time_invited,
    )
    for url in (before.preview_url, after.preview_url):
        assert friends.sharing_get_shared_link_file(url)[1].content == b"three"
    dbx.files_delete_v2("/Docs/new.txt")
    assert friends.sharing_list_received_files().entries == []
    gone = refusal(friends.sharing_get_shared_link_file, after.preview_url)
    assert gone == "shared_link_not_found"
    assert refusal(friends.sharing_get_file_metadata, after.id) == "access_error/invalid_file"
    dbx.files_restore("/Docs/new.txt", rev)
    assert friends.sharing_list_received_files().entries == [after]
    dbx.files_copy_v2("/Docs/new.txt", "/copy.txt")
    assert list(listed(dbx, "/copy.txt")) == ["owner@example.com"]


@pytest.mark.evidence("S14-24", "S14-29", "S14-31")
def test_members_stay_when_the_folder_is_shared_and_unshared(dbx, friend, friends):
    add(dbx, "/Docs/c.txt", email(friend.email))
    before = friends.sharing_list_received_files().entries
    folder = share(dbx).shared_folder_id
    assert friends.sharing_list_received_files().entries == before
    assert dbx.sharing_get_file_metadata("/Docs/c.txt").parent_shared_folder_id == folder
    dbx.sharing_add_folder_member(folder, [by_id(friend.account_id, LEVEL.editor)])
    (both,) = friends.sharing_list_received_files().entries
    assert (both.access_type._tag, both.parent_shared_folder_id) == ("editor", folder)
    friends.sharing_mount_folder(folder)
    assert friends.sharing_get_file_metadata("/Docs/c.txt").path_display == "/Docs/c.txt"
    dbx.sharing_unshare_folder(folder)
    assert friends.sharing_list_received_files().entries == before


@pytest.mark.evidence("S14-29", "S14-32")
def test_a_file_that_is_moved_into_a_shared_folder_belongs_to_the_owner_of_the_folder(
    dbx, docs, friend, friends, service
):
    friends.sharing_mount_folder(docs)
    service.seed_files({"/theirs.txt": b"theirs"}, account=friend)
    add(friends, "/theirs.txt", email("owner@example.com"), email("new@example.com"))
    assert len(dbx.sharing_list_received_files().entries) == 1
    friends.files_move_v2("/theirs.txt", "/Docs/theirs.txt")
    assert dbx.sharing_list_received_files().entries == []
    assert listed(dbx, "/Docs/theirs.txt") == {
        "owner@example.com": "owner",
        friend.email: "editor",
        "new@example.com": "viewer",
    }


@pytest.mark.evidence("S2-36", "S5-31", "S14-29", "S14-30")
def test_links_and_members_of_a_file_do_not_affect_each_other(dbx, friend, friends, other):
    no_one = sharing.SharedLinkSettings(audience=sharing.LinkAudience.no_one)
    link = dbx.sharing_create_shared_link_with_settings("/a b.txt", no_one).url
    denied = "shared_link_access_denied"
    assert refusal(friends.sharing_get_shared_link_file, link) == denied
    add(dbx, "/a b.txt", email(friend.email))
    assert friends.sharing_get_shared_link_file(link)[1].content == b"one"
    assert refusal(other.sharing_get_shared_link_file, link) == denied
    dbx.sharing_revoke_shared_link(link)
    preview = dbx.sharing_get_file_metadata("/a b.txt").preview_url
    assert friends.sharing_get_shared_link_file(preview)[1].content == b"one"
    public = dbx.sharing_create_shared_link_with_settings("/a b.txt").url
    dbx.sharing_unshare_file("/a b.txt")
    assert friends.sharing_get_shared_link_file(public)[1].content == b"one"
    assert refusal(friends.sharing_get_shared_link_file, preview) == denied


@pytest.mark.evidence("S5-31")
def test_members_of_a_folder_can_use_a_link_to_it_with_the_audience_no_one(
    dbx, docs, friends, other
):
    no_one = sharing.SharedLinkSettings(audience=sharing.LinkAudience.no_one)
    for path in ("/Docs", "/Docs/c.txt"):
        link = dbx.sharing_create_shared_link_with_settings(path, no_one).url
        assert friends.sharing_get_shared_link_metadata(link).name == path.rpartition("/")[2]
        refused = refusal(other.sharing_get_shared_link_metadata, link)
        assert refused == "shared_link_access_denied"
    dbx.files_create_folder_v2("/own")
    own = dbx.sharing_create_shared_link_with_settings("/own", no_one).url
    refused = refusal(friends.sharing_get_shared_link_metadata, own)
    assert refused == "shared_link_access_denied"


@pytest.mark.evidence("S13-23", "S13-25")
def test_a_file_with_members_is_shown_as_shared_and_can_be_locked(dbx, docs, friend):
    options = {"include_has_explicit_shared_members": True}

    def has_members(path):
        entries = dbx.files_list_folder(path.rpartition("/")[0], **options).entries
        (listed,) = [each for each in entries if each.path_display == path]
        assert dbx.files_get_metadata(path, **options) == listed
        return listed.has_explicit_shared_members

    def lock():
        (entry,) = dbx.files_lock_file_batch([files.LockFileArg("/a b.txt")]).entries
        return entry.is_success()

    assert not has_members("/Docs/c.txt")
    assert not has_members("/a b.txt")
    assert not lock()
    add(dbx, "/a b.txt", email("new@example.com"))
    add(dbx, "/Docs/c.txt", email("new@example.com"))
    assert has_members("/Docs/c.txt")
    assert has_members("/a b.txt")
    assert lock()
    dbx.sharing_unshare_file("/a b.txt")
    assert not has_members("/a b.txt")


@pytest.mark.evidence("S14-29")
def test_a_snapshot_restores_members_and_policies(service, friend):
    dbx, friends = service.client(), service.client(account=friend)
    add(dbx, "/a b.txt", email("first@example.com"))
    snapshot = service.snapshot()
    before = listed(dbx)
    add(dbx, "/a b.txt", email(friend.email), email("first@example.com"), level=LEVEL.editor)
    add(dbx, "/Docs/c.txt", email(friend.email))
    if hasattr(dbx, "sharing_update_file_policy"):
        off = sharing.ViewerInfoPolicy.disabled
        dbx.sharing_update_file_policy("/Docs/c.txt", viewer_info_policy=off)
    dbx.sharing_update_file_member("/a b.txt", email(friend.email), LEVEL.viewer)
    dbx.sharing_remove_file_member_2("/a b.txt", email("first@example.com"))
    assert len(friends.sharing_list_received_files().entries) == 2
    service.restore(snapshot)
    assert listed(dbx) == before
    assert friends.sharing_list_received_files().entries == []
    assert list(listed(dbx, "/Docs/c.txt")) == ["owner@example.com"]
    assert dbx.sharing_get_file_metadata("/Docs/c.txt").policy.viewer_info_policy.is_enabled()


def test_a_new_file_does_not_get_the_members_of_a_file_that_a_restore_removed(service, friend):
    dbx, friends, snapshot = service.client(), service.client(account=friend), service.snapshot()
    dbx.files_upload(b"1", "/first.txt")
    add(dbx, "/first.txt", email("first@example.com"))
    service.restore(snapshot)
    dbx.files_upload(b"2", "/second.txt")
    add(dbx, "/second.txt", email(friend.email))
    assert list(listed(dbx, "/second.txt")) == ["owner@example.com", friend.email]
    assert [each.name for each in friends.sharing_list_received_files().entries] == ["second.txt"]


@pytest.mark.evidence("S14-25")
def test_a_received_file_is_not_among_the_receiver_s_own_files(dbx, friend, friends):
    add(dbx, "/a b.txt", email(friend.email), level=LEVEL.editor)
    (received,) = friends.sharing_list_received_files().entries
    assert friends.files_list_folder("").entries == []
    for call in (friends.files_get_metadata, friends.files_download, friends.files_delete_v2):
        assert refusal(call, received.id).endswith("/not_found")
