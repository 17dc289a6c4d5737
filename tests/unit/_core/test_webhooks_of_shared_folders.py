"""Tests that a change in a shared folder is announced for each member who has mounted it."""

import json

import pytest
from dropbox.files import WriteMode
from tests.support.receiver import Receiver
from tests.support.shared_folders import account

from fakedropbox import FakeDropboxService


class Group:
    """The owner and three members of the folder /Docs, a stranger, and a webhook of their app."""

    def __init__(self, receiver):
        self.service = FakeDropboxService(files={"/Docs/a.txt": b"a"})
        names = ["editor", "viewer", "unmounted", "stranger"]
        self.people = {"owner": self.service.accounts.default}
        for name in names:
            self.people[name] = self.service.accounts.create(f"{name}@example.com")
        self.clients = {
            name: self.service.client(account=each) for name, each in self.people.items()
        }
        roles = [(self.people["editor"], "editor"), (self.people["viewer"], "viewer")]
        self.folder = self.service.share_folder("/Docs", members=roles)
        member = self.people["unmounted"]
        self.clients["owner"].sharing_add_folder_member(self.folder, [added(member)])
        self.service.webhooks.add(receiver.url)
        receiver.requests.clear()
        self.receiver = receiver

    def told(self):
        """Deliver, and return the names of the accounts in all notices."""
        self.service.webhooks.deliver()
        bodies = [json.loads(each.body) for each in self.receiver.requests]
        self.receiver.requests.clear()
        ids = [id_ for body in bodies for id_ in body["list_folder"]["accounts"]]
        assert len(ids) == len(set(ids))
        return {name for name, each in self.people.items() if each.account_id in ids}


def added(member):
    from dropbox import sharing

    return sharing.AddMember(account(member.account_id), sharing.AccessLevel.editor)


@pytest.fixture
def group():
    with Receiver() as receiver:
        yield Group(receiver)


@pytest.mark.evidence("O7-04", "S13-19")
@pytest.mark.parametrize("writer", ["owner", "editor"])
def test_a_change_in_a_shared_folder_is_announced_for_all_who_have_mounted_it(group, writer):
    assert group.told() == set()
    group.clients[writer].files_upload(b"b", "/Docs/a.txt", mode=WriteMode.overwrite)
    assert group.told() == {"owner", "editor", "viewer"}
    assert group.told() == set()
    group.clients[writer].files_upload(b"", "/own.txt")
    assert group.told() == {writer}


@pytest.mark.evidence("O7-04", "S12-10", "S13-17")
def test_a_change_of_a_mount_is_announced_for_its_account_only(group):
    group.clients["editor"].files_move_v2("/Docs", "/ours")
    assert group.told() == {"editor"}
    group.clients["unmounted"].sharing_mount_folder(group.folder)
    assert group.told() == {"unmounted"}
    group.clients["owner"].files_upload(b"", "/Docs/new.txt")
    assert group.told() == {"owner", "editor", "viewer", "unmounted"}
    group.clients["viewer"].files_delete_v2("/Docs")
    assert group.told() == {"viewer"}
    group.clients["owner"].files_delete_v2("/Docs/new.txt")
    assert group.told() == {"owner", "editor", "unmounted"}


@pytest.mark.evidence("O7-04", "S11-34", "S12-18")
def test_the_loss_of_a_mount_is_announced_for_its_member(group):
    owner, editor = group.clients["owner"], group.people["editor"]
    owner.sharing_remove_folder_member(group.folder, account(editor.account_id), False)
    assert group.told() == {"editor"}
    owner.files_upload(b"", "/Docs/new.txt")
    assert group.told() == {"owner", "viewer"}
    owner.sharing_unshare_folder(group.folder)
    assert group.told() == {"owner", "viewer"}
    owner.files_upload(b"", "/Docs/newer.txt")
    assert group.told() == {"owner"}
