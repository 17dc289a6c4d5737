"""Tests of the headers and answers that a service keeps for its page and failure reports."""

import json
from types import SimpleNamespace

import pytest
from dropbox.exceptions import ApiError, DropboxException

from fakedropbox import FakeDropboxService
from fakedropbox._core.exchanges import Exchanges, scrubbed
from fakedropbox._core.shown_json import (
    error_without_secrets,
    short_text,
    shortened,
    shown,
    without_secrets,
)


@pytest.fixture
def service(dropbox_service):
    dropbox_service.gate.keep_exchanges()
    return dropbox_service


def last(service):
    return service.gate.exchanges.of(service.calls[-1])


def answer_of(service):
    return json.loads(last(service).answer)


def test_a_service_without_a_page_keeps_no_answers(dropbox_service):
    before = dropbox_service.gate._chain
    dropbox_service.client().files_list_folder("")
    assert dropbox_service.gate.exchanges is None
    kept = dropbox_service.gate.keep_exchanges()
    assert dropbox_service.gate._chain is not before
    wrapped = dropbox_service.gate._chain
    assert dropbox_service.gate.keep_exchanges() is kept
    assert dropbox_service.gate._chain is wrapped
    assert kept.of(dropbox_service.calls[-1]) is None  # the call came before `keep_exchanges`


class TestDirectClient:
    def test_the_result_is_kept_without_headers(self, service):
        service.client().files_upload(b"four", "/a.txt")
        assert answer_of(service)["path_display"] == "/a.txt"
        assert (last(service).sent, last(service).received, last(service).status) == ((), (), None)

    def test_a_kept_answer_does_not_change_with_the_callers_result(self, service):
        found = service.client().files_upload(b"four", "/a.txt")
        found.name = "other"
        assert answer_of(service)["name"] == "a.txt"

    def test_the_error_of_a_route_is_kept_as_json(self, service):
        with pytest.raises(ApiError):
            service.client().files_get_metadata("/none")
        error = {".tag": "path", "path": {".tag": "not_found"}}
        assert answer_of(service) == {"error_summary": "path/not_found", "error": error}

    def test_the_error_of_a_refused_token_is_kept_as_text(self, service):
        with pytest.raises(DropboxException):
            service.client(oauth2_access_token="x").files_list_folder("")
        assert last(service).answer == "invalid_access_token"

    def test_the_tokens_of_a_refresh_are_not_kept(self, service):
        service.client(oauth2_access_token=None).refresh_access_token()
        assert service.calls[-1].route == "oauth2/token"
        assert last(service).answer == ""

    def test_the_content_of_a_download_is_not_kept(self, service):
        service.seed_files({"/a.txt": b"confidential"})
        service.client().files_download("/a.txt")
        assert answer_of(service)["size"] == 12
        assert "confidential" not in last(service).answer

    def test_keeping_answers_draws_no_random_values(self, dropbox_services):
        """Over HTTP, answers get random ids and dots in summaries; keeping an answer draws none."""
        plain, watched = dropbox_services(), dropbox_services()
        watched.gate.keep_exchanges()
        for each in (plain, watched):
            each.client().files_upload(b"1", "/a")
            with pytest.raises(ApiError):
                each.client().files_get_metadata("/none")
        assert plain.gate.world.chance.state() == watched.gate.world.chance.state()


class TestOverHttp:
    @pytest.fixture
    def dbx(self, service):
        import dropbox

        return dropbox.Dropbox(service.login.access_token, session=service.session())

    def test_headers_and_status_are_kept_without_secrets(self, service, dbx):
        dbx.files_list_folder("")
        kept = last(service)
        assert kept.status == 200
        assert dict(kept.sent)["Authorization"] == "Bearer …"
        assert dict(kept.sent)["User-Agent"].startswith("OfficialDropboxPythonSDK")
        assert dict(kept.received)["Content-Type"] == "application/json"
        assert answer_of(service)["entries"] == []

    def test_a_refusal_is_kept_with_its_status(self, service, dbx):
        with pytest.raises(ApiError):
            dbx.files_get_metadata("/none")
        assert last(service).status == 409
        assert answer_of(service)["error_summary"].startswith("path/not_found/")

    def test_the_result_of_a_download_is_taken_from_its_header(self, service, dbx):
        service.seed_files({"/a.txt": b"confidential"})
        dbx.files_download("/a.txt")
        assert answer_of(service)["name"] == "a.txt"
        assert dict(last(service).received)["Dropbox-API-Result"] == "…"
        assert "confidential" not in last(service).answer

    def test_tokens_and_links_are_not_kept(self, service, dbx):
        service.seed_files({"/a.txt": b"1"})
        link = dbx.files_get_temporary_link("/a.txt").link
        assert answer_of(service)["link"] == "…"
        shared = dbx.sharing_create_shared_link_with_settings("/a.txt").url
        assert answer_of(service)["url"] == "…"
        form = {"grant_type": "refresh_token", "refresh_token": service.login.refresh_token}
        auth = (service.login.app_key, service.login.app_secret)
        url = "https://api.dropboxapi.com/oauth2/token"
        token = service.session().post(url, data=form, auth=auth).json()["access_token"]
        assert answer_of(service)["access_token"] == "…"
        exchanges = [service.gate.exchanges.of(call) for call in service.calls]
        texts = "".join(f"{each.sent}{each.received}{each.answer}" for each in exchanges)
        login = service.login
        for secret in (link, shared, token, login.access_token, login.app_secret):
            assert secret not in texts

    def test_a_page_is_kept_without_text_and_a_broken_answer_as_it_is(self, service, dbx):
        service.session().get("https://www.dropbox.com/oauth2/authorize?client_id=none")
        assert (last(service).status, last(service).answer) == (400, "")
        service.faults.corrupt_reply("files/list_folder")
        with pytest.raises(ValueError, match=r"expected object|Unterminated|Invalid|Expecting"):
            dbx.files_list_folder("")
        assert last(service).answer == '{"corrupt'

    def test_a_large_answer_is_kept_in_part(self, service, dbx):
        service.seed_files({f"/{number:03}": b"" for number in range(100)})
        dbx.files_list_folder("")
        kept = last(service)
        assert json.loads(kept.answer)["entries"][-1] == "… and 80 more"
        assert len(kept.answer) < 16_000

    def test_a_broken_connection_has_the_headers_of_the_request_only(self, service):
        import requests

        service.faults.connection_refused("files/list_folder")
        with pytest.raises(requests.ConnectionError):
            service.session().post(
                "https://api.dropboxapi.com/2/files/list_folder",
                json={"path": ""},
                headers={"Authorization": f"Bearer {service.login.access_token}"},
            )
        kept = last(service)
        assert (kept.status, kept.received, kept.answer) == (None, (), "")
        assert dict(kept.sent)["Content-Type"] == "application/json"

    def test_a_call_within_another_one_keeps_its_own_answer(self, service, dbx):
        def content(_url):
            service.client().files_list_folder("")
            return b"1"

        service.web = content
        dbx.files_save_url("/a", "https://example.com/secret")
        inner = next(call for call in service.calls if call.route == "files/list_folder")
        outer = next(call for call in service.calls if call.route == "files/save_url")
        exchanges = service.gate.exchanges
        assert "entries" in exchanges.of(inner).answer
        assert exchanges.of(inner).sent == ()
        assert ".tag" in exchanges.of(outer).answer
        assert exchanges.of(outer).status == 200

    def test_the_headers_of_a_request_without_a_call_are_not_kept_for_the_next_call(self, service):
        service.session().get("https://www.dropbox.com/favicon.ico")
        service.client().files_list_folder("")
        assert last(service).sent == ()


def test_only_the_last_answers_are_kept():
    service, kept = FakeDropboxService(), Exchanges(2)

    def refuse(_request):
        raise LookupError("refused")

    observe = kept.observed(refuse)
    records = [service.calls.open("files/upload", "direct") for _ in range(3)]
    for record in records:
        with pytest.raises(LookupError):
            observe(SimpleNamespace(record=record))
    assert [kept.of(record) is None for record in records] == [True, False, False]
    assert kept.of(records[1]).answer == "refused"


def test_private_values_of_headers_are_not_shown():
    headers = {
        "Authorization": "Basic a2V5OnNlY3JldA==",
        "X-Api-Key": "secret",
        "Cookie": "secret",
        "Location": "https://example.com/?code=secret",
        "User-Agent": "x" * 600,
    }
    found = dict(scrubbed(headers.items()))
    assert found["Authorization"] == "Basic …"
    assert found["X-Api-Key"] == found["Cookie"] == found["Location"] == "…"
    assert found["User-Agent"].endswith("x… and 100 more characters")
    assert dict(scrubbed([("Authorization", "secret")])) == {"Authorization": "…"}


def test_secrets_are_replaced_at_any_depth_and_other_values_are_not():
    value = {
        "links": [{"url": "https://secret", "name": "a"}],
        "path": {".tag": "link", "link": {"url": "https://secret", "password": "secret"}},
        "link_password": "secret",
        "remove_password": True,
        "password": "",
        "copy_reference": "secret",
        "cursor": "AAA",
    }
    found = without_secrets(value, "sharing/list_shared_links")
    assert "secret" not in json.dumps(found)
    assert found["links"][0]["name"] == "a"
    assert (found["remove_password"], found["password"], found["cursor"]) == (True, "", "AAA")
    assert value["links"][0]["url"] == "https://secret"


def test_the_ids_of_file_requests_are_secrets_and_other_ids_are_not():
    value = {"id": "A", "ids": ["B", ""], "file_requests": [{"id": "C"}], "file_request_id": "D"}
    assert without_secrets(value, "file_requests/list_v2") == {
        "id": "…",
        "ids": ["…", ""],
        "file_requests": [{"id": "…"}],
        "file_request_id": "…",
    }
    assert without_secrets(value, "team_log/get_events") == value | {"file_request_id": "…"}


def test_secrets_that_an_error_quotes_are_replaced_and_other_values_are_not():
    for name in ("path", "settings.audience"):
        text = f"request body: {name}: 'x' did not match pattern '(/(.|[\\r\\n])*)'"
        assert error_without_secrets(text, "files/upload") == text
    text = "request body: shared_link.url: 'x' 'y\n' expected to be a string"
    hidden = "request body: shared_link.url: '…' expected to be a string"
    assert error_without_secrets(text, "files/list_folder") == hidden


def test_long_lists_and_texts_are_truncated_with_a_note():
    entries = [{"name": str(number)} for number in range(2000)]
    found = shortened({"entries": entries, "text": "x" * 3000, "has_more": False})
    assert len(found["entries"]) == 21
    assert found["entries"][-1] == "… and 1,980 more"
    assert found["text"].endswith("x… and 1,000 more characters")
    assert len(shown({str(number): "x" * 100 for number in range(1000)}, "files/upload")) < 16_100
    assert short_text("abc", 3) == "abc"
