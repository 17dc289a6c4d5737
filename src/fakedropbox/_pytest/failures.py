"""Reports on the service that a failing test used: a section of its report, and files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from fakedropbox._base.own_files import MARK, bears_mark, expect_own_file, own_file
from fakedropbox._base.real_files import real_files
from fakedropbox._core.unknown_logins import advice
from fakedropbox.calls import paths_of

if TYPE_CHECKING:
    from fakedropbox._identity.accounts import Account
    from fakedropbox.calls import CallRecord
    from fakedropbox.service import FakeDropboxService

TITLE = "fake Dropbox"
DUMP = "--fake-dropbox-dump"
CALLS = 20
LINES = 200
_NAME_CHARACTERS = 80

Report = pytest.TestReport


class _Shown(NamedTuple):
    """A service, and the index of the first of its calls that belongs to the test.

    ``whole_run`` is True if it is the service of `--fake-dropbox`.
    """

    service: FakeDropboxService
    first: int
    whole_run: bool = False

    @property
    def records(self) -> Sequence[CallRecord]:
        """The calls that belong to the test and are still kept."""
        calls = self.service.calls
        return calls[max(self.first, calls.dropped) :]


class Failures:
    """The pytest plugin that reports on the service of each failing test."""

    def __init__(self, dump: Path | None) -> None:
        self.of_the_run: FakeDropboxService | None = None
        self._dump = dump
        self._pending: list[tuple[Path, dict[str, str]]] = []
        self._own: dict[str, FakeDropboxService] = {}
        self._made: FakeDropboxService | None = None
        self._first: dict[FakeDropboxService, int] = {}
        self._failed: set[str] = set()

    def has_failed(self, item: pytest.Item | pytest.Collector) -> bool:
        """Return whether a test has failed, as long as it has not ended."""
        return item.nodeid in self._failed

    def used(self, item: pytest.Item | pytest.Collector, service: FakeDropboxService) -> None:
        """Record the service of a test, or of all tests of a module or of the run."""
        self._own[item.nodeid] = service

    def made(self, service: FakeDropboxService) -> FakeDropboxService:
        """Record a service that the running test made itself; the last one is shown."""
        self._made = service
        return service

    def _shown(self, item: pytest.Item) -> _Shown | None:
        service = self._own.get(item.nodeid) or self._made or self._shared(item)
        if service is not None:
            return _Shown(service, self._first.get(service, 0))
        run = self.of_the_run
        if run is not None and len(run.calls) > (first := self._first.get(run, 0)):
            return _Shown(run, first, whole_run=True)
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
        """Forget the services of earlier tests and modules, and count the calls made before."""
        self._made = None
        shared = {node.nodeid for node in item.listchain()}
        self._own = {nodeid: each for nodeid, each in self._own.items() if nodeid in shared}
        before = [self.of_the_run, *self._own.values()]
        self._first = {each: len(each.calls) for each in before if each is not None}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Report, Report]:
        """Add a section to the report of a failing test.

        The files are written only after the teardown of its fixtures, because a fixture may
        have replaced the file system or changed the working directory.
        """
        report = yield
        if report.failed:
            self._failed.add(item.nodeid)
        shown = self._shown(item) if report.failed else None
        if shown is not None:
            try:
                report.sections.append((TITLE, _section(shown)))
                if self._dump is not None:
                    phase = "" if report.when == "call" else f".{report.when}"
                    folder = self._dump / (file_name(item.nodeid) + phase)
                    texts = _files(shown)
                    _check_folder(folder, texts)
                    self._pending.append((folder, texts))
            except Exception as error:  # noqa: BLE001 -- the test's own failure must be shown
                report.sections.append((TITLE, printable(f"cannot be shown: {error!r}")))
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Write the files of a test that has finished."""
        self._own.pop(nodeid, None)
        self._failed.discard(nodeid)
        pending, self._pending = self._pending, []
        for folder, texts in pending:
            for file, text in texts.items():
                with own_file(DUMP, folder / file, bears_mark) as written:
                    written.truncate()
                    written.write(f"{MARK} after {printable(nodeid)}\n{text}\n".encode())


def _check_folder(folder: Path, names: Iterable[str]) -> None:
    """Create a folder for files of a test, and check that those in it are of an earlier run.

    Raises:
        ValueError, OSError: the folder cannot be created, or one of the files is not ours.
    """
    with real_files():
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            expect_own_file(DUMP, folder / name, bears_mark)


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


def printable(line: str) -> str:
    """Return a line of text in which unprintable characters are written as escapes.

    Some terminals, and the connection to a worker of pytest-xdist, reject unprintable ones.
    """
    if line.isprintable():
        return line
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in line
    )


def file_name(nodeid: str) -> str:
    """Return a unique name for a test that is valid on every file system."""
    digest = hashlib.sha256(nodeid.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    words = re.sub(r"[^A-Za-z0-9]+", "-", nodeid).strip("-") or "test"
    return f"{words[-_NAME_CHARACTERS:].lstrip('-')}-{digest}"


def _accounts(shown: _Shown) -> list[Account]:
    """Return the default account and the others that the test used: with files, or with calls."""
    service = shown.service
    default = service.accounts.default
    callers = {record.account for record in shown.records}
    return [
        account
        for account in service.accounts
        if account == default or account in callers or service.files_of(account)
    ]


def _tree(shown: _Shown) -> list[str]:
    """Return the tree of each account, with its e-mail address if there are several."""
    accounts = _accounts(shown)
    lines = []
    for account in accounts:
        tree = shown.service.tree(account=account).split("\n")
        lines += [f"{account.email}:", *tree] if len(accounts) > 1 else tree
    return [printable(line) for line in lines]


def _links(shown: _Shown) -> list[str]:
    """Return the working links of each account without their URLs, which let anybody use them."""
    from fakedropbox._api.files.metadata import moment
    from fakedropbox._api.sharing.link_metadata import visibility_of

    service, accounts = shown.service, _accounts(shown)
    lines = []
    with service.gate.lock:
        files = service.gate.world.files
        for account in accounts:
            view = files.views[account.namespace_id]
            for link in files.shared_links.owned_by(account.account_id):
                words = [f"{view.paths(link.node)[1]}: {visibility_of(link.settings)}"]
                if link.settings.expires is not None:
                    words.append(f"expires {moment(link.settings.expires).isoformat()}Z")
                if not link.settings.allow_download:
                    words.append("no download")
                if len(accounts) > 1:
                    words.append(f"by {account.email}")
                lines.append(printable(f"  {', '.join(words)}"))
    return lines


def _file_requests(shown: _Shown) -> list[str]:
    """Return the file requests of each account without their URLs, which let anybody upload."""
    from fakedropbox._api.file_requests.metadata import has_destination, is_open

    service, accounts = shown.service, _accounts(shown)
    lines = []
    with service.gate.lock:
        world = service.gate.world
        for account in accounts:
            view = world.files.views[account.namespace_id]
            for request in world.files.file_requests.of(account.account_id):
                folder = request.terms.folder
                where = view.paths(folder)[1] if has_destination(view, request) else "no folder"
                words = [
                    f"{where}: {request.terms.title!r}",
                    "open" if is_open(world, request) else "closed",
                    f"{request.received} received",
                ]
                if len(accounts) > 1:
                    words.append(f"by {account.email}")
                lines.append(printable(f"  {', '.join(words)}"))
    return lines


def _call(number: int, record: CallRecord, *, names_account: bool) -> str:
    """Return a call as one line, with only the paths of its argument: the rest may be secret."""
    words = [record.route, " -> ".join(filter(None, paths_of(record.arg)))]
    if record.stub:
        words.append("(stub)")
    if names_account and record.account is not None:
        words.append(f"by {record.account.email}")
    fault = "" if record.fault is None else f", by {record.fault!r}"
    return printable(f"{number:5}  {' '.join(filter(None, words))}: {record.outcome}{fault}")


def _calls(shown: _Shown) -> list[str]:
    several, records = len(_accounts(shown)) > 1, shown.records
    first = 1 + len(shown.service.calls) - shown.first - len(records)
    numbered = enumerate(records, first)
    return [_call(number, record, names_account=several) for number, record in numbered]


def _urls_without_data(shown: _Shown) -> list[str]:
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


def _section(shown: _Shown) -> str:
    lines, calls = _first(_tree(shown)), _calls(shown)
    for what, found in (("links", _links(shown)), ("file requests", _file_requests(shown))):
        if found:
            lines += ["", f"{what}: {len(found)}", *_first(found)]
    made = len(shown.service.calls) - shown.first
    if made > min(CALLS, len(calls)):
        last = calls[-CALLS:]
        lines += ["", f"the last {len(last)} of {made} calls:", *last]
    else:
        lines += ["", f"calls: {made}", *calls]
    advised = advice(shown.records, whole_run=shown.whole_run)
    advised += _urls_without_data(shown)
    lines += ["", *advised] if advised else []
    return "\n".join(lines)


def _files(shown: _Shown) -> dict[str, str]:
    accounts = _accounts(shown)
    names = []
    for account in accounts:
        if len(accounts) > 1:
            names.append(printable(f"{account.email}:"))
        files = shown.service.files_of(account)
        names += [printable(f"{len(content):12}  {path}") for path, content in files.items()]
    return {
        "tree.txt": "\n".join(_tree(shown)),
        "links.txt": "\n".join(_links(shown)),
        "file_requests.txt": "\n".join(_file_requests(shown)),
        "calls.txt": "\n".join(_calls(shown)),
        "files.txt": "\n".join(names),
    }
