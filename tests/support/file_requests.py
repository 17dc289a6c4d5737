"""Helpers for tests of file requests: deadlines, changes of them, and the fields of requests."""

from datetime import datetime

from dropbox.file_requests import FileRequestDeadline, GracePeriod, UpdateFileRequestDeadline

BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 -- the SDK's times are naive
"""The beginning of the service's clock."""
LATER = datetime(2026, 1, 11)  # noqa: DTZ001
"""Ten days after it."""
DAY = 24 * 3600
UNKNOWN = "a" * 20


def deadline(at=LATER, grace=None):
    """Return a deadline, with the tag of the time for late uploads."""
    return FileRequestDeadline(at, None if grace is None else GracePeriod(grace))


def new_deadline(*given):
    """Return the change to a deadline, or the removal of it."""
    return UpdateFileRequestDeadline.update(*given or (None,))


def create(client, title="Homework", destination="/Docs", **given):
    """Make a request."""
    return client.file_requests_create(title, destination, **given)


def titles(found):
    """Return the titles of the requests in a result."""
    return [request.title for request in found.file_requests]
