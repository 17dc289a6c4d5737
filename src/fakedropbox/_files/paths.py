"""Names: valid names, and the comparison of names (F3.2-03 to -16, F3.3-05)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from fakedropbox._facts.limits import NAME_CHARACTERS
from fakedropbox.errors import RouteError

DISALLOWED_NAMES = frozenset(  # F3.2-14
    {"desktop.ini", "thumbs.db", ".ds_store", "icon\r", ".dropbox", ".dropbox.attr"}
)

_NAMELESS = frozenset({"", ".", ".."})  # F3.2-04, F3.2-05
_UNUSABLE = re.compile(r"[\\\x00-\x1f\x7f]")  # F3.2-06, F3.2-08, F3.2-09
_UNUSABLE_BY_FACT = {"\\": "F3.2-06", "\x7f": "F3.2-08"}  # otherwise F3.2-09
_ICON = "icon\r"  # not malformed; only writing it is refused, as `disallowed_name`
_REMEMBERED = 1000  # characters; the components of a longer path would take too much memory
_LONGEST_EXTENSION = 200  # autorename puts its number after a longer one, so that there is room
_ASTRAL = re.compile(r"[\U00010000-\U0010ffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class Name(NamedTuple):
    """One component of a path: the form that is shown, and the key for comparisons."""

    shown: str
    key: str


Parts = tuple[Name, ...]


def lower(text: str) -> str:
    """Convert to lower case as Dropbox does: character by character, by the table of Unicode 3.2.

    A capital sigma always becomes the ordinary small one, and a letter is unchanged if Unicode 3.2
    has no lower case for it (F3.3-06; the exact version is inferred).
    """
    if text.isascii():
        return text.lower()
    return "".join(map(_lower_character, text))


@lru_cache(maxsize=4096)
def _lower_character(character: str) -> str:
    # Only `İ` has more than one character in lower case; its simple form is the first.
    small = character.lower()[0]
    # Unicode has added lower case to some letters, such as those of Georgian, after version 3.2.
    is_known = all(unicodedata.ucd_3_2_0.category(each) != "Cn" for each in (character, small))
    return small if is_known else character


def parts_of(path: str) -> Parts:
    """Return the components of a path as `split` does, but do not cache those of a long path."""
    return split(path) if len(path) <= _REMEMBERED else _split(path, _names)


@lru_cache(maxsize=4096)
def split(path: str) -> Parts:
    """Return the components of `path`, which is empty or begins with a slash.

    Raises:
        RouteError: ``malformed_path`` (F3.2).
    """
    return _split(path, remembered_names)


def _split(path: str, names: Callable[[str], Parts]) -> Parts:
    above, slash, name = path.rpartition("/")
    return (*names(above), _name(name, is_last=True)) if slash else ()


def _names(path: str) -> Parts:
    return tuple(map(_name, path.split("/")[1:]))


# Cached, as all files in a folder share the names in its path.
remembered_names = lru_cache(maxsize=4096)(_names)


def _name(shown: str, *, is_last: bool = False) -> Name:
    is_ascii = shown.isascii()
    if not is_ascii:
        if _SURROGATE.search(shown):
            raise RouteError("malformed_path", fact="F3.2-09")
        shown = unicodedata.normalize("NFC", shown)  # F3.3-05
    if shown in _NAMELESS or shown[-1] == " " or len(shown) > NAME_CHARACTERS:
        raise RouteError("malformed_path", fact=_fact_of(shown, is_last=is_last))
    if (found := _UNUSABLE.search(shown)) and shown.lower() != _ICON:
        raise RouteError("malformed_path", fact=_UNUSABLE_BY_FACT.get(found[0], "F3.2-09"))
    key = shown.lower() if is_ascii else fold(shown)
    return Name(shown, shown if key == shown else key)


def _fact_of(name: str, *, is_last: bool) -> str:
    """Return the fact by which a name makes a path malformed."""
    if not name:  # after the last slash, or between two slashes
        return "F3.2-03" if is_last else "F3.2-04"
    if name in _NAMELESS:
        return "F3.2-05"
    return "F3.2-07" if name[-1] == " " else "F3.2-12"


def fold(text: str) -> str:
    """Return the key by which names are compared: lower-case, then composed again.

    Lower-casing can make a composition possible: an H with a macron below has no composed capital
    letter but a composed small letter. Without the second pass, a request by `path_lower` would
    not find the entry.
    """
    return lower(text) if text.isascii() else unicodedata.normalize("NFC", lower(text))


def has_astral(parts: Parts) -> bool:
    """Return whether a component contains a character outside the Basic Multilingual Plane."""
    return any(_ASTRAL.search(shown) for shown, _ in parts)


def is_disallowed(parts: Parts) -> bool:
    """Return whether a component is a name that no file or folder may have (F3.2-14)."""
    for _, key in parts:  # noqa: SIM110 -- without a generator, as each write asks
        if key in DISALLOWED_NAMES:
            return True
    return False


def is_temporary(name: Name) -> bool:
    """Return whether a name is that of a temporary file, which no file may have (F3.2-15)."""
    key = name.key
    return key[0] == "~" and (key[1:2] == "$" or key.endswith(".tmp"))


def renamed(name: str, number: int, *, is_folder: bool, is_copy: bool) -> Name:
    """Return the name that autorename tries for a number.

    It is `file (1).txt` for 1 (F4-03, F4-14). For an `update` with an outdated revision, it is
    `file (conflicted copy).txt` for 0 and `file (conflicted copy 1).txt` for 1 (F4-05).
    """
    stem, dot, extension = name.rpartition(".")
    if is_folder or not stem or len(extension) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    suffix = f" ({number})"
    if is_copy:
        suffix = f" (conflicted copy{f' {number}' if number else ''})"
    tail = f"{suffix}{dot}{extension}"
    shown = f"{stem[: NAME_CHARACTERS - len(tail)]}{tail}"
    return Name(shown, fold(shown))
