"""A load test of sixteen client processes, optionally with the same load on moto's server (S3).

    python -m tests.benchmarks.load [--seconds 60] [--moto moto_server]

Each server runs alone: ours without and with a state file, and then moto's.

Each client keeps one connection and writes, reads, lists, looks up, renames and deletes small
files of its own; it always knows which files must exist. The program prints the requests per
second and the 99th percentile of their durations. A lost write or an unexpected response ends
the run. Our server uses HTTPS, moto's uses plain HTTP.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import random
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

CLIENTS = 16
START_SECONDS = 1.0
"""The time that the clients have to connect, before all begin together."""
KILOBYTE = b"x" * 1024
SIGNED = (  # moto checks only the form of this header
    "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=x"
)


class Dropbox:
    """A client of our server, with the operations of the load."""

    def __init__(self, environ: dict[str, str], number: int) -> None:
        context = ssl.create_default_context(cafile=environ["SSL_CERT_FILE"])
        host, _, port = environ["DROPBOX_API_HOST"].partition(":")
        self.connection = http.client.HTTPSConnection(host, int(port), context=context)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers = {"Authorization": f"Bearer {environ['DROPBOX_ACCESS_TOKEN']}"}
        self.folder = f"/{number}"

    def ask(self, route: str, arg: object, body: bytes | None = None) -> bytes:
        if body is None:
            sent, headers = json.dumps(arg).encode(), {"Content-Type": "application/json"}
        else:
            sent, headers = body, {"Dropbox-API-Arg": json.dumps(arg)}
            headers |= {"Content-Type": "application/octet-stream"} if body else {}
        self.connection.request("POST", f"/2/files/{route}", sent, {**self.headers, **headers})
        reply = self.connection.getresponse()
        result = reply.read()
        assert reply.status == 200, (route, arg, reply.status, result)
        return result

    def write(self, name: str, body: bytes) -> None:
        self.ask("upload", {"path": f"{self.folder}/{name}", "mode": "overwrite"}, body)

    def read(self, name: str) -> bytes:
        return self.ask("download", {"path": f"{self.folder}/{name}"}, b"")

    def look(self, name: str) -> None:
        self.ask("get_metadata", {"path": f"{self.folder}/{name}"})

    def rename(self, name: str, new: str) -> None:
        here = {"from_path": f"{self.folder}/{name}", "to_path": f"{self.folder}/{new}"}
        self.ask("move_v2", here)

    def delete(self, name: str) -> None:
        self.ask("delete_v2", {"path": f"{self.folder}/{name}"})

    def names(self) -> set[str]:
        page = json.loads(self.ask("list_folder", {"path": self.folder}))
        return {entry["name"] for entry in page["entries"]}


class S3:
    """A client of moto's server, with the same operations as `Dropbox`."""

    def __init__(self, environ: dict[str, str], number: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", int(environ["PORT"]))
        self.bucket = f"/bucket{number}"
        self.ask("PUT", "")

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        headers["Authorization"] = SIGNED
        self.connection.request(method, f"{self.bucket}{path}", body, headers)
        reply = self.connection.getresponse()
        result = reply.read()
        assert reply.status in (200, 204), (method, path, reply.status, result)
        return result

    def write(self, name: str, body: bytes) -> None:
        self.ask("PUT", f"/{name}", body)

    def read(self, name: str) -> bytes:
        return self.ask("GET", f"/{name}")

    def look(self, name: str) -> None:
        self.ask("HEAD", f"/{name}")

    def rename(self, name: str, new: str) -> None:
        self.ask("PUT", f"/{new}", **{"x-amz-copy-source": f"{self.bucket}/{name}"})
        self.ask("DELETE", f"/{name}")

    def delete(self, name: str) -> None:
        self.ask("DELETE", f"/{name}")

    def names(self) -> set[str]:
        page = self.ask("GET", "?list-type=2").decode()
        return {part.partition("</Key>")[0] for part in page.split("<Key>")[1:]}


class Load(NamedTuple):
    """The results of a load.

    ``rate`` is the number of requests per second, ``p99`` the 99th percentile of their durations in
    milliseconds, ``per_cpu_second`` the number of requests per CPU second of the server. A rename
    on S3 counts as one request, although it takes two. On a machine that does something else, too,
    the CPU time says more than the time.
    """

    rate: float
    p99: float
    per_cpu_second: float


def client(
    kind: type[Dropbox | S3], environ: dict[str, str], number: int, begin: float, end: float
) -> list[float]:
    """Run one client from ``begin`` to ``end``; return the duration of each request in seconds."""
    store, chance = kind(environ, number), random.Random(number)  # noqa: S311 -- random load
    expected: dict[str, bytes] = {}
    times: list[float] = []
    count = 0

    def timed(call, *arguments):
        start = time.perf_counter()
        result = call(*arguments)
        times.append(time.perf_counter() - start)
        return result

    time.sleep(max(begin - time.time(), 0))
    while time.time() < end or not times:
        count += 1
        action = chance.choices(
            ("write", "read", "look", "rename", "delete", "list"), (30, 25, 25, 8, 7, 5)
        )[0]
        name = chance.choice(sorted(expected)) if expected else None
        if action == "write" or name is None:
            name = f"{chance.randrange(60)}.txt"
            timed(store.write, name, body := b"%d " % count + KILOBYTE)
            expected[name] = body
        elif action == "read":
            assert timed(store.read, name) == expected[name], f"lost write: {name}"
        elif action == "look":
            timed(store.look, name)
        elif action == "rename":
            timed(store.rename, name, f"renamed {count}".replace(" ", "-"))
            expected[f"renamed-{count}"] = expected.pop(name)
        elif action == "delete":
            timed(store.delete, name)
            del expected[name]
        else:
            assert timed(store.names) == set(expected), "lost write: the listing differs"
    assert {name: store.read(name) for name in expected} == expected, "lost write: the data differs"
    return times


def cpu_seconds(environ: dict[str, str]) -> float:
    """Return the CPU time of a server so far; 0 if the system has no /proc."""
    try:
        fields = Path(f"/proc/{environ['PID']}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(
    kind: type[Dropbox | S3], environ: dict[str, str], seconds: float, clients: int = CLIENTS
) -> Load:
    """Run all clients for some seconds, and return the results.

    On a machine with other load, the CPU time is a better measure than the elapsed time.
    """
    begin = time.time() + START_SECONDS
    before = cpu_seconds(environ)
    with multiprocessing.Pool(clients) as pool:
        jobs = [(kind, environ, number, begin, begin + seconds) for number in range(clients)]
        times = sorted(each for result in pool.starmap(client, jobs) for each in result)
    rate = len(times) / seconds
    used = (cpu_seconds(environ) - before) or seconds
    return Load(rate, times[int(len(times) * 0.99)] * 1000, len(times) / used)


def printed(name: str, found: Load) -> Load:
    """Print a line about the results of a load, and return them."""
    print(
        f"{name:24} {found.rate:8.0f} requests/s   p99 {found.p99:6.1f} ms   "
        f"{found.per_cpu_second:6.0f} requests per CPU second of the server"
    )
    return found


@contextmanager
def fakedropbox_server(*, state: bool) -> Iterator[dict[str, str]]:
    with TemporaryDirectory() as directory:
        file = Path(directory) / "env.json"
        options = ["--state", str(file.with_name("state"))] if state else []
        code = "from fakedropbox.cli import main; main()"
        command = [sys.executable, "-c", code, "serve", "--env-file", str(file), *options]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, **quiet)  # noqa: S603 -- this very interpreter
        while not (file.exists() and file.stat().st_size):
            if process.poll() is not None:
                raise SystemExit(f"fakedropbox serve ended with {process.returncode}")
            time.sleep(0.05)
        yield {**json.loads(file.read_text()), "PID": str(process.pid)}
        process.terminate()
        process.wait()


@contextmanager
def moto_server(program: str) -> Iterator[dict[str, str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        process = subprocess.Popen([program, "-p", str(port)], **quiet)  # noqa: S603 -- a program named by the caller
    except OSError as error:
        raise SystemExit(
            f"--moto: expected the program moto_server of moto[server], got {program!r}: {error}"
        ) from None
    deadline = time.monotonic() + 60
    while True:
        if time.monotonic() > deadline:
            process.kill()
            raise SystemExit(f"--moto: {program!r} did not listen on port {port} in 60 seconds")
        if process.poll() is not None:
            raise SystemExit(
                f"--moto: expected the program moto_server of moto[server], got {program!r}, "
                f"which ended with {process.returncode}"
            )
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    try:
        yield {"PORT": str(port), "PID": str(process.pid)}
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--moto", default="")
    arguments = parser.parse_args()
    rates = {}
    for state in (False, True):
        name = "with --state" if state else "without --state"
        with fakedropbox_server(state=state) as environ:
            rates[name] = printed(name, load(Dropbox, environ, arguments.seconds))
    if arguments.moto:
        with moto_server(arguments.moto) as environ:
            moto = printed("moto", load(S3, environ, arguments.seconds))
        for name, found in rates.items():
            print(f"ratio {name}: {found.per_cpu_second / moto.per_cpu_second:.1f}")


if __name__ == "__main__":
    main()
