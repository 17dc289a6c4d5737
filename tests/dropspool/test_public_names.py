import ast
from pathlib import Path

import pytest

import dropspool

SHIPPED = sorted(Path(dropspool.__file__).parent.rglob("*.py"))


def test_each_public_name_has_a_home():
    assert set(dropspool.__all__) == set(dropspool._HOMES) == set(dir(dropspool))


def test_what_there_is_not_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'dropspool' has no attribute 'Dropbox'"):
        dropspool.Dropbox  # noqa: B018 -- the attribute is what is asked for


def test_an_import_of_the_known_mistakes_says_where_they_went():
    with pytest.raises(ImportError, match=r"moved to the test tree .* not installed"):
        from dropspool.testing import KNOWN_BAD  # noqa: F401 -- it is refused


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_nothing_that_is_shipped_imports_the_test_tree(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        assert not [module for module in modules if module.partition(".")[0] == "tests"]
