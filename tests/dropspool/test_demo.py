"""Tests of the demo: the simulated experiments, the executor, and the command."""

import math
import re

import pytest
from click.testing import CliRunner

from dropspool.cli import main
from dropspool.demo import BACKEND, CONFIG, execute, render, run_demo, simulate
from dropspool.schemas import ExperimentalInputDict
from dropspool.worker import jobs


def experiment(*gates, shots=1000, seed=1):
    return ExperimentalInputDict(
        instructions=[*gates, ("measure", [0], [])],
        num_wires=1,
        shots=shots,
        wire_order="interleaved",
        seed=seed,
    )


def share_of_ones(*gates):
    memory = simulate(experiment(*gates))
    return memory.count("1") / len(memory)


QUARTER = ("rx", [0], [math.pi / 2])


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ((), 0),
        ((("load", [0], [1]),), 1),
        ((("load", [0], [1]), ("load", [0], [0])), 0),
        ((("rx", [0], [math.pi]),), 1),
        ((("rx", [0], [2 * math.pi]),), 0),
        ((QUARTER, QUARTER), 1),
        ((QUARTER, ("rz", [0], [math.pi]), QUARTER), 0),
        ((("rz", [0], [1.0]),), 0),
    ],
)
def test_gates_with_a_certain_outcome_give_it_in_each_shot(gates, expected):
    assert share_of_ones(*gates) == expected


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ((QUARTER,), 0.5),
        ((("rx", [0], [math.pi / 3]),), 0.25),
        ((QUARTER, ("rz", [0], [math.pi / 3]), QUARTER), 0.75),
    ],
)
def test_gates_with_a_random_outcome_give_1_with_the_expected_probability(gates, expected):
    assert share_of_ones(*gates) == pytest.approx(expected, abs=0.05)


def test_the_outcome_depends_on_the_seed_alone():
    assert simulate(experiment(QUARTER, seed=1)) == simulate(experiment(QUARTER, seed=1))
    assert simulate(experiment(QUARTER, seed=1)) != simulate(experiment(QUARTER, seed=2))


@pytest.mark.parametrize(
    "wrong",
    [
        experiment(("teleport", [0], [1])),
        experiment(("measure", [0], [])),
        experiment(("rx", [1], [0])),
        experiment(("rx", [0], [])),
        experiment(("load", [0], [2])),
        experiment(shots=0),
        experiment(shots=1001),
        experiment().model_copy(update={"instructions": []}),
    ],
)
def test_an_invalid_experiment_is_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        simulate(wrong)


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ({}, "expected 1 to 10 experiments, got 0"),
        ({str(n): {} for n in range(11)}, "expected 1 to 10 experiments, got 11"),
        ({"one": []}, "one: .*dictionary"),
        ({"one": {"instructions": "please"}}, "one: instructions: .*list; num_wires: .*required"),
        ({"one": experiment(("teleport", [0], [1])).model_dump()}, "one: .*got 'teleport'"),
    ],
)
def test_an_invalid_job_is_refused_with_a_reason(job, reason):
    with pytest.raises(ValueError, match=rf"^{reason}"):
        execute(job)


def test_a_job_has_one_result_per_experiment():
    outcomes = execute({f"experiment_{n}": experiment(shots=n).model_dump() for n in (1, 2, 3)})
    assert [outcome.header["name"] for outcome in outcomes] == [
        "experiment_1",
        "experiment_2",
        "experiment_3",
    ]
    assert [outcome.data.memory for outcome in outcomes] == [["0"], ["0"] * 2, ["0"] * 3]


def test_a_broken_job_ends_in_an_error_and_the_next_one_is_done(dropbox_service, dropbox_provider):
    dropbox_provider.upload_config(CONFIG, BACKEND)
    broken = f"20250101_000000_000000-{BACKEND}-ada-00000"
    dropbox_service.seed_files({f"/Backend_files/Queued_Jobs/{BACKEND}/job-{broken}.json": b"{"})
    whole = dropbox_provider.upload_job({"x": experiment().model_dump()}, BACKEND, "ada")
    ended = jobs(dropbox_provider, {BACKEND: execute}, clock=dropbox_service.clock, max_idle=0)
    assert [*ended] == [broken, whole]
    status = dropbox_provider.get_status(BACKEND, "ada", broken)
    assert (status.status, status.error_message) == ("ERROR", "expected a JSON object")
    assert dropbox_provider.get_status(BACKEND, "ada", whole).status == "DONE"


@pytest.fixture(params=["in a Dropbox", "in a folder"])
def folder(request, tmp_path):
    """The folder for the jobs of the demo, or None for a Dropbox in memory."""
    return str(tmp_path) if request.param == "in a folder" else None


def test_the_report_shows_every_job_and_its_errors_name_no_files(folder):
    for _ in range(2):
        report = run_demo(folder)
        assert list(report.executed) == [job.job_id for job in report.jobs]
        errors = [job.status.error_message for job in report.jobs if job.status.status == "ERROR"]
        assert len(errors) == 2
        assert "list" in errors[0]
        assert "teleport" in errors[1]
        assert not any("/" in error or ".json" in error for error in errors)
        for job in report.jobs:
            assert job.job_id in render(report)
            assert bool(job.counts) == (job.status.status == "DONE")
            assert all(sum(count.values()) == 100 for count in job.counts)
        assert "Running_Jobs/" in report.tree
        assert "claim-" not in report.tree


def test_the_command_prints_the_report(folder):
    run = CliRunner().invoke(main, ["demo", *(["--local", folder] if folder else [])])
    assert run.exit_code == 0
    steps = re.findall(r"-chloé\.d-[0-9a-f]+  (.*)", run.output)
    assert steps[:3] == ["queued by chloé.d", "taken by the worker", "done"]
    assert ("no answer from Dropbox: ConnectionError" in run.output) == (folder is None)


def test_the_length_of_a_bar_is_the_share_of_its_outcome():
    report = run_demo()
    bars = re.findall(r"^      ([01])  (█+) +(\d+)$", render(report), re.MULTILINE)
    assert bars[0] == ("1", "█" * 40, "100")
    assert all(len(bar) == round(40 * int(count) / 100) for _, bar, count in bars)


def test_the_command_refuses_a_missing_folder(tmp_path):
    missing = tmp_path / "missing"
    run = CliRunner().invoke(main, ["demo", "--local", str(missing)])
    assert run.exit_code == 1
    assert str(missing) in run.output
    assert not missing.exists()
