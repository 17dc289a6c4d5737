"""The whole state of a service as a list of plain values, to compare it before and after a call."""

import threading
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import chain

from sortedcontainers import SortedList

from fakedropbox._base.chance import Chance
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.search import Search
from fakedropbox.clock import Clock
from fakedropbox.personality import Personality

PLAIN = (str, bytes, int, float, bool, type(None))
IGNORED = (
    Chance,  # an answer draws a request id, whatever it says
    Clock,  # compared as a number
    Personality,
    Search,  # an index that each search rebuilds as far as necessary
    UndoLog,
    type(threading.Lock()),
    type(threading.RLock()),
)
CACHES = {
    "taken"  # the numbers that autorename found taken
}


def fingerprint(service, without=()):
    """Return everything that the service keeps: a list in which equal states give equal values.

    Args:
        service: the service.
        without: names of attributes of the file store to leave out.
    """
    world, seen, found = service.gate.world, {}, []
    left = [
        service.clock.micros,
        service.faults.planned(),
        world.web.source,
        world.tokens,
        world.apps,
        world.accounts,
        {name: value for name, value in vars(world.files).items() if name not in without},
    ]
    while left:
        value = left.pop()
        if isinstance(value, PLAIN):
            found.append(value)
        elif isinstance(value, IGNORED) or callable(value):
            continue
        elif id(value) in seen:
            found.append(("again", seen[id(value)]))
        else:
            # The value is kept alive by the service, or by this list, until the end.
            seen[id(value)] = len(seen)
            inside = list(_inside(value))
            found.append((type(value).__name__, len(inside)))
            left += inside
    return found


def _inside(value):
    """Return the values that an object consists of."""
    if isinstance(value, Mapping):
        return chain.from_iterable(value.items())
    if isinstance(value, AbstractSet):
        return sorted(value, key=repr)
    if isinstance(value, (list, tuple, SortedList)):
        return value
    slots = [name for kind in type(value).__mro__ for name in _slots(kind)]
    names = [*vars(value), *slots] if hasattr(value, "__dict__") else slots
    return [
        getattr(value, name)
        for name in names
        if name not in CACHES and name != "__weakref__" and hasattr(value, name)
    ]


def _slots(kind):
    slots = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else slots


def first_difference(before, after):
    """Return a short text about the first difference between two fingerprints."""
    for index, (old, new) in enumerate(zip(before, after, strict=False)):
        if old != new:
            near = slice(max(index - 5, 0), index + 5)
            return f"{before[near]} became {after[near]}"
    return f"{len(before)} values became {len(after)}"
