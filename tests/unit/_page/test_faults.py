"""Tests of planned faults on the page, which says why one has not happened."""

from contextlib import suppress

import pytest
from dropbox.exceptions import DropboxException

from fakedropbox import faults
from fakedropbox._page.faults import faults_of


@pytest.fixture
def reason(dropbox_service):
    """Return a function that plans a fault, and returns why it happened to no call of the test."""

    def planned(fault):
        dropbox_service.faults.add(fault)
        [each] = faults_of(dropbox_service, dropbox_service.calls.kept()).planned
        dropbox_service.faults.clear()
        assert (each.happened, each.left) == (0, fault.spot[1])
        return each.reason

    return planned


def test_the_reason_for_an_unfired_fault_is_that_no_call_was_made(reason):
    assert reason(faults.lost_reply("files/upload")) == "No call of files/upload was made."


def test_the_reason_for_an_unfired_fault_names_the_routes_that_were_called(reason, fake_dropbox):
    fake_dropbox.files_list_folder("")
    assert reason(faults.lost_reply("files/upload")) == (
        "No call of files/upload was made; the routes called are files/list_folder."
    )
    fake_dropbox.users_get_current_account()
    fake_dropbox.files_create_folder_v2("/a")
    fake_dropbox.files_delete_v2("/a")
    assert reason(faults.lost_reply("sharing/*")) == (
        "No call of sharing/* was made; the routes called are files/list_folder, "
        "users/get_current_account, files/create_folder_v2 and others."
    )


def test_the_reason_for_an_unfired_fault_names_the_paths_of_the_calls(reason, fake_dropbox):
    fake_dropbox.files_upload(b"1", "/A/b.txt")
    assert reason(faults.lost_reply("files/*", path="/a/c.txt")) == (
        "No call of files/* had such a path; their paths are /A/b.txt."
    )


def test_the_reason_for_an_unfired_fault_is_that_the_calls_have_no_path(reason, fake_dropbox):
    fake_dropbox.users_get_current_account()
    assert reason(faults.lost_reply("users/*", path="/a")) == "No call of users/* had such a path."


def test_the_reason_for_an_unfired_fault_is_that_too_few_calls_followed_those_to_skip(
    reason, fake_dropbox
):
    fake_dropbox.files_upload(b"1", "/a")
    assert reason(faults.lost_reply("files/upload", path="/A", skip=2)) == (
        "It lets 2 such calls pass, and only 1 was made."
    )
    fake_dropbox.files_upload(b"2", "/a2")
    fake_dropbox.files_upload(b"3", "/a3")
    assert reason(faults.lost_reply("files/upload", path="/a?", skip=2)) == (
        "It lets 2 such calls pass, and only 2 were made."
    )


def test_the_reason_for_an_unfired_fault_is_that_the_calls_were_made_before_its_plan(
    reason, fake_dropbox
):
    fake_dropbox.files_upload(b"1", "/a")
    assert reason(faults.lost_reply("files/upload")) == (
        "Such calls were made before it was planned, or another fault happened to them."
    )


def test_the_reason_for_an_unfired_fault_is_that_its_condition_was_false(reason, fake_dropbox):
    full = faults.insufficient_space("files/*")
    fake_dropbox.files_list_folder("")
    assert reason(faults.when(lambda _: False, full)) == (
        "No call of files/* was made; the routes called are files/list_folder."
    )
    fake_dropbox.files_upload(b"1", "/a")
    assert reason(faults.when(lambda _: False, full)) == (
        "Its condition was false, such calls were made before it was planned, or another fault "
        "happened to them."
    )


def test_no_reason_is_given_for_a_fault_that_has_happened(dropbox_service, fake_dropbox):
    dropbox_service.faults.server_error("files/get_metadata", times=20, optional=True)
    with suppress(DropboxException):
        fake_dropbox.files_get_metadata("/a")
    [planned] = faults_of(dropbox_service, dropbox_service.calls.kept()).planned
    assert planned.happened + planned.left == 20
    assert planned.happened > 0
    assert planned.reason == ""


def test_a_fault_with_a_function_has_no_json(dropbox_service):
    fault = faults.lost_reply("files/upload", optional=True)
    dropbox_service.faults.when(lambda _: False, fault)
    dropbox_service.faults.add(fault)
    first, second = faults_of(dropbox_service, []).planned
    assert first.json == ""
    assert '"kind": "lost_reply"' in second.json
