"""The pytest plugin, with the fixtures and options.

Loading this module is cheap: it imports the rest of the package only when a test needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from fakedropbox._core.seeds import Seed
    from fakedropbox._pytest.ends import Ends
    from fakedropbox._pytest.failures import Failures
    from fakedropbox.calls import Calls
    from fakedropbox.client import FakeDropbox
    from fakedropbox.clock import ManualClock
    from fakedropbox.faults import FaultPlan
    from fakedropbox.personality import Personality
    from fakedropbox.server.running import Server
    from fakedropbox.service import FakeDropboxService

_SERVICES = {"dropbox_service", "module_dropbox_service", "session_dropbox_service"}
"""The fixtures that are a service; `dropbox_services` makes others."""

_SEED: pytest.StashKey[Seed] = pytest.StashKey()
"""The key of the setting's seed, which is read once in a run."""

_MARKER = (
    "dropbox(*, seed=0 or 'seed.toml', files={}, app_folder=None, plan='basic', scopes=[...], "
    "redirect_uris=[...], auto_approve=False, personality=..., clock=..., login=..., "
    "max_calls=10000, allow_not_implemented=False, sleep='real'): "
    "configure the fake Dropbox of this test by arguments of FakeDropboxService; "
    "the personality may be the name of a preset"
)
MARKER_ONLY = {
    "allow_not_implemented": (
        "bool",
        "True if the test may call what is not faked; otherwise it fails at its end if it does.",
    ),
    "sleep": (
        "str",
        "`'virtual'` if the code under test is to sleep on the service's clock; or `'real'`.",
    ),
}
"""The arguments of the marker that are not those of the service: types and descriptions."""


_LIVE_MARKER = (
    "dropbox_live: permit this test to reach the real Dropbox, although it uses a fake one, or "
    "dropbox_block_hosts refuses the real one"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the command line, and the settings of the configuration file."""
    group = parser.getgroup("fakedropbox", "fake Dropbox")
    group.addoption(
        "--fake-dropbox",
        action="store_true",
        help="let every Dropbox SDK client talk to one service in memory for the whole run",
    )
    group.addoption(
        "--fake-dropbox-env",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set an environment variable to the service's app_key, app_secret, "
        "refresh_token, access_token or account_email, before any conftest (repeatable)",
    )
    group.addoption(
        "--fake-dropbox-files", metavar="DIR", help="begin with a copy of this directory"
    )
    group.addoption(
        "--fake-dropbox-personality",
        metavar="NAME",
        help="recorded, documented or hostile; for every test whose marker does not name one",
    )
    group.addoption(
        "--fake-dropbox-report",
        action="store_true",
        help="print at the end the routes that were called, were refused or are not faked",
    )
    group.addoption(
        "--fake-dropbox-dump",
        metavar="DIR",
        help="write the tree, links, calls and file names of each failing test's service to files "
        "in DIR, as texts and as one HTML page that `fakedropbox view DIR` opens",
    )
    group.addoption(
        "--fake-dropbox-block",
        action="store_true",
        help="refuse the real Dropbox in the whole run, except in tests marked dropbox_live",
    )
    parser.addini(
        "fakedropbox_seed",
        "the seed with which every service begins: a TOML or JSON file, relative to the root "
        "directory, or the dotted name of a function that takes the service",
        type="string",
        default="",
    )
    parser.addini(
        "dropbox_block_hosts", "the same as --fake-dropbox-block", type="bool", default=False
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Activate the run's service or guard before a conftest reads the environment or connects."""
    given = early_config.known_args_namespace
    _block(early_config, given.fake_dropbox_block)
    if (
        given.fake_dropbox
        or given.fake_dropbox_env
        or given.fake_dropbox_files is not None
        or given.fake_dropbox_report
    ):
        from fakedropbox._pytest import run as _pytest_run

        personality = _preset(given.fake_dropbox_personality)
        _pytest_run.begin(early_config, personality, partial(_seed, early_config))


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, as `--strict-markers` requires, and check the options."""
    config.addinivalue_line("markers", _MARKER)
    config.addinivalue_line("markers", _LIVE_MARKER)
    _block(config, config.getoption("fake_dropbox_block", False))
    _personality(config)
    if config.getoption("fake_dropbox", None):
        from fakedropbox._pytest import run as _pytest_run

        _pytest_run.configure(config)
    if config.getoption("fake_dropbox_dump", None) is not None:
        from fakedropbox._pytest.failures import dump_directory

        dump_directory(config)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Import the modules that the tests of the run need, and note the tests that concern Dropbox.

    Between the phases of a test pyfakefs unloads all modules that were first imported while
    it was active. If the SDK was among them, it would be imported a second time, and the
    tests would use different classes from this package.
    """
    roots = {*_SERVICES, "dropbox_services"}
    if any(roots & set(getattr(item, "fixturenames", ())) for item in session.items):
        import fakedropbox.client
        import fakedropbox.service  # noqa: F401

        _failures(session.config)
    elif "fakedropbox.mock" in sys.modules:
        _failures(session.config)  # for the services of `mock_dropbox`
    if "fakedropbox.clock" in sys.modules:
        _ends(session.config)
    if concerned := [item for item in session.items if _concerns_dropbox(item)]:
        from fakedropbox._pytest.blocking import blocking

        blocking(session.config).concerned.update(concerned)
    if any(item.get_closest_marker("dropbox") for item in concerned):
        from fakedropbox._pytest.marker_use import marker_use

        marker_use(session.config).expect(concerned)


def _concerns_dropbox(item: pytest.Item) -> bool:
    """Return whether a test uses the service of a fixture, or has one of our markers.

    All our fixtures for one test use `dropbox_service`. `dropbox_services` does not count.
    """
    return bool(_SERVICES & set(getattr(item, "fixturenames", ()))) or any(
        item.get_closest_marker(name) for name in ("dropbox", "dropbox_live")
    )


def _block(config: pytest.Config, option: bool) -> None:
    """Begin to refuse the real Dropbox, if the option or the setting is given.

    Raises:
        UsageError: the setting is not a truth value.
    """
    try:
        setting = config.getini("dropbox_block_hosts")
    except (ValueError, pytest.UsageError) as error:  # which one depends on pytest's version
        raise pytest.UsageError(
            f"dropbox_block_hosts: expected true or false, got an {error}"
        ) from None
    if option or setting:
        from fakedropbox._pytest.blocking import begin_for_run

        begin_for_run(config)


def _failures(config: pytest.Config) -> Failures:
    """Return the plugin that reports on the service of a failing test."""
    from fakedropbox._pytest.failures import failures

    return failures(config)


def _ends(config: pytest.Config) -> Ends:
    """Return the plugin that ends what a test leaves behind, and verifies its services."""
    from fakedropbox._pytest.ends import ends

    return ends(config)


def _preset(name: str | None) -> Personality | None:
    """Return the personality of `--fake-dropbox-personality`, or None if it is not given.

    Raises:
        UsageError: it is not the name of a preset.
    """
    if name is None:
        return None
    from fakedropbox.personality import preset

    try:
        return preset(name)
    except ValueError as error:
        raise pytest.UsageError(f"--fake-dropbox-personality: {error}") from None


def _personality(config: pytest.Config) -> Personality | None:
    return _preset(config.getoption("fake_dropbox_personality", None))


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the arguments of all markers; those of the marker nearest to the test win."""
    from fakedropbox._base.public import expect_arguments
    from fakedropbox.service import options as names_of_options

    options: dict[str, Any] = {"personality": _personality(request.config)}
    for marker in reversed(list(request.node.iter_markers("dropbox"))):
        if marker.args:
            raise TypeError(
                f"pytest.mark.dropbox: expected keyword arguments only, got {marker.args!r}"
            )
        options |= marker.kwargs
    expect_arguments("pytest.mark.dropbox", options, {*names_of_options(), *MARKER_ONLY})
    options["seed"] = _seed(request.config, options.get("seed"))
    return options


def _seed(config: pytest.Config, given: Any = None) -> Any:
    """Return the seed of a service: that of the marker, or else that of the setting.

    The path of a seed file is relative to the root directory. A number in a marker selects other
    generated values for the seed of the setting.
    """
    source = config.getini("fakedropbox_seed")
    is_number = given is None or isinstance(given, int)
    if is_number and not source:
        return given or 0
    from fakedropbox._core.seeds import seed_of

    if not is_number:
        return seed_of(given, folder=config.rootpath)
    read = config.stash.get(_SEED, None)
    if read is None:
        read = config.stash[_SEED] = seed_of(source, folder=config.rootpath)
    return read if given is None else read._replace(chance=given)


@pytest.fixture
def dropbox_service(request: pytest.FixtureRequest) -> Iterator[FakeDropboxService]:
    """A new `FakeDropboxService` for the test.

    The test fails if a planned fault has happened less often than planned, unless the fault is
    ``optional``, and if it called something that is not faked, unless the marker has
    ``allow_not_implemented=True``. A test that has failed already, or was skipped, is not verified.
    """
    __tracebackhide__ = True
    from fakedropbox._pytest.blocking import refused_in

    with refused_in(request.node):  # also if the test requests the fixture while it runs
        yield from _verified(request)


def _verified(request: pytest.FixtureRequest) -> Iterator[FakeDropboxService]:
    """Yield a new service, and verify it at the end of its scope."""
    __tracebackhide__ = True
    from fakedropbox._base.virtual_time import ending, is_virtual
    from fakedropbox.service import FakeDropboxService

    options = _options(request)
    is_allowed = options.pop("allow_not_implemented", False)
    sleeps_virtually = is_virtual(options.pop("sleep", "real"))
    service = FakeDropboxService(**options)
    failures = _failures(request.config)
    failures.used(request.node, service)
    shared = _ends(request.config).shared
    is_shared = request.scope != "function"
    if is_shared:
        shared.append(service)
    try:
        with ending(service.clock):
            if sleeps_virtually:
                service.clock.patch()
            yield service
    finally:
        if is_shared:
            shared.remove(service)
    if is_shared:
        service.faults.verify()
    elif failures.has_passed(request.node):
        service.faults.verify()
        if not is_allowed:
            service.calls.check_implemented()


@pytest.fixture(scope="module")
def module_dropbox_service(request: pytest.FixtureRequest) -> Iterator[FakeDropboxService]:
    """A `FakeDropboxService` for all tests of a module, which the module's marker configures.

    A test that begins and ends a `FakeDropboxService.scratch` leaves it as it was. A test fails at
    its end if it called something that is not faked; the last test fails if a planned fault has
    happened less often than planned.
    """
    yield from _verified(request)


@pytest.fixture(scope="session")
def session_dropbox_service(request: pytest.FixtureRequest) -> Iterator[FakeDropboxService]:
    """A `FakeDropboxService` for the whole run, one in each process of pytest-xdist.

    No marker configures it. It is verified as `module_dropbox_service` is; the marker's
    ``allow_not_implemented=True`` on a test, or its class or module, permits what is not faked.
    """
    yield from _verified(request)


@pytest.fixture
def fake_dropbox(dropbox_service: FakeDropboxService) -> FakeDropbox:
    """A client of `dropbox_service`, which is a `dropbox.Dropbox` in memory."""
    return dropbox_service.client()


@pytest.fixture
def dropbox_active(dropbox_service: FakeDropboxService) -> Iterator[FakeDropboxService]:
    """The `dropbox_service`, which every SDK client in the process uses during the test."""
    with dropbox_service.activate() as service:
        yield service


@pytest.fixture(scope="session")
def _dropbox_server() -> Iterator[Server[FakeDropboxService]]:
    """The server of all tests that use `dropbox_server`: starting one takes longer than a test."""
    from fakedropbox.service import FakeDropboxService

    with FakeDropboxService().serve() as server:
        yield server


@pytest.fixture
def dropbox_server(
    _dropbox_server: Server[FakeDropboxService], dropbox_service: FakeDropboxService
) -> Iterator[Server[FakeDropboxService]]:
    """A server on this machine that serves `dropbox_service` over real HTTPS.

    It needs the extra ``server``.
    """
    with _dropbox_server.serving(dropbox_service):
        yield _dropbox_server


@pytest.fixture
def dropbox_calls(dropbox_service: FakeDropboxService) -> Calls:
    """The calls that `dropbox_service` has received; `len()` is their number."""
    return dropbox_service.calls


@pytest.fixture
def dropbox_faults(dropbox_service: FakeDropboxService) -> FaultPlan:
    """The plan of the faults that are to happen in `dropbox_service`."""
    return dropbox_service.faults


@pytest.fixture
def dropbox_clock(dropbox_service: FakeDropboxService) -> ManualClock:
    """The clock of `dropbox_service`: a `ManualClock`, unless the marker has a ``clock``."""
    return cast("ManualClock", dropbox_service.clock)


@pytest.fixture(scope="session")
def dropbox_services(request: pytest.FixtureRequest) -> Callable[..., FakeDropboxService]:
    """A factory of services for `@given` tests, which can be called in every example.

    Its arguments are those of `FakeDropboxService`. The test that makes a service fails at its end
    if a planned fault has happened less often than planned, unless it is ``optional``, and if the
    service was asked for something that is not faked, unless ``allow_not_implemented=True`` is
    among the arguments. A service of a fixture for several tests is verified with that fixture.
    """
    from fakedropbox._base.checks import expect
    from fakedropbox.service import FakeDropboxService

    shown, personality = _failures(request.config), _personality(request.config)
    ends = _ends(request.config)

    def make(
        seed: Any = None,
        personality: Any = personality,
        *,
        allow_not_implemented: bool = False,
        **options: Any,
    ) -> FakeDropboxService:
        expect("allow_not_implemented", allow_not_implemented, bool)
        seed = _seed(request.config, seed)
        service = FakeDropboxService(seed, personality, **options)
        ends.made(service, allow_not_implemented=allow_not_implemented)
        return shown.made(service)

    return make
