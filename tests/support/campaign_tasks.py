"""Functions that the tests of `fakedropbox.simulate.campaign` run in other processes."""

import os

from dropbox.files import WriteMode

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import interleavings


def _adding(dbx):
    def add():
        number = int(dbx.files_download("/number")[1].content)
        dbx.files_upload(b"%d" % (number + 1), "/number", mode=WriteMode.overwrite)

    return add


def accept_any_outcome(_):
    """Check nothing."""


def two_who_add(seeds, check=accept_any_outcome):
    """Run two workers that each add 1 to a number without a check of its revision."""
    service = FakeDropboxService(files={"/number": b"0"})
    workers = [_adding(service.client()) for _ in range(2)]
    return interleavings(workers, check=check, service=service, seeds=seeds)


def _no_update_is_lost(run):
    assert run.service.read("/number") == b"2"


def two_who_must_not_lose(seeds):
    """Run the workers of `two_who_add`, and fail if an update is lost."""
    return two_who_add(seeds, _no_update_is_lost)


def seeds_and_process(seeds):
    return [(seed, os.getpid()) for seed in seeds]
