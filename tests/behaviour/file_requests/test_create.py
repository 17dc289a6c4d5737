"""Tests of making file requests: their fields, deadlines, plans, scopes and refused arguments."""

import re
from datetime import datetime

import pytest
from dropbox.file_requests import GracePeriod
from tests.support.doors import auth_refusal, refusal
from tests.support.file_requests import BEGIN, DAY, LATER, UNKNOWN, create, deadline, titles

from fakedropbox._facts import limits

OLD = datetime(1990, 1, 1)  # noqa: DTZ001 -- the SDK's times are naive


@pytest.mark.evidence("P1-01", "P1-03", "P1-04", "P1-06", "P1-46", "P1-23")
def test_a_new_request_is_open_and_can_be_read(dbx):
    dbx.files_create_folder_v2("/Docs/Sub")
    made = create(dbx, "Homework", "/docs/SUB", description="By Monday.")
    assert re.fullmatch("[a-z0-9]{20}", made.id)
    assert made.url == f"https://www.dropbox.com/request/{made.id}"
    assert (made.title, made.destination, made.created) == ("Homework", "/Docs/Sub", BEGIN)
    assert (made.is_open, made.file_count, made.description) == (True, 0, "By Monday.")
    assert made.deadline is None
    assert dbx.file_requests_get(made.id) == made


@pytest.mark.dropbox(plan="pro")
@pytest.mark.evidence("P1-01", "P1-02", "P1-09", "P1-07", "P1-05", "P1-16", "O0-06")
def test_the_json_of_a_request_has_its_keys_in_order(wire, service):
    def send(**given):
        return wire.rpc("file_requests/create", {"title": "a", "destination": "/A", **given})

    plain, whole = (
        send(),
        send(
            description="d",
            deadline={"deadline": "2026-01-11T00:00:00Z", "allow_late_uploads": "seven_days"},
        ),
    )
    keys = ["id", "url", "title", "destination", "created", "is_open", "file_count"]
    assert list(plain.json()) == keys
    assert list(whole.json()) == [*keys[:5], "deadline", *keys[5:], "description"]
    assert whole.json()["deadline"] == {
        "deadline": "2026-01-11T00:00:00Z",
        "allow_late_uploads": {".tag": "seven_days"},
    }
    for wrong in (
        {"title": ""},
        {"destination": ""},
        {"destination": "id:a4ayc_80_OEAAAAAAAAAXw"},
        {"destination": "ns:1/a"},
        {"destination": "a"},
    ):
        assert send(**wrong).status_code == 400
    assert wire.rpc("file_requests/get", {"id": "a b"}).status_code == 400
    assert service.client().file_requests_count().file_request_count == 2


@pytest.mark.evidence("P1-02")
def test_the_id_of_a_video_project_is_kept(dbx):
    made = create(dbx)
    if not hasattr(made, "video_project_id"):
        pytest.skip("the installed SDK has no video projects")
    assert create(dbx, video_project_id="v1").video_project_id == "v1"
    assert made.video_project_id is None


@pytest.mark.evidence("P1-11", "P1-12", "P1-21")
def test_a_missing_destination_is_created_and_reported_once(dbx):
    cursor = dbx.files_list_folder("", recursive=True).cursor
    first, second = create(dbx, destination="/New/Inbox"), create(dbx, destination="/new/inbox")
    found = dbx.files_list_folder_continue(cursor).entries
    assert [entry.path_display for entry in found] == ["/New", "/New/Inbox"]
    assert first.destination == second.destination == "/New/Inbox"
    assert first.id != second.id


@pytest.mark.dropbox(files={"/file": b""})
@pytest.mark.evidence("P1-10", "P1-08")
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/file", "not_a_folder"),
        ("/file/below", "not_a_folder"),
        ("/", "validation_error"),
        ("/a//b", "validation_error"),
        ("/a\\b", "validation_error"),
        ("/desktop.ini", "validation_error"),
    ],
)
def test_a_destination_that_cannot_be_a_folder_is_refused(dbx, service, path, error):
    before = service.tree()
    assert refusal(create, dbx, destination=path) == error
    assert service.tree() == before
    assert dbx.file_requests_count().file_request_count == 0


@pytest.mark.evidence("P1-56")
def test_a_blank_title_is_refused(dbx, service):
    assert refusal(create, dbx, " \n") == "validation_error"
    assert service.tree() == "/"


@pytest.mark.evidence("P1-20")
def test_a_request_can_be_created_closed(dbx):
    made = create(dbx, open=False)
    assert made.is_open is False
    assert dbx.file_requests_get(made.id).is_open is False


@pytest.mark.evidence("P1-17", "P1-18")
def test_a_deadline_needs_a_paid_plan(dbx, service, connect):
    assert refusal(create, dbx, deadline=deadline()) == "no_permission"
    assert service.tree() == "/"
    for plan in ("pro", "business"):
        account = service.accounts.create(f"{plan}@example.com", plan=plan)
        made = create(connect(service.logins.create(account)), deadline=deadline())
        assert made.deadline == deadline()


@pytest.mark.dropbox(plan="pro")
@pytest.mark.evidence("P1-19")
@pytest.mark.parametrize("at", [BEGIN, OLD])
def test_a_deadline_that_has_passed_is_refused(dbx, service, at):
    for grace in (None, "always"):
        assert refusal(create, dbx, deadline=deadline(at, grace)) == "validation_error"
    assert service.tree() == "/"


@pytest.mark.dropbox(plan="pro")
@pytest.mark.evidence("P1-55", "P1-16")
@pytest.mark.parametrize(
    ("grace", "days"),
    [(None, 0), ("one_day", 1), ("two_days", 2), ("seven_days", 7), ("thirty_days", 30)],
)
def test_a_request_closes_when_the_time_for_late_uploads_is_over(dbx, service, grace, days):
    made = create(dbx, deadline=deadline(LATER, grace))
    service.clock.advance((10 + days) * DAY - 1)
    assert dbx.file_requests_get(made.id).is_open
    service.clock.advance(1)
    closed = dbx.file_requests_get(made.id)
    assert closed.is_open is False
    assert closed.deadline == made.deadline


@pytest.mark.dropbox(plan="pro")
@pytest.mark.evidence("P1-55", "P1-16")
def test_a_request_that_always_takes_late_uploads_stays_open(dbx, service):
    made = create(dbx, deadline=deadline(LATER, "always"))
    service.clock.advance(10_000 * DAY)
    assert dbx.file_requests_get(made.id).is_open


@pytest.mark.dropbox(plan="pro")
def test_an_unknown_time_for_late_uploads_is_refused(service):
    given = deadline(LATER)
    given._allow_late_uploads_value = GracePeriod("always")
    given._allow_late_uploads_value._tag = "never"
    assert refusal(create, service.client(), deadline=given) == "validation_error"


@pytest.mark.evidence("P1-15")
def test_an_account_has_a_limited_number_of_requests(dbx, friends, monkeypatch):
    monkeypatch.setattr("fakedropbox._api.file_requests.changes.FILE_REQUESTS", 2)
    create(dbx)
    create(dbx, open=False)
    assert refusal(create, dbx, destination="/New") == "rate_limit"
    assert create(friends).is_open
    assert limits.FILE_REQUESTS == 4000


@pytest.mark.evidence("P1-22")
def test_an_account_with_an_unverified_address_has_no_requests(connect, service):
    account = service.accounts.create("new@example.com", email_verified=False)
    dbx = connect(service.logins.create(account))
    assert refusal(create, dbx) == "email_unverified"
    assert refusal(dbx.file_requests_get, UNKNOWN) == "email_unverified"
    assert refusal(dbx.file_requests_update, UNKNOWN, title="x") == "email_unverified"
    assert refusal(dbx.file_requests_delete, []) == "email_unverified"
    assert refusal(dbx.file_requests_delete_all_closed) == "email_unverified"
    assert dbx.file_requests_count().file_request_count == 0
    assert titles(dbx.file_requests_list()) == titles(dbx.file_requests_list_v2()) == []


@pytest.mark.evidence("P1-53")
def test_reading_and_writing_need_different_scopes(connect, service):
    reader = connect(service.logins.create(scopes=["file_requests.read"]))
    writer = connect(service.logins.create(scopes=["file_requests.write"]))
    made = create(writer)
    assert reader.file_requests_get(made.id) == made
    for call, *arguments in (
        (reader.file_requests_create, "t", "/t"),
        (reader.file_requests_update, made.id),
        (reader.file_requests_delete, [made.id]),
        (reader.file_requests_delete_all_closed,),
    ):
        missing = auth_refusal(call, *arguments).get_missing_scope()
        assert missing.required_scope == "file_requests.write"
    for call, *arguments in (
        (writer.file_requests_get, made.id),
        (writer.file_requests_list,),
        (writer.file_requests_list_v2,),
        (writer.file_requests_list_continue, "c"),
        (writer.file_requests_count,),
    ):
        missing = auth_refusal(call, *arguments).get_missing_scope()
        assert missing.required_scope == "file_requests.read"
