"""Tests of the comparison: it finds differences, and its tolerances of places are needed."""

import json

import pytest
from tests.support.recordings import EXCEPTED, EXCHANGES, REPRODUCED, TOLERANCES
from tests.support.replay import Replay, sdk_has_fields_of

from fakedropbox.recording._comparison import (
    _OF_THE_ACCOUNT,
    JSON_TYPES,
    Bindings,
    added_fields,
    differences,
)

NOT_FOUND = EXCHANGES["list_folder/not_found#0"]
EXPIRED = EXCHANGES["client/raise_on_401#0"]
LISTED = EXCHANGES["client_with_namespace_id#0"]
MIXED = EXCHANGES["client/refresh_token_if_expired#1"]
UPLOADED = EXCHANGES["list_folder_longpoll/success#1"]
DOWNLOADED = EXCHANGES["download/success~44b7c0b#0"]
LONGPOLL = EXCHANGES["list_folder_longpoll/success~223637d#0"]
TOKEN = EXCHANGES["client/refresh_token_on_401#1"]

OF_PLACES = ("edited", "only_alike")
"""The tolerances of single places of one exchange."""


def _places(exchange, reply, bindings=None):
    found = differences(exchange, reply, bindings or Bindings(), TOLERANCES)
    return [difference.place for difference in found]


def _sized(reply):
    """Return the reply with length headers that fit its body, in which names were replaced."""
    lengths = ("content-length", "original-content-length")
    sizes = {name: str(len(bytes(reply.body))) for name in lengths if name in reply.headers}
    return reply._replace(headers={**reply.headers, **sizes})


@pytest.mark.parametrize("name", [*REPRODUCED, *EXCEPTED])
def test_a_recorded_response_equals_itself(name):
    assert _places(EXCHANGES[name], _sized(EXCHANGES[name].reply)) == []


@pytest.mark.parametrize(
    ("exchange", "old", "new", "places"),
    [
        (NOT_FOUND, "path/not_found/", "path/not_folder/", ["body.error_summary"]),
        (NOT_FOUND, "path/not_found/", "path/not_found/....", ["body.error_summary"]),
        (NOT_FOUND, "path/not_found/", "path/not_found", ["body.error_summary"]),
        (NOT_FOUND, '"not_found"', '"not_file"', ["body.error.path..tag"]),
        (NOT_FOUND, '{".tag": "path", ', "{", ["body.error"]),
        (NOT_FOUND, '": "', '":"', ["body"]),
        (NOT_FOUND, "{", "", ["body"]),
        (UPLOADED, '"size": 6, "is_downloadable": true', '"is_downloadable": true, "size": 6',
         ["body"]),
        (UPLOADED, '"is_downloadable": true, ', "", ["body"]),
        (UPLOADED, '{"name"', '{".tag": "file", "name"', ["body"]),
        (UPLOADED, '"size": 6', '"size": 7', ["body.size"]),
        (UPLOADED, '"size": 6', '"size": "6"', ["body.size"]),
        (UPLOADED, '"size": 6', '"size": 6.0', ["body.size"]),
        (UPLOADED, "true", "1", ["body.is_downloadable"]),
        (UPLOADED, '"duck.txt"', '"Duck.txt"', ["body.name"]),
        (UPLOADED, "Z", ".0Z", ["body.client_modified", "body.server_modified"]),
        (UPLOADED, "6a2d", "6a2e", ["body.content_hash"]),
        (UPLOADED, "id:", "", ["body.id"]),
        (UPLOADED, "5d9001e2", "X", ["body.rev"]),
        (LISTED, "4cA", "4ig", ["body.entries[1].id"]),
        (LISTED, "false", "true", ["body.has_more"]),
        (LISTED, '"AAE', '"', ["body.cursor"]),
        (LISTED, '".tag": "folder", "name": "upload"', '"name": "upload"', ["body.entries[8]"]),
        (MIXED, '"rev": "5bab4ba9864db043720ae"', '"rev": "5bab4b3222c52043720ae"',
         ["body.entries[9].rev"]),
        (TOKEN, '"expires_in": 14400', '"expires_in": 14399', ["body.expires_in"]),
        (TOKEN, ', "expires_in": 14400', "", ["body"]),
        (DOWNLOADED, "Viva", "viva", ["body"]),
        (LONGPOLL, '" : ', '": ', ["body"]),  # the recorded spacing is of neither style
        (LONGPOLL, "true", "false", ["body", "body.changes"]),
    ],
)  # fmt: skip
def test_a_changed_body_is_a_difference(exchange, old, new, places):
    body = exchange.reply.body.decode()
    assert old in body
    reply = exchange.reply._replace(body=body.replace(old, new).encode())
    assert _places(exchange, _sized(reply)) == places


@pytest.mark.parametrize(
    ("exchange", "name", "old", "new"),
    [
        (NOT_FOUND, "content-type", "application/json", "application/json; charset=utf-8"),
        (EXPIRED, "www-authenticate", "Dropbox-API", "Dropbox"),
        (EXPIRED, "content-length", "85", "86"),
        (DOWNLOADED, "accept-ranges", "bytes", "none"),
        (DOWNLOADED, "etag", "W/", ""),
        (DOWNLOADED, "etag", "1a6b", "1a6c"),
        (DOWNLOADED, "dropbox-api-result", '{"name"', '{".tag": "file", "name"'),
        (DOWNLOADED, "original-content-length", "12", "11"),
    ],
)
def test_a_changed_or_missing_header_is_a_difference(exchange, name, old, new):
    reply = _sized(exchange.reply)
    assert old in reply.headers[name]
    changed = {**reply.headers, name: reply.headers[name].replace(old, new)}
    bindings = Bindings()
    bindings.bind("rev", "1a6b24061bdd", "1a6b24061bdd")
    assert _places(exchange, reply._replace(headers=changed), bindings) == [f"headers.{name}"]
    del changed[name]
    assert _places(exchange, reply._replace(headers=changed)) == [f"headers.{name}"]


def test_another_status_is_a_difference():
    assert _places(NOT_FOUND, NOT_FOUND.reply._replace(status=404)) == ["status"]


def test_reordered_or_missing_entries_are_a_difference():
    page = json.loads(LISTED.reply.body)
    page["entries"].reverse()
    reply = LISTED.reply._replace(body=json.dumps(page).encode())
    assert "body.entries[0].name" in _places(LISTED, reply)
    del page["entries"][0]
    reply = LISTED.reply._replace(body=json.dumps(page).encode())
    assert "body.entries" in _places(LISTED, reply)


def test_a_new_id_or_a_kept_revision_of_a_move_is_a_difference():
    """The recorded move keeps the id and changes the revision (F7-01)."""
    moved = EXCHANGES["move/success_file#0"]
    bindings = Bindings()
    bindings.bind("id", "id:jVVdzRI3CnAAAAAAAAAAAQ", "id:aaaaaaaaaaaaaaaaaaaaaa")
    bindings.bind("rev", "2c724061bdd", "a9f24061bdd")
    assert _places(moved, _sized(moved.reply), bindings) == ["body.id", "body.rev"]


# Tolerances


@pytest.mark.parametrize("added", added_fields(), ids=lambda added: added.field)
def test_the_recordings_confirm_the_dates_of_each_field_added_later(added):
    without, having = set(), set()
    for exchange in EXCHANGES.values():
        for holder in _objects(exchange):
            if holder.keys() >= added.beside:
                dates = having if added.field in holder else without
                dates.add(f"{exchange.date:%Y-%m-%d}")
    assert max(without) == added.last_without
    assert min(having, default=None) == added.first_with


def _objects(exchange):
    texts = [exchange.reply.headers.get("dropbox-api-result", "null")]
    if exchange.reply.headers["content-type"] in JSON_TYPES:
        texts.append(exchange.reply.body.decode())
    pending = [json.loads(text) for text in texts]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            yield value
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def test_a_field_added_later_is_tolerated_in_older_recordings_only():
    moved = EXCHANGES["move/success_rename#0"]
    body = moved.reply.body.decode()
    for extra, places in (("content_hash", []), ("content_hashes", ["body"])):
        newer = body.replace("}", f', "{extra}": ""}}')
        assert _places(moved, _sized(moved.reply._replace(body=newer.encode()))) == places
    today = moved._replace(date=UPLOADED.date)
    newer = body.replace("}", ', "content_hash": ""}')
    assert _places(today, _sized(moved.reply._replace(body=newer.encode()))) == ["body"]


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind in OF_PLACES for name in getattr(TOLERANCES, kind)]
)
def test_each_tolerated_place_differs_without_its_tolerance(kind, name):
    if not sdk_has_fields_of(EXCHANGES[name]):
        pytest.skip("the installed SDK lacks a field of the response")
    without = TOLERANCES._replace(**{kind: {}})
    found = Replay(EXCHANGES[name].cassette, without).differences(EXCHANGES[name])
    assert {each.place for each in found} == getattr(TOLERANCES, kind)[name]


@pytest.mark.parametrize("route", _OF_THE_ACCOUNT)
def test_each_tolerance_for_settings_of_the_account_has_a_recorded_difference(route, monkeypatch):
    places = _OF_THE_ACCOUNT[route]
    monkeypatch.setitem(_OF_THE_ACCOUNT, route, ())
    names = [name for name in REPRODUCED if EXCHANGES[name].route == route]
    found = [Replay(EXCHANGES[n].cassette).differences(EXCHANGES[n]) for n in names]
    assert {each.place for all_ in found for each in all_} == {*places}
