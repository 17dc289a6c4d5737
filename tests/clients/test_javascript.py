"""Tests of the unmodified official JavaScript SDK in Node, with its option for another host."""

import json

import pytest

BEGIN = """
const { Dropbox } = require('dropbox');
const host = process.env.DROPBOX_API_HOST;
const options = { domain: host, domainDelimiter: '' };
const dbx = new Dropbox({ accessToken: process.env.DROPBOX_ACCESS_TOKEN, ...options });
const say = value => console.log(JSON.stringify(value));
const main = async () => {
"""
END = """
};
main().catch(error => { console.error(error); process.exit(1); });
"""


def test_files_can_be_uploaded_downloaded_moved_and_listed(node, dropbox_service):
    output = node(
        BEGIN
        + """
        const up = await dbx.filesUpload({ path: '/a b/\u00e9.txt', contents: 'hello' });
        const down = await dbx.filesDownload({ path: up.result.id });
        const moved = await dbx.filesMoveV2({ from_path: '/a b', to_path: '/c' });
        const page = await dbx.filesListFolder({ path: '', recursive: true });
        say([up.result.path_display, down.result.fileBinary.toString(),
             moved.result.metadata['.tag'], page.result.entries.map(e => e.path_display)]);
        """
        + END
    )
    assert json.loads(output) == ["/a b/\u00e9.txt", "hello", "folder", ["/c", "/c/\u00e9.txt"]]
    assert dropbox_service.files == {"/c/\u00e9.txt": b"hello"}


def test_a_file_can_be_uploaded_in_a_session(node, dropbox_service):
    node(
        BEGIN
        + """
        const piece = Buffer.alloc(5 * 1024 * 1024, 'x');
        const start = await dbx.filesUploadSessionStart({ close: false, contents: piece });
        const cursor = { session_id: start.result.session_id, offset: piece.length };
        await dbx.filesUploadSessionAppendV2({ cursor, close: false, contents: piece });
        cursor.offset *= 2;
        await dbx.filesUploadSessionFinish(
            { cursor, commit: { path: '/big' }, contents: Buffer.from('end') });
        """
        + END
    )
    assert dropbox_service.read("/big") == b"x" * 10 * 1024 * 1024 + b"end"


def test_the_account_and_an_api_error_are_returned(node):
    output = node(
        BEGIN
        + """
        const who = await dbx.usersGetCurrentAccount();
        try {
            await dbx.filesGetMetadata({ path: '/gone' });
        } catch (error) {
            say([who.result.email, error.status, error.error.error]);
        }
        """
        + END
    )
    tag = {".tag": "path", "path": {".tag": "not_found"}}
    assert json.loads(output) == ["owner@example.com", 409, tag]


def test_a_long_poll_returns_at_a_change(node):
    output = node(
        BEGIN
        + """
        const page = await dbx.filesListFolder({ path: '' });
        await dbx.filesCreateFolderV2({ path: '/new' });
        const poll = await dbx.filesListFolderLongpoll({ cursor: page.result.cursor });
        const more = await dbx.filesListFolderContinue({ cursor: page.result.cursor });
        say([poll.result.changes, more.result.entries.length]);
        """
        + END
    )
    assert json.loads(output) == [True, 1]


@pytest.mark.dropbox(plan="pro", files={"/a b.txt": b"hello", "/docs/deep/c.txt": b"c"})
@pytest.mark.evidence("S2-05", "S2-10", "S2-11", "S4-05", "S5-14", "S6-02", "S6-13", "S16-02")
def test_links_can_be_created_read_changed_listed_and_revoked(node, dropbox_service):
    output = node(
        BEGIN
        + """
        const refused = async call => {
            try { await call; } catch (error) { return [error.status, error.error.error]; }
        };
        const path = '/a b.txt';
        const made = await dbx.sharingCreateSharedLinkWithSettings({ path });
        const url = made.result.url;
        const again = await refused(dbx.sharingCreateSharedLinkWithSettings({ path }));
        const bare = await refused(dbx.sharingCreateSharedLinkWithSettings(
            { path, settings: { requested_visibility: { '.tag': 'public' } } }));
        const file = await dbx.sharingGetSharedLinkFile({ url });
        const changed = await dbx.sharingModifySharedLinkSettings(
            { url, settings: { require_password: true, link_password: 'secret' } });
        const denied = await refused(dbx.sharingGetSharedLinkFile({ url }));
        const opened = await dbx.sharingGetSharedLinkFile({ url, link_password: 'secret' });
        const seen = await dbx.sharingGetSharedLinkMetadata({ url, link_password: 'secret' });
        const listed = await dbx.sharingListSharedLinks({ path, direct_only: true });
        const revoked = await dbx.sharingRevokeSharedLink({ url });
        const gone = await refused(dbx.sharingGetSharedLinkMetadata({ url }));
        say({
            again: again[1].shared_link_already_exists.metadata.url === url,
            bare: bare[1],
            file: [file.result.name, file.result.fileBinary.toString()],
            changed: changed.result.link_permissions.resolved_visibility['.tag'],
            denied: denied[0],
            opened: opened.result.fileBinary.toString(),
            seen: seen.result.url === url,
            listed: listed.result.links.map(link => link.url === url),
            revoked: revoked.result,
            gone: gone[1],
        });
        """
        + END
    )
    assert json.loads(output) == {
        "again": True,
        "bare": {".tag": "shared_link_already_exists"},
        "file": ["a b.txt", "hello"],
        "changed": "password",
        "denied": 409,
        "opened": "hello",
        "seen": True,
        "listed": [True],
        "revoked": None,
        "gone": {".tag": "shared_link_not_found"},
    }


@pytest.mark.dropbox(files={"/docs/deep/c.txt": b"c", "/docs/a.txt": b"a"})
@pytest.mark.evidence("S5-07", "S5-22", "S7-03", "S7-09")
def test_a_linked_folder_can_be_listed_and_the_old_routes_work(node):
    output = node(
        BEGIN
        + """
        const old = await dbx.sharingCreateSharedLink({ path: '/docs' });
        const link = { url: old.result.url };
        const page = await dbx.filesListFolder({ path: '/deep', shared_link: link });
        const file = await dbx.sharingGetSharedLinkFile({ ...link, path: '/deep/c.txt' });
        const found = await dbx.sharingGetSharedLinks({});
        say([page.result.entries.map(entry => entry.name), file.result.fileBinary.toString(),
             found.result.links.map(each => [each['.tag'], each.path])]);
        """
        + END
    )
    assert json.loads(output) == [["c.txt"], "c", [["path", "/docs"]]]
