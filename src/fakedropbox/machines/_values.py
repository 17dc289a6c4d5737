"""What the rules draw from: few names, which meet each other, and references to what is there."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

# Names that meet each other: twins in upper and lower case and in Unicode's forms, names
# that begin alike, and a few that no file can have.
NAMES = st.one_of(
    st.sampled_from(["a", "b", "A", "a.txt", "A.TXT", "ab", "a (1)", "a.tar.gz"]),
    st.sampled_from(["a", "b", "A", "a.txt", "A.TXT", "ab", "a (1)", "a.tar.gz"]),
    st.sampled_from(
        ["\u00e9", "e\u0301", "\u00c9", "\u03a3", "\u03c3", "\u03c2", "\u0130", "i", "H\u0331"]
    ),
    st.sampled_from(["", "..", "a ", "b\\", "\x7f", "a" * 256, "desktop.ini", "Thumbs.db"]),
)
PATHS = (
    st.lists(NAMES, min_size=1, max_size=3)
    .map(lambda names: "/" + "/".join(names))
    .filter(lambda path: path != "/")
)
NTH = st.integers(0, 8)
BELOW = st.sampled_from(["", "", "/a", "/A/b"])
LIVE = st.tuples(st.just("live"), NTH)
KNOWN = st.one_of(LIVE, LIVE, LIVE, st.tuples(st.just("gone"), NTH), PATHS)
BY_ID = st.tuples(st.just("id"), NTH, BELOW)
TARGETS = st.one_of(PATHS, PATHS, KNOWN, BY_ID)
PLACES = st.one_of(KNOWN, KNOWN, BY_ID)
CONTENTS = st.sampled_from([b"x", b"y", b"", b"longer"])
TIMES = st.sampled_from([None, None, datetime(2001, 2, 3, 4, 5, 6)])  # noqa: DTZ001 -- as the SDK wants them
MODES = st.sampled_from(["add", "overwrite", "update"])
LIMITS = st.sampled_from([None, 1, 2, 3, 2000])
OFFSETS = st.sampled_from([None, None, None, 0, 1, 7])
TREES = st.sampled_from(
    [(), ("/a",), ("/a/a", "/a/b/a.txt", "/b"), ("/A/\u00e9", "/ab/a/b", "/a.txt", "/a/a (1)")]
)
