"""Tests of the storage back end, as a Django project that uses pytest would write them."""

import pytest
import requests
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from dropbox.exceptions import ApiError


@pytest.fixture
def storage(dropbox_active, monkeypatch):
    """A new instance of the default storage; its account has only the files of the test's mark."""
    login = dropbox_active.login
    monkeypatch.setattr(settings, "DROPBOX_APP_KEY", login.app_key)
    monkeypatch.setattr(settings, "DROPBOX_APP_SECRET", login.app_secret)
    monkeypatch.setattr(settings, "DROPBOX_REFRESH_TOKEN", login.refresh_token)
    return storages.create_storage(settings.STORAGES["default"])


def test_a_saved_file_is_in_dropbox(storage, dropbox_service):
    assert storage.save("reports/may.txt", ContentFile(b"all is well")) == "reports/may.txt"
    assert dropbox_service.files == {"/media/reports/may.txt": b"all is well"}
    with storage.open("reports/may.txt") as file:
        assert file.read() == b"all is well"


def test_a_second_file_of_the_same_name_gets_another_name(storage, dropbox_service):
    first = storage.save("a.txt", ContentFile(b"1"))
    second = storage.save("A.txt", ContentFile(b"2"))  # case makes no difference in Dropbox
    assert first == "a.txt"
    assert second.startswith("A_")
    assert sorted(dropbox_service.files.values()) == [b"1", b"2"]


@pytest.mark.dropbox(files={"/media/a.txt": b"1", "/media/b/c.txt": b"2", "/other.txt": b"3"})
def test_files_of_other_programs_in_the_folder_are_found(storage):
    assert storage.listdir("") == (["b"], ["a.txt"])
    assert storage.size("b/c.txt") == 1
    assert storage.exists("b")
    assert not storage.exists("other.txt")
    with pytest.raises(FileNotFoundError):
        storage.open("other.txt")


@pytest.mark.dropbox(files={"/media/a.txt": b"1"})
def test_a_url_works_for_four_hours(storage, dropbox_clock):
    url = storage.url("a.txt")
    assert requests.get(url, timeout=9).content == b"1"
    dropbox_clock.advance(4 * 3600 + 1)
    assert requests.get(url, timeout=9).status_code == 410


@pytest.mark.dropbox(files={"/media/a.txt": b"1"})
def test_a_repeated_deletion_changes_nothing(storage, dropbox_service):
    storage.delete("a.txt")
    storage.delete("a.txt")
    assert dropbox_service.files == {}


def test_the_modified_time_comes_from_dropbox(storage, dropbox_clock):
    dropbox_clock.advance(60)
    name = storage.save("a.txt", ContentFile(b"1"))
    assert storage.get_modified_time(name) == dropbox_clock.now().replace(microsecond=0)


def test_a_rate_limit_only_delays_an_upload(storage, dropbox_faults, dropbox_clock):
    dropbox_faults.rate_limit("files/upload", retry_after=300)
    before = dropbox_clock.now()
    storage.save("a.txt", ContentFile(b"1"))
    assert (dropbox_clock.now() - before).total_seconds() >= 300


def test_a_full_dropbox_is_an_error_that_stores_nothing(storage, dropbox_faults, dropbox_service):
    dropbox_faults.insufficient_space("files/upload")
    with pytest.raises(ApiError, match="insufficient_space"):
        storage.save("a.txt", ContentFile(b"1"))
    assert dropbox_service.files == {}
