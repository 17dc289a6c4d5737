"""A run that a time limit breaks off: what is told of it, and that it ends there."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine

HANGS = """
import itertools
import time

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from fakedropbox import FakeDropbox
from fakedropbox.machines import DropboxMachine

examples = itertools.count(1)


class Hanging(FakeDropbox):
    def files_{route}(self, *args, **options):
        if self.number == 2:
            time.sleep(60)
        return super().files_{route}(*args, **options)


class Machine(DropboxMachine):
    folder = "/m"

    def make_client(self):
        client = Hanging()
        client.number = next(examples)
        return client


def test_it():
    run_state_machine_as_test(Machine, settings=settings(database=None))
"""


@pytest.mark.parametrize(("route", "rule"), [("upload", "begin"), ("delete_v2", "teardown")])
def test_a_time_limit_within_a_rule_is_told_as_one(pytester, route, rule):
    pytester.makepyfile(HANGS.format(route=route))
    options = "-p", "no:randomly", "-p", "no:cacheprovider", "--timeout=2"
    run = pytester.runpytest_subprocess(*options, timeout=60)
    run.assert_outcomes(failed=1)
    run.stdout.fnmatch_lines(
        [
            f"*Interrupted: Timeout (>2.0s) from pytest-timeout. In the rule {rule}",
            "*= dbx.files_create_folder_v2('/m')",
        ]
    )
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


def test_a_time_limit_ends_the_run_wherever_hypothesis_is():
    if not callable(signal.getsignal(getattr(signal, "SIGALRM", 0))):
        pytest.skip("no time limit is set")
    runs = []

    @given(st.integers())
    def too_slow(number):
        runs.append(number)
        signal.raise_signal(signal.SIGALRM)

    with pytest.raises(BaseException, match="from pytest-timeout") as told:
        too_slow()
    assert told.typename == "TimeLimit"  # of conftest.py, not what pytest-timeout raises
    assert len(runs) == 1
