"""The contract of storage providers, as a test class to inherit from.

Paste this into your test suite, and replace the provider by your own:

    from dropspool.testing import Capabilities, StorageProviderContract

    class TestMyProvider(StorageProviderContract):
        capabilities = Capabilities(storage="folder")

        def make_provider(self, bench, clock):
            return MyProvider(bench.folder, clock=clock)

`make_provider` is called once for each process that a test simulates; all of them share
``bench``. A provider on Dropbox logs in with ``bench.login`` or uses
``bench.service.client()``; a provider that keeps its files elsewhere declares
``storage="other"``.
"""

from __future__ import annotations

from dropspool.testing._contract_data import DataContract
from dropspool.testing._contract_ends import EndsContract
from dropspool.testing._contract_files import FilesContract
from dropspool.testing._contract_properties import PropertiesContract
from dropspool.testing._contract_queue import QueueContract
from dropspool.testing._contract_verbs import JobQueueContract


class StorageProviderContract(
    FilesContract, QueueContract, EndsContract, DataContract, PropertiesContract, JobQueueContract
):
    """The tests that every storage provider must pass.

    A subclass defines `make_provider` and, if needed, the other methods of `Subject`. Tests
    of features that `capabilities` does not have are skipped.
    """
