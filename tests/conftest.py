"""What the reader of a run is shown at its end: the ledger, and the table of faults."""

from tests.support.fault_table import table


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
