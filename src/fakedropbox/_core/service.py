"""The core of a service, without ways for clients to reach it: files, accounts, snapshots."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, SupportsIndex, get_args

from dropbox.sharing import ShareFolderArg

from fakedropbox._api.app_folders import make_ready
from fakedropbox._api.error_tags import all_chains
from fakedropbox._api.file_requests.metadata import PATH as REQUEST_PATH
from fakedropbox._api.sharing.folder_mounts import mount as mount_folder
from fakedropbox._api.sharing.folders import share
from fakedropbox._api.sharing.member_changes import GIVEN, join
from fakedropbox._base.chance import Chance
from fakedropbox._base.checks import expect
from fakedropbox._base.contents import Contents
from fakedropbox._base.deprecation import renamed
from fakedropbox._base.forks import Guard
from fakedropbox._base.public import names_arguments
from fakedropbox._base.undo import Mark
from fakedropbox._core.gate import Gate
from fakedropbox._core.logins import Logins, linking_admin, refuse_folder_of_app
from fakedropbox._core.seeds import seed_of
from fakedropbox._core.tree_text import tree_text
from fakedropbox._core.webhooks import Webhooks
from fakedropbox._core.world import build_world, call_of, known
from fakedropbox._facts import TEAM_SCOPES
from fakedropbox._facts.hosts import SITE
from fakedropbox._files.blobs import content_hash
from fakedropbox._files.nodes import File, Folder
from fakedropbox._files.paths import fold
from fakedropbox._files.places import Place, View
from fakedropbox._files.store import Commit
from fakedropbox._files.tree import everything_below
from fakedropbox._files.web import Source
from fakedropbox._identity.accounts import Account, Accounts, Team
from fakedropbox._identity.apps import (
    App,
    Apps,
    checked_redirects,
    checked_scopes,
    is_folder_name,
)
from fakedropbox._identity.codes import access_request
from fakedropbox._identity.teams import Teams
from fakedropbox._web import call_names
from fakedropbox._web.file_request import open_request, receive, shown_name
from fakedropbox.calls import Calls, World
from fakedropbox.clock import EPOCH, NAIVE_EPOCH, Clock, ManualClock
from fakedropbox.errors import PageRefused, RouteError, SnapshotInvalid
from fakedropbox.login import Login
from fakedropbox.personality import Personality, preset

if TYPE_CHECKING:  # the gate imports the faults when it needs them
    from fakedropbox.faults import FaultPlan

ResetTo = Literal["beginning", "seed"]
"""The states to which a service can be reset."""

_OVERWRITE = Commit(mode="overwrite")


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A state of one service, which `FakeDropboxService.snapshot` returns and `restore` takes.

    Taking one costs nothing up front. Its fields are for the service only.
    """

    service: Service
    mark: Mark
    chance: dict[str, int]
    faults: Any
    stubs: Any
    calls: Any
    clock: Any
    login: Login
    web: Any


class Service:
    """One Dropbox in memory; `FakeDropboxService` adds the ways for clients to reach it.

    ``scopes`` are the scopes of the default login.
    """

    @names_arguments("FakeDropboxService")
    def __init__(
        self,
        seed: int | str | Path | Callable[[Any], object] = 0,
        personality: Personality | str | None = None,
        *,
        clock: Clock | None = None,
        scopes: Iterable[str] | None = None,
        app_folder: str | None = None,
        plan: str = "basic",
        redirect_uris: Iterable[str] = (),
        auto_approve: bool = False,
        login: Login | None = None,
        files: Mapping[str, bytes] | None = None,
        max_calls: int | None = 10_000,
    ) -> None:
        expect("personality", personality, Personality, str, type(None))
        expect("clock", clock, Clock, type(None))
        expect("app_folder", app_folder, str, type(None))
        if app_folder is not None and not is_folder_name(app_folder):
            raise ValueError(f"app_folder: expected the name of a folder, got {app_folder!r}")
        expect("login", login, Login, type(None))
        expect("files", files, Mapping, type(None))
        expect("max_calls", max_calls, int, type(None))
        if max_calls is not None and max_calls < 1:
            raise ValueError(f"max_calls: expected a number above 0 or None, got {max_calls!r}")
        if not isinstance(personality, Personality):
            personality = preset("recorded" if personality is None else personality)
        self._clock = clock or ManualClock()
        self._calls = Calls(call_names(), all_chains, lambda: self.accounts, self._clock, max_calls)
        self._started = self._state_of_clock()
        guard = Guard("service")
        self._life = 0
        app = {
            "folder": app_folder,
            "redirect_uris": checked_redirects(redirect_uris),
            "auto_approve": auto_approve,
        }
        self._seed = seed_of(seed)
        self._build: Callable[[], World] = lambda: build_world(
            self._clock,
            Chance(self._seed.chance, self._life),
            personality,
            login,
            app,
            plan,
            guard,
        )
        self._scopes = checked_scopes(scopes)
        self._wanted = login or Login()
        self._seeds = dict(files or {})
        self.gate = Gate(self._build(), self._calls, guard)
        self._logins = Logins(self.gate)
        self._webhooks = Webhooks(self.gate)
        self._scratches: list[Mark] = []
        self._resets = Guard("service")
        self._begin()
        self._fill()

    def _begin(self) -> None:
        """Make the initial state in a new world, without the user's own seed."""
        self._login = self._logins.create(scopes=self._scopes, login=self._wanted)
        self.seed_files(self._seeds)

    def _fill(self) -> None:
        """Call the user's own seed; its threads can call the service, too."""
        if self._seed.fill is not None:
            self._seed.fill(self)
            self.calls.clear()

    def reset(self, to: ResetTo = "beginning") -> None:
        """Reset to the initial state: login and files; no calls, faults or stubs.

        Clients of the default login stay usable; earlier snapshots and cursors become invalid.
        While a seed of your own fills the service, other threads can call it: those of the seed,
        but also those of the test, which then see only a part of the data. Two resets never run at
        once.

        Args:
            to: ``seed`` for the state after your own seed, a file or function that was given as
                ``seed``: with the same ids, revisions, links, logins, planned faults and, on a
                `ManualClock`, times. Values that are generated later are the same, too, except
                cursors and tokens, which are never given twice. ``beginning`` for the state
                before the seed.

        Raises:
            ValueError: ``to`` is ``seed``, but the service has no seed of your own.
            SnapshotInvalid: it is called within `scratch` or a simulation, such as by a worker of
                `interleavings`, which could then no longer restore their state.
            Exception: the function that is the seed raised it; the service is as it was before.
            OSError: the state file of the service's server cannot be written; the same.
        """
        if to not in get_args(ResetTo):
            raise ValueError(f"to: expected 'beginning' or 'seed', got {to!r}")
        if to == "seed" and self._seed.fill is None:
            raise ValueError(
                "to: expected 'beginning', as the service has no seed of your own, got 'seed'; "
                "give it one by FakeDropboxService(seed='seed.toml'), the marker, or the setting "
                "fakedropbox_seed"
            )
        if self._scratches:
            raise SnapshotInvalid(
                "reset(): expected to be called outside scratch(), which goes back to the state "
                "at its beginning; end the scratch() first"
            )
        if self.gate.is_watched:
            raise SnapshotInvalid(
                "reset(): expected to be called outside a simulation, which goes back to the state "
                "at its beginning; prepare the service before the simulation"
            )
        with self._resets.lock, self._as_before_if_it_fails():
            earlier = self.gate.world
            with self.gate.lock:
                self._resume_clock(self._started)
                self.calls.clear()
                self.faults.clear()
                self.gate.stubs.clear()
                # A world from a state file has its own number of resets, which may be greater.
                self._life = max(self._life, earlier.chance.life) + 1
                self.gate.world = self._build()
                self._begin()
                if to == "beginning":
                    self._go_on_after(earlier)
                    self.gate.save()
                    return
            # Without the lock: the seed may wait for threads of its own, which need the lock.
            self._fill()
            with self.gate.lock:
                self._go_on_after(earlier)
                self.gate.save()

    def _go_on_after(self, earlier: World) -> None:
        """Keep clients from before a reset usable, and give no token twice."""
        self.gate.world.tokens.adopt(earlier.tokens)
        self.gate.world.chance.go_on_after(earlier.chance)

    @contextmanager
    def _as_before_if_it_fails(self) -> Iterator[None]:
        """Undo what a reset has done if an error ends it, of the seed or of a state file."""
        with self.gate.lock:
            world, login, clock = self.gate.world, self._login, self._state_of_clock()
            calls, faults, stubs = self.calls.state(), self.faults.state(), self.gate.stubs.state()
        try:
            yield
        except BaseException:
            with self.gate.lock:
                self.gate.world, self._login = world, login
                self.calls.resume(calls)
                self.faults.resume(faults)
                self.gate.stubs.resume(stubs)
                self._resume_clock(clock)
            raise

    # Inspection and control by tests

    @property
    def calls(self) -> Calls:
        """The recorded calls, in order: a sequence of `CallRecord`, and `len()` is their number.

        Refused and failed calls, attempts that the SDK retried, and requests of tokens are
        recorded, too. No record contains a secret. The last ``max_calls`` are kept.
        """
        return self._calls

    @property
    def faults(self) -> FaultPlan:
        """The plan of the faults that will happen, such as ``rate_limit("files/upload")``.

        Each kind of fault in `fakedropbox.faults` is a method that plans it.
        """
        return self.gate.faults

    @property
    def clock(self) -> Clock:
        """The clock of the service; by default a `ManualClock`, which ignores the real time.

        File times, the expiry of tokens and links, and the delays of faults depend on it. Pauses
        of the direct client, and of the SDK under `activate`, advance it instead of waiting;
        ``clock.advance(seconds)`` advances it directly.
        """
        return self._clock

    @property
    def personality(self) -> Personality:
        """The service's behaviour where that of the real service is not certain.

        It cannot be changed: make a service with another one.
        """
        return self.gate.world.personality

    @property
    def login(self) -> Login:
        """The login of the default app and the default account, which `client` uses.

        Another login may be assigned, such as one of `Logins.create`; `reset` makes a new one.
        """
        return self._login

    @login.setter
    def login(self, login: Login) -> None:
        expect("login", login, Login)
        self._login = login

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes of the default login's token, such as ``files.content.write``."""
        return self._scopes

    # State, for tests; no access to it is recorded as a call

    def _view(self, account: Account | None = None) -> View:
        world = self.gate.world
        return world.files.views[known(world, account, None)[0].namespace_id]

    @property
    def files(self) -> dict[str, bytes]:
        """The default account's files: content by `path_display`, such as ``{"/a.txt": b"1"}``.

        It is a copy, without folders, which refuses changes; `seed_files` puts files into the
        account. `files_of` returns the files of another account.
        """
        return self.files_of(self.accounts.default)

    def files_of(self, account: Account) -> dict[str, bytes]:
        """Return an account's files in the form of `files`.

        Raises:
            ValueError: ``account`` is of another service.
        """
        expect("account", account, Account)
        with self.gate.lock:
            view = self._view(account)
            return Contents(
                (view.paths(node)[1], node.blob.read())
                for node in everything_below(view.base)
                if isinstance(node, File)
            )

    def read(self, path: str, *, account: Account | None = None) -> bytes:
        """Return the content of one file.

        Args:
            path: the file's path, such as ``/a.txt``, in upper or lower case, or its id.
            account: the account that the file belongs to; the default account unless given.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: ``account`` is of another service.
        """
        expect("path", path, str)
        with self.gate.lock:
            view = self._view(account)
            try:
                node = view.node(path)
            except RouteError:
                node = None
            if not isinstance(node, File):
                raise FileNotFoundError(f"path: no file at {path!r}")
            return node.blob.read()

    @property
    def web(self) -> Source:
        """The web as `save_url` sees it: content by URL, or a function.

        The function takes a URL and returns the content, or None if there is none. The network
        is never used, and the links of the service are not followed: a function can download
        their content with `session`. A dict may be filled in place, or replaced by assigning to
        this property.

        Raises:
            TypeError: the assigned value is neither a mapping nor a function.
        """
        return self.gate.world.web.source

    @web.setter
    def web(self, source: Source) -> None:
        if not callable(source):
            expect("web", source, Mapping)
        self.gate.world.web.source = source

    def stub(self, route: str, answer: Any) -> None:
        """Answer the calls of a route that is not faked, until `reset`.

        Credentials and scopes are checked, faults happen, and each call is recorded, with
        `CallRecord.stub` set.

        Args:
            route: the name of the route on the wire, such as ``riviera/get_text_async``.
            answer: the result, an object of the type that the SDK returns (None if it returns
                none), or a function of the `Call` that returns the result. The result of a
                download is a tuple of the object and the content. A function may raise
                `errors.RouteError`.

        Raises:
            TypeError: the result is not one of the route's, in the types of the SDK; for a
                function, this is raised by the call.
            ValueError: there is no such route, or it is faked.

        >>> from dropbox.async_ import LaunchResultBase
        >>> from fakedropbox import FakeDropboxService
        >>> service = FakeDropboxService()
        >>> service.stub("riviera/get_text_async", LaunchResultBase.async_job_id("1"))
        >>> service.client().riviera_get_text_async().get_async_job_id()
        '1'
        >>> list(service.calls)
        [<riviera/get_text_async (stub): ok>]
        """
        with self.gate.lock:
            self.gate.stubs.add(route, answer)

    @names_arguments("seed_files")
    def seed_files(
        self,
        files: Mapping[str, bytes],
        *,
        folders: Iterable[str] = (),
        client_modified: datetime | Mapping[str, datetime] | None = None,
        account: Account | None = None,
    ) -> None:
        """Put files into an account, replacing existing ones: all of them or none.

        Args:
            files: content by path. A path that ends in a slash, with the content ``b""``, is a
                folder.
            folders: paths of folders to create as well, if they do not exist.
            client_modified: the ``client_modified`` of all files, or of some of them by path;
                the time of the service's clock unless given. Without a time zone it is in UTC.
                The ``server_modified`` is always the time of the clock.
            account: the account that they are put into; the default account unless given.

        Raises:
            ValueError: a path has no leading slash, or Dropbox refuses it, two paths are of one
                item, such as ``/a`` and ``/A``, a folder has content, ``client_modified`` has a
                path that is not one of the files or of a file that has this content already, or
                ``account`` is of another service.
            TypeError: the content of a file is not bytes, or a time is not a datetime.
        """
        expect("files", files, Mapping)
        expect("folders", folders, Iterable)
        if isinstance(folders, str):
            raise TypeError(f"folders: expected a collection of paths, got {folders!r}")
        store, view = self.gate.world.files, self._view(account)
        times = _seed_times(files, client_modified)
        contents, empty = [], []
        _expect_different(files)
        for path, content in files.items():
            is_folder = path.endswith("/") and len(path) > 1
            place = _seed_place(view, "files", path.removesuffix("/") if is_folder else path)
            if not isinstance(content, bytes):
                raise TypeError(
                    f"files: expected bytes at {place.shown!r}, got {type(content).__name__}"
                )
            if not is_folder:
                contents.append((place, content, times.get(path)))
            elif content:
                raise ValueError(f"files: expected no content of the folder {path!r}, got some")
            else:
                empty.append(place)
        empty += [_seed_place(view, "folders", path) for path in folders]
        with self.gate.lock, store.undone_if_refused():
            for place, content, time in contents:
                how = _OVERWRITE._replace(client_modified=time)
                with _refused_as_value("files", place.shown):
                    file = store.write(place, content_hash(content), content, how)
                if time not in (None, file.client_modified):
                    raise ValueError(
                        f"client_modified: expected the time of a new file or content, but "
                        f"{place.shown!r} has this content already, and Dropbox keeps its time"
                    )
            for place in empty:
                with _refused_as_value("folders", place.shown):
                    if not isinstance(place.there, Folder):
                        store.make_folder(place, autorename=False)
            store.settle()

    def share_folder(
        self,
        path: str,
        *,
        account: Account | None = None,
        members: Iterable[Account | tuple[Account, str]] = (),
        mount: bool = True,
    ) -> str:
        """Share a folder of an account with other accounts, and return its id.

        If it fails, nothing is changed. Each member has the folder in the root of his files, under
        its name, or under another one if that is taken. A path that begins with ``ns:`` and the id
        is the same for all of them.

        Args:
            path: the folder's path, such as ``/Docs``; a missing folder is created.
            account: the owner of the folder; the default account unless given.
            members: the other members, each an account, or a pair of an account and its role:
                ``editor``, the default, ``viewer`` or ``viewer_no_comment``.
            mount: True to put the folder among the members' files; False to let them mount it
                themselves, by ``sharing/mount_folder``.

        Raises:
            ValueError: Dropbox refuses to share the folder, ``members`` has an unknown role,
                the owner, or an account twice, or an account is of another service.
            TypeError: an argument has the wrong type.

        >>> from fakedropbox import FakeDropboxService
        >>> service = FakeDropboxService(files={"/Docs/a.txt": b"1"})
        >>> bob = service.accounts.create("bob@example.com")
        >>> folder = service.share_folder("/Docs", members=[bob])
        >>> service.read("/docs/a.txt", account=bob)
        b'1'
        """
        world, view = self.gate.world, self._view(account)
        owner, _ = known(world, account, None)
        _seed_place(view, "path", path)
        roles = _roles(world, owner, members)
        call = call_of(world, owner, "sharing/share_folder")
        with self.gate.lock, world.files.undone_if_refused():
            with _refused_as_value("path", path):
                shared = share(call, owner, ShareFolderArg(path))
            for member, role in roles.items():
                join(world, shared, member, role)
                if mount:
                    with _refused_as_value("members", member.email):
                        mount_folder(world, shared, member)
            world.files.settle()
        return shared.id

    def upload_to_request(
        self, request: str, files: Mapping[str, bytes], *, sender: str = "Some Body"
    ) -> list[str]:
        """Upload to a file request, as a stranger does on its page: all of the files or none.

        Return the paths of the new files among those of the owner, in which Dropbox adds the name
        of the sender to theirs.

        Args:
            request: the URL of the request, or its id.
            files: content by the name of the file.
            sender: the name that the stranger enters.

        Raises:
            ValueError: there is no such request, it is closed, or Dropbox refuses the upload.
            TypeError: an argument has the wrong type.

        >>> from fakedropbox import FakeDropboxService
        >>> service = FakeDropboxService()
        >>> request = service.client().file_requests_create("Homework", "/Homework")
        >>> service.upload_to_request(request.url, {"essay.txt": b"1"}, sender="Ada L")
        ['/Homework/essay - Ada L.txt']
        """
        expect("request", request, str)
        expect("files", files, Mapping)
        expect("sender", sender, str)
        if not files:
            raise ValueError("files: expected at least one file, got none")
        for name, content in files.items():
            expect("files", name, str)
            if not isinstance(content, bytes):
                raise TypeError(f"files: expected bytes at {name!r}, got {type(content).__name__}")
        name = shown_name(sender)
        if not name:
            raise ValueError(f"sender: expected a name, got {sender!r}")
        world = self.gate.world
        with self.gate.lock:
            try:
                found = open_request(world, request.removeprefix(f"{SITE}{REQUEST_PATH}"))
            except PageRefused as error:
                expected = "expected the URL or id of an open request"
                raise ValueError(f"request: {expected}, got {request!r}: {error}") from error
            try:
                return receive(world, found, name, files.items())
            except PageRefused as error:
                names = reprlib.repr(list(files))
                expected = "expected files that the request can receive"
                raise ValueError(f"files: {expected}, got {names}: {error}") from error

    def tree(self, *, account: Account | None = None) -> str:
        """Return the files and folders of an account, by default the default one, as text.

        Each folder's entries are indented below it. A shared folder shows its owner and the
        other members with their roles; those that the account has not mounted come last.

        Raises:
            ValueError: ``account`` is of another service.
        """
        with self.gate.lock:
            return tree_text(self.gate.world, known(self.gate.world, account, None)[0])

    def snapshot(self) -> Snapshot:
        """Return a snapshot of the current state, for `restore`."""
        with self.gate.lock:
            return Snapshot(
                service=self,
                mark=self.gate.world.files.undo.mark(),
                chance=self.gate.world.chance.state(),
                faults=self.faults.state(),
                stubs=self.gate.stubs.state(),
                calls=self.calls.state(),
                clock=self._state_of_clock(),
                login=self._login,
                web=self.gate.world.web.state(),
            )

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a snapshot: files, people, apps, tokens, faults, stubs, calls, chance and time.

        The default login (`login`) and the `web` are restored, too; a dict of the web gets the data
        that it had. The time is restored only on a `ManualClock`. The snapshot and older ones stay
        valid.

        Raises:
            SnapshotInvalid: it was taken of another service, after a state that has been
                restored since, before a `reset`, or before a `scratch` that has not ended.
        """
        expect("snapshot", snapshot, Snapshot)
        if snapshot.service is not self:
            raise SnapshotInvalid(
                "snapshot: expected a snapshot of this service, got one of another service"
            )
        with self.gate.lock:
            if any(mark.serial > snapshot.mark.serial for mark in self._scratches):
                raise SnapshotInvalid(
                    "snapshot: expected one that was taken within the scratch(), got one from "
                    "before the scratch(); end the scratch() first"
                )
            self.gate.world.files.restore(snapshot.mark)
            self.gate.world.chance.resume(snapshot.chance)
            self.faults.resume(snapshot.faults)
            self.gate.stubs.resume(snapshot.stubs)
            self.calls.resume(snapshot.calls)
            self._resume_clock(snapshot.clock)
            self._login = snapshot.login
            self.gate.world.web.resume(snapshot.web)

    def _state_of_clock(self) -> Any:
        return self.clock.state() if isinstance(self.clock, ManualClock) else None

    def _resume_clock(self, state: Any) -> None:
        if isinstance(self.clock, ManualClock):
            self.clock.resume(state)

    @contextmanager
    def scratch(self) -> Iterator[Self]:
        """Roll back all changes at the end of the context, such as after a Hypothesis example.

        What is rolled back is what `restore` restores, also the default login and the `web`. The
        context gives the service itself.

        Raises:
            UnfiredFault: a fault that was planned in the context has happened less often than
                planned by its end.
        """
        before = self.snapshot()
        self._scratches.append(before.mark)
        try:
            yield self
            self.faults.verify(besides=[fault for fault, *_ in before.faults])
        finally:
            self._scratches.remove(before.mark)
            self.restore(before)

    # Accounts, apps and logins
    @property
    def accounts(self) -> Accounts:
        """All accounts: an iterable of `Account`; `Accounts.default` is the default one.

        `Accounts.create` makes another one.
        """
        return self.gate.world.accounts

    @property
    def teams(self) -> Teams:
        """All teams: an iterable of `Team`; `Teams.create` makes one."""
        return self.gate.world.teams

    @property
    def apps(self) -> Apps:
        """All apps: an iterable of `App`; `Apps.default` is the default one.

        `Apps.create` makes another one.
        """
        return self.gate.world.apps

    @property
    def logins(self) -> Logins:
        """The factory of logins: `Logins.create` links an app to an account."""
        return self._logins

    @renamed("service.create_account", "service.accounts.create")
    def create_account(
        self, email: str, given_name: str = "Other", surname: str = "User"
    ) -> Account:
        """Create an account: the old name of `Accounts.create`."""
        return self.accounts.create(email, f"{given_name} {surname}")

    @renamed("service.link", "service.logins.create")
    def link(
        self,
        account: Account | None = None,
        app: App | None = None,
        scopes: Iterable[str] | None = None,
        wanted: Login | None = None,
    ) -> Login:
        """Link an app to an account: the old name of `Logins.create`."""
        return self.logins.create(account, app, scopes, wanted)

    def authorize(
        self,
        app: App | None = None,
        account: Account | None = None,
        scopes: Iterable[str] | None = None,
        *,
        redirect_uri: str | None = None,
        code_challenge: str | None = None,
        code_challenge_method: str | None = None,
        token_access_type: str | None = None,
        team: Team | None = None,
    ) -> str:
        """Approve an app, as the account's owner would on Dropbox's page, and return the code.

        With a team, or if ``scopes`` name a scope of teams, an administrator approves it for the
        team: the tokens are then those of the team, for `dropbox.DropboxTeam`.

        Args:
            app: the default app unless given.
            account: the default account unless given; for a team, the administrator who links
                the app, the first one unless given.
            scopes: the scopes that the app asks for; unless given, all that it is enabled for
                except OpenID's.
            redirect_uri: the redirect URI, which must be repeated when the code is redeemed.
            code_challenge: the PKCE challenge, which makes the app's secret unnecessary.
            code_challenge_method: ``S256``, or ``plain``, which is RFC 7636's default.
            token_access_type: ``offline`` for a refresh token, ``legacy`` for an access
                token that never expires, ``online`` (the default) for neither.
            team: the team that the app asks for; if only ``scopes`` ask for one, that of the
                account, or the first one.

        Raises:
            ValueError: the account, the app or the team is of another service, an argument has
                an invalid value, the account is not an administrator of the team, or a team is
                asked for by an app that has only its folder.
        """
        expect("team", team, Team, type(None))
        owner, app = known(self.gate.world, account, app)
        request = access_request(
            app,
            scopes,
            redirect_uri=redirect_uri,
            code_challenge=code_challenge,
            code_challenge_method=code_challenge_method,
            token_access_type=token_access_type,
        )
        with self.gate.lock:
            world = self.gate.world
            if team is None and scopes is not None and not TEAM_SCOPES.isdisjoint(request.scopes):
                team = world.teams.default if account is None else _team_of(account)
            refuse_folder_of_app(team, app)
            if team is not None:
                owner = linking_admin(world, team, account)
            return world.tokens.approve(owner, request, make_ready(world, owner, app), team)

    def set_quota(self, account: Account, allocated: int) -> None:
        """Set an account's quota in bytes; files that already exceed it are kept."""
        expect("account", account, Account)
        expect("allocated", allocated, int)
        if allocated < 0:
            raise ValueError(f"allocated: expected a number of bytes, got {allocated!r}")
        known(self.gate.world, account, None)
        with self.gate.lock:
            files = self.gate.world.files
            files.set_capacity(files.trees[account.namespace_id], allocated)

    def expiry_of(self, access_token: str) -> datetime | None:
        """Return the expiry of an access token as the SDK counts it: naive, in UTC.

        Return None if the token never expires or is unknown.
        """
        tokens = self.gate.world.tokens
        grant = tokens.grant(access_token)
        end = None if grant is None else tokens.end_of(grant)
        return None if end is None else NAIVE_EPOCH + timedelta(microseconds=end)

    @property
    def webhooks(self) -> Webhooks:
        """The webhooks of all apps: `Webhooks.add` registers one, `deliver` sends what is due."""
        return self._webhooks

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__}: it cannot be copied or pickled. In Django's tests, which copy "
            "what setUpTestData assigns, make it in setUpClass, and begin each test with "
            "scratch(). Other processes reach it through serve()"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self.calls)} calls>"


def _team_of(account: Account) -> Team:
    """Return the team of an account for which an app asks for scopes of teams.

    Raises:
        ValueError: it is not a member of a team.
    """
    if account.team is None:
        raise ValueError(
            f"account: expected an administrator of a team, as the scopes are those of teams, "
            f"got {account!r}"
        )
    return account.team


@contextmanager
def _refused_as_value(argument: str, path: str) -> Iterator[None]:
    """Turn a route's refusal into an error about an argument.

    Raises:
        ValueError: Dropbox refuses ``path``.
    """
    try:
        yield
    except RouteError as error:
        raise ValueError(f"{argument}: Dropbox refuses {path!r}: {error}") from error


def _roles(
    world: World, owner: Account, members: Iterable[Account | tuple[Account, str]]
) -> dict[Account, str]:
    """Return the role of each member of a folder that is to be shared.

    Raises:
        TypeError, ValueError: they cannot be its members.
    """
    expect("members", members, Iterable)
    roles: dict[Account, str] = {}
    for each in members:
        match each:
            case Account() as account:
                role = "editor"
            case (Account() as account, str() as role):
                pass
            case _:
                raise TypeError(
                    f"members: expected accounts, or pairs of an account and its role, got {each!r}"
                )
        if account not in world.accounts:
            raise ValueError(f"members: expected accounts of this service, got {account!r}")
        if role not in GIVEN:
            raise ValueError(f"members: expected a role of {', '.join(GIVEN)}, got {role!r}")
        if account == owner or account in roles:
            raise ValueError(
                f"members: expected each account once, and not the owner, got {account.email!r}"
                + ("" if account == owner else " twice")
            )
        roles[account] = role
    return roles


def _expect_different(paths: Iterable[str]) -> None:
    """Check that no two paths are of one item, as one of the two would be lost silently.

    Raises:
        TypeError, ValueError: a path is not a str, or two are of one item.
    """
    found: dict[str, str] = {}
    for path in paths:
        expect("files", path, str)
        twin = found.setdefault(fold(path.removesuffix("/")), path)
        if twin != path:
            raise ValueError(
                f"files: expected paths of different items, got {twin!r} and {path!r}, which are "
                "the same in Dropbox"
            )


def _seed_times(
    files: Mapping[str, bytes], times: datetime | Mapping[str, datetime] | None
) -> dict[str, int]:
    """Return the modification times, in seconds since 1970, of the files for which they are given.

    Raises:
        TypeError, ValueError: a time is not a datetime, or not that of a file.
    """
    expect("client_modified", times, datetime, Mapping, type(None))
    if not isinstance(times, Mapping):
        times = {} if times is None else dict.fromkeys(files, times)
    elif folder := next((path for path in times if path in files and path.endswith("/")), None):
        raise ValueError(
            f"client_modified: expected paths of files, got the folder {folder!r}, and folders "
            "have no time in Dropbox"
        )
    found = {}
    for path, moment in times.items():
        expect("client_modified", moment, datetime)
        if path not in files:
            raise ValueError(f"client_modified: expected paths of the files, got {path!r}")
        found[path] = (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)) - EPOCH
    return {path: since // timedelta(seconds=1) for path, since in found.items()}


def _seed_place(view: View, argument: str, path: str) -> Place:
    """Return the place of a path to be seeded.

    Raises:
        TypeError, ValueError: it is not a path that can be seeded.
    """
    expect(argument, path, str)
    if not path.startswith("/"):
        raise ValueError(f"{argument}: expected paths that begin with a slash, got {path!r}")
    with _refused_as_value(argument, path):
        return view.place(path)
