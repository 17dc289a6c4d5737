"""The service: one Dropbox, with its accounts, apps and files, and all doors to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any

from fakedropbox._checks import expect
from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox._files.blobs import content_hash
from fakedropbox._files.nodes import File
from fakedropbox._files.places import Place, View
from fakedropbox._files.store import Commit
from fakedropbox._files.web import Source
from fakedropbox._identity.people import checked_redirects, checked_scopes, is_folder_name
from fakedropbox._people import People
from fakedropbox._undo import Mark
from fakedropbox._unplanned import plan_for
from fakedropbox._world import build_world
from fakedropbox.calls import Calls, World
from fakedropbox.chance import Chance
from fakedropbox.clock import EPOCH, Clock, ManualClock
from fakedropbox.errors import RouteError, SnapshotInvalid
from fakedropbox.gate import Gate
from fakedropbox.intercept import ServiceSession, activated
from fakedropbox.login import Login
from fakedropbox.personality import Personality

if TYPE_CHECKING:
    from fakedropbox.client import FakeDropbox
    from fakedropbox.server.running import Server


_OVERWRITE = Commit(mode="overwrite")


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A state of one service, to come back to. Taking one costs nothing up front."""

    service: FakeDropboxService
    mark: Mark
    chance: dict[str, int]
    faults: Any
    calls: Any
    now: int


class FakeDropboxService(People):
    """One Dropbox in memory.

    Args:
        seed: all that is made up (ids, tokens, cursors, jitter) follows from it.
        personality: what the real service leaves open.
        clock: a `ManualClock` that stands at 2026-01-01 unless given.
        scopes: what the default login's token may do; everything unless given.
        app_folder: makes the default app an app-folder app, with its folder of this name.
        redirect_uris: where the authorize page may send the default app's codes; this
            machine's own addresses need not be named.
        auto_approve: lets the default app in without asking on the authorize page.
        login: credentials of the default login that are to be accepted; what it leaves
            empty is made up.
        files: contents by path, to begin with.

    >>> from fakedropbox import FakeDropboxService
    >>> service = FakeDropboxService(files={"/a.txt": b"hello"})
    >>> service.client().files_get_metadata("/a.txt").size
    5
    """

    def __init__(
        self,
        seed: int = 0,
        personality: Personality | None = None,
        *,
        clock: Clock | None = None,
        scopes: Iterable[str] = PUBLIC_SCOPES,
        app_folder: str | None = None,
        redirect_uris: Iterable[str] = (),
        auto_approve: bool = False,
        login: Login | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        self.calls = Calls()
        expect("seed", seed, int)
        expect("personality", personality, Personality, type(None))
        expect("clock", clock, Clock, type(None))
        expect("app_folder", app_folder, str, type(None))
        if app_folder is not None and not is_folder_name(app_folder):
            raise ValueError(f"app_folder: expected the name of a folder, got {app_folder!r}")
        expect("login", login, Login, type(None))
        expect("files", files, Mapping, type(None))
        personality = personality or Personality.recorded
        self.faults = plan_for(personality)
        self.clock = clock or ManualClock()
        self._started = self.clock.micros
        lives = count()
        app = {
            "folder": app_folder,
            "redirect_uris": checked_redirects(redirect_uris),
            "auto_approve": auto_approve,
        }
        self._build: Callable[[], World] = lambda: build_world(
            self.clock,
            Chance(seed, next(lives)),
            personality,
            login,
            app,
        )
        self._link = (checked_scopes(scopes), login or Login())
        self._seeds = dict(files or {})
        self.gate = Gate(self._build(), self.calls, self.faults)
        self._begin()

    def _begin(self) -> None:
        scopes, wanted = self._link
        self.login = self.link(scopes=scopes, wanted=wanted)
        self.seed_files(self._seeds)

    @cached_property
    def shared_session(self) -> ServiceSession:
        """The one session that all direct clients carry and do not use."""
        return ServiceSession(self)

    def reset(self) -> None:
        """Go back to the very beginning: seed, login, files, no calls, no faults.

        Clients of the default login stay usable; snapshots and cursors of before do not.
        """
        if isinstance(self.clock, ManualClock):
            self.clock.set(EPOCH + timedelta(microseconds=self._started))
        with self.gate.lock:
            self.calls.clear()
            self.faults.clear()
            earlier, self.gate.world = self.gate.world, self._build()
            self._begin()
            self.gate.world.tokens.adopt(earlier.tokens)
            self.gate.world.chance.go_on_after(earlier.chance)

    # Doors

    def client(self, login: Login | None = None, **options: Any) -> FakeDropbox:
        """A new client: a `dropbox.Dropbox` without a network.

        Args:
            login: the default login unless given.
            **options: arguments of `dropbox.Dropbox`.
        """
        from fakedropbox.client import FakeDropbox

        expect("login", login, Login, type(None))
        login = login or self.login
        credentials = {
            "oauth2_access_token": login.access_token,
            "oauth2_access_token_expiration": self.expiry_of(login.access_token),
            "oauth2_refresh_token": login.refresh_token,
            "app_key": login.app_key,
            "app_secret": login.app_secret,
        }
        return FakeDropbox(service=self, **{**credentials, **options})

    def session(self) -> ServiceSession:
        """A `requests.Session` for ``dropbox.Dropbox(…, session=…)`` that leads here.

        It touches nothing else in the process, so the SDK's own pauses take real time;
        under `activate` they do not.
        """
        return ServiceSession(self)

    def activate(self) -> AbstractContextManager[FakeDropboxService]:
        """Make every SDK client in the process talk to this service, while in the context.

        Clients built before do too. Activations nest; the innermost one counts.
        """
        return activated(self)

    def serve(self, **options: Any) -> Server:
        """Serve it over HTTPS on this machine while in the context; see `Server`.

        It needs the extra ``server``.

        Args:
            **options: ``host``, ``port`` and ``allow_remote`` of `Server`.
        """
        from fakedropbox.server.running import Server

        return Server(self, **options)

    # State, for tests; none of this is recorded as a call

    def _view(self) -> View:
        world = self.gate.world
        return world.files.views[world.accounts.default.namespace_id]

    @property
    def files(self) -> dict[str, bytes]:
        """The default account's files: content by `path_display`."""
        with self.gate.lock:
            view = self._view()
            return {
                view.paths(node)[1]: node.blob.read()
                for node in view.tree.subtree(view.tree.root)
                if isinstance(node, File)
            }

    def read(self, path: str) -> bytes:
        """The content of one file of the default account.

        Raises:
            FileNotFoundError: there is no such file.
        """
        expect("path", path, str)
        with self.gate.lock:
            try:
                node = self._view().node(path)
            except RouteError:
                node = None
            if not isinstance(node, File):
                raise FileNotFoundError(f"path: no file at {path!r}")
            return node.blob.read()

    @property
    def web(self) -> Source:
        """What `save_url` finds: contents by URL, or a function that gives one, None for nothing.

        It never asks the network. A dict may be filled in place, or another put here.
        """
        return self.gate.world.web.source

    @web.setter
    def web(self, source: Source) -> None:
        if not callable(source):
            expect("web", source, Mapping)
        self.gate.world.web.source = source

    def seed_files(self, files: Mapping[str, bytes]) -> None:
        """Put files into the default account, replacing what is there; all of them or none.

        Raises:
            ValueError: a path without a leading slash, or one that Dropbox refuses.
            TypeError: a content that is not bytes.
        """
        expect("files", files, Mapping)
        view, store = self._view(), self.gate.world.files
        places: list[tuple[Place, bytes]] = []
        for path, content in files.items():
            expect("files", path, str)
            if not path.startswith("/"):
                raise ValueError(f"files: expected paths that begin with a slash, got {path!r}")
            if not isinstance(content, bytes):
                raise TypeError(f"files: expected bytes at {path!r}, got {type(content).__name__}")
            try:
                places.append((view.place(path), content))
            except RouteError as error:
                raise ValueError(f"files: Dropbox refuses {path!r}: {error}") from error
        with self.gate.lock:
            mark = store.undo.mark()
            for place, content in places:
                try:
                    store.write(place, content_hash(content), content, _OVERWRITE)
                except RouteError as error:
                    store.undo.back_to(mark)
                    path = f"{place.shown_parent}/{place.parts[-1].shown}" if place.parts else "/"
                    raise ValueError(f"files: Dropbox refuses {path!r}: {error}") from error
            store.settle()

    def tree(self) -> str:
        """The default account's files and folders as indented text."""
        with self.gate.lock:
            view = self._view()
            lines = ["/"]
            for node in view.tree.subtree(view.tree.root):
                if node.parent is not None:
                    depth = view.paths(node)[0].count("/")
                    size = f"  {node.blob.size} bytes" if isinstance(node, File) else "/"
                    lines.append(f"{'  ' * depth}{node.name}{size}")
        return "\n".join(lines)

    def snapshot(self) -> Snapshot:
        """The present state, to come back to with `restore`."""
        with self.gate.lock:
            return Snapshot(
                service=self,
                mark=self.gate.world.files.undo.mark(),
                chance=self.gate.world.chance.state(),
                faults=self.faults.state(),
                calls=self.calls.state(),
                now=self.clock.micros,
            )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a snapshot: files, people, tokens, chance, faults, calls, a manual clock.

        The snapshot stays valid, and so do older ones.

        Raises:
            SnapshotInvalid: it is another service's, or younger than a state that was
                restored since.
        """
        expect("snapshot", snapshot, Snapshot)
        if snapshot.service is not self:
            raise SnapshotInvalid("snapshot: taken of another service")
        with self.gate.lock:
            self.gate.world.files.restore(snapshot.mark)
            self.gate.world.chance.resume(snapshot.chance)
            self.faults.resume(snapshot.faults)
            self.calls.resume(snapshot.calls)
            if isinstance(self.clock, ManualClock):
                self.clock.set(EPOCH + timedelta(microseconds=snapshot.now))

    @contextmanager
    def scratch(self) -> Iterator[FakeDropboxService]:
        """A state to play in, rolled back at the end: one per Hypothesis example.

        Raises:
            UnfiredFault: at the end, a fault that was planned inside never happened.
        """
        before = self.snapshot()
        try:
            yield self
            self.faults.verify(besides=before.faults[0])
        finally:
            self.restore(before)

    def __repr__(self) -> str:
        return f"<FakeDropboxService: {len(self.calls)} calls>"
