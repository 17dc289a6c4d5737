"""Tests of the README: its two commands, its order, and its code."""

import re

from tests.support.project import README


def test_the_readme_has_two_commands_that_create_their_environment():
    commands = re.findall(r"^[A-Z][a-z ]+: `(.*)`$", README, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert command.startswith("python3 -m venv ")
        assert "\n" not in command


def test_code_comes_before_installation_and_sections():
    assert README.index("```python") < README.index("pip install") < README.index("## ")


def test_the_code_of_the_readme_runs(pytester, monkeypatch):
    blocks = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    code = "\n".join(blocks)
    # No time limits, for busy machines; no coverage, because other tests run the same lines.
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
    # A class that inherits the contract adds further tests, and some of them are skipped.
    assert outcomes.keys() <= {"passed", "skipped"}
    assert outcomes["passed"] > len(re.findall(r"^def test_", code, re.MULTILINE))
