"""The value types of the model: entries, write options, and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Refused(Exception):
    """A refusal, with the chains of tags that are possible; the first is the recorded one."""


@dataclass(frozen=True)
class Entry:
    """A folder, whose content is None, or a file at one revision.

    ``made`` is the number of its creation, in order, and ``changed`` that of its last change. The
    entries of a copied folder share both, and those of a moved one share the latter, because no
    fact says which of them comes first. ``modified`` is the `client_modified` that was given, or
    otherwise the revision whose time it is.
    """

    key: str
    name: str
    id: int
    made: int
    content: bytes | None
    rev: int = 0
    modified: datetime | int = 0
    changed: int = 0


class Write(NamedTuple):
    """The options of a write; ``rev`` is the revision that the mode ``update`` requires."""

    mode: str = "add"
    rev: int | None = None
    autorename: bool = False
    strict_conflict: bool = False
    modified: datetime | None = None


def refuse(chains: list[str]) -> None:
    """Raise `Refused` with these chains of tags, if there are any."""
    if chains:
        raise Refused(*chains)
