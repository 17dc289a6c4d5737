"""Our providers keep the contract, through both doors and on both kinds of folders."""

import pytest
from hypothesis import settings

from dropspool import DropboxProviderExtended, LocalLoginInformation, LocalProvider
from dropspool.testing.bench import Capabilities
from dropspool.testing.contract import StorageProviderContract
from dropspool.testing.machine import lifecycle_machine


def machine(suite, **options):
    case = lifecycle_machine(suite(), **options).TestCase
    case.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
    return case


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


TestTheLifeInMemory = machine(TestInMemory)
TestTheLifeThroughTheSdk = machine(TestThroughTheSdk)
TestTheLifeInAFolder = machine(TestInAFolder)
