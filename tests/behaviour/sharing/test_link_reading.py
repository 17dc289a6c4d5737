"""Tests of reading through links: metadata, content, listings and thumbnails."""

import pytest
from dropbox.file_properties import (
    PropertyField,
    PropertyFieldTemplate,
    PropertyGroup,
    PropertyType,
    TemplateFilterBase,
)
from dropbox.files import FolderMetadata, PathOrLink, SharedLink, SharedLinkFileInfo
from dropbox.sharing import FolderLinkMetadata
from tests.support.doors import auth_refusal, bad_input, paths, refusal, rest_of
from tests.support.links import DENIED, NOT_FOUND, PASSWORD, SECRET, data, seen, shared, with_files
from tests.support.populated import PICTURE

from fakedropbox import Login

pytestmark = with_files
FILE_ROUTE = "sharing/get_shared_link_file"
OTHER_FORMS = [
    "https://db.tt/abc",
    "https://dl.dropboxusercontent.com/1/view/abcdefghijklmno/a.txt",
    "https://www.dropbox.com/",
    "https://www.dropbox.com/home/a.txt",
    "https://www.example.com/scl/fi/x/a.txt?rlkey=x&dl=0",
    "ftp://www.dropbox.com/s/abcdefghijklmno/a.txt",
    "/s/abcdefghijklmno/a.txt",
    "",
    "x",
    "https://[",
]
UNKNOWN = [
    "https://www.dropbox.com/s/abcdefghijklmno/a.txt?dl=0",
    "https://www.dropbox.com/sh/48r2abc/AAAS-niuW?dl=0",
    "https://www.dropbox.com/scl/fi/abcdefghijklmnopqrstu/a.txt?rlkey=abc&dl=0",
]


def listed(client, link, path="", **given):
    """Return the entries of a linked folder."""
    shared_link = SharedLink(link.url, given.pop("password", None))
    found = client.files_list_folder(path, shared_link=shared_link, **given)
    return rest_of(client, found)[0]


@pytest.mark.evidence("S1-12", "S5-02", "S5-03")
@pytest.mark.parametrize("url", OTHER_FORMS + UNKNOWN)
def test_a_url_without_a_link_is_not_found(dbx, url):
    assert refusal(dbx.sharing_get_shared_link_metadata, url) == NOT_FOUND
    assert refusal(dbx.sharing_get_shared_link_file, url) == NOT_FOUND


@pytest.mark.evidence("S1-11", "S1-13", "S5-21", "O4.1-01")
def test_a_url_in_another_form_names_the_same_link(dbx):
    link = shared(dbx, "/d.zip")
    page, secret = link.url.split("?")[0], link.url.partition("rlkey=")[2][:25]
    for url in (
        link.url.replace("dl=0", "dl=1"),
        link.url.replace("&dl=0", "&raw=1"),
        link.url.replace("&dl=0", "&st=abcdefgh&e=1&dl=0"),
        f"{page}?dl=0&rlkey={secret}",
        f"{page}?rlkey={secret}",
        link.url.replace("www.", ""),
        link.url.replace("https:", "http:"),
        link.url.replace("www.dropbox.com", "WWW.Dropbox.com"),
        f"{link.url}#page=2",
    ):
        assert dbx.sharing_get_shared_link_metadata(url) == link
    for url in (page, f"{page}?rlkey={secret[:-1]}", link.url.replace("/d.zip", "/e.zip")):
        assert refusal(dbx.sharing_get_shared_link_metadata, url) == NOT_FOUND


@pytest.mark.evidence("S5-07", "S5-08", "S1-25")
def test_a_path_selects_an_item_in_the_linked_folder(dbx, other):
    link = shared(dbx, "/Docs")
    meta = dbx.files_get_metadata("/Docs/a b.txt")
    mine, theirs = seen(dbx, link, path="/A B.txt"), seen(other, link, path="/a b.txt")
    assert mine.url == theirs.url == link.url
    assert mine.link_permissions == link.link_permissions
    assert (mine.name, mine.id, mine.path_lower) == ("a b.txt", meta.id, "/docs/a b.txt")
    assert (theirs.rev, theirs.size, theirs.path_lower) == (meta.rev, 10, None)
    assert type(seen(other, link, path="/deep")) is FolderLinkMetadata
    assert data(other, link, path="/deep/C.docx") == b"c"
    assert seen(dbx, link, path="/") == link


@pytest.mark.evidence("S5-09", "S5-10")
def test_a_path_that_selects_no_item_is_not_found(dbx, other):
    folder, file = shared(dbx, "/Docs"), shared(dbx, "/d.zip")
    for path in ("/none", "/../d.zip", "/a b.txt/x", "/d.zip", "/a\0b", "/" + "x" * 5000):
        assert refusal(seen, other, folder, path=path) == NOT_FOUND
        assert refusal(data, other, folder, path=path) == NOT_FOUND
    assert refusal(seen, dbx, file, path="/d.zip") == NOT_FOUND
    assert refusal(seen, dbx, file, path="/") == NOT_FOUND


@pytest.mark.evidence("S5-04", "S5-06", "S5-30")
def test_a_link_with_a_password_demands_it(dbx, pro, app):
    link = shared(pro, "/Docs", **PASSWORD)
    wrong = (None, "", "open", f"{SECRET} ", SECRET.upper(), "\ud800")
    for reader in (dbx, pro, app):
        for password in wrong:
            assert refusal(seen, reader, link, link_password=password) == DENIED
            assert refusal(data, reader, link, path="/a b.txt", link_password=password) == DENIED
        assert refusal(seen, reader, link, link_password="x" * 1024 * 1024) == DENIED
        assert seen(reader, link, link_password=SECRET).url == link.url
        assert data(reader, link, path="/a b.txt", link_password=SECRET) == b"0123456789"
    assert refusal(listed, dbx, link, password="wrong") == "path/not_found"
    assert len(listed(dbx, link, password=SECRET)) == 2


@pytest.mark.evidence("S5-17")
def test_an_audience_limits_the_readers(client_of, dbx, app):
    business, mate = client_of("business"), client_of("business")
    team, nobody = (
        shared(business, "/Docs", audience="team"),
        shared(business, "/d.zip", audience="no_one"),
    )
    for reader in (business, mate):
        assert seen(reader, team).url == team.url
        assert len(listed(reader, team)) == 2
    for reader in (dbx, app):
        assert refusal(seen, reader, team) == DENIED
        assert refusal(data, reader, team, path="/a b.txt") == DENIED
        assert refusal(listed, reader, team) == "path/not_found"
    assert seen(business, nobody).url == nobody.url
    for reader in (mate, dbx, app):
        assert refusal(seen, reader, nobody) == DENIED


@pytest.mark.evidence("S5-12", "S5-13", "S5-16")
def test_content_that_cannot_be_downloaded_is_refused(pro):
    pro.files_upload(b"{}", "/Docs/x.web")
    link = shared(pro, "/Docs", allow_download=False)
    assert refusal(data, pro, link) == "shared_link_is_directory"
    assert refusal(data, pro, link, path="/deep") == "shared_link_is_directory"
    assert refusal(data, pro, link, path="/x.web") == "unsupported_link_type"
    assert refusal(data, pro, link, path="/a b.txt") == DENIED
    assert seen(pro, link).url == link.url


@pytest.mark.evidence("S5-14", "S5-15")
def test_the_content_supports_ranges_and_conditions_like_a_download(service, wire):
    link = shared(service.client(), "/Docs/a b.txt")

    def send(**headers):
        url = f"https://content.dropboxapi.com/2/{FILE_ROUTE}"
        arg = f'{{"url": "{link.url}"}}'
        return wire.send(url, None, {"Dropbox-API-Arg": arg, **headers})

    whole = send()
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["Dropbox-API-Result"].startswith('{".tag": "file", "url": ')
    assert whole.headers["Etag"] == f'W/"{link.rev}"'
    part = send(Range="bytes=2-4")
    assert (part.status_code, part.content) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert part.headers["Original-Content-Length"] == "10"
    assert send(Range="bytes=10-").status_code == 416
    assert send(**{"If-None-Match": f'W/"{link.rev}"'}).status_code == 304


@pytest.mark.evidence("S5-22", "F6.1-07", "S5-28")
def test_a_linked_folder_can_be_listed(dbx, other):
    link = shared(dbx, "/Docs")
    dbx.files_upload(b"", "/Docs/gone")
    dbx.files_delete_v2("/Docs/gone")
    whole = dbx.files_list_folder("/Docs").entries
    assert listed(dbx, link) == whole
    theirs = listed(other, link, include_deleted=True)
    assert [entry.name for entry in theirs] == [entry.name for entry in whole]
    assert [entry.id for entry in theirs] == [entry.id for entry in whole]
    assert {entry.path_lower for entry in theirs} == {entry.path_display for entry in theirs}
    assert theirs[0].path_lower is None
    assert paths(listed(dbx, link, "/deep")) == ["/Docs/deep/c.docx"]
    assert listed(other, link, "/DEEP")[0].name == "c.docx"


@pytest.mark.evidence("S5-26", "S5-27")
def test_a_link_that_cannot_be_listed_is_refused(dbx, other):
    link, file = shared(dbx, "/Docs"), shared(dbx, "/d.zip")
    assert refusal(listed, other, file) == "path/not_folder"
    assert refusal(listed, other, link, "/a b.txt") == "path/not_folder"
    assert refusal(listed, other, link, "/none") == "path/not_found"
    assert "recursive" in bad_input(listed, other, link, recursive=True)
    dbx.sharing_revoke_shared_link(link.url)
    assert refusal(listed, other, link) == "path/not_found"
    for url in OTHER_FORMS[1:3]:
        shared_link = SharedLink(url)
        call = other.files_list_folder
        assert refusal(call, "", shared_link=shared_link) == "path/not_found"


@pytest.mark.evidence("S5-22", "S1-25")
def test_a_listing_of_a_link_is_continued_with_its_cursor(pro, dbx, app):
    link = shared(pro, "/Docs", **PASSWORD)
    for reader in (dbx, app, pro):
        shared_link = SharedLink(link.url, SECRET)
        first = reader.files_list_folder("", shared_link=shared_link, limit=1)
        assert first.has_more
        (second,) = reader.files_list_folder_continue(first.cursor).entries
        assert (second.path_lower is None) == (reader is not pro)
    latest = dbx.files_list_folder_get_latest_cursor("", shared_link=shared_link).cursor
    pro.files_upload(b"new", "/Docs/new")
    pro.files_upload(b"new", "/elsewhere")
    found = dbx.files_list_folder_continue(latest)
    assert [entry.name for entry in found.entries] == ["new"]
    pro.sharing_revoke_shared_link(link.url)
    assert refusal(dbx.files_list_folder_continue, found.cursor) == "path/not_found"


@pytest.mark.evidence("S5-18", "S1-01")
def test_an_app_without_a_user_reads_links_but_no_files_of_an_account(dbx, app):
    link = shared(dbx, "/Docs")
    found = seen(app, link)
    assert (found.url, found.path_lower) == (link.url, None)
    assert not found.link_permissions.can_revoke
    assert data(app, link, path="/a b.txt") == b"0123456789"
    (folder, file) = listed(app, link)
    assert isinstance(folder, FolderMetadata)
    assert file.path_lower is None
    for call in (
        lambda: app.files_list_folder(""),
        lambda: app.files_list_folder_continue(dbx.files_list_folder("").cursor),
        lambda: app.files_get_thumbnail_v2(PathOrLink.path("/a.png")),
    ):
        assert "Expecting" in bad_input(call)


@pytest.mark.evidence("S5-22", "O4.5-51")
def test_an_app_without_a_user_gets_no_property_groups_in_a_linked_folder(dbx, app):
    field = PropertyFieldTemplate("level", "", PropertyType.string)
    template = dbx.file_properties_templates_add_for_user("Security", "", [field]).template_id
    group = PropertyGroup(template, [PropertyField("level", "high")])
    dbx.file_properties_properties_add("/Docs/a b.txt", [group])
    link, wanted = shared(dbx, "/Docs"), TemplateFilterBase.filter_some([template])
    (_, theirs) = listed(app, link, include_property_groups=wanted)
    (_, mine) = listed(dbx, link, include_property_groups=wanted)
    assert (theirs.name, theirs.property_groups or None) == ("a b.txt", None)
    assert mine.property_groups == [group]


@pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")
@pytest.mark.evidence("S15-12", "S15-01", "S5-25")
def test_links_need_the_scopes_of_sharing(service, connect, dbx):
    link = shared(dbx, "/d.zip")
    few = connect(service.logins.create(scopes=["files.content.read", "sharing.read"]))
    assert data(few, link) == b"zip"
    for call in (
        lambda: shared(few, "/d.zip"),
        lambda: few.sharing_revoke_shared_link(link.url),
    ):
        assert auth_refusal(call).get_missing_scope().required_scope == "sharing.write"
    few = service.apps.create("few", scopes=["files.content.read"])
    alone = connect(Login(app_key=few.key, app_secret=few.secret))
    assert "required scope 'sharing.read'" in bad_input(seen, alone, link)
    none = connect(service.logins.create(scopes=["files.content.read"]))
    for call in (
        lambda: data(none, link),
        lambda: seen(none, link),
        none.sharing_list_shared_links,
        none.sharing_get_shared_links,
    ):
        assert auth_refusal(call).get_missing_scope().required_scope == "sharing.read"


@pytest.mark.evidence("S5-29")
def test_a_thumbnail_of_a_linked_picture_is_returned(dbx, other, app):
    pytest.importorskip("PIL")
    meta = dbx.files_upload(PICTURE, "/Docs/p.PNG")
    folder, file = shared(dbx, "/Docs"), shared(dbx, "/Docs/p.PNG")
    for info in (SharedLinkFileInfo(folder.url, path="/P.png"), SharedLinkFileInfo(file.url)):
        for reader in (dbx, other, app):
            result, reply = reader.files_get_thumbnail_v2(PathOrLink.link(info))
            assert reply.content.startswith(b"\xff\xd8")
            assert result.file_metadata is None
            found = result.link_metadata
            assert (found.url, found.id, found.rev) == (info.url, meta.id, meta.rev)
            assert found.path == ("/Docs/p.PNG" if reader is dbx else None)


@pytest.mark.evidence("S5-29", "S5-07", "S5-09")
def test_a_thumbnail_through_a_link_that_cannot_be_read_is_refused(pro, dbx):
    link = shared(pro, "/Docs", **PASSWORD)

    def thumbnail(**given):
        info = SharedLinkFileInfo(**{"url": link.url, "password": SECRET, **given})
        return dbx.files_get_thumbnail_v2(PathOrLink.link(info))

    assert refusal(thumbnail, url=UNKNOWN[0]) == "not_found"
    assert refusal(thumbnail, path="/none") == "not_found"
    for path in ("a b.txt", "deep/a b.txt", "x", " "):  # without a slash at the beginning (S5-07)
        assert refusal(thumbnail, path=path) == "not_found"
    assert refusal(thumbnail, password=None) == "access_denied"
    assert refusal(thumbnail) == "path/not_file"
    assert refusal(thumbnail, path="/a b.txt") == "unsupported_extension"
