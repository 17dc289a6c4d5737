"""A mark that names no fact fails; the evidence is no decoration."""

from types import SimpleNamespace

import pytest
from tests.support.doors import unknown_evidence


def _item(*facts):
    mark = pytest.mark.evidence(*facts).mark
    return SimpleNamespace(nodeid="test_x", iter_markers=lambda _: [mark])


def test_known_facts_pass():
    assert unknown_evidence([_item("F4-02", "O0-01")]) == []


def test_an_unknown_fact_is_named():
    unknown = "F4-" + "99"  # in two pieces, or it were a citation that hangs in the air
    assert unknown_evidence([_item("F4-02"), _item(unknown)]) == [f"test_x: {unknown}"]
