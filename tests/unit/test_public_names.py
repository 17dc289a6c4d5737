"""Tests of the public names of `fakedropbox`, which are imported on their first use."""

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from tests.support.commands import run_python
from tests.support.project import ROOT

import fakedropbox
from dropspool.cli import main as dropspool_main
from fakedropbox.cli import main

HEAVY = ["click", "dropbox", "hypothesis", "pydantic", "pytest", "requests", "stone", "urllib3"]


@pytest.mark.untraced
def test_importing_the_package_loads_no_dependency():
    code = "import fakedropbox, sys; dir(fakedropbox); print(*sys.modules)"
    loaded = {name.partition(".")[0] for name in run_python(code)}
    assert loaded.isdisjoint(HEAVY)
    assert "fakedropbox" in loaded


@pytest.mark.parametrize("name", sorted(fakedropbox.__all__))
def test_every_public_name_can_be_imported(name):
    assert getattr(fakedropbox, name) is not None
    assert name in dir(fakedropbox)
    namespace = {}
    exec(f"from fakedropbox import {name}", namespace)  # noqa: S102 -- the statement under test
    assert namespace[name] is getattr(fakedropbox, name)


@pytest.mark.untraced
@pytest.mark.parametrize("name", ["FakeDropbox", "FakeDropboxService", "mock_dropbox", "faults"])
def test_a_name_can_be_the_first_to_be_imported(name):
    """Check that modules that import each other can be imported in any order."""
    run_python(f"from fakedropbox import {name}")


def test_a_star_import_has_all_public_names():
    names = {}
    exec("from fakedropbox import *", names)  # noqa: S102 -- a function cannot contain it
    assert set(fakedropbox.__all__) <= set(names)


def test_an_unknown_name_is_an_error():
    with pytest.raises(AttributeError, match="module 'fakedropbox' has no attribute 'Dropbox'"):
        _ = fakedropbox.Dropbox
    with pytest.raises(ImportError, match="FakeDropbx"):
        exec("from fakedropbox import FakeDropbx")  # noqa: S102
    assert not hasattr(fakedropbox, "_nothing")


def test_an_unknown_name_of_a_removed_module_raises_the_usual_error(monkeypatch):
    """Check a module that is in use, but was removed from `sys.modules`, as by a reloader."""
    monkeypatch.delitem(sys.modules, "fakedropbox")
    with pytest.raises(AttributeError, match=r"module 'fakedropbox' has no attribute 'Dropbox'$"):
        _ = fakedropbox.Dropbox


def test_changing_the_list_from_dir_changes_nothing():
    dir(fakedropbox).append("nonsense")
    assert "nonsense" not in fakedropbox.__all__
    assert "nonsense" not in dir(fakedropbox)


def test_the_documented_names_are_public():
    assert {
        "FakeDropbox",
        "FakeDropboxTeam",
        "FakeDropboxService",
        "Personality",
        "mock_dropbox",
        "faults",
    } <= set(fakedropbox.__all__)
    assert fakedropbox.faults.__name__ == "fakedropbox.faults"


def test_the_version_is_the_same_in_the_commands_and_the_changelog():
    assert re.fullmatch(r"\d+\.\d+\.\d+", fakedropbox.__version__)
    shown = CliRunner().invoke(main, ["--version"])
    assert shown.output == f"fakedropbox, version {fakedropbox.__version__}\n"
    assert f"## [{fakedropbox.__version__}]" in (ROOT / "docs/changelog.md").read_text("utf-8")
    assert CliRunner().invoke(dropspool_main, ["--version"]).output.startswith("dropspool, version")


@pytest.mark.parametrize("package", ["fakedropbox", "dropspool"])
def test_each_package_can_be_run_as_a_module(package):
    command = [sys.executable, "-m", package, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- this very interpreter
    assert done.stdout == f"{package}, version {fakedropbox.__version__}\n"
