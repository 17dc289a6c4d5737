"""Providers with one realistic mistake each, which `StorageProviderContract` must find.

A test suite that accepts one of them does not prove that a provider is correct. Each is a
provider of `dropspool` except for the lines that are shown here. The last two are the system
that `dropspool` replaces: once unchanged, and once corrected for an empty queue.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from dropbox.files import FileMetadata
from pydantic import ValidationError
from tests.support.replaced_system import ReplacedProvider

from dropspool import layout
from dropspool.clock import Clock
from dropspool.providers._claims import Claims
from dropspool.providers._dropbox_files import DropboxFiles
from dropspool.providers._endings import Endings
from dropspool.providers._files import Names, StoredFile
from dropspool.providers._json import decode, encode
from dropspool.providers.base import StorageProvider
from dropspool.providers.dropbox import DropboxProviderExtended
from dropspool.schemas import NextJobSchema, ResultDict, StatusMsgDict
from dropspool.testing import Bench, Capabilities

Maker = Callable[[Bench, Clock], StorageProvider]
MakerT = TypeVar("MakerT", bound=Maker)


@dataclass(frozen=True)
class KnownBad:
    """A provider with a mistake.

    ``found_by`` names the tests of the contract that must find it; other tests may find it, too.
    ``capabilities`` are those that the provider claims to have.
    """

    make: Maker
    found_by: tuple[str, ...]
    capabilities: Capabilities


KNOWN_BAD: dict[str, KnownBad] = {}
"""The providers, by the description of the mistake."""


def mistake(words: str, *found_by: str, lacks: tuple[str, ...] = ()) -> Callable[[MakerT], MakerT]:
    """Register a provider under the description of its mistake."""

    def register(make: MakerT) -> MakerT:
        lacking: dict[str, Any] = dict.fromkeys(lacks, False)
        KNOWN_BAD[words] = KnownBad(make, found_by, replace(Capabilities(), **lacking))
        return make

    return register


class Bad(DropboxProviderExtended):
    """The provider of `dropspool` on the Dropbox of a `Bench`; a subclass adds its mistake."""

    def __init__(self, bench: Bench, clock: Clock) -> None:
        super().__init__(bench.login, "bad", clock=clock, client=bench.service.client())
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
    def err(self) -> None:
        self._claims = _WriterOfClaims(self._files, "worker", self.lease_seconds)

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
    def done(self, job: layout.Job, result: bytes, status: StatusMsgDict) -> None:
        self.note(job, status)
        with contextlib.suppress(FileExistsError):
            self._files.create(job.result, result)
        self._file_away(job, job.finished)


@mistake(
    "the status DONE is written before the result",
    "test_a_worker_may_die_at_any_change",
    "test_property_4_crash_safety",
)
class StatusBeforeResult(Bad):
    def err(self) -> None:
        self._endings = _StatusFirst(self._files)


class _LastResultReplaces(Endings):
    def done(self, job: layout.Job, result: bytes, status: StatusMsgDict) -> None:
        self._files.replace(job.result, result)
        self.finish(job, status)


@mistake("a later result replaces the first", "test_the_first_result_is_kept")
class LastResultReplaces(Bad):
    def err(self) -> None:
        self._endings = _LastResultReplaces(self._files)


class _MovesOnce(Endings):
    def _file_away(self, job: layout.Job, target: str) -> None:
        self._files.move(job.running, target)


@mistake("an end cannot be repeated", "test_an_end_may_be_repeated")
class EndOnce(Bad):
    def err(self) -> None:
        self._endings = _MovesOnce(self._files)


# Configurations


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


# Names


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
    "test_reading_a_folder_does_not_raise_file_not_found",  # every error is 'file not found'
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
