"""Tests of the report on a failing test: the tree and the calls of its service, and dump files."""

import re

import pytest
from tests.support.pytest_runs import PLAIN

# Imported once here, because an in-process run of pytest discards the modules that it imports.
import fakedropbox.client
import fakedropbox.service  # noqa: F401
from fakedropbox._page.used import file_name, printable

HEADING = "*- fake Dropbox -*"


def run(pytester, suite, *arguments, where="inprocess"):
    pytester.makepyfile(test_suite=suite)
    return getattr(pytester, f"runpytest_{where}")(*PLAIN, *arguments)


def section(result, number=0):
    """Return the lines of one section, up to the next heading."""
    lines = [line.rstrip() for line in result.outlines]
    begins = [at for at, line in enumerate(lines) if re.fullmatch("-+ fake Dropbox -+", line)]
    found = lines[begins[number] + 1 :]
    ends = [at for at, line in enumerate(found) if re.match("[-=_]{5,} .* [-=_]{5,}", line)]
    return found[: ends[0]] if ends else found


FAILING = """
import pytest

@pytest.mark.dropbox(files={"/Folder/a.txt": b"12345", "/b": b""})
def test_failing(fake_dropbox):
    fake_dropbox.files_upload(b"new", "/New/c")
    fake_dropbox.files_move_v2("/b", "/New/b")
    fake_dropbox.files_get_metadata("/gone")
"""
EXPECTED = [
    "/",
    "  Folder/",
    "    a.txt  5 bytes",
    "  New/",
    "    b  0 bytes",
    "    c  3 bytes",
    "",
    "calls: 3",
    "    1  files/upload /New/c: ok",
    "    2  files/move_v2 /b -> /New/b: ok",
    "    3  files/get_metadata /gone: path/not_found",
]


def test_the_report_shows_the_tree_and_the_calls(pytester):
    result = run(pytester, FAILING)
    result.assert_outcomes(failed=1)
    assert section(result) == EXPECTED


def test_the_report_is_shown_with_xdist(pytester):
    pytest.importorskip("xdist")
    result = run(pytester, FAILING, "-n1", where="subprocess")
    result.assert_outcomes(failed=1)
    assert section(result) == EXPECTED


def test_files_are_dumped_without_the_terminal_plugin(pytester):
    result = run(pytester, FAILING, "-p", "no:terminal", "--fake-dropbox-dump=out")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert dumped(pytester, "test_failing")["tree.txt"] == "\n".join(EXPECTED[:6]) + "\n"


@pytest.mark.parametrize("fixture", ["dropbox_active", "dropbox_calls", "dropbox_provider"])
def test_the_report_is_shown_for_other_fixtures_than_fake_dropbox(pytester, fixture):
    result = run(pytester, f"def test_failing({fixture}): assert 0")
    assert section(result) == ["/", "", "calls: 0"]


def test_the_report_is_shown_for_a_fixture_requested_with_getfixturevalue(pytester):
    suite = "def test_failing(request): request.getfixturevalue('fake_dropbox'); assert 0"
    result = run(pytester, suite, "--fake-dropbox-dump=out")
    assert section(result) == ["/", "", "calls: 0"]
    assert dumped(pytester, "test_failing")["tree.txt"] == "/\n"


def test_nothing_is_shown_without_a_failure_or_a_service(pytester):
    suite = """
    import pytest

    def test_passing(fake_dropbox): pass
    def test_skipped(fake_dropbox): pytest.skip()
    def test_without(): assert 0
    @pytest.mark.xfail(strict=True)
    def test_xfail(fake_dropbox): assert 0
    """
    result = run(pytester, suite, "-rA", "--fake-dropbox-dump=out")
    result.assert_outcomes(passed=1, skipped=1, failed=1, xfailed=1)
    result.stdout.no_fnmatch_line(HEADING)
    assert list(pytester.path.joinpath("out").iterdir()) == []


def test_failures_in_setup_and_teardown_are_reported(pytester):
    suite = """
    import pytest

    @pytest.fixture
    def broken(fake_dropbox):
        fake_dropbox.files_create_folder_v2("/of the setup")
        assert 0

    @pytest.fixture
    def broken_at_the_end(fake_dropbox):
        yield
        fake_dropbox.files_get_metadata("/gone")

    def test_setup(broken): pass

    def test_call_and_teardown(broken_at_the_end):
        assert 0
    """
    result = run(pytester, suite, "--fake-dropbox-dump=out")
    result.assert_outcomes(errors=2, failed=1)
    result.stdout.fnmatch_lines(["*files/get_metadata /gone: path/not_found*"])
    assert section(result)[1] == "  of the setup/"
    names = sorted(path.name for path in pytester.path.joinpath("out").iterdir())
    assert [name.rpartition(".")[2] for name in names] == [names[0], "teardown", "setup"]


def test_the_report_shows_the_last_service_of_the_factory(pytester):
    suite = """
    from hypothesis import given, settings, strategies as st

    @settings(derandomize=True, database=None)
    @given(st.integers(0, 9))
    def test_given(dropbox_services, number):
        service = dropbox_services(files={f"/{number}": b""})
        assert number < 3

    def test_next(dropbox_services):
        assert 0
    """
    result = run(pytester, suite)
    result.assert_outcomes(failed=2)
    assert section(result) == ["/", "  3  0 bytes", "", "calls: 0"]
    assert sum("fake Dropbox" in line for line in result.outlines) == 1


def test_the_report_shows_the_service_of_a_fake_dropbox_run(pytester):
    suite = """
    import os, dropbox
    DBX = dropbox.Dropbox(os.environ["T_TOKEN"])
    def test_first(): DBX.files_upload(b"", "/first")
    def test_failing(): DBX.files_upload(b"", "/second"); assert 0
    def test_another(): assert 0
    def test_own(fake_dropbox): assert 0
    """
    options = ("--fake-dropbox", "--fake-dropbox-env=T_TOKEN=access_token")
    result = run(pytester, suite, *options)
    result.assert_outcomes(passed=1, failed=3)
    assert section(result) == [
        *("/", "  first  0 bytes", "  second  0 bytes", ""),
        *("calls: 1", "    1  files/upload /second: ok"),
    ]
    assert section(result, 1) == ["/", "", "calls: 0"]


BIG = """
import pytest

@pytest.mark.dropbox(files={f"/{n:03}": b"" for n in range(300)})
def test_big(fake_dropbox):
    for number in range(30):
        fake_dropbox.files_download(f"/{number:03}")
    assert 0
"""


def test_long_output_is_shortened_in_the_report_but_not_in_the_files(pytester):
    result = run(pytester, BIG, "--fake-dropbox-dump=out")
    lines = section(result)
    assert lines[199:204] == ["  198  0 bytes", "… and 101 more", "", lines[202], lines[203]]
    assert lines[202:204] == ["the last 20 of 30 calls:", "   11  files/download /010: ok"]
    assert len(lines) == 223
    files = dumped(pytester, "test_big")
    assert len(files["tree.txt"].splitlines()) == 301
    assert len(files["calls.txt"].splitlines()) == 30
    assert files["files.txt"].splitlines()[299] == "           0  /299"


def test_no_secret_is_in_the_report_or_the_files(pytester):
    suite = """
    import dropbox, pytest

    def test_secrets(dropbox_active):
        login = dropbox_active.login
        print("SECRETS", login.app_secret, login.refresh_token, login.access_token)
        dbx = dropbox.Dropbox(app_key=login.app_key, app_secret=login.app_secret,
                              oauth2_refresh_token=login.refresh_token)
        dbx.files_list_folder("")
        with pytest.raises(dropbox.exceptions.AuthError):
            dropbox.Dropbox("of-another").files_list_folder("")
        assert 0
    """
    result = run(pytester, suite, "--fake-dropbox-dump=out")
    (line,) = [line for line in result.outlines if line.startswith("SECRETS")]
    shown = "\n".join([*section(result), *dumped(pytester, "test_secrets").values()])
    assert "oauth2/token: ok" in shown
    for secret in [*line.split()[1:], "of-another"]:
        assert len(secret) > 8
        assert secret not in shown


def test_unprintable_characters_are_escaped_in_the_report(pytester):
    pytest.importorskip("xdist")
    suite = r"""
    import pytest

    @pytest.mark.dropbox(files={"/\x85\u202e\u00e9\u65e5": b""})
    def test_odd(fake_dropbox):
        with pytest.raises(Exception):
            fake_dropbox.files_get_metadata("/\ud800\x1b[31m\n")
        assert 0
    """
    result = run(pytester, suite, "-n1", where="subprocess")
    result.assert_outcomes(failed=1)
    lines = section(result)
    assert lines[1] == r"  \x85\u202eé日  0 bytes"
    assert lines[4] == r"    1  files/get_metadata /\ud800\x1b[31m\n: path/malformed_path"


def test_an_error_in_the_report_does_not_hide_the_error_of_the_test(pytester):
    suite = """
    def test_broken(dropbox_service):
        dropbox_service.tree = None
        raise RuntimeError("the test's own")
    """
    result = run(pytester, suite, "--fake-dropbox-dump=out")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E * RuntimeError: the test's own", "cannot be shown: TypeError*"])


# Dump files, and reports on several accounts


def dumped(pytester, test):
    """Return the texts in the dump of one test, by the names of their files."""
    (folder,) = [
        path
        for path in pytester.path.joinpath("out").iterdir()
        if test in path.name.replace("-", "_")
    ]
    return {path.name: without_mark(path) for path in folder.glob("*.txt")}


def without_mark(path):
    """Return the text of a dump file after its first line, which says who wrote it."""
    mark, _, text = path.read_text("utf-8").partition("\n")
    assert mark.startswith("# Written by fakedropbox after test_")
    return text


def test_the_report_shows_every_account_that_the_test_used(pytester):
    suite = """
    def test_failing(fake_dropbox, dropbox_service):
        accounts = dropbox_service.accounts
        bob, ada = (accounts.create(f"{name}@example.com") for name in ("bob", "ada"))
        accounts.create("unused@example.com")
        dropbox_service.seed_files({"/a.txt": b"1"}, account=ada)
        dropbox_service.client(account=bob).files_list_folder("")
        assert 0
    """
    result = run(pytester, suite, "--fake-dropbox-dump=out")
    trees = ["owner@example.com:", "/", "bob@example.com:", "/", "ada@example.com:", "/"]
    trees += ["  a.txt  1 bytes"]
    calls = ["    1  files/list_folder by bob@example.com: ok"]
    assert section(result) == [*trees, "", "calls: 1", *calls]
    files = dumped(pytester, "test_failing")
    assert files["tree.txt"].splitlines() == trees
    assert files["calls.txt"].splitlines() == calls
    assert files["files.txt"].splitlines() == [*trees[:6:2], "           1  /a.txt"]


def test_the_report_shows_the_links_of_every_account_but_no_url_or_password(pytester):
    suite = """
    import pytest
    from datetime import datetime
    from dropbox.sharing import SharedLinkSettings as Settings

    @pytest.mark.dropbox(files={"/a.txt": b"1"})
    def test_one(fake_dropbox):
        fake_dropbox.sharing_create_shared_link_with_settings("/A.TXT")
        assert 0

    @pytest.mark.dropbox(plan="pro", files={"/a.txt": b"1", "/b.txt": b"2"})
    def test_several(fake_dropbox, dropbox_service):
        bob = dropbox_service.accounts.create("bob@example.com", plan="business")
        dropbox_service.seed_files({"/c": b""}, account=bob)
        share = fake_dropbox.sharing_create_shared_link_with_settings
        settings = Settings(link_password="sesame", allow_download=False)
        settings.expires = datetime(2026, 2, 1)
        link = share("/b.txt", settings)
        fake_dropbox.sharing_revoke_shared_link(share("/a.txt").url)
        other = dropbox_service.client(account=bob)
        other.sharing_create_shared_link_with_settings("/c")
        other.sharing_get_shared_link_file(link.url, link_password="sesame")
    """
    result = run(pytester, suite, "--fake-dropbox-dump=out")
    result.assert_outcomes(failed=2)
    assert dumped(pytester, "test_one")["links.txt"] == "  /a.txt: public\n"
    links = [
        "  /b.txt: password, expires 2026-02-01T00:00:00Z, no download, by owner@example.com",
        "  /c: public, by bob@example.com",
    ]
    files = dumped(pytester, "test_several")
    assert files["links.txt"].splitlines() == links
    result.stdout.fnmatch_lines(["links: 2", *links, "", "calls: 5"])
    for text in files.values():
        assert "sesame" not in text
        assert "rlkey" not in text


def test_the_report_shows_the_file_requests_of_every_account_but_no_url(pytester):
    suite = """
    def test_one(fake_dropbox, dropbox_service):
        made = fake_dropbox.file_requests_create("Home\\nwork", "/Docs")
        dropbox_service.upload_to_request(made.url, {"a": b"1"})
        assert 0

    def test_several(fake_dropbox, dropbox_service):
        fake_dropbox.file_requests_create("gone", "/Docs", open=False)
        fake_dropbox.files_delete_v2("/Docs")
        bob = dropbox_service.accounts.create("bob@example.com")
        dropbox_service.client(account=bob).file_requests_create("theirs", "/B")
        assert 0
    """
    result = run(pytester, suite, "--fake-dropbox-dump=out")
    result.assert_outcomes(failed=2)
    one, several = dumped(pytester, "test_one"), dumped(pytester, "test_several")
    assert one["file_requests.txt"] == "  /Docs: 'Home\\nwork', open, 1 received\n"
    requests = [
        "  no folder: 'gone', closed, 0 received, by owner@example.com",
        "  /B: 'theirs', open, 0 received, by bob@example.com",
    ]
    assert several["file_requests.txt"].splitlines() == requests
    result.stdout.fnmatch_lines(["file requests: 2", *requests, "", "calls: 3"])
    for text in (*one.values(), *several.values()):
        assert "/request/" not in text


def test_the_dump_has_the_tree_the_calls_and_the_files(pytester):
    run(pytester, FAILING, "--fake-dropbox-dump=out/of/ci")
    (folder,) = pytester.path.joinpath("out/of/ci").iterdir()
    assert folder.name == file_name("test_suite.py::test_failing")
    assert folder.joinpath("index.html").is_file()  # see `tests/unit/_page/test_dump.py`
    assert {path.name: without_mark(path) for path in folder.glob("*.txt")} == {
        "tree.txt": "\n".join([*EXPECTED[:6], ""]),
        "links.txt": "\n",
        "file_requests.txt": "\n",
        "calls.txt": "\n".join([*EXPECTED[8:], ""]),
        "files.txt": "           5  /Folder/a.txt\n           0  /New/b\n           3  /New/c\n",
    }


def test_a_dump_replaces_the_files_of_an_earlier_run_and_no_others(pytester):
    for _ in range(2):
        run(pytester, FAILING, "--fake-dropbox-dump=out").assert_outcomes(failed=1)
    (folder,) = pytester.path.joinpath("out").iterdir()
    before = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    foreign = {**before, "calls.txt": "notes of a person\n"}
    folder.joinpath("calls.txt").write_text(foreign["calls.txt"], "utf-8")
    folder.joinpath("tree.txt").unlink()
    result = run(pytester, FAILING, "--fake-dropbox-dump=out")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["cannot be shown: *--fake-dropbox-dump: expected a file *calls.txt*"]
    )
    found = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert found == {name: text for name, text in foreign.items() if name != "tree.txt"}


def test_a_dump_does_not_follow_a_link(pytester):
    folder = pytester.path.joinpath("out", file_name("test_suite.py::test_failing"))
    folder.mkdir(parents=True)
    aim = pytester.path.joinpath("aim")
    folder.joinpath("tree.txt").symlink_to(aim)
    result = run(pytester, FAILING, "--fake-dropbox-dump=out")
    result.stdout.fnmatch_lines(["cannot be shown: *tree.txt, which is a link*"])
    assert not aim.exists()
    assert [path.name for path in folder.iterdir()] == ["tree.txt"]


def test_neither_pyfakefs_nor_another_working_directory_changes_where_files_are_dumped(pytester):
    suite = """
    def test_fs(fs, fake_dropbox): assert 0
    def test_chdir(monkeypatch, tmp_path, fake_dropbox):
        monkeypatch.chdir(tmp_path)
        assert 0
    """
    plugin = "-p", "pyfakefs.pytest_plugin"  # PLAIN leaves it out
    run(pytester, suite, *plugin, "--fake-dropbox-dump=out").assert_outcomes(failed=2)
    for test in ("test_fs", "test_chdir"):
        assert dumped(pytester, test)["tree.txt"] == "/\n"


def test_each_test_id_has_a_unique_folder_name():
    ids = [
        *("a.py::test", "a/py::test", "A.py::test", "a.py::test[/]", "a.py::test[\\]"),
        *("a.py::test[..]", "a.py::test[\ud800]", f"a.py::test[{'x' * 300}]", "b" * 300),
        *(f"a.py::test[{'x' * 300}y]", "日本", "CON", "a.py::test[\n]", "::"),
    ]
    names = [file_name(nodeid) for nodeid in ids]
    assert len({name.lower() for name in names}) == len(ids)
    for name in names:
        assert re.fullmatch("[A-Za-z0-9-]{8,100}", name)
        assert not name.startswith("-")
    assert names[0].startswith("a-py-test-")


def test_printable_escapes_only_unprintable_characters():
    assert printable("a é 日") == "a é 日"
    assert printable("\x00\ud800\u2028") == r"\x00\ud800\u2028"
