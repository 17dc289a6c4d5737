"""Tests of the query language of calls."""

from contextlib import suppress

import pytest
from dropbox.exceptions import DropboxException

from fakedropbox import FakeDropboxService
from fakedropbox.server.call_query import matching


@pytest.fixture(scope="module")
def calls():
    """The records of seven calls, whose numbers stand in the comments."""
    service = FakeDropboxService()
    ada = service.accounts.create("ada@example.com", "Ada")
    dbx, hers = service.client(), service.client(account=ada)
    with suppress(DropboxException):
        dbx.files_upload(b"1", "/A/report [1].txt")  # 1
        hers.files_upload(b"1", "/b")  # 2
        dbx.files_upload_session_start(b"")  # 3
        dbx.files_copy_v2("/A", "/c")  # 4
        dbx.files_delete_batch([])  # 5
    with suppress(DropboxException):
        dbx.files_get_metadata("/none/a")  # 6
    service.faults.server_error("files/get_metadata", times=9, optional=True)
    with suppress(DropboxException):
        hers.files_get_metadata("/a/report")  # 7, and its repetitions
    return list(service.calls)[:7]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4, 5, 6, 7]),
        ("  ", [1, 2, 3, 4, 5, 6, 7]),
        ("route:files/upload", [1, 2]),
        ("route:upload", [1, 2]),
        ("route:UPLOAD*", []),
        ("route:files/UPLOAD*", [1, 2, 3]),
        ("route:*_?2", [4]),
        ("route:pload", []),
        ("outcome:ok", [1, 2, 3, 4, 5]),
        ("outcome:error", [6, 7]),
        ("-outcome:error", [1, 2, 3, 4, 5]),
        ("outcome:not_found", [6]),
        ("outcome:path/*", [6]),
        ("account:ada", [2, 7]),
        ("account:ada outcome:error", [7]),
        ("path:/a", [1, 4, 6, 7]),
        ("path:/A/", [1, 4, 6, 7]),
        ("path:/a/*", [1, 7]),
        ("path:report", [7]),
        ('path:"/A/report [1].txt"', [1]),
        ('path:"*[1]*"', [1]),
        ("path:*[1]*", [1]),
        ("path:/c", [4]),
        ("path:", [1, 2, 4, 6, 7]),
        ("-path:", [3, 5]),
        ("fault:", [7]),
        ("fault:server", [7]),
        ("-fault: outcome:error", [6]),
        ("stub:", []),
        ("door:direct", [1, 2, 3, 4, 5, 6, 7]),
        ("fact:f1.5-08", [7]),
        ("report", [1, 7]),
        ('"report [1]"', [1]),
        ("-report route:upload", [2]),
        ("app:none", []),
    ],
)
def test_a_query_selects_calls(calls, query, numbers):
    assert [each.number for each in matching(calls, query)] == numbers


def test_a_wrong_query_is_refused(calls):
    with pytest.raises(ValueError, match=r"query: expected a property such as 'route' .* 'rute'"):
        matching(calls, "rute:x")
    with pytest.raises(ValueError, match="query: expected pairs of quotes, got"):
        matching(calls, 'path:"/a')


def test_control_selects_calls(ctl, http):
    for path in ("/a", "/b"):
        http.rpc("files/get_metadata", {"path": path})
    assert [call["arg"]["path"] for call in ctl.calls(query="path:/b")] == ["/b"]
    assert ctl.calls(last=1, query="path:/a") == []
    with pytest.raises(ValueError, match="query: expected a property such as 'path'"):
        ctl.calls(query="pathh:/a")
