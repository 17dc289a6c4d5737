"""A storage back end of Django, which keeps files in a folder of a Dropbox."""

from datetime import timezone
from functools import cached_property

import dropbox
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible
from django.utils.timezone import make_naive
from dropbox.exceptions import ApiError
from dropbox.files import FileMetadata


@deconstructible
class DropboxStorage(Storage):
    def __init__(self, folder="/django"):
        self.folder = folder

    @cached_property
    def client(self):
        return dropbox.Dropbox(
            app_key=settings.DROPBOX_APP_KEY,
            app_secret=settings.DROPBOX_APP_SECRET,
            oauth2_refresh_token=settings.DROPBOX_REFRESH_TOKEN,
        )

    def _path(self, name):
        return f"{self.folder}/{name}".rstrip("/")

    def _open(self, name, mode="rb"):
        if mode != "rb":
            raise ValueError(f"mode: files are written by save(), got {mode!r}")
        try:
            _, response = self.client.files_download(self._path(name))
        except ApiError as error:
            if _is_missing(error):
                raise FileNotFoundError(name) from error
            raise
        return ContentFile(response.content, name)

    def _save(self, name, content):
        with content.open("rb") as file:
            self.client.files_upload(file.read(), self._path(name))
        return name

    def delete(self, name):
        try:
            self.client.files_delete_v2(self._path(name))
        except ApiError as error:
            if not _is_missing(error):
                raise

    def exists(self, name):
        try:
            self.client.files_get_metadata(self._path(name))
        except ApiError as error:
            if _is_missing(error):
                return False
            raise
        return True

    def listdir(self, path):
        folders, files = [], []
        page = self.client.files_list_folder(self._path(path))
        while True:
            for entry in page.entries:
                (files if isinstance(entry, FileMetadata) else folders).append(entry.name)
            if not page.has_more:
                return folders, files
            page = self.client.files_list_folder_continue(page.cursor)

    def size(self, name):
        return self.client.files_get_metadata(self._path(name)).size

    def url(self, name):
        return self.client.files_get_temporary_link(self._path(name)).link

    def get_modified_time(self, name):
        found = self.client.files_get_metadata(self._path(name)).server_modified
        aware = found.replace(tzinfo=timezone.utc)
        return aware if settings.USE_TZ else make_naive(aware)


def _is_missing(error):
    union = error.error
    for tag in ("path", "path_lookup"):
        lookup = getattr(union, f"is_{tag}", bool)() and getattr(union, f"get_{tag}")()
        if lookup and lookup.is_not_found():
            return True
    return False
