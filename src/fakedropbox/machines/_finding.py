"""Hypothesis rules for searches by name and in the text of files, with all pages (F8-11).

Dropbox promises neither that a search finds everything nor that its results still exist, so
both are expected only in the strict mode. No fact says what a search below a file returns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from dropbox.files import FileStatus, SearchMode, SearchOptions
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls, chain, kind_of
from fakedropbox.machines._comparison import expect, page_after_page
from fakedropbox.machines._entries import Entry, Refused
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold, has_words, name_of
from fakedropbox.machines._tree import text_of

_QUERIES = st.sampled_from(
    ["a", "b", "A", "ab", "a.txt", "\u00c9", "a 1", "x", "x", "y", "a longer", "one"]
)
_WAYS = st.sampled_from(["filename", "filename_and_content", "deleted_filename"])
_LIMITS = st.sampled_from([1, 2, 100])
_KINDS_OF_V1 = {
    "filename": "filename",
    "content": "file_content",
    "both": "filename_and_content",
}


class Match(NamedTuple):
    """The metadata of an entry that was found, and the tag of its `SearchMatchTypeV2`."""

    meta: Any
    kind: str


@rule(query=_QUERIES, scope=v.FOLDERS, limit=_LIMITS, way=_WAYS)
def search(machine: Kernel, query: str, scope: Any, limit: int, way: str) -> None:
    """Call `files_search_v2` and its `…_continue_v2`; an unknown folder has no results."""
    example = machine.example
    scope = example.path(scope).removesuffix("/")
    if _is_file(example, scope):
        return
    machine.settle()
    with example.rule("search") as calls:
        options = SearchOptions(
            example.real(scope),
            max_results=limit,
            filename_only=way == "filename",
            file_status=FileStatus("deleted" if way == "deleted_filename" else "active"),
        )
        outcome = calls.make("files_search_v2", query, options)
        expected = example.expected(lambda: _found(example, query, scope, way), outcome)
        if expected is not None:
            check_matches(example, expected, matches_of(calls, outcome.result), query, way)


@rule(query=_QUERIES, scope=v.FOLDERS, limit=_LIMITS, way=_WAYS)
def search_v1(machine: Kernel, query: str, scope: Any, limit: int, way: str) -> None:
    """Call `files_search` for all pages, one from each ``start``; an unknown folder is an error."""
    example = machine.example
    scope = example.path(scope).removesuffix("/")
    if _is_file(example, scope):
        return
    machine.settle()
    with example.rule("search_v1") as calls:
        found: list[Match] = []
        start = 0
        for _ in page_after_page():
            outcome = calls.make(
                "files_search",
                example.real(scope),
                query,
                start=start,
                max_results=limit,
                mode=SearchMode(way),
            )
            top = example.expected(lambda: example.model.tree.folder(scope), outcome)
            if top is None:
                return
            found += [
                Match(each.metadata, _KINDS_OF_V1[chain(each.match_type)])
                for each in outcome.result.matches
            ]
            start = outcome.result.start
            if example.strict:
                expect(len(found), start)
            if not outcome.result.more:
                expected = example.model.tree.found(query, top, way)
                check_matches(example, expected, found, query, way)
                return


def _is_file(example: Example, scope: str) -> bool:
    try:
        return example.model.tree.find(scope).content is not None
    except Refused:
        return False


def _found(example: Example, query: str, scope: str, way: str) -> set[str]:
    try:
        return example.model.tree.found(query, example.model.tree.folder(scope), way)
    except Refused as refused:
        if refused.args[0] == "path/not_found":
            return set()
        raise


def check_matches(
    example: Example, expected: Iterable[str], matches: list[Match], query: str, way: str
) -> None:
    """Compare the keys of matches with the expected ones, and the part of each that matches.

    ``way`` is a tag of `SearchMode`.

    Raises:
        Mismatch: they differ.
    """
    found = {each.meta.path_lower.removeprefix(fold(example.folder)): each for each in matches}
    if not example.strict:
        expect(
            set(), found.keys() - example.model.tree.live.keys() - example.model.tree.gone.keys()
        )
        return
    expect(sorted(expected), sorted(found))
    expect(len(found), len(matches))
    for key, match in found.items():
        if kind_of(match.meta) == "deleted":
            expect(True, key in example.model.tree.gone)
            expect("filename", match.kind)
        else:
            entry = example.model.tree.live[key]
            example.check(entry, match.meta)
            expect(_kind(entry, query, way), match.kind)


def _kind(entry: Entry, query: str, way: str) -> str:
    """Return which part of an entry contains all words of a query, as a tag of a match.

    If neither part alone contains them all, the tag is that of a match of both.
    """
    by_name = has_words(name_of(entry.key), "", query)
    text = text_of(entry) if way == "filename_and_content" else ""
    by_content = has_words("", text, query)
    if by_name == by_content:
        return "filename_and_content"
    return "filename" if by_name else "file_content"


def matches_of(calls: Calls, page: Any) -> list[Match]:
    """Return the matches on a page and on all later pages."""
    found: list[Match] = []
    for _ in page_after_page():
        found += [
            Match(each.metadata.get_metadata(), chain(each.match_type)) for each in page.matches
        ]
        if not page.has_more:
            break
        outcome = calls.make("files_search_continue_v2", page.cursor)
        expect("", outcome.chain)
        page = outcome.result
    return found
