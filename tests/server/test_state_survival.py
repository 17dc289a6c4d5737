"""Tests of what a start with a state file keeps, also after requests that once made it fail."""

import json
import sqlite3
from contextlib import closing

import pytest
import requests
from tests.support.state_servers import running

from fakedropbox import FakeDropboxService
from fakedropbox.control import Control


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state"


def get(http, path, **headers):
    return http.send(path, headers=headers, method="GET")


def authorize(query):
    def ask(server, http, _ctl):
        key = server.service.login.app_key
        url = f"/oauth2/authorize?client_id={key}&response_type=code&{query}"
        assert get(http, url, Authorization="").status_code == 501

    return ask


def temporary_link(**headers):
    def ask(_server, http, _ctl):
        http.upload({"path": "/a"}, b"0123456789")
        link = http.rpc("files/get_temporary_link", {"path": "/a"}).json()["link"]
        get(http, link[link.index("/apitl") :], Host="dl.dropboxusercontent.com", **headers)

    return ask


def control(name, arguments):
    def ask(server, http, _ctl):
        token = {"Authorization": f"Bearer {server.control_token}"}
        assert http.send(f"/_fake/{name}", json.dumps(arguments), token).status_code == 400

    return ask


def list_of_a_link(_server, http, _ctl):
    arg = {"path": "", "shared_link": {"url": "https://www.dropbox.com/s/abc/a?dl=0"}}
    http.rpc("files/list_folder", arg)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(authorize("include_granted_scopes=team"), id="include_granted_scopes"),
        pytest.param(authorize("require_role=work"), id="require_role"),
        pytest.param(temporary_link(**{"If-Range": "x", "Range": "bytes=0-1"}), id="If-Range"),
        pytest.param(temporary_link(Range="bytes=0-1,3-4"), id="two ranges"),
        pytest.param(temporary_link(Range=f"bytes={'9' * 5000}-"), id="5,000 digits"),
        pytest.param(control("link", {"account": 5}), id="link"),
        pytest.param(control("seed_files", {"files": {}, "folders": "abc"}), id="seed_files"),
        pytest.param(control("clock/advance", {"seconds": 1e12}), id="clock/advance"),
        pytest.param(list_of_a_link, id="list_folder of a link"),
    ],
)
@pytest.mark.parametrize("personality", ["recorded", "hostile"])
def test_a_start_succeeds_after_a_request_that_once_made_it_fail(path, personality, ask):
    with running(path, personality=[personality], seed=0) as (server, http, ctl):
        ask(server, http, ctl)
        server.service.seed_files({"/kept": b"x"})
        before = server.service.files
    with running(path) as (server, _, _ctl):
        assert server.service.files == before
        assert "/kept" in before


def test_a_start_keeps_the_certificate_authority_and_the_control_token(path):
    with running(path) as (server, _, ctl):
        token, trusted = server.control_token, server.ca_file.read_bytes()
    kept = path.with_name("ca.pem")
    kept.write_bytes(trusted)
    with running(path) as (server, _, ctl):
        assert server.control_token == token
        with Control(server.url, token, kept) as earlier:
            assert earlier.files() == ctl.files() == {}


def test_a_given_authority_and_control_token_are_used_instead_of_the_kept_ones(path, tmp_path):
    token = tmp_path / "token"
    token.write_text("t" * 20)
    given = {"ca_dir": tmp_path / "ca", "control_token_file": token}
    with running(path) as (server, _, _ctl):
        kept = server.control_token, server.ca_file.read_bytes()
    for _ in range(2):
        with running(path, **given) as (server, _, ctl):
            assert ctl.files() == {}
            found = server.control_token, server.ca_file.read_bytes()
            assert found == ("t" * 20, (tmp_path / "ca" / "ca.pem").read_bytes())
    with running(path) as (server, _, _ctl):
        assert (server.control_token, server.ca_file.read_bytes()) == kept


def test_a_state_file_stores_nothing_about_refused_requests(path):
    body = b"of a refused request" * 100_000
    with running(path) as (server, http, _ctl):
        http.upload({"path": "/a"}, b"x")
        before = path.stat().st_size
        for _ in range(3):
            headers = {"Content-Type": "application/octet-stream", "Authorization": ""}
            assert http.send("/2/files/upload", body, headers).status_code in (400, 401)
        token = server.service.login.access_token
    assert path.stat().st_size < before + 1_000_000
    assert b"of a refused request" not in path.read_bytes()
    assert path.read_bytes().count(token.encode()) <= 3  # in the records of the token and the login


def test_equal_contents_are_stored_once(path):
    content = bytes(range(256)) * 400
    with running(path) as (_, http, _ctl):
        for number in range(5):
            http.upload({"path": f"/{number}"}, content)
        http.rpc("files/copy_v2", {"from_path": "/0", "to_path": "/copy"})
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT count(*), sum(length(bytes)) FROM content").fetchone()
    assert found == (1, len(content))


@pytest.mark.evidence("F4.1-12", "O8-02")
def test_a_start_keeps_the_path_root_of_a_temporary_upload_link(path):
    with running(path) as (_, http, _ctl):
        folder = http.rpc("sharing/share_folder", {"path": "/Docs"}).json()["shared_folder_id"]
        root = json.dumps({".tag": "namespace_id", "namespace_id": folder})
        arg, headers = {"commit_info": {"path": "/up"}}, {"Dropbox-API-Path-Root": root}
        up = http.rpc("files/get_temporary_upload_link", arg, **headers).json()["link"]
    with running(path) as (_, http, _ctl):
        kind = {"Host": "content.dropboxapi.com", "Content-Type": "application/octet-stream"}
        headers = {**kind, "Authorization": ""}
        assert http.send(up[up.index("/apitul") :], b"shared", headers).status_code == 200
        assert http.download("/Docs/up").content == b"shared"


def test_a_start_keeps_temporary_links_jobs_templates_and_references(path):
    personality = ["async_batches=always", "async_checks=2"]
    with running(path, personality=personality) as (_, http, ctl):
        http.upload({"path": "/a"}, b"of the link")
        down = http.rpc("files/get_temporary_link", {"path": "/a"}).json()["link"]
        commit = {"commit_info": {"path": "/up"}}
        up = http.rpc("files/get_temporary_upload_link", commit).json()["link"]
        job = http.rpc("files/delete_batch", {"entries": [{"path": "/no"}]}).json()
        reference = http.rpc("files/copy_reference/get", {"path": "/a"}).json()["copy_reference"]
        fields = [{"name": "f", "description": "", "type": "string"}]
        template = {"name": "t", "description": "d", "fields": fields}
        made = http.rpc("file_properties/templates/add_for_user", template).json()["template_id"]
        group = {"template_id": made, "fields": [{"name": "f", "value": "v"}]}
        arg = {"path": "/a", "property_groups": [group]}
        assert http.rpc("file_properties/properties/add", arg).status_code == 200
        http.rpc("files/tags/add", {"path": "/a", "tag_text": "tagged"})
        http.rpc("files/delete_batch/check", job)
        ctl.clock.advance(60)
    with running(path) as (_, http, _ctl):
        there = {"Host": "dl.dropboxusercontent.com", "Authorization": ""}
        assert get(http, down[down.index("/apitl") :], **there).content == b"of the link"
        there["Host"], there["Content-Type"] = "content.dropboxapi.com", "application/octet-stream"
        assert http.send(up[up.index("/apitul") :], b"up", there).status_code == 200
        assert http.download("/up").content == b"up"
        waits = [http.rpc("files/delete_batch/check", job).json() for _ in range(2)]
        assert [each[".tag"] for each in waits] == ["in_progress", "complete"]
        assert waits[1]["entries"][0]["failure"][".tag"] == "path_lookup"
        arg = {"copy_reference": reference, "path": "/saved"}
        assert http.rpc("files/copy_reference/save", arg).status_code == 200
        found = {
            "path": "/a",
            "include_property_groups": {".tag": "filter_some", "filter_some": [made]},
        }
        assert http.rpc("files/get_metadata", found).json()["property_groups"] == [group]
        tags = http.rpc("files/tags/get", {"paths": ["/a"]}).json()["paths_to_tags"]
        assert [tag["tag_text"] for tag in tags[0]["tags"]] == ["tagged"]


def test_a_start_keeps_shared_folders_and_their_members(path):
    with running(path) as (server, http, ctl):
        bob = ctl.accounts.create("bob@example.com")
        login = ctl.logins.create("bob@example.com", ctl.apps.create()["key"])
        ctl.seed_files({"/Docs/a.txt": b"1"})
        shared = ctl.share_folder("/Docs", members=["bob@example.com"])
        before = http.rpc("sharing/list_folder_members", {"shared_folder_id": shared}).json()
        trees = ctl.tree(), ctl.tree(account="bob@example.com")
    with running(path) as (server, http, ctl):
        assert (ctl.tree(), ctl.tree(account="bob@example.com")) == trees
        found = http.rpc("sharing/list_folder_members", {"shared_folder_id": shared}).json()
        assert {**found, "cursor": None} == {**before, "cursor": None}
        client = server.service.client(login)
        client.files_upload(b"2", "/Docs/b.txt")
        assert server.service.read("/Docs/b.txt") == b"2"
        assert bob["email"] == "bob@example.com"


def test_a_start_keeps_authorization_codes_and_revoked_tokens(path):
    with running(path) as (server, http, ctl):
        code = server.service.authorize(token_access_type="offline")
        login = server.service.login
        other = ctl.logins.create(app=ctl.apps.create()["key"])
        revoked = {"Authorization": f"Bearer {other.access_token}"}
        assert http.send("/2/auth/token/revoke", headers=revoked).status_code == 200
    with running(path) as (server, http, ctl):
        form = {"grant_type": "authorization_code", "code": code}
        both = login.app_key, login.app_secret
        url = f"{http.url}/oauth2/token"
        first = http.session.post(url, data=form, auth=both)
        assert first.status_code == 200
        token = {"Authorization": f"Bearer {first.json()['access_token']}"}
        assert http.rpc("files/list_folder", {"path": ""}, **token).status_code == 200
        assert http.rpc("files/list_folder", {"path": ""}, **revoked).status_code == 401
    with running(path) as (_, http, _ctl):
        again = http.session.post(f"{http.url}/oauth2/token", data=form, auth=both)
        assert again.status_code == 400


def test_a_start_keeps_a_piece_of_a_session_whose_offset_was_sent_as_false(path):
    with running(path) as (_, http, _ctl):
        kind = {"session_type": "concurrent"}
        session = http.upload(kind, b"", "upload_session/start").json()["session_id"]
        arg = {"cursor": {"session_id": session, "offset": False}, "close": True}
        assert http.upload(arg, b"abc", "upload_session/append_v2").status_code == 200
    with running(path) as (server, http, _ctl):
        arg = {"cursor": {"session_id": session, "offset": 3}, "commit": {"path": "/a"}}
        assert http.upload(arg, b"", "upload_session/finish").status_code == 200
        assert server.service.read("/a") == b"abc"
    with running(path) as (server, _, _ctl):
        assert server.service.read("/a") == b"abc"


def test_past_revisions_are_available_to_the_first_request_after_a_start(path):
    with running(path) as (_, http, _ctl):
        revs = []
        for number in range(5):
            reply = http.upload({"path": "/a", "mode": "overwrite"}, b"%d" % number)
            revs.append(reply.json()["rev"])
        http.rpc("files/delete_v2", {"path": "/a"})
        http.upload({"path": "/a"}, b"new file")
        before = http.rpc("files/list_revisions", {"path": "/a"}).json()
    for ask in (
        lambda http: http.download(f"rev:{revs[1]}").content == b"1",
        lambda http: http.rpc("files/list_revisions", {"path": "/a"}).json() == before,
        lambda http: http.rpc("files/restore", {"path": "/a", "rev": revs[0]}).status_code == 200,
    ):
        with running(path) as (_, http, _ctl):
            assert ask(http)


def test_the_latest_hundred_revisions_of_a_file_are_kept(path):
    with running(path) as (server, http, _ctl):
        for number in range(180):
            server.service.seed_files({"/a": b"%d" % number})
            server._save()
        found = http.rpc("files/list_revisions", {"path": "/a", "limit": 100}).json()
    with running(path) as (server, http, _ctl):
        assert http.rpc("files/list_revisions", {"path": "/a", "limit": 100}).json() == found
        assert server.service.read("/a") == b"179"
    with closing(sqlite3.connect(path)) as database:
        (past,) = database.execute("SELECT count(*) FROM past").fetchone()
    assert 100 <= past <= 111


@pytest.mark.parametrize(
    ("plan", "days", "kept"), [("basic", 31, 2), ("pro", 31, 4), ("pro", 181, 2)]
)
def test_past_revisions_are_kept_as_long_as_the_plan_keeps_them(path, plan, days, kept):
    with running(path, plan=plan) as (_, http, ctl):
        for number in range(4):
            http.upload({"path": "/a", "mode": "overwrite"}, b"%d" % number)
        ctl.clock.advance(days * 24 * 3600)
    with running(path, plan=plan) as (_, http, ctl):
        found = http.rpc("files/list_revisions", {"path": "/a"}).json()["entries"]
        assert len(found) == kept
        contents = [http.download(f"rev:{each['rev']}").content for each in found]
        assert contents == [b"3", b"2", b"1", b"0"][:kept]
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM content").fetchone() == (kept,)


def test_expired_sessions_and_jobs_are_removed_at_a_start(path):
    def sessions():
        with closing(sqlite3.connect(path)) as database:
            sql = "SELECT key FROM record WHERE key LIKE '[\"session\"%' OR key LIKE '[\"piece\"%'"
            return len(database.execute(f"{sql} OR key LIKE '[\"job\"%'").fetchall())

    with running(path, personality=["async_batches=always"]) as (_, http, ctl):
        old = http.upload({}, b"old", "upload_session/start").json()["session_id"]
        http.rpc("files/delete_batch", {"entries": [{"path": "/no"}]})
        ctl.clock.advance(100 * 24 * 3600)
    assert sessions() == 3
    with running(path, personality=["async_batches=always"]) as (server, http, ctl):
        http.authorization = {"Authorization": f"Bearer {server.service.login.access_token}"}
        arg = {"cursor": {"session_id": old, "offset": 3}, "commit": {"path": "/a"}}
        refused = http.upload(arg, b"", "upload_session/finish").json()
        assert refused["error"]["lookup_failed"] == {".tag": "not_found"}
        http.upload({}, b"new", "upload_session/start")
    assert sessions() == 2


def test_the_last_calls_are_kept_if_asked_for(path):
    with running(path, keep_calls=5) as (_, http, ctl):
        ctl.faults.rate_limit("files/delete_v2")
        for number in range(4):
            http.upload({"path": f"/{number}"}, b"x")
        http.rpc("files/get_metadata", {"path": "/no"})
        http.rpc("files/delete_v2", {"path": "/0"})
        get(http, "/s/no", Host="www.dropbox.com")
        before = ctl.calls()
    for _ in range(2):
        with running(path, keep_calls=5) as (server, http, ctl):
            assert ctl.calls(last=5) == before[-5:]
            assert [call["outcome"] for call in before[-3:-1]] == [
                "path/not_found",
                "too_many_requests",
            ]
            assert len(server.service.calls) == len(before)
    with closing(sqlite3.connect(path)) as database:
        sql = "SELECT count(*) FROM record WHERE key LIKE '[\"call\"%'"
        assert database.execute(sql).fetchone() == (5,)
    with running(path) as (server, http, ctl):
        assert ctl.calls() == []
    with running(path, keep_calls=5) as (server, http, ctl):
        assert ctl.calls() == []
        http.rpc("files/get_metadata", {"path": "/0"})
        ctl.reset()
        http.authorization = {"Authorization": f"Bearer {server.service.login.access_token}"}
        http.rpc("files/get_metadata", {"path": "/1"})
    with running(path, keep_calls=5) as (server, http, ctl):
        assert [call["arg"]["path"] for call in ctl.calls()] == ["/1"]


def test_a_server_without_a_state_file_has_a_new_authority(path):
    del path
    with FakeDropboxService().serve() as one, FakeDropboxService().serve() as other:
        assert one.ca_file.read_bytes() != other.ca_file.read_bytes()
        assert one.control_token != other.control_token
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(one.url, verify=str(other.ca_file), timeout=9)
