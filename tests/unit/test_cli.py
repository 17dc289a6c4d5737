"""Tests of `fakedropbox fact`: a fact, its sources, and the code that relies on it."""

import re
import subprocess
import sys

from click.testing import CliRunner

from fakedropbox._facts.description import description
from fakedropbox._facts.evidence import citations, evidence, open_facts, sources
from fakedropbox.cli import main


def fact(*ids):
    return CliRunner().invoke(main, ["fact", *ids])


def test_fact_shows_everything_known_about_a_fact():
    result = fact("F6.1-01")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "F6.1-01  Listing order and pages",
        f"  {evidence()['F6.1-01'].statement}",
        "status: seen on the real service, or reported by those who tested it or run it",
        "sources:",
        f"  VCR: {sources()['VCR'].title}",
        "    https://github.com/Jesus/dropbox_api",
        "  engina/dropbox2: Recorded listing of 10,692 files over six pages, 2016",
        "    https://github.com/engina/dropbox2",
        "pinned by:",
        *[f"  tests/{name}" for name in citations()["F6.1-01"].tests],
        "cited by:",
        *[f"  fakedropbox/{name}" for name in citations()["F6.1-01"].code],
    ]


def test_fact_names_the_tests_and_the_modules():
    result = fact("F4-12").output.splitlines()
    assert "  tests/behaviour/files/test_upload.py" in result
    assert "  fakedropbox/_files/store.py" in result


def test_every_fact_can_be_described():
    assert all(evidence()[name].statement in description(name) for name in evidence())


def test_fact_accepts_several_ids_in_any_case():
    result = fact("o1-01", "o2.2-51").output
    first, second = result.split("\n\n")
    assert first.startswith("O1-01  ")
    assert second.startswith("O2.2-51  ")
    assert f"open: {open_facts()['O1-01']}" in first


def test_a_character_that_the_output_cannot_encode_is_shown_as_its_escape_sequence():
    result = CliRunner(charset="latin-1").invoke(main, ["fact", "F0-54"])
    assert result.exit_code == 0
    assert evidence()["F0-54"].statement.replace("…", "\\u2026") in result.output


def test_an_unknown_id_is_an_error_that_names_the_nearest_ids():
    result = fact("F4-02", "F6.1-1")
    assert result.exit_code == 2
    assert "there is no fact F6.1-1; the nearest ones: " in result.output
    assert "F6.1-01" in result.output
    result = fact("NOPE")
    assert result.exit_code == 2
    assert re.search(
        r"there is no fact NOPE; the nearest ones: [FO]\S+, [FO]\S+, [FO]\S+\n", result.output
    )
    assert fact().exit_code == 2


def test_fact_runs_as_a_program():
    program = "from fakedropbox.cli import main; main()"
    command = [sys.executable, "-c", program, "fact", "F4-02"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- this very interpreter
    assert done.stdout.startswith("F4-02  Upload\n")


def test_importing_the_package_does_not_load_the_evidence():
    code = (
        "import sys, fakedropbox, fakedropbox.cli, fakedropbox.pytest_plugin\n"
        "fakedropbox.FakeDropboxService(files={'/a': b''})\n"
        "assert 'fakedropbox._facts.evidence' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 -- this very interpreter


def test_facts_can_be_described_with_pyfakefs():
    code = (
        "from pyfakefs.fake_filesystem_unittest import Patcher\n"
        "with Patcher():\n"
        "    from fakedropbox._facts.description import description\n"
        "    said = description('F4-02')\n"
        "assert said.startswith('F4-02  Upload')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 -- this very interpreter
