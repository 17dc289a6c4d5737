"""Tests of the replay of recordings and HAR files, and of what it reports."""

import base64
import json
import re
import tracemalloc
from datetime import datetime, timedelta, timezone

import dropbox
import pytest
import requests
from click.testing import CliRunner
from dropbox.exceptions import ApiError
from dropbox.files import CommitInfo, SharedLink, UploadSessionCursor

from fakedropbox import FakeDropboxService, ManualClock, Personality, SystemClock
from fakedropbox._files.blobs import content_hash
from fakedropbox._identity.credentials import basic
from fakedropbox.cli import main
from fakedropbox.clock import SkippingClock
from fakedropbox.recording import UnreadableRecording, recording, replay
from fakedropbox.recording._comparison import Before
from fakedropbox.recording._times import are_near

DEEP = "[" * 100_000
LINK = "https://www.dropbox.com/scl/fi/abcdefghijklmnopqrstu/a.txt?rlkey=hidden0hidden0hidden0hidd&dl=0"


@pytest.fixture
def output(tmp_path):
    return tmp_path / "exchanges.jsonl"


@pytest.fixture
def rows(output):
    """The decoded rows of a recording with an upload, a download and an error."""
    with FakeDropboxService(seed=3).activate() as service, recording(output, "mine", service.clock):
        dbx = dropbox.Dropbox(service.login.access_token)
        dbx.files_upload(b"hello", "/a.txt")
        dbx.files_download("/a.txt")
        with pytest.raises(ApiError):
            dbx.files_get_metadata("/none")
    return [json.loads(line) for line in output.read_text("utf-8").splitlines()]


def write(output, rows):
    output.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")


def run(*arguments):
    return CliRunner().invoke(main, ["replay", *map(str, arguments)])


# Reports of differences


def test_equal_responses_are_counted(output, rows):
    done = run(output)
    assert (done.exit_code, done.output) == (0, "3 exchanges: 3 same, 0 different, 0 not faked\n")


def test_each_difference_is_listed_with_its_place(output, rows):
    rows[0]["response"]["body"] = rows[0]["response"]["body"].replace('"size": 5', '"size": 6')
    rows[2]["response"]["status"] = 404
    write(output, rows)
    done = run(output)
    assert done.exit_code == 1
    assert done.output == (
        "mine#0 files/upload: different\n"
        "    body.size: recorded 6, got 5\n"
        "mine#2 files/get_metadata: different\n"
        "    status: recorded 404, got 409\n"
        "3 exchanges: 1 same, 2 different, 0 not faked\n"
    )


def test_the_report_as_json_has_every_exchange(output, rows):
    rows[0]["response"]["status"] = 201
    write(output, [*rows, {**rows[0], "host": "example.com"}])
    done = run(output, "--json")
    assert done.exit_code == 1
    report = json.loads(done.output)
    assert report["counts"] == {"same": 2, "different": 1, "not faked": 0}
    assert report["skipped"] == {"sent to other hosts": 1}
    assert report["exchanges"][0] == {
        "name": "mine#0",
        "route": "files/upload",
        "outcome": "different",
        "differences": [{"place": "status", "text": "recorded 201, got 200"}],
    }
    assert report["exchanges"][1]["outcome"] == "same"


def test_a_route_that_is_not_faked_is_reported_as_not_faked(output, rows):
    path = "/2/riviera/get_markdown_async"
    write(output, [*rows, {**rows[2], "path": path}])
    done = run(output)
    assert done.exit_code == 1
    assert "mine#2 riviera/get_markdown_async: not faked\n" in done.output
    assert "4 exchanges: 3 same, 0 different, 1 not faked" in done.output


@pytest.fixture
def copied(output):
    """A recording of a copy of a file older than the recording, and of an upload in two parts."""
    service = FakeDropboxService(files={"/in/a.txt": b"x"})
    service.clock.advance(7200)
    dbx = dropbox.Dropbox(service.login.access_token, session=service.session())
    with recording(output, "mine", service.clock):
        dbx.files_copy_v2("/in/a.txt", "/b.txt")
        cursor = UploadSessionCursor(dbx.files_upload_session_start(b"ab").session_id, 2)
        commit = CommitInfo("/parts", client_modified=datetime(2020, 2, 2))  # noqa: DTZ001 -- as the SDK
        dbx.files_upload_session_finish(b"cd", cursor, commit)
    return [json.loads(line) for line in output.read_text("utf-8").splitlines()]


def test_the_files_of_a_directory_are_copied_before_the_replay(output, copied, tmp_path):
    done = run(output)
    assert done.exit_code == 1
    assert "mine#0 files/copy_v2: different\n    status: recorded 200, got 409\n" in done.output
    (tmp_path / "files" / "in").mkdir(parents=True)
    (tmp_path / "files" / "in" / "a.txt").write_bytes(b"x")
    done = run(output, "--files", tmp_path / "files")
    assert done.output == "3 exchanges: 3 same, 0 different, 0 not faked\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"server_modified": "2026', '"server_modified": "2027'),  # later than the recording
        ('"size": 4', '"size": 5'),
    ],
)
def test_only_files_older_than_the_recording_may_have_other_times(output, copied, old, new):
    response = copied[2]["response"]
    assert old in response["body"]
    response["body"] = response["body"].replace(old, new)
    write(output, copied)
    places = [found.place for found in replay(output).exchanges[2].differences]
    assert places == [f"body.{old.split(chr(34))[1]}"]


@pytest.mark.parametrize(
    ("field", "value", "is_of_before"),
    [
        ("client_modified", "2025-12-31T00:00:00Z", True),
        ("client_modified", "2020-02-02T00:00:00Z", False),
        ("server_modified", "2026-01-01T00:00:00Z", False),
        ("expires", "2025-12-31T00:00:00Z", False),
        ("content_hash", "aa", False),
        ("content_hash", "bb", True),
    ],
)
def test_a_value_of_a_file_older_than_the_recording_is_recognized(field, value, is_of_before):
    before = Before(
        frozenset({"aa"}), frozenset({"2020-02-02T00:00:00Z"}), began="2026-01-01T00:00:00Z"
    )
    assert before.has(field, value) is is_of_before


def test_a_service_that_is_given_keeps_the_changes_of_the_requests(output, rows):
    service = FakeDropboxService(files={"/b.txt": b"b"})
    assert replay(output, service=service).is_same
    assert sorted(service.files) == ["/a.txt", "/b.txt"]
    report = replay(output, service=service)  # now the file is there already
    assert {found.place for found in report.exchanges[0].differences} == set()


def test_contents_and_secrets_are_not_shown(output, rows):
    rows[0]["response"]["body"] = '{"access_token": "sl.secret", "link_password": "hunter2"}'
    rows[1]["response"]["body"] = "private words"
    token = {
        **rows[2],
        "path": "/oauth2/token",
        "content_type": "application/x-www-form-urlencoded",
        "body": "grant_type=refresh_token&refresh_token=hidden&client_id=k&client_secret=s3cret",
    }
    answer = {"access_token": "sl. secret", "token_type": "bearer", "expires_in": 14400}
    kind = {"content-type": "text/javascript"}
    token["response"] = {"status": 200, "headers": kind, "body": json.dumps(answer)}
    write(output, [*rows, token])
    done = run(output)
    assert done.exit_code == 1
    assert re.search("body: recorded 13 bytes, got 5", done.output)
    assert "body.access_token: recorded a value of 10 characters, which is not" in done.output
    for secret in ("sl.secret", "sl. secret", "hunter2", "private", "hidden", "s3cret"):
        assert secret not in done.output


def test_a_name_of_another_type_is_a_difference_that_shows_both_values(output, rows):
    rows[0]["response"]["body"] = rows[0]["response"]["body"].replace(
        '"name": "a.txt"', '"name": 1'
    )
    write(output, rows)
    assert "body.name: recorded 1, got 'a.txt'" in run(output).output


def test_bodies_that_are_not_text_are_replayed_and_compared(output, rows):
    kind = {"content-type": "application/json"}
    odd = {**rows[2], "body": {"bytes": 2, "number": 0xFFFF}}
    odd["response"] = {"status": 409, "headers": kind, "body": {"bytes": 1, "number": 255}}
    lone = {**rows[2], "body": '{"path": "\ud800"}'}
    write(output, [odd, lone])
    report = replay(output)
    assert [each.outcome for each in report.exchanges] == ["different", "different"]
    assert "body: recorded 1 characters that are not JSON" in str(report)


def test_json_that_is_nested_too_deeply_is_a_difference(output, rows):
    rows[0]["response"]["body"] = DEEP
    write(output, rows)
    (found,) = replay(output).exchanges[0].differences
    assert found == ("body", "recorded JSON that is nested too deeply to be compared")


@pytest.mark.parametrize("depth", range(920, 1000, 10))
def test_json_near_the_greatest_depth_is_a_difference(output, rows, depth):
    rows[0]["response"]["body"] = "[" * depth + "]" * depth
    write(output, rows)
    found = replay(output).exchanges[0].differences
    assert {each.place for each in found} == {"body"}


# Times


def recorded_with(clock, output, act, recorder_clock=None):
    service = FakeDropboxService(seed=3, clock=clock)
    dbx = dropbox.Dropbox(service.login.access_token, session=service.session())
    with recording(output, "mine", recorder_clock):
        act(dbx, service.clock)
    return [json.loads(line) for line in output.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("ahead", [0, 0.6, 0.999, -0.5, 3600, -30])
def test_the_clock_of_a_service_may_differ_from_the_dates(output, ahead):
    dates = ManualClock(datetime(2026, 3, 1, tzinfo=timezone.utc))
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=timezone.utc) + timedelta(seconds=ahead))

    def act(dbx, _):
        for number in range(4):
            dbx.files_upload(str(number).encode(), f"/{number}")
            clock.advance(0.7)
            dates.advance(0.7)
        dbx.files_list_folder("")

    recorded_with(clock, output, act, dates)
    report = replay(output)
    assert report.is_same, str(report)


def test_the_clock_follows_the_time_that_a_longpoll_skipped(output):
    def act(dbx, _):
        dbx.files_upload(b"1", "/1")
        dbx.files_list_folder_longpoll(dbx.files_list_folder("").cursor)
        dbx.files_upload(b"2", "/2")
        dbx.files_delete_v2("/1")
        dbx.files_upload(b"3", "/3")
        dbx.files_list_folder("")

    recorded_with(SkippingClock(), output, act)
    report = replay(output)
    assert report.is_same, str(report)


@pytest.mark.parametrize(("seconds", "is_same"), [(2, True), (3, False)])
def test_times_of_the_service_may_differ_by_two_seconds(output, rows, seconds, is_same):
    later = f'"2026-01-01T00:00:0{seconds}Z"'
    body = rows[0]["response"]["body"]
    rows[0]["response"]["body"] = re.sub(r'("client_modified": )"[^"]*"', rf"\g<1>{later}", body)
    write(output, rows[:1])
    assert replay(output).is_same is is_same


def test_a_time_in_the_argument_of_an_upload_has_to_be_the_same(output):
    def act(dbx, _):
        when = datetime(2026, 1, 1, 0, 0, 5)  # noqa: DTZ001 -- as the SDK
        dbx.files_upload(b"1", "/1", client_modified=when)

    rows = recorded_with(ManualClock(), output, act, ManualClock())
    body = rows[0]["response"]["body"]
    rows[0]["api_arg"] = rows[0]["api_arg"].replace("00:00:05Z", "00:00:04Z")
    rows[0]["response"]["body"] = body
    write(output, rows)
    found = {each.place for each in replay(output).exchanges[0].differences}
    assert "body.client_modified" in found


def test_a_time_that_is_only_in_the_content_of_an_upload_may_differ(output):
    data = b"2026-01-01T00:00:02Z"

    def act(dbx, _):
        dbx.files_upload(data, "/1")

    rows = recorded_with(ManualClock(), output, act, ManualClock())
    rows[0] |= {"api_arg": '{"path": "/1"}', "body": data.decode()}  # as written by hand
    body = json.loads(rows[0]["response"]["body"])
    body |= {"client_modified": data.decode(), "content_hash": content_hash(data).hex()}
    rows[0]["response"]["body"] = json.dumps(body)
    write(output, rows)
    report = replay(output)
    assert report.is_same, str(report)


def test_a_time_in_a_response_has_to_be_the_same_if_a_request_contains_it(output):
    later = "2026-01-01T00:00:02Z"

    def act(dbx, _):
        dbx.files_upload(b"1", "/1")
        with pytest.raises(ApiError):
            dbx.files_get_metadata(f"/{later}")

    rows = recorded_with(ManualClock(), output, act, ManualClock())
    body = rows[0]["response"]["body"]
    rows[0]["response"]["body"] = re.sub(r'("client_modified": )"[^"]*"', rf'\g<1>"{later}"', body)
    for number, is_same in ((1, True), (2, False)):
        write(output, rows[:number])
        assert replay(output).is_same is is_same


def test_the_time_of_an_old_change_in_a_response_does_not_move_the_clock(output):
    service = FakeDropboxService(files={"/in/a.txt": b"x"})
    service.clock.advance(7200)
    dbx = dropbox.Dropbox(service.login.access_token, session=service.session())
    with recording(output, "mine", service.clock):
        dbx.files_get_metadata("/in/a.txt")
        dbx.files_create_folder_v2("/new")
        dbx.files_upload(b"1", "/1")
    (output.parent / "before/in").mkdir(parents=True)
    (output.parent / "before/in/a.txt").write_bytes(b"x")
    report = replay(output, files=output.parent / "before")
    assert report.is_same, str(report)


@pytest.mark.parametrize(
    ("first", "second", "is_so"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:02Z", True),
        ("2026-01-01T00:00:03Z", "2026-01-01T00:00:00Z", False),
        ("2026-01-01T00:00:00Z", "yesterday", False),
        ("yesterday", "2026-01-01T00:00:00Z", False),
        (1, "2026-01-01T00:00:00Z", False),
    ],
)
def test_times_within_two_seconds_are_near(first, second, is_so):
    assert are_near(first, second) is is_so


def test_a_time_that_does_not_exist_does_not_move_the_clock(output, rows):
    body = rows[0]["response"]["body"]
    rows[0]["response"]["body"] = re.sub(
        r'("server_modified": )"[^"]*"', r'\g<1>"2026-13-41T00:00:00Z"', body
    )
    write(output, rows[:1])
    found = replay(output).exchanges[0].differences
    assert [each.place for each in found] == ["body.server_modified"]


# Contents


def test_the_bodies_are_not_all_in_memory_at_the_same_time(output, rows):
    number, size = 16, 4 * 2**20
    uploads = [
        {**rows[0], "step": step, "body": {"bytes": size, "number": step}} for step in range(number)
    ]
    route = {"path": "/2/files/upload_session/append_v2", "api_arg": "{}"}
    write(output, [{**upload, **route} for upload in uploads])
    replay(output)  # what is loaded at the first use is not measured
    tracemalloc.start()
    try:
        report = replay(output)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(report.exchanges) == number
    assert peak < number * size / 2


# Redirects and logins


def test_a_redirect_to_a_text_that_is_not_a_url_is_a_difference(output):
    def act(dbx, _):
        dbx.files_upload(b"1", "/a.txt")
        url = dbx.sharing_create_shared_link_with_settings("/a.txt").url
        dbx._session.get(url.replace("dl=0", "dl=1"))

    rows = recorded_with(ManualClock(), output, act, ManualClock())
    rows[2]["response"]["headers"]["location"] = "https://["
    write(output, rows)
    assert "recorded an address at another site, got one at Dropbox" in str(replay(output))


def test_a_redirect_to_another_site_is_a_difference(output):
    def act(dbx, _):
        dbx.files_upload(b"1", "/a.txt")
        url = dbx.sharing_create_shared_link_with_settings("/a.txt").url
        dbx._session.get(url.replace("dl=0", "dl=1"))

    rows = recorded_with(ManualClock(), output, act, ManualClock())
    rows[2]["response"]["headers"]["location"] = "https://0123456789ab.example/"
    write(output, rows)
    report = replay(output)
    assert "headers.location: recorded an address at another site, got one at Dropbox" in str(
        report
    )


def test_the_report_says_that_a_recording_has_several_logins(output):
    service = FakeDropboxService(seed=3)
    eve = service.accounts.create("eve@example.com")
    with recording(output, "mine", service.clock):
        for number, login in enumerate([service.login, service.logins.create(eve)]):
            dbx = dropbox.Dropbox(login.access_token, session=service.session())
            dbx.files_upload(b"1", f"/{number}")
    assert service.login.access_token not in output.read_text("utf-8")
    report = replay(output)
    assert report.logins == report.to_json()["logins"] == 2
    assert "2 logins were recorded, and replayed with one: if they are of several" in str(report)


def test_a_login_whose_token_is_refreshed_counts_once(output):
    service = FakeDropboxService(seed=3)
    login = service.login
    with recording(output, "mine", service.clock):
        for number in range(2):
            dbx = dropbox.Dropbox(
                oauth2_refresh_token=login.refresh_token,
                app_key=login.app_key,
                app_secret=login.app_secret,
                session=service.session(),
            )
            dbx.files_upload(b"1", f"/{number}")
            service.clock.advance(20000)
            dbx.files_list_folder("")
    report = replay(output)
    assert report.logins == 1
    assert report.is_same, str(report)


def app_client(service):
    login = service.login
    return dropbox.Dropbox(
        app_key=login.app_key, app_secret=login.app_secret, session=service.session()
    )


def test_calls_of_an_app_without_a_user_are_sent_with_its_key_and_secret(output):
    service = FakeDropboxService()
    user = dropbox.Dropbox(service.login.access_token, session=service.session())
    app = app_client(service)
    with recording(output, "mine", service.clock):
        app.check_app("hi")
        for name in "ab":
            user.files_upload(b"1", f"/dir/{name}")
        url = user.sharing_create_shared_link_with_settings("/dir").url
        for client in (app, user):
            client.sharing_get_shared_link_metadata(url)
        page = app.files_list_folder("", limit=1, shared_link=SharedLink(url))
        app.files_list_folder_continue(page.cursor)
    rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert [row.get("authorization") for row in rows] == [
        *("Basic", None, None, None, "Basic", None, "Basic", "Basic"),
    ]
    report = replay(output)
    assert report.is_same, str(report)
    assert report.logins == 1


def test_an_older_recording_of_a_call_for_apps_is_sent_with_key_and_secret(output):
    service = FakeDropboxService()
    with recording(output, "mine", service.clock):
        app_client(service).check_app("hi")
    rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    write(output, [{name: value for name, value in rows[0].items() if name != "authorization"}])
    assert replay(output).is_same


@pytest.mark.parametrize(
    ("host", "route", "scheme"),
    [
        ("api.dropboxapi.com", "check/app", "Bearer"),
        ("api.dropboxapi.com", "check/user", "Basic"),
        ("notify.dropboxapi.com", "files/list_folder/longpoll", "Bearer"),
        ("notify.dropboxapi.com", "files/list_folder/longpoll", "Basic"),
    ],
)
@pytest.mark.parametrize("as_parameter", [False, True])
def test_credentials_of_the_wrong_kind_are_replayed_as_such(
    output, host, route, scheme, as_parameter
):
    service = FakeDropboxService()
    login = service.login
    app = basic(login.app_key, login.app_secret)
    given = {"Bearer": f"Bearer {login.access_token}", "Basic": f"Basic {app.value}"}[scheme]
    with service.session() as session, recording(output, "mine", service.clock):
        answer = session.post(
            f"https://{host}/2/{route}",
            "{}",
            headers={"Content-Type": "text/plain; charset=dropbox-cors-hack"}
            if as_parameter
            else {"Content-Type": "application/json", "Authorization": given},
            params={"authorization": given} if as_parameter else None,
        )
    assert answer.status_code == 400
    (replayed,) = replay(output).exchanges
    places = {each.place for each in replayed.differences}
    # This refusal quotes a part of the header, which is replaced in the recording.
    assert places == ({"body"} if route.startswith("check/") else set())


def test_a_response_without_tokens_counts_as_no_login(output, rows):
    token = {**rows[2], "path": "/oauth2/token", "body": "grant_type=refresh_token"}
    for body in ("[]", "no JSON", DEEP):
        answer = {"status": 400, "headers": {}, "body": body}
        write(output, [*rows, {**token, "response": answer}])
        assert replay(output).logins == 1


# What cannot be read


SECRET = "sl.very-secret"
CALENDAR = "date: expected a time from 1970 on and before 9900"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row.pop("date"), "date: expected a value, got none"),
        (lambda row: row.update(date=SECRET), "date: expected a date such as Thu, 01 Jan 2026"),
        (
            lambda row: row.update(date="Thu, 01 Jan 99999999999999999999 00:00:00 GMT"),
            "date: expected a date such as Thu, 01 Jan 2026",
        ),
        (lambda row: row.update(date="Fri, 31 Dec 9999 23:59:59 -2300"), CALENDAR),
        (lambda row: row.update(date="Wed, 31 Dec 1969 23:59:59 GMT"), CALENDAR),
        (lambda row: row.update(cassette=f"{SECRET}\ud800"), "cassette: expected text without"),
        (lambda row: row.update(path=f"/{SECRET}\ud800"), "path: expected text without a lone"),
        (lambda row: row.update(step=SECRET), "step: expected a valid integer"),
        (lambda row: row.update(path=f"2/{SECRET}"), "path: expected a path that begins with /"),
        (lambda row: row.update(path=f"@{SECRET}/x"), "path: expected a path that begins with /"),
        (lambda row: row.update(path=f"[{SECRET}"), "path: expected a path that begins with /"),
        (lambda row: row.update(body=[SECRET]), "body: expected a valid string"),
        (lambda row: row.update(body={"bytes": SECRET}), "body: expected a valid string; body.byt"),
        (lambda row: row["response"].pop("headers"), "response.headers: expected a value"),
        (lambda row: row["response"].update(status=SECRET), "response.status: expected a valid in"),
        (lambda row: row["response"]["headers"].update(etag=[SECRET]), "response.headers.etag: "),
    ],
)  # fmt: skip
def test_the_error_for_a_malformed_line_names_it_without_its_content(output, rows, change, message):
    change(rows[1])
    write(output, rows)
    done = run(output)
    assert done.exit_code == 2
    assert f"{output}, line 2: {message}" in done.output
    assert SECRET not in done.output


@pytest.mark.parametrize("value", [f"a\n{SECRET}", f"{SECRET}\n", f" {SECRET}", f"{SECRET}\r\0"])
@pytest.mark.parametrize(
    "key", ["api_arg", "content_type", "dropbox_api_path_root", "dropbox_api_select_user"]
)
def test_the_error_for_a_header_that_cannot_be_sent_does_not_show_its_value(
    output, rows, key, value
):
    write(output, [*rows, {**rows[0], key: value}])
    done = run(output)
    assert done.exit_code == 2
    expected = f"line 4: {key}: expected text without control characters and leading blanks"
    assert expected in done.output
    assert SECRET not in done.output


@pytest.mark.parametrize(
    "change",
    [
        {"host": f"{SECRET}.example/.dropbox.com"},
        {"host": f"[{SECRET}.dropbox.com"},
        {"query": f"arg={SECRET}\ud800", "api_arg": ""},
        {"api_arg": f"{SECRET}\ud800"},
    ],
)
def test_the_error_for_a_request_that_cannot_be_sent_does_not_show_its_content(
    output, rows, change
):
    rows[1].update(change)
    write(output, rows)
    done = run(output)
    assert done.exit_code == 2
    assert f"{output}, mine#1: expected a request that can be sent to Dropbox" in done.output
    assert SECRET not in done.output


def test_a_recording_may_be_from_the_first_second_of_1970(output, rows):
    for row in rows:
        row["date"] = "Thu, 01 Jan 1970 00:00:00 GMT"
    write(output, rows)
    assert "3 exchanges" in str(replay(output))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected exchanges with Dropbox, found none"),
        (b"sl.very-secret", ", line 1: expected a JSON object, got other text"),
        (b"\n[1]\n", ", line 2: the whole: expected a valid dictionary"),
        (b"\xff\xfe", "expected UTF-8 text, got another byte at position 0"),
        (b"{}", "log: expected a value, got none"),
        (b'{"log": {"entries": [{"request": {}}]}}', "log.entries[0].startedDateTime: expected"),
        (b'{"log": {"entries": []}}', "expected exchanges with Dropbox, found none"),
    ],
)
def test_a_file_that_is_not_a_recording_is_refused(output, content, message):
    output.write_bytes(content)
    done = run(output)
    assert done.exit_code == 2
    assert message in done.output.replace("\n", "")
    assert SECRET not in done.output
    with pytest.raises(UnreadableRecording, match=re.escape(str(output))):
        replay(output)


def test_a_missing_file_and_a_file_in_place_of_a_directory_are_refused(output, rows, tmp_path):
    assert run(tmp_path / "none.jsonl").exit_code == 2
    assert run(output, "--files", output).exit_code == 2
    with pytest.raises(ValueError, match="files: expected a directory, got"):
        replay(output, files=output)


def test_a_service_with_a_clock_that_cannot_be_set_is_refused(output, rows):
    with pytest.raises(TypeError, match=r"service\.clock"):
        replay(output, service=FakeDropboxService(clock=SystemClock()))


# HAR files


def pairs(headers):
    return [{"name": name, "value": value} for name, value in headers.items()]


def entry(response, *, base64_body=False, **request):
    """Return the entry of a HAR file for an exchange, with the keys that browsers add."""
    sent, content = response.request, response.content
    asked = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    body = {"mimeType": response.headers.get("Content-Type", ""), "size": len(content)}
    body["text"] = base64.b64encode(content).decode() if base64_body else content.decode()
    if base64_body:
        body["encoding"] = "base64"
    return {
        "_initiator": {"type": "script", "url": "https://app.example.com/?token=sl.initiator"},
        "_priority": "High",
        "startedDateTime": "2026-01-01T00:00:00.123Z",
        "time": 12.5,
        "request": {
            "method": sent.method,
            "url": sent.url,
            "httpVersion": "h2",
            "headers": [
                {"name": ":authority", "value": "api.dropboxapi.com"},
                {"name": ":method", "value": sent.method},
                *pairs(sent.headers),
                {"name": "cookie", "value": "session=sl.cookie"},
            ],
            "cookies": [{"name": "session", "value": "sl.cookie"}],
            "bodySize": len(asked),
            "postData": {"mimeType": "", "text": asked.decode("utf-8", "replace")},
            **request,
        },
        "response": {
            "status": response.status_code,
            "statusText": "",
            "headers": [
                *pairs(response.headers),
                {"name": "set-cookie", "value": "a=sl.one"},
                {"name": "set-cookie", "value": "b=sl.two"},
                {"name": "X-Content-Type-Options", "value": "nosniff"},
            ],
            "content": body,
        },
        "timings": {},
    }


@pytest.fixture
def archive(tmp_path):
    """A function that writes a HAR file, and returns its path."""

    def write(*entries):
        path = tmp_path / "calls.har"
        path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
        return path

    return write


@pytest.fixture
def ask():
    """A function that sends a request to a service with another account than a replay's."""
    service = FakeDropboxService(seed=8)
    session = service.session()
    token = service.login.access_token

    def ask(url, arg=None, data=None, **options):
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        if data is None:
            headers["Content-Type"] = "application/json"
        else:
            headers |= {
                "Content-Type": "application/octet-stream",
                "Dropbox-API-Arg": json.dumps(arg),
            }
        body = json.dumps(arg).encode() if data is None else data
        return session.post(url, data=body, headers=headers, **options)

    ask.token = token
    return ask


API, CONTENT = "https://api.dropboxapi.com/2/", "https://content.dropboxapi.com/2/"


def test_a_har_file_is_replayed_without_its_secrets(archive, ask):
    up = ask(f"{CONTENT}files/upload", {"path": "/a.bin"}, data=b"\x00\xff")
    down = ask(f"{CONTENT}files/download", {"path": "/a.bin"}, data=b"")
    account = ask(f"{API}users/get_current_account", None)
    listed = ask(f"{API}files/list_folder", {"path": ""})
    cursor = listed.json()["cursor"]
    more = ask(f"{API}files/list_folder/continue", {"cursor": cursor})
    preflight = entry(listed)
    preflight["request"]["method"] = "OPTIONS"
    aborted = entry(listed)
    aborted["response"] |= {"status": 0, "content": {"size": 0}}
    other = entry(listed, url="https://app.example.com/sl.other?x=1")
    broken = entry(listed, url="https://[")
    post = {"mimeType": "", "encoding": "base64", "text": base64.b64encode(b"\x00\xff").decode()}
    without_content = entry(listed)
    del without_content["response"]["content"]["text"]
    path = archive(
        preflight,
        without_content,
        entry(up, postData=post),
        entry(down, base64_body=True),
        other,
        aborted,
        broken,
        entry(account, postData={"mimeType": "application/json", "text": "null"}),
        entry(listed),
        entry(more),
    )
    done = run(path)
    assert done.output == (
        "5 exchanges: 5 same, 0 different, 0 not faked\n"
        "left out: 1 preflight requests of a browser\n"
        "left out: 1 without the content of the response\n"
        "left out: 1 sent to other hosts\n"
        "left out: 1 without a response\n"
        "left out: 1 without a valid URL\n"
    )
    assert done.exit_code == 0
    wrong = entry(listed)
    wrong["response"]["content"]["text"] = wrong["response"]["content"]["text"].replace(
        '"has_more": false', '"has_more": true'
    )
    done = run(archive(entry(up, postData=post), wrong, entry(more)), "--json")
    assert done.exit_code == 1
    assert "body.has_more" in done.output
    for secret in (ask.token, cursor, "sl.cookie", "sl.one", "sl.initiator", "sl.other"):
        assert secret not in done.output


def test_a_har_file_may_have_a_form_as_parameters(archive):
    service = FakeDropboxService(seed=8)
    login = service.login
    form = {
        "grant_type": "refresh_token",
        "refresh_token": login.refresh_token,
        "client_id": login.app_key,
        "client_secret": login.app_secret,
    }
    got = service.session().post("https://api.dropboxapi.com/oauth2/token", data=form)
    params = [*pairs(form)]
    path = archive(entry(got, postData={"mimeType": "", "text": "", "params": params}))
    report = replay(path)
    assert report.is_same, str(report)


def test_a_call_with_its_token_in_the_url_is_sent_with_the_token_of_the_service(archive, ask):
    url = requests.Request(
        "POST",
        f"{API}files/get_metadata",
        params={"arg": '{"path": "/none"}', "authorization": f"Bearer {ask.token}",
                "reject_cors_preflight": "true"},
    ).prepare().url  # fmt: skip
    service_of_the_har = FakeDropboxService(seed=8)
    kind = {"Content-Type": "text/plain; charset=dropbox-cors-hack"}
    got = service_of_the_har.session().post(url, headers=kind)
    report = replay(archive(entry(got, postData=None)))
    assert report.is_same, str(report)


@pytest.mark.parametrize("text", ["sl.secret", "\u00e9"])
def test_the_error_for_a_body_that_is_not_base64_names_its_place(archive, ask, text):
    wrong = entry(ask(f"{API}files/list_folder", {"path": ""}))
    wrong["response"]["content"] = {"encoding": "base64", "text": text}
    done = run(archive(wrong))
    assert done.exit_code == 2
    assert "log.entries[0].response.content.text: expected base64" in done.output
    assert "sl.secret" not in done.output


def test_the_error_for_a_time_without_a_zone_names_its_place(archive, ask):
    wrong = entry(ask(f"{API}files/list_folder", {"path": ""}))
    wrong["startedDateTime"] = "2026-01-01T00:00:00"
    assert "[0].startedDateTime: expected a time with a time zone" in run(archive(wrong)).output


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_the_error_for_a_time_that_no_clock_shows_names_its_place(archive, ask, moment):
    right = entry(ask(f"{API}files/list_folder", {"path": ""}))
    expected = "log.entries[1].startedDateTime: expected a time from 1970 on and before 9900"
    assert expected in run(archive(right, {**right, "startedDateTime": moment})).output


def test_a_date_that_no_clock_shows_is_replaced_by_the_time_of_the_entry(archive, ask):
    late = entry(ask(f"{API}files/list_folder", {"path": ""}))
    late["response"]["headers"].append({"name": "Date", "value": "Fri, 31 Dec 9999 23:59:59 GMT"})
    report = replay(archive(late))
    assert report.is_same, str(report)


def test_a_url_without_a_path_is_read_as_the_root_path(archive, ask):
    bare = entry(ask(f"{API}files/list_folder", {"path": ""}), url="https://www.dropbox.com")
    assert len(replay(archive(bare)).exchanges) == 1


def test_the_error_for_an_upload_above_the_greatest_size_names_its_entry(archive, ask):
    up = ask(f"{CONTENT}files/upload", {"path": "/a.txt"}, data=b"hello")
    path = archive(entry(up), entry(up, bodySize=10**9, postData=None))
    done = run(path)
    assert done.exit_code == 2
    assert f"{path}: log.entries[1]: body" in done.output


def raw_argument(found, argument):
    """Give the entry of a HAR file an argument in its header that is not escaped."""
    for header in found["request"]["headers"]:
        if header["name"] == "Dropbox-API-Arg":
            header["value"] = argument
    return found


@pytest.mark.evidence("F1.1-07")
def test_the_raw_header_of_a_har_file_is_sent_as_utf8(archive, ask):
    up = ask(f"{CONTENT}files/upload", {"path": "/a.txt"}, data=b"hello")
    path = archive(raw_argument(entry(up), '{"path": "/\u00e9\u20ac.txt"}'))
    service = FakeDropboxService(personality=Personality(utf8_headers=True))
    replay(path, service=service)
    assert list(service.files) == ["/\u00e9\u20ac.txt"]
    assert ("status", "recorded 200, got 400") in replay(path).exchanges[0].differences


@pytest.mark.evidence("F1.1-07")
def test_the_recorded_bytes_of_a_header_are_sent_as_they_are(output):
    service = FakeDropboxService(personality=Personality(utf8_headers=True))
    headers = {
        "Authorization": f"Bearer {service.login.access_token}",
        "Content-Type": "application/octet-stream",
        "Dropbox-API-Arg": '{"path": "/\u00e9.txt"}'.encode(),
    }
    with recording(output, "mine", service.clock):
        service.session().post(f"{CONTENT}files/upload", headers=headers, data=b"x")
    again = FakeDropboxService(personality=Personality(utf8_headers=True))
    report = replay(output, service=again)
    assert list(again.files) == ["/\u00e9.txt"], str(report)
