"""Test of the guide `run-a-queue.md`: its commands for a folder work as written, in order."""

import os
import re
import subprocess
import sys

from tests.support import documents
from tests.support.project import SRC

PAGE = "docs/how-to/run-a-queue.md"


def test_the_commands_of_the_guide_work_in_a_folder(tmp_path):
    blocks = [block for block in documents.blocks("python", "json", "sh") if block.page == PAGE]
    executor = next(block for block in blocks if block.language == "python")
    config = next(block for block in blocks if block.language == "json")
    (tmp_path / "lab.py").write_text(executor.code)
    (tmp_path / "fermions.json").write_text(config.code)
    # Commands that need a Dropbox are left out, and so is the one that runs until it is stopped.
    lines = [
        line
        for block in blocks
        if block.language == "sh"
        for line in block.code.splitlines()
        if "--dropbox" not in line and "--job-timeout" not in line
    ]
    program = f'{sys.executable} -c "from dropspool.cli import main; main()" "$@"'
    script = "\n".join(["set -e", f"dropspool() {{ {program}; }}", *lines])
    ran = subprocess.run(  # noqa: S603 -- the commands of the guide
        ["/bin/sh", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^experiment_0 +4 ", ran.stdout, re.MULTILINE)
    assert '"status": "DONE"' in (tmp_path / "result.json").read_text()
    assert len(lines) > 10
