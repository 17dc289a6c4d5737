"""The refusal of the real Dropbox in tests that use a fake one, or in a whole run of pytest."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest

from fakedropbox._doors.guard import decision, refusing

OPTION = "--fake-dropbox-block"
SETTING = "dropbox_block_hosts"

_OTHER_WAYS = (
    "Use the client `fake_dropbox`; or request `dropbox_active`, which answers every client of "
    "the SDK; or mark a test that is to use the real Dropbox with `@pytest.mark.dropbox_live`"
)
_IN_THE_TEST = f"this test uses a fake Dropbox, so the real one is refused. {_OTHER_WAYS}"
_IN_THE_RUN = f"`{SETTING}` or `{OPTION}` refuses the real Dropbox in this run. {_OTHER_WAYS}"


def refused_in(item: pytest.Item) -> AbstractContextManager[None]:
    """Refuse the real Dropbox in a test, or permit it if the test is marked for that."""
    return refusing(None if item.get_closest_marker("dropbox_live") else _IN_THE_TEST)


class Blocking:
    """The pytest plugin that refuses the real Dropbox from the set-up of a test to its teardown.

    So it covers fixtures that begin before ours, or end after them. ``concerned`` are the tests
    for which it decides.
    """

    def __init__(self) -> None:
        self.concerned: set[pytest.Item] = set()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Refuse or permit the real Dropbox in a test, if the test is among ``concerned``."""
        with ExitStack() as stack:
            if item in self.concerned:
                stack.enter_context(refused_in(item))
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Refuse or permit the real Dropbox at a fixture's teardown as at its set-up.

        The teardown may be in another test. For example, a fixture of the session that connects to
        the real Dropbox in a test that is marked for it may be torn down during the last test,
        which is not.
        """
        if request.scope == "function":
            return (yield)
        teardown, before = ExitStack(), decision()
        fixturedef.addfinalizer(teardown.close)
        result = yield
        fixturedef.addfinalizer(lambda: teardown.enter_context(refusing(before)))
        return result


def blocking(config: pytest.Config) -> Blocking:
    """Return the plugin of this pytest run; the first call registers it."""
    plugin: Blocking | None = config.pluginmanager.get_plugin(__name__)
    if plugin is None:
        plugin = Blocking()
        config.pluginmanager.register(plugin, __name__)
    return plugin


def begin_for_run(config: pytest.Config) -> None:
    """Refuse the real Dropbox until the end of the run; only the first call does anything."""
    if not config.pluginmanager.has_plugin(__name__):
        blocking(config)
        until_the_end = ExitStack()
        config.add_cleanup(until_the_end.close)
        until_the_end.enter_context(refusing(_IN_THE_RUN))
