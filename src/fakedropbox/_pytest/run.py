"""`pytest --fake-dropbox`: one service for a whole run of an unmodified test suite."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import pytest

from fakedropbox._base.environ import changed_environ
from fakedropbox._core.folder import read_folder
from fakedropbox._facts.hosts import UNREACHABLE
from fakedropbox._page.used import printable
from fakedropbox._pytest.failures import TITLE, failures
from fakedropbox.clock import SkippingClock
from fakedropbox.login import Login
from fakedropbox.personality import Personality
from fakedropbox.service import FakeDropboxService

ENV = "--fake-dropbox-env"
FILES = "--fake-dropbox-files"
REPORT = "--fake-dropbox-report"
VALUES = tuple(field.name for field in fields(Login))

_VARIABLE = re.compile(r"[^=\s\x00]+")


def _refuse(option: str, expected: str, value: object, because: object = "") -> NoReturn:
    reason = f": {because}" if because else ""
    raise pytest.UsageError(f"{option}: expected {expected}, got {value!r}{reason}")


class RunPlugin:
    """The pytest plugin with the service of a run, which prints a header and a report.

    The report adds up the counts of all workers of pytest-xdist.
    """

    def __init__(self, service: FakeDropboxService, about: str, report: bool) -> None:
        self.service = service
        self._about = about
        self._report = report
        self._sums = {kind: Counter[str]() for kind in ("calls", "refused", "missing")}
        self._silent = 0

    def pytest_report_header(self) -> str:
        """Return a header line that says that the run uses a fake Dropbox."""
        return f"{TITLE}: for the whole run, {self._about}"

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Count the calls of the run, once the last fixture has been torn down.

        A worker of pytest-xdist sends its counts to the controller, which prints the report.
        """
        result = yield
        self._add(counted(self.service))
        config = session.config
        if hasattr(config, "workeroutput"):
            config.workeroutput[__name__] = {kind: dict(sums) for kind, sums in self._sums.items()}
        elif self._report and not config.pluginmanager.hasplugin("terminalreporter"):
            print(f"\n{TITLE}", *self.lines(), sep="\n")  # noqa: T201 -- no terminal plugin
        return result

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the counts of a worker of pytest-xdist."""
        figures = getattr(node, "workeroutput", {}).get(__name__)
        if figures is None:
            self._silent += 1
        else:
            self._add(figures)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the report."""
        if self._report:
            terminalreporter.section(TITLE)
            for line in self.lines():
                terminalreporter.line(line)

    def _add(self, figures: dict[str, Any]) -> None:
        for kind, sums in self._sums.items():
            sums.update(figures[kind])

    def lines(self) -> list[str]:
        """Return the report: calls, calls without success, and what is not faked, with counts."""
        calls, refused, missing = self._sums.values()
        lines = [f"{sum(calls.values())} calls", *_table(calls)]
        for title, sums in (
            (f"{sum(refused.values())} of them without success", refused),
            (f"{sum(missing.values())} times something that is not faked", missing),
        ):
            lines += [title, *_table(sums)] if sums else []
        if self._silent:
            lines.append(f"not counted: {self._silent} workers that crashed")
        return lines


def counted(service: FakeDropboxService) -> dict[str, Counter[str]]:
    """Return the number of calls of each route, of each failure, and of each unfaked request."""
    records = list(service.calls)
    return {
        "calls": Counter(record.route for record in records),
        "refused": Counter(f"{r.route}: {r.outcome}" for r in records if r.outcome != "ok"),
        "missing": service.calls.missing,
    }


def _table(sums: Counter[str]) -> Iterator[str]:
    for name, count in sorted(sums.items(), key=lambda item: (-item[1], item[0])):
        yield printable(f"{count:7}  {name}")


def begin(
    config: pytest.Config,
    personality: Personality | None = None,
    own_seed: Callable[[], Any] = int,
) -> None:
    """Activate a service until the end of the run; ``own_seed`` returns its seed.

    Raises:
        UsageError: the value of an option is wrong; the message names the option.
    """
    options = config.known_args_namespace
    if not options.fake_dropbox:
        given = {
            ENV: options.fake_dropbox_env,
            FILES: options.fake_dropbox_files is not None,
            REPORT: options.fake_dropbox_report,
        }
        alone = ", ".join(option for option, value in given.items() if value)
        raise pytest.UsageError(f"{alone}: expected --fake-dropbox as well")
    wanted = variables(options.fake_dropbox_env)
    files: dict[str, bytes] = {}
    if options.fake_dropbox_files is not None:
        files = files_in(options.fake_dropbox_files, config.invocation_params.dir)
    try:
        service = FakeDropboxService(
            own_seed(), personality, clock=SkippingClock(), files=files, max_calls=None
        )
    except ValueError as error:
        raise pytest.UsageError(f"fakedropbox_seed: {printable(str(error))}") from error
    copied = sum(not path.endswith("/") for path in files)
    values = {name: str(getattr(service.login, field)) for name, field in wanted.items()}
    until_the_end = ExitStack()
    config.add_cleanup(until_the_end.close)
    until_the_end.enter_context(changed_environ(values))
    until_the_end.enter_context(service.activate(block_children=not _has_workers(options)))
    about = f"files: {copied}, environment: {', '.join(sorted(values)) or 'as it was'}"
    config.pluginmanager.register(RunPlugin(service, about, options.fake_dropbox_report), __name__)


def _has_workers(options: argparse.Namespace) -> bool:
    """Return whether pytest-xdist runs the tests in other processes, each with its own service."""
    return bool(getattr(options, "numprocesses", None) or getattr(options, "tx", None))


def configure(config: pytest.Config) -> None:
    """Show the run's service in reports of failures; keep an xdist worker's children off Dropbox.

    Raises:
        UsageError: the plugin was loaded too late, so that `begin` was not called.
    """
    run: RunPlugin | None = config.pluginmanager.get_plugin(__name__)
    if run is None:
        raise pytest.UsageError(
            "--fake-dropbox: expected the plugin to be loaded before any conftest, but a "
            "conftest loaded it; use `-p fakedropbox.pytest_plugin`"
        )
    failures(config).of_the_run = run.service
    if hasattr(config, "workerinput"):  # set by pytest-xdist in a worker, after `begin`
        until_the_end = ExitStack()
        config.add_cleanup(until_the_end.close)
        until_the_end.enter_context(changed_environ(UNREACHABLE))


def variables(arguments: Iterable[str]) -> dict[str, str]:
    """Return the field of the login for each environment variable that is to be set.

    Raises:
        UsageError: an argument is not NAME=FIELD, the field is unknown, or a name is given
            twice with different fields.
    """
    expected = f"NAME={'|'.join(VALUES)}"
    found: dict[str, str] = {}
    for argument in arguments:
        name, _, value = argument.partition("=")
        if not _VARIABLE.fullmatch(name) or value not in VALUES:
            _refuse(ENV, expected, argument)
        if found.setdefault(name, value) != value:
            _refuse(ENV, "each name only once", argument, f"{name} is {found[name]} already")
    return found


def files_in(value: str, base: Path) -> dict[str, bytes]:
    """Return the files in a directory, and its empty folders, as the argument of a service.

    Raises:
        UsageError: it is not a directory, or it cannot be copied; see `read_folder`.
    """
    try:
        top = base / value
        if not value or not top.is_dir():
            _refuse(FILES, "a directory", value)
        files, folders = read_folder(top)
        files |= {f"{folder}/": b"" for folder in folders}
        # Tried without the seed, whose own errors would look the same.
        FakeDropboxService(files=files)
    except (OSError, ValueError) as error:
        _refuse(FILES, "a directory to copy", value, printable(str(error)))
    return files
