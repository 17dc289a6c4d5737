"""The life cycle of a job for its user and its worker; `dropspool demo` shows the same.

Run it with `python examples/job_lifecycle_example.py`, or with pytest.
"""

from dropspool.demo import render, run_demo


def test_jobs_are_run_in_the_order_in_which_they_were_queued():
    report = run_demo()
    assert list(report.executed) == [job.job_id for job in report.jobs]
    assert [(job.user, job.status.status) for job in report.jobs] == [
        ("ada", "DONE"),
        ("Bob-Smith", "ERROR"),
        ("chloé.d", "DONE"),
        ("ada", "ERROR"),
        ("Bob-Smith", "DONE"),
    ]
    assert report.jobs[0].counts[0] == {"1": 100}


if __name__ == "__main__":
    print(render(run_demo()))
