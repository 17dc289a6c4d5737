"""The modules that see the virtual time by default: all except those of Python and of tools."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from types import ModuleType

_TOOLS = frozenset(
    [
        # What runs and measures the tests, or sets the time itself
        *("_pytest", "pluggy", "pytest", "execnet", "xdist"),
        *("coverage", "debugpy", "pydevd", "hypothesis"),
        *("fakedropbox", "freezegun", "pyfakefs", "time_machine"),
        # Event loops and servers: they measure their waits for connections
        *("curio", "eventlet", "gevent", "tornado", "trio", "twisted", "uvloop"),
        *("gunicorn", "hypercorn", "uvicorn", "waitress", "werkzeug"),
        # Waits for other processes
        *("docker", "fasteners", "filelock", "pexpect", "playwright", "portalocker", "psutil"),
        *("selenium", "testcontainers"),
    ]
)
_BEGINNINGS = ("pytest_", "_hypothesis_", "_pydev")


@cache
def is_covered(name: str) -> bool:
    """Return whether a module sees the virtual time if a test does not name modules."""
    top = name.partition(".")[0]
    is_tool = top in _TOOLS or top.startswith(_BEGINNINGS)
    return not (is_tool or top in sys.stdlib_module_names)


def named(modules: Iterable[ModuleType | str]) -> tuple[str, ...]:
    """Return the names of the modules that a test gives; a package stands for all its modules.

    Raises:
        TypeError: one is neither a module nor a name.
        ValueError: there is no such module, or it cannot see a virtual time.
    """
    return tuple(_name_of(module) for module in modules)


def _name_of(module: ModuleType | str) -> str:
    if isinstance(module, str):
        name = module
        if not _exists(name):
            raise ValueError(f"modules: expected the name of a module that exists, got {module!r}")
    elif isinstance(module, ModuleType):
        name = module.__name__
    else:
        raise TypeError(f"modules: expected modules or their names, got {module!r}")
    if name in ("asyncio", "time"):
        raise ValueError(
            f"modules: expected the modules that call {name}.sleep, got {name} itself; "
            "give your own modules, or none to cover all of them"
        )
    if name.partition(".")[0] == "fakedropbox":
        raise ValueError(f"modules: expected modules of the code under test, got {name}")
    return name


def _exists(name: str) -> bool:
    """Return whether a module is loaded, or its top-level package can be found."""
    top = name.partition(".")[0]
    return name in sys.modules or (top.isidentifier() and find_spec(top) is not None)
