"""Benchmark of calls, as ratios to reference calls measured in the same run.

    python -m tests.benchmarks.ratios

Most direct calls are compared with a fakeredis `SET`, reads of links with those of paths, and calls
through the SDK with the same SDK on a bare `requests` adapter that returns a fixed body; `RATIOS`
has all pairs. Each figure is the minimum of many interleaved rounds, because load on the machine
only increases the times.
"""

from __future__ import annotations

import io
from itertools import count
from typing import NamedTuple

import dropbox
import fakeredis
import requests
from dropbox import files
from requests.adapters import BaseAdapter
from tests.benchmarks.timing import minima

from fakedropbox import FakeDropboxService
from fakedropbox._wire.results import to_json

ROUNDS = 60
ENTRIES = 2000
KILOBYTE = b"x" * 1024


class Ratio(NamedTuple):
    """A call and the reference call with which it is compared; ``key`` names it in results."""

    key: str
    title: str
    call: str
    reference: str


RATIOS = (
    Ratio("get_metadata", "direct get_metadata", "get_metadata", "SET"),
    Ratio("upload", "direct upload 1 KB", "upload", "SET"),
    Ratio("download", "direct download 1 KB", "download", "SET"),
    Ratio("move", "direct move", "move", "SET"),
    Ratio("refused", "direct refused call", "refused", "SET"),
    Ratio("list_set", "direct list", "list", "SET"),
    Ratio("by_hand", "direct get_metadata", "get_metadata", "by hand"),
    Ratio("link_metadata", "direct link metadata", "link metadata", "get_metadata"),
    Ratio("link_content", "direct link content", "link content", "download"),
    Ratio("list", "direct list", "list", "bare list"),
    Ratio("sdk_door", "SDK door get_metadata", "SDK get_metadata", "bare get_metadata"),
    Ratio("sdk_list", "SDK door list", "SDK list", "bare list"),
)


class BareAdapter(BaseAdapter):
    """A minimal transport adapter that returns the same body for each request."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body

    def send(self, request, **_):
        response = requests.Response()
        response.status_code = 200
        response.headers["Content-Type"] = "application/json"
        response.raw = io.BytesIO(self.body)
        response.url = request.url
        response.request = request
        return response

    def close(self):
        pass


def bare_client(body: bytes) -> dropbox.Dropbox:
    session = requests.Session()
    session.mount("https://", BareAdapter(body))
    return dropbox.Dropbox("token", session=session)


def measured(rounds: int = ROUNDS, entries: int = ENTRIES) -> dict[str, float]:
    """Return the microseconds of each call of `RATIOS`; a listing returns ``entries``."""
    service = FakeDropboxService()
    service.calls.recording = True
    client = service.client()
    meta = client.files_upload(KILOBYTE, "/Apps/report/a.txt")
    for index in range(entries):
        client.files_upload(b"", f"/many/file-{index:04}.txt")
    link = client.sharing_create_shared_link_with_settings("/Apps/report/a.txt").url
    page = client.files_list_folder("/many", limit=entries)
    redis = fakeredis.FakeRedis()
    fresh, back_and_forth = count(), count()

    def refused() -> None:
        try:
            client.files_get_metadata("/Apps/report/b.txt")
        except dropbox.exceptions.ApiError:
            return

    def move() -> None:
        here, there = ("/m/a.txt", "/m/b.txt")[:: 1 if next(back_and_forth) % 2 == 0 else -1]
        client.files_move_v2(here, there)

    client.files_upload(KILOBYTE, "/m/a.txt")
    by_hand = {
        "name": "a.txt",
        "id": meta.id,
        "client_modified": meta.client_modified,
        "server_modified": meta.server_modified,
        "rev": meta.rev,
        "size": 1024,
        "path_lower": meta.path_lower,
        "path_display": meta.path_display,
        "is_downloadable": True,
        "content_hash": meta.content_hash,
    }
    bare_listing = bare_client(to_json(files.ListFolderResult_validator, page).encode())
    bare_metadata = bare_client(to_json(files.Metadata_validator, meta).encode())
    sdk_client = dropbox.Dropbox(service.login.access_token, session=service.session())
    return minima(
        {
            "SET": (lambda: redis.set("key", KILOBYTE), 100),
            "get_metadata": (lambda: client.files_get_metadata("/Apps/report/a.txt"), 100),
            "upload": (lambda: client.files_upload(KILOBYTE, f"/up/{next(fresh)}.txt"), 100),
            "download": (lambda: client.files_download("/Apps/report/a.txt")[1].content, 100),
            "move": (move, 100),
            "refused": (refused, 100),
            "by hand": (lambda: files.FileMetadata(**by_hand), 100),
            "list": (lambda: client.files_list_folder("/many", limit=entries), 1),
            "bare list": (lambda: bare_listing.files_list_folder("/many", limit=entries), 1),
            "bare get_metadata": (
                lambda: bare_metadata.files_get_metadata("/Apps/report/a.txt"),
                30,
            ),
            "SDK get_metadata": (lambda: sdk_client.files_get_metadata("/Apps/report/a.txt"), 30),
            "link metadata": (lambda: client.sharing_get_shared_link_metadata(link), 100),
            "link content": (lambda: client.sharing_get_shared_link_file(link)[1].content, 100),
            "SDK list": (lambda: sdk_client.files_list_folder("/many", limit=entries), 1),
        },
        rounds,
    )


def main() -> None:
    times = measured()
    print(f"{'what':24} {'µs':>10} {'against':>18} {'µs':>10} {'ratio':>8}")
    for _, title, name, reference in RATIOS:
        print(
            f"{title:24} {times[name]:10.1f} {reference:>18} {times[reference]:10.1f} "
            f"{times[name] / times[reference]:8.3f}"
        )


if __name__ == "__main__":
    main()
