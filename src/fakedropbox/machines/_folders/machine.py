"""`SharedFolderMachine`, which has all rules for shared folders."""

from __future__ import annotations

from fakedropbox.machines._folders import (
    batches,
    files,
    folders,
    listing,
    locks,
    look_ups,
    path_roots,
    references,
    space,
)
from fakedropbox.machines._folders.kernel import FolderKernel


class SharedFolderMachine(FolderKernel):
    """Random calls of two to four accounts that share folders, compared with a naive model.

    Subclass it, define ``make_clients``, and let pytest or unittest run its ``TestCase``. The
    accounts have to be empty, and not in a team. A `Difference` contains the expected and the
    actual result, and the shortest program found that shows it.

    >>> from hypothesis import settings
    >>> from fakedropbox import FakeDropboxService
    >>> class Machine(SharedFolderMachine):
    ...     def make_clients(self):
    ...         service = FakeDropboxService()
    ...         ada = service.accounts.create("ada@example.com")
    ...         return [service.client(), service.client(account=ada)]
    >>> TestSharing = Machine.TestCase
    >>> TestSharing.settings = settings(max_examples=5, stateful_step_count=20)
    >>> TestSharing("runTest").runTest()

    The machine compares:

    - results and errors of all routes of shared folders and their members;
    - after each call, for each account: all its files and folders with their metadata, its space,
      and its shared folders with all permissions; and an id, a revision and a namespace, which it
      may see or not;
    - after each call, for one account in turn: the members of its shared folders;
    - uploads, moves, copies and deletions in shared folders and over their borders, also in
      batches, and copy references that the accounts give to each other;
    - calls with a shared folder as the path root;
    - calls for which an account of a fake service has just enough room, or not;
    - revisions, locks, and what a cursor of any age gives to each account.
    """

    _after_each_step = (listing.follow_all, look_ups.look_up_in_turn)

    # Hypothesis needs all rules in one class. Each rule is a function in the module on its
    # subject, and has the same name here, because printed programs show that name.

    share_folder = folders.share_folder
    unshare_folder = folders.unshare_folder
    update_folder_policy = folders.update_folder_policy
    set_access_inheritance = folders.set_access_inheritance
    transfer_folder = folders.transfer_folder
    mount_folder = folders.mount_folder
    unmount_folder = folders.unmount_folder
    relinquish_folder_membership = folders.relinquish_folder_membership
    get_folder_metadata = folders.get_folder_metadata
    list_folders = folders.list_folders
    add_folder_member = folders.add_folder_member
    update_folder_member = folders.update_folder_member
    remove_folder_member = folders.remove_folder_member
    list_folder_members = folders.list_folder_members

    upload = files.upload
    create_folder = files.create_folder
    delete = files.delete
    move = files.move
    copy = files.copy
    restore = files.restore
    get_metadata = files.get_metadata
    download = files.download
    list_revisions = files.list_revisions
    search = files.search

    relocate_batch = batches.relocate_batch
    relocate_all = batches.relocate_all
    delete_batch = batches.delete_batch

    get_reference = references.get_reference
    save_reference = references.save_reference

    use_path_root = path_roots.use_path_root

    lock = locks.lock

    fill_up = space.fill_up

    list_folder = listing.list_folder
    list_folder_continue = listing.list_folder_continue
    longpoll = listing.longpoll
    get_latest_cursor = listing.get_latest_cursor
