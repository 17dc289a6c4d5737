"""Tests of the Dropbox features that a program needs, written for a live account."""

import time
from datetime import datetime, timedelta, timezone

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import FileMetadata, WriteMode


def listing(dbx, path, **options):
    """Return the entries of all pages of a listing."""
    page = dbx.files_list_folder(path, **options)
    entries = list(page.entries)
    while page.has_more:
        page = dbx.files_list_folder_continue(page.cursor)
        entries += page.entries
    return entries


def test_the_account_has_the_expected_email(dbx, email):
    account = dbx.users_get_current_account()
    assert account.email == email
    assert account.email_verified


@pytest.mark.parametrize("content", [b"", b"42", bytes(range(256)) * 100])
def test_a_download_returns_the_uploaded_content(dbx, folder, content):
    sent = dbx.files_upload(content, f"{folder}/Résumé.bin")
    metadata, response = dbx.files_download(f"{folder}/résumé.BIN")
    assert response.content == content
    assert metadata.content_hash == sent.content_hash
    assert metadata.size == len(content)


def test_an_upload_sets_server_modified_to_the_current_time(dbx, folder):
    first = dbx.files_upload(b"1", f"{folder}/log")
    time.sleep(1.1)  # the timestamps of the service have whole seconds
    second = dbx.files_upload(b"2", f"{folder}/log", mode=WriteMode.overwrite)
    assert second.rev != first.rev
    assert second.server_modified > first.server_modified
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    assert abs(now - second.server_modified) < timedelta(hours=1)


def test_a_second_file_with_the_same_name_is_refused_or_renamed(dbx, folder):
    dbx.files_upload(b"1", f"{folder}/a.txt")
    with pytest.raises(ApiError) as refused:
        dbx.files_upload(b"2", f"{folder}/a.txt")
    assert refused.value.error.get_path().reason.is_conflict()
    renamed = dbx.files_upload(b"2", f"{folder}/a.txt", autorename=True)
    assert renamed.name == "a (1).txt"


def test_a_listing_in_pages_has_all_files(dbx, folder):
    names = {f"{number}.txt" for number in range(5)}
    for name in names:
        dbx.files_upload(name.encode(), f"{folder}/{name}")
    assert {entry.name for entry in listing(dbx, folder, limit=2)} == names


def test_a_folder_is_moved_with_its_files(dbx, folder):
    for name in ("a", "b/c"):
        dbx.files_upload(b"x", f"{folder}/from/{name}")
    dbx.files_move_v2(f"{folder}/from", f"{folder}/to")
    moved = listing(dbx, folder, recursive=True)
    files = {entry.path_display for entry in moved if isinstance(entry, FileMetadata)}
    assert files == {f"{folder}/to/a", f"{folder}/to/b/c"}


def test_a_deleted_file_is_not_found(dbx, folder):
    dbx.files_upload(b"x", f"{folder}/x")
    dbx.files_delete_v2(f"{folder}/x")
    with pytest.raises(ApiError) as refused:
        dbx.files_get_metadata(f"{folder}/x")
    assert refused.value.error.get_path().is_not_found()
