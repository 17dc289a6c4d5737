"""A Hypothesis rule for calls that an account has just enough room for, or not (S13-20).

Only the quota of an account of a fake service can be set.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from functools import partial
from typing import Any

from dropbox.files import WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines._calls import Outcome
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Refused, Write
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.folders import is_known
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.namespaces import Namespaces, Seen
from fakedropbox.machines._folders.people import Person

_CONTENT = b"longer"
_KINDS = st.sampled_from(["upload", "copy", "mount"])
_REFUSALS = {
    "upload": "path/insufficient_space",
    "copy": "insufficient_quota",
    "mount": "insufficient_quota",
}


def _can_set_quota(machine: FolderKernel) -> bool:
    return getattr(machine.dbx, "service", None) is not None


@precondition(_can_set_quota)
@rule(
    kind=_KINDS, source=v.SOURCES, to=v.TARGETS_OF_MOVES, shared=v.SHARED,
    missing=st.sampled_from([0, 1, 1]),
)  # fmt: skip
def fill_up(
    machine: FolderKernel, kind: str, source: Any, to: Any, shared: Any, missing: int
) -> None:
    """Set the quota of the first account to what a call needs, or to one byte less, for that call.

    What is in mounted folders counts for it, whoever wrote it (S13-20).
    """
    person = machine.people.all[0]
    if person.account_id != machine.dbx.service.accounts.default.account_id:
        return
    if kind == "mount":
        _mount(machine, person, drawn.shared_of(machine, person, shared), missing)
    else:
        paths = [drawn.path_of(machine, person, each) for each in (source, to)]
        most = max(len(machine.files.seen(each)) for each in machine.people.all)
        if is_known(machine, person, *paths) and 2 * most <= machine.most_entries:
            _write(machine, person, kind, paths, missing)


def _write(
    machine: FolderKernel, person: Person, kind: str, paths: list[str], missing: int
) -> None:
    source, to = paths

    def predict(files: Namespaces, writer: Person) -> Seen:
        if kind == "upload":
            return files.upload(writer, to, _CONTENT, Write("overwrite"))
        return files.copy(writer, source, to, autorename=False)

    used, needed = machine.files.used(person), _used_after(machine, person, predict)
    with machine.rule("fill_up"):
        calls = machine.calls(person)
        real = [drawn.real_path(machine, path) for path in paths]
        with calls.quota(max(needed - missing, 0), _capacity(machine, person)):
            if kind == "upload":
                outcome = calls.make("files_upload", _CONTENT, real[1], mode=WriteMode.overwrite)
            else:
                outcome = calls.make("files_copy_v2", *real)
        if missing and needed > used:
            expect(_REFUSALS[kind], outcome.chain)
        else:
            machine.compare(person, partial(predict, machine.files, person), outcome)


def _used_after(
    machine: FolderKernel, person: Person, write: Callable[[Namespaces, Person], Seen]
) -> int:
    """Return the bytes that an account uses after a write, or uses now if it is refused."""
    trial = deepcopy(machine.files)
    other = trial.people.all[machine.people.all.index(person)]
    with suppress(Refused):
        write(trial, other)
    return trial.used(other)


def _mount(machine: FolderKernel, person: Person, number: int, missing: int) -> None:
    """Mount a folder with little space; the error has the needed and missing bytes (S12-04)."""
    folders = {each.number: each for each in machine.people.of(person)}
    folder = folders.get(number)
    if folder is None:
        return
    size = sum(len(each.content or b"") for each in folder.tree.live.values())
    used = machine.files.used(person)
    with machine.rule("fill_up"):
        calls = machine.calls(person)
        real = machine.comparison.pairs.real("shared folder", number)
        with calls.quota(max(used + size - missing, 0), _capacity(machine, person)):
            outcome = calls.make("sharing_mount_folder", real)
        if missing and size and folder.mount(person) is None:
            _check_amounts(outcome, size, missing)
            return
        mount = partial(machine.sharing.mount, person, number)
        if machine.example(person).expected(mount, outcome) is not None:
            machine.comparison.check_folder(person, folder, outcome.result)


def _check_amounts(outcome: Outcome, size: int, missing: int) -> None:
    expect(_REFUSALS["mount"], outcome.chain)
    found = outcome.result.get_insufficient_quota()
    amounts = found.space_needed, found.space_shortage, found.space_left
    expect((size, missing, size - missing), amounts)


def _capacity(machine: FolderKernel, person: Person) -> int:
    usage = machine.calls(person).peek("users_get_space_usage").success
    return int(usage.allocation.get_individual().allocated)
