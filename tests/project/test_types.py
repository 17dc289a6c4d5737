"""Tests of `user_of_every_name.py`, a file with every public name, which `.ci/run` type-checks."""

import ast
import importlib
import inspect

import pytest
from tests.support.project import ROOT
from tests.support.public_names import MODULES, attributes_of

from fakedropbox import FakeDropboxService, ManualClock
from fakedropbox.control import Control
from fakedropbox.faults import FaultPlan

PATH = ROOT / "tests/project/data/user_of_every_name.py"
TREE = ast.parse(PATH.read_text("utf-8"))


def imported():
    """Return the public names that the file imports, each with its module."""
    return {
        (node.module, alias.name)
        for node in ast.walk(TREE)
        if isinstance(node, ast.ImportFrom) and node.module in MODULES
        for alias in node.names
    }


def used():
    """Return the names that the file reads, and the attributes with their modules or objects."""
    names = {node.id for node in ast.walk(TREE) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(TREE) if isinstance(node, ast.Attribute)}
    through = {
        (node.value.id, node.attr)
        for node in ast.walk(TREE)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return names, attributes, through


@pytest.mark.parametrize("name", MODULES)
def test_the_file_uses_every_public_name(name):
    names, _, through = used()
    wanted = importlib.import_module(name).__all__
    missing = [
        each
        for each in wanted
        if (name, each) not in through
        and not (
            each in names and any((module, each) in imported() for module in (name, "fakedropbox"))
        )
    ]
    assert missing == [], f"use them in {PATH.name}"


@pytest.mark.parametrize("kind", [FakeDropboxService, Control, FaultPlan, ManualClock])
def test_the_file_uses_every_attribute_of_the_main_classes(kind):
    _, attributes, _ = used()
    internal = {"apply", "wait", "sleeper", "shared_session"}
    assert set(attributes_of(kind)) - internal <= attributes


def functions():
    """Return the functions of the file, which are run to show that the typed code works."""
    module = importlib.import_module("tests.project.data.user_of_every_name")
    return {name: value for name, value in vars(module).items() if name.startswith("use_")}


@pytest.mark.parametrize("name", functions())
def test_each_function_of_the_file_runs(name, dropbox_services):
    function = functions()[name]
    takes_service = list(inspect.signature(function).parameters) == ["service"]
    function(*[dropbox_services()] if takes_service else [])
