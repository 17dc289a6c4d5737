"""Tests of `download_zip`, of Paper docs, and of exports (F5-03 to F5-05)."""

import base64
import io
import json
import zipfile
from datetime import datetime

import pytest
from dropbox.files import ImportFormat, PaperDocUpdatePolicy
from tests.support.doors import bad_input, content, content_hash, listed, refusal

from fakedropbox import NotImplementedInFake

FILES = {"/Top/a.txt": b"a" * 5000, "/Top/Sub/B.bin": bytes(range(256)), "/other": b""}
seeded = pytest.mark.dropbox(files=FILES)


def read_zip(dbx, path):
    """Return the metadata of a folder, and its ZIP file."""
    result, response = dbx.files_download_zip(path)
    return result.metadata, zipfile.ZipFile(io.BytesIO(response.content))


@seeded
@pytest.mark.evidence("F5-04")
def test_a_folder_can_be_downloaded_as_a_zip_file(dbx):
    dbx.files_create_folder_v2("/Top/Empty")
    when = datetime(2001, 2, 3, 4, 5, 6)  # noqa: DTZ001 -- the SDK needs a naive datetime
    dbx.files_upload(b"old", "/Top/é.txt", client_modified=when)
    meta, archive = read_zip(dbx, "/top")
    assert meta == dbx.files_get_metadata("/Top")
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == sorted(
        ["Top/", "Top/Empty/", "Top/Sub/", "Top/Sub/B.bin", "Top/a.txt", "Top/é.txt"]
    )
    assert archive.read("Top/a.txt") == FILES["/Top/a.txt"]
    assert archive.read("Top/Sub/B.bin") == FILES["/Top/Sub/B.bin"]
    assert archive.getinfo("Top/é.txt").date_time == (2001, 2, 3, 4, 5, 6)
    assert read_zip(dbx, "/Top/Sub")[1].namelist() == ["Sub/", "Sub/B.bin"]


@pytest.mark.dropbox(files={**FILES, "/x.web": b"{}"})
def test_zip_files_and_exports_can_be_saved_to_a_file(dbx, tmp_path):
    dbx.files_download_zip_to_file(str(tmp_path / "zip"), "/Top")
    assert zipfile.ZipFile(tmp_path / "zip").read("Top/a.txt") == FILES["/Top/a.txt"]
    dbx.files_export_to_file(str(tmp_path / "url"), "/x.web")
    assert (tmp_path / "url").read_bytes() == b"{}"


@seeded
@pytest.mark.evidence("F5-04", "F1.4-09")
def test_files_and_too_big_folders_have_no_zip_file(dbx, monkeypatch):
    assert refusal(dbx.files_download_zip, "/other") == "path/not_folder"
    assert refusal(dbx.files_download_zip, "/none") == "path/not_found"
    assert bad_input(dbx.files_download_zip, "/").endswith("The root folder is unsupported.")
    limits = "fakedropbox._api.files.zips."
    for name, limit, tag in [
        ("ZIP_ENTRIES", 4, "too_many_files"),  # Top, Sub, and two files
        ("ZIP_FILE_BYTES", 5000, "too_large"),
        ("ZIP_BYTES", 5256, "too_large"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(limits + name, limit)
            assert refusal(dbx.files_download_zip, "/Top") == tag
            patch.setattr(limits + name, limit + 1)
            dbx.files_download_zip("/Top")


def test_a_name_that_is_too_long_for_a_zip_file_is_refused(dbx):
    deep = "/top" + f"/{'n' * 254}" * 256
    dbx.files_create_folder_v2(f"{deep}/{'n' * 250}")
    assert max(map(len, read_zip(dbx, "/top")[1].namelist())) == 65535  # in bytes, with the slashes
    dbx.files_create_folder_v2(f"{deep}/{'é' * 125}n")
    assert refusal(dbx.files_download_zip, "/top") == "too_large"


@seeded
@pytest.mark.evidence("F3.1-04", "F5-04")
def test_a_revision_is_not_a_folder(dbx):
    rev = dbx.files_get_metadata("/other").rev
    assert refusal(dbx.files_download_zip, f"rev:{rev}") == "path/not_folder"
    assert refusal(dbx.files_download_zip, "rev:0123456789") == "path/not_found"


@seeded
@pytest.mark.evidence("F5-04")
def test_download_zip_has_its_result_in_a_header_and_ignores_ranges(wire):
    def get(**headers):
        arg = json.dumps({"path": "/Top"})
        url = "https://content.dropboxapi.com/2/files/download_zip"
        return wire.send(url, None, {"Dropbox-API-Arg": arg, **headers})

    reply = get()
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert list(json.loads(reply.headers["Dropbox-API-Result"])) == ["metadata"]
    assert "Accept-Ranges" not in reply.headers
    assert "Etag" not in reply.headers
    part = get(Range="bytes=0-9")
    assert (part.status_code, part.content) == (200, reply.content)


MARKDOWN = b"# Title\n\nSome *text* and **bold**\n\n- one\n- two\n"
HTML = b"<p>Fish &amp; chips</p>\n"


def export_doc(dbx, path, form=None):
    result, response = dbx.files_export(path, form)
    assert result.export_metadata.size == len(response.content)
    assert result.export_metadata.export_hash == content_hash(response.content)
    return result.export_metadata.name, response.content


def test_a_paper_doc_can_be_created_and_exported(dbx, service):
    made = dbx.files_paper_create(HTML, "/Notes/Lunch.paper", ImportFormat.html)
    meta = dbx.files_get_metadata("/notes/lunch.paper")
    assert (made.result_path, made.file_id) == ("/Notes/Lunch.paper", meta.id)
    assert made.paper_revision == 1
    assert made.url.startswith("https://www.dropbox.com/scl/fi/")
    assert meta.is_downloadable is False
    assert meta.export_info.export_as == "html"
    assert meta.export_info.export_options == ["html", "markdown", "plain_text"]
    assert meta in listed(dbx, "/Notes")
    assert service.read("/Notes/Lunch.paper") == HTML
    assert export_doc(dbx, "/Notes/Lunch.paper") == ("Lunch.html", HTML)
    assert export_doc(dbx, meta.id, "plain_text") == ("Lunch.txt", b"Fish & chips\n")
    result = dbx.files_export(f"rev:{meta.rev}")[0]
    assert (result.file_metadata, result.export_metadata.paper_revision) == (meta, 1)


@pytest.mark.parametrize(
    ("form", "content", "text", "html"),
    [
        (ImportFormat.plain_text, b"1 < 2\nthree", b"1 < 2\nthree\n", b"<p>1 &lt; 2<"),
        (ImportFormat.markdown, MARKDOWN, b"Title\nSome text and bold\none\ntwo\n", b"<h1>Title"),
        (ImportFormat.html, b"<h1>A</h1>b<br>c", b"A\nb\nc\n", b"<h1>A</h1>b"),
        (ImportFormat.html, b"<p>A\n b</p>", b"A b\n", b"<p>A\n b</p>\n"),
    ],
)
def test_docs_of_each_import_format_can_be_exported_as_text_and_html(
    dbx, form, content, text, html
):
    pytest.importorskip("markdown_it")
    dbx.files_paper_create(content, "/a.paper", form)
    assert export_doc(dbx, "/a.paper", "plain_text")[1] == text
    assert export_doc(dbx, "/a.paper", "html")[1].startswith(html)


def test_an_empty_doc_is_exported_as_empty(dbx, service):
    dbx.files_paper_create(b"", "/a.paper", ImportFormat.html)
    assert service.read("/a.paper") == b""
    for form in ("html", "plain_text"):
        assert export_doc(dbx, "/a.paper", form)[1] == b""
    pytest.importorskip("markdownify")
    assert export_doc(dbx, "/a.paper", "markdown")[1] == b""


@pytest.mark.dropbox(files={"/Top/paper": b"1", "/Top/.paper": b""})
def test_a_file_named_paper_is_not_a_doc_but_one_named_dot_paper_is(dbx):
    assert content(dbx, "/Top/paper") == b"1"
    assert refusal(dbx.files_export, "/Top/paper") == "non_exportable"
    assert refusal(dbx.files_download, "/Top/.paper") == "unsupported_file"
    assert read_zip(dbx, "/Top")[1].namelist() == ["Top/", "Top/paper"]


def test_imported_markdown_is_exported_unchanged(dbx):
    pytest.importorskip("markdown_it")
    pytest.importorskip("markdownify")
    dbx.files_paper_create(MARKDOWN, "/a.paper", ImportFormat.markdown)
    assert export_doc(dbx, "/a.paper", "markdown") == ("a.md", MARKDOWN)


@pytest.mark.dropbox(allow_not_implemented=True)
def test_the_error_names_the_extra_if_markdown_it_is_not_installed(dbx, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "markdown_it", None)
    with pytest.raises(NotImplementedInFake, match=r"pip install 'fakedropbox\[paper\]'"):
        dbx.files_paper_create(b"", "/a.paper", ImportFormat.markdown)
    assert listed(dbx) == []


def test_a_new_doc_is_renamed_if_its_path_is_in_use(dbx):
    for expected in ("/a.paper", "/a (1).paper"):
        assert dbx.files_paper_create(HTML, "/a.paper", ImportFormat.html).result_path == expected


def image(size):
    """Return HTML with an image of `size` bytes."""
    return b'<img src="data:image/png;base64,' + base64.encodebytes(bytes(size)) + b'">'


@seeded
def test_invalid_new_docs_are_refused(dbx):
    def refused(path, content=b""):
        return refusal(dbx.files_paper_create, content, path, ImportFormat.html)

    assert refused("/a.txt") == "invalid_file_extension"
    assert refused("/other/a.paper") == refused("//a.paper") == "invalid_path"
    assert refused("/a.paper", b"\xff") == "content_malformed"
    assert refused("/a.paper", image(2**20 + 1)) == "image_size_exceeded"
    assert len(listed(dbx, recursive=True)) == 5
    dbx.files_paper_create(image(2**20), "/a.paper", ImportFormat.html)


def test_each_update_policy_changes_the_doc_and_only_update_checks_the_revision(dbx, service):
    dbx.files_paper_create(b"<p>1</p>", "/a.paper", ImportFormat.html)
    before = service.snapshot()

    def update(content, policy, revision=None):
        html = ImportFormat.html
        return dbx.files_paper_update(content, "/a.paper", html, policy, revision).paper_revision

    policy = PaperDocUpdatePolicy
    assert update(b"<p>2</p>", policy.update, 1) == 2
    for wrong in (1, 3, None):
        args = (b"", "/a.paper", ImportFormat.html, policy.update, wrong)
        assert refusal(dbx.files_paper_update, *args) == "revision_mismatch"
    assert update(b"<p>3</p>", policy.append) == 3
    assert update(b"<p>1</p>", policy.prepend) == 4
    assert export_doc(dbx, "/a.paper", "plain_text")[1] == b"1\n2\n3\n"
    assert update(b"<p>x</p>", policy.overwrite, 1) == 5
    assert service.read("/a.paper") == b"<p>x</p>\n"
    service.restore(before)
    assert update(b"<p>2</p>", policy.update, 1) == 2


@pytest.mark.every_door
@pytest.mark.evidence("O4.6-05")
def test_a_paper_doc_that_cannot_be_written_is_not_updated(dbx, service):
    other, own = service.accounts.create("other@example.com"), service.accounts.default
    service.seed_files({"/Docs/a.paper": b"<p>1</p>"}, account=other)
    service.share_folder("/Docs", account=other, members=[(own, "viewer")])
    dbx.files_paper_create(b"<p>1</p>", "/a.paper", ImportFormat.html)
    service.set_quota(own, 0)
    for path, error in (("/Docs/a.paper", "insufficient_permissions"), ("/a.paper", "other")):
        args = (b"<p>12</p>", path, ImportFormat.html, PaperDocUpdatePolicy.overwrite)
        before = service.files_of(own)
        assert refusal(dbx.files_paper_update, *args) == error
        assert service.files_of(own) == before


@pytest.mark.dropbox(files={"/a.paper": b"<p>a</p>", "/x.web": b"{}"})
def test_a_seeded_or_copied_doc_can_be_updated(dbx):
    dbx.files_copy_v2("/a.paper", "/b.paper")
    for path in ("/a.paper", "/b.paper"):
        revision = dbx.files_export(path)[0].export_metadata.paper_revision
        update = PaperDocUpdatePolicy.update
        made = dbx.files_paper_update(b"new", path, ImportFormat.html, update, revision)
        assert (revision, made.paper_revision) == (1, 2)
    assert dbx.files_export("/x.web")[0].export_metadata.paper_revision is None


@seeded
def test_updates_of_other_files_are_refused(dbx):
    def refused(path):
        policy = PaperDocUpdatePolicy.overwrite
        return refusal(dbx.files_paper_update, b"", path, ImportFormat.html, policy)

    assert refused("/none.paper") == "path/not_found"
    assert refused("/Top") == "path/not_file"
    assert refused("/other") == "path/unsupported_content_type"


@pytest.mark.dropbox(files={"/x.web": b"{}", "/a": b"a", "/b.web.txt": b""})
def test_a_listing_can_leave_out_docs_and_shortcuts(dbx):
    names = [meta.name for meta in listed(dbx, include_non_downloadable_files=False)]
    assert names == ["a", "b.web.txt"]
    assert len(listed(dbx, limit=1, include_non_downloadable_files=False)) == 2


@pytest.mark.evidence("F5-03", "F5-05")
@pytest.mark.dropbox(
    files={"/x.web": b'{"url": "https://example.com/"}', "/s.gdoc": b"", "/a": b"a"},
    allow_not_implemented=True,
)
def test_a_shortcut_can_be_exported_as_url_and_other_exports_are_refused(dbx):
    assert refusal(dbx.files_download, "/x.web") == "unsupported_file"
    assert export_doc(dbx, "/x.web", "url") == ("x.url", b'{"url": "https://example.com/"}')
    assert refusal(dbx.files_export, "/x.web", "html") == "invalid_export_format"
    assert refusal(dbx.files_export, "/a") == "non_exportable"
    assert refusal(dbx.files_export, "/none") == "path/not_found"
    with pytest.raises(NotImplementedInFake, match="Google"):
        dbx.files_export("/s.gdoc")
    dbx.files_move_v2("/a", "/folder/a")
    assert refusal(dbx.files_export, "/folder") == "path/not_file"
    dbx.files_move_v2("/x.web", "/folder/x.web")
    assert read_zip(dbx, "/folder")[1].namelist() == ["folder/", "folder/a"]
    assert content(dbx, "/folder/a") == b"a"


def test_paper_create_and_its_doc_have_the_json_of_dropbox(wire):
    arg = {"path": "/a.paper", "import_format": "html"}
    headers = {
        "Content-Type": "application/octet-stream",
        "Dropbox-API-Arg": json.dumps(arg),
    }
    reply = wire.send("https://api.dropboxapi.com/2/files/paper/create", HTML, headers)
    assert list(reply.json()) == ["url", "result_path", "file_id", "paper_revision"]
    elsewhere = wire.send("https://content.dropboxapi.com/2/files/paper/create", HTML, headers)
    assert (elsewhere.status_code, "Unknown API function" in elsewhere.text) == (400, True)
    meta = wire.rpc("files/get_metadata", {"path": "/a.paper"}).json()
    assert list(meta)[-3:] == ["is_downloadable", "export_info", "content_hash"]
