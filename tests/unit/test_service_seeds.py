"""Tests of `seed_files`: empty folders, and times."""

from datetime import datetime, timedelta, timezone

import pytest

from fakedropbox import FakeDropboxService

OLD = datetime(2020, 5, 17, 12, 30, 1, tzinfo=timezone.utc)


@pytest.fixture
def service():
    return FakeDropboxService(files={"/kept.txt": b"1", "/empty/of/": b""})


def client_modified(service, path):
    return service.client().files_get_metadata(path).client_modified.replace(tzinfo=timezone.utc)


def test_a_path_with_a_trailing_slash_is_a_folder(service):
    service.seed_files({"/a/b/": b"", "/empty/": b"", "/kept.txt": b"2"})
    assert service.files == {"/kept.txt": b"2"}
    assert service.tree() == "/\n  kept.txt  1 bytes\n  empty/\n    of/\n  a/\n    b/"


def test_files_have_the_given_time(service):
    paths = {"/a": b"1", "/b/c": b"2", "/d/": b""}
    service.seed_files(paths, client_modified=OLD + timedelta(microseconds=5))
    assert client_modified(service, "/a") == client_modified(service, "/b/c") == OLD
    found = service.client().files_get_metadata("/a")
    assert found.server_modified == service.clock.utcnow()
    naive = OLD.replace(tzinfo=None)
    elsewhere = OLD.astimezone(timezone(timedelta(hours=3)))
    times = {"/e": naive, "/a": elsewhere}
    service.seed_files({"/a": b"new", "/e": b"", "/f": b""}, client_modified=times)
    assert [client_modified(service, path) for path in ("/a", "/e")] == [OLD, OLD]
    assert client_modified(service, "/f") == service.clock.now()


def test_files_can_be_seeded_into_another_account(service):
    bob = service.accounts.create("bob@example.com")
    service.seed_files({"/a": b"1", "/d/": b""}, client_modified=OLD, account=bob)
    assert service.tree(account=bob) == "/\n  a  1 bytes\n  d/"


@pytest.mark.parametrize(
    ("files", "times", "kind", "reason"),
    [
        ({"/a/": b"1"}, None, ValueError, "files: expected no content of the folder '/a/'"),
        ({"/": b""}, None, ValueError, "files: Dropbox refuses '/'"),
        ({"a/": b""}, None, ValueError, "files: expected paths that begin with a slash"),
        ({5: b""}, None, TypeError, "files: expected str, got 5"),
        ({"/d/": b""}, {"/d/": OLD}, ValueError, "client_modified: .*got the folder '/d/'"),
        (
            {"/a": b"", "/A": b"1"},
            None,
            ValueError,
            "got '/a' and '/A', which are the same in Dropbox",
        ),
        ({"/a": b"", "/a/": b""}, None, ValueError, "got '/a' and '/a/', which are the same"),
        ({"/a": b""}, {"/b": OLD}, ValueError, "client_modified: expected paths of the files, got"),
        ({"/a": b""}, {"/a": "2020"}, TypeError, "client_modified: expected datetime, got '2020'"),
        ({"/a": b""}, 5, TypeError, "client_modified: expected datetime or Mapping or None"),
        ({"/kept.txt": b"1"}, OLD, ValueError, "client_modified: .*'/kept.txt' has this content"),
    ],
)
def test_a_wrong_seed_changes_nothing(service, files, times, kind, reason):
    before = service.tree()
    with pytest.raises(kind, match=reason):
        service.seed_files({"/new": b"", **files}, client_modified=times)
    assert service.tree() == before


def test_the_same_seed_may_be_repeated(service):
    for _ in range(2):
        service.seed_files({"/a": b"1"}, client_modified=OLD)
    assert client_modified(service, "/a") == OLD
