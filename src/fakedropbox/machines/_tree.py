"""Dropbox as one dictionary from lower-cased paths: slow, naive, and easy to believe.

It knows what the facts say of single calls, and nothing of the double.
Ids, revisions and sessions are numbers; whoever compares pairs them with the service's own.
A path is ``/a/b``, ``id:7`` or ``id:7/b``.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import count

from fakedropbox.machines._entries import Entry, Refused, Write, refuse
from fakedropbox.machines._names import (
    composed,
    fold,
    is_child,
    is_disallowed,
    is_in,
    is_malformed,
    name_of,
    renamed,
)

NOWHERE = "duplicated_or_nested_paths"


class Tree:
    """All entries: ``live`` what is there, ``gone`` what was there last where nothing is.

    Both are by `path_lower`. ``history`` is every revision of every file, ``changes`` how
    often something was put or taken.
    """

    def __init__(self) -> None:
        self.live: dict[str, Entry] = {}
        self.gone: dict[str, Entry] = {}
        self.history: list[Entry] = []
        self.changes = 0
        self._numbers = count(1)

    # Looking

    def find(self, path: str, tag: str = "path") -> Entry:
        """What lives at a path."""
        key = fold(self._shown(path, f"{tag}/not_found", tag))
        if key not in self.live:
            raise Refused(f"{tag}/not_found")
        return self.live[key]

    def listed(self, top: str, *, recursive: bool) -> dict[str, Entry]:
        """What a listing of a folder comes to, by key; with itself if it is recursive."""
        within = is_in if recursive else is_child
        return {key: entry for key, entry in self.live.items() if within(key, top)}

    # Writing

    def upload(self, path: str, content: bytes, how: Write) -> Entry:
        """Write a file (F4-01 to -07)."""
        path = self._shown(path, "path/malformed_path", "path")
        refuse(self._obstacles(path, "path"))
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
            return self._write(free, content, how.modified)
        if old is not None and is_same:
            return old  # F4-02
        return self._write(path, content, how.modified, old)

    def create(self, path: str, *, autorename: bool = False) -> Entry:
        """Make a folder (F8-01)."""
        path = self._shown(path, "path/malformed_path", "path")
        refuse(self._obstacles(path, "path"))
        if fold(path) in self.live:
            if not autorename:
                raise Refused(self._conflict(path, "path"))
            path = renamed(path, "folder", self.live)
        self._make_parents(f"{path}/")
        return self.live[fold(path)]

    def delete(self, path: str, rev: int | None = None) -> Entry:
        """Delete a file or a folder and all in it (F8-03), a file only at ``rev`` (F8-04)."""
        old = self.find(path, "path_lookup")
        if rev is not None and rev != old.rev:
            raise Refused(self._conflict(old.key, "path_write"))
        self._take(old)
        return old

    def move(self, source: str, target: str, *, autorename: bool = False) -> Entry:
        """Move a file or folder: ids stay, revisions do not (F7-01, F7-02)."""
        old, target = self._ends(source, target)
        if fold(target) == old.key:
            if old.name == name_of(target):
                raise Refused(NOWHERE)
            return self._change_case(old, name_of(target)) if autorename else old  # F7-08
        target = self._landing(old, target, autorename=autorename)
        return self._put_all(self._take(old), old, target)

    def copy(self, source: str, target: str, *, autorename: bool = False) -> Entry:
        """Copy a file or folder: all ids and revisions are new (F7-01)."""
        old, target = self._ends(source, target)
        if fold(target) == old.key:
            raise Refused(NOWHERE)
        return self._copy(old, self._landing(old, target, autorename=autorename))

    # Paths

    def _shown(self, path: str, unknown: str, tag: str) -> str:
        """A path with an id's own path in its place, composed."""
        if path.startswith("id:"):
            number, slash, below = path[3:].partition("/")
            found = [old for old in self.live.values() if str(old.id) == number]
            refuse([] if found else [unknown])
            path = found[0].key.rpartition("/")[0] + "/" + found[0].name + slash + below
        path = composed(path)
        if is_malformed(path):
            raise Refused(f"{tag}/malformed_path")
        return path

    def _obstacles(self, path: str, tag: str) -> list[str]:
        wrong = [f"{tag}/disallowed_name"] * is_disallowed(path)
        return wrong + [f"{tag}/conflict/file_ancestor"] * self._below_file(fold(path))

    def _below_file(self, key: str) -> bool:
        return any(
            old.content is not None and is_in(key, old.key) and key != old.key
            for old in self.live.values()
        )

    def _conflict(self, path: str, tag: str) -> str:
        kind = "folder" if self.live[fold(path)].content is None else "file"
        return f"{tag}/conflict/{kind}"

    def _ends(self, source: str, target: str) -> tuple[Entry, str]:
        old = self.find(source, "from_lookup")
        target = self._shown(target, "to/malformed_path", "to")
        wrong = self._obstacles(target, "to")
        if old.content is None and is_in(fold(target), old.key) and fold(target) != old.key:
            first = int(is_disallowed(target))
            wrong[first:first] = [NOWHERE, "cant_move_folder_into_itself"]  # F7-07
        refuse(wrong)
        return old, target

    def _landing(self, old: Entry, target: str, *, autorename: bool) -> str:
        if fold(target) not in self.live:
            return target
        if not autorename:
            raise Refused(self._conflict(target, "to"))
        return renamed(target, "folder" if old.content is None else "", self.live)

    # Changes

    def _write(
        self,
        path: str,
        content: bytes,
        modified: datetime | int | None = None,
        old: Entry | None = None,
    ) -> Entry:
        there = self.live.get(fold(path))
        name = there.name if there else name_of(path)
        number = old.id if old else next(self._numbers)
        rev = next(self._numbers)
        self._make_parents(path)
        modified = rev if modified is None else modified
        return self._put(Entry(fold(path), name, number, content, rev, modified))

    def _put(self, entry: Entry) -> Entry:
        self.changes += 1
        self.live[entry.key] = entry
        self.gone.pop(entry.key, None)
        if entry.content is not None:
            self.history.append(entry)
        return entry

    def _put_all(self, entries: list[Entry], top: Entry, target: str) -> Entry:
        self._make_parents(target)
        for old in entries:
            key = fold(target) + old.key.removeprefix(top.key)
            name = name_of(target) if old.key == top.key else old.name
            rev = 0 if old.content is None else next(self._numbers)
            self._put(replace(old, key=key, name=name, rev=rev))
        return self.live[fold(target)]

    def _copy(self, top: Entry, target: str) -> Entry:
        below = sorted(self.listed(top.key, recursive=True).values(), key=lambda each: each.id)
        return self._put_all([replace(each, id=next(self._numbers)) for each in below], top, target)

    def _take(self, top: Entry) -> list[Entry]:
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
                self._put(Entry(fold(above), name, next(self._numbers), None))
