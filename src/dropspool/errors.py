"""The exceptions that a provider raises when its storage fails or refuses a request.

Every failure of the storage is an `OSError`: the built-in `FileNotFoundError`,
`FileExistsError`, `IsADirectoryError` and `NotADirectoryError`, or one of the
classes below. `StorageError` and `ConnectionLost` may pass, so the request can be
repeated; one of `PERMANENT` would be raised again. An invalid argument raises
`ValueError` or `TypeError` before anything is sent. No message contains a key, a
secret or a token.
"""

from __future__ import annotations


class StorageError(OSError):
    """A failure of the storage that has no more specific class, and may pass."""


class ConnectionLost(ConnectionError):
    """A storage that could not be reached, or did not answer, in all attempts of a request.

    It is not known whether the storage carried out the last attempt.
    """


class OutOfSpace(OSError):
    """An account or a disk without free space; ``errno`` is ``ENOSPC``."""


class Refused(OSError):
    """A request that the storage refuses, and would refuse again in the same form."""


class TokenRefused(PermissionError, Refused):
    """A login that is not accepted: wrong, expired or revoked, or the account is suspended."""


class MissingScope(PermissionError, Refused):
    """A permission that the app or its token lacks; the message names it."""


class AccessRefused(PermissionError, Refused):
    """A file or folder that this account, or this user of the machine, may not read or change."""


class TooLarge(Refused):
    """A file that is larger than the storage accepts."""


class NameRefused(Refused):
    """A path that the storage does not accept: too long, or with a name that it reserves."""


class NotAFile(Refused):
    """A FIFO, socket or device in the place of a file, which is neither read nor replaced."""


class BrokenFile(ValueError):
    """A stored file whose content is not valid; the message names the file."""


ABOUT_ONE_FILE = (
    AccessRefused,
    TooLarge,
    NameRefused,
    NotAFile,
    IsADirectoryError,
    NotADirectoryError,
)
"""The permanent errors that concern one file: other files can still be read and written."""

PERMANENT = (Refused, IsADirectoryError, NotADirectoryError)
"""The errors that the same request would raise again, so that repeating it is useless."""
