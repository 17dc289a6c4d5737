"""Tests of upload sessions: steps, offsets, conflicts, and concurrent sessions."""

import itertools
from hashlib import shake_128

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import CommitInfo, UploadSessionCursor, UploadSessionType, WriteMode
from tests.support.doors import bad_input, content, content_hash, refusal

BLOCK = 4 * 1024 * 1024
WEEK = 7 * 24 * 3600


def cursor_at(session, offset):
    return UploadSessionCursor(session, offset)


def start(dbx, data=b"", **options):
    return dbx.files_upload_session_start(data, **options).session_id


def append(dbx, session, offset, data, **options):
    dbx.files_upload_session_append_v2(data, cursor_at(session, offset), **options)


def finish(dbx, session, offset, data=b"", path="/a", **options):
    commit = CommitInfo(path, **options)
    return dbx.files_upload_session_finish(data, cursor_at(session, offset), commit)


def correct_offset(call, *args, **kwargs):
    """Return the offset that the refusal of a call names as correct."""
    with pytest.raises(ApiError) as caught:
        call(*args, **kwargs)
    error = caught.value.error
    lookup = error.get_lookup_failed() if hasattr(error, "is_lookup_failed") else error
    return lookup.get_incorrect_offset().correct_offset


@pytest.mark.evidence("F4.1-01")
@pytest.mark.parametrize("pieces", list(itertools.product([b"", b"ab"], repeat=3)))
def test_start_append_and_finish_accept_empty_data(dbx, service, pieces):
    first, second, third = pieces
    session = start(dbx, first)
    append(dbx, session, len(first), second)
    assert service.files == {}
    meta = finish(dbx, session, len(first + second), third)
    assert meta == dbx.files_get_metadata("/a")
    assert (content(dbx, "/a"), meta.size) == (b"".join(pieces), len(b"".join(pieces)))


@pytest.mark.evidence("F2.1-05")
def test_session_ids_are_unique_and_have_70_characters(dbx):
    ids = [start(dbx) for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(session.startswith("pid_upload_session:") and len(session) == 70 for session in ids)


def test_the_deprecated_append_works(dbx):
    session = start(dbx, b"a")
    with pytest.deprecated_call():
        dbx.files_upload_session_append(b"b", session, 1)
    assert finish(dbx, session, 2, b"c").size == 3


def test_a_cursor_object_can_be_changed_and_used_again(dbx, service):
    cursor, commit = cursor_at(start(dbx, b"a"), 1), CommitInfo("/a")
    dbx.files_upload_session_append_v2(b"bc", cursor)
    cursor.offset += 2
    dbx.files_upload_session_finish(b"", cursor, commit)
    commit.path = "/elsewhere"
    _, appended, finished = service.calls
    assert (appended.arg.cursor.offset, finished.arg.cursor.offset) == (1, 3)
    assert finished.arg.commit.path == "/a"


@pytest.mark.evidence("F4.1-02", "F1.6-01")
def test_unknown_sessions_are_refused(dbx, connect, service):
    for session in ("x", "pid_upload_session:x"):
        assert refusal(append, dbx, session, 0, b"") == "not_found"
        assert refusal(finish, dbx, session, 0) == "lookup_failed/not_found"
    other = connect(service.logins.create(service.accounts.create("other@example.com")))
    assert refusal(append, other, start(dbx), 0, b"") == "not_found"


@pytest.mark.evidence("F4.1-02")
def test_a_session_expires_after_seven_days(dbx, service):
    session = start(dbx, b"a")
    service.clock.advance(WEEK - 1)
    append(dbx, session, 1, b"b")
    service.clock.advance(1)
    assert refusal(append, dbx, session, 2, b"") == "not_found"
    assert refusal(finish, dbx, session, 2) == "lookup_failed/not_found"


@pytest.mark.evidence("F4.1-03", "F1.6-06", "F1.6-07")
@pytest.mark.parametrize("offset", [0, 2, 4, 2**60])
def test_the_refusal_of_a_wrong_offset_names_the_correct_one(dbx, service, offset):
    session = start(dbx, b"abc")
    assert correct_offset(append, dbx, session, offset, b"x") == 3
    assert correct_offset(finish, dbx, session, offset, b"x") == 3
    assert service.files == {}
    assert finish(dbx, session, 3).size == 3  # the refused calls stored nothing


@pytest.mark.evidence("F4.1-04")
@pytest.mark.parametrize("close", [False, True])
def test_the_refusal_of_a_repeated_append_names_the_correct_offset(dbx, close):
    session = start(dbx, b"abc")
    append(dbx, session, 3, b"de", close=close)
    assert correct_offset(append, dbx, session, 3, b"de", close=close) == 5


@pytest.mark.evidence("F4.1-05", "F10-14", "F1.6-08", "F10-04")
def test_a_failed_finish_keeps_its_data_in_the_session(dbx):
    dbx.files_upload(b"other", "/a")
    session = start(dbx, b"abc")
    assert refusal(finish, dbx, session, 3, b"de") == "path/conflict/file"
    assert correct_offset(finish, dbx, session, 3, b"de") == 5
    assert finish(dbx, session, 5, mode=WriteMode.overwrite).size == 5
    assert content(dbx, "/a") == b"abcde"


@pytest.mark.evidence("F4.1-05", "F3.2-07")
@pytest.mark.parametrize("path", ["/a ", "/a//b", "/\\", "id:x", "id:" + "A" * 22])
def test_a_finish_refused_for_its_path_keeps_its_data_in_the_session(dbx, path):
    session = start(dbx)
    assert refusal(finish, dbx, session, 0, b"abc", path) == "path/malformed_path"
    assert correct_offset(finish, dbx, session, 0, b"abc", path) == 3
    assert finish(dbx, session, 3).size == 3


@pytest.mark.evidence("F1.4-09")
def test_a_session_cannot_be_finished_at_the_root(dbx, wire):
    session = start(dbx)
    text = bad_input(finish, dbx, session, 0, b"abc", "/")
    assert text.endswith("commit.path: The root folder is unsupported.")
    arg = {"cursor": {"session_id": session, "offset": 0}, "commit": {"path": ""}}
    assert wire.upload(arg, route="upload_session/finish").text == text
    assert finish(dbx, session, 0).size == 0  # a call refused with 400 stored nothing


@pytest.mark.evidence("F4.1-06")
def test_a_closed_session_accepts_no_more_data(dbx):
    session = start(dbx, b"abc", close=True)
    assert refusal(append, dbx, session, 3, b"x") == "closed"
    assert refusal(append, dbx, session, 3, b"") == "closed"
    assert refusal(finish, dbx, session, 3, b"x") == "lookup_failed/closed"
    assert finish(dbx, session, 3).size == 3
    session = start(dbx, b"abc")
    append(dbx, session, 3, b"de", close=True)
    assert refusal(append, dbx, session, 5, b"x") == "closed"


@pytest.mark.evidence("F4.1-07")
def test_a_finished_session_is_not_found(dbx):
    session = start(dbx, b"abc")
    finish(dbx, session, 3)
    assert refusal(append, dbx, session, 3, b"x") == "not_found"
    assert refusal(finish, dbx, session, 3) == "lookup_failed/not_found"


@pytest.mark.evidence("F4-09", "F1.6-05")
def test_the_data_of_a_refused_upload_can_be_finished_from_its_session(dbx):
    dbx.files_upload(b"other", "/a")
    with pytest.raises(ApiError) as caught:
        dbx.files_upload(b"mine", "/a")
    session = caught.value.error.get_path().upload_session_id
    assert correct_offset(finish, dbx, session, 0) == 4
    assert finish(dbx, session, 4, autorename=True).name == "a (1)"
    assert content(dbx, "/a (1)") == b"mine"


@pytest.mark.evidence("F4-09", "F4-12")
def test_an_upload_refused_for_lack_of_space_can_be_finished(dbx, service):
    service.faults.insufficient_space("files/upload")
    with pytest.raises(ApiError) as caught:
        dbx.files_upload(b"mine", "/a")
    assert finish(dbx, caught.value.error.get_path().upload_session_id, 4).size == 4


@pytest.mark.evidence("F4-11")
def test_the_hash_of_each_step_is_checked(dbx):
    wrong, right = content_hash(b"other"), content_hash(b"abc")
    session = start(dbx, b"abc", content_hash=right)
    assert refusal(start, dbx, b"abc", content_hash=wrong) == "content_hash_mismatch"
    call = dbx.files_upload_session_append_v2
    assert (
        refusal(call, b"abc", cursor_at(session, 3), content_hash=wrong) == "content_hash_mismatch"
    )
    call(b"abc", cursor_at(session, 3), content_hash=right)
    call = dbx.files_upload_session_finish
    ends = cursor_at(session, 6), CommitInfo("/a")
    assert refusal(call, b"abc", *ends, content_hash=wrong) == "content_hash_mismatch"
    assert call(b"abc", *ends, content_hash=right).content_hash == content_hash(b"abc" * 3)


@pytest.mark.evidence("F4-02", "F4-03", "F4-05")
def test_finish_follows_the_write_modes_of_upload(dbx):
    first = finish(dbx, start(dbx, b"abc"), 3)
    assert finish(dbx, start(dbx, b"abc"), 3) == first
    assert refusal(finish, dbx, start(dbx, b"x"), 1) == "path/conflict/file"
    second = finish(dbx, start(dbx, b"x"), 1, mode=WriteMode.update(first.rev))
    assert (second.id, second.rev > first.rev) == (first.id, True)


def test_finish_is_refused_beyond_the_quota(dbx, service):
    service.set_quota(service.accounts.default, 5)
    session = start(dbx, b"abc")
    assert refusal(finish, dbx, session, 3, b"def") == "path/insufficient_space"
    service.set_quota(service.accounts.default, 6)
    assert finish(dbx, session, 6).size == 6


def test_a_file_of_600_parts_has_the_right_hash(dbx):
    piece = bytes(range(256)) * 64
    session = start(dbx)
    for number in range(600):
        append(dbx, session, number * len(piece), piece)
    meta = finish(dbx, session, 600 * len(piece))
    assert meta.content_hash == content_hash(piece * 600)


def test_scratch_restores_the_upload_sessions(dbx, service):
    kept, closed = start(dbx, b"a"), start(dbx, b"b")
    with service.scratch():
        append(dbx, kept, 1, b"xyz")
        append(dbx, closed, 1, b"", close=True)
        finish(dbx, closed, 1)
        later = start(dbx)
    assert refusal(append, dbx, later, 0, b"") == "not_found"
    append(dbx, kept, 1, b"b")
    append(dbx, closed, 1, b"c")
    assert finish(dbx, kept, 2, path="/kept").size == finish(dbx, closed, 2).size == 2


class TestConcurrentSessions:
    def begin(self, dbx):
        return start(dbx, session_type=UploadSessionType.concurrent)

    @pytest.mark.evidence("F4.1-08")
    def test_blocks_can_be_appended_in_any_order(self, dbx):
        data = shake_128(b"seed").digest(3 * BLOCK + 5)
        session = self.begin(dbx)
        for number in (2, 0, 1):
            append(dbx, session, number * BLOCK, data[number * BLOCK : (number + 1) * BLOCK])
        append(dbx, session, 3 * BLOCK, data[3 * BLOCK :], close=True)
        assert finish(dbx, session, len(data)).content_hash == content_hash(data)

    @pytest.mark.evidence("F4.1-08")
    def test_a_concurrent_session_refuses_invalid_data_and_offsets(self, dbx):
        kind = UploadSessionType.concurrent
        no_data = "concurrent_session_data_not_allowed"
        assert refusal(start, dbx, b"x", session_type=kind) == no_data
        no_close = "concurrent_session_close_not_allowed"
        assert refusal(start, dbx, close=True, session_type=kind) == no_close
        session, block = self.begin(dbx), bytes(BLOCK)
        offset = "concurrent_session_invalid_offset"
        size = "concurrent_session_invalid_data_size"
        assert refusal(append, dbx, session, 1, block) == offset
        assert refusal(append, dbx, session, 0, b"x") == size
        append(dbx, session, 0, block)
        assert refusal(finish, dbx, session, BLOCK) == "concurrent_session_not_closed"
        append(dbx, session, 2 * BLOCK, b"x", close=True)
        assert refusal(finish, dbx, session, 2 * BLOCK + 1, b"x") == no_data
        gap = "concurrent_session_missing_data"
        assert refusal(finish, dbx, session, 2 * BLOCK + 1) == gap
        assert refusal(append, dbx, session, BLOCK, block) == "closed"

    def test_finish_of_a_concurrent_session_needs_its_size_as_the_offset(self, dbx):
        session = self.begin(dbx)
        append(dbx, session, 0, b"abc", close=True)
        assert correct_offset(finish, dbx, session, 0) == 3

    def test_a_repeated_block_changes_nothing(self, dbx):
        session, block = self.begin(dbx), bytes(BLOCK)
        append(dbx, session, 0, block * 2)
        append(dbx, session, BLOCK, block)
        append(dbx, session, 0, block)  # shorter than the data stored there
        append(dbx, session, 2 * BLOCK, b"x", close=True)
        expected = content_hash(block * 2 + b"x")
        assert finish(dbx, session, 2 * BLOCK + 1).content_hash == expected

    def test_a_session_may_be_empty(self, dbx):
        session = self.begin(dbx)
        append(dbx, session, 0, b"", close=True)
        assert finish(dbx, session, 0).size == 0


class TestOnTheWire:
    def ask(self, wire, route, arg, body=b""):
        reply = wire.upload(arg, body, route=f"upload_session/{route}")
        return reply.status_code, reply.json()

    @pytest.mark.evidence("F1.6-06", "F1.6-08", "F1.1-10")
    def test_start_append_and_finish_have_the_json_of_dropbox(self, wire):
        status, answer = self.ask(wire, "start", {}, b"abc")
        assert (status, list(answer)) == (200, ["session_id"])
        cursor = {"session_id": answer["session_id"], "offset": 3}
        assert self.ask(wire, "append_v2", {"cursor": cursor}, b"d") == (200, None)
        commit = {"path": "/folder"}
        status, answer = self.ask(wire, "finish", {"cursor": cursor, "commit": commit})
        assert status == 409
        assert answer["error_summary"].startswith("lookup_failed/incorrect_offset/")
        wrong = {".tag": "incorrect_offset", "correct_offset": 4}
        assert answer["error"] == {".tag": "lookup_failed", "lookup_failed": wrong}
        wire.rpc("files/create_folder_v2", commit)
        cursor["offset"] = 4
        status, answer = self.ask(wire, "finish", {"cursor": cursor, "commit": commit})
        conflict = {".tag": "conflict", "conflict": {".tag": "folder"}}
        assert answer["error"] == {".tag": "path", "path": conflict}
        commit = {"path": "/file", "mode": {".tag": "add"}}
        status, answer = self.ask(wire, "finish", {"cursor": cursor, "commit": commit})
        assert (status, next(iter(answer))) == (200, "name")  # no `.tag` (F1.6-04)
