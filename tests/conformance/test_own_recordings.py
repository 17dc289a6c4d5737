"""Tests that recordings made by `fakedropbox.recording` can be replayed."""

import json

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
from tests.support import recordings, replay

from fakedropbox import FakeDropboxService
from fakedropbox._files.blobs import content_hash
from fakedropbox.recording import recording

CASSETTE = "recorded by ourselves"


def hash_of(data):
    return content_hash(data).hex()


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A function that records what a function does with a client, and returns the exchanges."""

    def record(act):
        service = FakeDropboxService(seed=11)
        output = tmp_path / "exchanges.jsonl"
        dbx = dropbox.Dropbox(service.login.access_token, session=service.session())
        with recording(output, CASSETTE, service.clock):
            act(dbx)
        rows = map(json.loads, output.read_text("utf-8").splitlines())
        read = [recordings.exchange_of(row) for row in rows]
        monkeypatch.setitem(recordings.SCENARIOS, CASSETTE, {"reproduces": {}})
        monkeypatch.setattr(replay, "EXCHANGES", {step.name: step for step in read})
        return read

    return record


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


@pytest.mark.parametrize("act", [contents, ids_and_jobs, texts])
def test_calls_with_stand_ins_in_their_recording_can_be_replayed(act, recorded):
    steps = recorded(act)
    replayed = replay.Replay(CASSETTE)
    found = {step.path: replayed.compare(step) for step in steps}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_an_own_recording_is_replayed_without_a_difference(recorded):
    steps = recorded(files)
    replayed = replay.Replay(CASSETTE)
    assert [replayed.compare(step) for step in steps] == [[]] * 9


def test_a_changed_status_is_found(recorded):
    steps = recorded(files)
    replayed = replay.Replay(CASSETTE)
    wrong = steps[0]._replace(reply=steps[0].reply._replace(status=201))
    assert [found.place for found in replayed.compare(wrong)] == ["status"]
