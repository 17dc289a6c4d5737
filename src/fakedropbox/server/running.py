"""A running server, with its thread and its addresses."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, cast

import anyio.to_thread
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from fakedropbox._base.checks import expect
from fakedropbox._base.real_files import real_files
from fakedropbox._core.service import Service
from fakedropbox._doors.guard import own_address
from fakedropbox._facts.hosts import CONTROL
from fakedropbox._wire import HttpReply, HttpRequest, answer
from fakedropbox.server.app import Dropbox, Front
from fakedropbox.server.at_once import SMALL_BYTES, Begin
from fakedropbox.server.authority import authority_in, from_text, new_authority, to_text
from fakedropbox.server.bodies import LimitedBodies
from fakedropbox.server.call_log import logged
from fakedropbox.server.control import control_routes, health
from fakedropbox.server.cors import Cors
from fakedropbox.server.environ import EnvFile, environ_of
from fakedropbox.server.folder import OwnFolder, remove_leftovers
from fakedropbox.server.keeping import Keeper
from fakedropbox.server.names import checked_name, is_name
from fakedropbox.server.operations import Controlled, carry_out, operation_of
from fakedropbox.server.own_site import OwnSite
from fakedropbox.server.page.entry import Entry
from fakedropbox.server.page.routes import page_routes
from fakedropbox.server.proxy import start_proxy
from fakedropbox.server.services import AnyService, HostedService, Services
from fakedropbox.server.snapshots import Snapshots
from fakedropbox.server.speedups import new_event_loop, protocol
from fakedropbox.server.state import StateFile
from fakedropbox.server.time_outs import TIME_OUTS, TimedConnection, TimeOuts
from fakedropbox.server.tls import OWN_HOSTS, Certificates
from fakedropbox.server.token_file import new_token

_HEAD_BYTES = 128 * 1024
_GRACE_SECONDS = 5
_FLUSH_SECONDS = 0.05
_DELIVERY_SECONDS = 0.2
_LOCALLY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- a lookup table; the server does not listen here
_MOST_PORT = 65535
_PAGE_HOST = "127.0.0.1"
_TOKEN, _AUTHORITY, _SNAPSHOT = "control token", "certificate authority", "last snapshot"
"""The names of what a state file holds for the server itself."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a server that few programs change.

    ``hostnames`` are further names of the server, for its certificate; its URLs have the first
    one. ``has_page`` is True to serve the page of the service, also over HTTP on this machine. With
    ``delivers`` the server delivers the notifications of webhooks that are due. ``ca_dir`` is
    the directory that keeps its authority between runs, and ``control_token`` the token to use; by
    default both are new, or those of the state file. Pages of ``allow_origins`` may use the control
    interface. ``max_body`` is the greatest size of a body (see `LimitedBodies`), ``time_outs`` are
    those of connections. ``log`` is called with a line about each call.
    """

    hostnames: tuple[str, ...] = ()
    ca_dir: Path | None = None
    has_page: bool = False
    delivers: bool = True
    control_token: str | None = None
    allow_origins: tuple[str, ...] = ()
    max_body: int | None = None
    time_outs: TimeOuts = TIME_OUTS
    log: Callable[[str], None] | None = None


_SETTINGS = Settings()


class Server(Generic[AnyService]):
    """A server of one service over HTTPS on this machine, with a proxy; a context manager.

    Args:
        service: the service; it may be replaced by another one at any time.
        host: the address to listen at; a loopback address unless ``allow_remote`` is True.
        port: the port to listen at; 0 for any free port.
        state: the file in which the service is kept, a `StateFile` of
            `fakedropbox.server.state`. The service that it already holds is loaded first, with the
            certificate authority and the control token, unless ``settings`` have others.
            ``service`` must be new, with a `RunningClock`, and have the arguments with which the
            file began.
        keep_calls: the number of the last calls that are kept in the state file.
        allow_remote: True to allow an address that other machines can reach. Their users can
            do everything that the tokens allow, and the tokens are derived from the seed.
        settings: names, time-outs and limits for containers and programs of other languages.

    ``url`` serves the requests for all of Dropbox's hosts; through the proxy at ``proxy_url``
    clients use the real host names. ``ca_file`` has the certificate that clients have to trust.
    ``environ`` has all of these under the names of the environment variables that programs read.
    ``service`` is the service, and ``control_token`` the token for `fakedropbox.control.Control`.
    ``services`` are further services, for test workers that share the server.

    Raises:
        ValueError: ``host`` is not a loopback address, and ``allow_remote`` is False.
        OSError: the address is already in use.
        StateRefused: the state is damaged.
    """

    def __init__(
        self,
        service: AnyService,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        allow_remote: bool = False,
        state: StateFile | None = None,
        keep_calls: int = 0,
        settings: Settings = _SETTINGS,
    ) -> None:
        if host not in _LOOPBACK and not allow_remote:
            raise ValueError(
                f"host: expected {' or '.join(_LOOPBACK)} unless remote clients are allowed "
                f"(allow_remote), got {host!r}"
            )
        self.service = service
        self._process = os.getpid()
        self._settings = settings
        self._look_at(service)
        self._state = state
        self._keeper = None
        if state is not None:
            self._keeper = Keeper(state, service, keep_calls=keep_calls)
        self.snapshots = Snapshots(
            int(_kept(state, _SNAPSHOT, lambda: "0")), has_inventories=settings.has_page
        )
        self.services: Services[AnyService] = Services(
            lambda: self.service,
            partial(environ_of, self),
            self._prepare,
            is_kept=state is not None,
            has_inventories=settings.has_page,
        )
        if settings.log is not None:
            service.gate.observe(logged(settings.log))
        self.control_token = settings.control_token or _kept(state, _TOKEN, new_token)
        self.stopping = asyncio.Event()
        self._host = host
        with real_files():
            if settings.ca_dir is None:
                authority = from_text(_kept(state, _AUTHORITY, lambda: to_text(new_authority())))
            else:
                authority = authority_in(settings.ca_dir)
        names = [checked_name("hostnames", name) for name in settings.hostnames]
        # Nobody chose the machine's own name for this server, so any is accepted.
        machine = filter(is_name, (socket.gethostname(),) if allow_remote else ())
        own = (host, *machine, *names)
        self.hosts: Collection[str] = frozenset(name.lower() for name in (*OWN_HOSTS, *own))
        self._socket = _listener(host, port)
        self._page_socket = _listener(_PAGE_HOST, 0) if settings.has_page else None
        self._entry = Entry(self)
        there, port = self._socket.getsockname()[:2]
        self._reached = (_LOCALLY.get(there, there), port)
        self._announced = names[0] if names else self._reached[0]
        with real_files():
            remove_leftovers()
            self._folder = OwnFolder()
            # Clients read the variables in any directory, so that they have absolute paths.
            folder = settings.ca_dir or self._folder.path
            self.certificates = Certificates(folder.absolute(), filter(is_name, own), authority)
        self._thread = threading.Thread(target=self._run, name="fakedropbox server", daemon=True)
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self.proxy_address = (host, 0)

    @property
    def url(self) -> str:
        """The URL that serves the requests for all of Dropbox's hosts."""
        return f"https://{_written((self._announced, self._reached[1]))}"

    @property
    def proxy_url(self) -> str:
        """The URL of the server's proxy."""
        return f"http://{_written(self.proxy_address)}"

    @property
    def ca_file(self) -> Path:
        """The file with the certificate that clients have to trust, as PEM."""
        return self.certificates.ca_file

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables that make clients use this server, for a subprocess.

        They have the login (``DROPBOX_APP_KEY``, ``DROPBOX_APP_SECRET``,
        ``DROPBOX_REFRESH_TOKEN``, ``DROPBOX_ACCESS_TOKEN``), the addresses (``DROPBOX_API_HOST``
        and others of the SDK, ``HTTPS_PROXY``), the certificate (``REQUESTS_CA_BUNDLE``,
        ``SSL_CERT_FILE``, ``NODE_EXTRA_CA_CERTS`` and others) and those of `Control`
        (``FAKEDROPBOX_URL`` and others).
        """
        return environ_of(self, self.service.login, self.control_token)

    def start(self) -> Server[AnyService]:
        """Start the server, and return when it accepts connections."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self.stop()
            raise self._failure
        return self

    def stop(self) -> None:
        """Finish the requests under way, abandon those that wait, and stop the server.

        In a process that was forked meanwhile nothing happens: the server runs in its parent.
        """
        if os.getpid() != self._process:
            return
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop)
        self._thread.join()
        self._socket.close()
        if self._page_socket is not None:
            self._page_socket.close()
        with real_files():
            self._folder.remove()
        if self._keeper is not None:
            self._keeper.close()

    @property
    def is_running(self) -> bool:
        """True between `start` and `stop`, in the process that started the server."""
        return os.getpid() == self._process and self._thread.is_alive()

    @contextmanager
    def serving(self, service: AnyService) -> Iterator[Server[AnyService]]:
        """Serve another service while in the context; further ones are deleted at its end."""
        before, self.service = self.service, service
        self._look_at(service)
        try:
            yield self
        finally:
            self.services.clear()
            self.service = before

    def _prepare(self, hosted: HostedService[AnyService]) -> None:
        """Let a further service show and log its calls, as the first one does."""
        self._look_at(hosted.service)
        if self._settings.log is not None:
            hosted.service.gate.observe(logged(self._settings.log, hosted.name))

    def answer(self, request: HttpRequest, service: Service | None = None) -> HttpReply:
        """Return the response to a request to Dropbox; see `fakedropbox._wire.answer`.

        ``service`` is that of the server unless given.
        """
        try:
            return answer((service or self.service).gate, request)
        finally:
            # The outcome of the call is known only now, and a fault may have been used up by a
            # request that wrote nothing.
            keeper = self._keeper
            if keeper is not None and (keeper.keep_calls or self.service.faults.planned()):
                self._save()

    def operate(
        self,
        name: str,
        arguments: Mapping[str, Any],
        hosted: HostedService[AnyService] | None = None,
    ) -> Any:
        """Carry out one operation of the control interface, on the service or a further one.

        Raises:
            TypeError, ValueError: the arguments are wrong.
            NotImplementedInFake: it needs a part of Dropbox that is not faked.
            OSError: the state file cannot be written; the operation is undone, except that a
                restored snapshot stays restored.
        """
        operation = operation_of(name, arguments)
        show = partial(self.page_address, only=hosted)
        if hosted is not None:
            on = Controlled(hosted.service, hosted.snapshots, self.services, show)
            return carry_out(on, operation)
        before = self.snapshots.last
        try:
            on = Controlled(self.service, self.snapshots, self.services, show)
            return carry_out(on, operation)
        finally:
            self._save()
            last = self.snapshots.last
            if self._state is not None and last != before:
                try:
                    self._state.set_meta(_SNAPSHOT, str(last))
                except OSError:
                    self.snapshots.remove(last)
                    raise

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Write to the state file what is changed in the context.

        Raises:
            OSError: the state file cannot be written; the change is undone.
        """
        try:
            yield
        finally:
            self._save()

    def _save(self, *, can_wait: bool = False) -> None:
        """Write to the state file what has not been written with a call; see `Keeper.save`."""
        if self._keeper is not None:
            with self.service.gate.lock:
                self._keeper.save(can_wait=can_wait)

    def _look_at(self, service: AnyService) -> None:
        """Let a service keep headers and answers if there is a page to show them."""
        if self._settings.has_page:
            service.gate.keep_exchanges()

    def page_address(
        self, *, remote: bool = False, only: HostedService[AnyService] | None = None
    ) -> str:
        """Return an address of the page, for one browser on this machine; it works once.

        Args:
            remote: True for an address below ``url``, over HTTPS, for a browser on another machine.
            only: the only service that the browser may see; all of the server unless given.

        Raises:
            ValueError: the server has no page.
        """
        if self._page_socket is None:
            raise ValueError(
                "expected a server with a page, such as that of `fakedropbox serve`; in the "
                "process of the service, service.show() makes one"
            )
        local = f"http://{_written(self._page_socket.getsockname())}"
        return self._entry.new_address(self.url if remote else local, only)

    def keep_environ(self) -> Path:
        """Write the variables of `environ` to a file that only its owner can read; return its path.

        It is removed when the server stops.
        """
        path = self._folder.path / "env"
        EnvFile(path).write(self.environ)
        return path

    def __enter__(self) -> Server[AnyService]:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Server {self.url}>"

    def _stop(self) -> None:
        self.stopping.set()
        self._uvicorn.should_exit = True

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as failure:  # noqa: BLE001 -- raised again in the thread that started the server
            self._failure = failure
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        settings = self._settings
        time_outs = settings.time_outs
        listening, proxy = await start_proxy(self._host, 0, self._reached, time_outs.header)
        port = listening.sockets[0].getsockname()[1]
        self.proxy_address = (self._announced, port)
        dropbox = Dropbox(self)
        config = self._config(self._app(dropbox), self.certificates, self._short_way(dropbox))
        self._uvicorn = _Uvicorn(config, self._ready)
        with own_address(self._reached), own_address((self._reached[0], port)):
            async with listening, self._page():
                delivering = asyncio.create_task(self._deliver()) if settings.delivers else None
                await self._uvicorn.serve(sockets=[self._socket])
                if delivering is not None:
                    delivering.cancel()
                await proxy.close()

    def _short_way(self, dropbox: Dropbox) -> Begin | None:
        """Return the short way of small requests; None if their size may be too large."""
        most = self._settings.max_body
        return dropbox.begin if most is None or most >= SMALL_BYTES else None

    def _app(self, dropbox: Dropbox) -> ASGIApp:
        settings = self._settings
        page = page_routes(self._entry) if settings.has_page else []
        control = Mount(
            CONTROL,
            routes=[*page, *control_routes(self)],
            middleware=[Middleware(OwnSite, self, settings.allow_origins)],
        )
        # Not protected by `OwnSite`: a probe may use any name or address of the server.
        probe = Route(f"{CONTROL}/health", health, methods=["GET"])
        limited = Middleware(LimitedBodies, settings.max_body)
        own = Starlette(routes=[probe, control], middleware=[limited])
        return Front(own, Cors(LimitedBodies(dropbox, settings.max_body)))

    def _config(
        self, app: ASGIApp, certificates: Certificates | None, begin: Begin | None
    ) -> uvicorn.Config:
        """Return the configuration for an application, over TLS if there are certificates."""
        time_outs = self._settings.time_outs
        return uvicorn.Config(
            app,
            http=cast("type[asyncio.Protocol]", partial(protocol(), time_outs, begin)),
            ws="none",
            lifespan="off",
            log_config=None,
            server_header=False,
            h11_max_incomplete_event_size=_HEAD_BYTES,
            timeout_graceful_shutdown=1,
            # With uvicorn's 5 s, a connection could be closed just as a client's request arrives.
            timeout_keep_alive=cast("int", time_outs.idle),
            ssl_context_factory=None if certificates is None else lambda *_: certificates.context,
        )

    @asynccontextmanager
    async def _page(self) -> AsyncIterator[None]:
        """Serve the page alone over HTTP, on this machine only, so that no certificate warns."""
        if self._page_socket is None:
            yield
            return
        guard = [Middleware(OwnSite, self, ())]
        mount = Mount(CONTROL, routes=page_routes(self._entry), middleware=guard)
        limited = [Middleware(LimitedBodies, self._settings.max_body)]
        config = self._config(Starlette(routes=[mount], middleware=limited), None, None)
        config.load()

        # The connections are among those of the server, which closes them when it stops.
        connect = partial(
            protocol(),
            self._settings.time_outs,
            None,
            config=config,
            server_state=self._uvicorn.server_state,
            app_state={},
        )

        async with await self._loop.create_server(connect, sock=self._page_socket) as listening:
            self._uvicorn.closed_too.append(listening)
            yield

    async def _deliver(self) -> None:
        """Deliver the notifications of webhooks that are due, again and again."""
        while True:
            for service in (self.service, *(each.service for each in self.services)):
                webhooks = service.webhooks
                if len(webhooks):
                    await anyio.to_thread.run_sync(webhooks.deliver, abandon_on_cancel=True)
                    # A notice that was sent cannot be undone: it would be sent again at once.
                    self._save(can_wait=True)
            await asyncio.sleep(_DELIVERY_SECONDS)


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready
        self.closed_too: list[asyncio.Server] = []
        """Further listening sockets whose connections are those of the server.

        They are closed before the connections: a browser connects again as soon as one is closed.
        """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in (*self.servers, *self.closed_too):
            server.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, TimedConnection):  # all are; uvicorn names its own types
                connection.begin_task()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_GRACE_SECONDS)
        for connection in list(self.server_state.connections):
            # A connection may be closing already, as after a time-out. A TLS transport that is
            # closed twice forgets its connection, and the `abort` below would fail.
            if not connection.transport.is_closing():
                connection.shutdown()
        await asyncio.sleep(_FLUSH_SECONDS)
        # A client that keeps its connection open does not answer the close_notify of TLS.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await super().shutdown(sockets)
        # Also tasks that uvicorn does not know, such as those of the connections of the proxy.
        unfinished = asyncio.all_tasks() - {asyncio.current_task()}
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        await asyncio.sleep(_FLUSH_SECONDS)


def _kept(state: StateFile | None, name: str, new: Callable[[], str]) -> str:
    """Return the value with a name in a state file; if there is none, add a new value."""
    if state is None:
        return new()
    known = state.meta(name)
    if known is None:
        known = new()
        state.set_meta(name, known)
    return known


def _listener(host: str, port: int) -> socket.socket:
    expect("port", port, int)
    if not 0 <= port <= _MOST_PORT:
        raise ValueError(f"port: expected a number from 0 to {_MOST_PORT}, got {port!r}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off Nagle's algorithm only if the protocol is given.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OSError(
            error.errno,
            "host, port: expected a free address of this machine, got "
            f"{_written((host, port))}: {error.strerror}",
        ) from None
    return listener


def _written(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
