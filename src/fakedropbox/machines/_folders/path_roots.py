"""A Hypothesis rule for calls with a shared folder as the path root (O8-02, S13-09, S13-11)."""

from __future__ import annotations

from functools import partial
from typing import Any

from dropbox.files import WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines._calls import NO_ROOT, Calls
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Write
from fakedropbox.machines._example import nth, shown_by
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.folders import has_folders
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.namespaces import AtRoot
from fakedropbox.machines._folders.people import Person
from fakedropbox.machines._values import one_of

_KINDS = st.sampled_from(["list", "upload", "create", "delete", "get"])


@precondition(has_folders)
@rule(
    who=v.WHO, shared=v.SHARED, kind=_KINDS,
    path=one_of(v.PATHS, st.tuples(st.just("inside"), v.NTH, st.sampled_from(["", "", "/a"]))),
)  # fmt: skip
def use_path_root(machine: FolderKernel, who: int, shared: Any, kind: str, path: Any) -> None:
    """List a shared folder, or read or change it, with paths that begin in it.

    Members can do so whether or not they have mounted it.
    """
    person, number = drawn.call_of(machine, who, shared)
    machine.settle()
    with machine.rule("use_path_root"):
        real = machine.comparison.pairs.real("shared folder", number)
        calls = machine.calls(person).with_path_root(real)
        folders = [each for each in machine.people.folders if person in each.members]
        folder = next((each for each in folders if each.number == number), None)
        if folder is None:
            refused = calls.make("files_list_folder", "")
            expect((NO_ROOT, True), (refused.chain, refused.result.is_no_permission()))
            return
        if not isinstance(path, str):
            path = nth([*folder.tree.live], path[1], "/a") + path[2]
        files = AtRoot(machine.people, folder)
        if kind == "list":
            _list(machine, person, calls, files)
        else:
            _call(machine, person, calls, files, kind, path)


def _list(machine: FolderKernel, person: Person, calls: Calls, files: AtRoot) -> None:
    entries = calls.look("")
    with shown_by(calls, "files_list_folder", "", recursive=True):
        expect(sorted(files.root.tree.live), sorted(meta.path_lower for meta in entries))
        for meta in entries:
            machine.comparison.check(files.at(person, meta.path_lower), meta)


def _call(
    machine: FolderKernel, person: Person, calls: Calls, files: AtRoot, kind: str, path: str
) -> None:
    """Make a call with a path that begins in the folder, and compare the entry."""
    if kind == "upload":
        outcome = calls.make("files_upload", b"y", path, mode=WriteMode.overwrite)
        predict = partial(files.upload, person, path, b"y", Write("overwrite"))
    elif kind == "create":
        outcome = calls.make("files_create_folder_v2", path)
        predict = partial(files.create, person, path, autorename=False)
    elif kind == "delete":
        outcome = calls.make("files_delete_v2", path)
        predict = partial(files.delete, person, path)
    else:
        outcome = calls.make("files_get_metadata", path)
        predict = partial(files.at, person, path)
    machine.compare(person, predict, outcome)
