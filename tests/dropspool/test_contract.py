"""The contract for our providers: on Dropbox (direct or SDK) and in a folder (real or pyfakefs)."""

import pytest
from tests.support.delegating import Delegating

from dropspool.testing import (
    DropboxSdkSubject,
    DropboxSubject,
    FolderSubject,
    StorageProviderContract,
)
from dropspool.testing._contract_verbs import ACTIONS


class TestInMemory(DropboxSubject, StorageProviderContract):
    @pytest.mark.untraced
    def test_property_4_crash_safety(self):
        super().test_property_4_crash_safety()


@pytest.mark.untraced
class TestThroughTheSdk(DropboxSdkSubject, StorageProviderContract):
    examples = 5

    @pytest.mark.campaign
    def test_property_4_crash_safety(self):
        """Run only in campaigns: `TestInMemory` tests the same calls, about ten times as fast."""
        super().test_property_4_crash_safety()

    @pytest.mark.campaign
    @pytest.mark.parametrize("action", ACTIONS)
    def test_queue_others_act_at_any_step(self, action):
        """Run only in campaigns: `TestInMemory` makes the same calls, about ten times as fast."""
        super().test_queue_others_act_at_any_step(action)

    @pytest.mark.campaign
    @pytest.mark.parametrize("action", [name for name in ACTIONS if name != "look"])
    def test_queue_process_may_die_at_any_change(self, action):
        """Run only in campaigns: `TestInMemory` makes the same calls, about ten times as fast."""
        super().test_queue_process_may_die_at_any_change(action)


class TestInAFolder(FolderSubject, StorageProviderContract):
    pass


@pytest.mark.campaign  # it runs the same code as `TestInAFolder`
class TestInAFolderOfPyfakefs(FolderSubject, StorageProviderContract):
    examples = 3
    factory = ""  # another process does not see the files

    @pytest.fixture(autouse=True)
    def pyfakefs(self, fs):
        pass


class TestDelegating(Delegating, DropboxSubject, StorageProviderContract):
    """A provider of a class of its own, which has only the public methods of a provider."""

    examples = 2

    @pytest.mark.campaign
    def test_property_4_crash_safety(self):
        """Run only in campaigns: `test_queue_process_may_die_at_any_change` tests this faster."""
        super().test_property_4_crash_safety()


@pytest.mark.campaign
class TestDelegatingInAFolder(Delegating, FolderSubject, StorageProviderContract):
    examples = 2
