"""Tests of calls from many threads: writes happen one after another, and none is lost."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import CommitInfo, UploadSessionCursor, UploadSessionType, WriteMode
from tests.support.doors import chain, changes, content, content_hash, listed, paths

THREADS = 8


@pytest.fixture
def run_in_threads(connect):
    """A function that runs work in eight threads at the same time, each with its own client.

    To provoke races, the interpreter switches threads a thousand times as often as usual, unless
    each line is traced.
    """

    def run(work):
        clients = [connect() for _ in range(THREADS)]
        start = threading.Barrier(THREADS)

        def one(number):
            start.wait()
            try:
                return work(clients[number], number)
            except ApiError as error:
                return chain(error.error)

        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(one, range(THREADS)))

    usual = sys.getswitchinterval()
    if sys.gettrace() is None:  # a traced line takes longer than the interval
        sys.setswitchinterval(usual / 1000)
    yield run
    sys.setswitchinterval(usual)


def test_uploads_of_different_files_are_all_kept(dbx, run_in_threads):
    def write(client, number):
        return [client.files_upload(b"%d" % n, f"/{number}/{n}").id for n in range(25)]

    ids = run_in_threads(write)
    assert len({one for some in ids for one in some}) == THREADS * 25
    files = [entry for entry in listed(dbx, "", recursive=True) if hasattr(entry, "rev")]
    assert len(files) == THREADS * 25
    assert len({file.rev for file in files}) == len(files)
    assert all(content(dbx, file.id).decode() == file.name for file in files)


@pytest.mark.evidence("F9-04")
def test_only_one_upload_to_a_new_path_succeeds(dbx, run_in_threads):
    results = run_in_threads(lambda client, number: client.files_upload(b"%d" % number, "/a"))
    winners = [result for result in results if result != "path/conflict/file"]
    assert len(winners) == 1
    assert winners[0] == dbx.files_get_metadata("/a")


@pytest.mark.evidence("F9-04")
def test_uploads_of_the_same_data_all_succeed(run_in_threads):
    results = run_in_threads(lambda client, _: client.files_upload(b"x", "/a"))
    assert len({result.rev for result in results}) == 1


@pytest.mark.evidence("F9-04")
def test_overwriting_keeps_the_id_and_the_latest_revision(dbx, run_in_threads):
    results = run_in_threads(
        lambda client, number: client.files_upload(b"%d" % number, "/a", mode=WriteMode.overwrite)
    )
    assert len({result.id for result in results}) == 1
    assert len({result.rev for result in results}) == THREADS
    assert dbx.files_get_metadata("/a") == max(results, key=lambda result: result.rev)


@pytest.mark.evidence("F9-04")
def test_only_one_update_of_a_revision_succeeds(dbx, run_in_threads):
    rev = dbx.files_upload(b"first", "/a").rev
    results = run_in_threads(
        lambda client, number: client.files_upload(b"%d" % number, "/a", mode=WriteMode.update(rev))
    )
    assert results.count("path/conflict/file") == THREADS - 1


@pytest.mark.evidence("F9-05", "F9-06")
def test_only_one_move_of_a_file_succeeds(dbx, run_in_threads):
    dbx.files_upload(b"x", "/job")
    results = run_in_threads(lambda client, number: client.files_move_v2("/job", f"/mine/{number}"))
    assert results.count("from_lookup/not_found") == THREADS - 1
    assert len(listed(dbx, "/mine")) == 1


@pytest.mark.evidence("F9-05")
def test_only_one_move_to_a_target_succeeds(dbx, run_in_threads):
    for number in range(THREADS):
        dbx.files_upload(b"%d" % number, f"/{number}")
    results = run_in_threads(lambda client, number: client.files_move_v2(f"/{number}", "/target"))
    assert results.count("to/conflict/file") == THREADS - 1
    assert len(listed(dbx)) == THREADS


def test_autorename_gives_each_upload_its_own_name(dbx, run_in_threads):
    results = run_in_threads(
        lambda client, number: client.files_upload(b"%d" % number, "/a", autorename=True).name
    )
    assert sorted(results) == ["a"] + [f"a ({number})" for number in range(1, THREADS)]


def test_a_reader_of_changes_misses_no_change(dbx, run_in_threads):
    """One thread follows the changes that seven others make, and ends with the right tree."""
    cursor = dbx.files_list_folder("", recursive=True).cursor
    known = {}

    def follow(client, cursor):
        entries, cursor = changes(client, cursor)
        for entry in entries:
            gone = [path for path in known if f"{path}/".startswith(f"{entry.path_lower}/")]
            if not hasattr(entry, "id"):
                for path in gone:
                    del known[path]
            else:
                known[entry.path_lower] = entry.id
        return cursor

    def work(client, number):
        if number == 0:
            at = cursor
            for _ in range(60):
                at = follow(client, at)
            return at
        for turn in range(15):
            client.files_upload(b"x", f"/{number}/{turn}")
            client.files_move_v2(f"/{number}", f"/moved {number}/{turn}")
            client.files_upload(b"y", f"/{number}/z")
            if turn % 5 == 0:
                client.files_delete_v2(f"/moved {number}")
        return None

    last = run_in_threads(work)[0]
    follow(dbx, last)
    assert known == {entry.path_lower: entry.id for entry in listed(dbx, "", recursive=True)}


def test_a_big_file_can_be_downloaded_by_many_threads(dbx, run_in_threads):
    data = bytes(range(256)) * 40_000
    dbx.files_upload(data, "/big")

    def read(client, number):
        response = client.files_download("/big")[1]
        return b"".join(response.iter_content(100_000 + number)) == data

    assert all(run_in_threads(read))
    assert paths(listed(dbx)) == ["/big"]


def test_one_client_can_be_used_by_many_threads(dbx, run_in_threads):
    run_in_threads(lambda _, number: [dbx.files_upload(b"", f"/{number}/{n}") for n in range(10)])
    assert len(listed(dbx, "", recursive=True)) == THREADS * 11


@pytest.mark.evidence("F4.1-08")
def test_threads_can_append_to_one_concurrent_session(dbx, run_in_threads):
    """Each thread appends two parts, the later one first; the file has the right hash."""
    block = 4 * 1024 * 1024
    data = b"".join(bytes([number]) * block for number in range(THREADS * 2)) + b"the end"
    kind = UploadSessionType.concurrent
    session = dbx.files_upload_session_start(b"", session_type=kind).session_id

    def send(client, number):
        for piece in (number + THREADS, number):
            cursor = UploadSessionCursor(session, piece * block)
            part = data[piece * block : (piece + 1) * block]
            client.files_upload_session_append_v2(part, cursor)

    assert run_in_threads(send) == [None] * THREADS
    end = UploadSessionCursor(session, THREADS * 2 * block)
    dbx.files_upload_session_append_v2(b"the end", end, close=True)
    cursor = UploadSessionCursor(session, len(data))
    meta = dbx.files_upload_session_finish(b"", cursor, CommitInfo("/a"))
    assert (meta.size, meta.content_hash) == (len(data), content_hash(data))


@pytest.mark.evidence("F4.1-03", "F4.1-07")
def test_a_sequential_session_accepts_each_offset_once(dbx, run_in_threads):
    session = dbx.files_upload_session_start(b"").session_id

    def send(client, _):
        cursor = UploadSessionCursor(session, 0)
        client.files_upload_session_append_v2(b"abc", cursor)
        return "taken"

    results = run_in_threads(send)
    assert sorted(results) == ["incorrect_offset"] * (THREADS - 1) + ["taken"]
    commit = CommitInfo("/a")
    results = run_in_threads(
        lambda client, _: (
            client.files_upload_session_finish(b"", UploadSessionCursor(session, 3), commit).size
        )
    )
    assert results.count(3) == 1
    assert results.count("lookup_failed/not_found") == THREADS - 1


def test_each_thread_can_use_its_own_session(dbx, run_in_threads):
    """Each thread starts, extends and finishes its own session."""

    def send(client, number):
        data = b"%d" % number * 1000
        session = client.files_upload_session_start(data[:500]).session_id
        client.files_upload_session_append_v2(data[500:], UploadSessionCursor(session, 500))
        cursor = UploadSessionCursor(session, len(data))
        meta = client.files_upload_session_finish(b"", cursor, CommitInfo(f"/{number}"))
        return meta.content_hash == content_hash(data)

    assert all(run_in_threads(send))
    assert len(listed(dbx)) == THREADS


def test_threads_can_copy_one_folder_at_the_same_time(dbx, run_in_threads):
    for number in range(20):
        dbx.files_upload(b"x", f"/from/{number}")
    run_in_threads(lambda client, number: client.files_copy_v2("/from", f"/to/{number}"))
    assert dbx.users_get_space_usage().used == 20 * (THREADS + 1)
    ids = [entry.id for entry in listed(dbx, "", recursive=True)]
    assert len(set(ids)) == len(ids) == 20 * (THREADS + 1) + THREADS + 2
