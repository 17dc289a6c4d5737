"""Tests of crash points: each call of a scenario that changes files fails with each fault."""

import pickle
import secrets
import uuid
from contextlib import nullcontext

import dropbox
import pytest
from dropbox.exceptions import ApiError
from tests.support.small_scenarios import divide_by_zero

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import (
    CrashPointsFailed,
    NotDeterministic,
    NothingToSimulate,
    SimulatedCrash,
    crash_points,
)

FAULTS = ["crash_before", "crash_after", "server_error", "lost_reply"]


def file_away(dbx):
    dbx.files_upload(b"job", "/in/job")
    dbx.files_get_metadata("/in/job")
    dbx.files_move_v2("/in/job", "/out/job")
    return "done"


def do_nothing(_):
    """Accept any argument, as a scenario, a recovery or a check."""


def has_only_job_data(run):
    assert set(run.service.files.values()) <= {b"job"}


def test_each_changing_call_fails_with_each_fault():
    runs = {}
    report = crash_points(file_away, check=lambda run: runs.update({run.point: run}))
    names = ["0:none", *[f"{n}:{fault}" for n in (1, 2) for fault in FAULTS]]
    assert [point.name for point in report.points] == names == list(runs)
    assert report.points[1].call == "files/upload /in/job"
    assert report.points[5].call == "files/move_v2 /in/job /out/job"
    assert runs["0:none"].result == "done"
    assert runs["2:crash_after"].ended == "crashed"
    assert runs["2:lost_reply"].ended == "raised ConnectionError"
    # The SDK retries the move, which has already had its effect.
    assert runs["2:server_error"].ended == "raised ApiError"
    assert runs["1:server_error"].ended == "returned"
    assert "0 violations" in str(report)


@pytest.mark.parametrize(
    ("point", "left"),
    [
        ("1:crash_before", []),
        ("1:crash_after", ["/in/job"]),
        ("2:crash_before", ["/in/job"]),
        ("2:crash_after", ["/out/job"]),
        ("2:lost_reply", ["/out/job"]),
    ],
)
def test_the_files_that_remain_depend_on_the_crash_point(point, left):
    def check(run):
        assert list(run.service.files) == left

    crash_points(file_away, check=check, only=point)


def test_all_violations_are_reported_and_each_can_be_run_again():
    def recover(dbx):
        dbx.files_move_v2("/in/job", "/out/job")

    def check(run):
        assert list(run.service.files) == ["/out/job"], run.point

    with pytest.raises(CrashPointsFailed) as failed:
        crash_points(file_away, recover=do_nothing, check=check)
    report = failed.value.report
    assert [point.name for point in report.violations] == [
        "1:crash_before",
        "1:crash_after",
        "1:lost_reply",
        "2:crash_before",
    ]
    text = str(failed.value)
    assert "1:crash_before (files/upload /in/job; the scenario crashed): AssertionError" in text
    assert "only='1:crash_before')" in text
    assert "2 files/move_v2 /in/job /out/job" in text
    assert "VIOLATED (ConnectionError)" in text
    with pytest.raises(AssertionError, match="1:crash_after") as again:
        exec(report.script(report.violations[1]), globals() | locals())  # noqa: S102 -- pasted
    assert not isinstance(again.value, CrashPointsFailed)
    # An error in the recovery is a violation, too.
    with pytest.raises(CrashPointsFailed, match="ApiError"):
        crash_points(file_away, recover=recover, check=has_only_job_data)


def test_a_crash_is_not_an_exception_and_all_later_calls_crash_too():
    reached = []

    def scenario(dbx):
        try:
            try:
                dbx.files_upload(b"job", "/a")
            except Exception:
                reached.append("except")
                raise
        finally:
            with pytest.raises(SimulatedCrash) if dbx.service.files == {} else nullcontext():
                dbx.files_upload(b"job", "/cleaned up")
            if dbx.service.files == {}:
                with pytest.raises(SimulatedCrash):
                    dbx.clone().files_get_metadata("/a")

    crash_points(scenario, check=do_nothing, only="1:crash_before")
    assert reached == []


def test_a_crashed_client_stays_unusable_during_the_recovery():
    crashed = []

    def scenario(dbx):
        crashed[:] = [dbx, dbx.clone(), dropbox.Dropbox(dbx.service.login.access_token)]
        dbx.files_upload(b"job", "/a")

    def recover(dbx):
        dbx.files_list_folder("")
        for client in crashed:
            with pytest.raises(SimulatedCrash):
                client.files_list_folder("")

    crash_points(scenario, recover=recover, check=do_nothing, only="1:crash_after")


def test_the_client_can_be_the_unmodified_sdk():
    def client(service):
        return dropbox.Dropbox(
            oauth2_refresh_token=service.login.refresh_token,
            app_key=service.login.app_key,
            app_secret=service.login.app_secret,
        )

    report = crash_points(file_away, check=has_only_job_data, client=client)
    direct = crash_points(file_away, check=has_only_job_data)
    assert [(p.name, p.ended) for p in report.points] == [(p.name, p.ended) for p in direct.points]


def test_crash_points_leave_the_service_unchanged():
    service = FakeDropboxService(files={"/before": b"job"})
    service.faults.lost_reply("files/delete_v2", optional=True)
    login, now, plan = service.login, service.clock.micros, repr(service.faults)
    crash_points(file_away, check=has_only_job_data, service=service)
    with pytest.raises(CrashPointsFailed):
        crash_points(file_away, check=divide_by_zero, service=service)
    assert service.files == {"/before": b"job"}
    assert (service.login, service.clock.micros, repr(service.faults)) == (login, now, plan)
    assert len(service.calls) == 0
    service.client().files_upload(b"", "/after")


def test_random_names_are_the_same_in_each_run():
    def scenario(dbx):
        dbx.files_upload(b"job", f"/{uuid.uuid4()}/{secrets.token_hex(8)}")
        dbx.files_upload(b"job", f"/{secrets.randbelow(10**9)}")

    calls = crash_points(scenario, check=has_only_job_data).points
    assert len(calls) == 9
    assert len({uuid.uuid4() for _ in range(3)}) == 3


def test_a_refused_call_is_not_a_change():
    def scenario(dbx):
        dbx.files_upload(b"job", "/a")
        with pytest.raises(ApiError):
            dbx.files_upload(b"other", "/a")

    assert len(crash_points(scenario, check=has_only_job_data).points) == 5


# Invalid input and failures


def test_a_scenario_that_changes_nothing_is_refused():
    with pytest.raises(NothingToSimulate, match="saw none at all"):
        crash_points(do_nothing, check=has_only_job_data)
    with pytest.raises(NothingToSimulate, match="saw 1 calls, none of which did"):
        crash_points(lambda dbx: dbx.files_list_folder(""), check=has_only_job_data)


def test_a_scenario_that_is_not_deterministic_is_refused():
    turn = []

    def scenario(dbx):
        turn.append(1)
        dbx.files_upload(b"job", f"/{len(turn)}")

    with pytest.raises(NotDeterministic, match=r"call 1 was files/upload /1 .*, and .*/2 in a"):
        crash_points(scenario, check=has_only_job_data)


def test_a_scenario_that_stops_earlier_in_a_later_run_is_refused():
    turn = []

    def scenario(dbx):
        turn.append(1)
        dbx.files_upload(b"job", "/a")
        if len(turn) == 1:
            dbx.files_upload(b"job", "/b")

    with pytest.raises(NotDeterministic, match="2 calls in the first run, 1 in a later one"):
        crash_points(scenario, check=has_only_job_data)


def test_an_error_in_the_first_run_is_raised():
    with pytest.raises(ApiError):
        crash_points(lambda dbx: dbx.files_delete_v2("/nothing"), check=has_only_job_data)


def test_an_error_in_the_error_handling_of_a_scenario_is_a_violation():
    def scenario(dbx):
        try:
            dbx.files_upload(b"job", "/a")
        except OSError:
            divide_by_zero(dbx)

    with pytest.raises(CrashPointsFailed, match="ZeroDivisionError"):
        crash_points(scenario, check=has_only_job_data)


def test_invalid_arguments_are_refused():
    with pytest.raises(ValueError, match=r"only: expected one of 0:none, 1:crash_before.*'7:x'"):
        crash_points(file_away, check=has_only_job_data, only="7:x")
    with pytest.raises(TypeError, match="only: expected str or None, got 3"):
        crash_points(file_away, check=has_only_job_data, only=3)
    with pytest.raises(TypeError, match="service: expected FakeDropboxService or None"):
        crash_points(file_away, check=has_only_job_data, service="here")


def test_a_failure_can_be_pickled():
    with pytest.raises(CrashPointsFailed) as failed:
        crash_points(file_away, check=divide_by_zero)
    assert str(pickle.loads(pickle.dumps(failed.value))) == str(failed.value)  # noqa: S301


def test_the_line_that_runs_a_point_again_keeps_a_mapping_of_arguments():
    options = {"check": lambda run: list(run.service.files) == ["/out/job"], "only": None}
    with pytest.raises(CrashPointsFailed) as failed:
        crash_points(file_away, **options)
    with pytest.raises(AssertionError, match="returned False") as again:
        exec(failed.value.report.script(failed.value.report.violations[0]), globals() | locals())  # noqa: S102
    assert not isinstance(again.value, CrashPointsFailed)


def test_the_line_that_runs_a_point_again_keeps_the_service_and_the_client():
    service = FakeDropboxService(files={"/in/a": b""})

    def check(run):
        return list(run.service.files) == ["/in/a", "/out/a"]

    with pytest.raises(CrashPointsFailed) as failed:
        crash_points(
            lambda dbx: dbx.files_copy_v2("/in/a", "/out/a"),
            check=check,
            service=service,
            client=lambda service: service.client(),
        )
    with pytest.raises(AssertionError, match="returned False"):
        exec(failed.value.report.script(failed.value.report.violations[0]), globals() | locals())  # noqa: S102
    assert "service=service" in str(failed.value)
