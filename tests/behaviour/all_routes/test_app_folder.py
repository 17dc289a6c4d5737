"""An app that sees one folder only."""

import pytest
from dropbox.files import WriteMode
from tests.support.doors import changes, content, listed, paths, refusal, rows

from fakedropbox import FakeDropboxService

pytestmark = pytest.mark.dropbox(app_folder="My App")
APP = "/Apps/My App"


@pytest.fixture
def full(connect, service):
    """A client of the same account that sees all of it."""
    return connect(service.logins.create(app=service.apps.create("full")))


@pytest.mark.evidence("O8-01")
def test_paths_are_relative_to_the_folder(dbx, full):
    meta = dbx.files_upload(b"x", "/Sub/File")
    assert (meta.path_display, meta.path_lower) == ("/Sub/File", "/sub/file")
    assert paths(listed(dbx, "", recursive=True)) == ["/Sub", "/Sub/File"]
    seen = full.files_get_metadata(f"{APP}/Sub/File")
    assert (seen.id, seen.rev) == (meta.id, meta.rev)
    assert seen.path_display == f"{APP}/Sub/File"
    assert rows(listed(full, "", recursive=True)) == [
        ("folder", "/Apps"),
        ("folder", APP),
        ("folder", f"{APP}/Sub"),
        ("file", f"{APP}/Sub/File"),
    ]


@pytest.mark.evidence("O8-01")
def test_outside_is_invisible(dbx, full):
    outside = full.files_upload(b"secret", "/secret.txt")
    full.files_upload(b"secret", "/Apps/other")
    folder = full.files_get_metadata("/Apps")
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
    assert content(full, "/secret.txt") == b"secret"


@pytest.mark.evidence("O8-01")
def test_neither_by_dots_nor_by_namespace(dbx, service):
    namespace = service.accounts.default.namespace_id
    assert refusal(dbx.files_get_metadata, "/../x") == "path/malformed_path"
    assert refusal(dbx.files_get_metadata, f"ns:{namespace}/x") == "path/not_found"


@pytest.mark.evidence("O8-01")
def test_a_past_outside_is_not_shown(dbx, full):
    before = full.files_upload(b"1", "/outside")
    inside = full.files_move_v2("/outside", f"{APP}/inside").metadata
    assert content(dbx, "/inside") == b"1"
    assert dbx.files_get_metadata(f"rev:{inside.rev}").path_display == "/inside"
    assert refusal(dbx.files_get_metadata, f"rev:{before.rev}") == "path/not_found"
    full.files_move_v2(f"{APP}/inside", "/outside")
    assert refusal(dbx.files_get_metadata, before.id) == "path/not_found"


def test_changes_are_those_inside(dbx, full):
    cursor = dbx.files_list_folder("", recursive=True).cursor
    full.files_upload(b"x", "/outside")
    full.files_upload(b"x", f"{APP}/Inside")
    full.files_upload(b"y", f"{APP}/moved out")
    full.files_move_v2(f"{APP}/moved out", "/moved")
    dbx.files_create_folder_v2("/f")
    assert sorted(rows(changes(dbx, cursor)[0])) == [
        ("deleted", "/moved out"),
        ("file", "/Inside"),
        ("folder", "/f"),
    ]


def test_the_folder_itself_is_the_root(dbx, full):
    node = full.files_get_metadata(APP).id
    assert listed(dbx, node) == []
    assert listed(dbx, "", recursive=True) == []
    dbx.files_upload(b"x", f"{node}/a")
    assert paths(listed(dbx, node)) == ["/a"]
    with pytest.raises(Exception, match="root folder is unsupported"):
        dbx.files_delete_v2(node)


def test_moves_stay_inside(dbx, full):
    dbx.files_upload(b"x", "/a")
    assert dbx.files_move_v2("/a", "/Apps/b").metadata.path_display == "/Apps/b"
    assert full.files_get_metadata(f"{APP}/Apps/b").name == "b"


@pytest.mark.evidence("O8-01")
@pytest.mark.parametrize("path", [APP, "/Apps"])
def test_a_deleted_folder_is_made_again(dbx, full, path):
    dbx.files_upload(b"x", "/a")
    full.files_delete_v2(path)
    assert listed(dbx) == []
    dbx.files_upload(b"y", "/b")
    assert paths(listed(dbx)) == ["/b"]


@pytest.mark.parametrize("path", [APP, "/Apps"])
def test_a_file_in_its_place_does_not_break_the_app(dbx, full, path):
    full.files_delete_v2("/Apps")
    full.files_upload(b"in the way", path)
    assert listed(dbx) == []
    dbx.files_upload(b"y", "/b")
    assert content(dbx, "/b") == b"y"
    assert content(full, path) == b"in the way"


def test_each_account_has_its_own(dbx, connect, service):
    other = connect(service.logins.create(service.accounts.create("other@example.com")))
    dbx.files_upload(b"mine", "/a")
    assert listed(other) == []
    assert list(service.files) == [f"{APP}/a"]


@pytest.mark.parametrize("name", ["", "a/b", "X ", "..", "/X", "X/", "a\\b", "x" * 256])
def test_a_name_that_no_folder_can_have(name):
    with pytest.raises(ValueError, match="folder"):
        FakeDropboxService(app_folder=name)


@pytest.mark.dropbox(app_folder="\u0130I\u0331H\u0331")
def test_a_name_whose_lower_case_is_shorter(dbx, full):
    meta = dbx.files_upload(b"x", "/Sub/File")
    assert (meta.path_display, meta.path_lower) == ("/Sub/File", "/sub/file")
    dbx.files_delete_v2("/Sub")
    assert rows(listed(dbx, "", recursive=True, include_deleted=True)) == [
        ("deleted", "/Sub"),
        ("deleted", "/Sub/File"),
    ]
    assert dbx.files_get_metadata(f"rev:{meta.rev}") == meta
