"""The contract finds each known mistake, by the tests that have to, and no mistake in ours."""

import pytest
from click.testing import CliRunner

from dropspool.cli import main
from dropspool.testing import KNOWN_BAD, StorageProviderContract, kills
from dropspool.testing.kill_matrix import matrix, render, suite_of
from dropspool.testing.ours import OnDropbox


class Ours(OnDropbox, StorageProviderContract):
    examples = 5


def test_there_are_many():
    assert len(KNOWN_BAD) >= 20
    tests = {name for name in dir(StorageProviderContract) if name.startswith("test_")}
    for bad in KNOWN_BAD.values():
        assert bad.found_by
        assert tests.issuperset(bad.found_by)


@pytest.mark.parametrize("words", KNOWN_BAD)
def test_each_mistake_is_found(words, capsys):
    found = [*kills(suite_of(words), KNOWN_BAD[words].found_by)]
    for kill in found:
        assert kill.example.strip()
    for name in KNOWN_BAD[words].found_by:
        assert any(kill.test.startswith(name) for kill in found), f"{name} does not find it"


def test_nothing_is_found_where_nothing_is_wrong():
    assert [*kills(Ours)] == []


def test_a_mistake_that_nothing_finds_is_shown():
    assert render("a riddle", []) == "a riddle: NOT found"


def test_the_command_shows_the_matrix(monkeypatch):
    words = "a listing of one page"
    monkeypatch.setattr("dropspool.testing.kill_matrix.KNOWN_BAD", {words: KNOWN_BAD[words]})
    shown = CliRunner().invoke(main, ["kill-matrix"], catch_exceptions=False).output
    assert shown.startswith("a listing of one page: 2 found\n    test_a_listing_is_whole\n")
    assert "of 10 files it lists" in shown


@pytest.mark.campaign
def test_the_whole_matrix(capsys):
    for words, found in matrix(full=True):
        with capsys.disabled():
            print(render(words, found))
        assert set(KNOWN_BAD[words].found_by) <= {kill.test.partition("[")[0] for kill in found}
