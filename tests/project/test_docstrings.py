"""Tests of the examples in all docstrings, with one test per docstring."""

import doctest
import importlib

import pytest
from hypothesis import settings
from tests.support.project import SRC


def examples():
    for path in sorted(SRC.rglob("*.py")):
        if ">>> " in path.read_text("utf-8"):
            name = ".".join(path.relative_to(SRC).with_suffix("").parts)
            module = importlib.import_module(name.removesuffix(".__init__"))
            yield from (test for test in doctest.DocTestFinder().find(module) if test.examples)


EXAMPLES = list(examples())


@pytest.fixture(autouse=True)
def _derandomized_examples():
    """Make `find` return the same of several simplest examples in each run."""
    before = settings.get_current_profile_name()
    settings.register_profile("examples", derandomize=True, database=None)
    settings.load_profile("examples")
    yield
    settings.load_profile(before)


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_an_example_gives_the_documented_output(example):
    report = []
    runner = doctest.DocTestRunner()
    runner.run(example, out=report.append, clear_globs=False)
    assert runner.failures == 0, "".join(report)


def test_examples_include_known_docstrings():
    """Check that two known docstrings are collected; with a wrong path, none would be."""
    names = {example.name for example in EXAMPLES}
    assert {"fakedropbox.service.FakeDropboxService", "fakedropbox.strategies.names"} <= names
