"""The model of Dropbox that the machine compares with: the tree, its past, and open uploads."""

from __future__ import annotations

from fakedropbox.machines._entries import Entry, Refused, Write, refuse
from fakedropbox.machines._names import fold
from fakedropbox.machines._tree import Tree


class Model(Tree):
    """A `Tree` that remembers; ``sessions`` are contents that are not all there yet."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[int, tuple[bytes, bool]] = {}

    # The past (§8)

    def find(self, path: str, tag: str = "path", *, include_deleted: bool = False) -> Entry:
        """What lives at a path, or what ``rev:7`` names."""
        if not path.startswith("rev:"):
            return super().find(path, tag, include_deleted=include_deleted)
        found = [old for old in self.history if f"rev:{old.rev}" == path]
        refuse([] if found else [f"{tag}/not_found"])
        return found[0]

    def revisions(self, path: str, *, by_id: bool) -> tuple[list[Entry], bool]:
        """All revisions, newest first, and whether the file is gone (F8-08, F8-09)."""
        key = fold(self._shown(path, "path/not_found", "path"))
        last = self.live.get(key) or self.gone.get(key)
        if last is None:
            raise Refused("path/not_found")
        if last.content is None:
            raise Refused("path/not_file")
        found = [old for old in self.history if (old.id == last.id if by_id else old.key == key)]
        lives = any(old.id == last.id for old in self.live.values()) if by_id else key in self.live
        return found[::-1], not lives

    def restore(self, path: str, rev: int) -> Entry:
        """Put an old content to a path; a file that is gone comes back (F8-10)."""
        path = self._shown(path, "path_lookup/malformed_path", "path_lookup")
        past = next((old for old in self.history if old.rev == rev), None)
        there = self.live.get(fold(path))
        wrong = [] if past else ["invalid_revision"]
        wrong += self._obstacles(path, "path_write")
        if there is not None and there.content is None:
            wrong.append("path_write/conflict/folder")
        refuse(wrong)
        assert past is not None
        if there is None and all(old.id != past.id for old in self.live.values()):
            there = past
        elif there is not None and there.content == past.content:
            return there
        assert past.content is not None
        return self._write(path, past.content, past.modified, there)

    # Upload sessions (§4.1)

    def start(self, content: bytes, *, close: bool = False) -> int:
        """Begin a session; its number."""
        number = next(self._numbers)
        self.sessions[number] = content, close
        return number

    def append(self, session: int, offset: int, content: bytes, *, close: bool = False) -> None:
        """Send a further piece."""
        sent, closed = self._session(session, offset, "")
        refuse(["closed"] if closed else [])
        self.sessions[session] = sent + content, close

    def finish(self, session: int, offset: int, content: bytes, path: str, how: Write) -> Entry:
        """Send the last piece, which stays when the file cannot be written (F4.1-05)."""
        sent, closed = self._session(session, offset, "lookup_failed/")
        refuse(["lookup_failed/closed"] if closed and content else [])
        self.sessions[session] = sent + content, closed
        entry = self.upload(path, sent + content, how)
        del self.sessions[session]
        return entry

    def finish_closed(self, session: int, offset: int, path: str, how: Write) -> Entry:
        """Make a file of a session that has to be closed, as a batch does."""
        _, closed = self._session(session, offset, "lookup_failed/")
        refuse([] if closed else ["lookup_failed/not_closed"])
        return self.finish(session, offset, b"", path, how)

    def _session(self, session: int, offset: int, tag: str) -> tuple[bytes, bool]:
        if session not in self.sessions:
            raise Refused(f"{tag}not_found", f"{tag}closed")  # F4.1-07: unknown which
        sent, closed = self.sessions[session]
        refuse([f"{tag}incorrect_offset"] if offset != len(sent) else [])
        return sent, closed
