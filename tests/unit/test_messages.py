"""Tests of the messages for misspelt names, for wrong options, and for missing extras."""

import importlib
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from tests.support.public_names import MODULES
from tests.support.pytest_runs import PLAIN

from fakedropbox import FakeDropboxService, Login, Personality, faults, mock_dropbox
from fakedropbox._base.public import names_arguments
from fakedropbox.cli import main
from fakedropbox.control import RemoteAccounts

SERVICE = FakeDropboxService()


# Misspelt names


@pytest.mark.parametrize("name", MODULES)
def test_the_error_for_a_missing_name_of_a_module_lists_its_names(name):
    module = importlib.import_module(name)
    with pytest.raises(AttributeError) as caught:
        module.timeout  # noqa: B018 -- the read is tested
    [*public] = module.__all__
    assert str(caught.value) == (
        f"module {name!r} has no attribute 'timeout'; its names are {', '.join(public)}"
    )


def test_the_error_for_a_missing_kind_of_fault_lists_the_kinds():
    with pytest.raises(AttributeError, match=r"faults: there is no 'timeout'; .*stalled_reply"):
        SERVICE.faults.timeout("files/upload")
    assert not hasattr(SERVICE.faults, "_missing")


@pytest.mark.parametrize(
    ("call", "argument", "near", "given"),
    [
        (FakeDropboxService, "FakeDropboxService", "files", "fils"),
        (SERVICE.accounts.create, "accounts.create", "email", "emial"),
        (SERVICE.apps.create, "apps.create", "redirect_uris", "redirect_uri"),
        (SERVICE.logins.create, "logins.create", "account", "acount"),
        (SERVICE.seed_files, "seed_files", "folders", "folder"),
        (SERVICE.activate, "activate", "block_children", "block"),
        (SERVICE.serve, "serve", "port", "prt"),
        (RemoteAccounts(None).create, "accounts.create", "plan", "plann"),
        (mock_dropbox, "mock_dropbox", "allow_not_implemented", "allow_unimplemented"),
        (mock_dropbox, "mock_dropbox", "scopes", "scope"),
        (Personality, "Personality", "page_size", "page_sise"),
        (Login, "Login", "access_token", "token"),
        (faults.rate_limit, "rate_limit", "retry_after", "retry"),
        (SERVICE.faults.lost_reply, "lost_reply", "times", "time"),
    ],
)
def test_the_error_for_a_misspelt_argument_names_the_nearest_one(call, argument, near, given):
    expected = f"{argument}: expected an argument such as '{near}', got '{given}'"
    with pytest.raises(TypeError) as caught:
        call(**{given: 1})
    assert str(caught.value) == expected


def test_a_wrong_call_without_a_misspelt_name_raises_what_python_raises():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'email'"):
        SERVICE.accounts.create(name="Ada Lovelace")

    @names_arguments("call")
    def call(number):
        return number + 1

    with pytest.raises(TypeError, match="can only concatenate str"):
        call(number="1")
    assert call(number=1) == 2


@pytest.mark.parametrize("make", [SERVICE.apps.create, FakeDropboxService, SERVICE.logins.create])
def test_the_error_for_a_misspelt_scope_names_the_nearest_one(make):
    expected = "scopes: expected one such as 'files.metadata.read', got 'files.metadta.read'"
    with pytest.raises(ValueError, match=expected):
        make(scopes=["files.content.read", "files.metadta.read"])


def test_the_errors_for_misspelt_marker_and_fixture_arguments_name_the_nearest(pytester):
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.dropbox(allow_unimplemented=True)
        def test_marker(fake_dropbox): ...

        @pytest.mark.dropbox(scopes=["files.metadta.read"])
        def test_scope(fake_dropbox): ...

        def test_factory(dropbox_services):
            dropbox_services(fils={})
        """
    )
    run = pytester.runpytest("-p", "no:randomly", "-p", "no:cacheprovider")
    run.stdout.fnmatch_lines(
        [
            (
                "E *TypeError: pytest.mark.dropbox: expected an argument such as "
                "'allow_not_implemented', got 'allow_unimplemented'"
            ),
            "E *ValueError: scopes: expected one such as 'files.metadata.read', got *",
            "E *TypeError: FakeDropboxService: expected an argument such as 'files', got 'fils'",
        ]
    )


def test_the_error_for_a_wrong_setting_names_it(pytester):
    pytester.makepyfile("def test_it(): ...")
    run = pytester.runpytest_subprocess(*PLAIN, "-o", "dropbox_block_hosts=maybe")
    expected = "*: dropbox_block_hosts: expected true or false, got an invalid truth value 'maybe'"
    run.stderr.fnmatch_lines([expected])


# Options of the command


@pytest.mark.parametrize("command", ["serve", "run"])
@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--state", "no/x.db", "expected a file .*: No such file or directory"),
        ("--state", ".", "expected a regular file, got .*, which is a folder; choose another"),
        ("--personality", "page_size=x", "page_size=x: page_size: expected a whole number, got"),
        ("--personality", "page_size=0", "page_size=0: page_size: expected at least 1, got 0"),
        ("--personality", "page_sise=1", ".* such as 'page_size', got 'page_sise'"),
        ("--personality", "utf8_headers=yes", ".*: expected true or false, got 'yes'"),
        ("--personality", "hostil", "expected one of 'recorded', .* got 'hostil'"),
        ("--scopes", "files.metadta.read", "expected one such as 'files.metadata.read', got"),
        ("--redirect-uri", "ftp://x", "expected https, .* got 'ftp://x'"),
        ("--app-folder", "a/b", "expected the name of a folder, got 'a/b'"),
        ("--plan", "gold", "expected one of basic, pro, business, got 'gold'"),
    ],
)
def test_the_error_for_a_wrong_option_shows_its_value_and_what_was_expected(
    command, option, value, expected, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    run = ["--", "true"] if command == "run" else []
    result = CliRunner().invoke(main, [command, option, value, *run])
    assert result.exit_code == 1
    assert re.match(f"Error: {option}: {expected}", result.output, re.DOTALL)


@pytest.mark.parametrize("command", ["serve", "run"])
@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.toml", "[file]", r"a\.toml: file: expected no such key; did you mean 'files'"),
        ("a.toml", "x", r"a\.toml: expected TOML: "),
        ("a.json", '{"links": [{"path": "/no"}]}', r"a\.json: links\[0\]: .*not_found"),
        ("a.txt", "", r"expected a file whose name ends in \.toml or \.json, got a\.txt\n"),
    ],
)
def test_the_error_for_a_wrong_seed_file_names_the_option(
    command, name, content, expected, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(content, "utf-8")
    run = ["--", "true"] if command == "run" else []
    result = CliRunner().invoke(main, [command, "--seed-file", name, *run])
    assert result.exit_code == 1
    assert re.match(f"Error: --seed-file: {expected}", result.output)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--port", "65536"], "'--port': 65536 is not in the range 0<=x<=65535"),
        (["--env-file", "no/e"], "--env-file: expected a file .* got no/e: No"),
        (["--host", "192.0.2.1"], "--host: expected 127.0.0.1 .*(--allow-remote), got '192.0.2.1'"),
        (["--host", "192.0.2.1", "--allow-remote"], "host, port: expected a free .* 192.0.2.1:0: "),
    ],
)
def test_the_error_for_a_wrong_option_of_serve_shows_its_value(
    options, expected, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["serve", *options])
    assert result.exit_code != 0
    assert re.search(expected.replace("(", r"\(").replace(")", r"\)"), result.output)


def test_a_port_in_use_or_out_of_range_is_refused():
    with SERVICE.serve() as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(OSError, match=f"got 127.0.0.1:{port}: Address already in use"):
            SERVICE.serve(port=port)
    with pytest.raises(ValueError, match="port: expected a number from 0 to 65535, got -1"):
        SERVICE.serve(port=-1)
    with pytest.raises(TypeError, match="port: expected int, got '80'"):
        SERVICE.serve(port="80")


def test_the_error_for_a_wrong_argument_of_record_names_it(tmp_path):
    output = str(tmp_path / "missing" / "x.jsonl")
    result = CliRunner().invoke(main, ["record", "-o", output, "--", "true"])
    assert result.output.startswith("Error: --output: expected a file in an existing folder, got ")
    output = str(tmp_path / "x.jsonl")
    result = CliRunner().invoke(main, ["record", "-o", output, "--", "no such program"])
    assert result.output == (
        "Error: command: expected a program that can be started, got no such program, "
        "which is not on the search path\n"
    )


# Extras that are not installed

_TRY = """
import sys, traceback
sys.modules[sys.argv[1]] = None
from fakedropbox import FakeDropboxService
dbx = FakeDropboxService(files={"/a.png": b"1"}).client()
for action in sys.argv[2:]:
    try:
        exec(action)
    except (ImportError, NotImplementedError) as error:
        print(error)
    else:
        print("nothing was missing:", action)
"""


@pytest.mark.parametrize(
    ("library", "extra", "actions"),
    [
        (
            "hypothesis",
            "testing",
            [
                "import fakedropbox.strategies",
                "from fakedropbox.machines import DropboxMachine",
                "from fakedropbox.simulate import schedules; schedules()",
                "from dropspool.testing import StorageProviderContract",
                "from dropspool.testing import lifecycle_machine",
            ],
        ),
        (
            "pytest",
            "testing",
            [
                "from dropspool.testing import StorageProviderContract",
                "from dropspool.testing import kills",
            ],
        ),
        (
            "greenlet",
            "simulate",
            [
                "from fakedropbox.simulate import interleavings",
                "from dropspool.testing import StorageProviderContract",
            ],
        ),
        ("trustme", "server", ["import fakedropbox.server", "dbx.service.serve()"]),
        ("PIL", "images", ["dbx.files_get_thumbnail('/a.png')"]),
        (
            "markdown_it",
            "paper",
            [
                (
                    "from dropbox.files import ImportFormat\n"
                    "dbx.files_paper_create(b'x', '/a.paper', ImportFormat.markdown)"
                )
            ],
        ),
    ],
)
def test_the_error_for_a_missing_library_names_its_extra(library, extra, actions):
    process = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", _TRY, library, *actions], capture_output=True, text=True, check=True
    )
    lines = process.stdout.splitlines()
    assert len(lines) == len(actions)
    assert [line for line in lines if f"pip install 'fakedropbox[{extra}]'" not in line] == []
    assert [line for line in lines if library not in line] == []
