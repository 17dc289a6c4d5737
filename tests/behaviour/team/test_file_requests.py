"""Tests of file requests in a team that has switched them off."""

import pytest
from dropbox.file_requests import UpdateFileRequestDeadline
from tests.support.doors import refusal
from tests.support.fingerprint import fingerprint


@pytest.mark.every_door
@pytest.mark.evidence("P1-50", "P1-64", "P1-22")
def test_all_routes_are_disabled_for_the_members(connect, service):
    acme = service.teams.create("Acme", ["ada@acme.example.com"], file_requests=False)
    (ada,) = service.teams.members(acme)
    dbx = connect(service.logins.create(ada.account))
    before = fingerprint(service)
    for call in (
        lambda: dbx.file_requests_create("T", "/In"),
        lambda: dbx.file_requests_get("x"),
        dbx.file_requests_list,
        lambda: dbx.file_requests_list_v2(limit=1),
        lambda: dbx.file_requests_list_continue("x"),
        lambda: dbx.file_requests_update("x", deadline=UpdateFileRequestDeadline.no_update),
        lambda: dbx.file_requests_delete(["x"]),
        dbx.file_requests_delete_all_closed,
        dbx.file_requests_count,
    ):
        assert refusal(call) == "disabled_for_team"
    assert fingerprint(service) == before
    own = connect(service.logins.create())
    assert own.file_requests_count().file_request_count == 0
