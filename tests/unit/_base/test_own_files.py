"""Tests of the rule for paths that a user chooses: foreign and special files are refused."""

import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from fakedropbox._base.own_files import MARK, bears_mark, expect_own_file, own_file
from fakedropbox.cli import main
from fakedropbox.simulate.histories import Event, History

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX has these kinds of files")
OPTIONS = {
    "env_file": ["serve", "--env-file", "{}"],
    "state": ["serve", "--state", "{}"],
    "output": ["record", "--output", "{}", "--", "true"],
}


def a_link(path):
    path.symlink_to(path.with_name("aim"))


def a_link_to_an_empty_file(path):
    path.with_name("aim").touch()
    path.symlink_to(path.with_name("aim"))


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


KINDS = [
    (a_link, "a link"),
    (a_link_to_an_empty_file, "a link"),
    (os.mkfifo, "a named pipe"),
    (os.mkdir, "a folder"),
    (a_socket, "a socket"),
]


def seen(folder):
    """Return the names, modes and inodes of all that is in a folder."""
    found = [(each.name, each.lstat()) for each in folder.iterdir()]
    return sorted((name, status.st_mode, status.st_ino) for name, status in found)


def refused(option, path):
    """Return the output of a command that refuses a path."""
    done = CliRunner().invoke(main, [word.format(path) for word in OPTIONS[option]])
    assert done.exit_code != 0
    return done.output


@posix
@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize(("make", "kind"), KINDS)
def test_the_error_for_a_path_that_is_not_a_regular_file_names_it_and_its_kind(
    option, make, kind, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x"
    make(path)
    before = seen(tmp_path)
    expected = f"expected a regular file, got {path}, which is {kind}"
    if option == "output" and kind == "a folder":  # click refuses it
        expected = f"File '{path}' is a directory"
    assert expected in refused(option, path)
    assert seen(tmp_path) == before


@posix
@pytest.mark.parametrize("option", OPTIONS)
def test_a_device_is_not_opened_and_the_error_names_it(option, monkeypatch):
    monkeypatch.setattr(os, "open", lambda *args: pytest.fail(f"{args} was opened"))
    expected = f"expected a regular file, got {os.devnull}, which is a device"
    with pytest.raises(ValueError, match=f"{option}: {expected}"):
        expect_own_file(option, Path(os.devnull), bears_mark)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_foreign_file_is_kept_and_the_error_names_it(option, tmp_path):
    path = tmp_path / "x"
    path.touch(0o600)
    path.write_text("notes of a person")
    expected = f"expected a file that fakedropbox wrote, an empty one or a new one, got {path}"
    assert expected in refused(option, path)
    assert path.read_text() == "notes of a person"


@pytest.mark.parametrize("end", ["-journal", "-wal", "-shm"])
def test_a_foreign_file_under_a_name_of_sqlite_is_refused_and_kept(end, tmp_path):
    beside = tmp_path / f"x{end}"
    beside.write_text("notes of a person")
    assert f"got {beside}, which has other content" in refused("state", tmp_path / "x")
    assert [path.name for path in tmp_path.iterdir()] == [beside.name]
    assert beside.read_text() == "notes of a person"


def test_a_file_of_fakedropbox_is_opened_at_its_beginning_and_not_truncated(tmp_path):
    path = tmp_path / "x"
    text = f"{MARK}\nand more".encode()
    path.write_bytes(text)
    with own_file("x", path, bears_mark) as file:
        assert file.read() == text
    assert path.read_bytes() == text


def test_expect_own_file_does_not_create_the_file(tmp_path):
    expect_own_file("x", tmp_path / "new", bears_mark)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        expect_own_file("x", tmp_path / "no" / "new", bears_mark)


def test_a_saved_history_replaces_an_earlier_one_and_no_other_file(tmp_path):
    path = tmp_path / "h.jsonl"
    for number in (3, 1):
        history = History([Event(n, 0.0, "a", "invoke", "x") for n in range(number)])
        history.save(path)
        assert History.load(path) == history
    path.write_text("notes of a person")
    with pytest.raises(ValueError, match=r"path: expected a file that fakedropbox wrote.*h\.jsonl"):
        history.save(path)
    assert path.read_text() == "notes of a person"
