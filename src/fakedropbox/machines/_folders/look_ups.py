"""Look-ups of revisions, ids and namespaces by accounts that see them, and by others (S13-11)."""

from __future__ import annotations

from functools import partial

from dropbox.files import ListRevisionsMode

from fakedropbox.machines._example import nth
from fakedropbox.machines._folders import drawn
from fakedropbox.machines._folders.files import compare_revisions
from fakedropbox.machines._folders.folders import is_known
from fakedropbox.machines._folders.kernel import FolderKernel
from fakedropbox.machines._folders.people import Person

_KINDS = {"rev": "rev", "id": "id", "ns": "shared folder"}
"""The kinds of paths that begin with a number, each with the kind of item that has the number."""

_LIMIT = 10


def look_up_in_turn(machine: FolderKernel) -> None:
    """Let each account look up a revision, an id and a namespace: the next ones after each step.

    Raises:
        Mismatch: an account finds what it does not see, or does not find what it sees.
    """
    for kind, of in _KINDS.items():
        number = nth(machine.comparison.pairs.numbers(of), machine.turn, None)
        if number is not None:
            for person in machine.people.all:
                _look_up(machine, person, f"{kind}:{number}")
                if kind == "id":
                    _list_revisions(machine, person, f"{kind}:{number}")


def _look_up(machine: FolderKernel, person: Person, path: str) -> None:
    if not is_known(machine, person, path):
        return
    real, example = drawn.real_path(machine, path), machine.example(person)
    with example.shown_by("files_get_metadata", real):
        outcome = example.calls.peek("files_get_metadata", real)
        seen = example.expected(partial(machine.files.at, person, path), outcome)
        if seen is not None:
            is_past = path.startswith("rev:")
            machine.comparison.check(seen, outcome.result, is_past=is_past)


def _list_revisions(machine: FolderKernel, person: Person, path: str) -> None:
    if not is_known(machine, person, path):
        return
    real, example = drawn.real_path(machine, path), machine.example(person)
    options = {"mode": ListRevisionsMode.id, "limit": _LIMIT}
    with example.shown_by("files_list_revisions", real, **options):
        outcome = example.calls.peek("files_list_revisions", real, **options)
        compare_revisions(machine, person, path, outcome, by_id=True, limit=_LIMIT)
