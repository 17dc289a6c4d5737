"""The comparison finds what is wrong, and no tolerance is there that nobody needs."""

import json

import pytest
from tests.support.comparison import Bindings, differences
from tests.support.recordings import EXCEPTED, EXCHANGES, REPRODUCED, TOLERANCES
from tests.support.replay import Replay

NOT_FOUND = EXCHANGES["list_folder/not_found#0"]
EXPIRED = EXCHANGES["client/raise_on_401#0"]
LISTED = EXCHANGES["client_with_namespace_id#0"]
MIXED = EXCHANGES["client/refresh_token_if_expired#1"]
UPLOADED = EXCHANGES["list_folder_longpoll/success#1"]
DOWNLOADED = EXCHANGES["download/success#0"]
TOKEN = EXCHANGES["client/refresh_token_on_401#1"]


def _places(exchange, reply, bindings=None):
    return [found.place for found in differences(exchange, reply, bindings or Bindings())]


def _sized(reply):
    """The recorded lengths went with names that are no longer in the recordings."""
    lengths = ("content-length", "original-content-length")
    sizes = {name: str(len(reply.body)) for name in lengths if name in reply.headers}
    return reply._replace(headers={**reply.headers, **sizes})


@pytest.mark.parametrize("name", [*REPRODUCED, *EXCEPTED])
def test_a_recorded_answer_is_like_itself(name):
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
        (DOWNLOADED, "Hola", "hola", ["body"]),
    ],
)  # fmt: skip
def test_a_body_that_is_not_as_recorded(exchange, old, new, places):
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
        (DOWNLOADED, "etag", "1ab6", "1ab7"),
        (DOWNLOADED, "dropbox-api-result", '{"name"', '{".tag": "file", "name"'),
        (DOWNLOADED, "original-content-length", "10", "11"),
    ],
)
def test_a_header_that_is_not_as_recorded(exchange, name, old, new):
    reply = _sized(exchange.reply)
    assert old in reply.headers[name]
    changed = {**reply.headers, name: reply.headers[name].replace(old, new)}
    bindings = Bindings()
    bindings.bind("rev", "1ab624061bdd", "1ab624061bdd")
    assert _places(exchange, reply._replace(headers=changed), bindings) == [f"headers.{name}"]
    del changed[name]
    assert _places(exchange, reply._replace(headers=changed)) == [f"headers.{name}"]


def test_another_status():
    assert _places(NOT_FOUND, NOT_FOUND.reply._replace(status=404)) == ["status"]


def test_entries_in_another_order():
    page = json.loads(LISTED.reply.body)
    page["entries"].reverse()
    reply = LISTED.reply._replace(body=json.dumps(page).encode())
    assert "body.entries[0].name" in _places(LISTED, reply)
    del page["entries"][0]
    reply = LISTED.reply._replace(body=json.dumps(page).encode())
    assert "body.entries" in _places(LISTED, reply)


def test_what_is_new_where_the_recording_has_it_kept():
    """A move that gives a new id, and one that keeps the revision (F7-01)."""
    moved = EXCHANGES["move/success_file#0"]
    bindings = Bindings()
    bindings.bind("id", "id:jVVdzRI3CnAAAAAAAAAAAQ", "id:aaaaaaaaaaaaaaaaaaaaaa")
    bindings.bind("rev", "2c724061bdd", "a9f24061bdd")
    assert _places(moved, _sized(moved.reply), bindings) == ["body.id", "body.rev"]


# Tolerances


@pytest.mark.parametrize("added", TOLERANCES["added_later"], ids=lambda added: added["field"])
def test_a_field_was_added_when_the_table_says(added):
    without, having = set(), set()
    for exchange in EXCHANGES.values():
        for holder in _objects(exchange):
            if added["beside"] in holder:
                dates = having if added["field"] in holder else without
                dates.add(f"{exchange.date:%Y-%m-%d}")
    assert max(without) == added["last_without"]
    assert min(having, default=None) == added["first_with"]


def _objects(exchange):
    texts = [exchange.reply.headers.get("dropbox-api-result", "null")]
    if "octet-stream" not in exchange.reply.headers["content-type"]:
        texts.append(exchange.reply.body.decode())
    waiting = [json.loads(text) for text in texts]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def test_what_was_not_there_yet_is_tolerated_in_older_recordings_only():
    moved = EXCHANGES["move/success_rename#0"]
    body = moved.reply.body.decode()
    for extra, places in (("content_hash", []), ("content_hashes", ["body"])):
        newer = body.replace("}", f', "{extra}": ""}}')
        assert _places(moved, _sized(moved.reply._replace(body=newer.encode()))) == places
    today = moved._replace(date=UPLOADED.date)
    newer = body.replace("}", ', "content_hash": ""}')
    assert _places(today, _sized(moved.reply._replace(body=newer.encode()))) == ["body"]


@pytest.mark.parametrize("name", sorted({each["exchange"] for each in TOLERANCES["only_alike"]}))
def test_a_place_that_need_only_be_alike_is_not_the_same(name, monkeypatch):
    places = [
        place
        for each in TOLERANCES["only_alike"]
        if each["exchange"] == name
        for place in each["places"]
    ]
    monkeypatch.setitem(TOLERANCES, "only_alike", [])
    found = Replay(EXCHANGES[name].cassette).differences(EXCHANGES[name])
    assert sorted(each.place for each in found) == sorted(places)
