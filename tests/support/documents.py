"""The code blocks of the README and of `docs/`, each written into a folder of its own."""

import re
from typing import NamedTuple

from tests.support.project import ROOT

FENCE = re.compile(r"^( *)(`{3,})([\w+-]*)\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# ([\w-]+\.\w+)\n")

# The conftest.py for runs of code from documents. `tests/dropspool/test_contract.py` runs all
# tests of the contract; here some of them show that the code which uses it works.
A_FEW_EXAMPLES = '''\
import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "documents", deadline=None, max_examples=5, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("documents")


def pytest_collection_modifyitems(config, items):
    """Leave out four of five tests that a class inherits from the contract."""
    functions = [item for item in items if isinstance(item, pytest.Function)]
    inherited = [item for item in functions if item.obj.__module__.startswith("dropspool")]
    left_out = {*inherited} - {*inherited[::5]}
    config.hook.pytest_deselected(items=[*left_out])
    items[:] = [item for item in items if item not in left_out]


'''

# A further part for the code blocks of pages: each runs in its own folder, and cannot import the
# modules of others.
SEPARATE_FOLDERS = '''\
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
MODULES = {}  # the modules of each block, by its folder


def enter(folder):
    """Make the folder of a block the current one, and modules of other blocks not importable."""
    current = Path.cwd()
    if folder == current:
        return
    own = {
        name: module
        for name, module in list(sys.modules.items())
        if (getattr(module, "__file__", None) or "").startswith(f"{ROOT}{os.sep}")
        and name != __name__
    }
    MODULES[current] = own
    for name in own:
        del sys.modules[name]
    sys.modules.update(MODULES.get(folder, {}))
    sys.path[:] = [path for path in sys.path if not path.startswith(f"{ROOT}{os.sep}")]
    sys.path.insert(0, str(folder))
    os.chdir(folder)


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makemodule(module_path, parent):
    enter(module_path.parent)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_make_collect_report(collector):
    if isinstance(collector, pytest.File):
        enter(collector.path.parent)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    enter(item.path.parent)
'''


class Block(NamedTuple):
    """A code block: its page, its line there, the language, and the code."""

    page: str
    line: int
    language: str
    code: str

    @property
    def file_name(self):
        """The file name in the first line of the code, such as ``# conftest.py``, or None."""
        found = FILE_NAME.match(self.code)
        return found and found[1]

    def imports(self, file_name):
        """Return whether the code imports a module by its file name."""
        module = re.escape(file_name.removesuffix(".py"))
        return re.search(rf"^\s*(?:import|from) {module}\b", self.code, re.MULTILINE) is not None

    def __str__(self):
        return f"{self.page}:{self.line}"


def pages():
    """Return the pages of the documentation, by their paths in the project."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return {page.relative_to(ROOT).as_posix(): page.read_text("utf-8") for page in found}


def blocks_of(page, text):
    """Yield the code blocks of a page; the line of a block is that of its first line of code."""
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start(4)) + 1
        code = re.sub(rf"^{found[1]}", "", found[4], flags=re.MULTILINE) if found[1] else found[4]
        yield Block(page, line, found[3], code)


def blocks(*languages):
    """Return the blocks of all pages in these languages."""
    return [
        block
        for page, text in pages().items()
        for block in blocks_of(page, text)
        if block.language in languages
    ]


def write(root, found):
    """Write Python blocks below a folder, and return the folder of each block.

    The folder of a block is named after its page and line. A block whose first line is a file
    name, unless that of a test, is written into the folder of the next block of its page, and
    into those of later blocks of its page that import it.
    """
    (root / "conftest.py").write_text(A_FEW_EXAMPLES + SEPARATE_FOLDERS, encoding="utf-8")
    files, seen, page, folders = {}, {}, None, []
    for block in found:
        if block.page != page:
            assert not files, f"{page}: a file without a block that uses it"
            page, seen = block.page, {}
        if block.file_name is not None and not block.file_name.startswith("test_"):
            files[block.file_name] = seen[block.file_name] = block.code
            continue
        files |= {name: code for name, code in seen.items() if block.imports(name)}
        is_doctest = block.language == "pycon" or block.code.startswith(">>> ")
        files[block.file_name or f"test_block.{'txt' if is_doctest else 'py'}"] = block.code
        folder = root / block.page / f"line {block.line}"
        folder.mkdir(parents=True)
        for name, code in files.items():
            (folder / name).write_text(code, encoding="utf-8")
        folders.append(folder)
        files = {}
    assert not files, f"{page}: a file without a block that uses it"
    return folders
