"""Tests of the facts about Dropbox: each has sources, and is used or open; cited ids exist."""

import pytest
from tests.support import facts, generate

from fakedropbox._facts import rows
from fakedropbox._facts.evidence import STATUSES, evidence, open_facts, sources

SECTION_SIGN = "\N{SECTION SIGN}"
PLACES = ("src", "tests", "examples", "docs", "README.md", "conftest.py")
SUFFIXES = {".csv", ".json", ".md", ".py"}


@pytest.fixture(scope="module")
def texts():
    """Return the text of each file that may cite a fact."""
    roots = [facts.ROOT / place for place in PLACES]
    files = [file for root in roots for file in ([root] if root.is_file() else root.rglob("*"))]
    return {file: file.read_text("utf-8") for file in files if file.suffix in SUFFIXES}


@pytest.fixture(scope="module")
def tally():
    return facts.tally()


def test_every_cited_fact_exists(texts):
    unknown = [
        f"{file.relative_to(facts.ROOT)}: {fact}"
        for file, text in texts.items()
        for fact in facts.citations(text)
        if fact not in evidence()
    ]
    assert unknown == []


def test_no_citation_uses_a_section_sign(texts):
    assert [file for file, text in texts.items() if SECTION_SIGN in text] == []


def test_every_fact_is_cited_or_tested_or_listed_as_open():
    used = facts.pinned().keys() | facts.cited_by_the_package().keys() | open_facts().keys()
    assert evidence().keys() - used == set(), (
        "unused facts: cite or pin them, or list them in open_facts.csv"
    )


def test_every_observed_fact_is_tested_or_listed_as_open(tally, capsys):
    assert tally.neither == set(), (
        "unpinned facts: mark a test with them, or list them in open_facts.csv"
    )
    with capsys.disabled():
        print(f"\n{facts.summary(tally)}")


def test_every_open_fact_exists_is_not_tested_and_has_a_reason(tally):
    assert open_facts().keys() - evidence().keys() == set()
    assert tally.both == set(), "pinned facts: remove them from open_facts.csv"
    assert all(open_facts().values())


def test_every_source_is_named_and_used():
    used = {code for fact in evidence().values() for code in fact.sources}
    assert used == sources().keys()
    assert all(source.title for source in sources().values())
    links = [source.link for source in sources().values()]
    assert [link for link in links if link and not link.startswith("https://")] == []


def test_every_fact_is_a_statement_with_sources():
    for fact in evidence().values():
        assert fact.statement.endswith("."), fact.fact
        assert fact.section, fact.fact
        assert fact.status in STATUSES, fact.fact
        assert fact.sources, fact.fact


def test_facts_are_sorted_and_unique():
    ids = [row["fact"] for row in rows("evidence.csv")]
    assert ids == sorted(set(ids), key=facts.place)


@pytest.mark.parametrize("file", generate.FILES, ids=[file.path for file in generate.FILES])
def test_every_generated_file_is_up_to_date(file):
    assert not file.stale(), f"{file.path} is stale: run `{generate.COMMAND}`"


def test_the_generate_command_writes_each_missing_file(tmp_path, capsys):
    generate.main(tmp_path)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:-1] == [f"written: {file.path}" for file in generate.FILES]
    assert "pinned +" in lines[-1]
    assert not any(file.stale(tmp_path) for file in generate.FILES)


def test_a_range_of_facts_is_expanded():
    text = "as F4" + "-98 to -100 and O2.1" + "-07 say"
    assert list(facts.citations(text)) == [
        "F4" + "-98",
        "F4" + "-99",
        "F4" + "-100",
        "O2.1" + "-07",
    ]
