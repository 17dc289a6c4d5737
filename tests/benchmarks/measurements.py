"""The measurements of the page of benchmarks, each of which runs in a process of its own.

    python -m tests.benchmarks.measurements NAME [--quick]

It prints the figures of one measurement as JSON, by the keys of `data/figures.csv` and
`data/peers.csv`. Nothing of fakedropbox is imported before the measurement begins, because the
time of this import is one of the figures.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread

from tests.benchmarks.timing import fastest, minima, seconds_of

KILOBYTE = b"x" * 1024
PER_FOLDER = 1000
"""The number of files in each folder of a large account."""

Figures = dict[str, float]
"""The values that a measurement has found, by their keys."""

MEASUREMENTS: dict[str, Callable[[bool], Figures]] = {}
"""The measurements by name, in the order in which they run; each takes True for a quick run."""


class MissingPeerError(Exception):
    """A package with which fakedropbox is compared is not installed."""


def measurement(measure: Callable[[bool], Figures]) -> Callable[[bool], Figures]:
    """Add a function to `MEASUREMENTS`."""
    MEASUREMENTS[measure.__name__] = measure
    return measure


@contextmanager
def peer(package: str) -> Iterator[None]:
    """Turn a failed import in the context into an error that says what to install.

    Raises:
        MissingPeerError: a module cannot be imported.
    """
    try:
        yield
    except ImportError as error:
        raise MissingPeerError(
            f"{package} is not installed ({error}); install it with `pip install '{package}'`"
        ) from error


@measurement
def import_time(quick: bool) -> Figures:
    """Measure the seconds that the import of the service takes once the SDK is imported.

    The command of the page imports it once before, so that no module is compiled here: the
    installation of a package compiles its modules, too.
    """
    import dropbox  # noqa: F401 -- its time is not measured

    start = time.process_time()
    from fakedropbox import FakeDropboxService  # noqa: F401 -- its time is measured

    return {"import": time.process_time() - start}


@measurement
def calls(quick: bool) -> Figures:
    """Measure calls as ratios to the reference calls of `ratios.RATIOS`."""
    with peer("fakeredis"):
        from tests.benchmarks import ratios

    sizes = {"rounds": 2, "entries": 20} if quick else {}
    times = ratios.measured(**sizes)
    return {each.key: times[each.call] / times[each.reference] for each in ratios.RATIOS}


@measurement
def folder_move(quick: bool) -> Figures:
    """Measure the move of a folder of 10,000 files, in milliseconds."""
    from fakedropbox import FakeDropboxService

    files = 100 if quick else 10_000
    client = FakeDropboxService(files={f"/a0/{n}.txt": b"" for n in range(files)}).client()
    moves = count()

    def move() -> None:
        number = next(moves)
        client.files_move_v2(f"/a{number}", f"/a{number + 1}")

    return {"folder_move": fastest(move, 10) * 1e3}


@measurement
def growth(quick: bool) -> Figures:
    """Measure how much longer common calls take in an account of 1,000,000 files than of 1,000."""
    few, many = (1_000, 2_000) if quick else (1_000, 1_000_000)
    small, large = in_account_of(few), in_account_of(many)
    rounds = 2 if quick else 200
    ratios = [fastest(large[name], rounds) / fastest(small[name], rounds) for name in small]
    return {"growth": max(ratios)}


def in_account_of(size: int) -> dict[str, Callable[[], object]]:
    """Return common calls by name, in an account of ``size`` files."""
    from fakedropbox import FakeDropboxService

    paths = [f"/{number // PER_FOLDER}/{number}.txt" for number in range(size)]
    client = FakeDropboxService(files=dict.fromkeys(paths, b""), max_calls=1).client()
    fresh = count()
    listed = client.files_list_folder(f"/{(size - 1) // PER_FOLDER}", limit=500).cursor
    latest = client.files_list_folder_get_latest_cursor("", recursive=True).cursor

    def change_and_continue() -> None:
        nonlocal latest
        client.files_upload(b"", f"/new/{next(fresh)}.txt")
        latest = client.files_list_folder_continue(latest).cursor

    return {
        "upload": lambda: client.files_upload(KILOBYTE, f"/up/{next(fresh)}.txt"),
        "get_metadata": lambda: client.files_get_metadata(paths[size // 2]),
        "page": lambda: client.files_list_folder("/0", limit=500),
        "next page": lambda: client.files_list_folder_continue(listed),
        "one change": change_and_continue,
    }


@measurement
def memory_seeded(quick: bool) -> Figures:
    """Measure the memory of a small seeded file with the same content as others, in bytes."""
    from fakedropbox import FakeDropboxService

    number = files_for(quick)
    paths = {f"/{n // PER_FOLDER}/file {n}.txt": b"hello" for n in range(number)}
    FakeDropboxService(files={"/a.txt": b""}).client().files_get_metadata("/a.txt")
    with memory() as kept:
        service = FakeDropboxService(files=paths)
        found = kept()
    assert len(service.files) == number
    return {"memory_seeded": found / number}


@measurement
def memory_uploaded(quick: bool) -> Figures:
    """Measure the memory of a small uploaded file with a content of its own, in bytes."""
    from fakedropbox import FakeDropboxService

    number, service = files_for(quick), FakeDropboxService()
    service.calls.recording = False
    client = service.client()
    client.files_upload(b"", "/a.txt")
    with memory() as kept:
        for n in range(number):
            client.files_upload(b"%d" % n, f"/{n // PER_FOLDER}/file {n}.txt")
        return {"memory_uploaded": kept() / number}


@measurement
def memory_revisions(quick: bool) -> Figures:
    """Measure the memory of a kept revision, in bytes, while calls are not recorded."""
    return {"memory_revisions": bytes_of_a_revision(files_for(quick), recording=False)}


@measurement
def memory_recorded(quick: bool) -> Figures:
    """Measure the memory of a kept revision and of the record of its call, in bytes."""
    return {"memory_recorded": bytes_of_a_revision(files_for(quick), recording=True)}


def bytes_of_a_revision(number: int, *, recording: bool) -> float:
    """Overwrite files with the same few contents; return the bytes of memory that a call keeps."""
    from dropbox.files import WriteMode

    from fakedropbox import FakeDropboxService

    files = {f"/{n}.txt": b"" for n in range(PER_FOLDER)}
    service = FakeDropboxService(files=files, max_calls=None)  # no record may be dropped
    service.calls.recording = recording
    client = service.client()
    client.files_upload(b"", "/0.txt", mode=WriteMode.overwrite)
    with memory() as kept:
        for n in range(number):
            content = b"%d" % (n // PER_FOLDER % 2)
            client.files_upload(content, f"/{n % PER_FOLDER}.txt", mode=WriteMode.overwrite)
        return kept() / number


def files_for(quick: bool) -> int:
    """Return the number of files or revisions with which the memory is measured."""
    return 3_000 if quick else 20_000


@contextmanager
def memory() -> Iterator[Callable[[], int]]:
    """Yield a function that returns the bytes that were allocated in the context and are in use.

    The memory of the process would not do: it has also what is free again, such as the inverses of
    the changes of a seed, which are needed only until it is complete.
    """
    gc.collect()
    tracemalloc.start()

    def kept() -> int:
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    try:
        yield kept
    finally:
        tracemalloc.stop()


@measurement
def threads(quick: bool) -> Figures:
    """Measure the calls per second of two threads with one service, as a ratio to one thread."""
    from fakedropbox import FakeDropboxService

    service = FakeDropboxService(max_calls=1)
    number, rounds = (20, 1) if quick else (200, 100)

    def work(name: str) -> None:
        client = service.client()
        for turn in range(number):
            client.files_upload(KILOBYTE, f"/{name}/{turn % 100}.txt", mute=True)
            client.files_get_metadata(f"/{name}/{turn % 100}.txt")

    def together(names: str) -> None:
        working = [Thread(target=work, args=(name,)) for name in names]
        for thread in working:
            thread.start()
        for thread in working:
            thread.join()

    work("warm")
    service.client().files_delete_v2("/warm")
    best = dict.fromkeys(("a", "bc"), float("inf"))
    for _ in range(rounds):
        for names in best:
            best[names] = min(best[names], seconds_of(partial(together, names)))
    return {"threads": 2 * best["a"] / best["bc"]}


@measurement
def schedules(quick: bool) -> Figures:
    """Measure the schedules per second: of random ones, and of a search that runs all of them."""
    from tests.benchmarks import schedules

    if quick:
        return {"schedules": schedules.rate(10, 1), "explored": schedules.explored(True)[1]}
    return {"schedules": schedules.rate(1000, 2), "explored": schedules.explored(False)[1]}


@measurement
def campaign(quick: bool) -> Figures:
    """Measure how much faster a campaign is in two processes than in one, including their start."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from tests.benchmarks.schedules import at_random

    from fakedropbox.simulate import campaign

    seeds = range(4) if quick else range(6_000)

    def spent(processes: int) -> float:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as executor:
            return seconds_of(
                lambda: campaign(at_random, seeds, executor=executor, chunk=len(seeds) // 4)
            )

    return {"campaign": spent(1) / spent(2)}


@measurement
def server(quick: bool) -> Figures:
    """Measure the requests per second to a server, without and with a state file."""
    from tests.benchmarks import load

    found: Figures = {}
    for state, key in ((False, "server"), (True, "server_state")):
        with load.fakedropbox_server(state=state) as environ:
            loaded = load.load(load.Dropbox, environ, *duration(quick))
        found[key], found[f"{key}_p99"] = loaded.rate, loaded.p99
        found[f"{key}_cpu"] = loaded.per_cpu_second
    return found


@measurement
def moto_server(quick: bool) -> Figures:
    """Measure the requests per second to moto's server."""
    from tests.benchmarks import load

    with peer("moto[server]"):
        import flask  # noqa: F401 -- the server needs it
        import moto  # noqa: F401 -- the server is a part of it
    program = str(Path(sys.executable).with_name("moto_server"))
    with load.moto_server(program) as environ:
        loaded = load.load(load.S3, environ, *duration(quick))
    return {"moto_server_cpu": loaded.per_cpu_second, "moto_server": loaded.rate}


def duration(quick: bool) -> tuple[float, int]:
    """Return the seconds of a load on a server, and the number of clients."""
    from tests.benchmarks import load

    return (0.3, 2) if quick else (6.0, load.CLIENTS)


@measurement
def in_memory(quick: bool) -> Figures:
    """Measure single calls of fakedropbox, fakeredis and a MagicMock, in microseconds."""
    with peer("fakeredis"):
        import fakeredis
    from unittest.mock import MagicMock

    from fakedropbox import FakeDropboxService

    client, redis, mock = FakeDropboxService().client(), fakeredis.FakeRedis(), MagicMock()
    fresh = count()
    client.files_upload(KILOBYTE, "/a.txt")
    redis.set("key", KILOBYTE)
    return minima(
        {
            "fakedropbox_write": (lambda: client.files_upload(KILOBYTE, f"/{next(fresh)}"), 100),
            "fakedropbox_read": (lambda: client.files_download("/a.txt")[1].content, 100),
            "fakeredis_write": (lambda: redis.set(str(next(fresh)), KILOBYTE), 100),
            "fakeredis_read": (lambda: redis.get("key"), 100),
            "mock_write": (lambda: mock.files_upload(KILOBYTE, "/a.txt"), 100),
            "mock_read": (lambda: mock.files_download("/a.txt"), 100),
        },
        2 if quick else 50,
    )


@measurement
def pyfakefs_files(quick: bool) -> Figures:
    """Measure writes and reads of files in the memory of pyfakefs, in microseconds."""
    with peer("pyfakefs"):
        from pyfakefs.fake_filesystem_unittest import Patcher
    fresh = count()
    with Patcher() as patcher:
        patcher.fs.create_file("/a.txt", contents=KILOBYTE)
        return minima(
            {
                "pyfakefs_write": (lambda: Path(f"/{next(fresh)}").write_bytes(KILOBYTE), 50),
                "pyfakefs_read": (Path("/a.txt").read_bytes, 50),
            },
            2 if quick else 50,
        )


@measurement
def moto_s3(quick: bool) -> Figures:
    """Measure writes and reads of objects in moto's S3 by the unmodified boto3, in microseconds."""
    with peer("moto[s3]"):
        import boto3
        from moto import mock_aws
    fresh = count()
    with mock_aws():
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        s3 = boto3.client("s3", region_name="us-east-1", **keys)
        s3.create_bucket(Bucket="bucket")
        s3.put_object(Bucket="bucket", Key="a", Body=KILOBYTE)

        def write() -> None:
            s3.put_object(Bucket="bucket", Key=str(next(fresh)), Body=KILOBYTE)

        def read() -> None:
            s3.get_object(Bucket="bucket", Key="a")["Body"].read()

        return minima({"moto_write": (write, 10), "moto_read": (read, 10)}, 2 if quick else 20)


def main() -> None:
    name, *options = sys.argv[1:]
    try:
        print(json.dumps(MEASUREMENTS[name]("--quick" in options)))
    except MissingPeerError as missing:
        print(json.dumps({"missing": str(missing)}))


if __name__ == "__main__":
    main()
