"""Two processes that increment the number in one file, in every possible order of their calls.

`interleavings` takes ordinary functions and runs each as a process of its own: at every
call of Dropbox it may switch to another process. Neither the functions nor the SDK have to
be changed for that.

Run it with `python examples/race_example.py`, or with pytest.
"""

import dropbox
import pytest
from dropbox.exceptions import ApiError
from dropbox.files import WriteMode
from hypothesis import given

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import InterleavingFailed, interleavings, schedules

service = FakeDropboxService(files={"/count": b"0"})


def client():
    # The unmodified SDK; while the workers run, it talks to the service.
    return dropbox.Dropbox(service.login.access_token)


def count_carelessly():
    dbx = client()
    _, reply = dbx.files_download("/count")
    number = int(reply.content) + 1
    dbx.files_upload(b"%d" % number, "/count", mode=WriteMode.overwrite)


def count_with_a_condition(*, strict_conflict=False):
    """Overwrite only the revision that was read; try again if another process was faster."""
    dbx = client()
    while True:
        metadata, reply = dbx.files_download("/count")
        number, mode = int(reply.content) + 1, WriteMode.update(metadata.rev)
        try:
            dbx.files_upload(b"%d" % number, "/count", mode, strict_conflict=strict_conflict)
        except ApiError:
            continue
        return


def count():
    """Call `count_with_a_condition`; try again even if another process wrote the same number."""
    count_with_a_condition(strict_conflict=True)


def no_update_is_lost(run):
    assert run.service.read("/count") == b"%d" % len(run.results)


def test_a_lost_update_is_found():
    with pytest.raises(InterleavingFailed) as failed:
        interleavings(
            [count_carelessly, count_carelessly], check=no_update_is_lost, service=service
        )
    # A schedule lists the workers in the order of their calls. It can be saved and run again.
    assert str(failed.value.schedule) == "0 download, 1 download, 0 upload, 1 upload"
    with pytest.raises(InterleavingFailed):
        interleavings(
            [count_carelessly, count_carelessly],
            check=no_update_is_lost,
            service=service,
            schedule="0 download, 1 download, 0 upload, 1 upload",
        )


def test_a_condition_on_the_revision_can_lose_an_update():
    # Both processes write the same number. For Dropbox, an upload of the content that is already
    # there is not a conflict, even with an old revision: the second upload succeeds, too.
    with pytest.raises(InterleavingFailed) as failed:
        interleavings([count_with_a_condition] * 2, check=no_update_is_lost, service=service)
    assert str(failed.value.schedule) == "0 download, 1 download, 0 upload, 1 upload"


def test_a_strict_condition_loses_no_update_in_any_order():
    every = interleavings([count, count], check=no_update_is_lost, service=service, reduce=False)
    fewer = interleavings([count, count], check=no_update_is_lost, service=service)
    print(f"\nall of them: {every}\none of each equivalent set: {fewer}")
    assert set(fewer.outcomes) == set(every.outcomes)
    assert fewer.complete < every.complete


def test_three_processes_lose_no_update_in_random_orders():
    # All orders of three processes would be too many: each seed gives one random schedule.
    interleavings([count] * 3, check=no_update_is_lost, service=service, seeds=range(40))


@given(schedules())
def test_hypothesis_finds_no_schedule_that_loses_an_update(schedule):
    # Hypothesis shrinks a failing schedule to one with few switches.
    interleavings([count, count], check=no_update_is_lost, service=service, schedule=schedule)


def each_is_counted_once(run):
    """Check that all processes have counted once; one that died may have counted or not."""
    alive = sum(error is None for error in run.errors)
    assert alive <= int(run.service.read("/count")) <= len(run.results)


def test_a_server_error_can_make_a_process_count_twice():
    # At most one fault in each run: a crash, a 5xx or a lost reply, at a call that writes.
    with pytest.raises(InterleavingFailed) as failed:
        interleavings([count, count], check=each_is_counted_once, service=service, max_faults=1)
    # After a 5xx the SDK repeats the call. If the first call was carried out, the second one
    # ends in a conflict, and so `count` counts again.
    assert "upload server_error" in str(failed.value.schedule)
    print(f"\n{failed.value}")


if __name__ == "__main__":
    test_a_lost_update_is_found()
    test_a_condition_on_the_revision_can_lose_an_update()
    test_a_strict_condition_loses_no_update_in_any_order()
    test_three_processes_lose_no_update_in_random_orders()
    test_a_server_error_can_make_a_process_count_twice()
