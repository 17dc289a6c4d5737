"""Our providers keep the contract, through both doors and on both kinds of folders."""

import pytest

from dropspool import DropboxProviderExtended, LocalLoginInformation, LocalProvider
from dropspool.testing.bench import Capabilities
from dropspool.testing.contract import StorageProviderContract


class TestInMemory(StorageProviderContract):
    def make_provider(self, bench, clock):
        return DropboxProviderExtended(
            bench.login, "mine", clock=clock, client=bench.service.client()
        )


class TestThroughTheSdk(StorageProviderContract):
    def make_provider(self, bench, clock):
        return DropboxProviderExtended(bench.login, "mine", clock=clock)


class TestInAFolder(StorageProviderContract):
    capabilities = Capabilities(storage="folder")

    def make_provider(self, bench, clock):
        login = LocalLoginInformation(base_path=str(bench.folder))
        return LocalProvider(login, "mine", clock=clock)


class TestInAFolderOfPyfakefs(TestInAFolder):
    @pytest.fixture(autouse=True)
    def pyfakefs(self, fs):
        pass
