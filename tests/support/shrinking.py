"""Functions that find a failing run of a machine and reduce it to few steps."""

import ast
import datetime as dt

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from fakedropbox.machines import Difference

SEARCH = settings(
    max_examples=2000,
    stateful_step_count=40,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
    report_multiple_bugs=False,
)

_CHECKS = {"the_tree", "everything"}
"""The rules by which a machine compares everything after each step."""


def first_difference(machine, search=SEARCH):
    """Return the steps of the first failing example as (rule, arguments), or None."""
    try:
        run_state_machine_as_test(machine, settings=search)
    except Difference as difference:
        notes = "\n".join(difference.__notes__)
        program = notes[notes.index("state = ") : notes.index("state.teardown()")]
        calls = [line.value for line in ast.parse(program).body[1:]]
        return [
            (
                call.func.attr,
                {
                    arg.arg: eval(ast.unparse(arg.value), {"datetime": dt})  # noqa: S307 -- printed by Hypothesis
                    for arg in call.keywords
                },
            )
            for call in calls
            if call.func.attr not in _CHECKS
        ]
    return None


def difference_after(machine, steps):
    """Run these steps without Hypothesis, and return the difference that they find, or None."""
    state = machine()
    try:
        for rule, arguments in steps:
            getattr(state, rule)(**arguments)
            for check in _CHECKS & {*dir(state)}:
                getattr(state, check)()
    except Difference as difference:
        return difference
    finally:
        state.teardown()
    return None


def shrunk(machine, steps):
    """Remove steps and initial files that the failure does not need; return the difference."""
    for size in (8, 4, 2, 1, 1):
        start = len(steps) - 1 - size
        while start >= 1:
            fewer = steps[:start] + steps[start + size :]
            if difference_after(machine, fewer) is not None:
                steps = fewer
            start -= size
    begin = steps[0][1]
    files = begin["files"]
    starts = [{**begin, "files": files[:count]} for count in range(len(files) + 1)]
    fewer = [[("begin", start), *steps[1:]] for start in starts]
    return next(filter(None, (difference_after(machine, steps) for steps in fewer)))


def check_finds(machine, bug, planted):
    """Check that a machine finds a bug only while it is planted, and print the difference."""
    with planted():
        steps = first_difference(machine)
        assert steps is not None, f"the machine did not find the bug: {bug}"
        found = shrunk(machine, steps)
    print(f"\n| {bug} | {found.rule} | {found.steps} | {found.what[:150]}")
    assert difference_after(machine, steps) is None, f"the steps fail without the bug, too: {bug}"
