"""Tests of all routes but `auth/token/revoke` and those of teams: valid and refused calls."""

import json
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from dropbox.exceptions import ApiError, BadInputError
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import chain, newer_sdk
from tests.support.populated import URL, difference, places, prepared, state
from tests.support.routes import ROWS

from fakedropbox import Personality
from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._facts import ROUTES, messages
from fakedropbox.cli import main

PARAMS = [
    pytest.param(row, id=row.route, marks=newer_sdk(row.route in IMPLEMENTED, row.route))
    for row in ROWS
]
every_route = pytest.mark.parametrize("row", PARAMS)
every_refusal = pytest.mark.parametrize("row", [p for p in PARAMS if p.values[0].bad_call])
JOBS_DONE_AND_LOCKS_GRANTED = Personality(
    async_checks=0, lock_of_unshared_file="granted", page_size=1
)
pytestmark = [
    pytest.mark.dropbox(personality=JOBS_DONE_AND_LOCKS_GRANTED),
    pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning"),
]


def refusal_of(row, call, dbx, given):
    """Check that a call of the row is refused, and return its error in the form of `Row.error`."""
    with pytest.raises((ApiError, BadInputError, ValidationError)) as caught:
        call(dbx, given)
    if isinstance(caught.value, ApiError):
        return chain(caught.value.error)
    if isinstance(caught.value, ValidationError):
        return str(caught.value)  # refused by the SDK itself
    start = messages.CALL_PREFIX.format(route=row.route)
    assert caught.value.message.startswith(start)
    text = caught.value.message[len(start) :]
    for prefix in (messages.RPC_ARGUMENT, messages.HEADER_ARGUMENT):
        text = text.removeprefix(prefix)
    return text


@contextmanager
def expected_change(service, change, root=""):
    """Check that the block makes exactly the given change, and that a restore undoes it."""
    where, snapshot = places(service, root), service.snapshot()
    before = state(service, where, root)
    yield
    assert difference(before, state(service, where, root)) == change
    assert service.gate.world.files.undo.changed_since(snapshot.mark) == bool(change)
    service.restore(snapshot)
    assert state(service, where, root) == before


@pytest.fixture
def given(request, service):
    route = request.getfixturevalue("row").route
    if "thumbnail" in route or "photo" in route:
        pytest.importorskip("PIL")
    service.web[URL] = b"there"
    in_folder = any("app_folder" in mark.kwargs for mark in request.node.iter_markers("dropbox"))
    return prepared(service.client(), whole=not in_folder)


@every_route
@pytest.mark.every_door
@pytest.mark.evidence("F8-13")
def test_a_valid_call_makes_exactly_the_listed_change(row, dbx, service, given):
    with expected_change(service, row.change):
        assert row.call(dbx, given) == row.answer


@every_refusal
@pytest.mark.every_door
@pytest.mark.evidence("F4-09", "F5-03", "F5-04", "F5-05", "F5-06", "F5-09", "F7-11")
@pytest.mark.evidence("F8-01", "F8-03", "F8-04", "F8-06", "F8-10", "F8-12")
def test_an_invalid_call_is_refused_and_makes_only_the_listed_change(row, dbx, service, given):
    with expected_change(service, row.kept):
        assert refusal_of(row, row.bad_call, dbx, given) == row.error


# Not through every door, because the gate, which all doors share, checks the kind of the app.
@every_route
@pytest.mark.dropbox(app_folder="Small", personality=JOBS_DONE_AND_LOCKS_GRANTED)
@pytest.mark.evidence("F1.4-17", "O8-01")
def test_an_app_folder_app_may_call_only_the_allowed_routes(row, dbx, service, given):
    allowed = ROUTES[row.route].allow_app_folder_app
    # Keys with a space belong to tags, locks, properties and revisions of Paper docs: `prepared`
    # sets none of them in an app folder.
    change = {key: value for key, value in row.change.items() if " " not in key}
    with expected_change(service, change if allowed else {}, "/apps/small"):
        if allowed:
            assert row.call(dbx, given) == row.answer
        else:
            assert refusal_of(row, row.call, dbx, given) == messages.APP_NOT_ALLOWED


def test_the_tables_have_a_row_for_every_route_except_token_revoke_and_the_team_routes():
    # `auth/token/revoke` ends the login of its caller; `users/test_other_accounts.py` tests it.
    # The rows are called with the token of an account; `behaviour/team` tests the other routes.
    rows = [row.route for row in ROWS]
    of_teams = {name for name, route in IMPLEMENTED.items() if "team" in route.fact.auth}
    assert len(set(rows)) == len(rows)
    assert {*rows, "auth/token/revoke"} >= {*IMPLEMENTED} - of_teams
    assert {*rows} >= {name for name, fact in ROUTES.items() if fact.namespace == "files"}


@newer_sdk("files/upload_session/append_batch" in IMPLEMENTED, "complete `files` namespace")
def test_coverage_reports_every_route_of_files_as_implemented():
    shown = CliRunner().invoke(main, ["coverage", "--json"]).output
    covered = json.loads(shown)["namespaces"]["files"]
    assert (covered["routes"], len(covered["implemented"]), covered["missing"]) == (67, 67, [])
