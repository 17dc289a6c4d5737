"""Storage providers on Dropbox."""

from __future__ import annotations

import dropbox

from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.providers._dropbox_files import DropboxFiles
from dropspool.providers._file_provider import FileProvider
from dropspool.providers.base import StorageProvider
from dropspool.schemas import DropboxLoginInformation


class DropboxProviderExtended(FileProvider):
    """A storage provider in the Dropbox of ``login_dict``.

    A job that is taken is claimed for ``lease_seconds``, in the name ``worker_id``. With a
    ``worker_id`` that stays the same after a restart, `recover` can take the jobs of the
    earlier run at once; no two processes may share one. A job that workers have taken
    ``max_attempts`` times without ending it ends in an error. ``clock`` gives the time of
    job ids and of `last_queue_check`, and waits between the attempts of a request that got
    no answer. ``client`` is used in place of a client made from ``login_dict``; the provider
    works with a copy of it that does not retry, because the provider retries itself. One
    object may be used by many threads.
    """

    def __init__(
        self,
        login_dict: DropboxLoginInformation,
        name: str,
        is_active: bool = True,
        *,
        clock: Clock = SYSTEM_CLOCK,
        lease_seconds: float = StorageProvider.lease_seconds,
        worker_id: str | None = None,
        max_attempts: int = StorageProvider.max_attempts,
        client: dropbox.Dropbox | None = None,
    ) -> None:
        files = DropboxFiles(login_dict, clock, client)
        super().__init__(files, name, is_active, clock, lease_seconds, worker_id, max_attempts)


class DropboxProvider(DropboxProviderExtended):
    """The provider named ``default`` in the Dropbox of ``login_dict``."""

    def __init__(self, login_dict: DropboxLoginInformation) -> None:
        super().__init__(login_dict, name="default")
