"""Reports on the service that a failing test used: a section of its report, and files."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fakedropbox._base.own_files import MARK, IsOurs, bears_mark, expect_own_file, own_file
from fakedropbox._base.real_files import real_files
from fakedropbox._core.unknown_logins import advice
from fakedropbox._page.html_files import PAGE, bears_html_mark
from fakedropbox._page.used import (
    Used,
    accounts_of,
    file_name,
    file_requests_of,
    links_of,
    printable,
    watch,
)
from fakedropbox.calls import paths_of

if TYPE_CHECKING:
    from fakedropbox.calls import CallRecord
    from fakedropbox.service import FakeDropboxService

TITLE = "fake Dropbox"
DUMP = "--fake-dropbox-dump"
CALLS = 20
LINES = 200

Report = pytest.TestReport


class Failures:
    """The pytest plugin that reports on the service of each failing test."""

    def __init__(self, dump: Path | None) -> None:
        self.of_the_run: FakeDropboxService | None = None
        self._dump = dump
        self._pending: list[tuple[Path, dict[str, str]]] = []
        self._own: dict[str, FakeDropboxService] = {}
        self._made: FakeDropboxService | None = None
        self._earlier: set[FakeDropboxService] = set()
        self._not_passed: set[str] = set()

    def has_passed(self, item: pytest.Item | pytest.Collector) -> bool:
        """Return whether a test has passed until now; a skip or an expected failure is not one."""
        return item.nodeid not in self._not_passed

    def used(self, item: pytest.Item | pytest.Collector, service: FakeDropboxService) -> None:
        """Record the service of a test, or of all tests of a module or of the run."""
        self._own[item.nodeid] = service
        self._prepare(service)

    def _prepare(self, service: FakeDropboxService) -> None:
        """Let a service keep what a file about a failed test is to show."""
        if self._dump is not None:
            watch(service)

    def made(self, service: FakeDropboxService) -> FakeDropboxService:
        """Record a service that the running test made itself; the last one is shown."""
        self._made = service
        self._prepare(service)
        return service

    def _shown(self, item: pytest.Item) -> Used | None:
        service = self._own.get(item.nodeid) or self._made or self._shared(item)
        if service is not None:
            return Used(service, service.calls.earlier, is_shared=service in self._earlier)
        run = self.of_the_run
        if run is not None and len(run.calls) > run.calls.earlier:
            return Used(run, run.calls.earlier, whole_run=True)
        return None

    def _shared(self, item: pytest.Item) -> FakeDropboxService | None:
        """Return the service of the test's module, or of the run, if the test uses it."""
        names = getattr(item, "fixturenames", ())
        for node in reversed(item.listchain()):
            scope = "session" if isinstance(node, pytest.Session) else "module"
            if f"{scope}_dropbox_service" in names and node.nodeid in self._own:
                return self._own[node.nodeid]
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Forget the services of earlier tests and modules, and mark where the test begins."""
        self._made = None
        self._not_passed.discard(item.nodeid)  # of an earlier attempt, if a plugin repeats tests
        shared = {node.nodeid for node in item.listchain()}
        self._own = {nodeid: each for nodeid, each in self._own.items() if nodeid in shared}
        before = [self.of_the_run, *self._own.values()]
        self._earlier = {each for each in before if each is not None}
        for each in self._earlier:
            each.calls.mark()
            self._prepare(each)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Report, Report]:
        """Add a section to the report of a failing test.

        The files are written only after the teardown of its fixtures, because a fixture may
        have replaced the file system or changed the working directory.
        """
        report = yield
        if not report.passed:
            self._not_passed.add(item.nodeid)
        shown = self._shown(item) if report.failed else None
        if shown is not None:
            try:
                report.sections.append((TITLE, _section(shown)))
                if self._dump is not None:
                    phase = "" if report.when == "call" else f".{report.when}"
                    folder = self._dump / (file_name(item.nodeid) + phase)
                    texts = _files(shown, item.nodeid, report.longreprtext)
                    _check_folder(folder, texts)
                    self._pending.append((folder, texts))
            except Exception as error:  # noqa: BLE001 -- the test's own failure must be shown
                report.sections.append((TITLE, printable(f"cannot be shown: {error!r}")))
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Write the files of a test that has finished."""
        self._own.pop(nodeid, None)
        self._not_passed.discard(nodeid)
        pending, self._pending = self._pending, []
        for folder, texts in pending:
            for file, text in texts.items():
                with own_file(DUMP, folder / file, _test_of(file)) as written:
                    written.truncate()
                    written.write(text.encode())


def _check_folder(folder: Path, names: Iterable[str]) -> None:
    """Create a folder for files of a test, and check that those in it are of an earlier run.

    Raises:
        ValueError, OSError: the folder cannot be created, or one of the files is not ours.
    """
    with real_files():
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            expect_own_file(DUMP, folder / name, _test_of(name))


def _test_of(name: str) -> IsOurs:
    return bears_html_mark if name == PAGE else bears_mark


def failures(config: pytest.Config) -> Failures:
    """Return the plugin of this pytest run; the first call registers it."""
    plugin: Failures | None = config.pluginmanager.get_plugin(__name__)
    if plugin is None:
        from fakedropbox import mock

        plugin = Failures(dump_directory(config))
        config.pluginmanager.register(plugin, __name__)
        mock.made.append(plugin.made)
        config.add_cleanup(lambda: mock.made.remove(plugin.made))
    return plugin


def dump_directory(config: pytest.Config) -> Path | None:
    """Return the directory of `--fake-dropbox-dump`, created if missing; None if not given.

    Raises:
        UsageError: it is not a directory, and cannot be created.
    """
    value = config.getoption("fake_dropbox_dump", None)
    if value is None:
        return None
    directory: Path = config.invocation_params.dir / value
    try:
        if not value:
            raise FileNotFoundError("an empty name")
        directory.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise pytest.UsageError(
            f"{DUMP}: expected a directory, or a path where one can be created, got {value!r}: "
            f"{error}"
        ) from None
    return directory


def _tree(shown: Used) -> list[str]:
    """Return the tree of each account, with its e-mail address if there are several."""
    accounts = accounts_of(shown)
    lines = []
    for account in accounts:
        tree = shown.service.tree(account=account).split("\n")
        lines += [f"{account.email}:", *tree] if len(accounts) > 1 else tree
    return [printable(line) for line in lines]


def _call(number: int, record: CallRecord, *, names_account: bool) -> str:
    """Return a call as one line, with only the paths of its argument: the rest may be secret."""
    words = [record.route, " -> ".join(filter(None, paths_of(record.arg)))]
    if record.stub:
        words.append("(stub)")
    if names_account and record.account is not None:
        words.append(f"by {record.account.email}")
    fault = "" if record.fault is None else f", by {record.fault!r}"
    return printable(f"{number:5}  {' '.join(filter(None, words))}: {record.outcome}{fault}")


def _calls(shown: Used) -> list[str]:
    several, records = len(accounts_of(shown)) > 1, shown.records
    first = 1 + len(shown.service.calls) - shown.first - len(records)
    numbered = enumerate(records, first)
    return [_call(number, record, names_account=several) for number, record in numbered]


def _urls_without_data(shown: Used) -> list[str]:
    """Return advice if the test saved a URL without data; it omits the URL, a possible secret."""
    unknown = shown.service.gate.world.web.unknown
    saved = (each.arg for each in shown.records if each.route == "files/save_url")
    if any(getattr(arg, "url", None) in unknown for arg in saved):
        way_out = "service.web[url] = b'…', or by a function that is assigned to service.web"
        return [
            f"files/save_url found no data for a URL; the network is not used: add it by {way_out}"
        ]
    return []


def _first(lines: list[str]) -> list[str]:
    more = len(lines) - LINES
    return [*lines[:LINES], f"… and {more} more"] if more > 0 else lines


def _section(shown: Used) -> str:
    lines, calls = _first(_tree(shown)), _calls(shown)
    for what, found in (("links", links_of(shown)), ("file requests", file_requests_of(shown))):
        if found:
            lines += ["", f"{what}: {len(found)}", *_first(found)]
    made = len(shown.service.calls) - shown.first
    if made > min(CALLS, len(calls)):
        last = calls[-CALLS:]
        lines += ["", f"the last {len(last)} of {made} calls:", *last]
    else:
        lines += ["", f"calls: {made}", *calls]
    advised = _advice(shown)
    lines += ["", *advised] if advised else []
    return "\n".join(lines)


def _advice(shown: Used) -> list[str]:
    return [*advice(shown.records, whole_run=shown.whole_run), *_urls_without_data(shown)]


def _files(shown: Used, nodeid: str, failure: str) -> dict[str, str]:
    """Return the files about a failed test by their names: a page, and texts."""
    with real_files():  # for the templates, if a test has replaced the file system
        from fakedropbox._page.dump import dump

        page = dump(shown, nodeid, failure, _advice(shown))
    head = f"{MARK} after {printable(nodeid)}"
    texts = {name: f"{head}\n{text}\n" for name, text in _texts(shown).items()}
    return {PAGE: page, **texts}


def _texts(shown: Used) -> dict[str, str]:
    accounts = accounts_of(shown)
    names = []
    for account in accounts:
        if len(accounts) > 1:
            names.append(printable(f"{account.email}:"))
        files = shown.service.files_of(account)
        names += [printable(f"{len(content):12}  {path}") for path, content in files.items()]
    return {
        "tree.txt": "\n".join(_tree(shown)),
        "links.txt": "\n".join(links_of(shown)),
        "file_requests.txt": "\n".join(file_requests_of(shown)),
        "calls.txt": "\n".join(_calls(shown)),
        "files.txt": "\n".join(names),
    }
