"""The package costs nothing until its names are used."""

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from tests.support.project import ROOT

import fakedropbox
from dropspool.cli import main as dropspool_main
from fakedropbox.cli import main

HEAVY = ["click", "dropbox", "hypothesis", "pydantic", "pytest", "requests", "stone", "urllib3"]


def run(code):
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_it_imports_nothing_else():
    code = "import fakedropbox, sys; dir(fakedropbox); print(*sys.modules)"
    loaded = {name.partition(".")[0] for name in run(code)}
    assert loaded.isdisjoint(HEAVY)
    assert "fakedropbox" in loaded


@pytest.mark.parametrize("name", sorted(fakedropbox.__all__))
def test_every_name_can_be_had(name):
    assert getattr(fakedropbox, name) is not None
    assert name in dir(fakedropbox)
    namespace = {}
    exec(f"from fakedropbox import {name}", namespace)  # noqa: S102 -- a statement of the reader's
    assert namespace[name] is getattr(fakedropbox, name)


@pytest.mark.parametrize("name", ["FakeDropbox", "FakeDropboxService", "mock_dropbox", "faults"])
def test_every_name_can_be_the_first_one(name):
    """Modules that need each other are imported in an order that works from every side."""
    run(f"from fakedropbox import {name}")


def test_all_at_once():
    names = {}
    exec("from fakedropbox import *", names)  # noqa: S102 -- it cannot stand in a function
    assert set(fakedropbox.__all__) <= set(names)


def test_what_there_is_not():
    with pytest.raises(AttributeError, match="module 'fakedropbox' has no attribute 'Dropbox'"):
        _ = fakedropbox.Dropbox
    with pytest.raises(ImportError, match="FakeDropbx"):
        exec("from fakedropbox import FakeDropbx")  # noqa: S102
    assert not hasattr(fakedropbox, "_nothing")


def test_the_list_of_names_is_nobodys_to_change():
    dir(fakedropbox).append("nonsense")
    assert "nonsense" not in fakedropbox.__all__
    assert "nonsense" not in dir(fakedropbox)


def test_the_names_that_are_promised():
    assert {
        "FakeDropbox",
        "FakeDropboxTeam",
        "FakeDropboxService",
        "Personality",
        "mock_dropbox",
        "faults",
    } <= set(fakedropbox.__all__)
    assert fakedropbox.faults.__name__ == "fakedropbox.faults"


def test_the_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+", fakedropbox.__version__)
    shown = CliRunner().invoke(main, ["--version"])
    assert shown.output == f"fakedropbox, version {fakedropbox.__version__}\n"
    assert f"## [{fakedropbox.__version__}]" in (ROOT / "docs/changelog.md").read_text("utf-8")
    assert CliRunner().invoke(dropspool_main, ["--version"]).output.startswith("dropspool, version")
