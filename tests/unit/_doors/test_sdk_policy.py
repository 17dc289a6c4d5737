"""Tests of the direct client: it retries, waits, fails and logs exactly as the SDK does."""

import inspect

import dropbox
import pytest
from dropbox import files
from dropbox.dropbox_client import BadInputException
from dropbox.exceptions import (
    ApiError,
    BadInputError,
    InternalServerError,
    RateLimitError,
)
from requests.exceptions import ConnectionError as RequestsConnectionError
from stone.backends.python_rsrc.stone_base import Route
from stone.backends.python_rsrc.stone_validators import ValidationError, Void
from tests.support.both_doors import (
    DOORS,
    META,
    TOKEN,
    also,
    login_of,
    look,
    same,
    through,
    token_of,
    write,
)

HAS_CONTENT_HASH = "auto_content_hash" in inspect.signature(dropbox.Dropbox).parameters
RETRIES_TOKENS = "while refreshing" in inspect.getsource(dropbox.Dropbox.refresh_access_token)
"""False for the oldest supported SDK, which does not retry a failing token endpoint."""


def plan_server_errors(route, times=1, **options):
    return lambda service: service.faults.server_error(route, times=times, **options)


def plan_rate_limits(route, times=1, **options):
    return lambda service: service.faults.rate_limit(route, times=times, **options)


def test_common_calls_have_the_same_outcomes_as_with_the_sdk():
    seen = same(
        lambda client: [
            look(client),
            write(client),
            client.files_download("/a.txt")[0],
            client.files_list_folder("", recursive=True).entries,
            client.users_get_current_account(),
            client.files_move_v2("/a.txt", "/c/d.txt"),
            client.files_delete_v2("/c"),
        ]
    )
    assert seen.routes[:3] == [TOKEN, META, "files/upload"]
    assert seen.slept == 0


# Server errors (5xx)


@pytest.mark.evidence("O5-16", "O5-08")
@pytest.mark.parametrize("times", range(1, 7))
def test_server_errors_are_retried_at_most_four_times(times):
    seen = same(look, arrange=plan_server_errors(META, times, optional=True))
    tries = min(times, 4) + 1
    assert seen.routes == [TOKEN, *[META] * tries]
    # The pause before retry n is a random part of 2**n seconds.
    assert 0 < seen.slept < sum(2**n for n in range(1, tries))
    assert ("InternalServerError" in repr(seen.outcome)) == (times > 4)


def test_the_seed_determines_the_length_of_the_pauses():
    slept = {
        seed: [
            through(door, look, arrange=plan_server_errors(META, 3), seed=seed).slept
            for door in DOORS
        ]
        for seed in range(3)
    }
    assert all(direct == sdk for direct, sdk in slept.values())
    assert len({direct for direct, _ in slept.values()}) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 599])
def test_the_last_server_error_is_raised(status):
    seen = same(look, arrange=plan_server_errors(META, 5, status=status))
    kind, arguments, fields = seen.outcome
    assert kind is InternalServerError
    assert arguments == [str(status), "''"]
    assert fields["status_code"] == str(status)


@pytest.mark.parametrize("tries", [0, 1, 6])
def test_max_retries_on_error_limits_the_retries(tries):
    arguments = also(login_of, max_retries_on_error=tries)
    seen = same(look, arrange=plan_server_errors(META, tries + 1), arguments=arguments)
    assert seen.routes == [TOKEN, *[META] * (tries + 1)]
    assert seen.outcome[0] is InternalServerError
    assert (seen.slept == 0) == (tries == 0)


def test_a_write_that_fails_after_its_effect_is_retried():
    seen = same(write, arrange=plan_server_errors("files/upload", 2, when="after"))
    # A repeated upload of the same content succeeds (F4-02).
    assert [outcome for _, outcome, _ in seen.calls] == ["ok", "500", "500", "ok"]
    assert seen.files == {"/a.txt": b"hello", "/b.txt": b"new"}


# Rate limits (429)


@pytest.mark.evidence("O5-07", "O5-16", "F1.5-07")
@pytest.mark.parametrize("retry_after", [0, 1, 15, 300])
def test_a_rate_limited_call_waits_and_is_retried(retry_after):
    seen = same(look, arrange=plan_rate_limits(META, 2, retry_after=retry_after))
    assert seen.routes == [TOKEN, META, META, META]
    assert seen.slept == 2 * retry_after


def test_rate_limits_are_retried_without_a_limit():
    seen = same(look, arrange=plan_rate_limits(META, 40, retry_after=3))
    assert len(seen.calls) == 42
    assert seen.slept == 120


@pytest.mark.parametrize("retry_after", [1, 7])
@pytest.mark.parametrize("limit", [0, 1])
def test_max_retries_on_rate_limit_limits_the_retries(limit, retry_after):
    arguments = also(login_of, max_retries_on_rate_limit=limit)
    arrange = plan_rate_limits(META, limit + 1, retry_after=retry_after)
    seen = same(look, arrange=arrange, arguments=arguments)
    kind, _, fields = seen.outcome
    assert kind is RateLimitError
    assert fields["backoff"] == str(retry_after)
    assert "too_many_requests" in fields["error"]
    assert seen.routes == [TOKEN, *[META] * (limit + 1)]
    assert seen.slept == limit * retry_after


def test_retries_of_errors_and_rate_limits_are_counted_separately():
    def arrange(service):
        for _ in range(3):
            service.faults.server_error(META)
            service.faults.rate_limit(META, retry_after=2)

    arguments = also(login_of, max_retries_on_error=3, max_retries_on_rate_limit=3)
    seen = same(look, arrange=arrange, arguments=arguments)
    assert [outcome for _, outcome, _ in seen.calls[1:]] == [
        *["500", "too_many_requests"] * 3,
        "ok",
    ]


# Lost replies


def test_a_lost_reply_is_not_retried():
    seen = same(write, arrange=lambda service: service.faults.lost_reply("files/upload"))
    kind, text = seen.outcome
    assert kind is RequestsConnectionError
    assert "lost" in text
    assert seen.routes == [TOKEN, "files/upload"]
    assert seen.files["/b.txt"] == b"new"


# The token endpoint


@pytest.mark.parametrize("times", [1, 4, 5])
def test_server_errors_of_the_token_endpoint_are_retried_if_the_sdk_does(times):
    seen = same(look, arrange=plan_server_errors(TOKEN, times))
    tries = min(times, 4) + 1 if RETRIES_TOKENS else 1
    assert seen.routes == [TOKEN] * tries + [META] * (tries > times)
    assert (seen.slept > 0) == RETRIES_TOKENS
    assert ("InternalServerError" in repr(seen.outcome)) == (tries <= times)


@pytest.mark.parametrize("tries", [0, 4])
def test_a_token_endpoint_that_keeps_failing_raises_the_server_error(tries):
    arguments = also(login_of, max_retries_on_error=tries)
    seen = same(look, arrange=plan_server_errors(TOKEN, 5, status=503), arguments=arguments)
    assert seen.outcome[0] is InternalServerError


def test_a_rate_limit_of_the_token_endpoint_is_not_retried():
    seen = same(look, arrange=plan_rate_limits(TOKEN, retry_after=5))
    assert seen.outcome[0] is RateLimitError
    assert seen.routes == [TOKEN]
    assert seen.slept == 0


def test_a_lost_reply_of_the_token_endpoint_is_not_retried():
    seen = same(look, arrange=lambda service: service.faults.lost_reply(TOKEN))
    assert seen.routes == [TOKEN]


# Arguments, bodies and headers


@pytest.mark.parametrize("body", ["text", None, 5, bytearray(b"new"), memoryview(b"new"), open])
def test_a_body_that_is_not_bytes_is_handled_as_by_the_sdk(body):
    seen = same(lambda client: client.files_upload(body, "/b.txt"))
    if body is not None:
        assert seen.outcome == (
            TypeError,
            f"expected request_binary as binary type, got {type(body)}",
        )
        assert seen.routes == [TOKEN]


INVALID_ARGUMENTS = {
    "empty": (files.get_metadata, files.GetMetadataArg()),
    "of another route": (files.get_metadata, files.DownloadArg("/a.txt")),
    "text": (files.get_metadata, "/a.txt"),
    "none": (files.get_metadata, None),
    "a class": (files.get_metadata, files.GetMetadataArg),
    "argument of a route without one": (dropbox.users.get_current_account, "text"),
}


@pytest.mark.parametrize("case", INVALID_ARGUMENTS)
def test_an_argument_of_the_wrong_type_is_refused(case):
    route, argument = INVALID_ARGUMENTS[case]
    namespace = "users" if route is dropbox.users.get_current_account else "files"
    seen = same(lambda client: client.request(route, namespace, argument, None))
    assert seen.outcome[0] is ValidationError
    assert seen.routes == [TOKEN]


def test_a_route_unknown_to_the_sdk_is_a_bad_request():
    """Check a route that a program has defined itself, because the SDK does not have it."""
    attrs = {"auth": "user", "host": "api", "style": "rpc"}
    route = Route("no_such_route", 2, False, Void(), Void(), Void(), attrs)
    seen = same(lambda client: client.request(route, "files", None, None))
    assert seen.outcome[0] is BadInputError
    assert "files/no_such_route_v2" in seen.outcome[1][1]


def test_the_argument_is_checked_before_the_body():
    seen = same(lambda client: client.request(files.upload, "files", files.UploadArg(), "text"))
    assert seen.outcome[0] is ValidationError


@pytest.mark.skipif(not HAS_CONTENT_HASH, reason="this SDK has no argument auto_content_hash")
@pytest.mark.parametrize("given", [{}, {"content_hash": "0" * 64}])
@pytest.mark.parametrize("auto", [True, False])
def test_an_upload_has_a_content_hash_if_it_is_given_or_automatic(auto, given):
    seen = same(
        lambda client: client.files_upload(b"new", "/b.txt", **given),
        arguments=also(login_of, auto_content_hash=auto),
    )
    assert ("content_hash=NOT_SET" in seen.calls[-1][2]) == (not auto and not given)
    assert (seen.outcome[0] is ApiError) == bool(given)


@pytest.mark.skipif(not HAS_CONTENT_HASH, reason="this SDK has no argument auto_content_hash")
def test_the_records_of_uploads_of_the_same_content_share_its_hash(dropbox_service):
    client = dropbox_service.client()
    for name in ("/a.txt", "/b.txt"):
        client.files_upload(b"%d" % 12, name)
    first, second = (record.arg.content_hash for record in dropbox_service.calls)
    assert first is second


PATH_ROOT = "Dropbox-API-Path-Root"
HEADERS = {
    "no JSON": {PATH_ROOT: "home"},
    "no mode": {PATH_ROOT: '{"root": "7"}'},
    "another root": {PATH_ROOT: '{".tag": "root", "root": "7"}'},
    "lower case": {PATH_ROOT.lower(): '{".tag": "namespace_id", "namespace_id": "7"}'},
    "home": {PATH_ROOT: '{".tag": "home"}'},
    "member": {"Dropbox-API-Select-User": "dbmid:x"},
    "unknown header": {"X-Mine": "1"},
}


@pytest.mark.evidence("O8-02", "F1.5-05")
@pytest.mark.parametrize("case", HEADERS)
def test_headers_of_the_client_have_the_same_effect_as_with_the_sdk(case):
    same(look, arguments=also(login_of, headers=HEADERS[case]))


@pytest.mark.parametrize("arguments", [login_of, token_of])
def test_a_route_for_apps_needs_app_credentials(arguments):
    seen = same(lambda client: client.check_app("x").result, arguments=arguments)
    if arguments is token_of:
        assert seen.outcome[0] is BadInputException
    else:
        assert seen.outcome == repr("x")


# The log


def test_log_messages_are_those_of_the_sdk():
    def arrange(service):
        service.faults.server_error(META)
        service.faults.rate_limit(META, retry_after=2)

    _, lines = same(look, arrange=arrange).log, through("direct", look, arrange=arrange).log
    texts = [text for _, text in lines]
    assert texts[:2] == ["Refreshing access token.", f"Request to {META}"]
    assert texts[2].startswith("HttpError status_code=500: Retrying in ")
    assert texts[3:] == [
        f"Request to {META}",
        "Ratelimit: Retrying in 2.0 seconds.",
        f"Request to {META}",
    ]
