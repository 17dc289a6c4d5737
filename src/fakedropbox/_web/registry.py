"""The pages that the double has: each one decorated function, asked through the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fakedropbox._api.registry import Touches, place_of
from fakedropbox._files.blobs import Content
from fakedropbox.calls import Call


class Asked(NamedTuple):
    """One request to a page: what its query and its form say, and its headers.

    ``headers`` finds names in any case. A page that many links lead to gets the ``link``, and
    the bytes that came, in place of fields.
    """

    fields: Mapping[str, str]
    headers: Mapping[str, str]
    link: str = ""
    body: Content = b""


Handler = Callable[[Call, Asked], Any]


class Page(NamedTuple):
    """A page that works: its name in the record, the hosts that have it, and its function.

    Of what it is asked, only the fields that it ``shows`` may be recorded. What it ``touches``
    is as for a route.
    """

    name: str
    hosts: tuple[str, ...]
    shows: tuple[str, ...]
    handle: Handler
    touches: Touches = "everything"

    def shown(self, asked: Asked) -> dict[str, str]:
        """What of a request may be recorded."""
        return {name: asked.fields[name] for name in self.shows if name in asked.fields}


PAGES: dict[tuple[str, str], Page] = {}
"""The pages that work, by method and path."""


def page_names() -> list[str]:
    """The names of all pages, as the record and planned faults have them."""
    return list(dict.fromkeys(page.name for page in PAGES.values()))


def page_at(method: str, path: str) -> tuple[Page | None, str]:
    """The page at a path, and the link that led there, if it has many."""
    known = PAGES.get((method, path))
    if known is not None:
        return known, ""
    above, slash, link = path.rpartition("/")
    return PAGES.get((method, above + slash)), link


def shown(path: str) -> str:
    """A path as an error may tell it: without the link, which is a secret."""
    links = (known for _, known in PAGES if known.endswith("/") and path.startswith(known))
    above = next(links, None)
    return path if above is None else f"{above}…"


def page(
    method: str,
    *paths: str,
    hosts: tuple[str, ...],
    shows: tuple[str, ...],
    touches: Touches = "everything",
) -> Callable[[Handler], Page]:
    """Register a function as a page, under the name that its first path gives it.

    A path that ends in a slash is that of a page with many links, which go on from there.
    """

    def register(handle: Handler) -> Page:
        made = Page(paths[0].strip("/"), hosts, shows, handle, touches)
        for path in paths:
            if (method, path) in PAGES:
                first = place_of(PAGES[method, path].handle)
                raise ValueError(
                    f"{method} {path}: expected one function, got {first} and {place_of(handle)}"
                )
            PAGES[method, path] = made
        return made

    return register
