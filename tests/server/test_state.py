"""Tests of the state file: a restart keeps the state, or is refused and changes nothing."""

import json
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import requests
from dropbox.async_ import LaunchResultBase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.plain_http import Http
from tests.support.state_servers import running

from fakedropbox import __version__, faults
from fakedropbox.control import Control
from fakedropbox.server.state import StateRefused


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state"


def visible_state(server):
    """Return the entries, revisions, files, accounts, apps and tokens of a service."""
    dbx = server.service.client()
    entries = dbx.files_list_folder("", recursive=True, include_deleted=True).entries
    revisions = [
        [
            (rev.rev, rev.server_modified)
            for rev in dbx.files_list_revisions(entry.path_lower).entries
        ]
        for entry in entries
        if hasattr(entry, "rev")
    ]
    accounts = [(each.account_id, each.email) for each in server.service.accounts]
    apps = [(each.key, each.secret, each.name) for each in server.service.apps]
    login = server.service.login
    tokens = (login.app_key, login.app_secret, login.refresh_token, login.access_token)
    return repr(entries), revisions, server.service.files, accounts, apps, tokens


def test_a_restart_keeps_file_requests_and_what_strangers_uploaded(path):
    arg = {"title": "t", "destination": "/Docs"}
    with running(path) as (server, http, ctl):
        made = http.rpc("file_requests/create", arg).json()
        files = [("file", ("a.txt", b"\x00\xff\r\n"))]
        page = f"{server.url}/request/{made['id']}"
        assert http.session.post(page, {"name": "X"}, files=files).status_code == 200
        ctl.upload_to_request(made["url"], {"b.txt": b"2"}, sender="Y")
        before = http.rpc("file_requests/get", {"id": made["id"]}).json()
    with running(path) as (server, http, _):
        assert http.rpc("file_requests/get", {"id": made["id"]}).json() == before
        assert before["file_count"] == 2
        assert server.service.files == {
            "/Docs/a - X.txt": b"\x00\xff\r\n",
            "/Docs/b - Y.txt": b"2",
        }


def test_a_restart_keeps_files_people_cursors_and_sessions(path, tmp_path):
    folder = tmp_path / "folder"
    (folder / "empty").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"of before")
    with running(path, seed=7, files=folder) as (server, http, ctl):
        meta = http.upload({"path": "/b", "mode": "overwrite"}, b"1").json()
        http.upload({"path": "/b", "mode": "overwrite"}, b"2")
        http.rpc("files/move_v2", {"from_path": "/a.txt", "to_path": "/moved"})
        http.rpc("files/delete_v2", {"path": "/empty"})
        cursor = http.rpc("files/list_folder", {"path": ""}).json()["cursor"]
        session = http.upload({}, b"abc", "upload_session/start").json()["session_id"]
        ctl.accounts.create("other@example.com")
        login = ctl.logins.create("other@example.com", ctl.apps.create()["key"])
        http.rpc("files/get_metadata", {"path": "/gone"})
        before = visible_state(server)
    with running(path) as (server, http, ctl):
        assert visible_state(server) == before
        assert len(server.service.calls) > 0  # the calls made by `visible_state`
        assert http.download(f"rev:{meta['rev']}").content == b"1"
        reply = http.rpc("files/list_folder/continue", {"cursor": cursor})
        assert reply.json()["entries"] == []
        position = {"session_id": session, "offset": 3}
        arg = {"cursor": position, "commit": {"path": "/late"}}
        assert http.upload(arg, b"d", "upload_session/finish").json()["size"] == 4
        other = server.service.client(login)
        assert other.users_get_current_account().email == "other@example.com"
        ids = {entry.id for entry in server.service.client().files_list_folder("").entries}
        assert len(ids) == 3


def test_a_reset_restores_the_files_of_the_first_start(path, tmp_path):
    folder = tmp_path / "folder"
    (folder / "empty").mkdir(parents=True)
    (folder / "a.txt").write_bytes(b"\xff")
    with running(path, files=folder) as (server, http, ctl):
        beginning = server.service.tree()
        http.rpc("files/delete_v2", {"path": "/a.txt"})
        ctl.reset()
        assert server.service.files == {"/a.txt": b"\xff"}
        http.rpc("files/delete_v2", {"path": "/empty"})
    (folder / "a.txt").unlink()
    with running(path) as (server, _, ctl):
        assert server.service.tree() != beginning
        ctl.reset()
        assert server.service.tree() == beginning


def test_a_restart_keeps_the_session_of_a_refused_upload(path):
    """An upload that is refused keeps its data in a session (F4-09)."""
    with running(path) as (_, http, _ctl):
        http.upload({"path": "/a"}, b"x")
        refused = http.upload({"path": "/a"}, b"other").json()
        session = refused["error"]["upload_session_id"]
    with running(path) as (_, http, _ctl):
        arg = {"cursor": {"session_id": session, "offset": 5}, "commit": {"path": "/b"}}
        assert http.upload(arg, b"", "upload_session/finish").json()["size"] == 5


def test_a_restart_keeps_ids_drawn_after_a_planned_fault(path):
    """A planned fault draws an id that is not stored; later ids must not change because of that."""
    with running(path) as (_, http, ctl):
        ctl.faults.add(faults.too_many_write_operations("files/upload", answer="write_error"))
        assert http.upload({"path": "/a"}, b"x").status_code == 409
        session = http.upload({}, b"abc", "upload_session/start").json()["session_id"]
    with running(path) as (_, http, _ctl):
        arg = {"cursor": {"session_id": session, "offset": 3}, "commit": {"path": "/b"}}
        assert http.upload(arg, b"", "upload_session/finish").json()["size"] == 3


def test_a_restart_does_not_repeat_random_failures(path):
    """Check that a service whose uploads fail at random has the same files after a restart."""
    with running(path, personality=["hostile", "fail_one_in=3"]) as (server, http, _):
        done = [http.upload({"path": f"/{n}"}, b"x").status_code for n in range(60)].count(200)
        assert 0 < done < 60
        before = server.service.files
    with running(path) as (server, _, _ctl):
        assert server.service.files == before
        assert len(before) >= done


def test_a_restart_keeps_a_write_that_was_answered_with_an_error(path):
    with running(path) as (server, http, ctl):
        ctl.faults.server_error("files/upload", when="after")
        ctl.faults.rate_limit("files/delete_v2")
        assert http.upload({"path": "/a"}, b"x").status_code == 500
        assert http.rpc("files/delete_v2", {"path": "/a"}).status_code == 429
        before = visible_state(server)
    with running(path) as (server, _, ctl):
        assert visible_state(server) == before


def test_a_restart_keeps_planned_faults_except_those_with_a_function(path):
    with running(path) as (server, http, ctl):
        ctl.faults.rate_limit("files/upload", times=3)
        ctl.faults.server_error("files/delete_v2", skip=2)
        server.service.faults.when(lambda _: True, faults.lost_reply("files/move_v2"))
        assert http.upload({"path": "/a"}, b"x").status_code == 429
        assert http.rpc("files/delete_v2", {"path": "/a"}).status_code == 409
        before = [each for each in server.service.faults.state() if "when" not in repr(each)]
    with running(path) as (server, http, ctl):
        assert server.service.faults.state() == before
        assert [left for _, left in ctl.faults.planned()] == [2, 1]
        assert http.rpc("files/delete_v2", {"path": "/a"}).status_code == 409
        assert http.rpc("files/delete_v2", {"path": "/a"}).status_code == 500


def test_a_stub_is_not_kept(path):
    with running(path) as (_, http, ctl):
        ctl.stub("riviera/get_text_async", LaunchResultBase.async_job_id("1"))
        assert http.rpc("riviera/get_text_async", {}).json() == {
            ".tag": "async_job_id",
            "async_job_id": "1",
        }
    with running(path) as (_, http, _ctl):
        assert http.rpc("riviera/get_text_async", {}).status_code == 400


def test_a_restart_keeps_control_operations(path):
    with running(path) as (server, http, ctl):
        http.upload({"path": "/a"}, b"x")
        older = ctl.snapshot()
        http.upload({"path": "/b"}, b"x")
        newer = ctl.snapshot()
        ctl.restore(older)
        http.upload({"path": "/c"}, b"x")
        before = visible_state(server)
        noon = ctl.clock.now()
        assert 86400 <= (ctl.clock.advance(86400) - noon).total_seconds() < 86500
        with pytest.raises(ValueError, match="snapshot"):
            ctl.restore(99)
        now = ctl.clock.now()
    with running(path) as (server, http, ctl):
        # Without the last part, the tokens: a day later, the access token is a new one.
        assert visible_state(server)[:-1] == before[:-1]
        assert (ctl.clock.now() - now).total_seconds() < 600
        for snapshot in (newer, older):
            with pytest.raises(ValueError, match="ended with the process of the server"):
                ctl.restore(snapshot)
        latest = ctl.snapshot()
        assert latest not in (newer, older)
        ctl.restore(latest)
        assert list(ctl.files()) == ["/a", "/c"]
        ctl.reset()
        http.authorization = {"Authorization": f"Bearer {server.service.login.access_token}"}
        http.upload({"path": "/d"}, b"x")
    with running(path) as (_, _http, ctl):
        assert list(ctl.files()) == ["/d"]


def test_a_restart_keeps_shared_links(path):
    with running(path, plan="pro") as (_, http, ctl):
        ctl.seed_files({"/a.txt": b"1", "/b.txt": b"2"})
        settings = {"link_password": "x", "expires": "2100-01-01T00:00:00Z"}
        for name, given in (("a", settings), ("b", None)):
            arg = {"path": f"/{name}.txt", "settings": given}
            reply = http.rpc("sharing/create_shared_link_with_settings", arg)
            assert reply.status_code == 200, reply.text
        http.rpc("sharing/revoke_shared_link", {"url": reply.json()["url"]})
        before = http.rpc("sharing/list_shared_links", {}).json()["links"]
        assert len(before) == 1
    with running(path, plan="pro") as (_, http, ctl):
        assert http.rpc("sharing/list_shared_links", {}).json()["links"] == before
        opening = {"url": before[0]["url"], "link_password": "x"}
        assert http.rpc("sharing/get_shared_link_metadata", opening).status_code == 200
        assert next(iter(ctl.accounts))["plan"] == "pro"


def test_a_refreshed_token_stays_valid_after_a_restart(path):
    with running(path) as (server, http, _):
        login = server.service.login
        form = {
            "grant_type": "refresh_token",
            "refresh_token": login.refresh_token,
            "client_id": login.app_key,
            "client_secret": login.app_secret,
        }
        token = http.session.post(f"{http.url}/oauth2/token", data=form).json()["access_token"]
    with running(path) as (server, http, _):
        assert server.service.login == login
        http.authorization = {"Authorization": f"Bearer {token}"}
        assert http.rpc("files/list_folder", {"path": ""}).status_code == 200
        again = http.session.post(f"{http.url}/oauth2/token", data=form).json()["access_token"]
        assert again != token


def test_an_expired_login_gets_a_new_token_at_a_restart(path):
    with running(path) as (server, _, ctl):
        login = server.service.login
        ctl.clock.advance(5 * 3600)
    with running(path) as (server, http, _):
        assert server.service.login.refresh_token == login.refresh_token
        assert server.service.login.access_token != login.access_token
        assert http.rpc("files/list_folder", {"path": ""}).status_code == 200


@pytest.mark.parametrize(
    ("kind", "route"), [("connection_refused", "*"), ("rate_limit", "oauth2/token")]
)
def test_a_new_token_at_a_restart_meets_no_fault_and_is_no_call(path, kind, route):
    with running(path) as (server, _, ctl):
        login = server.service.login
        getattr(ctl.faults, kind)(route, times=3)
        ctl.clock.advance(5 * 3600)
    for _ in range(2):
        with running(path, keep_calls=5) as (server, _, ctl):
            assert [left for _, left in ctl.faults.planned()] == [3]
            assert ctl.calls() == []
            renewed = server.service.login
            assert renewed.access_token != login.access_token
    with running(path) as (server, http, ctl):
        assert server.service.login == renewed
        ctl.faults.clear()
        assert http.rpc("files/list_folder", {"path": ""}).status_code == 200


def test_a_login_whose_refresh_token_was_revoked_stays_as_it_is_at_a_restart(path):
    with running(path) as (server, http, ctl):
        login = server.service.login
        assert http.rpc("auth/token/revoke", None).status_code == 200
        ctl.clock.advance(5 * 3600)
    with running(path) as (server, _, ctl):
        assert server.service.login == login
        assert ctl.calls() == []


def test_a_restart_keeps_an_app_folder_that_was_created_again(path):
    """A read creates a deleted app folder again; the ids drawn after it depend on that."""

    def listed(server, token):
        owner = Http(server)
        owner.authorization = {"Authorization": f"Bearer {token}"}
        with owner.session:
            return owner.rpc("files/list_folder", {"path": "", "recursive": True}).json()["entries"]

    with running(path, app_folder="Small") as (server, http, ctl):
        token = ctl.logins.create(app=ctl.apps.create()["key"]).access_token
        with Http(server).session as session:
            headers = {"Authorization": f"Bearer {token}"}
            url = f"{server.url}/2/files/delete_v2"
            session.verify, session.trust_env = str(server.ca_file), False
            assert session.post(url, json={"path": "/Apps"}, headers=headers).status_code == 200
        assert http.rpc("files/list_folder", {"path": ""}).json()["entries"] == []
        http.upload({"path": "/x"}, b"x")
        before = listed(server, token)
        assert [entry["path_display"] for entry in before] == [
            "/Apps",
            "/Apps/Small",
            "/Apps/Small/x",
        ]
    with running(path) as (server, _, _ctl):
        assert listed(server, token) == before


def test_a_restart_keeps_large_files(path):
    piece = random.Random(0).randbytes(9 * 1024 * 1024)  # noqa: S311 -- test data
    with running(path) as (server, http, _):
        assert http.upload({"path": "/a"}, piece).status_code == 200
        before = visible_state(server)[0]
    with running(path) as (server, http, _):
        assert visible_state(server)[0] == before
        assert http.download("/a").content == piece


OF_0_1 = """
PRAGMA application_id = 0x46616B65;
PRAGMA user_version = 1;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO meta VALUES ('version', '0.1.0'), ('beginning', '{}');
CREATE TABLE entry (
    number INTEGER PRIMARY KEY, head TEXT NOT NULL, body BLOB, sum INTEGER NOT NULL
);
"""

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["upload", "delete", "move", "folder", "read", "snapshot", "restore", "wait"]
        ),
        st.sampled_from(["/a", "/b", "/f", "/f/a", "/f/g/a"]),
        st.sampled_from(["/a", "/b", "/f", "/g", "/f/g"]),
    ),
    max_size=12,
)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories=st.lists(OPERATIONS, min_size=1, max_size=2))
def test_a_restart_keeps_the_state_after_any_operations(tmp_path, histories):
    path = tmp_path / "any"
    path.unlink(missing_ok=True)
    snapshots = []
    for history in histories:
        with running(path) as (server, http, ctl):
            for kind, one, other in history:
                if kind == "upload":
                    http.upload({"path": one, "autorename": True}, other.encode())
                elif kind == "snapshot":
                    snapshots.append(ctl.snapshot())
                elif kind == "restore" and snapshots:
                    try:
                        ctl.restore(snapshots[0])
                    except ValueError:
                        snapshots.clear()
                elif kind == "wait":
                    ctl.clock.advance(1.5)
                else:
                    _rpc(http, kind, one, other)
            before = visible_state(server)
        with running(path) as (server, _, _ctl):
            assert visible_state(server) == before


def _rpc(http, kind, one, other):
    route, arg = {
        "delete": ("delete_v2", {"path": one}),
        "move": ("move_v2", {"from_path": one, "to_path": other}),
        "folder": ("create_folder_v2", {"path": one}),
    }.get(kind, ("get_metadata", {"path": one}))
    http.rpc(f"files/{route}", arg)


class TestStateFileChecks:
    @pytest.fixture
    def state_file(self, path):
        with running(path) as (_, http, _ctl):
            http.upload({"path": "/a"}, b"x" * 5000)
        return path

    def _refused(self, path, reason, **options):
        before = path.read_bytes()
        with pytest.raises(StateRefused, match=reason), running(path, **options):
            pass
        assert path.read_bytes() == before
        assert sorted(each.name for each in path.parent.iterdir()) == [path.name]

    @pytest.mark.parametrize("content", [b"x", b"SQLite format 3\0", b"x" * 5000])
    def test_a_file_that_is_not_a_state_file_is_refused(self, path, content):
        path.write_bytes(content)
        self._refused(path, "state: expected a file that fakedropbox wrote, .* has other content")

    def test_the_database_of_another_program_is_refused(self, path):
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE t (x)")
        database.close()
        self._refused(path, "state: expected a file that fakedropbox wrote, .* has other content")

    def test_a_state_file_of_another_format_is_refused(self, state_file):
        self._change(state_file, "PRAGMA user_version = 99")
        self._refused(state_file, f"it is of fakedropbox {__version__}, which is newer than this")

    def test_a_state_file_of_fakedropbox_0_1_is_refused_with_advice(self, path):
        with closing(sqlite3.connect(path)) as database:
            database.executescript(OF_0_1)
        self._refused(path, r"it is of fakedropbox 0\.1, which kept requests; .*Control\.files\(\)")

    def test_a_damaged_page_is_refused(self, state_file):
        data = bytearray(state_file.read_bytes())
        data[4096:8192] = b"\xff" * 4096
        state_file.write_bytes(data)
        self._refused(state_file, "cannot be used: .*(damaged|malformed)")

    def test_a_damaged_entry_is_refused(self, state_file):
        data = state_file.read_bytes()
        assert data.count(b"x" * 100) > 0
        at = data.index(b"x" * 100)
        state_file.write_bytes(data[:at] + b"y" + data[at + 1 :])
        self._refused(state_file, r"cannot be used: it is damaged \(content ")

    def test_a_truncated_file_is_refused(self, state_file):
        state_file.write_bytes(state_file.read_bytes()[:6000])
        self._refused(state_file, "cannot be used: .*(damaged|malformed)")

    def _change(self, path, statement):
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute(statement)
        database.close()

    def test_a_state_file_in_use_is_refused(self, path):
        with running(path), pytest.raises(StateRefused, match="locked"), running(path):
            pass

    @pytest.mark.parametrize(
        "options",
        [
            {"seed": 3},
            {"app_folder": "x"},
            {"plan": "pro"},
            {"scopes": "files.metadata.read"},
            {"files": Path(__file__).parent},
            {"personality": ["page_size=3"]},
        ],
    )
    def test_other_options_than_at_the_first_start_are_refused(self, state_file, options):
        self._refused(
            state_file,
            f"{next(iter(options))}: .* already holds a service that began without this value",
            **options,
        )

    def test_the_same_options_as_at_the_first_start_are_accepted(self, path):
        options = {"seed": 3, "app_folder": "x", "plan": "pro", "scopes": "files.metadata.read"}
        for _ in range(2):
            with running(path, personality=["page_size=3"], **options) as (server, _, _ctl):
                assert server.service.login.app_key


def test_an_empty_file_becomes_a_private_state_file(path):
    path.touch()
    with running(path) as (_, http, _ctl):
        assert http.upload({"path": "/a"}, b"x").status_code == 200
    assert path.stat().st_mode & 0o77 == 0


def test_a_write_that_cannot_be_stored_changes_nothing(path):
    """Check a full disk: the caller gets a 500, and neither the service nor the file changes."""
    with running(path) as (server, http, _):
        http.upload({"path": "/a"}, b"x")
        before = visible_state(server)
        database = server._keeper._file._database
        (size,) = database.execute("PRAGMA max_page_count = 1").fetchone()  # the current size
        for _ in range(2):
            reply = http.upload({"path": "/b"}, bytes(100_000))
            assert reply.status_code == 500
            assert reply.text == (
                f"fakedropbox: state: {path} cannot be written: database or disk is full\n"
            )
        with pytest.raises(requests.HTTPError, match="500"):
            Control(server.url, server.control_token, server.ca_file).seed_files(
                {"/c": bytes(100_000)}
            )
        assert http.download("/a").status_code == 200
        assert visible_state(server) == before
        database.execute(f"PRAGMA max_page_count = {size + 1000}")
        assert http.upload({"path": "/c"}, b"x").status_code == 200
        after = visible_state(server)
    with running(path) as (server, _, _ctl):
        assert visible_state(server) == after


def test_changes_in_the_process_of_the_server_are_kept(path):
    with running(path) as (server, _, _ctl):
        server.service.client().files_upload(b"x", "/a")
        server.service.seed_files({"/b": b"y"})
    with running(path) as (server, _, _ctl):
        assert server.service.files == {"/a": b"x", "/b": b"y"}


def test_a_copy_of_the_state_file_has_the_state_at_the_time_of_the_copy(path, tmp_path):
    """Check a copy with its WAL file, which has data not yet in the main file."""
    with running(path) as (server, http, _):
        for number in range(20):
            http.upload({"path": f"/{number}"}, b"x")
            copy = tmp_path / f"copy {number}"
            for suffix in ("", "-wal"):
                shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
        before = visible_state(server)
    with running(tmp_path / "copy 19") as (server, _, _ctl):
        assert visible_state(server) == before
    with running(tmp_path / "copy 7") as (server, _, _ctl):
        assert len(server.service.files) == 8


def test_the_state_file_contains_the_options_of_the_first_start(path):
    with running(path, seed=5):
        pass
    database = sqlite3.connect(path)
    meta = dict(database.execute("SELECT name, value FROM meta").fetchall())
    database.close()
    assert json.loads(meta["beginning"])["seed"] == 5


@pytest.mark.parametrize(("name", "value"), [("plan", "gold"), ("app_folder", "a/b")])
def test_a_refused_option_leaves_no_state_file(path, name, value):
    with (
        pytest.raises(ValueError, match=f"{name}: expected .* got '{value}'"),
        running(path, **{name: value}),
    ):
        pass
    assert not path.exists()
    with running(path):
        pass
