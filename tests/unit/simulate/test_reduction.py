"""What is left out changes nothing: with and without reduction, the same outcomes."""

import random
from contextlib import contextmanager

import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st
from tests.support.small_scenarios import (
    SEED_FILES,
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


def anything(run):
    assert run.history


def explored(program, *, reduce, service=SERVICE, max_faults=0):
    workers = workers_of(service, program)
    return interleavings(
        workers,
        check=anything,
        service=service,
        reduce=reduce,
        outcome=revisions,
        max_faults=max_faults,
    )


def differs(program):
    return set(explored(program, reduce=True).outcomes) != set(
        explored(program, reduce=False).outcomes
    )


@given(programs(calls=2))
def test_two_workers_have_the_same_outcomes(program):
    every, fewer = explored(program, reduce=False), explored(program, reduce=True)
    assert set(fewer.outcomes) == set(every.outcomes)
    assert fewer.complete <= every.complete == every.schedules


@given(programs(calls=2), st.integers(0, 1))
@settings(max_examples=25)
def test_merged_states_count_all_schedules_and_have_all_outcomes(program, max_faults):
    program = [operations[: 2 - max_faults] for operations in program]
    every, merged = (
        explored(program, reduce=reduce, max_faults=max_faults) for reduce in (False, "states")
    )
    assert merged.schedules == every.schedules
    assert set(merged.outcomes) == set(every.outcomes)


WRITE, READ = ("upload", "/a/x", OVERWRITE, False), ("download", "/a/x")
FORGOTTEN = {
    # What a worker was told: the first of its replies may have been the old or the new one.
    "_answer": (_states, lambda _: None, [[WRITE], [READ, READ]]),
    # What is in the files: whose content is the last can be told by nobody, yet.
    "subtree": (Tree, lambda *_: [], [[WRITE, ("metadata", "/b")], [WRITE, ("metadata", "/b")]]),
}


@pytest.mark.parametrize("what", FORGOTTEN)
def test_states_that_leave_something_out_are_found_out(monkeypatch, what):
    owner, nothing, program = FORGOTTEN[what]

    def merged():
        return set(explored(program, reduce="states").outcomes)

    every = merged()
    assert every == set(explored(program, reduce=False).outcomes)

    def outcome(run):
        with monkeypatch.context() as patch:
            patch.setattr(owner, what, real)
            return revisions(run)

    real = getattr(owner, what)
    monkeypatch.setattr(owner, what, nothing)
    workers = workers_of(SERVICE, program)
    found = interleavings(
        workers, check=anything, service=SERVICE, reduce="states", outcome=outcome
    )
    assert set(found.outcomes) < every


@pytest.mark.campaign
@given(programs())
@settings(max_examples=500)
def test_longer_workers_have_the_same_outcomes(program):
    assert not differs(program)


BOTH_IN_A = [[("by id",)], [("upload", "/a/x (1)", "add", False)]]


# What was created first gets the first of the new ids, or of the new revisions.
@example([*BOTH_IN_A, [("copy", "/a", "/b/new", False)]])
@example([*BOTH_IN_A, [("move", "/a", "/b/new", False)]])
@given(programs(workers=3, calls=1))
@settings(max_examples=25)
def test_three_workers_have_the_same_outcomes(program):
    assert not differs(program)


@given(programs(calls=2))
@settings(max_examples=25)
def test_so_they_have_where_listings_are_by_name(program):
    every, fewer = (explored(program, reduce=reduce, service=BY_NAME) for reduce in (False, True))
    assert set(fewer.outcomes) == set(every.outcomes)


@pytest.mark.parametrize("personality", ["documented", "hostile"])
@pytest.mark.parametrize("reduce", [True, "states"])
def test_nothing_is_left_out_where_listings_lag_or_are_shuffled(personality, reduce):
    service = new_service(personality=getattr(Personality, personality))
    program = [[("metadata", "/a")] * 2, [("metadata", "/b")] * 2]
    report = explored(program, reduce=reduce, service=service)
    assert report.complete == report.schedules == 6


def test_a_service_that_lags_is_as_it_was_afterwards():
    service = new_service(personality=Personality.hostile)
    tree = service.gate.world.files.trees[service.accounts.default.namespace_id]
    kinds = type(tree), type(tree.copy)
    workers = workers_of(service, [[("by id",)], [("by id",)]])
    interleavings(workers, check=anything, service=service)
    assert (type(tree), type(tree.copy)) == kinds
    assert service.files == SEED_FILES


@given(programs(calls=1))
@settings(max_examples=25)
def test_so_they_have_with_a_fault(program):
    every, fewer = (explored(program, reduce=reduce, max_faults=1) for reduce in (False, True))
    assert set(fewer.outcomes) == set(every.outcomes)


@given(programs(calls=2))
@settings(max_examples=25)
def test_so_they_have_with_a_fault_that_the_first_comer_meets(program):
    with SERVICE.scratch():
        SERVICE.faults.rate_limit("files/*", optional=True)
        SERVICE.faults.server_error("files/upload", when="after", optional=True)
        assert not differs(program)


@given(programs(calls=2))
@settings(max_examples=25)
def test_so_they_have_where_room_is_short(program):
    with SERVICE.scratch():
        SERVICE.set_quota(SERVICE.accounts.default, 5)
        assert not differs(program)


def without_reads(relation, one, other):
    return _footprints._conflict(one.writes, other.writes)


def without_parents(relation, one, other):
    """As if two calls could meet at one and the same path only."""

    def meet(some, others):
        return bool(some & others)

    return (
        meet(one.writes, other.writes)
        or meet(one.writes, other.reads)
        or meet(one.reads, other.writes)
    )


SEARCH = settings(max_examples=2000, database=None, phases=[Phase.generate], deadline=None)


@pytest.mark.parametrize("mistake", [without_reads, without_parents])
def test_a_relation_that_forgets_something_is_found_out(monkeypatch, mistake):
    monkeypatch.setattr(_footprints.Relation, "depend", mistake)
    found = find(programs(), differs, settings=SEARCH, random=CHANCE)
    monkeypatch.undo()
    print(f"\n{mistake.__name__}: {found}")
    assert not differs(found)


SHOWN = {
    # A listing shows both, the one that was created first before the other.
    "shown_together": [
        [("upload", "/a/new", OVERWRITE, False)],
        [("by id",), ("list", "/a", False)],
    ],
    # What follows a cursor shows both, the one that was changed first before the other.
    "all_changes_depend": [
        [("upload", "/a/x", OVERWRITE, False)],
        [("upload", "/b/y", OVERWRITE, False)],
        [("changes", "")],
    ],
}


@pytest.mark.parametrize("forgotten", SHOWN)
def test_so_is_one_that_forgets_the_order_of_changes(monkeypatch, forgotten):
    monkeypatch.setattr(_footprints.Relation, forgotten, lambda *_: None)
    assert differs(SHOWN[forgotten])
    monkeypatch.undo()
    assert not differs(SHOWN[forgotten])


def test_so_is_one_that_forgets_that_autorename_looks_at_all_names(monkeypatch):
    program = [
        [("upload", "/a/x", "add", True)],
        [("upload", "/a/x (1)", OVERWRITE, False), ("delete", "/a/x (1)")],
    ]
    monkeypatch.setattr(_footprints, "_renames", lambda _: False)
    first = differs(program)
    monkeypatch.undo()
    assert first
    assert not differs(program)


class CountedThrough:
    def __init__(self, laned):
        self.given = laned.given

    def shown(self, number):
        return number

    meant = shown


@pytest.mark.parametrize("names", ["ids", "revs"])
def test_so_are_ids_and_revisions_that_are_counted_through(monkeypatch, names):
    installed = _lanes.Lanes.installed

    @contextmanager
    def without(lanes):
        with installed(lanes):
            setattr(lanes._numbering, names, CountedThrough(getattr(lanes, names)))
            yield

    monkeypatch.setattr(_lanes.Lanes, "installed", without)
    found = find(programs(), differs, settings=SEARCH, random=CHANCE)
    monkeypatch.undo()
    assert not differs(found)
