"""A seed file: the accounts, teams, apps, files, links and faults with which a service begins."""

from __future__ import annotations

import base64
import difflib
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomllib
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    model_validator,
)

from fakedropbox._base.validation import reasons
from fakedropbox.control import fault_from_json
from fakedropbox.faults import Fault


def _text_or_table(value: object) -> object:
    """Return the content of a file as a table: a plain string becomes ``{"text": …}``."""
    return {"text": value} if isinstance(value, str) else value


def _is_absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("expected a path that begins with a slash")
    return path


def _fault(value: Any) -> Fault:
    try:
        return fault_from_json(value)
    except TypeError as error:  # pydantic does not collect a `TypeError`
        raise ValueError(str(error)) from error


def _none_yet(_: object) -> object:
    raise ValueError("expected none, as a seed file cannot have shared folders yet")


Moment = Annotated[datetime, Field(strict=False)]
"""A time; without a time zone it is in UTC."""

DropboxPath = Annotated[str, AfterValidator(_is_absolute)]


class _Part(BaseModel):
    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, arbitrary_types_allowed=True
    )


class SeededFile(_Part):
    """The content of a file: a text, base64, or the name of a file beside the seed file."""

    text: str | None = None
    base64: str | None = None
    file: str | None = None
    client_modified: Moment | None = None

    @model_validator(mode="after")
    def _has_one_content(self) -> Self:
        given = [name for name in ("text", "base64", "file") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"expected one of text, base64 and file, got {' and '.join(given) or 'none'}"
            )
        return self

    def read(self, folder: Path) -> bytes:
        """Return the content as bytes; ``folder`` is the directory of the seed file.

        Raises:
            ValueError: it is not valid base64, or the file cannot be read.
        """
        if self.text is not None:
            return self.text.encode()
        if self.base64 is not None:
            try:
                return base64.b64decode(self.base64, validate=True)
            except ValueError:  # also of text that is not ASCII
                raise ValueError("base64: expected base64, got other text") from None
        assert self.file is not None
        try:
            return (folder / self.file).read_bytes()
        except OSError as error:
            raise ValueError(f"file: {folder / self.file}: {error.strerror}") from None


Files = dict[DropboxPath, Annotated[SeededFile, BeforeValidator(_text_or_table)]]


class SeededAccount(_Part):
    """An account besides the default one, with its files."""

    email: str
    name: str = "Other User"
    plan: str = "basic"
    email_verified: bool = True
    files: Files = {}


class SeededMember(_Part):
    """A member of a team, with the files of the account."""

    email: str
    role: Literal["team_admin", "user_management_admin", "support_admin", "member_only"] | None = (
        None
    )
    files: Files = {}


class SeededTeamFolder(_Part):
    """A team folder, with its files, and the addresses of the members with access to it."""

    name: str
    editors: list[str] = []
    viewers: list[str] = []
    files: Files = {}


class SeededTeam(_Part):
    """A team with its members and team folders."""

    name: str = "Team"
    members: list[SeededMember] = []
    licenses: int = 100
    team_space: bool = True
    file_requests: bool = True
    folders: list[SeededTeamFolder] = []


class SeededApp(_Part):
    """An app besides the default one."""

    name: str = "app"
    key: str | None = None
    secret: str | None = None
    scopes: list[str] | None = None
    folder: str | None = None
    redirect_uris: list[str] = []
    auto_approve: bool = False


class SeededLink(_Part):
    """A shared link to an item of an account; without ``account``, of the default one."""

    path: DropboxPath
    account: str | None = None
    audience: Literal["public", "team", "no_one"] | None = None
    access: Literal["viewer", "editor", "max", "default"] | None = None
    password: str | None = Field(default=None, repr=False)
    expires: Moment | None = None
    allow_download: bool | None = None


class SeedFile(_Part):
    """The content of a seed file; ``chance`` is the seed of generated values."""

    chance: int | None = None
    files: Files = {}
    accounts: list[SeededAccount] = []
    teams: list[SeededTeam] = []
    apps: list[SeededApp] = []
    links: list[SeededLink] = []
    faults: list[Annotated[Fault, PlainValidator(_fault)]] = []
    shared_folders: Annotated[None, BeforeValidator(_none_yet)] = None


_SECRET = ("password", "secret")
_KEYS: dict[str, type[BaseModel]] = {
    "files": SeededFile,
    "accounts": SeededAccount,
    "teams": SeededTeam,
    "members": SeededMember,
    "folders": SeededTeamFolder,
    "apps": SeededApp,
    "links": SeededLink,
}


def read_seed_file(path: Path) -> SeedFile:
    """Read and validate a seed file.

    Raises:
        ValueError: it cannot be read, or is not a seed file; the message names the file, each wrong
            key, its value and what was expected.
    """
    kind = path.suffix[1:].upper()
    try:
        text = path.read_text("utf-8")
        value = tomllib.loads(text) if kind == "TOML" else json.loads(text, object_pairs_hook=_once)
    except OSError as error:
        shown = path.absolute()  # a relative path does not show its directory
        raise ValueError(f"seed: {shown} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ValueError(f"seed: {path}: expected UTF-8 text, got other bytes") from None
    except ValueError as error:  # invalid TOML or JSON
        raise ValueError(f"seed: {path}: expected {kind}: {error}") from None
    except RecursionError:
        raise ValueError(
            f"seed: {path}: expected {kind} of a few levels, got one that is nested too deeply"
        ) from None
    try:
        return SeedFile.model_validate(value)
    except ValidationError as error:
        found = (_with_nearest(reason) for reason in reasons(error, secret=_SECRET))
        raise ValueError(f"seed: {path}: {'; '.join(found)}") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object as a dict; refuse a key that occurs twice, as TOML does."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} occurs twice in one object")
        found[key] = value
    return found


def _with_nearest(reason: str) -> str:
    """Return a reason; after an unknown key, add the known key most like it, or all known keys."""
    if not reason.endswith("expected no such key"):
        return reason
    place, _, _ = reason.partition(": ")
    *above, key = place.split(".")
    kind = next((_KEYS[name.partition("[")[0]] for name in above[::-1]
                 if name.partition("[")[0] in _KEYS), SeedFile)  # fmt: skip
    near = difflib.get_close_matches(key, kind.model_fields, n=1, cutoff=0.6)
    known = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(kind.model_fields)}"
    return f"{reason}; {known}"


def in_utc(moment: datetime) -> datetime:
    """Return a time without a time zone, in UTC, as the SDK takes it."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
