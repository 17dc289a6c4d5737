"""Tests that a process which is killed while it starts loses nothing of a state file."""

import pytest
from tests.support.commands import run_python
from tests.support.kept_services import KeptService, differences

from fakedropbox import FakeDropboxService
from fakedropbox.server.launch import Options, launched

KILLED = """
import os
from pathlib import Path
from fakedropbox.server.state import StateFile

StateFile.{step} = lambda *_: os._exit(0)
path = Path({path!r})
{start}
print("not killed")
"""
FIRST_START = """
from fakedropbox import FakeDropboxService
from fakedropbox.server.launch import Options, launched

launched(Options(state=path, seed=5, plan="pro"), FakeDropboxService).__enter__()
"""
LATER_START = """
from tests.support.kept_services import KeptService

KeptService(path, seed=4)
"""


def killed_at(step, path, start):
    assert run_python(KILLED.format(step=step, path=str(path), start=start)) == []


@pytest.mark.parametrize("step", ["begin_to_write", "clear", "merge"])
def test_a_first_start_that_was_killed_is_repeated_with_its_options(tmp_path, step):
    path = tmp_path / "state"
    killed_at(step, path, FIRST_START)
    with launched(Options(state=path, seed=5), FakeDropboxService) as server:
        service = server.service
        assert service.accounts.default.plan == "pro"
        service.client().files_upload(b"1", "/a")
    with launched(Options(state=path), FakeDropboxService) as server:
        assert server.service.files == {"/a": b"1"}


@pytest.mark.parametrize("step", ["begin_to_write", "drop_replaced_past"])
def test_a_later_start_that_was_killed_loses_nothing(tmp_path, step):
    path, beginning = tmp_path / "state", {"seed": 4}
    for number in range(2):
        kept = KeptService(path, **beginning)
        kept.service.client().files_upload(b"%d" % number, f"/{number}")
        # As a killed process leaves the files: before `close`, so that there is a WAL file.
        found = {each: each.read_bytes() for each in tmp_path.iterdir()}
        before = kept.close()
    assert len(found) == 2
    for each, content in found.items():
        each.write_bytes(content)
    killed_at(step, path, LATER_START)
    assert differences(before, KeptService(path, **beginning).close()) == {}
