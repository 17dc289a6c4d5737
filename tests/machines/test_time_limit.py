"""Tests of machine runs that a time limit interrupts: the report, and no second attempt."""

import pytest
from hypothesis.stateful import run_state_machine_as_test

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine

HANGS = """
import time

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine


FakeDropbox().files_upload(b"", "/a")  # so that the time limit does not include the imports


class Hanging(FakeDropbox):
    def files_{route}(self, *args, **options):
        time.sleep(60)


class Machine(DropboxMachine):
    folder = "/m"

    def make_client(self):
        return Hanging()

    @initialize(drawn=st.builds(lambda: time.sleep({drawing})))
    def draw(self, drawn):
        pass


def test_the_machine():
    run_state_machine_as_test(Machine, settings=settings(database=None, stateful_step_count=2))
"""


@pytest.mark.parametrize(
    ("route", "drawing", "location"),
    [
        ("list_folder", 0, "In the rule the_tree"),
        ("delete_v2", 0, "In the rule teardown"),
        ("none", 60, "Outside of any rule"),
    ],
)
def test_a_timeout_is_reported_with_the_rule_and_the_calls(pytester, route, drawing, location):
    pytester.makepyfile(HANGS.format(route=route, drawing=drawing))
    options = "-p", "no:randomly", "-p", "no:cacheprovider", "--timeout=4"
    run = pytester.runpytest_subprocess(*options, timeout=110)
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(
        [
            f"*Interrupted: Timeout (>4.0s) from pytest-timeout. {location}",
            "*after:",
        ]
    )
    if not drawing:
        run.stdout.fnmatch_lines(["*= dbx.files_create_folder_v2('/m')"])
    run.stdout.fnmatch_lines(["*time.sleep(60)*"])
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
