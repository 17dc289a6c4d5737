"""Hints about a call that failed: what in the service explains it, and the panel that helps."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

from fakedropbox._api.files.sharing_info import writer_of
from fakedropbox._core.service import Service
from fakedropbox._facts import ROUTES
from fakedropbox._files.nodes import File, Node
from fakedropbox._files.tree import everything_below
from fakedropbox._identity.accounts import Account
from fakedropbox.calls import CallRecord, all_paths
from fakedropbox.errors import NotImplementedInFake, RouteError
from fakedropbox.faults import Fault, reset_cursor
from fakedropbox.personality import Personality

_UNKNOWN_CURSOR = "F6.2-03"
_OLD_CURSOR = "F6.2-02"
_FIELD_OF_FACT = {
    "F1.1-07": "utf8_headers",
    "F1.4-10": "malformed_token",
    "F3.2-13": "astral_names",
    "F7-07": "into_itself",
    "F7-08": "case_only_move",
}
"""The fields of the personality that decide on a refusal, by the fact that the refusal names."""

_MOST_ITEMS = 10_000
_MOST_PATHS = 3


class Hint(NamedTuple):
    """A sentence about a call, and the panel that helps, if any.

    ``panel`` is the name of the panel, ``address`` its address below that of all panels.
    """

    text: str
    panel: str = ""
    address: str = ""


def hints_of(call: CallRecord, service: Service, *, is_of_one_test: bool = False) -> list[Hint]:
    """Return what may explain the failure of a call, as the service is now.

    With ``is_of_one_test`` no other test has used the service.
    """
    tests = "The test" if is_of_one_test else "A test, perhaps an earlier one,"
    with service.gate.lock:
        return [
            *_of_the_test(call, service, tests),
            *_of_the_personality(call, service.personality),
            *_of_the_token(call, service),
            *_of_the_space(call, service),
            *_of_the_session(call, service),
            *_of_the_paths(call, service),
        ]


def _of_the_test(call: CallRecord, service: Service, tests: str) -> Iterator[Hint]:
    if call.fault is not None:
        yield Hint(_origin(call.fault, service, tests), "Faults", "faults")
    if call.outcome == NotImplementedInFake.__name__:
        address = f"coverage?{urlencode({'route': call.route})}"
        yield Hint("The route can be answered by a stub.", "Coverage", address)
    if call.fact == _UNKNOWN_CURSOR:
        yield Hint("A reset of the service ends all cursors, and no other service knows them.")
    if call.outcome == "reset" and call.fact == _OLD_CURSOR and call.fault is None:
        text = "A snapshot was restored since the cursor was made, or its app folder was moved."
        yield Hint(f"{text} The folder has to be listed again.")


def _origin(fault: Fault, service: Service, tests: str) -> str:
    """Return where a fault comes from, and how often it has happened and is still to happen."""
    left = next((left for each, left in service.faults.planned() if each is fault), None)
    if left is not None:
        happened = fault.spot[1] - left
        number = f"{happened} time{'' if happened == 1 else 's'}"
        text = f"{tests} planned {fault!r}: it has happened {number}"
        return f"{text}, and is to happen {left or 'no'} more."
    name = "reset_one_in" if isinstance(fault, reset_cursor) else "fail_one_in"
    one_in = getattr(service.personality, name)
    if one_in:
        reason = f"the personality's {name} is {one_in}, so calls fail at random"
        return f"No test planned {fault!r}: {reason}."
    return f"{tests} planned {fault!r}, and it is not planned any more."


def _of_the_personality(call: CallRecord, personality: Personality) -> Iterator[Hint]:
    name = _FIELD_OF_FACT.get(call.fact or "")
    if name is not None and call.fault is None:
        value = getattr(personality, name)
        yield Hint(f"The personality decides on this: {name} is {value!r}.")
    lag = personality.lag_entries
    asked = all_paths(call.arg) if lag and call.outcome.endswith("not_found") else []
    if any(path.startswith("id:") for path in asked):
        text = f"The personality's lag_entries is {lag}"
        yield Hint(f"{text}: by its id, a new item may not be found yet.")


def _of_the_token(call: CallRecord, service: Service) -> Iterator[Hint]:
    people, clock = "people", "clock"
    if call.outcome == "missing_scope" and call.route in ROUTES:
        scope = ROUTES[call.route].scope
        yield Hint(f"The route needs the scope {scope}, which the token lacks.", "People", people)
    elif call.outcome == "expired_access_token":
        now = service.clock.now().strftime("%Y-%m-%d %H:%M:%S")
        text = f"Access tokens expire after four hours by the clock of the service, {now} UTC."
        yield Hint(text, "Clock", clock)
    elif call.outcome == "invalid_access_token":
        text = "The service has not issued this token, or it was revoked; another run may have."
        yield Hint(text, "People", people)


def _of_the_space(call: CallRecord, service: Service) -> Iterator[Hint]:
    is_full = call.outcome.endswith(("/insufficient_space", "insufficient_quota"))
    if is_full and call.fault is None and call.account is not None:
        tree = service.gate.world.files.trees[call.account.namespace_id]
        yield Hint(f"The account uses {tree.total_used:,} of its {tree.capacity:,} bytes.")


def _of_the_session(call: CallRecord, service: Service) -> Iterator[Hint]:
    """Yield the wrong offset of a call for an upload session, and the size of the session."""
    cursor = getattr(call.arg, "cursor", None)
    if cursor is not None and call.outcome.endswith("incorrect_offset") and call.fault is None:
        sessions = dict(service.gate.world.files.sessions.open())
        session = sessions.get(cursor.session_id)
        if session is not None:
            text = f"The call began at {cursor.offset:,}, and the session has {session.size:,}"
            yield Hint(f"{text} byte{'' if session.size == 1 else 's'}.")


def _of_the_paths(call: CallRecord, service: Service) -> Iterator[Hint]:
    """Yield hints that lead to the item of a conflict, or to the place of an item not found."""
    app = None if call.app is None else service.apps.by_key(call.app)
    if call.account is None or app is None:
        return
    folder = "" if app.folder is None else f"/Apps/{app.folder}"
    tags = call.outcome.split("/")
    for path in _refused_paths(call, tags[0])[:_MOST_PATHS]:
        if "conflict" in tags:
            yield from _in_the_way(call.account, f"{folder}{path}", tags[-1], service)
        if tags[-1] != "not_found":
            continue
        if folder:
            text = f"The app sees its folder only, so {path} means {folder}{path}."
            yield Hint(text, *_files_of(call.account, folder))
        yield from _elsewhere(call.account, path, folder, service)


def _refused_paths(call: CallRecord, tag: str) -> list[str]:
    """Return those paths of a call that its error can concern, given the error's first tag."""
    name = {"from_lookup": "from_path", "from_write": "from_path", "to": "to_path"}.get(tag, "")
    path = getattr(call.arg, name, None)
    paths = [path] if isinstance(path, str) else all_paths(call.arg)
    return [each for each in paths if each.startswith("/")]


def _in_the_way(account: Account, path: str, tag: str, service: Service) -> Iterator[Hint]:
    """Yield what the account has at a path, or above it, that is the reason for a conflict."""
    view = service.gate.world.files.views[account.namespace_id]
    if tag == "file_ancestor":
        parents = [path[:at] for at, each in enumerate(path) if each == "/"][1:]
        for node in [_node(service, account, parent) for parent in parents]:
            if isinstance(node, File):
                shown = view.paths(node)[1]
                text = f"The account has the file {shown}, so there is nothing below it."
                yield Hint(text, *_files_of(account, shown))
        return
    node = _node(service, account, path)
    if node is not None:
        shown = view.paths(node)[1]
        text = f"The account has {shown}{_writer(service, account, path)}"
        if shown != path:
            text += f", which is the same path as {path}: upper and lower case do not matter"
        yield Hint(f"{text}.", *_files_of(account, shown))


def _elsewhere(account: Account, path: str, folder: str, service: Service) -> Iterator[Hint]:
    for other in service.accounts:
        is_same = other.account_id == account.account_id
        if not (is_same and not folder) and _has(service, other, path):
            text = f"The account {other.email} has {path}."
            yield Hint(text, *_files_of(other, path))
    whole = f"{folder}{path}"
    if not _has(service, account, whole):
        view = service.gate.world.files.views[account.namespace_id]
        known = [view.paths(node)[1] for node in islice(everything_below(view.base), _MOST_ITEMS)]
        for near in get_close_matches(whole, known, 1, 0.8):
            yield Hint(f"The account has {near}.", *_files_of(account, near))


def _writer(service: Service, account: Account, path: str) -> str:
    """Return who wrote a file in a shared folder last, in words; empty for any other item."""
    world = service.gate.world
    view = world.files.views[account.namespace_id]
    node = view.node(path)
    access = view.of(node).access
    if access is None or not isinstance(node, File):
        return ""
    writer = world.accounts.by_id(writer_of(access, node))
    return "" if writer is None else f", which {writer.email} wrote last"


def _has(service: Service, account: Account, path: str) -> bool:
    return _node(service, account, path) is not None


def _node(service: Service, account: Account, path: str) -> Node | None:
    try:
        return service.gate.world.files.views[account.namespace_id].node(path)
    except RouteError:
        return None


def _files_of(account: Account, path: str) -> tuple[str, str]:
    fields = {"account": account.email, "path": path}
    return "Files", f"files?{urlencode(fields, errors='replace')}"
