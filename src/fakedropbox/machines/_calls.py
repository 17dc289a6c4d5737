"""Calls of one client, with retries while Dropbox is busy, recorded as a script."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from dropbox.common import PathRoot
from dropbox.exceptions import (
    ApiError,
    BadInputError,
    HttpError,
    InternalServerError,
    PathRootError,
    RateLimitError,
)
from dropbox.files import DeletedMetadata, FileMetadata, FolderMetadata
from stone.backends.python_rsrc.stone_base import NOT_SET, Struct, Union

HEADER = (
    "import warnings",
    "from contextlib import suppress",
    "from datetime import datetime",
    "from time import sleep",
    "",
    "import requests",
    "from dropbox import common, file_properties, files, sharing",
    "from dropbox.exceptions import ApiError, BadInputError, HttpError, PathRootError",
    "",
    "warnings.simplefilter('ignore', DeprecationWarning)  # of old routes",
)
_TELLING = (
    "metadata",
    "entries",
    "session_ids",
    "id",
    "rev",
    "cursor",
    "session_id",
    "upload_session_id",
    "template_id",
    "copy_reference",
    "link",
    "file_id",
    "url",
    "links",
    "shared_folder_id",
)
BUSY = "too_many_write_operations"
BAD_INPUT = "bad input"
"""The value used in place of a chain of tags if the call itself was refused, with status 400."""

NO_RANGE = "no range"
"""The value used in place of a chain of tags if the data does not have the range: status 416."""

NO_ROOT = "no path root"
"""The value used in place of a chain of tags if the path root was refused: status 422."""

_KINDS = {BAD_INPUT: "BadInputError", NO_RANGE: "HttpError", NO_ROOT: "PathRootError"}

BYTES = {"Content-Type": "application/octet-stream"}
_RANGE_NOT_SATISFIABLE = 416
_FIRST_PAUSE = 1.0


class Mismatch(Exception):
    """A result that differs from the expected one."""


class Outcome(NamedTuple):
    """The outcome of a call: a result, or an error and its chain of tags.

    ``message`` is the `user_message` of an error, if it has one: its locale and its text.
    """

    result: Any
    chain: str = ""
    message: tuple[str, str] | None = None

    @property
    def success(self) -> Any:
        """The result of a call that has to succeed.

        Raises:
            Mismatch: it was refused.
        """
        if self.chain:
            raise Mismatch(f"expected success, got {self.chain}")
        return self.result


@dataclass
class _Line:
    """A line of the script.

    Attributes:
        is_used: True if the line is in the script. For a line added by `Calls.look` it becomes
            True when a later line needs its result.
        keeping: the text to use instead as soon as a later line needs the result of this one.
    """

    text: str
    is_used: bool = True
    keeping: str = ""

    def use(self) -> None:
        """Make the result of this line available to a later line."""
        self.text, self.is_used = self.keeping or self.text, True


class _Program(NamedTuple):
    """A script: its lines, and for each generated value the line and expression that return it."""

    lines: list[_Line]
    named: dict[str, tuple[_Line, str]]


class Calls:
    """All calls that one client makes, in order.

    They are written as a Python program for a client ``dbx``. Values that the service generated
    (ids, revisions, cursors, sessions, links) appear in it as expressions on the earlier results
    that contained them.
    """

    def __init__(
        self,
        client: Any,
        tries: int,
        pause: Callable[[float], None],
        name: str = "dbx",
        program: _Program | None = None,
    ) -> None:
        self._client = client
        self._tries = tries
        self._pause = pause
        self._name = name
        self._program = _Program([], {}) if program is None else program
        self._lines, self._named = self._program

    def of(self, client: Any, name: str) -> Calls:
        """Return the calls of another client, which the same program shows under a name."""
        return Calls(client, self._tries, self._pause, name, self._program)

    def with_headers(self, headers: dict[str, str]) -> Calls:
        """Return the calls of the same client that have some more headers."""
        clone = self._client.clone(headers=headers)
        return self.of(clone, f"{self._name}.clone(headers={headers!r})")

    def with_path_root(self, namespace: str) -> Calls:
        """Return the calls of the same client with a namespace as the root of all paths."""
        rooted = self._client.with_path_root(PathRoot.namespace_id(namespace))
        root = f"common.PathRoot.namespace_id({self._text(namespace)})"
        return self.of(rooted, f"{self._name}.with_path_root({root})")

    @property
    def script(self) -> str:
        """The calls as a Python program."""
        return "\n".join([*HEADER, *[line.text for line in self._lines if line.is_used]])

    @property
    def steps(self) -> int:
        """The number of calls and waits in the program."""
        return sum(line.is_used for line in self._lines)

    def make(self, method: str, *args: Any, **options: Any) -> Outcome:
        """Call a method of the client, and add the call to the script."""
        given = [*map(self._written, args)]
        given += [f"{name}={self._written(value)}" for name, value in options.items()]
        call = f"{self._name}.{method}({', '.join(given)})"
        variable = f"r{len(self._lines) + 1}"
        line = _Line(f"{variable} = {call}")
        self._lines.append(line)
        outcome = self._perform(method, *args, **options)
        if outcome.chain:
            kind = _KINDS.get(outcome.chain, "ApiError")
            line.text = f"with suppress({kind}): {call}  # {outcome.chain}"
            keep = f"except {kind} as refused: {variable} = refused.error"
            line.keeping = f"try: {call}\n{keep}  # {outcome.chain}"
        self._learn(line, variable, outcome.result)
        return outcome

    def follow(self, fetch: Callable[..., Any], link: str, *content: bytes) -> Any:
        """Send a request to a temporary link, with data if given, and add it to the script."""
        has_session = getattr(self._client, "_session", None) is not None
        session = f"{self._name}._session" if has_session else "requests"
        asked = f"{session}.{'post' if content else 'get'}"
        given = [self._written(link), *[f"data={each!r}, headers={BYTES!r}" for each in content]]
        self._lines.append(_Line(f"{asked}({', '.join(given)})"))
        return fetch(link, *content)

    def wait(self, seconds: float) -> None:
        """Let time pass, and add that to the script."""
        has_service = getattr(self._client, "service", None) is not None
        passing = f"{self._name}.service.clock.advance" if has_service else "sleep"
        self._lines.append(_Line(f"{passing}({seconds!r})"))
        self._pause(seconds)

    @contextmanager
    def quota(self, quota: int, after: int) -> Iterator[None]:
        """Set the quota of the first account of the client's service while in the context."""
        self._set_quota(quota)
        try:
            yield
        finally:
            self._set_quota(after)

    def _set_quota(self, quota: int) -> None:
        service = self._client.service
        service.set_quota(service.accounts.default, quota)
        name = f"{self._name}.service"
        self._lines.append(_Line(f"{name}.set_quota({name}.accounts.default, {quota})"))

    def peek(self, method: str, *args: Any, **options: Any) -> Outcome:
        """Call a method that changes nothing, without adding it to the script."""
        return self._perform(method, *args, **options)

    def look(self, folder: str, **options: Any) -> list[Any]:
        """Return all entries below a folder; the script looks up only those that it uses later."""
        found: dict[str, Any] = {}
        for _ in range(self._tries):
            listed = self._perform("files_list_folder", folder, recursive=True, **options)
            found = {}
            while not listed.chain:
                for meta in listed.result.entries:
                    found.pop(meta.path_lower, None)
                    if not isinstance(meta, DeletedMetadata):
                        found[meta.path_lower] = meta
                if not listed.result.has_more:
                    break
                listed = self._perform("files_list_folder_continue", listed.result.cursor)
            if listed.chain != "reset":
                break
        for meta in found.values():
            made_up = [meta.id, getattr(meta, "rev", meta.id)]
            if not all(value in self._named for value in made_up):
                variable = f"r{len(self._lines) + 1}"
                call = f"{self._name}.files_get_metadata({meta.path_lower!r})"
                line = _Line(f"{variable} = {call}", is_used=False)
                self._lines.append(line)
                self._learn(line, variable, meta)
        return list(found.values())

    def _perform(self, method: str, *args: Any, **options: Any) -> Outcome:
        """Call a method, and retry while Dropbox is busy."""
        pauses = [_FIRST_PAUSE * 2**attempt for attempt in range(self._tries - 1)]
        for pause in [*pauses, None]:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)  # of old routes
                    return Outcome(getattr(self._client, method)(*args, **options))
            except BadInputError as error:
                return Outcome(error, BAD_INPUT)
            except ApiError as error:
                tags = chain(error.error)
                if BUSY not in tags or pause is None:
                    text = error.user_message_text
                    message = (error.user_message_locale, text) if text else None
                    return Outcome(error.error, tags, message)
                self._pause(pause)
            except (RateLimitError, InternalServerError) as error:
                if pause is None:
                    raise
                self._pause(getattr(error, "backoff", None) or pause)
            except PathRootError as error:
                return Outcome(error.error, NO_ROOT)
            except HttpError as error:
                if error.status_code != _RANGE_NOT_SATISFIABLE:
                    raise
                return Outcome(error, NO_RANGE)
        raise AssertionError("the last attempt returns or raises")

    def _learn(self, line: _Line, expression: str, result: Any) -> None:
        """Record the expression for each value in a result that the service generated."""
        if isinstance(result, str):
            self._named.setdefault(result, (line, expression))
            return
        for way, part in _parts(result):
            self._learn(line, expression + way, part)

    def _written(self, value: Any) -> str:
        """Return a value as Python source code."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, datetime):
            return repr(value).removeprefix("datetime.")
        kind = f"{type(value).__module__.rpartition('.')[2]}.{type(value).__name__}"
        if isinstance(value, Union):
            tag, inside = _opened(value)
            below = f", {self._written(inside)}" if inside is not None else ""
            return f"{kind}({tag!r}{below})"
        if isinstance(value, list):
            return f"[{', '.join(map(self._written, value))}]"
        if isinstance(value, Struct):
            fields = [
                name
                for name in sorted(value._all_field_names_)
                if getattr(value, f"_{name}_value") is not NOT_SET
            ]
            given = [f"{name}={self._written(getattr(value, name))}" for name in fields]
            return f"{kind}({', '.join(given)})"
        return repr(value)

    def _text(self, text: str) -> str:
        head, mark, tail = "", "", ""
        known = text
        if text.startswith("rev:"):
            head, known = "'rev:' + ", text[4:]
        elif text.startswith("ns:"):
            known, mark, tail = text[3:].partition("/")
            head = "'ns:' + "
        elif text.startswith("id:"):
            known, mark, tail = text.partition("/")
        elif text.startswith("https:") and text not in self._named:
            known, mark, tail = text.partition("&st=")  # see `LINK_FORMS`
        if known not in self._named:
            return repr(text)
        line, expression = self._named[known]
        line.use()
        return f"{head}{expression}" + (f" + {mark + tail!r}" if mark else "")


def _opened(union: Any) -> tuple[str, Any]:
    """Return the tag of an SDK union, and its value, if any."""
    return union._tag, union._value  # noqa: SLF001 -- Stone has no public way


def _parts(result: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a result that may contain values that the service generated.

    Each item is the source code that selects the part, such as ``.metadata``, and the part.
    """
    if isinstance(result, Union):
        tag, inside = _opened(result)
        if inside is not None:
            yield f".get_{tag}()", inside
    elif isinstance(result, (list, tuple)):
        for index, part in enumerate(result):
            yield f"[{index}]", part
    else:
        for name in _TELLING:
            part = getattr(result, name, None)
            if part is not None:
                yield f".{name}", part


def chain(error: Any) -> str:
    """Return the tags of an SDK error, as `error_summary` shows them: ``path/conflict/file``."""
    tags = []
    while isinstance(error, (Union, Struct)):
        if isinstance(error, Union):
            tag, error = _opened(error)
            tags.append(tag)
        else:
            below = [getattr(error, name) for name in sorted(error._all_field_names_)]
            error = next((one for one in below if isinstance(one, Union)), None)
    return "/".join(tags)


def outcome_of(entry: Any) -> Outcome:
    """Return the outcome of one entry of a batch, as if it had been a separate call."""
    if entry.is_success():
        return Outcome(_opened(entry)[1])
    failure = entry.get_failure()
    return Outcome(failure, chain(failure).removeprefix("relocation_error/"))


def kind_of(meta: Any) -> str:
    """Return the kind of a metadata object: ``file``, ``folder`` or ``deleted``."""
    kinds = {FileMetadata: "file", FolderMetadata: "folder", DeletedMetadata: "deleted"}
    return kinds.get(type(meta), type(meta).__name__)
