"""Tests of seeds: files, functions, errors, and resets to a seed."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest
from dropbox.async_ import LaunchResultBase
from dropbox.exceptions import ApiError, DropboxException
from tests.support.project import ROOT

from fakedropbox import FakeDropboxService, Personality, faults
from fakedropbox._core.seed_file import SeedFile
from fakedropbox.errors import SnapshotInvalid
from fakedropbox.simulate import interleavings

TOML = """
chance = 5

[files]
"/a.txt" = "hello"
"/empty/" = ""
"/b.bin" = { base64 = "AP8=", client_modified = 2020-01-01T02:00:00+02:00 }

[[accounts]]
email = "eve@example.com"
name = "Eve Example"
plan = "pro"
[accounts.files]
"/c.txt" = { file = "data/c.txt" }

[[apps]]
name = "reader"
key = "readers-key"
folder = "Reader"

[[links]]
path = "/c.txt"
account = "EVE@example.com"
audience = "public"
password = "hunter2"
expires = 2030-01-01T00:00:00Z

[[faults]]
kind = "rate_limit"
route = "files/delete_v2"
optional = true
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "c.txt").write_bytes(b"of a file")
    return tmp_path


@pytest.fixture
def seed(folder):
    path = folder / "seed.toml"
    path.write_text(TOML, "utf-8")
    return path


def eve_of(service):
    return service.accounts.by_email("eve@example.com")


def links_of(service):
    return service.client(account=eve_of(service)).sharing_list_shared_links().links


def everything(service):
    """Return much of what can be seen of a service: ids, revisions, times, logins, faults."""
    with service.scratch():
        entries = service.client().files_list_folder("", recursive=True).entries
        return (
            [repr(entry) for entry in entries],
            [link.url for link in links_of(service)],
            [account.account_id for account in service.accounts],
            [(app.key, app.secret) for app in service.apps],
            (service.login.refresh_token, service.login.access_token),
            service.faults.planned(),
            service.clock.now(),
        )


# What a seed contains


def test_a_service_begins_with_its_seed_file(seed):
    service = FakeDropboxService(seed=seed)
    assert service.files == {"/a.txt": b"hello", "/b.bin": b"\x00\xff"}
    assert "empty/" in service.tree()
    modified = service.client().files_get_metadata("/b.bin").client_modified
    assert modified == datetime(2020, 1, 1)  # noqa: DTZ001 -- as the SDK gives it
    eve = eve_of(service)
    assert (eve.display_name, eve.plan) == ("Eve Example", "pro")
    assert service.files_of(eve) == {"/c.txt": b"of a file"}
    assert service.apps.by_key("readers-key").folder == "Reader"
    (link,) = links_of(service)
    assert link.name == "c.txt"
    assert link.link_permissions.resolved_visibility.is_password()
    assert link.expires == datetime(2030, 1, 1)  # noqa: DTZ001 -- as the SDK gives it
    assert service.faults.planned() == [(faults.rate_limit("files/delete_v2", optional=True), 1)]
    assert service.login == FakeDropboxService(5).login


def test_seeding_is_not_recorded_as_calls(seed):
    service = FakeDropboxService(seed=str(seed))
    assert len(service.calls) == 0
    service.client().files_list_folder("")
    assert [call.number for call in service.calls] == [1]


def test_a_seed_file_may_be_json(folder):
    path = folder / "seed.json"
    time = "2020-01-01T00:00:00Z"
    content = {"files": {"/a": "1", "/b": {"text": "2", "client_modified": time}}}
    path.write_text(json.dumps(content), "utf-8")
    assert FakeDropboxService(seed=path).files == {"/a": b"1", "/b": b"2"}


def fill(service):
    service.client().files_upload(b"1", "/of a function")


@pytest.mark.parametrize("name", ["test_seeds_of_mine.fill", "test_seeds_of_mine:fill"])
def test_a_seed_may_be_a_function_or_its_dotted_name(name, monkeypatch, tmp_path):
    assert FakeDropboxService(seed=fill).files == {"/of a function": b"1"}
    code = "def fill(service):\n    service.seed_files({'/named': b''})\n"
    (tmp_path / "test_seeds_of_mine.py").write_text(code, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert FakeDropboxService(seed=name).files == {"/named": b""}


# Resets to the seed


@pytest.mark.parametrize("via_the_beginning", [False, True])
def test_reset_to_the_seed_restores_the_same_ids_times_and_logins(seed, via_the_beginning):
    service = FakeDropboxService(seed=seed)
    before = everything(service)
    dbx = service.client()
    dbx.files_upload(b"other", "/new")
    dbx.files_move_v2("/a.txt", "/moved")
    service.accounts.create("more@example.com")
    service.faults.clear()
    service.clock.advance(5000)
    service.login = service.logins.create()
    service.stub("riviera/get_text_async", LaunchResultBase.async_job_id("1"))
    service.web = {"https://example.com/": b""}
    if via_the_beginning:
        service.reset()
        assert service.files == {}
        assert len(service.accounts) == 1
    service.reset(to="seed")
    assert everything(service) == before
    assert service.web == {}
    assert dbx.files_get_metadata("/a.txt").size == 5  # the client from before the reset
    assert (
        dbx.files_upload(b"", "/next").id
        == FakeDropboxService(seed=seed).client().files_upload(b"", "/next").id
    )


def test_a_seed_file_is_read_once(seed):
    service = FakeDropboxService(seed=seed)
    (seed.parent / "data" / "c.txt").write_bytes(b"changed")
    seed.unlink()
    service.reset(to="seed")
    assert service.files_of(eve_of(service)) == {"/c.txt": b"of a file"}


def test_the_files_of_the_constructor_are_part_of_the_beginning(seed):
    service = FakeDropboxService(seed=seed, files={"/mine": b""})
    assert sorted(service.files) == ["/a.txt", "/b.bin", "/mine"]
    service.reset()
    assert sorted(service.files) == ["/mine"]
    service.reset(to="seed")
    assert sorted(service.files) == ["/a.txt", "/b.bin", "/mine"]


def test_a_reset_to_a_seed_that_fails_leaves_the_service_as_it_was():
    def sometimes(service):
        service.seed_files({"/seeded": b""})
        if times.pop():
            raise LookupError("no longer")

    times = [True, False]
    service = FakeDropboxService(seed=sometimes)
    service.client().files_upload(b"1", "/later")
    service.faults.rate_limit("files/upload", optional=True)
    service.clock.advance(60)
    snapshot, now, login = service.snapshot(), service.clock.now(), service.login
    with pytest.raises(LookupError, match="no longer"):
        service.reset(to="seed")
    assert sorted(service.files) == ["/later", "/seeded"]
    assert (len(service.calls), len(service.faults.planned())) == (1, 1)
    assert (service.clock.now(), service.login) == (now, login)
    service.restore(snapshot)


def test_reset_is_refused_without_a_seed_and_in_a_scratch(seed):
    with pytest.raises(ValueError, match="to: expected 'beginning', as the service has no seed of"):
        FakeDropboxService(seed=7).reset(to="seed")
    service = FakeDropboxService(seed=seed)
    with pytest.raises(ValueError, match="to: expected 'beginning' or 'seed', got 'sead'"):
        service.reset(to="sead")
    with service.scratch(), pytest.raises(SnapshotInvalid):
        service.reset(to="seed")


# Errors


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[files]\n'a' = ''", "files.a.[key]: expected a path that begins with a slash, got 'a'"),
        ("[files]\n'/a' = 5", "files./a: expected a valid dictionary"),
        ("[files]\n'/a' = {}", "files./a: expected one of text, base64 and file, got none"),
        ("[files]\n'/a' = {text='', base64=''}", "files./a: expected one of text, base64 and"),
        ("[files]\n'/a' = {base64='*'}", "files./a: base64: expected base64, got other text"),
        ("[files]\n'/a' = {base64='\u00e9'}", "files./a: base64: expected base64, got other text"),
        ("[files]\n'/a' = {file='none'}", "files./a: file: "),
        ("[files]\n'/a\\b' = ''", "files: Dropbox refuses"),
        ("[[accounts]]\nemial = 'a@b.c'", "accounts[0].email: expected a value, got none; "),
        ("[[accounts]]\nemial = 'a@b.c'", ".emial: expected no such key; did you mean 'email'?"),
        ("[[accounts]]\nemail = 'a'", "accounts[0]: email: expected an e-mail address, got 'a'"),
        ("[[accounts]]\nemail = 'a@b'\nplan = 'gold'", "accounts[0]: plan: expected one of basic"),
        ("[[apps]]\nscopes = ['all']", "apps[0]: "),
        ("[[apps]]\nsecret = 12345", "apps[0].secret: expected a valid string"),
        ("[[links]]\npath = '/none'", "links[0]: "),
        ("[[links]]\npath = '/a'\naudience = 'all'", "links[0].audience: expected 'public', 'team"),
        ("[[links]]\npath = '/a'\naccount = 'x@y'", "links[0]: account: expected the e-mail addr"),
        ("[[faults]]\nkind = 'rate_limt'", "faults[0]: kind: expected one of "),
        ("[[faults]]\nkind = 'rate_limit'\nroute = 'files/uplaod'", "faults[0]: route: expected "),
        ("[[shared_folders]]\npath = '/a'", "shared_folders: expected none, as a seed file cannot"),
        ("colour = 5", "colour: expected no such key; known are chance, files, accounts, teams, "),
        ("chance = 'x'", "chance: expected a valid integer, got 'x'"),
        ("chance = \nfiles = 1", "expected TOML: Invalid value (at line 1, column 10)"),
    ],
)  # fmt: skip
def test_an_error_names_the_file_the_key_the_value_and_what_was_expected(tmp_path, text, message):
    path = tmp_path / "wrong.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"wrong\.toml") as refused:
        FakeDropboxService(seed=path)
    assert str(refused.value).startswith(f"seed: {path}: ")
    assert message in str(refused.value)
    assert "12345" not in str(refused.value)


def test_the_error_for_a_repeated_app_key_names_its_place(tmp_path):
    path = tmp_path / "wrong.toml"
    path.write_text("[[apps]]\nkey = 'k'\n[[apps]]\nkey = 'k'\n", "utf-8")
    with pytest.raises(ValueError, match=r"apps\[1\]: "):
        FakeDropboxService(seed=path)


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        (
            "seed.yaml",
            r"expected int, a file whose name ends in \.toml or \.json, a function .*'seed",
        ),
        ("json.nothing", "dotted name such as .*got 'json.nothing'"),
        ("json.__doc__", "dotted name such as .*got 'json.__doc__'"),
        ("nothing", "dotted name such as .*got 'nothing'"),
    ],
)
def test_a_seed_that_is_neither_a_file_nor_a_function_is_refused(seed, message):
    with pytest.raises(ValueError, match=message):
        FakeDropboxService(seed=seed)


@pytest.mark.parametrize(
    "seed", ["./seed.yaml", "../seed.yml", Path("../seed.yaml"), ".seeds.fill", "..fill", ".", ""]
)
def test_a_name_that_begins_with_a_dot_is_not_imported(seed):
    with pytest.raises(
        ValueError, match=rf"seed: expected int, a file .* got '{re.escape(str(seed))}'"
    ):
        FakeDropboxService(seed=seed)


@pytest.mark.parametrize("seed", ["none.toml", Path("none.json")])
def test_the_error_for_a_file_that_is_not_there_shows_its_whole_path(seed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="cannot be read: No such file or directory") as raised:
        FakeDropboxService(seed=seed)
    assert f"seed: {tmp_path / seed} cannot be read" in str(raised.value)


def test_a_file_that_is_not_text_or_not_json_is_refused(tmp_path):
    path = tmp_path / "seed.json"
    path.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="expected UTF-8 text"):
        FakeDropboxService(seed=path)
    path.write_bytes(b"{")
    with pytest.raises(ValueError, match=r"expected JSON: .*line 1 column 2"):
        FakeDropboxService(seed=path)


def test_the_given_files_are_there_before_the_seed_and_after_each_reset():
    def fill(service):
        found.append(service.files)
        service.seed_files({"/of-the-seed": b"2"})

    found = []
    service = FakeDropboxService(seed=fill, files={"/given": b"1"})
    assert service.files == {"/given": b"1", "/of-the-seed": b"2"}
    service.reset()
    assert service.files == {"/given": b"1"}
    service.reset(to="seed")
    assert service.files == {"/given": b"1", "/of-the-seed": b"2"}
    assert found == [{"/given": b"1"}] * 2


def test_an_error_in_a_seed_function_is_raised():
    def wrong(service):
        service.client().files_delete_v2("/none")

    with pytest.raises(ApiError):
        FakeDropboxService(seed=wrong)


def test_the_seed_file_of_the_documentation_is_valid(tmp_path):
    text = (ROOT / "docs/how-to/seeds.md").read_text("utf-8")
    path = tmp_path / "seed.toml"
    path.write_text(text.partition("```toml\n")[2].partition("```")[0], "utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "logo.png").write_bytes(b"png")
    service = FakeDropboxService(seed=path)
    assert sorted(service.files) == ["/in/logo.png", "/in/report.txt", "/old.bin"]
    assert len(service.client(account=eve_of(service)).sharing_list_shared_links().links) == 1
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == set(SeedFile.model_fields)


# Seeds that use threads


def upload_by_threads(service):
    dbx = service.client()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda n: dbx.files_upload(b"x", f"/{n}"), range(3)))


async def upload_to_thread(service):
    await asyncio.to_thread(service.client().files_upload, b"x", "/a")


def simulate(service):
    dbx = service.client()
    work = partial(dbx.files_upload, b"x", "/a")
    interleavings([work, work], check=lambda _: None, service=service)
    work()


@pytest.mark.parametrize(
    "fill",
    [upload_by_threads, lambda service: asyncio.run(upload_to_thread(service)), simulate],
    ids=["threads", "to_thread", "simulation"],
)
def test_a_reset_may_run_a_seed_that_uses_other_threads(fill):
    """Check that reset does not wait for ever for threads that wait for it."""
    service = FakeDropboxService(seed=fill)
    before = service.files
    service.client().files_upload(b"1", "/later")
    resetting = Thread(target=service.reset, kwargs={"to": "seed"}, daemon=True)
    resetting.start()
    resetting.join(timeout=30)
    assert not resetting.is_alive()
    assert service.files == before
    assert not service.calls


def test_two_resets_to_a_seed_run_one_after_the_other():
    filling, entered = [], Event()

    def fill(service):
        filling.append("begins")
        if other:
            entered.set()
            other.pop().join(timeout=0.05)  # the second reset waits for the end of the first
        service.seed_files({"/a": b"1"})
        filling.append("ends")

    other = []
    service = FakeDropboxService(seed=fill)
    second = Thread(target=lambda: (entered.wait(30), service.reset(to="seed")), daemon=True)
    other.append(second)
    second.start()
    service.reset(to="seed")
    second.join(timeout=30)
    assert filling == ["begins", "ends"] * 3
    assert service.files == {"/a": b"1"}


# Data that would be lost silently


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"/a": "1", "/A": "2"},
            "files: files: expected paths of different items, got '/a' and '/A'",
        ),
        ({"/É": "", "/e\u0301/": ""}, "got '/É' and '/e\u0301/', which are the same in Dropbox"),
        (
            {"/a/": {"text": "", "client_modified": "2020-01-01T00:00:00Z"}},
            "files: client_modified: expected paths of files, got the folder '/a/'",
        ),
    ],
)
@pytest.mark.parametrize("of_another_account", [False, True])
def test_files_that_would_be_lost_are_refused(tmp_path, files, message, of_another_account):
    path = tmp_path / "seed.json"
    accounts = {"accounts": [{"email": "eve@example.com", "files": files}]}
    path.write_text(json.dumps(accounts if of_another_account else {"files": files}), "utf-8")
    with pytest.raises(ValueError, match=re.escape(message)):
        FakeDropboxService(seed=path)


@pytest.mark.parametrize("suffix", ["json", "toml"])
def test_a_key_that_occurs_twice_is_refused(tmp_path, suffix):
    path = tmp_path / f"seed.{suffix}"
    texts = {"json": '{"files": {"/a": "1", "/a": "2"}}', "toml": "files = {'/a'='1', '/a'='2'}"}
    path.write_text(texts[suffix], "utf-8")
    with pytest.raises(ValueError, match=rf"seed\.{suffix}: expected {suffix.upper()}: "):
        FakeDropboxService(seed=path)


@pytest.mark.parametrize(
    ("suffix", "text"), [("json", "[" * 100_000), ("toml", "a = " + "[" * 5000 + "]" * 5000)]
)
def test_a_file_that_is_nested_too_deeply_is_refused(tmp_path, suffix, text):
    path = tmp_path / f"deep.{suffix}"
    path.write_text(text, "utf-8")
    with pytest.raises(
        ValueError, match=rf"deep\.{suffix}: expected {suffix.upper()} of a few lev"
    ):
        FakeDropboxService(seed=path)


@pytest.mark.parametrize("chance", range(0, 60, 3))
def test_no_fault_happens_at_random_while_a_seed_file_is_loaded(tmp_path, chance):
    path = tmp_path / "s.toml"
    path.write_text(f"""
        chance = {chance}
        [files]
        "/a.txt" = "1"
        "/b.txt" = "2"
        [[links]]
        path = "/a.txt"
        [[links]]
        path = "/b.txt"
        [[teams]]
        name = "Acme"
        members = [{{ email = "ada@acme.example" }}]
        folders = [{{ name = "Plans", files = {{ "/c.txt" = "3", "/d/" = "" }} }}]
    """)
    service = FakeDropboxService(seed=path, personality="hostile")
    before = service.tree()
    service.reset(to="seed")
    assert service.tree() == before


def test_random_faults_still_happen_to_other_calls_than_those_of_a_seed_file(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("""
        [files]
        "/a.txt" = "1"
        [[links]]
        path = "/a.txt"
    """)
    service = FakeDropboxService(seed=path, personality=Personality(fail_one_in=3))
    dbx = service.client(max_retries_on_error=0, max_retries_on_rate_limit=0)
    for _ in range(9):
        with suppress(DropboxException):
            dbx.files_get_metadata("/a.txt")
    assert any(call.fault for call in service.calls)
