"""Hypothesis rules for searches with filters: extensions and categories (F8-11)."""

from __future__ import annotations

from typing import Any

from dropbox.files import FileCategory, SearchOptions, WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._entries import Entry, Write
from fakedropbox.machines._finding import check_matches, matches_of
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold, name_of

_CATEGORY_OF = {"txt": "document", "png": "image", "paper": "paper"}
_QUERIES = st.sampled_from(["a", "b", "x", "a 1", "a 1", "1 a", "txt a", "a txt", "longer a"])
_TEXTS = st.sampled_from([b"a", b"1 a", b"txt"])
_TEXT_PATHS = st.sampled_from(["/a.txt", "/ab 1", "/a/ab 1.txt", "/a 1"])
_EXTENSIONS = st.sampled_from([None, ["txt"], [".TXT", "gz"], ["a"], [""]])
_CATEGORIES = st.sampled_from([None, ["folder"], ["document", "image"], ["others"]])


@rule(path=_TEXT_PATHS, content=_TEXTS)
def upload_text(machine: Kernel, path: str, content: bytes) -> None:
    """Call `files_upload` with words that are also in names."""
    example = machine.example
    with example.rule("upload_text") as calls:
        mode = "overwrite"
        outcome = calls.make("files_upload", content, example.real(path), mode=WriteMode(mode))
        example.compare(lambda: example.model.tree.upload(path, content, Write(mode)), outcome)
        example.keep_refused(content, outcome)


@precondition(lambda machine: machine.example.strict)
@rule(query=_QUERIES, extensions=_EXTENSIONS, categories=_CATEGORIES, scope=v.FOLDERS)
def search_filtered(
    machine: Kernel,
    query: str,
    extensions: list[str] | None,
    categories: list[str] | None,
    scope: Any,
) -> None:
    """Call `files_search_v2` with ``file_extensions`` and ``file_categories``."""
    example = machine.example
    scope = example.path(scope).removesuffix("/")
    top = example.model.tree.live.get(fold(scope))
    if scope and (top is None or top.content is not None):
        return
    machine.settle()
    with example.rule("search_filtered") as calls:
        options = SearchOptions(
            example.real(scope),
            file_extensions=extensions,
            file_categories=None if categories is None else [*map(FileCategory, categories)],
        )
        outcome = calls.make("files_search_v2", query, options)
        keys = example.expected(
            lambda: example.model.tree.found(query, fold(scope), "filename_and_content"), outcome
        )
        live = example.model.tree.live
        wanted = {key for key in keys if _is_wanted(live[key], extensions, categories)}
        found = matches_of(calls, outcome.result)
        check_matches(example, wanted, found, query, "filename_and_content")


def _is_wanted(entry: Entry, extensions: list[str] | None, categories: list[str] | None) -> bool:
    """Return whether an entry passes both filters; a folder has no extension."""
    _, dot, extension = name_of(entry.key).rpartition(".")
    own = None if entry.content is None else extension if dot else ""
    category = "folder" if own is None else _CATEGORY_OF.get(own, "others")
    allowed = None if extensions is None else [fold(each).removeprefix(".") for each in extensions]
    return (allowed is None or own in allowed) and (categories is None or category in categories)
