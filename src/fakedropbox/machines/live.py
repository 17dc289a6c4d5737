"""The machine for the real service, which runs only if environment variables name an account.

The account is named by ``DROPBOX_LIVE_ACCESS_TOKEN``, or by ``DROPBOX_LIVE_REFRESH_TOKEN`` with
``DROPBOX_LIVE_APP_KEY`` and, unless the app uses PKCE, ``DROPBOX_LIVE_APP_SECRET``. Without them
the machine is skipped. ``DROPBOX_LIVE_RECORD`` is a file to which all exchanges are appended,
with secrets and personal data replaced.
"""

from __future__ import annotations

import os
import unittest
from contextlib import ExitStack

import dropbox

from fakedropbox.clock import SystemClock
from fakedropbox.machines import DropboxMachine
from fakedropbox.recording import recording

_PREFIX = "DROPBOX_LIVE_"


def live_client() -> dropbox.Dropbox:
    """Return a client of the real service.

    Raises:
        unittest.SkipTest: the variables do not name an account. (pytest skips the test, too.)
    """
    token, refresh, key, secret = (
        os.environ.get(f"{_PREFIX}{name}") or None
        for name in ("ACCESS_TOKEN", "REFRESH_TOKEN", "APP_KEY", "APP_SECRET")
    )
    if token is None and (refresh is None or key is None):
        raise unittest.SkipTest(
            f"no live account: set {_PREFIX}ACCESS_TOKEN, or {_PREFIX}REFRESH_TOKEN and "
            f"{_PREFIX}APP_KEY"
        )
    return dropbox.Dropbox(
        oauth2_access_token=token, oauth2_refresh_token=refresh, app_key=key, app_secret=secret
    )


class LiveMachine(DropboxMachine):
    """A machine for the real service; each example has a new folder, which is deleted after it.

    Paper docs are left out unless ``papers`` is True.
    """

    papers = False

    def __init__(self) -> None:
        super().__init__()
        self._until_the_end = ExitStack()

    def make_client(self) -> dropbox.Dropbox:
        """Choose the folder, and return a real client, which is recorded if a file is named."""
        client = live_client()
        name = f"fakedropbox-machine-{SystemClock().micros}"
        self.folder = f"/{name}"
        output = os.environ.get(f"{_PREFIX}RECORD")
        if output:
            self._until_the_end.enter_context(recording(output, name))
        return client

    def teardown(self) -> None:
        """Delete the folder of the example, and end its recording."""
        with self._until_the_end:
            super().teardown()
