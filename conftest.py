"""The root of the suite: Hypothesis profiles, who may take their time, and who is traced."""

import os
import sys
import threading
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from tests.support.profile import PROFILE

pytest_plugins = ["pytester"]


# How long an example takes is the machine's affair: on a busy one any is slow.
by_no_clock = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", by_no_clock, max_examples=50)
settings.register_profile("ci", by_no_clock, max_examples=70, derandomize=True)
settings.register_profile("thorough", by_no_clock, max_examples=500)
settings.load_profile(PROFILE)


def pytest_configure(config):
    """Let the processes that tests start find compiled what others have compiled.

    Where Python is told to write nothing beside the sources, as in many containers, each of
    some hundred processes would compile all that it imports, pytest and us included.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        cache = TemporaryDirectory(prefix="fakedropbox-tests-", ignore_cleanup_errors=True)
        os.environ["PYTHONPYCACHEPREFIX"] = cache.name
        config.add_cleanup(cache.cleanup)


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("campaign"):
            item.add_marker(pytest.mark.timeout(0))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """Save in time what coverage has seen.

    It would do so as the process ends; but from when a worker says that it has finished,
    xdist waits ten seconds and then kills it, which on a busy machine is too soon.
    """
    coverage = sys.modules.get("coverage")
    if coverage is not None and hasattr(session.config, "workerinput"):
        current = coverage.Coverage.current()
        if current is not None:
            current.save()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if item.get_closest_marker("untraced") is None:
        return (yield)
    with _without_coverage():
        return (yield)


@contextmanager
def _without_coverage():
    """Let coverage look away; a debugger goes on."""
    here, threads = sys.gettrace(), threading.gettrace()
    if type(here).__module__.partition(".")[0] != "coverage":
        yield
        return
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(threads)
        sys.settrace(here)
