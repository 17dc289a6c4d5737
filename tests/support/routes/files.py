"""A table with a valid and an invalid call of each route of `files`, and their effects."""

from dropbox import files
from dropbox.file_properties import PropertyField, PropertyGroup, PropertyGroupUpdate
from tests.support.batches import words
from tests.support.doors import bad_input, chain
from tests.support.populated import DELETED, FOLDER, URL, File
from tests.support.routes.row import NO_CHANGE, Row

from fakedropbox._facts import messages

ROOT = f"path: {messages.ROOT_UNSUPPORTED}"
ROOTS = f"entries.{ROOT}"
FROM_ROOT = f"entries.from_{ROOT}"
NO_JOB = "invalid_async_job_id"
FILE_DELETED = {"/a.txt": DELETED}
FILE_MOVED = {"/a.txt": DELETED, "/new.txt": File(b"a", 2, "/a.txt")}
FILE_COPIED = {"/new.txt": File(b"a")}
FOLDER_CREATED = {"/new": FOLDER}
SESSION_COMMITTED = {"/new.txt": File(b"12345")}


def job(kind):
    """Return the change that adds a job of this kind."""
    return {"jobs": {"+": [(f"files/{kind}", 0)], "-": []}}


def session(*, added=(), removed=()):
    """Return the change that adds and removes upload sessions, each a tuple (content, closed)."""
    return {"sessions": {"+": list(added), "-": list(removed)}}


def ends(source="/a.txt"):
    return [files.RelocationPath(source, "/new.txt")]


def finished(name, path="/new.txt"):
    """Return an entry of `finish_batch`."""
    return files.UploadSessionFinishArg(files.UploadSessionCursor(name, 5), files.CommitInfo(path))


def lock_state(result):
    """Return `held` or `free` for the only entry of a result, or the tags of its failure."""
    (entry,) = result.entries
    if entry.is_failure():
        return chain(entry.get_failure())
    content = entry.get_success().lock.content
    return "held" if content.is_single_user() else "free"


def names(matches):
    return [match.metadata.name for match in matches]


def names_v2(page):
    return [match.metadata.get_metadata().name for match in page.matches]


def thumbnails(path):
    return [files.ThumbnailArg(path)]


PAPER = files.ImportFormat.html
cursor = files.UploadSessionCursor
commit = files.CommitInfo


def appended(name, offset):
    """Return the entries of an `append_batch` of two bytes."""
    return [files.UploadSessionAppendBatchArgEntry(cursor(name, offset), 2)]


def update(given):
    """Return an update of the property group of the template."""
    return [PropertyGroupUpdate(given.template, [PropertyField("level", "top")])]


ROWS = [
    Row(
        "files/alpha/get_metadata",
        lambda dbx, given: dbx.files_alpha_get_metadata("/A.txt").rev == given.revs["/a.txt"],
        True,
        NO_CHANGE,
        lambda dbx, _: dbx.files_alpha_get_metadata("/none"),
        "path/not_found",
    ),
    Row(
        "files/alpha/upload",
        lambda dbx, _: dbx.files_alpha_upload(b"new", "/new/x.txt").size,
        3,
        {"/new": FOLDER, "/new/x.txt": File(b"new")},
        lambda dbx, _: dbx.files_alpha_upload(b"new", "/a.txt"),
        "path/conflict/file",
        session(added=[(b"new", False)]),
    ),
    Row(
        "files/copy",
        lambda dbx, _: dbx.files_copy("/a.txt", "/new.txt").path_lower,
        "/new.txt",
        FILE_COPIED,
        lambda dbx, _: dbx.files_copy("/a.txt", "/b.txt"),
        "to/conflict/file",
    ),
    Row(
        "files/copy_v2",
        lambda dbx, _: dbx.files_copy_v2("/a.txt", "/new.txt").metadata.path_lower,
        "/new.txt",
        FILE_COPIED,
        lambda dbx, _: dbx.files_copy_v2("/none", "/new.txt"),
        "from_lookup/not_found",
    ),
    Row(
        "files/copy_batch",
        lambda dbx, _: dbx.files_copy_batch(ends()).is_async_job_id(),
        True,
        {**FILE_COPIED, **job("copy_batch")},
        lambda dbx, _: dbx.files_copy_batch(ends("/")),
        FROM_ROOT,
    ),
    Row(
        "files/copy_batch_v2",
        lambda dbx, _: dbx.files_copy_batch_v2(ends()).is_async_job_id(),
        True,
        {**FILE_COPIED, **job("copy_batch_v2")},
        lambda dbx, _: dbx.files_copy_batch_v2(ends("/")),
        FROM_ROOT,
    ),
    Row(
        "files/copy_batch/check",
        lambda dbx, given: len(
            dbx.files_copy_batch_check(given.jobs["copy_batch"]).get_complete().entries
        ),
        1,
        NO_CHANGE,
        lambda dbx, given: dbx.files_copy_batch_check(given.jobs["copy_batch_v2"]),
        NO_JOB,
    ),
    Row(
        "files/copy_batch/check_v2",
        lambda dbx, given: words(
            dbx.files_copy_batch_check_v2(given.jobs["copy_batch_v2"]).get_complete().entries
        ),
        ["success"],
        NO_CHANGE,
        lambda dbx, given: dbx.files_copy_batch_check_v2(given.jobs["move_batch_v2"]),
        NO_JOB,
    ),
    Row(
        "files/copy_reference/get",
        lambda dbx, _: dbx.files_copy_reference_get("/a.txt").metadata.name,
        "a.txt",
        {"references": 2},
        lambda dbx, _: dbx.files_copy_reference_get("/none"),
        "path/not_found",
    ),
    Row(
        "files/copy_reference/save",
        lambda dbx, given: (
            dbx.files_copy_reference_save(given.reference, "/new.txt").metadata.path_lower
        ),
        "/new.txt",
        FILE_COPIED,
        lambda dbx, _: dbx.files_copy_reference_save("none", "/new.txt"),
        "invalid_copy_reference",
    ),
    Row(
        "files/create_folder",
        lambda dbx, _: dbx.files_create_folder("/new").path_lower,
        "/new",
        FOLDER_CREATED,
        lambda dbx, _: dbx.files_create_folder("/folder"),
        "path/conflict/folder",
    ),
    Row(
        "files/create_folder_v2",
        lambda dbx, _: dbx.files_create_folder_v2("/new").metadata.path_lower,
        "/new",
        FOLDER_CREATED,
        lambda dbx, _: dbx.files_create_folder_v2("/a.txt/new"),
        "path/conflict/file_ancestor",
    ),
    Row(
        "files/create_folder_batch",
        lambda dbx, _: words(dbx.files_create_folder_batch(["/new"]).get_complete().entries),
        ["success"],
        FOLDER_CREATED,
        lambda dbx, _: dbx.files_create_folder_batch(["/new", "/"]),
        f"paths: {messages.ROOT_UNSUPPORTED}",
    ),
    Row(
        "files/create_folder_batch/check",
        lambda dbx, given: words(
            dbx.files_create_folder_batch_check(given.jobs["create_folder_batch"])
            .get_complete()
            .entries
        ),
        ["success"],
        NO_CHANGE,
        lambda dbx, _: dbx.files_create_folder_batch_check("none"),
        NO_JOB,
    ),
    Row(
        "files/delete",
        lambda dbx, _: dbx.files_delete("/a.txt").path_lower,
        "/a.txt",
        FILE_DELETED,
        lambda dbx, _: dbx.files_delete("/gone.txt"),
        "path_lookup/not_found",
    ),
    Row(
        "files/delete_v2",
        lambda dbx, _: dbx.files_delete_v2("/folder").metadata.path_lower,
        "/folder",
        {
            "/folder": DELETED,
            "/folder/c.txt": DELETED,
            "/folder tags": None,
            "/folder/c.txt properties": None,
        },
        lambda dbx, given: dbx.files_delete_v2("/b.txt", parent_rev=given.revs["/b.txt"]),
        "path_write/conflict/file",
    ),
    Row(
        "files/delete_batch",
        lambda dbx, _: dbx.files_delete_batch([files.DeleteArg("/a.txt")]).is_async_job_id(),
        True,
        {**FILE_DELETED, **job("delete_batch")},
        lambda dbx, _: dbx.files_delete_batch([files.DeleteArg("/")]),
        ROOTS,
    ),
    Row(
        "files/delete_batch/check",
        lambda dbx, given: words(
            dbx.files_delete_batch_check(given.jobs["delete_batch"]).get_complete().entries
        ),
        ["success"],
        NO_CHANGE,
        lambda dbx, _: dbx.files_delete_batch_check("none"),
        NO_JOB,
    ),
    Row(
        "files/download",
        lambda dbx, given: dbx.files_download("/b.txt", rev=given.revs["/b.txt"])[1].content,
        b"old",
        NO_CHANGE,
        lambda dbx, _: dbx.files_download("/doc.paper"),
        "unsupported_file",
    ),
    Row(
        "files/download_zip",
        lambda dbx, _: dbx.files_download_zip("/folder")[1].content[:2],
        b"PK",
        NO_CHANGE,
        lambda dbx, _: dbx.files_download_zip("/a.txt"),
        "path/not_folder",
    ),
    Row(
        "files/export",
        lambda dbx, _: dbx.files_export("/doc.paper", "plain_text")[1].content,
        b"doc\n",
        NO_CHANGE,
        lambda dbx, _: dbx.files_export("/a.txt"),
        "non_exportable",
    ),
    Row(
        "files/get_file_lock_batch",
        lambda dbx, _: lock_state(dbx.files_get_file_lock_batch([files.LockFileArg("/b.txt")])),
        "held",
        NO_CHANGE,
        lambda dbx, _: dbx.files_get_file_lock_batch([files.LockFileArg("/")]),
        ROOTS,
    ),
    Row(
        "files/get_metadata",
        lambda dbx, given: dbx.files_get_metadata(given.ids["/a.txt"]).name,
        "a.txt",
        NO_CHANGE,
        lambda dbx, _: dbx.files_get_metadata("/"),
        ROOT,
    ),
    Row(
        "files/get_preview",
        lambda dbx, _: b"<td>2</td>" in dbx.files_get_preview("/small.csv")[1].content,
        True,
        NO_CHANGE,
        lambda dbx, _: dbx.files_get_preview("/picture.png"),
        "unsupported_extension",
    ),
    Row(
        "files/get_temporary_link",
        lambda dbx, _: dbx.files_get_temporary_link("/a.txt").metadata.name,
        "a.txt",
        {"links": {"+": [False], "-": []}},
        lambda dbx, _: dbx.files_get_temporary_link("/folder"),
        "path/not_file",
    ),
    Row(
        "files/get_temporary_upload_link",
        lambda dbx, _: dbx.files_get_temporary_upload_link(files.CommitInfo("/new.txt")).link[:8],
        "https://",
        {"links": {"+": [False], "-": []}},
        lambda dbx, _: dbx.files_get_temporary_upload_link(files.CommitInfo("/")),
        f"commit_info.{ROOT}",
    ),
    Row(
        "files/get_thumbnail",
        lambda dbx, _: dbx.files_get_thumbnail("/picture.png")[1].content[:3],
        b"\xff\xd8\xff",
        NO_CHANGE,
        lambda dbx, _: dbx.files_get_thumbnail("/a.txt"),
        "unsupported_extension",
    ),
    Row(
        "files/get_thumbnail_v2",
        lambda dbx, _: dbx.files_get_thumbnail_v2(files.PathOrLink.path("/picture.png"))[1].content[
            :3
        ],
        b"\xff\xd8\xff",
        NO_CHANGE,
        lambda dbx, _: dbx.files_get_thumbnail_v2(files.PathOrLink.path("/none")),
        "path/not_found",
    ),
    Row(
        "files/get_thumbnail_batch",
        lambda dbx, _: words(dbx.files_get_thumbnail_batch(thumbnails("/picture.png")).entries),
        ["success"],
        NO_CHANGE,
        lambda dbx, _: dbx.files_get_thumbnail_batch(thumbnails("/picture.png") * 26),
        "too_many_files",
    ),
    Row(
        "files/list_folder",
        lambda dbx, _: [each.name for each in dbx.files_list_folder("/folder").entries],
        ["c.txt"],
        NO_CHANGE,
        lambda dbx, _: dbx.files_list_folder("/"),
        f"path: {messages.LIST_ROOT}",
    ),
    Row(
        "files/list_folder/continue",
        lambda dbx, given: dbx.files_list_folder_continue(given.latest).entries[0].name,
        "gone.txt",
        NO_CHANGE,
        lambda dbx, _: dbx.files_list_folder_continue("none"),
        messages.BAD_CURSOR.format(cursor="none"),
    ),
    Row(
        "files/list_folder/get_latest_cursor",
        lambda dbx, _: bool(dbx.files_list_folder_get_latest_cursor("").cursor),
        True,
        NO_CHANGE,
        lambda dbx, _: dbx.files_list_folder_get_latest_cursor("/a.txt"),
        "path/not_folder",
    ),
    Row(
        "files/list_folder/longpoll",
        lambda dbx, given: dbx.files_list_folder_longpoll(given.latest).changes,
        True,
        NO_CHANGE,
        lambda dbx, _: dbx.files_list_folder_longpoll("none"),
        messages.BAD_LONGPOLL_CURSOR,
    ),
    Row(
        "files/list_revisions",
        lambda dbx, _: [each.size for each in dbx.files_list_revisions("/b.txt").entries],
        [1, 3],
        NO_CHANGE,
        lambda dbx, _: dbx.files_list_revisions("/folder"),
        "path/not_file",
    ),
    Row(
        "files/lock_file_batch",
        lambda dbx, _: lock_state(dbx.files_lock_file_batch([files.LockFileArg("/a.txt")])),
        "held",
        {"/a.txt locks": "Given Surname"},
        lambda dbx, _: dbx.files_lock_file_batch([files.LockFileArg("/")]),
        ROOTS,
    ),
    Row(
        "files/move",
        lambda dbx, given: dbx.files_move("/a.txt", "/new.txt").id == given.ids["/a.txt"],
        True,
        FILE_MOVED,
        lambda dbx, _: dbx.files_move("/folder", "/folder/in"),
        "duplicated_or_nested_paths",
    ),
    Row(
        "files/move_v2",
        lambda dbx, _: dbx.files_move_v2("/a.txt", "/new.txt").metadata.path_lower,
        "/new.txt",
        FILE_MOVED,
        lambda dbx, _: dbx.files_move_v2("/a.txt", "/folder"),
        "to/conflict/folder",
    ),
    Row(
        "files/move_batch",
        lambda dbx, _: dbx.files_move_batch(ends()).is_async_job_id(),
        True,
        {**FILE_MOVED, **job("move_batch")},
        lambda dbx, _: dbx.files_move_batch(ends("/")),
        FROM_ROOT,
    ),
    Row(
        "files/move_batch_v2",
        lambda dbx, _: dbx.files_move_batch_v2(ends()).is_async_job_id(),
        True,
        {**FILE_MOVED, **job("move_batch_v2")},
        lambda dbx, _: dbx.files_move_batch_v2(ends("/")),
        FROM_ROOT,
    ),
    Row(
        "files/move_batch/check",
        lambda dbx, given: len(
            dbx.files_move_batch_check(given.jobs["move_batch"]).get_complete().entries
        ),
        1,
        NO_CHANGE,
        lambda dbx, _: dbx.files_move_batch_check("none"),
        NO_JOB,
    ),
    Row(
        "files/move_batch/check_v2",
        lambda dbx, given: words(
            dbx.files_move_batch_check_v2(given.jobs["move_batch_v2"]).get_complete().entries
        ),
        ["success"],
        NO_CHANGE,
        lambda dbx, given: dbx.files_move_batch_check_v2(given.jobs["copy_batch_v2"]),
        NO_JOB,
    ),
    Row(
        "files/paper/create",
        lambda dbx, _: dbx.files_paper_create(b"<p>x</p>", "/new.paper", PAPER).paper_revision,
        1,
        {"/new.paper": File(b"<p>x</p>\n"), "/new.paper paper_revisions": 1},
        lambda dbx, _: dbx.files_paper_create(b"<p>x</p>", "/new.txt", PAPER),
        "invalid_file_extension",
    ),
    Row(
        "files/paper/update",
        lambda dbx, _: (
            dbx.files_paper_update(
                b"<p>x</p>", "/doc.paper", PAPER, files.PaperDocUpdatePolicy.append
            ).paper_revision
        ),
        2,
        {
            "/doc.paper": File(b"<p>doc</p>\n<p>x</p>\n", 2, "/doc.paper"),
            "/doc.paper paper_revisions": 2,
        },
        lambda dbx, _: dbx.files_paper_update(
            b"", "/doc.paper", PAPER, files.PaperDocUpdatePolicy.update, 7
        ),
        "revision_mismatch",
    ),
    Row(
        "files/permanently_delete",
        lambda dbx, _: bad_input(dbx.files_permanently_delete, "/a.txt").partition(": ")[2],
        messages.APP_NOT_ALLOWED,  # F8-06: business apps only
        NO_CHANGE,
        lambda dbx, _: dbx.files_permanently_delete("/none"),
        messages.APP_NOT_ALLOWED,
    ),
    Row(
        "files/properties/add",
        lambda dbx, given: dbx.files_properties_add("/a.txt", [given.group]),
        None,
        {"/a.txt properties": [{"level": "low"}]},
        lambda dbx, given: dbx.files_properties_add("/folder/c.txt", [given.group]),
        "property_group_already_exists",
    ),
    Row(
        "files/properties/overwrite",
        lambda dbx, given: dbx.files_properties_overwrite("/a.txt", [given.group]),
        None,
        {"/a.txt properties": [{"level": "low"}]},
        lambda dbx, given: dbx.files_properties_overwrite(
            "/a.txt", [PropertyGroup(given.template, [PropertyField("other", "x")])]
        ),
        "does_not_fit_template",
    ),
    Row(
        "files/properties/update",
        lambda dbx, given: dbx.files_properties_update("/folder/c.txt", update(given)),
        None,
        {"/folder/c.txt properties": [{"level": "top"}]},
        lambda dbx, given: dbx.files_properties_update("/a.txt", update(given)),
        "property_group_lookup/property_group_not_found",
    ),
    Row(
        "files/restore",
        lambda dbx, given: dbx.files_restore("/gone.txt", given.revs["/gone.txt"]).path_lower,
        "/gone.txt",
        {"/gone.txt": File(b"gone", 2)},
        lambda dbx, _: dbx.files_restore("/gone.txt", "0123456789"),
        "invalid_revision",
    ),
    Row(
        "files/save_url",
        lambda dbx, _: dbx.files_save_url("/new.txt", URL).is_async_job_id(),
        True,
        {"/new.txt": File(b"there"), **job("save_url")},
        lambda dbx, _: dbx.files_save_url("/new.txt", "there"),
        "invalid_url",
    ),
    Row(
        "files/save_url/check_job_status",
        lambda dbx, given: (
            dbx.files_save_url_check_job_status(given.jobs["save_url"]).get_complete().path_lower
        ),
        "/job/url",
        NO_CHANGE,
        lambda dbx, given: dbx.files_save_url_check_job_status(given.jobs["copy_batch"]),
        NO_JOB,
    ),
    Row(
        "files/search",
        lambda dbx, _: [each.metadata.name for each in dbx.files_search("", "b txt").matches],
        ["b.txt"],
        NO_CHANGE,
        lambda dbx, _: dbx.files_search("/none", "b"),
        "path/not_found",
    ),
    Row(
        "files/search_v2",
        lambda dbx, _: names_v2(dbx.files_search_v2("folder")),
        ["folder"],
        NO_CHANGE,
        lambda dbx, _: dbx.files_search_v2(""),
        "invalid_argument",
    ),
    Row(
        "files/search/continue_v2",
        lambda dbx, given: names_v2(dbx.files_search_continue_v2(given.search)),
        ["b.txt"],
        NO_CHANGE,
        lambda dbx, _: dbx.files_search_continue_v2("none"),
        messages.BAD_CURSOR.format(cursor="none"),
    ),
    Row(
        "files/tags/add",
        lambda dbx, _: dbx.files_tags_add("/folder", "Second"),
        None,
        {"/folder tags": ["first", "second"]},
        lambda dbx, _: dbx.files_tags_add("/none", "second"),
        "path/not_found",
    ),
    Row(
        "files/tags/get",
        lambda dbx, _: len(dbx.files_tags_get(["/folder"]).paths_to_tags[0].tags),
        1,
        NO_CHANGE,
        lambda dbx, _: dbx.files_tags_get(["/folder", "/none"]),
        "path/not_found",
    ),
    Row(
        "files/tags/remove",
        lambda dbx, _: dbx.files_tags_remove("/folder", "FIRST"),
        None,
        {"/folder tags": None},
        lambda dbx, _: dbx.files_tags_remove("/folder", "second"),
        "tag_not_present",
    ),
    Row(
        "files/unlock_file_batch",
        lambda dbx, _: lock_state(dbx.files_unlock_file_batch([files.UnlockFileArg("/b.txt")])),
        "free",
        {"/b.txt locks": None},
        lambda dbx, _: dbx.files_unlock_file_batch([files.UnlockFileArg("/")]),
        ROOTS,
    ),
    Row(
        "files/upload",
        lambda dbx, _: dbx.files_upload(b"new", "/a.txt", files.WriteMode.overwrite).size,
        3,
        {"/a.txt": File(b"new", 2, "/a.txt")},
        lambda dbx, _: dbx.files_upload(b"new", "/desktop.ini"),
        "path/disallowed_name",
        session(added=[(b"new", False)]),
    ),
    Row(
        "files/upload_session/append",
        lambda dbx, given: dbx.files_upload_session_append(b"67", given.session, 5),
        None,
        session(added=[(b"1234567", False)], removed=[(b"12345", False)]),
        lambda dbx, given: dbx.files_upload_session_append(b"67", given.session, 4),
        "incorrect_offset",
    ),
    Row(
        "files/upload_session/append_v2",
        lambda dbx, given: dbx.files_upload_session_append_v2(
            b"67", cursor(given.session, 5), True
        ),
        None,
        session(added=[(b"1234567", True)], removed=[(b"12345", False)]),
        lambda dbx, given: dbx.files_upload_session_append_v2(b"67", cursor(given.closed, 5)),
        "closed",
    ),
    Row(
        "files/upload_session/append_batch",
        lambda dbx, given: words(
            dbx.files_upload_session_append_batch(b"67", appended(given.session, 5)).entries
        ),
        ["success"],
        session(added=[(b"1234567", False)], removed=[(b"12345", False)]),
        lambda dbx, given: dbx.files_upload_session_append_batch(
            b"67", appended(given.session, 5), "0" * 64
        ),
        "content_hash_mismatch",
    ),
    Row(
        "files/upload_session/finish",
        lambda dbx, given: (
            dbx.files_upload_session_finish(b"", cursor(given.session, 5), commit("/new.txt")).size
        ),
        5,
        {**SESSION_COMMITTED, **session(removed=[(b"12345", False)])},
        lambda dbx, _: dbx.files_upload_session_finish(b"", cursor("none", 5), commit("/x")),
        "lookup_failed/not_found",
    ),
    Row(
        "files/upload_session/finish_batch",
        lambda dbx, given: dbx.files_upload_session_finish_batch(
            [finished(given.closed)]
        ).is_async_job_id(),
        True,
        {
            **SESSION_COMMITTED,
            **session(removed=[(b"12345", True)]),
            **job("upload_session/finish_batch"),
        },
        lambda dbx, _: dbx.files_upload_session_finish_batch([finished("none", "/")]),
        f"entries.commit.{ROOT}",
    ),
    Row(
        "files/upload_session/finish_batch_v2",
        lambda dbx, given: words(
            dbx.files_upload_session_finish_batch_v2([finished(given.closed)]).entries
        ),
        ["success"],
        {**SESSION_COMMITTED, **session(removed=[(b"12345", True)])},
        lambda dbx, _: dbx.files_upload_session_finish_batch_v2([finished("none", "/")]),
        f"entries.commit.{ROOT}",
    ),
    Row(
        "files/upload_session/finish_batch/check",
        lambda dbx, given: words(
            dbx.files_upload_session_finish_batch_check(given.jobs["finish_batch"])
            .get_complete()
            .entries
        ),
        ["success"],
        NO_CHANGE,
        lambda dbx, given: dbx.files_upload_session_finish_batch_check(given.jobs["save_url"]),
        NO_JOB,
    ),
    Row(
        "files/upload_session/start",
        lambda dbx, _: bool(dbx.files_upload_session_start(b"new", close=True).session_id),
        True,
        session(added=[(b"new", True)]),
        lambda dbx, _: dbx.files_upload_session_start(b"new", content_hash="0" * 64),
        "content_hash_mismatch",
    ),
    Row(
        "files/upload_session/start_batch",
        lambda dbx, _: len(dbx.files_upload_session_start_batch(2).session_ids),
        2,
        session(added=[(b"", False)] * 2),
        lambda dbx, _: dbx.files_upload_session_start_batch(0),
        "0 is not within range [1, 1000]",
    ),
]
