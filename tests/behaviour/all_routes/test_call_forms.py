"""Tests of unusual calls: the direct client and the SDK give the same result or error."""

from datetime import date, datetime, timedelta, timezone

import pytest
from dropbox.common import PathRoot
from dropbox.files import CommitInfo, UploadSessionCursor, WriteMode
from tests.support.doors import sdk_client

from fakedropbox import FakeDropboxService, NotImplementedInFake

HEADERS = {
    "Authorization": "Bearer x",
    "Content-Type": "x",
    "Dropbox-API-Arg": "x",
    "Dropbox-API-Path-Root": '{".tag": "namespace_id", "namespace_id": "1"}',
    "Dropbox-API-Select-User": "dbmid:x",
    "Dropbox-API-Select-Admin": "dbmid:x",
    "X-Custom": "\u00e9",
}


class StringSubclass(str):
    """A subclass of `str`."""

    __slots__ = ()


def download(**options):
    return lambda dbx: dbx.files_download("/a", **options)[0]


def finish(cursor, commit):
    return lambda dbx: dbx.files_upload_session_finish(b"x", cursor, commit)


UNUSUAL = {
    "a cursor without an offset": finish(UploadSessionCursor("x"), CommitInfo("/b")),
    "a commit without a path": finish(UploadSessionCursor("x", 0), CommitInfo()),
    "None as the cursor": finish(None, CommitInfo("/b")),
    "a string as the commit": finish(UploadSessionCursor("x", 0), "/b"),
    "a negative offset": lambda dbx: dbx.files_upload_session_append_v2(
        b"x", UploadSessionCursor("x", -1)
    ),
    "an unknown session": finish(UploadSessionCursor("x", 0), CommitInfo("/b")),
    "a timeout above the limit": lambda dbx: dbx.files_list_folder_longpoll("x", timeout=481),
    "a limit of zero revisions": lambda dbx: dbx.files_list_revisions("/a", limit=0),
    "a short account id": lambda dbx: dbx.users_get_account("dbid:x"),
    "a long query": lambda dbx: dbx.check_user("x" * 501),
    "None as the source of a copy": lambda dbx: dbx.files_copy_v2(None, "/b"),
    "update without a revision": lambda dbx: dbx.files_upload(b"x", "/b", mode=WriteMode("update")),
    "an unknown mode": lambda dbx: dbx.files_upload(b"x", "/b", mode=WriteMode("nonsense")),
    "a string as the mode": lambda dbx: dbx.files_upload(b"x", "/b", mode="add"),
    "None as the mode": lambda dbx: dbx.files_upload(b"x", "/b", mode=None),
    "None as a flag": lambda dbx: dbx.files_upload(b"x", "/b", autorename=None),
    "a number as a flag": lambda dbx: dbx.files_upload(b"x", "/b", autorename=1),
    "bytes as the path": lambda dbx: dbx.files_upload(b"x", b"/b"),
    "None as the path": lambda dbx: dbx.files_upload(b"x", None),
    "a list as the path": lambda dbx: dbx.files_upload(b"x", ["/b"]),
    "a subclass of str as the path": lambda dbx: dbx.files_upload(b"x", StringSubclass("/Sub/x")),
    "another time zone": lambda dbx: dbx.files_upload(
        b"x", "/b", client_modified=datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    ),
    "a date": lambda dbx: dbx.files_upload(b"x", "/b", client_modified=date(2020, 1, 1)),
    "the year 999": lambda dbx: dbx.files_upload(b"x", "/b", client_modified=datetime(999, 1, 1)),  # noqa: DTZ001
    "the year 1": lambda dbx: dbx.files_upload(b"x", "/b", client_modified=datetime(1, 1, 1)),  # noqa: DTZ001
    "a short hash": lambda dbx: dbx.files_upload(b"x", "/b", content_hash="x"),
    "a hash in capitals": lambda dbx: dbx.files_upload(b"x", "/b", content_hash="A" * 64),
    "a very deep path": lambda dbx: dbx.files_upload(b"x", "/n" + "/a" * 3000),
    "a very long name": lambda dbx: dbx.files_upload(b"x", "/" + "a" * 1_000_000),
    "True as the limit": lambda dbx: dbx.files_list_folder("", limit=True).entries,
    "1.0 as the limit": lambda dbx: dbx.files_list_folder("", limit=1.0).entries,
    "a bad revision": download(rev="x"),
    "an empty revision": download(rev=""),
    "a revision in capitals": lambda dbx: dbx.files_download("rev:ABCDEF012345"),
    "a list as the headers": download(extra_headers=[]),
    "media info of a non-image": lambda dbx: dbx.files_get_metadata("/a", include_media_info=True),
    "a name with a line break": lambda dbx: dbx.files_get_metadata("/a\r\nb"),
    "the client as a context manager": lambda dbx: dbx.__enter__().files_get_metadata("/a"),
    "a longpoll of an unknown cursor": lambda dbx: dbx.files_list_folder_longpoll("x" * 40),
    "a closed client": lambda dbx: (dbx.close(), dbx.files_get_metadata("/a"))[1],
    "a clone with another token": lambda dbx: dbx.clone(
        oauth2_access_token="x", oauth2_refresh_token=None, oauth2_access_token_expiration=None
    ).files_get_metadata("/a"),
    "a clone of a clone": lambda dbx: dbx.clone().clone().files_get_metadata("/a"),
    "a clone of a client with a path root": lambda dbx: (
        dbx.with_path_root(PathRoot.namespace_id("1")).clone().files_get_metadata("/a")
    ),
    "a string as the path root": lambda dbx: dbx.with_path_root("1"),
    **{f"the header {name}": download(extra_headers={name: HEADERS[name]}) for name in HEADERS},
}


def observed(make, call):
    service = FakeDropboxService(files={"/a": b"1"})
    with service.activate():
        client = make(service)
        try:
            result = call(client)
        except Exception as error:  # noqa: BLE001 -- both must raise the same
            found = (
                type(error),
                getattr(error, "error", None) or getattr(error, "message", str(error)),
            )
        else:
            found = type(result), result
        return found, [(record.route, record.outcome) for record in service.calls], service.files


@pytest.mark.parametrize("name", UNUSUAL)
def test_the_direct_client_and_the_sdk_answer_unusual_calls_equally(name):
    direct = observed(lambda service: service.client(), UNUSUAL[name])
    assert direct == observed(sdk_client, UNUSUAL[name])
    assert direct[0][0] not in {KeyError, AttributeError, RecursionError, UnicodeEncodeError}


@pytest.mark.dropbox(allow_not_implemented=True)
@pytest.mark.filterwarnings("ignore:docs/:DeprecationWarning")
def test_a_route_that_is_not_implemented_raises_not_implemented_in_fake(dbx):
    with pytest.raises(NotImplementedInFake, match="is not implemented in fakedropbox"):
        dbx.paper_docs_archive("doc")
