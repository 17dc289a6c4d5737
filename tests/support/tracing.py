"""Parts of a run without coverage, which makes Python two to three times as slow."""

import importlib
import os
import pkgutil
import sys
import threading
from contextlib import contextmanager

FOR_NEW_PROCESSES = "COVERAGE_PROCESS_CONFIG"


def is_traced():
    """Return whether coverage traces this thread."""
    return type(sys.gettrace()).__module__.partition(".")[0] == "coverage"


@contextmanager
def without_coverage():
    """Suspend the tracing of this thread and of those it starts; a debugger stays active."""
    if not is_traced():
        yield
        return
    current, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(of_threads)
        sys.settrace(current)


@contextmanager
def without_coverage_of_new_processes():
    """Keep the processes that are started meanwhile from tracing themselves."""
    settings = os.environ.pop(FOR_NEW_PROCESSES, None)
    try:
        yield
    finally:
        if settings is not None:
            os.environ[FOR_NEW_PROCESSES] = settings


def import_all_modules():
    """Import all modules of both packages, so that coverage sees what they do at import."""
    for package in ("fakedropbox", "dropspool"):
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}."):
            if not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
