"""What tests of the queue ask of it, whichever provider it is on."""

import json
import re

from dropspool import ResultDict, StatusMsgDict

RUNNING = "/Backend_files/Running_Jobs"
LEASE = 300


class Died(BaseException):
    """A worker's process came to its end."""


def status_of(job_id, status="DONE", detail="as told"):
    return StatusMsgDict(job_id=job_id, status=status, detail=detail, error_message="None")


def result_of(job_id, **header):
    return ResultDict(
        display_name="fermions", backend_version="1", job_id=job_id, status="DONE", header=header
    )


def submit(provider, user="ada", **content):
    job_id = provider.upload_job(content, "fermions", user)
    provider.upload_status("fermions", user, job_id)
    return job_id


def end(provider, job_id, status="DONE", **header):
    provider.update_in_database(
        result_of(job_id, **header), status_of(job_id, status), job_id, "fermions"
    )


def drain(provider, status="DONE"):
    """End all jobs that wait, and return their ids."""
    ended = []
    while (job_id := provider.get_next_job_in_queue("fermions").job_id) != "None":
        end(provider, job_id, status)
        ended.append(job_id)
    return ended


def state(storage):
    """What each job has, by its id: the places of its file, its status, a result, a claim."""
    jobs = {}
    for path, data in storage.files.items():
        found = re.fullmatch(
            r"/Backend_files/(\w+)/.*?(job|claim|status|result)-([^/]+)\.json", path
        )
        if found and "/unreadable-" not in path:
            place, kind, job_id = found.groups()
            job = jobs.setdefault(job_id, {"places": [], "status": None})
            if kind == "job":
                job["places"].append(place)
            elif kind == "status":
                job["status"] = json.loads(data)["status"]
            else:
                job[kind] = data
    return jobs


def check_always(storage):
    """What holds at every moment."""
    for job_id, job in state(storage).items():
        assert job["status"] != "DONE" or "result" in job, f"{job_id}: DONE without a result"
        assert job["places"], f"{job_id}: lost"


def is_nobodys(claim):
    """Whether a claim is none, or left only to count how often a job was taken."""
    return claim is None or json.loads(claim)["worker"] == ""


def check_at_rest(storage):
    """What holds when nobody is at work and a recovery has been made."""
    check_always(storage)
    for job_id, job in state(storage).items():
        assert is_nobodys(job.get("claim")), f"{job_id}: still claimed"
        if "result" in job:
            assert (job["status"], job["places"]) == ("DONE", ["Finished_Jobs"]), job_id
        elif job["status"] == "ERROR":
            assert job["places"] == ["Deleted_Jobs"], job_id
        else:
            assert job["places"] == ["Queued_Jobs"], job_id
            continue
        assert "claim" not in job, f"{job_id}: still counted"


def mortal(provider, *, at, after, watch):
    """Let the worker of a provider die at its ``at``-th change, before or after it is made.

    ``watch`` is called after each change. The answer tells how many changes there were.
    """
    files = provider._files
    count = [0]

    def dying(method):
        def call(*args):
            if count[0] > at:
                raise Died  # the dead do nothing more
            count[0] += 1
            if count[0] > at and not after:
                raise Died
            answer = method(*args)
            watch()
            if count[0] > at:
                raise Died
            return answer

        return call

    for name in ("create", "replace", "update", "move", "delete"):
        setattr(files, name, dying(getattr(files, name)))
    return count
