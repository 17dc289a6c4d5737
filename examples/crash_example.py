"""A nightly backup that may die at any moment, and the checks after its restart.

`crash_points` runs it once to find the calls that change something. Then it runs it again
for each of these calls and each of four ways in which the call can fail. After each run
`recover` is called, as a process would do after a restart, and `check` inspects the files.

Run it with `python examples/crash_example.py`, or with pytest.
"""

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import WriteMode

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import CrashPointsFailed, crash_points

OLD, NEW = b"yesterday's", b"today's"


def service_with_a_backup():
    return FakeDropboxService(files={"/backup/latest": OLD})


# First try: delete the old backup, then write the new one.


def replace(dbx):
    dbx.files_delete_v2("/backup/latest")
    dbx.files_upload(NEW, "/backup/latest")


def there_is_a_backup(run):
    """Check that one of the two backups exists, whenever the process dies."""
    assert run.service.files.get("/backup/latest") in (OLD, NEW)


def test_deleting_first_leaves_a_moment_without_a_backup():
    with pytest.raises(CrashPointsFailed) as failed:
        crash_points(replace, check=there_is_a_backup, service=service_with_a_backup())
    report = failed.value.report
    assert [point.name for point in report.violations] == [
        "1:crash_after",  # the process died after the deletion of the old backup
        "1:server_error",  # the SDK repeats the deletion, which then fails with not_found
        "1:lost_reply",
        "2:crash_before",
    ]
    print(f"\n{failed.value}")  # ends with the table of all points

    # The message shows the argument `only`, which runs the first violation again on its own.
    with pytest.raises(AssertionError):
        crash_points(
            replace,
            check=there_is_a_backup,
            service=service_with_a_backup(),
            only="1:crash_after",
        )


# Second try: first write the new backup under another name, then overwrite the old one.


def rotate(dbx):
    dbx.files_upload(NEW, "/backup/new", mode=WriteMode.overwrite)
    dbx.files_upload(NEW, "/backup/latest", mode=WriteMode.overwrite)
    dbx.files_delete_v2("/backup/new")


def restart(dbx):
    """Complete an unfinished backup: the first step of the process after a restart."""
    try:
        _, reply = dbx.files_download("/backup/new")
    except ApiError:
        return  # nothing is unfinished
    dbx.files_upload(reply.content, "/backup/latest", mode=WriteMode.overwrite)
    dbx.files_delete_v2("/backup/new")


def there_is_exactly_one_backup(run):
    assert list(run.service.files) == ["/backup/latest"]
    there_is_a_backup(run)
    if run.ended == "returned":
        assert run.service.read("/backup/latest") == NEW


def test_replacing_last_always_leaves_a_backup():
    report = crash_points(
        rotate,
        recover=restart,
        check=there_is_exactly_one_backup,
        service=service_with_a_backup(),
    )
    # One run without a fault, and each of three changes with four kinds of faults.
    assert len(report.points) == 1 + 3 * 4
    print(f"\n{report}")


if __name__ == "__main__":
    test_deleting_first_leaves_a_moment_without_a_backup()
    test_replacing_last_always_leaves_a_backup()
