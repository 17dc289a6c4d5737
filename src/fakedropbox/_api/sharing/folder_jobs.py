"""The jobs of the routes of shared folders, and the checks of their status."""

from __future__ import annotations

from typing import Any

from dropbox import sharing

from fakedropbox._api.files.jobs import check_job, outcome_of
from fakedropbox._api.registry import route
from fakedropbox.calls import Call


def new_job(call: Call) -> str:
    """Return the id of a new job, which is longer than those of batches (S8-08)."""
    return f"dbjid:{call.world.chance.token('share job', 66)}"


@route(sharing.check_share_job_status)
def check_share_job_status(call: Call, arg: Any) -> Any:
    """Return the status of a job of `share_folder` (S8-04, S8-07)."""
    return check_job(call, arg.async_job_id, "sharing/share_folder")


@route(sharing.check_remove_member_job_status)
def check_remove_member_job_status(call: Call, arg: Any) -> Any:
    """Return the status of a job of `remove_folder_member` (S11-29)."""
    return check_job(call, arg.async_job_id, "sharing/remove_folder_member")


@route(sharing.check_job_status)
def check_job_status(call: Call, arg: Any) -> Any:
    """Return the status of a job that ends somebody's access to a folder (S11-30, S12-16)."""
    outcome = outcome_of(
        call,
        arg.async_job_id,
        "sharing/remove_folder_member",
        "sharing/unshare_folder",
        "sharing/relinquish_folder_membership",
    )
    return sharing.JobStatus("in_progress" if outcome is None else outcome[0])
