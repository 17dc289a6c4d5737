"""A Hypothesis rule for locks of files in shared folders (F8-12, S13-25)."""

from __future__ import annotations

from typing import Any

from dropbox.files import LockFileArg, UnlockFileArg
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines._calls import chain
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.namespaces import Seen
from fakedropbox.machines._folders.people import Person


@rule(who=v.WHO, path=st.tuples(st.just("file"), v.NTH, st.just("")))
def lock(machine: FolderKernel, who: int, path: Any) -> None:
    """Call `files_lock_file_batch`, then `files_unlock_file_batch`.

    Meanwhile all members who have mounted the folder see the lock, and the others can neither lock
    nor unlock the file.
    """
    person = machine.person(who)
    key = drawn.path_of(machine, person, path)
    seen = machine.files.seen(person).get(key)
    if seen is None or seen.entry.content is None or seen.is_read_only:
        return
    if seen.folder is None and not machine.strict:
        return  # two different responses are possible
    with machine.rule("lock"):
        expected = "" if seen.folder is not None else "file_not_shared"
        expect(expected, _locked(machine, person, key))
        if seen.folder is None:
            return
        _check_lock(machine, person, seen)
        expect("", _unlocked(machine, person, key))
        found = machine.calls(person).make("files_get_metadata", key)
        expect(None, found.result.file_lock_info)


def _check_lock(machine: FolderKernel, holder: Person, locked: Seen) -> None:
    """Compare the lock as each member with a mount sees it, and the results of changing it."""
    folder = locked.folder
    assert folder is not None
    for each in folder.members:
        mount = folder.mount(each)
        if mount is None:
            continue
        key, is_holder = mount.key + locked.entry.key, each is holder
        info = machine.calls(each).make("files_get_metadata", key).success.file_lock_info
        found = info.is_lockholder, info.lockholder_name, info.lockholder_account_id
        expect((is_holder, holder.display_name, holder.account_id), found)
        if not folder.is_read_only(each):
            refused = "" if is_holder else "lock_conflict"
            expect(refused, _locked(machine, each, key))
            if not is_holder:
                expect(refused, _unlocked(machine, each, key))


def _locked(machine: FolderKernel, person: Person, key: str) -> str:
    """Lock a file, and return the tag of the failure, or an empty text."""
    outcome = machine.calls(person).make("files_lock_file_batch", [LockFileArg(key)])
    return _failure(outcome.result)


def _unlocked(machine: FolderKernel, person: Person, key: str) -> str:
    outcome = machine.calls(person).make("files_unlock_file_batch", [UnlockFileArg(key)])
    return _failure(outcome.result)


def _failure(batch: Any) -> str:
    (entry,) = batch.entries
    return "" if entry.is_success() else chain(entry.get_failure()).partition("/")[0]
