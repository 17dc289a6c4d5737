"""Tests of the public names of `dropspool`, and of the imports of its modules."""

import ast
from pathlib import Path

import pytest

import dropspool

SHIPPED = sorted(Path(dropspool.__file__).parent.rglob("*.py"))


def test_all_dir_and_the_table_of_modules_have_the_same_names():
    assert set(dropspool.__all__) == set(dropspool._HOMES) == set(dir(dropspool))


def test_an_unknown_name_raises_an_attribute_error():
    with pytest.raises(AttributeError, match="'dropspool' has no attribute 'Dropbox'"):
        dropspool.Dropbox  # noqa: B018 -- the test is about the access itself


def test_importing_known_bad_raises_an_error_with_its_new_location():
    with pytest.raises(ImportError, match=r"moved to the test tree .* not installed"):
        from dropspool.testing import KNOWN_BAD  # noqa: F401 -- the import fails


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_an_installed_module_does_not_import_the_test_tree(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        assert not [module for module in modules if module.partition(".")[0] == "tests"]
