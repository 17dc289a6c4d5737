"""The reading of recordings: the lines of `fakedropbox record`, and HAR files."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from fakedropbox._facts.hosts import is_dropbox
from fakedropbox.recording._exchanges import Exchange, exchange_of
from fakedropbox.recording._har import Skipped, seen_in
from fakedropbox.recording._rows import row_of
from fakedropbox.recording._scrub import Scrubber

OTHER_HOST = "sent to other hosts"


class UnreadableRecording(ValueError):
    """A file is not a recording; the message names it, the place in it, and what was expected.

    Nothing of its content is in the message, as it may be secret.
    """


class Recorded(NamedTuple):
    """The exchanges of a recording, and the numbers of those that were left out, by reason."""

    exchanges: list[Exchange]
    skipped: Counter[str]


def read(path: Path) -> Recorded:
    """Read a recording.

    Secrets in the entries of a HAR file are replaced, as `Recorder` does, so that none is kept.

    Raises:
        UnreadableRecording: the file is not a recording, or has no exchange with Dropbox.
        OSError: it cannot be read.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableRecording(
            f"{path}: expected UTF-8 text, got another byte at position {error.start}"
        ) from None
    archive = _archive(text)
    recorded = _lines(path, text) if archive is None else _entries(path, archive)
    if not recorded.exchanges:
        others = ", ".join(f"{number} {reason}" for reason, number in recorded.skipped.items())
        raise UnreadableRecording(
            f"{path}: expected exchanges with Dropbox, found none{others and f'; {others}'}"
        )
    return recorded


def _archive(text: str) -> Any:
    """Return the JSON of a text that may be a HAR file, otherwise None."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and "response" not in value else None


def _lines(path: Path, text: str) -> Recorded:
    recorded = Recorded([], Counter())
    # Not splitlines(): JSON may contain other line separators of Unicode.
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            exchange = exchange_of(_decoded(line))
        except ValueError as error:
            raise UnreadableRecording(f"{path}, line {number}: {error}") from None
        if is_dropbox(exchange.host):
            recorded.exchanges.append(exchange)
        else:
            recorded.skipped[OTHER_HOST] += 1
    return recorded


def _decoded(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("expected a JSON object, got other text") from None


def _entries(path: Path, archive: Any) -> Recorded:
    recorded, scrubber = Recorded([], Counter()), Scrubber(secrets.token_bytes(32))
    try:
        found = seen_in(archive)
    except ValueError as error:
        raise UnreadableRecording(f"{path}: {error}") from None
    for number, each in enumerate(found):
        if isinstance(each, Skipped):
            recorded.skipped[each.reason] += 1
        elif not is_dropbox(each.host):
            recorded.skipped[OTHER_HOST] += 1
        else:
            step = len(recorded.exchanges)
            try:
                exchange = exchange_of(row_of(each, scrubber, path.stem, step))
            except ValueError as error:
                raise UnreadableRecording(f"{path}: log.entries[{number}]: {error}") from None
            recorded.exchanges.append(exchange)
    return recorded
