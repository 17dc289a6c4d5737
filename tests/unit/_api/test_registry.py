"""Tests of the registries of routes and pages: wrong registrations fail at import."""

import pytest
from dropbox import files, paper
from dropbox.exceptions import InternalServerError

from fakedropbox import FakeDropboxService
from fakedropbox._api import registry
from fakedropbox._facts import ROUTES, rows
from fakedropbox._web.registry import page


def handler(call, arg):
    return None


def test_registering_a_route_twice_names_both_functions():
    with pytest.raises(ValueError, match="files/upload: expected one function") as caught:
        registry.route(files.upload)(handler)
    assert "fakedropbox._api.files.upload.upload (line " in str(caught.value)
    assert f"{__name__}.handler (line " in str(caught.value)


def test_a_route_without_a_row_in_routes_csv_is_refused(monkeypatch):
    monkeypatch.delitem(ROUTES, "paper/docs/get_metadata")
    with pytest.raises(ValueError, match="paper/docs/get_metadata: expected a row") as caught:
        registry.route(paper.docs_get_metadata)(handler)
    assert "_facts/routes.csv" in str(caught.value)
    assert f"{__name__}.handler (line " in str(caught.value)
    assert "paper/docs/get_metadata" not in registry.IMPLEMENTED


def test_a_row_of_routes_csv_that_disagrees_with_the_sdk_is_refused(monkeypatch):
    row = ROUTES["paper/docs/get_metadata"]._replace(host="content")
    monkeypatch.setitem(ROUTES, "paper/docs/get_metadata", row)
    with pytest.raises(ValueError, match="disagree on its style or host"):
        registry.route(paper.docs_get_metadata)(handler)


def test_an_unknown_keyword_argument_is_refused():
    with pytest.raises(TypeError, match=r"paper/docs/get_metadata: .* got habbit") as caught:
        registry.route(paper.docs_get_metadata, habbit=1)(handler)
    assert f"{__name__}.handler (line " in str(caught.value)


def test_a_decorator_without_parentheses_is_refused():
    with pytest.raises(TypeError, match="expected one of the SDK's routes, got <function handler"):
        registry.route(handler)


def test_the_table_of_routes_has_each_route_once_with_all_columns():
    table = list(rows("routes.csv"))
    assert len(table) == len({row["wire_path"] for row in table}) == len(ROUTES)
    assert all(None not in (*row, *row.values()) for row in table)


def test_registering_a_page_twice_names_both_functions():
    register = page("POST", "/oauth2/token", hosts=(), shows=())
    with pytest.raises(ValueError, match="POST /oauth2/token: expected one function") as caught:
        register(handler)
    assert "fakedropbox._web.token.token (line " in str(caught.value)
    assert f"{__name__}.handler (line " in str(caught.value)


def test_a_route_whose_argument_has_entries_registers_that_field():
    for name, known in registry.IMPLEMENTED.items():
        fields = getattr(known.sdk.arg_type, "definition", None)
        has_entries = "entries" in getattr(fields, "_all_field_names_", ())
        assert known.entries == "entries" or not has_entries, name


def test_a_fault_for_a_path_affects_a_lock_batch_with_that_path():
    service = FakeDropboxService(files={"/b": b""})
    dbx = service.client(max_retries_on_error=0)
    service.faults.server_error("files/lock_file_batch", path="/b")
    with pytest.raises(InternalServerError):
        dbx.files_lock_file_batch([files.LockFileArg("/b")])
