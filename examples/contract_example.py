"""A storage provider of your own: the contract finds its mistakes and then keeps it correct.

Run it with pytest, or with `python examples/contract_example.py` to see the mistakes found.

The provider below keeps its files in an SQLite table. It can be written in an hour, and
each of its methods looks right.
"""

import json
import sqlite3
import weakref
from contextlib import closing, suppress
from datetime import timedelta

from pydantic import ValidationError

from dropspool import (
    BackendConfigSchemaIn,
    BrokenFile,
    NextJobSchema,
    ResultDict,
    StatusMsgDict,
    StorageProvider,
    get_init_status,
    validate_active,
)
from dropspool.layout import (
    checked_display_name,
    checked_file,
    checked_folder,
    checked_username,
    new_job,
    parse_job_file,
    parse_job_id,
)
from dropspool.testing import Capabilities, StorageProviderContract, kills

INSTANT = timedelta(microseconds=1)
RUNNING = "Backend_files/Running_Jobs"


class HastyProvider(StorageProvider):
    """A provider in an SQLite table, with a row for each file: its path and its content."""

    def __init__(self, path, clock):
        super().__init__("table")
        self._clock = clock
        # Each statement is a transaction of its own. The connection is closed when the
        # provider is collected, which may happen in any thread.
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self._db.close)
        self._db.execute("CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, data TEXT)")

    # Files: each access is one query

    def _write(self, path, content):
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (path, content))

    def _read(self, path):
        row = self._db.execute("SELECT data FROM files WHERE path = ?", (path,)).fetchone()
        if row is None:
            raise FileNotFoundError(path)
        return json.loads(row[0])

    def _has(self, path):
        found = self._db.execute("SELECT 1 FROM files WHERE path = ?", (path,))
        return found.fetchone() is not None

    def _move(self, source, target):
        moved = self._db.execute("UPDATE files SET path = ? WHERE path = ?", (target, source))
        if not moved.rowcount:
            raise FileNotFoundError(source)

    def upload_string(self, content_string, storage_path, job_id):
        self._write(checked_file(storage_path, job_id), content_string)

    def upload(self, content_dict, storage_path, job_id):
        self.upload_string(json.dumps(content_dict), storage_path, job_id)

    def get_file_content(self, storage_path, job_id):
        return self._read(checked_file(storage_path, job_id))

    def get_job_content(self, storage_path, job_id):
        return self._read(checked_file(storage_path, job_id, prefix="job-"))

    def update_file(self, content_dict, storage_path, job_id):
        path = checked_file(storage_path, job_id)
        if not self._has(path):
            raise FileNotFoundError(path)
        self._write(path, json.dumps(content_dict))

    def move_file(self, start_path, final_path, job_id):
        self._move(checked_file(start_path, job_id), checked_file(final_path, job_id))

    def delete_file(self, storage_path, job_id):
        path = checked_file(storage_path, job_id)
        if not self._db.execute("DELETE FROM files WHERE path = ?", (path,)).rowcount:
            raise FileNotFoundError(path)

    def get_file_queue(self, storage_path):
        # Mistake: the rows are in the order of their insertion, not of their names.
        folder = checked_folder(storage_path)
        rows = self._db.execute("SELECT path FROM files ORDER BY rowid").fetchall()
        folders_and_names = [path.rpartition("/") for (path,) in rows]
        return [name for where, _, name in folders_and_names if where == folder]

    # Backends

    def _config_location(self, display_name):
        return f"Backend_files/Config/{checked_display_name(display_name)}", "config"

    def upload_config(self, config_dict, display_name):
        self.upload(config_dict.model_dump(mode="json"), *self._config_location(display_name))

    def get_config(self, display_name):
        return BackendConfigSchemaIn(**self.get_file_content(*self._config_location(display_name)))

    def get_backends(self):
        rows = self._db.execute("SELECT path FROM files WHERE path LIKE '%/config.json'")
        return sorted(path.split("/")[3] for (path,) in rows)

    def timestamp_queue(self, display_name):
        config = self.get_config(display_name)
        config.last_queue_check = self._clock.now()
        self.upload_config(config, display_name)

    # Jobs

    def upload_job(self, job_dict, display_name, username):
        checked_display_name(display_name)
        # Mistake: two jobs of the same instant may get the same id, and their order is random.
        user = checked_username(username, display_name)
        job = new_job(self._clock.now(), display_name, user)
        self._write(job.queued, json.dumps(job_dict))
        return job.job_id

    def _job(self, display_name, username, job_id):
        checked_display_name(display_name)
        job = parse_job_id(job_id)
        known = checked_username(username, display_name), display_name
        return job if job is not None and (job.username, job.display_name) == known else None

    def upload_status(self, display_name, username, job_id):
        job = self._job(display_name, username, job_id)
        if job is None:
            raise ValueError(f"job_id: expected the id of a job of {username!r}, got {job_id!r}")
        status = get_init_status().model_copy(update={"job_id": job_id})
        self._write(job.status, status.model_dump_json())
        return status

    def get_status(self, display_name, username, job_id):
        job = self._job(display_name, username, job_id)
        try:
            return StatusMsgDict(**self._read(job.status if job else ""))
        except FileNotFoundError:
            return StatusMsgDict(
                job_id=job_id,
                status="ERROR",
                detail="Could not find the status file.",
                error_message=f"Missing status file for {job_id}.",
            )

    def get_result(self, display_name, username, job_id):
        job = self._job(display_name, username, job_id)
        try:
            result = ResultDict(**self._read(job.result if job else ""))
        except FileNotFoundError:
            return ResultDict(
                display_name=display_name,
                backend_version="",
                job_id=job_id,
                success=False,
                status="ERROR",
            )
        simulator = self.get_config(display_name).simulator
        result.backend_name = self.long_backend_name(display_name, simulator)
        return result

    def get_next_job_in_queue(self, display_name):
        self.timestamp_queue(display_name)
        for name in self.get_file_queue(f"Backend_files/Queued_Jobs/{display_name}"):
            job = parse_job_file(name)
            if job is not None and job.display_name == display_name:
                self._move(job.queued, job.running)
                return NextJobSchema(job_id=job.job_id, job_json_path=RUNNING)
        return NextJobSchema(job_id="None", job_json_path="None")

    def update_in_database(self, result_dict, status_msg_dict, job_id, display_name):
        checked_display_name(display_name)
        job = parse_job_id(job_id)
        if job is None or job.display_name != display_name:
            raise ValueError(
                f"job_id: expected the id of a job for {display_name!r}, got {job_id!r}"
            )
        # Mistake: a worker that ends a job that is done replaces its result, and gets an error.
        if status_msg_dict.status == "DONE":
            self._write(job.result, result_dict.model_dump_json())
            self._move(job.running, job.finished)
        elif status_msg_dict.status == "ERROR":
            self._move(job.running, job.deleted)
        self._write(job.status, status_msg_dict.model_dump_json())

    def recover(self, display_name):
        raise NotImplementedError(f"{display_name}: this provider has no leases to recover from")


class HastyContract(StorageProviderContract):
    """The contract for the provider, with its capabilities, its construction and its files."""

    capabilities = Capabilities(storage="other", leases=False, recovery=False, gives_up=False)
    provider = HastyProvider

    def make_provider(self, bench, clock):
        # Called for each process that a test simulates; all of them share the bench.
        return self.provider(bench.folder / "queue.db", clock)

    def files(self, bench):
        with closing(sqlite3.connect(bench.folder / "queue.db")) as db:
            rows = db.execute("SELECT path, data FROM files")
            return {path: data.encode() for path, data in rows}


# The same provider without the mistakes. The comments name the tests that found them.


def as_json(content):
    # test_a_mapping_that_json_cannot_express_is_refused
    try:
        text = json.dumps(content, allow_nan=False)
    except TypeError as error:
        raise ValueError(f"expected only values that JSON has: {error}") from error
    if json.loads(text) != as_lists(content):  # JSON writes the key 1 as "1"
        raise ValueError(f"expected only strings as keys, got {content!r}")
    return text


def as_lists(value):
    """Return a value with lists in place of its tuples, as it is read back from JSON."""
    if isinstance(value, dict):
        return {key: as_lists(each) for key, each in value.items()}
    return [as_lists(each) for each in value] if isinstance(value, (list, tuple)) else value


class CarefulProvider(HastyProvider):
    """The corrected provider."""

    _last = None

    def upload(self, content_dict, storage_path, job_id):
        self.upload_string(as_json(content_dict), storage_path, job_id)

    def update_file(self, content_dict, storage_path, job_id):
        as_json(content_dict)
        super().update_file(content_dict, storage_path, job_id)

    def _read(self, path):
        try:
            content = super()._read(path)
        except ValueError as error:
            raise BrokenFile(f"{path}: {error}") from error
        if not isinstance(content, dict):
            raise BrokenFile(f"{path}: expected a JSON object")
        return content

    def _move(self, source, target):
        # test_a_move_replaces_nothing
        if self._has(source) and self._has(target):
            raise FileExistsError(target)
        super()._move(source, target)

    # test_an_inactive_provider_moves_and_deletes_nothing
    move_file = validate_active(HastyProvider.move_file)
    delete_file = validate_active(HastyProvider.delete_file)
    get_backends = validate_active(HastyProvider.get_backends)

    def get_file_queue(self, storage_path):
        # test_a_listing_is_complete, test_jobs_are_taken_in_the_order_of_their_ids
        return sorted(super().get_file_queue(storage_path))

    def get_job_content(self, storage_path, job_id):
        try:
            return super().get_job_content(storage_path, job_id)
        except BrokenFile as error:
            # test_a_broken_job_does_not_block_the_queue
            job = parse_job_id(job_id)
            if job is not None and checked_folder(storage_path) == checked_folder(RUNNING):
                self._end(
                    job,
                    "",
                    StatusMsgDict(
                        job_id=job_id,
                        status="ERROR",
                        detail="The job cannot be read.",
                        error_message=str(error),
                    ),
                )
            raise

    def get_config(self, display_name):
        # test_a_broken_configuration_raises_an_error
        try:
            return super().get_config(display_name)
        except ValidationError as error:
            raise BrokenFile(f"{display_name}: {error}") from error

    def upload_config(self, config_dict, display_name):
        # test_last_queue_check_never_goes_back
        with suppress(FileNotFoundError, BrokenFile):
            stamps = [config_dict.last_queue_check, self.get_config(display_name).last_queue_check]
            latest = max(filter(None, stamps), default=None)
            config_dict = config_dict.model_copy(update={"last_queue_check": latest})
        super().upload_config(config_dict, display_name)

    def upload_job(self, job_dict, display_name, username):
        checked_display_name(display_name)
        user = checked_username(username, display_name)
        data = as_json(job_dict)
        self.get_file_content(*self._config_location(display_name))
        while True:
            # test_property_1_queue_ordering
            now = self._clock.now()
            self._last = now if self._last is None else max(now, self._last + INSTANT)
            job = new_job(self._last, display_name, user)
            # test_two_jobs_never_have_the_same_id
            with suppress(sqlite3.IntegrityError):
                row = (job.queued, data)
                self._db.execute("INSERT INTO files VALUES (?, ?)", row)
                return job.job_id

    def upload_status(self, display_name, username, job_id):
        # test_the_first_status_replaces_no_other
        job = self._job(display_name, username, job_id)
        if job is not None and self._has(job.status):
            return StatusMsgDict(**self._read(job.status))
        return super().upload_status(display_name, username, job_id)

    def get_status(self, display_name, username, job_id):
        # test_property_6_equivalence
        status = super().get_status(display_name, username, job_id)
        job = self._job(display_name, username, job_id)
        if job is None:
            return status
        for place, word, detail in (
            (job.queued, "QUEUED", "The job waits in the queue."),
            (job.running, "RUNNING", "The job is being run."),
        ):
            if self._has(place):
                texts = {"detail": detail, "error_message": "None"}
                # The texts of a status QUEUED may come from the worker, and are kept.
                known = {} if status.status == "QUEUED" else texts
                return status.model_copy(update={"status": word, **known})
        return status

    def get_next_job_in_queue(self, display_name):
        self.timestamp_queue(display_name)
        for name in self.get_file_queue(f"Backend_files/Queued_Jobs/{display_name}"):
            job = parse_job_file(name)
            if job is not None and job.display_name == display_name:
                # If another worker was faster, try the next job.
                with suppress(FileNotFoundError):
                    self._move(job.queued, job.running)
                    return NextJobSchema(job_id=job.job_id, job_json_path=RUNNING)
        return NextJobSchema(job_id="None", job_json_path="None")

    def update_in_database(self, result_dict, status_msg_dict, job_id, display_name):
        checked_display_name(display_name)
        job = parse_job_id(job_id)
        if job is None or job.display_name != display_name:
            raise ValueError(
                f"job_id: expected the id of a job for {display_name!r}, got {job_id!r}"
            )
        return self._end(job, result_dict.model_dump_json(), status_msg_dict)

    def _end(self, job, result, status):
        """Store the status of a job, and its end if it has one.

        It is one transaction, so that a crash cannot leave the job half ended.
        """
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if status.status == "ERROR" and self._has(job.queued):
                # test_property_6_equivalence: the worker does not have the job
                return False
            stored = self._read(job.status) if self._has(job.status) else {}
            if (stored.get("status"), status.status) == ("ERROR", "DONE"):
                return False  # test_an_error_is_final
            if stored.get("status") in ("DONE", "ERROR"):
                status = StatusMsgDict(**stored)  # test_the_first_result_is_kept
            elif status.status == "DONE":
                self._write(job.result, result)
            self._write(job.status, status.model_dump_json())
            if status.status in ("DONE", "ERROR"):
                self._file_away(job, job.finished if status.status == "DONE" else job.deleted)
        return None

    def _file_away(self, job, target):
        # test_an_end_may_be_repeated
        for place in (job.running, job.queued, job.deleted):
            if place != target and self._has(place):
                return self._move(place, target)
        if not self._has(target):
            raise FileNotFoundError(job.running)
        return None


class TestCarefulProvider(HastyContract):
    """The whole contract for the corrected provider, as pytest runs it."""

    provider = CarefulProvider


def test_the_contract_finds_the_mistakes_of_the_hasty_provider():
    found = {kill.test for kill in kills(HastyContract)}
    assert found >= {
        "test_a_broken_job_does_not_block_the_queue",
        "test_a_broken_configuration_raises_an_error['{']",
        "test_a_late_report_changes_no_end['DONE']",
        "test_a_listing_is_complete",
        "test_a_mapping_that_json_cannot_express_is_refused[nan]",
        "test_a_missing_file_raises_file_not_found",
        "test_a_move_replaces_nothing",
        "test_an_end_may_be_repeated['DONE']",
        "test_two_jobs_never_have_the_same_id",
        "test_property_1_queue_ordering",
        "test_the_first_result_is_kept",
        "test_the_first_status_replaces_no_other['DONE']",
        "test_jobs_are_taken_in_the_order_of_their_ids",
        "test_last_queue_check_never_goes_back",
    }


# To test the contract itself, make one mistake in the corrected provider.


class UnsortedProvider(CarefulProvider):
    """A provider with a known mistake: its queue is not sorted."""

    def get_file_queue(self, storage_path):
        return HastyProvider.get_file_queue(self, storage_path)


class UnsortedContract(HastyContract):
    """The contract for the unsorted provider, which only `kills` runs."""

    provider = UnsortedProvider


def test_a_mistake_made_on_purpose_is_found():
    (kill,) = kills(UnsortedContract, only=["test_jobs_are_taken_in_the_order_of_their_ids"])
    assert kill.test == "test_jobs_are_taken_in_the_order_of_their_ids"
    print(kill.example)


if __name__ == "__main__":
    for kill in kills(HastyContract):
        print(f"{kill.test}\n    {kill.example}")
