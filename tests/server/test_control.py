"""Tests of the control interface, by which another process controls the service."""

import json
import subprocess
import sys
from datetime import datetime, timezone

import dropbox
import pytest
import requests
from dropbox.async_ import LaunchResultBase
from tests.support.faults import needed_by
from tests.support.refusing_services import with_locked_file, with_seed_that_fails_later

from fakedropbox import FakeDropboxService, Login, SystemClock, UnfiredFault, control, faults
from fakedropbox.control import Control


class TestState:
    def test_seeded_files_are_returned_and_reset_removes_them(self, ctl, dropbox_service):
        ctl.seed_files({"/a.txt": b"\x00\xff", "/f/b": b""})
        assert dropbox_service.files == {"/a.txt": b"\x00\xff", "/f/b": b""} == ctl.files()
        assert ctl.tree() == dropbox_service.tree()
        ctl.reset()
        assert ctl.files() == {}
        ctl.seed_files({}, folders=["/empty"])
        assert ctl.tree() == "/\n  empty/"

    def test_reset_restores_the_seed_or_the_empty_beginning(self, dropbox_server, ctl):
        service = FakeDropboxService(seed=lambda service: service.seed_files({"/seeded": b"1"}))
        with dropbox_server.serving(service):
            ctl.seed_files({"/more": b""})
            ctl.reset(to="seed")
            assert ctl.files() == {"/seeded": b"1"}
            ctl.reset()
            assert ctl.files() == {}
        with pytest.raises(ValueError, match="as the service has no seed of your own"):
            ctl.reset(to="seed")
        with pytest.raises(ValueError, match="to: expected 'beginning' or 'seed', got 'sead'"):
            ctl.reset(to="sead")

    def test_a_reset_says_that_the_seed_raised(self, dropbox_server, ctl):
        with dropbox_server.serving(with_seed_that_fails_later()):
            ctl.seed_files({"/more": b""})
            with pytest.raises(ValueError, match=r"to: the seed raised LookupError\('no longer'\)"):
                ctl.reset(to="seed")
            assert sorted(ctl.files()) == ["/more", "/seeded"]

    def test_an_operation_that_is_not_faked_is_refused(self, dropbox_server, ctl):
        with dropbox_server.serving(with_locked_file()):
            with pytest.raises(ValueError, match="locked"):
                ctl.seed_files({"/team/a": b"2"})
            assert ctl.files() == {"/team/a": b"1"}

    def test_restore_refuses_later_and_unknown_snapshots(self, ctl, dropbox_service):
        first = ctl.snapshot()
        ctl.seed_files({"/a": b"x"})
        second = ctl.snapshot()
        ctl.restore(first)
        assert dropbox_service.files == {}
        ctl.restore(first)
        with pytest.raises(ValueError, match="snapshot: taken after the state"):
            ctl.restore(second)
        with pytest.raises(
            ValueError, match=r"snapshot: expected the number of a snapshot .* got 99"
        ):
            ctl.restore(99)

    def test_the_clock_can_be_read_and_advanced(self, ctl, dropbox_service):
        before = ctl.clock.now()
        assert before == dropbox_service.clock.now()
        assert ctl.clock.advance(3600.5) == dropbox_service.clock.now() == ctl.clock.now()
        assert (ctl.clock.now() - before).total_seconds() == 3600.5
        with pytest.raises(
            ValueError, match="seconds: expected a number greater than or equal to 0"
        ):
            ctl.clock.advance(-1)

    def test_a_system_clock_cannot_be_advanced(self, dropbox_server, ctl):
        with (
            dropbox_server.serving(FakeDropboxService(clock=SystemClock())),
            pytest.raises(ValueError, match="a SystemClock cannot be advanced"),
        ):
            ctl.clock.advance(1)

    def test_seeds_may_have_folders_and_times(self, ctl, dropbox_service):
        old = datetime(2020, 5, 17, 12, 30, 1, tzinfo=timezone.utc)
        ctl.seed_files({"/a": b"1", "/d/": b""}, client_modified=old)
        ctl.seed_files({"/b": b"1"}, client_modified={"/b": old})
        for path in ("/a", "/b"):
            found = dropbox_service.client().files_get_metadata(path)
            assert found.client_modified == old.replace(tzinfo=None)
        assert "  d/" in dropbox_service.tree()
        for wrong in ("yesterday", 5, {"/a": 5}, [old.isoformat()]):
            with pytest.raises(ValueError, match=r"client_modified: expected a time, .*, got "):
                ctl._ask("seed_files", files={"/a": ""}, client_modified=wrong)

    def test_calls_are_returned_with_route_outcome_and_argument(self, ctl, http):
        http.upload({"path": "/a", "mode": "overwrite"}, b"x")
        http.rpc("files/get_metadata", {"path": "/gone"})
        http.send("/2/nonsense")
        http.session.post(f"{http.url}/oauth2/token", data={"grant_type": "refresh_token"})
        calls = ctl.calls()
        assert [(call["route"], call["outcome"]) for call in calls] == [
            ("files/upload", "ok"),
            ("files/get_metadata", "path/not_found"),
            ("nonsense", "400"),
            ("oauth2/token", "invalid_request"),
        ]
        assert [call["account"] for call in calls] == [*["owner@example.com"] * 2, None, None]
        assert calls[0]["arg"]["path"] == "/a"
        assert calls[1]["arg"] == {"path": "/gone"}
        assert calls[2]["arg"] is None
        assert ctl.calls(last=2) == calls[2:]
        assert ctl.calls(last=9) == calls

    def test_calls_are_returned_with_the_fields_of_their_records(self, ctl, http, dropbox_service):
        planned = ctl.faults.server_error("files/upload")
        http.upload({"path": "/a"}, b"four")
        [call] = ctl.calls()
        recorded = dropbox_service.calls[0]
        assert call["time"] == recorded.time.isoformat()
        assert (call["account"], call["app"]) == (recorded.account.email, recorded.app)
        assert [call[name] for name in ("number", "door", "size", "fact", "fault", "stub")] == [
            *(1, "https", 4, "F1.5-08", repr(planned), False)
        ]

    @pytest.mark.dropbox(max_calls=1)
    def test_the_error_for_calls_that_are_not_kept_names_max_calls(self, ctl, http):
        for path in ("/a", "/b"):
            http.rpc("files/get_metadata", {"path": path})
        with pytest.raises(
            ValueError, match=r"^calls: last: expected at most 1, .* --max-calls$"
        ) as e:
            ctl.calls()
        assert "got all of them; use Control.calls(last=1)" in str(e.value)
        with pytest.raises(ValueError, match="the first 1 calls are no longer kept, got 2;"):
            ctl.calls(last=2)
        assert [call["number"] for call in ctl.calls(last=1)] == [2]


class TestFaults:
    def test_faults_are_planned_listed_and_cleared(self, ctl, dropbox_service, http):
        planned = [
            faults.rate_limit("files/upload", times=2, retry_after=15),
            faults.slow("files/*", 2.5, when="after", path="/a*", optional=True),
        ]
        ctl.faults.script(planned)
        assert repr(dropbox_service.faults) == repr(planned)
        assert ctl.faults.planned() == [(planned[0], 2), (planned[1], 1)]
        reply = http.upload({"path": "/b"}, b"x")
        assert (reply.status_code, reply.headers["Retry-After"]) == (429, "15")
        assert ctl.faults.planned() == [(planned[0], 1), (planned[1], 1)]
        ctl.faults.clear()
        assert ctl.faults.planned() == []

    def test_the_faults_of_control_have_the_methods_of_a_local_fault_plan(
        self, ctl, dropbox_service
    ):
        here = FakeDropboxService().faults
        for plan in (here, ctl.faults):
            assert plan.rate_limit("files/upload") == faults.rate_limit("files/upload")
            plan.add(faults.lost_reply("files/download", times=2, optional=True))
            assert plan.left() == [1, 2]
            assert plan.waiting
            with pytest.raises(
                UnfiredFault, match=r"never happened: rate_limit\('files/upload'\)$"
            ):
                plan.verify()
        assert ctl.faults.planned() == here.planned() == dropbox_service.faults.planned()
        ctl.faults.clear()
        ctl.faults.verify()
        assert not ctl.faults.waiting

    @pytest.mark.parametrize("name", control.KINDS)
    def test_every_kind_of_fault_survives_conversion_to_json_and_back(self, name):
        kind = control.KINDS[name]
        for counted in ({"times": 3}, {"at_most": 3, "skip": 2}):
            fault = kind("files/*", **needed_by(kind), **counted, path="/x", optional=True)
            assert control.fault_from_json(control.fault_to_json(fault)) == fault

    def test_a_fault_with_a_function_is_refused(self, ctl, dropbox_service):
        fault = faults.when(bool, faults.lost_reply("files/upload"))
        with pytest.raises(TypeError, match=r"fault: expected one of the kinds .* got when\("):
            ctl.faults.add(fault)
        assert repr(dropbox_service.faults) == "[]"

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ({"kind": "nonsense"}, "kind: expected one of rate_limit, .* got 'nonsense'"),
            ({"kind": "lost_reply"}, "route"),
            ({"kind": "lost_reply", "route": "nonsense"}, "route: expected one such as"),
            ("lost_reply", "faults: fault: expected Mapping"),
        ],
    )
    def test_script_adds_no_fault_if_one_is_invalid(self, ctl, dropbox_service, fault, reason):
        good = control.fault_to_json(faults.lost_reply("files/upload"))
        with pytest.raises(ValueError, match=reason):
            ctl._ask("faults/script", faults=[good, fault])
        assert repr(dropbox_service.faults) == "[]"
        with pytest.raises(TypeError, match="fault: expected Fault"):
            ctl.faults.add("lost_reply")


TEXT = "riviera/get_text_async"


@pytest.mark.dropbox(allow_not_implemented=True)
class TestStubs:
    def test_a_route_that_is_not_faked_is_answered_until_a_reset(self, ctl, dropbox_service, http):
        ctl.stub(TEXT, LaunchResultBase.async_job_id("2"))
        assert http.rpc(TEXT, {}).json() == {".tag": "async_job_id", "async_job_id": "2"}
        assert dropbox_service.client().riviera_get_text_async() == LaunchResultBase.async_job_id(
            "2"
        )
        assert [call["stub"] for call in ctl.calls()] == [True, True]
        ctl.reset()
        assert http.rpc(TEXT, {}).headers["X-FakeDropbox-Not-Implemented"]

    def test_restoring_an_earlier_snapshot_removes_a_stub(self, ctl, http):
        before = ctl.snapshot()
        ctl.stub(TEXT, LaunchResultBase.async_job_id("2"))
        ctl.restore(before)
        assert http.rpc(TEXT, {}).status_code == 400

    @pytest.mark.filterwarnings("ignore:docs/:DeprecationWarning")
    def test_a_stub_may_answer_none_or_a_download(self, ctl, dropbox_service):
        dbx = dropbox_service.client()
        ctl.stub("paper/docs/archive", None)
        assert dbx.paper_docs_archive("id") is None
        result = dropbox.paper.PaperDocExportResult("o", "title", 1, "text/x")
        for content in (b"\x00\xff", b""):
            ctl.stub("paper/docs/download", (result, content))
            found, response = dbx.paper_docs_download("id", dropbox.paper.ExportFormat.markdown)
            assert (found, response.content) == (result, content)

    @pytest.mark.parametrize(
        ("route", "result", "error", "reason"),
        [
            (
                TEXT,
                lambda _call: None,
                TypeError,
                "result: expected an object .* got the function .*serve",
            ),
            (
                TEXT,
                {".tag": "async_job_id", "async_job_id": "1"},
                TypeError,
                f"{TEXT}: expected LaunchResult",
            ),
            ("paper/docs/download", None, TypeError, "expected a tuple of the result and bytes"),
            ("files/upload", None, ValueError, "route: expected one that is not faked"),
            ("riviera/get_txt_async", None, ValueError, "route: expected one such as 'riviera/"),
            (None, None, TypeError, "route: expected str"),
        ],
    )
    def test_a_wrong_stub_is_refused(self, ctl, route, result, error, reason):
        with pytest.raises(error, match=reason):
            ctl.stub(route, result)

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (
                {"result": {}},
                f"result: {TEXT}: expected LaunchResultBase of the SDK as JSON",
            ),
            ({"result": {".tag": "async_job_id", "x": 1}}, "result: .* missing .* key"),
            (
                {"result": {".tag": "async_job_id", "async_job_id": "1"}, "content": "eA=="},
                "content: expected none",
            ),
            ({"route": "nonsense"}, "route: expected one such as"),
            ({"route": "files/upload"}, "route: expected one that is not faked"),
        ],
    )
    def test_wrong_arguments_of_other_programs_are_refused(self, ctl, http, arguments, reason):
        with pytest.raises(ValueError, match=reason):
            ctl._ask("stub", **{"route": TEXT, **arguments})
        assert http.rpc(TEXT, {}).status_code == 400


class TestAccountsAndApps:
    def test_a_login_can_be_created_for_a_new_account_and_app(self, ctl, dropbox_service):
        account = ctl.accounts.create("other@example.com", "Jes\u00fas Burgos")
        assert (
            account["account_id"]
            == dropbox_service.accounts.by_id(account["account_id"]).account_id
        )
        app = ctl.apps.create("small", folder="Small", scopes=["files.metadata.read"])
        login = ctl.logins.create(account["email"], app["key"], ["files.metadata.read"])
        assert isinstance(login, Login)
        assert (login.app_key, login.app_secret) == (app["key"], app["secret"])
        dbx = dropbox_service.client(login)
        assert dbx.files_list_folder("").entries == []
        assert ctl.logins.create().account_email == "owner@example.com"

    def test_files_of_another_account_can_be_seeded_and_read(self, ctl, dropbox_service):
        found = ctl.accounts.create("b@example.com", plan="business", email_verified=False)
        account = dropbox_service.accounts.by_id(found["account_id"])
        assert (account.plan, account.email_verified) == ("business", False)
        first = dropbox_service.accounts.default
        owner = {"account_id": first.account_id, "email": first.email, "plan": "basic"}
        assert list(ctl.accounts) == [owner, found]
        assert found == {**found, "email": "b@example.com", "plan": "business"}
        ctl.seed_files({"/b.txt": b"22"}, account="B@example.com")
        assert ctl.files("b@example.com") == {"/b.txt": b"22"}
        assert ctl.tree("b@example.com") == "/\n  b.txt  2 bytes"
        assert ctl.files() == dropbox_service.files
        for call in (ctl.files, ctl.tree):
            with pytest.raises(ValueError, match="account: expected the e-mail address"):
                call("none@example.com")

    def test_a_team_and_its_login_can_be_created(self, ctl, dropbox_service):
        made = ctl.teams.create("Acme", ["a@example.com", ("b@example.com", "support_admin")])
        (team,) = dropbox_service.teams
        assert made == {"team_id": team.team_id, "name": "Acme"}
        assert ctl.teams.members() == ctl.teams.members(team.team_id)
        assert [(each["role"], each["state"]) for each in ctl.teams.members()] == [
            ("team_admin", "active"),
            ("support_admin", "active"),
        ]
        login = ctl.logins.create(team=team.team_id, scopes=["team_info.read"])
        assert dropbox_service.team_client(login=login).team_get_info().name == "Acme"
        dropbox_service.teams.invite(team, "c@example.com")
        assert ctl.teams.accept("C@example.com")["email"] == "c@example.com"
        for call, message in (
            (lambda: ctl.teams.members("x"), "team: expected the id of a team, got 'x'"),
            (lambda: ctl.logins.create(team="x"), "team: expected the id of a team"),
            (lambda: ctl.teams.accept("x"), "email: expected an address with an invitation"),
            (lambda: ctl.teams.create(licenses=0), "licenses: expected one for each member"),
        ):
            with pytest.raises(ValueError, match=message):
                call()
        with pytest.raises(TypeError, match="members: expected a collection"):
            ctl.teams.create(members="a@example.com")

    def test_a_folder_can_be_shared_by_the_control_interface(self, ctl, dropbox_service):
        for email in ("b@example.com", "c@example.com"):
            ctl.accounts.create(email)
        members = ["B@example.com", ("c@example.com", "viewer")]
        folder = ctl.share_folder("/Docs", members=members, mount=False)
        owner = dropbox_service.client()
        users = owner.sharing_list_folder_members(folder).users
        assert [each.access_type._tag for each in users] == ["owner", "editor", "viewer"]
        assert "not mounted: Docs/" in ctl.tree("b@example.com")
        ctl.share_folder("/Mine", account="b@example.com", members=["owner@example.com"])
        assert ctl.tree() == dropbox_service.tree()
        assert "Mine/  shared by b@example.com, with owner@example.com (editor)" in ctl.tree()
        for given, error in (
            ({"members": ["none@example.com"]}, "members: expected the e-mail address of"),
            ({"account": "none@example.com"}, "account: expected the e-mail address of"),
            ({"members": [("c@example.com", "owner")]}, "members: expected a role of"),
            ({"members": [("c@example.com", "viewer", "x")]}, "members: expected e-mail addresses"),
            ({"members": [()]}, "members: expected e-mail addresses"),
        ):
            with pytest.raises(ValueError, match=error):
                ctl.share_folder("/x", **given)
        for members in (1, "b@example.com"):
            with pytest.raises(TypeError, match="members: expected"):
                ctl.share_folder("/x", members=members)

    def test_files_can_be_uploaded_to_a_file_request(self, ctl, dropbox_service):
        made = dropbox_service.client().file_requests_create("t", "/Docs")
        paths = ctl.upload_to_request(made.url, {"a.txt": b"1", "b": b""}, sender="Ada")
        assert paths == ["/Docs/a - Ada.txt", "/Docs/b - Ada"]
        assert ctl.upload_to_request(made.id, {"a": b"2"}) == ["/Docs/a - Some Body"]
        assert ctl.files()["/Docs/a - Ada.txt"] == b"1"
        for given, error in (
            ({"request": "none"}, "request: expected the URL or id"),
            ({"files": {}}, "files: expected at least one file"),
            ({"sender": "/"}, "sender: expected a name"),
        ):
            with pytest.raises(ValueError, match=error):
                ctl.upload_to_request(**{"request": made.url, "files": {"a": b""}, **given})

    def test_the_given_name_and_surname_that_older_clients_send_are_accepted(
        self, ctl, dropbox_service
    ):
        ctl._ask("accounts/create", email="c@example.com", given_name="Ada", surname="L")
        assert dropbox_service.accounts.by_email("c@example.com").display_name == "Ada L"

    def test_invalid_arguments_raise(self, ctl):
        with pytest.raises(ValueError, match="email: expected an e-mail address"):
            ctl.accounts.create("nonsense")
        with pytest.raises(
            ValueError, match="account: expected the e-mail address of an account, got 'x@y'"
        ):
            ctl.logins.create("x@y")
        for call, argument in ((ctl.logins.create, "account"), (ctl.webhooks.remove, "url")):
            with pytest.raises(ValueError, match=f"{argument}: expected a valid string, got 5"):
                call(5)
        with pytest.raises(ValueError, match="app: expected the key of an app, got 'x'"):
            ctl.logins.create(app="x")
        with pytest.raises(ValueError, match="scopes: expected one such as"):
            ctl.apps.create(scopes=["nonsense"])
        with pytest.raises(ValueError, match="files: expected paths that begin with a slash"):
            ctl.seed_files({"a": b""})
        with pytest.raises(ValueError, match="files: expected base64 at '/a'"):
            ctl._ask("seed_files", files={"/a": "%"})
        with pytest.raises(ValueError, match="email"):
            ctl._ask("accounts/create")


class TestAccess:
    @pytest.mark.parametrize("header", [None, "", "Bearer ", "Bearer nonsense", "Bearer \u00e9"])
    def test_a_request_without_the_control_token_is_refused(
        self, dropbox_server, dropbox_service, http, header
    ):
        http.authorization = {}
        headers = {} if header is None else {"Authorization": header.encode("latin-1")}
        reply = http.send("/_fake/reset", b"{}", headers)
        assert reply.status_code == 401
        assert dropbox_server.control_token not in reply.text
        wrong = Control(dropbox_server.url, "wrong", dropbox_server.ca_file)
        with pytest.raises(PermissionError, match="the control token is missing or wrong"):
            wrong.tree()
        login = dropbox_service.login.access_token
        with pytest.raises(PermissionError):
            Control(dropbox_server.url, login, dropbox_server.ca_file).tree()

    @pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 100_000, b'{"x": 1}'])
    def test_an_invalid_request_is_refused(self, dropbox_server, http, body):
        http.authorization = {"Authorization": f"Bearer {dropbox_server.control_token}"}
        assert http.send("/_fake/reset", body).status_code == 400
        assert http.send("/_fake/nonsense", b"{}").status_code == 404
        assert http.send("/_fake/reset", method="GET").status_code == 405

    def test_control_finds_the_server_by_the_environment(self, dropbox_server, monkeypatch):
        for name, value in dropbox_server.environ.items():
            monkeypatch.setenv(name, value)
        assert Control().tree() == "/"
        monkeypatch.delenv("FAKEDROPBOX_URL")
        with pytest.raises(
            ValueError, match="url: expected a value, as this argument or in the env"
        ):
            Control()

    @pytest.mark.parametrize("argument", ["url", "token", "ca_file"])
    def test_control_takes_an_empty_variable_or_argument_for_a_missing_one(
        self, dropbox_server, monkeypatch, argument
    ):
        """Compose sets a variable to an empty text where it hands on one that is not set."""
        names = {"url": "URL", "token": "CONTROL_TOKEN", "ca_file": "CA_FILE"}
        for name, value in dropbox_server.environ.items():
            monkeypatch.setenv(name, value)
        assert Control(**{argument: ""}).tree() == "/"
        monkeypatch.setenv(f"FAKEDROPBOX_{names[argument]}", "")
        for given in (None, ""):
            with pytest.raises(ValueError, match=rf"^{argument}: expected .*; found neither"):
                Control(**{argument: given})

    def test_another_process_controls_the_server(self, dropbox_server, dropbox_service):
        code = (
            "from fakedropbox.control import Control\n"
            "from fakedropbox import faults\n"
            "control = Control()\n"
            "control.seed_files({'/there': b'x'})\n"
            "control.faults.add(faults.lost_reply('files/upload'))\n"
        )
        environ = {**dropbox_server.environ, "PATH": "", "PYTHONPATH": ":".join(sys.path)}
        subprocess.run([sys.executable, "-c", code], check=True, env=environ)  # noqa: S603 -- this very interpreter
        assert dropbox_service.files == {"/there": b"x"}
        assert repr(dropbox_service.faults) == "[lost_reply('files/upload')]"
        dropbox_service.faults.clear()


def test_no_secret_appears_in_any_output(dropbox_server, dropbox_service, http, ctl, caplog):
    """Check logs, recorded calls, bodies of responses, and results of `repr`."""
    caplog.set_level(0)
    login = dropbox_service.login
    other = dropbox_service.logins.create()
    code = dropbox_service.authorize()
    secrets = {
        *(login.app_secret, login.refresh_token, login.access_token),
        *(other.refresh_token, other.access_token, code, dropbox_server.control_token),
    }
    texts = []
    for secret in secrets:
        form = {"grant_type": "refresh_token", "refresh_token": secret, "client_id": secret}
        texts.append(http.session.post(f"{http.url}/oauth2/token", data=form).text)
        for header in (f"Bearer {secret}x", f"Basic {secret}", secret):
            http.authorization = {"Authorization": header}
            texts.append(http.rpc("files/get_metadata", {"path": "/a"}).text)
            texts.append(http.send(f"/_fake/tree?token={secret}", b"{}").text)
            query = f"/2/files/download?authorization=Bearer%20{secret}x"
            texts.append(http.send(query, method="GET").text)
        texts.append(http.send("/", headers={"Host": "x", "Authorization": secret}).text)
    texts += [repr(ctl.calls()), repr(ctl), repr(dropbox_server), repr(list(dropbox_service.calls))]
    records = [record for record in caplog.records if not record.name.startswith("urllib3")]
    texts += [record.getMessage() for record in records]
    for secret in secrets:
        assert not [text for text in texts if secret in text]


@pytest.mark.dropbox(plan="pro", files={"/a.txt": b"1"})
def test_no_password_of_a_link_appears_in_any_output(dropbox_service, http, ctl, caplog):
    """Check good, wrong and ill-formed passwords; only responses to ill-formed ones quote them."""
    caplog.set_level(0)
    secret = "open-sesame"
    url = http.rpc("sharing/create_shared_link_with_settings", {"path": "/a.txt"}).json()["url"]
    settings = {"link_password": secret, "require_password": True}
    texts = [http.rpc("sharing/modify_shared_link_settings", {"url": url, "settings": settings})]
    for password in (secret, f"{secret}x", [secret], {secret: secret}):
        settings = {"link_password": password}
        reading = {"url": url, "link_password": password}
        shared = {"url": url, "password": password}
        texts += [
            *(
                http.rpc(f"sharing/{route}", {given: at, "settings": settings})
                for route, given, at in (
                    ("create_shared_link_with_settings", "path", "/a.txt"),
                    ("create_shared_link_with_settings", "path", "/none"),
                    ("modify_shared_link_settings", "url", url),
                    ("modify_shared_link_settings", "url", "none"),
                )
            ),
            http.rpc("sharing/get_shared_link_metadata", reading),
            http.send(
                "/2/sharing/get_shared_link_file",
                headers={"Dropbox-API-Arg": json.dumps({**reading, "path": "/none"})},
            ),
            http.rpc("files/list_folder", {"path": "", "shared_link": shared}),
            http.rpc("files/list_folder/get_latest_cursor", {"path": "", "shared_link": shared}),
            http.send(
                "/2/files/get_thumbnail_v2",
                headers={"Dropbox-API-Arg": json.dumps({"resource": {".tag": "link", **shared}})},
            ),
        ]
    told = [repr(ctl.calls()), repr(list(dropbox_service.calls)), repr(dropbox_service)]
    records = [record for record in caplog.records if not record.name.startswith("urllib3")]
    told += [record.getMessage() for record in records]
    accepted = texts[: 1 + 2 * (len(texts) - 1) // 4]  # later answers quote values of a wrong type
    told += [text.text for text in accepted] + [repr(text.headers) for text in texts]
    assert not [text for text in told if secret in text]


def test_the_client_raises_http_error_for_an_unknown_operation(dropbox_server):
    ctl = Control(dropbox_server.url, dropbox_server.control_token, dropbox_server.ca_file)
    with pytest.raises(requests.HTTPError, match="404"):
        ctl._ask("nonsense")


def test_the_client_closes_its_connections_and_can_be_used_again(dropbox_server, monkeypatch):
    closed = []
    close = requests.Session.close
    monkeypatch.setattr(
        requests.Session, "close", lambda session: (closed.append(1), close(session))
    )
    with Control(
        dropbox_server.url, dropbox_server.control_token, dropbox_server.ca_file
    ) as client:
        client.seed_files({"/a.txt": b"1"})
        assert closed == []
    assert closed == [1]
    assert client.files() == {"/a.txt": b"1"}
    client.close()
    assert closed == [1, 1]
