"""Tests that run the example projects as their users do, where pytest does not collect them."""

import os
import re
import subprocess
import sys

from tests.support.project import ROOT


def test_the_unittest_suite_of_the_backup_program_passes():
    done = subprocess.run(
        [sys.executable, "-W", "ignore:datetime.datetime.utcnow:DeprecationWarning", "-m",
         "unittest", "-v", "tests"],
        cwd=ROOT / "examples/backup_unittest",
        env={**os.environ, "PYTHONWARNINGS": ""},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.search(r"^Ran 7 tests ", done.stderr, re.MULTILINE)
