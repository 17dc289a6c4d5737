"""Tests of the replay of calls of shared files: ids and preview URLs that requests repeat."""

import dropbox
import pytest
from tests.support.shared_folders import email

from fakedropbox import FakeDropboxService
from fakedropbox.recording import recording, replay


@pytest.mark.evidence("S14-20", "S14-23")
def test_the_ids_and_preview_urls_of_a_recording_are_those_of_the_replay(tmp_path):
    output = tmp_path / "exchanges.jsonl"
    with FakeDropboxService(seed=3).activate() as service, recording(output, "mine", service.clock):
        dbx = dropbox.Dropbox(service.login.access_token)
        file = dbx.files_upload(b"", "/a.txt").id
        dbx.sharing_add_file_member(file, [email("new@example.com")])
        (one, _) = dbx.sharing_get_file_metadata_batch([file, "/none"])
        dbx.sharing_get_shared_link_metadata(one.result.get_metadata().preview_url)
        dbx.sharing_list_file_members_batch([file])
    report = replay(output)
    assert report.is_same, str(report)
    assert "/scl/fi/" in output.read_text("utf-8")
