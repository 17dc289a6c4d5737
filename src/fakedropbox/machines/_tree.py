"""Dropbox as one dictionary from lower-cased paths: slow, naive, and easy to verify.

It implements the facts about single calls, and shares no code with the fake Dropbox.
Ids, revisions and sessions are numbers; a comparison pairs them with those of the service.
A path is ``/a/b``, ``id:7`` or ``id:7/b``.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from datetime import datetime

from fakedropbox.machines._entries import Entry, Refused, Write, refuse
from fakedropbox.machines._names import (
    composed,
    fold,
    has_words,
    is_child,
    is_disallowed,
    is_in,
    is_malformed,
    is_temporary,
    name_of,
    renamed,
)

NOWHERE = "duplicated_or_nested_paths"


class Numbers(Iterator[int]):
    """The numbers from 1 on; a copy continues on its own. Python 3.14 cannot copy a `count`."""

    def __init__(self) -> None:
        self._last = 0

    def __next__(self) -> int:
        self._last += 1
        return self._last


class Tree:
    """All entries: ``live`` has those that exist, ``gone`` the last one at each deleted path.

    Both have `path_lower` as keys. ``history`` has every revision of every file; ``changes``
    is the number of changes so far. ``numbers`` yields the numbers of new ids, revisions and
    sessions; the trees of several accounts share it.
    """

    def __init__(self, numbers: Numbers | None = None) -> None:
        self.live: dict[str, Entry] = {}
        self.gone: dict[str, Entry] = {}
        self.history: list[Entry] = []
        self.changes = 0
        self.numbers = Numbers() if numbers is None else numbers

    def fork(self) -> Tree:
        """Return an independent copy of the tree."""
        other = Tree(copy(self.numbers))
        other.live, other.gone = dict(self.live), dict(self.gone)
        other.history, other.changes = list(self.history), self.changes
        return other

    # Reading the current state

    def find(self, path: str, tag: str = "path") -> Entry:
        """Return the existing entry at a path."""
        key = fold(self._shown(path, f"{tag}/not_found", tag))
        if key not in self.live:
            raise Refused(f"{tag}/not_found")
        return self.live[key]

    def listed(self, top: str, *, recursive: bool) -> dict[str, Entry]:
        """Return the entries of a listing by key, with the folder itself if it is recursive."""
        within = is_in if recursive else is_child
        return {key: entry for key, entry in self.live.items() if within(key, top)}

    def file(self, path: str) -> Entry:
        """Return the file at a path, or at a revision."""
        found = self.at(path)
        if found.content is None:
            raise Refused("path/not_file")
        return found

    def folder(self, path: str) -> str:
        """Return the key of the folder at a path, or of the root."""
        found = None if path == "" else self.find(path)
        if found is not None and found.content is not None:
            raise Refused("path/not_folder")
        return "" if found is None else found.key

    def deleted(self, top: str, *, recursive: bool) -> set[str]:
        """Return the keys of the deleted entries in a folder, except those below a file."""
        within = is_in if recursive else is_child
        return {key for key in self.gone if within(key, top) and not self._below_file(key)}

    def found(self, query: str, top: str, way: str) -> set[str]:
        """Return the keys that a search finds below a folder (F8-11).

        ``way`` is a tag of `SearchMode`.
        """
        known = self.gone if way == "deleted_filename" else self.live
        with_contents = way == "filename_and_content"
        return {
            key
            for key, entry in known.items()
            if is_in(key, top) and key != top
            if has_words(name_of(key), text_of(entry) if with_contents else "", query)
        }

    def changes_case_only(self, source: str, target: str) -> bool:
        """Return whether a move changes only the case of the last name."""
        try:
            old, target = self._ends(source, target)
        except Refused:
            return False
        return fold(target) == old.key and old.name != name_of(target)

    # Reading and restoring the past (F8-07 to -10)

    def at(self, path: str, *, include_deleted: bool = False) -> Entry:
        """Return the entry at a path, or at a revision such as ``rev:7``.

        With ``include_deleted``, return the last entry at a deleted path.
        """
        if path.startswith("rev:"):
            found = [old for old in self.history if f"rev:{old.rev}" == path]
            refuse([] if found else ["path/not_found"])
            return found[0]
        key = fold(self._shown(path, "path/not_found", "path"))
        if include_deleted and key in self.gone:
            return self.gone[key]
        return self.find(path)

    def at_rev(self, path: str, rev: int) -> Entry:
        """Return the file at a revision; the path must be valid, and an id in it must exist."""
        self._shown(path, "path/not_found", "path")
        return self.at(f"rev:{rev}")

    def revisions(self, path: str, *, by_id: bool) -> tuple[list[Entry], bool]:
        """Return all revisions, newest first, and True if the file is deleted (F8-08, F8-09)."""
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
        """Restore an old revision at a path; a deleted file gets its id again (F8-10)."""
        path = self._shown(path, "path_lookup/malformed_path", "path_lookup")
        past = next((old for old in self.history if old.rev == rev), None)
        there = self.live.get(fold(path))
        wrong = [] if past else ["invalid_revision"]
        wrong += self.obstacles(path, "path_write")
        if there is not None and there.content is None:
            wrong.append("path_write/conflict/folder")
        refuse(wrong)
        assert past is not None
        if there is None and all(old.id != past.id for old in self.live.values()):
            there = past
        elif there is not None and there.content == past.content:
            return there
        assert past.content is not None
        return self.write(path, past.content, past.modified, there)

    # Writing

    def upload(self, path: str, content: bytes, how: Write) -> Entry:
        """Write a file (F4-01 to -07)."""
        path = self._shown(path, "path/malformed_path", "path")
        refuse(self.obstacles(path, "path"))
        old = self.live.get(fold(path))
        if old is not None and old.content is None:
            raise Refused("path/conflict/folder")
        is_same = old is not None and old.content == content
        if old is None:
            conflicts = how.mode == "update" and how.strict_conflict
        elif how.mode == "overwrite" or (how.mode == "update" and how.rev == old.rev):
            conflicts = False
        else:
            conflicts = how.strict_conflict or not is_same
        if conflicts and not how.autorename:
            raise Refused("path/conflict/file")
        if conflicts:
            free = renamed(path, "copy" if how.mode == "update" else "", self.live)
            return self.write(free, content, how.modified)
        if old is not None and is_same:
            return old  # F4-02
        return self.write(path, content, how.modified, old)

    def create(self, path: str, *, autorename: bool = False) -> Entry:
        """Make a folder (F8-01)."""
        path = self._shown(path, "path/malformed_path", "path")
        refuse(self.obstacles(path, "path", of_file=False))
        if fold(path) in self.live:
            if not autorename:
                raise Refused(self.conflict(path, "path"))
            path = renamed(path, "folder", self.live)
        self._make_parents(f"{path}/")
        return self.live[fold(path)]

    def delete(self, path: str, rev: int | None = None) -> Entry:
        """Delete a file, or a folder and all in it (F8-03).

        With ``rev``, delete a file only if that is its current revision (F8-04).
        """
        old = self.find(path, "path_lookup")
        if rev is not None and rev != old.rev:
            raise Refused(self.conflict(old.key, "path_write"))
        self.take(old)
        return old

    def move(self, source: str, target: str, *, autorename: bool = False) -> Entry:
        """Move a file or folder: ids stay, revisions do not (F7-01, F7-02)."""
        old, target = self._ends(source, target)
        if fold(target) == old.key:
            if old.name == name_of(target):
                raise Refused(NOWHERE)
            return self._change_case(old, name_of(target)) if autorename else old  # F7-08
        target = self.landing(old, target, autorename=autorename)
        return self.put_all(self.take(old), old, target)

    def copy(self, source: str, target: str, *, autorename: bool = False) -> Entry:
        """Copy a file or folder: all ids and revisions are new (F7-01)."""
        old, target = self._ends(source, target)
        if fold(target) == old.key:
            raise Refused(NOWHERE)
        return self._copy(old, self.landing(old, target, autorename=autorename))

    # From the web (F5-09)

    def save_from(self, content: bytes | None, path: str, why: list[str]) -> Entry:
        """Write the data found at a URL; if ``content`` is None, refuse with the errors in ``why``.

        No fact says if these errors come before those of the path.
        """
        if content is None:
            wrong = ["path/malformed_path"] * is_malformed(composed(path)) + why
            wrong += self.obstacles(composed(path), "path")
            if fold(path) in self.live:
                wrong.append(self.conflict(path, "path"))
            raise Refused(*wrong)
        return self.upload(path, content, Write())

    # Copy references (F7-12)

    def save(self, number: int, target: str, rev: int = 0) -> Entry:
        """Copy the entry that a reference refers to, in its current state, to a free path.

        The number 0 belongs to an invalid reference. With ``rev``, the reference is to that
        revision, and the file need not exist any more.
        """
        target = self._shown(target, "path/malformed_path", "path")
        known = self.history if rev else self.live.values()
        source = next((old for old in known if old.id == number and rev in (0, old.rev)), None)
        wrong = [] if source else ["not_found" if number else "invalid_copy_reference"]
        is_file = source is not None and source.content is not None
        wrong += self.obstacles(target, "path", of_file=is_file)
        if fold(target) in self.live:
            wrong.append(self.conflict(target, "path"))
        refuse(wrong)
        assert source is not None
        if rev and source.content is not None:
            return self.write(target, source.content, source.modified)
        return self._copy(source, target)

    # Paths

    def _shown(self, path: str, unknown: str, tag: str) -> str:
        """Return a path in NFC, with the path of an entry in place of its id."""
        if path.startswith("id:"):
            number, slash, below = path[3:].partition("/")
            found = [old for old in self.live.values() if str(old.id) == number]
            refuse([] if found else [unknown])
            path = found[0].key.rpartition("/")[0] + "/" + found[0].name + slash + below
        path = composed(path)
        if is_malformed(path):
            raise Refused(f"{tag}/malformed_path")
        return path

    def obstacles(self, path: str, tag: str, *, of_file: bool = True) -> list[str]:
        """Return the errors of any write to a path: a disallowed name, a file above it, or none.

        A folder may have the name of a temporary file; a file in its place is a conflict.
        """
        is_new = fold(path) not in self.live
        refused = is_disallowed(path) or (of_file and is_new and is_temporary(path))
        wrong = [f"{tag}/disallowed_name"] * refused
        return wrong + [f"{tag}/conflict/file_ancestor"] * self._below_file(fold(path))

    def _below_file(self, key: str) -> bool:
        return any(
            old.content is not None and is_in(key, old.key) and key != old.key
            for old in self.live.values()
        )

    def conflict(self, path: str, tag: str) -> str:
        """Return the error for a path that is taken."""
        kind = "folder" if self.live[fold(path)].content is None else "file"
        return f"{tag}/conflict/{kind}"

    def _ends(self, source: str, target: str) -> tuple[Entry, str]:
        old = self.find(source, "from_lookup")
        target = self._shown(target, "to/malformed_path", "to")
        wrong = self.obstacles(target, "to", of_file=old.content is not None)
        if old.content is None and is_in(fold(target), old.key) and fold(target) != old.key:
            first = int(is_disallowed(target))
            wrong[first:first] = [NOWHERE, "cant_move_folder_into_itself"]  # F7-07
        refuse(wrong)
        return old, target

    def landing(self, old: Entry, target: str, *, autorename: bool) -> str:
        """Return the free path to which an entry is moved or copied."""
        if fold(target) not in self.live:
            return target
        if not autorename:
            raise Refused(self.conflict(target, "to"))
        return renamed(target, "folder" if old.content is None else "", self.live)

    # Changes

    def write(
        self,
        path: str,
        content: bytes,
        modified: datetime | int | None = None,
        old: Entry | None = None,
    ) -> Entry:
        """Write a file without any check: a new one, or the next revision of ``old``."""
        number = old.id if old else next(self.numbers)
        made = old.made if old else number
        rev = next(self.numbers)
        self._make_parents(path)
        modified = rev if modified is None else modified
        # An overwritten file, too, takes the new spelling of its name (F4-13).
        name = name_of(path)
        return self.put(Entry(fold(path), name, number, made, content, rev, modified, rev))

    def put(self, entry: Entry) -> Entry:
        """Add an entry, or replace the one with its key."""
        self.changes += 1
        self.live[entry.key] = entry
        self.gone.pop(entry.key, None)
        if entry.content is not None:
            self.history.append(entry)
        return entry

    def put_all(self, entries: list[Entry], top: Entry, target: str) -> Entry:
        """Add ``top`` and what is below it at a path; files get new revisions."""
        self._make_parents(target)
        changed = next(self.numbers)
        for old in entries:
            key = fold(target) + old.key.removeprefix(top.key)
            name = name_of(target) if old.key == top.key else old.name
            rev = 0 if old.content is None else next(self.numbers)
            self.put(replace(old, key=key, name=name, rev=rev, changed=changed))
        return self.live[fold(target)]

    def _copy(self, top: Entry, target: str) -> Entry:
        self._make_parents(target)
        made = next(self.numbers)
        copies = [
            replace(each, id=next(self.numbers), made=made)
            for each in self.listed(top.key, recursive=True).values()
        ]
        return self.put_all(copies, top, target)

    def take(self, top: Entry) -> list[Entry]:
        """Delete an entry and what is below it, and return them."""
        self.changes += 1
        taken = self.listed(top.key, recursive=True)
        for key in taken:
            self.gone[key] = self.live.pop(key)
        return list(taken.values())

    def _change_case(self, old: Entry, name: str) -> Entry:
        renamed = self.live[old.key] = replace(old, name=name)
        self.history = [renamed if each is old else each for each in self.history]
        return renamed

    def _make_parents(self, path: str) -> None:
        above = ""
        for name in path.split("/")[1:-1]:
            above = f"{above}/{name}"
            if fold(above) not in self.live:
                number = next(self.numbers)
                self.put(Entry(fold(above), name, number, number, None))


def text_of(entry: Entry) -> str:
    """Return the text of a file; an empty one for a folder, or if the data is not text."""
    try:
        return (entry.content or b"").decode()
    except UnicodeDecodeError:
        return ""
