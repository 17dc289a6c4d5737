"""Successes that may hide a mistake: listings with further pages, and items with other names."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from fakedropbox._facts import ROUTES
from fakedropbox._files.paths import fold
from fakedropbox._page.used import Used
from fakedropbox.calls import CallRecord, all_paths

_CONTINUE = "/continue"
_MOST = 3


def overlooked_in(used: Used) -> list[str]:
    """Return sentences about successful calls of a test whose answers may hide a mistake."""
    answers = [
        (record, answer)
        for record in used.records
        if _may_be_overlooked(record) and isinstance(answer := _answer(used, record), dict)
    ]
    return [*_pages(answers), *_names(answers)][:_MOST]


def _may_be_overlooked(record: CallRecord) -> bool:
    return record.outcome == "ok" and (_has_pages(record.route) or _wanted(record.arg) != "")


def _answer(used: Used, record: CallRecord) -> Any:
    """Return the answer of a call; None if it is not kept, or is too long."""
    kept = used.service.gate.exchanges
    exchange = None if kept is None else kept.of(record)
    try:
        return None if exchange is None else json.loads(exchange.answer)
    except ValueError:
        return None


def _has_pages(route: str) -> bool:
    return route.removesuffix(_CONTINUE) + _CONTINUE in ROUTES


def _pages(answers: list[tuple[CallRecord, Any]]) -> Iterator[str]:
    """Yield a sentence about each listing whose last page was not asked for."""
    unfinished: dict[str, list[CallRecord]] = defaultdict(list)
    for record, answer in answers:
        if not _has_pages(record.route):
            continue
        begun, first = unfinished[record.route.removesuffix(_CONTINUE)], record
        if record.route.endswith(_CONTINUE) and begun:
            first = begun.pop()
        if answer.get("has_more"):
            begun.append(first)
    for begun in unfinished.values():
        for record in begun:
            yield (
                f"Call {record.number}, {_named(record)}, returned one page of several, and the "
                "last one was not fetched: has_more is true."
            )


def _names(answers: list[tuple[CallRecord, Any]]) -> Iterator[str]:
    """Yield a sentence about each item that got a name other than the one asked for."""
    for record, answer in answers:
        wanted, metadata = _wanted(record.arg), answer.get("metadata", answer)
        got = metadata.get("path_display")
        if wanted.startswith("/") and got and fold(got) != fold(wanted):
            yield f"Call {record.number}, {record.route} {wanted}, wrote {got}, not that path."


def _wanted(arg: Any) -> str:
    """Return the path that a call with `autorename` asks for; empty for other calls and batches."""
    commit = getattr(arg, "commit", arg)
    if not getattr(commit, "autorename", False):
        return ""
    return str(getattr(commit, "to_path", None) or getattr(commit, "path", ""))


def _named(record: CallRecord) -> str:
    return " ".join([record.route, *[path for path in all_paths(record.arg)[:1] if path]])
