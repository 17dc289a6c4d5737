"""What the real service leaves open, or has done both ways, as one frozen value.

A field exists only where evidence disagrees or is missing; what is known is not
a choice. `Personality.recorded` does as the recordings of the real service show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args, get_origin, get_type_hints

from fakedropbox._checks import expect
from fakedropbox._facts.limits import LIST_PAGE


@dataclass(frozen=True, kw_only=True, slots=True)
class Personality:
    """The choices of one Dropbox. Derive others with `dataclasses.replace`."""

    list_order: Literal["creation", "name"] = "creation"
    """Order of a listing: folders first, then files, each by creation (F6.1-01); or by name."""

    page_size: int = LIST_PAGE
    """Entries in a page of a listing without `limit` (F6.1-02)."""

    empty_first_page: bool = False
    """Whether an empty folder has "more" after its first page; seen both ways (F6.1-03)."""

    case_only_move: Literal["unchanged", "conflict", "renamed"] = "unchanged"
    """Answer to a move that changes only upper and lower case (F7-08)."""

    into_itself: Literal["duplicated_or_nested_paths", "cant_move_folder_into_itself"] = (
        "duplicated_or_nested_paths"
    )
    """Error of a move of a folder into its own subtree (F7-07)."""

    deleted_children: bool = True
    """Whether a deleted folder's descendants get change entries of their own (F6.2-08)."""

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

    recorded: ClassVar[Personality]
    """As the recordings of the real service show; where they do not, as most evidence says."""

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
        if self.page_size < 1:
            raise ValueError(f"page_size: expected at least 1, got {self.page_size!r}")
        if self.search_lag < 0:
            raise ValueError(f"search_lag: expected seconds, got {self.search_lag!r}")
        if self.async_checks < 0:
            raise ValueError(f"async_checks: expected at least 0, got {self.async_checks!r}")


Personality.recorded = Personality()
