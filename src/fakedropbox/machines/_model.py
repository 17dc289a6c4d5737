"""The model of Dropbox that the machine compares with: the tree, its past, and open uploads."""

from __future__ import annotations

from fakedropbox.machines._belongings import Belongings
from fakedropbox.machines._entries import Entry, Refused, Write, refuse
from fakedropbox.machines._names import (
    composed,
    fold,
    has_words,
    is_child,
    is_doc,
    is_in,
    is_malformed,
    name_of,
    renamed,
)


class Model(Belongings):
    """A `Tree` that remembers; ``sessions`` are contents that are not all there yet."""

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[int, tuple[bytes, bool]] = {}

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

    def found(self, query: str, top: str, way: str) -> set[str]:
        """What a search finds below a folder, by key (F8-11).

        The ways are those of `SearchMode`.
        """
        known = self.gone if way == "deleted_filename" else self.live
        with_contents = way == "filename_and_content"
        return {
            key
            for key, entry in known.items()
            if is_in(key, top) and key != top
            if has_words(name_of(key), _text(entry) if with_contents else "", query)
        }

    def changes_case_only(self, source: str, target: str) -> bool:
        """Whether a move is to the same path in other letters."""
        try:
            old, target = self._ends(source, target)
        except Refused:
            return False
        return fold(target) == old.key and old.name != name_of(target)

    # The past (F8-07 to -10)

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
            self.locks.pop(past.id, None)
        elif there is not None and there.content == past.content:
            return there
        assert past.content is not None
        return self._write(path, past.content, past.modified, there)

    # Paper docs, whose contents are words

    def create_doc(self, path: str, words: bytes) -> Entry:
        """Make a doc, under another name if something is there."""
        path = composed(path)
        wrong = ["invalid_path"] * is_malformed(path)
        wrong += ["invalid_file_extension"] * (not is_doc(path))
        refuse(wrong + ["invalid_path"] * bool(self._obstacles(path, "")))
        return self._write(renamed(path, "", self.live) if fold(path) in self.live else path, words)

    def docs(self) -> list[str]:
        """The keys of all docs that live."""
        return [key for key in self.live if is_doc(key)]

    def doc(self, path: str) -> Entry:
        """The doc at a path."""
        found = self.find(path)
        refuse([] if found.content is not None else ["path/not_file"])
        refuse([] if is_doc(found.key) else ["path/unsupported_content_type"])
        return found

    def rewrite(self, doc: Entry, words: bytes) -> Entry:
        """Give a doc other words; with the same ones it stays as it is."""
        return doc if words == doc.content else self._write(doc.key, words, None, doc)

    # From the web (F5-09)

    def save_from(self, content: bytes | None, path: str, why: list[str]) -> Entry:
        """Write what was found at a URL; None where nothing was, and why.

        No fact tells which comes first, that or what is wrong with the path.
        """
        if content is None:
            wrong = ["path/malformed_path"] * is_malformed(composed(path)) + why
            wrong += self._obstacles(composed(path), "path")
            if fold(path) in self.live:
                wrong.append(self._conflict(path, "path"))
            raise Refused(*wrong)
        return self.upload(path, content, Write())

    # Copy references (F7-12)

    def save(self, number: int, target: str) -> Entry:
        """Copy to a free place what a reference stands for, as it is at that time.

        The number 0 is that of a reference that was never given.
        """
        target = self._shown(target, "path/malformed_path", "path")
        source = next((old for old in self.live.values() if old.id == number), None)
        wrong = [] if source else ["not_found" if number else "invalid_copy_reference"]
        wrong += self._obstacles(target, "path")
        if fold(target) in self.live:
            wrong.append(self._conflict(target, "path"))
        refuse(wrong)
        assert source is not None
        return self._copy(source, target)

    # Upload sessions (F4.1-01 to -07)

    def start(self, content: bytes, *, close: bool = False) -> int:
        """Begin a session; its number."""
        number = next(self._numbers)
        self.sessions[number] = content, close
        return number

    def append(self, session: int, offset: int, content: bytes, *, close: bool = False) -> None:
        """Send a further piece."""
        sent, closed = self._session(session, "")
        refuse(["incorrect_offset"] * (offset != len(sent)) + ["closed"] * closed)
        self.sessions[session] = sent + content, close

    def finish(self, session: int, offset: int, content: bytes, path: str, how: Write) -> Entry:
        """Send the last piece, which stays when the file cannot be written (F4.1-05)."""
        sent, closed = self._session(session, "lookup_failed/")
        wrong = ["lookup_failed/incorrect_offset"] * (offset != len(sent))
        refuse(wrong + ["lookup_failed/closed"] * (closed and content != b""))
        self.sessions[session] = sent + content, closed
        entry = self.upload(path, sent + content, how)
        del self.sessions[session]
        return entry

    def finish_closed(self, session: int, offset: int, path: str, how: Write) -> Entry:
        """Make a file of a session that has to be closed, as a batch does."""
        sent, closed = self._session(session, "lookup_failed/")
        wrong = ["lookup_failed/incorrect_offset"] * (offset != len(sent))
        refuse(wrong + ["lookup_failed/not_closed"] * (not closed))
        return self.finish(session, offset, b"", path, how)

    def _session(self, session: int, tag: str) -> tuple[bytes, bool]:
        if session not in self.sessions:
            raise Refused(f"{tag}not_found", f"{tag}closed")  # F4.1-07: unknown which
        return self.sessions[session]


def _text(entry: Entry) -> str:
    """The text of a file; of one that has no text, and of a folder, nothing."""
    try:
        return (entry.content or b"").decode()
    except UnicodeDecodeError:
        return ""
