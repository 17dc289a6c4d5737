"""A queue that is not one of `dropspool`, tested with `JobQueueContract`.

Run it with pytest, or with `python examples/foreign_queue_example.py` to see the mistakes found.

The queue keeps one file for each job in a Dropbox, with names of its own. Each change of a job is
one conditional upload of its file, so that only one of several processes succeeds.
"""

import json
import secrets

import dropbox
from dropbox.exceptions import ApiError
from dropbox.files import WriteMode

from dropspool.testing import Capabilities, JobQueueContract, JobState, Taken, kills

FOLDER = "/line"
CLOCK = "/line.clock"
LEASE = 120
MOST_ATTEMPTS = 3


class StorageDown(OSError):
    """A call of the storage failed."""


class OneFileQueue:
    """The queue as one process sees it."""

    lease_seconds = LEASE

    def __init__(self, client):
        self._client = client
        self._last = 0
        self._mine = {}  # by job, the ticket with which this process took it

    # Files

    def _errors(self, act):
        try:
            return act()
        except ApiError:
            raise
        except (dropbox.exceptions.DropboxException, OSError, ValueError) as error:
            # A `ValueError` is an answer that is not JSON (found by test_queue_any_history).
            raise StorageDown(str(error)) from error

    def _read(self, name):
        """Return the content of a job's file, and its metadata; None if there is no such file."""
        try:
            metadata, reply = self._errors(lambda: self._client.files_download(f"{FOLDER}/{name}"))
        except ApiError as error:
            if error.error.is_path() and error.error.get_path().is_not_found():
                return None
            raise StorageDown(str(error)) from error
        return json.loads(reply.content), metadata

    def _write(self, path, content, mode):
        """Write a file, and return its metadata; None if there is a conflict."""
        data = json.dumps(content).encode()
        try:
            return self._errors(
                lambda: self._client.files_upload(data, path, mode=mode, strict_conflict=True)
            )
        except ApiError as error:
            if error.error.is_path() and error.error.get_path().reason.is_conflict():
                return None
            raise StorageDown(str(error)) from error

    def _change(self, name, content, metadata):
        """Replace a job that was read; return False if another process has changed it since."""
        content = {**content, "change": secrets.token_hex(8)}
        if self._write(f"{FOLDER}/{name}", content, WriteMode.update(metadata.rev)):
            return True
        # The SDK repeats a call whose reply was lost: then the conflict is with our own change.
        found = self._read(name)
        return found is not None and found[0]["change"] == content["change"]

    def _names(self):
        try:
            page = self._errors(lambda: self._client.files_list_folder(FOLDER))
        except ApiError as error:
            if error.error.is_path() and error.error.get_path().is_not_found():
                return []
            raise StorageDown(str(error)) from error
        names = [entry.name for entry in page.entries]
        while page.has_more:
            cursor = page.cursor
            try:
                page = self._errors(lambda: self._client.files_list_folder_continue(cursor))  # noqa: B023 -- called at once
            except ApiError as error:
                raise StorageDown(str(error)) from error
            names += [entry.name for entry in page.entries]
        return sorted(names)

    def _now(self):
        """Return the time of the storage: the clocks of the processes may be wrong."""
        tick = {"tick": secrets.token_hex(8)}
        return self._write(CLOCK, tick, WriteMode.overwrite).server_modified.timestamp()

    def _is_live(self, metadata, now):
        return now - metadata.server_modified.timestamp() <= LEASE

    # The verbs

    def submit(self, content, user):
        """Queue a job under the next free number."""
        ticket = secrets.token_hex(8)
        job = {"state": "waiting", "user": user, "content": content, "change": ticket}
        numbers = [int(name.partition(".")[0]) for name in self._names()]
        number = max([self._last, *numbers]) + 1
        while True:
            name = f"{number:08}.job"
            if self._write(f"{FOLDER}/{name}", job, WriteMode.add):
                break
            found = self._read(name)
            if found is not None and found[0].get("born", found[0]["change"]) == ticket:
                break
            number += 1
        self._last = number
        return name

    def take(self):
        """Take the first job that waits."""
        for name in self._names():
            found = self._read(name)
            if found is None or found[0]["state"] != "waiting":
                continue
            job, metadata = found
            ticket = secrets.token_hex(8)
            attempts = job.get("attempts", 0) + 1
            taken = {**job, "state": "running", "ticket": ticket, "attempts": attempts}
            taken.setdefault("born", job["change"])
            if self._change(name, taken, metadata):
                self._mine[name] = ticket
                return Taken(name, job["content"])
        return None

    def _own(self, name):
        """Return a job and its metadata if this process has it, else None."""
        found = self._read(name)
        has_it = (
            found is not None
            and found[0]["state"] == "running"
            and found[0]["ticket"] == self._mine.get(name)
        )
        return found if has_it else None

    def renew(self, name):
        """Write the job again: its lease begins with its last change."""
        own = self._own(name)
        return own is not None and self._change(name, *own)

    def finish(self, name, result):
        """End a job with a result; return False if it has failed already. The first end is kept."""
        while True:
            job, metadata = self._read(name)
            if job["state"] in ("done", "failed"):
                return job["state"] == "done"
            if self._change(name, {**job, "state": "done", "result": result}, metadata):
                return True

    def fail(self, name, message):
        """End a job with an error; return False if this process no longer has it."""
        while own := self._own(name):
            job, metadata = own
            if self._change(name, {**job, "state": "failed", "message": message}, metadata):
                return True
        return False

    def state(self, name, user):
        """Return the state of a job for its user."""
        found = self._read(name)
        if found is None or found[0]["user"] != user:
            return JobState("missing")
        return JobState(found[0]["state"], found[0].get("result"))

    def recover(self):
        """Queue the jobs with ended leases again; fail those with too many attempts."""
        now = self._now()
        for name in self._names():
            job, metadata = self._read(name)
            if job["state"] == "running" and not self._is_live(metadata, now):
                given_up = job["attempts"] >= MOST_ATTEMPTS
                state = "failed" if given_up else "waiting"
                self._change(name, {**job, "state": state}, metadata)


class TestOneFileQueue(JobQueueContract):
    """The contract for the queue; only the test with real processes, in a folder, is skipped."""

    capabilities = Capabilities(storage="dropbox", layout=False)
    queue = OneFileQueue

    def make_queue(self, bench, clock):  # noqa: ARG002 -- it needs no clock
        # Called for each process that a test simulates; all of them share the Dropbox.
        return self.queue(bench.service.client())


# Mistakes that are easily made, one in each queue


class ForgetsPages(OneFileQueue):
    """A queue that reads the first page of a listing only."""

    def _names(self):
        try:
            return sorted(each.name for each in self._client.files_list_folder(FOLDER).entries)
        except ApiError:
            return []


class OverwritesBlindly(OneFileQueue):
    """A queue that does not check the version of what it replaces."""

    def _change(self, name, content, metadata):  # noqa: ARG002 -- that is the mistake
        content = {**content, "change": secrets.token_hex(8)}
        return bool(self._write(f"{FOLDER}/{name}", content, WriteMode.overwrite))


class EndsLeasesEarly(OneFileQueue):
    """A queue whose leases end up to two seconds too early."""

    def _is_live(self, metadata, now):
        return now - metadata.server_modified.timestamp() < LEASE - 1


class ReplacesTheEnd(OneFileQueue):
    """A queue in which a late worker replaces the end of a job."""

    def finish(self, name, result):
        job, metadata = self._read(name)
        return self._change(name, {**job, "state": "done", "result": result}, metadata)


class ShowsEverybodysJobs(OneFileQueue):
    """A queue that does not check the user of a job."""

    def state(self, name, user):  # noqa: ARG002 -- that is the mistake
        found = self._read(name)
        return (
            JobState("missing")
            if found is None
            else JobState(found[0]["state"], found[0].get("result"))
        )


class RecoversRunningJobs(OneFileQueue):
    """A queue whose recovery takes jobs away from workers that live."""

    def _is_live(self, metadata, now):  # noqa: ARG002 -- that is the mistake
        return False


MISTAKES = {
    ForgetsPages: "test_queue_order",
    OverwritesBlindly: "test_queue_others_act_at_any_step",
    EndsLeasesEarly: "test_queue_lease_holds_to_its_end",
    ReplacesTheEnd: "test_queue_end_is_repeated",
    ShowsEverybodysJobs: "test_queue_life_of_a_job",
    RecoversRunningJobs: "test_queue_job_of_a_dead_worker",
}
"""The test that must find each mistake."""


def contract_of(mistaken):
    """Return the contract for a queue with a mistake."""
    return type(f"{mistaken.__name__}Contract", (TestOneFileQueue,), {"queue": mistaken})


def test_the_contract_finds_each_mistake():
    for mistaken, test in MISTAKES.items():
        assert any(kills(contract_of(mistaken), only=[test])), f"{test} does not find {mistaken}"


if __name__ == "__main__":
    for mistaken, test in MISTAKES.items():
        kill = next(kills(contract_of(mistaken), only=[test]))
        print(f"{mistaken.__doc__}\n    {kill.test}\n        {kill.example}")
