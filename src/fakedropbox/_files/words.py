"""The words in a text, and an index from words to nodes that follows a journal."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator

from sortedcontainers import SortedList

from fakedropbox._facts.limits import SEARCH_BYTES
from fakedropbox._files.nodes import File, Node
from fakedropbox._files.paper import is_paper
from fakedropbox._files.paths import fold
from fakedropbox._files.tree import Tree

WORD = re.compile(r"[^\W_]+")
"""A word: letters and digits; `findable_file.txt` has three, as a recorded search shows."""

Words = frozenset[str]
Spot = tuple[str, int]
"""A word and the number of a node that has it."""

_NONE: Words = frozenset()
_LAST = "\U0010ffff"


def words_in(text: str) -> list[str]:
    """Return the words of a text, in order, in the form in which they are compared."""
    return WORD.findall(fold(text))


def words_of_name(node: Node) -> Words:
    """Return the words of a file's or folder's name."""
    return frozenset(words_in(node.key))


def words_of_content(node: Node) -> Words:
    """Return the words of a text file that is not too large; empty for any other node.

    That the text of a Paper doc is searched as well is a guess.
    """
    if not isinstance(node, File) or node.blob.size > SEARCH_BYTES:
        return _NONE
    try:
        text = node.blob.read().decode()
    except UnicodeDecodeError:
        return _NONE
    if is_paper(node.key):
        from fakedropbox._files.paper_text import plain_text  # late, as few files are docs

        text = plain_text(text)
    return _NONE if "\0" in text else frozenset(words_in(text))


class WordIndex:
    """All words of a namespace's nodes, sorted; the time for a page depends only on its length.

    ``by_number`` maps a node's number to its indexed words; ``position`` is the journal position
    up to which it is current.

    The index is built at the first search, and then follows the tree's journal.
    """

    def __init__(self, tree: Tree, words_of: Callable[[Node], Words]) -> None:
        self.position = 0
        self.by_number: dict[int, Words] = {}
        self._tree = tree
        self._words_of = words_of
        self._spots: SortedList = SortedList()

    def follow(self, until: int | None) -> None:
        """Read the journal, completely or up to a time, in microseconds."""
        revs = self._tree.revs
        end = len(revs) if until is None else bisect_right(revs, until)
        fresh: dict[int, Node] = {}
        for entry in self._tree.journal[self.position : end]:
            node = entry if isinstance(entry, Node) else entry.node
            fresh[node.number] = node
        self.position = max(self.position, end)
        added = []
        for number, node in fresh.items():
            before = self.by_number.pop(number, _NONE)
            words = self._words_of(node) if node.parent is not None else _NONE
            if words:
                self.by_number[number] = words
            for word in before - words:
                self._spots.remove((word, number))
            added += [(word, number) for word in words - before]
        self._spots.update(added)

    def count(self, word: str, *, prefix: bool) -> int:
        """Return the number of `Spot`s for a word, or for all words that begin with it."""
        low, high = _range(word, prefix=prefix)
        return int(self._spots.bisect_left(high) - self._spots.bisect_left(low))

    def spots(self, word: str, *, prefix: bool, after: Spot | None) -> Iterator[Spot]:
        """Return the spots that `count` counts, in order: all, or those after ``after``."""
        low, high = _range(word, prefix=prefix)
        return iter(self._spots.irange(after or low, high, inclusive=(False, False)))


def _range(word: str, *, prefix: bool) -> tuple[tuple[str], tuple[str]]:
    return (word,), (word + (_LAST if prefix else "\0"),)
