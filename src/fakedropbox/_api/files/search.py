"""Search: `search` in both versions, and `search/continue` (F8-11)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from dropbox import files

from fakedropbox._api.caller import account_of
from fakedropbox._api.files.metadata import metadata_of
from fakedropbox._api.files.places import view_of
from fakedropbox._api.refusals import bad_argument, bad_input
from fakedropbox._api.registry import route
from fakedropbox._api.structs import reader, tag_of
from fakedropbox._facts import messages
from fakedropbox._files.cursors import SearchCursor, read_search_cursor, write_search_cursor
from fakedropbox._files.paths import fold
from fakedropbox._files.search import Found, Match, Position, Query, tokens_of
from fakedropbox._files.words import WORD
from fakedropbox.calls import Call
from fakedropbox.clock import SECOND
from fakedropbox.errors import RouteError

_MATCH_TYPES = {(True, True): "both", (True, False): "filename", (False, True): "content"}
_MATCH_TYPES_V2 = {
    (True, True): "filename_and_content",
    (True, False): "filename",
    (False, True): "file_content",
}
_read = reader(files.SearchArg, "path", "query", "start", "max_results", "mode")
_read_v2 = reader(
    files.SearchV2Arg, "query", "options", "match_field_options", "include_highlights"
)
_read_options = reader(
    files.SearchOptions,
    "path",
    "max_results",
    "order_by",
    "file_status",
    "filename_only",
    "file_extensions",
    "file_categories",
    "account_id",
)


@route(files.search)
def search(call: Call, arg: Any) -> Any:
    """Return matches from number `start` on; an unknown folder is an error here."""
    path, text, start, limit, mode = _read(arg)
    tokens = _tokens(text)
    query = Query(
        tokens,
        _scope(call, path, "path"),
        names=not mode.is_filename_and_content(),
        deleted=mode.is_deleted_filename(),
    )
    found = _page(call, query, (), start + limit)
    matches = [
        files.SearchMatch(
            files.SearchMatchType(_MATCH_TYPES[match.by_name, match.by_content]),
            metadata_of(view_of(call), match.entry),
        )
        for match in found.matches[start:]
    ]
    return files.SearchResult(matches, found.next is not None, start + len(matches))


@route(files.search_v2)
def search_v2(call: Call, arg: Any) -> Any:
    """Return the first page of matches; an unknown folder has none."""
    text, options, fields, highlights = _read_v2(arg)
    path, limit, order, status, names, extensions, categories, account = _read_options(
        options or files.SearchOptions()
    )
    tokens = _tokens(text)
    try:
        scope = _scope(call, path or "", "options.path")
    except RouteError as error:
        if error.tags != "path/not_found":
            raise
        return files.SearchV2Result([], False)
    if account is not None and account != account_of(call).account_id:
        return files.SearchV2Result([], False)
    query = Query(
        tokens,
        scope,
        names=names,
        deleted=status.is_deleted(),
        newest_first=order is not None and order.is_last_modified_time(),
        extensions=None if extensions is None else tuple(map(_extension, extensions)),
        categories=None if categories is None else tuple(map(tag_of, categories)),
        highlights=bool(highlights or (fields is not None and fields.include_highlights)),
    )
    return _result(call, query, (), limit)


@route(files.search_continue_v2)
def search_continue_v2(call: Call, arg: Any) -> Any:
    """Return the next page of matches."""
    view, store = view_of(call), call.world.files
    known = read_search_cursor(call.world.chance, arg.cursor)
    if (
        known is None
        or known.journals[0][0] != view.tree.namespace_id
        or not store.remembers_all(known.branch, known.journals)
    ):
        raise bad_input(call.name, messages.BAD_CURSOR.format(cursor=arg.cursor))
    return _result(call, known.query, known.after, known.limit)


def _tokens(text: str) -> tuple[str, ...]:
    if not text:
        raise RouteError("invalid_argument", {"invalid_argument": messages.EMPTY_QUERY})
    return tokens_of(text)


def _scope(call: Call, path: str, field: str) -> int:
    """Return the node number of the folder to search in."""
    if path == "/":
        raise bad_argument(call, f"{field}: {messages.LIST_ROOT}", fact="F1.4-08")
    try:
        return view_of(call).node(path).number
    except RouteError as error:
        raise error.under("path") from None


def _extension(text: str) -> str:
    return fold(text.removeprefix("."))


def _page(call: Call, query: Query, after: Position, limit: int) -> Found:
    store, lag = call.world.files, call.world.personality.search_lag
    return store.search.page(
        view_of(call),
        query,
        after=after,
        limit=limit,
        until=call.world.clock.micros - lag * SECOND if lag else None,
        branch=store.branch,
        remembers=store.remembers,
    )


def _result(call: Call, query: Query, after: Position, limit: int) -> Any:
    view, world = view_of(call), call.world
    found = _page(call, query, after, limit)
    matches = [_match(call, query, match) for match in found.matches]
    if found.next is None:
        return files.SearchV2Result(matches, False)
    cursor = SearchCursor(
        world.files.branch,
        view.journals(),
        query,
        found.next,
        limit,
    )
    return files.SearchV2Result(matches, True, write_search_cursor(world.chance, cursor))


def _match(call: Call, query: Query, match: Match) -> Any:
    made = files.SearchMatchV2(
        files.MetadataV2.metadata(metadata_of(view_of(call), match.entry)),
        files.SearchMatchTypeV2(_MATCH_TYPES_V2[match.by_name, match.by_content]),
    )
    if query.highlights:
        made.highlight_spans = [
            files.HighlightSpan(text, marked) for text, marked in _spans(match.entry.name, query)
        ]
    return made


def _spans(name: str, query: Query) -> list[tuple[str, bool]]:
    """Split a name into pieces, each with True if it matches the query."""
    *whole, last = query.tokens
    ends = [0]
    for found in WORD.finditer(name):
        word = fold(found.group())
        if word in whole or word == last:
            ends += [found.start(), found.end()]
        elif word.startswith(last):
            ends += [found.start(), found.start() + len(last)]
    ends.append(len(name))
    pieces = [name[start:end] for start, end in pairwise(ends)]
    return [(piece, bool(index % 2)) for index, piece in enumerate(pieces) if piece]
