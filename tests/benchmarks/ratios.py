"""Benchmark of calls, as ratios to reference calls measured in the same run.

    python tests/benchmarks/ratios.py

Direct calls are compared with a fakeredis `SET`, and calls through the SDK with the same SDK on
a bare `requests` adapter that returns a fixed body. Each figure is the minimum of many
interleaved rounds, because load on the machine only increases the times.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from itertools import count

import dropbox
import fakeredis
import requests
from dropbox import files
from requests.adapters import BaseAdapter

from fakedropbox import FakeDropboxService
from fakedropbox._wire.results import to_json

ROUNDS = 60
KILOBYTE = b"x" * 1024


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


def timed(call: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times * 1e6


def measure(calls: dict[str, tuple[Callable[[], object], int]]) -> dict[str, float]:
    """Return the microseconds per call by name; the rounds of all calls are interleaved."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, (call, times) in calls.items():
            best[name] = min(best[name], timed(call, times))
    return best


def main() -> None:
    service = FakeDropboxService()
    service.calls.recording = True
    client = service.client()
    meta = client.files_upload(KILOBYTE, "/Apps/report/a.txt")
    for index in range(2000):
        client.files_upload(b"", f"/many/file-{index:04}.txt")
    link = client.sharing_create_shared_link_with_settings("/Apps/report/a.txt").url
    page = client.files_list_folder("/many", limit=2000)
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
    times = measure(
        {
            "SET": (lambda: redis.set("key", KILOBYTE), 100),
            "get_metadata": (lambda: client.files_get_metadata("/Apps/report/a.txt"), 100),
            "upload": (lambda: client.files_upload(KILOBYTE, f"/up/{next(fresh)}.txt"), 100),
            "download": (lambda: client.files_download("/Apps/report/a.txt")[1].content, 100),
            "move": (move, 100),
            "refused": (refused, 100),
            "by hand": (lambda: files.FileMetadata(**by_hand), 100),
            "list 2,000": (lambda: client.files_list_folder("/many", limit=2000), 1),
            "bare list 2,000": (lambda: bare_listing.files_list_folder("/many", limit=2000), 1),
            "bare get_metadata": (
                lambda: bare_metadata.files_get_metadata("/Apps/report/a.txt"),
                30,
            ),
            "SDK get_metadata": (lambda: sdk_client.files_get_metadata("/Apps/report/a.txt"), 30),
            "link metadata": (lambda: client.sharing_get_shared_link_metadata(link), 100),
            "link content": (lambda: client.sharing_get_shared_link_file(link)[1].content, 100),
            "SDK list 2,000": (lambda: sdk_client.files_list_folder("/many", limit=2000), 1),
        }
    )
    rows = [
        ("direct get_metadata", "get_metadata", "SET", 0.5),
        ("direct upload 1 KB", "upload", "SET", 0.5),
        ("direct download 1 KB", "download", "SET", 0.5),
        ("direct move", "move", "SET", 0.5),
        ("direct refused call", "refused", "SET", 0.5),
        ("direct list of 2,000", "list 2,000", "SET", None),
        ("direct get_metadata", "get_metadata", "by hand", 2.0),
        ("direct link metadata", "link metadata", "get_metadata", 1.5),
        ("direct link content", "link content", "download", 1.5),
        ("direct list of 2,000", "list 2,000", "bare list 2,000", 0.06),
        ("SDK door get_metadata", "SDK get_metadata", "bare get_metadata", 1.4),
        ("SDK door list of 2,000", "SDK list 2,000", "bare list 2,000", None),
    ]
    print(f"{'what':24} {'µs':>10} {'against':>18} {'µs':>10} {'ratio':>8} {'goal':>6}")
    for title, name, reference, goal in rows:
        ratio = times[name] / times[reference]
        print(
            f"{title:24} {times[name]:10.1f} {reference:>18} {times[reference]:10.1f} "
            f"{ratio:8.3f} {'' if goal is None else goal:>6}"
        )


if __name__ == "__main__":
    main()
