import pytest
from tests.support.storages import DOORS, FOLDERS, make_storage


@pytest.fixture(params=[*DOORS, *FOLDERS])
def storage(request):
    return make_storage(request.param, request)


@pytest.fixture
def provider(storage):
    return storage.provider()


@pytest.fixture
def backend(provider, backend_config):
    provider.upload_config(backend_config, "fermions")
    return provider
