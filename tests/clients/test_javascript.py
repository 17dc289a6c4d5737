"""Tests of the unmodified official JavaScript SDK in Node, with its option for another host."""

import json

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
