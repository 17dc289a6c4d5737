"""Tests that the cost of a shared folder does not depend on who else is a member, or on its age.

They count what is stored and read, and measure no time.
"""

import pytest
from dropbox.files import WriteMode

from fakedropbox import FakeDropboxService

OVERWRITE = WriteMode.overwrite


class CountedJournal(list):
    """A journal that counts how often an entry is read by its position."""

    reads = 0

    def __getitem__(self, position):
        self.reads += 1
        return super().__getitem__(position)


class Shared:
    """A folder, /Docs, that a number of members have mounted, among them ``one``."""

    def __init__(self, members):
        self.service = FakeDropboxService(files={"/Docs/a.txt": b"a"}, max_calls=1)
        self.owner = self.service.client()
        friends = [self.service.accounts.create(f"u{n}@example.com") for n in range(members)]
        self.id = self.service.share_folder("/Docs", members=friends)
        self.one = self.service.client(account=friends[0])
        self.snapshot = self.service.snapshot()  # from now on, changes can be undone
        self.trees = self.service.gate.world.files.trees

    def stored(self):
        """Return the number of nodes, of entries of all journals, and of changes to undo."""
        files = self.service.gate.world.files
        journals = sum(len(tree.journal) for tree in self.trees.values())
        return len(files.nodes), journals, files.undo.position

    def cost(self, change):
        """Return how much a change adds to each number of `stored`."""
        before = self.stored()
        change()
        return [now - then for now, then in zip(self.stored(), before, strict=True)]

    def reads(self, call):
        """Return how many entries a call reads: of the account's journal, and of the folder's."""
        for tree in self.trees.values():
            tree.journal = CountedJournal(tree.journal)
        call()
        home = self.one.users_get_current_account().root_info.home_namespace_id
        return self.trees[int(home)].journal.reads, self.trees[int(self.id)].journal.reads


CHANGES = {
    "upload": lambda dbx: dbx.files_upload(b"new", "/Docs/new"),
    "rewrite": lambda dbx: dbx.files_upload(b"other", "/Docs/a.txt", OVERWRITE),
    "move": lambda dbx: dbx.files_move_v2("/Docs/a.txt", "/Docs/b.txt"),
    "delete": lambda dbx: dbx.files_delete_v2("/Docs/a.txt"),
    "create": lambda dbx: dbx.files_create_folder_v2("/Docs/deep"),
}


@pytest.mark.evidence("S13-19")
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_stored_once_whatever_the_number_of_members(change):
    few, many = Shared(members=1), Shared(members=50)
    costs = [each.cost(lambda each=each: CHANGES[change](each.one)) for each in (few, many)]
    assert costs[0] == costs[1]
    assert costs[0][1] == (2 if change == "move" else 1)


@pytest.mark.evidence("S13-19", "F6.2-05")
@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("age", [1, 200])
def test_a_cursor_reads_the_changes_since_it_was_given_and_no_others(age, recursive):
    shared = Shared(members=3)
    for number in range(age):
        shared.owner.files_upload(b"", f"/Docs/{number}")
        shared.owner.files_upload(b"", f"/private/{number}")
    path = "" if recursive else "/Docs"
    cursor = shared.one.files_list_folder_get_latest_cursor(path, recursive=recursive).cursor
    for number in range(5):
        shared.owner.files_upload(b"", f"/private/new {number}")
        shared.owner.files_upload(b"", f"/Docs/new {number}")
    found = []
    reads = shared.reads(
        lambda: found.extend(shared.one.files_list_folder_continue(cursor).entries)
    )
    assert [meta.name for meta in found] == [f"new {number}" for number in range(5)]
    assert reads == (0, 5)
