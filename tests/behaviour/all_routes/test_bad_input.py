"""Tests of requests refused with 400: the exact texts."""

import copy
import inspect
import json

import pytest
from dropbox import files
from stone.backends.python_rsrc import stone_validators
from tests.support.doors import bad_input, newer_sdk

from fakedropbox import NotImplementedInFake, Personality
from fakedropbox._api.registry import IMPLEMENTED

RPC = "request body: "
HEADER = 'HTTP header "Dropbox-API-Arg": '
CORS = '"text/plain; charset=dropbox-cors-hack".'
WRITE_TYPES = f'"application/octet-stream", {CORS}'
DOWNLOADS = sorted(name for name, route in IMPLEMENTED.items() if route.fact.style == "download")
RPC_TYPES = f'"application/json", "application/json; charset=utf-8", {CORS}'


def text_of(reply, route):
    """Check that a reply is a 400 with the prefix of its route (F1.3-01), and return the rest."""
    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    prefix = f'Error in call to API function "{route}": '
    assert reply.text.startswith(prefix)
    return reply.text.removeprefix(prefix)


@pytest.fixture
def ask(wire):
    """A function that sends a bad argument, and returns the text of the refusal."""

    def refused(route, arg=None, **options):
        if route == "files/upload":
            return text_of(wire.upload(arg, b"x", **options), route)
        if route == "files/download":
            return text_of(wire.download(arg, **options), route)
        return text_of(wire.rpc(route, arg, **options), route)

    return refused


class TestFields:
    @pytest.mark.evidence("F1.3-01", "F1.4-02", "O5-01")
    def test_an_unknown_field_is_named(self, ask):
        assert ask("files/get_metadata", {"path": "/a", "root": 1}) == RPC + "unknown field 'root'"
        arg = {"cursor": "x", "path": ""}
        assert ask("files/list_folder/continue", arg) == RPC + "unknown field 'path'"
        assert ask("files/download", {"path": "/a", "x": 1}) == HEADER + "unknown field 'x'"

    @pytest.mark.evidence("F1.4-03")
    def test_a_missing_field_is_named(self, ask):
        assert ask("files/get_metadata", {}) == RPC + "missing required field 'path'"
        arg = {"from_path": "/a"}
        assert ask("files/move_v2", arg) == RPC + "missing required field 'to_path'"
        assert ask("files/upload", {}) == HEADER + "missing required field 'path'"

    @pytest.mark.evidence("F1.4-04", "F3.2-01")
    def test_a_path_that_does_not_match_the_pattern_is_refused(self, ask):
        text = ask("files/delete_v2", {"path": "pack.zip"})
        assert text.startswith(RPC + r"path: 'pack.zip' did not match pattern '(/(.|[\r\n])*)|")
        assert "(id:.*)" in text
        assert "\\r\\n" in text  # with backslashes, as in the specification
        text = ask("files/upload", {"path": "a\u00e9"})
        assert text.startswith(HEADER + "path: 'a\u00e9' did not match pattern '")

    @pytest.mark.evidence("F3.1-02", "F10-09")
    def test_create_folder_does_not_accept_an_id(self, ask):
        text = ask("files/create_folder_v2", {"path": "id:abc"})
        assert text.startswith(RPC + "path: 'id:abc' did not match pattern")

    @pytest.mark.evidence("F1.4-05")
    @pytest.mark.parametrize(
        ("value", "shown", "kind"),
        [
            (None, "None", "null"),
            (5, "5", "integer"),
            (True, "True", "boolean"),
            ([], "[]", "list"),
        ],
    )
    def test_a_path_that_is_not_a_string_is_refused(self, ask, value, shown, kind):
        text = ask("files/get_metadata", {"path": value})
        assert text == RPC + f"path: '{shown}' expected to be a string, got {kind}"

    @pytest.mark.evidence("F1.4-06")
    def test_a_union_without_a_tag_is_refused(self, ask):
        assert (
            ask("files/upload", {"path": "/a", "mode": {}}) == HEADER + "mode: missing '.tag' key"
        )

    @pytest.mark.evidence("F1.4-07")
    @pytest.mark.parametrize(
        ("route", "arg", "expected"),
        [
            ("files/list_folder", "x", "expected object, got string"),
            ("files/list_folder", [], "expected object, got list"),
            (
                "files/list_folder",
                {"path": "", "limit": 0},
                "limit: 0 is not within range [1, 2000]",
            ),
            (
                "files/list_folder",
                {"path": "", "limit": 2001},
                "limit: 2001 is not within range [1, 2000]",
            ),
            (
                "files/list_folder",
                {"path": "", "limit": "5"},
                "limit: expected integer, got string",
            ),
            (
                "files/list_folder",
                {"path": "", "recursive": "yes"},
                "recursive: 'yes' is not a valid boolean",
            ),
            ("files/upload", {"path": "/a", "mode": "x"}, "mode: unknown tag 'x'"),
            (
                "files/upload",
                {"path": "/a", "mode": "update"},
                "mode: expected object for 'update', got symbol",
            ),
            (
                "files/upload",
                {"path": "/a", "mode": {".tag": "add", "x": 1}},
                "mode: unexpected key 'x'",
            ),
            (
                "files/upload",
                {"path": "/a", "mode": {".tag": "update", "update": "x"}},
                "mode: 'x' must be at least 9 characters, got 1",
            ),
            (
                "files/delete_v2",
                {"path": "/a", "parent_rev": "x"},
                "parent_rev: 'x' must be at least 9 characters, got 1",
            ),
            (
                "files/delete_v2",
                {"path": "/a", "parent_rev": "x" * 9},
                "parent_rev: 'xxxxxxxxx' did not match pattern '[0-9a-f]+'",
            ),
            (
                "files/list_folder/continue",
                {"cursor": ""},
                "cursor: '' must be at least 1 characters, got 0",
            ),
        ],
    )
    def test_values_of_a_wrong_type_or_out_of_range_are_refused(self, ask, route, arg, expected):
        where = HEADER if route == "files/upload" else RPC
        assert ask(route, arg) == where + expected

    @pytest.mark.evidence("F1.4-07")
    @newer_sdk("truncated" in inspect.getsource(stone_validators), "truncation in messages")
    def test_a_long_value_is_truncated_in_the_message(self, ask):
        text = ask("files/get_metadata", {"path": "x" * 2000})
        assert "x" * 1000 in text
        assert "x" * 1001 not in text
        assert "The string has been truncated due to its length" in text

    @pytest.mark.evidence("F2.1-03", "F1.4-07")
    @pytest.mark.parametrize("moment", ["2020-01-01", "2020-01-01T00:00:00", "x", "", 5])
    def test_a_time_in_another_form_is_refused(self, ask, moment):
        text = ask("files/upload", {"path": "/a", "client_modified": moment})
        assert text.startswith(HEADER + "client_modified: ")


class TestJson:
    @pytest.mark.evidence("F1.4-01", "F1.1-09", "O5-14")
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"\xff", b"x", b"{'path': ''}", b"[" * 100_000, b"1" * 10_000, b"\x00"]
    )
    def test_a_body_that_is_not_json_is_refused(self, ask, body):
        assert ask("files/list_folder", body=body) == RPC + "could not decode input as JSON"

    @pytest.mark.evidence("F1.4-01", "O5-14")
    @pytest.mark.parametrize("text", ["", "{", "x", "{'path': '/a'}", "[" * 100_000])
    def test_an_argument_header_that_is_not_json_is_refused(self, ask, text):
        header = {"Dropbox-API-Arg": text}
        for route in ("files/upload", "files/download"):
            assert ask(route, headers=header) == HEADER + "could not decode input as JSON"

    @pytest.mark.evidence("F1.4-15")
    def test_a_missing_argument_header_is_refused(self, ask):
        for route in ("files/upload", "files/download"):
            assert ask(route, headers={"Dropbox-API-Arg": None}) == (
                'Must provide HTTP header "Dropbox-API-Arg" or URL parameter "arg".'
            )

    def test_lone_surrogates_are_refused_with_400_or_malformed_path(self, wire, ask):
        for body in (b'{"path": "\\ud800"}', b'{"path": "", "\\udfff": 1}'):
            assert ask("files/list_folder", body=body)
        assert ask("files/list_folder/continue", body=b'{"cursor": "\\ud800"}')
        reply = wire.rpc("files/create_folder_v2", body=b'{"path": "/\\ud800"}')
        assert (reply.status_code, reply.json()["error"]["path"]) == (
            409,
            {".tag": "malformed_path"},
        )

    def test_the_last_value_of_a_repeated_key_is_used(self, wire):
        reply = wire.rpc("files/list_folder", body=b'{"path": "/x", "path": ""}')
        assert reply.status_code == 200


class TestRoots:
    @pytest.mark.evidence("F1.4-08")
    def test_the_root_of_a_listing_is_the_empty_string(self, ask):
        expected = 'path: Specify the root folder as an empty string rather than as "/".'
        for route in ("files/list_folder", "files/list_folder/get_latest_cursor"):
            assert ask(route, {"path": "/"}) == RPC + expected

    @pytest.mark.evidence("F1.4-09", "F3.2-02", "F10-12")
    @pytest.mark.parametrize("root", ["", "/"])
    def test_get_metadata_downloads_and_writes_do_not_support_the_root(self, ask, root):
        message = "The root folder is unsupported."
        for route in ("files/get_metadata", "files/create_folder_v2", "files/delete_v2"):
            assert ask(route, {"path": root}) == RPC + f"path: {message}"
        for route in ("files/upload", "files/download"):
            assert ask(route, {"path": root}) == HEADER + f"path: {message}"
        arg = {"from_path": root, "to_path": "/a"}
        assert ask("files/move_v2", arg) == RPC + f"from_path: {message}"

    @pytest.mark.evidence("F1.4-09")
    @pytest.mark.parametrize("root", ["", "/"])
    def test_a_move_does_not_support_the_root_as_its_target(self, ask, service, root):
        service.seed_files({"/a": b"x"})
        arg = {"from_path": "/a", "to_path": root}
        assert ask("files/move_v2", arg) == RPC + "to_path: The root folder is unsupported."

    @pytest.mark.evidence("F1.4-09")
    def test_an_upload_to_the_root_is_refused_before_its_content_hash_is_checked(self, ask):
        arg = {"path": "/", "content_hash": "0" * 64}
        assert ask("files/upload", arg) == HEADER + "path: The root folder is unsupported."


class TestContentTypes:
    @pytest.mark.evidence("F1.4-13", "O5-14", "F10-13")
    @pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "x"])
    def test_an_upload_with_another_content_type_is_refused(self, ask, kind):
        assert ask("files/upload", {"path": "/a"}, headers={"Content-Type": kind}) == (
            f'Bad HTTP "Content-Type" header: "{kind}".  Expecting one of {WRITE_TYPES}'
        )

    @pytest.mark.evidence("F1.4-13")
    def test_an_rpc_request_with_another_content_type_is_refused(self, ask):
        header = {"Content-Type": "application/octet-stream"}
        assert ask("files/list_folder", {"path": ""}, headers=header) == (
            'Bad HTTP "Content-Type" header: "application/octet-stream".  '
            f"Expecting one of {RPC_TYPES}"
        )

    @pytest.mark.evidence("F1.4-14", "F10-13")
    @pytest.mark.parametrize("kind", [None, ""])
    def test_a_missing_content_type_is_refused(self, ask, kind):
        for route, arg in (("files/upload", {"path": "/a"}), ("files/list_folder", {"path": ""})):
            text = ask(route, arg, headers={"Content-Type": kind})
            assert text.startswith('Missing or empty HTTP "Content-Type"')

    @pytest.mark.evidence("F1.4-16")
    @pytest.mark.parametrize("route", DOWNLOADS)
    def test_a_download_must_not_have_a_body(self, wire, route):
        """The body is refused before the argument is read."""
        url = f"https://content.dropboxapi.com/2/{route}"
        for arg in ('{"path": "/2020-06-29.paper"}', "{", None):
            reply = wire.send(url, b'{"path":"/2020-06-29.paper"}', {"Dropbox-API-Arg": arg})
            assert text_of(reply, route) == (
                "The request body is supposed to be empty, but it isn't; "
                r'got "{\"path\":\"/2020-06-29.paper\"}"'
            )

    @pytest.mark.evidence("F1.4-16")
    @pytest.mark.parametrize("method", ["POST", "GET"])
    @pytest.mark.parametrize(
        ("body", "shown"),
        [
            (b"null", "null"),
            ("\u00e9\n".encode(), r"\u00e9\n"),
            (b"\xff", r"\ufffd"),
            ("\u00e9".encode() * 1000, r"\u00e9" * 1000),
            (b"x" * 1001, "x" * 1000 + " [The string has been truncated due to its length]"),
            (
                bytes(20_000_000),
                r"\u0000" * 1000 + " [The string has been truncated due to its length]",
            ),
        ],
        ids=["JSON", "UTF-8", "other bytes", "just short enough", "long", "very long"],
    )
    def test_a_refusal_quotes_the_body_of_a_download_with_json_escapes(
        self, wire, method, body, shown
    ):
        reply = wire.download({"path": "/a"}, body=body, method=method)
        assert text_of(reply, "files/download").endswith(f'; got "{shown}"')


class TestUtf8InTheArgumentHeader:
    """`Dropbox-API-Arg` with UTF-8 that is not escaped."""

    SENT = '{"path": "/\u00e9\u6f22\U0001f389"}'.encode()
    LATIN_1 = '{"path": "/\u00e9"}'  # `http.client` sends a text as Latin-1, which is not UTF-8

    @pytest.mark.evidence("F1.1-07")
    @pytest.mark.parametrize("sent", [SENT, LATIN_1, b'{"path": "/\xff"}', b"\x80"])
    def test_bytes_above_ascii_are_refused_with_a_400_without_a_body(self, wire, sent):
        for send in (wire.upload, wire.download):
            reply = send(None, headers={"Dropbox-API-Arg": sent})
            assert (reply.status_code, reply.content) == (400, b"")
        assert wire.service.files == {}
        assert wire.service.calls[-1].fact == "F1.1-07"

    @pytest.mark.evidence("F1.1-07")
    @pytest.mark.dropbox(personality=Personality(utf8_headers=True))
    def test_utf8_is_read_if_the_personality_accepts_it(self, wire):
        header = {"Dropbox-API-Arg": self.SENT}
        assert wire.upload(None, b"x", headers=header).status_code == 200
        assert wire.service.files == {"/\u00e9\u6f22\U0001f389": b"x"}
        assert wire.download(None, headers=header).content == b"x"

    @pytest.mark.evidence("F1.1-07")
    @pytest.mark.dropbox(personality=Personality(utf8_headers=True))
    @pytest.mark.parametrize("sent", [LATIN_1, b'{"path": "/\xff"}', b'{"path": "/\xc3"}', b"\x80"])
    def test_invalid_utf8_is_refused_even_if_the_personality_accepts_utf8(self, ask, sent):
        for route in ("files/upload", "files/download"):
            text = ask(route, headers={"Dropbox-API-Arg": sent})
            assert text == HEADER + "could not decode input as JSON"

    def test_no_preset_accepts_utf8(self):
        presets = (Personality.recorded, Personality.documented, Personality.hostile)
        assert not any(preset.utf8_headers for preset in presets)

    @pytest.mark.dropbox(personality=Personality(utf8_headers=True))
    def test_a_header_that_is_not_latin_1_cannot_be_sent(self, wire):
        with pytest.raises(UnicodeEncodeError):
            wire.upload(None, b"x", headers={"Dropbox-API-Arg": '{"path": "/\u6f22"}'})
        assert list(wire.service.calls) == []


class TestAuthorization:
    def _ask(self, wire, value):
        wire.authorization = {} if value is None else {"Authorization": value}
        return text_of(wire.rpc("files/get_metadata", {"path": "/a"}), "files/get_metadata")

    @pytest.mark.evidence("F1.4-11", "O5-10")
    def test_a_bearer_header_without_a_token_is_refused(self, wire):
        assert self._ask(wire, "Bearer") == (
            'Invalid authorization value in HTTP header "Authorization": "Bearer".  '
            'Expecting "Bearer <oauth2-access-token>".'
        )

    @pytest.mark.evidence("F1.4-11")
    @pytest.mark.parametrize("value", ["Token abc", "abc", "Digest x"])
    def test_another_authorization_scheme_is_refused(self, wire, value):
        text = self._ask(wire, value)
        assert text.startswith('Invalid authorization value in HTTP header "Authorization": "')
        assert text.endswith('Expecting "Bearer <oauth2-access-token>".')

    @pytest.mark.evidence("O5-09")
    def test_a_missing_authorization_is_refused(self, wire):
        message = 'Must provide HTTP header "Authorization" or URL parameter "authorization".'
        assert self._ask(wire, None) == message
        assert self._ask(wire, "") == message

    @pytest.mark.evidence("F1.4-10")
    @pytest.mark.dropbox(personality=Personality(malformed_token="bad_request"))
    def test_a_malformed_token_is_refused_with_400_if_the_personality_says_so(self, wire):
        assert self._ask(wire, "Bearer x") == "The given OAuth 2 access token is malformed."


class TestRoutes:
    @pytest.mark.evidence("F1.4-12", "O5-15")
    @pytest.mark.parametrize("method", ["POST", "GET"])
    @pytest.mark.parametrize(
        ("path", "shown"),
        [
            ("bogus/url", "bogus/url"),
            ("files/get_metadata_v9", "files/get_metadata_v9"),
            ("files/get_metadata/", "files/get_metadata/"),
            ("FILES/get_metadata", "FILES/get_metadata"),
            ("files", "files"),
            ("", ""),
            ("files//x?y=z", "files//x"),
            ("a%22b%5C%20%C3%A9", r"a\"b\\ \u00e9"),
        ],
    )
    def test_the_error_of_an_unknown_route_is_unknown_api_function(self, wire, path, shown, method):
        wire.authorization = {}
        reply = wire.send(f"https://api.dropboxapi.com/2/{path}", b"{}", method=method)
        assert (reply.status_code, reply.text) == (400, f'Unknown API function: "{shown}".')
        assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert wire.service.calls[-1].fact == "F1.4-12"

    @pytest.mark.evidence("F1.1-02")
    @pytest.mark.parametrize("host", ["content", "notify"])
    def test_a_route_on_the_wrong_host_is_unknown(self, wire, host):
        reply = wire.send(f"https://{host}.dropboxapi.com/2/files/list_folder", b"{}")
        assert (reply.status_code, reply.text) == (
            400,
            'Unknown API function: "files/list_folder".',
        )

    @pytest.mark.every_door
    @pytest.mark.evidence("F1.4-12")
    def test_an_unknown_route_of_the_sdk_is_refused(self, dbx):
        """Check a route that an SDK newer than the double may have."""
        route = copy.copy(files.list_folder)
        route.name = "list_folder/new"
        arg = files.ListFolderArg("")
        text = bad_input(dbx.request, route, "files", arg, None)
        assert text == 'Unknown API function: "files/list_folder/new".'

    @pytest.mark.evidence("F1.4-22")
    @pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
    @pytest.mark.parametrize(
        "address",
        [
            "api.dropboxapi.com/1/account/info",
            "api.dropbox.com/1/oauth/request_token",
            "api-content.dropbox.com/1/files_put/auto/a.txt?overwrite=true",
            "content.dropboxapi.com/1/files/auto/a.txt",
            "notify.dropboxapi.com/1/longpoll_delta",
        ],
    )
    def test_version_1_of_the_api_is_retired(self, wire, address, method):
        reply = wire.send(f"https://{address}", b"", method=method)
        assert (reply.status_code, reply.text) == (400, '{"error": "v1_retired"}')
        assert reply.headers["Content-Type"] == "application/json"
        (call,) = wire.service.calls
        path = address.partition("/")[2].partition("?")[0]
        assert (call.route, call.outcome, call.fact) == (path, "v1_retired", "F1.4-22")

    @pytest.mark.dropbox(allow_not_implemented=True)
    @pytest.mark.evidence("F1.4-22")
    def test_the_token_endpoint_of_version_1_is_not_retired(self, wire):
        form = {"grant_type": "nonsense"}
        reply = wire.send("https://api.dropboxapi.com/1/oauth2/token", form)
        assert reply.json() == {"error": "unsupported_grant_type"}
        for url in (
            "https://api.dropboxapi.com/1/oauth2/other",
            "https://www.dropbox.com/1/account/info",
        ):
            with pytest.raises(NotImplementedInFake, match=r"dropbox(api)?\.com/1/"):
                wire.send(url, b"")

    @pytest.mark.evidence("F1.4-23")
    def test_the_old_names_of_hosts_lead_to_the_same_routes(self, wire):
        wire.service.seed_files({"/a": b"x"})
        url = "https://api.dropbox.com/2/files/get_metadata"
        meta = wire.send(url, b'{"path": "/a"}', {"Content-Type": "application/json"})
        assert meta.json()["name"] == "a"
        url = "https://api-content.dropbox.com/2/files/download"
        assert wire.send(url, b"", {"Dropbox-API-Arg": '{"path": "/a"}'}).content == b"x"
        for host in ("api-content", "www"):
            reply = wire.send(f"https://{host}.dropbox.com/2/files/get_metadata", b"{}")
            assert reply.text == 'Unknown API function: "files/get_metadata".'

    @pytest.mark.dropbox(allow_not_implemented=True)
    def test_a_route_that_is_not_implemented_raises_not_implemented_in_fake(self, wire):
        with pytest.raises(NotImplementedInFake, match="paper/docs/create"):
            wire.rpc("paper/docs/create", {})

    @pytest.mark.evidence("F1.1-06")
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_methods_that_a_route_does_not_accept_are_refused(self, wire, method):
        url = "https://api.dropboxapi.com/2/files/list_folder"
        assert wire.send(url, method=method).status_code == 400
        if method != "GET":
            assert wire.download({"path": "/a"}, method=method).status_code == 400

    def test_refused_requests_are_recorded(self, wire, service):
        wire.rpc("files/list_folder", body=b"{")
        wire.rpc("files/nonsense", {})
        wire.send("https://api.dropboxapi.com/2/files/list_folder", method="GET")
        assert [(call.route, call.outcome) for call in service.calls] == [
            ("files/list_folder", "400"),
            ("files/nonsense", "400"),
            ("files/list_folder", "400"),
        ]


@pytest.mark.evidence("O8-02")
def test_a_request_is_checked_in_a_fixed_order(wire, service):
    """Check the order: name of the route, token, scope, content type, argument, path root, path."""
    login = service.logins.create(scopes=["files.metadata.read"])
    root = {"Dropbox-API-Path-Root": json.dumps({".tag": "namespace_id", "namespace_id": "1"})}
    broken = {"Content-Type": "x", "Dropbox-API-Arg": "{", **root}
    wire.authorization = {}
    assert "Unknown API function" in wire.rpc("files/x", {}).text
    assert "Must provide HTTP header" in wire.upload(None, headers=broken).text
    wire.authorization = {"Authorization": f"Bearer {login.access_token}"}
    assert wire.upload(None, headers=broken).status_code == 401  # a missing scope
    wire.authorization = {"Authorization": f"Bearer {service.login.access_token}"}
    assert "Content-Type" in wire.upload(None, headers=broken).text
    del broken["Content-Type"]
    assert "could not decode input as JSON" in wire.upload(None, headers=broken).text
    assert wire.upload({"path": "/a//b"}, headers=root).status_code == 422
    assert wire.upload({"path": "/a//b"}).status_code == 409
