"""Tests of the scrubber: what is kept, and forms of texts that quote values."""

import json

import pytest
from dropbox import team_log
from stone.backends.python_rsrc import stone_validators as bv

from fakedropbox._facts import messages
from fakedropbox.recording import _sdk_types as sdk
from fakedropbox.recording._scrub import Scrubber, types_at
from fakedropbox.recording._stand_ins import StandIns
from fakedropbox.recording._texts import ErrorTexts
from fakedropbox.recording._values import Values

KEY = b"key"


def stand_in(value):
    return StandIns(KEY).text(value)


@pytest.fixture
def scrubber():
    return Scrubber(KEY)


@pytest.fixture
def values():
    stand_ins = StandIns(KEY)
    return Values(stand_ins, ErrorTexts(stand_ins))


CALL = 'Error in call to API function "files/list_folder": '
PATTERN = "(/(.|[\\r\\n])*)?|id:.*|(ns:[0-9]+(/(.|[\\r\\n])*)?)"


@pytest.mark.parametrize(
    "text",
    [
        f"{CALL}request body: could not decode input as JSON",
        f"{CALL}request body: unknown field 'root'",
        f"{CALL}request body: cursor: missing required field 'session_id'",
        f"{CALL}request body: entries.commit.mode: missing '.tag' key",
        f"{CALL}request body: recursive: expected integer, got string",
        f"{CALL}request body: mode: expected object for 'update', got symbol",
        f"{CALL}HTTP header \"Dropbox-API-Arg\": unknown tag 'update'",
        f"{CALL}Dropbox-API-Path-Root: unexpected key 'root'",
        f"{CALL}request body: path: {messages.LIST_ROOT}",
        f"{CALL}{messages.APP_NOT_ALLOWED}",
        messages.MALFORMED_TOKEN,
        messages.CODE_UNKNOWN,
        messages.NO_AUTHORIZATION,
        "",
    ],
)
def test_known_texts_of_errors_are_kept(text):
    assert ErrorTexts(StandIns(KEY)).scrubbed(text) == text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (f"{CALL}request body: path: '{{}}' did not match pattern '{PATTERN}'", "pack.zip"),
        (f"{CALL}request body: paths: '{{}}' has more than 1000 items", "[1]"),
        (f"{CALL}{messages.BAD_CURSOR.replace('{cursor}', '{}')}", "AAFsecret"),
        (messages.BAD_AUTHORIZATION.replace("{value}", "{}"), "Bearer x"),
        (messages.APP_LACKS_SCOPE.format(app_id="{}", scope="files.content.read"), "123"),
        (
            messages.BAD_CONTENT_TYPE.format(value="{}", expected=messages.UPLOAD_CONTENT_TYPES),
            "x/y",
        ),
    ],
)
def test_a_value_quoted_in_the_text_of_an_error_is_replaced_by_its_stand_in(text, quoted):
    scrubbed = ErrorTexts(StandIns(KEY)).scrubbed(text.replace("{}", quoted))
    assert scrubbed == text.replace("{}", stand_in(quoted))


def test_the_number_in_the_text_of_an_error_is_replaced():
    number, texts = StandIns(KEY).number(8), ErrorTexts(StandIns(KEY))
    scrubbed = texts.scrubbed(f"{CALL}request body: limit: 8 is not within range [1, 2000]")
    assert scrubbed == f"{CALL}request body: limit: {number} is not within range [1, 2000]"
    scrubbed = texts.scrubbed(f"{CALL}rev: '12345678' must be at least 9 characters, got 8")
    value = stand_in("12345678")
    assert scrubbed == f"{CALL}rev: '{value}' must be at least 9 characters, got {number}"


@pytest.mark.parametrize("text", ["odd", "unknown field 'x' and more", f"{CALL}odd"])
def test_an_unknown_text_is_replaced(text):
    scrubbed = ErrorTexts(StandIns(KEY)).scrubbed(text)
    begin = CALL if text.startswith(CALL) else ""
    assert scrubbed == begin + StandIns(KEY).name("text", text.removeprefix(CALL))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("", ""),
        ("/a/\u00e9.txt", "/a/\u00e9.txt"),
        ("id:abc/x.txt", f"{stand_in('id:abc')}/x.txt"),
        ("id:abc", stand_in("id:abc")),
        ("rev:0123456789", f"rev:{StandIns(KEY).rev('0123456789')}"),
        ("ns:123/x", f"ns:{stand_in('123')}/x"),
        ("ns:123", f"ns:{stand_in('123')}"),
        ("nspath:123:/x", f"nspath:{stand_in('123')}:/x"),
        ("x/y", stand_in("x/y")),
        ("rev:secret", stand_in("rev:secret")),
    ],
)
def test_paths_are_kept_except_for_ids_in_them(path, shown, values):
    assert values.path(path) == shown


@pytest.mark.parametrize(
    "value",
    [
        {".tag": "add"},
        "add",
        {".tag": "update", "update": "0123456789"},
        {"update": "0123456789"},
    ],
)
def test_tags_are_kept_in_all_forms_of_a_union(value, values):
    types = sdk.route_types("files/upload")
    shown = json.loads(values.json(json.dumps({"mode": value}), types.argument))["mode"]
    rev = {"update": StandIns(KEY).rev("0123456789")}
    assert shown == (value | rev if isinstance(value, dict) and "update" in value else value)


def test_a_name_is_kept_if_it_is_a_part_of_a_path_that_is_kept(values):
    result = sdk.route_types("files/get_metadata").result
    value = {".tag": "folder", "name": "A", "path_lower": "/x/a", "id": "id:" + "a" * 22}
    assert json.loads(values.json(json.dumps(value), result))["name"] == "A"
    value = {".tag": "folder", "name": "B"}
    assert json.loads(values.json(json.dumps(value), result))["name"] == stand_in("B")


def test_the_formatting_of_json_is_kept(values):
    result = sdk.route_types("files/get_metadata").result
    text = '{".tag":"file","path_lower":"/\u00e9"}\n'
    assert values.json(text, result) == text
    text = '{".tag": "file", "path_lower": "/\\u00e9"}'
    assert values.json(text, result) == text


@pytest.mark.parametrize("text", ["{", "", "[" * 100_000, "9" * 5000])
def test_invalid_json_is_not_read(text, values):
    assert values.json(text, None) is None


def test_numbers_are_kept_only_if_valid_for_their_field(values):
    argument = sdk.route_types("files/list_folder").argument
    value = {"limit": 5, "recursive": True, "path": None, "x": 5, "y": 5.5}
    shown = json.loads(values.json(json.dumps(value), argument))
    number = StandIns(KEY).number(5)
    assert list(shown.values()) == [5, True, None, number, 0.0]
    shown = json.loads(values.json('{"limit": 5000, "recursive": 7}', argument))
    assert shown == {"limit": StandIns(KEY).number(5000), "recursive": StandIns(KEY).number(7)}


def test_ids_are_replaced_even_if_their_type_is_a_number_or_may_begin_with_a_slash(values):
    details = bv.Struct(team_log.DashExternalUserOpenedStackDetails)
    shown = json.loads(values.json('{"stack_owner_team_id": 5}', details))
    assert shown == {"stack_owner_team_id": StandIns(KEY).number(5)}
    template = sdk.route_types("file_properties/templates/get_for_user").argument
    assert "secret" not in values.json('{"template_id": "/secret"}', template)


def test_durations_and_public_words_are_kept(values):
    link = sdk.route_types("files/get_temporary_upload_link").argument
    assert values.json('{"duration": 61.5}', link) == '{"duration": 61.5}'
    export = sdk.route_types("files/export").argument
    assert values.json('{"export_format": "html"}', export) == '{"export_format": "html"}'


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("etag", 'W/"0123456789"', f'W/"{StandIns(KEY).rev("0123456789")}"'),
        ("content-range", "bytes 0-3/10", "bytes 0-3/10"),
        ("content-type", "text/plain; charset=UTF-8", "text/plain; charset=UTF-8"),
        ("content-type", "", ""),
        ("content-type", "application/json", "application/json"),
        ("www-authenticate", 'Bearer realm="Dropbox-API"', 'Bearer realm="Dropbox-API"'),
        ("retry-after", "300", "300"),
    ],
)
def test_headers_without_private_values_are_kept(name, value, shown, scrubber):
    assert scrubber.header(name, value, None) == shown


def test_reason_phrases_without_private_values_are_kept(scrubber):
    assert scrubber.reason(409, "path/not_found/..") == "path/not_found/.."
    assert scrubber.reason(200, "OK") == "OK"
    assert scrubber.reason(200, "secret") == ""


def test_errors_of_the_token_endpoint_are_kept(scrubber):
    error = {"error": "invalid_grant", "error_description": messages.CODE_UNKNOWN}
    text = json.dumps(error)
    assert scrubber.got(types_at("/oauth2/token"), 400, text.encode()) == text


def test_the_answer_about_the_retired_version_1_of_the_api_is_kept(scrubber):
    answer = '{"error": "v1_retired"}'
    assert scrubber.got(types_at("/1/account/info"), 400, answer.encode()) == answer


def test_routes_that_the_installed_sdk_lacks_have_no_types(monkeypatch):
    monkeypatch.setattr(sdk, "_sdk_routes", dict)
    assert sdk.route_types("files/upload") == sdk.RouteTypes("upload")
    assert sdk.route_types("files/nonsense") is None


@pytest.mark.parametrize("sign", [1, -1])
def test_whole_numbers_that_no_float_can_hold_are_replaced(scrubber, sign):
    value = sign * 10**400
    photo = {".tag": "photo", "location": {"latitude": value, "longitude": 1.5}}
    file = {".tag": "file", "media_info": {".tag": "metadata", "metadata": photo}}
    got = scrubber.got(types_at("/2/files/get_metadata"), 200, json.dumps(file).encode())
    location = json.loads(got)["media_info"]["metadata"]["location"]
    assert location["latitude"] == StandIns(KEY).number(value)
