"""Two processes that count in one file, in every order in which their calls can come.

`interleavings` takes ordinary functions. Each is a process of its own: whenever it calls
Dropbox, another may have its turn. Nothing has to be changed for that, neither in the
functions nor in the SDK.

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
    # The unmodified SDK; while the workers run, it sees the service.
    return dropbox.Dropbox(service.login.access_token)


def count_carelessly():
    dbx = client()
    _, reply = dbx.files_download("/count")
    number = int(reply.content) + 1
    dbx.files_upload(b"%d" % number, "/count", mode=WriteMode.overwrite)


def count_with_a_condition(*, strict_conflict=False):
    """Writes only over what it has read, and tries again where others were faster."""
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
    """The same, but takes nothing for its own that another has written."""
    count_with_a_condition(strict_conflict=True)


def none_is_lost(run):
    assert run.service.read("/count") == b"%d" % len(run.results)


def test_a_lost_update_is_found():
    with pytest.raises(InterleavingFailed) as failed:
        interleavings([count_carelessly, count_carelessly], check=none_is_lost, service=service)
    # A schedule says which worker makes its next call. It can be kept, and run again.
    assert str(failed.value.schedule) == "0 download, 1 download, 0 upload, 1 upload"
    with pytest.raises(InterleavingFailed):
        interleavings(
            [count_carelessly, count_carelessly],
            check=none_is_lost,
            service=service,
            schedule="0 download, 1 download, 0 upload, 1 upload",
        )


def test_a_condition_is_not_enough():
    # Both write the same number. To Dropbox, content that is there already is no conflict,
    # whatever its revision: the second one is told that it has written it.
    with pytest.raises(InterleavingFailed) as failed:
        interleavings([count_with_a_condition] * 2, check=none_is_lost, service=service)
    assert str(failed.value.schedule) == "0 download, 1 download, 0 upload, 1 upload"


def test_with_a_strict_one_none_is_lost_in_any_order():
    every = interleavings([count, count], check=none_is_lost, service=service, reduce=False)
    fewer = interleavings([count, count], check=none_is_lost, service=service)
    print(f"\nall of them: {every}\nthose that matter: {fewer}")
    assert set(fewer.outcomes) == set(every.outcomes)
    assert fewer.complete < every.complete


def test_three_at_random():
    # Where there are too many orders, a schedule for each of some seeds.
    interleavings([count] * 3, check=none_is_lost, service=service, seeds=range(40))


@given(schedules())
def test_hypothesis_searches_too(schedule):
    # What it finds shrinks to the fewest switches.
    interleavings([count, count], check=none_is_lost, service=service, schedule=schedule)


def each_is_counted_once(run):
    """A process that died may have counted or not; all others have, and only once."""
    alive = sum(error is None for error in run.errors)
    assert alive <= int(run.service.read("/count")) <= len(run.results)


def test_mishaps_come_in_every_order_as_well():
    # Up to one crash, one 5xx or one lost reply, at every call that writes.
    with pytest.raises(InterleavingFailed) as failed:
        interleavings([count, count], check=each_is_counted_once, service=service, mishaps=1)
    # After a 5xx the SDK makes the call once more. If the first one had worked, the second
    # finds a conflict, and so `count` counts again.
    assert "upload server_error" in str(failed.value.schedule)
    print(f"\n{failed.value}")


if __name__ == "__main__":
    test_a_lost_update_is_found()
    test_a_condition_is_not_enough()
    test_with_a_strict_one_none_is_lost_in_any_order()
    test_three_at_random()
    test_mishaps_come_in_every_order_as_well()
