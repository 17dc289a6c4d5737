"""Tests that recordings made by `fakedropbox.recording` can be replayed."""

import json

import dropbox
import pytest
from dropbox.exceptions import ApiError
from dropbox.files import WriteMode
from tests.support import recordings, replay

from fakedropbox import FakeDropboxService
from fakedropbox.recording import recording

CASSETTE = "recorded by ourselves"


@pytest.fixture
def steps(tmp_path, monkeypatch):
    """Return the recorded exchanges of a short session with fakedropbox."""
    service = FakeDropboxService(seed=11)
    output = tmp_path / "exchanges.jsonl"
    dbx = dropbox.Dropbox(service.login.access_token, session=service.session())
    with recording(output, CASSETTE, service.clock):
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
    rows = map(json.loads, output.read_text("utf-8").splitlines())
    read = [recordings.exchange_of(row) for row in rows]
    monkeypatch.setitem(recordings.SCENARIOS, CASSETTE, {"reproduces": {}})
    monkeypatch.setattr(replay, "EXCHANGES", {step.name: step for step in read})
    return read


def test_an_own_recording_is_replayed_without_a_difference(steps):
    replayed = replay.Replay(CASSETTE)
    assert [replayed.compare(step) for step in steps] == [[]] * 9


def test_a_changed_status_is_found(steps):
    replayed = replay.Replay(CASSETTE)
    wrong = steps[0]._replace(reply=steps[0].reply._replace(status=201))
    assert [found.place for found in replayed.compare(wrong)] == ["status"]
