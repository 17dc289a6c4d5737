"""Tests of shared folders that are mounted in the folder of an app."""

import pytest
from dropbox import files
from tests.support.doors import refusal
from tests.support.shared_folders import share

pytestmark = pytest.mark.dropbox(app_folder="Mine")


@pytest.fixture
def full(connect, service):
    """A client of the default account for an app with full access."""
    return connect(service.logins.create(app=service.apps.create("full")))


@pytest.fixture
def other(connect, service):
    """A client of a second account for an app with full access."""
    app = service.apps.create("other")
    account = service.accounts.create("other@example.com")
    return connect(service.logins.create(account, app=app))


@pytest.fixture
def mounted(dbx, full, other, service):
    """The id of a folder of the second account, which is mounted at /Docs in the app folder."""
    dbx.files_upload(b"own", "/own/own.txt")
    other.files_upload(b"a", "/Docs/deep/a.txt")
    account = service.accounts.by_email("other@example.com")
    folder = service.share_folder("/Docs", account=account, members=[service.accounts.default])
    full.files_move_v2("/Docs", "/Apps/Mine/Docs")
    return folder


def listed(client, path="", **given):
    found = client.files_list_folder(path, recursive=True, **given)
    return sorted(entry.path_lower for entry in found.entries), found.cursor


@pytest.mark.evidence("S13-12", "S13-13", "S13-19")
def test_a_listing_of_an_app_folder_may_leave_out_mounted_folders(dbx, mounted, other):
    every = ["/docs", "/docs/deep", "/docs/deep/a.txt", "/own", "/own/own.txt"]
    found, cursor = listed(dbx)
    assert found == every
    short, short_cursor = listed(dbx, include_mounted_folders=False)
    assert short == ["/docs", "/own", "/own/own.txt"]
    other.files_upload(b"b", "/Docs/b.txt")
    dbx.files_upload(b"", "/new.txt")
    assert [each.path_lower for each in dbx.files_list_folder_continue(cursor).entries] == [
        "/new.txt",
        "/docs/b.txt",
    ]
    news = dbx.files_list_folder_continue(short_cursor).entries
    assert [each.path_lower for each in news] == ["/new.txt"]
    inside, _ = listed(dbx, "/Docs", include_mounted_folders=False)
    assert inside == ["/docs", "/docs/b.txt", "/docs/deep", "/docs/deep/a.txt"]
    meta = dbx.files_get_metadata("/Docs")
    assert meta.shared_folder_id == mounted


@pytest.mark.evidence("S13-19", "S12-10")
def test_an_app_folder_app_writes_in_a_mount(dbx, full, mounted, other):
    dbx.files_upload(b"new", "/Docs/deep/new.txt")
    dbx.files_move_v2("/own/own.txt", "/Docs/own.txt")
    assert other.files_download("/Docs/deep/new.txt")[1].content == b"new"
    assert other.files_download("/Docs/own.txt")[1].content == b"own"
    assert full.files_get_metadata("/Apps/Mine/Docs/own.txt").parent_shared_folder_id == mounted
    dbx.files_delete_v2("/Docs")
    assert refusal(dbx.files_get_metadata, "/Docs") == "path/not_found"
    assert other.files_download("/Docs/own.txt")[1].content == b"own"
    assert full.sharing_get_folder_metadata(mounted).path_lower is None


@pytest.mark.evidence("S13-12")
def test_an_app_folder_app_sees_no_mount_outside_its_folder(dbx, full, mounted):
    full.files_move_v2("/Apps/Mine/Docs", "/elsewhere")
    assert listed(dbx)[0] == ["/own", "/own/own.txt"]
    inside = full.files_get_metadata("/elsewhere/deep/a.txt")
    for path in ("/Docs", "/elsewhere", inside.id, f"rev:{inside.rev}"):
        assert refusal(dbx.files_get_metadata, path) == "path/not_found"
    found = dbx.files_search_v2("a", files.SearchOptions(filename_only=True)).matches
    assert [match.metadata.get_metadata().path_lower for match in found] == []


@pytest.mark.evidence("O8-01", "S13-12")
@pytest.mark.parametrize(
    ("shared", "own"), [("/Apps", "/Apps (1)/Late"), ("/Apps/Late", "/Apps/Late (1)")]
)
def test_an_app_folder_is_not_made_in_or_at_a_mount(connect, service, full, shared, own):
    """Its account could lose the app's files with the mount, and other members would get them."""
    full.files_move_v2("/Apps", "/moved")
    folder = share(full, shared).shared_folder_id
    app = connect(service.logins.create(app=service.apps.create("late", folder="Late")))
    app.files_upload(b"1", "/a.txt")
    assert full.files_download(f"{own}/a.txt")[1].content == b"1"
    full.sharing_unmount_folder(folder)
    assert listed(app)[0] == ["/a.txt"]
    app.files_upload(b"2", "/b.txt")
    assert full.files_download(f"{own}/b.txt")[1].content == b"2"
