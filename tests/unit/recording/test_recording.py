"""Tests of recordings: the fields of a row, hidden secrets, and recorded programs."""

import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from itertools import pairwise
from multiprocessing import get_context
from urllib.parse import parse_qsl

import dropbox
import pytest
import requests
from click.testing import CliRunner
from dropbox.exceptions import ApiError
from dropbox.files import CommitInfo, UploadSessionCursor, WriteMode

from fakedropbox import FakeDropboxService, ManualClock
from fakedropbox.cli import main
from fakedropbox.recording import Recorder, recording
from fakedropbox.recording._scrub import Scrubber

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
    """The secrets, the text and the rows of a recording of many kinds of calls."""
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


def test_a_recording_shows_no_secret(recorded):
    secrets, text, _ = recorded
    assert [secret for secret in secrets if secret in text] == []
    assert "Bearer" not in text


def test_a_row_has_the_fields_of_recordings_of_the_real_service(recorded):
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


def test_the_json_formatting_of_a_body_is_kept(recorded):
    _, _, rows = recorded
    body = rows[1]["response"]["body"]
    assert body == json.dumps(json.loads(body))
    assert "\\u00e9" in body


def test_equal_values_have_the_same_placeholder(recorded):
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


@pytest.fixture
def record_row(tmp_path):
    """A function that records an invented exchange and returns its row as text."""
    output = tmp_path / "row.jsonl"
    recorder = Recorder(output, "made up", ManualClock())

    def record(url, answer=None, content_type="application/json", **request):
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = content_type
        response._content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        recorder.record(requests.Request("POST", url, **request).prepare(), response)
        return output.read_text("utf-8").splitlines()[-1]

    return record


API = "https://api.dropboxapi.com/2/"
LINK = "https://www.dropbox.com/scl/fi/abcdefghijklmnopqrstu/a.txt?rlkey=hidden0hidden0hidden0hidd&dl=0"


def test_secrets_in_url_parameters_are_hidden(record_row):
    arg = json.dumps({"path": "/a.txt", "cursor": "hidden1", "link_password": "hidden2"})
    parameters = {"arg": arg, "authorization": "hidden3", "select_user": "dbmid:hidden4"}
    row = record_row(f"{API}files/x", "hidden3", params=parameters)
    assert "hidden" not in row
    shown = dict(parse_qsl(json.loads(row)["query"]))
    assert json.loads(shown["arg"])["path"] == "/a.txt"
    assert (
        record_row(f"{API}files/x", params={"authorization": "Bearer hidden3"}).count("hidden") == 0
    )


@pytest.mark.parametrize("header", ["hidden", "bearer hidden", "OAuth hidden", "Bearer  ~hidden"])
def test_a_token_is_hidden_in_any_header_and_in_the_answer(record_row, header):
    headers = {"Authorization": header}
    answer = f'Invalid authorization value in HTTP header "Authorization": "{header}".'
    row = record_row(f"{API}users/x", answer.encode(), "text/plain", headers=headers)
    assert "hidden" not in row
    assert "Invalid authorization value" in row


def test_parameters_of_sign_in_pages_are_hidden(record_row):
    parameters = {"login_hint": "hidden", "nonce": "hidden nonce", "state": "hidden state"}
    assert "hidden" not in record_row("https://www.dropbox.com/oauth2/authorize", params=parameters)


@pytest.mark.parametrize(
    "answer",
    [
        {"oauth2_token": "hidden"},
        {"session_ids": ["hidden", "hidden too"]},
        {"family_name": "hidden", "picture": "https://example.org/hidden"},
        {"lockholder_name": "hidden", "created": "2026-01-01T00:00:00Z"},
        {"owner_display_names": ["hidden"], "initials": "hidden"},
        {"team": {"id": "dbtid:hidden", "name": "hidden"}, "root_info": {}},
        {"owner_team": {"id": "dbtid:hidden", "name": "hidden"}},
        {"team_member_info": {"team_info": {"id": "dbtid:hidden", "name": "hidden"}}},
        {"group": {"group_name": "hidden", "group_id": "g:hidden", "group_external_id": "hidden"}},
        {"template_ids": ["ptid:hidden"]},
        {"custom_message": "hidden"},
        {"photo_url": "https://example.org/hidden", "short_url": "https://db.tt/hidden"},
        {"entries": [{"thumbnail": "aGlkZGVu" * 5 + "hidden"}]},
        {"highlight_spans": [{"highlight_str": "hidden", "is_highlighted": True}]},
        f"The link {LINK} is gone",
        "https://uc01234.dl.dropboxusercontent.com/cd/0/get/hidden/file",
        "The token sl.u.hidden-hidden-hidden-hidden-hidden-hidden is bad",
    ],
)
def test_secrets_in_answers_of_the_real_service_are_hidden(record_row, answer):
    assert "hidden" not in record_row(f"{API}files/x", answer)


def test_names_of_files_are_not_hidden(record_row):
    answer = {"name": "a.txt", "path_lower": "/s/a.txt", "team": None}
    assert json.loads(json.loads(record_row(f"{API}files/x", answer))["response"]["body"]) == answer


def test_the_location_of_a_photo_is_hidden(record_row):
    row = record_row(f"{API}files/x", {"location": {"latitude": 51.4778, "longitude": -0.0014}})
    assert "51.4" not in row
    assert "0.0014" not in row


@pytest.mark.parametrize(
    "link", [LINK, "https://uc01234.dl.dropboxusercontent.com/cd/0/get/hidden/file"]
)
def test_a_link_has_the_same_placeholder_when_it_is_fetched(record_row, link):
    answer = json.loads(record_row(f"{API}files/x", {"link": link}))
    row = record_row(link)
    assert "hidden" not in row
    assert "01234" not in row
    fetched = json.loads(row)
    shown = f"https://{fetched['host']}{fetched['path']}?{fetched['query']}"
    assert json.loads(answer["response"]["body"])["link"] == shown


def test_secrets_in_an_argument_without_a_content_type_are_hidden(record_row):
    assert "hidden" not in record_row(f"{API}files/x", data='{"password": "hidden"}')
    assert json.loads(record_row(f"{API}files/x", data='{"a": 1}'))["body"] == '{"a": 1}'


def test_a_password_in_a_url_is_hidden_in_the_answer(record_row):
    url = "https://ada:hidden@example.org/x?sig=hidden"
    answer = f"Error: url: {url!r} did not match".encode()
    row = record_row(f"{API}files/save_url", answer, "text/plain", json={"url": url})
    assert "hidden" not in row


def test_a_short_secret_is_not_replaced_within_words(record_row):
    row = record_row(f"{API}files/x", b"e: exports x", "text/plain", json={"password": "x"})
    row = json.loads(record_row(f"{API}files/export", b"exports x", "text/plain"))
    assert (row["path"], row["response"]["body"]) == ("/2/files/export", "exports SECRET_1")


def test_a_secret_that_begins_with_another_is_hidden(record_row):
    both = {"password": "hiddenhiddenhidden", "link_password": "hiddenhiddenhiddenandmore"}
    answer = f"{both['link_password']} {both['password']}".encode()
    assert "hidden" not in record_row(f"{API}files/x", answer, "text/plain", json=both)
    assert "andmore" not in record_row(f"{API}files/x", answer, "text/plain")


def test_requests_to_other_hosts_are_not_recorded(tmp_path):
    class OtherHostAdapter(requests.adapters.BaseAdapter):
        def send(self, request, **_):
            response = requests.Response()
            response.status_code, response.url, response.request = 200, request.url, request
            return response

        def close(self):
            pass

    session = requests.Session()
    session.mount("https://", OtherHostAdapter())
    with recording(tmp_path / "none.jsonl", "elsewhere"):
        session.get("https://example.org/?token=1")
    assert not (tmp_path / "none.jsonl").exists()


def test_a_temporary_link_has_the_same_placeholder_when_it_is_used(recorded):
    _, _, rows = recorded
    links = [
        json.loads(before["response"]["body"])["link"] == f"https://{row['host']}{row['path']}"
        for before, row in pairwise(rows)
        if row["path"].startswith("/apit")
    ]
    assert links == [True, True]


def test_the_end_of_a_recording_restores_requests(service, tmp_path):
    before = requests.Session.send
    with recording(tmp_path / "none.jsonl", "ended"):
        assert requests.Session.send is not before
    assert requests.Session.send is before


def paths_in(file):
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [json.loads(row["api_arg"])["path"] for row in rows]


def test_recordings_can_end_in_any_order(service, tmp_path):
    """Check recordings that overlap, as those of several threads do."""
    before = requests.Session.send
    dbx = dropbox.Dropbox(service.login.access_token, session=service.session())
    first, second = (recording(tmp_path / name, name) for name in ("first", "second"))
    first.__enter__()
    second.__enter__()
    dbx.files_upload(b"", "/both")
    first.__exit__(None, None, None)
    dbx.files_upload(b"", "/second")
    second.__exit__(None, None, None)
    dbx.files_upload(b"", "/none")
    assert paths_in(tmp_path / "first") == ["/both"]
    assert paths_in(tmp_path / "second") == ["/both", "/second"]
    assert requests.Session.send is before


def test_a_patch_undone_after_the_recording_records_nothing_twice(service, tmp_path):
    before = requests.Session.send
    with pytest.MonkeyPatch.context() as monkeypatch, recording(tmp_path / "none", "none"):
        monkeypatch.setattr(requests.Session, "send", len)
    with recording(tmp_path / "all", "all"):
        client_of(service).files_list_folder("")
    assert len((tmp_path / "all").read_text("utf-8").splitlines()) == 2  # the token and the listing
    assert requests.Session.send is before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="os.fork does not exist on this platform")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_its_own_cassette(service, tmp_path):
    output = tmp_path / "exchanges.jsonl"
    dbx = dropbox.Dropbox(service.login.access_token, session=service.session())
    child = get_context("fork").Process(target=dbx.files_upload, args=(b"", "/below"))
    with recording(output, "all", service.clock):
        dbx.files_upload(b"", "/before")
        child.start()
        child.join()
        dbx.files_upload(b"", "/after")
    rows = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    found = [(row["cassette"], row["step"]) for row in rows]
    assert found == [("all", 0), (f"all, process {child.pid}", 0), ("all", 1)]


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
def test_secrets_in_a_text_are_replaced(text, scrubbed):
    assert Scrubber().text(text) == scrubbed


def test_a_compact_json_text_stays_compact():
    text = '{"rev":"0165c31517887570000000388b39613","path":"/\u00e9"}\n'
    assert Scrubber().json(text) == '{"rev":"000000000000100000000","path":"/\u00e9"}\n'


PROGRAM = """
import subprocess, sys
import dropbox
from fakedropbox import FakeDropboxService, ManualClock

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


def test_a_program_and_its_child_process_are_recorded(record, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    done, rows = record(sys.executable, str(program), "/from above")
    assert done.exit_code == 7, done.output
    found = [(row["cassette"], json.loads(row["api_arg"])["path"]) for row in rows]
    assert found == [("recording", "/from above"), ("recording 2", "/from below")]


def test_the_users_own_sitecustomize_still_runs(record, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['OWN'] = '/own'", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    program = tmp_path / "program.py"
    program.write_text("import os, sys; sys.argv[1:] = [os.environ['OWN'], '']" + PROGRAM, "utf-8")
    path = ":".join([str(tmp_path), *filter(None, sys.path)])
    monkeypatch.setenv("PYTHONPATH", path)
    done, rows = record(sys.executable, str(program))
    assert done.exit_code == 0, done.output
    assert [json.loads(row["api_arg"])["path"] for row in rows] == ["/own"]


def test_a_program_without_calls_of_dropbox_is_an_error(record):
    done, rows = record(sys.executable, "-c", "pass")
    assert (done.exit_code, rows) == (1, [])
    assert "expected exchanges with Dropbox, saw none" in done.output


def test_a_missing_output_folder_is_an_error(tmp_path):
    output = str(tmp_path / "none" / "out.jsonl")
    done = CliRunner().invoke(main, ["record", "-o", output, "--", sys.executable, "-c", ""])
    assert done.exit_code == 1
    assert f"output: expected a file in an existing folder, got {output}" in done.output


def test_a_missing_program_is_an_error(record):
    done, _ = record("no-such-program-at-all")
    assert done.exit_code == 1
    assert "no-such-program-at-all" in done.output


def test_threads_share_a_recording(service, tmp_path):
    output = tmp_path / "exchanges.jsonl"
    barrier = threading.Barrier(8)

    def work(number):
        dbx = client_of(service)
        barrier.wait(10)
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
    assert [row["step"] for row in rows] == list(range(8 * 21))  # each thread fetched a token first
    ids = {json.loads(row["response"]["body"]).get("id") for row in rows}
    assert len(ids - {None}) == 8 * 20
