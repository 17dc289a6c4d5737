"""Tests of errors with a tag that an older SDK does not know."""

import json

import pytest
from dropbox.files import DeleteArg, WriteError
from tests.support.batches import delete
from tests.support.doors import refusal

from fakedropbox import Personality
from fakedropbox._api import refusals


@pytest.fixture
def old_sdk(monkeypatch):
    """An SDK that lacks the tag `no_write_permission`."""
    monkeypatch.delitem(WriteError._tagmap, "no_write_permission")
    refusals.nested_unions.cache_clear()  # its cache has unions with that tag
    yield
    refusals.nested_unions.cache_clear()


@pytest.fixture
def read_only(service, dbx):
    """A folder of another account, in which the client's account may only read."""
    boss = service.accounts.create("boss@example.com")
    service.seed_files({"/Docs/a.txt": b"1"}, account=boss)
    viewers = [(service.accounts.default, "viewer")]
    service.share_folder("/Docs", account=boss, members=viewers)


@pytest.mark.every_door
@pytest.mark.usefixtures("read_only", "old_sdk")
def test_a_tag_unknown_to_the_sdk_becomes_other_in_an_error(dbx):
    assert refusal(dbx.files_delete_v2, "/Docs/a.txt") == "path_write/other"
    # The error of an upload has the unknown tag within a struct.
    assert refusal(dbx.files_upload, b"1", "/Docs/b.txt") == "path/other"


@pytest.mark.usefixtures("read_only", "old_sdk")
def test_the_json_of_an_error_has_the_tag_unknown_to_the_sdk(wire, service):
    wire.authorization = {"Authorization": f"Bearer {service.login.access_token}"}
    body = json.dumps({"path": "/Docs/a.txt"}).encode()
    headers = {"Content-Type": "application/json"}
    reply = wire.send("https://api.dropboxapi.com/2/files/delete_v2", body, headers)
    assert reply.status_code == 409
    assert reply.json()["error_summary"].startswith("path_write/no_write_permission/")
    assert reply.json()["error"] == {
        ".tag": "path_write",
        "path_write": {".tag": "no_write_permission"},
    }
    assert service.calls[-1].outcome == "path_write/no_write_permission"


@pytest.mark.every_door
@pytest.mark.usefixtures("read_only", "old_sdk")
@pytest.mark.parametrize(
    "as_job",
    [
        pytest.param(how, marks=pytest.mark.dropbox(personality=Personality(async_batches=how)))
        for how in ("always", "never")
    ],
)
def test_a_tag_unknown_to_the_sdk_becomes_other_in_a_batch_result(dbx, as_job):
    (entry,) = delete(dbx, DeleteArg("/Docs/a.txt"))
    reason = entry.get_failure().get_path_write()
    assert reason.is_other()
    assert not reason.is_team_folder()
    assert (f"{reason._tag}", repr(reason)) == ("other", "WriteError('other', None)")


@pytest.mark.usefixtures("read_only", "old_sdk")
@pytest.mark.dropbox(personality=Personality(async_batches="never"))
def test_the_json_of_a_batch_result_has_the_tag_unknown_to_the_sdk(wire, service):
    wire.authorization = {"Authorization": f"Bearer {service.login.access_token}"}
    body = json.dumps({"entries": [{"path": "/Docs/a.txt"}]}).encode()
    headers = {"Content-Type": "application/json"}
    reply = wire.send("https://api.dropboxapi.com/2/files/delete_batch", body, headers)
    (entry,) = reply.json()["entries"]
    assert entry["failure"] == {
        ".tag": "path_write",
        "path_write": {".tag": "no_write_permission"},
    }
