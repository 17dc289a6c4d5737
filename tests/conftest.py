"""The summary at the end of a run: the requests for one job, and the table of faults."""

import pytest
from tests.support import generate
from tests.support.fault_table import table


def pytest_configure():
    """Stop before any test if the generated table of modules is not up to date."""
    modules = next(file for file in generate.FILES if file.path.endswith("modules.csv"))
    if modules.stale():
        raise pytest.UsageError(f"{modules.path} is stale: run `{generate.COMMAND}`")


def pytest_terminal_summary(terminalreporter):
    # The lines are read from `user_properties`, because output of an xdist worker is not passed on.
    passed = terminalreporter.stats.get("passed", ())
    ledger = [line for report in passed for line in dict(report.user_properties).get("ledger", ())]
    for title, lines in (
        ("the cost of a job", ledger),
        ("the faults of the replaced system", [*table(terminalreporter.stats)]),
    ):
        if lines:
            terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
