"""Hypothesis rules for shared folders: sharing, mounting, leaving, members, and metadata."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from dropbox import sharing
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines._calls import Outcome
from fakedropbox.machines._comparison import expect, page_after_page
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.namespaces import Unknown
from fakedropbox.machines._folders.people import Person, SharedFolder
from fakedropbox.machines._values import one_of

Result = TypeVar("Result")

_SHARE_JOB = "sharing_check_share_job_status"
_JOB = "sharing_check_job_status"
_SHARED = "bad_path/already_shared"
_REMOVE_JOB = "sharing_check_remove_member_job_status"
_RARELY = 5
_TEXTS = {
    "access_error/invalid_id": "Invalid shared folder ID.",
    _SHARED: "This folder is already shared.",
}
"""The texts of `user_message` that are known in English, by the errors (S8-09, S11-15)."""

_LIMITS = st.sampled_from([1, 2, 1000])


def has_folders(machine: FolderKernel) -> bool:
    """Return whether any folder is shared now, or in rare steps whether any ever was."""
    ever = machine.comparison.pairs.numbers("shared folder")
    return bool(machine.people.folders or (ever and machine.turn % _RARELY == 0))


def _expected(
    machine: FolderKernel, person: Person, predict: Callable[[], Result], outcome: Outcome
) -> Result | None:
    """Return the prediction of the model, or None if the call was refused as predicted.

    Raises:
        Mismatch: the outcome is not the predicted one, or has another text for people.
    """
    locale, text = outcome.message or ("en", "")
    if locale == "en":
        expect(_TEXTS.get(outcome.chain, text), text)
    expected: Result | None = machine.example(person).expected(predict, outcome)
    return expected


def _called(
    machine: FolderKernel,
    person: Person,
    route: str,
    number: int,
    predict: Callable[[], Result],
    *given: Any,
    **options: Any,
) -> tuple[Outcome, Result | None]:
    """Call a route for a shared folder, and return the outcome and the prediction of the model.

    The prediction is None if the call was refused as predicted.

    Raises:
        Mismatch: the outcome is not the predicted one.
    """
    real = machine.comparison.pairs.real("shared folder", number)
    outcome = machine.calls(person).make(f"sharing_{route}", real, *given, **options)
    return outcome, _expected(machine, person, predict, outcome)


def _check_null(outcome: Outcome) -> None:
    """Check that a call that was not refused has returned nothing."""
    if not outcome.chain:
        expect(None, outcome.result)


def _done(machine: FolderKernel, person: Person, check: str, launched: Any) -> Any:
    """Return the result of a call that may have launched a job, after the end of the job.

    A job is known to its own account and its own kind of check only (S16-11); a job that removes a
    member is known to two kinds (S11-30).

    Raises:
        Mismatch: another account or kind of check knows it, or it does not end.
    """
    if not launched.is_async_job_id():
        return launched
    job = launched.get_async_job_id()
    checks = [check, _JOB] if check == _REMOVE_JOB else [check]
    strangers = [(each, check) for each in machine.people.all if each is not person]
    kinds = [_SHARE_JOB, _JOB, _REMOVE_JOB]
    for each, wrong in [*strangers, *[(person, kind) for kind in kinds if kind not in checks]]:
        outcome = machine.calls(each).make(wrong, job)
        expect("invalid_async_job_id", outcome.chain)
    status = [machine.example(person).finished(each, launched) for each in checks]
    expect([True] * len(checks), [each.is_complete() for each in status])
    return status[0]


# Sharing


@rule(
    who=v.WHO, path=v.SHAREABLE, asked=v.POLICIES, actions=v.FOLDER_ACTIONS,
    forced=st.sampled_from([False, False, True]),
)  # fmt: skip
def share_folder(
    machine: FolderKernel,
    who: int,
    path: Any,
    asked: dict[str, str],
    forced: bool,
    actions: list[str] | None,
) -> None:
    """Call `sharing_share_folder`, in some calls with a job (S8-03, S8-04)."""
    person = machine.person(who)
    path = drawn.path_of(machine, person, path)
    if not is_known(machine, person, path):
        return
    with machine.rule("share_folder"):
        outcome = machine.calls(person).make(
            "sharing_share_folder",
            drawn.real_path(machine, path),
            **v.policies_of(asked),
            force_async=forced,
            actions=v.actions_of(sharing.FolderAction, actions),
        )
        if outcome.chain.startswith(_SHARED):
            outcome = outcome._replace(chain=_SHARED)
        predict = partial(machine.sharing.share, person, path, asked, machine.now())
        folder = _expected(machine, person, predict, outcome)
        if outcome.chain == _SHARED:
            meta = outcome.result.get_bad_path().get_already_shared()
            place = machine.files.place(person, path, "path")
            known = machine.people.mounts(person)[place.key]
            machine.comparison.check_folder(person, known, meta)
        if folder is None:
            return
        expect(True, not forced or outcome.result.is_async_job_id())
        done = _done(machine, person, _SHARE_JOB, outcome.result)
        machine.comparison.check_folder(person, folder, done.get_complete(), actions)


@precondition(has_folders)
@rule(who=v.WHO, shared=one_of(v.SHARED, v.OTHERS, *[v.BY_OWNER] * 2), leave_a_copy=v.COPY)
def unshare_folder(machine: FolderKernel, who: int, shared: Any, leave_a_copy: bool) -> None:
    """Call `sharing_unshare_folder`, also for a folder of somebody else."""
    person, number = drawn.call_of(machine, who, shared)
    if leave_a_copy and not has_room(machine, number):
        return
    with machine.rule("unshare_folder"):
        unshare = partial(machine.sharing.unshare, person, number, leave_a_copy=leave_a_copy)
        outcome, ended = _called(machine, person, "unshare_folder", number, unshare, leave_a_copy)
        if ended is not None:
            expect(True, outcome.result.is_async_job_id())
            _done(machine, person, _JOB, outcome.result)


@precondition(has_folders)
@rule(who=v.WHO, shared=one_of(v.SHARED, v.BY_OWNER), asked=v.POLICIES, actions=v.FOLDER_ACTIONS)
def update_folder_policy(
    machine: FolderKernel, who: int, shared: Any, asked: dict[str, str], actions: list[str] | None
) -> None:
    """Call `sharing_update_folder_policy`."""
    person, number = drawn.call_of(machine, who, shared)
    with machine.rule("update_folder_policy"):
        outcome, folder = _called(
            machine,
            person,
            "update_folder_policy",
            number,
            partial(machine.sharing.change_policy, person, number, asked),
            **v.policies_of(asked),
            actions=v.actions_of(sharing.FolderAction, actions),
        )
        if folder is not None:
            machine.comparison.check_folder(person, folder, outcome.result, actions)


@precondition(has_folders)
@rule(who=v.WHO, shared=v.SHARED)
def set_access_inheritance(machine: FolderKernel, who: int, shared: Any) -> None:
    """Call `sharing_set_access_inheritance`, which is not for personal accounts (S12-26)."""
    person, number = drawn.call_of(machine, who, shared)

    def refuse() -> None:
        machine.people.folder(person, number)
        raise Refused("no_permission")

    with machine.rule("set_access_inheritance"):
        _called(machine, person, "set_access_inheritance", number, refuse)


@precondition(has_folders)
@rule(who=v.WHO, shared=one_of(*[v.BY_OWNER] * 4, v.SHARED), to=v.HEIRS)
def transfer_folder(machine: FolderKernel, who: int, shared: Any, to: Any) -> None:
    """Call `sharing_transfer_folder`."""
    person, number = drawn.call_of(machine, who, shared)
    heir = drawn.selector_of(machine, person, number, to)
    with machine.rule("transfer_folder"):
        transfer = partial(machine.sharing.transfer, person, number, heir)
        outcome, _ = _called(machine, person, "transfer_folder", number, transfer, heir)
        _check_null(outcome)


# Mounting and leaving


@precondition(has_folders)
@rule(who=v.WHO, shared=one_of(v.UNMOUNTED, v.UNMOUNTED, v.SHARED))
def mount_folder(machine: FolderKernel, who: int, shared: Any) -> None:
    """Call `sharing_mount_folder`."""
    person, number = drawn.call_of(machine, who, shared)
    with machine.rule("mount_folder"):
        mount = partial(machine.sharing.mount, person, number)
        outcome, folder = _called(machine, person, "mount_folder", number, mount)
        if folder is not None:
            machine.comparison.check_folder(person, folder, outcome.result)


@precondition(has_folders)
@rule(who=v.WHO, shared=v.SHARED)
def unmount_folder(machine: FolderKernel, who: int, shared: Any) -> None:
    """Call `sharing_unmount_folder`."""
    person, number = drawn.call_of(machine, who, shared)
    with machine.rule("unmount_folder"):
        unmount = partial(machine.sharing.unmount, person, number)
        outcome, _ = _called(machine, person, "unmount_folder", number, unmount)
        _check_null(outcome)


@precondition(has_folders)
@rule(who=v.WHO, shared=one_of(v.SHARED, v.SHARED, v.OTHERS, v.BY_GUEST), leave_a_copy=v.COPY)
def relinquish_folder_membership(
    machine: FolderKernel, who: int, shared: Any, leave_a_copy: bool
) -> None:
    """Call `sharing_relinquish_folder_membership`."""
    person, number = drawn.call_of(machine, who, shared)
    if leave_a_copy and not has_room(machine, number):
        return
    with machine.rule("relinquish_folder_membership"):
        leave = partial(machine.sharing.relinquish, person, number, leave_a_copy=leave_a_copy)
        route = "relinquish_folder_membership"
        outcome, _ = _called(machine, person, route, number, leave, leave_a_copy)
        if not outcome.chain:
            expect(True, outcome.result.is_async_job_id() or not leave_a_copy)
            if machine.strict:
                expect(leave_a_copy, outcome.result.is_async_job_id())
            _done(machine, person, _JOB, outcome.result)


# Finding


@precondition(has_folders)
@rule(who=v.WHO, shared=v.SHARED, actions=v.FOLDER_ACTIONS)
def get_folder_metadata(
    machine: FolderKernel, who: int, shared: Any, actions: list[str] | None
) -> None:
    """Call `sharing_get_folder_metadata`."""
    person, number = drawn.call_of(machine, who, shared)
    with machine.rule("get_folder_metadata"):
        find = partial(machine.people.folder, person, number, "")
        given = v.actions_of(sharing.FolderAction, actions)
        outcome, folder = _called(machine, person, "get_folder_metadata", number, find, given)
        if folder is not None:
            machine.comparison.check_folder(person, folder, outcome.result, actions)


@precondition(has_folders)
@rule(who=v.WHO, limit=_LIMITS, actions=v.FOLDER_ACTIONS, is_mountable=st.booleans())
def list_folders(
    machine: FolderKernel, who: int, limit: int, actions: list[str] | None, is_mountable: bool
) -> None:
    """Call `sharing_list_folders` or `sharing_list_mountable_folders`, for all pages."""
    person = machine.person(who)
    kinds = "sharing_list_folders", "sharing_list_mountable_folders"
    method, other = kinds[::-1] if is_mountable else kinds
    with machine.rule("list_folders"):
        calls = machine.calls(person)
        given = v.actions_of(sharing.FolderAction, actions)
        outcome = calls.make(method, limit, given)
        expect("", outcome.chain)
        pages = [outcome.result]
        for _ in page_after_page():
            expect(True, len(pages[-1].entries) <= limit)
            if pages[-1].cursor is None:
                break
            cursor = pages[-1].cursor
            wrong = calls.make(f"{other}_continue", cursor)  # S10-12
            expect("invalid_cursor", wrong.chain)
            for each in machine.people.all:
                if each is not person:
                    wrong = machine.calls(each).make(f"{method}_continue", cursor)
                    expect("invalid_cursor", wrong.chain)
            outcome = calls.make(f"{method}_continue", cursor)
            expect("", outcome.chain)
            pages.append(outcome.result)
        machine.check_list(person, [each for page in pages for each in page.entries], actions)


# Members


@precondition(has_folders)
@rule(who=v.WHO, shared=one_of(v.SHARED, v.BY_WRITER), added=v.ADDED)
def add_folder_member(machine: FolderKernel, who: int, shared: Any, added: Any) -> None:
    """Call `sharing_add_folder_member` for one or two persons."""
    person, number = drawn.call_of(machine, who, shared)
    new = [(drawn.selector_of(machine, person, number, member), level) for member, level in added]

    def add() -> None:
        machine.sharing.add(person, number, new, machine.now())  # the time after the call

    with machine.rule("add_folder_member"):
        members = [
            sharing.AddMember(
                v.sdk_selector(selector), None if level is None else sharing.AccessLevel(level)
            )
            for selector, level in new
        ]
        outcome, _ = _called(machine, person, "add_folder_member", number, add, members)
        _check_null(outcome)


@precondition(has_folders)
@rule(
    who=v.WHO, shared=one_of(*[v.BY_OWNER, v.BY_WRITER] * 2, v.SHARED), member=v.OTHER_MEMBERS,
    level=v.ANY_LEVEL,
)  # fmt: skip
def update_folder_member(
    machine: FolderKernel, who: int, shared: Any, member: Any, level: str
) -> None:
    """Call `sharing_update_folder_member`."""
    person, number = drawn.call_of(machine, who, shared)
    selector = drawn.selector_of(machine, person, number, member)
    with machine.rule("update_folder_member"):
        given = v.sdk_selector(selector), sharing.AccessLevel(level)
        update = partial(machine.sharing.update, person, number, selector, level)
        outcome, _ = _called(machine, person, "update_folder_member", number, update, *given)
        if not outcome.chain:
            found = outcome.result
            expect((None, None, None), (found.access_level, found.warning, found.access_details))


@precondition(has_folders)
@rule(
    who=v.WHO, shared=one_of(v.BY_OWNER, v.BY_WRITER, v.SHARED), member=v.OTHER_MEMBERS,
    leave_a_copy=v.COPY,
)  # fmt: skip
def remove_folder_member(
    machine: FolderKernel, who: int, shared: Any, member: Any, leave_a_copy: bool
) -> None:
    """Call `sharing_remove_folder_member`."""
    person, number = drawn.call_of(machine, who, shared)
    selector = drawn.selector_of(machine, person, number, member)
    if leave_a_copy and not has_room(machine, number):
        return
    with machine.rule("remove_folder_member"):
        given = v.sdk_selector(selector), leave_a_copy
        remove = partial(
            machine.sharing.remove, person, number, selector, leave_a_copy=leave_a_copy
        )
        outcome, _ = _called(machine, person, "remove_folder_member", number, remove, *given)
        if not outcome.chain:
            expect(True, outcome.result.is_async_job_id())
            done = _done(machine, person, _REMOVE_JOB, outcome.result)
            expect(None, done.get_complete().access_level)


@precondition(has_folders)
@rule(who=v.WHO, shared=v.SHARED, limit=_LIMITS, actions=v.MEMBER_ACTIONS)
def list_folder_members(
    machine: FolderKernel, who: int, shared: Any, limit: int, actions: list[str]
) -> None:
    """Call `sharing_list_folder_members`, for all pages."""
    person, number = drawn.call_of(machine, who, shared)
    with machine.rule("list_folder_members"):
        given = v.actions_of(sharing.MemberAction, actions), limit
        find = partial(machine.people.folder, person, number, "")
        outcome, folder = _called(machine, person, "list_folder_members", number, find, *given)
        if folder is None:
            return
        pages = [outcome.result]
        for _ in page_after_page():
            last = pages[-1]
            expect(True, len(last.users) + len(last.invitees) <= limit)
            if last.cursor is None:
                break
            _check_cursor(machine, person, folder, last.cursor)
            method = "sharing_list_folder_members_continue"
            outcome = machine.calls(person).make(method, last.cursor)
            expect("", outcome.chain)
            pages.append(outcome.result)
        machine.check_members(person, folder, pages, actions)


def _check_cursor(machine: FolderKernel, person: Person, folder: SharedFolder, cursor: str) -> None:
    """Check that another account cannot use a cursor."""
    for each in machine.people.all:
        if each is not person:
            outcome = machine.calls(each).make("sharing_list_folder_members_continue", cursor)
            chains = {"invalid_cursor"}
            if folder.membership(each) is None:
                chains.add("access_error/not_a_member")
            expect(True, outcome.chain in chains)


def has_room(machine: FolderKernel, number: int) -> bool:
    """Return whether the limit of entries permits a copy of a folder for each member."""
    sizes = [len(each.tree.live) for each in machine.people.folders if each.number == number]
    most = max(len(machine.files.seen(each)) for each in machine.people.all)
    return most + sum(sizes) < machine.most_entries


def is_known(machine: FolderKernel, person: Person, *paths: str) -> bool:
    """Return whether the facts say where some paths of an account lead."""
    for path in paths:
        try:
            machine.files.place(person, path, "path")
        except Unknown:
            return False
        except Refused:
            pass
    return True
