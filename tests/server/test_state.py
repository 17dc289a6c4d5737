"""The state file: a service begins again as it was, or the reason is told and nothing touched."""

import json
import random
import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.plain_http import Http

from fakedropbox import FakeDropboxService, faults
from fakedropbox.control import Control
from fakedropbox.server.launch import Options, launched
from fakedropbox.server.state import StateRefused


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state"


@contextmanager
def running(path, **options):
    """A server with a state, plain HTTP to it, and its control."""
    with launched(Options(state=path, **options), FakeDropboxService) as server:
        http = Http(server)
        ctl = Control(server.url, server.control_token, server.ca_file)
        with http.session, ctl._session:
            yield server, http, ctl


def shown(server):
    """All that can be seen of a service, but for what is chance at each look."""
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


def test_a_service_begins_again_as_it_was(path, tmp_path):
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
        before = shown(server)
    with running(path) as (server, http, ctl):
        assert shown(server) == before
        assert len(server.service.calls) > 0  # those that `shown` has made
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


def test_failures_that_leave_something_are_kept_too(path):
    """An upload that is refused keeps its bytes under a session (F4-09)."""
    with running(path) as (_, http, _ctl):
        http.upload({"path": "/a"}, b"x")
        refused = http.upload({"path": "/a"}, b"other").json()
        session = refused["error"]["upload_session_id"]
    with running(path) as (_, http, _ctl):
        arg = {"cursor": {"session_id": session, "offset": 5}, "commit": {"path": "/b"}}
        assert http.upload(arg, b"", "upload_session/finish").json()["size"] == 5


def test_ids_are_the_same_whatever_was_drawn_besides(path):
    """A planned fault draws an id of which nothing is kept; those after it stay what they are."""
    with running(path) as (_, http, ctl):
        ctl.faults.add(faults.too_many_write_operations("files/upload", answer="write_error"))
        assert http.upload({"path": "/a"}, b"x").status_code == 409
        session = http.upload({}, b"abc", "upload_session/start").json()["session_id"]
    with running(path) as (_, http, _ctl):
        arg = {"cursor": {"session_id": session, "offset": 3}, "commit": {"path": "/b"}}
        assert http.upload(arg, b"", "upload_session/finish").json()["size"] == 3


def test_a_hostile_service_begins_again_as_it_was(path):
    """What goes wrong unplanned is not drawn again for what was carried out."""
    with running(path, personality=["hostile", "fail_one_in=3"]) as (server, http, _):
        done = [http.upload({"path": f"/{n}"}, b"x").status_code for n in range(60)].count(200)
        assert 0 < done < 60
        before = server.service.files
    with running(path) as (server, _, _ctl):
        assert server.service.files == before
        assert len(before) >= done


def test_what_was_applied_and_its_reply_lost_is_kept(path):
    with running(path) as (server, http, ctl):
        ctl.faults.server_error("files/upload", when="after")
        ctl.faults.rate_limit("files/delete_v2")
        assert http.upload({"path": "/a"}, b"x").status_code == 500
        assert http.rpc("files/delete_v2", {"path": "/a"}).status_code == 429
        before = shown(server)
    with running(path) as (server, _, ctl):
        assert ctl.faults.planned() == []
        assert shown(server) == before


def test_operations_are_kept(path):
    with running(path) as (server, http, ctl):
        http.upload({"path": "/a"}, b"x")
        early = ctl.snapshot()
        http.upload({"path": "/b"}, b"x")
        late = ctl.snapshot()
        ctl.restore(early)
        http.upload({"path": "/c"}, b"x")
        before = shown(server)
        noon = ctl.clock.now()
        assert 86400 <= (ctl.clock.advance(86400) - noon).total_seconds() < 86500
        with pytest.raises(ValueError, match="snapshot"):
            ctl.restore(99)
        now = ctl.clock.now()
    with running(path) as (server, http, ctl):
        assert shown(server)[:-1] == before[:-1]  # a day later, the access token is another one
        assert (ctl.clock.now() - now).total_seconds() < 600
        with pytest.raises(ValueError, match="snapshot"):
            ctl.restore(late)
        ctl.restore(early)
        assert list(ctl.files()) == ["/a"]
        ctl.reset()
        http.authorization = {"Authorization": f"Bearer {server.service.login.access_token}"}
        http.upload({"path": "/d"}, b"x")
    with running(path) as (_, _http, ctl):
        assert list(ctl.files()) == ["/d"]


def test_a_token_that_was_fetched_stays_good(path):
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


def test_a_login_that_has_ended_begins_with_another_token(path):
    with running(path) as (server, _, ctl):
        login = server.service.login
        ctl.clock.advance(5 * 3600)
    with running(path) as (server, http, _):
        assert server.service.login.refresh_token == login.refresh_token
        assert server.service.login.access_token != login.access_token
        assert http.rpc("files/list_folder", {"path": ""}).status_code == 200


def test_an_app_folder_that_was_made_anew(path):
    """A read makes it again where it has gone; what comes after has its ids from that."""

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


def test_big_contents(path):
    piece = random.Random(0).randbytes(9 * 1024 * 1024)  # noqa: S311 -- a content
    with running(path) as (server, http, _):
        assert http.upload({"path": "/a"}, piece).status_code == 200
        before = shown(server)[0]
    with running(path) as (server, http, _):
        assert shown(server)[0] == before
        assert http.download("/a").content == piece


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
def test_any_history_over_any_restarts(tmp_path, histories):
    path = tmp_path / "any"
    path.unlink(missing_ok=True)
    taken = []
    for history in histories:
        with running(path) as (server, http, ctl):
            for kind, one, other in history:
                if kind == "upload":
                    http.upload({"path": one, "autorename": True}, other.encode())
                elif kind == "snapshot":
                    taken.append(ctl.snapshot())
                elif kind == "restore" and taken:
                    try:
                        ctl.restore(taken[0])
                    except ValueError:
                        taken.clear()
                elif kind == "wait":
                    ctl.clock.advance(1.5)
                else:
                    _rpc(http, kind, one, other)
            before = shown(server)
        with running(path) as (server, _, _ctl):
            assert shown(server) == before


def _rpc(http, kind, one, other):
    route, arg = {
        "delete": ("delete_v2", {"path": one}),
        "move": ("move_v2", {"from_path": one, "to_path": other}),
        "folder": ("create_folder_v2", {"path": one}),
    }.get(kind, ("get_metadata", {"path": one}))
    http.rpc(f"files/{route}", arg)


class TestRefused:
    @pytest.fixture
    def made(self, path):
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
    def test_what_is_no_state(self, path, content):
        path.write_bytes(content)
        self._refused(path, "it is not a state file of fakedropbox")

    def test_another_programs_database(self, path):
        database = sqlite3.connect(path)
        database.execute("CREATE TABLE t (x)")
        database.close()
        self._refused(path, "it is not a state file of fakedropbox")

    def test_another_format(self, made):
        self._change(made, "PRAGMA user_version = 99")
        self._refused(made, "it has format 99, expected 1")

    def test_another_version(self, made):
        self._change(made, "UPDATE meta SET value = '0.0.1' WHERE name = 'version'")
        self._refused(made, r"it was made by fakedropbox 0\.0\.1, this is ")

    def test_a_damaged_page(self, made):
        data = bytearray(made.read_bytes())
        data[4096:8192] = b"\xff" * 4096
        made.write_bytes(data)
        self._refused(made, "cannot be used: .*(damaged|malformed)")

    def test_a_damaged_entry(self, made):
        data = made.read_bytes()
        assert data.count(b"x" * 100) > 0
        at = data.index(b"x" * 100)
        made.write_bytes(data[:at] + b"y" + data[at + 1 :])
        self._refused(made, "its entry 1 is damaged")

    def test_half_a_file(self, made):
        made.write_bytes(made.read_bytes()[:6000])
        self._refused(made, "cannot be used: .*(damaged|malformed)")

    def _change(self, path, statement):
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute(statement)
        database.close()

    def test_one_that_is_in_use(self, path):
        with running(path), pytest.raises(StateRefused, match="locked"), running(path):
            pass

    @pytest.mark.parametrize(
        "options",
        [
            {"seed": 3},
            {"app_folder": "x"},
            {"scopes": "files.metadata.read"},
            {"files": Path()},
            {"personality": ["page_size=3"]},
        ],
    )
    def test_another_beginning(self, made, options):
        self._refused(
            made,
            f"{next(iter(options))}: .* already holds a service that began without this value",
            **options,
        )

    def test_the_same_beginning(self, path):
        options = {"seed": 3, "app_folder": "x", "scopes": "files.metadata.read"}
        for _ in range(2):
            with running(path, personality=["page_size=3"], **options) as (server, _, _ctl):
                assert server.service.login.app_key


def test_an_empty_file_is_a_new_one(path):
    path.touch()
    with running(path) as (_, http, _ctl):
        assert http.upload({"path": "/a"}, b"x").status_code == 200
    assert path.stat().st_mode & 0o77 == 0


def test_what_cannot_be_kept_is_not_done(path):
    """A full disk: the caller gets a 500, and nothing has changed, here or there."""
    with running(path) as (server, http, _):
        http.upload({"path": "/a"}, b"x")
        before = shown(server)
        database = server._journal._file._database
        (size,) = database.execute("PRAGMA max_page_count = 1").fetchone()  # as it is by now
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
        assert shown(server) == before
        database.execute(f"PRAGMA max_page_count = {size + 1000}")
        assert http.upload({"path": "/c"}, b"x").status_code == 200
        after = shown(server)
    with running(path) as (server, _, _ctl):
        assert shown(server) == after


def test_only_its_server_changes_it(path):
    with running(path) as (server, _, ctl):
        with pytest.raises(RuntimeError, match="changes only through its server"):
            server.service.client().files_upload(b"x", "/a")
        assert ctl.files() == {}


def test_a_copy_of_the_file_is_the_service_at_that_moment(path, tmp_path):
    """As a `kill -9` leaves it: with what SQLite has not yet put into its main file."""
    with running(path) as (server, http, _):
        for number in range(20):
            http.upload({"path": f"/{number}"}, b"x")
            copy = tmp_path / f"copy {number}"
            for suffix in ("", "-wal"):
                shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
        before = shown(server)
    with running(tmp_path / "copy 19") as (server, _, _ctl):
        assert shown(server) == before
    with running(tmp_path / "copy 7") as (server, _, _ctl):
        assert len(server.service.files) == 8


def test_the_file_says_how_it_began(path):
    with running(path, seed=5):
        pass
    database = sqlite3.connect(path)
    meta = dict(database.execute("SELECT name, value FROM meta").fetchall())
    database.close()
    assert json.loads(meta["beginning"])["seed"] == 5
