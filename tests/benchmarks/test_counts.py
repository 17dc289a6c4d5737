"""Test that common calls do no more work than recorded, on machines of any speed.

More work needs a reason in the change that brings it, and new limits:
`python -m tests.benchmarks.counts --record`.
"""

import pytest
from tests.benchmarks.counts import counts_of, limits, measured

MORE_BLOCKS = 0.5
"""The blocks that a call may keep above its limit, as lists and dicts grow by steps."""


@pytest.mark.untraced
def test_common_calls_do_no_more_work_than_recorded():
    known = {
        name: each._replace(blocks=each.blocks + MORE_BLOCKS) for name, each in limits().items()
    }
    found = measured()
    assert found.keys() == known.keys()
    more = {
        f"{field} of {name}": (getattr(found[name], field), limit)
        for name, each in known.items()
        for field, limit in each._asdict().items()
        if getattr(found[name], field) > limit
    }
    assert more == {}


def test_memory_blocks_that_a_call_keeps_are_counted():
    kept = []
    # Many blocks, as what earlier tests have left behind may be freed meanwhile.
    assert counts_of(lambda: kept.append([bytearray(1) for _ in range(100)])).blocks >= 100
