"""What the tests of campaigns send to other processes."""

import os

from dropbox.files import WriteMode

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import interleavings


def _adding(dbx):
    def add():
        number = int(dbx.files_download("/number")[1].content)
        dbx.files_upload(b"%d" % (number + 1), "/number", mode=WriteMode.overwrite)

    return add


def anything(_):
    """Whatever comes of it."""


def two_who_add(seeds, check=anything):
    """Two workers that lose each other's updates, in the orders of some seeds."""
    service = FakeDropboxService(files={"/number": b"0"})
    workers = [_adding(service.client()) for _ in range(2)]
    return interleavings(workers, check=check, service=service, seeds=seeds)


def _nothing_is_lost(run):
    assert run.service.read("/number") == b"2"


def two_who_must_not_lose(seeds):
    return two_who_add(seeds, _nothing_is_lost)


def seeds_and_process(seeds):
    return [(seed, os.getpid()) for seed in seeds]
