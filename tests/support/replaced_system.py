"""The system that `dropspool` replaces, rebuilt from what is known about it, with its faults.

The property tests must find these faults: a test that this provider passes proves nothing
about the real one. The faults:

- each method first creates a client, fetches a token and requests the account;
- a listing has one page and is not sorted; if it fails, the error is printed and it is empty;
- ids have whole seconds, and jobs are written in overwrite mode;
- the username is parsed as the text between two hyphens of the id;
- a file name is cut at its first dot;
- the loser of a race and a repeated completion raise an error;
- the configuration is read, changed and written without a check of its revision;
- an API error of a read, an update or a deletion of a file becomes "file not found", and a refused
  login ends the process;
- the value for an empty queue does not fit its own schema.

It has no leases and no recovery.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping
from typing import Any

import dropbox
from dropbox.exceptions import ApiError, AuthError
from dropbox.files import FolderMetadata, WriteMode

from dropspool.clock import Clock
from dropspool.providers.base import StorageProvider
from dropspool.schemas import (
    BackendConfigSchemaIn,
    DropboxLoginInformation,
    NextJobSchema,
    ResultDict,
    StatusMsgDict,
)

RUNNING = "Backend_files/Running_Jobs"


class ReplacedProvider(StorageProvider):
    """The system that `dropspool` replaces; for the methods, see `StorageProvider`."""

    def __init__(self, login: DropboxLoginInformation, name: str, *, clock: Clock) -> None:
        super().__init__(name)
        self._login = login
        self._clock = clock
        self._chance = random.Random(0)  # noqa: S311 -- for ids that are the same in each run

    def _dropbox(self) -> dropbox.Dropbox:
        client = dropbox.Dropbox(
            app_key=self._login.app_key,
            app_secret=self._login.app_secret,
            oauth2_refresh_token=self._login.refresh_token,
        )
        try:
            client.users_get_current_account()
        except AuthError:
            sys.exit("the access token is not valid")
        return client

    def upload_string(self, content_string: str, storage_path: str, job_id: str) -> None:
        data = content_string.encode()
        self._dropbox().files_upload(data, _path(storage_path, job_id), mode=WriteMode.overwrite)

    def upload(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        data = json.dumps(content_dict).encode()
        self._dropbox().files_upload(data, _path(storage_path, job_id), mode=WriteMode.overwrite)

    def get_file_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        path = _path(storage_path, job_id)
        try:
            _, response = self._dropbox().files_download(path)
        except ApiError as error:
            raise FileNotFoundError(path) from error
        found: dict[str, Any] = json.loads(response.content)
        return found

    def get_job_content(self, storage_path: str, job_id: str) -> dict[str, Any]:
        return self.get_file_content(storage_path, f"job-{job_id}")

    def update_file(self, content_dict: Mapping[str, Any], storage_path: str, job_id: str) -> None:
        client = self._dropbox()
        path = _path(storage_path, job_id)
        try:
            client.files_get_metadata(path)
        except ApiError as error:
            raise FileNotFoundError(path) from error
        client.files_upload(json.dumps(content_dict).encode(), path, mode=WriteMode.overwrite)

    def move_file(self, start_path: str, final_path: str, job_id: str) -> None:
        self._dropbox().files_move_v2(_path(start_path, job_id), _path(final_path, job_id))

    def delete_file(self, storage_path: str, job_id: str) -> None:
        path = _path(storage_path, job_id)
        try:
            self._dropbox().files_delete_v2(path)
        except ApiError as error:
            raise FileNotFoundError(path) from error

    def get_file_queue(self, storage_path: str) -> list[str]:
        client = self._dropbox()
        try:
            page = client.files_list_folder(f"/{storage_path.strip('/')}")
        except ApiError as error:
            print(f"no listing of {storage_path}: {error}")
            return []
        return [entry.name for entry in page.entries]

    def upload_config(self, config_dict: BackendConfigSchemaIn, display_name: str) -> None:
        self.upload(
            config_dict.model_dump(mode="json"), f"Backend_files/Config/{display_name}", "config"
        )

    def get_config(self, display_name: str) -> BackendConfigSchemaIn:
        stored = self.get_file_content(f"Backend_files/Config/{display_name}", "config")
        return BackendConfigSchemaIn(**stored)

    def get_backends(self) -> list[str]:
        try:
            page = self._dropbox().files_list_folder("/Backend_files/Config")
        except ApiError:
            return []
        return [entry.name for entry in page.entries if isinstance(entry, FolderMetadata)]

    def timestamp_queue(self, display_name: str) -> None:
        config = self.get_config(display_name).model_dump(mode="json")
        config["last_queue_check"] = self._clock.now().replace(microsecond=0).isoformat()
        self.update_file(config, f"Backend_files/Config/{display_name}", "config")

    def upload_job(self, job_dict: Mapping[str, Any], display_name: str, username: str) -> str:
        second = self._clock.now().strftime("%Y%m%d_%H%M%S")
        job_id = f"{second}-{display_name}-{username}-{self._chance.getrandbits(20):05x}"
        self.upload(job_dict, f"Backend_files/Queued_Jobs/{display_name}", f"job-{job_id}")
        return job_id

    def upload_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        status = StatusMsgDict(
            job_id=job_id, status="INITIALIZING", detail="Got your json.", error_message="None"
        )
        folder = f"Backend_files/Status/{display_name}/{username}"
        self.upload(status.model_dump(), folder, f"status-{job_id}")
        return status

    def get_status(self, display_name: str, username: str, job_id: str) -> StatusMsgDict:
        folder = f"Backend_files/Status/{display_name}/{username}"
        try:
            return StatusMsgDict(**self.get_file_content(folder, f"status-{job_id}"))
        except FileNotFoundError:
            return StatusMsgDict(
                job_id=job_id,
                status="ERROR",
                detail="Could not find the status file.",
                error_message=f"Missing status file for {job_id}.",
            )

    def get_result(self, display_name: str, username: str, job_id: str) -> ResultDict:
        folder = f"Backend_files/Result/{display_name}/{username}"
        try:
            result = self.get_file_content(folder, f"result-{job_id}")
        except FileNotFoundError:
            return ResultDict(
                display_name=display_name,
                backend_version="",
                job_id=job_id,
                success=False,
                status="ERROR",
            )
        kind = "simulator" if self.get_config(display_name).simulator else "hardware"
        return ResultDict(**{**result, "backend_name": f"{self.name}_{display_name}_{kind}"})

    def get_next_job_in_queue(self, display_name: str) -> NextJobSchema:
        folder = f"Backend_files/Queued_Jobs/{display_name}"
        queue = self.get_file_queue(folder)
        self.timestamp_queue(display_name)
        if not queue:
            return NextJobSchema(job_id=0, job_json_path="None")  # raises: `job_id` must be a str
        first = queue[0]
        self.move_file(folder, RUNNING, first.split(".")[0])
        return NextJobSchema(job_id=first[4:-5], job_json_path=RUNNING)

    def update_in_database(
        self,
        result_dict: ResultDict,
        status_msg_dict: StatusMsgDict,
        job_id: str,
        display_name: str,
    ) -> None:
        username = job_id.split("-")[2]
        if status_msg_dict.status == "DONE":
            folder = f"Backend_files/Result/{display_name}/{username}"
            self.upload(result_dict.model_dump(), folder, f"result-{job_id}")
            finished = f"Backend_files/Finished_Jobs/{display_name}/{username}"
            self.move_file(RUNNING, finished, f"job-{job_id}")
        elif status_msg_dict.status == "ERROR":
            self.move_file(RUNNING, "Backend_files/Deleted_Jobs", f"job-{job_id}")
        folder = f"Backend_files/Status/{display_name}/{username}"
        try:
            self.update_file(status_msg_dict.model_dump(), folder, f"status-{job_id}")
        except FileNotFoundError:
            self.upload_status(display_name, username, job_id)
            self.update_file(status_msg_dict.model_dump(), folder, f"status-{job_id}")

    def recover(self, display_name: str) -> list[str]:
        raise NotImplementedError(f"{display_name}: the replaced system has no recovery")


def _path(storage_path: str, job_id: str) -> str:
    return f"/{storage_path.strip('/')}/{job_id}.json"
