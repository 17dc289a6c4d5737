"""The content of a service as values, for the difference of two of its states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from fakedropbox._core.service import Service
from fakedropbox._files.nodes import File
from fakedropbox._files.tree import Mount, everything_below


class Item(NamedTuple):
    """A file, a folder or a shared folder; a file has a size, a revision and a content hash."""

    kind: str
    path: str
    size: int | None = None
    rev: int | None = None
    digest: bytes = b""


class Inventory(NamedTuple):
    """The content of a service.

    ``items`` are the files and folders of each account, by the number that each keeps.
    """

    time: datetime
    calls: int
    faults: tuple[str, ...]
    items: Mapping[str, Mapping[tuple[int, ...], Item]]


class Difference(NamedTuple):
    """One difference: ``added``, ``removed``, ``changed`` or ``moved``, and where it is."""

    kind: str
    account: str
    text: str


def inventory_of(service: Service) -> Inventory:
    """Return the content of a service, whose lock the caller holds."""
    world = service.gate.world
    items: dict[str, dict[tuple[int, ...], Item]] = {}
    for account in service.accounts:
        view = world.files.views[account.namespace_id]
        mine = items[account.email] = {}
        for node in everything_below(view.base):
            if node is view.base:
                continue
            path = view.paths(node)[1]
            if isinstance(node, File):
                mine[node.number,] = Item("file", path, node.blob.size, node.rev, node.blob.digest)
            else:
                kind = "shared folder" if isinstance(node, Mount) else "folder"
                mine[node.number,] = Item(kind, path)
    faults = tuple(f"{fault!r}, {left} left" for fault, left in service.faults.planned())
    return Inventory(service.clock.now(), len(service.calls), faults, items)


def differences(before: Inventory, after: Inventory) -> list[Difference]:
    """Return the differences between two states of a service: items first, by account and path."""
    return [*_of_items(before, after), *_of_the_rest(before, after)]


def _of_items(before: Inventory, after: Inventory) -> Iterator[Difference]:
    for account in dict.fromkeys([*before.items, *after.items]):
        if account not in before.items or account not in after.items:
            kind = "added" if account in after.items else "removed"
            yield Difference(kind, account, "the account")
        old, new = before.items.get(account, {}), after.items.get(account, {})
        found = []
        for number in dict.fromkeys([*old, *new]):
            first, second = old.get(number), new.get(number)
            if first is None and second is not None:
                found.append(Difference("added", account, _shown(second)))
            elif second is None and first is not None:
                found.append(Difference("removed", account, _shown(first)))
            elif first is not None and second is not None:
                found += _of_item(account, first, second)
        yield from sorted(found, key=lambda each: each.text)


def _of_item(account: str, first: Item, second: Item) -> Iterator[Difference]:
    if first.path != second.path:
        yield Difference("moved", account, f"{first.path} to {second.path}")
    if first.digest != second.digest:
        sizes = f"{first.size} bytes, then {second.size} bytes"
        yield Difference("changed", account, f"{second.path}: {sizes}")
    elif first.rev != second.rev and first.path == second.path:  # a move makes a new revision, too
        text = f"{second.path}: a new revision, with the same content"
        yield Difference("changed", account, text)
    if first.kind != second.kind:
        yield Difference("changed", account, f"{second.path}: {first.kind}, then {second.kind}")


def _shown(item: Item) -> str:
    size = "" if item.size is None else f", {item.size} bytes"
    return f"{item.kind} {item.path}{size}"


def _of_the_rest(before: Inventory, after: Inventory) -> Iterator[Difference]:
    left = list(after.faults)
    for fault in before.faults:
        if fault in left:
            left.remove(fault)
        else:
            yield Difference("removed", "", f"planned fault {fault}")
    for fault in left:
        yield Difference("added", "", f"planned fault {fault}")
    if before.calls != after.calls:
        yield Difference("changed", "", f"calls: {before.calls}, then {after.calls}")
    if before.time != after.time:
        yield Difference("changed", "", f"time: {before.time}, then {after.time}")
