"""Fixtures of the tests of `dropspool`: a provider on each kind of storage."""

import pytest
from tests.support.storages import DOORS, FOLDERS, make_storage


@pytest.fixture(params=[*DOORS, *FOLDERS])
def storage(request):
    """A storage of each kind: Dropbox through two doors, a real folder, a folder of pyfakefs."""
    return make_storage(request.param, request)


@pytest.fixture
def provider(storage):
    """A provider on the storage."""
    return storage.provider()


@pytest.fixture
def backend(provider, backend_config):
    """The provider with the configuration of one backend, `fermions`."""
    provider.upload_config(backend_config, "fermions")
    return provider
