"""Tests of batches of upload sessions: start, append, and finish."""

import pytest
from dropbox import files
from dropbox.files import (
    CommitInfo,
    UploadSessionCursor,
    UploadSessionFinishArg,
    UploadSessionType,
    WriteMode,
)
from stone.backends.python_rsrc.stone_validators import ValidationError
from tests.support.batches import entries, words
from tests.support.doors import bad_input, content, content_hash, newer_sdk, refusal

from fakedropbox import Personality

BLOCK = 4 * 1024 * 1024
HAS_APPEND = hasattr(files, "upload_session_append_batch")
pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning")


def begin(dbx, count, kind=None):
    return dbx.files_upload_session_start_batch(count, session_type=kind).session_ids


def closed(dbx, *data):
    """Return the ids of closed sessions, one for each of the given data."""
    starts = [dbx.files_upload_session_start(each, close=True) for each in data]
    return [started.session_id for started in starts]


def end(session, offset, path, **commit):
    return UploadSessionFinishArg(UploadSessionCursor(session, offset), CommitInfo(path, **commit))


def finish(dbx, *args):
    return dbx.files_upload_session_finish_batch_v2(list(args)).entries


class TestStartBatch:
    @pytest.mark.evidence("F1.1-05", "F2.1-05")
    def test_start_batch_returns_the_requested_number_of_sessions(self, dbx):
        names = begin(dbx, 1000)
        assert len(set(names)) == 1000
        assert all(name.startswith("pid_upload_session:") and len(name) == 70 for name in names)
        dbx.files_upload_session_append_v2(b"x", UploadSessionCursor(names[-1], 0), close=True)
        assert words(finish(dbx, end(names[-1], 1, "/a"))) == ["success"]

    def test_sessions_can_be_concurrent(self, dbx):
        (name,) = begin(dbx, 1, UploadSessionType.concurrent)
        at = UploadSessionCursor(name, 1)
        assert refusal(dbx.files_upload_session_append_v2, b"", at) == (
            "concurrent_session_invalid_offset"
        )

    @pytest.mark.parametrize("count", [0, 1001])
    def test_start_batch_refuses_0_and_1001_sessions(self, dbx, wire, count):
        with pytest.raises(ValidationError):
            begin(dbx, count)
        reply = wire.rpc("files/upload_session/start_batch", {"num_sessions": count})
        assert reply.status_code == 400
        assert reply.text.endswith(f"num_sessions: {count} is not within range [1, 1000]")


@newer_sdk(HAS_APPEND, "upload_session/append_batch")
class TestAppendBatch:
    def entry(self, session, offset, length, **options):
        cursor = UploadSessionCursor(session, offset)
        return files.UploadSessionAppendBatchArgEntry(cursor, length, **options)

    def append(self, dbx, data, *args, **options):
        return dbx.files_upload_session_append_batch(data, list(args), **options)

    @pytest.mark.evidence("F4.1-11", "F1.1-05")
    def test_each_session_gets_its_part_of_the_body(self, dbx):
        one, two, three = begin(dbx, 3)
        data = b"abcdef"
        args = [self.entry(one, 0, 1), self.entry(two, 0, 0), self.entry(three, 0, 5, close=True)]
        assert words(self.append(dbx, data, *args).entries) == ["success"] * 3
        done = finish(dbx, end(one, 1, "/1"), end(two, 0, "/2"), end(three, 5, "/3"))
        assert words(done) == ["lookup_failed/not_closed", "lookup_failed/not_closed", "success"]
        assert content(dbx, "/3") == b"bcdef"

    @pytest.mark.evidence("F4.1-11", "F4.1-03", "F4.1-06")
    def test_a_failed_entry_does_not_stop_the_entries_after_it(self, dbx):
        one, two = begin(dbx, 2)
        (full,) = closed(dbx, b"x")
        args = [
            self.entry(one, 0, 1),
            self.entry(one, 0, 1),
            self.entry("gone", 0, 1),
            self.entry(full, 1, 1),
            self.entry(two, 0, 1, close=True),
            self.entry(one, 1, 1, close=True),
        ]
        results = self.append(dbx, b"abcdef", *args).entries
        expected = ["success", "incorrect_offset", "not_found", "closed", "success", "success"]
        assert words(results) == expected
        assert results[1].get_failure().get_incorrect_offset().correct_offset == 1
        assert words(finish(dbx, end(one, 2, "/1"), end(two, 1, "/2"))) == ["success"] * 2
        assert (content(dbx, "/1"), content(dbx, "/2")) == (b"af", b"e")

    @pytest.mark.evidence("F4.1-11")
    @pytest.mark.parametrize("lengths", [(), (2,), (4,), (1, 1), (2, 2), (2**40,)])
    def test_lengths_that_do_not_add_up_are_refused(self, dbx, lengths):
        names = begin(dbx, 2)
        args = [self.entry(name, 0, length) for name, length in zip(names, lengths, strict=False)]
        assert refusal(self.append, dbx, b"abc", *args) == "length_mismatch"
        assert words(self.append(dbx, b"", self.entry(names[0], 0, 0)).entries) == ["success"]

    @pytest.mark.evidence("F4-11", "F4-01")
    def test_the_hash_and_size_of_the_whole_body_are_checked(self, dbx):
        one, two = begin(dbx, 2)
        args = [self.entry(one, 0, 1), self.entry(two, 0, 2)]
        wrong = content_hash(b"other")
        assert refusal(self.append, dbx, b"abc", *args, content_hash=wrong) == (
            "content_hash_mismatch"
        )
        right = content_hash(b"abc")
        assert words(self.append(dbx, b"abc", *args, content_hash=right).entries) == ["success"] * 2
        big = bytes(150 * 1024 * 1024 + 1)
        assert refusal(self.append, dbx, big, *args) == "payload_too_large"

    @pytest.mark.evidence("F4.1-08")
    def test_concurrent_sessions_accept_blocks_in_any_order(self, dbx):
        (name,) = begin(dbx, 1, UploadSessionType.concurrent)
        block = bytes(range(256)) * (BLOCK // 256)
        args = [
            self.entry(name, 2 * BLOCK, 3, close=False),
            self.entry(name, BLOCK, BLOCK),
            self.entry(name, 1, BLOCK),
            self.entry(name, 0, BLOCK),
            self.entry(name, 2 * BLOCK, 3, close=True),
        ]
        results = self.append(dbx, b"xyz" + block * 3 + b"xyz", *args).entries
        assert words(results) == [
            "concurrent_session_invalid_data_size",
            "success",
            "concurrent_session_invalid_offset",
            "success",
            "success",
        ]
        assert words(finish(dbx, end(name, 2 * BLOCK + 3, "/a"))) == ["success"]
        assert dbx.files_get_metadata("/a").content_hash == content_hash(block * 2 + b"xyz")

    def test_append_batch_accepts_at_most_500_entries(self, dbx):
        args = [self.entry("x", 0, 0)] * 501
        with pytest.raises(ValidationError):
            self.append(dbx, b"", *args)
        assert len(self.append(dbx, b"", *args[:500]).entries) == 500
        assert self.append(dbx, b"").entries == []

    def test_call_records_keep_a_copy_of_the_argument(self, dbx, service):
        (name,) = begin(dbx, 1)
        entry = self.entry(name, 0, 1)
        self.append(dbx, b"a", entry)
        entry.cursor.offset += 1
        self.append(dbx, b"b", entry)
        sent = service.calls.of("files/upload_session/append_batch")
        assert [record.arg.entries[0].cursor.offset for record in sent] == [0, 1]

    def test_append_batch_has_the_json_of_dropbox(self, wire):
        names = wire.rpc("files/upload_session/start_batch", {"num_sessions": 2}).json()
        one, two = names["session_ids"]
        arg = {
            "entries": [
                {"cursor": {"session_id": one, "offset": 0}, "length": 1},
                {"cursor": {"session_id": two, "offset": 7}, "length": 1, "close": True},
            ]
        }
        failure = {".tag": "incorrect_offset", "correct_offset": 0}
        reply = wire.upload(arg, b"ab", route="upload_session/append_batch")
        assert reply.json() == {
            "entries": [{".tag": "success"}, {".tag": "failure", "failure": failure}]
        }
        reply = wire.upload(arg, b"abc", route="upload_session/append_batch")
        assert (reply.status_code, reply.json()["error"]) == (409, {".tag": "length_mismatch"})


class TestFinishBatch:
    def test_an_incomplete_entry_is_refused_by_the_sdk(self, dbx, service):
        half = UploadSessionCursor("x", 0)
        arg = UploadSessionFinishArg(half, CommitInfo("/a"))
        del half.offset
        with pytest.raises(ValidationError, match="offset"):
            finish(dbx, arg)
        assert len(service.calls) == 0

    @pytest.mark.evidence("F4.1-10")
    def test_a_failed_entry_does_not_stop_the_entries_after_it(self, dbx, service):
        service.seed_files({"/taken": b"other", "/dir/x": b""})
        names = closed(dbx, b"one", b"two", b"three", b"four", b"five")
        (still_open,) = begin(dbx, 1)
        results = finish(
            dbx,
            end(names[0], 3, "/1"),
            end(names[1], 3, "/taken"),
            end(names[2], 4, "/3"),
            end(still_open, 0, "/4"),
            end("gone", 0, "/5"),
            end(names[3], 4, "/dir"),
            end(names[4], 4, "/5"),
        )
        assert words(results) == [
            "success",
            "path/conflict/file",
            "lookup_failed/incorrect_offset",
            "lookup_failed/not_closed",
            "lookup_failed/not_found",
            "path/conflict/folder",
            "success",
        ]
        assert results[0].get_success() == dbx.files_get_metadata("/1")
        assert service.files == {"/taken": b"other", "/dir/x": b"", "/1": b"one", "/5": b"five"}
        again = finish(dbx, end(names[1], 3, "/taken", mode=WriteMode.overwrite))
        assert words(again) == ["success"]  # a failed entry can be finished again

    @pytest.mark.evidence("F4.1-07")
    def test_a_session_can_be_finished_only_once(self, dbx, service):
        (name,) = closed(dbx, b"one")
        results = finish(dbx, end(name, 3, "/1"), end(name, 3, "/2"))
        assert words(results) == ["success", "lookup_failed/not_found"]
        assert service.files == {"/1": b"one"}

    def test_two_sessions_with_different_data_at_one_path_are_a_conflict(self, dbx, service):
        one, two, three = closed(dbx, b"1", b"22", b"1")
        args = [end(one, 1, "/a"), end(two, 2, "/A"), end(three, 1, "/a")]
        results = finish(dbx, *args)
        assert words(results) == ["success", "path/conflict/file", "success"]
        assert results[0] == results[2]  # an upload of identical data writes nothing
        renamed = finish(dbx, end(two, 2, "/a", autorename=True))
        assert renamed[0].get_success().name == "a (1)"
        assert service.files == {"/a": b"1", "/a (1)": b"22"}

    @pytest.mark.evidence("F4.1-08")
    def test_open_concurrent_sessions_are_refused(self, dbx):
        open_one, shut = begin(dbx, 2, UploadSessionType.concurrent)
        dbx.files_upload_session_append_v2(b"abc", UploadSessionCursor(shut, 0), close=True)
        results = finish(dbx, end(open_one, 0, "/1"), end(shut, 3, "/2"))
        assert words(results) == ["concurrent_session_not_closed", "success"]

    @pytest.mark.evidence("F4.1-10", "F10-15")
    def test_the_first_version_of_finish_batch_starts_a_job(self, dbx):
        (name,) = closed(dbx, b"one")
        launched = dbx.files_upload_session_finish_batch([end(name, 3, "/1"), end("x", 0, "/2")])
        assert launched.is_async_job_id()
        results = entries(dbx.files_upload_session_finish_batch_check, launched)
        assert words(results) == ["success", "lookup_failed/not_found"]
        assert results[0].get_success() == dbx.files_get_metadata("/1")

    @pytest.mark.dropbox(personality=Personality(async_batches="never"))
    @pytest.mark.evidence("F4.1-10")
    def test_the_first_version_of_finish_batch_may_return_its_result_without_a_job(self, dbx):
        (name,) = closed(dbx, b"one")
        launched = dbx.files_upload_session_finish_batch([end(name, 3, "/1")])
        assert words(launched.get_complete().entries) == ["success"]

    @pytest.mark.parametrize("route", ["finish_batch", "finish_batch_v2"])
    def test_finish_batch_accepts_at_most_1000_entries(self, dbx, route):
        call = getattr(dbx, f"files_upload_session_{route}")
        with pytest.raises(ValidationError):
            call([end("x", 0, "/a")] * 1001)
        call([end("x", 0, "/a")] * 1000)
        call([])

    @pytest.mark.evidence("F1.4-09")
    @pytest.mark.parametrize("route", ["finish_batch", "finish_batch_v2"])
    def test_a_commit_to_the_root_makes_the_whole_batch_fail(self, dbx, wire, service, route):
        call = getattr(dbx, f"files_upload_session_{route}")
        one, two = closed(dbx, b"1", b"2")
        good = end(one, 1, "/1")
        text = bad_input(call, [good, end(two, 1, "/")])
        assert text.endswith("entries.commit.path: The root folder is unsupported.")
        bad = {"cursor": {"session_id": two, "offset": 1}, "commit": {"path": ""}}
        assert wire.rpc(f"files/upload_session/{route}", {"entries": [bad]}).text == text
        assert service.files == {}
        assert words(finish(dbx, good, end(two, 1, "/2"))) == ["success"] * 2

    @pytest.mark.evidence("F4-12")
    def test_only_files_within_the_quota_are_finished(self, dbx, service):
        names = closed(dbx, b"abc", b"def", b"g")
        service.set_quota(service.accounts.default, 4)
        args = [end(name, 3 - 2 * (name == names[2]), f"/{n}") for n, name in enumerate(names)]
        assert words(finish(dbx, *args)) == ["success", "path/insufficient_space", "success"]

    @pytest.mark.evidence("F1.6-04")
    def test_finish_batch_has_the_json_of_dropbox(self, wire):
        start = wire.upload({"close": True}, b"abc", route="upload_session/start")
        cursor = {"session_id": start.json()["session_id"], "offset": 3}
        args = [{"cursor": cursor, "commit": {"path": "/a"}}] * 2
        done = wire.rpc("files/upload_session/finish_batch_v2", {"entries": args}).json()
        success, failure = done["entries"]
        assert list(success)[:4] == [".tag", "name", "path_lower", "path_display"]
        assert success[".tag"] == "success"
        lookup = {".tag": "lookup_failed", "lookup_failed": {".tag": "not_found"}}
        assert failure == {".tag": "failure", "failure": lookup}
