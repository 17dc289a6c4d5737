"""Tests of two typed files, of every public name and every fixture, which `.ci/run` type-checks."""

import ast
import importlib
import inspect
import os
import re
import subprocess
import sys

import pytest
from tests.support.project import ROOT
from tests.support.public_names import MODULES, attributes_of
from tests.support.pytest_runs import PLAIN

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
def test_the_example_program_uses_every_public_name(name):
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
def test_the_example_program_uses_every_attribute_of_the_main_classes(kind):
    _, attributes, _ = used()
    internal = {"apply", "wait", "sleeper", "shared_session"}
    assert set(attributes_of(kind)) - internal <= attributes


def functions():
    """Return the functions of the file, which are run to show that the typed code works."""
    module = importlib.import_module("tests.project.data.user_of_every_name")
    return {name: value for name, value in vars(module).items() if name.startswith("use_")}


@pytest.mark.parametrize("name", functions())
def test_each_function_of_the_example_program_runs(name, dropbox_services):
    function = functions()[name]
    takes_service = list(inspect.signature(function).parameters) == ["service"]
    function(*[dropbox_services()] if takes_service else [])


# Fixtures

USER_OF_FIXTURES = ROOT / "tests/project/data/user_of_fixtures.py"
PLUGINS = ("fakedropbox", "dropspool")


def public_fixtures():
    """Return the type of each public fixture of both plugins, as the reference shows it."""
    return {
        node.name: re.sub(r"^Iterator\[(.*)\]$", r"\1", ast.unparse(node.returns))
        for plugin in PLUGINS
        for node in ast.parse((ROOT / f"src/{plugin}/pytest_plugin.py").read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if any("fixture" in ast.unparse(each) for each in node.decorator_list)
    }


def test_a_user_can_write_the_type_of_each_fixture():
    annotated = {
        argument.arg: ast.unparse(argument.annotation)
        for node in ast.parse(USER_OF_FIXTURES.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for argument in node.args.args
    }
    assert annotated == public_fixtures()


def test_the_types_of_fixtures_are_public():
    tree = ast.parse(USER_OF_FIXTURES.read_text("utf-8"))
    homes = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for kind in public_fixtures().values():
        for name in re.findall(r"\w+", kind.removeprefix("Callable")):
            assert name in importlib.import_module(homes[name]).__all__


@pytest.mark.untraced
def test_the_typed_tests_pass(pytester):
    pytester.makepyfile(USER_OF_FIXTURES.read_text("utf-8"))
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=11)


@pytest.mark.untraced
def test_mypy_accepts_the_programs_that_use_the_package(tmp_path):
    """Check also that the wrong calls are errors: mypy reports each needless ``type: ignore``."""
    run = subprocess.run(  # noqa: S603 -- our own files
        [
            *(sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", tmp_path),
            *(PATH, USER_OF_FIXTURES),
        ],
        env={**os.environ, "MYPYPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "Success: no issues found in 2 source files\n"
