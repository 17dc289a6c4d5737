"""A typical test suite for a live account, which does not import fakedropbox.

With credentials in the environment it runs against Dropbox; without them it is skipped.
To run it offline:

pytest examples/live_suite --fake-dropbox --fake-dropbox-report \
    --fake-dropbox-env DROPBOX_LIVE_APP_KEY=app_key \
    --fake-dropbox-env DROPBOX_LIVE_APP_SECRET=app_secret \
    --fake-dropbox-env DROPBOX_LIVE_REFRESH_TOKEN=refresh_token \
    --fake-dropbox-env DROPBOX_LIVE_EMAIL=account_email
"""

import os
import time

import dropbox
import pytest

APP_KEY = os.environ.get("DROPBOX_LIVE_APP_KEY")
APP_SECRET = os.environ.get("DROPBOX_LIVE_APP_SECRET")
REFRESH_TOKEN = os.environ.get("DROPBOX_LIVE_REFRESH_TOKEN")
EMAIL = os.environ.get("DROPBOX_LIVE_EMAIL")

CLIENT = None
if APP_KEY and APP_SECRET and REFRESH_TOKEN:
    CLIENT = dropbox.Dropbox(
        app_key=APP_KEY, app_secret=APP_SECRET, oauth2_refresh_token=REFRESH_TOKEN
    )


@pytest.fixture(scope="session")
def dbx():
    """A client of the live account."""
    if CLIENT is None:
        pytest.skip("no credentials: set DROPBOX_LIVE_APP_KEY, _APP_SECRET and _REFRESH_TOKEN")
    return CLIENT


@pytest.fixture
def email():
    """The email address of the live account."""
    return EMAIL


@pytest.fixture
def folder(dbx):
    """A folder for one test, deleted at its end."""
    path = f"/live suite/{os.getpid()}-{time.time_ns()}"
    dbx.files_create_folder_v2(path)
    yield path
    dbx.files_delete_v2(path)
