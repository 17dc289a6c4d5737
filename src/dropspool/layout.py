"""The paths of all files of the queue and the rules for names, defined only here.

Folders are written as the file methods take them, without slashes at the ends;
full paths begin with a slash. Dropbox keeps names in Unicode's composed form (NFC)
and ignores case. So every name is converted to NFC first, and two users whose names
differ only in case are distinguished by the exact names of their files.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timezone

CONFIGS = "Backend_files/Config"
QUEUED_JOBS = "Backend_files/Queued_Jobs"
RUNNING_JOBS = "Backend_files/Running_Jobs"
DELETED_JOBS = "Backend_files/Deleted_Jobs"
FINISHED_JOBS = "Backend_files/Finished_Jobs"

# The longest component of a path: in characters on Dropbox, in bytes in most file systems.
_NAME_CHARACTERS = 255
_MOMENT = "%Y%m%d_%H%M%S_%f"
# The number of characters left for backend and user in the longest file name of a job.
_BACKEND_AND_USER = _NAME_CHARACTERS - len("result-00000000_000000_000000---00000.json")

_DISPLAY_NAME = re.compile("[a-z0-9]+")
# Older ids have no fraction of a second. A user name may contain hyphens; the other parts
# cannot, so everything between them is the user name.
_JOB_ID = re.compile("[0-9]{8}_[0-9]{6}(?:_[0-9]{6})?-([a-z0-9]+)-(.+)-[0-9a-f]{5}")

# Slashes, control characters, halves of surrogate pairs, and all characters beyond the Basic
# Multilingual Plane, which not every Dropbox accepts.
_UNUSABLE = re.compile("[/\\\\\x00-\x1f\x7f-\x9f\ud800-\udfff\U00010000-\U0010ffff]")
_RESERVED = {".", "..", "desktop.ini", "thumbs.db", ".ds_store", ".dropbox", ".dropbox.attr"}
_RULES = (
    "no slash, backslash, control character or character beyond U+FFFF, no white space"
    " at either end, and no name that Dropbox keeps for itself"
)


@dataclass(frozen=True)
class Job:
    """The parts of a job id, and the paths of the job's files."""

    job_id: str
    display_name: str
    username: str

    @property
    def queued(self) -> str:
        """The path of the job while it waits."""
        return f"/{queue_folder(self.display_name)}/job-{self.job_id}.json"

    @property
    def running(self) -> str:
        """The path of the job while a worker has it."""
        return f"/{RUNNING_JOBS}/job-{self.job_id}.json"

    @property
    def claim(self) -> str:
        """The path of the claim, the file that names the worker of the job."""
        return f"/{RUNNING_JOBS}/claim-{self.job_id}.json"

    @property
    def finished(self) -> str:
        """The path of the job when it is done."""
        return f"{self._own_folder('Finished_Jobs')}/job-{self.job_id}.json"

    @property
    def deleted(self) -> str:
        """The path of the job when it has ended in an error."""
        return f"/{DELETED_JOBS}/job-{self.job_id}.json"

    @property
    def status(self) -> str:
        """The path of the job's status."""
        return f"{self._own_folder('Status')}/status-{self.job_id}.json"

    @property
    def result(self) -> str:
        """The path of the job's result."""
        return f"{self._own_folder('Result')}/result-{self.job_id}.json"

    def _own_folder(self, kind: str) -> str:
        return f"/Backend_files/{kind}/{self.display_name}/{self.username}"


def set_aside(path: str) -> str:
    """Return a path at which a copy of an unreadable file can be kept, a new one in each call."""
    name = path.rpartition("/")[2]
    return f"/{DELETED_JOBS}/unreadable-{secrets.token_hex(8)}/{name}"


def queue_folder(display_name: str) -> str:
    """Return the folder in which the jobs of a backend wait."""
    return f"{QUEUED_JOBS}/{display_name}"


def config_path(display_name: str) -> str:
    """Return the path of a backend's configuration."""
    return f"/{CONFIGS}/{display_name}/config.json"


def checked_submitter(username: str, display_name: str) -> str:
    """Check the name of a user who queues a job, and return it in composed form (NFC).

    Beyond `checked_username`, which also accepts the users of jobs that are there already,
    the names of all files of the job have to fit into any file system.

    Raises:
        ValueError: it cannot be the name of a folder and a part of file names.
        TypeError: it is not a string.
    """
    composed = checked_username(username, display_name)
    room = _BACKEND_AND_USER - len(display_name)
    size = len(composed.encode())
    if size > room:
        raise ValueError(
            f"username: expected at most {room} bytes in UTF-8, got {size} in {username!r}"
        )
    return composed


def new_job(moment: datetime, display_name: str, username: str) -> Job:
    """Return a new job; ``display_name`` and ``username`` must have been checked."""
    chance = f"{secrets.randbelow(16**5):05x}"
    job_id = f"{moment.strftime(_MOMENT)}-{display_name}-{username}-{chance}"
    return Job(job_id, display_name, username)


def parse_job_id(job_id: str) -> Job | None:
    """Return the job with this id, or None if the text does not have the form of a job id."""
    job_id = _composed("job_id", job_id)
    match = _JOB_ID.fullmatch(job_id)
    if match is None or not _is_user_of(*match.groups()):
        return None
    return Job(job_id, *match.groups())


def parse_job_file(name: str, kind: str = "job") -> Job | None:
    """Return the job that a file of this name belongs to, or None if it is not of this kind."""
    if not (name.startswith(f"{kind}-") and name.endswith(".json")):
        return None
    return parse_job_id(name.removeprefix(f"{kind}-").removesuffix(".json"))


def is_display_name(name: str) -> bool:
    """Return whether a backend can have this name."""
    return bool(_DISPLAY_NAME.fullmatch(name)) and len(name) < _BACKEND_AND_USER


def checked_display_name(display_name: str) -> str:
    """Check the name of a backend and return it.

    Raises:
        ValueError: a backend cannot have this name.
        TypeError: it is not a string.
    """
    _composed("display_name", display_name)
    if not is_display_name(display_name):
        raise ValueError(
            f"display_name: expected 1 to {_BACKEND_AND_USER - 1} lower-case letters and digits,"
            f" got {display_name!r}"
        )
    return display_name


def checked_username(username: str, display_name: str) -> str:
    """Check the name of a user of a backend and return it in composed form (NFC).

    Raises:
        ValueError: it cannot be the name of a folder and a part of file names.
        TypeError: it is not a string.
    """
    composed = _composed("username", username)
    if not _is_user_of(display_name, composed):
        raise ValueError(
            f"username: expected 1 to {_BACKEND_AND_USER - len(display_name)} characters,"
            f" {_RULES}, got {username!r}"
        )
    return composed


def checked_folder(storage_path: str, argument: str = "storage_path") -> str:
    """Check the path of a folder, with or without slashes at its ends; return the full path.

    Raises:
        ValueError: it is not the path of a folder, or it is the root.
        TypeError: it is not a string.
    """
    names = _composed(argument, storage_path).strip("/").split("/")
    if not all(map(_is_usable, names)):
        raise ValueError(
            f"{argument}: expected names of at most {_NAME_CHARACTERS} characters with single"
            f" slashes between them, {_RULES}, got {storage_path!r}"
        )
    return "/" + "/".join(names)


def checked_file(
    storage_path: str, job_id: str, *, prefix: str = "", argument: str = "storage_path"
) -> str:
    """Check a folder and a file name; return the path of ``{prefix}{job_id}.json`` in the folder.

    ``argument`` is the name of the folder's argument in error messages.

    Raises:
        ValueError: the folder or the file cannot have such a name.
        TypeError: one of them is not a string.
    """
    folder = checked_folder(storage_path, argument)
    name = _composed("job_id", job_id)
    room = _NAME_CHARACTERS - len(f"{prefix}.json")
    if not (_is_usable(name) and len(name) <= room):
        raise ValueError(f"job_id: expected 1 to {room} characters, {_RULES}, got {job_id!r}")
    return f"{folder}/{prefix}{name}.json"


def _composed(argument: str, value: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{argument}: expected a str, got {value!r}")
    return unicodedata.normalize("NFC", value)


def _is_user_of(display_name: str, username: str) -> bool:
    return _is_usable(username) and len(display_name) + len(username) <= _BACKEND_AND_USER


def _is_usable(name: str) -> bool:
    # Dropbox converts names to lower case by character: there, `İ` is the same as `i`.
    lower = "".join([character.lower()[0] for character in name])
    return (
        0 < len(name) <= _NAME_CHARACTERS
        and name == name.strip()
        and lower not in _RESERVED
        and not _UNUSABLE.search(name)
    )


def queued_at(job: Job) -> datetime:
    """Return the time at which a job was queued, by its user's clock; in whole seconds for old ids.

    Raises:
        ValueError: the digits in the id are not a date and a time.
    """
    moment, _, _ = job.job_id.partition("-")
    form = _MOMENT if moment.count("_") > 1 else _MOMENT.removesuffix("_%f")
    return datetime.strptime(moment, form).replace(tzinfo=timezone.utc)
