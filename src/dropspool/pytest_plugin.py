"""Fixtures for tests of code that uses a storage provider; they build on `fakedropbox`'s.

pytest loads this module in every run on the machine, so nothing heavy is
imported before a fixture is requested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from dropspool.clock import Clock
    from dropspool.providers.dropbox import DropboxProviderExtended
    from dropspool.providers.local import LocalProvider
    from dropspool.schemas import BackendConfigSchemaIn, DropboxLoginInformation
    from dropspool.testing.queue import SimulatedQueue
    from fakedropbox import FakeDropboxService

# So that a failing assertion of the contract shows the values that it compared.
pytest.register_assert_rewrite("dropspool.testing")


@pytest.fixture
def dropbox_login(dropbox_service: FakeDropboxService) -> DropboxLoginInformation:
    """The login of the default account of the fake Dropbox."""
    from dropspool.schemas import DropboxLoginInformation

    return DropboxLoginInformation.model_validate(dropbox_service.login, from_attributes=True)


@pytest.fixture
def dropbox_provider(
    dropbox_service: FakeDropboxService,
    dropbox_active: object,  # noqa: ARG001 -- requested so that the SDK talks to the fake
    dropbox_login: DropboxLoginInformation,
) -> DropboxProviderExtended:
    """The provider ``fake`` on the fake Dropbox and its clock, through the unmodified SDK."""
    from dropspool.providers.dropbox import DropboxProviderExtended

    return DropboxProviderExtended(dropbox_login, "fake", clock=dropbox_service.clock)


@pytest.fixture
def _dropspool_folder(request: pytest.FixtureRequest) -> Path:
    """A temporary folder of the test, in the file system of pyfakefs while that is active."""
    from fakedropbox._base.real_files import real_files

    with real_files():  # where pytest looks for the folders of earlier runs
        tmp_path: Path = request.getfixturevalue("tmp_path")
    base = tmp_path / "dropspool"
    base.mkdir(parents=True, exist_ok=True)
    return base


@pytest.fixture
def local_provider(_dropspool_folder: Path, dropbox_service: FakeDropboxService) -> LocalProvider:
    """The provider ``local`` in a temporary folder of the test, with the fake's clock.

    The clock also gives the times of the files, so that a lease ends when the test advances it.
    """
    return _local(_dropspool_folder, dropbox_service.clock)


def _local(base: Path, clock: Clock) -> LocalProvider:
    from dropspool.providers.local import LocalProvider
    from dropspool.schemas import LocalLoginInformation

    login = LocalLoginInformation(base_path=str(base))
    return LocalProvider(login, clock=clock, file_clock=clock)


@pytest.fixture
def backend_config() -> BackendConfigSchemaIn:
    """The configuration of a backend named ``fermions``."""
    from dropspool.schemas import BackendConfigSchemaIn

    return BackendConfigSchemaIn(
        description="Fermions in a tweezer.",
        version="1.2.3",
        display_name="fermions",
        cold_atom_type="fermion",
        gates=[{"name": "fhop", "parameters": ["j_i"], "description": "Hopping"}],
        max_experiments=10,
        max_shots=1000,
        simulator=True,
        supported_instructions=["load", "fhop", "measure"],
        num_wires=8,
        wire_order="interleaved",
        num_species=2,
        operational=True,
    )


@pytest.fixture
def dropbox_queue(
    dropbox_service: FakeDropboxService,
    dropbox_active: object,  # noqa: ARG001 -- requested so that the SDK talks to the fake
    dropbox_login: DropboxLoginInformation,
    backend_config: BackendConfigSchemaIn,
) -> SimulatedQueue:
    """A queue on the fake Dropbox: a provider, a backend, and a worker that runs step by step.

    The backend is that of `backend_config`, which a test may override.
    """
    from dropspool.providers.dropbox import DropboxProviderExtended
    from dropspool.testing.queue import SimulatedQueue

    clock = dropbox_service.clock
    return SimulatedQueue(
        lambda: DropboxProviderExtended(dropbox_login, "fake", clock=clock), backend_config, clock
    )


@pytest.fixture
def local_queue(
    _dropspool_folder: Path,
    dropbox_service: FakeDropboxService,
    backend_config: BackendConfigSchemaIn,
) -> SimulatedQueue:
    """A queue in a temporary folder, as `dropbox_queue` is on the fake Dropbox."""
    from dropspool.testing.queue import SimulatedQueue

    base, clock = _dropspool_folder, dropbox_service.clock
    return SimulatedQueue(lambda: _local(base, clock), backend_config, clock)
