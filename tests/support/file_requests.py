"""Helpers for tests of file requests: deadlines, changes of deadlines, new requests, and titles."""

from datetime import datetime

from dropbox.file_requests import FileRequestDeadline, GracePeriod, UpdateFileRequestDeadline

BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 -- the SDK's times are naive
"""The beginning of the service's clock."""
LATER = datetime(2026, 1, 11)  # noqa: DTZ001
"""Ten days after `BEGIN`."""
DAY = 24 * 3600
UNKNOWN = "a" * 20


def deadline(at=LATER, grace=None):
    """Return a deadline; ``grace`` is the tag of the time in which late uploads are accepted."""
    return FileRequestDeadline(at, None if grace is None else GracePeriod(grace))


def new_deadline(*given):
    """Return the argument that sets a new deadline, or without ``given`` removes the deadline."""
    return UpdateFileRequestDeadline.update(*given or (None,))


def create(client, title="Homework", destination="/Docs", **given):
    """Create a file request."""
    return client.file_requests_create(title, destination, **given)


def titles(found):
    """Return the titles of the file requests in a result."""
    return [request.title for request in found.file_requests]
