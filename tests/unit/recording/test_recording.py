"""Tests of recordings: the fields of a row, equal stand-ins, and recorded programs."""

import json
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from itertools import pairwise
from multiprocessing import get_context
from urllib.parse import parse_qsl

import dropbox
import pytest
import requests
from click.testing import CliRunner
from dropbox.exceptions import ApiError
from dropbox.files import CommitInfo, UploadSessionCursor, WriteMode
from tests.support.commands import CLEAN, PROGRAM
from urllib3.response import HTTPResponse

from fakedropbox import FakeDropboxService, ManualClock
from fakedropbox.cli import main
from fakedropbox.recording import Recorder, recording

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
        *(first.content_hash, second.content_hash, '"hello"'),
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
    assert (upload["body"]["bytes"], rows[2]["body"]["bytes"]) == (5, len(LONG))
    assert upload["response"]["status"] == 200
    assert upload["response"]["headers"]["content-type"] == "application/json"
    assert parsedate_to_datetime(upload["date"]).year == 2026
    assert "query" not in upload


def test_the_json_formatting_of_a_body_is_kept(recorded):
    _, _, rows = recorded
    body = rows[1]["response"]["body"]
    assert body == json.dumps(json.loads(body))
    assert "\\u00e9" in body


def test_equal_values_have_the_same_stand_in(recorded):
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
    assert downloaded["response"]["body"] == rows[2]["body"]
    assert rows[2]["body"]["bytes"] == len(LONG)


@pytest.fixture
def record_row(tmp_path):
    """A function that records an invented exchange and returns its row as text."""
    output = tmp_path / "row.jsonl"
    recorder = Recorder(output, "made up", ManualClock())

    def record(
        url, answer=None, content_type="application/json", status=200, answered=(), **request
    ):
        response = requests.Response()
        response.status_code = status
        response.headers.update({"Content-Type": content_type, **dict(answered)})
        response._content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        recorder.record(requests.Request("POST", url, **request).prepare(), response)
        return output.read_text("utf-8").splitlines()[-1]

    return record


API = "https://api.dropboxapi.com/2/"
LINK = "https://www.dropbox.com/scl/fi/abcdefghijklmnopqrstu/a.txt?rlkey=hidden0hidden0hidden0hidd&dl=0"


def test_secrets_in_url_parameters_are_hidden(record_row):
    arg = json.dumps({"path": "/a.txt", "rev": "hidden1", "link_password": "hidden2"})
    parameters = {"arg": arg, "authorization": "Bearer hidden3", "select_user": "dbmid:hidden4"}
    row = record_row(f"{API}files/download", params=parameters)
    assert "hidden" not in row
    shown = dict(parse_qsl(json.loads(row)["query"]))
    assert json.loads(shown["arg"])["path"] == "/a.txt"
    assert shown["authorization"].startswith("Bearer text_")


@pytest.mark.parametrize("header", ["hidden", "bearer hidden", "OAuth hidden", "Bearer  ~hidden"])
def test_a_token_is_hidden_in_the_text_of_an_error(record_row, header):
    answer = (
        f'Invalid authorization value in HTTP header "Authorization": "{header}".  '
        'Expecting "Bearer <oauth2-access-token>".'
    )
    headers = {"Authorization": header}
    row = record_row(
        f"{API}users/get_current_account", answer.encode(), "text/plain", 400, headers=headers
    )
    assert "hidden" not in row
    assert "Invalid authorization value" in row


def test_only_known_values_of_parameters_of_sign_in_pages_are_shown(record_row):
    parameters = {
        "login_hint": "hidden",
        "nonce": "hidden nonce",
        "response_type": "code",
        "scope": "files.content.read hidden",
    }
    row = record_row("https://www.dropbox.com/oauth2/authorize", params=parameters)
    assert "hidden" not in row
    shown = dict(parse_qsl(json.loads(row)["query"]))
    assert shown["response_type"] == "code"
    assert shown["scope"].split()[0] == "files.content.read"


FILE = {
    ".tag": "file",
    "name": "a.txt",
    "path_lower": "/s/a.txt",
    "path_display": "/S/a.txt",
    "client_modified": "2015-05-12T15:50:38Z",
    "server_modified": "2026-01-01T00:00:00Z",
    "size": 7,
    "is_downloadable": True,
}


def test_the_metadata_of_a_file_without_an_id_is_kept(record_row):
    row = json.loads(record_row(f"{API}files/get_metadata", FILE, json={"path": "/S/a.txt"}))
    assert json.loads(row["response"]["body"]) == FILE
    assert json.loads(row["body"]) == {"path": "/S/a.txt"}


def test_the_location_and_the_time_of_a_photo_are_hidden(record_row):
    photo = {
        ".tag": "photo",
        "time_taken": "2015-05-12T15:50:38Z",
        "location": {"latitude": 51.4778, "longitude": -0.0014},
        "dimensions": {"height": 1500, "width": 2100},
    }
    answer = {**FILE, "media_info": {".tag": "metadata", "metadata": photo}}
    row = json.loads(record_row(f"{API}files/get_metadata", answer))
    shown = json.loads(row["response"]["body"])["media_info"]["metadata"]
    assert shown["location"] == {"latitude": 0.0, "longitude": 0.0}
    assert shown["dimensions"] == photo["dimensions"]
    assert datetime.fromisoformat(shown["time_taken"])
    assert shown["time_taken"] != photo["time_taken"]


@pytest.mark.parametrize(
    "link", [LINK, "https://uc01234.dl.dropboxusercontent.com/cd/0/get/hidden/file"]
)
def test_a_link_has_the_same_stand_in_when_it_is_fetched(record_row, link):
    answer = json.loads(record_row(f"{API}files/get_temporary_link", {"link": link}))
    row = record_row(link)
    assert "hidden" not in row
    assert "01234" not in row
    fetched = json.loads(row)
    query = f"?{fetched['query']}" if "query" in fetched else ""
    shown = f"https://{fetched['host']}{fetched['path']}{query}"
    assert json.loads(answer["response"]["body"])["link"] == shown


def test_secrets_in_an_argument_without_a_content_type_are_hidden(record_row):
    url = f"{API}files/list_folder"
    assert "hidden" not in record_row(url, data='{"password": "hidden"}')
    assert json.loads(record_row(url, data='{"limit": 1}'))["body"] == '{"limit": 1}'


def test_the_size_of_a_body_that_is_a_stream_is_recorded(record_row):
    row = json.loads(
        record_row("https://content.dropboxapi.com/2/files/upload", data=BytesIO(b"123"))
    )
    assert row["body"] == {"bytes": 3}
    row = json.loads(record_row("https://content.dropboxapi.com/2/files/upload", data=iter([b"1"])))
    assert "body" not in row


def test_a_search_for_a_part_of_a_known_name_is_kept(record_row):
    def query_of(text):
        row = json.loads(record_row(f"{API}files/search_v2", json={"query": text}))
        return json.loads(row["body"])["query"]

    assert query_of("report") != "report"
    record_row(f"{API}files/get_metadata", json={"path": "/Report of May.txt"})
    assert query_of("report may") == "report may"
    assert query_of("report hidden") != "report hidden"


def test_an_invalid_date_is_replaced_by_the_time_of_the_clock(record_row):
    url, headers = f"{API}check/user", {"Date": "hidden"}
    assert json.loads(record_row(url, answered=headers))["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    headers = {"Date": "Fri, 31 Dec 9999 23:00:00 -2300"}
    assert json.loads(record_row(url, answered=headers))["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"
    for zone in ("01:02:03 +0100", "00:02:03 -0000", "00:02:03 GMT"):
        row = json.loads(record_row(url, answered={"Date": f"Sat, 07 Feb 2026 {zone}"}))
        assert row["date"] == "Sat, 07 Feb 2026 00:02:03 GMT"


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


def test_redirects_are_recorded_in_order_and_other_hosts_are_not(tmp_path):
    ways = {
        "https://www.dropbox.com/l/one": "https://www.dropbox.com/s/two",
        "https://www.dropbox.com/s/two": "https://example.org/three",
    }

    class RedirectingAdapter(requests.adapters.HTTPAdapter):
        def send(self, request, **_):
            status = 302 if request.url in ways else 200
            headers = {"Location": ways.get(request.url, "")}
            raw = HTTPResponse(BytesIO(b"hidden"), headers, status, preload_content=False)
            return self.build_response(request, raw)

    session = requests.Session()
    session.mount("https://", RedirectingAdapter())
    with recording(tmp_path / "out", "redirects"):
        response = session.get("https://www.dropbox.com/l/one")
        session.get("https://www.dropbox.com/s/two", allow_redirects=False)
    assert response.url == "https://example.org/three"
    rows = [json.loads(line) for line in (tmp_path / "out").read_text("utf-8").splitlines()]
    assert [row["path"].split("/")[1] for row in rows] == ["l", "s", "s"]
    assert [row["response"]["status"] for row in rows] == [302, 302, 302]
    assert "hidden" not in (tmp_path / "out").read_text("utf-8")


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/s/hidden", r"https://www\.dropbox\.com/s/text_\w+"),
        ("https://example.org/hidden?code=hidden", r"https://\w+\.example/"),
        ("https://[hidden", r"https://\w+\.example/"),
    ],
)
def test_the_address_of_a_redirect_is_replaced(record_row, location, shown):
    link = "https://www.dropbox.com/l/one"
    row = record_row(link, b"", status=302, answered={"Location": location})
    assert "hidden" not in row
    assert re.fullmatch(shown, json.loads(row)["response"]["headers"]["location"])


def test_the_stand_in_of_a_token_is_recorded(record_row):
    url, headers = f"{API}check/user", {"Authorization": "Bearer hidden"}
    rows = [record_row(url, headers=headers) for _ in range(2)]
    assert "hidden" not in rows[0]
    assert re.fullmatch(r"text_\w{12}", json.loads(rows[0])["login"])
    assert json.loads(rows[0])["login"] == json.loads(rows[1])["login"]
    of_app = json.loads(record_row(url, headers={"Authorization": "Basic hidden"}))
    assert (of_app["authorization"], "login" in of_app) == ("Basic", False)
    assert "hidden" not in str(of_app)
    assert "authorization" not in json.loads(rows[0])


def test_a_request_of_a_hook_is_recorded(service, tmp_path):
    session = service.session()
    page = "https://www.dropbox.com/oauth2/authorize"

    def ask_again(*_, **__):
        session.hooks["response"] = []
        session.get(page, params={"state": "2"})

    session.hooks["response"] = [ask_again]
    with recording(tmp_path / "out", "hooks", service.clock):
        session.get(page)
    rows = [json.loads(line) for line in (tmp_path / "out").read_text("utf-8").splitlines()]
    assert ["query" in row for row in rows] == [True, False]


def test_a_temporary_link_has_the_same_stand_in_when_it_is_used(recorded):
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


CALLS_AND_A_CHILD = """
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


TEST_WITH_A_CALL = """
import dropbox
from fakedropbox import FakeDropboxService

def test_an_upload():
    service = FakeDropboxService()
    with service.activate():
        dropbox.Dropbox(service.login.access_token).files_upload(b"1", "/a")
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
    program.write_text(CALLS_AND_A_CHILD, "utf-8")
    done, rows = record(sys.executable, str(program), "/from above")
    assert done.exit_code == 7, done.output
    found = [(row["cassette"], json.loads(row["api_arg"])["path"]) for row in rows]
    assert found == [("recording", "/from above"), ("recording 2", "/from below")]
    bodies = [json.loads(row["response"]["body"]) for row in rows]
    assert bodies[0]["id"] == bodies[1]["id"]  # equal in two services, so equal in the recording
    assert rows[0]["body"] == rows[1]["body"]


def test_a_run_of_pytest_that_refuses_warnings_is_recorded(record, tmp_path):
    program = tmp_path / "test_program.py"
    program.write_text(TEST_WITH_A_CALL, "utf-8")
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done, rows = record(sys.executable, "-m", "pytest", *options, str(program))
    assert done.exit_code == 0, done.output
    assert [json.loads(row["api_arg"])["path"] for row in rows] == ["/a"]


def test_the_users_own_sitecustomize_still_runs(record, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import os; os.environ['OWN'] = '/own'", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    program = tmp_path / "program.py"
    program.write_text(
        "import os, sys; sys.argv[1:] = [os.environ['OWN'], '']" + CALLS_AND_A_CHILD, "utf-8"
    )
    path = ":".join([str(tmp_path), *filter(None, sys.path)])
    monkeypatch.setenv("PYTHONPATH", path)
    done, rows = record(sys.executable, str(program))
    assert done.exit_code == 0, done.output
    assert [json.loads(row["api_arg"])["path"] for row in rows] == ["/own"]


BEHIND_A_SERVER = """
import os, dropbox
from fakedropbox.control import Control

dbx = dropbox.Dropbox(
    oauth2_refresh_token=os.environ["DROPBOX_REFRESH_TOKEN"],
    app_key=os.environ["DROPBOX_APP_KEY"],
    app_secret=os.environ["DROPBOX_APP_SECRET"],
)
dbx.files_upload(b"1", "/a")
link = dbx.files_get_temporary_link("/a").link
dbx._session.get(link).raise_for_status()
cursor = dbx.files_list_folder("").cursor
dbx.files_delete_v2("/a")
dbx.files_list_folder_longpoll(cursor)
Control().clock.advance(1)
"""


def test_a_program_behind_a_server_is_recorded_with_the_hosts_of_dropbox(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(BEHIND_A_SERVER, "utf-8")
    output = tmp_path / "out.jsonl"
    record = ["record", "-o", str(output), "--", sys.executable, str(program)]
    command = [*PROGRAM, "run", "--", *PROGRAM, *record]
    done = subprocess.run(command, capture_output=True, text=True, env=CLEAN, check=False)  # noqa: S603 -- this very interpreter
    assert done.returncode == 0, done.stderr
    rows = list(map(json.loads, output.read_text("utf-8").splitlines()))
    assert [
        (row["host"], row["path"].rpartition("/")[2]) for row in rows if "apitl" not in row["path"]
    ] == [
        ("api.dropboxapi.com", "token"),
        ("content.dropboxapi.com", "upload"),
        ("api.dropboxapi.com", "get_temporary_link"),
        ("api.dropboxapi.com", "list_folder"),
        ("api.dropboxapi.com", "delete_v2"),
        ("notify.dropboxapi.com", "longpoll"),
    ]  # without the requests to the control interface, whose token is secret
    assert rows[3]["host"] == "dl.dropboxusercontent.com"


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
