"""Tests of the server's memory use: large files are uploaded and downloaded in chunks."""

import http.client
import json
import ssl
from pathlib import Path

import pytest
from tests.support.commands import serving

CHUNK = bytes(range(256)) * 4096 * 10


def peak(process):
    """Return the largest memory use of a process so far, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.skipif(
    not Path("/proc/self/status").exists(),
    reason="this system has no /proc, which shows the memory use",
)
@pytest.mark.parametrize(
    ("chunks", "state", "megabytes"),
    [
        pytest.param(6, False, 60, id="60 MB"),
        pytest.param(30, False, 150, id="300 MB", marks=pytest.mark.campaign),
        pytest.param(30, True, 150, id="300 MB, kept", marks=pytest.mark.campaign),
    ],
)
def test_an_upload_session_and_a_download_need_limited_memory(tmp_path, chunks, state, megabytes):
    options = ("--state", str(tmp_path / "state")) if state else ()
    with serving(tmp_path, *options) as (process, environ):
        context = ssl.create_default_context(cafile=environ["SSL_CERT_FILE"])
        host, _, port = environ["DROPBOX_API_HOST"].partition(":")
        connection = http.client.HTTPSConnection(host, int(port), context=context)

        def ask(route, arg, body=b""):
            headers = {
                "Authorization": f"Bearer {environ['DROPBOX_ACCESS_TOKEN']}",
                "Dropbox-API-Arg": json.dumps(arg),
            }
            if route != "download":
                headers["Content-Type"] = "application/octet-stream"
            connection.request("POST", f"/2/files/{route}", body, headers)
            reply = connection.getresponse()
            assert reply.status == 200
            return reply

        before = peak(process)
        start = ask("upload_session/start", {})
        session = {"session_id": json.loads(start.read())["session_id"], "offset": 0}
        for _ in range(chunks):
            ask("upload_session/append_v2", {"cursor": session}, CHUNK).read()
            session["offset"] += len(CHUNK)
        arg = {"cursor": session, "commit": {"path": "/big"}}
        meta = json.loads(ask("upload_session/finish", arg).read())
        assert meta["size"] == chunks * len(CHUNK)
        download, size = ask("download", {"path": "/big"}), 0
        while chunk := download.read(1024 * 1024):
            size += len(chunk)
        assert size == meta["size"]
        extra = (peak(process) - before) / 1_000_000
        print(f"{size / 1e6:.0f} MB uploaded and downloaded: {extra:.0f} MB of memory")
        connection.close()
    assert extra < megabytes
