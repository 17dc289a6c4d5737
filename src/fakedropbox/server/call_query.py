"""The query language of calls: what the control interface and the page search for.

A query is a list of terms, which a call has to match all::

    route:files/upload outcome:error account:ada path:/a -fault: "some text"

- ``name:value`` searches one property of the call; ``name:`` matches if the call has it at all
- a term without a name searches all of them
- ``-`` before a term matches the calls that the term does not match
- ``*`` and ``?`` in a value stand for any characters and any one character; the value is then
  compared with the whole property, otherwise with a part of it
- quotes are for values with spaces

``route``, ``outcome`` and ``path`` match by whole names between slashes, so that ``route:upload``
does not match ``files/upload_session/start``. ``outcome:error`` matches whatever failed. Upper and
lower case are the same.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from fakedropbox._base.public import nearest
from fakedropbox._page.outcomes import is_error
from fakedropbox.calls import CallRecord, all_paths

_ERROR = "error"


class Term(NamedTuple):
    """One condition: the property, "" for any of them, and the value that it is to have."""

    name: str
    value: str
    is_negated: bool = False

    def matches(self, record: CallRecord) -> bool:
        """Return whether a call meets the condition."""
        return self._found(record) != self.is_negated

    def _found(self, record: CallRecord) -> bool:
        if (self.name, self.value) == ("outcome", _ERROR):
            return is_error(record)
        names = [self.name] if self.name else _PROPERTIES
        texts = (text.casefold() for name in names for text in _PROPERTIES[name](record) if text)
        return any(self._is_in(text) for text in texts)

    def _is_in(self, text: str) -> bool:
        if set(self.value) & set("*?"):
            return fnmatchcase(text, self.value.replace("[", "[[]"))
        if self.name in _BY_NAMES:
            return f"/{self.value.strip('/')}/" in f"/{text.strip('/')}/" or not self.value
        return self.value in text


def _one(text: object) -> tuple[str, ...]:
    return () if text is None else (str(text),)


_PROPERTIES: Mapping[str, Callable[[CallRecord], Iterable[str]]] = {
    "route": lambda record: (record.route,),
    "outcome": lambda record: (record.outcome,),
    "path": lambda record: all_paths(record.arg),
    "account": lambda record: _one(record.account and record.account.email),
    "app": lambda record: _one(record.app),
    "door": lambda record: (record.door,),
    "fault": lambda record: _one(record.fault),
    "fact": lambda record: _one(record.fact),
    "stub": lambda record: ("stub",) if record.stub else (),
}
_BY_NAMES = ("route", "outcome", "path")


def terms_of(query: str) -> list[Term]:
    """Return the terms of a query; an empty query has none, and every call matches it.

    Raises:
        ValueError: a quote is not closed, or there is no such property.
    """
    try:
        words = shlex.split(query)
    except ValueError as error:
        raise ValueError(f"query: expected pairs of quotes, got {query!r}: {error}") from None
    return [_term(word) for word in words]


def _term(word: str) -> Term:
    text = word.removeprefix("-")
    name, colon, value = text.partition(":")
    if not colon or not name.isidentifier():
        name, value = "", text
    elif name not in _PROPERTIES:
        near = nearest(name, _PROPERTIES)
        raise ValueError(
            f"query: expected a property such as {near!r} before a colon, got {name!r}; the "
            f"properties are {', '.join(_PROPERTIES)}"
        )
    return Term(name, value.casefold(), word.startswith("-"))


def matching(records: Iterable[CallRecord], query: str) -> list[CallRecord]:
    """Return the calls that match a query.

    Raises:
        ValueError: the query is wrong.
    """
    terms = terms_of(query)
    return [record for record in records if all(term.matches(record) for term in terms)]
