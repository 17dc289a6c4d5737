"""The contract of storage providers, as a suite to be inherited.

Paste this into your suite, and put your provider's name in place of ours:

    from dropspool.testing import Capabilities, StorageProviderContract

    class TestMyProvider(StorageProviderContract):
        capabilities = Capabilities(storage="folder")

        def make_provider(self, bench, clock):
            return MyProvider(bench.folder, clock=clock)

`make_provider` is called once for each process that a test imagines; all of them share
``bench``. A provider on Dropbox logs in with ``bench.login``, or takes
``bench.service.client()``; one that keeps its files elsewhere says ``storage="other"``.
"""

from __future__ import annotations

from dropspool.testing._contract_ends import EndsContract
from dropspool.testing._contract_files import FilesContract
from dropspool.testing._contract_properties import PropertiesContract
from dropspool.testing._contract_queue import QueueContract


class StorageProviderContract(FilesContract, QueueContract, EndsContract, PropertiesContract):
    """What every storage provider must do; define `make_provider` and, if need be, more.

    Of what cannot be asked of a provider, `capabilities` tells; those tests are skipped.
    """
