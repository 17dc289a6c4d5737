"""The end of each test: its virtual time ends, and the services that it used are checked."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from fakedropbox._base import virtual_time

if TYPE_CHECKING:
    from fakedropbox.calls import Calls
    from fakedropbox.faults import FaultPlan
    from fakedropbox.service import FakeDropboxService


class _Made(NamedTuple):
    """The parts of a service of `dropbox_services` that are to be verified, without its files."""

    faults: FaultPlan
    calls: Calls
    allow_not_implemented: bool

    def verify(self) -> None:
        """Verify the service as `dropbox_service` is verified."""
        self.faults.verify()
        if not self.allow_not_implemented:
            self.calls.check_implemented()


class _Scope:
    """A test, or a fixture for several tests, with what has begun in it and ends with it."""

    def __init__(self) -> None:
        self.made: list[_Made] = []
        self.foreign = set(virtual_time.patches())
        """The patches that do not end with the scope."""

    def patches(self) -> list[virtual_time.Patch]:
        """Return the scope's own patches that have not ended."""
        return [each for each in virtual_time.patches() if each not in self.foreign]

    def verify(self) -> None:
        """Verify the services of the scope, and forget them."""
        made, self.made = self.made, []
        for each in made:
            each.verify()


class Ends:
    """The pytest plugin that ends what a test leaves behind, and verifies its services.

    What is made or begun in the set-up of a fixture for several tests ends with that fixture. A
    test that has failed is not verified, as it may have ended too early.
    """

    def __init__(self) -> None:
        self.shared: list[FakeDropboxService] = []
        """The services of the module and of the run."""
        self._running = _Scope()
        self._failed: set[pytest.Item] = set()

    def made(self, service: FakeDropboxService, *, allow_not_implemented: bool) -> None:
        """Record a service of `dropbox_services`, to verify at the end of the test or fixture."""
        made = _Made(service.faults, service.calls, allow_not_implemented)
        self._running.made.append(made)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Begin the scope of a test."""
        self._running = _Scope()
        self._failed.discard(item)  # of an earlier attempt, if a plugin repeats tests

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Let what begins in a fixture for several tests last until the fixture's teardown."""
        if request.scope == "function":
            return (yield)
        outer, own = self._running, _Scope()
        self._running = own
        fixturedef.addfinalizer(own.verify)
        try:
            return (yield)
        finally:
            self._running = outer
            for patch in own.patches():
                outer.foreign.add(patch)
                fixturedef.addfinalizer(partial(virtual_time.end, patch))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Record a test that fails, or that did not run to its end."""
        report = yield
        if not report.passed:
            self._failed.add(item)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """End and verify a test after the teardown of its fixtures."""
        __tracebackhide__ = True
        shared = self.shared.copy()
        try:
            result = yield
            if item not in self._failed:
                self._running.verify()
                if not _is_allowed(item):
                    for service in shared:
                        service.calls.check_implemented()
            return result
        finally:
            self._failed.discard(item)
            for service in shared:
                service.calls.forget_missing()  # otherwise the next test would fail
            for patch in self._running.patches():
                virtual_time.end(patch)


def _is_allowed(item: pytest.Item) -> bool:
    """Return whether the markers of a test permit requests for what is not faked."""
    for marker in item.iter_markers("dropbox"):
        with suppress(KeyError):
            return bool(marker.kwargs["allow_not_implemented"])
    return False


def ends(config: pytest.Config) -> Ends:
    """Return the plugin of this pytest run; the first call registers it."""
    plugin: Ends | None = config.pluginmanager.get_plugin(__name__)
    if plugin is None:
        plugin = Ends()
        config.pluginmanager.register(plugin, __name__)
    return plugin
