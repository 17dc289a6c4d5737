"""Tests of the record of calls: every request, in order, with its outcome."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import dropbox
import pytest
import requests
from dropbox.files import CommitInfo, PathOrLink, SearchOptions, SharedLinkFileInfo
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.both_doors import DOORS, client_of, login_of

from fakedropbox import FakeDropboxService, NotImplementedInFake


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"hello"})


@pytest.mark.parametrize("door", DOORS)
def test_every_request_is_recorded_with_its_outcome(service, door):
    service.faults.rate_limit("files/upload")
    service.faults.lost_reply("files/delete_v2")
    with client_of(door, service, **login_of(service)) as dbx:
        dbx.files_upload(b"x", "/x")
        for act, kind in [
            (lambda: dbx.files_get_metadata("/nothing"), dropbox.exceptions.ApiError),
            (lambda: dbx.files_get_metadata("/"), dropbox.exceptions.BadInputError),
            (lambda: dbx.files_delete_v2("/x"), requests.exceptions.ConnectionError),
            (
                partial(dbx.paper_docs_get_metadata, "doc"),
                NotImplementedInFake,
            ),
        ]:
            with pytest.raises(kind):
                act()
    assert [(call.route, call.outcome) for call in service.calls] == [
        ("oauth2/token", "ok"),
        ("files/upload", "too_many_requests"),
        ("files/upload", "ok"),
        ("files/get_metadata", "path/not_found"),
        ("files/get_metadata", "400"),
        ("files/delete_v2", "reply lost"),
        ("paper/docs/get_metadata", "NotImplementedInFake"),
    ]
    assert [repr(call) for call in service.calls[2:4]] == [
        "<files/upload /x: ok>",
        "<files/get_metadata /nothing: path/not_found>",
    ]


@pytest.mark.parametrize("door", DOORS)
def test_a_call_refused_by_the_sdk_is_not_recorded(service, door):
    with client_of(door, service, oauth2_access_token=service.login.access_token) as dbx:
        with pytest.raises(TypeError):
            dbx.files_upload("text", "/x")
        with pytest.raises(ValidationError):
            dbx.files_get_metadata("no slash")
    assert len(service.calls) == 0


@pytest.mark.parametrize("door", DOORS)
def test_the_recorded_argument_is_that_of_the_sdk(service, door):
    with client_of(door, service, **login_of(service)) as dbx:
        dbx.files_list_folder("", recursive=True, limit=7)
        dbx.users_get_current_account()
    token, listing, account = service.calls
    assert token.arg == {"grant_type": "refresh_token"}
    assert isinstance(listing.arg, dropbox.files.ListFolderArg)
    assert (listing.arg.path, listing.arg.recursive, listing.arg.limit) == ("", True, 7)
    assert account.arg is None


def test_a_call_refused_before_its_argument_is_read_has_no_argument(service):
    with service.activate():
        url = "https://api.dropboxapi.com/2/files/get_metadata"
        requests.post(url, json={"path": "/a.txt"}, timeout=5)
        bearer = {"Authorization": f"Bearer {service.login.access_token}"}
        requests.post(url, data="no json", headers=bearer, timeout=5)
    assert [(call.outcome, call.arg) for call in service.calls] == [("400", None), ("400", None)]


def test_unknown_routes_are_recorded_as_bad_requests_or_not_at_all(service):
    with service.activate():
        requests.post("https://api.dropboxapi.com/2/no/such", timeout=5)
        requests.post("https://content.dropboxapi.com/2/files/get_metadata", timeout=5)
    # A request for what is no route of its host does not have to be recorded as a call.
    assert {call.outcome for call in service.calls} <= {"400"}


def test_calls_are_a_sequence(service):
    dbx = service.client()
    for _ in range(3):
        dbx.files_get_metadata("/a.txt")
    calls = service.calls
    assert len(calls) == 3
    assert bool(calls)
    assert calls[-1] is list(calls)[2]
    assert len(calls[1:]) == 2
    assert calls.of("files/get_metadata") == list(calls)
    assert calls.of("files/upload") == []
    assert calls.of("files/upload_session/start") == calls.of("oauth2/token") == []
    assert repr(calls) == "<3 calls>"
    calls.clear()
    assert not calls
    dbx.files_get_metadata("/a.txt")
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("files/uplaod", "files/upload"),
        ("files_upload", "files/upload"),
        ("oauth2", "oauth2/token"),
    ],
)
def test_calls_of_an_unknown_route_are_refused(service, name, nearest):
    with pytest.raises(ValueError, match=f"route: .*'{nearest}', got '{name}'"):
        service.calls.of(name)
    with pytest.raises(TypeError, match="route: expected str"):
        service.calls.of(None)


def test_recorded_names_that_are_not_routes_can_be_searched_for(service):
    with service.activate():
        requests.post("https://api.dropboxapi.com/1/account/info", timeout=5)
    [call] = service.calls
    assert service.calls.of(call.route) == [call]


def test_recording_can_be_switched_off(service):
    service.calls.recording = False
    service.client().files_get_metadata("/a.txt")
    assert len(service.calls) == 0
    service.calls.recording = True
    service.client().files_get_metadata("/a.txt")
    assert len(service.calls) == 1


def test_all_calls_of_threads_are_recorded(service):
    barrier = threading.Barrier(8)

    def look(_):
        dbx = service.client()
        barrier.wait(10)
        for _ in range(50):
            dbx.files_get_metadata("/a.txt")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(8)))
    assert len(service.calls) == 400
    assert {call.outcome for call in service.calls} == {"ok"}


def test_methods_of_the_service_are_not_recorded(service):
    assert service.files
    assert service.tree()
    service.read("/a.txt")
    service.seed_files({"/b": b""})
    service.logins.create()
    service.snapshot()
    assert len(service.calls) == 0


@pytest.mark.evidence("F4-12", "F3.1-08", "F1.4-09")
@pytest.mark.parametrize("door", DOORS)
def test_a_refused_call_names_the_fact_that_explains_it(service, door):
    login = login_of(service)
    service.set_quota(service.accounts.default, 5)
    with client_of(door, service, **login) as dbx:
        for act, kind, fact in [
            (lambda: dbx.files_upload(b"xx", "/x"), dropbox.exceptions.ApiError, "F4-12"),
            (lambda: dbx.files_upload(b"", "id:nobody"), dropbox.exceptions.ApiError, "F3.1-08"),
            (lambda: dbx.files_get_metadata("/"), dropbox.exceptions.BadInputError, "F1.4-09"),
            (lambda: dbx.files_get_metadata("/none"), dropbox.exceptions.ApiError, "F10-01"),
            (lambda: dbx.files_tags_remove("/a.txt", "x"), dropbox.exceptions.ApiError, None),
        ]:
            with pytest.raises(kind):
                act()
            assert service.calls[-1].fact == fact
        dbx.files_get_metadata("/a.txt")
    assert service.calls[-1].fact is None


def test_calls_are_found_by_a_path_that_is_in_a_structure_of_their_argument(service):
    dbx = service.client()
    dbx.files_get_temporary_upload_link(CommitInfo("/new"))
    dbx.files_search_v2("x", SearchOptions("/folder"))
    for resource in (PathOrLink.path("/a.png"), PathOrLink.link(SharedLinkFileInfo("x", "/b.png"))):
        with pytest.raises(dropbox.exceptions.ApiError):
            dbx.files_get_thumbnail_v2(resource)
    found = [service.calls.where(path=path) for path in ("/new", "/folder", "/a.png", "/b.png")]
    assert [[call.route for call in calls] for calls in found] == [
        ["files/get_temporary_upload_link"],
        ["files/search_v2"],
        ["files/get_thumbnail_v2"],
        [],  # it is relative to what the link leads to
    ]
