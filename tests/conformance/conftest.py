"""The sum of reproduced and excepted exchanges, at the end of the run."""

from tests.support.tally import summary


def pytest_terminal_summary(terminalreporter):
    for line in summary(terminalreporter.stats.get("passed", ())):
        terminalreporter.write_line(line)
