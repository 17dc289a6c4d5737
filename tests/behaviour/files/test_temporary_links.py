"""Tests of temporary links, for downloads and for uploads (F5-08, F4.1-12)."""

import pytest
import requests
from dropbox.common import PathRoot
from dropbox.files import CommitInfo, WriteMode
from tests.support.doors import bad_input, content_hash, refusal
from tests.support.shared_folders import LEVEL, account, by_id, share

from fakedropbox import NotImplementedInFake

FILES = {"/Pages/Café.html": b"<p>hello</p>", "/plain": b"0123456789"}
seeded = pytest.mark.dropbox(files=FILES)


@pytest.fixture
def web(service):
    """An HTTP session without any credentials."""
    return service.session()


@seeded
@pytest.mark.evidence("F5-08")
def test_a_temporary_link_returns_the_file(dbx, web):
    found = dbx.files_get_temporary_link("/pages/café.HTML")
    assert found.metadata == dbx.files_get_metadata("/Pages/Café.html")
    assert found.link.startswith("https://dl.dropboxusercontent.com/apitl/1/AA")
    for _ in range(2):
        reply = web.get(found.link)
        assert (reply.status_code, reply.content) == (200, b"<p>hello</p>")
        assert reply.headers["Content-Type"] == "text/html"
    head = web.head(found.link)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "12", b"")
    assert web.get(found.link).headers["Etag"] == f'W/"{found.metadata.rev}"'


@seeded
@pytest.mark.evidence("F5-08")
def test_a_temporary_link_expires_after_four_hours(dbx, service, web):
    link = dbx.files_get_temporary_link("/plain").link
    service.clock.advance(4 * 3600 - 1)
    assert web.get(link).status_code == 200
    service.clock.advance(1)
    assert web.get(link).status_code == 410
    assert web.get(f"{link}x").status_code == 404
    assert [call.outcome for call in service.calls.of("apitl/1")] == ["ok", "expired", "unknown"]
    assert link.rpartition("/")[2] not in repr(list(service.calls)[-3:])


@pytest.mark.dropbox(allow_not_implemented=True)
@seeded
def test_an_error_message_does_not_show_the_link(dbx, web):
    link = dbx.files_get_temporary_link("/plain").link
    for url in (link, f"{link}/"):
        with pytest.raises(NotImplementedInFake, match=r"POST https://.*/apitl/1/… is not"):
            web.post(url)


@seeded
def test_download_and_upload_links_are_not_interchangeable(dbx, service, web):
    down = dbx.files_get_temporary_link("/plain").link
    up = dbx.files_get_temporary_upload_link(CommitInfo("/new")).link
    (download_url, download_name), (upload_url, upload_name) = (
        link.rsplit("/", 1) for link in (down, up)
    )
    assert web.get(f"{download_url}/{upload_name}").status_code == 404
    assert post_file(web, f"{upload_url}/{download_name}", b"x") == 409
    assert service.files == FILES


@seeded
def test_a_temporary_link_supports_ranges(dbx, web):
    link = dbx.files_get_temporary_link("/plain").link
    part = web.get(link, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert part.headers["Content-Type"] == "application/octet-stream"
    assert web.get(link, headers={"Range": "bytes=10-"}).status_code == 416


@seeded
def test_a_temporary_link_refers_to_one_revision(dbx, service, web):
    old = dbx.files_get_temporary_link("/plain")
    dbx.files_upload(b"new", "/plain", mode=WriteMode.overwrite)
    new = dbx.files_get_temporary_link("/plain")
    again = dbx.files_get_temporary_link(f"rev:{old.metadata.rev}")
    dbx.files_delete_v2("/plain")
    data = [web.get(each.link).content for each in (old, new, again)]
    assert data == [b"0123456789", b"new", b"0123456789"]
    with service.activate():
        assert requests.get(new.link, timeout=5).content == b"new"


@pytest.mark.evidence("F5-03", "F1.4-09")
@pytest.mark.dropbox(files={**FILES, "/x.web": b"{}"})
def test_a_link_to_a_folder_or_a_missing_file_is_refused(dbx):
    assert refusal(dbx.files_get_temporary_link, "/none") == "path/not_found"
    assert refusal(dbx.files_get_temporary_link, "/Pages") == "path/not_file"
    assert refusal(dbx.files_get_temporary_link, "/x.web") == "unsupported_file"
    assert bad_input(dbx.files_get_temporary_link, "/").endswith("The root folder is unsupported.")


def post_file(web, link, body, content_type="application/octet-stream"):
    reply = web.post(link, data=body, headers={"Content-Type": content_type})
    return reply.status_code


@pytest.mark.evidence("F4.1-12")
def test_an_upload_link_stores_one_file_once(dbx, service, web):
    link = dbx.files_get_temporary_upload_link(CommitInfo("/new/a.txt")).link
    assert link.startswith("https://content.dropboxapi.com/apitul/1/AA")
    assert service.files == {}
    headers = {"Content-Type": "application/octet-stream"}
    reply = web.post(link, data=b"brought", headers=headers)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "application/json")
    assert reply.json() == {"content-hash": content_hash(b"brought")}
    assert service.files == {"/new/a.txt": b"brought"}
    again = web.post(link, data=b"again", headers=headers)
    assert again.status_code == 410
    assert again.text == "Temporary upload link has been recently consumed."
    assert service.files == {"/new/a.txt": b"brought"}


@seeded
@pytest.mark.evidence("F4.1-12")
def test_a_refused_upload_does_not_use_up_the_upload_link(dbx, service, web):
    def link(path, **options):
        return dbx.files_get_temporary_upload_link(CommitInfo(path, **options), 60).link

    conflict = link("/plain")
    assert post_file(web, conflict, b"x", "image/png") == 400
    assert post_file(web, conflict, b"x", "") == 400
    assert post_file(web, conflict, b"other") == 409
    assert post_file(web, link("//"), b"x") == 409
    assert post_file(web, f"{conflict}x", b"x") == 409
    assert service.files == FILES
    assert post_file(web, link("/plain", autorename=True), b"other", "text/plain") == 200
    assert post_file(web, link("/plain", mode=WriteMode.overwrite), b"new") == 200
    assert (service.read("/plain"), service.read("/plain (1)")) == (b"new", b"other")
    dbx.files_delete_v2("/plain")
    assert post_file(web, conflict, b"other") == 200  # the failed uploads have not used the link up
    late = link("/late")
    service.clock.advance(60)
    assert post_file(web, late, b"x") == 410
    assert bad_input(dbx.files_get_temporary_upload_link, CommitInfo("/")).endswith(
        "commit_info.path: The root folder is unsupported."
    )


def test_planned_faults_apply_to_links(dbx, service, web):
    link = dbx.files_get_temporary_upload_link(CommitInfo("/a")).link
    service.faults.server_error("apitul/1", status=503)
    assert post_file(web, link, b"1") == 503
    service.faults.lost_reply("apitul/1")
    with pytest.raises(requests.ConnectionError):
        post_file(web, link, b"1")
    assert service.files == {"/a": b"1"}
    assert post_file(web, link, b"2") == 410  # the reply was lost, but the data was stored
    download = dbx.files_get_temporary_link("/a").link
    service.faults.rate_limit("apitl/1", retry_after=5)
    assert web.get(download).status_code == 429
    assert web.get(download).content == b"1"
    service.faults.verify()


def test_restoring_a_snapshot_restores_the_state_of_links(dbx, service, web):
    link = dbx.files_get_temporary_upload_link(CommitInfo("/a")).link
    with service.scratch():
        assert post_file(web, link, b"1") == 200
        other = dbx.files_get_temporary_link("/a").link
    assert web.get(other).status_code == 404
    assert post_file(web, link, b"2") == 200
    assert service.files == {"/a": b"2"}


@pytest.mark.dropbox(app_folder="Small")
def test_an_upload_link_creates_a_deleted_app_folder_again(dbx, service, web):
    link = dbx.files_get_temporary_upload_link(CommitInfo("/a")).link
    service.client(service.logins.create(app=service.apps.create("whole"))).files_delete_v2(
        "/Apps/Small"
    )
    assert post_file(web, link, b"1") == 200
    assert service.files == {"/Apps/Small/a": b"1"}


@pytest.fixture
def docs(dbx):
    """The id of the default account's shared folder ``/Docs``."""
    return share(dbx).shared_folder_id


@pytest.mark.evidence("F4.1-12", "O8-02")
def test_an_upload_link_keeps_the_path_root_of_its_call(dbx, service, web, docs):
    """Also a revision that the upload updates is one of that namespace."""
    rooted = dbx.with_path_root(PathRoot.namespace_id(docs))
    for path, mode in (("/sub/a.txt", WriteMode.add), ("/sub/a.txt", WriteMode.overwrite)):
        link = rooted.files_get_temporary_upload_link(CommitInfo(path, mode=mode)).link
        assert post_file(web, link, mode._tag.encode()) == 200
    assert service.files == {"/Docs/sub/a.txt": b"overwrite"}
    rev = rooted.files_get_metadata("/sub/a.txt").rev
    info = CommitInfo("/sub/a.txt", mode=WriteMode.update(rev))
    assert post_file(web, rooted.files_get_temporary_upload_link(info).link, b"3") == 200
    home = dbx.with_path_root(PathRoot.home)
    assert post_file(web, home.files_get_temporary_upload_link(CommitInfo("/h")).link, b"4") == 200
    assert service.files == {"/Docs/sub/a.txt": b"3", "/h": b"4"}


@pytest.mark.evidence("F4.1-12", "F1.5-05")
def test_an_upload_link_fails_if_its_path_root_is_no_longer_accessible(
    dbx, service, web, docs, connect
):
    friend = service.accounts.create("friend@example.com")
    editor = by_id(friend.account_id, LEVEL.editor)
    dbx.sharing_add_folder_member(docs, [editor])
    rooted = connect(service.logins.create(friend)).with_path_root(PathRoot.namespace_id(docs))
    link = rooted.files_get_temporary_upload_link(CommitInfo("/a")).link
    dbx.sharing_remove_folder_member(docs, account(friend.account_id), leave_a_copy=False)
    assert post_file(web, link, b"1") == 409
    assert (service.files, service.calls[-1].outcome) == ({}, "upload_failed")
    dbx.sharing_add_folder_member(docs, [editor])
    assert post_file(web, link, b"1") == 200
    assert service.files == {"/Docs/a": b"1"}


@pytest.mark.evidence("F5-08", "O8-02")
def test_a_temporary_link_keeps_the_path_root_of_its_call(dbx, web, docs):
    dbx.files_upload(b"shared", "/Docs/a.txt")
    dbx.files_upload(b"private", "/a.txt")
    link = dbx.with_path_root(PathRoot.namespace_id(docs)).files_get_temporary_link("/a.txt").link
    assert web.get(link).content == b"shared"
