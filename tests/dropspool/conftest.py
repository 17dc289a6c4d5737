"""Fixtures of the tests of `dropspool`: a provider on each kind of storage.

A test runs on one kind of Dropbox and on one kind of folder, chosen by a checksum of its
name and parameters. With `TEST_PROFILE=thorough` it runs on all kinds.
"""

from collections import defaultdict
from zlib import crc32

import pytest
from tests.support.profile import THOROUGH
from tests.support.storages import DOORS, FOLDERS, make_storage


def pytest_collection_modifyitems(config, items):
    alternatives = defaultdict(list)
    for item in items:
        kind = item.callspec.params.get("storage") if hasattr(item, "callspec") else None
        if kind in ("sdk", "fakefs"):  # "direct" and "folder" run the same lines
            item.add_marker(pytest.mark.untraced)
        for kinds in (DOORS, FOLDERS):
            if kind in kinds:
                alternatives[item.nodeid.replace(kind, ""), kinds].append(item)
    if THOROUGH:
        return
    left_out = set()
    for (test, _), same in alternatives.items():
        same.sort(key=lambda item: item.nodeid)
        left_out.update(same)
        left_out.remove(same[crc32(test.encode()) % len(same)])
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(params=[*DOORS, *FOLDERS])
def storage(request):
    """A storage of each kind: Dropbox through the SDK or directly, a real or a pyfakefs folder."""
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
