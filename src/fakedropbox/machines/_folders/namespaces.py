"""The routes of `files` in the model, for an account that has mounted shared folders (S13).

A path leads into the account's own files, or through a mount into a shared folder.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from fakedropbox.machines._entries import Entry, Refused, Write, refuse
from fakedropbox.machines._folders.people import People, Person, SharedFolder
from fakedropbox.machines._names import (
    composed,
    fold,
    has_words,
    is_child,
    is_in,
    is_malformed,
    name_of,
)
from fakedropbox.machines._tree import NOWHERE, Tree

INTO_ITSELF = [NOWHERE, "cant_move_folder_into_itself"]
"""The refusals of a move of a folder into itself (F7-07)."""

NO_RIGHT = "no_write_permission"


class Unknown(Exception):
    """No fact says how the service answers; the call is left out."""


class Place(NamedTuple):
    """The place of a path: a path in one tree, and the shared folder that has this tree, if any.

    ``prefix`` is the key of the mount, with which the account's keys begin there; or empty.
    """

    tree: Tree
    path: str
    folder: SharedFolder | None
    prefix: str

    @property
    def key(self) -> str:
        """The key that the account sees."""
        return self.prefix + fold(self.path)

    @property
    def there(self) -> Entry | None:
        """The entry at this path, or None."""
        return self.tree.live.get(fold(self.path))


class Seen(NamedTuple):
    """An entry as an account sees it.

    Attributes:
        prefix: the key of the mount that it is in, or "".
        folder: the shared folder that it is in; None for one of the account's own.
        mounted: the shared folder that is mounted there, if any.
        is_read_only: True if the account may not write in the folder.
        writer: the account that last wrote the file in a shared folder, if that is known.
    """

    entry: Entry
    prefix: str = ""
    folder: SharedFolder | None = None
    mounted: SharedFolder | None = None
    is_read_only: bool = False
    writer: Person | None = None

    @property
    def key(self) -> str:
        """The key that the account sees."""
        return self.prefix + self.entry.key


class Namespaces:
    """The effects of the routes of `files`, for each account."""

    def __init__(self, people: People) -> None:
        self.people = people

    # Paths

    def place(self, person: Person, path: str, tag: str, unknown: str = "") -> Place:
        """Return the place of a path, ``/…``, ``id:7/…`` or ``ns:7/…``.

        ``unknown`` is the error for an id that the account does not see (S13-11).
        """
        path = composed(self._named(person, path, unknown or f"{tag}/not_found"))
        if is_malformed(path):
            raise Refused(f"{tag}/malformed_path")
        for key, folder in self.people.mounts(person).items():
            if is_in(fold(path), key) and fold(path) != key:
                parts = path.split("/")[key.count("/") + 1 :]
                return Place(folder.tree, "/" + "/".join(parts), folder, key)
        return Place(person.home, path, None, "")

    def _named(self, person: Person, path: str, unknown: str) -> str:
        """Return a path with the path of an entry or a mount in place of an id."""
        kind, _, rest = path.partition(":")
        number, slash, below = rest.partition("/")
        if kind == "id":
            for seen in self.seen(person).values():
                if str(seen.entry.id) == number:
                    return seen.key.rpartition("/")[0] + f"/{seen.entry.name}{slash}{below}"
            raise Refused(unknown)
        if kind == "ns":
            for folder in self.people.folders:
                if str(folder.number) == number and person in folder.members:
                    mount = folder.mount(person)
                    if mount is None:
                        raise Unknown("a folder that is not mounted")
                    return mount.key.rpartition("/")[0] + f"/{mount.name}{slash}{below}"
            raise Refused(unknown)
        return path

    def writable(self, person: Person, path: str, tag: str) -> Place:
        """Return the place of a path at which the account may write (S13-14)."""
        place = self.place(person, path, tag, f"{tag}/malformed_path")
        if place.folder is not None and place.folder.is_read_only(person):
            raise Refused(f"{tag}/{NO_RIGHT}")
        return place

    # Reading

    def see(self, person: Person, entry: Entry, prefix: str, folder: SharedFolder | None) -> Seen:
        """Return an entry as an account sees it."""
        mounted = None
        if folder is None and entry.content is None:
            mounts = self.people.folders
            mounted = next((each for each in mounts if each.root.id == entry.id), None)
        inside = folder or mounted
        is_read_only = inside is not None and inside.is_read_only(person)
        writer = self.people.writers.get(entry.id)
        return Seen(entry, prefix, folder, mounted, is_read_only, writer)

    def seen(self, person: Person) -> dict[str, Seen]:
        """Return all entries that an account sees, by key: its own, and those in its mounts."""
        found = {key: self.see(person, each, "", None) for key, each in person.home.live.items()}
        for prefix, folder in self.people.mounts(person).items():
            for key, entry in folder.tree.live.items():
                found[prefix + key] = self.see(person, entry, prefix, folder)
        return found

    def listed(
        self, person: Person, top: str, *, recursive: bool, crosses: bool = True
    ) -> dict[str, Seen]:
        """Return the entries of a listing by key, with the folder itself if it is recursive.

        If not ``crosses``, without what is in mounts below it (S13-12, S13-13).
        """
        within = is_in if recursive else is_child
        around = [key for key in self.people.mounts(person) if is_in(key, top) and key != top]
        return {
            key: seen
            for key, seen in self.seen(person).items()
            if within(key, top) and (crosses or seen.prefix not in around)
        }

    def deleted(
        self, person: Person, top: str, recursive: bool, crosses: bool
    ) -> tuple[set[str], set[str]]:
        """Return the keys of the deleted entries that a listing must show, and that it may show.

        The latter were deleted where a folder is or was shared later.
        """
        within = is_in if recursive else is_child
        expected = person.home.deleted(top, recursive=recursive)
        blurred = {key for key in expected if any(is_in(key, each) for each in person.places)}
        expected -= blurred
        for prefix, folder in self.people.mounts(person).items():
            if crosses or is_in(top, prefix):
                inside = folder.tree.deleted("", recursive=True)
                expected |= {prefix + key for key in inside if within(prefix + key, top)}
        return expected, blurred

    def used(self, person: Person) -> int:
        """Return the space that an account uses, with that of its mounts (S13-20, S13-21)."""
        return sum(len(each.entry.content or b"") for each in self.seen(person).values())

    def top(self, person: Person, path: str) -> str:
        """Return the key of the folder at a path, or of the root."""
        if path == "":
            return ""
        place = self.place(person, path, "path")
        if place.tree.find(place.path).content is not None:
            raise Refused("path/not_folder")
        return place.key

    def past(self, person: Person) -> list[tuple[str, Tree, SharedFolder | None]]:
        """Return the trees whose revisions an account sees, with their prefixes (S13-08)."""
        mounted = [(key, each.tree, each) for key, each in self.people.mounts(person).items()]
        former = [(key, tree, None) for key, tree in person.former]
        return [("", person.home, None), *mounted, *former]

    def history(self, person: Person) -> list[Seen]:
        """Return all revisions of files that an account sees, the oldest first."""
        found = [
            self.see(person, old, prefix, folder)
            for prefix, tree, folder in self.past(person)
            for old in tree.history
        ]
        return sorted(found, key=lambda seen: seen.entry.rev)

    def at(self, person: Person, path: str, *, include_deleted: bool = False) -> Seen:
        """Return what is at a path, or at a revision such as ``rev:7``.

        With ``include_deleted``, return the last entry at a deleted path.
        """
        if path.startswith("rev:"):
            found = [old for old in self.history(person) if f"rev:{old.entry.rev}" == path]
            refuse([] if found else ["path/not_found"])
            return found[0]
        place = self.place(person, path, "path")
        entry = place.tree.at(place.path, include_deleted=include_deleted)
        return self.see(person, entry, place.prefix, place.folder)

    def file(self, person: Person, path: str) -> Seen:
        """Return the file at a path, or at a revision."""
        found = self.at(person, path)
        if found.entry.content is None:
            raise Refused("path/not_file")
        return found

    def revisions(self, person: Person, path: str, *, by_id: bool) -> tuple[list[Seen], bool]:
        """Return all revisions, newest first, and True if the file is deleted (F8-08, F8-09)."""
        place = self.place(person, path, "path")
        key = fold(place.path)
        last = place.there or place.tree.gone.get(key)
        if last is None:
            raise Refused("path/not_found")
        if last.content is None:
            raise Refused("path/not_file")
        found = [
            old
            for old in self.history(person)
            if (old.entry.id == last.id if by_id else old.key == place.key)
        ]
        is_deleted = not self.people.is_alive(last.id) if by_id else place.there is None
        return found[::-1], is_deleted

    def found(self, person: Person, query: str, top: str) -> set[str]:
        """Return the keys that a search for names finds below a folder (F8-11)."""
        return {
            key
            for key, seen in self.seen(person).items()
            if is_in(key, top) and key != top and has_words(name_of(seen.entry.name), "", query)
        }

    # Writing

    def upload(self, person: Person, path: str, content: bytes, how: Write) -> Seen:
        """Write a file (F4-01 to -07)."""
        place = self.writable(person, path, "path")
        before = place.there
        entry = place.tree.upload(place.path, content, how)
        if before is None or entry.rev != before.rev:
            self.people.writers[entry.id] = person
        return self.see(person, entry, place.prefix, place.folder)

    def create(self, person: Person, path: str, *, autorename: bool) -> Seen:
        """Make a folder (F8-01)."""
        place = self.writable(person, path, "path")
        entry = place.tree.create(place.path, autorename=autorename)
        return self.see(person, entry, place.prefix, place.folder)

    def delete(self, person: Person, path: str, rev: int | None = None) -> Seen:
        """Delete a file, or a folder and all in it; mounts are only unmounted (S12-10, S13-27).

        With ``rev``, delete a file only if that is its current revision (F8-04).
        """
        place = self.place(person, path, "path_lookup")
        entry = place.tree.find(place.path, "path_lookup")
        seen = self.see(person, entry, place.prefix, place.folder)
        if place.folder is not None and seen.is_read_only:
            raise Refused(f"path_write/{NO_RIGHT}")
        if rev is not None and rev != entry.rev:
            raise Refused(place.tree.conflict(entry.key, "path_write"))
        mounts = self._mounts_in(person, place)
        place.tree.take(entry)
        for key in mounts:
            del place.tree.gone[key]
        return seen

    def _mounts_in(self, person: Person, place: Place) -> dict[str, SharedFolder]:
        """Return what is mounted at a place or below it."""
        return {} if place.folder is not None else self.people.mounts(person, place.key)

    def _ends(self, person: Person, source: str, target: str) -> tuple[Place, Entry, Place]:
        """Return the place of what is to be moved or copied, the entry there, and the new place."""
        src = self.place(person, source, "from_lookup")
        old = src.tree.find(src.path, "from_lookup")
        return src, old, self.place(person, target, "to", "to/malformed_path")

    def _refused_rights(self, person: Person, *ends: tuple[Place, str]) -> list[str]:
        return [
            f"{tag}/{NO_RIGHT}"
            for end, tag in ends
            if end.folder is not None and end.folder.is_read_only(person)
        ]

    def move(self, person: Person, source: str, target: str, *, autorename: bool) -> Seen:
        """Move an item, which keeps its ids (F7-01, S13-17, S13-18, S13-29)."""
        src, old, dst = self._ends(person, source, target)
        refuse(self._refused_rights(person, (src, "from_write"), (dst, "to")))
        mounts = self._mounts_in(person, src)
        if src.tree is dst.tree:
            entry = src.tree.move(src.path, dst.path, autorename=autorename)
            for key, folder in mounts.items():
                src.tree.gone.pop(key, None)
                folder.turns[person] += 1
            return self.see(person, entry, dst.prefix, dst.folder)
        wrong = dst.tree.obstacles(dst.path, "to", of_file=old.content is not None)
        if dst.folder in mounts.values():
            first = int("to/disallowed_name" in wrong)
            wrong[first:first] = INTO_ITSELF
        if dst.there is not None and not autorename:
            wrong.append(dst.tree.conflict(dst.path, "to"))
        refuse(wrong + ["cant_nest_shared_folder"] * bool(mounts))
        landing = dst.tree.landing(old, dst.path, autorename=autorename)
        entry = dst.tree.put_all(src.tree.take(old), old, landing)
        self._sign(person, dst.tree, entry)
        return self.see(person, entry, dst.prefix, dst.folder)

    def copy(self, person: Person, source: str, target: str, *, autorename: bool) -> Seen:
        """Copy a file or folder; the copy of a shared folder is a plain one (F7-01, S13-16)."""
        src, old, dst = self._ends(person, source, target)
        refuse(self._refused_rights(person, (dst, "to")))
        mounts = self._mounts_in(person, src)
        of_file = old.content is not None
        wrong = dst.tree.obstacles(dst.path, "to", of_file=of_file)
        is_inside = is_in(dst.key, src.key) and not of_file
        if is_inside or dst.key == src.key:
            first = int("to/disallowed_name" in wrong)
            wrong[first:first] = INTO_ITSELF[: 1 + (is_inside and dst.key != src.key)]
        if dst.there is not None and not autorename:
            wrong.append(dst.tree.conflict(dst.path, "to"))
        refuse(wrong)
        landing = dst.tree.landing(old, dst.path, autorename=autorename)
        entry = self.put_copies(person, _all_below(src.tree, old, mounts), old, dst.tree, landing)
        return self.see(person, entry, dst.prefix, dst.folder)

    def save(self, person: Person, path: str, giver: Person, number: int) -> Seen:
        """Copy the entry of a reference of another account, or the same, to a free path (F7-12).

        The number 0 belongs to an invalid reference.
        """
        dst = self.place(person, path, "path", "path/malformed_path")
        source = self.with_id(giver, number)
        wrong = [] if source else ["not_found" if number else "invalid_copy_reference"]
        wrong += self._refused_rights(person, (dst, "path"))
        is_file = source is not None and source.entry.content is not None
        wrong += dst.tree.obstacles(dst.path, "path", of_file=is_file)
        if dst.there is not None:
            wrong.append(dst.tree.conflict(dst.path, "path"))
        refuse(wrong)
        assert source is not None
        tree, mounts = self._whole(giver, source)
        below = _all_below(tree, source.entry, mounts)
        entry = self.put_copies(person, below, source.entry, dst.tree, dst.path)
        return self.see(person, entry, dst.prefix, dst.folder)

    def with_id(self, person: Person, number: int) -> Seen | None:
        """Return the entry with an id that an account sees, or None."""
        found = (seen for seen in self.seen(person).values() if seen.entry.id == number)
        return next(found, None)

    def is_inside(self, place: Place, person: Person, source: Seen) -> bool:
        """Return whether a place is that of an entry that an account sees, or is below it."""
        tree, mounts = self._whole(person, source)
        is_below = place.tree is tree and is_in(fold(place.path), source.entry.key)
        return is_below or place.folder in mounts.values()

    def _whole(self, person: Person, seen: Seen) -> tuple[Tree, dict[str, SharedFolder]]:
        """Return the tree of an entry that an account sees, and what is mounted below it."""
        if seen.folder is not None:
            return seen.folder.tree, {}
        return person.home, self.people.mounts(person, seen.key)

    def put_copies(
        self, person: Person, entries: list[Entry], top: Entry, tree: Tree, path: str
    ) -> Entry:
        """Put copies of ``top`` and what is below it at a path."""
        made = next(self.people.numbers)
        numbers = self.people.numbers
        copies = [replace(each, id=next(numbers), made=made) for each in entries]
        entry = tree.put_all(copies, top, path)
        self._sign(person, tree, entry)
        return entry

    def _sign(self, person: Person, tree: Tree, top: Entry) -> None:
        """Record who has written the files at an entry and below it."""
        for entry in tree.listed(top.key, recursive=True).values():
            self.people.writers[entry.id] = person

    def restore(self, person: Person, path: str, rev: int) -> Seen:
        """Restore a revision; a deleted file gets its id again in its own namespace (F8-10)."""
        place = self.place(person, path, "path_lookup")
        past = [old.entry for old in self.history(person) if old.entry.rev == rev]
        wrong = [] if past else ["invalid_revision"]
        wrong += [f"path_write/{NO_RIGHT}"] * bool(self._refused_rights(person, (place, "")))
        wrong += place.tree.obstacles(place.path, "path_write")
        there = place.there
        if there is not None and there.content is None:
            wrong.append("path_write/conflict/folder")
        refuse(wrong)
        old = past[0]
        assert old.content is not None
        if there is not None and there.content == old.content:
            return self.see(person, there, place.prefix, place.folder)
        if there is None and old in place.tree.history and not self.people.is_alive(old.id):
            there = old
        entry = place.tree.write(place.path, old.content, old.modified, there)
        self.people.writers[entry.id] = person
        return self.see(person, entry, place.prefix, place.folder)


class AtRoot(Namespaces):
    """The effects of the routes of `files` with a shared folder as the path root (S13-09)."""

    def __init__(self, people: People, root: SharedFolder) -> None:
        super().__init__(people)
        self.root = root

    def place(self, person: Person, path: str, tag: str, unknown: str = "") -> Place:  # noqa: ARG002 -- the signature of the base
        """Return the place of a path in the shared folder; the path may not have an id."""
        path = composed(path)
        if is_malformed(path):
            raise Refused(f"{tag}/malformed_path")
        return Place(self.root.tree, path, self.root, "")


def _all_below(tree: Tree, top: Entry, mounts: dict[str, SharedFolder]) -> list[Entry]:
    """Return an entry, everything below it, and what is in the folders that are mounted there."""
    found = [top]
    for key, entry in tree.listed(top.key, recursive=True).items():
        found += [entry] * (key != top.key)
    for prefix, folder in mounts.items():
        found += [replace(each, key=prefix + each.key) for each in folder.tree.live.values()]
    return found
