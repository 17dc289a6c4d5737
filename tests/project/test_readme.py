"""The README keeps its word: its commands are two, and its code runs."""

import re

from tests.support.project import README


def test_there_are_exactly_two_set_up_commands_each_with_an_environment_of_its_own():
    commands = re.findall(r"^[A-Z][a-z ]+: `(.*)`$", README, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert command.startswith("python3 -m venv ")
        assert "\n" not in command


def test_code_comes_before_talk():
    assert README.index("```python") < README.index("pip install") < README.index("## ")


def test_its_code_runs(pytester, monkeypatch):
    blocks = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    code = "\n".join(blocks)
    # Its searches find the same on a busy machine, and here coverage has nothing to learn.
    pytester.makeconftest(
        "from hypothesis import HealthCheck, settings\n"
        "settings.register_profile('readme', deadline=None, max_examples=20,\n"
        "    suppress_health_check=[HealthCheck.too_slow])\n"
        "settings.load_profile('readme')\n"
    )
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    pytester.makepyfile(test_of_the_readme=code)
    result = pytester.runpytest_subprocess(
        "-W", "error", "-W", "ignore:datetime.datetime.utcnow:DeprecationWarning:dropbox"
    )
    outcomes = result.parseoutcomes()
    # A class that inherits the contract has tests besides, and skips some.
    assert outcomes.keys() <= {"passed", "skipped"}
    assert outcomes["passed"] > len(re.findall(r"^def test_", code, re.MULTILINE))
