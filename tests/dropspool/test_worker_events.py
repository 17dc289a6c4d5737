"""Tests of the events of a worker and of their counts."""

import json
from datetime import datetime, timezone

import pytest
from tests.support.workers import execute, in_turn, raising, work

from dropspool.testing.kit import submit
from dropspool.worker import Event, Execution, Metrics

MOMENT = datetime(2026, 1, 1, tzinfo=timezone.utc)


class TestEvents:
    def test_the_text_of_each_event_is_one_line(self, storage, backend):
        ids = [submit(backend), submit(backend, error="no")]
        events = []
        work(storage, backend, on_event=events.append)
        assert [*map(str, events)] == [
            "fermions: started",
            f"{ids[0]}: taken",
            f"{ids[0]}: DONE in 0.0 s",
            f"{ids[1]}: taken",
            f"{ids[1]}: ERROR in 0.0 s: ValueError: no",
            "fermions: stopped",
        ]
        assert {event.backend for event in events} == {"fermions"}

    @pytest.mark.parametrize(
        ("event", "line"),
        [
            (Event("retry", MOMENT, "a", "j", 1.25, "again in 10 s"), "j: retry in 1.2 s: again"),
            (Event("progress", MOMENT, "a", "j", detail="40 %"), "j: progress: 40 %"),
            (Event("unavailable", MOMENT, "a", detail="no"), "a: unavailable: no"),
        ],
    )
    def test_the_text_of_an_event_begins_with_its_job_or_backend(self, event, line):
        assert str(event).startswith(line)

    def test_an_error_of_the_callback_does_not_stop_the_worker(self, storage, backend, caplog):
        job_id = submit(backend)
        assert work(storage, backend, on_event=raising(FileNotFoundError("mine"))) == [job_id]
        assert "the callback failed" in caplog.text
        assert "mine" in caplog.text


class TestMetrics:
    def test_the_snapshot_counts_the_events_of_each_backend(self, storage, backend, backend_config):
        backend.upload_config(backend_config, "bosons")
        metrics, running = Metrics(), []

        def look(job):
            storage.clock.sleep(20)
            running.append(metrics.snapshot()["running"])
            return execute(job)

        executors = {
            "fermions": Execution(in_turn(look, raising(OSError()), execute), retries=1),
            "bosons": execute,
        }
        ids = [
            submit(backend),
            submit(backend),
            backend.upload_job({"error": "no"}, "bosons", "ada"),
        ]
        start = storage.clock.now()
        work(storage, backend, executors, metrics=metrics)
        snapshot = json.loads(json.dumps(metrics.snapshot()))
        assert snapshot["started_at"] == start.isoformat()
        assert running == [{"fermions": ids[0]}]
        assert snapshot["running"] == {}
        fermions, bosons = snapshot["backends"]["fermions"], snapshot["backends"]["bosons"]
        assert {key: fermions[key] for key in ("taken", "done", "retry", "last_job_id")} == {
            "taken": 3,
            "done": 2,
            "retry": 1,
            "last_job_id": ids[1],
        }
        assert fermions["busy_seconds"] == pytest.approx(20, abs=1)
        assert datetime.fromisoformat(fermions["last_end"]) > start
        assert {key: bosons[key] for key in ("taken", "failed")} == {"taken": 1, "failed": 1}

    def test_metrics_are_empty_before_the_worker_starts(self):
        assert Metrics().snapshot() == {"started_at": None, "running": {}, "backends": {}}
