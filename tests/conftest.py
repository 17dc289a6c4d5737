"""What the reader of a run is shown at its end: the ledger, and the table of faults."""

import pytest
from tests.support import generate
from tests.support.fault_table import table


def pytest_configure():
    """Say so before any test does where a route's module is not in the generated table."""
    modules = next(file for file in generate.FILES if file.path.endswith("modules.csv"))
    if modules.stale():
        raise pytest.UsageError(f"{modules.path} is stale: run `{generate.COMMAND}`")


def pytest_terminal_summary(terminalreporter):
    # A report carries its properties from an xdist worker too; what is printed it does not.
    passed = terminalreporter.stats.get("passed", ())
    ledger = [line for report in passed for line in dict(report.user_properties).get("ledger", ())]
    for title, lines in (
        ("what the life of a job costs", ledger),
        ("the faults of the replaced system", [*table(terminalreporter.stats)]),
    ):
        if lines:
            terminalreporter.section(title)
        for line in lines:
            terminalreporter.write_line(line)
