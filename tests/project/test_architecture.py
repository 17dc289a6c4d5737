"""Tests of the architecture: the layers of imports, and no large imports at load time."""

import ast
import functools
import re
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest
from tests.support.project import ROOT, SRC

MODULES = sorted(SRC.rglob("*.py"))
TEST_TOOLS = {"fakedropbox", "hypothesis", "pytest", "pyfakefs"}

# The layers, from the bottom to the top. A module imports only from its own layer and from those
# below. This includes imports within functions and those for the type checker only.
LAYERS = [
    ["errors", "_facts"],
    ["_base"],
    ["clock", "login", "personality"],
    ["_identity", "_files"],
    ["calls"],
    ["_api"],
    ["_web", "coverage"],
    ["faults"],
    ["control"],
    ["_core"],
    ["_wire"],
    ["_doors"],
    ["_page"],
    ["recording", "server"],
    ["client"],
    ["service"],
    ["mock"],
    ["fault_plan", "intercept"],  # deprecated names of modules
    ["machines", "simulate", "strategies"],
    ["_pytest"],
    ["cli", "pytest_plugin"],
    ["__main__"],
]
LAYER_NUMBER = {name: number for number, names in enumerate(LAYERS) for name in names}
# Allowed for the type checker only: a service creates clients, and a client refers to its service.
SEEN_BY_THE_TYPE_CHECKER = {("client", "service")}
# The modules that may import a library for connections; `docs/explanation/telemetry.md` says what
# they connect to. `client`, `_doors` and those of `_base` except `control_session` only use types
# and replace functions.
MAY_IMPORT_CONNECTIONS = (
    "fakedropbox._base.executors",
    "fakedropbox._base.control_session",
    "fakedropbox._base.virtual_time",
    "fakedropbox._core.webhooks",
    "fakedropbox._doors",
    "fakedropbox.client",
    "fakedropbox.machines._kernel",
    "fakedropbox.recording._recorder",
    "fakedropbox.server",
    "dropspool.providers",
)
CONNECTIONS = re.compile(
    r"(aiohttp|anyio|asyncio|ftplib|http\.client|httpx|requests|smtplib|socket|socketserver|ssl"
    r"|telnetlib|urllib\.request|urllib3|uvicorn|xmlrpc)(\.|$)"
)
# Parts of dropspool that may import fakedropbox and the other tools of tests.
MAY_IMPORT_THE_DOUBLE = {"demo", "testing", "pytest_plugin"}


def name_of(path):
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


@functools.cache
def parsed(path):
    return ast.parse(path.read_text("utf-8"))


@functools.cache
def imported(path, *, typing_too=False):
    """Return the modules that a file imports; with ``typing_too``, also those for types only."""
    found = set()

    def visit(node):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            if not typing_too:
                return
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(parsed(path))
    return frozenset(found)


def at_module_level(path):
    """Return the top-level packages that a file imports at module level."""
    names = set()
    for node in parsed(path).body:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def layer_of(module):
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("path", [m for m in MODULES if "fakedropbox" in m.parts], ids=name_of)
def test_a_module_of_fakedropbox_imports_only_from_its_layer_and_below(path):
    own = layer_of(name_of(path))
    if not own:
        return  # the package itself, which loads its public names on demand
    assert own in LAYER_NUMBER, f"{own}: it is missing in LAYERS"
    for typing_too in (False, True):
        for module in imported(path, typing_too=typing_too):
            if module.startswith("fakedropbox."):
                target = layer_of(module)
                seen = typing_too and (own, target) in SEEN_BY_THE_TYPE_CHECKER
                assert LAYER_NUMBER.get(target, -1) <= LAYER_NUMBER[own] or seen, (
                    f"{own} imports {module}"
                )
            assert not module.startswith("dropspool"), (
                f"{own} imports {module}, but the double must not import dropspool"
            )


@pytest.mark.parametrize("typing_too", [False, True], ids=["at run time", "for types too"])
@pytest.mark.parametrize("package", ["fakedropbox", "dropspool"])
def test_imports_have_no_cycle(package, typing_too):
    names = {name_of(path): path for path in MODULES if name_of(path).partition(".")[0] == package}
    modules = names.keys() - {"fakedropbox"}  # the package itself loads its names on demand
    dependencies = {
        name: {
            target
            for module in imported(names[name], typing_too=typing_too)
            for target in [module if module in names else module.rpartition(".")[0]]
            if target in modules and target != name
            if not (typing_too and (layer_of(name), layer_of(target)) in SEEN_BY_THE_TYPE_CHECKER)
        }
        for name in modules
    }
    TopologicalSorter(dependencies).prepare()  # raises `CycleError`, with the modules of the cycle


def test_files_and_identity_do_not_import_each_other_or_the_sdk():
    for store, other in (("_files", "_identity"), ("_identity", "_files")):
        for path in (SRC / "fakedropbox" / store).rglob("*.py"):
            for module in imported(path, typing_too=True):
                assert not module.startswith(f"fakedropbox.{other}"), f"{path.name}: {module}"
                assert not module.startswith(("dropbox", "stone")), f"{path.name}: {module}"


def test_the_architecture_page_lists_the_layers():
    page = (ROOT / "docs/explanation/architecture.md").read_text("utf-8")
    assert "\n".join(", ".join(names) for names in LAYERS) in page


def test_only_known_modules_can_open_connections():
    found = {name_of(path) for path in MODULES if any(map(CONNECTIONS.match, imported(path)))}
    assert {name for name in found if not name.startswith(MAY_IMPORT_CONNECTIONS)} == set()
    unused = [name for name in MAY_IMPORT_CONNECTIONS if not any(f.startswith(name) for f in found)]
    assert unused == []


@pytest.mark.parametrize("path", [m for m in MODULES if "dropspool" in m.parts], ids=name_of)
def test_dropspool_does_not_import_test_tools(path):
    if layer_of(name_of(path)) in MAY_IMPORT_THE_DOUBLE:
        return
    tops = {module.partition(".")[0] for module in imported(path)}
    assert not tops & TEST_TOOLS


def test_hosts_of_dropbox_are_named_in_one_module_only():
    hosts = re.compile(r"\w*\.?(dropbox\.com|dropboxapi\.com|dropboxusercontent\.com)")
    for path in (SRC / "fakedropbox").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # Docstrings are skipped: they are expression statements.
            if isinstance(node, ast.Expr):
                node.value = (
                    ast.Constant(None) if isinstance(node.value, ast.Constant) else node.value
                )
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = hosts.search(node.value)
                assert not found or path.name == "hosts.py", f"{path.name}: {node.value!r}"


def output_of_new_interpreter(code):
    """Return the output of a new interpreter that runs the code."""
    run = subprocess.run(  # noqa: S603 -- this very interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


@pytest.mark.untraced
@pytest.mark.parametrize(
    "module",
    [
        "fakedropbox",
        "dropspool",
        "dropspool.testing",
        "fakedropbox.pytest_plugin",
        "dropspool.pytest_plugin",
    ],
)
def test_importing_a_package_loads_no_large_dependency(module):
    heavy = output_of_new_interpreter(
        f"import sys, {module}\n"
        "print({'dropbox', 'requests', 'pydantic', 'stone', 'sortedcontainers'} & set(sys.modules))"
    )
    assert heavy == "set()"


@pytest.mark.untraced
def test_a_call_loads_no_event_loop_or_parser():
    loaded = output_of_new_interpreter(
        "import dropbox, sys\n"
        "before = set(sys.modules)\n"
        "from fakedropbox import FakeDropboxService\n"
        "FakeDropboxService().client().files_upload(b'', '/a.txt')\n"
        "large = {'asyncio', 'concurrent', 'difflib', 'html', 'multiprocessing', 'sqlite3'}\n"
        "print((set(sys.modules) - before) & large)"
    )
    assert loaded == "set()"


@pytest.mark.untraced
def test_creating_a_provider_loads_no_test_tool():
    tools = output_of_new_interpreter(
        "import sys\n"
        "from dropspool import DropboxProvider, DropboxLoginInformation\n"
        "DropboxProvider(DropboxLoginInformation(app_key='k', app_secret='s', refresh_token='r'))\n"
        f"print({TEST_TOOLS!r} & set(sys.modules))"
    )
    assert tools == "set()"


@pytest.mark.untraced
@pytest.mark.parametrize("package", ["fakedropbox", "dropspool", "dropspool.testing"])
def test_every_public_name_can_be_loaded(package):
    missing = output_of_new_interpreter(
        f"import {package} as package\n"
        "print([name for name in package.__all__ if getattr(package, name, None) is None])\n"
        f"assert set(package.__all__) <= set(dir(package))"
    )
    assert missing == "[]"
