"""Names and paths of the model: comparison, validity, and the names that autorename chooses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from itertools import count

_ICON = "icon\r"
DISALLOWED = {"desktop.ini", "thumbs.db", ".ds_store", _ICON, ".dropbox", ".dropbox.attr"}
_LONGEST = 255


def composed(path: str) -> str:
    """Return a path in the Unicode form NFC, as Dropbox stores it (F3.3-05)."""
    return unicodedata.normalize("NFC", path)


def fold(path: str) -> str:
    """Return a path for comparison: in NFC, and lower-cased letter by letter (F3.3-06)."""
    return composed("".join(letter.lower()[0] for letter in composed(path)))


def name_of(path: str) -> str:
    """Return the last name of a path."""
    return path.rpartition("/")[2]


def is_child(key: str, top: str) -> bool:
    """Return whether a key is directly in the folder ``top``."""
    return key != top and key.rpartition("/")[0] == top


def is_in(key: str, top: str) -> bool:
    """Return whether a key is ``top`` or below it."""
    return f"{key}/".startswith(f"{top}/")


def is_malformed(path: str) -> bool:
    """Return whether a path contains a name that no file can have (F3.2)."""
    return any(
        name in ("", ".", "..")
        or name.endswith(" ")
        or len(name) > _LONGEST
        or (name.lower() != _ICON and any(letter < " " or letter in "\\\x7f" for letter in name))
        for name in path.split("/")[1:]
    )


def is_disallowed(path: str) -> bool:
    """Return whether a path contains a name that Dropbox reserves (F3.2-14)."""
    return not DISALLOWED.isdisjoint(fold(path).split("/"))


def is_temporary(path: str) -> bool:
    """Return whether a path's last name is that of a temporary file (F3.2-15, F3.2-16)."""
    return re.fullmatch(r"~(\$.*|.*\.tmp)", name_of(fold(path)), re.DOTALL) is not None


def is_doc(path: str) -> bool:
    """Return whether a path is that of a Paper doc."""
    return fold(path).endswith(".paper")


def words_of(text: str) -> list[str]:
    """Return the words of a text, in the form in which they are compared."""
    return re.findall(r"[^\W_]+", fold(text))


def has_words(name: str, content: str, query: str) -> bool:
    """Return whether a name and a text contain all words of a query.

    The last word of the query may be the beginning of a word of the name.
    """
    names, known = words_of(name), words_of(f"{name} {content}")
    *whole, last = words_of(query)
    is_begun = any(word.startswith(last) for word in names)
    return set(whole) <= set(known) and (is_begun or last in known)


def renamed(path: str, way: str, taken: Container[str]) -> str:
    """Return the first free path of autorename, with (1), (2), … before a file's extension.

    ``way`` is ``folder`` for a folder, which has no extension (F4-14), or ``copy`` for an
    update of an old revision, which becomes a "conflicted copy" (F4-05).
    """
    above, _, name = path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    if way == "folder" or not stem:
        stem, dot, extension = name, "", ""
    for number in count(1):
        mark = f" ({number})"
        if way == "copy":
            mark = " (conflicted copy)" if number == 1 else f" (conflicted copy {number - 1})"
        if fold(free := f"{above}/{stem}{mark}{dot}{extension}") not in taken:
            break
    return free
