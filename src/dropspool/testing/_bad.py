"""What the providers with known mistakes have in common, and the list of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from dropspool.clock import Clock
from dropspool.providers._dropbox_files import DropboxFiles
from dropspool.providers.base import StorageProvider
from dropspool.providers.dropbox import DropboxProviderExtended
from dropspool.testing.bench import Bench, Capabilities

Maker = Callable[[Bench, Clock], StorageProvider]
MakerT = TypeVar("MakerT", bound=Maker)


@dataclass(frozen=True)
class KnownBad:
    """A provider with a mistake, and what it does not even claim to be able to.

    ``found_by`` are tests of the contract that have to find it; others may, too.
    """

    make: Maker
    found_by: tuple[str, ...]
    capabilities: Capabilities


KNOWN_BAD: dict[str, KnownBad] = {}
"""The providers, by the words for their mistakes."""


def mistake(words: str, *found_by: str, lacks: tuple[str, ...] = ()) -> Callable[[MakerT], MakerT]:
    """Note a provider among the known ones, by the words for its mistake."""

    def note(make: MakerT) -> MakerT:
        lacking: dict[str, Any] = dict.fromkeys(lacks, False)
        KNOWN_BAD[words] = KnownBad(make, found_by, replace(Capabilities(), **lacking))
        return make

    return note


class Bad(DropboxProviderExtended):
    """Ours, on a bench, with room for the mistake of a subclass."""

    def __init__(self, bench: Bench, clock: Clock) -> None:
        super().__init__(bench.login, "bad", clock=clock, client=bench.service.client())
        self.err()

    def err(self) -> None:
        """Put the mistake in place, if it is not in a method."""

    @property
    def dropbox(self) -> DropboxFiles:
        """Its files, with what only those on Dropbox have."""
        assert isinstance(self._files, DropboxFiles)
        return self._files
