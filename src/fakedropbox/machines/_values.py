"""The strategies of the rules: few paths, which meet each other, and references to what is there.

What stands first is what a failing example shrinks to; what stands twice is drawn more often.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

_PLAIN = ["a", "b", "a.txt", "ab", "a (1)"]
# Twins in upper and lower case and in Unicode's forms, and letters with two lower cases.
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
"""Paths as they are written."""


def one_of(*strategies: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """`st.one_of`, but one that is given twice is drawn twice as often."""
    return st.sampled_from(range(len(strategies))).flatmap(strategies.__getitem__)


PICTURES = st.sampled_from(["/a.png", "/a/b.PNG"])

NTH = st.integers(0, 8)
"""The place of one of those that are known, counted from the last."""

GUARDS = one_of(st.none(), st.none(), NTH)
SESSIONS = st.integers(0, 2)
TO_END = st.sampled_from([True, True, False])

_LIVE = st.tuples(st.just("live"), NTH, st.sampled_from(["", "", "", "/a", "/A/b"]))
_OWNER = st.tuples(st.just("owner"), NTH, st.just(""))
_GONE = st.tuples(st.just("gone"), NTH, st.just(""))
_BY_ID = st.tuples(st.just("id"), NTH, st.sampled_from(["", "", "/a", "/A/b"]))
KNOWN = one_of(_LIVE, _OWNER, _OWNER, _GONE, PATHS)
"""Mostly the path of something that lives, also by what it has, or of something that is gone."""

PLACES = one_of(_LIVE, _OWNER, _OWNER, _GONE, PATHS, _BY_ID)
"""The same, or an id."""

THERE = one_of(*[st.tuples(st.just("live"), NTH, st.just(""))] * 4, PLACES)
"""Mostly the path of something that lives."""

TAGGED = one_of(*[st.tuples(st.just("tagged"), NTH, st.just(""))] * 9, KNOWN)
VALUED = one_of(*[st.tuples(st.just("valued"), NTH, st.just(""))] * 9, KNOWN)
"""Mostly the path of something that has tags, or properties."""

TARGETS = one_of(PATHS, PATHS, _LIVE, _LIVE, _GONE, _BY_ID)
"""Any path, often one that is taken."""

READ = one_of(PLACES, PLACES, st.tuples(st.just("rev"), NTH, st.just("")))
"""Also a revision."""

FOLDERS = one_of(st.just(""), st.just(""), PLACES)
"""Mostly the root."""

_DOC = st.tuples(st.just("doc"), NTH, st.just(""))
DOCS = one_of(*[_DOC] * 6, *[st.sampled_from(_DOCS)] * 3, KNOWN)
"""Mostly the path of a Paper doc."""

CONTENTS = st.sampled_from([b"x", b"y", b"", b"longer"])
TIMES = st.sampled_from([None, None, datetime(2001, 2, 3, 4, 5, 6)])  # noqa: DTZ001 -- as the SDK wants them
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
"""The files of the beginning; one that stands twice was written twice."""
