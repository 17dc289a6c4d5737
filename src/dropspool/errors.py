"""The exceptions that a provider raises when its storage fails or refuses a request.

Every failure of the storage is an `OSError`: the built-in `FileNotFoundError`,
`FileExistsError`, `IsADirectoryError` and `NotADirectoryError`, or one of the
classes below. An invalid argument raises `ValueError` or `TypeError` before
anything is sent. No message contains a key, a secret or a token.
"""

from __future__ import annotations


class StorageError(OSError):
    """A failure of the storage that has no more specific class."""


class TokenRefused(PermissionError):
    """A login that is not accepted: wrong, expired or revoked, or the account is suspended."""


class MissingScope(PermissionError):
    """A permission that the app or its token lacks; the message names it."""


class ConnectionLost(ConnectionError):
    """A storage that could not be reached, or did not answer, in all attempts of a request.

    It is not known whether the storage carried out the last attempt.
    """


class OutOfSpace(OSError):
    """An account or a disk without free space; ``errno`` is ``ENOSPC``."""


class BrokenFile(ValueError):
    """A stored file whose content is not valid; the message names the file."""
