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
from fakedropbox._files.nodes import File
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


def hints_of(call: CallRecord, service: Service) -> list[Hint]:
    """Return what may explain the failure of a call, as the service is now."""
    with service.gate.lock:
        return [
            *_of_the_test(call, service),
            *_of_the_personality(call, service.personality),
            *_of_the_token(call, service),
            *_of_the_paths(call, service),
        ]


def _of_the_test(call: CallRecord, service: Service) -> Iterator[Hint]:
    if call.fault is not None:
        yield Hint(_origin(call.fault, service), "Faults", "faults")
    if call.outcome == NotImplementedInFake.__name__:
        address = f"coverage?{urlencode({'route': call.route})}"
        yield Hint("The route can be answered by a stub.", "Coverage", address)
    if call.fact == _UNKNOWN_CURSOR:
        yield Hint("A reset of the service ends all cursors, and no other service knows them.")
    if call.outcome == "reset" and call.fact == _OLD_CURSOR:
        text = "A snapshot was restored since the cursor was made, or its app folder was moved."
        yield Hint(f"{text} The folder has to be listed again.")


def _origin(fault: Fault, service: Service) -> str:
    """Return who made a fault happen, and how often it has happened and will."""
    left = next((left for each, left in service.faults.planned() if each is fault), None)
    if left is not None:
        happened = fault.spot[1] - left
        number = f"{happened} time{'' if happened == 1 else 's'}"
        text = f"A test planned {fault!r}, perhaps an earlier one"
        return f"{text}: it has happened {number}, and is to happen {left or 'no'} more."
    name = "reset_one_in" if isinstance(fault, reset_cursor) else "fail_one_in"
    one_in = getattr(service.personality, name)
    if one_in:
        reason = f"the personality's {name} is {one_in}, so calls fail at random"
        return f"No test planned {fault!r}: {reason}."
    return f"A test planned {fault!r}, perhaps an earlier one, and it is not planned any more."


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


def _of_the_paths(call: CallRecord, service: Service) -> Iterator[Hint]:
    """Yield hints that lead to the item of a conflict, or to the place of an item not found."""
    app = None if call.app is None else service.apps.by_key(call.app)
    if call.account is None or app is None:
        return
    folder = "" if app.folder is None else f"/Apps/{app.folder}"
    tags = call.outcome.split("/")
    for path in [each for each in all_paths(call.arg) if each.startswith("/")][:_MOST_PATHS]:
        if "conflict" in tags and _has(service, call.account, f"{folder}{path}"):
            writer = _writer(service, call.account, f"{folder}{path}")
            text = f"The account has {folder}{path}{writer}."
            yield Hint(text, *_files_of(call.account, f"{folder}{path}"))
        if tags[-1] != "not_found":
            continue
        if folder:
            text = f"The app sees its folder only, so {path} means {folder}{path}."
            yield Hint(text, *_files_of(call.account, folder))
        yield from _elsewhere(call.account, path, folder, service)


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
    try:
        service.gate.world.files.views[account.namespace_id].node(path)
    except RouteError:
        return False
    return True


def _files_of(account: Account, path: str) -> tuple[str, str]:
    fields = {"account": account.email, "path": path}
    return "Files", f"files?{urlencode(fields, errors='replace')}"
