"""The state machine's model of jobs and workers, and the faults that it draws."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from dropspool.providers.base import StorageProvider
from dropspool.testing.bench import PAGES_OF_THREE
from dropspool.testing.kit import JobFiles
from fakedropbox import Personality, faults

ORDERLY: Sequence[Personality] = (
    PAGES_OF_THREE,
    Personality(page_size=1, list_order="name", deleted_children=False),
    replace(Personality.documented, page_size=2),
)
"""The possible personalities of a Dropbox whose listings are always up to date."""

PERSONALITIES: Sequence[Personality] = (*ORDERLY, replace(Personality.hostile, page_size=2))
"""The possible personalities of a Dropbox."""

_ROUTES = (
    "files/upload",
    "files/move_v2",
    "files/delete_v2",
    "files/download",
    "files/list_folder",
    "files/list_folder/continue",
    "files/get_metadata",
)
_CONTENDED = _ROUTES[:3]
ROUNDING = 2
"""The seconds by which a lease may last longer, because storages round times."""

USERS = ("ada", "Bob-Smith", "bob-smith", "chlo\u00e9.d")
NUMBERS = st.integers(0, 2)


def passing_faults() -> st.SearchStrategy[faults.Fault]:
    """Return a strategy for temporary faults; some last longer than a provider's retries."""
    route = st.sampled_from(_ROUTES)
    times = st.sampled_from([1, 2, 6])
    when = st.sampled_from(["before", "after"])
    optional = st.just(True)
    plain = (faults.lost_reply, faults.corrupt_reply, faults.connection_refused, faults.rate_limit)
    return st.one_of(
        *(st.builds(kind, route, times=times, optional=optional) for kind in plain),
        st.builds(faults.server_error, route, times=times, when=when, optional=optional),
        st.builds(
            faults.too_many_write_operations,
            st.sampled_from(_CONTENDED),
            times=times,
            answer=st.sampled_from(["429", "write_error"]),
            optional=optional,
        ),
        st.builds(
            faults.reset_cursor,
            st.just("files/list_folder/continue"),
            times=times,
            optional=optional,
        ),
        st.builds(faults.slow, route, st.sampled_from([1.0, 200.0]), when=when, optional=optional),
    )


@dataclass(eq=False)
class Worker:
    """A worker process and the job that it has."""

    provider: StorageProvider
    job_id: str | None = None


@dataclass(eq=False)
class ModelJob:
    """The known facts about a job."""

    content: dict[str, Any]
    user: str
    since: float
    """The latest possible time of its move to ``place``."""
    place: str = "Queued_Jobs"
    holder: Worker | None = None
    held_until: float = 0
    """The time until which no other worker may have it."""
    freed_at: float = 0
    """The time from which a recovery must free it; before that, a recovery may skip it."""
    is_free: bool = True
    takes: int = 0
    reported: set[str] = field(default_factory=set)
    """The final statuses that workers have tried to store; some may have been stored."""
    result: bytes | None = None
    is_done: bool = False

    def compare(self, job_id: str, seen: JobFiles, now: float, max_attempts: int) -> None:
        """Check that the job's files are possible after the calls so far, and update the model."""
        assert json.loads(seen.content or b"null") == self.content, f"{job_id} was overwritten"
        assert not self.result or self.result == seen.result, f"{job_id} has another result"
        assert not self.is_done or seen.status == "DONE", f"{job_id} is no longer DONE"
        (place,) = seen.places
        if place != self.place:
            assert self.place != "Finished_Jobs", f"{job_id} went from {self.place} to {place}"
            if place == "Finished_Jobs":
                assert seen.result, f"{job_id} was finished without a result"
            if place == "Deleted_Jobs":
                may_end = self.takes >= max_attempts or "ERROR" in self.reported
                assert may_end, f"{job_id} ended in an error that no worker reported"
            self.since = now
        self.place, self.result, self.is_done = place, seen.result, seen.status == "DONE"
