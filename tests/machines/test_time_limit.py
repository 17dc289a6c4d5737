"""Tests of machine runs that a time limit interrupts: the report, and no second attempt."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine

# `hang` makes the alarm of pytest-timeout go off after a millisecond, not after 100 seconds.
HANGS = """
import signal
import time

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine


def hang():
    signal.setitimer(signal.ITIMER_REAL, 0.001)
    time.sleep(60)


def run_machine(drawn=int, **hanging):
    class Machine(DropboxMachine):
        folder = "/m"

        def make_client(self):
            return type("Hanging", (FakeDropbox,), hanging)()

        @initialize(drawn=st.builds(drawn))
        def draw(self, drawn):
            pass

    run_state_machine_as_test(Machine, settings=settings(database=None, stateful_step_count=2))


def test_a_call_of_a_rule_hangs():
    run_machine(files_list_folder=lambda *_, **__: hang())


def test_the_teardown_hangs():
    run_machine(files_delete_v2=lambda *_, **__: hang())


def test_the_drawing_hangs():
    run_machine(drawn=hang)
"""


def test_a_timeout_is_reported_with_the_rule_and_the_calls(pytester):
    pytester.makepyfile(HANGS)
    options = "-p", "no:randomly", "-p", "no:cacheprovider", "--timeout=100"
    run = pytester.runpytest_subprocess(*options, timeout=110)
    run.assert_outcomes(failed=3)
    locations = "In the rule the_tree", "In the rule teardown", "Outside of any rule"
    for location in locations:
        run.stdout.fnmatch_lines(
            [
                f"*Interrupted: Timeout (>100.0s) from pytest-timeout. {location}",
                "*after:",
                *(["*= dbx.files_create_folder_v2('/m')"] * (location != locations[-1])),
            ]
        )
    assert run.stdout.str().count("time.sleep(60)") >= len(locations)
    run.stdout.no_fnmatch_line("*Flaky*")
    run.stdout.no_fnmatch_line("*Failing test case*")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_other_interruptions_propagate_unchanged(interruption):
    class Broken(FakeDropbox):
        def files_list_folder(self, *_args, **_options):
            raise interruption

    class Machine(DropboxMachine):
        def make_client(self):
            return Broken()

    with pytest.raises(interruption):
        run_state_machine_as_test(Machine)
