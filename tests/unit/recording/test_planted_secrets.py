"""Tests that a recording shows no secret, wherever it is planted, except in the path of a file."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stone.backends.python_rsrc import stone_validators as bv
from tests.support import planted_secrets
from tests.support.planted_secrets import exchanges_with, shown
from tests.support.sdk_definitions import definitions, members

from fakedropbox import ManualClock
from fakedropbox.recording import Recorder
from fakedropbox.recording import _sdk_types as sdk
from fakedropbox.recording._stand_ins import StandIns
from fakedropbox.recording._texts import ErrorTexts
from fakedropbox.recording._values import Values

SECRET, NUMBER = "Hunter2xQ7vK9mZp4Lw", 480993172605
LEAST = 100_987_654_321  # a rounder number would be found in stand-ins that end in zeros
NAMES = sorted(exchanges_with(SECRET, NUMBER))
ODD = "%&'\"\\{}[]()<>=+/?#:;,.@~ \t\u00e9\u6f22\U0001f511aZ09_-"


def recorded(folder, made):
    """Return the text of a recording of exchanges."""
    output = folder / "out.jsonl"
    output.unlink(missing_ok=True)
    recorder = Recorder(output, "planted", ManualClock(), key=b"key")
    for exchange in made:
        exchange.happen(recorder)
    return output.read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_secret_is_not_shown(name, tmp_path):
    text = recorded(tmp_path, [exchanges_with(SECRET, NUMBER)[name]])
    assert not shown(SECRET, text)
    assert not shown(str(NUMBER), text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("planted")


@given(
    middle=st.text(ODD, min_size=6, max_size=30),
    number=st.integers(LEAST, 10**12),
    names=st.sets(st.sampled_from(NAMES), min_size=1, max_size=8),
)
@example(middle="0/1/s/scl", number=LEAST, names=set(NAMES))
@example(middle='", "path": "/', number=LEAST, names=set(NAMES))
@example(middle="\u00e9\u6f22 %20%%2e+", number=LEAST, names=set(NAMES))
def test_no_secret_is_shown_wherever_it_is_planted(middle, number, names, folder):
    secret = f"Zq7{middle}Xw9"  # the ends keep it from being a part of a stand-in by chance
    made = exchanges_with(secret, number)
    text = recorded(folder, [made[name] for name in sorted(names)])
    assert not shown(secret, text)
    assert not shown(str(number), text)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        SECRET[::-1],
        f"x%48{SECRET[1:]}",
        "SHVudGVyMnhRN3ZLOW1acDRMdw==",
        "eEh1bnRlcjJ4UTd2SzltWnA0THc=",
        json.dumps(json.dumps([SECRET])),
        "HUNTER2XQ7VK9MZP4LW",
        SECRET.encode().hex(),
    ],
)
def test_the_search_finds_a_secret_that_is_encoded_reversed_or_in_capitals(form):
    assert shown(SECRET, json.dumps({"x": f"a{form}b"}))
    assert not shown(SECRET, json.dumps({"x": "nothing"}))


def scrubber():
    stand_ins = StandIns(b"key")
    return Values(stand_ins, ErrorTexts(stand_ins))


def planted(validator):
    """Return the secret as a value of a type: a real number, a list, or else a text."""
    validator = sdk.bare(validator)
    if isinstance(validator, bv.List):
        return [planted(validator.item_validator)]
    if isinstance(validator, bv.Real):
        return float(NUMBER)
    return SECRET


def test_no_field_of_the_api_shows_a_secret():
    """Plant the secret in every field of every struct and union, in its tag, and in its place."""
    values_of, found = scrubber(), []
    checked = 0
    for validator in definitions():
        below = members(validator.definition)
        if isinstance(validator, bv.Union):
            values = [{".tag": tag, tag: planted(each)} for tag, each in below]
        else:
            values = [{name: planted(each) for name, each in below}]
        for value in (*values, {".tag": SECRET}, SECRET, [SECRET], NUMBER):
            checked += 1
            text = values_of.json(json.dumps(value), validator)
            if SECRET in text or str(NUMBER) in text:
                found.append((validator.definition, value))
    assert found == []
    assert checked > 1000


def test_a_duration_is_kept_and_a_latitude_or_longitude_is_not():
    values = scrubber()
    kept = {
        f"{validator.definition.__name__}.{name}"
        for validator in definitions()
        if isinstance(validator, bv.Struct)
        for name, below in members(validator.definition)
        if isinstance(sdk.bare(below), bv.Real)
        if "61.5" in values.json(json.dumps({name: 61.5}), validator)
    }
    assert "GetTemporaryUploadLinkArg.duration" in kept
    assert not {name for name in kept if "itude" in name}


def test_the_table_has_at_least_64_places_for_a_secret():
    assert len(NAMES) >= 64
    assert planted_secrets.shown(SECRET, SECRET)
