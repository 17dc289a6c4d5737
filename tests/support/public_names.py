"""The public modules, and the public attributes of their classes."""

import inspect

from fakedropbox._base import deprecation

MODULES = [
    "fakedropbox",
    "fakedropbox.calls",
    "fakedropbox.clock",
    "fakedropbox.control",
    "fakedropbox.faults",
    "fakedropbox.machines",
    "fakedropbox.recording",
    "fakedropbox.server",
    "fakedropbox.service",
    "fakedropbox.simulate",
    "fakedropbox.strategies",
    "dropspool",
    "dropspool.operations",
    "dropspool.testing",
    "dropspool.worker",
]


def attributes_of(kind):
    """Return the names of the public attributes of a class that are ours and not deprecated."""
    return sorted(
        name
        for each in kind.__mro__
        if each.__module__.partition(".")[0] in {"fakedropbox", "dropspool"}
        for name in vars(each)
        if not name.startswith("_") and not _is_old(inspect.getattr_static(kind, name))
    )


def _is_old(member):
    """Return whether an attribute is a deprecated name."""
    code = getattr(getattr(member, "fget", member), "__code__", None)
    return code is not None and code.co_filename == deprecation.__file__
