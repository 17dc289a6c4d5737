"""The design as tests: imports run one way, and loading costs nothing."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter

import pytest
from tests.support.project import SRC

MODULES = sorted(SRC.rglob("*.py"))
TEST_TOOLS = {"fakedropbox", "hypothesis", "pytest", "pyfakefs"}

# The floors of the house, from the bottom to the top: a module imports only from its own floor
# and from below, also within functions, and also what only the type checker sees.
FLOORS = [
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
    ["recording", "server"],
    ["client"],
    ["service"],
    ["mock"],
    ["fault_plan", "intercept"],  # old names
    ["machines", "simulate", "strategies"],
    ["_pytest"],
    ["cli", "pytest_plugin"],
    ["__main__"],
]
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}
# Only the type checker sees these: a service makes clients, and a client says of which service.
SEEN_BY_THE_TYPE_CHECKER = {("client", "service")}
# What may meet the double within dropspool.
MEETING_PLACES = {"demo", "testing", "pytest_plugin"}


def name_of(path):
    return ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")


def imported(path, *, typing_too=False):
    """The modules that a file imports, those for the type checker only if asked for."""
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

    visit(ast.parse(path.read_text("utf-8")))
    return found


def at_module_level(path):
    """The modules that importing a file imports."""
    tree = ast.parse(path.read_text("utf-8"))
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def layer_of(module):
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("path", [m for m in MODULES if "fakedropbox" in m.parts], ids=name_of)
def test_the_double_imports_downwards(path):
    own = layer_of(name_of(path))
    if not own:
        return  # the package itself, which loads its public names on demand
    assert own in FLOOR, f"{own}: give it a place in FLOORS"
    for typing_too in (False, True):
        for module in imported(path, typing_too=typing_too):
            if module.startswith("fakedropbox."):
                target = layer_of(module)
                seen = typing_too and (own, target) in SEEN_BY_THE_TYPE_CHECKER
                assert FLOOR.get(target, -1) <= FLOOR[own] or seen, f"{own} imports {module}"
            assert not module.startswith("dropspool"), "the double knows nothing of job queues"


@pytest.mark.parametrize("typing_too", [False, True], ids=["at run time", "for types too"])
@pytest.mark.parametrize("package", ["fakedropbox", "dropspool"])
def test_no_circle_of_imports(package, typing_too):
    names = {name_of(path): path for path in MODULES if name_of(path).partition(".")[0] == package}
    modules = names.keys() - {"fakedropbox"}  # the package itself loads its names on demand
    arrows = {
        name: {
            target
            for module in imported(names[name], typing_too=typing_too)
            for target in [module if module in names else module.rpartition(".")[0]]
            if target in modules and target != name
            if not (typing_too and (layer_of(name), layer_of(target)) in SEEN_BY_THE_TYPE_CHECKER)
        }
        for name in modules
    }
    TopologicalSorter(arrows).prepare()  # a circle is a `CycleError` that names its modules


def test_the_two_stores_do_not_know_each_other():
    for store, other in (("_files", "_identity"), ("_identity", "_files")):
        for path in (SRC / "fakedropbox" / store).rglob("*.py"):
            for module in imported(path, typing_too=True):
                assert not module.startswith(f"fakedropbox.{other}"), f"{path.name}: {module}"
                assert not module.startswith(("dropbox", "stone")), f"{path.name}: {module}"


@pytest.mark.parametrize("path", [m for m in MODULES if "dropspool" in m.parts], ids=name_of)
def test_the_provider_does_not_know_its_double(path):
    if layer_of(name_of(path)) in MEETING_PLACES:
        return
    tops = {module.partition(".")[0] for module in imported(path)}
    assert not tops & TEST_TOOLS


def test_the_hosts_of_dropbox_stand_in_one_table():
    hosts = re.compile(r"\w*\.?(dropbox\.com|dropboxapi\.com|dropboxusercontent\.com)")
    for path in (SRC / "fakedropbox").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            # Texts that are only documentation are statements of their own.
            if isinstance(node, ast.Expr):
                node.value = (
                    ast.Constant(None) if isinstance(node.value, ast.Constant) else node.value
                )
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = hosts.search(node.value)
                assert not found or path.name == "hosts.py", f"{path.name}: {node.value!r}"


def fresh(code):
    """What a new interpreter prints."""
    run = subprocess.run(  # noqa: S603 -- this very interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


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
def test_loading_imports_nothing_heavy(module):
    heavy = fresh(
        f"import sys, {module}\n"
        "print({'dropbox', 'requests', 'pydantic', 'stone', 'sortedcontainers'} & set(sys.modules))"
    )
    assert heavy == "set()"


def test_using_the_provider_imports_no_test_tool():
    tools = fresh(
        "import sys\n"
        "from dropspool import DropboxProvider, DropboxLoginInformation\n"
        "DropboxProvider(DropboxLoginInformation(app_key='k', app_secret='s', refresh_token='r'))\n"
        f"print({TEST_TOOLS!r} & set(sys.modules))"
    )
    assert tools == "set()"


@pytest.mark.parametrize("package", ["fakedropbox", "dropspool", "dropspool.testing"])
def test_every_public_name_can_be_loaded(package):
    missing = fresh(
        f"import {package} as package\n"
        "print([name for name in package.__all__ if getattr(package, name, None) is None])\n"
        f"assert set(package.__all__) <= set(dir(package))"
    )
    assert missing == "[]"
