"""Tests of the public names of `fakedropbox.simulate`, which are imported on their first use."""

import pytest
from tests.support.commands import run_python

from fakedropbox import FakeDropboxService, simulate
from fakedropbox.simulate import SimulatedCrash, crash


@pytest.mark.parametrize("name", simulate.__all__)
def test_every_public_name_is_documented_and_listed(name):
    assert getattr(simulate, name).__doc__
    assert name in dir(simulate)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"'fakedropbox.simulate' has no attribute 'crashes'"):
        _ = simulate.crashes


def test_only_interleavings_needs_greenlet():
    output = run_python(
        "import sys, fakedropbox.simulate\n"
        "assert 'dropbox' not in sys.modules\n"
        "sys.modules['greenlet'] = None\n"
        "from fakedropbox.simulate import History, SkewedClock, campaign, crash_points, schedules\n"
        "try:\n"
        "    from fakedropbox.simulate import interleavings\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    assert "the extra `simulate` is not installed; pip install" in " ".join(output)


@pytest.mark.parametrize(("when", "left"), [("before", []), ("after", ["/a"])])
def test_a_crash_can_be_planned_like_a_fault(when, left):
    service = FakeDropboxService()
    service.faults.add(crash("files/upload", when=when))
    with pytest.raises(SimulatedCrash, match=f"files/upload: the process died {when} the call"):
        service.client().files_upload(b"", "/a")
    assert list(service.files) == left
    assert repr(crash("files/*", when="after")) == "crash('files/*', when='after')"
    with pytest.raises(ValueError, match="when: expected 'before' or 'after', got 'now'"):
        crash("files/upload", when="now")
