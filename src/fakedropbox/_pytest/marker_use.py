"""The check that a fixture has read the arguments of the marker `dropbox` of a test."""

from __future__ import annotations

import unittest
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import pytest

MARKER = "dropbox"
READER = "dropbox_service"
"""The fixture that reads the marker; all our other fixtures for one test use it."""

_FIXTURES = (
    *(READER, "fake_dropbox", "dropbox_active", "dropbox_calls", "dropbox_faults"),
    *("dropbox_clock", "dropbox_server"),
)

Report = pytest.TestReport


def _of_the_test_itself(item: pytest.Item) -> Iterator[pytest.Mark]:
    """Yield the markers of a test function or of its parameters.

    A marker of a class or module, or one that a conftest adds, may be meant for only some of the
    tests.
    """
    yield from getattr(getattr(item, "obj", None), "pytestmark", ())
    yield from getattr(getattr(item, "callspec", None), "marks", ())


def _arguments_of(item: pytest.Item) -> str:
    """Return the arguments of the marker of a test itself, in short; empty if it has none."""
    for mark in _of_the_test_itself(item):
        if mark.name == MARKER and (mark.args or mark.kwargs):
            return ", ".join([*map(repr, mark.args), *(f"{name}=…" for name in mark.kwargs)])
    return ""


def _way_out(item: pytest.Item) -> str:
    """Return the advice for a test whose marker is unused, by its kind and its fixtures."""
    test_class = getattr(item, "cls", None)
    if test_class is not None and issubclass(test_class, unittest.TestCase):
        return (
            "A method of a unittest.TestCase cannot request a fixture: use `@mock_dropbox(…)` on "
            "the method or its class in place of the marker"
        )
    names = getattr(item, "fixturenames", ())
    if "module_dropbox_service" in names:
        return (
            "`module_dropbox_service` is configured by the module's marker: write `pytestmark = "
            f"pytest.mark.{MARKER}(…)` at the top of the module"
        )
    if "session_dropbox_service" in names:
        return (
            "No marker of a test configures `session_dropbox_service`: use another fixture, or "
            "remove the marker"
        )
    return (
        "Request one, or remove the marker. `dropbox_services` and `mock_dropbox` take their own "
        "arguments"
    )


class MarkerUse:
    """The pytest plugin that fails a test whose marker configures a service that it never makes.

    A test that fails or is skipped may end before it requests a fixture, so it is not checked.
    """

    def __init__(self) -> None:
        self._arguments: dict[pytest.Item, str] = {}
        self._have_read: set[pytest.Item] = set()
        self._passed: set[pytest.Item] = set()

    def expect(self, items: Iterable[pytest.Item]) -> None:
        """Remember the tests whose own marker has arguments that none of their fixtures reads."""
        for item in items:
            arguments = _arguments_of(item)
            if arguments and READER not in getattr(item, "fixturenames", ()):
                self._arguments[item] = arguments

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> None:
        """Record the test for which `dropbox_service` is set up, at its start or while it runs."""
        if fixturedef.argname == READER:
            self._have_read.add(request.node)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, Report, Report]:
        """Record a test that passes."""
        report = yield
        if call.when == "call" and report.passed and item in self._arguments:
            self._passed.add(item)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Check a test after the teardown of its fixtures, which may request others."""
        __tracebackhide__ = True
        result = yield
        if item in self._passed - self._have_read:
            pytest.fail(
                f"pytest.mark.{MARKER}({self._arguments[item]}): the test has requested none of "
                f"the fixtures that this marker configures: "
                f"{', '.join(f'`{name}`' for name in _FIXTURES)}, or a fixture that uses one of "
                f"them. {_way_out(item)}",
                pytrace=False,
            )
        return result


def marker_use(config: pytest.Config) -> MarkerUse:
    """Return the plugin of this pytest run; the first call registers it."""
    plugin: MarkerUse | None = config.pluginmanager.get_plugin(__name__)
    if plugin is None:
        plugin = MarkerUse()
        config.pluginmanager.register(plugin, __name__)
    return plugin
