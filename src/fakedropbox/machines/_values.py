"""The strategies of the rules: a few paths, so that calls interact, and references to entries.

Failing examples shrink to the values listed first; values listed twice are drawn more often.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_PLAIN = ["a", "b", "a.txt", "ab", "a (1)"]
# Names that differ in case or Unicode form only, letters with two lower-case forms, more dots.
_TWINS = ["A", "A.TXT", "\u00e9", "e\u0301", "\u00c9", "\u03a3", "\u03c3", "\u03c2", "\u0130", "i"]
_TWINS += ["H\u0331", "\u1e96", "a.tar.gz", ".a"]
_NOBODYS = ["", "..", "a ", "b\\", "\x7f", "a" * 256, "desktop.ini", "Thumbs.db"]

_SHALLOW = [f"/{name}" for name in _PLAIN]
_DEEP = [f"/{above}/{name}" for above in ("a", "b", "A", "\u00c9") for name in _PLAIN]
_TWIN_PATHS = [*(f"/{name}" for name in _TWINS), *(f"/a/{name}" for name in _TWINS)]
_BAD_PATHS = [f"/a/{name}" for name in _NOBODYS]

_DOCS = ["/p.paper", "/a/p.paper", "/A/P.Paper", "/b/p (1).paper"]

PATHS = st.sampled_from(
    [*_SHALLOW * 4, *_DEEP * 2, *_TWIN_PATHS, *_TWIN_PATHS, "/a/b/a", *_BAD_PATHS]
)
"""Paths as plain text."""


def one_of(*strategies: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Choose one of some strategies, with twice the probability for one that is given twice."""
    return st.sampled_from(range(len(strategies))).flatmap(strategies.__getitem__)


PICTURES = st.sampled_from(["/a.png", "/a/b.PNG"])

NTH = st.integers(0, 8)
"""The index of one of the known values, counted back from the last."""

GUARDS = one_of(st.none(), st.none(), NTH)
SESSIONS = st.integers(0, 2)
TO_END = st.sampled_from([True, True, False])

_LIVE = st.tuples(st.just("live"), NTH, st.sampled_from(["", "", "", "/a", "/A/b"]))
_OWNER = st.tuples(st.just("owner"), NTH, st.just(""))
_GONE = st.tuples(st.just("gone"), NTH, st.just(""))
_BY_ID = st.tuples(st.just("id"), NTH, st.sampled_from(["", "", "/a", "/A/b"]))
KNOWN = one_of(_LIVE, _OWNER, _OWNER, _GONE, PATHS)
"""Mostly the path of an entry, often one with tags or properties, or of a deleted entry."""

PLACES = one_of(_LIVE, _OWNER, _OWNER, _GONE, PATHS, _BY_ID)
"""The same as `KNOWN`, or an id."""

THERE = one_of(*[st.tuples(st.just("live"), NTH, st.just(""))] * 4, PLACES)
"""Mostly the path of an existing entry."""

TAGGED = one_of(*[st.tuples(st.just("tagged"), NTH, st.just(""))] * 9, KNOWN)
VALUED = one_of(*[st.tuples(st.just("valued"), NTH, st.just(""))] * 9, KNOWN)
"""Mostly the path of an entry with tags (`TAGGED`), or with properties (`VALUED`)."""

TARGETS = one_of(PATHS, PATHS, _LIVE, _LIVE, _GONE, _BY_ID)
"""Any path, often one that is already taken."""

READ = one_of(PLACES, PLACES, st.tuples(st.just("rev"), NTH, st.just("")))
"""The same as `PLACES`, or a revision."""

FOLDER = st.tuples(st.just("folder"), NTH, st.just(""))
"""The path of an existing folder."""

FOLDERS = one_of(st.just(""), st.just(""), PLACES)
"""Mostly the root."""

_DOC = st.tuples(st.just("doc"), NTH, st.just(""))
DOCS = one_of(*[_DOC] * 6, *[st.sampled_from(_DOCS)] * 3, KNOWN)
"""Mostly the path of a Paper doc."""

CONTENTS = st.sampled_from([b"x", b"y", b"", b"longer"])
TIMES = st.sampled_from([None, None, datetime(2001, 2, 3, 4, 5, 6)])  # noqa: DTZ001 -- the SDK needs naive times
MODES = st.sampled_from(["add", "overwrite", "update"])
LIMITS = st.sampled_from([None, 1, 2, 3, 2000])
OFFSETS = st.sampled_from([None, None, None, 0, 1, 7])
TREES = st.sampled_from(
    [
        (),
        ("/a", "/a"),
        ("/a/a", "/a/b/a.txt", "/b", "/a/a", "/b"),
        ("/A/\u00e9", "/ab/a/b", "/a.txt", "/a/a (1)", "/A.TXT", "/a.txt"),
    ]
)
"""The files at the beginning; a path that is listed twice was written twice."""
