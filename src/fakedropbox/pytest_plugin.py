"""The pytest fixtures. Loading this module costs nothing: it imports inside the fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fakedropbox.calls import Calls
    from fakedropbox.client import FakeDropbox
    from fakedropbox.clock import Clock
    from fakedropbox.fault_plan import FaultPlan
    from fakedropbox.service import FakeDropboxService

_MARKER = (
    "dropbox(*, seed=0, files={}, app_folder=None, scopes=[...], personality=..., login=...): "
    "how the fake Dropbox of this test begins; the arguments of FakeDropboxService"
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, which `--strict-markers` asks for."""
    config.addinivalue_line("markers", _MARKER)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Import what the fixtures need, in runs that use them, before any test begins.

    Between the phases of a test pyfakefs forgets all modules that were first imported on
    its fake disk; the SDK, loaded then, would be loaded a second time and not be ours.
    """
    roots = {"dropbox_service", "dropbox_services"}
    if any(roots & set(getattr(item, "fixturenames", ())) for item in session.items):
        import fakedropbox.client
        import fakedropbox.service  # noqa: F401


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The marker's arguments; the marker nearest to the test has the last word."""
    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers("dropbox"))):
        if marker.args:
            raise TypeError(f"pytest.mark.dropbox: takes keywords only, got {marker.args!r}")
        options |= marker.kwargs
    return options


@pytest.fixture
def dropbox_service(request: pytest.FixtureRequest) -> Iterator[FakeDropboxService]:
    """A `FakeDropboxService` of the test's own.

    A fault that was planned and never happened fails the test.
    """
    __tracebackhide__ = True
    from fakedropbox.service import FakeDropboxService

    service = FakeDropboxService(**_options(request))
    yield service
    service.faults.verify()


@pytest.fixture
def fake_dropbox(dropbox_service: FakeDropboxService) -> FakeDropbox:
    """A client of `dropbox_service`: a `dropbox.Dropbox` in memory."""
    return dropbox_service.client()


@pytest.fixture
def dropbox_active(dropbox_service: FakeDropboxService) -> Iterator[FakeDropboxService]:
    """`dropbox_service`, to which every SDK client in the process talks during the test."""
    with dropbox_service.activate() as service:
        yield service


@pytest.fixture
def dropbox_calls(dropbox_service: FakeDropboxService) -> Calls:
    """What was asked of `dropbox_service`; `len()` is the number of requests."""
    return dropbox_service.calls


@pytest.fixture
def dropbox_faults(dropbox_service: FakeDropboxService) -> FaultPlan:
    """What is to go wrong in `dropbox_service`."""
    return dropbox_service.faults


@pytest.fixture
def dropbox_clock(dropbox_service: FakeDropboxService) -> Clock:
    """The time of `dropbox_service`."""
    return dropbox_service.clock


@pytest.fixture(scope="session")
def dropbox_services() -> Callable[..., FakeDropboxService]:
    """A factory of services, for `@given` tests: it may be asked in every example."""
    from fakedropbox.service import FakeDropboxService

    return FakeDropboxService
