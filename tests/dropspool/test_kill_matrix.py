"""Tests of the contract: it finds each known mistake, and none in our own provider."""

import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from hypothesis import core
from tests.support.kill_matrix import first_kill, matrix, render, suite_of
from tests.support.known_bad import KNOWN_BAD
from tests.support.project import ROOT

from dropspool.cli import main
from dropspool.testing import DropboxSubject, StorageProviderContract, kills


class Ours(DropboxSubject, StorageProviderContract):
    examples = 5


def test_each_mistake_names_the_tests_of_the_contract_that_must_find_it():
    assert len(KNOWN_BAD) >= 20
    tests = {name for name in dir(StorageProviderContract) if name.startswith("test_")}
    for bad in KNOWN_BAD.values():
        assert bad.found_by
        assert tests.issuperset(bad.found_by)


@pytest.mark.untraced
@pytest.mark.parametrize("words", KNOWN_BAD)
def test_each_mistake_is_found_by_the_tests_that_must_find_it(words, capsys):
    suite = suite_of(words, shrink=False)
    for name in KNOWN_BAD[words].found_by:
        kill = next(kills(suite, [name]), None)
        assert kill is not None, f"{name} does not find the mistake: {words}"
        assert kill.example.strip()


def test_no_mistake_is_found_in_our_own_provider():
    """Check one test of each kind that `kills` runs differently; `test_contract` runs all tests."""
    kinds = [
        "test_a_listing_is_complete",
        "test_an_invalid_username_is_refused",
        "test_a_worker_may_die_at_any_change",
        "test_property_1_queue_ordering",
        "test_property_6_equivalence",
    ]
    assert [*kills(Ours, kinds)] == []


def test_a_mistake_that_no_test_finds_is_shown():
    assert render("a riddle", []) == "a riddle: NOT found"


def run_command(*arguments):
    """Run the command that prints the matrix, as the guide `contract-kit.md` shows it."""
    return subprocess.run(  # noqa: S603 -- this very interpreter
        [sys.executable, "-m", "tests.support.kill_matrix", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.untraced
def test_the_command_shows_the_tests_that_find_a_mistake():
    run = run_command("a listing of one page")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("a listing of one page: 2 found\n    test_a_listing_is_complete\n")
    assert "of 10 files it lists" in run.stdout


@pytest.mark.untraced
def test_the_command_refuses_an_unknown_mistake():
    run = run_command("a listing of one page", "a riddle")
    assert (run.returncode, run.stdout) == (2, "")
    assert "MISTAKE: expected one of 'a listing of one page', " in run.stderr
    assert "got 'a riddle'" in run.stderr


@pytest.mark.parametrize("options", [[], ["--full"]])
def test_the_command_of_earlier_versions_says_where_the_matrix_is(options):
    run = CliRunner().invoke(main, ["kill-matrix", *options])
    assert run.exit_code == 2
    assert "run `python -m tests.support.kill_matrix` in a checkout" in run.output


@pytest.mark.campaign
def test_the_full_matrix_has_each_test_that_must_find_a_mistake(capsys):
    for words, found in matrix(full=True):
        with capsys.disabled():
            print(render(words, found))
        assert set(KNOWN_BAD[words].found_by) <= {kill.test.partition("[")[0] for kill in found}


def steps_of(example):
    """Return the number of steps in the example of a state machine, without its begin and end."""
    return len(re.findall(r"(?:^|\) )\w+\(", example)) - 3


def test_the_steps_of_an_example_are_counted():
    example = "BadLife() begin(which=0) go_wrong(fault=slow('x', 1)) take() teardown()"
    assert steps_of(example) == 2


@pytest.mark.untraced
@pytest.mark.parametrize(
    "words",
    [
        "a claim that overwrites the claim of another worker",
        *(pytest.param(words, marks=pytest.mark.campaign) for words in KNOWN_BAD),
    ],
)
def test_a_printed_example_has_at_most_eight_steps(words, monkeypatch):
    monkeypatch.setattr(core, "global_force_seed", 0)
    ((_, found),) = matrix([words])
    assert found
    assert all(steps_of(kill.example) <= 8 for kill in found)


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize("words", KNOWN_BAD)
def test_each_mistake_is_found_by_a_seeded_run_with_default_settings(words, seed, monkeypatch):
    monkeypatch.setattr(core, "global_force_seed", seed)
    assert first_kill(words) is not None


class OursWithDefaults(DropboxSubject, StorageProviderContract):
    """The contract for our provider with the default settings, as users run it."""


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(20))
def test_no_seeded_run_finds_a_mistake_in_our_own_provider(seed, monkeypatch):
    monkeypatch.setattr(core, "global_force_seed", seed)
    assert [*kills(OursWithDefaults)] == []
