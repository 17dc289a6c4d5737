"""Tests of crash points in the calls of two accounts that share a folder."""

import pytest
from dropbox.files import WriteMode
from tests.support.shared_folders import LEVEL, account, by_id, share

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import crash_points


def new_service():
    service = FakeDropboxService(files={"/Docs/deep/a.txt": b"a", "/Docs/b.txt": b"b"})
    service.accounts.create("friend@example.com")
    return service


def clients(service):
    """Return a client of the owner, and one of the friend."""
    return service.client(), service.client(account=friend_of(service))


def friend_of(service):
    return service.accounts.by_email("friend@example.com")


def changes(both):
    """Yield after each change that one of the two makes."""
    owner, friend = both
    member = friend.users_get_current_account().account_id
    folder = share(owner).shared_folder_id
    yield
    owner.sharing_add_folder_member(folder, [by_id(member, LEVEL.editor)])
    yield
    friend.sharing_mount_folder(folder)
    yield
    friend.files_upload(b"new", "/Docs/b.txt", mode=WriteMode.overwrite)
    yield
    owner.files_move_v2("/Docs/deep", "/out")
    yield
    friend.files_move_v2("/Docs", "/ours")
    yield
    friend.sharing_unmount_folder(folder)
    yield
    friend.sharing_mount_folder(folder)
    yield
    owner.sharing_remove_folder_member(folder, account(member), True)
    yield
    owner.sharing_unshare_folder(folder)
    yield


def scenario(both):
    for _ in changes(both):
        pass


def state(service):
    """Return what both accounts have: files, mounts and members."""
    people = (service.accounts.default, friend_of(service))
    return [(service.tree(account=each), service.files_of(each)) for each in people]


def states():
    service = new_service()
    before = state(service)
    return [before, *[state(service) for _ in changes(clients(service))]]


STATES = states()


def test_a_crash_leaves_each_call_of_sharing_done_or_not_done():
    seen = set()

    def check(run):
        number, _, fault = run.point.partition(":")
        found, at = state(run.service), int(number)
        seen.add((at, fault))
        if fault == "crash_before":
            assert found == STATES[at - 1]
        elif fault == "crash_after":
            assert found == STATES[at]
        elif fault != "none":
            assert found in STATES[at:]

    crash_points(scenario, check=check, service=new_service(), client=clients)
    faults = {"crash_before", "crash_after", "server_error", "lost_reply"}
    assert seen == {(0, "none")} | {(at, fault) for at in range(1, 11) for fault in faults}


@pytest.mark.evidence("S15-11", "S8-09", "S12-03", "S12-07", "S12-20")
@pytest.mark.parametrize(
    ("point", "ended"),
    [
        ("1:server_error", "raised ApiError"),  # the repeated call gets already_shared
        ("2:server_error", "returned"),
        ("3:server_error", "raised ApiError"),  # the repeated call gets already_mounted
        ("7:server_error", "raised ApiError"),  # the repeated call gets unmounted
        ("9:server_error", "raised ApiError"),  # the repeated call gets not_a_member
        ("10:server_error", "raised ApiError"),  # the repeated call gets invalid_id
    ],
)
def test_a_repeated_call_sees_its_own_first_attempt(point, ended):
    def check(run):
        assert run.ended == ended
        if ended.startswith("raised"):
            assert state(run.service) == STATES[int(point.partition(":")[0])]

    crash_points(scenario, check=check, service=new_service(), client=clients, only=point)
