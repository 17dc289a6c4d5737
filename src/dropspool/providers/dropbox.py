"""Storage providers on Dropbox."""

from __future__ import annotations

from collections.abc import Callable, Collection

import dropbox

from dropspool import layout
from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.providers._dropbox_files import DropboxFiles
from dropspool.providers._file_provider import FileProvider
from dropspool.providers.base import StorageProvider
from dropspool.schemas import DropboxLoginInformation

_SPREAD = 0.5
"""The longest random pause, in seconds, after which workers that were woken together go on."""


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

    _race_pause = _SPREAD

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
        self._login = login_dict
        self._follow = files.following
        self._watch = files.watch(f"/{layout.QUEUED_JOBS}", spread=_SPREAD, chance=self._chance)

    def _queue_files(self, display_name: str) -> Callable[[], list[str]]:
        """Return a function that asks only for the changes of a queue after its first call."""
        return self._follow(f"/{layout.queue_folder(display_name)}")

    @property
    def app_key(self) -> str:
        """The key of the app."""
        return self._login.app_key

    @property
    def app_secret(self) -> str:
        """The secret of the app."""
        return self._login.app_secret

    @property
    def refresh_token(self) -> str:
        """The refresh token of the account."""
        return self._login.refresh_token

    def wait_for_jobs(self, backends: Collection[str], timeout: float) -> frozenset[str] | None:
        """Wait until jobs are queued for some of these backends, and return those backends.

        It is one request for all backends, made once and without repetitions. It may take 120
        seconds longer than ``timeout``, which is at least 30 and at most 480 seconds. Only one
        thread may call this method at a time.
        """
        folders = {
            name: f"/{layout.queue_folder(layout.checked_display_name(name))}/".lower()
            for name in backends
        }
        paths = self._watch.wait(timeout)
        if paths is None:
            return frozenset(folders)
        return frozenset(
            name
            for name, folder in folders.items()
            if any(path.startswith(folder) for path in paths)
        )


class DropboxProvider(DropboxProviderExtended):
    """The provider named ``default`` in the Dropbox of ``login_dict``."""

    def __init__(self, login_dict: DropboxLoginInformation) -> None:
        super().__init__(login_dict, name="default")
