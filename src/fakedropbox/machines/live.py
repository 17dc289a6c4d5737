"""The machine against the real service, for those who ask for it by environment variables.

``DROPBOX_LIVE_ACCESS_TOKEN``, or ``DROPBOX_LIVE_REFRESH_TOKEN`` with ``DROPBOX_LIVE_APP_KEY``
and, unless the app uses PKCE, ``DROPBOX_LIVE_APP_SECRET``: which account. Without them the
machine skips. ``DROPBOX_LIVE_RECORD``: a file to which all exchanges are added, scrubbed.
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
    """A client of the real service.

    Raises:
        unittest.SkipTest: no account is named, which pytest understands, too.
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
    """Each example happens in a new folder at the root, which is deleted after it.

    Paper docs are left out unless ``papers`` is set.
    """

    papers = False

    def __init__(self) -> None:
        super().__init__()
        self._until_the_end = ExitStack()

    def make_client(self) -> dropbox.Dropbox:
        """A client of the real service, whose exchanges are recorded if that is asked for."""
        client = live_client()
        name = f"fakedropbox-machine-{SystemClock().micros}"
        self.folder = f"/{name}"
        output = os.environ.get(f"{_PREFIX}RECORD")
        if output:
            self._until_the_end.enter_context(recording(output, name))
        return client

    def teardown(self) -> None:
        """Delete the folder."""
        with self._until_the_end:
            super().teardown()
