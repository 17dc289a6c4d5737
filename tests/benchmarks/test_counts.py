"""Test that common calls do no more work than recorded, on machines of any speed.

More work needs a reason in the change that brings it, and new limits:
`python -m tests.benchmarks.counts --record`.
"""

import pytest
from tests.benchmarks.counts import counts_of, limits, measured

MORE_BLOCKS = 0.5
"""The blocks that a call may keep above its limit, as lists and dicts grow by steps."""


@pytest.fixture(scope="module")
def counts():
    return measured()


@pytest.mark.parametrize("call", limits())
def test_a_common_call_does_no_more_work_than_recorded(counts, call):
    now, limit = counts[call], limits()[call]
    assert now.functions <= limit.functions
    assert now.built_ins <= limit.built_ins
    assert now.blocks <= limit.blocks + MORE_BLOCKS


def test_each_common_call_has_a_limit(counts):
    assert counts.keys() == limits().keys()


def test_more_work_is_counted():
    kept = []
    assert counts_of(lambda: kept.append(bytearray(1))).blocks >= 1
