"""Choices of behaviour where the real service's behaviour is uncertain, as a frozen dataclass.

A field exists only where evidence disagrees or is missing, or where the documentation
allows more than was seen; known behaviour is not a choice. `Personality.recorded` behaves
as the recordings of the real service show.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from fakedropbox._base.checks import expect
from fakedropbox._base.public import names_fields
from fakedropbox._facts.limits import LIST_PAGE
from fakedropbox._facts.presets import PRESETS

_LEAST = {
    "page_size": 1,
    "async_checks": 0,
    "longpoll_jitter": 0,
    "lag_entries": 0,
    "lag_seconds": 0,
    "search_lag": 0,
    "reset_one_in": 0,
    "fail_one_in": 0,
}


@names_fields
@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Personality:
    """The choices of behaviour for one service. Derive others with `dataclasses.replace`.

    All random choices are drawn from the service's seed, and after a snapshot is restored
    the same values are drawn again.

    The presets are `Personality.recorded` (the default of a service), `Personality.documented`
    and `Personality.hostile`; `at` returns one as it was in a certain version. The fields, with
    their allowed values:

    - ``wire``: the style of JSON; "classic", as until 2026, or "compact", as recorded in
      September 2026 (F0-51 to -58).
    - ``list_order``: the order of a listing; "rev", "creation", "name" or "shuffled" (F6.1-01).
    - ``change_order``: the order within a page of changes; "journal", as they happened, or
      "shuffled" (F6.2-07).
    - ``page_size``: the number of entries in a page of a listing without ``limit``; 1 or more
      (F6.1-02).
    - ``uneven_pages``: True if pages except the last may hold any number of entries, up to two
      more than requested (F6.1-02, F6.1-03).
    - ``empty_first_page``: True if the first page of an empty folder says that there is more
      (F6.1-03).
    - ``repeated_entries``: True if changes may report the same path several times (F6.2-05).
    - ``longpoll_jitter``: the number of seconds that longpoll may wait beyond its timeout; 0 or
      more; Dropbox waits 90 at most (F6.3-01).
    - ``deleted_children``: True if the descendants of a deleted folder have change entries of
      their own (F6.2-08).
    - ``early_client_modified``: True if now and then the `client_modified` of an upload without
      one is a second before its `server_modified` (F4-10).
    - ``case_only_move``: the answer to a move that changes only upper and lower case;
      "unchanged", "conflict" or "renamed" (F7-08).
    - ``into_itself``: the error of a move of a folder into its own subtree;
      "duplicated_or_nested_paths" or "cant_move_folder_into_itself" (F7-07).
    - ``astral_names``: True if names may contain characters above U+FFFF, such as emoji
      (F3.2-13).
    - ``malformed_token``: the answer to a token with an invalid format; "invalid_access_token",
      a 401 (O5-11), or "bad_request", a 400 (F1.4-10).
    - ``utf8_headers``: True if the argument in a header may contain UTF-8 that is not escaped
      (F1.1-07).
    - ``search_lag``: the number of seconds, on the service's clock, until a change appears in
      search results; 0 or more (F8-11).
    - ``lock_of_unshared_file``: the answer to a lock of a file that nobody else can access;
      "file_not_shared" or "granted" (F8-12).
    - ``async_batches``: the batches that answer with the id of a job; "recorded", "always" or
      "never" (F7-10, F8-02, F8-05, F4.1-10).
    - ``async_checks``: the number of checks that report a job as in progress; 0 or more (F10-15).
    - ``lag_entries``: the number of changes by which listings and ids may lag behind; 0 or more,
      and above 0 only together with ``lag_seconds`` (F9-08).
    - ``lag_seconds``: the number of seconds, on the service's clock, by which they may lag
      behind; 0 or more.
    - ``reset_one_in``: the number N if one in N calls with a cursor is answered `reset`; 0 for
      none, otherwise 3 or more (F6.2-02).
    - ``fail_one_in``: the number N if one in N calls of a route fails before anything is done; 0
      for none, otherwise 3 or more (F1.5-07, F1.5-08, F9-01, F9-02).

    Raises:
        TypeError: a field has the wrong type.
        ValueError: a field does not have one of its allowed values; the message names it.

    >>> from dataclasses import replace
    >>> from fakedropbox import Personality
    >>> replace(Personality.documented, wire="compact").uneven_pages
    True
    """

    wire: Literal["classic", "compact"] = "classic"
    """Style of JSON: as until 2026, or as recorded in September 2026 (F0-51 to -58).

    Compact JSON has no spaces, keys in alphabetical order, and an `error_summary` without
    dots; an empty payload is ``null``, all metadata has ``property_groups``, and the 400s
    about a path's pattern and about a path root (F1.4-24) have different texts.
    """

    list_order: Literal["rev", "creation", "name", "shuffled"] = "rev"
    """Order of a listing: "rev", "creation", "name", or "shuffled".

    With "rev", as recorded, all folders come first, each after its parent and otherwise by
    creation; then all files, the one that was changed longest ago first, so that a file which is
    overwritten or moved goes to the end; then deleted entries (F6.1-01). With "creation" and
    "name", a recursive listing shows the content of a folder right after the folder, its folders
    before its files. With "shuffled", the order is random, but the same each time for a folder.
    """

    change_order: Literal["journal", "shuffled"] = "journal"
    """Order within a page of changes: as they happened, or shuffled with the same result (F6.2-07).

    A page that reports a deleted folder which exists again is never shuffled.
    """

    page_size: int = LIST_PAGE
    """Number of entries in a page of a listing without `limit` (F6.1-02)."""

    uneven_pages: bool = False
    """True if pages except the last may hold any number of entries (F6.1-02, F6.1-03).

    A page may be empty, but never two in a row, or have up to two entries more than requested.
    """

    empty_first_page: bool = False
    """True if the first page of an empty folder says "more"; seen both ways (F6.1-03)."""

    repeated_entries: bool = False
    """True if changes may report the same path several times, as after sharing (F6.2-05).

    At most one folder or file in each page that has changes, with at most ten entries
    below it, is first reported as deleted and then as present again, unchanged.
    """

    longpoll_jitter: int = 0
    """Maximum number of seconds that longpoll waits beyond its timeout; 90 at most (F6.3-01)."""

    deleted_children: bool = True
    """True if a deleted folder's descendants get change entries of their own (F6.2-08)."""

    early_client_modified: bool = False
    """True if an upload without `client_modified` may get one a second early (F4-10).

    It is one second before `server_modified` for 9 in 42 files, as was recorded, and otherwise
    the same time.
    """

    case_only_move: Literal["unchanged", "conflict", "renamed"] = "unchanged"
    """Answer to a move that changes only upper and lower case (F7-08)."""

    into_itself: Literal["duplicated_or_nested_paths", "cant_move_folder_into_itself"] = (
        "duplicated_or_nested_paths"
    )
    """Error of a move of a folder into its own subtree (F7-07)."""

    astral_names: bool = True
    """True if names may contain characters outside the Basic Multilingual Plane (F3.2-13)."""

    malformed_token: Literal["invalid_access_token", "bad_request"] = "invalid_access_token"  # noqa: S105 -- an answer
    """Answer to a token with an invalid format: 401 (O5-11) or 400 (F1.4-10)."""

    utf8_headers: bool = False
    """True if `Dropbox-API-Arg` may contain UTF-8 without escapes; seen both ways (F1.1-07).

    Otherwise a request with a byte above 0x7F there is refused: 400 with an empty body.
    """

    search_lag: int = 0
    """Seconds until a change appears in search results; documented as "a short delay" (F8-11)."""

    lock_of_unshared_file: Literal["file_not_shared", "granted"] = "file_not_shared"
    """Answer to a lock of a file that nobody else can access (F8-12); there is no recording."""

    async_batches: Literal["recorded", "always", "never"] = "recorded"
    """Batches that answer with a job's id.

    "recorded": those recorded or documented to do so (F7-10, F8-02, F8-05, F4.1-10). "always": all
    that can. "never": only failed ones and those for which the caller requests it.
    """

    async_checks: int = 1
    """Number of checks that report a job as in progress, as the first check may (F10-15)."""

    lag_entries: int = 0
    """Maximum number of changes by which listings and ids may lag behind (F9-08).

    They always show a state that existed: all changes up to one of them, and only
    complete moves. A listing, its changes and longpoll show that state; an id, or the source of
    a move or copy, that is not in it yet is `not_found`. Of two such requests in a row, at least
    one catches up by at least one change, and a cursor never goes back. Reads by path and all
    other writes use the present state, and each entry of a batch sees the effects of the entries
    before it.
    """

    lag_seconds: int = 0
    """Maximum number of seconds, on the service's clock, by which listings and ids may lag."""

    reset_one_in: int = 0
    """The number N: one in N `continue` and longpoll calls is answered `reset` (F6.2-02); 0: none.

    It is exactly one in each N calls, so never more than two in a row, and only after a cursor's
    first listing is complete: a client that lists again comes to an end.
    """

    fail_one_in: int = 0
    """The number N: one in N calls of a route fails before anything is done; 0: none.

    It is exactly one in each N calls, so never more than two in a row. The failure is a 500 or
    503 (F1.5-08), a 429 `too_many_requests` of one second (F1.5-07), or, if the route writes,
    `too_many_write_operations` as a 429, within the route's own error, or within one entry of
    a batch (F9-01, F9-02).
    """

    recorded: ClassVar[Personality]
    """Behaves as recorded; where there is no recording, as most of the evidence says."""

    documented: ClassVar[Personality]
    """Does all that the documentation allows; code that works with it relies on nothing else."""

    hostile: ClassVar[Personality]
    """Behaves as documented, and also lags, resets cursors and fails now and then."""

    def __post_init__(self) -> None:
        for name, kind in _types().items():
            value = getattr(self, name)
            if get_origin(kind) is Literal:
                if value not in get_args(kind):
                    expected = ", ".join(map(repr, get_args(kind)))
                    raise ValueError(f"{name}: expected one of {expected}, got {value!r}")
            else:
                expect(name, value, kind)
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value < least:
                raise ValueError(f"{name}: expected at least {least}, got {value!r}")
        if bool(self.lag_entries) != bool(self.lag_seconds):
            raise ValueError(
                "lag_entries, lag_seconds: expected both above 0 or both 0, "
                f"got {self.lag_entries!r} and {self.lag_seconds!r}"
            )
        for name in ("reset_one_in", "fail_one_in"):
            if getattr(self, name) in (1, 2):
                raise ValueError(f"{name}: expected 0 or at least 3, got {getattr(self, name)!r}")

    def __repr__(self) -> str:
        for name, versions in _VERSIONS.items():
            if self == preset(name):
                return f"Personality.{name}"
            for version, known in versions.items():
                if self == known:
                    return f"Personality.{name}.at({version!r})"
        given = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in fields(self)
            if getattr(self, field.name) != field.default
        ]
        return f"Personality({', '.join(given)})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Print the `repr`; Hypothesis would otherwise print the class's presets as fields."""
        printer.text(repr(self))

    def at(self, version: str) -> Personality:
        """Return this preset with the values that its fields had in one version.

        Raises:
            ValueError: the version does not exist, or this is not a preset.
        """
        expect("version", version, str)
        for name in PRESETS:
            if self in _VERSIONS[name].values():
                known = _VERSIONS[name]
                if version not in known:
                    expected = ", ".join(map(repr, known))
                    raise ValueError(
                        f"version: expected one of {expected} of {name!r}, got {version!r}"
                    )
                return known[version]
        raise ValueError(f"at: expected one of {', '.join(PRESETS)}, got {self!r}")


@cache
def _types() -> dict[str, Any]:
    """Return the types of all fields."""
    hints = get_type_hints(Personality)
    return {name: kind for name, kind in hints.items() if get_origin(kind) is not ClassVar}


def fails_at_random(personality: Personality) -> bool:
    """Return whether a call may fail without a planned fault."""
    return bool(personality.reset_one_in or personality.fail_one_in)


_VERSIONS = {
    name: {version: Personality(**fields) for version, fields in versions.items()}
    for name, versions in PRESETS.items()
}


def preset(name: str) -> Personality:
    """Return the newest version of a preset.

    Raises:
        ValueError: there is no preset of this name.
    """
    if name not in _VERSIONS:
        expected = ", ".join(map(repr, _VERSIONS))
        raise ValueError(f"personality: expected one of {expected}, got {name!r}")
    return list(_VERSIONS[name].values())[-1]


Personality.recorded = preset("recorded")
Personality.documented = preset("documented")
Personality.hostile = preset("hostile")
