"""Tests of the file of a recording: its mode, and existing files that are refused."""

import json
import os
import stat
import sys

import pytest
from click.testing import CliRunner

from fakedropbox import FakeDropboxService
from fakedropbox.cli import main
from fakedropbox.recording import recording
from fakedropbox.recording._output import Output

ROW = {"cassette": "one", "response": {}}
posix = pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.jsonl"


@posix
@pytest.mark.parametrize("umask", [0, 0o077])
def test_only_its_owner_can_read_a_recording(path, umask, monkeypatch):
    created = []
    real = os.open
    monkeypatch.setattr(os, "open", lambda *args: (created.append(args[-1]), real(*args))[1])
    before = os.umask(umask)
    try:
        Output(path).append(ROW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert created[-1] == 0o600  # from its creation


def test_rows_are_appended(path):
    Output(path).append(ROW)
    Output(path).append(ROW)
    assert list(map(json.loads, path.read_text("utf-8").splitlines())) == [ROW, ROW]


def test_an_empty_file_can_be_used_for_a_recording(path):
    path.touch(0o600)
    Output(path).append(ROW)
    assert path.read_text("utf-8") == f"{json.dumps(ROW)}\n"


@posix
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o601])
def test_a_file_that_others_can_use_is_refused(path, mode):
    path.write_text(f"{json.dumps(ROW)}\n", "utf-8")
    path.chmod(mode)
    with pytest.raises(PermissionError, match=f"has the mode {mode:04o}.*run chmod 600"):
        Output(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@posix
def test_a_file_that_others_can_use_is_refused_if_it_appears_later(path):
    output = Output(path)
    path.write_text("", "utf-8")
    path.chmod(0o644)
    with pytest.raises(PermissionError, match="only its owner"):
        output.append(ROW)
    assert path.read_text("utf-8") == ""


@pytest.mark.parametrize(
    "text", ["notes\n", '{"name": "other"}\n', "[]\n", json.dumps(ROW), f"{json.dumps(ROW)}\n{{"]
)
def test_a_file_that_is_not_a_recording_is_refused_and_kept(path, text):
    path.touch(0o600)
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match="expected a file that fakedropbox wrote"):
        Output(path)
    with pytest.raises(ValueError, match=r"out\.jsonl"), recording(path, "one"):
        pass
    assert path.read_text("utf-8") == text


@posix
def test_a_device_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"output: expected a regular file, .* a device"):
        Output(type(tmp_path)(os.devnull))


def test_the_command_refuses_before_the_program_begins(path, tmp_path):
    path.touch(0o600)
    path.write_text("notes", "utf-8")
    mark = tmp_path / "ran"
    program = ["--", sys.executable, "-c", f"open({str(mark)!r}, 'w')"]
    done = CliRunner().invoke(main, ["record", "-o", str(path), *program])
    assert done.exit_code == 1
    assert "--output: expected a file that fakedropbox wrote" in done.output
    assert not mark.exists()


@posix
def test_the_recording_of_a_service_can_be_read_by_its_owner_only(path):
    service = FakeDropboxService()
    with recording(path, "one", service.clock), service.activate():
        import dropbox

        dropbox.Dropbox(service.login.access_token).files_list_folder("")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
