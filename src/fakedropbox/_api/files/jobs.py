"""Batches: the results of their entries, their jobs, and the checks of those jobs.

A batch does all its work when it is launched, one entry after the other, without any other
call in between. About the real service it is only known that the work is complete when a check
reports it as complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any, TypeVar

from dropbox import files

from fakedropbox._api.files.places import view_of
from fakedropbox._api.refusals import failure_object
from fakedropbox._api.registry import IMPLEMENTED, route
from fakedropbox._api.structs import tags_of
from fakedropbox._files.jobs import Owner
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

Entry = TypeVar("Entry")

_BY_PERSONALITY = {"always": True, "never": False}


def one(call: Call, entry: Entry, do: Callable[[Entry], Any]) -> Any:
    """Carry out an entry of a batch and return its result.

    Raises:
        RouteError: the entry is refused.
    """
    hindrance = call.hindered and call.hindered(entry)
    if hindrance is not None:
        raise hindrance
    return do(entry)


def in_turn(call: Call, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the entries of a batch, each after the changes of those before it are visible.

    They are visible even if the personality lets listings lag.
    """
    view, files = view_of(call), call.world.files
    before = files.last_rev
    for entry in entries:
        if files.last_rev > before:
            view.settle()
        yield entry


def each(call: Call, union: Any, entries: Iterable[Entry], do: Callable[[Entry], Any]) -> list[Any]:
    """Carry out all entries and return their results in order.

    A refused entry does not stop the others (F7-10). ``union`` is the SDK's type of a result,
    whose tags are ``success`` and ``failure``.
    """
    results = []
    for entry in in_turn(call, entries):
        try:
            results.append(union("success", one(call, entry, do)))
        except RouteError as error:
            results.append(union("failure", failure_object(tags_of(union)["failure"], error)))
    return results


def launch(
    call: Call,
    tag: str,
    result: Any,
    *,
    as_job: bool = True,
    forced: bool = False,
    name: str | None = None,
) -> Any:
    """Return the answer to a completed batch: its result, or the id of a job that has it.

    ``tag`` is ``complete``, or ``failed``, which only a job can report. ``as_job`` is True if
    the recorded service starts a job; the personality's ``async_batches`` may override it, unless
    the caller ``forced`` a job. ``name`` is the job's id, if its form differs from that of a batch.
    """
    answer = IMPLEMENTED[call.name].sdk.result_type.definition
    personality = call.world.personality
    as_job = _BY_PERSONALITY.get(personality.async_batches, as_job)
    if tag == "complete" and not (as_job or forced):
        return answer(tag, result)
    return answer("async_job_id", start_job(call, (tag, result), name))


def start_job(call: Call, outcome: tuple[str, Any], name: str | None = None) -> str:
    """Start a job that has an outcome, a tag with its value, and return its id."""
    if name is None:
        name = f"dbjid:AA{call.world.chance.token('job', 64)}"  # F2.1-05
    waits = call.world.personality.async_checks
    call.world.files.jobs.add(name, call.name, _owner(call), outcome, waits=waits)
    return name


@route(files.copy_batch_check)
@route(files.copy_batch_check_v2)
@route(files.move_batch_check)
@route(files.move_batch_check_v2)
@route(files.create_folder_batch_check)
@route(files.delete_batch_check)
@route(files.upload_session_finish_batch_check)
def check(call: Call, arg: Any) -> Any:
    """Return the status of a job.

    The route's name is that of the route that launched the job, with `/check` before any `_v2`
    (F7-11).
    """
    return check_job(call, arg.async_job_id, call.name.replace("/check", ""))


def check_job(call: Call, name: str, launched_by: str) -> Any:
    """Return the status of a job of the route ``launched_by``, as the calling route's type.

    Raises:
        RouteError: ``invalid_async_job_id``: the caller has no such job of that route.
    """
    status = IMPLEMENTED[call.name].sdk.result_type.definition
    outcome = outcome_of(call, name, launched_by)
    return status("in_progress") if outcome is None else status(*deepcopy(outcome))


def outcome_of(call: Call, name: str, *launched_by: str) -> tuple[str, Any] | None:
    """Return tag and result of a job that one of the given routes launched; None if in progress.

    Raises:
        RouteError: ``invalid_async_job_id``: the caller has no such job of these routes.
    """
    found: tuple[str, Any] | None = call.world.files.jobs.check(name, launched_by, _owner(call))
    return found


def _owner(call: Call) -> Owner:
    assert call.grant is not None
    if call.view is None:  # a route of teams
        assert call.grant.team is not None
        return call.grant.team.team_id, call.grant.app.key
    return call.view.home.namespace_id, call.grant.app.key
