"""A table with a valid and an invalid call of each route of `sharing` that is implemented."""

from dropbox.sharing import AddMember, LinkAudience, MemberSelector, SharedLinkSettings
from tests.support.populated import FOLDER
from tests.support.routes.row import NO_CHANGE, Row

NO_LINK = "https://www.dropbox.com/scl/fi/abcdefghijklmnopqrstu/a.txt?rlkey=none&dl=0"
NOT_FOUND = "shared_link_not_found"
NEW_MEMBER = [AddMember(MemberSelector.email("new@example.com"))]
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


ROWS = [
    Row(
        "sharing/add_folder_member",
        lambda dbx, given: dbx.sharing_add_folder_member(given.sharing.folder, NEW_MEMBER),
        None,
        {
            "shared_folders": {
                "+": [("shared", "invited@example.com", "new@example.com")],
                "-": [("shared", "invited@example.com")],
            }
        },
        lambda dbx, _: dbx.sharing_add_folder_member("xxx", NEW_MEMBER),
        "access_error/invalid_id",
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
        "sharing/list_folder_members",
        lambda dbx, given: len(dbx.sharing_list_folder_members(given.sharing.folder).users),
        1,
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
        ["many", "shared"],
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
        ["many", "shared"],
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
        "sharing/revoke_shared_link",
        lambda dbx, given: dbx.sharing_revoke_shared_link(given.link),
        None,
        links(removed=["public"]),
        lambda dbx, _: dbx.sharing_revoke_shared_link("https://example.com"),
        "shared_link_malformed",
    ),
    Row(
        "sharing/share_folder",
        lambda dbx, _: dbx.sharing_share_folder("/New").get_complete().path_lower,
        "/new",
        {"/new": FOLDER, "shared_folders": {"+": [("New",)], "-": []}},
        lambda dbx, _: dbx.sharing_share_folder("/a.txt"),
        "bad_path/is_file",
    ),
]
