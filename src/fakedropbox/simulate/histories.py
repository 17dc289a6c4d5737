"""Histories of calls, for a checker: each call begins, and ends in one of three ways.

A call whose reply was lost may have succeeded or failed: its end is ``unknown``, and a
checker must allow for both.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, get_args

from fakedropbox._base.own_files import own_file

Kind = Literal["invoke", "ok", "fail", "unknown"]
_KINDS = get_args(Kind)


class Event(NamedTuple):
    """The beginning (``invoke``) or the end of one call of one process.

    ``kind`` is ``invoke``, ``ok``, ``fail`` or ``unknown``; ``process`` is the name of the process.
    ``call`` is the name of a route, or of an operation of your own such as ``claim``.
    ``value`` holds the arguments or the result, as JSON values; ``time`` is in seconds since
    1970-01-01. ``number`` is the same for the beginning and the end of a call.
    """

    number: int
    time: float
    process: str
    kind: Kind
    call: str
    value: Any = None


class History(list[Event]):
    """Events in the order in which they happened; several threads may add to one history.

    >>> history = History()
    >>> number = history.invoke(0.0, "worker", "claim")
    >>> history.end(number, 1.5, "ok", {"job": "7"})
    >>> print(history.to_jsonl(), end="")
    {"number":0,"time":0.0,"process":"worker","kind":"invoke","call":"claim","value":null}
    {"number":0,"time":1.5,"process":"worker","kind":"ok","call":"claim","value":{"job":"7"}}
    >>> History.from_jsonl(history.to_jsonl()) == history
    True
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        super().__init__(events)
        # It gives each number to one thread only, without a lock, which could not be pickled.
        self._numbers = iter(range(len(self), sys.maxsize))
        self._under_way: dict[int, Event] = {}

    def invoke(self, time: float, process: str, call: str, value: Any = None) -> int:
        """Record that a call begins, and return its number, which `end` takes."""
        number = next(self._numbers)
        event = self._under_way[number] = Event(number, time, process, "invoke", call, value)
        self.append(event)
        return number

    def end(self, number: int, time: float, kind: Kind, value: Any = None) -> None:
        """Record the end of the call with the number that `invoke` returned.

        Raises:
            ValueError: no call with that number is under way.
        """
        begun = self._under_way.pop(number, None)
        if begun is None:
            raise ValueError(f"number: expected the number of a call under way, got {number!r}")
        self.append(Event(number, time, begun.process, kind, begun.call, value))

    def of(self, process: str) -> Iterator[Event]:
        """Return the events of one process."""
        return (event for event in self if event.process == process)

    def to_jsonl(self) -> str:
        """Return the history as JSON lines, one for each event."""
        lines = (json.dumps(event._asdict(), separators=(",", ":")) for event in self)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def from_jsonl(cls, text: str | Iterable[str]) -> History:
        """Read the output of `to_jsonl`, or the log of a real run in the same format.

        Raises:
            ValueError: a line is not an event; the message has its number.
        """
        lines = text.splitlines() if isinstance(text, str) else text
        return cls(_event(number, line) for number, line in enumerate(lines, 1) if line.strip())

    def save(self, path: str | Path) -> None:
        """Write the history to a file of JSON lines, which is new, empty or an earlier history.

        What is at ``path`` is left as it is if an error is raised.

        Raises:
            TypeError: a value is not a value of JSON.
            ValueError: something else is at ``path``, or a value refers to itself.
        """
        data = self.to_jsonl().encode()  # first, as it may raise an error
        with own_file("path", Path(path), _is_a_history) as file:
            file.truncate()
            file.write(data)

    @classmethod
    def load(cls, path: str | Path) -> History:
        """Read a history from a file of JSON lines.

        Raises:
            ValueError: a line is not an event; the message has its number.
        """
        return cls.from_jsonl(Path(path).read_text("utf-8"))


def _is_a_history(file: BinaryIO) -> bool:
    try:
        _event(1, file.readline().decode())
    except ValueError:
        return False
    return True


def _event(number: int, line: str) -> Event:
    try:
        event = Event(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise ValueError(f"line {number}: expected an event, got {line.strip()!r}") from error
    if event.kind not in _KINDS:
        expected = ", ".join(_KINDS)
        raise ValueError(f"line {number}: kind: expected one of {expected}, got {event.kind!r}")
    return event
