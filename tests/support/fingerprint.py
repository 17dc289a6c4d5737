"""The state of a service as a list of plain values, to compare it before and after a call."""

import threading
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import chain

from sortedcontainers import SortedList

from fakedropbox._base.chance import Chance
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.search import Search
from fakedropbox.clock import Clock
from fakedropbox.personality import Personality

PLAIN = frozenset({str, bytes, int, float, bool, type(None)})
IGNORED = (
    Callable,
    Chance,  # each answer draws a request id, so it always differs
    Clock,  # only its time is compared
    Personality,
    Search,  # an index that each search rebuilds as far as necessary
    UndoLog,
    type(threading.Lock()),
    type(threading.RLock()),
)
CACHES = {
    "__weakref__",
    "_order",  # the sorted entries of a folder, built for its first listing
    "kept",  # the text of a path; the path of a folder, and the epoch in which it is valid
    "kept_epoch",
    "taken",  # the numbers that autorename found taken
}


def fingerprint(service, without=()):
    """Return all that the service keeps but its calls: a list, equal if the states are equal.

    Args:
        service: the service.
        without: names of attributes of the file store to leave out.
    """
    world, seen, found, kept = service.gate.world, {}, [], []
    left = [
        service.clock.micros,
        service.faults.planned(),
        world.web.source,
        world.tokens,
        world.apps,
        world.accounts,
        world.contacts,
        world.photos,
        world.teams,
        world.groups,
        world.team_log,
        {name: value for name, value in vars(world.files).items() if name not in without},
    ]
    while left:
        value = left.pop()
        kind = type(value)
        if kind in PLAIN:
            found.append(value)
            continue
        read = _reader(kind)
        if read is None:
            continue
        # The service or `kept` keeps the value alive until the end, so no other value gets its id.
        known = seen.get(id(value))
        if known is not None:
            found.append(("again", known))
            continue
        seen[id(value)] = len(seen)
        inside = read(value)
        kept.append(inside)
        found.append((kind, len(inside)))
        left += inside
    return found


@cache
def _reader(kind):
    """Return a function that lists the values in an object of a class; None if they are ignored."""
    if issubclass(kind, IGNORED):
        return None
    if issubclass(kind, Mapping):
        return lambda value: [*chain.from_iterable(value.items())]
    if issubclass(kind, AbstractSet):
        return lambda value: sorted(value, key=repr)
    if issubclass(kind, (list, tuple, SortedList)):
        return list
    slots = [name for each in kind.__mro__ for name in _own_slots(each) if name not in CACHES]

    def read(value):
        inside = [getattr(value, name) for name in slots if hasattr(value, name)]
        attributes = getattr(value, "__dict__", {})
        return inside + [each for name, each in attributes.items() if name not in CACHES]

    return read


def _own_slots(kind):
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else slots


def first_difference(before, after):
    """Return a short text about the first difference between two fingerprints."""
    for index, (old, new) in enumerate(zip(before, after, strict=False)):
        if old != new:
            near = slice(max(index - 5, 0), index + 5)
            return f"{before[near]} became {after[near]}"
    return f"{len(before)} values became {len(after)}"
