"""Long searches of a state machine for a difference from its model."""

import itertools
import time

from hypothesis import seed, settings
from hypothesis.stateful import run_state_machine_as_test

STEPS = 20_000
CAMPAIGN = settings(max_examples=100, stateful_step_count=50, database=None, print_blob=True)


def run_campaign(machine, capsys, outcomes=None):
    """Run a machine, with seeds 0, 1, 2, …, until it has made `STEPS` steps, and print a report.

    ``outcomes`` has the numbers of expected results ("ok") and refusals ("refused") by name; they
    are filled during the run, and printed at its end.

    Raises:
        Difference: a search has found one.
    """
    steps, began = 0, time.process_time()

    class Counted(machine):
        def teardown(self):
            nonlocal steps
            steps += self.steps
            super().teardown()

    for number in itertools.count():
        if steps >= STEPS:
            break
        run_state_machine_as_test(seed(number)(Counted), settings=CAMPAIGN)
    seconds = time.process_time() - began
    with capsys.disabled():
        print(f"\n{machine.__name__}: {steps} steps, seeds 0 to {number - 1}, {seconds:.0f} s")
        for name, found in sorted((outcomes or {}).items()):
            print(f"| {name} | {found['ok']} | {found['refused']} |")
