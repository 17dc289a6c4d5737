"""The summary line at the end of a run: the numbers of reproduced exchanges and exceptions."""

from tests.support.tally import summary


def pytest_terminal_summary(terminalreporter):
    for line in summary(terminalreporter.stats.get("passed", ())):
        terminalreporter.write_line(line)
