"""The providers of dropspool as subjects of the test kit."""

from __future__ import annotations

from typing import ClassVar

from dropspool.clock import Clock
from dropspool.providers.dropbox import DropboxProviderExtended
from dropspool.providers.local import LocalProvider
from dropspool.schemas import LocalLoginInformation
from dropspool.testing.bench import Bench, Capabilities, Subject
from dropspool.testing.verbs import ProviderQueue


class DropboxSubject(Subject):
    """The provider on Dropbox, with a client in memory."""

    def make_provider(self, bench: Bench, clock: Clock) -> DropboxProviderExtended:
        """Return a provider on the Dropbox of the bench."""
        return DropboxProviderExtended(
            bench.login, "mine", clock=clock, client=bench.service.client()
        )


class DropboxSdkSubject(Subject):
    """The provider on Dropbox, with the unmodified SDK."""

    def make_provider(self, bench: Bench, clock: Clock) -> DropboxProviderExtended:
        """Return a provider on the Dropbox of the bench."""
        return DropboxProviderExtended(bench.login, "mine", clock=clock)


class FolderSubject(Subject):
    """The provider in a folder."""

    capabilities: ClassVar[Capabilities] = Capabilities(storage="folder")
    factory: ClassVar[str] = f"{__name__}:queue_in_folder"

    def make_provider(self, bench: Bench, clock: Clock) -> LocalProvider:
        """Return a provider in the folder of the bench."""
        login = LocalLoginInformation(base_path=str(bench.folder))
        return LocalProvider(login, "mine", clock=clock)


def queue_in_folder(folder: str) -> ProviderQueue:
    """Return the verbs of the provider in a folder, for a process of its own."""
    return ProviderQueue(LocalProvider(LocalLoginInformation(base_path=folder), "mine"))
