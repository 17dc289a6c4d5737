"""Tests of paths: the forms that each route accepts, and its errors for other forms."""

import pytest
from dropbox.files import CommitInfo, UploadSessionCursor, WriteMode
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import bad_input, content, listed, paths, refusal

# Calls with a path, each with the first tag of its errors about the path.
CALLS = {
    "get_metadata": (lambda dbx, path: dbx.files_get_metadata(path), "path"),
    "download": (lambda dbx, path: dbx.files_download(path), "path"),
    "list_folder": (lambda dbx, path: dbx.files_list_folder(path), "path"),
    "latest_cursor": (lambda dbx, path: dbx.files_list_folder_get_latest_cursor(path), "path"),
    "upload": (lambda dbx, path: dbx.files_upload(b"x", path), "path"),
    "create_folder": (lambda dbx, path: dbx.files_create_folder_v2(path), "path"),
    "delete": (lambda dbx, path: dbx.files_delete_v2(path), "path_lookup"),
    "move_from": (lambda dbx, path: dbx.files_move_v2(path, "/target"), "from_lookup"),
    "move_to": (lambda dbx, path: dbx.files_move_v2("/source", path), "to"),
}
LISTS = {"list_folder", "latest_cursor"}
WRITES = {"upload", "create_folder", "move_to"}
ROUTES = sorted(CALLS)

MALFORMED = [
    pytest.param("//a", "F3.2-04", marks=pytest.mark.evidence("F3.2-04")),
    pytest.param("/a//b", "F3.2-04", marks=pytest.mark.evidence("F3.2-04")),
    pytest.param("/a//", "F3.2-04", marks=pytest.mark.evidence("F3.2-04")),
    pytest.param("/.", "F3.2-05", marks=pytest.mark.evidence("F3.2-05")),
    pytest.param("/..", "F3.2-05", marks=pytest.mark.evidence("F3.2-05")),
    pytest.param("/a/../b", "F3.2-05", marks=pytest.mark.evidence("F3.2-05")),
    pytest.param("/a/./b", "F3.2-05", marks=pytest.mark.evidence("F3.2-05")),
    pytest.param("/../x", "F3.2-05", marks=pytest.mark.evidence("F3.2-05")),
    pytest.param("/a\\b", "F3.2-06", marks=pytest.mark.evidence("F3.2-06")),
    pytest.param("/\\", "F3.2-06", marks=pytest.mark.evidence("F3.2-06")),
    pytest.param("/a ", "F3.2-07", marks=pytest.mark.evidence("F3.2-07")),
    pytest.param("/a /b", "F3.2-07", marks=pytest.mark.evidence("F3.2-07")),
    pytest.param("/ ", "F3.2-07", marks=pytest.mark.evidence("F3.2-07")),
    pytest.param("/a\x7f", "F3.2-08", marks=pytest.mark.evidence("F3.2-08")),
    pytest.param("/a\x00", "F3.2-09", marks=pytest.mark.evidence("F3.2-09")),
    pytest.param("/a\n", "F3.2-09", marks=pytest.mark.evidence("F3.2-09")),
    pytest.param("/a\tb", "F3.2-09", marks=pytest.mark.evidence("F3.2-09")),
    pytest.param("/a\ud800", "F3.2-09", marks=pytest.mark.evidence("F3.2-09")),
    pytest.param("/" + "x" * 256, "F3.2-12", marks=pytest.mark.evidence("F3.2-12")),
    pytest.param("/" + "x" * 256 + "/y", "F3.2-12", marks=pytest.mark.evidence("F3.2-12")),
]
UNUSUAL = [
    pytest.param(name, marks=pytest.mark.evidence(fact))
    for fact, names in {
        "F3.2-10": ["<", ">", ":", '"', "|", "?", "*", "a<b>:c"],
        "F3.2-11": ["a.", "...", "....", ".a"],
        "F3.2-12": ["x" * 255, "\u00e9" * 255],
        "F3.2-07": [" leading", "a b", "a\u3000b"],
        "F3.2-15": ["~", "~a", "a~$", "a.tmp", "~a.tmp.txt", "a~b.tmp"],
        "F3.2-16": [".~a"],
    }.items()
    for name in names
]
RESERVED = ["desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr"]


def call(route, dbx, path):
    CALLS[route][0](dbx, path)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("path", "fact"), MALFORMED)
def test_a_malformed_path_is_refused_with_malformed_path_rather_than_not_found(
    dbx, service, route, path, fact
):
    dbx.files_upload(b"x", "/source")
    if route in LISTS and path.startswith("//"):
        path = f"/{path}"  # listings accept a second leading slash
    if route in LISTS and path.endswith("//"):
        # Listings accept the last slash; the one before it is then a trailing slash.
        fact = "F3.2-03"
    assert refusal(call, route, dbx, path) == f"{CALLS[route][1]}/malformed_path"
    assert service.calls[-1].fact == fact
    assert paths(listed(dbx, "", recursive=True)) == ["/source"]


@pytest.mark.evidence("F3.2-01")
@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("path", ["a", "a/b", "./a", " /a", "C:/a", "id", "ns:/a", "ns:x"])
def test_the_sdk_itself_refuses_a_path_without_a_leading_slash(dbx, service, route, path):
    with pytest.raises(ValidationError, match="did not match pattern"):
        call(route, dbx, path)
    assert len(service.calls) == 0


@pytest.mark.evidence("F3.2-03")
@pytest.mark.parametrize("route", [route for route in ROUTES if route not in LISTS])
def test_a_trailing_slash_is_malformed_except_in_a_listing(dbx, service, route):
    dbx.files_create_folder_v2("/folder")
    dbx.files_create_folder_v2("/source")
    assert refusal(call, route, dbx, "/folder/") == f"{CALLS[route][1]}/malformed_path"
    assert service.calls[-1].fact == "F3.2-03"


@pytest.mark.evidence("F3.2-03")
def test_listings_accept_one_trailing_slash(dbx):
    folder = dbx.files_upload(b"x", "/folder/file") and dbx.files_get_metadata("/folder")
    assert paths(listed(dbx, "/folder/")) == ["/folder/file"]
    assert paths(listed(dbx, f"{folder.id}/")) == ["/folder/file"]
    cursor = dbx.files_list_folder_get_latest_cursor("/folder/").cursor
    dbx.files_upload(b"y", "/folder/new")
    assert paths(dbx.files_list_folder_continue(cursor).entries) == ["/folder/new"]
    assert refusal(dbx.files_list_folder, "/folder//") == "path/malformed_path"


def test_listings_accept_a_second_leading_slash(dbx):
    dbx.files_upload(b"x", "/folder/file")
    assert paths(listed(dbx, "//folder")) == ["/folder/file"]
    cursor = dbx.files_list_folder_get_latest_cursor("//folder").cursor
    dbx.files_upload(b"y", "/folder/new")
    assert paths(dbx.files_list_folder_continue(cursor).entries) == ["/folder/new"]
    assert refusal(dbx.files_list_folder, "///folder") == "path/malformed_path"


@pytest.mark.evidence("F1.4-08", "F10-12")
@pytest.mark.parametrize("route", sorted(LISTS))
def test_the_root_of_a_listing_is_the_empty_string(dbx, route):
    text = bad_input(call, route, dbx, "/")
    assert text.endswith(
        'request body: path: Specify the root folder as an empty string rather than as "/".'
    )
    call(route, dbx, "")


@pytest.mark.evidence("F1.4-09", "F10-12", "F3.2-02")
@pytest.mark.parametrize("route", [route for route in ROUTES if route not in LISTS])
def test_get_metadata_downloads_and_writes_do_not_accept_the_root(dbx, route):
    dbx.files_upload(b"x", "/source")
    assert bad_input(call, route, dbx, "/").endswith("path: The root folder is unsupported.")
    with pytest.raises(ValidationError):  # the SDK itself refuses an empty path
        call(route, dbx, "")


@pytest.mark.parametrize("name", UNUSUAL)
def test_unusual_names_are_accepted(dbx, name):
    meta = dbx.files_upload(b"x", f"/{name}/{name}")
    assert meta.name == name
    assert meta.path_display == f"/{name}/{name}"
    assert content(dbx, meta.path_lower) == b"x"
    assert paths(listed(dbx, f"/{name}")) == [meta.path_display]
    moved = dbx.files_move_v2(meta.path_display, f"/other/{name}").metadata
    assert dbx.files_delete_v2(moved.path_lower).metadata.name == name


TEMPORARY = ["~$", "~$a.docx", "~a.tmp", "~.tmp", "~$A", "~A.TMP"]


@pytest.mark.evidence("F3.2-15")
@pytest.mark.parametrize("name", TEMPORARY)
def test_an_upload_of_a_temporary_file_is_refused(dbx, service, name):
    dbx.files_create_folder_v2("/folder")
    assert refusal(dbx.files_upload, b"x", f"/folder/{name}") == "path/disallowed_name"
    assert service.calls[-1].fact == "F3.2-15"
    session = UploadSessionCursor(dbx.files_upload_session_start(b"x").session_id, 1)
    commit = CommitInfo(f"/{name}")
    assert refusal(dbx.files_upload_session_finish, b"", session, commit) == "path/disallowed_name"
    assert paths(listed(dbx, "", recursive=True)) == ["/folder"]


@pytest.mark.evidence("F3.2-16")
@pytest.mark.parametrize("name", ["~$a.docx", "~a.tmp"])
def test_moves_copies_restores_and_saved_urls_give_no_file_a_temporary_name(dbx, name, service):
    service.web = {"https://example.com/x": b"x"}
    rev = dbx.files_upload(b"x", "/source").rev
    dbx.files_upload(b"x", "/folder/deep")
    for path in (f"/{name}", f"/folder/{name}", f"/{name.upper()}"):
        assert refusal(dbx.files_move_v2, "/source", path) == "to/disallowed_name"
        assert refusal(dbx.files_copy_v2, "/source", path) == "to/disallowed_name"
        assert refusal(dbx.files_restore, path, rev) == "path_write/disallowed_name"
        reference = dbx.files_copy_reference_get("/source").copy_reference
        assert refusal(dbx.files_copy_reference_save, reference, path) == "path/disallowed_name"
        job = dbx.files_save_url(path, "https://example.com/x").get_async_job_id()
        status = [dbx.files_save_url_check_job_status(job) for _ in range(2)][-1]
        assert status.get_failed().get_path().is_disallowed_name()
    assert paths(listed(dbx, "", recursive=True)) == ["/folder", "/source", "/folder/deep"]


@pytest.mark.evidence("F3.2-16")
@pytest.mark.parametrize("name", ["~$a.docx", "~a.tmp"])
def test_a_folder_may_have_the_name_of_a_temporary_file(dbx, name):
    dbx.files_create_folder_v2(f"/{name}")
    dbx.files_upload(b"x", f"/{name}/file")
    dbx.files_upload(b"x", f"/a/{name}/file")
    assert dbx.files_move_v2(f"/{name}", f"/b/{name}").metadata.name == name
    assert dbx.files_copy_v2(f"/b/{name}", f"/c/{name}").metadata.name == name
    reference = dbx.files_copy_reference_get("/c").copy_reference
    assert dbx.files_copy_reference_save(reference, f"/{name}").metadata.name == name
    assert content(dbx, f"/{name}/{name}/file") == b"x"


@pytest.mark.evidence("F3.2-14")
@pytest.mark.parametrize("name", [*RESERVED, "Desktop.INI", ".DropBox", "ICON\r", ".DS_Store"])
@pytest.mark.parametrize("shape", ["/{}", "/folder/{}", "/{}/file"])
def test_reserved_names_cannot_be_written(dbx, service, name, shape):
    path = shape.format(name)
    dbx.files_upload(b"x", "/source")
    assert refusal(dbx.files_upload, b"x", path) == "path/disallowed_name"
    assert service.calls[-1].fact == "F3.2-14"
    assert refusal(dbx.files_create_folder_v2, path) == "path/disallowed_name"
    assert refusal(dbx.files_move_v2, "/source", path) == "to/disallowed_name"
    assert refusal(dbx.files_get_metadata, path) == "path/not_found"
    assert refusal(dbx.files_delete_v2, path) == "path_lookup/not_found"
    assert paths(listed(dbx, "", recursive=True)) == ["/source"]


@pytest.mark.evidence("F3.2-14")
@pytest.mark.parametrize("name", ["desktop.ini.txt", "my.dropbox", ".dropbox2", "xicon", "icon"])
def test_names_similar_to_reserved_ones_are_accepted(dbx, name):
    assert dbx.files_upload(b"x", f"/{name}").name == name


@pytest.mark.evidence("F3.2-09", "F3.2-14")
@pytest.mark.parametrize("path", ["/a\r", "/icon\rx", "/xicon\r", "/icon\r\r"])
def test_a_carriage_return_is_malformed_except_in_a_reserved_name(dbx, path):
    assert refusal(dbx.files_upload, b"x", path) == "path/malformed_path"


@pytest.mark.evidence("F3.2-12")
def test_a_path_may_be_1500_folders_deep(dbx):
    path = "/d" * 1500
    dbx.files_create_folder_v2(path)
    meta = dbx.files_upload(b"x", f"{path}/f")
    assert meta.path_display == f"{path}/f"
    assert len(listed(dbx, "", recursive=True, limit=400)) == 1501
    cursor = dbx.files_list_folder_get_latest_cursor("", recursive=True).cursor
    moved = dbx.files_move_v2("/d", "/e").metadata
    assert moved.path_display == "/e"
    assert dbx.files_get_metadata(meta.id).path_lower == f"/e{path[2:]}/f"
    dbx.files_delete_v2("/e/d")
    page = dbx.files_list_folder_continue(cursor)
    assert page.entries
    assert paths(listed(dbx, "", recursive=True)) == ["/e"]


@pytest.mark.evidence("F10-01")
@pytest.mark.parametrize("route", [route for route in ROUTES if route not in WRITES])
@pytest.mark.parametrize("path", ["/missing", "/missing/below", "/file/below", "/folder/missing"])
def test_a_missing_path_is_refused_with_not_found(dbx, route, path):
    dbx.files_upload(b"x", "/file")
    dbx.files_create_folder_v2("/folder")
    assert refusal(call, route, dbx, path) == f"{CALLS[route][1]}/not_found"


@pytest.mark.evidence("F3.1-02", "F3.1-03", "F3.1-04", "F3.1-06", "O8-02")
def test_a_path_may_start_with_the_accounts_own_namespace(dbx):
    namespace = f"ns:{dbx.users_get_current_account().root_info.root_namespace_id}"
    assert dbx.files_upload(b"x", f"{namespace}/a").path_display == "/a"
    assert dbx.files_create_folder_v2(f"{namespace}/f").metadata.path_display == "/f"
    assert paths(listed(dbx, namespace)) == ["/f", "/a"]
    assert dbx.files_move_v2(f"{namespace}/a", f"{namespace}/f/a").metadata.name == "a"
    assert content(dbx, f"{namespace}/f/a") == b"x"
    assert refusal(dbx.files_get_metadata, f"{namespace}//a") == "path/malformed_path"
    assert dbx.files_delete_v2(f"{namespace}/f").metadata.name == "f"


@pytest.mark.evidence("F3.1-04", "F3.1-06")
@pytest.mark.parametrize("route", sorted({*CALLS} - WRITES))
@pytest.mark.parametrize("namespace", ["ns:1", "ns:" + "1" * 5000])
def test_another_namespace_is_not_found(dbx, route, namespace):
    assert refusal(call, route, dbx, f"{namespace}/a") == f"{CALLS[route][1]}/not_found"


@pytest.mark.evidence("F3.1-03", "F3.1-04")
def test_writes_and_listings_do_not_accept_a_revision_as_the_path(dbx):
    rev = dbx.files_upload(b"x", "/a").rev
    for write in (dbx.files_delete_v2, dbx.files_list_folder, dbx.files_create_folder_v2):
        with pytest.raises(ValidationError):
            write(f"rev:{rev}")
    with pytest.raises(ValidationError):
        dbx.files_upload(b"y", f"rev:{rev}", mode=WriteMode.overwrite)
