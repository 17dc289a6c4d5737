"""Checks and commits of uploaded data (F4-02 to -06, F4-11)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.file_properties.groups import plain
from fakedropbox._api.file_properties.templates import owners_of
from fakedropbox._api.files.metadata import file_metadata, seconds
from fakedropbox._api.files.places import view_of
from fakedropbox._api.refusals import bad_argument
from fakedropbox._api.structs import reader, tag_of
from fakedropbox._api.team_events import asset_of, logging_team, record_event
from fakedropbox._facts.limits import UPLOAD_BYTES
from fakedropbox._files.blobs import Content, content_hash
from fakedropbox._files.nodes import File, Groups
from fakedropbox._files.places import Place
from fakedropbox._files.properties import overwrite_groups
from fakedropbox._files.store import Commit
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_FIRST_YEAR = 1000
_YEAR_OF_ONE = 2001
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_read = reader(
    files.CommitInfo,
    "mode",
    "autorename",
    "client_modified",
    "property_groups",
    "strict_conflict",
)


class Sent:
    """Uploaded data. Its content hash is computed on first use, and only once."""

    __slots__ = ("_digest", "content")

    def __init__(self, content: Content) -> None:
        self.content = content
        self._digest: bytes | None = None

    @property
    def digest(self) -> bytes:
        """The content hash."""
        if self._digest is None:
            self._digest = content_hash(self.content)
        return self._digest


def sent(call: Call, given_hash: str | None) -> Sent:
    """Return the data that came with a call.

    Raises:
        RouteError: it is too large, or it does not match the caller's hash of it (F4-11).
    """
    found = Sent(call.content or b"")
    if len(found.content) > UPLOAD_BYTES:
        raise RouteError("payload_too_large", fact="F4-01")
    if given_hash is not None and given_hash != found.digest.hex():
        raise RouteError("content_hash_mismatch", fact="F4-11")
    return found


def wanted(call: Call, info: Any, field: str = "") -> Commit:
    """Return the options for writing a file that a `CommitInfo` contains.

    ``field`` is a prefix of the field names in errors, such as ``commit.``.

    Raises:
        BadInput: `client_modified` is before the year 1000, except in the year 1 (F4-10).
    """
    mode, autorename, modified, property_groups, strict = _read(info)
    if modified is not None and modified.year == 1:
        modified = modified.replace(year=_YEAR_OF_ONE)
    if modified is not None and modified.year < _FIRST_YEAR:
        # In some versions of Python, the SDK writes such a year with fewer than four digits.
        written = f"time data '{modified:{_TIME}}' does not match format '{_TIME}'"
        raise bad_argument(call, f"{field}client_modified: {written}")
    rev = view_of(call).rev_number(mode.get_update()) if mode.is_update() else None
    groups = () if property_groups is None else plain(property_groups)
    return Commit(tag_of(mode), rev, autorename, strict, seconds(modified), groups)


def commit(call: Call, place: Place, data: Sent, how: Commit) -> Any:
    """Write data to a file and return the file's metadata.

    Raises:
        RouteError: the write is refused; the first tag is ``path`` or ``properties_error``.
    """
    groups = _groups(call, how) if how.property_groups else None
    before = place.there if logging_team(call) else None
    rev = before.rev if isinstance(before, File) else None
    try:
        file = call.world.files.write(place, data.digest, data.content, how)
    except RouteError as error:
        raise error.under("path") from None
    if groups is not None:
        overwrite_groups(place.tree, file, groups)
    if logging_team(call) and not (file is before and file.rev == rev):
        kind = "file_edit" if file is before else "file_add"
        record_event(call, kind, [asset_of(call, file)])
    return file_metadata(view_of(call), file)


def _groups(call: Call, how: Commit) -> Groups:
    try:
        return call.world.files.templates.checked(how.property_groups, owners_of(call))
    except RouteError as error:
        raise error.under("properties_error") from None


def as_write(error: RouteError) -> RouteError:
    """Convert a `LookupError` to a `WriteError`: `not_found` becomes `malformed_path`.

    `WriteError` has no `not_found`, so an unknown id is a malformed path (F3.1-08).
    """
    above, _, tag = error.tags.rpartition("/")
    if tag != "not_found":
        return error
    return RouteError(f"{above}/malformed_path", fact="F3.1-08")
