"""Tests of raw HTTP: statuses, headers, and exact bodies."""

import json
import re

import pytest

SUMMARY = re.compile(r'\{"error_summary": "([a-z_/]+)/(\.{0,3})", "error": (\{.*\})\}')


@pytest.fixture
def seeded(service):
    service.seed_files({"/Folder/File.txt": b"0123456789"})
    return service.client()


def file_json(meta):
    """Return the JSON members of a file in the classic style, without `.tag` (F2.2-01)."""
    return (
        f'"name": "{meta.name}", "path_lower": "{meta.path_lower}", '
        f'"path_display": "{meta.path_display}", "id": "{meta.id}", '
        f'"client_modified": "{meta.client_modified:%Y-%m-%dT%H:%M:%SZ}", '
        f'"server_modified": "{meta.server_modified:%Y-%m-%dT%H:%M:%SZ}", "rev": "{meta.rev}", '
        f'"size": {meta.size}, "is_downloadable": true, "content_hash": "{meta.content_hash}"'
    )


def folder_json(meta):
    return (
        f'"name": "{meta.name}", "path_lower": "{meta.path_lower}", '
        f'"path_display": "{meta.path_display}", "id": "{meta.id}"'
    )


class TestBodies:
    @pytest.mark.evidence("O0-01", "F2.2-01", "F1.6-04", "F2.2-04", "O0-06", "O0-09")
    def test_upload_returns_the_exact_body_of_dropbox(self, wire, service):
        body = wire.upload({"path": "/A/b"}, b"x").text
        meta = service.client().files_get_metadata("/a/b")
        assert body == "{" + file_json(meta) + "}"

    @pytest.mark.evidence("O0-01", "F2.2-02", "F1.6-04", "F8-01")
    def test_create_folder_returns_the_exact_body_of_dropbox(self, wire, service):
        body = wire.rpc("files/create_folder_v2", {"path": "/A"}).text
        meta = service.client().files_get_metadata("/a")
        assert body == '{"metadata": {' + folder_json(meta) + "}}"

    @pytest.mark.evidence("O0-01", "F2.2-01", "F2.2-02", "F1.6-04")
    def test_get_metadata_returns_the_exact_body_of_dropbox(self, wire, seeded):
        file, folder = map(seeded.files_get_metadata, ("/folder/file.txt", "/folder"))
        body = wire.rpc("files/get_metadata", {"path": file.id}).text
        assert body == '{".tag": "file", ' + file_json(file) + "}"
        body = wire.rpc("files/get_metadata", {"path": "/folder"}).text
        assert body == '{".tag": "folder", ' + folder_json(folder) + "}"

    @pytest.mark.evidence("F2.2-03", "O0-06")
    def test_get_metadata_of_a_tombstone_returns_the_exact_body_of_dropbox(self, wire, seeded):
        seeded.files_delete_v2("/folder/file.txt")
        arg = {"path": "/folder/FILE.txt", "include_deleted": True}
        assert wire.rpc("files/get_metadata", arg).text == (
            '{".tag": "deleted", "name": "File.txt", "path_lower": "/folder/file.txt", '
            '"path_display": "/Folder/File.txt"}'
        )

    @pytest.mark.evidence("F8-03", "F1.6-04", "F1.1-04", "F1.1-01")
    @pytest.mark.parametrize("route", ["delete_v2", "move_v2"])
    def test_delete_and_move_return_the_exact_bodies_of_dropbox(self, wire, seeded, route):
        for path, write, kind in (
            ("/Folder/File.txt", file_json, "file"),
            ("/Folder", folder_json, "folder"),
        ):
            meta = seeded.files_get_metadata(path)
            arg = {"path": path} if route == "delete_v2" else {"from_path": path, "to_path": "/x"}
            body = wire.rpc(f"files/{route}", arg).text
            if route == "move_v2":
                meta = seeded.files_get_metadata("/x")
                seeded.files_delete_v2("/x")
            assert body == f'{{"metadata": {{".tag": "{kind}", ' + write(meta) + "}}"

    @pytest.mark.evidence("O0-01", "F1.6-04")
    def test_list_folder_returns_the_exact_body_of_dropbox(self, wire, seeded):
        file, folder = map(seeded.files_get_metadata, ("/folder/file.txt", "/folder"))
        reply = wire.rpc("files/list_folder", {"path": "", "recursive": True})
        cursor = reply.json()["cursor"]
        assert reply.text == (
            '{"entries": [{".tag": "folder", ' + folder_json(folder) + '}, {".tag": "file", '
            "" + file_json(file) + f'}}], "cursor": "{cursor}", "has_more": false}}'
        )
        again = wire.rpc("files/list_folder/continue", {"cursor": cursor})
        assert again.text == (
            f'{{"entries": [], "cursor": "{again.json()["cursor"]}", "has_more": false}}'
        )

    @pytest.mark.evidence("F6.2-12")
    def test_get_latest_cursor_returns_the_exact_body_of_dropbox(self, wire):
        reply = wire.rpc("files/list_folder/get_latest_cursor", {"path": ""})
        assert reply.text == f'{{"cursor": "{reply.json()["cursor"]}"}}'

    @pytest.mark.evidence("O0-01", "F5-01")
    def test_bodies_and_headers_are_ascii(self, wire):
        name = "\u00e9\u0130\U0001f389\"'"
        replies = [wire.upload({"path": f"/{name}/{name}"}, b"x")]
        replies.append(wire.rpc("files/list_folder", {"path": "", "recursive": True}))
        arg = {"path": f"/{name}/{name}"}
        replies.append(wire.rpc("files/get_metadata", arg))
        for reply in replies:
            assert reply.content.isascii()
            assert "\\u00e9\\u0130\\ud83c\\udf89\\\"'" in reply.text
        result = wire.download(arg).headers["Dropbox-API-Result"]
        assert result.isascii()
        assert json.loads(result)["name"] == name

    @pytest.mark.evidence("O0-01", "O3-01", "O3-02", "O3-03", "O0-11", "O0-02")
    def test_get_current_account_returns_the_exact_body_of_dropbox(self, wire, service):
        account = service.accounts.create("jesus@example.com", "Jes\u00fas Burgos")
        login = service.logins.create(account)
        wire.authorization = {"Authorization": f"Bearer {login.access_token}"}
        body = wire.rpc("users/get_current_account").text
        referral = json.loads(body)["referral_link"]
        namespace = account.namespace_id
        assert re.fullmatch(r"dbid:[A-Za-z0-9_-]{35}", account.account_id)
        assert body == (
            f'{{"account_id": "{account.account_id}", "name": {{"given_name": "Jes\\u00fas", '
            '"surname": "Burgos", "familiar_name": "Jes\\u00fas", "display_name": '
            '"Jes\\u00fas Burgos", "abbreviated_name": "JB"}, "email": "jesus@example.com", '
            '"email_verified": true, "disabled": false, "country": "US", "locale": "en", '
            f'"referral_link": "{referral}", "is_paired": false, '
            '"account_type": {".tag": "basic"}, "root_info": {".tag": "user", '
            f'"root_namespace_id": "{namespace}", "home_namespace_id": "{namespace}"}}}}'
        )
        assert referral.startswith("https://www.dropbox.com/referrals/")


class TestHeaders:
    def _assert_common(self, reply):
        assert re.fullmatch("[0-9a-f]{32}", reply.headers["x-dropbox-request-id"])
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["Content-Length"] == str(len(reply.content))
        assert reply.headers["server"] == "envoy"

    @pytest.mark.evidence("F1.2-01", "F1.2-03", "O0-03", "O0-04")
    def test_a_successful_response_has_the_headers_of_dropbox(self, wire):
        for reply in (
            wire.rpc("files/list_folder", {"path": ""}),
            wire.upload({"path": "/a"}, b"x"),
            wire.rpc("users/get_current_account"),
        ):
            self._assert_common(reply)
            assert reply.status_code == 200
            assert reply.headers["Content-Type"] == "application/json"
            assert reply.headers["X-Frame-Options"] == "SAMEORIGIN"
            assert reply.headers["x-server-response-time"].isdecimal()

    @pytest.mark.evidence("F1.2-03", "O0-04")
    def test_every_response_has_its_own_request_id(self, wire):
        replies = [wire.rpc("files/list_folder", {"path": ""}) for _ in range(5)]
        assert len({reply.headers["x-dropbox-request-id"] for reply in replies}) == 5

    @pytest.mark.evidence("F1.2-02", "F1.2-04", "O0-04", "F1.3-01", "F1.3-04", "O5-01", "O5-05")
    def test_error_responses_have_the_headers_of_dropbox(self, wire):
        bad = wire.rpc("files/list_folder", {"path": "x"})
        conflict = wire.rpc("files/list_folder", {"path": "/x"})
        for reply, status, kind in (
            (bad, 400, "text/plain; charset=utf-8"),
            (conflict, 409, "application/json"),
        ):
            self._assert_common(reply)
            assert (reply.status_code, reply.headers["Content-Type"]) == (status, kind)
            policy = reply.headers["Content-Security-Policy"]
            assert policy == "sandbox allow-forms allow-scripts"

    @pytest.mark.evidence("F1.2-01", "F1.2-04", "F1.3-02", "F1.5-01", "O5-02", "O0-03")
    def test_a_401_has_the_headers_of_dropbox(self, wire):
        wire.authorization = {"Authorization": "Bearer " + "x" * 64}
        for reply in (wire.rpc("files/list_folder", {"path": ""}), wire.download({"path": "/a"})):
            self._assert_common(reply)
            assert reply.status_code == 401
            assert reply.headers["Content-Type"] == "application/json"
            assert reply.headers["www-authenticate"] == 'Bearer realm="Dropbox-API"'
            assert reply.json()["error"] == {".tag": "invalid_access_token"}

    @pytest.mark.evidence("F1.5-02")
    def test_a_missing_scope_is_named(self, wire, service):
        login = service.logins.create(scopes=["files.metadata.read"])
        wire.authorization = {"Authorization": f"Bearer {login.access_token}"}
        reply = wire.upload({"path": "/a"}, b"x")
        found = SUMMARY.fullmatch(reply.text)
        assert found[1] == "missing_scope"
        assert found[3] == '{".tag": "missing_scope", "required_scope": "files.content.write"}'

    @pytest.mark.evidence("F1.5-01")
    def test_an_expired_token_has_its_own_tag(self, wire, service):
        service.clock.advance(4 * 3600)
        found = SUMMARY.fullmatch(wire.rpc("files/list_folder", {"path": ""}).text)
        assert found[1] == "expired_access_token"
        assert found[3] == '{".tag": "expired_access_token"}'


class TestDownload:
    @pytest.mark.evidence("F5-01", "F1.6-04", "F1.1-02")
    def test_a_download_has_the_headers_of_dropbox(self, wire, seeded):
        meta = seeded.files_get_metadata("/folder/file.txt")
        reply = wire.download({"path": "/folder/FILE.txt"})
        assert (reply.status_code, reply.content) == (200, b"0123456789")
        assert reply.headers["Content-Type"] == "application/octet-stream"
        assert reply.headers["Content-Length"] == "10"
        assert reply.headers["Original-Content-Length"] == "10"
        assert reply.headers["Accept-Ranges"] == "bytes"
        assert reply.headers["Etag"] == f'W/"{meta.rev}"'
        assert reply.headers["Dropbox-Api-Result"] == "{" + file_json(meta) + "}"
        assert reply.headers["x-robots-tag"] == "noindex, nofollow, noimageindex"

    @pytest.mark.evidence("F5-03", "F1.3-04")
    @pytest.mark.usefixtures("seeded")
    def test_the_error_of_a_download_is_in_the_body_not_in_a_header(self, wire):
        reply = wire.download({"path": "/folder"})
        assert reply.status_code == 409
        assert "Dropbox-API-Result" not in reply.headers
        assert reply.json()["error"] == {".tag": "path", "path": {".tag": "not_file"}}

    @pytest.mark.evidence("F1.1-06")
    @pytest.mark.usefixtures("seeded")
    def test_a_download_may_use_the_method_get(self, wire):
        url = "https://content.dropboxapi.com/2/files/download"
        arg = json.dumps({"path": "/folder/file.txt"})
        reply = wire.session.get(url, params={"arg": arg}, headers=wire.authorization)
        assert reply.content == b"0123456789"
        reply = wire.download({"path": "/folder/file.txt"}, method="GET")
        assert reply.content == b"0123456789"

    @pytest.mark.evidence("F1.1-07", "F1.1-08", "O0-10")
    def test_a_download_may_have_all_parameters_in_the_url(self, wire, service):
        service.seed_files({"/\u00e9\U0001f389": b"x"})
        params = {
            "arg": json.dumps({"path": "/\u00e9\U0001f389"}, ensure_ascii=False),
            "authorization": wire.authorization["Authorization"],
            "reject_cors_preflight": "true",
        }
        url = "https://content.dropboxapi.com/2/files/download"
        assert wire.session.get(url, params=params).content == b"x"


class TestRequests:
    @pytest.mark.evidence("O0-07", "F1.4-13")
    @pytest.mark.parametrize(
        "kind",
        [
            "application/json",
            "application/json; charset=utf-8",
            "text/plain; charset=dropbox-cors-hack",
        ],
    )
    def test_rpc_accepts_json_and_the_content_type_for_cors(self, wire, kind):
        reply = wire.rpc("files/list_folder", {"path": ""}, headers={"Content-Type": kind})
        assert reply.status_code == 200

    @pytest.mark.evidence("O0-10", "F1.1-08")
    def test_an_upload_may_have_all_parameters_in_the_url(self, wire, service):
        params = {
            "arg": '{"path": "/\u00e9"}',
            "authorization": wire.authorization["Authorization"],
            "reject_cors_preflight": "true",
        }
        reply = wire.session.post(
            "https://content.dropboxapi.com/2/files/upload",
            params=params,
            data=b"x",
            headers={"Content-Type": "text/plain; charset=dropbox-cors-hack"},
        )
        assert reply.json()["name"] == "\u00e9"
        assert service.files == {"/\u00e9": b"x"}

    @pytest.mark.evidence("F1.1-09", "O0-02")
    def test_a_void_argument_is_null_or_empty(self, wire):
        assert wire.rpc("users/get_current_account", body=b"null").status_code == 200
        none = {"Content-Type": None}
        reply = wire.rpc("users/get_current_account", body=b"", headers=none)
        assert reply.status_code == 200

    @pytest.mark.evidence("O0-05", "F1.4-07")
    def test_a_void_member_may_be_a_bare_string(self, wire):
        for mode in ("add", {".tag": "add"}, "overwrite", {".tag": "overwrite"}):
            assert wire.upload({"path": "/a", "mode": mode}, b"x").status_code == 200
        update = {".tag": "update", "update": "123456789"}
        assert wire.upload({"path": "/b", "mode": update}, b"x").status_code == 200

    @pytest.mark.evidence("O0-08")
    def test_an_optional_field_may_be_null(self, wire):
        arg = {"path": "/a", "client_modified": None, "content_hash": None}
        assert wire.upload(arg, b"x").status_code == 200
        arg = {"path": "", "limit": None, "shared_link": None}
        assert wire.rpc("files/list_folder", arg).status_code == 200

    @pytest.mark.evidence("F1.1-07")
    def test_the_argument_header_may_have_escapes(self, wire, service):
        header = {"Dropbox-API-Arg": '{"path": "/\\u00e9\\ud83c\\udf89"}'}
        assert wire.upload(None, b"x", headers=header).status_code == 200
        assert service.files == {"/\u00e9\U0001f389": b"x"}

    def test_headers_may_be_bytes(self, wire):
        wire.authorization = {
            b"Authorization": wire.authorization["Authorization"].encode(),
        }
        headers = {"Content-Type": b"application/octet-stream", "Dropbox-API-Arg": b'{"path":"/a"}'}
        assert wire.upload(None, b"x", headers=headers).status_code == 200

    def test_a_body_may_be_sent_in_chunks(self, wire, service):
        wire.upload({"path": "/a"}, iter([b"ab", b"c"]))
        assert service.files == {"/a": b"abc"}


@pytest.mark.evidence("F10-03", "F1.6-01", "F1.6-02", "O5-05")
def test_error_summaries_end_with_zero_to_three_dots(wire):
    found = set()
    for _ in range(60):
        reply = wire.rpc("files/get_metadata", {"path": "/x"})
        match = SUMMARY.fullmatch(reply.text)
        assert match[1] == "path/not_found"
        assert match[3] == '{".tag": "path", "path": {".tag": "not_found"}}'
        found.add(match[2])
    assert found == {"", ".", "..", "..."}
