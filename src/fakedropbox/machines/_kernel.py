"""The machine without its rules: its settings, and the course of one example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from typing import Any, ClassVar

import requests
from dropbox.files import WriteMode
from hypothesis.stateful import initialize, invariant

from fakedropbox.login import Login
from fakedropbox.machines import _values as v
from fakedropbox.machines._accounts import Accounts
from fakedropbox.machines._calls import BYTES, Calls
from fakedropbox.machines._comparison import Pairs
from fakedropbox.machines._course import Course
from fakedropbox.machines._entries import Write
from fakedropbox.machines._example import Example
from fakedropbox.machines._tree import Numbers

_LONGEST_FETCH = 60.0


class Kernel(Course):
    """A machine that makes a client and some files, and compares the tree after each step."""

    folder: str = ""
    """The folder for the example, such as ``/test``; it is created, and deleted at the end."""

    urls: ClassVar[Mapping[str, bytes]] = {}
    """The data that `files_save_url` downloads, by URL; if empty, all these downloads fail."""

    papers: ClassVar[bool] = True
    """True to make Paper docs, too. Their revisions and exports are not in any recording."""

    pictures: ClassVar[bool] = find_spec("PIL") is not None
    """True to upload real pictures, for which the fake Dropbox needs Pillow."""

    _at_the_start: ClassVar[tuple[Callable[[Kernel], None], ...]] = ()
    """Functions of the modules with rules, which are called before the first file exists."""

    _after_each_step: ClassVar[tuple[Callable[[Kernel], None], ...]] = ()
    """Functions of the modules with rules, which are called after the comparison of the tree."""

    def __init__(self) -> None:
        super().__init__()
        self._accounts: Accounts | None = None

    def make_client(self) -> Any:
        """Return a client for one example: a `dropbox.Dropbox`, or an object that behaves alike."""
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method make_client() that returns a client"
        )

    def make_other_client(self) -> Any:
        """Return a client of another account of the same service, or None to test one account.

        By default, it is that of a new account on the plan of the service's first account, or None
        if the client has no `service`. The account has to be empty, as the first one.
        """
        service = getattr(self.dbx, "service", None)
        if service is None:
            return None
        account = service.accounts.create(
            f"other{len(service.accounts)}@example.com", plan=service.accounts.default.plan
        )
        return service.client(account=account)

    def make_app_client(self) -> Any:
        """Return a client of an app without a user, which reads shared links, or None.

        By default, it is one of the default app, or None if the client has no `service`.
        """
        service = getattr(self.dbx, "service", None)
        if service is None:
            return None
        login = service.login
        return service.client(Login(app_key=login.app_key, app_secret=login.app_secret))

    def fetch(self, link: str, content: bytes | None = None) -> Any:
        """Return the reply to a GET of a temporary link, or to a POST of data to it.

        The request is made with the client's own session, or with a new one if it has none.
        Override it for a client that has no `_session` and does not use the real Dropbox.
        """
        with ExitStack() as until_the_end:
            session = getattr(self.dbx, "_session", None)
            if session is None:
                session = until_the_end.enter_context(requests.Session())
            if content is None:
                return session.get(link, timeout=_LONGEST_FETCH)
            return session.post(link, content, headers=BYTES, timeout=_LONGEST_FETCH)

    @property
    def _current(self) -> Example | None:
        return None if self._accounts is None else self.example

    @property
    def accounts(self) -> Accounts:
        """The accounts of this example, for the rules that are about more than one."""
        assert self._accounts is not None, "begin() comes first"
        return self._accounts

    @property
    def example(self) -> Example:
        """The calls and the model of the current account, which the rules use."""
        return self.accounts.current

    @initialize(files=v.TREES)
    def begin(self, files: tuple[str, ...]) -> None:
        """Make the client, the folder if one is set, and some files."""
        self.dbx = self.make_client()
        self._files = files
        calls, pairs, numbers = Calls(self.dbx, self.tries, self.pause), Pairs(), Numbers()

        def example_of(calls: Calls, name: str) -> Example:
            return Example(
                calls,
                name=name,
                strict=self.strict,
                folder=self.folder,
                tries=self.tries,
                most_entries=self.most_entries,
                pause=self.pause,
                pairs=pairs,
                numbers=numbers,
            )

        first = example_of(calls, "dbx")
        other, app = self.make_other_client(), self.make_app_client()
        self._accounts = Accounts(
            first,
            None if other is None else example_of(calls.of(other, "other"), "other"),
            None if app is None else calls.of(app, "app"),
            self._prepare,
        )
        self._create_folder(first)
        for start in self._at_the_start:
            start(self)
        self._upload_files(first)

    def _prepare(self, example: Example) -> None:
        """Create the folder and the files of the second account."""
        self._create_folder(example)
        self._upload_files(example)

    def _create_folder(self, example: Example) -> None:
        """Create the folder if one is set."""
        if self.folder:
            made = example.calls.make("files_create_folder_v2", self.folder)
            if made.chain:
                raise ValueError(
                    f"folder: expected a path at which a folder can be created, got "
                    f"{self.folder!r}: {made.chain}"
                )
            example.until_the_end.callback(example.calls.make, "files_delete_v2", self.folder)

    def _upload_files(self, example: Example) -> None:
        with example.rule("begin") as calls:
            for number, path in enumerate(self._files):
                content, mode = b"y" if path in self._files[:number] else b"x", "overwrite"
                outcome = calls.make(
                    "files_upload", content, self.folder + path, mode=WriteMode(mode)
                )
                upload = partial(example.model.tree.upload, path, content, Write(mode))
                example.compare(upload, outcome)

    @invariant()
    def the_tree(self) -> None:
        """Compare all entries after each step, and make the checks of the modules with rules."""
        self.settle()
        with self.example.rule("the_tree"):
            self.example.check_tree()
            for check in self._after_each_step:
                check(self)

    def _clean_up(self) -> None:
        self.accounts.clean_up()


def has_sessions(machine: Kernel) -> bool:
    """Return whether any upload session has been started.

    It may have ended: the response for an ended session is that for an unknown one.
    """
    return bool(machine.example.pairs.numbers("session"))
