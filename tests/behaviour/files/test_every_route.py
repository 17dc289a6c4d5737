"""Tests of every route of `files` through every door: a valid call and a refused one."""

import json
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from dropbox.exceptions import ApiError, BadInputError
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.doors import chain, newer_sdk
from tests.support.file_routes import ROWS
from tests.support.populated import URL, difference, places, prepared, state

from fakedropbox import Personality
from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._facts import ROUTES, messages
from fakedropbox.cli import main

every_route = pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row, id=row.route, marks=newer_sdk(f"files/{row.route}" in IMPLEMENTED, row.route)
        )
        for row in ROWS
    ],
)
JOBS_DONE_AND_LOCKS_GRANTED = Personality(async_checks=0, lock_of_unshared_file="granted")
pytestmark = [
    pytest.mark.every_door,
    pytest.mark.dropbox(personality=JOBS_DONE_AND_LOCKS_GRANTED),
    pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning"),
]


def refused_call(row, dbx, given):
    """Make the invalid call of the row, and return its error in the form of `Row.error`."""
    with pytest.raises((ApiError, BadInputError, ValidationError)) as caught:
        row.bad_call(dbx, given)
    if isinstance(caught.value, ApiError):
        return chain(caught.value.error)
    if isinstance(caught.value, ValidationError):
        return str(caught.value)  # refused by the SDK itself
    start = messages.CALL_PREFIX.format(route=f"files/{row.route}")
    assert caught.value.message.startswith(start)
    text = caught.value.message[len(start) :]
    for prefix in (messages.RPC_ARGUMENT, messages.HEADER_ARGUMENT):
        text = text.removeprefix(prefix)
    return text


@contextmanager
def expected_change(service, change, root=""):
    """Check that the block makes exactly this change, and that a restore undoes it."""
    where, snapshot = places(service, root), service.snapshot()
    before = state(service, where, root)
    yield
    assert difference(before, state(service, where, root)) == change
    assert service.gate.world.files.undo.changed_since(snapshot.mark) == bool(change)
    service.restore(snapshot)
    assert state(service, where, root) == before


@pytest.fixture
def given(request, service):
    if "thumbnail" in request.getfixturevalue("row").route:
        pytest.importorskip("PIL")
    service.web[URL] = b"there"
    in_folder = any("app_folder" in mark.kwargs for mark in request.node.iter_markers("dropbox"))
    return prepared(service.client(), whole=not in_folder)


@every_route
@pytest.mark.evidence("F8-13")
def test_a_valid_call_makes_exactly_its_change(row, dbx, service, given):
    with expected_change(service, row.change):
        assert row.call(dbx, given) == row.answer


@every_route
@pytest.mark.evidence("F4-09", "F5-03", "F5-04", "F5-05", "F5-06", "F5-09", "F7-11")
@pytest.mark.evidence("F8-01", "F8-03", "F8-04", "F8-06", "F8-10", "F8-12")
def test_an_invalid_call_is_refused_and_changes_nothing_else(row, dbx, service, given):
    with expected_change(service, row.kept):
        assert refused_call(row, dbx, given) == row.error


@every_route
@pytest.mark.dropbox(app_folder="Small", personality=JOBS_DONE_AND_LOCKS_GRANTED)
@pytest.mark.evidence("F1.4-17", "O8-01")
def test_an_app_folder_app_may_call_only_the_allowed_routes(row, dbx, service, given):
    allowed = ROUTES[f"files/{row.route}"].allow_app_folder_app
    # Keys with a space belong to tags, locks and properties; `prepared` sets none in an app folder.
    change = {key: value for key, value in row.change.items() if " " not in key}
    with expected_change(service, change if allowed else {}, "/apps/small"):
        if allowed:
            assert row.call(dbx, given) == row.answer
        else:
            assert refused_call(row, dbx, given) == messages.APP_NOT_ALLOWED


def test_the_table_has_a_row_for_every_route_of_files():
    known = sorted(name for name, fact in ROUTES.items() if fact.namespace == "files")
    assert sorted(f"files/{row.route}" for row in ROWS) == known
    assert len(known) == 67


@newer_sdk("files/upload_session/append_batch" in IMPLEMENTED, "complete `files` namespace")
def test_coverage_reports_every_route_of_files_as_implemented():
    shown = CliRunner().invoke(main, ["coverage", "--json"]).output
    covered = json.loads(shown)["namespaces"]["files"]
    assert (covered["routes"], len(covered["implemented"]), covered["missing"]) == (67, 67, [])
