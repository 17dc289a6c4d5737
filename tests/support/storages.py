"""The storages of providers, Dropbox and folders, with one interface for the tests."""

from pathlib import Path

from dropspool import (
    DropboxLoginInformation,
    DropboxProviderExtended,
    LocalLoginInformation,
    LocalProvider,
)
from dropspool.testing.bench import files_in, make_older, write_files
from fakedropbox.clock import ManualClock

DOORS = ("sdk", "direct")
FOLDERS = ("fakefs", "folder")


class DropboxStorage:
    """A Dropbox in memory, which providers use by the SDK or by the direct client."""

    def __init__(self, service, *, direct=False):
        self.service = service
        self.clock = service.clock
        self._direct = direct

    def provider(self, name="Fake", **options):
        login = DropboxLoginInformation.model_validate(self.service.login, from_attributes=True)
        client = self.service.client() if self._direct else None
        return DropboxProviderExtended(
            login, name, **{"clock": self.clock, "client": client, **options}
        )

    @property
    def requests(self):
        return len(self.service.calls)

    @property
    def files(self):
        return self.service.files

    def read(self, path):
        return self.service.read(path)

    def seed_files(self, files):
        self.service.seed_files(files)

    def wait(self, seconds):
        self.clock.advance(seconds)


class FolderStorage:
    """A folder in the real file system or in the one of pyfakefs."""

    def __init__(self, base):
        self.base = Path(base)
        self.clock = ManualClock()
        self.requests = 0

    def provider(self, name="Fake", **options):
        login = LocalLoginInformation(base_path=str(self.base))
        return LocalProvider(login, name, **{"clock": self.clock, **options})

    @property
    def files(self):
        return files_in(self.base)

    def read(self, path):
        return (self.base / path[1:]).read_bytes()

    def seed_files(self, files):
        write_files(self.base, files)

    def wait(self, seconds):
        """Make every file older by ``seconds``: the clock of a file system cannot be set."""
        self.clock.advance(seconds)
        make_older(self.base, seconds)


def make_storage(kind, request):
    """Return the storage of this kind, made by the fixtures that it needs."""
    if kind in DOORS:
        service = request.getfixturevalue("dropbox_service")
        if kind == "sdk":
            request.getfixturevalue("dropbox_active")
        return DropboxStorage(service, direct=kind == "direct")
    if kind == "fakefs":
        request.getfixturevalue("fs").create_dir("/base")
        return FolderStorage("/base")
    return FolderStorage(request.getfixturevalue("tmp_path"))
