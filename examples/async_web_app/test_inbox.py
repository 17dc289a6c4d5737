"""Tests of the web application, offline: the unmodified SDK talks to a Dropbox in memory."""

import asyncio

import httpx
import pytest
from inbox import create_app

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.dropbox(files={"/inbox/old.txt": b"old"}, sleep="virtual"),
]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def web(dropbox_active, monkeypatch):
    """A client of the application, which it calls without a network."""
    monkeypatch.setenv("DROPBOX_TOKEN", dropbox_active.login.access_token)
    transport = httpx.ASGITransport(app=create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://inbox") as web:
        yield web


async def test_an_upload_is_kept_in_dropbox(web, dropbox_service):
    reply = await web.put("/files/new.txt", content=b"new")
    assert (reply.status_code, reply.json()) == (201, {"name": "new.txt", "size": 3})
    assert dropbox_service.files == {"/inbox/old.txt": b"old", "/inbox/new.txt": b"new"}


async def test_a_listing_has_all_files(web, dropbox_service):
    dropbox_service.seed_files({f"/inbox/{number}.txt": b"x" * number for number in range(3)})
    files = (await web.get("/files")).json()["files"]
    assert files == {"0.txt": 0, "1.txt": 1, "2.txt": 2, "old.txt": 3}


async def test_a_second_file_of_the_same_name_is_refused(web, dropbox_service):
    reply = await web.put("/files/old.txt", content=b"another")
    assert reply.status_code == 409
    assert dropbox_service.files == {"/inbox/old.txt": b"old"}


async def test_uploads_at_the_same_time_are_all_kept(web, dropbox_service):
    names = [f"{number}.txt" for number in range(10)]
    await asyncio.gather(*(web.put(f"/files/{name}", content=b"x") for name in names))
    assert dropbox_service.files.keys() >= {f"/inbox/{name}" for name in names}


async def test_the_application_waits_as_long_as_dropbox_asks_for(
    web, dropbox_faults, dropbox_clock
):
    dropbox_faults.rate_limit("files/upload", times=2, retry_after=300)
    before = dropbox_clock.time()
    assert (await web.put("/files/new.txt", content=b"new")).status_code == 201
    assert dropbox_clock.time() - before == 600  # virtual seconds


async def test_an_upload_ends_the_wait_for_changes(web, dropbox_clock):
    cursor = (await web.get("/files")).json()["cursor"]
    waiting = asyncio.create_task(web.get("/changes", params={"since": cursor}))
    await web.put("/files/new.txt", content=b"new")
    assert (await waiting).json() == {"changes": True}


async def test_the_wait_for_changes_ends_without_one(web, dropbox_clock):
    cursor = (await web.get("/files")).json()["cursor"]
    before = dropbox_clock.time()
    assert (await web.get("/changes", params={"since": cursor})).json() == {"changes": False}
    assert dropbox_clock.time() - before == 30
