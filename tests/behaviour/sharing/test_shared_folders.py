"""Shared folders, of which there are none yet."""

import pytest
from tests.support.doors import auth_refusal, bad_input


@pytest.mark.evidence("S10-13")
def test_an_account_that_shares_nothing_has_no_folder_to_mount(dbx):
    result = dbx.sharing_list_mountable_folders()
    assert result.entries == []
    assert result.cursor is None


def test_listing_them_needs_its_scope(connect, service):
    dbx = connect(service.logins.create(scopes=["files.metadata.read"]))
    refused = auth_refusal(dbx.sharing_list_mountable_folders)
    assert refused.is_missing_scope()
    assert refused.get_missing_scope().required_scope == "sharing.read"


@pytest.mark.dropbox(app_folder="app")
def test_an_app_with_a_folder_of_its_own_may_not_list_them(dbx):
    assert "not allowed" in bad_input(dbx.sharing_list_mountable_folders)
