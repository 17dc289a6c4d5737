"""Tests of state files with a WAL file: refused starts and reading leave both as they were."""

import random
import sqlite3
from contextlib import closing

import pytest
from dropbox.files import WriteMode
from tests.support.commands import run_python
from tests.support.kept_services import KeptService, differences, state_of

from fakedropbox import FakeDropboxService
from fakedropbox.server.launch import Options, launched
from fakedropbox.server.state import StateFile, StateRefused
from fakedropbox.server.transfer import description, export

BEGINNING = {"seed": 4}


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The contents of the state and WAL file of a killed server, both with data, and its state."""
    path = tmp_path_factory.mktemp("killed") / "state"
    StateFile(path, {"seed": 4}).close()
    for _ in range(2):
        kept = KeptService(path, **BEGINNING)
        for number in range(15):
            content = b"%d" % number * 500
            kept.service.client().files_upload(content, f"/{number % 7}", mode=WriteMode.overwrite)
        found = contents_of(path)
        state = kept.close()
    return found, state


def contents_of(path):
    """Return the bytes of each file in the folder of a state file."""
    return {each.name: each.read_bytes() for each in path.parent.iterdir()}


@pytest.fixture
def path(tmp_path, killed):
    """The path of a copy of the state file, beside a copy of its WAL file."""
    assert len(killed[0]) == 2
    for name, content in killed[0].items():
        assert content
        (tmp_path / name).write_bytes(content)
    return tmp_path / "state"


def test_a_state_file_and_its_wal_file_are_loaded(path, killed):
    assert differences(killed[1], KeptService(path, **BEGINNING).close()) == {}
    assert contents_of(path).keys() == {"state"}


def test_options_that_contradict_the_file_change_nothing(path):
    before = contents_of(path)
    options = Options(state=path, seed=5)
    with (
        pytest.raises(StateRefused, match=r"seed: .* already holds a service"),
        launched(options, FakeDropboxService),
    ):
        pass
    assert contents_of(path) == before


def refused(path, reason):
    before = contents_of(path)
    with pytest.raises(StateRefused, match=reason):
        KeptService(path, **BEGINNING)
    assert contents_of(path) == before


def change(path, statement):
    """Execute an SQL statement, as a program that is killed before it closes the file."""
    with closing(sqlite3.connect(path)) as database, closing(sqlite3.connect(path)) as other:
        database.execute(statement)
        database.commit()
        other.execute("BEGIN").execute("SELECT * FROM meta").fetchall()
        found = contents_of(path)
    for name in ("state", "state-wal"):
        path.with_name(name).write_bytes(found[name])


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("PRAGMA user_version = 99", "which is newer than this one"),
        ("DROP TABLE record", "no such table"),
        ("UPDATE record SET text = '[7]' WHERE key = '[\"node\",1]'", "it is damaged"),
        ("DELETE FROM content", r"it is damaged \(no content"),
        ("DELETE FROM record WHERE key LIKE '[\"tree\"%'", "do not belong together"),
    ],
)
def test_a_refused_start_changes_nothing(path, statement, reason):
    change(path, statement)
    assert contents_of(path).keys() == {"state", "state-wal"}
    refused(path, reason)


@pytest.mark.parametrize("seed", range(20))
def test_a_main_file_with_a_flipped_bit_is_refused_unless_the_wal_file_makes_it_complete(
    path, killed, seed
):
    rng = random.Random(seed)  # noqa: S311 -- test data
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    before = contents_of(path)
    try:
        kept = KeptService(path, **BEGINNING)
    except StateRefused:
        assert contents_of(path) == before
        return
    assert differences(killed[1], state_of(kept.service)) == {}
    kept.file.close()


def test_a_second_use_of_the_file_in_the_process_does_not_release_its_lock(path):
    kept = KeptService(path, **BEGINNING)
    with pytest.raises(StateRefused, match="database is locked"):
        StateFile(path, {})
    code = "import sys; from pathlib import Path; from fakedropbox.server.wal import is_locked"
    assert run_python(f"{code}; print(is_locked(Path({str(path)!r})))") == ["True"]
    kept.close()
    StateFile(path, {}).close()


def test_a_file_that_changed_while_it_was_read_is_refused(path):
    file = StateFile(path, {})
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE meta SET value = value || ' '")
        database.commit()
    with pytest.raises(StateRefused, match="another process has changed it meanwhile"):
        file.begin_to_write()
    file.close()


def test_a_file_that_another_program_reads_is_refused(path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("BEGIN").execute("SELECT * FROM meta").fetchall()
        with pytest.raises(StateRefused, match="database is locked"):
            KeptService(path, **BEGINNING)
        assert path.with_name("state-shm").exists()  # the state file is in use
    KeptService(path, **BEGINNING).close()


def test_reading_a_state_file_changes_nothing(tmp_path, tmp_path_factory):
    path = tmp_path / "state"
    with launched(Options(state=path), FakeDropboxService) as server:
        service = server.service
        for number in range(3):
            service.client().files_upload(b"%d" % number, "/a", mode=WriteMode.overwrite)
        before = contents_of(path)
    after = contents_of(path)
    folder = tmp_path_factory.mktemp("killed and merged")
    for number, contents in enumerate((before, after)):
        found = folder / str(number)
        found.mkdir()
        for name, content in contents.items():
            (found / name).write_bytes(content)
        assert description(found / "state")["past_revisions"] == 2
        assert export(found / "state", folder / f"exported {number}") == []
        assert contents_of(found / "state") == contents
    assert before.keys() == {"state", "state-wal"}
