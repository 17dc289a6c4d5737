"""Tests of the programs on the pages for other languages, where the language is installed.

Java is part of the checks of a merge; Go and Ruby are not, and there these tests are skipped.
"""

import os
import shutil

import pytest
from tests.support.documents import blocks


def program_of(page, language):
    (block,) = [each for each in blocks(language) if each.page == f"docs/how-to/{page}.md"]
    return block.code


def needs(name):
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")


def test_the_java_program_in_the_documents_runs(program, tmp_path):
    (tmp_path / "DropboxTest.java").write_text(program_of("java", "java"), "utf-8")
    assert program("java", "DropboxTest.java") == "3 passed\n"


def test_the_ruby_program_in_the_documents_runs(program, tmp_path):
    needs("ruby")
    (tmp_path / "dropbox_test.rb").write_text(program_of("ruby", "ruby"), "utf-8")
    assert "3 runs, 4 assertions, 0 failures, 0 errors" in program("ruby", "dropbox_test.rb")


def test_the_go_program_in_the_documents_runs(program, environ, tmp_path):
    needs("go")
    environ["GOCACHE"] = os.environ.get("GOCACHE", str(tmp_path / "cache"))
    (tmp_path / "go.mod").write_text("module report\n\ngo 1.19\n", "utf-8")
    (tmp_path / "dropbox_test.go").write_text(program_of("go", "go"), "utf-8")
    assert program("go", "test", "-count=1", ".").startswith("ok")
