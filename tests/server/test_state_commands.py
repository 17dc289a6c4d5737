"""Tests of `fakedropbox state`: showing, exporting and importing a state file."""

import json
import subprocess

import pytest
from click.testing import CliRunner
from dropbox.sharing import MemberSelector, SharedLinkSettings
from tests.support.commands import PROGRAM

from fakedropbox import FakeDropboxService
from fakedropbox.cli import main
from fakedropbox.server.launch import Options, launched


def call(*words):
    """Return the exit code and the output of a command."""
    done = CliRunner().invoke(main, ["state", *map(str, words)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.fixture
def path(tmp_path):
    """A state file with a second account and app, links, a fault and a shared folder."""
    path = tmp_path / "state"
    with launched(Options(state=path, plan="pro", seed=7), FakeDropboxService) as server:
        service = server.service
        bob = service.accounts.create("bob@example.com", "Bob Jones")
        service.apps.create("reader", key="reader-key", folder="Reader")
        service.seed_files({"/a.txt": b"1", "/Docs/b.bin": bytes(range(256)), "/empty/": b""})
        service.seed_files({"/of bob": b"2"}, account=bob)
        service.share_folder("/Docs", members=[bob])
        client = service.client()
        client.files_upload(b"0", "/c.txt")
        client.sharing_create_shared_link_with_settings("/a.txt")
        locked = SharedLinkSettings(require_password=True, link_password="sesame")
        client.sharing_create_shared_link_with_settings("/c.txt", locked)
        service.faults.rate_limit("files/upload", times=2)
    return path


def test_show_prints_what_is_in_a_file_without_secrets(path):
    code, output = call("show", path, "--json")
    assert code == 0
    found = json.loads(output)
    assert (found["format"], found["shared_folders"], found["planned_faults"]) == (2, 1, 1)
    assert [each["email"] for each in found["accounts"]] == ["owner@example.com", "bob@example.com"]
    owner = found["accounts"][0]
    assert (owner["files"], owner["folders"], owner["links"]) == (3, 2, 2)
    assert owner["bytes"] == 258
    with launched(Options(state=path), FakeDropboxService) as server:
        login = server.service.login
    for secret in (login.access_token, login.refresh_token, login.app_secret, "sesame"):
        assert secret not in output
    code, output = call("show", path)
    assert code == 0
    assert "accounts: email bob@example.com, plan basic, files 2" in output


def test_an_exported_service_can_be_imported(path, tmp_path):
    code, output = call("export", path, tmp_path / "out")
    assert code == 0
    assert "not exported: the link to /c.txt of owner@example.com: its password" in output
    assert "not exported: 1 shared folders: each member has a copy of the content" in output
    assert call("import", tmp_path / "out", tmp_path / "new") == (0, "")
    seen = []
    for each in (path, tmp_path / "new"):
        with launched(Options(state=each), FakeDropboxService) as server:
            service = server.service
            bob = service.accounts.by_email("bob@example.com")
            apps = [(app.key, app.folder, app.scopes) for app in service.apps][1:]
            links = [link.name for link in service.client().sharing_list_shared_links().links]
            people = [(each.email, each.plan, each.display_name) for each in service.accounts]
            files = service.files, service.files_of(bob)
            seen.append([files, apps, people, service.faults.planned(), sorted(links)])
            assert "/empty/" in service.tree() or "empty/" in service.tree()
    assert seen[0][:-1] == seen[1][:-1]
    assert seen[0][-1] == ["a.txt", "c.txt"]
    assert seen[1][-1] == ["a.txt"]


def test_an_export_reports_what_a_seed_file_cannot_contain(tmp_path):
    path = tmp_path / "state"
    with launched(Options(state=path, plan="pro", seed=7), FakeDropboxService) as server:
        service = server.service
        client = service.client()
        client.files_upload(b"1", "/a.txt")
        client.sharing_add_file_member("/a.txt", [MemberSelector.email("new@example.com")])
        client.file_requests_create("Homework", "/Homework")
        team = service.teams.create("Team", ["ada@example.org"])
        linked = service.team_client(login=service.logins.create(team=team))
        linked.team_team_folder_create("Plans")
        with service.gate.lock:
            service.gate.world.photos.set(service.accounts.default.account_id, b"image")
    code, output = call("show", path, "--json")
    assert (code, json.loads(output)["shared_folders"]) == (0, 0)
    assert json.loads(output)["teams"] == [{"team_id": team.team_id, "name": "Team"}]
    code, output = call("export", path, tmp_path / "out")
    assert (code, output.splitlines()) == (
        0,
        [
            "not exported: 1 files with members: they are not shared",
            "not exported: 1 file requests",
            "not exported: 1 teams: members with an account are those of one team",
            "not exported: 1 team folders, with their content",
            "not exported: 1 contacts",
            "not exported: 1 profile photos",
        ],
    )


def test_the_seed_file_of_an_export_fills_a_service(path, tmp_path):
    call("export", path, tmp_path / "out")
    service = FakeDropboxService(seed=tmp_path / "out" / "seed.json", plan="pro")
    assert service.read("/Docs/b.bin") == bytes(range(256))


@pytest.mark.parametrize("command", ["show", "export"])
def test_a_file_that_is_not_a_state_file_is_refused_and_kept(command, tmp_path):
    path = tmp_path / "notes"
    words = [tmp_path / "out"] if command == "export" else []
    code, output = call(command, path, *words)
    assert code == 1
    assert f"state: expected a state file of `fakedropbox serve`, got {path}" in output
    path.write_text("of a person")
    code, output = call(command, path, *words)
    assert code == 1
    assert "has other content" in output
    assert path.read_text() == "of a person"
    assert not (tmp_path / "out").exists()


def test_an_export_overwrites_nothing(path, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "seed.json").write_text("of a person")
    code, output = call("export", path, tmp_path / "out")
    assert code == 1
    assert "folder: expected a new or empty folder, got" in output
    assert [each.name for each in (tmp_path / "out").iterdir()] == ["seed.json"]


def test_an_import_overwrites_nothing_and_needs_an_export(path, tmp_path):
    before = path.read_bytes()
    call("export", path, tmp_path / "out")
    code, output = call("import", tmp_path / "out", path)
    assert code == 1
    assert "state: expected a new or empty file" in output
    assert path.read_bytes() == before
    (tmp_path / "other").mkdir()
    code, output = call("import", tmp_path / "other", tmp_path / "new")
    assert code == 1
    assert "folder: expected one that `fakedropbox state export` wrote" in output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [["--sync"], ["--keep-calls", "5"]])
def test_an_option_about_a_state_file_is_refused_without_one(words):
    done = CliRunner().invoke(main, ["serve", *words])
    assert done.exit_code == 1
    assert done.output == f"Error: {words[0]}: expected it with --state, which it is about\n"


def test_sync_waits_for_the_disk(tmp_path):
    found = []
    for sync in (False, True):
        options = Options(state=tmp_path / "state", sync=sync)
        with launched(options, FakeDropboxService) as server:
            database = server._keeper._file._database
            found.append(database.execute("PRAGMA synchronous").fetchone()[0])
    assert found == [1, 2]  # NORMAL, FULL


def test_serve_says_what_a_state_file_does_not_keep(tmp_path):
    command = [*PROGRAM, "serve", "--state", str(tmp_path / "state")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- this very interpreter
    process.stdout.readline()
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "does not keep what only this process has: snapshots, stubs" in said
    assert "with a function (`when`)" in said
    assert "--keep-calls" in said
