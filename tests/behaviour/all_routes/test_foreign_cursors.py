"""Tests of cursors of other apps and accounts, of states that were undone, and malformed ones."""

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from stone.backends.python_rsrc import stone_validators as bv
from tests.support.shared_folders import account, by_email, email, share

from fakedropbox import FakeDropboxService, Personality
from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._facts import hosts
from fakedropbox._files.cursors import open_cursor, seal_cursor

RESET = (409, "reset")
INVALID = (409, "invalid_cursor")
USABLE = (200, None)
TEMPLATE = {
    "name": "T",
    "description": "",
    "fields": [{"name": "f", "description": "", "type": "string"}],
}


class Caller(NamedTuple):
    """A client of one login that sends JSON and returns JSON."""

    service: FakeDropboxService
    token: str

    def ask(self, route, argument):
        """Return the status and the body of the response to a call."""
        body = argument if isinstance(argument, bytes) else json.dumps(argument).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        if IMPLEMENTED[route].fact.auth == ("noauth",):
            del headers["Authorization"]
        url = f"https://{hosts.OF_ROUTES[IMPLEMENTED[route].fact.host]}/2/{route}"
        reply = self.service.session().post(url, data=body, headers=headers)
        is_json = reply.headers["Content-Type"] == "application/json"
        return reply.status_code, reply.json() if is_json else reply.text

    def found(self, route, argument):
        """Return the result of a call that succeeds."""
        status, found = self.ask(route, argument)
        assert status == 200, found
        return found

    def outcome(self, route, cursor):
        """Return the status of a call with a cursor, and the error's tag or text."""
        status, found = self.ask(route, {"cursor": cursor})
        if status == 409:
            assert found["error_summary"].startswith(found["error"][".tag"])
            return status, found["error"][".tag"]
        return status, None if status == 200 else found


def listed(caller):
    return caller.found("files/list_folder", {"path": "", "limit": 1})["cursor"]


def searched(caller):
    options = {"max_results": 1}
    return caller.found("files/search_v2", {"query": "x", "options": options})["cursor"]


def searched_properties(caller):
    mode = {".tag": "field_name", "field_name": "f"}
    query = {"query": "1", "mode": mode, "logical_operator": "or_operator"}
    found = caller.found("file_properties/properties/search", {"queries": [query]})
    return found["cursor"]


def not_a_cursor(route, cursor):
    shown = cursor.encode("utf-8", "backslashreplace").decode()
    text = f'Error in call to API function "{route}": Invalid "cursor" parameter: \'{shown}\''
    return 400, text


def not_a_longpoll_cursor(route, _cursor):
    text = f'Error in call to API function "{route}": request body: cursor: unsupported cursor type'
    return 400, text


def reset(_route, _cursor):
    return RESET


def shared_folders(route):
    """Return a function that gets a cursor of a list of shared folders."""

    def make(caller):
        return caller.found(f"sharing/{route}", {"limit": 1})["cursor"]

    return make


def members(caller):
    (folder, *_) = caller.found("sharing/list_folders", {})["entries"]
    given = {"shared_folder_id": folder["shared_folder_id"], "limit": 1}
    return caller.found("sharing/list_folder_members", given)["cursor"]


def file_members(caller):
    return caller.found("sharing/list_file_members", {"file": "/x1", "limit": 1})["cursor"]


def received_files(caller):
    return caller.found("sharing/list_received_files", {"limit": 1})["cursor"]


def requests(caller):
    return caller.found("file_requests/list_v2", {"limit": 1})["cursor"]


def invalid(_route, _cursor):
    return INVALID


class Row(NamedTuple):
    """A route with a cursor: a function that gets a valid one, and the outcomes of other cursors.

    ``unknown`` is the outcome of what is not a cursor of this kind. ``undone``, ``another_app``,
    ``small_app`` (with an app folder) and ``another_account`` are None if they equal ``unknown``.
    """

    make: Callable
    unknown: Callable
    undone: tuple | None
    another_app: tuple | None
    small_app: tuple | None
    another_account: tuple | None


def not_allowed(route):
    text = "Your API app is not allowed to call this function."
    return 400, f'Error in call to API function "{route}": {text}'


def sharing(route, make):
    """Return the row of a list of `sharing`; its cursor is a position for one account (S10-11)."""
    return Row(make, invalid, USABLE, USABLE, not_allowed(route), None)


ROWS = {
    "files/list_folder/continue": Row(listed, not_a_cursor, RESET, USABLE, None, None),
    # Longpoll has no token, so it cannot tell whose cursor it gets.
    "files/list_folder/longpoll": Row(listed, not_a_longpoll_cursor, RESET, *[USABLE] * 3),
    # `SearchError` has no `reset`.
    "files/search/continue_v2": Row(searched, not_a_cursor, None, USABLE, USABLE, None),
    # Templates of properties belong to an app and an account (O4.5-51), so their searches do, too.
    "file_properties/properties/search/continue": Row(
        searched_properties,
        reset,
        RESET,
        RESET,
        not_allowed("file_properties/properties/search/continue"),
        RESET,
    ),
    # Like those of `sharing`, but an app-folder app may call the route, and sees other requests.
    "file_requests/list/continue": Row(requests, invalid, USABLE, USABLE, None, None),
    **{
        f"sharing/{route}/continue": sharing(f"sharing/{route}/continue", make)
        for route, make in {
            "list_folders": shared_folders("list_folders"),
            "list_mountable_folders": shared_folders("list_mountable_folders"),
            "list_folder_members": members,
            "list_file_members": file_members,
            "list_received_files": received_files,
        }.items()
    },
}


def filled(service, login):
    """Fill an account so that each listing and search has several pages, and return its client."""
    caller = Caller(service, login.access_token)
    dbx = service.client(login)
    for name in ("x1", "x2", "x3"):
        dbx.files_upload(b"x", f"/{name}")
    template = caller.found("file_properties/templates/add_for_user", TEMPLATE)["template_id"]
    group = {"template_id": template, "fields": [{"name": "f", "value": "1"}]}
    for name in ("x1", "x2", "x3"):
        argument = {"path": f"/{name}", "property_groups": [group]}
        caller.found("file_properties/properties/add", argument)
    for name in ("s1", "s2", "s3"):
        folder = share(dbx, f"/{name}").shared_folder_id
        dbx.sharing_add_folder_member(folder, [by_email("x@example.com")])
        dbx.file_requests_create(name, f"/{name}")
    dbx.sharing_add_file_member("/x1", [email("x@example.com"), email("y@example.com")])
    giver = f"giver{len(service.accounts)}@example.com"
    gives = service.client(account=service.accounts.create(giver))
    me = [account(dbx.users_get_current_account().account_id)]
    for name in ("g1", "g2", "g3"):
        gives.sharing_add_file_member(gives.files_upload(b"x", f"/{name}").id, me)
    return caller


@pytest.fixture
def service(dropbox_services):
    return dropbox_services(personality=Personality(page_size=1))


@pytest.fixture
def caller(service):
    return filled(service, service.login)


@pytest.fixture(params=ROWS)
def route(request):
    return request.param


@pytest.fixture
def cursor(route, caller):
    found = ROWS[route].make(caller)
    assert caller.outcome(route, found) == USABLE
    return found


def expected(route, cursor, outcome=None):
    return ROWS[route].unknown(route, cursor) if outcome is None else outcome


def test_the_table_has_every_route_with_a_required_cursor_except_team_routes():
    # The cursors of teams are in `behaviour/team`.
    found = {
        name
        for name, each in IMPLEMENTED.items()
        if isinstance(each.sdk.arg_type, bv.Struct) and "team" not in each.fact.auth
        for field, validator in each.sdk.arg_type.definition._all_fields_
        if field == "cursor" and isinstance(validator, bv.String)
    }
    assert found == ROWS.keys()


@pytest.mark.evidence("F6.2-03", "F6.2-04", "O4.5-55")
def test_a_cursor_may_be_used_again(route, caller, cursor):
    assert caller.outcome(route, cursor) == USABLE
    caller.service.client().files_upload(b"x", "/x4")
    assert caller.outcome(route, cursor) == USABLE


@pytest.mark.evidence("F6.2-02", "F6.2-03", "O4.5-55")
@pytest.mark.parametrize("again", [False, True], ids=["immediately", "after as many changes"])
def test_a_cursor_of_a_state_that_was_undone_has_the_outcome_in_the_row_of_the_route(
    service, route, caller, again
):
    with service.scratch():
        service.client().files_upload(b"x", "/x4")
        cursor = ROWS[route].make(caller)
    if again:
        service.client().files_upload(b"x", "/x5")
        service.client().files_upload(b"x", "/x6")
    assert caller.outcome(route, cursor) == expected(route, cursor, ROWS[route].undone)
    assert caller.outcome(route, ROWS[route].make(caller)) == USABLE


@pytest.mark.evidence("F6.2-02")
def test_a_cursor_from_before_a_restored_snapshot_is_valid(service, route, caller, cursor):
    with service.scratch():
        service.client().files_upload(b"x", "/x4")
    assert caller.outcome(route, cursor) == USABLE


@pytest.mark.evidence("F6.2-03", "O4.5-51", "O4.5-55")
@pytest.mark.parametrize("kind", ["another_app", "small_app"])
def test_a_cursor_of_another_app_has_the_outcome_in_the_row_of_the_route(
    service, route, cursor, kind
):
    app = service.apps.create(kind, folder="Small" if kind == "small_app" else None)
    other = Caller(service, service.logins.create(app=app).access_token)
    assert other.outcome(route, cursor) == expected(route, cursor, getattr(ROWS[route], kind))


@pytest.mark.evidence("F6.2-03", "O4.5-51", "O4.5-55")
def test_a_cursor_of_another_account_has_the_outcome_in_the_row_of_the_route(
    service, route, cursor
):
    another = service.accounts.create("other@example.com")
    other = filled(service, service.logins.create(another))
    outcome = expected(route, cursor, ROWS[route].another_account)
    assert other.outcome(route, cursor) == outcome


@pytest.mark.evidence("F6.2-03", "O4.5-55")
def test_a_cursor_of_another_kind_is_refused(route, caller):
    others = {row.make for row in ROWS.values()} - {ROWS[route].make}
    assert len(others) == 8
    for make in others:
        cursor = make(caller)
        assert caller.outcome(route, cursor) == expected(route, cursor)


@pytest.mark.parametrize("route", [name for name, row in ROWS.items() if row.make is not listed])
def test_a_cursor_with_valid_fields_but_another_kind_is_refused(service, route, caller, cursor):
    chance = service.gate.world.chance
    fields = open_cursor(chance, cursor)
    assert caller.outcome(route, seal_cursor(chance, fields)) == USABLE
    other = seal_cursor(chance, ["other", *fields[1:]])
    assert caller.outcome(route, other) == expected(route, other)


@pytest.mark.evidence("F6.2-03", "O4.5-55")
def test_a_cursor_of_another_service_is_refused(dropbox_services, service, route, caller, cursor):
    other = dropbox_services(seed=1, personality=Personality(page_size=1))
    assert filled(other, other.login).outcome(route, cursor) == expected(route, cursor)
    service.reset()
    again = filled(service, service.login)
    assert again.outcome(route, cursor) == expected(route, cursor)


def odd(cursor):
    """Yield texts that are not valid cursors: unrelated ones, and changed copies of a cursor."""
    yield from (
        "x",
        "AAAA",
        "AAF",
        "=",
        "null",
        "a\0b",
        cursor + "\0",
        "\0" + cursor,
        "é",
        "\U0001f389",
    )
    yield from (
        "\ud800",
        cursor + "\ud800",
        "x" * 3_000_000,
        cursor * 2,
        cursor + "A",
        cursor + "=",
    )
    yield from (cursor + "\n", " " + cursor, cursor + " ", cursor.lower(), cursor[::-1])
    yield from (cursor[:end] for end in (1, 2, 3, 10, len(cursor) // 2, len(cursor) - 1))
    for place in {0, 1, 2, 3, 16, *range(4, len(cursor), 7), *range(len(cursor) - 4, len(cursor))}:
        flipped = "B" if cursor[place] == "A" else "A"
        yield cursor[:place] + flipped + cursor[place + 1 :]


@pytest.mark.evidence("F2.1-06", "F6.2-03", "O4.5-55")
def test_malformed_cursors_are_refused(route, caller, cursor):
    for text in odd(cursor):
        status, found = caller.outcome(route, text)
        assert (status, found) == expected(route, text), ascii(text[:200])


@pytest.mark.evidence("F1.4-03")
@pytest.mark.parametrize("value", ["", 1, None, [], {}, True])
def test_a_cursor_that_is_empty_or_not_a_string_is_refused(route, caller, value):
    # The type of their cursors has no minimum length.
    if value == "" and route.startswith(("sharing/", "file_requests/")):
        assert caller.outcome(route, value) == INVALID
        return
    status, text = caller.outcome(route, value)
    assert status == 400
    assert text.startswith(f'Error in call to API function "{route}": request body: cursor: ')


@pytest.mark.evidence("F6.2-02", "F6.2-03")
def test_a_cursor_of_an_account_that_was_undone_is_refused(service):
    with service.scratch():
        account = service.accounts.create("new@example.com")
        new = Caller(service, service.logins.create(account).access_token)
        cursors = [new.found("files/list_folder", {"path": ""})["cursor"]]
        service.client(account=account).files_create_folder_v2("/a")
        cursors.append(new.found("files/list_folder", {"path": ""})["cursor"])
    caller = Caller(service, service.login.access_token)
    for again in (False, True):
        if again:  # the next account may have the same namespace id
            other = service.accounts.create("b@example.com")
            service.client(account=other).files_create_folder_v2("/b")
        for cursor in cursors:
            assert caller.outcome("files/list_folder/longpoll", cursor) == RESET
            route = "files/list_folder/continue"
            assert caller.outcome(route, cursor) == not_a_cursor(route, cursor)


@pytest.mark.evidence("F6.2-02", "F8-11")
@pytest.mark.parametrize("again", [False, True], ids=["immediately", "after as many changes"])
@pytest.mark.parametrize("path", ["", "/S", "/S/sub"])
@pytest.mark.parametrize("status", ["active", "deleted"])
def test_a_search_in_a_mount_is_refused_after_its_files_were_undone(service, path, status, again):
    """A mounted folder has a journal of its own."""
    dbx, caller = service.client(), Caller(service, service.login.access_token)
    share(dbx, "/S")
    options = {"path": path, "max_results": 1, "file_status": status}

    def change():
        for name in ("x1", "x2", "x3"):
            dbx.files_upload(b"", f"/S/sub/{name}")
            if status == "deleted":
                dbx.files_delete_v2(f"/S/sub/{name}")

    with service.scratch():
        change()
        page = caller.found("files/search_v2", {"query": "x", "options": options})
        route = "files/search/continue_v2"
        assert caller.outcome(route, page["cursor"]) == USABLE
    if again:
        change()
    assert caller.outcome(route, page["cursor"]) == not_a_cursor(route, page["cursor"])


@pytest.mark.evidence("O4.5-55")
def test_a_property_search_is_reset_after_files_in_a_mount_were_undone(service, caller):
    service.client().files_upload(b"", "/s1/x")
    template = caller.found("file_properties/templates/list_for_user", None)["template_ids"][0]
    group = {"template_id": template, "fields": [{"name": "f", "value": "1"}]}
    route = "file_properties/properties/search/continue"
    with service.scratch():
        service.client().files_upload(b"", "/s1/new")
        argument = {"path": "/s1/new", "property_groups": [group]}
        caller.found("file_properties/properties/add", argument)
        cursor = searched_properties(caller)
        assert caller.outcome(route, cursor) == USABLE
    assert caller.outcome(route, cursor) == RESET


@pytest.mark.evidence("F8-11", "S12-10")
@pytest.mark.parametrize("status", ["active", "deleted"])
def test_a_search_goes_on_after_the_folder_to_search_in_was_unmounted(service, status):
    dbx, caller = service.client(), Caller(service, service.login.access_token)
    folder = share(dbx, "/S").shared_folder_id
    for name in ("x1", "x2", "x3"):
        for path in (f"/S/sub/{name}", f"/x/{name}"):
            dbx.files_upload(b"", path)
            if status == "deleted":
                dbx.files_delete_v2(path)
    for path in ("", "/S", "/S/sub"):
        options = {"path": path, "max_results": 1, "file_status": status}
        page = caller.found("files/search_v2", {"query": "x", "options": options})
        dbx.sharing_unmount_folder(folder)
        found = caller.found("files/search/continue_v2", {"cursor": page["cursor"]})
        shown = [each["metadata"]["metadata"]["path_lower"] for each in found["matches"]]
        assert all(each.startswith("/x/") for each in shown)
        assert bool(shown) == (path == "")
        dbx.sharing_mount_folder(folder)
