"""Tests of our fixtures beside `fs` of pyfakefs: only `local_queue` has to come after it."""

from pathlib import Path

import dropbox
import pytest
import requests
from tests.support.both_doors import token_of

from fakedropbox._base.real_files import real_files

ORDERS = pytest.mark.parametrize("fs_first", [True, False])


def requested(request, name, fs_first):
    """Request a fixture and `fs` in one of the two orders, and return both values."""
    names = ["fs", name] if fs_first else [name, "fs"]
    values = {each: request.getfixturevalue(each) for each in names}
    return values[name], values["fs"]


def copy_both_ways(dbx, fs):
    """Copy a file from the file system in memory to Dropbox, and back."""
    fs.create_file("/data/a.txt", contents="hello")
    dbx.files_upload(Path("/data/a.txt").read_bytes(), "/a.txt")
    dbx.files_download_to_file("/data/b.txt", "/a.txt")
    assert Path("/data/b.txt").read_text() == "hello"


@ORDERS
def test_a_direct_client_works_beside_pyfakefs(request, fs_first):
    copy_both_ways(*requested(request, "fake_dropbox", fs_first))


@ORDERS
@pytest.mark.parametrize(
    "name", ["dropbox_service", "module_dropbox_service", "session_dropbox_service"]
)
def test_a_service_works_beside_pyfakefs(request, name, fs_first):
    service, fs = requested(request, name, fs_first)
    with service.scratch():
        copy_both_ways(service.client(), fs)


@ORDERS
def test_an_active_service_works_beside_pyfakefs(request, fs_first):
    service, fs = requested(request, "dropbox_active", fs_first)
    with dropbox.Dropbox(**token_of(service)) as dbx:
        copy_both_ways(dbx, fs)
    assert len(service.calls) == 2


@ORDERS
def test_a_factory_of_services_works_beside_pyfakefs(request, fs_first):
    make, fs = requested(request, "dropbox_services", fs_first)
    copy_both_ways(make().client(), fs)


@ORDERS
@pytest.mark.parametrize("name", ["dropbox_calls", "dropbox_faults", "dropbox_clock"])
def test_fixtures_for_parts_of_the_service_work_beside_pyfakefs(request, name, fs_first):
    part, _ = requested(request, name, fs_first)
    assert part is getattr(request.getfixturevalue("dropbox_service"), name.partition("_")[2])


def test_a_server_that_begins_after_pyfakefs_can_be_used(fs, dropbox_server, dropbox_service):
    """Check that a server starts while pyfakefs is active, and can be used inside."""
    check_server(fs, dropbox_server, dropbox_service)


def test_a_server_that_began_before_pyfakefs_can_be_used(dropbox_server, fs, dropbox_service):
    check_server(fs, dropbox_server, dropbox_service)


def test_serve_works_while_pyfakefs_is_active(fs, dropbox_service):
    with dropbox_service.serve() as server:
        check_server(fs, server, dropbox_service)
    with real_files():
        assert not server.ca_file.parent.exists()
    assert fs.exists("/")


def check_server(fs, server, service):
    fs.add_real_file(server.ca_file)
    with real_files(), real_files():
        assert server.ca_file.exists()
    assert not fs.exists(server.certificates.java_trust_store)
    response = requests.post(
        f"{server.url}/2/files/list_folder",
        headers={"Authorization": f"Bearer {service.login.access_token}"},
        json={"path": ""},
        verify=str(server.ca_file),
        timeout=30,
    )
    assert response.json()["entries"] == []


@ORDERS
@pytest.mark.parametrize("name", ["dropbox_provider", "local_provider"])
def test_a_provider_works_beside_pyfakefs(request, name, fs_first, backend_config):
    provider, _ = requested(request, name, fs_first)
    provider.upload_config(backend_config, "fermions")
    job_id = provider.upload_job({"experiment_0": {"shots": 1}}, "fermions", "ada")
    assert provider.get_next_job_in_queue("fermions").job_id == job_id
    stored = [path.name for path in Path("/").rglob("job-*.json")]
    assert stored == ([f"job-{job_id}.json"] if name == "local_provider" else [])


@pytest.mark.parametrize(
    ("name", "fs_first"), [("dropbox_queue", True), ("dropbox_queue", False), ("local_queue", True)]
)
def test_a_queue_works_beside_pyfakefs(request, name, fs_first):
    queue, _ = requested(request, name, fs_first)
    job_id = queue.submit({"experiment_0": {"shots": 1}})
    assert queue.step() == job_id
