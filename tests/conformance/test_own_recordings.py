"""Tests that recordings made by `fakedropbox.recording` can be replayed."""

import dropbox
import pytest
from dropbox.exceptions import ApiError, DropboxException
from dropbox.file_properties import (
    PropertiesSearchMode,
    PropertiesSearchQuery,
    PropertyField,
    PropertyFieldTemplate,
    PropertyGroup,
    PropertyType,
)
from dropbox.files import CommitInfo, DeleteArg, UploadSessionCursor, WriteMode

from fakedropbox import FakeDropboxService
from fakedropbox._files.blobs import content_hash
from fakedropbox.recording import recording, replay

CASSETTE = "recorded by ourselves"


def hash_of(data):
    return content_hash(data).hex()


@pytest.fixture
def replayed(tmp_path):
    """A function that records what a function does with a client, and replays the recording."""

    def replayed(act):
        service = FakeDropboxService(seed=11)
        output = tmp_path / "exchanges.jsonl"
        login = service.login
        dbx = dropbox.Dropbox(
            oauth2_refresh_token=login.refresh_token,
            app_key=login.app_key,
            app_secret=login.app_secret,
            session=service.session(),
        )
        with recording(output, CASSETTE, service.clock):
            act(dbx)
        return replay(output)

    return replayed


def files(dbx):
    meta = dbx.files_upload(b"hello", "/Docs/\u00e9.txt")
    dbx.files_upload(b"bye", "/Docs/\u00e9.txt", mode=WriteMode.update(meta.rev))
    page = dbx.files_list_folder("", recursive=True, limit=1)
    dbx.files_list_folder_continue(page.cursor)
    dbx.files_move_v2(meta.id, "/b.txt")
    dbx.files_list_revisions("/b.txt")
    with pytest.raises(ApiError):
        dbx.files_move_v2(meta.id, "/Docs")
    dbx.files_download("/b.txt")
    dbx.files_delete_v2("/docs")


def contents(dbx):
    """Make calls whose results depend on file contents, which a recording replaces by stand-ins."""
    same = b"{}"
    first = dbx.files_upload(same, "/a", content_hash=hash_of(same))
    dbx.files_upload(same, "/a", mode=WriteMode.overwrite)  # equal, so it keeps the rev
    dbx.files_upload(b"[]", "/a", mode=WriteMode.overwrite)
    with pytest.raises(ApiError):
        dbx.files_upload(b"()", "/b", content_hash=hash_of(b"other"))
    dbx.files_download("/a", rev=first.rev)
    dbx.files_restore("/a", first.rev)
    dbx.files_upload(b"", "/empty")


def ids_and_jobs(dbx):
    """Use generated values of earlier responses: sessions, jobs, references and cursors."""
    session = dbx.files_upload_session_start(b"abc")
    cursor = UploadSessionCursor(session.session_id, 3)
    dbx.files_upload_session_append_v2(b"", cursor)
    dbx.files_upload_session_finish(b"", cursor, CommitInfo("/c"))
    reference = dbx.files_copy_reference_get("/c").copy_reference
    dbx.files_copy_reference_save(reference, "/d")
    job = dbx.files_delete_batch([DeleteArg("/d")]).get_async_job_id()
    dbx.files_delete_batch_check(job)
    latest = dbx.files_list_folder_get_latest_cursor("").cursor
    dbx.files_create_folder_v2("/new")
    dbx.files_list_folder_continue(latest)


def texts(dbx):
    """Make calls with texts of the user: searches, templates, properties, tags, bad cursors."""
    dbx.files_upload(b"", "/Report of May.txt")
    dbx.files_search_v2("report may")
    field = PropertyFieldTemplate("colour", "of it", PropertyType.string)
    template = dbx.file_properties_templates_add_for_user("mine", "of mine", [field]).template_id
    group = PropertyGroup(template, [PropertyField("colour", "red")])
    dbx.file_properties_properties_add("/report of may.txt", [group])
    query = PropertiesSearchQuery("red", PropertiesSearchMode.field_name("colour"))
    dbx.file_properties_properties_search([query])
    dbx.files_tags_add("/report of may.txt", "urgent")
    dbx.files_tags_get(["/report of may.txt"])
    for route in (dbx.files_list_folder_continue, dbx.files_list_folder_longpoll):
        with pytest.raises(DropboxException):
            route("odd cursor")


def links(dbx):
    """Follow links of earlier responses, and use the link of a file in other calls."""
    dbx.files_upload(b"hello", "/a.txt")
    temporary = dbx.files_get_temporary_link("/a.txt").link
    assert dbx._session.get(temporary).content == b"hello"
    shared = dbx.sharing_create_shared_link_with_settings("/a.txt").url
    dbx.sharing_get_shared_link_metadata(shared)
    dbx.sharing_list_shared_links("/a.txt")
    dbx.sharing_revoke_shared_link(shared)
    with pytest.raises(ApiError):
        dbx.sharing_get_shared_link_metadata(shared)


def contents_of_links(dbx):
    """Download by shared links, whose pages redirect to another address each time."""
    dbx.files_upload(b"hello", "/docs/a.txt")
    file = dbx.sharing_create_shared_link_with_settings("/docs/a.txt").url
    folder = dbx.sharing_create_shared_link_with_settings("/docs").url
    for _ in range(2):
        assert dbx._session.get(file.replace("dl=0", "dl=1")).content == b"hello"
    assert dbx._session.get(file.replace("dl=0", "raw=1")).content == b"hello"
    assert dbx._session.get(folder.replace("dl=0", "dl=1")).content.startswith(b"PK")
    dbx.sharing_get_shared_link_metadata(file.replace("dl=0", "dl=1"))
    dbx.sharing_get_shared_link_file(file)


def conflicts(dbx):
    """Upload to the path of a file; the error has the id of an upload session."""
    dbx.files_upload(b"hello", "/a.txt")
    with pytest.raises(ApiError):
        dbx.files_upload(b"other", "/a.txt")
    session = dbx.files_upload_session_start(b"abc")
    cursor = UploadSessionCursor(session.session_id, 3)
    with pytest.raises(ApiError):
        dbx.files_upload_session_finish(b"", cursor, CommitInfo("/a.txt"))
    dbx.files_upload_session_finish(b"", cursor, CommitInfo("/b.txt"))


def people(dbx):
    dbx.users_get_current_account()
    dbx.users_get_space_usage()
    dbx.check_user("hello")


@pytest.mark.parametrize(
    "act", [files, contents, ids_and_jobs, texts, links, contents_of_links, conflicts, people]
)
def test_an_own_recording_is_replayed_without_a_difference(act, replayed):
    report = replayed(act)
    assert report.is_same, str(report)
    assert len(report.exchanges) >= 4
    assert {each.outcome for each in report.exchanges} == {"same"}
