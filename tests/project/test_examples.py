"""Tests of three examples that are projects of their own: each runs as its users run it."""

import os
import shutil
import subprocess
import sys

import pytest
from tests.support.project import ROOT

PYTEST = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
# The SDK 12.0.2 calls a function that is deprecated from Python 3.12 on.
UNITTEST = ["-W", "ignore:datetime.datetime.utcnow:DeprecationWarning", "-m", "unittest", "tests"]
DJANGO = [*UNITTEST[:2], "-m", "django", "test", "--settings", "settings"]


@pytest.mark.parametrize(
    ("project", "arguments", "closing"),
    [
        ("async_web_app", PYTEST, "\n7 passed"),
        ("backup_unittest", UNITTEST, "\nRan 7 tests"),
        ("django_storage", PYTEST, "\n10 passed"),
        ("django_storage", DJANGO, "\nRan 2 tests"),
    ],
)
def test_an_example_passes_in_a_folder_of_its_own(tmp_path, project, arguments, closing):
    folder = shutil.copytree(
        ROOT / "examples" / project,
        tmp_path / project,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    environ = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    run = subprocess.run(  # noqa: S603 -- this very interpreter
        [sys.executable, *arguments],
        cwd=folder,
        env={**environ, "PYTHONWARNINGS": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert closing in run.stdout, run.stdout
