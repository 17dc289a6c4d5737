"""Many at once: writes are one after the other, and nothing is lost."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import CommitInfo, UploadSessionCursor, UploadSessionType, WriteMode
from tests.support.doors import chain, changes, content, content_hash, listed, paths

THREADS = 8


@pytest.fixture
def together(connect):
    """Runs a function in eight threads that begin together, each with a client of its own.

    They take turns a thousand times as often as they would, to meet where they can.
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
    if sys.gettrace() is None:  # a tracer takes more than that for a line
        sys.setswitchinterval(usual / 1000)
    yield run
    sys.setswitchinterval(usual)


def test_files_of_their_own(dbx, together):
    def write(client, number):
        return [client.files_upload(b"%d" % n, f"/{number}/{n}").id for n in range(25)]

    ids = together(write)
    assert len({one for some in ids for one in some}) == THREADS * 25
    files = [entry for entry in listed(dbx, "", recursive=True) if hasattr(entry, "rev")]
    assert len(files) == THREADS * 25
    assert len({file.rev for file in files}) == len(files)
    assert all(content(dbx, file.id).decode() == file.name for file in files)


@pytest.mark.evidence("F9-04")
def test_one_new_path_has_one_winner(dbx, together):
    results = together(lambda client, number: client.files_upload(b"%d" % number, "/a"))
    winners = [result for result in results if result != "path/conflict/file"]
    assert len(winners) == 1
    assert winners[0] == dbx.files_get_metadata("/a")


@pytest.mark.evidence("F9-04")
def test_the_same_content_has_no_loser(together):
    results = together(lambda client, _: client.files_upload(b"x", "/a"))
    assert len({result.rev for result in results}) == 1


@pytest.mark.evidence("F9-04")
def test_overwriting_keeps_one_id_and_the_last_word(dbx, together):
    results = together(
        lambda client, number: client.files_upload(b"%d" % number, "/a", mode=WriteMode.overwrite)
    )
    assert len({result.id for result in results}) == 1
    assert len({result.rev for result in results}) == THREADS
    assert dbx.files_get_metadata("/a") == max(results, key=lambda result: result.rev)


@pytest.mark.evidence("F9-04")
def test_one_update_of_a_revision_wins(dbx, together):
    rev = dbx.files_upload(b"first", "/a").rev
    results = together(
        lambda client, number: client.files_upload(b"%d" % number, "/a", mode=WriteMode.update(rev))
    )
    assert results.count("path/conflict/file") == THREADS - 1


@pytest.mark.evidence("F9-05", "F9-06")
def test_one_mover_wins(dbx, together):
    dbx.files_upload(b"x", "/job")
    results = together(lambda client, number: client.files_move_v2("/job", f"/mine/{number}"))
    assert results.count("from_lookup/not_found") == THREADS - 1
    assert len(listed(dbx, "/mine")) == 1


@pytest.mark.evidence("F9-05")
def test_one_target_is_taken_once(dbx, together):
    for number in range(THREADS):
        dbx.files_upload(b"%d" % number, f"/{number}")
    results = together(lambda client, number: client.files_move_v2(f"/{number}", "/target"))
    assert results.count("to/conflict/file") == THREADS - 1
    assert len(listed(dbx)) == THREADS


def test_autorename_gives_each_a_name(dbx, together):
    results = together(
        lambda client, number: client.files_upload(b"%d" % number, "/a", autorename=True).name
    )
    assert sorted(results) == ["a"] + [f"a ({number})" for number in range(1, THREADS)]


def test_a_reader_of_changes_misses_nothing(dbx, together):
    """While seven write, move and delete, one follows; at the end it knows what is there."""
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

    last = together(work)[0]
    follow(dbx, last)
    assert known == {entry.path_lower: entry.id for entry in listed(dbx, "", recursive=True)}


def test_big_contents_are_read_side_by_side(dbx, together):
    data = bytes(range(256)) * 40_000
    dbx.files_upload(data, "/big")

    def read(client, number):
        response = client.files_download("/big")[1]
        return b"".join(response.iter_content(100_000 + number)) == data

    assert all(together(read))
    assert paths(listed(dbx)) == ["/big"]


def test_one_client_in_many_threads(dbx, together):
    together(lambda _, number: [dbx.files_upload(b"", f"/{number}/{n}") for n in range(10)])
    assert len(listed(dbx, "", recursive=True)) == THREADS * 11


@pytest.mark.evidence("F4.1-08")
def test_one_concurrent_session_in_eight_threads(dbx, together):
    """Each sends its pieces, in an order of its own; the content has the right hash."""
    block = 4 * 1024 * 1024
    data = b"".join(bytes([number]) * block for number in range(THREADS * 2)) + b"the end"
    kind = UploadSessionType.concurrent
    session = dbx.files_upload_session_start(b"", session_type=kind).session_id

    def send(client, number):
        for piece in (number + THREADS, number):
            cursor = UploadSessionCursor(session, piece * block)
            part = data[piece * block : (piece + 1) * block]
            client.files_upload_session_append_v2(part, cursor)

    assert together(send) == [None] * THREADS
    end = UploadSessionCursor(session, THREADS * 2 * block)
    dbx.files_upload_session_append_v2(b"the end", end, close=True)
    cursor = UploadSessionCursor(session, len(data))
    meta = dbx.files_upload_session_finish(b"", cursor, CommitInfo("/a"))
    assert (meta.size, meta.content_hash) == (len(data), content_hash(data))


@pytest.mark.evidence("F4.1-03", "F4.1-07")
def test_a_sequential_session_in_eight_threads_takes_each_offset_once(dbx, together):
    session = dbx.files_upload_session_start(b"").session_id

    def send(client, _):
        cursor = UploadSessionCursor(session, 0)
        client.files_upload_session_append_v2(b"abc", cursor)
        return "taken"

    results = together(send)
    assert sorted(results) == ["incorrect_offset"] * (THREADS - 1) + ["taken"]
    commit = CommitInfo("/a")
    results = together(
        lambda client, _: (
            client.files_upload_session_finish(b"", UploadSessionCursor(session, 3), commit).size
        )
    )
    assert results.count(3) == 1
    assert results.count("lookup_failed/not_found") == THREADS - 1


def test_sessions_of_their_own(dbx, together):
    """One after the other in each thread, all threads at once."""

    def send(client, number):
        data = b"%d" % number * 1000
        session = client.files_upload_session_start(data[:500]).session_id
        client.files_upload_session_append_v2(data[500:], UploadSessionCursor(session, 500))
        cursor = UploadSessionCursor(session, len(data))
        meta = client.files_upload_session_finish(b"", cursor, CommitInfo(f"/{number}"))
        return meta.content_hash == content_hash(data)

    assert all(together(send))
    assert len(listed(dbx)) == THREADS


def test_copies_of_one_folder(dbx, together):
    for number in range(20):
        dbx.files_upload(b"x", f"/from/{number}")
    together(lambda client, number: client.files_copy_v2("/from", f"/to/{number}"))
    assert dbx.users_get_space_usage().used == 20 * (THREADS + 1)
    ids = [entry.id for entry in listed(dbx, "", recursive=True)]
    assert len(set(ids)) == len(ids) == 20 * (THREADS + 1) + THREADS + 2
