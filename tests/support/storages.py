"""The storages of providers, Dropbox and folders, with one interface for the tests."""

import os
from pathlib import Path

from dropspool import (
    DropboxLoginInformation,
    DropboxProviderExtended,
    LocalLoginInformation,
    LocalProvider,
)
from fakedropbox.clock import ManualClock

DOORS = ("sdk", "direct")
FOLDERS = ("fakefs", "folder")


class DropboxStorage:
    """A Dropbox in memory, through one of its doors."""

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
        found = {}
        for folder, folders, names in os.walk(self.base):
            folders[:] = [name for name in folders if name != ".dropspool"]
            for name in names:
                path = Path(folder, name)
                found[f"/{path.relative_to(self.base)}"] = path.read_bytes()
        return found

    def read(self, path):
        return (self.base / path[1:]).read_bytes()

    def seed_files(self, files):
        for path, data in files.items():
            place = self.base / path[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)

    def wait(self, seconds):
        """Make every file older by ``seconds``: the clock of a file system cannot be set."""
        self.clock.advance(seconds)
        for name in self.files:
            path = self.base / name[1:]
            modified = path.stat().st_mtime - seconds
            os.utime(path, (modified, modified))


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
