"""Tests of the documentation: each Python block runs alone, and our shell commands exist."""

import ast
import os
import re
import shlex
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import click
import pytest
from click.testing import CliRunner
from docs._ext import generated_parts
from tests.support import documents
from tests.support.documents import Block
from tests.support.project import README, ROOT
from tests.support.public_names import MODULES

import dropspool.cli
import dropspool.schemas
import dropspool.testing
import fakedropbox
import fakedropbox.cli
import fakedropbox.simulate
from fakedropbox import faults, pytest_plugin
from fakedropbox._facts import ROUTES
from fakedropbox._facts.evidence import evidence, sources
from fakedropbox.faults import FaultPlan

README_BYTES = 8_000
TIME_LIBRARIES = re.compile(r"\b(freezegun|time_machine)\b")
PARTS = 3  # of the pages, so that several workers can run them at the same time
SLOWEST = 60  # seconds after which the test of a block shows where it hangs
PROGRAMS = {"dropspool": dropspool.cli.main, "fakedropbox": fakedropbox.cli.main}
# Commands that are cheap and change nothing are run; of the others, the options are checked.
RUNNABLE = re.compile(
    r"(fakedropbox (coverage|fact)|dropspool demo|\w+ --(help|version))\b[^|>&]*$"
)


def run_blocks(root, folders):
    """Run the blocks in some folders in one process, without the settings of this project."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.run(  # noqa: S603 -- this very interpreter
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly"),
            *("--rootdir", str(root), "-c", os.devnull, "--doctest-glob=test_block.txt"),
            *("--doctest-continue-on-failure", "--continue-on-collection-errors"),
            *("-o", f"faulthandler_timeout={SLOWEST}"),  # shows where a block hangs
            *("-rfE", "--tb=short", "--durations=5", "-W", "error"),
            # The SDK calls datetime.utcnow(), which is deprecated since Python 3.12.
            *("-W", "ignore:datetime.datetime.utcnow:DeprecationWarning:dropbox"),
            *map(str, folders),
        ],
        cwd=root,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.timeout(300)  # each is a run of many tests
@pytest.mark.parametrize("part", range(PARTS))
def test_every_python_block_runs_alone(tmp_path, part):
    blocks = documents.blocks("python", "pycon")
    pages = sorted({block.page for block in blocks})[part::PARTS]
    folders = documents.write(tmp_path, [block for block in blocks if block.page in pages])
    assert len(folders) > 10
    # Blocks that change the time of the process run apart, as they would disturb a running server.
    changing = [folder for folder in folders if changes_time(folder)]
    others = [folder for folder in folders if folder not in changing]
    for group in filter(None, (changing, others)):
        run = run_blocks(tmp_path, group)
        assert run.returncode == 0, readable(run.stdout)


def changes_time(folder):
    return any(TIME_LIBRARIES.search(file.read_text("utf-8")) for file in folder.iterdir())


def readable(output):
    """Return the output of a run with the page and line of each block in place of its file."""
    return re.sub(r"([\w./-]+\.md)/line (\d+)/[\w.]+", r"\1:\2", output)


def test_blocks_are_separate_and_a_failure_names_page_and_line(tmp_path):
    use = "from uploader import NUMBER\n\n\ndef test_it():\n    import uploader\n\n"
    code = {
        (1, "python"): "# uploader.py\nNUMBER = 1\n",
        (5, "python"): f"{use}    assert uploader.NUMBER == NUMBER == 1\n",
        (9, "python"): "# uploader.py\nNUMBER = 2\n",
        (15, "python"): f"{use}    assert uploader.NUMBER == NUMBER == 2\n",
        (19, "python"): "from pathlib import Path\nassert len([*Path().glob('*.*')]) == 1\n",
        (23, "python"): "# conftest.py\nimport pytest\n@pytest.fixture\ndef three(): return 3\n",
        (29, "python"): "def test_three(three):\n    assert three == 3\n",
        (103, "python"): "def test_wrong():\n    assert 1 == 2\n",
        (109, "python"): "missing\n",
        (115, "pycon"): ">>> 1 + 1\n3\n",
        (121, "python"): "import warnings\n\nwarnings.warn('x', stacklevel=1)\n",
        (127, "python"): "def test_without_a_fixture(three):\n    pass\n",
    }
    blocks = [Block("page.md", *place, text) for place, text in code.items()]
    output = readable(run_blocks(tmp_path, documents.write(tmp_path, blocks)).stdout)
    found = re.findall(r"^(?:FAILED|ERROR) page\.md:(\d+)", output, re.MULTILINE)
    assert sorted(found) == ["103", "109", "115", "121", "127"], output
    assert "3 passed" in output


def shell_commands():
    """Yield the words and the text of each command of pytest or this project in a shell block."""
    for block in documents.blocks("shell", "sh"):
        for line in block.code.replace("\\\n", " ").splitlines():
            for part in re.split(r"[;&|]+ ", line):
                words = shlex.split(part, comments=True)
                if words and words[0] in {*PROGRAMS, "pytest"}:
                    yield pytest.param(words, part.strip(), id=f"{block}: {' '.join(words)}")


@pytest.mark.parametrize(("words", "line"), [*shell_commands()])
def test_every_shell_command_exists(words, line):
    if words[0] == "pytest":
        given = {word.partition("=")[0] for word in words if word.startswith("--fake-dropbox")}
        known = generated_parts.Options()
        pytest_plugin.pytest_addoption(known)
        assert given <= {row[0].strip("`").split()[0] for row in known.rows}
        return
    command, arguments = PROGRAMS[words[0]], words[1:]
    if RUNNABLE.match(line.split("#")[0].strip()):
        result = CliRunner().invoke(command, arguments)
        assert result.exit_code == 0, result.output
    elif not arguments[0].startswith("--"):
        found = command
        while isinstance(found, click.Group):
            found, *arguments = found.commands[arguments[0]], *arguments[1:]
        # `parse_args` raises UsageError if an option does not exist; values are not checked.
        found.make_parser(click.Context(found)).parse_args(arguments)


def test_the_links_of_the_readme_lead_to_files():
    links = re.findall(r"\]\(([^)#]+)", README)
    assert [link for link in links if "://" not in link and not (ROOT / link).is_file()] == []


def test_the_readme_is_short():
    assert len(README.encode()) <= README_BYTES


@pytest.mark.parametrize("part", sorted(generated_parts.PARTS))
def test_every_generated_part_is_on_exactly_one_page(part):
    places = [
        page for page, text in documents.pages().items() if f"<!-- generated: {part} -->" in text
    ]
    assert len(places) == 1
    assert generated_parts.PARTS[part]().strip()


def test_no_page_names_a_generated_part_that_does_not_exist():
    named = re.findall(r"<!-- generated: (.*?) -->", "".join(documents.pages().values()))
    assert set(named) == generated_parts.PARTS.keys()


def test_the_parts_for_facts_sources_routes_faults_and_fixtures_are_complete():
    parts = {name: make() for name, make in generated_parts.PARTS.items()}
    assert all(f"**{fact}**" in parts["facts"] for fact in evidence())
    assert parts["sources"].count("{#source-") == len(sources())
    assert sum(
        parts["coverage"].count(f"`{each.partition('/')[2]}`") > 0 for each in ROUTES
    ) == len(ROUTES)
    assert all(f"faults.{name}\n" in parts["fault_kinds"] for name in faults.KINDS)
    shown = set(re.findall(r"^`(\w+)`$", parts["fixtures"], re.MULTILINE))
    assert shown == {
        name for name in dir(pytest_plugin) if re.match(r"((fake|module|session)_)?dropbox", name)
    } - {"dropbox"}


def pages_of_the_reference():
    folder = ROOT / "docs/reference"
    return "".join(page.read_text("utf-8") for page in folder.glob("*.md"))


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_reference(module):
    text = pages_of_the_reference()
    aliases = {name for name in vars(dropspool.schemas) if name.endswith("Str")}
    models = {name for name in dropspool.__all__ if f".{name}()" in generated_parts.schemas()}
    missing = [
        name
        for name in import_module(module).__all__
        if not re.search(
            rf"^ *\.\. (?:auto\w+|py:class|py:data):: (?:[\w.]+\.)?{name}\b", text, re.MULTILINE
        )
    ]
    assert set(missing) - aliases - models - faults.KINDS.keys() - {"faults"} == set()


def test_the_reference_of_fault_plan_omits_the_methods_of_the_fault_kinds():
    text = (ROOT / "docs/reference/faults.md").read_text("utf-8")
    plan = text.partition("autoclass:: fakedropbox.faults.FaultPlan")[2]
    left_out = re.search(r":exclude-members: (.*)", plan)[1].split(", ")
    assert faults.KINDS.keys() <= set(left_out)
    assert all(hasattr(FaultPlan, name) for name in left_out)


@pytest.mark.skipif(find_spec("furo") is None, reason="the extra `docs` is not installed")
@pytest.mark.timeout(300)
def test_the_site_is_built_without_warnings(tmp_path):
    run = subprocess.run(  # noqa: S603 -- this very interpreter
        [
            sys.executable,
            "-m",
            "sphinx",
            "-W",
            "--keep-going",
            "-q",
            "-b",
            "html",
            "docs",
            tmp_path,
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    assert 'id="f4-02"' in (tmp_path / "reference/facts.html").read_text("utf-8")


def definitions(text):
    """Return the functions and classes of a module, without docstrings, by name."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if ast.get_docstring(node) is not None:
                del node.body[0]
            found[node.name] = ast.dump(node)
    return found


def test_the_contributing_guide_shows_the_code_as_it_is():
    guide = (ROOT / ".github/CONTRIBUTING.md").read_text("utf-8")
    shown = {}
    for block in re.findall(r"^```py\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL):
        shown |= definitions(block)
    real = {}
    for file in (
        "src/fakedropbox/_api/sharing/folders.py",
        "src/fakedropbox/faults/_kinds.py",
        "tests/behaviour/sharing/test_shared_folders.py",
    ):
        real |= definitions((ROOT / file).read_text("utf-8"))
    assert len(shown) >= 5
    assert shown == {name: real[name] for name in shown}
