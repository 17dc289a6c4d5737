"""Helpers for tests of the queue: workers that die at a given change of their files."""

from dataclasses import dataclass

from dropspool import StorageProvider
from dropspool.layout import RUNNING_JOBS
from dropspool.testing._faults import FILE_CHANGES, Died

RUNNING = f"/{RUNNING_JOBS}"
LEASE = StorageProvider.lease_seconds


@dataclass
class Changes:
    """The number of changes of a worker, and the number, from 0, of the one at which it dies."""

    die_at: int | None
    made: int = 0

    def check_alive(self):
        if self.die_at is not None and self.made > self.die_at:
            raise Died


def watch_changes(files, *, die_at=None, after=False, then=lambda: None, names=FILE_CHANGES):
    """Count the changes of a worker, and let it die before or after number ``die_at``, from 0.

    ``files`` is the object whose methods with these ``names`` make the changes. ``then`` is
    called after each change. After its death, each further change of the worker fails.
    """
    changes = Changes(die_at)

    def watched(method):
        def change(*args, **options):
            changes.check_alive()
            changes.made += 1
            if not after:
                changes.check_alive()
            answer = method(*args, **options)
            then()
            changes.check_alive()
            return answer

        return change

    for name in names:
        if hasattr(files, name):
            setattr(files, name, watched(getattr(files, name)))
    return changes
