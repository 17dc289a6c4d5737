"""The texts of Dropbox's errors: their forms, and the values that they quote."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from fakedropbox._facts import PUBLIC_SCOPES, ROUTES, messages
from fakedropbox.recording._sdk_types import words
from fakedropbox.recording._stand_ins import StandIns

_PREFIX = re.compile(r'(Error in call to API function ")(?P<route>[^"]*)(": )')  # F1.3-01
_PLACES = (
    messages.RPC_ARGUMENT,
    messages.HEADER_ARGUMENT,
    messages.URL_ARGUMENT,
    "Dropbox-API-Path-Root: ",  # F1.4-20
)
_FIELD = re.compile(r"([\w.]+): ")
_TYPES = "boolean|dict|float|integer|list|null|object|string|symbol|value"
# The texts of Stone, which checks arguments (F1.4-02 to -07).
_STONE = (
    r"unknown field '{key}'",
    r"missing required field '{key}'",
    r"'{value}' did not match pattern '{pattern}'",
    r"'{value}' expected to be a string, got {type}",
    r"'{value}' must be {bound} characters, got {number}",
    r"'{value}' has {bound} items",
    r"'?{value}'? is not a valid (?:boolean|dict|list)",
    r"{number} is not within range \[-?\d+, -?\d+\]",
    r"expected {type}, got {type}",
    r"expected object for '{key}', got symbol",
    r"missing '\.tag' key",
    r"(?:unknown tag|unexpected key|unexpected use of the catch-all tag) '{key}'",
)
_GROUPS = {
    "type": f"(?:{_TYPES})",
    "bound": r"(?:at least|at most|more than|fewer than) \d+",
    "number": r"(?P<number>-?\d+)",
}


def _compiled(text: str) -> re.Pattern[str]:
    """Return the regular expression of a form, with a named group for each ``{name}``."""
    return re.compile(
        re.sub(r"\{([a-z_]+)\}", lambda name: _GROUPS.get(name[1], f"(?P<{name[1]}>.*)"), text),
        re.DOTALL,
    )


_FORMS = [
    *map(_compiled, _STONE),
    *(
        _compiled(re.sub(r"\\([{}])", r"\1", re.escape(text)))
        for name, known in vars(messages).items()
        if name.isupper() and name != "CALL_PREFIX"
        for text in (known.values() if isinstance(known, dict) else [known])
    ),
]
_CONTENT_TYPES = (messages.RPC_CONTENT_TYPES, messages.UPLOAD_CONTENT_TYPES)
_PUBLIC: Mapping[str, Callable[[str], bool]] = {
    "route": ROUTES.__contains__,
    "path": lambda value: value.removeprefix("/2/") in ROUTES,
    "scope": PUBLIC_SCOPES.__contains__,
    "pattern": lambda value: value in words().patterns,
    "key": lambda value: value in words().names,
    "expected": _CONTENT_TYPES.__contains__,
}
"""The quoted values that are the same for everybody, by the name of their group."""


class ErrorTexts:
    """A scrubber of the texts of errors: they are kept, but for the values that they quote."""

    def __init__(self, stand_ins: StandIns) -> None:
        self._stand_ins = stand_ins

    def scrubbed(self, text: str) -> str:
        """Return a text with stand-ins for what it quotes, or for the whole if it is not known."""
        begin = ""
        if call := _PREFIX.match(text):
            begin, text = self._quoting(call), text[call.end() :]
        for place in _PLACES:
            if text.startswith(place):
                begin, text = begin + place, text.removeprefix(place)
        field = _FIELD.match(text)
        if field and words().names.issuperset(field[1].split(".")):
            begin_of_rest, rest = begin + field[0], text[field.end() :]
        else:
            begin_of_rest, rest = begin, text
        for start, message in ((begin, text), (begin_of_rest, rest)):
            for form in _FORMS:
                if found := form.fullmatch(message):
                    return start + self._quoting(found)
        return begin_of_rest + self._stand_ins.name("text", rest) * bool(rest)

    def _quoting(self, found: re.Match[str]) -> str:
        """Return a matched text with stand-ins for its groups."""
        text, done, shown = found[0], found.start(), ""
        for name, value in found.groupdict().items():
            start, end = found.span(name)
            shown += text[done - found.start() : start - found.start()] + self._shown(name, value)
            done = end
        return shown + text[done - found.start() :]

    def _shown(self, group: str, value: str) -> str:
        if group == "number":
            return str(self._stand_ins.number(value))
        is_public = _PUBLIC.get(group)
        if is_public is not None and is_public(value):
            return value
        return self._stand_ins.name("key", value) if group == "key" else self._stand_ins.text(value)
