"""Storage providers on Dropbox."""

from __future__ import annotations

import dropbox

from dropspool.clock import Clock, SystemClock
from dropspool.providers._dropbox_files import DropboxFiles
from dropspool.providers._file_provider import FileProvider
from dropspool.schemas import DropboxLoginInformation

_SYSTEM_CLOCK = SystemClock()


class DropboxProviderExtended(FileProvider):
    """A storage provider in the Dropbox of ``login_dict``.

    ``clock`` gives the time of job ids and stamps, and waits between the attempts of a
    request that got no answer. ``client`` is used in place of one made from
    ``login_dict``; of it a copy is taken that leaves repetitions to the provider. One
    object may be used by many threads.
    """

    def __init__(
        self,
        login_dict: DropboxLoginInformation,
        name: str,
        is_active: bool = True,
        *,
        clock: Clock = _SYSTEM_CLOCK,
        client: dropbox.Dropbox | None = None,
    ) -> None:
        super().__init__(DropboxFiles(login_dict, clock, client), name, is_active, clock)


class DropboxProvider(DropboxProviderExtended):
    """The provider ``default`` in the Dropbox of ``login_dict``."""

    def __init__(self, login_dict: DropboxLoginInformation) -> None:
        super().__init__(login_dict, name="default")
