"""The summary of a run: how many exchanges were reproduced, and how many need not be."""

from tests.support.tally import summary


def pytest_terminal_summary(terminalreporter):
    for line in summary(terminalreporter.stats.get("passed", ())):
        terminalreporter.write_line(line)
