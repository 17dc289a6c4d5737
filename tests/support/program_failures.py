"""Failures of programs, with what the page of a service must say about each of them.

Each function is a test of a program that fails: it prepares a service, makes calls, and raises.
"""

from __future__ import annotations

from typing import NamedTuple

from dropbox.files import CommitInfo, UploadSessionCursor

from fakedropbox import FakeDropboxService
from fakedropbox.login import Login


class Told(NamedTuple):
    """The texts that name the cause of a failure, and the panel to which its hint leads, if any.

    ``untrue`` are texts that would mislead.
    """

    texts: tuple[str, ...]
    panel: str = ""
    untrue: tuple[str, ...] = ()


def conflict(service):
    service.seed_files({"/Reports/today.txt": b"old"})
    service.client().files_upload(b"new", "/Reports/today.txt")


def missing_scope(service):
    login = service.logins.create(scopes=["files.metadata.read"])
    service.client(login).files_upload(b"new", "/a.txt")


def fault_of_an_earlier_test(service):
    service.faults.rate_limit("files/*", times=2)
    service.client(max_retries_on_rate_limit=0).files_upload(b"1", "/a.txt")


def expired_token(service):
    service.clock.advance(5 * 3600)
    service.client(Login(access_token=service.login.access_token)).files_list_folder("")


def token_of_another_run(service):
    token = FakeDropboxService(seed=1).login.access_token
    service.client(Login(access_token=token)).files_list_folder("")


def route_that_is_not_faked(service):
    service.client().riviera_get_text_async()


def file_of_another_account(service):
    ada = service.accounts.create("ada@example.com")
    service.client(account=ada).files_upload(b"1", "/a.txt")
    service.client().files_get_metadata("/a.txt")


def file_outside_of_the_apps_folder(service):
    app = service.apps.create("App", folder="App")
    service.seed_files({"/a.txt": b"1"})
    service.client(service.logins.create(app=app)).files_download("/a.txt")


def misspelt_path(service):
    service.seed_files({"/Reports/today.txt": b"1"})
    service.client().files_download("/Report/today.txt")


def cursor_from_before_a_reset(service):
    dbx = service.client()
    cursor = dbx.files_list_folder("").cursor
    service.reset()
    dbx.files_list_folder_continue(cursor)


def cursor_from_before_a_restored_snapshot(service):
    dbx, snapshot = service.client(), service.snapshot()
    service.seed_files({"/a.txt": b"1"})
    cursor = dbx.files_list_folder("").cursor
    service.restore(snapshot)
    dbx.files_list_folder_continue(cursor)


def file_that_another_member_has_written(service):
    ada = service.accounts.create("ada@example.com", "Ada")
    service.share_folder("/Team", members=[ada])
    service.client(account=ada).files_upload(b"hers", "/Team/plan.txt")
    service.client().files_upload(b"ours", "/Team/plan.txt")


def rate_limit_that_outlasts_the_retries(service):
    service.faults.rate_limit("files/upload", times=9, retry_after=0)
    service.client(max_retries_on_rate_limit=2).files_upload(b"1", "/a.txt")


def path_with_a_trailing_slash(service):
    service.client().files_create_folder_v2("/Reports/")


def path_with_two_slashes(service):
    service.client().files_upload(b"1", "/Reports//today.txt")


def conflict_with_a_file_in_another_case(service):
    service.seed_files({"/Reports/Today.txt": b"old"})
    service.client().files_upload(b"new", "/reports/today.txt")


def move_into_a_file(service):
    service.seed_files({"/in/a.txt": b"1", "/Deep/Out": b"a file"})
    service.client().files_move_v2("/in/a.txt", "/deep/out/a.txt")


def copy_of_a_misspelt_path(service):
    service.seed_files({"/in/today.txt": b"1", "/out/today.txt": b"2"})
    service.client().files_copy_v2("/in/todays.txt", "/out/todays.txt")


def cursor_that_a_fault_resets(service):
    dbx = service.client()
    cursor = dbx.files_list_folder("").cursor
    service.faults.reset_cursor("files/list_folder/continue")
    dbx.files_list_folder_continue(cursor)


def append_at_a_wrong_offset(service):
    dbx = service.client()
    session = dbx.files_upload_session_start(b"four").session_id
    dbx.files_upload_session_append_v2(b"more", UploadSessionCursor(session, 9))


def finish_at_a_wrong_offset(service):
    dbx = service.client()
    session = dbx.files_upload_session_start(b"four").session_id
    cursor = UploadSessionCursor(session, 3)
    dbx.files_upload_session_finish(b"more", cursor, CommitInfo("/a.txt"))


def upload_beyond_the_quota(service):
    service.set_quota(service.accounts.default, 1000)
    service.seed_files({"/a.txt": b"x" * 900})
    service.client().files_upload(b"x" * 200, "/b.txt")


FAILURES = {
    conflict: Told(
        ("The account has /Reports/today.txt.", "Mode add onto a file with other"), "Files"
    ),
    missing_scope: Told(("needs the scope files.content.write, which the token lacks",), "People"),
    fault_of_an_earlier_test: Told(
        ("planned rate_limit('files/*', times=2): it has happened 1 time",), "Faults"
    ),
    expired_token: Told(
        ("four hours by the clock of the service, 2026-01-01 05:00:00 UTC",), "Clock"
    ),
    token_of_another_run: Told(("The service has not issued this token",), "People"),
    route_that_is_not_faked: Told(
        ("fakedropbox does not have this route", "answered by a stub"), "Coverage"
    ),
    file_of_another_account: Told(("The account ada@example.com has /a.txt.",), "Files"),
    file_outside_of_the_apps_folder: Told(
        (
            "The app sees its folder only, so /a.txt means /Apps/App/a.txt.",
            "The account owner@example.com has /a.txt.",
        ),
        "Files",
    ),
    misspelt_path: Told(("The account has /Reports/today.txt.",), "Files"),
    cursor_from_before_a_reset: Told(("A reset of the service ends all cursors", "F6.2-03")),
    cursor_from_before_a_restored_snapshot: Told(
        ("A snapshot was restored since the cursor was made", "F6.2-02")
    ),
    file_that_another_member_has_written: Told(
        ("The account has /Team/plan.txt, which ada@example.com wrote last.",), "Files"
    ),
    rate_limit_that_outlasts_the_retries: Told(
        (
            "it has happened 3 times, and is to happen 6 more.",
            "rate_limit('files/upload', times=9, retry_after=0)",
        ),
        "Faults",
    ),
    path_with_a_trailing_slash: Told(("F3.2-03", "A trailing slash gets 409")),
    path_with_two_slashes: Told(("F3.2-04", "Two slashes in a row")),
    conflict_with_a_file_in_another_case: Told(
        (
            "The account has /Reports/Today.txt, which is the same path as /reports/today.txt",
            "upper and lower case do not matter.",
        ),
        "Files",
    ),
    move_into_a_file: Told(
        ("The account has the file /Deep/Out, so there is nothing below it.", "F7-05"),
        "Files",
        ("The account has /in/a.txt",),
    ),
    copy_of_a_misspelt_path: Told(
        ("The account has /in/today.txt.",), "Files", ("The account has /out/today.txt",)
    ),
    cursor_that_a_fault_resets: Told(
        ("planned reset_cursor('files/list_folder/continue')",),
        "Faults",
        ("A snapshot was restored",),
    ),
    append_at_a_wrong_offset: Told(
        ("The call began at 9, and the session has 4 bytes.", "F4.1-03"),
    ),
    finish_at_a_wrong_offset: Told(
        ("The call began at 3, and the session has 4 bytes.", "F4.1-03"),
    ),
    upload_beyond_the_quota: Told(("The account uses 900 of its 1,000 bytes.", "F4-12")),
}
