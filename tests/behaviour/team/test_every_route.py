"""Tests of all team routes and user routes: their tokens, scopes, members and arguments."""

import random

import pytest
from tests.support.fuzzing import Pools, json_of

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._core.selection import ADMIN, MEMBER_SCOPE, USER
from fakedropbox._facts import hosts, messages

TEAM_ROUTES = [name for name, each in IMPLEMENTED.items() if "team" in each.fact.auth]
USER_ROUTES = [name for name, each in IMPLEMENTED.items() if "user" in each.fact.auth]


@pytest.fixture
def answer(wire, service):
    """A function that returns the status and the body of a call without an argument."""

    def answered(name, login, **headers):
        fact = IMPLEMENTED[name].fact
        wire.authorization = {"Authorization": f"Bearer {login.access_token}"}
        url = f"https://{hosts.OF_ROUTES[fact.host]}{fact.wire_path}"
        reply = wire.send(url, b"", headers)
        return reply.status_code, reply.text

    return answered


def refused(name, text):
    return 400, messages.CALL_PREFIX.format(route=name) + text


@pytest.mark.evidence("O4.7-02", "P4-18", "P4-05")
def test_only_a_token_of_a_team_without_a_selected_member_is_admitted_to_team_routes(
    answer, service, acme, ada
):
    team, me = service.logins.create(team=acme), {USER: ada.team_member_id}
    assert len(TEAM_ROUTES) > 30
    for name in TEAM_ROUTES:
        assert answer(name, service.login) == refused(name, messages.NOT_FOR_ACCOUNTS)
        assert answer(name, service.login, **me) == refused(name, messages.NOT_FOR_ACCOUNTS)
        assert answer(name, team, **me) == refused(name, messages.SELECTED_FOR_TEAM)
        assert answer(name, team)[1] != refused(name, messages.SELECTED_FOR_TEAM)[1]


def test_every_team_route_needs_its_scope(answer, service, acme):
    narrow = service.logins.create(team=acme, scopes=["account_info.read"])
    for name in TEAM_ROUTES:
        status, body = answer(name, narrow)
        assert status == 401, name
        assert f'"{IMPLEMENTED[name].fact.scope}"' in body


def test_no_argument_causes_an_internal_error_in_a_team_route(wire, service, acme):
    login = service.logins.create(team=acme)
    pools = Pools(random.Random(0))  # noqa: S311 -- arguments of a test
    wire.authorization = {"Authorization": f"Bearer {login.access_token}"}
    statuses = set()
    for name in TEAM_ROUTES:
        for _ in range(6):
            argument = json_of(IMPLEMENTED[name].sdk.arg_type, pools)
            reply = wire.rpc(name, argument)
            assert reply.status_code in (200, 400, 409), (name, argument, reply.text)
            statuses.add(reply.status_code)
    assert statuses == {200, 400, 409}


@pytest.mark.evidence("O4.7-01", "P4-08")
def test_a_token_of_a_team_needs_a_selected_member_and_a_scope_on_every_user_route(
    answer, service, acme, bob
):
    team = service.logins.create(team=acme)
    scopes = service.scopes - {MEMBER_SCOPE}
    narrow, me = service.logins.create(team=acme, scopes=scopes), {USER: bob.team_member_id}
    expected = messages.NOT_FOR_TEAMS + messages.MAY_SELECT
    no_app_has = {"sharing/relinquish_access"}  # no app can have its scope (S14-27)
    for name in set(USER_ROUTES) - no_app_has:
        assert answer(name, team) == refused(name, expected)
        status, body = answer(name, narrow, **me)
        assert (status, f'"{MEMBER_SCOPE}"' in body) == (401, True), name


@pytest.mark.evidence("O4.7-03", "S15-06", "P4-09", "P4-03", "P1-54")
def test_select_admin_is_admitted_for_administrators_and_routes_with_an_admin_mode_only(
    answer, service, acme, ada, bob
):
    team = service.logins.create(team=acme)
    for name in USER_ROUTES:
        mode = IMPLEMENTED[name].fact.select_admin_mode
        assert mode in ("", "team_admin", "whole_team")
        assert not (mode and name.startswith("file_requests/"))
        by_admin = answer(name, team, **{ADMIN: ada.team_member_id})
        if mode:
            assert "invalid_select_admin" in answer(name, team, **{ADMIN: bob.team_member_id})[1]
            assert by_admin[0] not in (401, 403)
        else:
            assert by_admin == refused(name, messages.NO_ADMIN_MODE)
