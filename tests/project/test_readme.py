"""Tests of the README: its two commands, its order, and the code of an earlier version."""

import re
from pathlib import Path

import pytest
from tests.support import documents
from tests.support.project import README

DATA = Path(__file__).parent / "data"
# `-W` accepts no pattern, only the beginning of a message, which names the deprecated method.
CONTROL_PLAN_WARNING = "default:Control.plan is deprecated:DeprecationWarning"


def test_the_readme_has_two_commands_that_create_their_environment():
    commands = re.findall(r"^[A-Z][a-z ]+: `(.*)`$", README, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        assert command.startswith("python3 -m venv ")
        assert "\n" not in command


def test_code_comes_before_installation_and_sections():
    assert README.index("```python") < README.index("pip install") < README.index("## ")


def run_code_of(text, pytester, monkeypatch, *warnings):
    """Run the Python blocks of a text as one test module; warnings not given here are errors."""
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    code = "\n".join(blocks)
    pytester.makeconftest(documents.A_FEW_EXAMPLES)
    # No coverage, because other tests run the same lines.
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    pytester.makepyfile(test_of_the_readme=code)
    allowed = ["ignore:datetime.datetime.utcnow:DeprecationWarning:dropbox", *warnings]
    result = pytester.runpytest_subprocess(
        "-W", "error", *[part for warning in allowed for part in ("-W", warning)]
    )
    outcomes = result.parseoutcomes()
    # A class that inherits the contract adds further tests, and some of them are skipped.
    assert outcomes.keys() <= {"passed", "skipped", "deselected", "warnings"}
    assert outcomes["passed"] >= len(re.findall(r"^def test_", code, re.MULTILINE))
    return result, outcomes


@pytest.mark.timeout(300)  # it is a run of many tests
@pytest.mark.parametrize("version", ["0_1_0"])
def test_the_code_of_an_earlier_readme_runs_with_deprecation_warnings_only(
    pytester, monkeypatch, version
):
    text = (DATA / f"readme_{version}.md").read_text("utf-8")
    result, outcomes = run_code_of(text, pytester, monkeypatch, CONTROL_PLAN_WARNING)
    assert outcomes["warnings"] == 1
    result.stdout.fnmatch_lines("*Control.plan is deprecated*use Control.faults.add")
