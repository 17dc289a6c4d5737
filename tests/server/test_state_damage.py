"""Tests of damaged state files, and of those that cannot be used: refused in one line, and kept."""

import errno
import os
import random
import shutil
import sqlite3
import struct
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner
from dropbox.files import WriteMode
from tests.support.commands import serving
from tests.support.kept_services import KeptService, differences, state_of

from fakedropbox.cli import main
from fakedropbox.server.state import StateFile, StateRefused
from fakedropbox.server.wal import has_damage

NOBODY = 65534
TABLES = ("meta", "record", "past", "content")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A state file with records, contents and past revisions, its state, and its arguments."""
    path, beginning = tmp_path_factory.mktemp("sound") / "state", {"seed": 4}
    kept = KeptService(path, **beginning)
    client = kept.service.client()
    for number in range(30):
        client.files_upload(b"%d" % number * 300, f"/{number % 7}", mode=WriteMode.overwrite)
    client.files_delete_v2("/3")
    client.sharing_create_shared_link_with_settings("/1")
    return path, kept.close(), beginning


@pytest.fixture
def damaged(sound, tmp_path):
    """A copy of the state file, to be damaged."""
    copy = tmp_path / "state"
    shutil.copy(sound[0], copy)
    return copy


def loaded_or_refused(path, sound):
    """Check that a damaged file loses nothing, or is refused in one line and kept.

    Return whether it was refused.
    """
    _, before, beginning = sound
    data = path.read_bytes()
    try:
        kept = KeptService(path, **beginning)
    except StateRefused as error:
        refusal = str(error)
    else:
        assert differences(before, state_of(kept.service)) == {}
        kept.file.close()
        return False
    assert refusal.startswith("state: ")
    assert "\n" not in refusal
    assert path.read_bytes() == data
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    return True


def flipped(data, rng):
    at = rng.randrange(len(data) * 8)
    changed = bytearray(data)
    changed[at // 8] ^= 1 << at % 8
    return bytes(changed)


@pytest.mark.parametrize("seed", range(40))
def test_a_flipped_bit_loses_nothing_or_is_refused(damaged, sound, seed):
    rng = random.Random(seed)  # noqa: S311 -- test data
    damaged.write_bytes(flipped(damaged.read_bytes(), rng))
    loaded_or_refused(damaged, sound)


def test_flipped_bits_in_a_record_are_refused(damaged, sound):
    data, rng = damaged.read_bytes(), random.Random(0)  # noqa: S311 -- test data
    at = data.index(b'["file",')
    refused = 0
    for _ in range(10):
        bit = rng.randrange(60 * 8)
        changed = bytearray(data)
        changed[at + bit // 8] ^= 1 << bit % 8
        damaged.write_bytes(bytes(changed))
        refused += loaded_or_refused(damaged, sound)
    assert refused == 10


INDEXES = ["content_at", "past_at", "past_rev", "past_content", "sqlite_autoindex_record_1"]


@pytest.mark.parametrize("index", INDEXES)
def test_a_flipped_bit_in_an_index_is_refused(damaged, sound, index):
    """An index that differs from its table would make contents and revisions invisible."""
    with closing(sqlite3.connect(damaged)) as database:
        sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        ((page,),) = database.execute(sql, (index,)).fetchall()
        ((size,),) = database.execute("PRAGMA page_size").fetchall()
    data = bytearray(damaged.read_bytes())
    data[page * size - 3] ^= 1  # the first row, which is at the end of the page
    damaged.write_bytes(data)
    assert loaded_or_refused(damaged, sound)


def test_a_damaged_name_in_the_schema_is_refused_in_one_line(damaged, sound):
    data = damaged.read_bytes()
    damaged.write_bytes(data.replace(b"sqlite_autoindex_record_1", b"s\xf1lite_autoindex_record_1"))
    assert loaded_or_refused(damaged, sound)


@pytest.fixture(scope="module")
def unmerged(tmp_path_factory):
    """The bytes of a state file and its WAL file after a kill, the state, and the arguments."""
    path, beginning = tmp_path_factory.mktemp("unmerged") / "state", {"seed": 4}
    kept = KeptService(path, **beginning)
    for number in range(15):
        kept.service.client().files_upload(b"%d" % number * 500, f"/{number % 7}{number}")
    found = path.read_bytes(), wal_of(path).read_bytes()
    return *found, kept.close(), beginning


def wal_of(path):
    return path.with_name(f"{path.name}-wal")


def put(path, main, wal):
    path.write_bytes(main)
    wal_of(path).write_bytes(wal)


def test_changes_that_are_only_in_the_wal_file_are_loaded(tmp_path, unmerged):
    main, wal, before, beginning = unmerged
    put(tmp_path / "state", main, wal)
    assert differences(before, KeptService(tmp_path / "state", **beginning).close()) == {}


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_bit_in_the_wal_file_is_refused(tmp_path, unmerged, seed):
    main, wal, _, beginning = unmerged
    path = tmp_path / "state"
    damaged_wal = flipped(wal, random.Random(seed))  # noqa: S311 -- test data
    put(path, main, damaged_wal)
    with pytest.raises(StateRefused, match=r"its latest changes, in state-wal, are damaged; "):
        KeptService(path, **beginning)
    assert path.read_bytes() == main
    assert wal_of(path).read_bytes() == damaged_wal
    assert len(list(tmp_path.iterdir())) == 2


# In the file's header: the magic number, the page size, a salt, a checksum. In a frame's header:
# the page, the size of a commit, a salt, a checksum. The last two places are in a page itself.
PLACES = [0, 3, 11, 16, 31, 32 + 3, 32 + 7, 32 + 8, 32 + 23, 32 + 24, -1]


@pytest.mark.parametrize("place", PLACES)
def test_damage_in_any_part_of_a_wal_file_is_found(tmp_path, unmerged, place):
    wal = bytearray(unmerged[1])
    put(tmp_path / "state", b"", wal)
    assert not has_damage(wal_of(tmp_path / "state"))
    wal[place] ^= 1
    put(tmp_path / "state", b"", wal)
    assert has_damage(wal_of(tmp_path / "state"))


def test_a_wal_file_without_pages_is_damaged(tmp_path, unmerged):
    head = bytearray(unmerged[1][:32])
    head[8:12] = bytes(4)
    put(tmp_path / "state", b"", head[:24] + sums_of(head[:24], "<"))
    assert has_damage(wal_of(tmp_path / "state"))


def sums_of(data, order, before=bytes(8)):
    """Return SQLite's checksums of data, which continue the checksums ``before``."""
    one, other = struct.unpack(">II", before)
    for first, second in struct.iter_unpack(f"{order}II", data):
        one = (one + first + other) % 2**32
        other = (other + second + one) % 2**32
    return struct.pack(">II", one, other)


def test_a_wal_file_of_a_machine_with_another_byte_order_is_read(tmp_path, unmerged):
    head, frame = bytearray(unmerged[1][:32]), bytearray(unmerged[1][32 : 32 + 24 + 4096])
    assert sums_of(head[:24], "<") == head[24:]
    head[3] |= 1
    head[24:] = sums_of(head[:24], ">")
    frame[16:24] = sums_of(frame[:8] + frame[24:], ">", head[24:])
    put(tmp_path / "state", b"", head + frame)
    assert not has_damage(wal_of(tmp_path / "state"))
    frame[-1] ^= 1
    put(tmp_path / "state", b"", head + frame)
    assert has_damage(wal_of(tmp_path / "state"))


def test_a_file_in_use_is_not_called_damaged(tmp_path):
    path = tmp_path / "state"
    with serving(tmp_path, "--state", str(path)):
        wal = bytearray(wal_of(path).read_bytes())
        wal[-1] ^= 1  # as if the server had been writing it meanwhile
        wal_of(path).write_bytes(wal)
        done = CliRunner().invoke(main, ["serve", "--state", str(path)])
        assert done.output == f"Error: --state: {path} cannot be used: database is locked\n"
        assert wal_of(path).read_bytes() == wal


@pytest.mark.parametrize("cut", [1, 24, 4000])
def test_a_wal_file_whose_last_write_was_interrupted_is_loaded(tmp_path, unmerged, cut):
    main, wal, _, beginning = unmerged
    put(tmp_path / "state", main, wal[:-cut])
    kept = KeptService(tmp_path / "state", **beginning)
    assert len(kept.service.files) == 14
    kept.close()


@pytest.mark.parametrize("length", [0, 31])
def test_a_wal_file_without_a_change_is_ignored(tmp_path, unmerged, length):
    main, wal, _, beginning = unmerged
    put(tmp_path / "state", main, wal[:length])
    kept = KeptService(tmp_path / "state", **beginning)
    assert kept.service.files == {}
    kept.close()


def test_a_file_whose_first_server_was_killed_immediately_is_used(tmp_path):
    path = tmp_path / "state"
    StateFile(path, {"seed": 4}).close()
    kept = KeptService(path, seed=4)
    kept.service.client().files_upload(b"1", "/a")
    before = kept.close()
    assert kept.file.beginning == {"seed": 4}
    assert differences(before, KeptService(path, seed=4).close()) == {}


def test_a_wal_file_is_never_overwritten_in_its_middle(tmp_path):
    path = tmp_path / "state"
    kept = KeptService(path, seed=4)
    database, client = kept.file._database, kept.service.client()
    client.files_upload(bytes(1000), "/a")
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages + 20}")
    with pytest.raises(OSError, match="full"):
        client.files_upload(bytes(range(256)) * 2000, "/b")
    database.execute("PRAGMA max_page_count = 100000")
    assert not has_damage(wal_of(path))
    for number in range(30):
        client.files_upload(bytes([number]) * 300_000, f"/c{number}")
        assert not has_damage(wal_of(path))
        assert wal_of(path).stat().st_size < 5_000_000
    before = kept.close()
    assert differences(before, KeptService(path, seed=4).close()) == {}


@pytest.mark.parametrize(
    "damage", ["UPDATE content SET bytes = x'00'", "UPDATE content SET mark = 0"]
)
def test_content_that_is_damaged_after_the_start_is_not_read_as_other_content(tmp_path, damage):
    path = tmp_path / "state"
    kept = KeptService(path, seed=4)
    kept.service.client().files_upload(b"1", "/a")
    kept.close()
    again = KeptService(path, seed=4)
    again.file._database.execute(damage)
    with pytest.raises(OSError, match=r"state: .*state is damaged \(content [0-9a-f]{64}\)"):
        again.service.read("/a")
    again.file.close()


def test_content_stored_as_text_is_read_but_refused_at_the_next_start(tmp_path):
    path = tmp_path / "state"
    kept = KeptService(path, seed=4)
    kept.service.client().files_upload(b"1", "/a")
    kept.close()
    again = KeptService(path, seed=4)
    again.file._database.execute("UPDATE content SET bytes = CAST(bytes AS TEXT)")
    assert again.service.read("/a") == b"1"
    again.file.close()
    with pytest.raises(StateRefused, match="do not belong together"):
        KeptService(path, seed=4)


def test_a_file_gets_smaller_when_most_of_it_is_empty(tmp_path):
    path = tmp_path / "state"
    kept = KeptService(path, seed=4)
    client, overwrite, sizes = kept.service.client(), WriteMode.overwrite, []
    for size in (300_000, 10):
        for number in range(120):
            client.files_upload(bytes([number]) * (size + number), "/a", mode=overwrite)
        kept.file.merge()
        sizes.append(path.stat().st_size)
        assert not has_damage(wal_of(path))
    client.files_upload(bytes(5_000_000), "/b")
    with kept.service.gate.lock:
        kept.service.reset()
        kept.keeper.save()
    sizes.append(path.stat().st_size)
    assert sizes[0] > 30_000_000
    assert max(sizes[1:]) < 3_000_000
    before = kept.close()
    assert differences(before, KeptService(path, seed=4).close()) == {}


def test_large_content_is_written_in_several_transactions(tmp_path):
    path, content = tmp_path / "state", bytes(range(250)) * 100_000
    kept = KeptService(path, seed=4)
    sizes, put = [], kept.file._put_piece

    def noted(*arguments):
        sizes.append(wal_of(path).stat().st_size)
        return put(*arguments)

    kept.file._put_piece = noted
    kept.service.seed_files({"/a": content})
    with kept.service.gate.lock:
        kept.keeper.save()
    assert len(sizes) == 24
    assert max(sizes) < 10_000_000
    kept.close()
    again = KeptService(path, seed=4)
    assert again.service.read("/a") == content
    again.close()


def test_incomplete_content_is_written_again(tmp_path):
    path, content = tmp_path / "state", bytes(range(250)) * 100_000
    kept = KeptService(path, seed=4)
    put = kept.file._put_piece

    def fail_at_the_beginning(blob, start):
        if not start:
            raise OSError("killed")
        return put(blob, start)

    kept.file._put_piece = fail_at_the_beginning
    with pytest.raises(OSError, match="killed"):
        kept.service.client().files_upload(content, "/a")
    kept.file._put_piece = put
    kept.service.client().files_upload(content, "/a")
    before = kept.close()
    assert differences(before, KeptService(path, seed=4).close()) == {}


@pytest.mark.parametrize("part", [0.001, 0.1, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(damaged, sound, part):
    data = damaged.read_bytes()
    damaged.write_bytes(data[: int(len(data) * part)])
    assert loaded_or_refused(damaged, sound)


@pytest.mark.parametrize("table", TABLES)
def test_a_missing_table_is_refused(damaged, sound, table):
    with closing(sqlite3.connect(damaged)) as database:
        database.execute(f"DROP TABLE {table}")
    assert loaded_or_refused(damaged, sound)


def test_a_state_file_without_some_content_is_refused(damaged, sound):
    with closing(sqlite3.connect(damaged)) as database:
        database.execute("DELETE FROM content WHERE digest = (SELECT max(digest) FROM content)")
        database.commit()
    assert loaded_or_refused(damaged, sound)


def test_a_file_in_use_is_refused_by_a_second_server(tmp_path):
    path = tmp_path / "state"
    with serving(tmp_path, "--state", str(path)):
        before = path.read_bytes()
        done = CliRunner().invoke(main, ["serve", "--state", str(path)])
        assert done.exit_code == 1
        assert done.output == (f"Error: --state: {path} cannot be used: database is locked\n")
        assert path.read_bytes() == before


@contextmanager
def not_root(path):
    """If root, act as another user, who owns a file but not its folder."""
    if not hasattr(os, "seteuid") or os.geteuid() != 0:
        yield
        return
    os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="POSIX has these modes")
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_file_in_a_read_only_folder_is_refused(sound, mode):
    with TemporaryDirectory() as name:  # those of pytest are closed to other users
        folder = Path(name)
        path = folder / "state"
        shutil.copy(sound[0], path)
        before = path.read_bytes()
        path.chmod(mode)
        folder.chmod(0o555)
        try:
            with not_root(path), pytest.raises((OSError, StateRefused)) as refused:
                StateFile(path, {}).begin_to_write()
            assert path.read_bytes() == before
            assert [each.name for each in folder.iterdir()] == ["state"]
        finally:
            folder.chmod(0o755)
    assert "\n" not in str(refused.value)


def test_a_new_file_for_which_the_disk_has_no_room_stays_empty(tmp_path, monkeypatch):
    path, write = tmp_path / "state", os.write

    def full(descriptor, data):
        if os.fstat(descriptor).st_size:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:5000])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        StateFile(path, {})
    assert path.read_bytes() == b""
    monkeypatch.undo()
    KeptService(path, seed=4).close()


def test_a_write_that_fails_is_undone_and_the_next_one_works(tmp_path):
    kept = KeptService(tmp_path / "state", seed=4)
    before = state_of(kept.service)
    database = kept.file._database
    (size,) = database.execute("PRAGMA max_page_count = 1").fetchone()
    with pytest.raises(OSError, match="cannot be written: database or disk is full"):
        kept.service.client().files_upload(bytes(100_000), "/a")
    assert {**differences(before, state_of(kept.service)), "chance": 0} == {"chance": 0}
    database.execute(f"PRAGMA max_page_count = {size + 1000}")
    kept.service.client().files_upload(bytes(100_000), "/b")
    before = kept.close()
    again = KeptService(tmp_path / "state", seed=4)
    assert differences(before, again.close()) == {}
