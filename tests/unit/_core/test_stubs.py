"""Tests of stubs: answers of a test for routes that are not faked."""

from datetime import datetime

import dropbox
import pytest
import requests
from dropbox.async_ import LaunchResultBase
from dropbox.exceptions import ApiError, AuthError, RateLimitError
from dropbox.paper import PaperDocGetMetadataResult, PaperDocStatus
from tests.support.both_doors import DOORS, client_of, login_of

from fakedropbox import FakeDropboxService, NotImplementedInFake
from fakedropbox._api.registry import IMPLEMENTED, SDK_ROUTES
from fakedropbox.errors import RouteError

TEXT, METADATA = "riviera/get_text_async", "paper/docs/get_metadata"
CREATED = datetime(2026, 1, 1)  # noqa: DTZ001 -- the SDK's times have no zone


def metadata(owner):
    """Return the metadata of a Paper doc."""
    status = PaperDocStatus.active
    return PaperDocGetMetadataResult("doc", owner, "t", CREATED, status, 1, CREATED, owner)


@pytest.fixture
def service():
    return FakeDropboxService()


@pytest.fixture(params=DOORS)
def dbx(request, service):
    arguments = login_of(service) | {"max_retries_on_rate_limit": 0}
    with client_of(request.param, service, **arguments) as client:
        client.check_user("")  # fetch a token
        service.calls.clear()
        yield client


def test_a_result_is_returned_and_recorded(service, dbx):
    given = LaunchResultBase.async_job_id("2")
    service.stub(TEXT, given)
    found = dbx.riviera_get_text_async()
    assert found == given
    assert found is not given
    found._value = "3"
    assert dbx.riviera_get_text_async() == given
    assert [(call.route, call.outcome, call.stub) for call in service.calls] == [
        (TEXT, "ok", True)
    ] * 2
    assert repr(service.calls[0]) == "<riviera/get_text_async (stub): ok>"
    dbx.check_user("")
    assert not service.calls[-1].stub


def test_a_function_as_a_stub_gets_the_call(service, dbx):
    def get(call):
        if call.arg.doc_id == "doc":
            return metadata(owner=call.grant.account.email)
        raise RouteError("doc_not_found")

    service.stub(METADATA, get)
    assert dbx.paper_docs_get_metadata("doc").owner == service.accounts.default.email
    with pytest.raises(ApiError) as caught:
        dbx.paper_docs_get_metadata("none")
    assert caught.value.error.is_doc_not_found()
    assert service.calls[-1].outcome == "doc_not_found"


def exported(title="t"):
    return dropbox.paper.PaperDocExportResult("o", title, 1, "text/x")


@pytest.mark.filterwarnings("ignore:docs/:DeprecationWarning")
def test_a_stub_can_return_downloaded_content_and_read_uploaded_content(service, dbx):
    service.stub("paper/docs/download", (exported("found"), b"text"))
    found, response = dbx.paper_docs_download("id", dropbox.paper.ExportFormat.markdown)
    assert (found.title, response.content) == ("found", b"text")
    seen = []

    def create(call):
        seen.append(call.content)
        return dropbox.paper.PaperDocCreateUpdateResult("id", 1, "t")

    service.stub("paper/docs/create", create)
    assert dbx.paper_docs_create(b"new", dropbox.paper.ImportFormat.markdown).revision == 1
    assert seen == [b"new"]


@pytest.mark.filterwarnings("ignore:docs/:DeprecationWarning")
def test_a_route_without_a_result_returns_none(service, dbx):
    service.stub("paper/docs/archive", None)
    assert dbx.paper_docs_archive("id") is None


@pytest.mark.filterwarnings("ignore:token/:DeprecationWarning")
def test_the_record_of_a_stub_holds_no_secret(service):
    arguments = ("my-token", "my-secret")
    service.stub("auth/token/from_oauth1", dropbox.auth.TokenFromOAuth1Result("given"))
    dbx = service.client()
    dbx.auth_token_from_oauth1(*arguments)
    for call in service.calls:
        assert "my-" not in str(call.arg)
        assert "my-" not in repr(call)


def test_faults_and_scopes_apply_to_stubs_too(service, dbx):
    service.stub(METADATA, metadata("owner@example.com"))
    service.faults.rate_limit(METADATA)
    service.faults.route_error(METADATA, "doc_not_found")
    with pytest.raises(RateLimitError):
        dbx.paper_docs_get_metadata("doc")
    with pytest.raises(ApiError) as caught:
        dbx.paper_docs_get_metadata("doc")
    assert caught.value.error.is_doc_not_found()
    login = service.logins.create(scopes=["files.metadata.write"])
    with pytest.raises(AuthError):
        service.client(login).paper_docs_get_metadata("doc")


def test_a_scratch_and_a_reset_remove_stubs(service, dbx):
    with service.scratch():
        service.stub(TEXT, LaunchResultBase.async_job_id("0"))
        dbx.riviera_get_text_async()
    with pytest.raises(NotImplementedInFake):
        dbx.riviera_get_text_async()
    service.stub(TEXT, LaunchResultBase.async_job_id("0"))
    service.reset()
    with pytest.raises(NotImplementedInFake):
        dbx.riviera_get_text_async()


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        ("riviera/get_txt_async", "route: expected one such as 'riviera/get_text_async', got"),
        ("riviera/*", "route: expected one such as"),
        (
            "files/upload",
            "route: expected one that is not faked, got 'files/upload'; ",
        ),
    ],
)
def test_a_wrong_route_is_refused(service, route, reason):
    with pytest.raises(ValueError, match=reason):
        service.stub(route, None)


@pytest.mark.filterwarnings("ignore:docs/:DeprecationWarning")
@pytest.mark.parametrize(
    ("route", "answer"),
    [
        (TEXT, None),
        (TEXT, {".tag": "async_job_id", "async_job_id": "1"}),
        (TEXT, dropbox.files.DeleteArg("/a")),
        ("paper/docs/archive", 1),
        ("paper/docs/download", exported()),
        ("paper/docs/download", (exported(), "text")),
    ],
)
def test_a_result_of_a_wrong_type_is_refused(service, route, answer):
    with pytest.raises(TypeError, match=f"{route}: expected .* of a stub, got "):
        service.stub(route, answer)
    service.stub(route, lambda _call: answer)
    name = route.replace("/", "_")
    arguments = ["id", dropbox.paper.ExportFormat.html]
    arguments = arguments[: 2 if "download" in route else "archive" in route]
    with pytest.raises(TypeError, match=f"{route}: expected .* of a stub, got "):
        getattr(service.client(), name)(*arguments)


def test_a_stub_must_be_for_a_route(service):
    with pytest.raises(TypeError, match="route: expected str"):
        service.stub(None, None)


def test_every_route_that_is_not_faked_can_have_a_stub(service):
    for name in SDK_ROUTES.keys() - IMPLEMENTED.keys():
        service.stub(name, lambda _call: None)


# Requests for what is not faked


def test_requests_for_what_is_not_faked_are_counted_and_reported(service, dbx):
    for _ in range(2):
        with pytest.raises(NotImplementedInFake):
            dbx.riviera_get_text_async()
    with service.activate(), pytest.raises(NotImplementedInFake):
        requests.get("https://www.dropbox.com/elsewhere", timeout=5)
    service.calls.clear()
    assert list(service.calls.missing.values()) == [2, 1]
    with pytest.raises(
        NotImplementedInFake,
        match=r"text_async is not .* \(2 times\); .*elsewhere.*stub.*allow_not",
    ):
        service.calls.check_implemented()


def test_the_error_for_a_route_that_is_not_faked_suggests_a_stub(service, dbx):
    with pytest.raises(NotImplementedInFake) as raised:
        dbx.riviera_get_text_async()
    reason, note = raised.value.__notes__
    assert "the conversion of documents" in reason
    assert "service.stub('riviera/get_text_async', …)" in note
    assert "docs/how-to/not-faked.md" in note


def test_the_error_for_an_argument_that_is_not_faked_does_not_suggest_a_stub(service, dbx):
    with pytest.raises(NotImplementedInFake) as raised:
        dbx.sharing_share_folder("/a", link_settings=dropbox.sharing.LinkSettings())
    [note] = raised.value.__notes__
    assert "stub" not in note
    assert "docs/explanation/limits.md" in note


def test_check_implemented_reports_only_requests_since_the_last_check(service, dbx):
    """Check a service that tests share: a request of one test must not fail the next ones."""
    with pytest.raises(NotImplementedInFake):
        dbx.riviera_get_text_async()
    with pytest.raises(NotImplementedInFake, match=r"\(1 times\)"):
        service.calls.check_implemented()
    service.calls.check_implemented()
    with pytest.raises(NotImplementedInFake):
        dbx.riviera_get_text_async()
    with pytest.raises(NotImplementedInFake, match=r"\(1 times\)"):
        service.calls.check_implemented()
    assert list(service.calls.missing.values()) == [2]


def test_check_implemented_passes_if_all_requests_are_faked(service, dbx):
    dbx.check_user("")
    service.calls.check_implemented()


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda dbx: dbx.riviera_get_text_async(), None),
        (
            lambda dbx: dbx.sharing_list_file_members_continue("x"),
            "sharing/list_folder_members/continue",
        ),
    ],
)
def test_a_route_is_suggested_only_if_its_name_is_similar(service, call, named, monkeypatch):
    monkeypatch.delitem(IMPLEMENTED, "sharing/list_file_members/continue")
    with pytest.raises(NotImplementedInFake) as caught:
        call(service.client())
    assert ("similar route" in str(caught.value)) == (named is not None)
    assert named is None or f"is: {named}" in str(caught.value)
