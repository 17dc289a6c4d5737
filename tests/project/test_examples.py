"""Tests of the examples that are projects of their own, with settings and modules of theirs."""

import os
import shutil
import subprocess
import sys

import pytest
from tests.support.project import ROOT


@pytest.mark.parametrize(("project", "passed"), [("async_web_app", 7)])
def test_an_example_passes_in_a_folder_of_its_own(tmp_path, project, passed):
    folder = shutil.copytree(
        ROOT / "examples" / project,
        tmp_path / project,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    environ = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert f"\n{passed} passed" in run.stdout, run.stdout
