"""Every seen fact of these sections is pinned by a test, or open with a reason."""

import pytest
from tests import pinned_facts


@pytest.fixture(scope="module")
def found():
    return pinned_facts.tally()


def test_every_seen_fact_is_pinned_or_open(found, capsys):
    assert found.neither == set(), "mark a test with it, or list it in open_facts.csv"
    with capsys.disabled():
        print(f"\n{pinned_facts.summary(found)}")


def test_what_is_listed_as_open_is_a_fact_and_is_open(found):
    assert found.both == set(), "pinned by now: take it out of open_facts.csv"
    assert found.unknown == set(), "no seen fact of these sections"


def test_every_open_fact_says_why():
    assert all(pinned_facts.reasons().values())


def test_the_table_of_pinned_facts_is_that_of_the_marks():
    written = pinned_facts.TABLE.read_text("utf-8")
    assert written == pinned_facts.table(), "run `python tests/pinned_facts.py --write`"


def test_the_command_fails_on_what_is_neither(monkeypatch, capsys):
    assert pinned_facts.main() == 0
    assert "pinned +" in capsys.readouterr().out
    monkeypatch.setattr(pinned_facts, "reasons", dict)
    assert pinned_facts.main() == 1
    assert "F6.1-07" in capsys.readouterr().out
