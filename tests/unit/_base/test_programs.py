"""Tests of the errors about programs that cannot be started, of `fakedropbox record` and `run`."""

import errno
import os
import subprocess
import sys

import pytest
from tests.support.commands import CLEAN, PROGRAM

from fakedropbox._base.programs import why_not_started

SHEBANG = f"#!{sys.executable}\n"


def file(path, text, mode):
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def without_shebang(folder):
    return file(folder / "a.py", "print(1)\n", 0o700)


def not_executable(folder):
    return file(folder / "a.py", SHEBANG, 0o600)


def without_interpreter(folder):
    return file(folder / "a.py", "#!/no/such/python\n", 0o700)


def directory(folder):
    return folder


def missing(folder):
    return folder / "none"


def below_a_file(folder):
    return not_executable(folder) / "b"


REASONS = {
    without_shebang: "which has no shebang line; begin it with one, such as "
    "'#!/usr/bin/env python3', or name its interpreter, as in python {}",
    not_executable: "which is not executable; run chmod +x {}, or name its interpreter, as in "
    "python {}",
    without_interpreter: "whose shebang line names an interpreter that does not exist; correct it, "
    "or name its interpreter, as in python {}",
    directory: "which is a directory",
    missing: "which does not exist",
    below_a_file: "Not a directory",
}


def started(path):
    """Return the error of an attempt to start a program."""
    with pytest.raises(OSError) as caught:  # noqa: PT011 -- any
        subprocess.run([path], check=False)  # noqa: S603 -- a file of this test
    return caught.value


@pytest.mark.parametrize("make", REASONS)
def test_the_error_about_a_program_names_it_and_the_way_out(tmp_path, make):
    path = make(tmp_path)
    text = why_not_started(str(path), started(path))
    assert text.startswith(f"command: expected a program that can be started, got {path}")
    assert REASONS[make].format(path, path) in text


def test_the_error_about_a_program_on_the_path_names_it(tmp_path, monkeypatch):
    path = not_executable(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert f"chmod +x {path}" in why_not_started("a.py", started("a.py"))


def test_the_error_about_a_file_in_the_present_directory_says_how_to_start_it(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    file(tmp_path / "a.py", SHEBANG, 0o700)
    text = why_not_started("a.py", started("a.py"))
    assert text.endswith(
        "not on the search path; to start the file in this directory, write ./a.py"
    )
    assert why_not_started("b.py", started("b.py")).endswith(
        "got b.py, which is not on the search path"
    )


def test_the_error_about_a_program_that_is_started_with_too_much_has_its_reason():
    error = OSError(errno.E2BIG, os.strerror(errno.E2BIG))
    assert why_not_started("a", error).endswith(f"got a: {os.strerror(errno.E2BIG)}")


@pytest.mark.parametrize("command", [["run"], ["record", "-o", "out.jsonl"]])
@pytest.mark.parametrize("make", [without_shebang, not_executable, missing])
def test_a_command_names_a_program_that_it_cannot_start(tmp_path, command, make):
    path = make(tmp_path)
    done = subprocess.run(  # noqa: S603 -- this very interpreter
        [*PROGRAM, *command, "--", str(path)],
        capture_output=True,
        text=True,
        env=CLEAN,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == (127 if command == ["run"] else 1)
    assert done.stderr.startswith("Error: command: expected a program that can be started, got ")
    assert REASONS[make].format(path, path) in done.stderr
    assert done.stderr.count("\n") == 1
