"""Tests of the direct client's exceptions: each answer raises the same one as in the SDK."""

from dataclasses import dataclass

import pytest
from dropbox.exceptions import ApiError, AuthError, InternalServerError
from tests.support.both_doors import META, TOKEN, also, login_of, look, same, token_of, write
from tests.support.faults import needed_by

from fakedropbox import errors, faults

# Refusals of every kind


@dataclass(frozen=True)
class Refusing(faults.Fault):
    """A fault class of this test, which raises a given refusal."""

    refusal: Exception
    route: str = META
    times: int = 1

    def apply(self, call, call_next):  # noqa: ARG002 -- the signature of all faults
        raise self.refusal


def plan(fault):
    return lambda service: service.faults.add(fault)


REFUSALS = {
    "not found": errors.RouteError("path/not_found"),
    "malformed": errors.RouteError("path/malformed_path"),
    "bad input": errors.BadInput("no sense in it: \u00e9"),
    "suspended": errors.AuthRefused("user_suspended"),
    "auth other": errors.AuthRefused("other"),
    "scope": errors.AuthRefused("missing_scope", required_scope="files.content.write"),
    "root": errors.PathRootRefused("no_permission"),
    "invalid root": errors.PathRootRefused("invalid_root", root=("7", "7")),
    "locked": errors.Throttled("too_many_write_operations", 1),
    "throttled": errors.Throttled("too_many_requests", 300),
    "broken": errors.ServerFault(502, "bad gateway \u00e9"),
    "access": errors.AccessDenied("invalid_account_type/feature"),
}


@pytest.mark.evidence("O5-01", "O5-02", "O5-03", "O5-05", "O5-06", "O5-07", "O5-16")
@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_raises_the_same_exception_as_with_the_sdk(case):
    refusal = REFUSALS[case]
    arguments = also(token_of, max_retries_on_error=0, max_retries_on_rate_limit=0)
    seen = same(look, arrange=plan(Refusing(refusal)), arguments=arguments)
    assert seen.routes == [META]
    assert isinstance(seen.outcome, tuple)


@pytest.mark.evidence("O5-16")
def test_a_403_of_a_route_without_an_error_type_is_an_api_error():
    refusal = Refusing(errors.AccessDenied("invalid_account_type/endpoint"), "users/*")
    seen = same(
        lambda client: client.users_get_current_account(),
        arrange=plan(refusal),
    )
    assert seen.outcome[0] is ApiError


def test_a_route_refusal_at_the_token_endpoint_is_an_auth_error():
    refusal = Refusing(errors.AuthRefused("invalid_access_token"), TOKEN)
    seen = same(look, arrange=plan(refusal))
    assert seen.outcome[0] is AuthError
    assert seen.routes == [TOKEN]


# Faults of every kind

KINDS = list(faults.KINDS.values())


def fault_of(kind, route, **options):
    return kind(route, **needed_by(kind, route), **options)


KINDS_AND_ROUTES = [
    (kind, route)
    for kind in KINDS
    for route in ("files/upload", "files/move_v2", META, "files/download", TOKEN)
    if route in kind.routes
]


@pytest.mark.parametrize("tries", [0, 2])
@pytest.mark.parametrize(("kind", "route"), KINDS_AND_ROUTES)
def test_every_kind_of_fault_but_reset_cursor_has_the_same_effect_as_with_the_sdk(
    kind, route, tries
):
    def act(client):
        look(client)
        write(client)
        client.files_download("/a.txt")
        client.files_move_v2("/b.txt", "/c.txt")

    arguments = also(login_of, max_retries_on_error=tries, max_retries_on_rate_limit=tries)
    same(act, arrange=plan(fault_of(kind, route, times=2)), arguments=arguments)


VARIANTS = {
    "write error of upload": faults.too_many_write_operations("files/upload", answer="write_error"),
    "write error of move": faults.too_many_write_operations("files/move_v2", answer="write_error"),
    "slow after": faults.slow("files/upload", 3, when="after"),
    "slow twice": faults.slow("files/upload", 3, times=2),
    "broken after": faults.server_error("files/upload", when="after"),
}


@pytest.mark.parametrize("case", VARIANTS)
def test_variants_of_faults_have_the_same_effect_as_with_the_sdk(case):
    def act(client):
        write(client)
        write(client)
        client.files_move_v2("/b.txt", "/c.txt")

    same(act, arrange=plan(VARIANTS[case]))


def test_a_slow_call_can_also_fail():
    def arrange(service):
        service.faults.slow("files/upload", 7)
        service.faults.server_error("files/upload")

    arguments = also(login_of, max_retries_on_error=0)
    seen = same(write, arrange=arrange, arguments=arguments)
    assert seen.outcome[0] is InternalServerError
    assert seen.slept == 7
