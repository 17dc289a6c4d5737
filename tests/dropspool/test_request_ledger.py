"""Tests of the number of requests for one job, compared with the system that dropspool replaces.

The summary at the end of the run lists the requests of both systems.
"""

from itertools import zip_longest

from tests.support.replaced_system import ReplacedProvider

from dropspool import DropboxProviderExtended, ResultDict, StatusMsgDict

MAX_REQUESTS = 16


def lifecycle(provider, calls):
    """Submit, take, end and look up a job; return (method, route, outcome) of each request."""
    ledger = []
    seen = len(calls)

    def step(method, *args):
        nonlocal seen
        answer = getattr(provider, method)(*args)
        ledger.extend((method, call.route, call.outcome) for call in calls[seen:])
        seen = len(calls)
        return answer

    job_id = step("upload_job", {"experiment_0": {}}, "fermions", "ada")
    step("upload_status", "fermions", "ada", job_id)
    taken = step("get_next_job_in_queue", "fermions")
    assert taken.job_id == job_id
    step("get_job_content", taken.job_json_path, job_id)
    result = ResultDict(
        display_name="fermions", backend_version="1.2.3", job_id=job_id, status="DONE"
    )
    status = StatusMsgDict(job_id=job_id, status="DONE", detail="", error_message="None")
    step("update_in_database", result, status, job_id, "fermions")
    assert step("get_status", "fermions", "ada", job_id) == status
    assert step("get_result", "fermions", "ada", job_id).backend_name == "fake_fermions_simulator"
    return ledger


def test_a_job_needs_at_most_16_requests(
    dropbox_service, dropbox_active, dropbox_login, backend_config, record_property
):
    new = DropboxProviderExtended(dropbox_login, "fake", clock=dropbox_service.clock)
    old = ReplacedProvider(dropbox_login, "fake", clock=dropbox_service.clock)
    # The requests of the operator do not count: they are not part of the life of a job.
    operator = DropboxProviderExtended(dropbox_login, "fake", client=dropbox_service.client())
    ledgers = {}
    for title, provider in [("dropspool", new), ("the system it replaces", old)]:
        operator.upload_config(backend_config, "fermions")
        ledgers[title] = lifecycle(provider, dropbox_service.calls)

    titles = [(f"{title}: {len(ledger)} requests", "", "") for title, ledger in ledgers.items()]
    rows = [titles, *zip_longest(*ledgers.values(), fillvalue=("", "", ""))]
    lines = [
        " ".join(f"{method:34} {route:25} {outcome:4}" for method, route, outcome in row)
        for row in rows
    ]
    record_property("ledger", lines)

    ours, theirs = ledgers.values()
    assert all(outcome == "ok" for _, _, outcome in ours)
    assert [route for _, route, _ in ours].count("oauth2/token") == 1
    assert len(ours) <= MAX_REQUESTS
    assert len(theirs) >= 39


def test_a_worker_with_an_empty_queue_makes_two_requests(
    dropbox_service, dropbox_provider, backend_config
):
    dropbox_provider.upload_config(backend_config, "fermions")
    dropbox_provider.get_next_job_in_queue("fermions")
    for _ in range(3):
        dropbox_service.clock.advance(10)
        before = len(dropbox_service.calls)
        assert dropbox_provider.get_next_job_in_queue("fermions").job_id == "None"
        routes = [call.route for call in dropbox_service.calls[before:]]
        assert routes == ["files/list_folder", "files/upload"]
