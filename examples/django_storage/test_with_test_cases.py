"""Tests of the storage back end as test cases of Django, which its own test command runs, too."""

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import SimpleTestCase

from fakedropbox import mock_dropbox


@mock_dropbox(files={"/media/a.txt": b"1"})
class StorageTest(SimpleTestCase):
    def setUp(self):
        login = self.dropbox_service.login
        credentials = self.settings(
            DROPBOX_APP_KEY=login.app_key,
            DROPBOX_APP_SECRET=login.app_secret,
            DROPBOX_REFRESH_TOKEN=login.refresh_token,
        )
        self.enterContext(credentials)
        self.storage = storages.create_storage(settings.STORAGES["default"])

    def test_a_file_of_another_program_can_be_read(self):
        with self.storage.open("a.txt") as file:
            self.assertEqual(file.read(), b"1")

    def test_a_file_is_stored_after_a_server_error(self):
        self.dropbox_service.faults.server_error("files/upload", times=2)
        self.storage.save("b.txt", ContentFile(b"2"))
        self.assertEqual(self.dropbox_service.files, {"/media/a.txt": b"1", "/media/b.txt": b"2"})
