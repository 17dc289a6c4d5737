"""A run that a time limit breaks off: what is told of it, and that it ends there."""

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


FakeDropbox().files_upload(b"", "/a")  # its first imports take their time


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


def test_it():
    run_state_machine_as_test(Machine, settings=settings(database=None, stateful_step_count=2))
"""


@pytest.mark.parametrize(
    ("route", "drawing", "where"),
    [
        ("list_folder", 0, "In the rule the_tree"),
        ("delete_v2", 0, "In the rule teardown"),
        ("none", 60, "Outside of any rule"),
    ],
)
def test_a_time_limit_is_told_as_one(pytester, route, drawing, where):
    pytester.makepyfile(HANGS.format(route=route, drawing=drawing))
    options = "-p", "no:randomly", "-p", "no:cacheprovider", "--timeout=4"
    run = pytester.runpytest_subprocess(*options, timeout=110)
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(
        [
            f"*Interrupted: Timeout (>4.0s) from pytest-timeout. {where}",
            "*after:",
        ]
    )
    if not drawing:
        run.stdout.fnmatch_lines(["*= dbx.files_create_folder_v2('/m')"])
    run.stdout.fnmatch_lines(["*time.sleep(60)*"])
    run.stdout.no_fnmatch_line("*Flaky*")
    run.stdout.no_fnmatch_line("*Failing test case*")


@pytest.mark.parametrize("broken", [KeyboardInterrupt, SystemExit])
def test_any_other_interruption_is_passed_on(broken):
    class Broken(FakeDropbox):
        def files_list_folder(self, *_args, **_options):
            raise broken

    class Machine(DropboxMachine):
        def make_client(self):
            return Broken()

    with pytest.raises(broken):
        run_state_machine_as_test(Machine)
