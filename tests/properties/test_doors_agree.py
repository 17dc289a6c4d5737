"""One state, two doors: whatever is done, each answers as the other.

And a restored snapshot is the past itself: nothing tells it from a service that never
went further. Run more examples with `pytest --hypothesis-profile=thorough` (500).
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.doors import sdk_client
from tests.support.operations import Actor, histories
from tests.support.personalities import APP_FOLDERS, PERSONALITIES

from fakedropbox import FakeDropboxService

pytestmark = pytest.mark.untraced


def _run(actor, history):
    return [actor.do(op) for op in history]


@given(history=histories(), personality=PERSONALITIES, folder=APP_FOLDERS, seed=st.integers(0, 3))
def test_both_doors_answer_alike(history, personality, folder, seed):
    first = FakeDropboxService(seed, personality, app_folder=folder)
    second = FakeDropboxService(seed, personality, app_folder=folder)
    direct = Actor(first.client(), first)
    with second.activate():
        sdk = Actor(sdk_client(second), second)
        for op in history:
            assert direct.do(op) == sdk.do(op), op
        assert direct.state() == sdk.state()
    assert direct.known == sdk.known  # the cursors too: chance is the seed's
    assert [(call.route, call.outcome) for call in first.calls] == [
        (call.route, call.outcome) for call in second.calls
    ]


@given(before=histories(), after=histories(), personality=PERSONALITIES)
def test_a_restored_snapshot_is_the_state_it_was_taken_of(before, after, personality):
    service = FakeDropboxService(0, personality)
    actor = Actor(service.client(), service)
    _run(actor, before)
    now, calls, snapshot = service.clock.now(), len(service.calls), service.snapshot()
    state = actor.state()
    _run(actor, after)
    service.restore(snapshot)
    assert (service.clock.now(), len(service.calls)) == (now, calls)
    assert actor.state() == state


@given(before=histories(), undone=histories(), after=histories(), personality=PERSONALITIES)
def test_what_was_undone_leaves_no_trace_in_what_follows(before, undone, after, personality):
    service = FakeDropboxService(0, personality)
    undoer = Actor(service.client(), service)
    _run(undoer, before)
    known = {name: len(values) for name, values in vars(undoer.known).items()}
    with service.scratch():
        _run(undoer, undone)
    for name, length in known.items():
        del getattr(undoer.known, name)[length:]

    other = FakeDropboxService(0, personality)
    straight = Actor(other.client(), other)
    _run(straight, before)
    for op in after:
        assert undoer.do(op) == straight.do(op), op
    assert undoer.state() == straight.state()


@given(histories=st.lists(histories(8), max_size=4))
def test_older_snapshots_stay_good_in_any_depth(histories):
    service = FakeDropboxService(0)
    actor = Actor(service.client(), service)
    taken = []
    for history in histories:
        taken.append((service.snapshot(), actor.state()))
        _run(actor, history)
    for snapshot, state in reversed(taken):
        service.restore(snapshot)
        assert actor.state() == state
        service.restore(snapshot)  # once more: it stays valid
        assert actor.state() == state
