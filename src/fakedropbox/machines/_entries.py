"""The values of the model: entries, ways to write a file, and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Refused(Exception):
    """The chains of tags that a call may be refused with; the first is as recorded."""


@dataclass(frozen=True)
class Entry:
    """A folder, whose content is None, or a file at one revision.

    ``made`` numbers the creations in their order; the entries of a folder that was copied share
    one, since no fact tells which of them is made first. ``modified`` is the `client_modified`
    that was given, or else the revision whose time it is.
    """

    key: str
    name: str
    id: int
    made: int
    content: bytes | None
    rev: int = 0
    modified: datetime | int = 0


class Write(NamedTuple):
    """The way to write a file; ``rev`` is what the mode ``update`` expects to find."""

    mode: str = "add"
    rev: int | None = None
    autorename: bool = False
    strict_conflict: bool = False
    modified: datetime | None = None


def refuse(chains: list[str]) -> None:
    """Raise `Refused` unless nothing is wrong."""
    if chains:
        raise Refused(*chains)
