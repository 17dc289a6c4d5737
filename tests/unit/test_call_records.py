"""Tests of the contents of call records, the search for calls, and the number kept."""

import re
from contextlib import suppress
from datetime import timedelta

import dropbox
import pytest
import requests
from dropbox.exceptions import ApiError, AuthError
from tests.support.both_doors import DOORS, client_of, login_of
from tests.support.doors import Wire, proxied

from fakedropbox import FakeDropboxService, Personality, faults
from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox.calls import _BATCHES


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"hello"})


def told(service, *names):
    """Return some attributes of all recorded calls."""
    return [tuple(getattr(call, name) for name in names) for call in service.calls]


@pytest.mark.parametrize("door", DOORS)
def test_a_record_contains_number_time_account_app_door_and_size(service, door):
    begin, login = service.clock.now(), service.login
    with client_of(door, service, **login_of(service)) as dbx:
        dbx.files_upload(b"four", "/b.txt")
        service.clock.advance(60)
        dbx.files_download("/a.txt")[1].close()
        dbx.files_get_metadata("/a.txt")
    account = service.accounts.default
    assert told(service, "number", "route", "size") == [
        (1, "oauth2/token", None),
        (2, "files/upload", 4),
        (3, "files/download", 5),
        (4, "files/get_metadata", None),
    ]
    assert told(service, "account", "app", "door") == [
        (None, login.app_key, door),
        *[(account, login.app_key, door)] * 3,
    ]
    minute = timedelta(minutes=1)
    assert [call.time - begin for call in service.calls] == [minute * 0, minute * 0, minute, minute]


def test_the_app_of_a_call_without_a_user_is_recorded_by_its_key(service):
    login = service.login
    dbx = dropbox.Dropbox(app_key=login.app_key, app_secret=login.app_secret)
    with service.activate():
        dbx.check_app("")
        dropbox.Dropbox(
            oauth2_refresh_token=login.refresh_token,
            app_key=login.app_key,
            app_secret=login.app_secret,
        ).check_user("")
    assert [call.app for call in service.calls] == [login.app_key] * 3


def test_the_records_of_temporary_links_have_a_size_too(service):
    dbx = service.client()
    link = dbx.files_get_temporary_link("/a.txt").link
    commit = dropbox.files.CommitInfo("/up")
    upload = dbx.files_get_temporary_upload_link(commit).link
    headers = {"Content-Type": "application/octet-stream"}
    with service.activate():
        assert requests.get(link, timeout=5).content == b"hello"
        requests.post(upload, data=b"sixsix", headers=headers, timeout=5).raise_for_status()
    assert [call.size for call in service.calls] == [None, None, 5, 6]


def test_the_door_of_a_call_to_a_server_is_https(dropbox_server, dropbox_service):
    wire = Wire(dropbox_service, proxied(dropbox_server))
    wire.upload({"path": "/a"}, b"1").raise_for_status()
    wire.rpc("no/such")
    assert told(dropbox_service, "door") == [("https",)] * 2


@pytest.mark.parametrize("door", DOORS)
def test_a_record_contains_the_fault_that_happened_and_the_fact_of_a_refusal(service, door):
    arguments = login_of(service) | {"max_retries_on_error": 0}
    slow = service.faults.slow("files/get_metadata", 1, path="/none")
    limit = service.faults.rate_limit("files/*")
    with client_of(door, service, **arguments) as dbx:
        for path in ("/a.txt", "/none", "/a.txt"):
            with suppress(ApiError):
                dbx.files_get_metadata(path)
    calls = service.calls.of("files/get_metadata")
    assert [(call.outcome, call.fault, call.fact) for call in calls] == [
        ("too_many_requests", limit, "F1.5-07"),
        ("ok", None, None),
        ("path/not_found", slow, calls[2].fact),
        ("ok", None, None),
    ]


def test_a_random_fault_is_recorded(dropbox_services):
    service = dropbox_services(personality=Personality.hostile)
    dbx = service.client(max_retries_on_error=50)
    for _ in range(100):
        dbx.files_list_folder("")
    random = [call for call in service.calls if call.fault is not None]
    assert random
    assert {type(call.fault) for call in random} <= set(faults.KINDS.values())


def test_a_record_holds_no_secret(service):
    login = service.login
    dbx = dropbox.Dropbox(app_key=login.app_secret, app_secret=login.app_secret)
    with service.activate(), pytest.raises(AuthError):
        dbx.check_app("")
    service.client().files_upload(b"content-of-a-file", "/b.txt")
    for call in service.calls:
        values = [repr(getattr(call, name)) for name in (*type(call).__slots__, "time")]
        for secret in (login.app_secret, login.access_token, "content-of-a-file"):
            assert secret not in " ".join(values)


# Search


@pytest.fixture
def searched(service):
    bob = service.accounts.create("bob@example.com")
    service.accounts.create("eve@example.com")
    dbx, other = service.client(), service.client(account=bob)
    dbx.files_upload(b"", "/Queue/1.txt")
    other.files_upload(b"", "/queue/2.txt")
    dbx.files_move_v2("/a.txt", "/moved.txt")
    with pytest.raises(ApiError):
        dbx.files_get_metadata("/none")
    dbx.files_create_folder_batch(["/Queue/b"])
    dbx.files_upload_session_start(b"")
    session = dbx.files_upload_session_start(b"").session_id
    cursor = dropbox.files.UploadSessionCursor(session, 0)
    dbx.files_upload_session_finish(b"", cursor, dropbox.files.CommitInfo("/queue/3"))
    return service


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [1, 2, 3, 4, 5, 6, 7, 8]),
        ({"route": "files/upload"}, [1, 2]),
        ({"route": "files/upload_session/*"}, [6, 7, 8]),
        ({"route": "sharing/*"}, []),
        ({"outcome": "path/*"}, [4]),
        ({"outcome": "path/not_found"}, [4]),
        ({"outcome": "path/conflict/*"}, []),
        ({"outcome": "*/insufficient_space"}, []),
        ({"outcome": "invalid_account_type/endpoint"}, []),
        ({"outcome": "reply lost"}, []),
        ({"path": "/queue/*"}, [1, 2, 5, 8]),
        ({"path": "/MOVED.txt"}, [3]),
        ({"path": "/a.txt"}, [3]),
        ({"account": "bob@example.com"}, [2]),
        ({"account": "Bob@Example.com"}, [2]),
        ({"account": "eve@example.com"}, []),
        ({"path": "*.txt", "account": "bob@example.com"}, [2]),
        ({"path": "ID:a"}, []),
        ({"path": "rev:a*"}, []),
        ({"path": "ns:1/a"}, []),
        ({"path": ""}, []),
        ({"route": "files/*", "path": "/queue/*", "account": "owner@example.com"}, [1, 5, 8]),
    ],
)
def test_calls_are_found_by_their_properties(searched, wanted, numbers):
    assert [call.number for call in searched.calls.where(**wanted)] == numbers


def test_the_batch_fields_of_the_search_are_those_of_the_routes():
    assert {route.entries for route in IMPLEMENTED.values()} - {""} == set(_BATCHES)


def test_calls_of_an_account_are_found(searched):
    bob = searched.accounts.by_email("bob@example.com")
    assert searched.calls.where(account=bob) == [searched.calls[1]]


def test_a_misspelt_search_is_refused(searched):
    with pytest.raises(ValueError, match="route: expected one such as 'files/upload', got"):
        searched.calls.where(route="files_upload")
    for name in ("route", "outcome", "path"):
        with pytest.raises(TypeError, match=f"{name}: expected str"):
            searched.calls.where(**{name: 5})
    with pytest.raises(TypeError, match="account: expected Account or str or None, got 5"):
        searched.calls.where(account=5)


@pytest.mark.parametrize("path", ["a.txt", "queue/*", "id", "file:/a"])
def test_a_search_for_a_path_that_no_call_can_have_is_refused(searched, path):
    with pytest.raises(ValueError, match=f"path: expected .*'/'.*, got {re.escape(repr(path))}"):
        searched.calls.where(path=path)


@pytest.mark.parametrize(
    ("outcome", "near"),
    [("path/not_fuond", "path/not_found"), ("path/conflict", "path/conflict/f"), ("x/*", "")],
)
def test_a_search_for_tags_that_no_error_has_is_refused(searched, outcome, near):
    expected = f"outcome: expected one such as '{near}.*, got {re.escape(repr(outcome))}"
    with pytest.raises(ValueError, match=expected):
        searched.calls.where(outcome=outcome)


def test_calls_can_be_searched_for_by_a_tag_that_the_sdk_does_not_have(service):
    service.client().files_get_metadata("/a.txt")
    service.calls[-1].outcome = "path/new_tag"  # a tag that the SDK's types do not have
    assert service.calls.where(outcome="path/new_tag") == list(service.calls)


def test_a_call_with_an_unusual_path_is_found_by_it(service):
    """Check a text that the SDK accepts as a path of this route, and that the service refuses."""
    with pytest.raises(ApiError), pytest.deprecated_call():
        service.client().sharing_create_shared_link("a.txt")
    assert service.calls.where(path="a.txt") == list(service.calls)


def test_a_search_for_an_unknown_account_is_refused(searched):
    expected = "account: expected one such as 'owner@example.com', got 'ownr@example.com'"
    with pytest.raises(ValueError, match=expected):
        searched.calls.where(account="ownr@example.com")
    with pytest.raises(ValueError, match="account: expected one of this service, got Account"):
        searched.calls.where(account=FakeDropboxService(seed=2).accounts.default)


def test_calls_can_be_searched_only_for_accounts_that_exist_after_a_reset(searched):
    searched.reset()
    with pytest.raises(ValueError, match=r"account: expected one such as 'owner@.*', got 'bob@"):
        searched.calls.where(account="bob@example.com")
    searched.accounts.create("ann@example.com")
    assert searched.calls.where(account="Ann@example.com") == []


def test_a_pattern_as_the_route_is_refused_with_a_hint_at_where(searched):
    with pytest.raises(ValueError, match="route: expected one such as") as raised:
        searched.calls.of("files/*")
    assert str(raised.value).endswith("got 'files/*'; for a pattern use where(route='files/*')")
    with pytest.raises(ValueError, match=r"got 'flies/x'$"):
        searched.calls.of("flies/x")


# The number of calls that are kept


@pytest.fixture
def bounded():
    service = FakeDropboxService(max_calls=3)
    for number in range(5):
        service.client().check_user(str(number))
    return service


def test_only_the_last_calls_are_kept_but_all_are_counted(bounded):
    calls = bounded.calls
    assert (len(calls), calls.dropped, repr(calls)) == (5, 2, "<5 calls>")
    assert calls.kept() == calls[2:]
    assert [call.number for call in calls[-3:]] == [3, 4, 5]
    assert [call.number for call in calls[:1:-1]] == [5, 4, 3]
    assert (calls[-1].number, calls[2].number, calls[4].number) == (5, 3, 5)
    assert calls[5:] == []


@pytest.mark.parametrize(
    "ask",
    [
        list,
        lambda calls: calls[0],
        lambda calls: calls[-4],
        lambda calls: calls[1:],
        lambda calls: calls[::-1],
        lambda calls: calls.of("check/user"),
        lambda calls: calls.where(path="/a"),
        lambda calls: object() in calls,
    ],
)
def test_the_error_for_calls_that_are_not_kept_names_max_calls(bounded, ask):
    with pytest.raises(LookupError, match=r"first 2 of 5 .*max_calls.* 3 here.*calls\[-3:\]"):
        ask(bounded.calls)


def test_an_index_out_of_range_is_an_index_error(bounded):
    for index in (5, -6):
        with pytest.raises(IndexError):
            bounded.calls[index]


def test_a_scratch_and_a_clear_keep_the_numbers_right(bounded):
    with bounded.scratch():
        bounded.client().check_user("")
        bounded.calls.clear()
        assert len(bounded.calls) == bounded.calls.dropped == 0
        bounded.client().check_user("")
        assert bounded.calls[0].number == 1
    assert len(bounded.calls) == 5
    assert [call.number for call in bounded.calls[-2:]] == [4, 5]
    bounded.client().check_user("")
    assert [call.number for call in bounded.calls[-3:]] == [4, 5, 6]


def test_ten_thousand_calls_are_kept_by_default():
    service = FakeDropboxService()
    dbx = service.client()
    for _ in range(10_001):
        dbx.check_user("")
    assert (len(service.calls), service.calls.dropped) == (10_001, 1)


def test_all_calls_can_be_kept():
    service = FakeDropboxService(max_calls=None)
    for _ in range(3):
        service.client().check_user("")
    assert service.calls.dropped == 0


@pytest.mark.parametrize("value", [0, -1])
def test_the_number_of_calls_to_keep_is_checked(value):
    with pytest.raises(ValueError, match=f"max_calls: expected .*got {value}"):
        FakeDropboxService(max_calls=value)
