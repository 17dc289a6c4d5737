"""The start of a server from the options of a command, with its state and environment files."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from fakedropbox._base.public import nearest
from fakedropbox._core.folder import read_folder
from fakedropbox._core.seeds import SUFFIXES, Seed, seed_of
from fakedropbox._core.service import Service
from fakedropbox._facts import PUBLIC_SCOPES
from fakedropbox.clock import RunningClock
from fakedropbox.errors import TokenRefused
from fakedropbox.personality import Personality, preset
from fakedropbox.server.environ import EnvFile
from fakedropbox.server.names import checked_name
from fakedropbox.server.running import Server, Settings
from fakedropbox.server.services import AnyService
from fakedropbox.server.state import StateFile, StateRefused
from fakedropbox.server.time_outs import TIME_OUTS, TimeOuts
from fakedropbox.server.token_file import token_in

_SEED_BITS = 128
"""The size of a random seed, which nobody can guess: the tokens are derived from it."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of `fakedropbox serve` and `fakedropbox run`; None stands for one not given."""

    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    seed: int | None = None
    seed_file: Path | None = None
    files: Path | None = None
    state: Path | None = None
    personality: Sequence[str] = ()
    app_folder: str | None = None
    plan: str | None = None
    redirect_uri: Sequence[str] = ()
    scopes: str | None = None
    auto_approve: bool | None = None
    max_calls: int | None = None
    env_file: Path | None = None
    has_page: bool = False
    hostname: Sequence[str] = ()
    ca_dir: Path | None = None
    control_token_file: Path | None = None
    allow_origin: Sequence[str] = ()
    max_body: int | None = None
    header_timeout: float = TIME_OUTS.header
    idle_timeout: float = TIME_OUTS.idle
    log: Callable[[str], None] | None = None
    sync: bool = False
    keep_calls: int = 0


@contextmanager
def launched(
    options: Options, new_service: Callable[..., AnyService]
) -> Iterator[Server[AnyService]]:
    """Run a server with these options, for a new or kept service, while in the context.

    Raises:
        ValueError: an option is wrong; the message names it.
        OSError: the address is already in use, or a file cannot be read or written.
    """
    with ExitStack() as stack:
        for name in ("sync", "keep_calls"):
            if options.state is None and getattr(options, name):
                raise ValueError(f"{name}: expected it with --state, which it is about")
        env_file = None
        if options.env_file is not None:
            with _file("env_file", options.env_file):
                env_file = EnvFile(options.env_file)
        clock = RunningClock()
        beginning, file = _beginning(options), None
        # Made first, as it refuses wrong options: they must not be written to a state file.
        with _seed_file_named():
            service = _service(options, beginning, clock, new_service, _own_seed(options))
        if options.state is not None:
            if options.seed_file is not None:
                raise ValueError(
                    "seed_file: expected it without --state: a reset of a kept service comes back "
                    "to its beginning, and a seed file may change; use --files, or Control"
                )
            with _file("state", options.state):
                file = StateFile(options.state, beginning, safe_from_power_cuts=options.sync)
            stack.callback(file.close)
            _check_beginning(options, beginning, file)
            service = _service(options, file.beginning, clock, new_service)
        server = Server(
            service,
            host=options.host,
            port=options.port,
            allow_remote=options.allow_remote,
            state=file,
            keep_calls=options.keep_calls,
            settings=_settings(options),
        )
        if env_file is not None:
            # Only now: if the port is in use, the file may be that of the other server.
            env_file.empty()
        stack.enter_context(server)
        _renew_login(server)
        if env_file is not None:
            stack.enter_context(env_file.written(server.environ))
        yield server


def _settings(options: Options) -> Settings:
    control_token = None
    if options.control_token_file is not None:
        with _file("control_token_file", options.control_token_file):
            control_token = token_in(options.control_token_file)
    return Settings(
        hostnames=tuple(checked_name("hostname", name) for name in options.hostname),
        ca_dir=options.ca_dir,
        has_page=options.has_page,
        control_token=control_token,
        allow_origins=tuple(options.allow_origin),
        max_body=options.max_body,
        time_outs=TimeOuts(options.header_timeout, options.idle_timeout),
        log=options.log,
    )


@contextmanager
def _file(option: str, path: Path) -> Iterator[None]:
    """Raise an error of the file system again, with the option, its value and the reason."""
    try:
        yield
    except OSError as error:
        raise ValueError(
            f"{option}: expected a file that can be written, in an existing folder, got {path}: "
            f"{error.strerror}"
        ) from error


def _own_seed(options: Options) -> Seed | None:
    path = options.seed_file
    if path is None:
        return None
    if path.suffix not in SUFFIXES:
        raise ValueError(
            f"seed_file: expected a file whose name ends in {' or '.join(SUFFIXES)}, got {path}"
        )
    return seed_of(path, options.seed, otherwise=secrets.randbits(_SEED_BITS))


@contextmanager
def _seed_file_named() -> Iterator[None]:
    """Raise an error about a seed again, with the option for a seed file in its text.

    The option ``seed`` is a number, and any number is a seed.
    """
    try:
        yield
    except ValueError as error:
        argument, colon, rest = str(error).partition(":")
        if argument != "seed":
            raise
        raise ValueError(f"seed_file{colon}{rest}") from error


def _beginning(options: Options) -> dict[str, Any]:
    """Return the arguments of the new service, as plain values."""
    return {
        "seed": secrets.randbits(_SEED_BITS) if options.seed is None else options.seed,
        "personality": asdict(personality_of(options.personality)),
        "app_folder": options.app_folder,
        "plan": "basic" if options.plan is None else options.plan,
        "scopes": list(PUBLIC_SCOPES if options.scopes is None else options.scopes.split()),
        "redirect_uris": sorted(options.redirect_uri),
        "auto_approve": bool(options.auto_approve),
        "files": {} if options.files is None else _copied(options.files),
    }


def _check_beginning(options: Options, wanted: Mapping[str, Any], file: StateFile) -> None:
    """Check that no option contradicts the service in an existing state file.

    Raises:
        StateRefused: an option contradicts it.
    """
    if file.is_new:
        return
    given = {
        "seed": options.seed,
        "personality": options.personality or None,
        "app_folder": options.app_folder,
        "plan": options.plan,
        "scopes": options.scopes,
        "redirect_uris": options.redirect_uri or None,
        "auto_approve": options.auto_approve,
        "files": options.files,
    }
    for name, value in given.items():
        if value is not None and (name == "files" or wanted[name] != file.beginning[name]):
            raise StateRefused(
                f"{name}: {file.path} already holds a service that began without this value; "
                "leave the option out, or use a new state file"
            )


def _service(
    options: Options,
    beginning: Mapping[str, Any],
    clock: RunningClock,
    new_service: Callable[..., AnyService],
    seed: Seed | None = None,
) -> AnyService:
    return new_service(
        beginning["seed"] if seed is None else seed,
        Personality(**beginning["personality"]),
        clock=clock,
        scopes=beginning["scopes"],
        app_folder=beginning["app_folder"],
        plan=beginning["plan"],
        redirect_uris=beginning["redirect_uris"],
        auto_approve=beginning["auto_approve"],
        files={path: base64.b64decode(text) for path, text in beginning["files"].items()},
        max_calls=10_000 if options.max_calls is None else options.max_calls,
    )


def personality_of(words: Sequence[str]) -> Personality:
    """Return a personality from words: the name of a preset, or ``field=value`` for one field.

    Raises:
        ValueError: there is no such preset, field or value.
    """
    found = Personality.recorded
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            found = preset(word)
            continue
        try:
            found = replace(found, **{name: _value(name, text)})
        except ValueError as error:
            raise ValueError(f"personality: {word}: {error}") from None
    return found


def _value(name: str, text: str) -> Any:
    known = {field.name for field in fields(Personality)}
    if name not in known:
        near = nearest(name, known)
        raise ValueError(f"expected a field of Personality such as {near!r}, got {name!r}")
    kind = get_type_hints(Personality)[name]
    if kind is bool:
        if text not in ("true", "false"):
            raise ValueError(f"{name}: expected true or false, got {text!r}")
        return text == "true"
    try:
        return int(text) if kind is int else text
    except ValueError:
        raise ValueError(f"{name}: expected a whole number, got {text!r}") from None


def _copied(top: Path) -> dict[str, str]:
    """Return the files in a directory, and its empty folders, as a state file keeps them.

    Raises:
        ValueError: it cannot be read, or leads out of itself; see `read_folder`.
    """
    try:
        files, folders = read_folder(top, confined=True)
    except (OSError, ValueError) as error:
        raise ValueError(f"files: {top} cannot be loaded: {error}") from error
    files |= {f"{folder}/": b"" for folder in folders}
    return {path: base64.b64encode(content).decode() for path, content in files.items()}


def _renew_login(server: Server[Any]) -> None:
    """Give the login a new access token if its own has expired, unless it has been revoked.

    It expires some hours after the service in a state file began. This is not a call: it is not
    recorded, and no planned fault happens to it.
    """
    service: Service = server.service
    with server.changing(), service.gate.lock:
        login, world = service.login, service.gate.world
        ends = service.expiry_of(login.access_token)
        if ends is None or ends > service.clock.utcnow():
            return
        form = {
            "refresh_token": login.refresh_token,
            "client_id": login.app_key,
            "client_secret": login.app_secret,
        }
        with suppress(TokenRefused):
            service.login = replace(login, access_token=world.tokens.refresh(world.apps, form))
