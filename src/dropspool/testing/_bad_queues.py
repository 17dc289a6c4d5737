"""Mistakes with queues, claims and leases."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

from dropbox.files import FileMetadata

from dropspool import layout
from dropspool.providers._claims import Claims
from dropspool.providers._files import Names, StoredFile
from dropspool.providers._json import encode
from dropspool.testing._bad import Bad, mistake

# Listing


@mistake(
    "a listing of one page", "test_a_listing_is_whole", "test_the_end_of_a_long_queue_is_reached"
)
class OnePage(Bad):
    def err(self) -> None:
        def names(folder: str) -> Names:
            page = self.dropbox._call(folder).run(lambda client: client.files_list_folder(folder))
            files = [entry.name for entry in page.entries if isinstance(entry, FileMetadata)]
            return Names(files, [])

        self._files.names = names  # type: ignore[method-assign]


@mistake(
    "a queue that nobody sorts",
    "test_the_order_is_that_of_the_ids",
    "test_property_1_queue_ordering",
)
class Unsorted(Bad):
    def get_file_queue(self, storage_path: str) -> list[str]:
        try:
            return self._files.names(layout.checked_folder(storage_path)).files
        except FileNotFoundError:
            return []


@mistake("a listing that failed is an empty queue", "test_a_failed_listing_is_no_empty_queue")
class SwallowedError(Bad):
    def get_file_queue(self, storage_path: str) -> list[str]:
        try:
            return super().get_file_queue(storage_path)
        except OSError:
            return []


# Claims


class _WriterOfClaims(Claims):
    def take(self, job: layout.Job) -> bool:
        self._files.replace(job.claim, encode("claim", {"worker": self._worker, "nonce": ""}))
        return True


@mistake(
    "a claim that overwrites another's",
    "test_who_loses_a_race_takes_the_next",
    "test_property_3_in_any_order_of_calls",
    "test_property_3_no_loss_no_duplicate",
)
class OverwritingClaim(Bad):
    def err(self) -> None:
        self._claims = _WriterOfClaims(self._files, "worker", self.lease_seconds)

    def _take(self, job: layout.Job) -> bool:
        self._claims.take(job)
        with contextlib.suppress(FileNotFoundError):
            self._files.move(job.queued, job.running)
        return True


@mistake("the loser of a claim goes down", "test_who_loses_a_race_takes_the_next")
class LoserGoesDown(Bad):
    def _take(self, job: layout.Job) -> bool:
        self._files.move(job.queued, job.running)
        return self._claims.take(job)


@mistake("a replay is taken for a lost race", "test_what_happens_to_a_request_changes_nothing")
class ReplayIsALostRace(Bad):
    def err(self) -> None:
        def move(source: str, target: str) -> None:
            call = self.dropbox._call(source)
            call.run(lambda client: client.files_move_v2(source, target))

        self._files.move = move  # type: ignore[method-assign]


# Leases and recovery


@mistake("no recovery", "test_a_worker_may_die_at_any_change", "test_property_4_crash_safety")
class NoRecovery(Bad):
    def recover(self, display_name: str) -> list[str]:
        self._stamp(display_name)
        return []


@mistake("a lease by the clock of the worker", "test_the_clocks_of_workers_say_nothing_of_leases")
class LeaseByTheWorkersClock(Bad):
    def _stamp(self, display_name: str, *, yields: bool = True) -> StoredFile:
        return replace(super()._stamp(display_name, yields=yields), modified=self._clock.now())


@mistake("a renewal that changes nothing", "test_a_renewal_lets_the_lease_begin_anew")
class IdenticalRenewal(Bad):
    def renew(self, job_id: str, display_name: str) -> bool:
        layout.checked_display_name(display_name)
        held = self._claims._held.get(job_id)
        if held is None:
            return False
        try:
            claim, revision = held
            self._files.update(
                f"/{layout.RUNNING_JOBS}/claim-{job_id}.json", claim.data(), revision
            )
        except FileExistsError:
            return False
        return True


@mistake(
    "a recovery that takes what others run",
    "test_a_lease_is_left_to_its_worker",
)
class GreedyRecovery(Bad):
    def err(self) -> None:
        self._claims._lease *= 0


@mistake(
    "a job that kills its workers is queued for ever",
    "test_a_job_that_kills_its_workers_is_given_up",
)
class DeadlyJob(Bad):
    def err(self) -> None:
        self.max_attempts = 10**9


@mistake("a broken job blocks the queue", "test_a_broken_job_blocks_nobody")
class BrokenJobBlocks(Bad):
    def get_job_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        return self.get_file_content(storage_path, f"job-{job_id}")
