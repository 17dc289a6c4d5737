"""Tests that no docstring begins with a question word, such as What, How or Whether."""

import ast
import re

import pytest
from tests.support.project import ROOT

OPENINGS = re.compile(r"(What|How|Whether|Which|Who|Where|When)\b")


def first_lines(folder):
    """Yield the place and the first line of each docstring of the Python files in a folder."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
            text = ast.get_docstring(node) if isinstance(node, kinds) else None
            if text:
                line = getattr(node, "lineno", 1)
                yield f"{path.relative_to(ROOT)}:{line}", text.partition("\n")[0]


@pytest.mark.parametrize("folder", ["src", "examples", "tests", "docs"])
def test_docstrings_do_not_open_with_a_question_word(folder):
    lines = list(first_lines(folder))
    assert len(lines) > 2
    found = [f"{place}: {line}" for place, line in lines if OPENINGS.match(line)]
    assert found == []
