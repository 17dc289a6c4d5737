"""The translation of the SDK's exceptions to `OSError` and the classes of `dropspool.errors`."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from json import JSONDecodeError
from types import MappingProxyType
from typing import Any

from dropbox.exceptions import AuthError, BadInputError, RateLimitError
from requests.exceptions import RequestException

from dropspool.errors import (
    AccessRefused,
    ConnectionLost,
    MissingScope,
    NameRefused,
    OutOfSpace,
    Refused,
    StorageError,
    TokenRefused,
    TooLarge,
)

# In an error, the more exact tag follows the general one: its last tag that is a key here counts.
_BY_TAG: Mapping[str, tuple[type[OSError], int]] = MappingProxyType(
    {
        "not_found": (FileNotFoundError, errno.ENOENT),
        "conflict": (FileExistsError, errno.EEXIST),
        "not_file": (IsADirectoryError, errno.EISDIR),
        "not_folder": (NotADirectoryError, errno.ENOTDIR),
        "insufficient_space": (OutOfSpace, errno.ENOSPC),
        "insufficient_quota": (OutOfSpace, errno.ENOSPC),
        "file_ancestor": (NotADirectoryError, errno.ENOTDIR),
        "payload_too_large": (TooLarge, errno.EFBIG),
        "too_large": (TooLarge, errno.EFBIG),
        "malformed_path": (NameRefused, errno.EINVAL),
        "disallowed_name": (NameRefused, errno.EINVAL),
        "no_write_permission": (AccessRefused, errno.EACCES),
        "no_permission": (AccessRefused, errno.EACCES),
        "restricted_content": (AccessRefused, errno.EACCES),
        "team_folder": (AccessRefused, errno.EACCES),
    }
)


class ListingReset(StorageError):
    """A listing whose cursor is no longer valid: it has to start again from the beginning."""


_SCOPE = re.compile("does not have the required scope '([^']*)'")
# Texts from the token endpoint, or about the form of a token. They never appear in our own
# messages, because Dropbox may quote a secret in them.
_TOKEN_TEXTS = (
    "invalid_client",
    "unauthorized_client",
    "invalid_request",
    "token is malformed",
    'header "Authorization"',
)


def translated(error: Exception, path: str) -> OSError:
    """Return the exception to raise for one that the SDK raised in a request about ``path``."""
    if isinstance(error, (RequestException, JSONDecodeError)):
        return ConnectionLost(f"{path}: no answer from Dropbox ({type(error).__name__})")
    if isinstance(error, AuthError):
        return _login_error(error)
    if isinstance(error, BadInputError):
        return _bad_input(error, path)
    tags = _tags(error)
    if tags == ["reset"]:
        return ListingReset(f"{path}: Dropbox says reset")
    for tag in reversed(tags):
        if tag in _BY_TAG:
            kind, number = _BY_TAG[tag]
            return kind(number, f"Dropbox says {'/'.join(tags)}", path)
    said = "/".join(tags) or f"HTTP {getattr(error, 'status_code', 'error')}"
    return StorageError(f"{path}: Dropbox says {said}")


def is_busy(error: Exception) -> bool:
    """Return whether the request was refused only because of other requests at the same time."""
    return isinstance(error, RateLimitError) or "too_many_write_operations" in _tags(error)


def _login_error(error: AuthError) -> OSError:
    if error.error is not None and error.error.is_missing_scope():
        return MissingScope(
            f"the token lacks the permission {error.error.get_missing_scope().required_scope!r}"
        )
    return TokenRefused(f"Dropbox refused the login: {'/'.join(_tags(error))}")


def _bad_input(error: BadInputError, path: str) -> OSError:
    scope = _SCOPE.search(error.message)
    if scope is not None:
        return MissingScope(f"the app lacks the permission {scope[1]!r}")
    if any(text in error.message for text in _TOKEN_TEXTS):
        return TokenRefused("Dropbox refused the login: app key, secret or token is wrong")
    return Refused(f"{path}: Dropbox says {error.message}")


def _tags(error: Any) -> list[str]:
    """Return the tags in an exception from the outside in: ``path``, ``conflict``, ``file``.

    The exception contains a union. Each union has a tag and a value, and between two unions
    there may be a struct that contains the inner one as its ``reason``.
    """
    tags = []
    value = getattr(error, "error", None)
    while value is not None:
        # The SDK has a method `is_…` for each tag, but none that returns the tag.
        tag = getattr(value, "_tag", None)
        if tag is None:
            value = getattr(value, "reason", None)
        else:
            tags.append(tag)
            value = getattr(value, "_value", None)
    return tags
