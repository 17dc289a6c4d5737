"""The package costs nothing until its names are used, and only what needs greenlet loads it."""

import subprocess
import sys

import pytest

from fakedropbox import FakeDropboxService, simulate
from fakedropbox.simulate import SimulatedCrash, crash


def run(code):
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("name", simulate.__all__)
def test_every_name_can_be_had(name):
    assert getattr(simulate, name).__doc__
    assert name in dir(simulate)


def test_what_there_is_not():
    with pytest.raises(AttributeError, match=r"'fakedropbox.simulate' has no attribute 'crashes'"):
        _ = simulate.crashes


def test_nothing_but_interleavings_needs_greenlet():
    said = run(
        "import sys, fakedropbox.simulate\n"
        "assert 'dropbox' not in sys.modules\n"
        "sys.modules['greenlet'] = None\n"
        "from fakedropbox.simulate import History, SkewedClock, campaign, crash_points, schedules\n"
        "try:\n"
        "    from fakedropbox.simulate import interleavings\n"
        "except ImportError as error:\n"
        "    print(error)"
    )
    assert "greenlet is not installed; pip install 'fakedropbox[simulate]'" in " ".join(said)


@pytest.mark.parametrize(("when", "left"), [("before", []), ("after", ["/a"])])
def test_a_crash_can_be_planned_as_any_fault(when, left):
    service = FakeDropboxService()
    service.faults.add(crash("files/upload", when=when))
    with pytest.raises(SimulatedCrash, match=f"files/upload: the process died {when} the call"):
        service.client().files_upload(b"", "/a")
    assert list(service.files) == left
    assert repr(crash("files/*", when="after")) == "crash('files/*', when='after')"
    with pytest.raises(ValueError, match="when: expected 'before' or 'after', got 'now'"):
        crash("files/upload", when="now")
