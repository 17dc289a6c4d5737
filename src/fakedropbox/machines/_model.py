"""The model of Dropbox that the machine compares with: the tree, its past, and open uploads."""

from __future__ import annotations

from fakedropbox.machines._entries import Entry, Refused, Write, refuse
from fakedropbox.machines._names import fold, is_child, is_in, name_of
from fakedropbox.machines._tree import Tree


class Model(Tree):
    """A `Tree` that remembers; ``sessions`` are contents that are not all there yet."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[int, tuple[bytes, bool]] = {}
        self._tags: dict[int, set[str]] = {}

    # Looking

    def file(self, path: str) -> Entry:
        """The file at a path, or at a revision."""
        found = self.at(path)
        if found.content is None:
            raise Refused("path/not_file")
        return found

    def folder(self, path: str) -> str:
        """The key of the folder at a path, or of the root."""
        found = None if path == "" else self.find(path)
        if found is not None and found.content is not None:
            raise Refused("path/not_folder")
        return "" if found is None else found.key

    def deleted(self, top: str, *, recursive: bool) -> set[str]:
        """The tombstones in a folder, but for those below a file."""
        within = is_in if recursive else is_child
        return {key for key in self.gone if within(key, top) and not self._below_file(key)}

    def changes_case_only(self, source: str, target: str) -> bool:
        """Whether a move is to the same path in other letters."""
        try:
            old, target = self._ends(source, target)
        except Refused:
            return False
        return fold(target) == old.key and old.name != name_of(target)

    # The past (§8)

    def at(self, path: str, *, include_deleted: bool = False) -> Entry:
        """What lives at a path, what ``rev:7`` names or, if asked for, what was there last."""
        if path.startswith("rev:"):
            found = [old for old in self.history if f"rev:{old.rev}" == path]
            refuse([] if found else ["path/not_found"])
            return found[0]
        key = fold(self._shown(path, "path/not_found", "path"))
        if include_deleted and key in self.gone:
            return self.gone[key]
        return self.find(path)

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

    # Tags, which stay with what has them

    def tags_at(self, path: str) -> set[str]:
        """The tags of what lives at a path."""
        return self._tags.setdefault(self.find(path).id, set())

    def tag(self, path: str, text: str) -> None:
        """Give a tag."""
        self.tags_at(path).add(text.lower())

    def untag(self, path: str, text: str) -> None:
        """Take a tag."""
        tags = self.tags_at(path)
        refuse([] if text.lower() in tags else ["tag_not_present"])
        tags.remove(text.lower())

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
