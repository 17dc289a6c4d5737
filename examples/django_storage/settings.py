"""The settings of a Django project that keeps its uploaded files in Dropbox."""

import os

USE_TZ = True
STORAGES = {
    "default": {
        "BACKEND": "storage.DropboxStorage",
        "OPTIONS": {"folder": "/media"},
    },
}
DROPBOX_APP_KEY = os.environ.get("DROPBOX_APP_KEY", "")
DROPBOX_APP_SECRET = os.environ.get("DROPBOX_APP_SECRET", "")
DROPBOX_REFRESH_TOKEN = os.environ.get("DROPBOX_REFRESH_TOKEN", "")
