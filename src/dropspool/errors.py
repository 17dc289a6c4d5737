"""What a provider raises when its storage does not do as asked.

Every failure of the storage is an `OSError`: the built-in `FileNotFoundError`,
`FileExistsError`, `IsADirectoryError` and `NotADirectoryError`, or one of the
classes below. An argument that cannot be meant is a `ValueError` or `TypeError`,
raised before anything is sent. No message holds a key, a secret or a token.
"""

from __future__ import annotations


class StorageError(OSError):
    """The storage refused, for a reason that has no class of its own."""


class TokenRefused(PermissionError):
    """The login is not accepted: wrong, expired, revoked, or its account is suspended."""


class MissingScope(PermissionError):
    """The app or its token lacks a permission; the message names it."""


class ConnectionLost(ConnectionError):
    """The storage could not be reached, or gave no answer, however often it was asked.

    Whether the last attempt was carried out is not known.
    """


class OutOfSpace(OSError):
    """The account is full; ``errno`` is ``ENOSPC``."""


class BrokenFile(ValueError):
    """A stored file does not hold what it should; the message names it."""
