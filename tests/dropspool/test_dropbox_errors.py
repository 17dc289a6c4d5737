"""Tests of the translation of the SDK's exceptions into the errors of `dropspool`."""

import errno

import pytest
import requests
from dropbox import auth, common, files
from dropbox.exceptions import (
    ApiError,
    AuthError,
    BadInputError,
    HttpError,
    InternalServerError,
    PathRootError,
    RateLimitError,
)

from dropspool.errors import (
    PERMANENT,
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
from dropspool.providers._dropbox_errors import ListingReset, is_busy, translated

LOOKUP = files.LookupError
WRITE = files.WriteError


def api_error(error):
    return ApiError("request-id", error, None, None)


def upload_error(reason):
    return api_error(files.UploadError.path(files.UploadWriteFailed(reason, "session")))


@pytest.mark.parametrize(
    ("error", "kind", "number", "text"),
    [
        (files.DownloadError.path(LOOKUP.not_found), FileNotFoundError, "ENOENT", "path/not_found"),
        (files.DownloadError.path(LOOKUP.not_file), IsADirectoryError, "EISDIR", "path/not_file"),
        (
            files.ListFolderError.path(LOOKUP.not_folder),
            NotADirectoryError,
            "ENOTDIR",
            "path/not_folder",
        ),
        (
            files.RelocationError.from_lookup(LOOKUP.not_found),
            FileNotFoundError,
            "ENOENT",
            "from_lookup/not_found",
        ),
        (
            files.RelocationError.to(WRITE.conflict(files.WriteConflictError.file)),
            FileExistsError,
            "EEXIST",
            "to/conflict/file",
        ),
        (files.RelocationError.insufficient_quota, OutOfSpace, "ENOSPC", "insufficient_quota"),
        (
            files.DeleteError.path_lookup(LOOKUP.not_found),
            FileNotFoundError,
            "ENOENT",
            "path_lookup/not_found",
        ),
    ],
)
def test_an_error_of_a_route_becomes_the_os_error_of_the_same_meaning(error, kind, number, text):
    raised = translated(api_error(error), "/a/b.json")
    assert type(raised) is kind
    assert raised.errno == getattr(errno, number)
    assert raised.filename == "/a/b.json"
    assert text in str(raised)


def test_errors_of_an_upload_become_os_errors():
    conflict = translated(upload_error(WRITE.conflict(files.WriteConflictError.folder)), "/a")
    assert type(conflict) is FileExistsError
    assert "path/conflict/folder" in str(conflict)
    full = translated(upload_error(WRITE.insufficient_space), "/a")
    assert (type(full), full.errno) == (OutOfSpace, errno.ENOSPC)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InternalServerError("id", 503, "down"), "HTTP 503"),
        (HttpError("id", 418, "tea"), "HTTP 418"),
    ],
)
def test_an_error_without_a_class_of_its_own_becomes_a_storage_error(error, text):
    raised = translated(error, "/a/b.json")
    assert type(raised) is StorageError
    assert "/a/b.json" in str(raised)
    assert text in str(raised)


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (upload_error(WRITE.no_write_permission), AccessRefused, "path/no_write_permission"),
        (upload_error(WRITE.disallowed_name), NameRefused, "path/disallowed_name"),
        (
            upload_error(WRITE.conflict(files.WriteConflictError.file_ancestor)),
            NotADirectoryError,
            "path/conflict/file_ancestor",
        ),
        (api_error(files.UploadError.payload_too_large), TooLarge, "payload_too_large"),
        (
            api_error(files.DownloadError.path(LOOKUP.malformed_path("x"))),
            NameRefused,
            "path/malformed_path",
        ),
        (
            PathRootError("id", common.PathRootError.no_permission),
            AccessRefused,
            "no_permission",
        ),
        (BadInputError("id", 'Error in call to API function "files/upload": no'), Refused, "no"),
        (AuthError("id", auth.AuthError.user_suspended), TokenRefused, "user_suspended"),
    ],
)
def test_an_error_that_a_retry_would_repeat_is_permanent_and_not_a_storage_error(error, kind, text):
    raised = translated(error, "/a/b.json")
    assert type(raised) is kind
    assert isinstance(raised, PERMANENT)
    assert not isinstance(raised, StorageError)
    assert text in str(raised)


def test_a_reset_cursor_becomes_a_listing_reset():
    raised = translated(api_error(files.ListFolderContinueError.reset), "/a")
    assert type(raised) is ListingReset
    assert isinstance(raised, StorageError)
    assert str(raised) == "/a: Dropbox says reset"


@pytest.mark.parametrize(
    "tag", ["invalid_access_token", "expired_access_token", "user_suspended", "other"]
)
def test_a_refused_login_becomes_token_refused(tag):
    raised = translated(AuthError("id", getattr(auth.AuthError, tag)), "/a")
    assert type(raised) is TokenRefused
    assert isinstance(raised, PermissionError)
    assert tag in str(raised)


@pytest.mark.parametrize(
    "text",
    [
        '{"error": "invalid_client: Invalid client_id or client_secret"}',
        '{"error": "unauthorized_client", "error_description": "Unknown client_id KEY-1f"}',
        'Error in call to API function "files/upload": The given token is malformed.',
        'Invalid authorization value in HTTP header "Authorization": "Bearer KEY-1f".',
    ],
)
def test_the_error_of_a_refused_login_hides_the_text_of_the_reply(text):
    raised = translated(BadInputError("id", text), "/a")
    assert type(raised) is TokenRefused
    assert "KEY-1f" not in str(raised)


def test_an_error_about_a_missing_scope_names_the_scope():
    error = auth.AuthError.missing_scope(auth.TokenScopeError("files.content.write"))
    of_token = translated(AuthError("id", error), "/a")
    of_app = translated(
        BadInputError(
            "id",
            "Your app (ID: 12) is not permitted to access this endpoint because it does not have"
            " the required scope 'files.metadata.read'. The owner of the app can enable it.",
        ),
        "/a",
    )
    assert (type(of_token), type(of_app)) == (MissingScope, MissingScope)
    assert isinstance(of_token, PermissionError)
    assert "token" in str(of_token)
    assert "'files.content.write'" in str(of_token)
    assert "app" in str(of_app)
    assert "'files.metadata.read'" in str(of_app)


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.ConnectionError("reset"),
        requests.exceptions.ReadTimeout("slow"),
        requests.exceptions.ChunkedEncodingError("cut"),
    ],
)
def test_a_failed_connection_becomes_connection_lost(error):
    raised = translated(error, "/a")
    assert type(raised) is ConnectionLost
    assert isinstance(raised, ConnectionError)


def test_is_busy_is_true_for_rate_limits_and_concurrent_writes_only():
    assert is_busy(RateLimitError("id"))
    assert is_busy(upload_error(WRITE.too_many_write_operations))
    assert is_busy(api_error(files.RelocationError.to(WRITE.too_many_write_operations)))
    assert not is_busy(upload_error(WRITE.insufficient_space))
    assert not is_busy(InternalServerError("id", 500, ""))
