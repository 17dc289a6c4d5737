"""A nightly backup that may die at any moment, and what must hold when it is begun again.

`crash_points` runs it once to see which calls change something, and then again and again:
each of these calls goes wrong in each of four ways. After that a new process does what a
restart does, and the check looks at what there is.

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
    """Whenever it dies, one of the two is there."""
    assert run.service.files.get("/backup/latest") in (OLD, NEW)


def test_who_deletes_first_has_nothing_for_a_while():
    with pytest.raises(CrashPointsFailed) as failed:
        crash_points(replace, check=there_is_a_backup, service=service_with_a_backup())
    report = failed.value.report
    assert [point.name for point in report.violations] == [
        "1:crash_after",  # deleted, and then it died
        "1:server_error",  # the SDK repeats the call, and is told that there is no such file
        "1:lost_reply",
        "2:crash_before",
    ]
    print(f"\n{failed.value}")  # ends with the table of all points

    # The message has the line that runs the first of them again, by itself.
    with pytest.raises(AssertionError):
        crash_points(
            replace,
            check=there_is_a_backup,
            service=service_with_a_backup(),
            only="1:crash_after",
        )


# Second try: the new one gets a name of its own, and takes the place of the old one at last.


def rotate(dbx):
    dbx.files_upload(NEW, "/backup/new", mode=WriteMode.overwrite)
    dbx.files_upload(NEW, "/backup/latest", mode=WriteMode.overwrite)
    dbx.files_delete_v2("/backup/new")


def restart(dbx):
    """What the process does first when it is begun again: clear up what was left."""
    try:
        _, reply = dbx.files_download("/backup/new")
    except ApiError:
        return  # nothing was left
    dbx.files_upload(reply.content, "/backup/latest", mode=WriteMode.overwrite)
    dbx.files_delete_v2("/backup/new")


def there_is_exactly_one_backup(run):
    assert list(run.service.files) == ["/backup/latest"]
    there_is_a_backup(run)
    if run.ended == "returned":
        assert run.service.read("/backup/latest") == NEW


def test_who_replaces_last_always_has_one():
    report = crash_points(
        rotate,
        recover=restart,
        check=there_is_exactly_one_backup,
        service=service_with_a_backup(),
    )
    assert len(report.points) == 1 + 3 * 4  # undisturbed, and three changes in four ways
    print(f"\n{report}")


if __name__ == "__main__":
    test_who_deletes_first_has_nothing_for_a_while()
    test_who_replaces_last_always_has_one()
