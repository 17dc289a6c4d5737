"""Parts of a run without coverage, which makes Python two to three times as slow."""

import os
import sys
import threading
from contextlib import contextmanager

FOR_NEW_PROCESSES = "COVERAGE_PROCESS_CONFIG"


@contextmanager
def without_coverage():
    """Suspend coverage in this thread and in new ones; a debugger stays active."""
    current, of_threads = sys.gettrace(), threading.gettrace()
    if type(current).__module__.partition(".")[0] != "coverage":
        yield
        return
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(of_threads)
        sys.settrace(current)


@contextmanager
def without_coverage_of_new_processes():
    """Keep coverage out of the processes that are started meanwhile."""
    settings = os.environ.pop(FOR_NEW_PROCESSES, None)
    try:
        yield
    finally:
        if settings is not None:
            os.environ[FOR_NEW_PROCESSES] = settings
