"""Tests of an app folder app: it sees the files of its own folder only."""

import pytest
from dropbox.files import WriteMode
from tests.support.doors import changes, content, listed, paths, refusal, rows

from fakedropbox import FakeDropboxService

pytestmark = pytest.mark.dropbox(app_folder="My App")
APP = "/Apps/My App"


@pytest.fixture
def full_access(connect, service):
    """A client of the default account for an app with full access."""
    return connect(service.logins.create(app=service.apps.create("full")))


@pytest.mark.evidence("O8-01")
def test_paths_are_relative_to_the_folder(dbx, full_access):
    meta = dbx.files_upload(b"x", "/Sub/File")
    assert (meta.path_display, meta.path_lower) == ("/Sub/File", "/sub/file")
    assert paths(listed(dbx, "", recursive=True)) == ["/Sub", "/Sub/File"]
    seen = full_access.files_get_metadata(f"{APP}/Sub/File")
    assert (seen.id, seen.rev) == (meta.id, meta.rev)
    assert seen.path_display == f"{APP}/Sub/File"
    assert rows(listed(full_access, "", recursive=True)) == [
        ("folder", "/Apps"),
        ("folder", APP),
        ("folder", f"{APP}/Sub"),
        ("file", f"{APP}/Sub/File"),
    ]


@pytest.mark.evidence("O8-01")
def test_files_outside_the_folder_are_not_found(dbx, full_access):
    outside = full_access.files_upload(b"secret", "/secret.txt")
    full_access.files_upload(b"secret", "/Apps/other")
    folder = full_access.files_get_metadata("/Apps")
    assert listed(dbx, "", recursive=True, include_deleted=True) == []
    for path in ("/secret.txt", "/Apps", f"{APP}", outside.id, folder.id, f"{folder.id}/other"):
        assert refusal(dbx.files_get_metadata, path) == "path/not_found"
        assert refusal(dbx.files_delete_v2, path) == "path_lookup/not_found"
        assert refusal(dbx.files_move_v2, path, "/mine") == "from_lookup/not_found"
    assert refusal(dbx.files_download, f"rev:{outside.rev}") == "path/not_found"
    assert refusal(dbx.files_get_metadata, f"rev:{outside.rev}") == "path/not_found"
    assert refusal(dbx.files_upload, b"x", outside.id, mode=WriteMode.overwrite) == (
        "path/malformed_path"
    )
    assert content(full_access, "/secret.txt") == b"secret"


@pytest.mark.evidence("O8-01")
def test_paths_with_dots_or_a_namespace_find_nothing_outside_the_folder(dbx, service):
    namespace = service.accounts.default.namespace_id
    assert refusal(dbx.files_get_metadata, "/../x") == "path/malformed_path"
    assert refusal(dbx.files_get_metadata, f"ns:{namespace}/x") == "path/not_found"


@pytest.mark.evidence("O8-01")
def test_revisions_from_outside_the_folder_are_not_found(dbx, full_access):
    before = full_access.files_upload(b"1", "/outside")
    inside = full_access.files_move_v2("/outside", f"{APP}/inside").metadata
    assert content(dbx, "/inside") == b"1"
    assert dbx.files_get_metadata(f"rev:{inside.rev}").path_display == "/inside"
    assert refusal(dbx.files_get_metadata, f"rev:{before.rev}") == "path/not_found"
    full_access.files_move_v2(f"{APP}/inside", "/outside")
    assert refusal(dbx.files_get_metadata, before.id) == "path/not_found"


def test_only_changes_inside_the_folder_are_reported(dbx, full_access):
    cursor = dbx.files_list_folder("", recursive=True).cursor
    full_access.files_upload(b"x", "/outside")
    full_access.files_upload(b"x", f"{APP}/Inside")
    full_access.files_upload(b"y", f"{APP}/moved out")
    full_access.files_move_v2(f"{APP}/moved out", "/moved")
    dbx.files_create_folder_v2("/f")
    assert sorted(rows(changes(dbx, cursor)[0])) == [
        ("deleted", "/moved out"),
        ("file", "/Inside"),
        ("folder", "/f"),
    ]


def test_the_id_of_the_app_folder_is_the_root(dbx, full_access):
    node = full_access.files_get_metadata(APP).id
    assert listed(dbx, node) == []
    assert listed(dbx, "", recursive=True) == []
    dbx.files_upload(b"x", f"{node}/a")
    assert paths(listed(dbx, node)) == ["/a"]
    with pytest.raises(Exception, match="root folder is unsupported"):
        dbx.files_delete_v2(node)


def test_both_paths_of_a_move_are_relative_to_the_folder(dbx, full_access):
    dbx.files_upload(b"x", "/a")
    assert dbx.files_move_v2("/a", "/Apps/b").metadata.path_display == "/Apps/b"
    assert full_access.files_get_metadata(f"{APP}/Apps/b").name == "b"


@pytest.mark.evidence("O8-01")
@pytest.mark.parametrize("path", [APP, "/Apps"])
def test_an_upload_creates_a_deleted_app_folder_again(dbx, full_access, path):
    dbx.files_upload(b"x", "/a")
    full_access.files_delete_v2(path)
    assert listed(dbx) == []
    dbx.files_upload(b"y", "/b")
    assert paths(listed(dbx)) == ["/b"]


@pytest.mark.parametrize("path", [APP, "/Apps"])
def test_an_app_keeps_working_if_a_file_is_at_or_above_the_path_of_its_app_folder(
    dbx, full_access, path
):
    full_access.files_delete_v2("/Apps")
    full_access.files_upload(b"in the way", path)
    assert listed(dbx) == []
    dbx.files_upload(b"y", "/b")
    assert content(dbx, "/b") == b"y"
    assert content(full_access, path) == b"in the way"


def test_each_account_has_its_own_app_folder(dbx, connect, service):
    other = connect(service.logins.create(service.accounts.create("other@example.com")))
    dbx.files_upload(b"mine", "/a")
    assert listed(other) == []
    assert list(service.files) == [f"{APP}/a"]


@pytest.mark.parametrize("name", ["", "a/b", "X ", "..", "/X", "X/", "a\\b", "x" * 256])
def test_an_invalid_app_folder_name_is_refused(name):
    with pytest.raises(ValueError, match="folder"):
        FakeDropboxService(app_folder=name)


@pytest.mark.dropbox(app_folder="\u0130I\u0331H\u0331")
def test_an_app_folder_name_may_get_shorter_in_lower_case(dbx, full_access):
    meta = dbx.files_upload(b"x", "/Sub/File")
    assert (meta.path_display, meta.path_lower) == ("/Sub/File", "/sub/file")
    dbx.files_delete_v2("/Sub")
    assert rows(listed(dbx, "", recursive=True, include_deleted=True)) == [
        ("deleted", "/Sub"),
        ("deleted", "/Sub/File"),
    ]
    assert dbx.files_get_metadata(f"rev:{meta.rev}") == meta
