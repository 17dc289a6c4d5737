"""Tests of the backup program, without pytest: `python -m unittest tests` in this directory."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import backup
from dropbox.exceptions import RateLimitError

from fakedropbox import Personality, mock_dropbox

SEED = Path(__file__).with_name("seed.toml")


class BackupTest(unittest.TestCase):
    def setUp(self):
        # With one entry per page, the test fails for a program that reads only the first page.
        small_pages = Personality(page_size=1)
        self.service = self.enterContext(mock_dropbox(seed=SEED, personality=small_pages))
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        login = self.service.login
        credentials = {
            "DROPBOX_APP_KEY": login.app_key,
            "DROPBOX_APP_SECRET": login.app_secret,
            "DROPBOX_REFRESH_TOKEN": login.refresh_token,
        }
        self.enterContext(patch.dict(os.environ, credentials))
        self.dbx = backup.connect()

    def uploads(self):
        return [call.arg.path for call in self.service.calls.of("files/upload")]

    def test_restore_brings_all_files_back(self):
        backup.restore(self.dbx, self.directory)
        found = {
            path.relative_to(self.directory).as_posix(): path.read_text()
            for path in self.directory.rglob("*")
            if path.is_file()
        }
        self.assertEqual(found, {"Notes/todo.txt": "buy milk", "ideas.txt": "a backup program"})

    def test_what_was_restored_is_not_uploaded_again(self):
        backup.restore(self.dbx, self.directory)
        self.assertEqual(backup.save(self.dbx, self.directory), [])
        self.assertEqual(self.uploads(), [])

    def test_a_changed_and_a_new_file_are_uploaded(self):
        backup.restore(self.dbx, self.directory)
        (self.directory / "ideas.txt").write_text("a backup program in Python")
        (self.directory / "new.txt").write_text("new")
        self.assertEqual(backup.save(self.dbx, self.directory), ["ideas.txt", "new.txt"])
        self.assertEqual(self.service.read("/backup/ideas.txt"), b"a backup program in Python")
        self.assertEqual(self.service.read("/backup/new.txt"), b"new")

    def test_the_first_backup_makes_its_folder(self):
        (self.directory / "a.txt").write_text("a")
        self.assertEqual(backup.save(self.dbx, self.directory, "/elsewhere"), ["a.txt"])
        self.assertEqual(self.service.read("/elsewhere/a.txt"), b"a")

    def test_other_files_of_the_account_are_left_alone(self):
        (self.directory / "a.txt").write_text("a")
        backup.save(self.dbx, self.directory)
        self.assertEqual(self.service.read("/private/diary.txt"), b"not part of the backup")

    def test_an_upload_is_repeated_after_a_server_error(self):
        (self.directory / "a.txt").write_text("a")
        self.service.faults.server_error("files/upload", times=2)
        self.assertEqual(backup.save(self.dbx, self.directory), ["a.txt"])
        self.assertEqual(self.service.read("/backup/a.txt"), b"a")

    def test_a_rate_limit_ends_the_backup_which_goes_on_the_next_time(self):
        for name in ("a.txt", "b.txt"):
            (self.directory / name).write_text(name)
        self.service.faults.rate_limit("files/upload", skip=1)
        dbx = self.dbx.clone(max_retries_on_rate_limit=0)
        with self.assertRaises(RateLimitError):
            backup.save(dbx, self.directory)
        self.assertEqual(backup.save(dbx, self.directory), ["b.txt"])


if __name__ == "__main__":
    unittest.main()
