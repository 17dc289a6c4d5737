"""Services that refuse an operation for a reason that each interface has to report."""

from dropbox.files import LockFileArg

from fakedropbox import FakeDropboxService


def with_locked_file():
    """Return a service in which another member has locked `/team/a`.

    Dropbox's error for a change of such a file is not known, so a change is not faked.
    """
    service = FakeDropboxService(plan="business", files={"/team/a": b"1"})
    bob = service.accounts.create("bob@example.com", "Bob", "business")
    service.share_folder("/team", members=[bob])
    service.client(account=bob).files_lock_file_batch([LockFileArg("/team/a")])
    return service


def with_seed_that_fails_later():
    """Return a service with the file `/seeded`, whose seed raises a `LookupError` after a reset."""
    runs = []

    def seed(service):
        service.seed_files({"/seeded": b""})
        runs.append(service)
        if len(runs) > 1:
            raise LookupError("no longer")

    return FakeDropboxService(seed=seed)
