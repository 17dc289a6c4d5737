"""Sixteen client processes at once, and beside it the same load on moto's server (S3).

    python tests/benchmarks/load.py [--seconds 60] [--moto moto_server]

Each client keeps one connection and writes, reads, lists, looks up, renames and deletes
small files of its own; it knows at every moment what has to be there. Printed are requests
per second and the 99th percentile of their times; a write that was acknowledged and is not
there, or an answer that was not due, ends the run. Ours are HTTPS, moto's are plain HTTP.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
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

CLIENTS = 16
KILOBYTE = b"x" * 1024
SIGNED = (  # moto looks at the form only
    "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=x"
)


class Dropbox:
    """The operations, on our server."""

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
        found = reply.read()
        assert reply.status == 200, (route, arg, reply.status, found)
        return found

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
    """The same operations, on moto's."""

    def __init__(self, environ: dict[str, str], number: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", int(environ["PORT"]))
        self.bucket = f"/bucket{number}"
        self.ask("PUT", "")

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        headers["Authorization"] = SIGNED
        self.connection.request(method, f"{self.bucket}{path}", body, headers)
        reply = self.connection.getresponse()
        found = reply.read()
        assert reply.status in (200, 204), (method, path, reply.status, found)
        return found

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


def client(
    kind: type[Dropbox | S3], environ: dict[str, str], number: int, end: float
) -> list[float]:
    """One client until ``end``; gives back how long each request took, in seconds."""
    store, chance = kind(environ, number), random.Random(number)  # noqa: S311 -- a load
    there: dict[str, bytes] = {}
    times: list[float] = []
    count = 0

    def timed(call, *arguments):
        began = time.perf_counter()
        found = call(*arguments)
        times.append(time.perf_counter() - began)
        return found

    while time.time() < end:
        count += 1
        act = chance.choices(
            ("write", "read", "look", "rename", "delete", "list"), (30, 25, 25, 8, 7, 5)
        )[0]
        name = chance.choice(sorted(there)) if there else None
        if act == "write" or name is None:
            name = f"{chance.randrange(60)}.txt"
            timed(store.write, name, body := b"%d " % count + KILOBYTE)
            there[name] = body
        elif act == "read":
            assert timed(store.read, name) == there[name], "a lost write"
        elif act == "look":
            timed(store.look, name)
        elif act == "rename":
            timed(store.rename, name, f"renamed {count}".replace(" ", "-"))
            there[f"renamed-{count}"] = there.pop(name)
        elif act == "delete":
            timed(store.delete, name)
            del there[name]
        else:
            assert timed(store.names) == set(there), "a lost write"
    assert {name: store.read(name) for name in there} == there, "a lost write"
    return times


def load(kind: type[Dropbox | S3], environ: dict[str, str], seconds: float) -> float:
    """Run all clients, print what came of it, and give back the requests per second."""
    end = time.time() + seconds + 1
    with multiprocessing.Pool(CLIENTS) as pool:
        jobs = [(kind, environ, number, end) for number in range(CLIENTS)]
        times = sorted(each for found in pool.starmap(client, jobs) for each in found)
    rate = len(times) / seconds
    p99 = times[int(len(times) * 0.99)] * 1000
    print(f"{kind.__name__:8} {rate:8.0f} requests/s   p99 {p99:6.1f} ms")
    return rate


@contextmanager
def ours() -> Iterator[dict[str, str]]:
    with TemporaryDirectory() as directory:
        file = Path(directory) / "env.json"
        code = "from fakedropbox.cli import main; main()"
        command = [sys.executable, "-c", code, "serve", "--env-file", str(file)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 -- this very interpreter
        while not file.exists():
            if process.poll() is not None:
                raise SystemExit(f"fakedropbox serve ended with {process.returncode}")
            time.sleep(0.05)
        yield json.loads(file.read_text())
        process.terminate()
        process.wait()


@contextmanager
def motos(program: str) -> Iterator[dict[str, str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([program, "-p", str(port)], **quiet)  # noqa: S603 -- what the caller named
    while True:
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
    yield {"PORT": str(port)}
    process.terminate()
    process.wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--moto", default="")
    given = parser.parse_args()
    with ours() as environ:
        rate = load(Dropbox, environ, given.seconds)
    if given.moto:
        with motos(given.moto) as environ:
            print(f"ratio {rate / load(S3, environ, given.seconds):.1f}")


if __name__ == "__main__":
    main()
