"""A user's typed test file with every fixture; mypy --strict and pyright have to accept it.

`tests/project/test_types.py` runs the tests, and compares the types with those of the reference.
"""

from __future__ import annotations

import asyncio
import unittest
from collections.abc import Callable
from typing import assert_type

import dropbox  # type: ignore[import-untyped]
import pytest

from dropspool import (
    BackendConfigSchemaIn,
    DropboxLoginInformation,
    DropboxProviderExtended,
    LocalProvider,
)
from dropspool.testing import SimulatedQueue
from fakedropbox import FakeDropbox, FakeDropboxService, ManualClock, mock_dropbox
from fakedropbox.calls import Calls
from fakedropbox.faults import Fault, FaultPlan
from fakedropbox.server import Server


def test_a_client_has_its_type(
    fake_dropbox: FakeDropbox, dropbox_service: FakeDropboxService
) -> None:
    fake_dropbox.files_upload(b"1", "/a.txt")
    assert_type(dropbox_service.files, dict[str, bytes])
    assert dropbox_service.files == {"/a.txt": b"1"}


def test_an_active_service_has_its_type(dropbox_active: FakeDropboxService) -> None:
    dropbox.Dropbox(dropbox_active.login.access_token).files_upload(b"1", "/a.txt")
    assert_type(dropbox_active.read("/a.txt"), bytes)


def test_parts_of_a_service_have_their_types(
    dropbox_calls: Calls, dropbox_faults: FaultPlan, dropbox_clock: ManualClock
) -> None:
    assert_type(dropbox_faults.slow("files/upload", 1.5, optional=True), Fault)
    dropbox_clock.set(dropbox_clock.now())
    dropbox_clock.advance(2)
    assert [record.route for record in dropbox_calls] == []


def test_services_for_several_tests_have_their_types(
    module_dropbox_service: FakeDropboxService, session_dropbox_service: FakeDropboxService
) -> None:
    with module_dropbox_service.scratch() as service, session_dropbox_service.scratch():
        assert_type(service.client(), FakeDropbox)


def test_the_factory_of_services_has_its_type(
    dropbox_services: Callable[..., FakeDropboxService],
) -> None:
    assert dropbox_services(seed=3, files={"/a.txt": b"1"}).read("/a.txt") == b"1"


def test_a_server_has_its_type(dropbox_server: Server[FakeDropboxService]) -> None:
    assert_type(dropbox_server.service, FakeDropboxService)
    assert_type(dropbox_server.environ, dict[str, str])


def test_providers_have_their_types(
    dropbox_login: DropboxLoginInformation,
    dropbox_provider: DropboxProviderExtended,
    local_provider: LocalProvider,
    backend_config: BackendConfigSchemaIn,
) -> None:
    assert dropbox_login.app_key == dropbox_provider.app_key
    local_provider.upload_config(backend_config, "fermions")
    assert_type(local_provider.get_backends(), list[str])


def test_queues_have_their_types(
    dropbox_queue: SimulatedQueue, local_queue: SimulatedQueue
) -> None:
    for queue in (dropbox_queue, local_queue):
        assert queue.step() is None


# `mock_dropbox` keeps the signature of what it decorates.


@mock_dropbox
def size(path: str, *, dropbox_service: FakeDropboxService | None = None) -> int:
    assert dropbox_service is not None
    dropbox_service.seed_files({path: b"1"})
    return len(dropbox_service.read(path))


@mock_dropbox(files={"/a.txt": b"12"})
async def later(path: str, token: str = "") -> str:
    await asyncio.sleep(0)
    return path + token


@mock_dropbox(seed=7)
class Suite(unittest.TestCase):
    dropbox_service: FakeDropboxService
    number: int = 7

    def test_the_service_of_a_test_case_has_its_type(self) -> None:
        assert_type(self.dropbox_service.client(), FakeDropbox)


def test_decorated_objects_keep_their_types() -> None:
    assert_type(size("/a.txt"), int)
    assert_type(asyncio.run(later("/a.txt", token="!")), str)
    assert_type(Suite.number, int)
    with mock_dropbox(files={"/a.txt": b"12"}) as service:
        assert_type(service, FakeDropboxService)


def test_wrong_calls_are_type_errors() -> None:
    with pytest.raises(TypeError):
        size(path=1, other=2)  # type: ignore[arg-type, call-arg]  # pyright: ignore[reportArgumentType, reportCallIssue]
    plan = FakeDropboxService().faults
    with pytest.raises(AttributeError):
        _ = plan.timeout  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
