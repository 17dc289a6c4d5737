"""Configuration of all tests: Hypothesis profiles, time limits, and coverage."""

import gc
import os
import sys
from contextlib import suppress
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from tests.support.profile import PROFILE
from tests.support.tracing import without_coverage, without_coverage_of_new_processes

pytest_plugins = ["pytester"]
pytest.register_assert_rewrite("tests.support.both_doors")

# pytester forgets the modules that a run imports, and the compiled part of PyYAML cannot be
# imported again.
with suppress(ImportError):
    import yaml  # noqa: F401

# Projects of their own, which tests/project/test_examples.py runs.
collect_ignore = ["examples/async_web_app", "examples/django_storage"]

# No time limits, because on a busy machine any example can be slow.
WITHOUT_TIME_LIMITS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", WITHOUT_TIME_LIMITS, max_examples=50)
settings.register_profile("ci", WITHOUT_TIME_LIMITS, max_examples=70, derandomize=True)
settings.register_profile("thorough", WITHOUT_TIME_LIMITS, max_examples=500)
settings.load_profile(PROFILE)


def pytest_configure(config):
    """Give the processes that tests start a common cache of compiled modules.

    Many containers set PYTHONDONTWRITEBYTECODE. Then each of about a hundred processes would
    compile all modules that it imports, including those of pytest and of this project.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        cache = TemporaryDirectory(prefix="fakedropbox-tests-", ignore_cleanup_errors=True)
        os.environ["PYTHONPYCACHEPREFIX"] = cache.name
        config.add_cleanup(cache.cleanup)


def pytest_collection_modifyitems(items):
    # Tests with time limits of their own begin first: most are long, and no worker should wait
    # for one of them at the end.
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)
    for item in items:
        if item.get_closest_marker("campaign"):
            item.add_marker(pytest.mark.timeout(0))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """Save the coverage data of an xdist worker before its process ends.

    By default, coverage saves the data when the process ends. But xdist kills a worker ten
    seconds after it has reported that it is finished, which is too early on a busy machine.
    """
    coverage = sys.modules.get("coverage")
    if coverage is not None and hasattr(session.config, "workerinput"):
        current = coverage.Coverage.current()
        if current is not None:
            current.save()


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config):
    """Do not trace a process that only hands out the tests to the workers of xdist."""
    if not config.getoption("numprocesses", None):
        return (yield)
    with without_coverage():
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish():
    """Exempt all tests and modules from garbage collection.

    They are 700,000 objects, with which a collection takes half a second, and each run of pytest
    that a test starts in this process makes two.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if item.get_closest_marker("untraced") is None:
        return (yield)
    with without_coverage(), without_coverage_of_new_processes():
        return (yield)
