"""A Hypothesis rule that locks and unlocks several files in one call (F8-12)."""

from __future__ import annotations

from functools import partial
from typing import Any

from dropbox.files import LockFileArg, UnlockFileArg
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import outcome_of
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel

_METHODS = {
    "lock": ("files_lock_file_batch", LockFileArg, True),
    "unlock": ("files_unlock_file_batch", UnlockFileArg, False),
    "look": ("files_get_file_lock_batch", LockFileArg, None),
}
"""For each verb: the method, its argument, and the state of the lock after it (None: unchanged)."""


@rule(
    places=st.lists(v.PLACES, min_size=1, max_size=3),
    verb=st.sampled_from(sorted(_METHODS)),
)
def lock(machine: Kernel, places: list[Any], verb: str) -> None:
    """Call `files_lock_file_batch`, `files_unlock_file_batch` or `files_get_file_lock_batch`."""
    example = machine.example
    paths = [example.path(place) for place in places]
    method, arg, locked = _METHODS[verb]
    machine.settle()
    with example.rule("lock") as calls:
        answer = calls.make(method, [arg(example.real(path)) for path in paths])
        expect("", answer.chain)
        unique = list(dict.fromkeys(paths))  # a path that is given twice counts once
        expect(len(unique), len(answer.result.entries))
        for path, result in zip(unique, answer.result.entries, strict=True):
            _check_lock(example, path, result, locked)


def _check_lock(example: Example, path: str, result: Any, locked: bool | None) -> None:
    outcome = outcome_of(result)
    shared = outcome.chain != "file_not_shared"  # as the reply says (F8-12)
    predict = partial(example.model.locks.lockable, path, shared=shared)
    entry = example.expected(predict, outcome)
    if entry is None:
        return
    example.check(entry, outcome.result.metadata)
    is_locked = not outcome.result.lock.content.is_unlocked()
    known = example.model.locks.known.get(entry.id) if locked is None else locked
    expect(is_locked if known is None else known, is_locked)
    was_locked = example.model.locks.known.get(entry.id, False)
    example.model.locks.known[entry.id] = is_locked
    if is_locked:
        since = outcome.result.lock.content.get_single_user().created
        known_since = example.model.locks.since.get(entry.id, since) if was_locked else since
        expect(known_since, since)  # an existing lock is kept
        example.model.locks.since[entry.id] = since
