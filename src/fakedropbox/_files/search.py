"""Search in namespaces: by the words of names and of text files (F8-11).

Matches in mounted folders come after all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from fakedropbox._facts.limits import SEARCH_MATCHES
from fakedropbox._files.nodes import Below, File, Folder, Node, Tombstone
from fakedropbox._files.places import View
from fakedropbox._files.tree import Tree, exists
from fakedropbox._files.words import WordIndex, words_in, words_of_content, words_of_name

Position = tuple[Any, ...]
_Place = tuple[int, str, int]  # a field (names or contents), a word, and the number of a node
_PATIENCE = 100  # misses after which all nodes in the folder to search in are checked instead
Remembers = Callable[[Tree, int, int], bool]


class Query(NamedTuple):
    """The words to search for, and the filters.

    ``tokens`` are words, of which the last may be the beginning of a word, in a name only.
    ``scope`` is the number of the folder to search in; with ``names`` only names are searched.
    ``extensions`` (without a dot) and ``categories`` exclude everything else.
    """

    tokens: tuple[str, ...]
    scope: int
    names: bool = False
    deleted: bool = False
    newest_first: bool = False
    extensions: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    highlights: bool = False


class Match(NamedTuple):
    """An entry that was found, with flags for a match of its name and of its content."""

    entry: Node | Tombstone
    by_name: bool
    by_content: bool


class Found(NamedTuple):
    """A page of matches, and the position of the next page; None if there is none."""

    matches: list[Match]
    next: Position | None


def tokens_of(text: str) -> tuple[str, ...]:
    """Return the words that a query contains."""
    *whole, last = words_in(text) or [""]
    return (*dict.fromkeys(whole), last) if last else ()


class Search:
    """The indexes of all namespaces, each built at its first search."""

    def __init__(self) -> None:
        self._indexes: dict[int, tuple[int, WordIndex, WordIndex]] = {}

    def page(
        self,
        view: View,
        query: Query,
        *,
        after: Position,
        limit: int,
        until: int | None,
        branch: int,
        remembers: Remembers,
    ) -> Found:
        """Return a page of matches, by default names before contents, both by the matching word.

        Args:
            view: the caller's view.
            query: the words and filters.
            after: ``next`` of the previous page; empty for the first page.
            limit: the maximum number of matches.
            until: the time, in microseconds, up to which changes are indexed; None for all.
            branch: the store's branch of history.
            remembers: the method `FileStore.remembers`.
        """
        given = after[0] if after else 0
        if not query.tokens:
            return Found([], None)
        limit = min(limit, SEARCH_MATCHES - given)
        tops = _tops(view, query.scope)
        if query.deleted:
            deleted = [match for each, top in tops for match in _deleted(each, query, top)]
            return _offset(deleted[:SEARCH_MATCHES], given, limit)
        looks = []
        for each, top in tops:
            names, contents = self._index(each.tree, until, branch, remembers)
            names.follow(until)
            fields = [names]
            if not query.names:
                contents.follow(until)
                fields.append(contents)
            looks.append(_Look(each, query, top, fields, _InScope(each, top)))
        if query.newest_first:
            found = [match for match, _ in islice(_below(looks, ()), SEARCH_MATCHES)]
            found.sort(key=_age)
            return _offset(found, given, limit)
        steps = list(islice(_below(looks, after[1:]), limit + 1))
        more = len(steps) > limit and given + limit < SEARCH_MATCHES
        position = (given + limit, *steps[limit - 1][1]) if more else None
        return Found([match for match, _ in steps[:limit]], position)

    def _index(
        self, tree: Tree, until: int | None, branch: int, remembers: Remembers
    ) -> tuple[WordIndex, WordIndex]:
        known = self._indexes.get(tree.namespace_id)
        # After a restore, an index that lags may contain changes later than ``until``.
        if until is not None and known is not None and known[0] != branch:
            known = None
        if known is not None:
            since, names, contents = known
            if remembers(tree, since, max(names.position, contents.position)):
                self._indexes[tree.namespace_id] = branch, names, contents
                return names, contents
        names, contents = WordIndex(tree, words_of_name), WordIndex(tree, words_of_content)
        self._indexes[tree.namespace_id] = branch, names, contents
        return names, contents


class _Look(NamedTuple):
    """One query over the indexes of a namespace: of names, and of contents if they are searched.

    ``top`` is the folder in which it searches, or a file.
    """

    view: View
    query: Query
    top: Node
    fields: list[WordIndex]
    is_in_scope: _InScope

    def below(self, after: Position) -> Iterator[tuple[Match, Position]]:
        """Yield the matches with their positions, only those after the position ``after``.

        The nodes with the rarest token are checked for the other tokens. After `_PATIENCE` misses
        all nodes in the folder to search in are checked instead, as it may be small.
        """
        lead = after[0] if after else min(range(len(self.query.tokens)), key=self._frequency)
        is_scoped = self.top is not self.view.tree.root
        misses = 0
        for place in self._places(lead, after[1:]):
            match = self._match(place[-1])
            if match is not None:
                yield match, (lead, *place)
                continue
            misses += 1
            if is_scoped and misses == _PATIENCE:
                yield from self._in_scope(lead, place)
                return

    def _places(self, lead: int, after: Position) -> Iterator[_Place]:
        """Yield, in order, each node's first place with token number ``lead``, after a place."""
        first, *spot = after or (0,)
        for field in range(first, len(self.fields)):
            words = self.fields[field]
            prefix = self._is_beginning(lead, field)
            since = (spot[0], spot[1]) if spot and field == first else None
            for word, number in words.spots(self.query.tokens[lead], prefix=prefix, after=since):
                place = (field, word, number)
                if self._first_place(lead, number) == place:
                    yield place

    def _in_scope(self, lead: int, after: _Place) -> Iterator[tuple[Match, Position]]:
        """Yield the same matches as `below`, found by checking all nodes in the searched folder."""
        token = self.query.tokens[lead]
        numbers = [node.number for node in self.view.tree.subtree(self.top)]
        seen = set()
        for field, index in enumerate(self.fields):
            words = ((word, each) for each in numbers for word in index.by_number.get(each, ()))
            if self._is_beginning(lead, field):
                spots = sorted(spot for spot in words if spot[0].startswith(token))
            else:
                spots = sorted(spot for spot in words if spot[0] == token)
            for word, number in spots:
                place = (field, word, number)
                if number not in seen and place > after:
                    match = self._match(number)
                    if match is not None:
                        yield match, (lead, *place)
                seen.add(number)

    def _is_beginning(self, index: int, field: int) -> bool:
        """Return whether a token may be the beginning of a word: the last one may, in a name."""
        return field == 0 and index == len(self.query.tokens) - 1

    def _frequency(self, index: int) -> int:
        return sum(
            words.count(self.query.tokens[index], prefix=self._is_beginning(index, field))
            for field, words in enumerate(self.fields)
        )

    def _first_place(self, index: int, number: int) -> _Place | None:
        """Return the first place of a node that has a token, so that the node is found once."""
        for field in range(len(self.fields)):
            word = self._first_word(index, field, number)
            if word is not None:
                return field, word, number
        return None

    def _first_word(self, index: int, field: int, number: int) -> str | None:
        """Return a node's first word that is a token or, if `_is_beginning`, begins with it."""
        token, words = self.query.tokens[index], self.fields[field].by_number.get(number, ())
        if token in words:
            return token
        if self._is_beginning(index, field):
            return min((word for word in words if word.startswith(token)), default=None)
        return None

    def _match(self, number: int) -> Match | None:
        node = self.view.mount_or(self.view.nodes[number])
        if not self.is_in_scope(node) or not _is_wanted(node, self.query):
            return None
        tokens, fields = range(len(self.query.tokens)), range(len(self.fields))
        hits = [
            [self._first_word(each, field, number) is not None for each in tokens]
            for field in fields
        ]
        if not all(map(any, zip(*hits, strict=True))):
            return None
        by = [all(found) for found in hits] + [False]
        return Match(node, *(by[:2] if any(by) else (True, True)))


def _tops(view: View, scope: int) -> list[tuple[View, Node]]:
    """Return what is to be searched, each with its view: a node and the mounts below it.

    The cursor of another app may name a folder outside the app folder: no mount there is searched.
    """
    node = view.mount_or(view.nodes[scope])
    found: list[tuple[View, Node]]
    if isinstance(node, Folder):
        inner, top = view.entered(node)
        mounted = map(inner.inside, inner.mounts_below(top))
        found = [(inner, top), *[(each, each.base) for each in mounted]]
    else:  # a file, which may have been deleted since the first page
        found = [(view.of(node) if exists(node) else view, node)]
    return [(each, top) for each, top in found if each.tree is view.tree or view.sees(each.base)]


def _below(looks: list[_Look], after: Position) -> Iterator[tuple[Match, Position]]:
    """Yield the matches of several namespaces; a position begins with the id of the namespace."""
    for look in looks:
        namespace = look.view.tree.namespace_id
        if not after or after[0] == namespace:
            for match, position in look.below(after[1:]):
                yield match, (namespace, *position)
            after = ()


class _InScope:
    """A test for nodes that exist below the scope, or are the scope itself if that is a file."""

    def __init__(self, view: View, top: Node) -> None:
        self._top = top
        self._is_below = Below(self._top, attrgetter("parent"))
        self._is_seen = Below(view.base, attrgetter("parent"))

    def __call__(self, node: Node) -> bool:
        """Return whether the search may find a node."""
        is_found = node is not self._top or isinstance(node, File)
        exists = node.parent is not None and self._is_seen(node)
        return is_found and exists and self._is_below(node)


def _is_wanted(node: Node, query: Query) -> bool:
    """Return whether a node has one of the extensions and is in one of the categories."""
    extension = extension_of(node.key) if isinstance(node, File) else None
    if query.extensions is not None and extension not in query.extensions:
        return False
    return query.categories is None or category_of(extension) in query.categories


def extension_of(key: str) -> str:
    """Return the text after the last dot of a file's name; empty if there is no dot."""
    return key.rpartition(".")[2] if "." in key else ""


def category_of(extension: str | None) -> str:
    """Return the `FileCategory` of an extension: ``folder`` if the extension is None."""
    return "folder" if extension is None else CATEGORY_OF.get(extension, "others")


CATEGORIES = {
    "image": "jpg jpeg png gif bmp tif tiff webp heic svg ico psd raw",
    "document": "doc docx docm dot txt rtf odt md pages wpd html htm tex log",
    "pdf": "pdf",
    "spreadsheet": "xls xlsx xlsm csv tsv ods numbers gsheet",
    "presentation": "ppt pptx pptm pps ppsx odp key gslides",
    "audio": "mp3 wav mid midi flac aac m4a ogg wma aiff",
    "video": "mov wmv mp4 avi mkv m4v mpg mpeg webm flv 3gp",
    "paper": "paper",
}
"""The extensions of each `FileCategory`; Dropbox names some of them, the others are guesses."""
CATEGORY_OF = {
    extension: category
    for category, extensions in CATEGORIES.items()
    for extension in extensions.split()
}


def _deleted(view: View, query: Query, top: Node) -> list[Match]:
    """Return the deleted entries whose names match, in the order of their paths."""
    *whole, last = query.tokens
    tombs = [
        tomb
        for tomb in view.deleted_in(top)
        if (words := words_in(tomb.key)) and set(whole) <= set(words)
        if any(word.startswith(last) for word in words)
    ]
    return [Match(tomb, True, False) for tomb in sorted(tombs, key=_lower)]


def _lower(tomb: Tombstone) -> str:
    return tomb.path_lower


def _age(match: Match) -> int:
    return -match.entry.server_modified if isinstance(match.entry, File) else 0


def _offset(matches: list[Match], start: int, limit: int) -> Found:
    end = start + limit
    return Found(matches[start:end], (end,) if len(matches) > end else None)
