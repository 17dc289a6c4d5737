"""Names that are meant to break a storage provider, for the property tests."""

import unicodedata

from hypothesis import strategies as st

RESERVED = {"desktop.ini", "thumbs.db", ".ds_store", ".dropbox", ".dropbox.attr"}


def composed(name):
    return unicodedata.normalize("NFC", name)


def lowered(path):
    """As Dropbox compares paths: character by character."""
    return "".join(character.lower()[0] for character in path)


def display_names():
    return st.text("abcxyz019", min_size=1, max_size=12)


def usernames():
    """Names that a user can have, many of them traps; at most 100 characters."""
    traps = [
        *("-", "a-b", "-a-", "a.b", "a.json", "..a", "...", "a.", "job-a", "status-a"),
        *("bob", "Bob", "BOB", "\u0130", "i", "I", "\u03c3", "\u03a3", "\u03c2", "\u212a", "k"),
        *("\u00e9", "e\u0301", "\u1e9e", "\u00df", "ss", "x-00000", "20260101_000000-a-b-00000"),
        *("a b", "a%2Fb", "~$a", "*?<>|:", '"', "'", "None", "null", "config", "u" * 100),
    ]
    free = st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, exclude_categories=["Cs", "Cc"]),
        min_size=1,
        max_size=30,
    )
    return st.one_of(st.sampled_from(traps), free).filter(_is_usable)


def _is_usable(name):
    kept = composed(name)
    return (
        kept == kept.strip()
        and not {"/", "\\"} & {*kept}
        and max(kept) <= "\uffff"
        and lowered(kept) not in {".", "..", *RESERVED}
    )


def unusable_names():
    """Names that no user, folder or file can have."""
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    forbidden = st.one_of(
        st.characters(categories=["Cc", "Cs"]),
        st.characters(min_codepoint=0x10000),
        st.sampled_from(["\\", "\x7f", "\x85"]),
    )
    return st.one_of(
        st.sampled_from(["", ".", "..", " ", "\u3000", *RESERVED, "Desktop.Ini", "u" * 256]),
        st.builds("".join, st.tuples(text, forbidden, text)),
        st.builds("{} ".format, text),
        st.builds("\n{}".format, text),
    )
