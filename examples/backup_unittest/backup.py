"""A small backup program: it copies a directory to Dropbox, and back.

python backup.py save ~/notes
python backup.py restore ~/notes
"""

import os
import sys
from datetime import datetime, timezone
from pathlib import Path

import dropbox
from dropbox.exceptions import ApiError
from dropbox.files import FileMetadata, WriteMode


def connect():
    """Return a client with the credentials of the environment."""
    return dropbox.Dropbox(
        app_key=os.environ["DROPBOX_APP_KEY"],
        app_secret=os.environ["DROPBOX_APP_SECRET"],
        oauth2_refresh_token=os.environ["DROPBOX_REFRESH_TOKEN"],
    )


def saved_files(dbx, target):
    """Return the metadata of all files below a folder of Dropbox, by their path in lower case."""
    try:
        page = dbx.files_list_folder(target, recursive=True)
    except ApiError as error:
        if error.error.is_path() and error.error.get_path().is_not_found():
            return {}  # the first backup
        raise
    entries = list(page.entries)
    while page.has_more:
        page = dbx.files_list_folder_continue(page.cursor)
        entries += page.entries
    return {each.path_lower: each for each in entries if isinstance(each, FileMetadata)}


def save(dbx, directory, target="/backup"):
    """Upload the files that are new or have changed, and return their names."""
    saved, uploaded = saved_files(dbx, target), []
    for path in sorted(directory.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(directory).as_posix()
        modified = datetime.fromtimestamp(int(path.stat().st_mtime), timezone.utc)
        modified = modified.replace(tzinfo=None)  # Dropbox's times are in UTC, without a zone
        there = saved.get(f"{target}/{name}".lower())
        if there and (there.size, there.client_modified) == (path.stat().st_size, modified):
            continue
        dbx.files_upload(
            path.read_bytes(),
            f"{target}/{name}",
            mode=WriteMode.overwrite,
            client_modified=modified,
            mute=True,
        )
        uploaded.append(name)
    return uploaded


def restore(dbx, directory, target="/backup"):
    """Download all files of the backup into a directory, with their times."""
    for metadata in saved_files(dbx, target).values():
        path = directory / metadata.path_display.removeprefix(f"{target}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        dbx.files_download_to_file(str(path), metadata.path_lower)
        modified = metadata.client_modified.replace(tzinfo=timezone.utc).timestamp()
        os.utime(path, (modified, modified))


if __name__ == "__main__":
    command, folder = sys.argv[1:]
    {"save": save, "restore": restore}[command](connect(), Path(folder).expanduser())
