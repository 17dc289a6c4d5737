"""Upload sessions of the model, which hold data that is not complete yet."""

from __future__ import annotations

from fakedropbox.machines._entries import Entry, Refused, Write, refuse
from fakedropbox.machines._tree import Tree


class Sessions:
    """The upload sessions, by number, each with the data received and True if it is closed."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._open: dict[int, tuple[bytes, bool]] = {}

    def size(self, session: int) -> int:
        """Return the number of bytes that a session has received; 0 if there is no such session."""
        return len(self._open.get(session, (b"", False))[0])

    def start(self, content: bytes, *, close: bool = False) -> int:
        """Start a session, and return its number."""
        number = next(self._tree.numbers)
        self._open[number] = content, close
        return number

    def append(self, session: int, offset: int, content: bytes, *, close: bool = False) -> None:
        """Append data."""
        sent, closed = self._at(session, "")
        refuse(["incorrect_offset"] * (offset != len(sent)) + ["closed"] * closed)
        self._open[session] = sent + content, close

    def finish(self, session: int, offset: int, content: bytes, path: str, how: Write) -> Entry:
        """Append the last data, and write the file; if that fails, the data is kept (F4.1-05)."""
        sent, closed = self._at(session, "lookup_failed/")
        wrong = ["lookup_failed/incorrect_offset"] * (offset != len(sent))
        refuse(wrong + ["lookup_failed/closed"] * (closed and content != b""))
        self._open[session] = sent + content, closed
        entry = self._tree.upload(path, sent + content, how)
        del self._open[session]
        return entry

    def finish_closed(self, session: int, offset: int, path: str, how: Write) -> Entry:
        """Write the file of a session that has to be closed, as a batch does."""
        sent, closed = self._at(session, "lookup_failed/")
        wrong = ["lookup_failed/incorrect_offset"] * (offset != len(sent))
        refuse(wrong + ["lookup_failed/not_closed"] * (not closed))
        return self.finish(session, offset, b"", path, how)

    def _at(self, session: int, tag: str) -> tuple[bytes, bool]:
        if session not in self._open:
            raise Refused(f"{tag}not_found", f"{tag}closed")  # F4.1-07: either is possible
        return self._open[session]
