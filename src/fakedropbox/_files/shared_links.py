"""Shared links to files and folders (S1-01, S1-17 to S1-23).

A link belongs to a file or folder itself, not to its path: it survives moves and new revisions,
stops working when the item is deleted, and works again once the item is restored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from hmac import compare_digest
from typing import Literal, NamedTuple

from sortedcontainers import SortedDict

from fakedropbox._base.kept import Key, Values
from fakedropbox._base.undo import UndoLog
from fakedropbox._files.nodes import Node
from fakedropbox._files.tree import Tree, tree_of
from fakedropbox.clock import Clock

Audience = Literal["public", "team", "no_one"]


class LinkSettings(NamedTuple):
    """The settings of a shared link.

    ``password`` is the digest of the password, ``expires`` the time in seconds; both may be None.
    ``shows_audience`` is True if the settings were made with an audience or an access level, so
    that the link's metadata shows both (S3-20).
    """

    audience: Audience = "public"
    password: bytes | None = None
    expires: int | None = None
    allow_download: bool = True
    shows_audience: bool = False

    def accepts(self, password: str | None) -> bool:
        """Return whether a password opens the link; pass None if the reader gave no password."""
        if self.password is None:
            return True
        return password is not None and compare_digest(digest(password), self.password)


def digest(password: str) -> bytes:
    """Return the digest of a password; the password itself is never kept."""
    return blake2b(password.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class SharedLink:
    """A shared link to a node of a tree, made by an account; or a preview, see `is_preview`.

    ``url`` is its canonical URL, which never changes; ``key`` is the part of the URL by which it is
    found. ``owner`` is the id of the account. ``number`` orders links by creation.
    """

    __slots__ = ("key", "node", "number", "owner", "settings", "url")

    def __init__(
        self,
        url: str,
        key: str,
        node: Node,
        owner: str,
        settings: LinkSettings,
        number: int,
    ) -> None:
        self.url = url
        self.key = key
        self.node = node
        self.owner = owner
        self.settings = settings
        self.number = number

    @property
    def is_preview(self) -> bool:
        """True if nobody made the link, which shows a file to those who may read it (S14-30)."""
        return self.number < 0

    @property
    def tree(self) -> Tree:
        """The tree that the node is in now: sharing a folder moves it into another one."""
        return tree_of(self.node)


class SharedLinks:
    """All shared links of the service, by key, by number, by node and by owner.

    ``has`` tells whether an item exists where it can be reached.
    """

    parts = ("shared link", "last shared link")

    def __init__(self, clock: Clock, undo: UndoLog, has: Callable[[Node], bool]) -> None:
        self._clock = clock
        self._undo = undo
        self._has = has
        self._by_key: dict[str, SharedLink] = {}
        self._by_number: dict[int, SharedLink] = {}
        self._by_node: dict[tuple[int, str], SharedLink] = {}
        self._by_owner: dict[str, SortedDict[int, SharedLink]] = {}
        self._last = 0

    def add(self, url: str, key: str, node: Node, owner: str, settings: LinkSettings) -> SharedLink:
        """Add a link; it replaces an expired one of the same owner to the same node (S1-23)."""
        expired = self._by_node.get((node.number, owner))
        if expired is not None:
            self.revoke(expired)
        self._undo.change(("last shared link",), setattr, self, "_last", self._last)
        self._last += 1
        link = SharedLink(url, key, node, owner, settings, self._last)
        self._put(link)
        self._undo.change(("shared link", link.number), self._drop, link)
        return link

    def at(self, key: str) -> SharedLink | None:
        """Return the link with a key, if it works: it is not revoked or expired.

        Its item exists, and is not in an archived team folder (S1-20, P8-13). A key for which there
        has never been a link gives None, too.
        """
        return self._working(self._by_key.get(key))

    def numbered(self, number: int) -> SharedLink | None:
        """Return the link with a number, if it works."""
        return self._working(self._by_number.get(number))

    def of(self, node: Node, owner: str) -> SharedLink | None:
        """Return the working link of an owner to a node, or None."""
        return self._working(self._by_node.get((node.number, owner)))

    def owned_by(self, owner: str, after: int = 0) -> Iterator[SharedLink]:
        """Yield the working links of an owner, oldest first, with numbers above ``after``."""
        links = self._by_owner.get(owner)
        if links is not None:
            for number in links.irange(after, inclusive=(False, True)):
                link = self._working(links[number])
                if link is not None:
                    yield link

    def change(self, link: SharedLink, settings: LinkSettings) -> None:
        """Replace the settings of a link."""
        key = ("shared link", link.number)
        self._undo.change(key, setattr, link, "settings", link.settings)
        link.settings = settings

    def revoke(self, link: SharedLink) -> None:
        """Remove a link for good."""
        self._drop(link)
        self._undo.change(("shared link", link.number), self._put, link)

    def _working(self, link: SharedLink | None) -> SharedLink | None:
        if link is None or not self._has(link.node):
            return None
        expires = link.settings.expires
        return link if expires is None or expires > self._clock.seconds else None

    def _put(self, link: SharedLink) -> None:
        self._by_key[link.key] = self._by_node[link.node.number, link.owner] = link
        self._by_number[link.number] = link
        if link.owner not in self._by_owner:
            self._by_owner[link.owner] = SortedDict()
        self._by_owner[link.owner][link.number] = link

    def _drop(self, link: SharedLink) -> None:
        del self._by_key[link.key], self._by_node[link.node.number, link.owner]
        del self._by_number[link.number]
        del self._by_owner[link.owner][link.number]

    # Records

    def keys(self) -> Iterator[Key]:
        """Yield the keys of all records."""
        for number in self._by_number:
            yield "shared link", number
        yield ("last shared link",)

    def record(self, key: Key) -> Values | None:
        """Return a link, or the number of the latest one."""
        if key[0] == "last shared link":
            return (self._last,)
        link = self._by_number.get(key[1])
        if link is None:
            return None
        return link.url, link.key, link.node, link.owner, link.settings

    def load(self, part: str, rows: Iterable[tuple[Key, Values]]) -> None:
        """Add links, or set the number of the latest one."""
        for (_, *number), values in rows:
            if part == "last shared link":
                (self._last,) = values
            else:
                self._put(SharedLink(*values, *number))
