"""Tests of contention in the routes of shared folders: their errors have no tag for it."""

import pytest
from dropbox import sharing
from dropbox.exceptions import RateLimitError
from tests.support.shared_folders import LEVEL, account, by_email

from fakedropbox import faults
from fakedropbox._api.registry import AS_429, IMPLEMENTED

CHANGES = {
    "share_folder": ("/new",),
    "unshare_folder": ("FOLDER",),
    "mount_folder": ("FOLDER",),
    "unmount_folder": ("FOLDER",),
    "relinquish_folder_membership": ("FOLDER",),
    "add_folder_member": ("FOLDER", [by_email("new@example.com")]),
    "update_folder_member": ("FOLDER", account("dbid:none"), LEVEL.viewer),
    "remove_folder_member": ("FOLDER", account("dbid:none"), False),
    "transfer_folder": ("FOLDER", "dbid:none"),
    "update_folder_policy": ("FOLDER",),
    "set_access_inheritance": ("FOLDER",),
}


@pytest.mark.evidence("F9-02")
@pytest.mark.parametrize("route", CHANGES)
def test_contention_is_a_429_and_changes_nothing(dbx, service, connect, folder, route):
    client = connect(service.login, max_retries_on_rate_limit=0)
    before = dbx.sharing_list_folders()
    service.faults.too_many_write_operations(f"sharing/{route}")
    arguments = [folder if each == "FOLDER" else each for each in CHANGES[route]]
    with pytest.raises(RateLimitError) as caught:
        getattr(client, f"sharing_{route}")(*arguments)
    assert caught.value.error.reason.is_too_many_write_operations()
    assert dbx.sharing_list_folders() == before


@pytest.mark.evidence("F9-02")
def test_contention_in_shared_folders_has_no_tag(service):
    changing = {
        name.removeprefix("sharing/") for name, each in IMPLEMENTED.items() if each.contention
    }
    assert set(CHANGES) <= changing
    for route in CHANGES:
        assert IMPLEMENTED[f"sharing/{route}"].contention == AS_429
        with pytest.raises(ValueError, match="expected '429', the only one"):
            faults.too_many_write_operations(f"sharing/{route}", answer="write_error").check()
    assert not hasattr(sharing.MountFolderError, "too_many_write_operations")
