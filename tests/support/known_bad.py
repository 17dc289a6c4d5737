"""Providers with one realistic mistake each, which `StorageProviderContract` must find.

A test suite that accepts one of them does not prove that a provider is correct. All but the last
two are a provider of `dropspool` except for the lines that are shown here. The last two are the
system that `dropspool` replaces, with many mistakes: unchanged, and corrected for an empty queue.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, TypeVar

from dropbox.files import FileMetadata
from pydantic import ValidationError
from tests.support.replaced_system import ReplacedProvider

from dropspool import layout
from dropspool.clock import SYSTEM_CLOCK, Clock
from dropspool.errors import BrokenFile, Refused, StorageError
from dropspool.providers._claims import Claims, checked_worker_id
from dropspool.providers._dropbox_files import DropboxFiles
from dropspool.providers._endings import Endings, first_status
from dropspool.providers._file_provider import _job_of
from dropspool.providers._files import Names, StoredFile
from dropspool.providers._json import decode, encode
from dropspool.providers._local_files import LocalFiles
from dropspool.providers._recovery import requeue
from dropspool.providers.base import StorageProvider
from dropspool.providers.dropbox import DropboxProviderExtended
from dropspool.providers.local import LocalProvider
from dropspool.schemas import LocalLoginInformation, NextJobSchema, ResultDict, StatusMsgDict
from dropspool.testing import Bench, Capabilities, ProviderQueue

Maker = Callable[[Bench, Clock], StorageProvider]
MakerT = TypeVar("MakerT", bound=Maker)


@dataclass(frozen=True)
class KnownBad:
    """A provider with a mistake.

    ``found_by`` names the tests of the contract that must find it; other tests may find it, too.
    ``capabilities`` are those that the provider claims to have, and ``factory`` is the name of a
    function that makes its queue in a real process.
    """

    make: Maker
    found_by: tuple[str, ...]
    capabilities: Capabilities
    factory: str


KNOWN_BAD: dict[str, KnownBad] = {}
"""The providers, by the description of the mistake."""


def mistake(
    words: str,
    *found_by: str,
    lacks: tuple[str, ...] = (),
    storage: Literal["dropbox", "folder"] = "dropbox",
    factory: str = "",
) -> Callable[[MakerT], MakerT]:
    """Register a provider under the description of its mistake."""

    def register(make: MakerT) -> MakerT:
        lacking: dict[str, Any] = dict.fromkeys(lacks, False)
        able = replace(Capabilities(storage=storage), **lacking)
        KNOWN_BAD[words] = KnownBad(make, found_by, able, factory)
        return make

    return register


class Bad(DropboxProviderExtended):
    """The provider of `dropspool` on the Dropbox of a `Bench`; a subclass adds its mistake.

    ``claims`` and ``endings`` are the classes of these parts of the provider.
    """

    claims: type[Claims] = Claims
    endings: type[Endings] = Endings

    def __init__(self, bench: Bench, clock: Clock) -> None:
        super().__init__(bench.login, "bad", clock=clock, client=bench.service.client())
        # Each process has an id of its own: a worker takes over the claims of its own earlier runs.
        self._claims = self.claims(self._files, checked_worker_id(None), self.lease_seconds, clock)
        self._endings = self.endings(self._files)
        self.err()

    def err(self) -> None:
        """Replace a part of this provider by one with the mistake; by default, nothing."""

    @property
    def dropbox(self) -> DropboxFiles:
        """The files of the provider, which are on Dropbox."""
        assert isinstance(self._files, DropboxFiles)
        return self._files


# Listings


@mistake(
    "a listing of one page", "test_a_listing_is_complete", "test_the_end_of_a_long_queue_is_reached"
)
class OnePage(Bad):
    def err(self) -> None:
        def names(folder: str) -> Names:
            page = self.dropbox.call(folder).run(lambda client: client.files_list_folder(folder))
            files = [entry.name for entry in page.entries if isinstance(entry, FileMetadata)]
            return Names(files, [])

        self._files.names = names
        self._follow = lambda folder: lambda: sorted(_listed(names, folder))


def _listed(names: Callable[[str], Names], folder: str) -> list[str]:
    try:
        return names(folder).files
    except FileNotFoundError:
        return []


@mistake(
    "an unsorted queue",
    "test_jobs_are_taken_in_the_order_of_their_ids",
    "test_property_1_queue_ordering",
)
class Unsorted(Bad):
    def err(self) -> None:
        self._follow = lambda folder: lambda: _listed(self._files.names, folder)


@mistake("a failed listing is an empty queue", "test_a_failed_listing_raises_an_error")
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
    "a claim that overwrites the claim of another worker",
    "test_the_loser_of_a_race_takes_the_next_job",
    "test_property_3_in_any_order_of_calls",
    "test_property_3_no_loss_no_duplicate",
)
class OverwritingClaim(Bad):
    claims = _WriterOfClaims

    def _take(self, job: layout.Job) -> bool:
        self._claims.take(job)
        with contextlib.suppress(FileNotFoundError):
            self._files.move(job.queued, job.running)
        return True


@mistake("an error for the worker that loses a race", "test_the_loser_of_a_race_takes_the_next_job")
class ErrorForLoser(Bad):
    def _take(self, job: layout.Job) -> bool:
        self._files.move(job.queued, job.running)
        return self._claims.take(job)


@mistake("a repeated move is mistaken for a lost race", "test_a_job_ends_despite_a_faulty_request")
class ReplayIsALostRace(Bad):
    def err(self) -> None:
        def move(source: str, target: str) -> None:
            call = self.dropbox.call(source)
            call.run(lambda client: client.files_move_v2(source, target))

        self._files.move = move


# Leases and recovery


@mistake("no recovery", "test_a_worker_may_die_at_any_change", "test_property_4_crash_safety")
class NoRecovery(Bad):
    def recover(self, display_name: str) -> list[str]:
        self._stamp(display_name)
        return []


@mistake("a lease by the clock of the worker", "test_leases_do_not_depend_on_the_clocks_of_workers")
class LeaseByTheWorkersClock(Bad):
    def _stamp(self, display_name: str, *, may_lose: bool = True) -> StoredFile:
        return replace(super()._stamp(display_name, may_lose=may_lose), modified=self._clock.now())


@mistake("a renewal that changes nothing", "test_a_renewal_extends_the_lease")
class IdenticalRenewal(Bad):
    def renew(self, job_id: str, display_name: str) -> bool:
        layout.checked_display_name(display_name)
        held = self._claims._held.get(job_id)
        if held is None:
            return False
        try:
            self._files.update(
                f"/{layout.RUNNING_JOBS}/claim-{job_id}.json", held.claim.data(), held.revision
            )
        except FileExistsError:
            return False
        return True


@mistake(
    "a recovery that requeues running jobs",
    "test_a_job_stays_with_its_worker_during_its_lease",
)
class RecoveryOfRunningJobs(Bad):
    def err(self) -> None:
        self._claims._lease_of = lambda _: timedelta(seconds=-1)


class _PassesOverUnclaimed(Claims):
    def _note_unclaimed(self, job: layout.Job) -> None:
        """Leave the job as it is."""


@mistake(
    "a running job without a claim is never queued again",
    "test_a_running_job_without_a_claim_waits_again_after_a_lease",
)
class UnclaimedIsForgotten(Bad):
    claims = _PassesOverUnclaimed


class _TakesUnclaimed(Claims):
    def _note_unclaimed(self, job: layout.Job) -> None:
        self._files.create(job.claim, encode("claim", {"worker": ""}))


@mistake(
    "a running job without a claim is queued again at once",
    "test_a_running_job_without_a_claim_waits_again_after_a_lease",
)
class UnclaimedIsFree(Bad):
    claims = _TakesUnclaimed


@mistake(
    "a job that kills its workers is requeued without limit",
    "test_a_job_that_kills_its_workers_is_given_up",
)
class UnlimitedAttempts(Bad):
    def err(self) -> None:
        self.max_attempts = 10**9


@mistake("a broken job blocks the queue", "test_a_broken_job_does_not_block_the_queue")
class BrokenJobBlocks(Bad):
    def get_job_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        return self.get_file_content(storage_path, f"job-{job_id}")


# Ends of jobs


class _StatusFirst(Endings):
    def done(self, job: layout.Job, result: bytes, status: StatusMsgDict) -> bool:
        self.note(job, status)
        return super().done(job, result, status)


@mistake(
    "the status DONE is written before the result",
    "test_a_worker_may_die_at_any_change",
    "test_property_4_crash_safety",
)
class StatusBeforeResult(Bad):
    endings = _StatusFirst


class _LastResultReplaces(Endings):
    def done(self, job: layout.Job, result: bytes, status: StatusMsgDict) -> bool:
        self._files.replace(job.result, result)
        self.finish(job, status)
        return True


@mistake("a later result replaces the first", "test_the_first_result_is_kept")
class LastResultReplaces(Bad):
    endings = _LastResultReplaces


@mistake("a result after an error is accepted", "test_an_error_is_final")
class ErrorIsNotFinal(Bad):
    def _may_end(self, job: layout.Job, status: StatusMsgDict) -> bool:
        return status.status == "DONE" or super()._may_end(job, status)


@mistake(
    "the late result of a job that was given up is thrown away",
    "test_a_job_that_was_given_up_is_done_when_its_result_comes",
)
class GivingUpIsFinal(Bad):
    def _may_end(self, job: layout.Job, status: StatusMsgDict) -> bool:
        if status.status == "DONE" and self._endings.has_failed(job):
            return False
        return super()._may_end(job, status)


class _NotesAnyway(Endings):
    def note(
        self, job: layout.Job, status: StatusMsgDict, allowed: Callable[[], bool] = lambda: True
    ) -> StatusMsgDict | None:
        if status.status == "QUEUED":
            self._files.replace(job.status, encode("status", status.model_dump()))
        return super().note(job, status, allowed)


@mistake("a late report replaces the end of the job", "test_a_late_report_changes_no_end")
class LateReport(Bad):
    endings = _NotesAnyway


class _EndsWithoutAFile(Endings):
    def _file_away(self, job: layout.Job, target: str, *, waiting: bool = True) -> None:
        with contextlib.suppress(FileNotFoundError):
            super()._file_away(job, target, waiting=waiting)


@mistake(
    "the end of a job that is in no folder counts as stored",
    "test_the_end_of_a_job_without_a_file_is_refused",
)
class EndsWithoutAFile(Bad):
    endings = _EndsWithoutAFile


class _MovesOnce(Endings):
    def _file_away(self, job: layout.Job, target: str, *, waiting: bool = True) -> None:  # noqa: ARG002 -- it looks in one folder only
        self._files.move(job.running, target)


@mistake("an end cannot be repeated", "test_an_end_may_be_repeated")
class EndOnce(Bad):
    endings = _MovesOnce


class _LosesMessages(Endings):
    def fail(self, job: layout.Job, status: StatusMsgDict, **how: Any) -> bool:
        return super().fail(job, status.model_copy(update={"error_message": "None"}), **how)


@mistake("the message of an error is lost", "test_an_error_message_is_kept")
class LosesMessages(Bad):
    endings = _LosesMessages


@mistake("a late end counts as stored", "test_queue_job_of_a_dead_worker")
class LateEndIsStored(Bad):
    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> None:
        super().update_in_database(result_dict, status_msg_dict, job_id, display_name)


# Jobs that are given back


@mistake("a job that is given back is lost", "test_a_job_that_is_given_back_waits_again")
class GivesBackTheClaimOnly(Bad):
    def give_back(self, job_id: str, display_name: str) -> None:
        job = _job_of(display_name, job_id)
        if self._claims.renew(job):
            self._claims.release(job)


@mistake(
    "an attempt that is given back counts", "test_an_attempt_that_is_given_back_does_not_count"
)
class GivenBackCounts(Bad):
    def give_back(self, job_id: str, display_name: str) -> None:
        job = _job_of(display_name, job_id)
        if self._claims.renew(job) and requeue(self._files, job):
            self._claims.abandon(job)


@mistake("any worker gives back a running job", "test_only_the_worker_of_a_job_gives_it_back")
class GivesBackForeignJobs(Bad):
    def give_back(self, job_id: str, display_name: str) -> None:
        job = _job_of(display_name, job_id)
        if requeue(self._files, job):
            self._files.delete(job.claim)


@mistake("the first wait for jobs finds none", "test_the_first_wait_for_jobs_does_not_wait")
class FirstWaitIsEmpty(Bad):
    _has_waited = False

    def wait_for_jobs(self, backends: Collection[str], timeout: float) -> frozenset[str] | None:
        found = super().wait_for_jobs(backends, timeout)
        has_waited, self._has_waited = self._has_waited, True
        return found if has_waited else frozenset()


@mistake("the first wait for jobs waits", "test_the_first_wait_for_jobs_does_not_wait")
class FirstWaitWaits(Bad):
    def wait_for_jobs(self, backends: Collection[str], timeout: float) -> frozenset[str] | None:
        self._clock.sleep(timeout)
        return super().wait_for_jobs(backends, timeout)


@mistake("a wait for jobs misses a job", "test_the_first_wait_for_jobs_does_not_wait")
class WaitMissesJobs(Bad):
    _has_waited = False

    def wait_for_jobs(self, backends: Collection[str], timeout: float) -> frozenset[str] | None:  # noqa: ARG002 -- that is the mistake
        has_waited, self._has_waited = self._has_waited, True
        return frozenset() if has_waited else frozenset(backends)


@mistake("the id of a job to renew is not checked", "test_property_2_invalid_arguments_are_refused")
class RenewsUnchecked(Bad):
    def renew(self, job_id: str, display_name: str) -> bool:
        with contextlib.suppress(ValueError):
            return super().renew(job_id, display_name)
        return False


# Values


@mistake("NaN is written as JSON", "test_a_mapping_that_json_cannot_express_is_refused")
class WritesNan(Bad):
    def upload(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        self.upload_string(json.dumps(content_dict), storage_path, job_id)


@mistake("a number as a key becomes a string", "test_a_mapping_that_json_cannot_express_is_refused")
class WritesNumbersAsKeys(Bad):
    def upload_job(self, job_dict: Mapping[str, Any], display_name: str, username: str) -> str:
        return super().upload_job(
            json.loads(json.dumps(job_dict, default=str)), display_name, username
        )


# Configurations


@mistake(
    "a job is queued for a backend without a configuration",
    "test_a_missing_file_raises_file_not_found",
)
class QueuesForNobody(Bad):
    def _check_backend(self, display_name: str) -> None:
        """Accept any backend."""


@mistake(
    "a job is taken though the configuration is broken",
    "test_a_broken_configuration_raises_an_error",
)
class TakesDespiteABrokenConfiguration(Bad):
    def _stamp(self, display_name: str, *, may_lose: bool = True) -> StoredFile:
        try:
            return super()._stamp(display_name, may_lose=may_lose)
        except BrokenFile:
            return self._files.read(layout.config_path(display_name))


@mistake(
    "a broken configuration is replaced by its stamp", "test_a_broken_configuration_raises_an_error"
)
class StampsABrokenConfiguration(Bad):
    def _stamp(self, display_name: str, *, may_lose: bool = True) -> StoredFile:
        path = layout.config_path(layout.checked_display_name(display_name))
        content: dict[str, Any] = {}
        with contextlib.suppress(BrokenFile):
            content = decode(path, self._files.read(path).data)
        content["last_queue_check"] = self._clock.now().isoformat()
        return self._rewrite(path, lambda _: encode(path, content), may_lose=may_lose)


@mistake(
    "the configuration is written without a check of its revision",
    "test_an_update_of_the_configuration_is_not_undone",
    "test_property_5_config",
)
class BlindConfig(Bad):
    def _stamp(self, display_name: str, *, may_lose: bool = True) -> StoredFile:  # noqa: ARG002 -- an unconditional write has no conflict
        path = layout.config_path(layout.checked_display_name(display_name))
        content = decode(path, self._files.read(path).data)
        content["last_queue_check"] = self._clock.now().isoformat()
        self._files.replace(path, encode("config", content))
        return self._files.read(path)


@mistake(
    "the stamp goes back in time", "test_last_queue_check_never_goes_back", "test_property_5_config"
)
class StampGoesBack(Bad):
    def _stamp(self, display_name: str, *, may_lose: bool = True) -> StoredFile:
        path = layout.config_path(layout.checked_display_name(display_name))

        def stamp(stored: StoredFile) -> bytes:
            content = decode(path, stored.data)
            return encode(path, {**content, "last_queue_check": self._clock.now().isoformat()})

        return self._rewrite(path, stamp, may_lose=may_lose)


# Names and ids


@contextlib.contextmanager
def _replaced_in_layout(name: str, value: Any) -> Iterator[None]:
    before = getattr(layout, name)
    setattr(layout, name, value)
    try:
        yield
    finally:
        setattr(layout, name, before)


@mistake(
    'the user is job_id.split("-")[2]', "test_the_life_of_a_job", "test_property_2_path_invariants"
)
class SplitAtHyphens(Bad):
    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> None:
        parse = layout.parse_job_id

        def split(job_id: str) -> layout.Job | None:
            job = parse(job_id)
            return job and layout.Job(job.job_id, job.display_name, job_id.split("-")[2])

        with _replaced_in_layout("parse_job_id", split):
            super().update_in_database(result_dict, status_msg_dict, job_id, display_name)


@mistake(
    "a file name is cut at its first dot",
    "test_the_life_of_a_job",
)
class CutAtTheDot(Bad):
    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        parse = layout.parse_job_file

        def cut(name: str, kind: str = "job") -> layout.Job | None:
            return parse(f"{name.split('.')[0]}.json", kind)

        with _replaced_in_layout("parse_job_file", cut):
            return super().get_next_job_in_queue(display_name)


@mistake(
    "the username is not checked",
    "test_an_invalid_username_is_refused",
    "test_property_2_invalid_arguments_are_refused",
)
class UncheckedUser(Bad):
    def upload_job(self, job_dict: Mapping[str, Any], display_name: str, username: str) -> str:
        with _replaced_in_layout("checked_username", lambda username, _: username):
            return super().upload_job(job_dict, display_name, username)


@mistake(
    "users whose names differ in case only share their results",
    "test_usernames_are_case_sensitive",
)
class UsersSharedByCase(Bad):
    def _own_content(self, path: str) -> dict[str, Any]:
        return self._content(path)


@mistake(
    "ids with whole seconds",
    "test_jobs_submitted_at_the_same_time_keep_their_order",
    "test_property_1_queue_ordering",
)
class WholeSeconds(Bad):
    def _next_moment(self) -> datetime:
        return self._clock.now().replace(microsecond=0)


@mistake("a job with the same id is overwritten", "test_two_jobs_never_have_the_same_id")
class OverwritesOnCollision(Bad):
    def err(self) -> None:
        create = self._files.create

        def replace(path: str, data: bytes) -> StoredFile:
            if "/Queued_Jobs/" not in path:
                return create(path, data)
            self._files.replace(path, data)
            return StoredFile(path, "", data, datetime.now(timezone.utc))

        self._files.create = replace


@mistake("a job with an older id is never taken", "test_an_old_id_is_taken_first")
class NewIdsOnly(Bad):
    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        new = re.compile(layout._JOB_ID.pattern.replace("(?:_[0-9]{6})?", "_[0-9]{6}"))
        with _replaced_in_layout("_JOB_ID", new):
            return super().get_next_job_in_queue(display_name)


# Time


@mistake("a lease ends one comparison early", "test_queue_lease_holds_to_its_end")
class LeaseEndsEarly(Bad):
    def err(self) -> None:
        lease_of = self._claims._lease_of
        instant = timedelta(microseconds=1)
        self._claims._lease_of = lambda claim: lease_of(claim) - instant


# Races


class _TakesOverQueued(Claims):
    def take_over(self, job: layout.Job, now: datetime, is_running: bool, *looks: Any) -> bool:
        later = now if is_running else now + timedelta(days=1)
        return super().take_over(job, later, is_running, *looks)


@mistake(
    "the claim of a job that is still queued counts as left over",
    "test_queue_others_act_at_any_step",
)
class ClaimOfQueuedJob(Bad):
    claims = _TakesOverQueued


class _DeletesClaimOfQueued(Claims):
    _is_running = True

    def take_over(self, job: layout.Job, now: datetime, is_running: bool, *looks: Any) -> bool:
        self._is_running = is_running
        return super().take_over(job, now, is_running, *looks)

    def abandon(self, job: layout.Job, *, counts: bool = True) -> None:
        if self._is_running:
            super().abandon(job, counts=counts)
        else:
            self.release(job)


@mistake(
    "a recovery deletes the claim of a slow worker, which then moves the job",
    "test_queue_others_act_at_any_step",
)
class DeletesClaimOfQueued(Bad):
    claims = _DeletesClaimOfQueued


class _ReadsThenWrites(Endings):
    def note(
        self, job: layout.Job, status: StatusMsgDict, allowed: Callable[[], bool] = lambda: True
    ) -> StatusMsgDict | None:
        stored = self.status(job)
        if (stored is not None and stored.status in ("DONE", "ERROR")) or not allowed():
            return super().note(job, status, allowed)
        self._files.replace(job.status, encode("status", status.model_dump()))
        return status


@mistake(
    "the status is read and then overwritten by the end of a job",
    "test_queue_others_act_at_any_step",
)
class EndOverwritesStatus(Bad):
    endings = _ReadsThenWrites


class _BeginsAgain(Endings):
    def begin(self, job: layout.Job) -> StatusMsgDict:
        stored = self.status(job)
        if stored is None:
            stored = first_status(job)
            self._files.replace(job.status, encode("status", stored.model_dump()))
        return stored


@mistake(
    "the status is read and then overwritten by the first one",
    "test_queue_others_act_at_any_step",
)
class FirstStatusOverwrites(Bad):
    endings = _BeginsAgain


class _BeginsAnyway(Endings):
    def begin(self, job: layout.Job) -> StatusMsgDict:
        status = first_status(job)
        self._files.replace(job.status, encode("status", status.model_dump()))
        return status


@mistake("a late first status replaces the stored one", "test_the_first_status_replaces_no_other")
class LateFirstStatus(Bad):
    endings = _BeginsAnyway


# Faults


class _ErrorIsNoResult(Endings):
    def result(self, job: layout.Job) -> ResultDict | None:
        try:
            return super().result(job)
        except OSError:
            return None


@mistake(
    "an error while looking for a result counts as none",
    "test_a_recovery_despite_failing_requests",
)
class ErrorIsNoResult(Bad):
    endings = _ErrorIsNoResult


@mistake(
    "a failed continuation ends the listing",
    "test_a_fault_while_the_queue_is_read_changes_no_order",
)
class FailedContinuation(Bad):
    def err(self) -> None:
        def names(folder: str) -> list[str]:
            call = self.dropbox.call(folder)
            page = call.run(lambda client: client.files_list_folder(folder))
            found = [*page.entries]
            while page.has_more:
                cursor = page.cursor
                try:
                    page = call.run(lambda client: client.files_list_folder_continue(cursor))  # noqa: B023 -- called at once
                except OSError:
                    break
                found += page.entries
            return sorted(entry.name for entry in found if isinstance(entry, FileMetadata))

        self._follow = lambda folder: lambda: _none_if_missing(names, folder)


def _none_if_missing(names: Callable[[str], list[str]], folder: str) -> list[str]:
    try:
        return names(folder)
    except FileNotFoundError:
        return []


@mistake("a refused login reads as an empty queue", "test_queue_lasting_fault_raises_an_error")
class RefusedLogin(Bad):
    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        try:
            return super().get_next_job_in_queue(display_name)
        except Refused:
            return NextJobSchema(job_id="None", job_json_path="None")


@mistake("requests are repeated without end", "test_queue_lasting_fault_raises_an_error")
class EndlessRetries(Bad):
    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        for _ in range(1000):
            with contextlib.suppress(StorageError):
                return super().get_next_job_in_queue(display_name)
        raise StorageError("a thousand failures")


@mistake("a refused login ends the process", "test_queue_lasting_fault_raises_an_error")
class ExitsTheProcess(Bad):
    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        try:
            return super().get_next_job_in_queue(display_name)
        except Refused as error:
            sys.exit(str(error))


# Data


@mistake(
    "only the first experiment of a result is kept",
    "test_a_result_is_kept_whole",
    "test_any_result_is_kept_whole",
)
class FirstExperimentOnly(Bad):
    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> bool | None:
        first = result_dict.model_copy(update={"results": result_dict.results[:1]})
        return super().update_in_database(first, status_msg_dict, job_id, display_name)


@contextlib.contextmanager
def _every_job_is_of(display_name: str) -> Iterator[None]:
    """Let the parser of ids find this backend in every id."""
    parse = layout.parse_job_id

    def parsed(text: str) -> layout.Job | None:
        job = parse(text)
        return job and layout.Job(job.job_id, display_name, job.username)

    with _replaced_in_layout("parse_job_id", parsed):
        yield


@mistake("the job of another backend is ended", "test_the_jobs_of_two_backends_do_not_mix")
class EndsForeignJobs(Bad):
    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> bool | None:
        with _every_job_is_of(display_name):
            return super().update_in_database(result_dict, status_msg_dict, job_id, display_name)


@mistake("the job of another backend is taken", "test_the_jobs_of_two_backends_do_not_mix")
class TakesForeignJobs(Bad):
    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        found = super().get_next_job_in_queue(display_name)
        for other in self.get_backends():
            if found.job_id == "None":
                found = super().get_next_job_in_queue(other)
        return found


@mistake("the job of another backend is answered", "test_the_jobs_of_two_backends_do_not_mix")
class AnswersForeignJobs(Bad):
    def _job(self, display_name: str, username: str, job_id: str) -> layout.Job | None:
        layout.checked_display_name(display_name)
        job = layout.parse_job_id(job_id)
        return super()._job(job.display_name if job else display_name, username, job_id)


@mistake(
    "the job of another backend is requeued into the queue of this one",
    "test_a_recovery_is_about_one_backend",
)
class RequeuesForeignJobs(Bad):
    def recover(self, display_name: str) -> list[str]:
        with _every_job_is_of(display_name):
            return super().recover(display_name)


@mistake(
    "a stamp loses the keys of a configuration that the schema does not know",
    "test_a_stamp_keeps_unknown_keys",
)
class StampLosesKeys(Bad):
    def _stamp(self, display_name: str, *, may_lose: bool = True) -> StoredFile:
        super()._stamp(display_name, may_lose=may_lose)
        self.upload_config(self.get_config(display_name), display_name)
        return self._files.read(layout.config_path(display_name))


@mistake(
    "the stamp is only set if the queue is empty",
    "test_a_check_of_a_queue_with_jobs_sets_last_queue_check",
)
class StampedWhenEmpty(Bad):
    def _stamp(self, display_name: str, *, may_lose: bool = True) -> StoredFile:
        if self.waiting_jobs(display_name):
            return self._files.read(layout.config_path(display_name))
        return super()._stamp(display_name, may_lose=may_lose)


@mistake(
    "an inactive provider deletes files",
    "test_an_inactive_provider_moves_and_deletes_nothing",
)
class InactiveDeletes(Bad):
    def delete_file(self, storage_path: str, job_id: str) -> None:
        self._files.delete(layout.checked_file(storage_path, job_id))


@mistake(
    "a file is updated by a delete and an upload",
    "test_a_file_is_never_missing_while_it_is_updated",
)
class UpdateByDelete(Bad):
    def update_file(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        self.delete_file(storage_path, job_id)
        self.upload(content_dict, storage_path, job_id)


# Folders


class BadFolder(LocalProvider):
    """The provider of `dropspool` in the folder of a `Bench`; a subclass adds its mistake."""

    def __init__(self, bench: Bench, clock: Clock) -> None:
        login = LocalLoginInformation(base_path=str(bench.folder))
        super().__init__(login, "bad", clock=clock)
        self._files = self.files_with_the_mistake(LocalFiles)(str(bench.folder))
        self._claims = Claims(self._files, checked_worker_id(None), self.lease_seconds, clock)
        self._endings = Endings(self._files)

    def files_with_the_mistake(self, files: type[LocalFiles]) -> type[LocalFiles]:
        """Return the class of the files with the mistake."""
        raise NotImplementedError


@mistake(
    "a file is written in place",
    "test_a_file_is_never_missing_while_it_is_updated",
    storage="folder",
)
class WrittenInPlace(BadFolder):
    def files_with_the_mistake(self, files: type[LocalFiles]) -> type[LocalFiles]:
        class InPlace(files):  # type: ignore[valid-type,misc]
            def _write(self, new: Path, path: str, data: bytes) -> os.stat_result:  # noqa: ARG002 -- it needs no second file
                place = self._place(path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data)
                return place.stat()

        return InPlace


@mistake(
    "a file is unlinked and then written",
    "test_a_file_is_never_missing_while_it_is_updated",
    storage="folder",
)
class UnlinkedThenWritten(BadFolder):
    def files_with_the_mistake(self, files: type[LocalFiles]) -> type[LocalFiles]:
        class Unlinks(files):  # type: ignore[valid-type,misc]
            def _write(self, new: Path, path: str, data: bytes) -> os.stat_result:
                self._place(path).unlink(missing_ok=True)
                return super()._write(new, path, data)

        return Unlinks


@mistake(
    "a file is moved by a deletion and a new file",
    "test_a_worker_may_die_at_any_change",
    "test_queue_process_may_die_at_any_change",
    storage="folder",
)
class MovedByDeletion(BadFolder):
    def files_with_the_mistake(self, files: type[LocalFiles]) -> type[LocalFiles]:
        class Rewrites(files):  # type: ignore[valid-type,misc]
            def move(self, source: str, target: str) -> None:
                data = self.read(source).data
                self.delete(source)
                self.create(target, data)

        return Rewrites


@mistake(
    "no lock protects a check and the change after it",
    "test_queue_others_act_at_any_step",
    storage="folder",
)
class NoLock(BadFolder):
    def files_with_the_mistake(self, files: type[LocalFiles]) -> type[LocalFiles]:
        class Unlocked(files):  # type: ignore[valid-type,misc]
            @contextlib.contextmanager
            def _locked(self, path: str) -> Iterator[Path]:
                with self._errors_about(path):
                    own = self._base / ".dropspool"
                    own.mkdir(exist_ok=True)
                    yield own / f"new-{id(self)}"

        return Unlocked


_THREADS = threading.RLock()


@mistake(
    "a lock keeps out threads, but no other process",
    "test_queue_real_processes",
    storage="folder",
    factory=f"{__name__}:in_process",
)
class LockOfThreads(BadFolder):
    def files_with_the_mistake(self, files: type[LocalFiles]) -> type[LocalFiles]:
        class LocksThreads(files):  # type: ignore[valid-type,misc]
            @contextlib.contextmanager
            def _locked(self, path: str) -> Iterator[Path]:
                with self._errors_about(path), _THREADS:
                    own = self._base / ".dropspool"
                    own.mkdir(exist_ok=True)
                    yield own / "new"

        return LocksThreads


def in_process(folder: str) -> ProviderQueue:
    """Return the queue of a `LockOfThreads` in a folder, for a process of its own."""
    bench: Any = SimpleNamespace(folder=folder)
    return ProviderQueue(LockOfThreads(bench, SYSTEM_CLOCK))


# The replaced system, which has many mistakes

_MISSING = ("leases", "recovery", "gives_up")
"""The capabilities that the replaced system does not have."""


@mistake("the replaced system", "test_an_empty_queue_returns_no_job", lacks=_MISSING)
def _replaced(bench: Bench, clock: Clock) -> ReplacedProvider:
    return ReplacedProvider(bench.login, "bad", clock=clock)


@mistake(
    "the replaced system, corrected for an empty queue",
    "test_a_listing_is_complete",  # the listing reads one page
    "test_jobs_are_taken_in_the_order_of_their_ids",  # the listing is not sorted
    "test_two_jobs_never_have_the_same_id",  # a collision of ids loses a job
    "test_the_loser_of_a_race_takes_the_next_job",  # the loser of a race raises an error
    "test_an_end_may_be_repeated",  # a partly completed job cannot be ended again
    "test_a_job_ends_despite_a_faulty_request",  # a lost reply is taken for a failed request
    "test_the_life_of_a_job",  # a hyphen or a dot in a user's name loses the job
    "test_an_invalid_username_is_refused",  # a slash escapes from the folder
    "test_an_update_of_the_configuration_is_not_undone",  # the revision is not checked
    "test_a_failed_listing_raises_an_error",  # a failed listing looks like an empty queue
    "test_a_whole_job_needs_few_requests",  # each method also requests a token and the account
    "test_a_broken_job_does_not_block_the_queue",  # a broken job is never moved away
    "test_usernames_are_case_sensitive",  # usernames that differ only in case share a folder
    "test_reading_a_folder_does_not_raise_file_not_found",  # a failed read is 'file not found'
    lacks=_MISSING,
)
class _ReplacedWithEmptyQueue(ReplacedProvider):
    def __init__(self, bench: Bench, clock: Clock) -> None:
        super().__init__(bench.login, "bad", clock=clock)

    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        try:
            return super().get_next_job_in_queue(display_name)
        except ValidationError:
            return NextJobSchema(job_id="None", job_json_path="None")
