"""Tests that fakedropbox gives the recorded responses, apart from listed exceptions."""

from types import SimpleNamespace

import pytest
from tests.support.doors import newer_sdk
from tests.support.recordings import (
    EXCEPTED,
    EXCHANGES,
    REPRODUCED,
    SCENARIOS,
    STATES,
    STEPS_OF_UNBUILT_ROUTES,
)
from tests.support.replay import Replay, sdk_has_fields_of
from tests.support.tally import PROPERTY, summary

from fakedropbox import NotImplementedInFake
from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._facts.evidence import evidence

ROUTES_OUTSIDE_THE_API = ("oauth2/token",)


def _marks(name):
    facts = REPRODUCED.get(name)
    marks = [pytest.mark.evidence(*facts)] if facts else []
    return [*marks, newer_sdk(sdk_has_fields_of(EXCHANGES[name]), "`preview_type` of links")]


def _cases(names):
    return [
        pytest.param(EXCHANGES[name], id=name, marks=_marks(name))
        for name in names
        if name in EXCHANGES  # an unknown name must fail a test below, not the collection
    ]


def _lines(found):
    return "\n".join(map(str, found))


@pytest.mark.parametrize("exchange", _cases(REPRODUCED))
def test_fakedropbox_gives_the_recorded_response(exchange, record_property):
    record_property(PROPERTY, "reproduced")
    found = Replay(exchange.cassette).differences(exchange)
    assert not found, _lines(found)


@pytest.mark.parametrize("exchange", _cases(EXCEPTED))
def test_an_excepted_exchange_differs_in_exactly_the_listed_places(exchange, record_property):
    record_property(PROPERTY, "excepted")
    excepted = EXCEPTED[exchange.name]
    replay = Replay(exchange.cassette)
    if excepted.unbuilt is not None:
        with pytest.raises(NotImplementedInFake) as caught:
            replay.differences(exchange)
        assert excepted.unbuilt in str(caught.value)
        return
    found = replay.differences(exchange)
    assert found, f"{exchange.name} is reproduced now: remove it from exceptions.json"
    assert sorted({each.place for each in found}) == sorted(excepted.differs_in), _lines(found)


def test_every_exchange_is_reproduced_or_a_listed_exception():
    lists = [*REPRODUCED, *EXCEPTED, *STEPS_OF_UNBUILT_ROUTES]
    assert sorted(lists) == sorted(EXCHANGES)


def test_every_excepted_exchange_has_a_reason():
    assert all(excepted.reason for excepted in EXCEPTED.values())
    assert all(
        (excepted.unbuilt is None) == bool(excepted.differs_in) for excepted in EXCEPTED.values()
    )


def test_the_routes_of_the_exchanges_are_implemented():
    routes = {
        exchange.route
        for exchange in EXCHANGES.values()
        if exchange.name not in STEPS_OF_UNBUILT_ROUTES
    }
    assert routes - set(ROUTES_OUTSIDE_THE_API) <= set(IMPLEMENTED)


def test_the_listed_unbuilt_routes_are_not_implemented():
    steps = {EXCHANGES[name].route for name in STEPS_OF_UNBUILT_ROUTES}
    assert not steps & set(IMPLEMENTED), "these routes are implemented now: replay their steps, too"


def test_scenarios_name_existing_cassettes_states_and_facts():
    assert set(SCENARIOS) == {exchange.cassette for exchange in EXCHANGES.values()}
    named = {
        scenario["before"]
        for scenario in SCENARIOS.values()
        if isinstance(scenario.get("before"), str)
    }
    assert named == set(STATES)
    facts = {fact for pinned in REPRODUCED.values() for fact in pinned}
    assert facts <= set(evidence())


def _reports(outcome, count):
    # Lists in place of tuples, as in reports from xdist.
    properties = [["other", 1], [PROPERTY, outcome]]
    nodeids = [f"{outcome}[{number}]" for number in range(count)]
    return [SimpleNamespace(nodeid=nodeid, user_properties=properties) for nodeid in nodeids]


def test_the_summary_counts_each_replayed_exchange_once():
    done, left_out = _reports("reproduced", len(REPRODUCED)), _reports("excepted", len(EXCEPTED))
    all_of_them = len(EXCHANGES) - len(STEPS_OF_UNBUILT_ROUTES)
    head = f"conformance: {len(done)} reproduced + {len(left_out)} excepted"
    assert summary([*done, *left_out, *done])[0].startswith(f"{head} = {all_of_them} recorded")
    assert summary(done)[0].startswith(
        f"conformance: {len(done)} reproduced + 0 excepted of {all_of_them} recorded"
    )
    assert summary([SimpleNamespace(nodeid="another", user_properties=[])]) == []
