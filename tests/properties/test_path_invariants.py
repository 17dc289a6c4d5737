"""Whatever the names: each file is in its folder, and each job answers to its user alone.

`HYPOTHESIS_PROFILE=thorough pytest tests/properties` tries 500 examples of each.
"""

import random
from types import SimpleNamespace

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from tests.properties.hostile_names import (
    composed,
    display_names,
    lowered,
    unusable_names,
    usernames,
)
from dropspool.testing.replaced_system import ReplacedProvider

from dropspool import (
    DropboxLoginInformation,
    DropboxProviderExtended,
    ResultDict,
    StatusMsgDict,
)
from dropspool.demo import CONFIG
from fakedropbox import FakeDropboxService

SERVICE = FakeDropboxService(seed=0)
LOGIN = DropboxLoginInformation.model_validate(SERVICE.login, from_attributes=True)


@st.composite
def jobs(draw):
    """A backend, and some jobs: by whom, and how each ends. No two users are the same."""
    users = draw(st.lists(usernames(), min_size=1, max_size=3, unique_by=composed))
    ends = st.lists(st.sampled_from(["DONE", "ERROR", "QUEUED"]), min_size=1, max_size=2)
    return SimpleNamespace(
        backend=draw(display_names()), jobs=[(user, end) for user in users for end in draw(ends)]
    )


def check_jobs(make_provider, case):
    """Let the jobs live their lives, and look at all files and all answers."""
    backend = case.backend
    with SERVICE.scratch(), SERVICE.activate():
        provider = make_provider(LOGIN, "fake", clock=SERVICE.clock)
        provider.upload_config(CONFIG, backend)
        expected = {f"/Backend_files/Config/{backend}/config.json"}
        ids = []
        for number, (user, _) in enumerate(case.jobs):
            SERVICE.clock.advance(2)
            job_id = provider.upload_job({"number": number}, backend, user)
            provider.upload_status(backend, user, job_id)
            ids.append(job_id)
            expected |= {
                f"/Backend_files/Queued_Jobs/{backend}/job-{job_id}.json",
                f"/Backend_files/Status/{backend}/{composed(user)}/status-{job_id}.json",
            }
            assert files() == lowercased(expected)

        for _ in case.jobs:
            taken = provider.get_next_job_in_queue(backend)
            job_id = taken.job_id
            number = provider.get_job_content(taken.job_json_path, job_id)["number"]
            user, end = case.jobs[number]
            assert job_id == ids[number]
            expected.remove(f"/Backend_files/Queued_Jobs/{backend}/job-{job_id}.json")
            expected.add(f"/Backend_files/Running_Jobs/job-{job_id}.json")
            assert files() == lowercased(expected)

            status = StatusMsgDict(
                job_id=job_id, status=end, detail=f"job {number}", error_message="None"
            )
            result = ResultDict(
                display_name=backend,
                backend_version="1",
                job_id=job_id,
                status=end,
                header={"number": number},
            )
            provider.update_in_database(result, status, job_id, backend)
            own = f"{backend}/{composed(user)}"
            if end != "QUEUED":
                expected.remove(f"/Backend_files/Running_Jobs/job-{job_id}.json")
            if end == "ERROR":
                expected.add(f"/Backend_files/Deleted_Jobs/job-{job_id}.json")
            if end == "DONE":
                expected.add(f"/Backend_files/Finished_Jobs/{own}/job-{job_id}.json")
                expected.add(f"/Backend_files/Result/{own}/result-{job_id}.json")
            assert files() == lowercased(expected)

        for number, (user, end) in enumerate(case.jobs):
            status = provider.get_status(backend, user, ids[number])
            assert (status.status, status.detail) == (end, f"job {number}")
            header = {"number": number} if end == "DONE" else {}
            assert provider.get_result(backend, user, ids[number]).header == header
            for other in {name for name, _ in case.jobs} - {user}:
                forged = ids[number].replace(f"-{composed(user)}-", f"-{composed(other)}-")
                for job_id in (ids[number], forged):
                    status = provider.get_status(backend, other, job_id)
                    assert status.detail == "Could not find the status file."
                    assert not provider.get_result(backend, other, job_id).success


def files():
    # Who has a job is no part of the layout that the replaced system has, too.
    return {path for path in lowercased(SERVICE.files) if "/running_jobs/claim-" not in path}


def lowercased(paths):
    return {lowered(path) for path in paths}


METHODS = {
    "upload_string": ("content", "folder", "name"),
    "upload": ("content", "folder", "name"),
    "get_file_content": ("folder", "name"),
    "get_job_content": ("folder", "name"),
    "update_file": ("content", "folder", "name"),
    "move_file": ("folder", "folder", "name"),
    "delete_file": ("folder", "name"),
    "delete_folder": ("folder",),
    "get_file_queue": ("folder",),
    "upload_config": ("config", "backend"),
    "get_config": ("backend",),
    "get_backend_dict": ("backend",),
    "get_backend_status": ("backend",),
    "timestamp_queue": ("backend",),
    "get_next_job_in_queue": ("backend",),
    "upload_job": ("content", "backend", "user"),
    "upload_status": ("backend", "user", "id"),
    "get_status": ("backend", "user", "id"),
    "get_result": ("backend", "user", "id"),
    "update_in_database": ("result", "status", "id", "backend"),
}
"""What each method takes."""

USABLE = {
    "content": {"a": 1},
    "folder": "Backend_files/Elsewhere",
    "name": "file",
    "config": CONFIG,
    "backend": "spins",
    "user": "ada",
    "id": "20260101_000000-spins-ada-00000",
    "result": ResultDict(display_name="spins", backend_version="1", job_id="", status="DONE"),
    "status": StatusMsgDict(job_id="", status="DONE", detail="", error_message=""),
}
UNUSABLE = {
    "folder": st.one_of(
        unusable_names().map("a/{}/b".format),
        unusable_names().map("a/{}".format).filter(lambda folder: folder.strip("/") != "a"),
        st.sampled_from(["", "/", "//"]),
    ),
    "name": st.one_of(unusable_names(), st.just("a/b")),
    "backend": st.one_of(unusable_names(), st.sampled_from(["A", "a_b", "a-b", "a\n", "a" * 250])),
    "user": st.one_of(unusable_names(), st.sampled_from(["a/b", "../a", "u" * 250])),
    "id": st.one_of(usernames(), unusable_names().map("20260101_000000-spins-{}-00000".format)),
}


@st.composite
def wrong_calls(draw):
    """A method and its arguments, one of which cannot be meant."""
    answers_missing = ("get_status", "get_result")  # an id of another form is legal there
    method = draw(st.sampled_from(sorted(METHODS)))
    places = [
        place
        for place, kind in enumerate(METHODS[method])
        if kind in UNUSABLE and not (kind == "id" and method in answers_missing)
    ]
    arguments = [USABLE[kind] for kind in METHODS[method]]
    place = draw(st.sampled_from(places))
    arguments[place] = draw(UNUSABLE[METHODS[method][place]])
    return SimpleNamespace(method=method, arguments=arguments)


def check_refusal(make_provider, case):
    with SERVICE.scratch(), SERVICE.activate():
        provider = make_provider(LOGIN, "fake", clock=SERVICE.clock)
        before = len(SERVICE.calls)
        with pytest.raises(ValueError, match="expected"):
            getattr(provider, case.method)(*case.arguments)
        assert len(SERVICE.calls) == before


@given(jobs())
def test_each_file_is_in_its_folder_and_each_job_answers_to_its_user_alone(case):
    check_jobs(DropboxProviderExtended, case)


@given(wrong_calls())
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(case):
    check_refusal(DropboxProviderExtended, case)


@pytest.mark.parametrize(("cases", "check"), [(jobs(), check_jobs), (wrong_calls(), check_refusal)])
def test_the_replaced_system_is_found_out(cases, check):
    def fails(case):
        try:
            check(ReplacedProvider, case)
        except Exception:  # noqa: BLE001 -- any error is a fault of the replaced system
            return True
        except pytest.fail.Exception:  # of pytest.raises
            return True
        return False

    case = find(
        cases,
        fails,
        settings=settings(max_examples=500, database=None),
        random=random.Random(0),  # noqa: S311 -- the same search in each run
    )
    print(f"\nfound: {case}")
    check(DropboxProviderExtended, case)
