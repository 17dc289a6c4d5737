"""Each route of `files`: a valid call and what it changes, an invalid one and its error."""

from typing import Any, NamedTuple

from dropbox import files
from tests.doors.batch_kit import words
from tests.doors.door_kit import chain
from tests.doors.route_kit import DELETED, FOLDER, File

from fakedropbox._facts import messages

NOTHING: dict[str, Any] = {}
ROOT = f"path: {messages.ROOT_UNSUPPORTED}"
ROOTS = f"entries.{ROOT}"
FROM_ROOT = f"entries.from_{ROOT}"
NO_JOB = "invalid_async_job_id"
A_DELETED = {"/a.txt": DELETED}
MOVED = {"/a.txt": DELETED, "/new.txt": File(b"a", 2, "/a.txt")}
COPIED = {"/new.txt": File(b"a")}
MADE = {"/new": FOLDER}
BROUGHT = {"/new.txt": File(b"12345")}


class Row(NamedTuple):
    """A route's two calls: each a function of a client and of what it is `Given`.

    ``answer`` is what the valid call gives, ``change`` what differs after it, and ``error``
    the chain of tags, or the text of the 400 after the route's name, of the invalid one,
    which changes nothing but what is ``kept``.
    """

    route: str
    call: Any
    answer: Any
    change: dict[str, Any]
    bad_call: Any
    error: str
    kept: dict[str, Any] = NOTHING


def job(kind):
    """What a launch adds."""
    return {"jobs": {"+": [(f"files/{kind}", 0)], "-": []}}


def session(*, came=(), went=()):
    """What becomes of the sessions."""
    return {"sessions": {"+": list(came), "-": list(went)}}


def ends(source="/a.txt"):
    return [files.RelocationPath(source, "/new.txt")]


def finished(name, path="/new.txt"):
    """An entry of `finish_batch`."""
    return files.UploadSessionFinishArg(files.UploadSessionCursor(name, 5), files.CommitInfo(path))


def lock(result):
    """Who holds a lock, if anybody does; or why nobody can."""
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


ROWS = [
    Row(
        "alpha/get_metadata",
        lambda dbx, given: dbx.files_alpha_get_metadata("/A.txt").rev == given.revs["/a.txt"],
        True,
        NOTHING,
        lambda dbx, _: dbx.files_alpha_get_metadata("/none"),
        "path/not_found",
    ),
    Row(
        "alpha/upload",
        lambda dbx, _: dbx.files_alpha_upload(b"new", "/new/x.txt").size,
        3,
        {"/new": FOLDER, "/new/x.txt": File(b"new")},
        lambda dbx, _: dbx.files_alpha_upload(b"new", "/a.txt"),
        "path/conflict/file",
        session(came=[(b"new", False)]),
    ),
    Row(
        "copy",
        lambda dbx, _: dbx.files_copy("/a.txt", "/new.txt").path_lower,
        "/new.txt",
        COPIED,
        lambda dbx, _: dbx.files_copy("/a.txt", "/b.txt"),
        "to/conflict/file",
    ),
    Row(
        "copy_v2",
        lambda dbx, _: dbx.files_copy_v2("/a.txt", "/new.txt").metadata.path_lower,
        "/new.txt",
        COPIED,
        lambda dbx, _: dbx.files_copy_v2("/none", "/new.txt"),
        "from_lookup/not_found",
    ),
    Row(
        "copy_batch",
        lambda dbx, _: dbx.files_copy_batch(ends()).is_async_job_id(),
        True,
        {**COPIED, **job("copy_batch")},
        lambda dbx, _: dbx.files_copy_batch(ends("/")),
        FROM_ROOT,
    ),
    Row(
        "copy_batch_v2",
        lambda dbx, _: dbx.files_copy_batch_v2(ends()).is_async_job_id(),
        True,
        {**COPIED, **job("copy_batch_v2")},
        lambda dbx, _: dbx.files_copy_batch_v2(ends("/")),
        FROM_ROOT,
    ),
    Row(
        "copy_batch/check",
        lambda dbx, given: len(
            dbx.files_copy_batch_check(given.jobs["copy_batch"]).get_complete().entries
        ),
        1,
        NOTHING,
        lambda dbx, given: dbx.files_copy_batch_check(given.jobs["copy_batch_v2"]),
        NO_JOB,
    ),
    Row(
        "copy_batch/check_v2",
        lambda dbx, given: words(
            dbx.files_copy_batch_check_v2(given.jobs["copy_batch_v2"]).get_complete().entries
        ),
        ["success"],
        NOTHING,
        lambda dbx, given: dbx.files_copy_batch_check_v2(given.jobs["move_batch_v2"]),
        NO_JOB,
    ),
    Row(
        "copy_reference/get",
        lambda dbx, _: dbx.files_copy_reference_get("/a.txt").metadata.name,
        "a.txt",
        {"references": 2},
        lambda dbx, _: dbx.files_copy_reference_get("/none"),
        "path/not_found",
    ),
    Row(
        "copy_reference/save",
        lambda dbx, given: (
            dbx.files_copy_reference_save(given.reference, "/new.txt").metadata.path_lower
        ),
        "/new.txt",
        COPIED,
        lambda dbx, _: dbx.files_copy_reference_save("none", "/new.txt"),
        "invalid_copy_reference",
    ),
    Row(
        "create_folder",
        lambda dbx, _: dbx.files_create_folder("/new").path_lower,
        "/new",
        MADE,
        lambda dbx, _: dbx.files_create_folder("/folder"),
        "path/conflict/folder",
    ),
    Row(
        "create_folder_v2",
        lambda dbx, _: dbx.files_create_folder_v2("/new").metadata.path_lower,
        "/new",
        MADE,
        lambda dbx, _: dbx.files_create_folder_v2("/a.txt/new"),
        "path/conflict/file_ancestor",
    ),
    Row(
        "create_folder_batch",
        lambda dbx, _: words(dbx.files_create_folder_batch(["/new"]).get_complete().entries),
        ["success"],
        MADE,
        lambda dbx, _: dbx.files_create_folder_batch(["/new", "/"]),
        f"paths: {messages.ROOT_UNSUPPORTED}",
    ),
    Row(
        "create_folder_batch/check",
        lambda dbx, given: words(
            dbx.files_create_folder_batch_check(given.jobs["create_folder_batch"])
            .get_complete()
            .entries
        ),
        ["success"],
        NOTHING,
        lambda dbx, _: dbx.files_create_folder_batch_check("none"),
        NO_JOB,
    ),
    Row(
        "delete",
        lambda dbx, _: dbx.files_delete("/a.txt").path_lower,
        "/a.txt",
        A_DELETED,
        lambda dbx, _: dbx.files_delete("/gone.txt"),
        "path_lookup/not_found",
    ),
    Row(
        "delete_v2",
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
        "delete_batch",
        lambda dbx, _: dbx.files_delete_batch([files.DeleteArg("/a.txt")]).is_async_job_id(),
        True,
        {**A_DELETED, **job("delete_batch")},
        lambda dbx, _: dbx.files_delete_batch([files.DeleteArg("/")]),
        ROOTS,
    ),
    Row(
        "delete_batch/check",
        lambda dbx, given: words(
            dbx.files_delete_batch_check(given.jobs["delete_batch"]).get_complete().entries
        ),
        ["success"],
        NOTHING,
        lambda dbx, _: dbx.files_delete_batch_check("none"),
        NO_JOB,
    ),
    Row(
        "download",
        lambda dbx, given: dbx.files_download("/b.txt", rev=given.revs["/b.txt"])[1].content,
        b"old",
        NOTHING,
        lambda dbx, _: dbx.files_download("/doc.paper"),
        "unsupported_file",
    ),
    Row(
        "download_zip",
        lambda dbx, _: dbx.files_download_zip("/folder")[1].content[:2],
        b"PK",
        NOTHING,
        lambda dbx, _: dbx.files_download_zip("/a.txt"),
        "path/not_folder",
    ),
    Row(
        "export",
        lambda dbx, _: dbx.files_export("/doc.paper", "plain_text")[1].content,
        b"doc\n",
        NOTHING,
        lambda dbx, _: dbx.files_export("/a.txt"),
        "non_exportable",
    ),
    Row(
        "get_file_lock_batch",
        lambda dbx, _: lock(dbx.files_get_file_lock_batch([files.LockFileArg("/b.txt")])),
        "held",
        NOTHING,
        lambda dbx, _: dbx.files_get_file_lock_batch([files.LockFileArg("/")]),
        ROOTS,
    ),
    Row(
        "get_metadata",
        lambda dbx, given: dbx.files_get_metadata(given.ids["/a.txt"]).name,
        "a.txt",
        NOTHING,
        lambda dbx, _: dbx.files_get_metadata("/"),
        ROOT,
    ),
    Row(
        "get_preview",
        lambda dbx, _: b"<td>2</td>" in dbx.files_get_preview("/small.csv")[1].content,
        True,
        NOTHING,
        lambda dbx, _: dbx.files_get_preview("/picture.png"),
        "unsupported_extension",
    ),
    Row(
        "get_temporary_link",
        lambda dbx, _: dbx.files_get_temporary_link("/a.txt").metadata.name,
        "a.txt",
        {"links": {"+": [False], "-": []}},
        lambda dbx, _: dbx.files_get_temporary_link("/folder"),
        "path/not_file",
    ),
    Row(
        "get_temporary_upload_link",
        lambda dbx, _: dbx.files_get_temporary_upload_link(files.CommitInfo("/new.txt")).link[:8],
        "https://",
        {"links": {"+": [False], "-": []}},
        lambda dbx, _: dbx.files_get_temporary_upload_link(files.CommitInfo("/")),
        f"commit_info.{ROOT}",
    ),
    Row(
        "get_thumbnail",
        lambda dbx, _: dbx.files_get_thumbnail("/picture.png")[1].content[:3],
        b"\xff\xd8\xff",
        NOTHING,
        lambda dbx, _: dbx.files_get_thumbnail("/a.txt"),
        "unsupported_extension",
    ),
    Row(
        "get_thumbnail_v2",
        lambda dbx, _: dbx.files_get_thumbnail_v2(files.PathOrLink.path("/picture.png"))[1].content[
            :3
        ],
        b"\xff\xd8\xff",
        NOTHING,
        lambda dbx, _: dbx.files_get_thumbnail_v2(files.PathOrLink.path("/none")),
        "path/not_found",
    ),
    Row(
        "get_thumbnail_batch",
        lambda dbx, _: words(dbx.files_get_thumbnail_batch(thumbnails("/picture.png")).entries),
        ["success"],
        NOTHING,
        lambda dbx, _: dbx.files_get_thumbnail_batch(thumbnails("/picture.png") * 26),
        "too_many_files",
    ),
]
