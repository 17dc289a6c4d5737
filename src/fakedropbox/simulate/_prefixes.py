"""Prefixes of schedules: their calls are not made again, but answered as in an earlier run.

A search runs the workers once for each schedule, and most schedules begin as the one before. A
worker has to run again from its beginning, because Python cannot copy a function that is being
executed. But its calls in the common prefix need not be made again: each gets a copy of the answer
that it has had, and at the end of the prefix the service is restored to the `Checkpoint` that was
made there.

This is sound because a worker is deterministic: with the same answers it makes the same calls,
which is compared. Nothing else of the service may show that it is in another state meanwhile. So a
prefix is used only if all of the following is known about it; otherwise the calls are made again.

- All its calls came from direct clients and were admitted, and their routes read and write only
  files and links (`Route.touches`). So logins, apps and teams are the same throughout.
- Each call returned a value of the SDK or was refused by its route. No fault happened, none is
  planned, and no time has passed.
- No page and no server shows the calls, which would miss those that are not made again.
- Between the calls, nothing was changed. If a worker looks at the files by means other than a call,
  such as `FakeDropboxService.read`, the prefix is given up when that happens (`Guarded`), as those
  files are not in the state that they had then.

Ids, random draws, the history, the record of calls and the order in which the workers run are as in
the earlier run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox._api.structs import deep_copy
from fakedropbox._core.service import Snapshot
from fakedropbox._files.blobs import SPILL_BYTES, Content
from fakedropbox.calls import Call, CallRecord, Reply
from fakedropbox.errors import Refusal, RouteError
from fakedropbox.simulate._lanes import LanesState
from fakedropbox.simulate._schedules import Step


class KnownCall(NamedTuple):
    """A call that a worker made or is about to make, and the paths in its argument.

    ``paths`` are those that `paths_by_field` returns.
    """

    call: Call
    paths: dict[str, str]


class Played(NamedTuple):
    """A step that was made, with the answer to its call: a reply or an error.

    ``chance`` is the state of the random draws after the call, None if the call drew nothing.
    """

    step: Step
    request: KnownCall
    reply: Reply | None
    error: RouteError | None
    chance: dict[str, int] | None

    def answer(self) -> Reply:
        """Return the reply again, as a copy.

        Raises:
            RouteError: the call was refused; a copy of the error.
        """
        if self.error is not None:
            raise _copy_of_error(self.error)
        assert self.reply is not None
        return Reply(deep_copy(self.reply.result), self.reply.content, self.reply.part)


class Checkpoint(NamedTuple):
    """The state between two steps, at which a run can go on.

    ``waiting`` has the request that each worker is about to make, None for one that has ended.
    """

    snapshot: Snapshot
    lanes: LanesState
    clock: Any
    waiting: tuple[KnownCall | None, ...]


class Prefix:
    """The steps before a checkpoint (``played``), and the ``checkpoint``."""

    def __init__(self, played: Sequence[Played], checkpoint: Checkpoint) -> None:
        self.played = played
        self.checkpoint = checkpoint
        self._requests: list[list[KnownCall | None]] = [[] for _ in checkpoint.waiting]
        for each in played:
            self._requests[each.step.worker].append(each.request)
        for requests, waiting in zip(self._requests, checkpoint.waiting, strict=True):
            requests.append(waiting)

    def request(self, worker: int, position: int) -> KnownCall | None:
        """Return a worker's request by its position from 0; None if it has made none there."""
        requests = self._requests[worker]
        return requests[position] if position < len(requests) else None


def played(
    step: Step, request: KnownCall, reply: Any, error: Refusal | None, drawn_before: dict[str, int]
) -> Played | None:
    """Return a step with a copy of its answer, to be given again; None if that is impossible.

    ``drawn_before`` is the state of the random draws before the call.
    """
    call = request.call
    route = IMPLEMENTED.get(call.name)
    if route is None or route.touches == "everything" or not is_direct(call):
        return None
    drawn = call.world.chance.state()
    chance = None if drawn == drawn_before else drawn
    if isinstance(error, RouteError):
        return Played(step, request, None, _copy_of_error(error), chance)
    if error is not None or not isinstance(reply, Reply):
        return None
    if reply.content is not None and reply.content.size > SPILL_BYTES:
        return None  # the content may be gone from the disk when the reply is given again
    try:
        kept = reply._replace(result=deep_copy(reply.result))
    except TypeError:
        return None
    return Played(step, request, kept, None, chance)


def is_direct(call: Call) -> bool:
    """Return whether a call came from a direct client."""
    return call.record is not None and call.record.door == "direct"


def _copy_of_error(error: RouteError) -> RouteError:
    fields = {name: deep_copy(value) for name, value in error.fields.items()}
    return RouteError(error.tags, fields, user_message=error.user_message, fact=error.fact)


def admitted(record: CallRecord, arg: Any, content: Content | None, earlier: Call) -> None:
    """Fill the record of a call as it was when the same call was admitted in an earlier run."""
    shown = IMPLEMENTED[earlier.name].shown
    record.arg = arg if shown is None else shown(arg)
    if content is not None:
        record.size = len(content)
    assert earlier.record is not None
    record.app, record.account = earlier.record.app, earlier.record.account


def ended(record: CallRecord, earlier: Call) -> None:
    """Fill the record of a call as it was when the same call had ended in an earlier run."""
    was = earlier.record
    assert was is not None
    record.outcome, record.fact, record.size = was.outcome, was.fact, was.size


class Guarded:
    """A wrapper of a store that calls a function before a worker looks at the store."""

    def __init__(self, store: object, before: Callable[[], None]) -> None:
        self._store = store
        self._before = before

    def __getattr__(self, name: str) -> Any:
        self._before()
        return getattr(self._store, name)
