"""What the real service leaves open, or has done both ways, as one frozen value.

A field exists only where evidence disagrees or is missing, or where the documentation
permits more than was seen; what is known is not a choice. `Personality.recorded` does as
the recordings of the real service show.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

from fakedropbox._base.checks import expect
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


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Personality:
    """The choices of one Dropbox. Derive others with `dataclasses.replace`.

    Whatever is left to chance is drawn from the service's seed, and a restored snapshot
    draws the same again.

    >>> from dataclasses import replace
    >>> from fakedropbox import Personality
    >>> replace(Personality.documented, wire="compact").uneven_pages
    True
    """

    wire: Literal["classic", "compact"] = "classic"
    """Style of JSON: as until 2026, or as recorded in September 2026 (F0-51 to -58).

    Compact is without spaces, its keys in alphabetical order, its `error_summary` without
    dots; an empty payload is ``null``, all metadata has ``property_groups``, and the 400
    about a path's pattern has other words.
    """

    list_order: Literal["creation", "name", "shuffled"] = "creation"
    """Order of a listing: folders, then files, each by creation (not yet F6.1-01); or by name.

    Or any, which stays the same for the same folder.
    """

    change_order: Literal["journal", "shuffled"] = "journal"
    """Order within a page of changes: as they happened, or any that ends the same (F6.2-07).

    A page that tells of a deleted folder which is there again stays as it happened.
    """

    page_size: int = LIST_PAGE
    """Entries in a page of a listing without `limit` (F6.1-02)."""

    uneven_pages: bool = False
    """Whether a page that is not the last holds any number of entries (F6.1-02, F6.1-03).

    It may be empty, but no two in a row are, or have up to two more than was asked for.
    """

    empty_first_page: bool = False
    """Whether an empty folder has "more" after its first page; seen both ways (F6.1-03)."""

    repeated_entries: bool = False
    """Whether changes may tell several times of one path, as after sharing (F6.2-05).

    At most one folder or file in each page that has changes, with at most ten entries
    below it, is first told to be deleted and then to be there again, as it is.
    """

    longpoll_jitter: int = 0
    """Up to how many seconds longpoll waits beyond its timeout; 90 at most (F6.3-01)."""

    deleted_children: bool = True
    """Whether a deleted folder's descendants get change entries of their own (F6.2-08)."""

    case_only_move: Literal["unchanged", "conflict", "renamed"] = "unchanged"
    """Answer to a move that changes only upper and lower case (F7-08)."""

    into_itself: Literal["duplicated_or_nested_paths", "cant_move_folder_into_itself"] = (
        "duplicated_or_nested_paths"
    )
    """Error of a move of a folder into its own subtree (F7-07)."""

    astral_names: bool = True
    """Whether names may hold characters outside the Basic Multilingual Plane (F3.2-13)."""

    malformed_token: Literal["invalid_access_token", "bad_request"] = "invalid_access_token"  # noqa: S105 -- an answer
    """Answer to a token that does not look like one: 401 (O5-11) or 400 (F1.4-10)."""

    search_lag: int = 0
    """Seconds until a change shows in search results; "a short delay" is documented (F8-11)."""

    lock_of_unshared_file: Literal["file_not_shared", "granted"] = "file_not_shared"
    """Answer to a lock of a file that nobody else can reach (F8-12); no recording."""
    async_batches: Literal["recorded", "always", "never"] = "recorded"
    """Which batches answer with a job's id: those recorded or said to (F7-10, F8-02, F8-05,
    F4.1-10), all that can, or none but failed ones and those that the caller forces."""

    async_checks: int = 1
    """How many checks of a job say that it is in progress, as the first may (F10-15)."""

    lag_entries: int = 0
    """By how many changes what a listing or an id shows may be behind, at most (F9-08).

    It is a state that there was: all changes up to one, whole moves only. A listing, its
    changes and longpoll show it; an id and the source of a move or copy that are not yet in
    it are `not_found`. Of two such looks in a row one catches up with one change at least, and
    a cursor never goes back. Reads by path and all other writes see the present, and the
    entries of a batch what those before them did.
    """

    lag_seconds: int = 0
    """By how many seconds of the service's clock it may be behind, at most."""

    reset_one_in: int = 0
    """One in so many `continue` and longpoll calls is answered `reset` (F6.2-02); 0: none.

    Exactly one in each so many, so never more than two in a row, and only once a cursor's
    first listing is done: a client that lists anew comes to an end.
    """

    fail_one_in: int = 0
    """One in so many calls of a route fails before anything is done; 0: none.

    Exactly one in each so many calls, so never more than two in a row: with a 500 or 503
    (F1.5-08), a 429 `too_many_requests` of one second (F1.5-07), or, where the route writes,
    `too_many_write_operations` as a 429, within its own error, or within one entry of a
    batch (F9-01, F9-02).
    """

    recorded: ClassVar[Personality]
    """As the recordings of the real service show; where they do not, as most evidence says."""

    documented: ClassVar[Personality]
    """Whatever the documentation permits: what passes here depends on nothing undocumented."""

    hostile: ClassVar[Personality]
    """As documented, and lagging, forgetful of cursors and failing now and then."""

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(Personality).items():
            if get_origin(kind) is ClassVar:
                continue
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
                "lag_entries, lag_seconds: expected both or neither above 0, "
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
        """Hypothesis and IPython would show the class's presets as if they were fields."""
        printer.text(repr(self))

    def at(self, version: str) -> Personality:
        """This preset as it was in one version: a suite that names it sees it unchanged.

        Raises:
            ValueError: a version that there is not, or no preset to begin with.
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


_VERSIONS = {
    name: {version: Personality(**fields) for version, fields in versions.items()}
    for name, versions in PRESETS.items()
}


def preset(name: str) -> Personality:
    """The newest version of a preset.

    Raises:
        ValueError: there is none of this name.
    """
    if name not in _VERSIONS:
        expected = ", ".join(map(repr, _VERSIONS))
        raise ValueError(f"personality: expected one of {expected}, got {name!r}")
    return list(_VERSIONS[name].values())[-1]


Personality.recorded = preset("recorded")
Personality.documented = preset("documented")
Personality.hostile = preset("hostile")
