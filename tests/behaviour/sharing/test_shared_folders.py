"""Tests of sharing a folder, and of finding shared folders."""

import pytest
from dropbox import files, sharing
from tests.support.doors import auth_refusal, bad_input, newer_sdk, refusal
from tests.support.shared_folders import share

from fakedropbox import NotImplementedInFake, Personality

FILES = {"/Docs/deep/a.txt": b"a", "/Docs/b.txt": b"b", "/c.txt": b"c"}
pytestmark = pytest.mark.dropbox(files=FILES)


def names(result):
    return [entry.name for entry in result.entries]


# share_folder


HAS_FOLDER_ID = newer_sdk(hasattr(sharing.SharedFolderMetadata, "folder_id"), "field folder_id")


@HAS_FOLDER_ID
@pytest.mark.evidence("S8-01", "S8-20", "S8-21", "S8-24", "S9-09")
def test_sharing_a_folder_returns_its_metadata(dbx, service):
    meta = share(dbx)
    assert meta.access_type.is_owner()
    assert (meta.name, meta.path_lower, meta.path_display) == ("Docs", "/docs", "/Docs")
    assert meta.folder_id == dbx.files_get_metadata("/Docs").id
    assert meta.policy.acl_update_policy.is_editors()
    assert meta.policy.shared_link_policy.is_anyone()
    assert meta.policy.viewer_info_policy.is_enabled()
    assert meta.access_inheritance.is_inherit()
    assert meta.time_invited == service.clock.utcnow().replace(microsecond=0)
    assert meta.shared_folder_id.isdecimal()
    assert len(meta.shared_folder_id) in (10, 11)
    assert share(dbx, "/new").shared_folder_id != meta.shared_folder_id


@HAS_FOLDER_ID
@pytest.mark.evidence("S8-01", "S9-01", "S9-02", "S9-06", "S9-07", "O4.1-02")
def test_the_keys_of_the_metadata_come_in_the_order_of_the_sdk(wire):
    found = wire.rpc("sharing/share_folder", {"path": "/Docs"}).json()
    assert list(found) == [
        ".tag",
        "access_type",
        "is_inside_team_folder",
        "is_team_folder",
        "path_display",
        "path_lower",
        "name",
        "policy",
        "preview_url",
        "shared_folder_id",
        "time_invited",
        "access_inheritance",
        "folder_id",
    ]
    assert list(found["policy"]) == [
        "acl_update_policy",
        "shared_link_policy",
        "viewer_info_policy",
    ]
    assert found["preview_url"].startswith("https://www.dropbox.com/scl/fo/")
    assert len(found["preview_url"].split("/")[5]) == 21


@pytest.mark.evidence("S8-02", "S8-22")
def test_a_missing_folder_is_created_and_an_existing_one_keeps_its_ids_and_files(dbx, service):
    before = dbx.files_get_metadata("/Docs/b.txt")
    share(dbx, "/x/New")
    share(dbx)
    assert dbx.files_get_metadata("/X/new").path_display == "/x/New"
    after = dbx.files_get_metadata("/Docs/b.txt")
    assert (after.id, after.path_display) == (before.id, before.path_display)
    assert service.files == FILES


@pytest.mark.dropbox(files=FILES, personality=Personality(async_checks=1))
@pytest.mark.evidence("S8-03", "S8-04", "S8-07", "S8-08", "O4.2-01")
def test_force_async_gives_a_job_whose_status_is_the_metadata(dbx):
    launched = dbx.sharing_share_folder("/Docs", force_async=True)
    job = launched.get_async_job_id()
    assert job.startswith("dbjid:")
    assert len(job) == 94
    assert dbx.sharing_check_share_job_status(job).is_in_progress()
    done = dbx.sharing_check_share_job_status(job).get_complete()
    assert done == dbx.sharing_get_folder_metadata(done.shared_folder_id)
    assert dbx.sharing_check_share_job_status(job).get_complete() == done


@pytest.mark.dropbox(files=FILES, personality=Personality(async_batches="always"))
@pytest.mark.evidence("S8-01")
def test_async_batches_always_makes_sharing_a_job(dbx):
    assert dbx.sharing_share_folder("/Docs").is_async_job_id()


@pytest.mark.evidence("S8-06", "S16-11")
def test_a_job_of_another_kind_or_account_is_unknown(dbx, other):
    launched = dbx.files_create_folder_batch(["/f"], force_async=True).get_async_job_id()
    theirs = other.sharing_share_folder("/Docs", force_async=True).get_async_job_id()
    for job in (launched, theirs, "dbjid:none"):
        assert refusal(dbx.sharing_check_share_job_status, job) == "invalid_async_job_id"


@pytest.mark.evidence("S8-09", "S16-05", "O4.2-02")
def test_a_folder_that_is_shared_already_is_refused_with_its_metadata(service, wire):
    first = wire.rpc("sharing/share_folder", {"path": "/Docs"}).json()
    again = wire.rpc("sharing/share_folder", {"path": "/docs", "force_async": True})
    found = again.json()
    assert again.status_code == 409
    assert found["error_summary"].startswith("bad_path/already_shared/")
    assert found["error"]["bad_path"] == {**first, ".tag": "already_shared"}
    assert next(iter(found["error"]["bad_path"])) == ".tag"
    assert found["user_message"] == {"locale": "en", "text": "This folder is already shared."}


@pytest.mark.every_door
@pytest.mark.evidence("S8-19", "S10-02", "S10-03")
def test_an_error_can_have_a_user_message(dbx):
    call = dbx.sharing_get_folder_metadata
    assert refusal(call, "-1") == "invalid_id"
    with pytest.raises(Exception, match="invalid_id") as caught:
        call("-1")
    assert caught.value.user_message_text == "Invalid shared folder ID."
    assert caught.value.user_message_locale == "en"


@pytest.mark.evidence("S8-19", "S8-26", "S10-17")
def test_the_user_message_is_in_the_locale_of_the_caller(service, wire):
    def shown(locale, number="-1"):
        headers = {} if locale is None else {"Dropbox-API-User-Locale": locale}
        given = {"shared_folder_id": number}
        reply = wire.rpc("sharing/get_folder_metadata", given, headers=headers)
        return reply.json().get("user_message")

    english = {"locale": "en", "text": "Invalid shared folder ID."}
    assert [shown(locale) for locale in (None, "en", "en-US", "fr")] == [english] * 4
    theirs = share(service.client(account=service.accounts.create("b@example.com")), "/x")
    japanese = {"locale": "ja", "text": "この共有フォルダのメンバーではありません。"}
    for locale in ("ja", "ja-JP"):
        assert shown(locale, theirs.shared_folder_id) == japanese
    assert shown("en", theirs.shared_folder_id) is None


def test_the_direct_client_can_ask_for_a_locale(service):
    theirs = share(service.client(account=service.accounts.create("b@example.com")), "/x")
    dbx = service.client(headers={"Dropbox-API-User-Locale": "ja"})
    with pytest.raises(Exception, match="not_a_member") as caught:
        dbx.sharing_get_folder_metadata(theirs.shared_folder_id)
    assert caught.value.user_message_locale == "ja"
    assert caught.value.user_message_text == "この共有フォルダのメンバーではありません。"


@pytest.mark.evidence("S8-10", "S8-11", "S8-12")
def test_an_item_that_cannot_be_shared_is_refused_and_nothing_is_created(dbx, service):
    share(dbx, "/Docs/deep")
    for path, reason in {
        "/c.txt": "is_file",
        "/c.txt/below": "invalid_path",
        "/Docs": "contains_shared_folder",
        "/Docs/deep/new/newer": "inside_shared_folder",
        "/": "invalid_path",
        "/a//b": "invalid_path",
        "id:none": "invalid_path",
    }.items():
        assert refusal(dbx.sharing_share_folder, path) == f"bad_path/{reason}", path
    assert service.files == FILES
    assert refusal(dbx.files_get_metadata, "/Docs/deep/new") == "path/not_found"


@pytest.mark.evidence("S8-13")
def test_app_folders_cannot_be_shared(dbx, service):
    app = service.apps.create("small", folder="Small")
    small = service.client(service.logins.create(app=app))
    small.files_upload(b"", "/in/a.txt")
    for path, reason in {
        "/Apps/Small": "is_app_folder",
        "/Apps/Small/in": "inside_app_folder",
        "/Apps": "contains_app_folder",
    }.items():
        assert refusal(dbx.sharing_share_folder, path) == f"bad_path/{reason}"
    assert share(dbx).name == "Docs"


@pytest.mark.evidence("S8-14", "S8-15", "S8-16")
def test_policies_that_need_a_team_are_refused(dbx):
    team = sharing.MemberPolicy.team
    members = sharing.SharedLinkPolicy.members
    call = dbx.sharing_share_folder
    assert refusal(call, "/x", member_policy=team) == "team_policy_disallows_member_policy"
    assert refusal(call, "/x", shared_link_policy=members) == "disallowed_shared_link_policy"
    assert refusal(dbx.files_get_metadata, "/x") == "path/not_found"
    given = share(
        dbx,
        member_policy=sharing.MemberPolicy.anyone,
        acl_update_policy=sharing.AclUpdatePolicy.owner,
        viewer_info_policy=sharing.ViewerInfoPolicy.disabled,
    )
    assert given.policy.acl_update_policy.is_owner()
    assert given.policy.viewer_info_policy.is_disabled()


@pytest.mark.evidence("S8-17")
def test_an_account_whose_address_is_not_verified_cannot_share(client_of):
    unverified = client_of(email_verified=False)
    assert refusal(unverified.sharing_share_folder, "/Docs") == "email_unverified"


@pytest.mark.dropbox(files=FILES, allow_not_implemented=True)
@pytest.mark.parametrize(
    "given",
    [
        {"access_inheritance": sharing.AccessInheritance.no_inherit},
        {"link_settings": sharing.LinkSettings()},
    ],
)
def test_unsupported_settings_of_a_shared_folder_raise(service, given):
    with pytest.raises(NotImplementedInFake, match="sharing/share_folder"):
        service.client().sharing_share_folder("/Docs", **given)


@pytest.mark.evidence("S1-24")
def test_the_preview_url_is_not_a_shared_link(dbx):
    url = share(dbx).preview_url
    assert "rlkey" not in url
    assert refusal(dbx.sharing_get_shared_link_metadata, url) == "shared_link_not_found"


# Finding folders


@pytest.mark.evidence("S10-01", "S16-03", "S9-08")
def test_get_folder_metadata_equals_the_entry_of_the_list(dbx):
    made = share(dbx)
    assert dbx.sharing_get_folder_metadata(made.shared_folder_id) == made
    assert dbx.sharing_list_folders().entries == [made]


@pytest.mark.evidence("S10-05", "S10-06")
def test_get_folder_metadata_refuses_folders_of_others_and_other_namespaces(dbx, other, service):
    theirs = share(other).shared_folder_id
    assert refusal(dbx.sharing_get_folder_metadata, theirs) == "not_a_member"
    home = str(service.accounts.default.namespace_id)
    assert refusal(dbx.sharing_get_folder_metadata, home) == "invalid_id"


@pytest.mark.evidence("S10-07", "S10-13", "S10-14", "O4.2-04")
def test_lists_are_in_order_of_names_and_come_in_pages(dbx):
    assert dbx.sharing_list_mountable_folders().entries == []
    for path in ("/b", "/C", "/a", "/x/A"):
        share(dbx, path)
    for first, more in (
        (dbx.sharing_list_folders, dbx.sharing_list_folders_continue),
        (dbx.sharing_list_mountable_folders, dbx.sharing_list_mountable_folders_continue),
    ):
        whole = first()
        assert (names(whole), whole.cursor) == (["a", "A", "b", "C"], None)
        page = first(limit=3, actions=[sharing.FolderAction.unshare])
        assert names(page) == ["a", "A", "b"]
        last = more(page.cursor)
        assert (names(last), last.cursor) == (["C"], None)
        assert [each.action.is_unshare() for each in last.entries[0].permissions] == [True]
        assert first(limit=3).entries == whole.entries[:3]


@pytest.mark.evidence("S10-09")
@pytest.mark.parametrize("limit", [0, 1001])
def test_a_limit_out_of_range_is_bad_input(wire, limit):
    for route in ("list_folders", "list_mountable_folders"):
        assert wire.rpc(f"sharing/{route}", {"limit": limit}).status_code == 400


@pytest.mark.evidence("S10-11", "S10-12")
def test_a_cursor_of_another_list_or_account_is_invalid(dbx, other):
    for path in ("/a", "/b"):
        share(dbx, path)
        share(other, path)
    mine = dbx.sharing_list_mountable_folders(limit=1).cursor
    theirs = other.sharing_list_folders(limit=1).cursor
    for cursor in (mine, theirs, "", "x"):
        assert refusal(dbx.sharing_list_folders_continue, cursor) == "invalid_cursor"


@pytest.mark.evidence("S9-10", "S9-11", "S9-13")
def test_permissions_are_shown_for_the_requested_actions(dbx):
    actions = [
        sharing.FolderAction.relinquish_membership,
        sharing.FolderAction.edit_contents,
        sharing.FolderAction.set_access_inheritance,
    ]
    shown = share(dbx, actions=actions).permissions
    assert [each.action for each in shown] == actions
    assert [each.allow for each in shown] == [False, True, False]
    assert shown[0].reason.is_target_is_owner()
    assert shown[1].reason is None
    found = dbx.sharing_list_folders(actions=[]).entries[0]
    assert found.permissions == []


def test_reading_the_metadata_needs_the_sharing_read_scope(connect, service):
    dbx = connect(service.logins.create(scopes=["files.metadata.read"]))
    refused = auth_refusal(dbx.sharing_get_folder_metadata, "1")
    assert refused.is_missing_scope()
    assert refused.get_missing_scope().required_scope == "sharing.read"


@pytest.mark.dropbox(app_folder="app")
def test_an_app_folder_app_may_not_read_the_metadata(dbx):
    assert "not allowed" in bad_input(dbx.sharing_get_folder_metadata, "1")


# The files of a shared folder, as its owner sees them


@pytest.mark.evidence("F2.2-05", "S13-01", "S13-03", "S13-04", "S13-15", "S16-04")
def test_the_metadata_of_files_and_folders_shows_the_sharing(wire, service):
    outside = wire.rpc("files/get_metadata", {"path": "/Docs/b.txt"}).json()
    assert "sharing_info" not in outside
    number = wire.rpc("sharing/share_folder", {"path": "/Docs"}).json()["shared_folder_id"]

    def added(path):
        found = wire.rpc("files/get_metadata", {"path": path}).json()
        return {key: found[key] for key in found if "shar" in key}

    assert added("/c.txt") == {}
    assert added("/Docs") == {
        "shared_folder_id": number,
        "sharing_info": {
            "read_only": False,
            "shared_folder_id": number,
            "traverse_only": False,
            "no_access": False,
        },
    }
    assert added("/Docs/deep") == {
        "parent_shared_folder_id": number,
        "sharing_info": {
            "read_only": False,
            "parent_shared_folder_id": number,
            "traverse_only": False,
            "no_access": False,
        },
    }
    assert added("/Docs/deep/a.txt") == {
        "parent_shared_folder_id": number,
        "sharing_info": {
            "read_only": False,
            "parent_shared_folder_id": number,
            "modified_by": service.accounts.default.account_id,
        },
    }


@pytest.mark.evidence("S8-23", "S13-09", "S13-11")
def test_a_path_may_begin_with_the_id_of_the_shared_folder(dbx, other):
    number = share(dbx).shared_folder_id
    assert dbx.files_get_metadata(f"ns:{number}") == dbx.files_get_metadata("/Docs")
    made = dbx.files_upload(b"new", f"ns:{number}/New.txt")
    assert made.path_display == "/Docs/New.txt"
    assert refusal(other.files_get_metadata, f"ns:{number}") == "path/not_found"


@pytest.mark.evidence("S13-25")
def test_a_file_in_a_shared_folder_can_be_locked(dbx):
    share(dbx)
    result = dbx.files_lock_file_batch(
        [files.LockFileArg("/Docs/b.txt"), files.LockFileArg("/c.txt")]
    )
    inside, outside = result.entries
    assert inside.is_success()
    assert outside.get_failure().is_file_not_shared()


@pytest.mark.dropbox(allow_not_implemented=True)
def test_the_records_of_calls_hold_no_password(service):
    given = sharing.LinkSettings(password=sharing.LinkPassword.set_password("my-secret"))
    routes = {
        "share_folder": sharing.ShareFolderArg("/a", link_settings=given),
        "update_folder_policy": sharing.UpdateFolderPolicyArg("1", link_settings=given),
    }
    dbx = service.client()
    for name, arg in routes.items():
        with pytest.raises(NotImplementedInFake, match="link_settings"):
            dbx.request(getattr(sharing, name), "sharing", arg, None)
        assert "my-secret" not in str(service.calls[-1].arg)
        assert "my-secret" not in repr(service.calls[-1])


@pytest.mark.evidence("S13-16")
def test_a_copy_of_a_shared_folder_is_private(dbx):
    share(dbx)
    dbx.files_copy_v2("/Docs", "/copy")
    assert dbx.files_get_metadata("/copy").sharing_info is None
    assert dbx.files_get_metadata("/copy/b.txt").sharing_info is None
    assert len(dbx.sharing_list_folders().entries) == 1


def test_a_snapshot_undoes_sharing(service):
    dbx = service.client()
    snapshot = service.snapshot()
    number = share(dbx, "/new").shared_folder_id
    service.restore(snapshot)
    assert dbx.sharing_list_folders().entries == []
    assert refusal(dbx.files_get_metadata, f"ns:{number}") == "path/not_found"
    assert share(dbx).shared_folder_id == number
    assert dbx.files_get_metadata("/Docs").shared_folder_id == number
