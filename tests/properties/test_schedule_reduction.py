"""Tests of reduction: a search that skips equivalent schedules finds the same outcomes."""

import random
from contextlib import contextmanager

import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st
from tests.support.small_scenarios import (
    SEED_FILES,
    has_history,
    new_service,
    programs,
    revisions,
    workers_of,
)

from fakedropbox import Personality
from fakedropbox._files.tree import Tree
from fakedropbox.simulate import _footprints, _lanes, _states, interleavings

CHANCE = random.Random(0)  # noqa: S311 -- the same search in each run
OVERWRITE = "overwrite"
SERVICE = new_service()
BY_NAME = new_service(personality=Personality(list_order="name"))


def explored(program, *, reduce, service=SERVICE, max_faults=0):
    workers = workers_of(service, program)
    return interleavings(
        workers,
        check=has_history,
        service=service,
        reduce=reduce,
        outcome=revisions,
        max_faults=max_faults,
    )


def differs(program):
    return set(explored(program, reduce=True).outcomes) != set(
        explored(program, reduce=False).outcomes
    )


@given(programs(most=2))
def test_reduction_finds_all_outcomes_of_two_workers(program):
    every, fewer = explored(program, reduce=False), explored(program, reduce=True)
    assert set(fewer.outcomes) == set(every.outcomes)
    assert fewer.complete <= every.complete == every.schedules


@given(programs(most=2), st.integers(0, 1))
@settings(max_examples=25)
def test_merged_states_count_all_schedules_and_have_all_outcomes(program, max_faults):
    program = [operations[: 2 - max_faults] for operations in program]
    every, merged = (
        explored(program, reduce=reduce, max_faults=max_faults) for reduce in (False, "states")
    )
    assert merged.schedules == every.schedules
    assert set(merged.outcomes) == set(every.outcomes)


WRITE, READ = ("upload", "/a/x", OVERWRITE, False), ("download", "/a/x")
OMITTED = {
    # Without replies: it is forgotten whether the first download returned the old or new data.
    "_answer": (_states, lambda _: None, [[WRITE], [READ, READ]]),
    # Without the data of files: no reply shows which of the two uploads came last.
    "subtree": (Tree, lambda *_: [], [[WRITE, ("metadata", "/b")], [WRITE, ("metadata", "/b")]]),
}


@pytest.mark.parametrize("omitted", OMITTED)
def test_merging_states_without_replies_or_file_data_loses_outcomes(monkeypatch, omitted):
    owner, empty, program = OMITTED[omitted]

    def merged():
        return set(explored(program, reduce="states").outcomes)

    every = merged()
    assert every == set(explored(program, reduce=False).outcomes)

    def outcome(run):
        with monkeypatch.context() as patch:
            patch.setattr(owner, omitted, real)
            return revisions(run)

    real = getattr(owner, omitted)
    monkeypatch.setattr(owner, omitted, empty)
    workers = workers_of(SERVICE, program)
    found = interleavings(
        workers, check=has_history, service=SERVICE, reduce="states", outcome=outcome
    )
    assert set(found.outcomes) < every


@pytest.mark.campaign
@given(programs())
@settings(max_examples=500)
def test_reduction_finds_all_outcomes_of_longer_workers(program):
    assert not differs(program)


BOTH_IN_A = [[("by id",)], [("upload", "/a/x (1)", "add", False)]]


# A copy of a folder gives new ids, and a move new revisions, in the order in which the entries were
# created: so the order of the two uploads matters, although their paths differ.
@example([*BOTH_IN_A, [("copy", "/a", "/b/new", False)]])
@example([*BOTH_IN_A, [("move", "/a", "/b/new", False)]])
@given(programs(workers=3, most=1))
@settings(max_examples=25)
def test_reduction_finds_all_outcomes_of_three_workers(program):
    assert not differs(program)


@given(programs(most=2))
@settings(max_examples=25)
def test_reduction_finds_all_outcomes_with_listings_by_name(program):
    every, fewer = (explored(program, reduce=reduce, service=BY_NAME) for reduce in (False, True))
    assert set(fewer.outcomes) == set(every.outcomes)


@pytest.mark.parametrize("personality", ["documented", "hostile"])
@pytest.mark.parametrize("reduce", [True, "states"])
def test_nothing_is_reduced_if_listings_lag_or_are_shuffled(personality, reduce):
    service = new_service(personality=getattr(Personality, personality))
    program = [[("metadata", "/a")] * 2, [("metadata", "/b")] * 2]
    report = explored(program, reduce=reduce, service=service)
    assert report.complete == report.schedules == 6


def test_a_service_with_lag_is_unchanged_afterwards():
    service = new_service(personality=Personality.hostile)
    tree = service.gate.world.files.trees[service.accounts.default.namespace_id]
    kinds = type(tree), type(tree.copy)
    workers = workers_of(service, [[("by id",)], [("by id",)]])
    interleavings(workers, check=has_history, service=service)
    assert (type(tree), type(tree.copy)) == kinds
    assert service.files == SEED_FILES


@given(programs(most=1))
@settings(max_examples=25)
def test_reduction_finds_all_outcomes_with_a_fault(program):
    every, fewer = (explored(program, reduce=reduce, max_faults=1) for reduce in (False, True))
    assert set(fewer.outcomes) == set(every.outcomes)


@given(programs(most=2))
@settings(max_examples=25)
def test_reduction_finds_all_outcomes_with_a_fault_for_the_first_call(program):
    with SERVICE.scratch():
        SERVICE.faults.rate_limit("files/*", optional=True)
        SERVICE.faults.server_error("files/upload", when="after", optional=True)
        assert not differs(program)


@given(programs(most=2))
@settings(max_examples=25)
def test_reduction_finds_all_outcomes_with_a_small_quota(program):
    with SERVICE.scratch():
        SERVICE.set_quota(SERVICE.accounts.default, 5)
        assert not differs(program)


def without_reads(relation, one, other):
    return _footprints._conflict(one.writes, other.writes)


def without_parents(relation, one, other):
    """Compare the paths only, as if a call at a folder did not affect the entries in it."""

    def meet(some, others):
        return bool(some & others)

    return (
        meet(one.writes, other.writes)
        or meet(one.writes, other.reads)
        or meet(one.reads, other.writes)
    )


SEARCH = settings(max_examples=2000, database=None, phases=[Phase.generate], deadline=None)


@pytest.mark.parametrize("mistake", [without_reads, without_parents])
def test_a_dependence_relation_without_reads_or_parents_loses_outcomes(monkeypatch, mistake):
    monkeypatch.setattr(_footprints.Relation, "depend", mistake)
    found = find(programs(), differs, settings=SEARCH, random=CHANCE)
    monkeypatch.undo()
    print(f"\n{mistake.__name__}: {found}")
    assert not differs(found)


OVERWRITES = [[("upload", "/a/x", OVERWRITE, False)], [("upload", "/b/y", OVERWRITE, False)]]
ORDER_MATTERS = {
    "a listing shows both new files, in the order of their creation": (
        "shown_together",
        [[("upload", "/a/new", OVERWRITE, False)], [("by id",), ("list", "/a", False)]],
    ),
    "a listing shows both files, in the order of their last change": (
        "shown_together",
        [*OVERWRITES, [("list", "", True)]],
    ),
    "the changes after a cursor show both files, in the order of the changes": (
        "all_changes_depend",
        [*OVERWRITES, [("changes", "")]],
    ),
}


@pytest.mark.parametrize("why", ORDER_MATTERS)
def test_a_dependence_relation_without_the_order_of_changes_loses_outcomes(monkeypatch, why):
    ignored, program = ORDER_MATTERS[why]
    monkeypatch.setattr(_footprints.Relation, ignored, lambda *_: None)
    assert differs(program)
    monkeypatch.undo()
    assert not differs(program)


def test_a_dependence_relation_without_the_reads_of_autorename_loses_outcomes(monkeypatch):
    program = [
        [("upload", "/a/x", "add", True)],
        [("upload", "/a/x (1)", OVERWRITE, False), ("delete", "/a/x (1)")],
    ]
    monkeypatch.setattr(_footprints, "_renames", lambda _: False)
    first = differs(program)
    monkeypatch.undo()
    assert first
    assert not differs(program)


class SequentialNumbers:
    def __init__(self, laned):
        self.given = laned.given

    def shown(self, number):
        return number

    meant = shown


@pytest.mark.parametrize("names", ["ids", "revs"])
def test_sequential_ids_or_revisions_lose_outcomes(monkeypatch, names):
    installed = _lanes.Lanes.installed

    @contextmanager
    def without(lanes):
        with installed(lanes):
            setattr(lanes._numbering, names, SequentialNumbers(getattr(lanes, names)))
            yield

    monkeypatch.setattr(_lanes.Lanes, "installed", without)
    found = find(programs(), differs, settings=SEARCH, random=CHANCE)
    monkeypatch.undo()
    assert not differs(found)
