"""A table with a valid call of each route of `sharing`, and an invalid one where there is any."""

from dropbox.sharing import (
    AccessLevel,
    AclUpdatePolicy,
    AddMember,
    LinkAudience,
    ListFileMembersBatchArg,
    MemberPolicy,
    MemberSelector,
    RemoveFileMemberArg,
    SharedLinkSettings,
    ViewerInfoPolicy,
)
from tests.support.doors import bad_input, refusal
from tests.support.populated import FOLDER
from tests.support.routes.row import NO_CHANGE, Row

from fakedropbox._api.registry import SDK_ROUTES

MOST_OF_BATCH = ListFileMembersBatchArg.limit.validator.maximum  # 20 in the oldest supported SDK
NO_LINK = "https://www.dropbox.com/scl/fi/abcdefghijklmnopqrstu/a.txt?rlkey=none&dl=0"
NOT_FOUND = "shared_link_not_found"
NOBODY = MemberSelector.email("nobody@example.com")
NEW = MemberSelector.email("new@example.com")
NEW_MEMBER = [AddMember(NEW)]
FRIEND, INVITED = "viewer friend@example.com", "viewer invited@example.com"
NO_ONE = SharedLinkSettings(audience=LinkAudience.no_one)


def links(*, added=(), removed=()):
    """Return the change that adds and removes links, each given by its audience."""
    return {"shared_links": {"+": list(added), "-": list(removed)}}


def names(found):
    return [link.name for link in found.links]


def shared_names(found):
    return [entry.name for entry in found.entries]


def levels(found):
    return [each.access_type._tag for each in (*found.users, *found.invitees)]


def friend(given):
    return MemberSelector.dropbox_id(given.sharing.friend)


def remove_file_member(dbx, path):
    """Call the older route `sharing/remove_file_member`, for which the SDK has no method."""
    argument = RemoveFileMemberArg(path, MemberSelector.email("invited@example.com"))
    return dbx.request(SDK_ROUTES["sharing/remove_file_member"], "sharing", argument, None)


def shared_file(*people, policy=None):
    """Return the change that gives the shared file a policy, and levels to people."""
    before = ("small.csv", None, FRIEND, INVITED)
    return {"shared_files": {"+": [("small.csv", policy, *people)], "-": [before]}}


def shared_folder(*people, policy="editors", owner="owner owner@example.com"):
    """Return the change of one shared folder: its description before and after."""
    before = ("shared", "editors", "owner owner@example.com", FRIEND, INVITED)
    return {"shared_folders": {"+": [("shared", policy, owner, *people)], "-": [before]}}


ROWS = [
    Row(
        "sharing/add_file_member",
        lambda dbx, _: [
            each.result.get_success()._tag
            for each in dbx.sharing_add_file_member("/small.csv", [NEW])
        ],
        ["viewer"],
        {
            **shared_file(FRIEND, INVITED, "viewer new@example.com"),
            "contacts": {"+": ["new@example.com"], "-": []},
        },
        lambda dbx, _: dbx.sharing_add_file_member("/folder", [NEW]),
        "access_error/is_folder",
    ),
    Row(
        "sharing/add_folder_member",
        lambda dbx, given: dbx.sharing_add_folder_member(given.sharing.folder, NEW_MEMBER),
        None,
        {
            **shared_folder(FRIEND, INVITED, "viewer new@example.com"),
            "contacts": {"+": ["new@example.com"], "-": []},
        },
        lambda dbx, _: dbx.sharing_add_folder_member("xxx", NEW_MEMBER),
        "access_error/invalid_id",
    ),
    Row(
        "sharing/check_job_status",
        lambda dbx, given: dbx.sharing_check_job_status(given.sharing.removal).is_complete(),
        True,
        NO_CHANGE,
        lambda dbx, given: dbx.sharing_check_job_status(given.sharing.job),
        "invalid_async_job_id",
    ),
    Row(
        "sharing/check_remove_member_job_status",
        lambda dbx, given: dbx.sharing_check_remove_member_job_status(
            given.sharing.removal
        ).is_complete(),
        True,
        NO_CHANGE,
        lambda dbx, given: dbx.sharing_check_remove_member_job_status(given.sharing.job),
        "invalid_async_job_id",
    ),
    Row(
        "sharing/check_share_job_status",
        lambda dbx, given: dbx.sharing_check_share_job_status(given.sharing.job).is_complete(),
        True,
        NO_CHANGE,
        lambda dbx, given: dbx.sharing_check_share_job_status(given.jobs["save_url"]),
        "invalid_async_job_id",
    ),
    Row(
        "sharing/create_shared_link",
        lambda dbx, _: dbx.sharing_create_shared_link("/b.txt").path,
        "/b.txt",
        links(added=["public"]),
        lambda dbx, _: dbx.sharing_create_shared_link("/none"),
        "path/not_found",
    ),
    Row(
        "sharing/create_shared_link_with_settings",
        lambda dbx, _: dbx.sharing_create_shared_link_with_settings("/b.txt", NO_ONE).name,
        "b.txt",
        links(added=["no_one"]),
        lambda dbx, _: dbx.sharing_create_shared_link_with_settings("/a.txt", NO_ONE),
        "shared_link_already_exists",
    ),
    Row(
        "sharing/get_file_metadata",
        lambda dbx, given: dbx.sharing_get_file_metadata(given.sharing.received).name,
        "given.txt",
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_get_file_metadata("/none"),
        "access_error/invalid_file",
    ),
    Row(
        "sharing/get_file_metadata/batch",
        lambda dbx, _: [
            each.result._tag for each in dbx.sharing_get_file_metadata_batch(["/a.txt", "/none"])
        ],
        ["metadata", "access_error"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_get_file_metadata_batch(["a.txt"]),
        "'a.txt' did not match pattern '((/|id:).*|nspath:[0-9]+:.*)|ns:[0-9]+(/.*)?'",
    ),
    Row(
        "sharing/get_folder_metadata",
        lambda dbx, given: dbx.sharing_get_folder_metadata(given.sharing.folder).name,
        "shared",
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_get_folder_metadata("-1"),
        "invalid_id",
    ),
    Row(
        "sharing/get_shared_link_file",
        lambda dbx, given: dbx.sharing_get_shared_link_file(given.link)[1].content,
        b"a",
        NO_CHANGE,
        lambda dbx, given: dbx.sharing_get_shared_link_file(given.linked_folder),
        "shared_link_is_directory",
    ),
    Row(
        "sharing/get_shared_link_metadata",
        lambda dbx, given: dbx.sharing_get_shared_link_metadata(given.link).path_lower,
        "/a.txt",
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_get_shared_link_metadata(NO_LINK),
        NOT_FOUND,
    ),
    Row(
        "sharing/get_shared_links",
        lambda dbx, _: [link.path for link in dbx.sharing_get_shared_links().links],
        ["/a.txt", "/folder"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_get_shared_links("/none"),
        "path",
    ),
    Row(
        "sharing/list_file_members",
        lambda dbx, _: levels(dbx.sharing_list_file_members("/small.csv")),
        ["owner", "viewer", "viewer"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_file_members("/none"),
        "access_error/invalid_file",
    ),
    Row(
        "sharing/list_file_members/batch",
        lambda dbx, _: [
            each.result.get_result().member_count
            for each in dbx.sharing_list_file_members_batch(["/small.csv", "/a.txt"])
        ],
        [3, 1],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_file_members_batch(["/a.txt"], limit=3001),
        f"3001 is not within range [0, {MOST_OF_BATCH}]",
    ),
    Row(
        "sharing/list_file_members/continue",
        lambda dbx, given: levels(
            dbx.sharing_list_file_members_continue(given.sharing.file_members)
        ),
        ["viewer"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_file_members_continue("none"),
        "invalid_cursor",
    ),
    Row(
        "sharing/list_folder_members",
        lambda dbx, given: levels(dbx.sharing_list_folder_members(given.sharing.folder)),
        ["owner", "viewer", "viewer"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_folder_members("1"),
        "invalid_id",
    ),
    Row(
        "sharing/list_folder_members/continue",
        lambda dbx, given: levels(dbx.sharing_list_folder_members_continue(given.sharing.members)),
        ["viewer"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_folder_members_continue("none"),
        "invalid_cursor",
    ),
    Row(
        "sharing/list_folders",
        lambda dbx, _: shared_names(dbx.sharing_list_folders()),
        ["many", "shared", "theirs"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_folders(limit=0),
        "0 is not within range [1, 1000]",
    ),
    Row(
        "sharing/list_folders/continue",
        lambda dbx, given: shared_names(dbx.sharing_list_folders_continue(given.sharing.folders)),
        ["shared"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_folders_continue("none"),
        "invalid_cursor",
    ),
    Row(
        "sharing/list_mountable_folders",
        lambda dbx, _: shared_names(dbx.sharing_list_mountable_folders()),
        ["many", "shared", "theirs"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_mountable_folders(limit=0),
        "0 is not within range [1, 1000]",
    ),
    Row(
        "sharing/list_mountable_folders/continue",
        lambda dbx, given: shared_names(
            dbx.sharing_list_mountable_folders_continue(given.sharing.mountable)
        ),
        ["shared"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_mountable_folders_continue("none"),
        "invalid_cursor",
    ),
    Row(
        "sharing/list_received_files",
        lambda dbx, _: shared_names(dbx.sharing_list_received_files()),
        ["given.txt", "more.txt"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_received_files(limit=0),
        "0 is not within range [1, 300]",
    ),
    Row(
        "sharing/list_received_files/continue",
        lambda dbx, given: shared_names(
            dbx.sharing_list_received_files_continue(given.sharing.received_files)
        ),
        ["more.txt"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_received_files_continue("none"),
        "invalid_cursor",
    ),
    Row(
        "sharing/list_shared_links",
        lambda dbx, _: names(dbx.sharing_list_shared_links("/folder/c.txt")),
        ["folder"],
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_list_shared_links(cursor="none"),
        "reset",
    ),
    Row(
        "sharing/modify_shared_link_settings",
        lambda dbx, given: dbx.sharing_modify_shared_link_settings(given.link, NO_ONE).name,
        "a.txt",
        links(added=["no_one"], removed=["public"]),
        lambda dbx, given: dbx.sharing_modify_shared_link_settings(
            given.link, SharedLinkSettings()
        ),
        "settings_error/invalid_settings",
    ),
    Row(
        "sharing/mount_folder",
        lambda dbx, given: dbx.sharing_mount_folder(given.sharing.theirs).path_lower,
        "/theirs",
        {"/theirs": FOLDER},
        lambda dbx, given: dbx.sharing_mount_folder(given.sharing.folder),
        "already_mounted",
    ),
    Row(
        "sharing/relinquish_access",  # S14-27: no app has the scope of the route
        lambda dbx, _: "private:sharing.write" in bad_input(dbx.sharing_relinquish_access, "id:1"),
        True,
        NO_CHANGE,
    ),
    Row(
        "sharing/relinquish_file_membership",
        lambda dbx, given: dbx.sharing_relinquish_file_membership(given.sharing.received),
        None,
        {
            "shared_files": {
                "+": [("given.txt", None)],
                "-": [("given.txt", None, "viewer owner@example.com")],
            }
        },
        lambda dbx, _: dbx.sharing_relinquish_file_membership("/small.csv"),
        "no_permission",
    ),
    Row(
        "sharing/relinquish_folder_membership",
        lambda dbx, given: dbx.sharing_relinquish_folder_membership(
            given.sharing.theirs
        ).is_complete(),
        True,
        {
            "shared_folders": {
                "+": [("theirs", "editors", "owner friend@example.com")],
                "-": [
                    (
                        "theirs",
                        "editors",
                        "owner friend@example.com",
                        "editor owner@example.com",
                    )
                ],
            }
        },
        lambda dbx, given: dbx.sharing_relinquish_folder_membership(given.sharing.folder),
        "folder_owner",
    ),
    Row(
        "sharing/remove_file_member",
        lambda dbx, _: remove_file_member(dbx, "/small.csv").is_success(),
        True,
        shared_file(FRIEND),
        lambda dbx, _: remove_file_member(dbx, "/none"),
        "access_error/invalid_file",
    ),
    Row(
        "sharing/remove_file_member_2",
        lambda dbx, given: dbx.sharing_remove_file_member_2(
            "/small.csv", friend(given)
        ).is_success(),
        True,
        shared_file(INVITED),
        lambda dbx, given: dbx.sharing_remove_file_member_2(given.sharing.received, friend(given)),
        "access_error/no_permission",
    ),
    Row(
        "sharing/remove_folder_member",
        lambda dbx, given: dbx.sharing_remove_folder_member(
            given.sharing.folder, friend(given), False
        ).is_async_job_id(),
        True,
        {**shared_folder(INVITED), "jobs": {"+": [("sharing/remove_folder_member", 0)], "-": []}},
        lambda dbx, given: dbx.sharing_remove_folder_member(given.sharing.folder, NOBODY, False),
        "member_error/not_a_member",
    ),
    Row(
        "sharing/revoke_shared_link",
        lambda dbx, given: dbx.sharing_revoke_shared_link(given.link),
        None,
        links(removed=["public"]),
        lambda dbx, _: dbx.sharing_revoke_shared_link("https://example.com"),
        "shared_link_malformed",
    ),
    Row(
        "sharing/set_access_inheritance",  # S12-26: only for folders in the root of a team
        lambda dbx, given: refusal(dbx.sharing_set_access_inheritance, given.sharing.folder),
        "no_permission",
        NO_CHANGE,
        lambda dbx, _: dbx.sharing_set_access_inheritance("-1"),
        "access_error/invalid_id",
    ),
    Row(
        "sharing/share_folder",
        lambda dbx, _: dbx.sharing_share_folder("/New").get_complete().path_lower,
        "/new",
        {
            "/new": FOLDER,
            "shared_folders": {"+": [("New", "editors", "owner owner@example.com")], "-": []},
        },
        lambda dbx, _: dbx.sharing_share_folder("/a.txt"),
        "bad_path/is_file",
    ),
    Row(
        "sharing/transfer_folder",
        lambda dbx, given: dbx.sharing_transfer_folder(given.sharing.folder, given.sharing.friend),
        None,
        shared_folder("owner friend@example.com", INVITED, owner="editor owner@example.com"),
        lambda dbx, given: dbx.sharing_transfer_folder(given.sharing.folder, "dbid:none"),
        "invalid_dropbox_id",
    ),
    Row(
        "sharing/unmount_folder",
        lambda dbx, given: dbx.sharing_unmount_folder(given.sharing.own),
        None,
        {"/many": None},
        lambda dbx, given: dbx.sharing_unmount_folder(given.sharing.theirs),
        "access_error/unmounted",
    ),
    Row(
        "sharing/unshare_file",
        lambda dbx, _: dbx.sharing_unshare_file("/small.csv"),
        None,
        shared_file(),
        lambda dbx, given: dbx.sharing_unshare_file(given.sharing.received),
        "access_error/no_permission",
    ),
    Row(
        "sharing/unshare_folder",
        lambda dbx, given: dbx.sharing_unshare_folder(given.sharing.own).is_async_job_id(),
        True,
        {
            "shared_folders": {"+": [], "-": [("many", "editors", "owner owner@example.com")]},
            "jobs": {"+": [("sharing/unshare_folder", 0)], "-": []},
        },
        lambda dbx, given: dbx.sharing_unshare_folder(given.sharing.theirs),
        "no_permission",
    ),
    Row(
        "sharing/update_file_member",
        lambda dbx, given: (
            dbx.sharing_update_file_member(
                "/small.csv", friend(given), AccessLevel.editor
            ).access_level
        ),
        None,
        shared_file("editor friend@example.com", INVITED),
        lambda dbx, _: dbx.sharing_update_file_member("/small.csv", NOBODY, AccessLevel.editor),
        "invalid_member",
    ),
    Row(
        "sharing/update_file_policy",
        lambda dbx, _: (
            dbx.sharing_update_file_policy(
                "/small.csv", viewer_info_policy=ViewerInfoPolicy.disabled
            ).policy.viewer_info_policy._tag
        ),
        "disabled",
        shared_file(FRIEND, INVITED, policy="disabled"),
        lambda dbx, given: dbx.sharing_update_file_policy(given.sharing.received),
        "no_permission",
    ),
    Row(
        "sharing/update_folder_member",
        lambda dbx, given: (
            dbx.sharing_update_folder_member(
                given.sharing.folder, friend(given), AccessLevel.editor
            ).access_level
        ),
        None,
        shared_folder("editor friend@example.com", INVITED),
        lambda dbx, given: dbx.sharing_update_folder_member(
            given.sharing.folder, friend(given), AccessLevel.owner
        ),
        "no_permission",
    ),
    Row(
        "sharing/update_folder_policy",
        lambda dbx, given: (
            dbx.sharing_update_folder_policy(
                given.sharing.folder, acl_update_policy=AclUpdatePolicy.owner
            ).policy.acl_update_policy._tag
        ),
        "owner",
        shared_folder(FRIEND, INVITED, policy="owner"),
        lambda dbx, given: dbx.sharing_update_folder_policy(
            given.sharing.folder, MemberPolicy.anyone
        ),
        "not_on_team",
    ),
]
