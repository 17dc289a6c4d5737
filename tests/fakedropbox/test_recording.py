"""What a recording keeps, and what it never shows."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from itertools import pairwise

import dropbox
import pytest
import requests
from click.testing import CliRunner
from dropbox.exceptions import ApiError
from dropbox.files import CommitInfo, UploadSessionCursor, WriteMode

from fakedropbox import FakeDropboxService
from fakedropbox._scrub import Scrubber
from fakedropbox.cli import main
from fakedropbox.recording import recording

BYTES = {"Content-Type": "application/octet-stream"}
LONG = b"nobody's business at all: " + b"x" * 10


def client_of(service):
    login = service.login
    return dropbox.Dropbox(
        oauth2_refresh_token=login.refresh_token,
        app_key=login.app_key,
        app_secret=login.app_secret,
        session=service.session(),
    )


@pytest.fixture
def service():
    return FakeDropboxService(seed=5)


@pytest.fixture
def recorded(service, tmp_path):
    """What came of a little of everything: the client's values, and the rows."""
    output = tmp_path / "exchanges.jsonl"
    dbx = client_of(service)
    with recording(output, "everything", service.clock):
        first = dbx.files_upload(b"hello", "/Docs/\u00e9.txt")
        second = dbx.files_upload(LONG, "/Docs/b.txt")
        dbx.files_upload(b"\0", "/Docs/b.txt", mode=WriteMode.update(second.rev))
        page = dbx.files_list_folder("/Docs", limit=1)
        after = dbx.files_list_folder_continue(page.cursor)
        dbx.files_download(f"rev:{second.rev}")
        with pytest.raises(ApiError):
            dbx.files_copy_v2(f"{first.id}", f"{first.id}/below")
        session = dbx.files_upload_session_start(b"hel")
        cursor = UploadSessionCursor(session.session_id, 3)
        dbx.files_upload_session_finish(b"lo", cursor, CommitInfo("/c"))
        reference = dbx.files_copy_reference_get("/c")
        link = dbx.files_get_temporary_link("/c").link
        assert service.session().get(link).content == b"hello"
        upload_link = dbx.files_get_temporary_upload_link(CommitInfo("/d")).link
        service.session().post(upload_link, b"1", headers=BYTES).raise_for_status()
        account = dbx.users_get_current_account()
        with pytest.raises(dropbox.exceptions.BadInputError):
            dbx.files_list_folder_continue(f"{page.cursor}x")
    rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    login = service.login
    secrets = {
        *(login.refresh_token, login.app_key, login.app_secret, dbx._oauth2_access_token),
        *(first.id, second.id, first.rev, second.rev, page.cursor, after.cursor),
        *(link.rpartition("/")[2], upload_link.rpartition("/")[2]),
        *(session.session_id, reference.copy_reference, account.account_id, account.email),
        *(account.name.display_name, account.name.surname, account.name.given_name),
        *(account.referral_link, account.root_info.root_namespace_id, LONG.decode()),
    }
    return secrets, output.read_text("utf-8"), rows


def test_no_secret_is_shown(recorded):
    secrets, text, _ = recorded
    assert [secret for secret in secrets if secret in text] == []
    assert "Bearer" not in text


def test_a_row_has_what_the_recordings_of_the_real_service_have(recorded):
    _, _, rows = recorded
    upload = rows[1]
    assert [row["step"] for row in rows] == list(range(len(rows)))
    assert {row["cassette"] for row in rows} == {"everything"}
    assert (upload["method"], upload["host"]) == ("POST", "content.dropboxapi.com")
    assert upload["path"] == "/2/files/upload"
    assert json.loads(upload["api_arg"])["path"] == "/Docs/\u00e9.txt"
    assert upload["content_type"] == "application/octet-stream"
    assert (upload["body"], rows[2]["body"]) == ("hello", {"bytes": len(LONG)})
    assert upload["response"]["status"] == 200
    assert upload["response"]["headers"]["content-type"] == "application/json"
    assert parsedate_to_datetime(upload["date"]).year == 2026
    assert "query" not in upload


def test_the_style_of_a_json_text_stays(recorded):
    _, _, rows = recorded
    body = rows[1]["response"]["body"]
    assert body == json.dumps(json.loads(body))
    assert "\\u00e9" in body


def test_the_same_value_has_the_same_stand_in(recorded):
    _, _, rows = recorded
    uploaded = json.loads(rows[2]["response"]["body"])
    assert json.loads(rows[3]["api_arg"])["mode"]["update"] == uploaded["rev"]
    rewritten = json.loads(rows[3]["response"]["body"])
    assert rewritten["id"] == uploaded["id"]
    assert rewritten["rev"] != uploaded["rev"]
    listed = json.loads(rows[4]["response"]["body"])
    assert json.loads(rows[5]["body"])["cursor"] == listed["cursor"]
    downloaded = rows[6]
    assert json.loads(downloaded["api_arg"])["path"] == f"rev:{uploaded['rev']}"
    assert downloaded["response"]["headers"]["etag"] == f'W/"{uploaded["rev"]}"'
    assert downloaded["response"]["body"] == {"bytes": len(LONG)}


def test_what_is_not_about_dropbox_is_not_recorded(tmp_path):
    class Elsewhere(requests.adapters.BaseAdapter):
        def send(self, request, **_):
            response = requests.Response()
            response.status_code, response.url, response.request = 200, request.url, request
            return response

        def close(self):
            pass

    session = requests.Session()
    session.mount("https://", Elsewhere())
    with recording(tmp_path / "none.jsonl", "elsewhere"):
        session.get("https://example.org/?token=1")
    assert not (tmp_path / "none.jsonl").exists()


def test_what_is_fetched_from_a_temporary_link_is_still_known_as_that(recorded):
    _, _, rows = recorded
    links = [
        json.loads(before["response"]["body"])["link"] == f"https://{row['host']}{row['path']}"
        for before, row in pairwise(rows)
        if row["path"].startswith("/apit")
    ]
    assert links == [True, True]


def test_after_the_end_nothing_is_recorded(service, tmp_path):
    before = requests.Session.send
    with recording(tmp_path / "none.jsonl", "ended"):
        assert requests.Session.send is not before
    assert requests.Session.send is before


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Bearer sl.A-b_c.d", "Bearer SECRET_1"),
        ("id:abcdefghijklmnopqrstuv/x", f"id:{1:022}/x"),
        ("ns:123/x", "ns:1/x"),
        ("of ada@lab.org", "of user1@test.com"),
        ("did:abcdefghijklmnopqrstuv", "did:abcdefghijklmnopqrstuv"),
    ],
)
def test_a_text(text, scrubbed):
    assert Scrubber().text(text) == scrubbed


def test_a_compact_json_text_stays_compact():
    text = '{"rev":"0165c31517887570000000388b39613","path":"/\u00e9"}\n'
    assert Scrubber().json(text) == '{"rev":"000000000000100000000","path":"/\u00e9"}\n'


PROGRAM = """
import subprocess, sys
import dropbox
from fakedropbox import FakeDropboxService

service = FakeDropboxService()
with service.activate():
    dropbox.Dropbox(service.login.access_token).files_upload(b"1", sys.argv[1])
if len(sys.argv) == 2:
    subprocess.run([sys.executable, __file__, "/from below", "last"], check=True)
    sys.exit(7)
"""


@pytest.fixture
def record(tmp_path):
    output = tmp_path / "out.jsonl"

    def run(*command):
        done = CliRunner().invoke(main, ["record", "-o", str(output), "--", *command])
        rows = output.read_text("utf-8").splitlines() if output.exists() else []
        return done, [json.loads(row) for row in rows]

    return run


def test_a_program_and_what_it_starts_are_recorded(record, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    done, rows = record(sys.executable, str(program), "/from above")
    assert done.exit_code == 7, done.output
    found = [(row["cassette"], json.loads(row["api_arg"])["path"]) for row in rows]
    assert found == [("recording", "/from above"), ("recording 2", "/from below")]


def test_a_sitecustomize_of_the_users_own_still_runs(record, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['OWN'] = '/own'", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    program = tmp_path / "program.py"
    program.write_text("import os, sys; sys.argv[1:] = [os.environ['OWN'], '']" + PROGRAM, "utf-8")
    path = ":".join([str(tmp_path), *filter(None, sys.path)])
    monkeypatch.setenv("PYTHONPATH", path)
    done, rows = record(sys.executable, str(program))
    assert done.exit_code == 0, done.output
    assert [json.loads(row["api_arg"])["path"] for row in rows] == ["/own"]


def test_a_program_that_says_nothing_to_dropbox(record):
    done, rows = record(sys.executable, "-c", "pass")
    assert (done.exit_code, rows) == (1, [])
    assert "expected exchanges with Dropbox, saw none" in done.output


def test_a_folder_that_there_is_not(tmp_path):
    output = str(tmp_path / "none" / "out.jsonl")
    done = CliRunner().invoke(main, ["record", "-o", output, "--", sys.executable, "-c", ""])
    assert done.exit_code == 1
    assert f"output: expected a file in a folder that there is, got {output}" in done.output


def test_a_program_that_there_is_not(record):
    done, _ = record("no-such-program-at-all")
    assert done.exit_code == 1
    assert "no-such-program-at-all" in done.output


def test_threads_share_a_recording(service, tmp_path):
    output = tmp_path / "exchanges.jsonl"
    together = threading.Barrier(8)

    def work(number):
        dbx = client_of(service)
        together.wait(10)
        for turn in range(20):
            dbx.files_upload(b"x", f"/{number}/{turn}")

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with recording(output, "threads", service.clock), ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
    finally:
        sys.setswitchinterval(before)
    rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    assert [row["step"] for row in rows] == list(range(8 * 21))  # each began with a refresh
    ids = {json.loads(row["response"]["body"]).get("id") for row in rows}
    assert len(ids - {None}) == 8 * 20
