"""Tests of wrong arguments of the control interface: each is named, and changes nothing.

The operations and their fields are read from the models, the faults from their classes. Without
valid arguments for a new operation in `VALID`, a test fails.
"""

import json
from contextlib import nullcontext, suppress
from dataclasses import fields
from datetime import datetime, timezone

import pytest
from tests.support.faults import needed_by
from tests.support.fingerprint import fingerprint

from fakedropbox import FakeDropboxService, control, faults
from fakedropbox.clock import RunningClock
from fakedropbox.faults import KINDS
from fakedropbox.server.operations import OPERATIONS, operation_of
from fakedropbox.server.running import Server
from fakedropbox.server.state import StateFile

REQUEST = "emp261hyrt2g9qkqa6at"
"""The id of the file request that `operate` makes."""

VALID = {
    "restore": {"snapshot": 1},
    "faults/add": {"fault": {"kind": "lost_reply", "route": "files/upload"}},
    "faults/remove": {"fault": {"kind": "lost_reply", "route": "files/upload"}},
    "faults/script": {"faults": [{"kind": "lost_reply", "route": "files/upload"}]},
    "stub": {
        "route": "riviera/get_text_async",
        "result": {".tag": "async_job_id", "async_job_id": "1"},
        "content": "",
    },
    "clock/advance": {"seconds": 1},
    "tree": {"account": "owner@example.com"},
    "files": {"account": "owner@example.com"},
    "seed_files": {
        "files": {"/new": "eA=="},
        "folders": ["/empty"],
        "client_modified": None,
        "account": None,
    },
    "upload_to_request": {"request": REQUEST, "files": {"a": "eA=="}, "sender": "Ada"},
    "share_folder": {"path": "/x", "account": None, "members": [], "mount": True},
    "accounts/create": {
        "email": "new@example.com",
        "name": "New Person",
        "plan": "pro",
        "email_verified": False,
        "given_name": None,
        "surname": "Person",
    },
    "teams/create": {
        "name": "New",
        "members": [["new@example.com"]],
        "licenses": 5,
        "team_space": False,
        "file_requests": False,
    },
    "teams/members": {"team": None},
    "teams/accept": {"email": "invited@example.com"},
    "apps/create": {
        "name": "new",
        "folder": "New",
        "scopes": ["files.metadata.read"],
        "redirect_uris": ["https://example.com/"],
        "auto_approve": True,
    },
    "calls": {"last": 3, "query": "route:files"},
    "show": {"remote": False},
    "logins/create": {"account": "owner@example.com", "app": None, "scopes": [], "team": None},
    "webhooks/add": {"url": "http://localhost:1/", "app": None, "allow_remote": False},
    "webhooks/remove": {"url": "http://localhost:1/", "app": None},
    "webhooks/deliver": {"now": True},
    "services/create": {
        "name": "new",
        "seed": 5,
        "personality": "documented",
        "plan": "pro",
        "scopes": ["files.metadata.read"],
        "app_folder": "New",
        "redirect_uris": ["https://example.com/"],
        "auto_approve": True,
    },
    "services/seed": {
        "name": "worker",
        "files": {"/new": "eA=="},
        "folders": ["/empty"],
        "client_modified": None,
        "account": None,
    },
    "services/reset": {"name": "worker"},
    "services/delete": {"name": "worker"},
}
# The server has no page, no receiver listens at the URL, and there is no such webhook or fault.
REFUSED_BY_THE_SERVICE = {"show", "webhooks/add", "webhooks/remove", "faults/remove"}
OF_SERVICE = ("url: ", "expected a server with a page")
WRONG = [
    "null",
    "true",
    "-1",
    "1.5",
    "1e12",
    "1e308",
    "NaN",
    "-Infinity",
    "9" * 30,
    "9" * 400,
    "9" * 5000,
    '""',
    '"x"',
    '"\\ud800"',
    '"\\u0000"',
    "[]",
    "[[]]",
    "[1]",
    '["x"]',
    '["\\ud800"]',
    "{}",
    '{"x": 1}',
    '{"/x": "%"}',
    '{"/\\ud800": ""}',
    "[" * 400 + "]" * 400,
    "[" * 100_000,
]
NO_JSON = {text for text in WRONG if text.startswith(("NaN", "-Infinity", "[[[[", "9" * 5000))}
"""Texts that no reader of JSON accepts, so that no field can be named."""


def prepare(service):
    """Make what the valid arguments name: a file request, and an invitation to a team."""
    made = service.client().file_requests_create("Homework", "/Homework")
    assert made.id == REQUEST
    teams = service.teams
    teams.invite(teams.create("Team", ["boss@example.com"]), "invited@example.com")


@pytest.fixture
def operate(dropbox_server, http):
    """Return a function that sends an operation with a body."""
    prepare(dropbox_server.service)
    dropbox_server.services.create("worker")
    http.authorization = {"Authorization": f"Bearer {dropbox_server.control_token}"}

    def operate(name, body=b"", **kwargs):
        reply = http.send(f"/_fake/{name}", body, **kwargs)
        if name == "services/create" and reply.status_code == 200:
            dropbox_server.services.delete(reply.json()["name"])  # its seed is free again
        return reply

    return operate


def body_with(arguments, field, text):
    """Return arguments as JSON, with the given text as the value of one field."""
    others = {name: value for name, value in arguments.items() if name != field}
    given = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in others.items()]
    return ("{" + ", ".join([*given, f"{json.dumps(field)}: {text}"]) + "}").encode()


def refused(service, operate, name, body):
    """Send an operation, and return the text of its refusal; None if it was carried out."""
    with nullcontext() if name in ("reset", "restore") else service.scratch():
        before = fingerprint(service)
        reply = operate(name, body)
        assert reply.status_code in (200, 400), (name, body[:200], reply.text)
        if reply.status_code == 200:
            service.faults.clear()
            return None
        assert fingerprint(service) == before, (name, body[:200])
        assert reply.json().keys() == {"error", "fields"}
        text = reply.json()["error"]
        assert text.startswith(f"{name}: ")
        assert len(reply.text) < 6000
        return text.removeprefix(f"{name}: ")


def test_the_valid_arguments_have_every_field_and_are_accepted(dropbox_service, operate, ctl):
    snapshot = ctl.snapshot()
    for name, kind in OPERATIONS.items():
        if name != "reset":  # it makes the snapshot invalid
            arguments = {"snapshot": snapshot} if name == "restore" else VALID.get(name, {})
            assert arguments.keys() == kind.model_fields.keys(), name
            reason = refused(dropbox_service, operate, name, json.dumps(arguments).encode())
            assert (reason is None) == (name not in REFUSED_BY_THE_SERVICE), (name, reason)


@pytest.mark.parametrize("name", VALID)
def test_a_wrong_argument_is_named_and_changes_nothing(dropbox_service, operate, name):
    for field in OPERATIONS[name].model_fields:
        found = {
            text: refused(dropbox_service, operate, name, body_with(VALID[name], field, text))
            for text in WRONG
        }
        assert sum(reason is not None for reason in found.values()) >= len(WRONG) / 2
        for text, reason in found.items():
            assert reason is not None or text not in NO_JSON
            of_the_service = name in REFUSED_BY_THE_SERVICE and str(reason).startswith(OF_SERVICE)
            if reason is not None and text not in NO_JSON and not of_the_service:
                assert reason.startswith(f"{field}: "), (text, reason)
                assert "expected" in reason, (text, reason)
    assert operate("clock/now").status_code == 200


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_wrong_field_of_a_fault_is_named(kind):
    names = ["kind", *(field.name for field in fields(kind))]
    needed = needed_by(kind)
    fault = {"kind": kind.__name__, "route": "files/*", **needed}
    assert operation_of("faults/script", {"faults": [fault]}).faults == [kind("files/*", **needed)]
    for field in names:
        for text in set(WRONG) - NO_JSON:
            wrong = json.loads(body_with(fault, field, text))
            with suppress(ValueError):
                operation_of("faults/script", {"faults": [wrong]})
                continue
            with pytest.raises(ValueError, match=rf"^faults: {field}: expected .*, got "):
                operation_of("faults/script", {"faults": [wrong]})
    for wrong in ({**fault, "unknown": 1}, {"kind": kind.__name__}):
        with pytest.raises(ValueError, match=r"^faults: ('unknown'|route): expected "):
            operation_of("faults/script", {"faults": [wrong]})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"seconds": 1, "unknown": 1}', "'unknown': expected seconds"),
        (b'{"seconds": 1, "\\ud800": 1}', "body: expected a valid string, unable"),
        (b'{"seconds": 1, "seconds": 2}', "body: expected each key once, got 'seconds' more than"),
        (b'{"seconds": 1e12}', "seconds: expected a number that leads to the year 9900 at most"),
        (b'{"seconds": -1}', "seconds: expected a number greater than or equal to 0, got -1"),
        (b'{"seconds": NaN}', "body: expected JSON, got NaN"),
        (b"{}", "seconds: expected a value, got none"),
        (b"", "seconds: expected a value, got none"),
        (b"[]", "body: expected dict, got []"),
        (b"null", "body: expected dict, got None"),
        (b"{", "Expecting property name enclosed in double quotes"),
        (b"\xff\xfe\x00", "'utf-16-le' codec can't decode"),
        (b"\xff", "'utf-8' codec can't decode"),
    ],
)
def test_a_wrong_body_is_refused(dropbox_service, operate, body, reason):
    assert refused(dropbox_service, operate, "clock/advance", body).startswith(reason)


@pytest.mark.parametrize("name", OPERATIONS)
def test_only_post_carries_out_an_operation(dropbox_service, operate, name):
    body, before = json.dumps(VALID.get(name, {})).encode(), fingerprint(dropbox_service)
    for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "POSTS"):
        reply = operate(name, body, method=method)
        assert reply.status_code in (400, 405), method
    assert fingerprint(dropbox_service) == before


def test_all_wrong_arguments_are_named_in_one_error(operate):
    reply = operate("apps/create", b'{"name": 1, "scopes": "x", "folder": []}')
    fields = reply.json()["fields"]
    assert fields.keys() == {"name", "scopes", "folder"}
    for name, reason in (("name", "a valid string, got 1"), ("scopes", "a valid list, got 'x'")):
        assert fields[name] == f"expected {reason}"
        assert f"{name}: expected {reason}" in reply.json()["error"]


@pytest.mark.parametrize(
    ("name", "body", "fields"),
    [
        ("reset", b'{"to": "seed"}', {"to": "expected 'beginning'"}),
        (
            "tree",
            b'{"account": "x"}',
            {"account": "expected the e-mail address of an account"},
        ),
        ("tree", b"[]", {"body": "expected dict, got []"}),
        ("tree", b'{"x": 1}', {"'x'": "expected account"}),
        ("seed_files", b'{"files": {"/a": "%", "/b": "%"}}', {"files": "expected base64 at '/a'"}),
        ("tree", b"{", {}),
    ],
)
def test_an_error_names_each_wrong_field(operate, name, body, fields):
    found = operate(name, body).json()["fields"]
    assert found.keys() == fields.keys()
    for field, reason in fields.items():
        assert found[field].startswith(reason)


def test_the_clock_cannot_be_advanced_beyond_its_last_date(dropbox_service, operate, http):
    for seconds, status in ((1e12, 400), (2.4e11, 200), (2.4e11, 400)):
        assert operate("clock/advance", b'{"seconds": %d}' % seconds).status_code == status
    slow = {"kind": "slow", "route": "files/upload", "seconds": 1e9, "times": 20}
    assert operate("faults/add", json.dumps({"fault": slow}).encode()).status_code == 200
    for _ in range(20):  # the clock stops at its last date during these delays
        token = dropbox_service.logins.create().access_token
        http.authorization = {"Authorization": f"Bearer {token}"}
        assert http.upload({"path": "/a", "autorename": True}, b"x").status_code == 200
    assert dropbox_service.clock.now() == datetime(9900, 1, 1, tzinfo=timezone.utc)


def test_an_operation_that_is_refused_changes_nothing_in_the_state_file(tmp_path):
    file = StateFile(tmp_path / "state", {})
    with Server(FakeDropboxService(clock=RunningClock()), state=file) as server:
        before = file.rows()["clock"]
        for arguments in ({"seconds": "x"}, {"seconds": 1, "unknown": 1}, {}):
            with pytest.raises(ValueError, match="expected"):
                server.operate("clock/advance", arguments)
        assert file.rows()["clock"] == before == [(("clock",), "[0]", b"")]
        server.operate("clock/advance", {"seconds": 1})
        assert file.rows()["clock"] == [(("clock",), "[1000000]", b"")]
    file.close()


def test_files_and_calls_with_unusual_characters_can_be_listed(ctl, dropbox_service):
    dropbox_service.client().files_upload(b"", "/\u2028\U0001f389")
    assert "/\u2028\U0001f389" in ctl.files()
    assert ctl.calls()[-1]["arg"]["path"] == "/\u2028\U0001f389"


def test_a_call_with_half_a_surrogate_pair_can_be_listed(ctl, http):
    assert http.rpc("files/get_metadata", {"path": "/\ud800"}).status_code in (400, 409)
    assert ctl.calls()[-1]["route"] == "files/get_metadata"


@pytest.mark.parametrize("name", ["%00", "%FF", "%ED%A0%80", "reset/", "/reset", "\u00e9", ""])
def test_an_unknown_operation_is_refused(operate, name):
    reply = operate(name)
    assert reply.status_code == 404
    assert "expected one of reset, snapshot" in reply.json()["error"]


def test_a_fault_in_json_must_be_complete():
    with pytest.raises(TypeError, match=r"^seconds: expected a value for slow, got none$"):
        control.fault_from_json({"kind": "slow", "route": "files/*"})
    with pytest.raises(TypeError, match=r"^'x': expected one of path, .*, times for lost_reply$"):
        control.fault_from_json({"kind": "lost_reply", "route": "files/*", "x": 1})
    with pytest.raises(TypeError, match=r"^kind: expected str, got \[\]$"):
        control.fault_from_json({"kind": []})


@pytest.mark.parametrize("kind", [faults.slow, faults.slow_body, faults.stalled_reply])
@pytest.mark.parametrize("seconds", [-1, 1e10, 10**400, float("inf"), float("nan")])
def test_a_fault_with_an_invalid_number_of_seconds_is_refused(kind, seconds):
    with pytest.raises(ValueError, match="seconds: expected a finite number from 0 to 1000000000"):
        kind("files/*", seconds)


@pytest.mark.parametrize("seconds", [-1, 10**10])
def test_a_rate_limit_with_an_invalid_number_of_seconds_is_refused(seconds):
    with pytest.raises(ValueError, match="retry_after: expected a whole number from 0 to"):
        faults.rate_limit("files/*", retry_after=seconds)
