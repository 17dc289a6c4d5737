"""Tests of the page of benchmarks: each measurement runs, and the page is well-formed.

They assert no time. `python -m tests.benchmarks.page` measures the figures.
"""

import json
import math
import re
import sys

import pytest
from docs._ext import generated_parts
from tests.benchmarks import page
from tests.benchmarks.measurements import MEASUREMENTS, MissingPeerError, peer

FIGURES = generated_parts.benchmark_rows("figures")
PEERS = generated_parts.benchmark_rows("peers")
IN_A_NEW_PROCESS = {"import_time", "server", "moto_server"}
"""The measurements that need a new process; the command of the page runs each in one."""

KEYS = {row["key"] for row in [*FIGURES, *PEERS]} | {row["ours"] for row in PEERS}


def cells(markdown):
    """Return the cells of each row of a table, without its header."""
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    assert re.fullmatch(r"(\| --- )+\|", lines[1])
    return [re.split(r" ?(?<!\\)\| ?", line)[1:-1] for line in lines[2:]]


@pytest.mark.untraced
@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_quick_measurement_finds_figures_of_the_page(name):
    if name in IN_A_NEW_PROCESS:
        with page.environment() as environ:
            found = page.measured(name, environ, quick=True)
    else:
        found = MEASUREMENTS[name](True)
    assert found.keys() & KEYS
    assert all(math.isfinite(value) for value in found.values())


def test_the_stored_results_have_all_figures_of_the_page():
    kept = generated_parts.benchmark_results()
    assert kept["figures"].keys() >= KEYS
    assert kept["missing"] == {}
    assert generated_parts.NOT_MEASURED not in generated_parts.benchmark_figures()


def test_the_page_has_a_row_for_each_figure_and_peer():
    goals = cells(generated_parts.benchmark_figures())
    assert [row[0] for row in goals] == [each["what"] for each in FIGURES]
    peers = cells(generated_parts.benchmark_peers())
    assert [row[:2] for row in peers] == [[each["peer"], each["operation"]] for each in PEERS]
    shown = dict(cells(generated_parts.benchmark_machine()))
    assert {"processor", "cores", "Python", "dropbox"} <= shown.keys()
    assert {len(row) for row in goals} == {5}


def test_every_missed_goal_has_a_written_reason():
    kept = generated_parts.benchmark_results()["figures"]
    missed = [each for each in FIGURES if not generated_parts.is_met(each, kept[each["key"]])]
    assert [each["key"] for each in missed if not each["reason"].strip()] == []


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "fakeredis", None)
    with (
        pytest.raises(MissingPeerError, match=r"fakeredis is not installed .* `pip install 'fake"),
        peer("fakeredis"),
    ):
        import fakeredis  # noqa: F401 -- it is refused


def test_the_page_says_what_was_not_measured():
    kept = generated_parts.benchmark_results()
    left = {key: value for key, value in kept["figures"].items() if not key.startswith("moto")}
    text = "moto is not installed"
    results = {**kept, "figures": left, "missing": {"moto_s3": text}}
    peers = cells(generated_parts.benchmark_peers(results))
    assert {row[2] for row in peers if row[0] == "moto"} == {generated_parts.NOT_MEASURED}
    assert generated_parts.benchmark_figures(results).endswith(f"{text}.")


def test_a_failed_measurement_shows_its_output():
    with (
        page.environment() as environ,
        pytest.raises(page.BenchmarkError, match=r"(?s)nothing: .* failed:.*KeyError: 'nothing'"),
    ):
        page.measured("nothing", environ, quick=True)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0549, "times", "0.055 \N{MULTIPLICATION SIGN}"),
        (0.238, "times SET", "0.24 \N{MULTIPLICATION SIGN} SET"),
        (1390.4, "/s", "1,390/s"),
        (569.3, "B", "569 B"),
        (8.34, "µs", "8.3 µs"),
        ("", "B", ""),
    ],
)
def test_figures_are_rounded_and_shown_with_their_units(value, unit, shown):
    assert generated_parts.quantity(value, unit) == shown


def test_a_run_of_one_measurement_keeps_the_other_figures_of_an_earlier_run(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(page, "ROOT", tmp_path)
    monkeypatch.setattr(page, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(page, "measured", lambda *_, **__: {"import": 0.125})
    kept = {
        "date": "2026-01-02",
        "runs": 5,
        "machine": {},
        "versions": {},
        "figures": {"import": 9, "move": 0.5},
        "spread": {},
        "missing": {"import_time": "a is not installed", "moto_s3": "moto is not installed"},
    }
    page.RESULTS.write_text(json.dumps(kept), "utf-8")
    monkeypatch.setattr(sys, "argv", ["page", "--only", "import_time", "--runs", "1"])
    page.main()
    written = json.loads(page.RESULTS.read_text("utf-8"))
    assert written["figures"] == {"import": 0.125, "move": 0.5}
    assert written["missing"] == {"moto_s3": "moto is not installed"}
    assert (written["date"], written["runs"]) == ("2026-01-02", 5)
    assert "moto is not installed" in capsys.readouterr().out


def test_a_whole_run_keeps_nothing_of_an_earlier_one(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(page, "ROOT", tmp_path)
    monkeypatch.setattr(page, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(page, "measured", lambda *_, **__: {"import": 0.125})
    page.RESULTS.write_text('{"figures": {"gone": 9}}', "utf-8")
    monkeypatch.setattr(sys, "argv", ["page", "--runs", "1"])
    page.main()
    assert json.loads(page.RESULTS.read_text("utf-8"))["figures"] == {"import": 0.125}
    assert generated_parts.NOT_MEASURED in capsys.readouterr().out
