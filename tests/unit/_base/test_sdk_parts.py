"""Tests of the table of what the oldest supported SDK lacks."""

import ast

import dropbox
import pytest
from tests.support.project import SRC

from fakedropbox._base.sdk_parts import LACKING, sdk_has

OLDEST = "12.0.2"


@pytest.mark.parametrize("name", sorted(LACKING))
def test_only_the_oldest_sdk_lacks_a_part(name):
    if dropbox.__version__ in (OLDEST, "12.2.4"):
        assert sdk_has(name) == (dropbox.__version__ != OLDEST)


def test_a_part_that_the_table_does_not_list_is_refused():
    with pytest.raises(ValueError, match="expected a part that the oldest SDK lacks"):
        sdk_has("files.upload")


def test_routes_ask_for_parts_of_the_sdk_by_the_table_only():
    found = set()
    for path in SRC.joinpath("fakedropbox", "_api").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "hasattr":
                found.add(path.name)
    assert found == {"registry.py", "structs.py"}  # they ask about any route or type
