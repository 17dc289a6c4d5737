"""Tests of presets of personalities: tables by name and version that never change."""

from dataclasses import fields, replace

import pytest

from fakedropbox import FakeDropboxService, Personality
from fakedropbox._facts.presets import PRESETS
from fakedropbox.personality import preset

FIELDS = {field.name for field in fields(Personality)}


@pytest.mark.parametrize("name", PRESETS)
def test_every_version_has_a_value_for_each_field(name):
    for version, table in PRESETS[name].items():
        assert set(table) == FIELDS, f"{name}@{version}: expected a row for each field"


def test_the_default_is_the_recorded_preset():
    assert Personality() == Personality.recorded == preset("recorded")
    assert FakeDropboxService().gate.world.personality is Personality.recorded


@pytest.mark.parametrize("name", PRESETS)
def test_at_returns_a_version_of_a_preset(name):
    newest = getattr(Personality, name)
    assert newest is preset(name)
    assert newest.at(list(PRESETS[name])[-1]) == newest
    with pytest.raises(ValueError, match=rf"version: .* '1', '2' of '{name}', got '9'"):
        newest.at("9")
    with pytest.raises(TypeError, match="version: expected str, got 1"):
        newest.at(1)


@pytest.mark.parametrize("name", PRESETS)
def test_version_1_of_each_preset_differs_from_version_2_in_one_field(name):
    first, second = PRESETS[name]["1"], PRESETS[name]["2"]
    differing = {field for field in FIELDS if first[field] != second[field]}
    assert (
        differing
        == {
            "recorded": {"list_order"},
            "documented": {"early_client_modified"},
            "hostile": {"early_client_modified"},
        }[name]
    )
    assert getattr(Personality, name).at("1") == Personality(**first)
    assert repr(Personality(**first)) == f"Personality.{name}.at('1')"


def test_only_a_preset_has_versions():
    with pytest.raises(ValueError, match=r"at: expected one of recorded, .*page_size=3"):
        replace(Personality.recorded, page_size=3).at("1")


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match=r"personality: expected one of 'recorded', .*'hostil'"):
        preset("hostil")


def test_repr_is_the_expression_that_creates_the_personality():
    assert repr(Personality.documented) == "Personality.documented"
    assert repr(Personality(page_size=2, wire="compact")) == (
        "Personality(wire='compact', page_size=2)"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"lag_entries": 2}, r"lag_entries, lag_seconds: expected both"),
        ({"lag_seconds": 2}, r"lag_entries, lag_seconds: expected both"),
        ({"lag_entries": -1, "lag_seconds": 1}, "lag_entries: expected at least 0, got -1"),
        ({"reset_one_in": 2}, "reset_one_in: expected 0 or at least 3, got 2"),
        ({"fail_one_in": 1}, "fail_one_in: expected 0 or at least 3, got 1"),
        ({"wire": "loud"}, "wire: expected one of 'classic', 'compact', got 'loud'"),
    ],
)
def test_invalid_values_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        Personality(**given)
