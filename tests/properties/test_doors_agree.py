"""Tests that the direct client and the SDK get the same answers; tests of snapshots.

After a snapshot is restored, a service must behave like one that never received the later
calls. Run more examples with `TEST_PROFILE=thorough` (500).
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
def test_the_direct_client_and_the_sdk_get_the_same_answers(history, personality, folder, seed):
    first = FakeDropboxService(seed, personality, app_folder=folder)
    second = FakeDropboxService(seed, personality, app_folder=folder)
    direct = Actor(first.client(), first)
    with second.activate():
        sdk = Actor(sdk_client(second), second)
        for op in history:
            assert direct.do(op) == sdk.do(op), op
        assert direct.state() == sdk.state()
    assert direct.known == sdk.known  # the random part of cursors comes from the seed
    assert [(call.route, call.outcome) for call in first.calls] == [
        (call.route, call.outcome) for call in second.calls
    ]


@given(before=histories(), after=histories(), personality=PERSONALITIES)
def test_restore_brings_back_the_state_of_the_snapshot(before, after, personality):
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
def test_undone_calls_do_not_affect_later_calls(before, undone, after, personality):
    service = FakeDropboxService(0, personality)
    undoing = Actor(service.client(), service)
    _run(undoing, before)
    known = {name: len(values) for name, values in vars(undoing.known).items()}
    with service.scratch():
        _run(undoing, undone)
    for name, length in known.items():
        del getattr(undoing.known, name)[length:]

    other = FakeDropboxService(0, personality)
    reference = Actor(other.client(), other)
    _run(reference, before)
    for op in after:
        assert undoing.do(op) == reference.do(op), op
    assert undoing.state() == reference.state()


@given(histories=st.lists(histories(8), max_size=4))
def test_nested_snapshots_stay_valid(histories):
    service = FakeDropboxService(0)
    actor = Actor(service.client(), service)
    taken = []
    for history in histories:
        taken.append((service.snapshot(), actor.state()))
        _run(actor, history)
    for snapshot, state in reversed(taken):
        service.restore(snapshot)
        assert actor.state() == state
        service.restore(snapshot)  # a snapshot can be restored again
        assert actor.state() == state
