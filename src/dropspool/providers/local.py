"""A storage provider on the local file system."""

from __future__ import annotations

from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.providers._file_provider import FileProvider
from dropspool.providers._local_files import LocalFiles
from dropspool.providers.base import StorageProvider
from dropspool.schemas import LocalLoginInformation


class LocalProvider(FileProvider):
    """A storage provider in the folder ``login_dict.base_path``, which must exist.

    The layout is the same as on Dropbox. Processes and threads may share the folder, with
    one provider each or a common one. ``clock``, ``lease_seconds``, ``worker_id`` and
    ``max_attempts`` are as for `DropboxProviderExtended`. The times of the files decide when
    leases end; they are those of the file system, or of ``file_clock`` if a test gives one. The
    file system decides whether two names that differ only in case are the same.

    Raises:
        ValueError: the base path is empty.
        OSError: it is not a folder, or it is not writable; nothing was created.
    """

    def __init__(
        self,
        login_dict: LocalLoginInformation,
        name: str = "local",
        is_active: bool = True,
        *,
        clock: Clock = SYSTEM_CLOCK,
        lease_seconds: float = StorageProvider.lease_seconds,
        worker_id: str | None = None,
        max_attempts: int = StorageProvider.max_attempts,
        file_clock: Clock | None = None,
    ) -> None:
        files = LocalFiles(login_dict.base_path, file_clock)
        super().__init__(files, name, is_active, clock, lease_seconds, worker_id, max_attempts)
