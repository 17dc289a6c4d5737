"""Dropbox as one dictionary from lower-cased paths: slow, naive, and easy to believe.

It knows what the facts say of upload, create_folder, delete and move (§4, §7, §8), for
names without traps, and nothing of ids, pages or cursors.
"""

from dataclasses import dataclass

FOLDER = None


@dataclass
class Entry:
    """A file's content and how often it was written, or FOLDER and its name."""

    shown: str
    content: bytes | None
    revision: int = 0


class Refused(Exception):
    """The chain of tags."""


class Model:
    def __init__(self):
        self.entries = {}
        self.writes = 0

    def upload(self, path, content, mode="add", *, autorename=False, strict=False, revision=None):
        self._check_parents(path, "")
        old = self.entries.get(path.lower())
        if old is not None and old.content is FOLDER:
            raise Refused("path/conflict/folder")
        if old is not None:
            if old.content == content and not strict:
                return path
            if mode != "overwrite" and not (mode == "update" and revision == old.revision):
                if not autorename:
                    raise Refused("path/conflict/file")
                path = self._free(path, "conflicted" if mode == "update" else "number")
        elif mode == "update" and strict:
            raise Refused("path/conflict/file")
        return self._write(path, content)

    def create(self, path, *, autorename=False):
        self._check_parents(path, "")
        old = self.entries.get(path.lower())
        if old is not None and not autorename:
            raise Refused("path/conflict/folder" if old.content is FOLDER else "path/conflict/file")
        if old is not None:
            path = self._free(path, "folder")
        self._make_parents(path)
        self.entries[path.lower()] = Entry(_name(path), FOLDER)
        return path

    def delete(self, path, revision=None):
        old = self._get(path, "path_lookup")
        if revision is not None and revision != old.revision:
            kind = "folder" if old.content is FOLDER else "file"
            raise Refused(f"path_write/conflict/{kind}")
        for key in self._subtree(path):
            del self.entries[key]

    def move(self, source, target, *, autorename=False):
        old = self._get(source, "from_lookup")
        if source.lower() == target.lower():
            if old.shown == _name(target):
                raise Refused("duplicated_or_nested_paths")
            if autorename:
                old.shown = _name(target)
            return source
        if old.content is FOLDER and target.lower().startswith(source.lower() + "/"):
            raise Refused("duplicated_or_nested_paths")
        self._check_parents(target, "to")
        there = self.entries.get(target.lower())
        if there is not None and not autorename:
            raise Refused("to/conflict/folder" if there.content is FOLDER else "to/conflict/file")
        if there is not None:
            target = self._free(target, "folder" if old.content is FOLDER else "number")
        moved = {key[len(source) :]: self.entries.pop(key) for key in self._subtree(source)}
        self._make_parents(target)
        for below, entry in moved.items():
            if entry.content is not FOLDER:
                self.writes += 1
                entry.revision = self.writes
            self.entries[target.lower() + below] = entry
        old.shown = _name(target)
        return target

    def _get(self, path, tag):
        try:
            return self.entries[path.lower()]
        except KeyError:
            raise Refused(f"{tag}/not_found") from None

    def _subtree(self, path):
        key = path.lower()
        return [known for known in self.entries if f"{known}/".startswith(f"{key}/")]

    def _check_parents(self, path, tag):
        for above in _parents(path):
            entry = self.entries.get(above.lower())
            if entry is not None and entry.content is not FOLDER:
                raise Refused(f"{tag or 'path'}/conflict/file_ancestor")

    def _make_parents(self, path):
        for above in _parents(path):
            self.entries.setdefault(above.lower(), Entry(_name(above), FOLDER))

    def _write(self, path, content):
        self._make_parents(path)
        self.writes += 1
        shown = self.entries.get(path.lower(), Entry(_name(path), content)).shown
        self.entries[path.lower()] = Entry(shown, content, self.writes)
        return path

    def _free(self, path, way):
        folder, _, name = path.rpartition("/")
        stem, dot, extension = name.rpartition(".")
        if way == "folder" or not stem:
            stem, dot, extension = name, "", ""
        number = 0
        while True:
            number += 1
            middle = f" ({number})"
            if way == "conflicted":
                middle = " (conflicted copy)" if number == 1 else f" (conflicted copy {number - 1})"
            renamed = f"{folder}/{stem}{middle}{dot}{extension}"
            if renamed.lower() not in self.entries:
                return renamed


def _name(path):
    return path.rpartition("/")[2]


def _parents(path):
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: depth + 1]) for depth in range(len(parts))]
