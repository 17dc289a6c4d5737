"""Tests of `sharing/list_mountable_folders`, without shared folders: none can be created."""

import pytest
from tests.support.doors import auth_refusal, bad_input


@pytest.mark.evidence("S10-13")
def test_an_account_without_shared_folders_has_none_to_mount(dbx):
    result = dbx.sharing_list_mountable_folders()
    assert result.entries == []
    assert result.cursor is None


def test_listing_mountable_folders_needs_the_sharing_read_scope(connect, service):
    dbx = connect(service.logins.create(scopes=["files.metadata.read"]))
    refused = auth_refusal(dbx.sharing_list_mountable_folders)
    assert refused.is_missing_scope()
    assert refused.get_missing_scope().required_scope == "sharing.read"


@pytest.mark.dropbox(app_folder="app")
def test_an_app_folder_app_may_not_list_mountable_folders(dbx):
    assert "not allowed" in bad_input(dbx.sharing_list_mountable_folders)
